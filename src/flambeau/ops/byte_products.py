"""Linear layers on bytes: uint8 rows times an int8 weight, summed in int32 and scaled to float32.

The weight (n, k) comes with the sum of each row, int32 (n,), which takes the zero point of x out again, and with its
scale, float32 (n,) or (1,).
"""

from __future__ import annotations

import math

from .. import ir
from ..dtypes import float32, float64, int32, uint8
from ..ir import Node, map_
from ..meta import contiguous
from ..tensor import Tensor
from .registry import Op, apply

SMALLEST_SCALE = 6.1e-5
"""Smaller scales are made larger, and the range with them, because their inverses lose precision."""
TENTH = 0.1


def _infer(x, weight, *_):
    return contiguous((*x.shape[:-1], weight.shape[0]), float32)


def _scaled(x: Node, zero_point: Node, scale: Node, weight: Node, sums: Node, factors: Node, bias: Node | None) -> Node:
    """The numbers of a product, for x (rows, k) of bytes with a grid of scalars."""
    steps = ir.matmul(x, weight.permute((1, 0)), int32) - sums * zero_point.cast(int32)
    numbers = steps.cast(float32) * (factors * scale)
    return numbers if bias is None else numbers + bias


def _rows(x: Node) -> Node:
    return x.reshape((math.prod(x.shape[:-1]), x.shape[-1]))


def _lower(x, weight, sums, factors, bias, scale, zero_point, out):
    found = _scaled(_rows(x), zero_point, scale.cast(float32), weight, sums, factors, bias)
    return found.reshape(out[0].shape)


def _lower_dynamic(x, weight, sums, factors, bias, greatest, out):
    rows = _rows(x)
    scale, zero_point = (value.cast(float32) for value in _grid(rows, greatest))
    places = map_("round", rows * (1 / scale)) + zero_point
    bytes = map_("minimum", map_("maximum", places, 0.0), float(greatest)).cast(uint8)
    return _scaled(bytes, zero_point, scale, weight, sums, factors, bias).reshape(out[0].shape)


def _grid(rows: Node, greatest: int) -> tuple[Node, Node]:
    """The scale and the zero point, in float64, for all numbers of x on integers from 0 to the greatest."""
    low, high = (ir.reduce(fn, rows, (0, 1)).reshape(()).cast(float64) for fn in ("min", "max"))
    low, high = map_("minimum", low, 0.0), map_("maximum", high, 0.0)
    scale = (high - low) / greatest
    narrow = scale.cast(float32)
    useless = map_("or", narrow.eq(0.0), (1 / narrow).abs() > 3.4028234663852886e38)
    scale = ir.where(useless, TENTH, scale)
    factor = ir.where(scale < SMALLEST_SCALE, SMALLEST_SCALE / scale, ir.const(1.0, float64))
    low, high, scale = low * factor, high * factor, scale.maximum(SMALLEST_SCALE)
    below, above = low / scale, high / scale
    from_low = (0.0 - below.abs()) < (float(greatest) - above.abs())
    zero_point = map_("round", ir.where(from_low, 0.0 - below, float(greatest) - above))
    return scale, map_("minimum", map_("maximum", zero_point, 0.0), float(greatest))


LINEAR = Op(
    "linear_of_bytes",
    "input weight sums factors bias scale zero_point",
    _infer,
    _lower,
    summary="x @ weight.T + bias for bytes x on a grid.",
)
DYNAMIC = Op(
    "dynamic_linear",
    "input weight sums factors bias greatest",
    lambda x, weight, sums, factors, bias, greatest: _infer(x, weight),
    _lower_dynamic,
    summary="x @ weight.T + bias, for which x is put on the grid that suits all of it.",
)


def linear_of_bytes(x: Tensor, scale: float, zero_point: int, weight, sums, factors, bias) -> Tensor:
    """The numbers (*, n) of uint8 x (*, k), which stand for (x - zero_point) * scale, times a weight, plus a bias."""
    return apply(LINEAR, (x, weight, sums, factors, bias, float(scale), int(zero_point)))


def dynamic_linear(x: Tensor, weight, sums, factors, bias, greatest: int = 127) -> Tensor:
    """x (*, k) @ weight.T + bias (*, n) on integers from 0 to the greatest, whose grid follows from all of x.

    An infinite or NaN element of x spoils all results, as they share one scale.
    """
    if not x.numel():
        return Tensor.full_of((*x.shape[:-1], weight.shape[0]), 0.0, float32)
    return apply(DYNAMIC, (x, weight, sums, factors, bias), (greatest,))
