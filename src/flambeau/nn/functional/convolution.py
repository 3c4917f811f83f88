"""Convolutions in one, two and three dimensions, and transposed ones.

One and two dimensions are ops. Three are a sum over the depth of the window, and transposed, one product for all of
its depth, whose parts are then added. Inputs are (N, C, *sizes) or (C, *sizes).
"""

from __future__ import annotations

from ... import Tensor, stack, zeros_like
from ...ops.copies import laid_out_like
from ...ops.functional import conv1d, conv2d, conv_transpose1d, conv_transpose2d
from ...ops.signatures import Dims

__all__ = ["conv1d", "conv2d", "conv3d", "conv_tbc", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]
from ...window_shapes import conv_padding, conv_parameter, conv_shape, conv_transpose_shape, is_batched
from .resampling import pad


def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Dims = 1,
    padding: Dims | str = 0,
    dilation: Dims = 1,
    groups: int = 1,
) -> Tensor:
    """Convolves (N, C, D, H, W) with (O, C / groups, kd, kh, kw). padding: numbers, "same" or "valid".

    Raises RuntimeError where shapes do not fit.
    """
    if not is_batched("conv3d", input.shape):
        return conv3d(input.unsqueeze(0), weight, bias, stride, padding, dilation, groups).squeeze(0)
    stride, dilation = conv_parameter("stride", stride, 3), conv_parameter("dilation", dilation, 3)
    if isinstance(padding, str):
        padding, after = conv_padding(padding, input.shape, weight.shape, stride, dilation)
        # What an uneven padding has more at the end is put on the input.
        input = pad(input, [n for i in (2, 1, 0) for n in (0, after[i] - padding[i])])
    padding = conv_parameter("padding", padding, 3)
    conv_shape("conv3d", input.shape, weight.shape, _shape(bias), stride, padding, dilation, groups)
    return _sum_over_depth(input, weight, bias, stride, padding, dilation, groups)


def _sum_over_depth(input, weight, bias, stride, padding, dilation, groups) -> Tensor:
    """conv3d as the sum of conv2d with each slice of the weight."""
    input = pad(input, (0, 0, 0, 0, padding[0], padding[0]))
    depth = (input.size(2) - dilation[0] * (weight.size(2) - 1) - 1) // stride[0] + 1
    parts = []
    for i in range(weight.size(2)):
        start = i * dilation[0]
        slices = input[:, :, start : start + (depth - 1) * stride[0] + 1 : stride[0]]
        images = slices.transpose(1, 2).flatten(0, 1)
        own_bias = None if i else bias
        parts.append(conv2d(images, weight[:, :, i], own_bias, stride[1:], padding[1:], dilation[1:], groups))
    return laid_out_like(sum(parts[1:], parts[0]).unflatten(0, (input.size(0), depth)).transpose(1, 2), input, weight)


def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: int = 0) -> Tensor:
    """Convolves sequences (time, batch, channels) with (width, channels, outputs): (time, batch, outputs).

    Raises RuntimeError where shapes do not fit.
    """
    if input.dim() != 3:
        raise RuntimeError("Input must have 3 dims: time, batch, in_channel")
    if weight.dim() != 3:
        raise RuntimeError("Weight tensor must have 3 dims: kernel_width, in_channels, out_channels.")
    if bias.dim() != 1:
        raise RuntimeError("Bias must be 1-D")
    if input.size(2) != weight.size(1):
        raise RuntimeError("Input dim 2 (input channels) is not == dim 1 in the weight tensor")
    if weight.size(2) != bias.size(0):
        raise RuntimeError("Bias size must equal dim 2 in the weight tensor (output channels).")
    return conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad).permute(2, 0, 1)


def conv_transpose3d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Dims = 1, padding: Dims = 0,
    output_padding: Dims = 0, groups: int = 1, dilation: Dims = 1,
) -> Tensor:  # fmt: skip
    """The gradient of conv3d with respect to its input: (N, C, D, H, W) with (C, O / groups, kd, kh, kw)."""
    stride, dilation = conv_parameter("stride", stride, 3), conv_parameter("dilation", dilation, 3)
    padding, extra = conv_parameter("padding", padding, 3), conv_parameter("output_padding", output_padding, 3)
    sizes = input.shape, weight.shape, _shape(bias), stride, padding, extra
    shape = conv_transpose_shape("conv_transpose3d", *sizes, groups, dilation)
    if input.dim() == 4:
        batch = input.unsqueeze(0)
        return conv_transpose3d(batch, weight, bias, stride, padding, extra, groups, dilation).squeeze(0)
    images = input.transpose(1, 2).flatten(0, 1)
    flat = stride[1:], padding[1:], extra[1:], groups, dilation[1:]
    taps = conv_transpose2d(images, weight.flatten(1, 2), None, *flat)
    taps = taps.unflatten(0, (input.size(0), -1)).unflatten(2, (-1, weight.size(2)))
    result = _folded(taps, stride[0], padding[0], dilation[0], shape[2]).transpose(1, 2)
    return laid_out_like(result if bias is None else result + bias.reshape(-1, 1, 1, 1), input, weight)


def _folded(taps: Tensor, stride: int, padding: int, dilation: int, depth: int) -> Tensor:
    """Sums along the depth of what each slice gives to each tap: (N, D, O, kd, H, W) to (N, depth, O, H, W).

    Depth q * stride + r, of the padded result, meets the taps i with i * dilation = m * stride + r, at slice q - m.
    """
    count, ends = taps.size(3), -(-(depth + padding) // stride)
    most = (count - 1) * dilation // stride
    padded = pad(taps, (0,) * 8 + (most, max(ends - taps.size(1), 0)))
    sums = []
    for r in range(stride):
        steps = [(i, divmod(i * dilation - r, stride)) for i in range(count)]
        parts = [padded[:, most - m : most - m + ends, :, i] for i, (m, rest) in steps if rest == 0]
        sums.append(sum(parts[1:], parts[0]) if parts else zeros_like(padded[:, :ends, :, 0]))
    return stack(sums, 2).flatten(1, 2).narrow(1, padding, depth)


def _shape(bias: Tensor | None):
    return None if bias is None else bias.shape
