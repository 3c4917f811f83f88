"""Whether gradients are recorded: per thread, as context managers and as decorators."""

from __future__ import annotations

import functools
import inspect
import threading


class _Mode(threading.local):
    enabled = True
    inference = False


MODE = _Mode()


def is_grad_enabled() -> bool:
    """Whether operations of this thread are recorded for backward()."""
    return MODE.enabled


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside `inference_mode()`."""
    return MODE.inference


class _SetMode:
    """Sets the mode on entry and restores it on exit; as a decorator, around each call."""

    enabled: bool
    inference: bool | None = None

    def __init__(self):
        self._before: list[tuple[bool, bool]] = []

    def __enter__(self):
        self._before.append((MODE.enabled, MODE.inference))
        MODE.enabled = self.enabled
        if self.inference is not None:
            MODE.inference = self.inference

    def __exit__(self, *exc):
        MODE.enabled, MODE.inference = self._before.pop()

    def clone(self):
        return type(self)()

    def __call__(self, function):
        if inspect.isgeneratorfunction(function):
            return self._wrap_generator(function)

        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            with self.clone():
                return function(*args, **kwargs)

        return wrapper

    def _wrap_generator(self, function):
        """The mode holds while the generator runs, not while its consumer does."""

        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            generator = function(*args, **kwargs)
            sent = None
            while True:
                try:
                    with self.clone():
                        item = generator.send(sent)
                except StopIteration as stop:
                    return stop.value
                sent = yield item

        return wrapper


class _OptionalCall(_SetMode):
    """`@no_grad` works like `@no_grad()`."""

    def __new__(cls, function=None):
        self = super().__new__(cls)
        if function is None:
            return self
        self.__init__()
        return self(function)

    def __init__(self, function=None):
        super().__init__()


class no_grad(_OptionalCall):
    """Context manager and decorator that switches gradient recording off."""

    enabled = False


class enable_grad(_OptionalCall):
    """Context manager and decorator that switches gradient recording on."""

    enabled = True


class set_grad_enabled(_SetMode):
    """Switches gradient recording on or off, at once and until the end of the `with` block where there is one."""

    def __init__(self, mode: bool):
        super().__init__()
        self._previous = MODE.enabled
        self.enabled = MODE.enabled = bool(mode)

    def __enter__(self):
        self._before.append((self._previous, MODE.inference))
        MODE.enabled = self.enabled

    def __call__(self, function):
        MODE.enabled = self._previous
        return super().__call__(function)

    def clone(self):
        return set_grad_enabled(self.enabled)


class inference_mode(_SetMode):
    """Like no_grad; tensors made inside can never be part of a recorded graph."""

    def __new__(cls, mode=True):
        self = super().__new__(cls)
        if callable(mode):
            self.__init__(True)
            return self(mode)
        return self

    def __init__(self, mode: bool = True):
        super().__init__()
        self.inference = bool(mode)

    @property
    def enabled(self):
        return MODE.enabled and not self.inference

    def clone(self):
        return inference_mode(self.inference)
