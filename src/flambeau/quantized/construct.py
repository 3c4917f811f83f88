"""How quantised tensors are made."""

from __future__ import annotations

from .. import Tensor, no_grad, quint8, zeros
from ..devices import per_channel_affine, per_channel_affine_float_qparams, per_tensor_affine, qscheme
from ..dtypes import dtype as dtype_
from ..dtypes import float32, float64, int64
from ..errors import TYPE_TITLES
from ..ops.grids import grid_of_range
from .parameters import BOUNDS, to_integers
from .tensor import HELD_AS, Grid, QuantizedTensor


@no_grad()
def quantize_per_tensor(input, scale, zero_point, dtype: dtype_):
    """Numbers as integers with one scale.

    Args:
        input: a float32 tensor, or a list of them with a scale and a zero point for each in tensors.
        scale: the distance of neighbouring numbers.
        zero_point: the integer that stands for 0.
        dtype: torch.quint8, torch.qint8 or torch.qint32.

    Raises RuntimeError for other types of the input or the result, and where the zero point is out of bounds.
    """
    if isinstance(input, (list, tuple)):
        given = zip(input, scale.tolist(), zero_point.tolist())
        return tuple(quantize_per_tensor(x, s, z, dtype) for x, s, z in given)
    _check_types(input, dtype)
    grid = Grid(per_tensor_affine, float(scale), int(zero_point))
    least, greatest = BOUNDS[dtype.name]
    if not least <= grid.zero_point <= greatest:
        side = "above upper" if grid.zero_point > greatest else "below lower"
        raise RuntimeError(f"quantize_tensor_per_tensor_affine zero_point {grid.zero_point} is {side} bound.")
    return QuantizedTensor.of(to_integers(input, grid, dtype), grid, dtype)


@no_grad()
def quantize_per_channel(input: Tensor, scales: Tensor, zero_points: Tensor, axis: int, dtype: dtype_):
    """Numbers as integers with a scale and a zero point for each index of dimension `axis`.

    Args:
        input: a float32 tensor.
        scales, zero_points: one for each channel; with floating-point zero points both are kept in float32.
        axis: the dimension of the channels.
        dtype: torch.quint8, torch.qint8 or torch.qint32.

    Raises RuntimeError for an axis that is none, for other types, and where there are not as many scales as channels.
    """
    real = zero_points.dtype.is_floating_point
    if not 0 <= axis < input.dim():
        kind = "float qparams" if real else "affine"
        text = f"Channel axis out of range in per channel {kind} quantization. Got: {axis}Expected: [0, {input.dim()})"
        raise RuntimeError(text)
    _check_types(input, dtype)
    if scales.numel() != input.size(axis):
        raise RuntimeError(f"length of scales must equal to channel, expected {input.size(axis)} got, {scales.numel()}")
    grid = _channels(scales, zero_points, axis)
    return QuantizedTensor.of(to_integers(input, grid, dtype), grid, dtype)


def quantize_per_tensor_dynamic(input: Tensor, dtype: dtype_, reduce_range: bool):
    """Numbers as integers with the scale that suits them.

    Args:
        input: a float32 tensor.
        dtype: torch.quint8 or torch.qint8.
        reduce_range: whether to use half of the integers, so that sums of products of 8 bits fit 16.
    """
    _check_types(input, dtype)
    least, greatest = BOUNDS[dtype.name]
    if reduce_range:
        least, greatest = least // 2, greatest // 2
    low, high = input.detach().aminmax()
    scale, zero_point = grid_of_range(low, high, least, greatest)
    return quantize_per_tensor(input, scale.item(), int(zero_point.item()), dtype)


def from_integers(held: Tensor, scheme: qscheme, scale, zero_point, axis: int | None = None) -> QuantizedTensor:
    """The quantised tensor over given integers, which it shares."""
    return QuantizedTensor.of(held, Grid(scheme, scale, zero_point, axis), _kind_of(held))


def _make_per_tensor_quantized_tensor(input: Tensor, scale: float, zero_point: int) -> QuantizedTensor:
    """The quantised tensor with given integers."""
    return from_integers(input.clone(), per_tensor_affine, float(scale), int(zero_point))


def _make_per_channel_quantized_tensor(input: Tensor, scale: Tensor, zero_point: Tensor, axis: int) -> QuantizedTensor:
    """The quantised tensor with given integers, and a scale and a zero point for each channel."""
    return from_integers(input.clone(), *_channels(scale, zero_point, axis))


def _empty_affine_quantized(
    *size, scale: float = 1.0, zero_point: int = 0, dtype: dtype_ = quint8, device=None, memory_format=None, **kwargs
) -> QuantizedTensor:
    """A quantised tensor of a size, with any integers."""
    shape = size[0] if len(size) == 1 and not isinstance(size[0], int) else size
    return from_integers(zeros(shape, dtype=HELD_AS[dtype]), per_tensor_affine, float(scale), int(zero_point))


def _empty_per_channel_affine_quantized(
    *size, scales: Tensor, zero_points: Tensor, axis: int, dtype: dtype_ = quint8, **kwargs
) -> QuantizedTensor:
    """A quantised tensor of a size with a grid for each channel, with any integers."""
    shape = size[0] if len(size) == 1 and not isinstance(size[0], int) else size
    return from_integers(zeros(shape, dtype=HELD_AS[dtype]), *_channels(scales, zero_points, axis))


def _channels(scales: Tensor, zero_points: Tensor, axis: int) -> Grid:
    if zero_points.dtype.is_floating_point:
        return Grid(per_channel_affine_float_qparams, scales.to(float32), zero_points.to(float32), axis)
    return Grid(per_channel_affine, scales.to(float64), zero_points.to(int64), axis)


def _kind_of(integers: Tensor) -> dtype_:
    kind = next((kind for kind, held in HELD_AS.items() if held is integers.dtype), None)
    if kind is None:
        raise RuntimeError(f"Tensor of {TYPE_TITLES[integers.dtype.name]} cannot hold quantized values")
    return kind


def _check_types(input: Tensor, kind: dtype_) -> None:
    if kind not in HELD_AS:
        raise RuntimeError(f"ScalarType {TYPE_TITLES[kind.name]} is not supported in new_qtensor.")
    if input.dtype is not float32:
        raise RuntimeError(f"Quantize only works on Float Tensor, got {TYPE_TITLES[input.dtype.name]}")
