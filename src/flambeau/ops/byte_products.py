"""Layers on bytes: uint8 numbers times an int8 weight, summed in int32 and scaled.

Dynamic layers take numbers, put them on the grid that suits all of them, and give numbers. A weight of n outputs comes
with the sum of each output's integers, int32 (n,), which takes the zero point of x out again, and with its scale,
float32 (n,) or (1,). Where the grid is known before, the caller has made of these what is added to the sums of products
and what they are multiplied by. Results are rounded as PyTorch does: the zero point is added to a convolution's
before, to a linear layer's afterwards.
"""

from __future__ import annotations

import math

from .. import ir, window_shapes
from ..dtypes import float32, int32, uint8
from ..ir import Node, contiguous_strides, map_
from ..meta import Meta, contiguous, meta
from ..strides import channels_last_strides
from ..tensor import Tensor
from .grids import grid_of_nodes
from .registry import Op, apply

QUAD = 4  # channels that processors multiply together
NO_FRACTION = 1.5 * 2.0**23  # float32 numbers near it are the integers


# ------------------------------------------------------------------ from integers to numbers, and back
def _numbers(steps: Node, factors: Node, bias: Node | None) -> Node:
    """The numbers that sums of products stand for."""
    found = steps.cast(float32) * factors
    return found if bias is None else found + bias


def _bytes(x: Node, greatest: int) -> tuple[Node, Node, Node]:
    """The integers of x from 0 to the greatest on the grid that suits all of it, its scale and its zero point."""
    low, high = (ir.reduce(fn, x, range(len(x.shape))).reshape(()) for fn in ("min", "max"))
    scale, zero_point = (value.cast(float32) for value in grid_of_nodes(low, high, 0, greatest))
    return _onto(x * (1 / scale), zero_point, greatest), scale, zero_point


def _onto(steps: Node, place: Node | None = None, greatest: int = 255) -> Node:
    """Steps of a grid as bytes: rounded to even, the zero point added, from 0 to the greatest; NaN becomes 0.

    The sum with a large number has the integer as its last bits: that is rounding and conversion in one instruction.
    """
    low, high = (float(end) if place is None else float(end) - place for end in (0, greatest))
    steps = ir.where(map_("gt", steps, low), steps, low)
    integers = ir.bitcast(ir.where(map_("lt", steps, high), steps, high) + NO_FRACTION, int32)
    return (integers if place is None else integers + place.cast(int32)).cast(uint8)


# ------------------------------------------------------------------ linear layers
def _rows(x: Node) -> Node:
    return x.reshape((math.prod(x.shape[:-1]), x.shape[-1]))


def _product(x: Node, weight: Node) -> Node:
    return ir.matmul(_rows(x), weight.permute((1, 0)), int32)


def _lower(x, weight, offsets, bias, factors, place, clipped, out):
    steps = (_product(x, weight) + offsets).cast(float32)
    steps = steps if bias is None else steps + bias
    steps = steps * factors
    return _onto(steps.maximum(0.0) if clipped else steps, place.cast(float32)).reshape(out[0].shape)


def _lower_dynamic(x, weight, sums, factors, bias, greatest, out):
    bytes, scale, zero_point = _bytes(x, greatest)
    steps = _product(bytes, weight) - sums * zero_point.cast(int32)
    return _numbers(steps, factors * scale, bias).reshape(out[0].shape)


LINEAR = Op(
    "linear_of_bytes",
    "input weight offsets bias factors place clipped",
    lambda x, weight, *_: contiguous((*x.shape[:-1], weight.shape[0]), uint8),
    _lower,
    summary="A linear layer of bytes on a grid, from its zero point on if clipped, on another grid.",
)
DYNAMIC = Op(
    "dynamic_linear",
    "input weight sums factors bias greatest",
    lambda x, weight, *_: contiguous((*x.shape[:-1], weight.shape[0]), float32),
    _lower_dynamic,
    summary="x @ weight.T + bias, for which x is put on the grid that suits all of it.",
)


def linear_of_bytes(x: Tensor, parts, clipped: bool, place: int) -> Tensor:
    """A linear layer of uint8 x (*, k), as bytes (*, n) on a grid whose zero point is `place`.

    parts: the weight int8 (n, k); what is added to the sums of products, int32 (n,), and then, float32 (n,) or None;
    the factors that make steps of the new grid of them, float32 (n,) or (1,).  clipped: whether what is below zero
    becomes zero.
    """
    return apply(LINEAR, (x, *parts, int(place)), (clipped,))


