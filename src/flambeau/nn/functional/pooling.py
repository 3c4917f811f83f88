"""Pooling: the maximum or the mean over windows.

One and two dimensions are ops. Three are pooled in the plane, then along the depth, which gives the same since maxima
(also the first of equal ones) and window sizes can be taken one dimension after the other.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any

from ... import Tensor, arange
from ...ops import functional as ops
from ...ops.functional import adaptive_max_pool1d, avg_pool1d, avg_pool2d, max_pool1d, max_pool2d
from ...ops.outputs import EXACT
from ...ops.public import finish
from ...ops.registry import full_precision
from ...ops.signatures import Dims, OutputSize
from ...window_shapes import adaptive_pool_shape, avg_pool_shape, max_pool_shape, pool_parameters
from ..sizes import with_default


# ------------------------------------------------------------------ maximum
def max_pool3d(
    input: Tensor, kernel_size: Dims, stride: Dims | None = None, padding: Dims = 0, dilation: Dims = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
):  # fmt: skip
    """The maximum over windows of (N, C, D, H, W); with return_indices also its flat position."""
    sizes = pool_parameters("max_pool3d", kernel_size, stride, padding, dilation)
    max_pool_shape("max_pool3d", input.shape, *sizes, ceil_mode)

    def pool(images, k, s, p, d):
        return max_pool2d(images, k, s, p, d, ceil_mode, return_indices)

    return _plane_then_depth(input, pool, *sizes)


# ------------------------------------------------------------------ mean
def avg_pool3d(
    input: Tensor, kernel_size: Dims, stride: Dims | None = None, padding: Dims = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None, *, out: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The mean over windows of (N, C, D, H, W)."""
    (input,) = full_precision(input)
    kernel, stride, padding, _ = pool_parameters("avg_pool3d", kernel_size, stride, padding)
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    avg_pool_shape("avg_pool3d", input.shape, kernel, stride, padding, ceil_mode)
    whole = not input.dtype.is_floating_point

    def pool(images, *parts):
        return avg_pool2d(images, *parts, ceil_mode, count_include_pad, 1 if whole or divisor_override else None)

    pooled = _plane_then_depth(input, pool, kernel, stride, padding)
    if divisor_override is None and not whole:
        return finish(pooled, out, input, exact=EXACT)
    sizes = zip(input.shape[-3:], pooled.shape[-3:], kernel, stride, padding)
    divisor = divisor_override or math.prod(_window_sizes(axis, *s, count_include_pad) for axis, s in enumerate(sizes))
    return finish(pooled.div(divisor, rounding_mode="trunc" if whole else None), out, input, exact=EXACT)


def _window_sizes(axis: int, size: int, count: int, kernel: int, stride: int, padding: int, include_pad: bool):
    """How many elements the windows along one of three axes have, in a shape that broadcasts against the others."""
    start = arange(count) * stride - padding
    end = (start + kernel).clamp(max=size + padding)
    if not include_pad:
        start, end = start.clamp(min=0), end.clamp(max=size)
    return (end - start).reshape([-1 if i == axis else 1 for i in range(3)])


def _plane_then_depth(input: Tensor, pool: Callable, kernel, stride, padding, dilation=None):
    """pool(images, *sizes) over the planes of (N, C, D, H, W), then along the depth."""
    sizes, neutral = [kernel, stride, padding], [1, 1, 0]
    if dilation is not None:
        sizes, neutral = [*sizes, dilation], [*neutral, 1]

    def plane(images):
        return pool(images, *(size[1:] for size in sizes))

    def depth(columns):
        return pool(columns, *((size[0], none) for size, none in zip(sizes, neutral)))

    return _by_planes(input, plane, depth)


def _by_planes(input: Tensor, plane: Callable, depth: Callable):
    """plane((N, C D, H, W)), then depth((N, C, D, H W)); both give values, or values and flat positions."""
    if input.dim() == 4:
        pooled = _by_planes(input.unsqueeze(0), plane, depth)
        return tuple(t.squeeze(0) for t in pooled) if isinstance(pooled, tuple) else pooled.squeeze(0)
    pooled = plane(input.flatten(1, 2))
    planes, within = pooled if isinstance(pooled, tuple) else (pooled, None)
    columns, sizes = planes.unflatten(1, input.shape[1:3]).flatten(-2), planes.shape[-2:]
    if within is None:
        return depth(columns).unflatten(-1, sizes)
    values, at = depth(columns)
    return values.unflatten(-1, sizes), _in_volume(input, within, at).unflatten(-1, sizes)


def _in_volume(input: Tensor, within: Tensor, at: Tensor) -> Tensor:
    """Flat positions in volumes: `within` planes (N, C D, h, w), then `at` the chosen depths (N, C, d, h w)."""
    n, c, depth, height, width = input.shape
    before = arange(depth).mul(height * width).unsqueeze(1)
    return (within.reshape(n, c, depth, -1) + before).flatten(2).gather(2, at.flatten(2)).reshape(at.shape)


