"""Batch and layer normalisation: statistics and scaling as one op, gradients in differentiable ops."""

from __future__ import annotations

import functools
import math

from .. import errors, ir
from ..dtypes import float32
from ..meta import contiguous, images
from ..tensor import Tensor
from .copies import laid_out_like
from .inplace import write
from .registry import Op, apply, refuse_gradient

LARGE = 2048  # elements of a channel that are worth one reading less
SHARE = 32  # what part of the images the first mean is taken over


def in_single(normalize):
    """Lets a normalisation take halves, with parameters of halves or of float32: it is computed in float32."""

    @functools.wraps(normalize)
    def wrapper(input: Tensor, *args, **kwargs):
        kind = input.meta.dtype
        if kind.itemsize != 2:
            return normalize(input, *args, **kwargs)
        args = [_single(a) for a in (input, *args)]
        return normalize(*args, **{name: _single(a) for name, a in kwargs.items()}).to(kind)

    return wrapper


def _single(a):
    """An operand in float32; what is no half stays itself, so that running statistics are written."""
    return a.to(float32) if isinstance(a, Tensor) and a.meta.dtype.itemsize == 2 else a


def _channel(x, ndim: int):
    """A vector over the channels, shaped to broadcast over (N, C, ...). For nodes and tensors alike."""
    return x.reshape((1, x.shape[0], *[1] * (ndim - 2)))


def _axes(ndim: int) -> tuple[int, ...]:
    return (0, *range(2, ndim))


def _check_types(kernel: str, input, *parameters):
    """Raises for whole numbers, and parameters of another type than the input's."""
    if not input.dtype.is_floating_point:
        raise errors.no_kernel(kernel, input.dtype)
    if any(p is not None and p.dtype is not input.dtype for p in parameters):
        title = errors.TYPE_TITLES[input.dtype.name]
        raise RuntimeError(f"mixed dtype (CPU): expect parameter to have scalar type of {title}")


def _batch_infer(input, weight, bias, eps):
    c = contiguous((input.shape[1],), input.dtype)
    return images(input.shape, input.dtype, input), c, c, c


