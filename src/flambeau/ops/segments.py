"""Reductions of consecutive segments: segment_reduce."""

from __future__ import annotations

import math

from ..dtypes import int64
from ..ranges import arange
from ..tensor import Tensor
from . import movement
from .public import public
from .scattering import scatter_reduce
from .selection import searchsorted

_START = {"sum": 0.0, "mean": math.nan, "prod": 1.0, "max": -math.inf, "min": math.inf}
_REDUCE = {"sum": "sum", "mean": "sum", "prod": "prod", "max": "amax", "min": "amin"}


@public("_segment_reduce", method=False, out=True)
def segment_reduce(
    data: Tensor,
    reduce: str,
    *,
    lengths: Tensor | None = None,
    indices: Tensor | None = None,
    offsets: Tensor | None = None,
    axis: int = 0,
    unsafe: bool = False,
    initial: float | None = None,
) -> Tensor:
    """The reduction of each of the consecutive segments along a dimension.

    reduce: "sum", "mean", "max", "min" or "prod"; lengths: of the segments, shape (*data.shape[:axis], segments), or
    offsets: where they begin and end; initial: the value that a segment starts from.
    """
    bounds = _bounds(data, lengths, offsets, axis, unsafe)
    if reduce not in _START:
        raise RuntimeError(f"unsupported reduction given! {reduce}")
    count, size = bounds.shape[-1] - 1, data.shape[axis]
    place = arange(size).expand(*bounds.shape[:-1], size).contiguous()
    segment = searchsorted(bounds, place, right=True) - 1
    segment = segment.masked_fill((segment < 0) | (segment >= count), count)  # outside of all segments
    index = segment.reshape(*segment.shape, *(1,) * (data.ndim - axis - 1)).expand(data.shape)
    shape = (*data.shape[:axis], count + 1, *data.shape[axis + 1 :])
    start = initial if initial is not None else 0.0 if reduce == "mean" else _START[reduce]
    total = scatter_reduce(Tensor.full_of(shape, start, data.dtype), axis, index, data, _REDUCE[reduce])
    total = total.narrow(axis, 0, count)
    return total if reduce != "mean" else _mean(total, bounds, axis, initial)


def _bounds(data: Tensor, lengths, offsets, axis: int, unsafe: bool) -> Tensor:
    """Where the segments begin and end, one more than there are segments."""
    if lengths is None and offsets is None:
        raise RuntimeError("segment_reduce(): Either lengths or offsets must be defined.")
    if axis != (lengths if offsets is None else offsets).ndim - 1:
        given = "lengths" if offsets is None else "offsets"
        raise RuntimeError(f"segment_reduce(): Expected axis to be the last dimension of {given} but got {axis}.")
    if offsets is not None:
        return offsets.to(int64).contiguous()
    total = lengths.to(int64).cumsum(-1)
    if not unsafe:
        if total.numel() and bool((lengths < 0).any()):
            raise RuntimeError("lengths contains negative value!")
        if total.numel() and not bool((total[..., -1] == data.shape[axis]).all()):
            raise RuntimeError(
                "segment_reduce(): Expected all rows of lengths along axis to sum to data.size(lengths.dim()-1) when "
                "!unsafe."
            )
    return movement.constant_pad(total, (1, 0)).contiguous()


def _mean(total: Tensor, bounds: Tensor, axis: int, initial: float | None) -> Tensor:
    """Sums over the lengths; an empty segment has the initial value, or none."""
    lengths = bounds.diff().reshape(*bounds.shape[:-1], -1, *(1,) * (total.ndim - axis - 1))
    mean = total / lengths.clamp_min(1).to(total.dtype)
    return mean.masked_fill(lengths == 0, math.nan) if initial is None else mean
