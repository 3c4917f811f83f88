"""make_tensor: random tensors of any dtype for tests."""

from __future__ import annotations

import math

from .. import dtypes
from ..creation import empty, sizes_of
from ..numeric_limits import finfo, iinfo
from ..sampling import randint
from ..tensor import Tensor


def make_tensor(
    *shape,
    dtype: dtypes.dtype,
    device,
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
    exclude_zero: bool = False,
    memory_format=None,
) -> Tensor:
    """A tensor of elements drawn uniformly from [low, high).

    Args:
        shape: sizes, or one sequence of them.
        low, high: by default -9 and 9 for floating-point and complex numbers, -9 and 10 for signed and 0 and 10 for
            unsigned integers, 0 and 2 for bools.
        noncontiguous: give a tensor with gaps between its elements.
        exclude_zero: replace zeros by the smallest positive number of the dtype.

    Raises ValueError where low is not less than high, where both a memory format and noncontiguous are asked for, or a
    gradient of numbers that have none.
    """
    sizes = sizes_of(shape)
    if noncontiguous and memory_format is not None:
        raise ValueError(
            f"The parameters `noncontiguous` and `memory_format` are mutually exclusive, but got {noncontiguous=} and "
            f"{memory_format=}"
        )
    if requires_grad and not (dtype.is_floating_point or dtype.is_complex):
        raise ValueError(f"`requires_grad=True` is not supported for boolean and integral dtypes, but got {dtype=}")
    low, high = _bounds(dtype, low, high)
    wide = noncontiguous and math.prod(sizes) > 1
    made = _uniform((*sizes[:-1], 2 * sizes[-1]) if wide else sizes, dtype, low, high)
    made = made[..., 1::2] if wide else made
    if memory_format is not None:
        made = made.contiguous(memory_format=memory_format)
    if exclude_zero:
        made[made == 0] = _smallest(dtype)
    return made.requires_grad_(requires_grad) if requires_grad else made


def _bounds(dtype: dtypes.dtype, low, high):
    """The bounds, within the numbers of the dtype."""
    if dtype is dtypes.bool_:
        default, limits = (0, 2), (0, 2)
    elif dtype.is_integer:
        info = iinfo(dtype)
        default, limits = ((-9, 10) if dtype.is_signed else (0, 10)), (info.min, info.max)
    else:
        info = finfo(dtype)
        default, limits = (-9, 9), (info.min, info.max)
    low, high = default[0] if low is None else low, default[1] if high is None else high
    if low != low or high != high:
        raise ValueError(f"Found invalid value NaN for `low` or `high`: {low=}, {high=}")
    if low >= high:
        raise ValueError(f"`low` must be less than `high`, but got {low} >= {high}")
    clamped = max(low, limits[0]), min(high, limits[1])
    if dtype.is_floating_point or dtype.is_complex:
        return clamped
    return -int(-clamped[0] // 1), -int(-clamped[1] // 1)


def _uniform(sizes, dtype: dtypes.dtype, low, high) -> Tensor:
    if dtype is dtypes.bool_ or dtype.is_integer:
        return randint(low, high, sizes, dtype=dtype)
    return empty(sizes, dtype=dtype).uniform_(low, high)


def _smallest(dtype: dtypes.dtype):
    return finfo(dtype).tiny if dtype.is_floating_point or dtype.is_complex else 1
