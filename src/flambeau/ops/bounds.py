"""Indices that are refused at the call: those whose numbers lie in memory and are few.

Kernels check all indices, but their errors come at the next sync. Nothing is computed for the sake of this, and long
indices are left to the kernels: looking at them would take longer than recording the op.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..dtypes import int32, int64
from ..tensor import Tensor
from ..trace.host import strided
from ..trace.sync import pending

FEW = 1024
UNSIGNED = {int64: np.uint64, int32: np.uint32}


def outside(index: Tensor, low: int, size: int, ignored: int | None = None) -> int | None:
    """The first number of an index that is not in low ... size - 1; None where there is none, or nothing is known.

    ignored: a number that is allowed, too.
    """
    m, storage = index.meta, index.storage
    if not 0 < m.numel <= FEW or storage.buffer is None or storage.order is not None or m.dtype not in UNSIGNED:
        return None
    if index.level is not None or pending(storage):
        return None
    numbers = strided(storage, m)
    # Negative numbers are the largest unsigned ones.
    shifted = numbers - low if low else numbers
    if np.maximum.reduce(shifted.view(UNSIGNED[m.dtype]), axis=None) < size - low:
        return None
    wrong = (numbers < low) | (numbers >= size)
    if ignored is not None:
        wrong &= numbers != ignored
    return int(numbers[wrong][0]) if wrong.any() else None


def check(
    index: Tensor, size: int, error: Callable[[int], Exception], low: int = 0, ignored: int | None = None
) -> None:
    """Raises error(number) for the first number of an index that is known to be out of range."""
    number = outside(index, low, size, ignored)
    if number is not None:
        raise error(number)