def _statistics(input):
    """Mean and variance of each channel.

    Of much data both are sums over one reading, of differences to the mean of the first images. That mean is no farther
    from the true one than the square root of SHARE standard deviations (a part's mean never is), so that what cancels
    in the variance costs it a few bits at most.
    """
    axes, n = _axes(len(input.shape)), float(input.size // max(input.shape[1], 1))
    if n <= LARGE:
        mean = ir.reduce("sum", input, axes) / n
        centred = input - mean
        return mean, ir.reduce("sum", centred * centred, axes) / n
    some = (-(-input.shape[0] // SHARE), *input.shape[1:])
    part = ir.view(input, some, ir.contiguous_strides(input.shape))
    pilot = ir.reduce("sum", part, axes) / float(part.size // input.shape[1])
    centred = input - pilot
    shift = ir.reduce("sum", centred, axes) / n
    var = ir.reduce("sum", centred * centred, axes) / n - shift * shift
    return pilot + shift, ir.map_("maximum", var, 0.0)


def _batch_lower(input, weight, bias, eps):
    ndim = len(input.shape)
    mean, var = _statistics(input)
    rstd = ir.map_("div", ir.const(1.0, input.dtype), (var + eps).sqrt())
    y = (input - mean) * rstd
    y = y if weight is None else y * _channel(weight, ndim)
    y = y if bias is None else y + _channel(bias, ndim)
    return y, *(v.reshape((input.shape[1],)) for v in (mean, rstd, var))


def _batch_input_grad(g0, g1, g2, input, weight, y1, y2):
    ndim, n = input.ndim, input.numel() // max(input.shape[1], 1)
    mean, rstd = _channel(y1, ndim), _channel(y2, ndim)
    normal = (input - mean) * rstd
    axes = _axes(ndim)
    # The same sums are the gradients of bias and weight.
    centred = g0 - g0.sum(axes, True) / n - normal * ((g0 * normal).sum(axes, True) / n)
    grad = centred * (rstd if weight is None else rstd * _channel(weight, ndim))
    if g1 is not None:
        grad = grad + _channel(g1, ndim) / n
    if g2 is not None:
        grad = grad - _channel(g2, ndim) * (rstd * rstd) * normal / n
    return grad


# y, and the mean, 1 / standard deviation and variance of each channel.
BATCH_NORM = Op(
    "native_batch_norm",
    "input weight bias eps",
    _batch_infer,
    _batch_lower,
    (
        _batch_input_grad,
        lambda g0, input, y1, y2: (g0 * ((input - _channel(y1, input.ndim)) * _channel(y2, input.ndim))).sum(
            _axes(input.ndim)
        ),
        lambda g0: g0.sum(_axes(g0.ndim)),
    ),
    summary="Batch normalisation with the batch's own statistics.",
)
_RUNNING_MEAN = Op(
    "running_mean",
    "running mean momentum",
    lambda running, mean, momentum: running,
    lambda running, mean, momentum: mean * momentum.cast(mean.dtype) + running * (1.0 - momentum).cast(mean.dtype),
    summary="Exponential average of means.",
)


_RUNNING_VAR = Op(
    "running_var",
    "running var momentum count",
    lambda running, var, momentum, count: running,
    lambda running, var, momentum, count: (
        # Running statistics use the unbiased variance.
        (var * (count / max(count - 1.0, 1.0))) * momentum.cast(var.dtype) + running * (1.0 - momentum).cast(var.dtype)
    ),
    summary="Exponential average of unbiased variances.",
)


def batch_norm(
    input: Tensor,
    running_mean=None,
    running_var=None,
    weight=None,
    bias=None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(var + eps) * weight + bias over all but the channel dimension.

    training: the batch's own statistics are used, and the running ones moved towards them by `momentum`.
    """
    parameters = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    _check_batch(input, {name: v for name, v in parameters.items() if v is not None})
    if not training:
        for name in ("running_mean", "running_var"):
            if parameters[name] is None:
                raise RuntimeError(f"{name} must be defined in evaluation mode")
    refuse_gradient("native_batch_norm", running_mean=running_mean, running_var=running_var)
    return _batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


@in_single
def _batch_norm(input: Tensor, running_mean, running_var, weight, bias, training, momentum, eps):
    if input.meta.numel == 0:
        scaled = input.clone() if weight is None else input * weight.narrow(0, 0, 1).sum()
        return scaled if bias is None else scaled + bias.narrow(0, 0, 1).sum()
    if not training:
        return _with_running(input, running_mean, running_var, weight, bias, eps)
    y, mean, _, var = apply(BATCH_NORM, (input, weight, bias), (eps,))
    if running_mean is not None:
        write(_RUNNING_MEAN, running_mean, (running_mean, mean.detach(), float(momentum)))
    if running_var is not None:
        count = input.meta.numel / max(input.meta.shape[1], 1)
        write(_RUNNING_VAR, running_var, (running_var, var.detach(), float(momentum)), (count,))
    return y


def _with_running(input, mean, var, weight, bias, eps):
    ndim = input.meta.ndim
    scale = (var + eps).rsqrt()
    scale = scale if weight is None else scale * weight
    shift = -mean * scale
    shift = shift if bias is None else shift + bias
    return laid_out_like(input * _channel(scale, ndim) + _channel(shift, ndim), input)


def _check_batch(input: Tensor, parameters: dict[str, Tensor]):
    """Raises for whole numbers, for parameters of different types (halves may have float32), or of other sizes."""
    kind, kinds = input.meta.dtype, {v.meta.dtype for v in parameters.values()}
    if not kind.is_floating_point:
        raise errors.no_kernel("batch_norm", kind)
    if kinds and kinds != {kind} and not (kind.itemsize == 2 and kinds == {float32}):
        shared = kind is not float32 and float32 in kinds
        what = "all inputs must share same datatype." if shared else "expect parameter to have scalar type of Float"
        raise RuntimeError(f"mixed dtype (CPU): {what}")
    if not input.meta.numel:
        return
    channels = input.meta.shape[1]
    for name, v in parameters.items():
        if v.meta.numel != channels:
            raise RuntimeError(f"{name} should contain {channels} elements not {v.meta.numel}")


# ------------------------------------------------------------------ layer normalisation
def _layer_infer(input, weight, bias, size, eps):
    size = tuple(size)
    if not size:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
            f"normalized_shape = {list(size)}"
        )
    if tuple(input.shape[input.ndim - len(size) :]) != size or input.ndim < len(size):
        raise RuntimeError(
            f"Given normalized_shape={list(size)}, expected input with shape [*{''.join(f', {s}' for s in size)}], "
            f"but got input of size{list(input.shape)}"
        )
    for name, v in (("weight", weight), ("bias", bias)):
        if v is not None and tuple(v.shape) != size:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape {list(v.shape)} "
                f"and normalized_shape = {list(size)}"
            )
    _check_types("LayerNormKernelImpl", input, weight, bias)
    rows = contiguous((*input.shape[: input.ndim - len(size)], *[1] * len(size)), input.dtype)
    return contiguous(input.shape, input.dtype), rows, rows


def _layer_lower(input, weight, bias, size, eps):
    axes = range(len(input.shape) - len(size), len(input.shape))
    n = math.prod(size)
    mean = ir.reduce("sum", input, axes) / float(n)
    centred = input - mean
    rstd = ir.map_(
        "div", ir.const(1.0, input.dtype), (ir.reduce("sum", centred * centred, axes) / float(n) + eps).sqrt()
    )
    y = centred * rstd
    y = y if weight is None else y * weight
    return y if bias is None else y + bias, mean, rstd


def _layer_input_grad(g0, g1, g2, input, weight, y1, y2, size):
    n, dims = math.prod(size), tuple(range(input.ndim - len(size), input.ndim))
    normal = (input - y1) * y2
    g = g0 if weight is None else g0 * weight
    grad = (g - g.sum(dims, True) / n - normal * ((g * normal).sum(dims, True) / n)) * y2
    if g1 is not None:
        grad = grad + g1 / n
    if g2 is not None:
        grad = grad - g2 * (y2 * y2) * normal / n
    return grad


LAYER_NORM = Op(
    "native_layer_norm",
    "input weight bias size eps",
    _layer_infer,
    _layer_lower,
    (_layer_input_grad, lambda g0, input, y1, y2: g0 * ((input - y1) * y2), lambda g0: g0),
    summary="Normalisation over the last dimensions.",
)


@in_single
def layer_norm(
    input: Tensor, normalized_shape, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """(x - mean) / sqrt(var + eps) * weight + bias over the last dimensions."""
    return apply(LAYER_NORM, (input, weight, bias), (tuple(normalized_shape), eps))[0]


# ------------------------------------------------------------------ group normalisation
def _grouped(x, groups: int):
    """(N, C, *) as (N, groups, channels of a group, pixels). For nodes and tensors alike."""
    batch, channels, *sizes = x.shape
    return x.reshape((batch, groups, channels // groups, math.prod(sizes)))


def _per_channel(v, groups: int):
    return v.reshape((1, groups, v.shape[0] // groups, 1))


def _group_infer(input, weight, bias, groups, eps):
    _check_types("GroupNormKernelImpl", input, weight, bias)
    rows = contiguous((input.shape[0], groups, 1, 1), input.dtype)
    return contiguous(input.shape, input.dtype), rows, rows


def _group_lower(input, weight, bias, groups, eps):
    x = _grouped(input, groups)
    rows = x.reshape((*x.shape[:2], x.shape[2] * x.shape[3]))
    _, mean, rstd = _layer_lower(rows, None, None, rows.shape[2:], eps)
    mean, rstd = (v.reshape((*x.shape[:2], 1, 1)) for v in (mean, rstd))
    y = (x - mean) * rstd
    y = y if weight is None else y * _per_channel(weight, groups)
    y = y if bias is None else y + _per_channel(bias, groups)
    return y.reshape(input.shape), mean, rstd


def _group_input_grad(g0, g1, g2, input, weight, y1, y2, groups):
    x, g = _grouped(input, groups), _grouped(g0, groups)
    n, scale = x.shape[2] * x.shape[3], 1.0 if weight is None else _per_channel(weight, groups)
    normal = (x - y1) * y2
    # Sums over the pixels first: the gradients of weight and bias need them as well.
    mean = (g.sum(3, True) * scale).sum(2, True) / n
    slope = ((g * normal).sum(3, True) * scale).sum(2, True) / n
    grad = (g * scale - mean - normal * slope) * y2
    if g1 is not None:
        grad = grad + g1 / n
    if g2 is not None:
        grad = grad - g2 * (y2 * y2) * normal / n
    return grad.reshape(input.shape)


def _group_weight_grad(g0, input, y1, y2, groups):
    x, g = _grouped(input, groups), _grouped(g0, groups)
    return (g * ((x - y1) * y2)).sum(3, True).sum(0).reshape(input.shape[1])


GROUP_NORM = Op(
    "native_group_norm",
    "input weight bias groups eps",
    _group_infer,
    _group_lower,
    (_group_input_grad, _group_weight_grad, lambda g0, groups: _grouped(g0, groups).sum(3, True).sum(0).reshape(-1)),
    summary="Normalisation over the channels of each group.",
)


@in_single
def group_norm(input: Tensor, groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5):
    """(x - mean) / sqrt(var + eps) of each group of channels of (N, C, *), times weight plus bias of each channel."""
    return apply(GROUP_NORM, (input, weight, bias), (groups, eps))[0]
