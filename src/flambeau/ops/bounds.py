"""Indices that are refused at the call: those whose numbers lie in memory and are few.

Kernels check all indices, but their errors come at the next sync. Nothing is computed for the sake of this, and long
indices are left to the kernels: looking at them would take longer than recording the op.
"""

from __future__ import annotations

from collections.abc import Callable

from ..dtypes import int32, int64
from ..runtime.range_check import first_outside
from ..tensor import Tensor
from ..trace.sync import pending

FEW = 1024
INDICES = (int64, int32)
SMALLEST = -(1 << 63)  # left to the kernels as well


def _place_outside(index: Tensor, low: int, size: int, ignored: int) -> int:
    """The place of the first number that is neither in low ... size - 1 nor ignored: numel if none, -1 if unknown."""
    m, storage = index.meta, index.storage
    if not 0 < m.numel <= FEW or storage.buffer is None or storage.order is not None or m.dtype not in INDICES:
        return -1
    if index.level is not None or pending(storage) or not (m.contiguous or m.ndim == 1):
        return -1
    itemsize, stride = m.dtype.itemsize, 1 if m.contiguous else m.strides[0]
    begin = storage.buffer.address + m.offset * itemsize
    return first_outside(8 * itemsize)(low, size - low, ignored, begin, stride, m.numel)


def inside(index: Tensor, size: int) -> bool:
    """Whether all numbers of an index are known to be in 0 ... size - 1."""
    return _place_outside(index, 0, size, SMALLEST) == index.meta.numel


def outside(index: Tensor, low: int, size: int, ignored: int | None = None) -> int | None:
    """The first number of an index that is not in low ... size - 1; None where there is none, or nothing is known.

    ignored: a number that is allowed, too.
    """
    place = _place_outside(index, low, size, SMALLEST if ignored is None else ignored)
    return None if place in (-1, index.meta.numel) else index.detach().reshape(-1)[place].item()


def check(
    index: Tensor, size: int, error: Callable[[int], Exception], low: int = 0, ignored: int | None = None
) -> None:
    """Raises error(number) for the first number of an index that is known to be out of range."""
    number = outside(index, low, size, ignored)
    if number is not None:
        raise error(number)
