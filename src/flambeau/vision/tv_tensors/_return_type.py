"""Whether operations on TVTensors give TVTensors or plain tensors."""

from __future__ import annotations

from ... import gates

_state = {"of_class": False}


class _Restore:
    """Context manager: at its end the return type is again what it was."""

    def __init__(self, before: bool) -> None:
        self.before = before

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        _state["of_class"] = self.before


def set_return_type(return_type: str):
    """Says what operations on TVTensors give, from now on or, as a context manager, inside of a block.

    Args:
        return_type: "Tensor" (the default: plain tensors) or "TVTensor" (the class of the operand), in any case.

    Raises:
        ValueError: another name.
    """
    before = _state["of_class"]
    chosen = {"tensor": False, "tvtensor": True}.get(return_type.lower())
    if chosen is None:
        raise ValueError(f"return_type must be 'TVTensor' or 'Tensor', got {return_type}")
    if chosen:
        gates.install()  # plain results need no question, so torch's functions ask from here on only
    _state["of_class"] = chosen
    return _Restore(before)


def must_return_subclass() -> bool:
    """Whether operations give the class of their operand."""
    return _state["of_class"]
