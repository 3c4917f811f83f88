"""torch.cond: one of two functions, by a truth value. What is chosen is run as it is; nothing is traced.

Beside it `_assert`, which the code of torch.fx calls where an argument must have one value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .gates import gate
from .tensor import Tensor


def cond(pred: Any, true_fn: Callable, false_fn: Callable, operands: Sequence = ()) -> Any:
    """true_fn(*operands) where the predicate holds, else false_fn(*operands).

    Args:
        pred: a bool, a number or a tensor of one element.

    Raises RuntimeError for another predicate.
    """
    if isinstance(pred, Tensor):
        if pred.numel() != 1:
            raise RuntimeError(f"Expected pred to be bool or single-element tensor, but got {pred}.")
    elif not isinstance(pred, (bool, int, float)):
        raise RuntimeError(f"Expected pred to be bool or tensor, but got {pred}.")
    return (true_fn if pred else false_fn)(*operands)


@gate
def _assert(condition: Any, message: str) -> None:
    """Raises AssertionError with a message unless a condition holds; a proxy's condition becomes a node."""
    assert condition, message
