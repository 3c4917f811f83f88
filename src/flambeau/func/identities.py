"""What PyTorch's transforms need and these do not: functions without mutations, and tensors without their levels."""

from __future__ import annotations

from collections.abc import Callable

from ..tensor import Tensor
from ..transforms.levels import Lifted


def functionalize(func: Callable, *, remove: str = "mutations") -> Callable:
    """The function itself: what it writes in place is recorded as new values anyway.

    Raises RuntimeError for an unknown `remove`.
    """
    if remove not in ("mutations", "mutations_and_views"):
        raise RuntimeError(
            "functionalize(f, remove='mutations'): Valid options for argument 'remove' are: "
            f"['mutations', 'mutations_and_views'], got remove={remove}"
        )
    return func


def debug_unwrap(tensor: Tensor, *, recurse: bool = True) -> Tensor:
    """The tensor that another one stands for inside of a transformed function; of all levels, or of the innermost."""
    while isinstance(tensor, Lifted):
        tensor = tensor.value
        if not recurse:
            break
    return tensor
