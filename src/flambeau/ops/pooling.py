"""Pooling over windows: maxima and means, fixed and adaptive, in one and two dimensions."""

from __future__ import annotations

import functools

from .. import dtypes, ir, window_shapes
from ..autograd.modes import MODE
from ..ir import Node
from ..meta import Meta, images
from ..tensor import Tensor
from .outputs import EXACT
from .public import finish
from .registry import Op, apply
from .signatures import Dims, OutputSize
from .views import reshape, squeeze, unsqueeze

ADAPTIVE = (None, None, None, None)  # the geometry of a pool whose windows follow from the two shapes


def _attrs(fn, geometry) -> dict:
    return dict(zip(("fn", "window", "stride", "padding", "dilation"), (fn, *geometry)))


def _is_whole(image, geometry) -> bool:
    """Whether the only window is the image."""
    window, _, padding, _ = geometry
    return window is not None and tuple(window) == tuple(image[2:]) and not any(padding)


def _pool(fn, x: ir.Node, shape, geometry) -> ir.Node:
    if _is_whole(x.shape, geometry):
        return ir.reduce(fn, x, (2, 3))
    return Node("pool", (x,), _attrs(fn, geometry), tuple(shape), x.dtype)


def _max_gradient(grad: ir.Node, input: ir.Node, geometry) -> ir.Node:
    if not _is_whole(input.shape, geometry):
        return Node("pool_dx", (grad, input), _attrs("max", geometry), input.shape, grad.dtype)
    first = ir.reduce("argmax", input, (2, 3))
    return ir.where(ir.iota(input.shape[2:]).eq(first), grad, 0.0)


def _mean_gradient(grad: ir.Node, shape, geometry) -> ir.Node:
    if _is_whole(shape, geometry):
        return ir.broadcast(grad, shape)
    return Node("pool_dx", (grad,), _attrs("sum", geometry), shape, grad.dtype)


# ------------------------------------------------------------------ maxima
def pick(gg: Tensor, input: Tensor, shape, geometry) -> Tensor:
    """The elements of gg at the positions of the windows' maxima."""
    index = apply(POOL_INDEX, (input.detach(),), (shape, geometry))
    n, c = gg.meta.shape[:2]
    return reshape(reshape(gg, (n, c, -1)).gather(2, reshape(index, (n, c, -1))), shape)


POOL_INDEX = Op(
    "max_pool2d_indices",
    "input shape geometry",
    lambda input, shape, geometry: images(shape, dtypes.int64, input),
    lambda input, shape, geometry: Node("pool_index", (input,), _attrs("max", geometry), shape, dtypes.int64),
    summary="Flat position of the first maximum of each window.",
)
MAX_POOL = Op(
    "max_pool2d",
    "input shape geometry",
    lambda input, shape, geometry: images(shape, input.dtype, input),
    lambda input, shape, geometry: _pool("max", input, shape, geometry),
    lambda g, input, geometry: apply(MAX_POOL_DX, (g, input), (geometry,)),
    grad_name="MaxPool2DWithIndices",
    summary="Maximum of each window.",
)
MAX_POOL_DX = Op(
    "max_pool2d_backward",
    "grad input geometry",
    lambda grad, input, geometry: images(input.shape, grad.dtype, input),
    _max_gradient,
    (lambda g, input, meta, geometry: pick(g, input, tuple(meta.shape), geometry), None),
    summary="Gradient of the maximum of each window.",
)


# ------------------------------------------------------------------ means
def _counts(size: int, count: int, window, stride, padding, include_pad: bool) -> ir.Node:
    """How many elements each window of one axis has, as (count,) int64."""
    i = ir.iota((count,))
    if window is None:
        start = ir.map_("floordiv", i * size, count)
        end = ir.map_("floordiv", (i + 1) * size + (count - 1), count)
        return end - start
    start = i * stride - padding
    end = ir.map_("minimum", start + window, size + padding)
    if not include_pad:
        start, end = ir.map_("maximum", start, 0), ir.map_("minimum", end, size)
    return end - start


