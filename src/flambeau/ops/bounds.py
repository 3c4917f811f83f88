"""Indices that are refused at the call: those whose numbers lie in memory and are few.

Kernels check all indices, but their errors come at the next sync. Nothing is computed for the sake of this, and long
indices are left to the kernels: looking at them would take longer than recording the op.
"""

from __future__ import annotations

from collections.abc import Callable

from ..dtypes import int32, int64
from ..runtime.range_check import first_outside
from ..tensor import Tensor
from ..trace.host import read_element, strided
from ..trace.sync import pending

FEW = 1024
INDICES = (int64, int32)
SMALLEST = -(1 << 63)  # left to the kernels as well


def outside(index: Tensor, low: int, size: int, ignored: int | None = None) -> int | None:
    """The first number of an index that is not in low ... size - 1; None where there is none, or nothing is known.

    ignored: a number that is allowed, too.
    """
    m, storage = index.meta, index.storage
    if not 0 < m.numel <= FEW or storage.buffer is None or storage.order is not None or m.dtype not in INDICES:
        return None
    if index.level is not None or pending(storage):
        return None
    if not m.contiguous and m.ndim > 1:
        return outside(Tensor.from_array(strided(storage, m).copy()), low, size, ignored)
    itemsize, stride = m.dtype.itemsize, 1 if m.contiguous else m.strides[0]
    begin = storage.buffer.address + m.offset * itemsize
    allowed = SMALLEST if ignored is None else ignored
    place = first_outside(8 * itemsize)(low, size - low, allowed, begin, stride, m.numel)
    return None if place == m.numel else read_element(storage, m.with_((), (), m.offset + place * stride))


def check(
    index: Tensor, size: int, error: Callable[[int], Exception], low: int = 0, ignored: int | None = None
) -> None:
    """Raises error(number) for the first number of an index that is known to be out of range."""
    number = outside(index, low, size, ignored)
    if number is not None:
        raise error(number)
