"""Convolutions in one, two and three dimensions, and transposed ones.

The one primitive is conv2d: one dimension is an image one pixel high, three are a sum over the depth of the window, and
a transposed convolution is a convolution of the input with zeros in between. Inputs are (N, C, *sizes) or (C, *sizes).
"""

from __future__ import annotations

from ... import Tensor
from ...ops import functional as ops
from ..sizes import expanded
from .resampling import pad


def conv1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride=1, padding=0, dilation=1, groups: int = 1
) -> Tensor:
    """Convolves (N, C, L) with (O, C / groups, K) to (N, O, M). padding: a number, "same" or "valid"."""
    input, stride, padding, dilation = _settings("conv1d", 1, input, weight, stride, padding, dilation, groups)
    image = ops.conv2d(
        input.unsqueeze(-2), weight.unsqueeze(-2), bias, (1, *stride), (0, *padding), (1, *dilation), groups
    )
    return image.squeeze(-2)


def conv2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride=1, padding=0, dilation=1, groups: int = 1
) -> Tensor:
    """Convolves (N, C, H, W) with (O, C / groups, kh, kw) to (N, O, oh, ow). padding: numbers, "same" or "valid"."""
    if isinstance(padding, str):
        input, stride, padding, dilation = _settings("conv2d", 2, input, weight, stride, padding, dilation, groups)
    else:
        stride, padding = expanded(stride, 2, "stride", (1, 1)), expanded(padding, 2, "padding", (0, 0))
        dilation = expanded(dilation, 2, "dilation", (1, 1))
    return ops.conv2d(input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride=1, padding=0, dilation=1, groups: int = 1
) -> Tensor:
    """Convolves (N, C, D, H, W) with (O, C / groups, kd, kh, kw). padding: numbers, "same" or "valid"."""
    input, stride, padding, dilation = _settings("conv3d", 3, input, weight, stride, padding, dilation, groups)
    if input.dim() == 4:
        return conv3d(input.unsqueeze(0), weight, bias, stride, padding, dilation, groups).squeeze(0)
    input = pad(input, (0, 0, 0, 0, padding[0], padding[0])) if padding[0] else input
    depth = (input.size(2) - dilation[0] * (weight.size(2) - 1) - 1) // stride[0] + 1
    total = None
    for i in range(weight.size(2)):
        start = i * dilation[0]
        slices = input[:, :, start : start + (depth - 1) * stride[0] + 1 : stride[0]]
        images = slices.transpose(1, 2).flatten(0, 1)
        part = ops.conv2d(
            images, weight[:, :, i], bias if i == 0 else None, stride[1:], padding[1:], dilation[1:], groups
        )
        total = part if total is None else total + part
    return total.unflatten(0, (input.size(0), depth)).transpose(1, 2)  # type: ignore[union-attr]


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride=1,
    padding=0,
    output_padding=0,
    groups: int = 1,
    dilation=1,
) -> Tensor:
    """The gradient of conv1d with respect to its input: (N, C, L) with (C, O / groups, K)."""
    return _transposed(conv1d, 1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride=1,
    padding=0,
    output_padding=0,
    groups: int = 1,
    dilation=1,
) -> Tensor:
    """The gradient of conv2d with respect to its input: (N, C, H, W) with (C, O / groups, kh, kw)."""
    return _transposed(conv2d, 2, input, weight, bias, stride, padding, output_padding, groups, dilation)


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