def _divided(value: ir.Node, sizes, geometry, include_pad, divisor) -> ir.Node:
    """Sums of windows divided by their sizes. value: one element for each window; sizes: the pooled image's."""
    if divisor is not None:
        return value / float(divisor)
    window, stride, padding, _ = geometry
    counts = value.shape[2:]
    if (
        window is not None
        and include_pad
        and all((c - 1) * s + k <= n + 2 * p for c, s, k, n, p in zip(counts, stride, window, sizes, padding))
    ):
        return value / float(window[0] * window[1])
    per_axis = [
        _counts(
            sizes[a], counts[a], *((None,) * 3 if window is None else (window[a], stride[a], padding[a])), include_pad
        )
        for a in (0, 1)
    ]
    return value / (per_axis[0].reshape((counts[0], 1)) * per_axis[1]).cast(value.dtype)


def _average(input: ir.Node, shape, geometry, include_pad, divisor) -> ir.Node:
    """The means of windows; those of whole numbers are rounded towards zero."""
    x = ir.widened(input) if input.dtype.is_floating_point else input.cast(dtypes.float64)
    return _divided(_pool("sum", x, shape, geometry), x.shape[2:], geometry, include_pad, divisor).cast(input.dtype)


AVG_POOL = Op(
    "avg_pool2d",
    "input shape geometry include_pad divisor",
    lambda input, shape, geometry, include_pad, divisor: images(shape, input.dtype, input),
    _average,
    lambda g, meta, geometry, include_pad, divisor: apply(
        AVG_POOL_DX, (g,), (tuple(meta.shape), geometry, include_pad, divisor)
    ),
    summary="Mean of each window.",
)
AVG_POOL_DX = Op(
    "avg_pool2d_backward",
    "grad shape geometry include_pad divisor",
    lambda grad, shape, geometry, include_pad, divisor: images(shape, grad.dtype, grad),
    lambda grad, shape, geometry, include_pad, divisor: _mean_gradient(
        _divided(grad, shape[2:], geometry, include_pad, divisor), shape, geometry
    ),
    lambda g, meta, geometry, include_pad, divisor: apply(
        AVG_POOL, (g,), (tuple(meta.shape), geometry, include_pad, divisor)
    ),
    summary="Gradient of the mean of each window.",
)


# ------------------------------------------------------------------ the public functions
class _Images:
    """Brings an input of n spatial dimensions, with or without a batch, to (N, C, H, W) and results back."""

    def __init__(self, input: Tensor, n: int):
        self.n, self.batched = n, input.meta.ndim == n + 2
        x = input if self.batched else unsqueeze(input, 0)
        self.x = unsqueeze(x, 2) if n == 1 else x

    def shape(self, result) -> tuple[int, ...]:
        result = tuple(result) if self.batched else (1, *result)
        return (*result[:2], 1, result[2]) if self.n == 1 else result

    def parameter(self, values, neutral: int) -> tuple[int, ...]:
        return (neutral, *values) if self.n == 1 else tuple(values)

    def back(self, y: Tensor) -> Tensor:
        y = squeeze(y, 2) if self.n == 1 else y
        return y if self.batched else squeeze(y, 0)


# Layers ask for the same shapes at every step.
_max_pool_shape = functools.lru_cache(1 << 12)(window_shapes.max_pool_shape)


def _max_pool(name, n, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices):
    kernel, stride, padding, dilation = window_shapes.pool_parameters(name, kernel_size, stride, padding, dilation)
    indices = return_indices or (input._requires_grad and bool(MODE.enabled))
    shape = _max_pool_shape(name, input.meta.shape, kernel, stride, padding, dilation, ceil_mode, indices)
    images = _Images(input, n)
    p = images.parameter
    geometry = (p(kernel, 1), p(stride, 1), p(padding, 0), p(dilation, 1))
    return _max_results(images, images.shape(shape), geometry, return_indices)


def _max_results(images: _Images, shape, geometry, return_indices):
    values = images.back(apply(MAX_POOL, (images.x,), (shape, geometry)))
    if not return_indices:
        return values
    return values, images.back(apply(POOL_INDEX, (images.x.detach(),), (shape, geometry)))