# ------------------------------------------------------------------ a given output size
def adaptive_avg_pool2d(input: Tensor, output_size: OutputSize) -> Tensor:
    """The mean over as many windows of (N, C, H, W) as output_size says; None keeps a size."""
    return ops.adaptive_avg_pool2d(input, with_default(output_size, input.shape))


def adaptive_avg_pool3d(input: Tensor, output_size: OutputSize) -> Tensor:
    """The mean over as many windows of (N, C, D, H, W) as output_size says; None keeps a size."""
    (input,) = full_precision(input)
    return _adaptive_3d("adaptive_avg_pool3d", ops.adaptive_avg_pool2d, input, output_size)


def adaptive_max_pool3d(input: Tensor, output_size: OutputSize, return_indices: bool = False):
    """The maximum over as many windows of (N, C, D, H, W) as output_size says; None keeps a size."""

    def pool(images, sizes):
        return ops.adaptive_max_pool2d(images, sizes, return_indices)

    return _adaptive_3d("adaptive_max_pool3d", pool, input, output_size)


def _adaptive_3d(name: str, pool: Callable, input: Tensor, output_size):
    depth, *plane = adaptive_pool_shape(name, input.shape, with_default(output_size, input.shape))[-3:]
    # Where there are to be no planes, columns or rows, one of them is computed and cut off.
    pooled = _by_planes(
        input,
        lambda images: pool(images, [max(size, 1) for size in plane]),
        lambda columns: pool(columns, (max(depth, 1), columns.size(-1))),
    )
    if depth and all(plane):
        return pooled
    cut = (..., slice(depth), *map(slice, plane))
    return tuple([t[cut] for t in pooled]) if isinstance(pooled, tuple) else pooled[cut]


def adaptive_max_pool2d(input: Tensor, output_size: OutputSize, return_indices: bool = False):
    """The maximum over as many windows of (N, C, H, W) as output_size says; None keeps a size."""
    return ops.adaptive_max_pool2d(input, with_default(output_size, input.shape), return_indices)


# ------------------------------------------------------------------ positions
def with_indices(pool: Any) -> Any:
    """The form of a pooling function that always gives the positions of the maxima as well."""
    signature = inspect.signature(pool)
    at = list(signature.parameters).index("return_indices")

    @functools.wraps(pool)
    def pool_with_indices(*args, **kwargs):
        if len(args) > at:
            return pool(*args[:at], True, *args[at + 1 :], **kwargs)
        return pool(*args, **{**kwargs, "return_indices": True})

    pool_with_indices.__name__ = pool_with_indices.__qualname__ = f"{pool.__name__}_with_indices"
    pool_with_indices.__signature__ = signature.replace(return_annotation="tuple[Tensor, Tensor]")  # type: ignore[attr-defined]
    pool_with_indices.__doc__ = f"{pool.__name__} with the positions of the maxima."
    return pool_with_indices


max_pool1d_with_indices, adaptive_max_pool1d_with_indices = map(with_indices, (max_pool1d, adaptive_max_pool1d))
max_pool2d_with_indices, adaptive_max_pool2d_with_indices = map(with_indices, (max_pool2d, adaptive_max_pool2d))
max_pool3d_with_indices, adaptive_max_pool3d_with_indices = map(with_indices, (max_pool3d, adaptive_max_pool3d))


# ------------------------------------------------------------------ power mean
def lp_pool1d(
    input: Tensor, norm_type: float, kernel_size: Dims, stride: Dims | None = None, ceil_mode: bool = False
) -> Tensor:
    """The norm of order norm_type over windows of (N, C, L)."""
    return _lp_pool("avg_pool1d", avg_pool1d, max_pool1d, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Tensor, norm_type: float, kernel_size: Dims, stride: Dims | None = None, ceil_mode: bool = False
) -> Tensor:
    """The norm of order norm_type over windows of (N, C, H, W)."""
    return _lp_pool("avg_pool2d", avg_pool2d, max_pool2d, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Tensor, norm_type: float, kernel_size: Dims, stride: Dims | None = None, ceil_mode: bool = False
) -> Tensor:
    """The norm of order norm_type over windows of (N, C, D, H, W)."""
    return _lp_pool("avg_pool3d", avg_pool3d, max_pool3d, input, norm_type, kernel_size, stride, ceil_mode)


def _lp_pool(name: str, average, maximum, input: Tensor, norm_type, kernel_size, stride, ceil_mode) -> Tensor:
    if norm_type == math.inf:
        return maximum(input.abs(), kernel_size, stride, ceil_mode=ceil_mode)
    if norm_type == -math.inf:
        return -maximum(-input.abs(), kernel_size, stride, ceil_mode=ceil_mode)
    kernel, stride, _, _ = pool_parameters(name, kernel_size, stride, 0)
    mean = average(input.pow(norm_type), kernel, stride, 0, ceil_mode)
    return (mean.sign() * mean.abs().relu()).mul(math.prod(kernel)).pow(1.0 / norm_type)
