"""What torch's functions do with quantised arguments.

They learn of it when this package is first used, so that programs without quantised tensors pay nothing.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

from .. import cat
from .tensor import QuantizedTensor

_METHODS = (
    "clone", "equal", "flatten", "movedim", "narrow", "permute", "relu", "reshape", "select", "squeeze", "swapaxes",
    "t", "transpose", "unflatten", "unsqueeze",
)  # fmt: skip
# What gives the grid points next to the results for numbers; maxima are grid points themselves.
_POOLS = ("adaptive_avg_pool2d", "avg_pool2d", "max_pool2d")


def _joined(tensors, dim: int = 0, **kwargs) -> QuantizedTensor:
    """Tensors one after the other, on the grid of the first."""
    first, *others = tensors
    held = [x._held if x._grid == first._grid else first.on_grid(x.dequantize())._held for x in others]
    return first._with(cat([first._held, *held], dim, **kwargs))


def _pooled(plain: Callable, x: QuantizedTensor, *args, **kwargs) -> QuantizedTensor:
    return x.on_grid(plain(x.dequantize(), *args, **kwargs))


def _taught(dense: Callable, quantised: Callable) -> Callable:
    """A function that knows what to do where the first argument is quantised, or the first of a list."""

    @functools.wraps(dense)
    def function(input, *args, **kwargs):
        first = input[0] if isinstance(input, (list, tuple)) and input else input
        return (quantised if isinstance(first, QuantizedTensor) else dense)(input, *args, **kwargs)

    return function


def install() -> None:
    """Teaches the functions."""
    torch: Any = importlib.import_module(__package__.rpartition(".")[0])
    F = torch.nn.functional
    for name in _METHODS:
        setattr(torch, name, _taught(getattr(torch, name), getattr(QuantizedTensor, name)))
    F.relu = _taught(F.relu, QuantizedTensor.relu)
    for name in ("cat", "concat", "concatenate"):
        setattr(torch, name, _taught(getattr(torch, name), _joined))
    for name in _POOLS:
        plain = getattr(F, name)
        setattr(F, name, _taught(plain, functools.partial(_pooled, plain)))