def max_pool2d(
    input: Tensor,
    kernel_size: Dims,
    stride: Dims | None = None,
    padding: Dims = 0,
    dilation: Dims = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
):
    """Maximum of each window of images (N, C, H, W) or (C, H, W); with return_indices also its flat positions."""
    return _max_pool("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool1d(
    input: Tensor,
    kernel_size: Dims,
    stride: Dims | None = None,
    padding: Dims = 0,
    dilation: Dims = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
):
    """Maximum of each window of signals (N, C, L) or (C, L); with return_indices also its positions."""
    return _max_pool("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def _avg_pool(name, n, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override=None):
    kernel, stride, padding, _ = window_shapes.pool_parameters(name, kernel_size, stride, padding)
    shape = window_shapes.avg_pool_shape(name, input.meta.shape, kernel, stride, padding, ceil_mode)
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    images = _Images(input, n)
    p = images.parameter
    geometry = (p(kernel, 1), p(stride, 1), p(padding, 0), (1, 1))
    return images.back(
        apply(AVG_POOL, (images.x,), (images.shape(shape), geometry, bool(count_include_pad), divisor_override))
    )


def avg_pool2d(
    input: Tensor,
    kernel_size: Dims,
    stride: Dims | None = None,
    padding: Dims = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    out=None,
):
    """Mean of each window of images (N, C, H, W) or (C, H, W)."""
    mean = _avg_pool(
        "avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )
    return finish(mean, out, input, exact=EXACT)


def avg_pool1d(
    input: Tensor,
    kernel_size: Dims,
    stride: Dims | None = None,
    padding: Dims = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
):
    """Mean of each window of signals (N, C, L) or (C, L)."""
    return _avg_pool("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad)


def _adaptive(name, n, input, output_size):
    shape = window_shapes.adaptive_pool_shape(name, input.meta.shape, output_size)
    images = _Images(input, n)
    return images, images.shape(shape), _geometry(images.x.meta, images.shape(shape))


def _geometry(x: Meta, shape):
    """An adaptive pool whose output divides the input is an ordinary one."""
    if all(o and size % o == 0 for size, o in zip(x.shape[2:], shape[2:])):
        window = tuple(size // o for size, o in zip(x.shape[2:], shape[2:]))
        return (window, window, (0, 0), (1, 1))
    return ADAPTIVE


def repeat_pixels(input: Tensor, factors) -> Tensor:
    """Images (N, C, H, W) or signals (N, C, L), each element repeated so many times along each dimension.

    This is the gradient of the sums over windows of that size.
    """
    images = _Images(input, len(factors))
    window = images.parameter(factors, 1)
    shape = (*images.x.meta.shape[:2], *(size * f for size, f in zip(images.x.meta.shape[2:], window)))
    return images.back(apply(AVG_POOL_DX, (images.x,), (shape, (window, window, (0, 0), (1, 1)), True, 1)))


def adaptive_avg_pool2d(input: Tensor, output_size: OutputSize) -> Tensor:
    """Mean of windows chosen so that the result has the wanted height and width (None keeps a size)."""
    images, shape, geometry = _adaptive("adaptive_avg_pool2d", 2, input, output_size)
    return images.back(apply(AVG_POOL, (images.x,), (shape, geometry, True, None)))


def adaptive_avg_pool1d(input: Tensor, output_size: Dims) -> Tensor:
    """Mean of windows chosen so that the result has the wanted length."""
    images, shape, geometry = _adaptive("adaptive_avg_pool1d", 1, input, output_size)
    return images.back(apply(AVG_POOL, (images.x,), (shape, geometry, True, None)))


def adaptive_max_pool2d(input: Tensor, output_size: OutputSize, return_indices: bool = False):
    """Maximum of windows chosen so that the result has the wanted height and width."""
    return _max_results(*_adaptive("adaptive_max_pool2d", 2, input, output_size), return_indices)


def adaptive_max_pool1d(input: Tensor, output_size: Dims, return_indices: bool = False):
    """Maximum of windows chosen so that the result has the wanted length."""
    return _max_results(*_adaptive("adaptive_max_pool1d", 1, input, output_size), return_indices)
