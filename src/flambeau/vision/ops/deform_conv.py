"""Convolution whose taps are moved by offsets that the network gives: deformable convolution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import flambeau as torch
from flambeau import Tensor, nn
from flambeau.nn import init
from flambeau.nn.modules.utils import _pair
from flambeau.nn.parameter import Parameter


def deform_conv2d(
    input: Tensor,
    offset: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
    dilation: tuple[int, int] = (1, 1),
    mask: Tensor | None = None,
) -> Tensor:
    """Deformable convolution (Dai et al., 2017; with a mask Zhu et al., 2018).

    Args:
        input: (N, C, H, W).
        offset: (N, 2 * groups * kh * kw, out_h, out_w), how far taps are moved, down and to the right; all channels
            of a group are moved together.
        weight: (C_out, C / weight groups, kh, kw).
        bias: (C_out).
        stride, padding, dilation: one number or two.
        mask: (N, groups * kh * kw, out_h, out_w), factors of the taps.

    Returns: (N, C_out, out_h, out_w).

    Raises:
        RuntimeError: shapes that do not fit.
    """
    (height, width), count = weight.shape[-2:], weight.size(-2) * weight.size(-1)
    groups = offset.shape[1] // (2 * count)
    if groups == 0:
        raise RuntimeError(
            "the shape of the offset tensor at dimension 1 is not valid. It should be a multiple of 2 * weight.size[2] "
            f"* weight.size[3].\nGot offset.shape[1]={offset.shape[1]}, while 2 * weight.size[2] * weight.size[3]="
            f"{2 * count}"
        )
    steps = [_pair(each) for each in (stride, padding, dilation)]
    size = _output_size(input, (height, width), *steps)
    _check(input, offset, weight, mask, groups, steps, size)
    if input.size(0) == 0:
        return input.new_zeros((0, weight.size(0), *size))
    y, x = _points(offset.unflatten(1, (groups, count, 2)), (height, width), size, *steps)
    columns = _sampled(input.unflatten(1, (groups, -1)), y, x)  # (N, groups, taps, out_h, out_w, channels)
    if mask is not None:
        columns = columns * mask.unflatten(1, (groups, count)).unsqueeze(-1)
    columns = columns.permute(0, 1, 5, 2, 3, 4).reshape(input.size(0), input.size(1) * count, -1)
    blocks = input.size(1) // weight.size(1)
    product = weight.reshape(blocks, weight.size(0) // blocks, -1) @ columns.unflatten(1, (blocks, -1))
    result = product.reshape(input.size(0), weight.size(0), *size)
    return result if bias is None else result + bias.reshape(1, -1, 1, 1)


def _output_size(input: Tensor, kernel: Sequence[int], stride, padding, dilation) -> tuple[int, ...]:
    for name, pair, least in (("stride", stride, 1), ("pad", padding, 0), ("dilation", dilation, 1)):
        if min(pair) < least:
            raise RuntimeError(f"{name}_h: {pair[0]} {name}_w: {pair[1]}")
    return tuple(
        (n + 2 * p - (d * (k - 1) + 1)) // s + 1
        for n, k, s, p, d in zip(input.shape[2:], kernel, stride, padding, dilation)
    )


def _check(input: Tensor, offset: Tensor, weight: Tensor, mask: Tensor | None, groups: int, steps, size) -> None:
    taps = groups * weight.size(2) * weight.size(3)
    blocks = input.size(1) // weight.size(1)
    if weight.size(1) * blocks != input.size(1):
        raise RuntimeError("Expected weight_c.size(1) * n_weight_grps == input_c.size(1) to be true, but got false.")
    if weight.size(0) % max(blocks, 1):
        raise RuntimeError("Expected weight_c.size(0) % n_weight_grps == 0 to be true, but got false.")
    if input.size(1) % groups:
        raise RuntimeError("Expected input_c.size(1) % n_offset_grps == 0 to be true, but got false.")
    for name, moved, channels in (("offset", offset, 2 * taps), ("mask", mask, taps)):
        if moved is None:
            continue
        if moved.size(1) != channels:
            raise RuntimeError(f"{name}.shape[1] is not valid: got: {moved.size(1)} expected: {channels}")
        if moved.size(0) != input.size(0):
            raise RuntimeError(f"invalid batch size of {name}")
        if tuple(moved.shape[2:]) != size:
            raise RuntimeError(
                f"{name} output dims: ({moved.size(2)}, {moved.size(3)}) - computed output dims: ({size[0]}, {size[1]})"
            )
    if min(size) <= 0:
        raise RuntimeError(f"Calculated output size too small - out_h: {size[0]} out_w: {size[1]}")


def _points(offset: Tensor, kernel, size, stride, padding, dilation) -> list[Tensor]:
    """Where taps are, by row and by column: offset (N, groups, taps, 2, out_h, out_w), points without the 2."""
    points = []
    for d in range(2):
        tap, place = torch.arange(kernel[d]) * dilation[d], torch.arange(size[d]) * stride[d] - padding[d]
        taps = tap.repeat_interleave(kernel[1]) if d == 0 else tap.repeat(kernel[0])
        shape = (-1, 1) if d == 0 else (1, -1)
        fixed = taps.reshape(-1, 1, 1) + place.reshape(shape)
        points.append(offset[:, :, :, d] + fixed.to(offset.dtype))
    return points


def _sampled(input: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """What lies between the pixels of images (N, groups, C, H, W) at points (N, groups, ...): (N, groups, ..., C)."""
    batch, groups, channels, height, width = input.shape
    table = input.permute(0, 1, 3, 4, 2).reshape(-1, channels)
    planes = torch.arange(batch * groups).reshape(batch, groups, *[1] * (y.dim() - 2)) * (height * width)
    corners = product(_neighbours(y, height), _neighbours(x, width))
    first, *others = (
        table[planes + row * width + column] * (row_share * column_share).unsqueeze(-1)
        for (row, row_share), (column, column_share) in corners
    )
    return sum(others, first)


def _neighbours(at: Tensor, length: int) -> list[tuple[Tensor, Tensor]]:
    """The pixels before and behind points on an axis, and the share of each, which is 0 outside of the image."""
    low = at.detach().floor()
    pairs = []
    for place, share in ((low, 1 - (at - low)), (low + 1, at - low)):
        inside = (place >= 0) & (place < length)
        pairs.append((torch.where(inside, place, 0.0).long(), torch.where(inside, share, 0.0)))
    return pairs


class DeformConv2d(nn.Module):
    """See `deform_conv2d`."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
    ):
        super().__init__()
        if in_channels % groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups != 0:
            raise ValueError("out_channels must be divisible by groups")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = _pair(kernel_size)
        self.stride = _pair(stride)
        self.padding = _pair(padding)
        self.dilation = _pair(dilation)
        self.groups = groups
        self.weight = Parameter(torch.empty(out_channels, in_channels // groups, *self.kernel_size))
        if bias:
            self.bias = Parameter(torch.empty(out_channels))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws the weights as those of a convolution."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            bound = 1 / math.sqrt(fan_in)
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor, offset: Tensor, mask: Tensor | None = None) -> Tensor:
        """The convolution of an input (N, C, H, W); offset and mask as for `deform_conv2d`."""
        settings = self.stride, self.padding, self.dilation
        return deform_conv2d(input, offset, self.weight, self.bias, *settings, mask=mask)

    def __repr__(self) -> str:
        parts = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        parts += f", padding={self.padding}" if self.padding != (0, 0) else ""
        parts += f", dilation={self.dilation}" if self.dilation != (1, 1) else ""
        parts += f", groups={self.groups}" if self.groups != 1 else ""
        parts += ", bias=False" if self.bias is None else ""
        return f"{type(self).__name__}({parts})"
