"""Whether new sparse tensors are checked for places that lie outside of their shape."""

from __future__ import annotations

import functools

_state = {"checks": False}


def checked() -> bool:
    """Whether new sparse tensors are checked."""
    return _state["checks"]


class check_sparse_tensor_invariants:
    """Switches the checks on (or off), until disable() or for a `with` block or a decorated function."""

    def __init__(self, enable: bool = True):
        self.state, self.saved_state = enable, None

    @staticmethod
    def is_enabled() -> bool:
        """Whether the checks are on."""
        return checked()

    @staticmethod
    def enable() -> None:
        """Switches the checks on."""
        _state["checks"] = True

    @staticmethod
    def disable() -> None:
        """Switches the checks off."""
        _state["checks"] = False

    def __enter__(self):
        self.saved_state, _state["checks"] = checked(), self.state

    def __exit__(self, *raised):
        _state["checks"] = bool(self.saved_state)

    def __call__(self, function):
        @functools.wraps(function)
        def wrapped(*args, **kwargs):
            with type(self)(self.state):
                return function(*args, **kwargs)

        return wrapped
