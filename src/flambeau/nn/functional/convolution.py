"""Convolutions in one, two and three dimensions, and transposed ones.

One and two dimensions are ops. Three are a sum over the depth of the window, and a transposed convolution is a
convolution of the input with zeros in between. Inputs are (N, C, *sizes) or (C, *sizes).
"""

from __future__ import annotations

from ... import Tensor
from ...ops.functional import conv1d, conv2d, conv_transpose1d, conv_transpose2d

__all__ = ["conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]
from ...window_shapes import conv_padding, conv_parameter, conv_shape, conv_transpose_shape, is_batched
from .resampling import pad


def conv3d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride=1, padding=0, dilation=1, groups: int = 1
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
    return sum(parts[1:], parts[0]).unflatten(0, (input.size(0), depth)).transpose(1, 2)


def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride=1,
    padding=0,
    output_padding=0,
    groups: int = 1,
    dilation=1,
) -> Tensor:
    """The gradient of conv3d with respect to its input: (N, C, D, H, W) with (C, O / groups, kd, kh, kw)."""
    return _transposed(conv3d, 3, input, weight, bias, stride, padding, output_padding, groups, dilation)


def _transposed(conv, dims: int, input, weight, bias, stride, padding, output_padding, groups: int, dilation) -> Tensor:
    """A convolution with step 1 of the input, spread by the stride, with the window turned around."""
    stride, dilation = conv_parameter("stride", stride, dims), conv_parameter("dilation", dilation, dims)
    padding, extra = conv_parameter("padding", padding, dims), conv_parameter("output_padding", output_padding, dims)
    sizes = input.shape, weight.shape, _shape(bias), stride, padding, extra
    conv_transpose_shape(f"conv_transpose{dims}d", *sizes, groups, dilation)
    if input.dim() == dims + 1:
        batch = input.unsqueeze(0)
        return _transposed(conv, dims, batch, weight, bias, stride, padding, extra, groups, dilation).squeeze(0)
    for axis, step in enumerate(stride, 2):
        input = spread(input, axis, step)
    reach = [d * (k - 1) - p for d, k, p in zip(dilation, weight.shape[2:], padding)]
    input = pad(input, [side for r, e in zip(reversed(reach), reversed(extra)) for side in (r, r + e)])
    turned = weight.unflatten(0, (groups, -1)).transpose(1, 2).flatten(0, 1).flip(tuple(range(2, 2 + dims)))
    return conv(input, turned, bias, 1, 0, dilation, groups)


def spread(input: Tensor, axis: int, step: int) -> Tensor:
    """The input with step - 1 zeros between neighbours along an axis."""
    if step == 1:
        return input
    trailing = [0, 0] * (input.dim() - axis - 1)
    spread = pad(input.unsqueeze(axis + 1), [*trailing, 0, step - 1]).flatten(axis, axis + 1)
    return spread.narrow(axis, 0, (input.size(axis) - 1) * step + 1)


def _shape(bias: Tensor | None):
    return None if bias is None else bias.shape
