"""Pooling: the maximum or the mean over windows.

The primitives work on images. One dimension is an image one pixel high; three are pooled in the plane, then along the
depth, which gives the same since maxima and window sizes can be taken one dimension after the other.
"""

from __future__ import annotations

from collections.abc import Callable

from ... import Tensor
from ...ops import functional as ops
from ..sizes import expanded, with_default

_INF = float("inf")


def _window(dims: int, kernel_size, stride, padding) -> tuple:
    kernel = expanded(kernel_size, dims, "kernel_size")
    return kernel, expanded(stride, dims, "stride", kernel), expanded(padding, dims, "padding", (0,) * dims)


# ------------------------------------------------------------------ maximum
def max_pool1d(
    input: Tensor,
    kernel_size,
    stride=None,
    padding=0,
    dilation=1,
    ceil_mode: bool = False,
    return_indices: bool = False,
):
    """The maximum over windows of (N, C, L). return_indices: also the positions of the maxima."""
    kernel, stride, padding = _window(1, kernel_size, stride, padding)
    dilation = expanded(dilation, 1, "dilation", (1,))
    _check_dims("max_pool1d() Expected 2D or 3D input tensor, but got {}", input, 1)
    result = ops.max_pool2d(
        input.unsqueeze(-2), (1, *kernel), (1, *stride), (0, *padding), (1, *dilation), ceil_mode, return_indices
    )
    return (result[0].squeeze(-2), result[1].squeeze(-2)) if return_indices else result.squeeze(-2)


