"""Which grid lays a range of numbers on integers: its scale, and the integer that stands for 0.

The formula is written once, against a handler: for tensors, and for ops whose grid follows from what they are given.
Numbers are float64, but for those that PyTorch holds in float32 on the way.
"""

from __future__ import annotations

from .. import dtypes, ir
from ..tensor import Tensor
from .elementwise import K, elementwise
from .registry import apply

SMALLEST_SCALE = 6.1e-5  # the inverses of smaller ones would lose their precision


def _range(k, low, high, least, greatest, symmetric):
    """A range, and whether it is laid about zero, where it reaches to both sides; then it is as far as the farther.

    symmetric: whether it may be; None if never.
    """
    if symmetric is None:
        return k.minimum(low, 0), k.maximum(high, 0), None
    centred = k.and_(k.ne(symmetric, 0), k.and_(k.lt(low, 0), k.gt(high, 0)))
    half = k.floor(k.mul(k.sub(greatest, least), 0.5))
    unit = k.maximum(k.abs(_single(k.div(low, k.add(half, 1)))), k.abs(_single(k.div(high, half))))
    low = k.where(centred, _single(k.neg(k.mul(unit, k.add(half, 1)))), k.minimum(low, 0))
    return low, k.where(centred, _single(k.mul(unit, half)), k.maximum(high, 0)), centred


def _scale(k, low, high, least, greatest):
    """The scale of a range; 0.1 where there is none."""
    scale = k.div(k.sub(high, low), k.sub(greatest, least))
    inverse = _single(k.div(ir.const(1, scale.dtype), _single(scale)))
    return k.where(k.eq(inverse, float("inf")), ir.const(0.1, scale.dtype), scale)


def _single(x: ir.Node) -> ir.Node:
    """A number as float32 holds it."""
    return x.cast(dtypes.float32).cast(x.dtype)


def scale_of(k, low, high, least, greatest, symmetric):
    """The scale, never too small for an exact inverse."""
    low, high, _ = _range(k, low, high, least, greatest, symmetric)
    return k.maximum(_scale(k, low, high, least, greatest), ir.const(SMALLEST_SCALE, low.dtype))


def zero_point_of(k, low, high, least, greatest, symmetric):
    """The integer of zero, by that end of the range which is nearer to it; the middle where the range is about zero."""
    low, high, centred = _range(k, low, high, least, greatest, symmetric)
    scale = _scale(k, low, high, least, greatest)
    small = k.lt(scale, SMALLEST_SCALE)
    factor = k.where(
        small, _single(k.div(ir.const(SMALLEST_SCALE, scale.dtype), _single(scale))), ir.const(1, scale.dtype)
    )
    scale = k.where(small, ir.const(SMALLEST_SCALE, scale.dtype), scale)
    below, above = (k.div(_single(k.mul(x, factor)), scale) for x in (low, high))
    nearer_to_low = k.lt(k.sub(k.abs(least), k.abs(below)), k.sub(k.abs(greatest), k.abs(above)))
    place = k.where(nearer_to_low, k.sub(least, below), k.sub(greatest, above))
    if centred is not None:
        place = k.where(centred, k.mul(k.add(least, greatest), 0.5), place)
    return k.round(k.minimum(k.maximum(place, least), greatest))


_BOUNDS = "low high quant_min quant_max symmetric"
_SCALE_OF = elementwise(
    "scale_of_range", _BOUNDS, scale_of, types=lambda operands: (dtypes.float64, dtypes.float64),
    summary="The scale that lays a range of numbers on integers.",
)  # fmt: skip
_ZERO_POINT_OF = elementwise(
    "zero_point_of_range", _BOUNDS, zero_point_of, types=lambda operands: (dtypes.float64, dtypes.int32),
    summary="The integer that stands for 0 where a range of numbers is laid on integers.",
)  # fmt: skip


def grid_of_range(low: Tensor, high: Tensor, quant_min: int, quant_max: int, symmetric: bool = False):
    """The scale in float64 and the zero point in int32 that lay ranges of numbers, with 0 in them, on integers.

    low, high: the extremes; symmetric: whether a range to both sides of 0 is laid about it. Nothing is computed before
    it is wanted.
    """
    arguments = (low, high, quant_min, quant_max, symmetric)
    return apply(_SCALE_OF, arguments), apply(_ZERO_POINT_OF, arguments)


def grid_of_nodes(low: ir.Node, high: ir.Node, least: int, greatest: int) -> tuple[ir.Node, ir.Node]:
    """The same for a range that an op has in its graph, in float64."""
    bounds = *(x.cast(dtypes.float64) for x in (low, high)), *(ir.const(x, dtypes.float64) for x in (least, greatest))
    return scale_of(K, *bounds, None), zero_point_of(K, *bounds, None)