def dynamic_linear(x: Tensor, weight, sums, factors, bias, greatest: int = 127) -> Tensor:
    """x (*, k) @ weight.T + bias (*, n) on integers from 0 to the greatest, whose grid follows from all of x.

    An infinite or NaN element of x spoils all results, as they share one scale.
    """
    if not x.meta.numel:
        return Tensor.full_of((*x.shape[:-1], weight.shape[0]), 0.0, float32)
    return apply(DYNAMIC, (x, weight, sums, factors, bias), (greatest,))


# ------------------------------------------------------------------ convolutions
def _images(of, x, weight, bias, geometry) -> Meta:
    """The result of a convolution: with channels last, whatever order the image has."""
    own = (weight.shape[0], geometry[0], *weight.shape[2:])
    shape = window_shapes.conv_shape("conv2d", x.shape, own, bias and bias.shape, *geometry[1:])
    return meta(shape, channels_last_strides(shape), 0, of)


def _sums(x: Node, zero_point: Node, weight: Node, geometry, shape) -> Node:
    """The sums of products of an image of bytes that is surrounded by its zero point."""
    _, stride, padding, dilation, groups = geometry
    image = _surrounded(x, zero_point.cast(uint8), padding, weight.shape[1] * groups)
    attrs = {"stride": stride, "padding": (0, 0), "dilation": dilation, "groups": groups}
    return Node("conv", (image, weight), attrs, tuple(shape), int32)


def _surrounded(x: Node, zero_point: Node, padding: tuple[int, int], channels: int) -> Node:
    """An image with borders, and with so many channels; what is new holds the zero point."""
    n, c, h, w = x.shape
    if not any(padding) and channels == c:
        return x
    shape = (n, h + 2 * padding[0], w + 2 * padding[1], channels)
    strides = contiguous_strides(shape)
    first = padding[0] * strides[1] + padding[1] * strides[2]
    return ir.update(ir.broadcast(zero_point, shape), x.permute((0, 2, 3, 1)), strides, first).permute((0, 3, 1, 2))


def _lower_convolution(x, weight, offsets, factors, bias, inverse, place, zero_point, geometry, clipped, out):
    steps = _sums(x, zero_point, weight, geometry, out[0].shape) + _outputs(offsets)
    found = _numbers(steps, _outputs(factors), _outputs(bias))
    found = found.maximum(0.0) if clipped else found
    return _onto(found * _outputs(inverse) + _outputs(place))


def _lower_dynamic_convolution(x, weight, sums, factors, bias, geometry, greatest, out):
    bytes, scale, zero_point = _bytes(x, greatest)
    steps = _sums(bytes, zero_point, weight, geometry, out[0].shape)
    return _numbers(steps - _outputs(sums * zero_point.cast(int32)), _outputs(factors * scale), _outputs(bias))


def _outputs(x: Node | None) -> Node | None:
    """What belongs to each output, before two dimensions of pixels."""
    return None if x is None else x.reshape((x.size, 1, 1))


CONVOLUTION = Op(
    "convolution_of_bytes",
    "input weight offsets factors bias inverse place zero_point geometry clipped",
    lambda x, weight, offsets, factors, bias, inverse, place, zero_point, geometry, clipped: _images(
        uint8, x, weight, bias, geometry
    ),
    _lower_convolution,
    summary="A convolution of bytes on a grid, and its numbers, from 0 on if clipped, on another grid.",
)
DYNAMIC_CONVOLUTION = Op(
    "dynamic_convolution",
    "input weight sums factors bias geometry greatest",
    lambda x, weight, sums, factors, bias, geometry, greatest: _images(float32, x, weight, bias, geometry),
    _lower_dynamic_convolution,
    summary="A convolution of numbers that are put on the grid that suits all of them.",
)


def convolution_of_bytes(x: Tensor, zero_point: int, parts, geometry, clipped: bool) -> Tensor:
    """A convolution of uint8 images (N, C, H, W) as bytes on a grid, of channels last.

    parts: the weight int8 (O, at least C / groups, kh, kw), whose channels beyond those of x are zeros; what is added
    to the sums, int32 (O,); the factors that make numbers of them, float32 (O,) or (1,); the bias (O,) or None; the
    inverse of the new scale and the new zero point, float32 (1,).
    geometry: channels of a group, stride, padding, dilation, groups.  clipped: whether numbers below 0 become 0.
    """
    return apply(CONVOLUTION, (x, *parts, int(zero_point)), (geometry, clipped))


def dynamic_convolution(x: Tensor, parts, geometry, greatest: int) -> Tensor:
    """The numbers of a convolution of images (N, C, H, W) on integers from 0 to the greatest, whose grid follows from
    all of x; parts: the weight, the sums of its integers for each output, its scale and the bias."""
    return apply(DYNAMIC_CONVOLUTION, (x, *parts), (geometry, greatest))