def max_pool1d_with_indices(
    input: Tensor,
    kernel_size,
    stride=None,
    padding=0,
    dilation=1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """max_pool1d with the positions of the maxima."""
    return max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


def max_pool2d(
    input: Tensor,
    kernel_size,
    stride=None,
    padding=0,
    dilation=1,
    ceil_mode: bool = False,
    return_indices: bool = False,
):
    """The maximum over windows of (N, C, H, W). return_indices: also the flat positions of the maxima in the plane."""
    kernel, stride, padding = _window(2, kernel_size, stride, padding)
    dilation = expanded(dilation, 2, "dilation", (1, 1))
    return ops.max_pool2d(input, kernel, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d_with_indices(
    input: Tensor,
    kernel_size,
    stride=None,
    padding=0,
    dilation=1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """max_pool2d with the positions of the maxima."""
    return max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


def max_pool3d(
    input: Tensor,
    kernel_size,
    stride=None,
    padding=0,
    dilation=1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor:
    """The maximum over windows of (N, C, D, H, W). Raises NotImplementedError for return_indices."""
    if return_indices:
        raise NotImplementedError("max_pool3d with return_indices=True is not in Flambeau yet")
    kernel, stride, padding = _window(3, kernel_size, stride, padding)
    dilation = expanded(dilation, 3, "dilation", (1, 1, 1))

    def pool(images, d):
        sizes = _part(kernel, d, 1), _part(stride, d, 1), _part(padding, d, 0), _part(dilation, d, 1)
        return ops.max_pool2d(images, *sizes, ceil_mode, False)

    return _plane_then_depth("max_pool3d", input, pool)


# ------------------------------------------------------------------ mean
def avg_pool1d(
    input: Tensor, kernel_size, stride=None, padding=0, ceil_mode: bool = False, count_include_pad: bool = True
) -> Tensor:
    """The mean over windows of (N, C, L). count_include_pad: whether padding counts in the divisor."""
    kernel, stride, padding = _window(1, kernel_size, stride, padding)
    _check_dims("Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but got: {}", input, 1)
    images = ops.avg_pool2d(
        input.unsqueeze(-2), (1, *kernel), (1, *stride), (0, *padding), ceil_mode, count_include_pad, None
    )
    return images.squeeze(-2)


def avg_pool2d(
    input: Tensor,
    kernel_size,
    stride=None,
    padding=0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean over windows of (N, C, H, W). divisor_override: what the sum is divided by instead of the window's size."""
    kernel, stride, padding = _window(2, kernel_size, stride, padding)
    return ops.avg_pool2d(input, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    input: Tensor,
    kernel_size,
    stride=None,
    padding=0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean over windows of (N, C, D, H, W)."""
    kernel, stride, padding = _window(3, kernel_size, stride, padding)
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    divisor = None if divisor_override is None else 1

    def pool(images, d):
        sizes = _part(kernel, d, 1), _part(stride, d, 1), _part(padding, d, 0)
        return ops.avg_pool2d(images, *sizes, ceil_mode, count_include_pad, divisor)

    pooled = _plane_then_depth("avg_pool3d", input, pool)
    return pooled if divisor_override is None else pooled / divisor_override


def _part(sizes: tuple, along_depth: bool, neutral: int) -> tuple:
    """The sizes for the plane, or for the depth alone."""
    return (sizes[0], neutral) if along_depth else sizes[1:]


def _plane_then_depth(name: str, input: Tensor, pool: Callable) -> Tensor:
    """pool(images, False) over the planes of (N, C, D, H, W), then pool(images, True) along the depth."""
    if input.dim() == 4:
        return _plane_then_depth(name, input.unsqueeze(0), pool).squeeze(0)
    if input.dim() != 5:
        raise RuntimeError(f"{name}(): Expected 4D or 5D (batch mode) tensor for input, but got {input.dim()}D input")
    c, d = input.shape[1:3]
    planes = pool(input.flatten(1, 2), False).unflatten(1, (c, d))
    height, width = planes.shape[-2:]
    return pool(planes.flatten(-2), True).unflatten(-1, (height, width))


# ------------------------------------------------------------------ a given output size
def adaptive_avg_pool1d(input: Tensor, output_size) -> Tensor:
    """The mean over as many windows of (N, C, L) as output_size says."""
    (size,) = expanded(output_size, 1, "output_size")
    _check_dims("adaptive_avg_pool1d(): Expected 2D or 3D tensor, but got {}", input, 1)
    return ops.adaptive_avg_pool2d(input.unsqueeze(-2), (1, size)).squeeze(-2)


def adaptive_avg_pool2d(input: Tensor, output_size) -> Tensor:
    """The mean over as many windows of (N, C, H, W) as output_size says; None keeps a size."""
    return ops.adaptive_avg_pool2d(input, expanded(with_default(output_size, input.shape), 2, "output_size"))


def adaptive_avg_pool3d(input: Tensor, output_size) -> Tensor:
    """The mean over as many windows of (N, C, D, H, W) as output_size says; None keeps a size."""
    sizes = expanded(with_default(output_size, input.shape), 3, "output_size")

    def pool(images, along_depth):
        return ops.adaptive_avg_pool2d(images, (sizes[0], images.size(-1)) if along_depth else sizes[1:])

    return _plane_then_depth("adaptive_avg_pool3d", input, pool)


def adaptive_max_pool1d(input: Tensor, output_size, return_indices: bool = False):
    """The maximum over as many windows of (N, C, L) as output_size says."""
    (size,) = expanded(output_size, 1, "output_size")
    _check_dims("adaptive_max_pool1d(): Expected 2D or 3D tensor, but got: {}", input, 1)
    values, positions = ops.adaptive_max_pool2d(input.unsqueeze(-2), (1, size))
    return (values.squeeze(-2), positions.squeeze(-2)) if return_indices else values.squeeze(-2)


def adaptive_max_pool1d_with_indices(input: Tensor, output_size, return_indices: bool = False) -> tuple[Tensor, Tensor]:
    """adaptive_max_pool1d with the positions of the maxima."""
    return adaptive_max_pool1d(input, output_size, True)


def adaptive_max_pool2d(input: Tensor, output_size, return_indices: bool = False):
    """The maximum over as many windows of (N, C, H, W) as output_size says; None keeps a size."""
    sizes = expanded(with_default(output_size, input.shape), 2, "output_size")
    values, positions = ops.adaptive_max_pool2d(input, sizes)
    return (values, positions) if return_indices else values


def adaptive_max_pool2d_with_indices(input: Tensor, output_size, return_indices: bool = False) -> tuple[Tensor, Tensor]:
    """adaptive_max_pool2d with the positions of the maxima."""
    return adaptive_max_pool2d(input, output_size, True)


# ------------------------------------------------------------------ power mean
def lp_pool1d(input: Tensor, norm_type: float, kernel_size, stride=None, ceil_mode: bool = False) -> Tensor:
    """The norm of order norm_type over windows of (N, C, L)."""
    return _lp_pool(1, avg_pool1d, max_pool1d, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(input: Tensor, norm_type: float, kernel_size, stride=None, ceil_mode: bool = False) -> Tensor:
    """The norm of order norm_type over windows of (N, C, H, W)."""
    return _lp_pool(2, avg_pool2d, max_pool2d, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(input: Tensor, norm_type: float, kernel_size, stride=None, ceil_mode: bool = False) -> Tensor:
    """The norm of order norm_type over windows of (N, C, D, H, W)."""
    return _lp_pool(3, avg_pool3d, max_pool3d, input, norm_type, kernel_size, stride, ceil_mode)


def _lp_pool(
    dims: int, average: Callable, maximum: Callable, input, norm_type, kernel_size, stride, ceil_mode
) -> Tensor:
    if norm_type == _INF:
        return maximum(input.abs(), kernel_size, stride, ceil_mode=ceil_mode)
    if norm_type == -_INF:
        return -maximum(-input.abs(), kernel_size, stride, ceil_mode=ceil_mode)
    size = 1
    for k in expanded(kernel_size, dims, "kernel_size"):
        size *= k
    mean = average(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    return (mean.sign() * mean.abs().relu()).mul(size).pow(1.0 / norm_type)


def _check_dims(text: str, input: Tensor, dims: int):
    if input.dim() not in (dims + 1, dims + 2):
        raise RuntimeError(text.format(list(input.shape)))