def _settings(name: str, dims: int, input: Tensor, weight: Tensor, stride, padding, dilation, groups: int) -> tuple:
    """(input, stride, padding, dilation), the last three as tuples; an uneven "same" padding is put on the input."""
    _check_shapes(name, dims, input, weight, groups)
    stride, dilation = expanded(stride, dims, "stride", (1,) * dims), expanded(dilation, dims, "dilation", (1,) * dims)
    if not isinstance(padding, str):
        padding = expanded(padding, dims, "padding", (0,) * dims)
        _check_window(dims, input, weight, padding, dilation)
        return input, stride, padding, dilation
    if padding == "valid":
        return input, stride, (0,) * dims, dilation
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    if stride != (1,) * dims:
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    total = [d * (k - 1) for d, k in zip(dilation, weight.shape[2:])]
    if any(t % 2 for t in total):
        input = pad(input, [side for t in reversed(total) for side in (0, t % 2)])
    return input, stride, tuple(t // 2 for t in total), dilation


def _check_shapes(name: str, dims: int, input: Tensor, weight: Tensor, groups: int):
    """PyTorch's errors for arguments whose dimensions do not fit; conv2d itself is checked by its op."""
    if dims == 2:
        return
    if input.dim() not in (dims + 1, dims + 2):
        raise RuntimeError(
            f"Expected {dims + 1}D (unbatched) or {dims + 2}D (batched) input to {name}, but got input of size: "
            f"{list(input.shape)}"
        )
    channels = input.size(-dims - 1)
    if weight.dim() == dims + 2 and weight.size(1) * groups != channels:
        given = list(input.shape) if input.dim() == dims + 2 else [1, *input.shape]
        raise RuntimeError(
            f"Given groups={groups}, weight of size {list(weight.shape)}, expected input{given} to have "
            f"{weight.size(1) * groups} channels, but got {channels} channels instead"
        )


def _check_window(dims: int, input: Tensor, weight: Tensor, padding, dilation):
    """RuntimeError where the window is larger than the padded input; conv2d itself is checked by its op."""
    padded = [size + 2 * p for size, p in zip(input.shape[-dims:], padding)]
    window = [d * (k - 1) + 1 for k, d in zip(weight.shape[-dims:], dilation)]
    if dims != 2 and any(size < w for size, w in zip(padded, window)):
        sizes, windows = (" x ".join(str(n) for n in values) for values in (padded, window))
        raise RuntimeError(
            f"Calculated padded input size per channel: ({sizes}). Kernel size: ({windows}). Kernel size can't be "
            "greater than actual input size"
        )


def _transposed(conv, dims: int, input, weight, bias, stride, padding, output_padding, groups: int, dilation) -> Tensor:
    """A convolution with step 1 of the input, spread by the stride, with the window turned around."""
    _check_transposed(dims, input, weight)
    if input.dim() == dims + 1:
        batched = _transposed(
            conv, dims, input.unsqueeze(0), weight, bias, stride, padding, output_padding, groups, dilation
        )
        return batched.squeeze(0)
    stride, padding = expanded(stride, dims, "stride", (1,) * dims), expanded(padding, dims, "padding", (0,) * dims)
    extra, dilation = (
        expanded(output_padding, dims, "output_padding", (0,) * dims),
        expanded(dilation, dims, "dilation", (1,) * dims),
    )
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation)):
        raise RuntimeError("output padding must be smaller than either stride or dilation")
    for axis, step in enumerate(stride, 2):
        input = _spread(input, axis, step)
    reach = [d * (k - 1) - p for d, k, p in zip(dilation, weight.shape[2:], padding)]
    input = pad(input, [side for r, e in zip(reversed(reach), reversed(extra)) for side in (r, r + e)])
    turned = weight.unflatten(0, (groups, -1)).transpose(1, 2).flatten(0, 1).flip(tuple(range(2, 2 + dims)))
    return conv(input, turned, bias, 1, 0, dilation, groups)


def _check_transposed(dims: int, input: Tensor, weight: Tensor):
    if input.dim() not in (dims + 1, dims + 2):
        raise RuntimeError(
            f"Expected {dims + 1}D (unbatched) or {dims + 2}D (batched) input to conv_transpose{dims}d, but got input "
            f"of size: {list(input.shape)}"
        )
    channels = input.size(-dims - 1)
    if channels != weight.size(0):
        given = list(input.shape) if input.dim() == dims + 2 else [1, *input.shape]
        raise RuntimeError(
            f"Given transposed=1, weight of size {list(weight.shape)}, expected input{given} to have {weight.size(0)} "
            f"channels, but got {channels} channels instead"
        )


def _spread(input: Tensor, axis: int, step: int) -> Tensor:
    """The input with step - 1 zeros between neighbours along an axis."""
    if step == 1:
        return input
    trailing = [0, 0] * (input.dim() - axis - 1)
    spread = pad(input.unsqueeze(axis + 1), [*trailing, 0, step - 1]).flatten(axis, axis + 1)
    return spread.narrow(axis, 0, (input.size(axis) - 1) * step + 1)
