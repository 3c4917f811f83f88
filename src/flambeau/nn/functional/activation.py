"""Activation functions: elementwise ones, and softmax along a dimension."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

from ... import Tensor, empty_like, where, zeros_like
from ...dtypes import bool_, float16, int64, uint8
from ...errors import TYPE_TITLES, no_kernel
from ...numeric_limits import check_range, limits
from ...ops import activations as ops
from ...ops.outputs import FOUND, TYPED
from ...ops.public import FUNCTIONS, finish
from ...ops.registry import Op, apply

_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def _elementwise(input: Tensor, inplace: bool, formula: Callable[[Any], Any]) -> Tensor:
    """formula(input), written back to the input if inplace; the copy keeps the values that the gradient asks for."""
    return input.copy_(formula(input.clone())) if inplace else formula(input)


def _activated(op: Op, input: Tensor, inplace: bool = False, *numbers: float) -> Tensor:
    """An op on floats and its numbers; NotImplementedError for other tensors."""
    if not input.dtype.is_inexact:
        raise no_kernel(f"{op.name}_cpu", input.meta.dtype)
    return _elementwise(input, inplace, lambda x: apply(op, (x,), (numbers,)))


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(0, x)."""
    return input.relu_() if inplace else input.relu()


def relu_(input: Tensor) -> Tensor:
    """In-place relu."""
    return input.relu_()


def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(-x))."""
    return input.sigmoid()


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent."""
    return input.tanh()


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """x * sigmoid(x)."""
    if input.dtype.is_complex and input.requires_grad:
        raise RuntimeError("silu does not support automatic differentiation for outputs with complex dtype.")
    return _activated(ops.SILU, input, inplace)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """x * tanh(softplus(x))."""
    return _activated(ops.MISH, input, inplace)


def softplus(input: Tensor, beta: float = 1, threshold: float = 20, *, out: Tensor | None = None) -> Tensor:
    """log(1 + exp(beta * x)) / beta, and x where beta * x > threshold."""
    result = _activated(ops.SOFTPLUS, input, False, float(beta), float(threshold))
    return result if out is None else finish(result, out, input, exact=FOUND)


def logsigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """log(sigmoid(x)), also where sigmoid(x) is too small for a number."""
    result = _activated(ops.LOG_SIGMOID, input)
    return result if out is None else finish(result, out, input, exact=TYPED)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where positive, else alpha * (exp(x) - 1)."""
    return _activated(ops.ELU, input, inplace, float(alpha), 1.0, 1.0)


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """In-place elu."""
    return elu(input, alpha, True)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """The self-normalising elu: alpha 1.6733, scaled by 1.0507."""
    return _activated(ops.ELU, input, inplace, _SELU_ALPHA * _SELU_SCALE, _SELU_SCALE, 1.0)


def selu_(input: Tensor) -> Tensor:
    """In-place selu."""
    return selu(input, True)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where positive, else alpha * (exp(x / alpha) - 1). Raises RuntimeError where alpha is 0."""
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return _activated(ops.ELU, input, inplace, float(alpha), 1.0, 1.0 / alpha)


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """In-place celu."""
    return celu(input, alpha, True)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x where positive, else negative_slope * x."""
    return _activated(ops.LEAKY_RELU, input, inplace, float(negative_slope))


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """In-place leaky_relu."""
    return leaky_relu(input, negative_slope, True)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """x where positive, else weight * x; one weight, or one for each channel (dimension 1)."""
    if weight.numel() != 1:
        _check_prelu(input, weight)
    if weight.dtype is not input.dtype:
        names = (TYPE_TITLES[x.meta.dtype.name] for x in (input, weight))
        raise RuntimeError("prelu: Type promoting not supported. Got {} and {}".format(*names))
    if weight.dim() > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.dim()}")
    if weight.numel() != 1 and input.dim() > 1:
        weight = weight.reshape(-1, *[1] * (input.dim() - 2))
    elif input.dim() == 0:
        weight = weight.reshape(())
    return where(input > 0, input, input * weight)


def _check_prelu(input: Tensor, weight: Tensor):
    if input.dim() == 0:
        raise RuntimeError("Not allow zero-dim input tensor.")
    channels = input.size(1) if input.dim() > 1 else 1
    if channels != weight.numel():
        raise RuntimeError(
            f"Mismatch of parameter numbers and input channel size. Found parameter numbers = {weight.numel()} and "
            f"channel size = {channels}."
        )


def rrelu(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False
) -> Tensor:
    """leaky_relu whose slope is random in [lower, upper] while training, else their mean."""
    return FUNCTIONS["rrelu_" if inplace else "rrelu"](input, lower, upper, training)


def rrelu_(input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False) -> Tensor:
    """In-place rrelu."""
    return rrelu(input, lower, upper, training, True)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """x where it is above the threshold, else the value."""
    return _elementwise(input, inplace, lambda x: where(x <= threshold, value, x))


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """In-place threshold."""
    return _elementwise(input, True, lambda x: where(x <= threshold, value, x))


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """x limited to [min_val, max_val]; at the limits the gradient is 0. Raises ValueError where min_val > max_val."""
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    if input.dtype is bool_:
        raise RuntimeError("Bool inputs not supported for hardtanh")
    kind = float if input.is_floating_point() else _whole
    ends = kind(min_val), kind(max_val)
    if input.dtype is uint8 and min(ends) < 0:
        raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")
    if input.dtype is float16:
        for end in ends:
            check_range(end, float16)
    return _elementwise(input, inplace, lambda x: apply(ops.HARDTANH, (x,), (ends,)))


def _whole(value: float) -> int:
    check_range(value, int64)
    return int(value)


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """In-place hardtanh."""
    return hardtanh(input, min_val, max_val, True)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """x limited to [0, 6]."""
    return hardtanh(input, 0.0, 6.0, inplace)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """relu6(x + 3) / 6."""
    return _activated(ops.HARDSIGMOID, input, inplace)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """x * relu6(x + 3) / 6."""
    return _activated(ops.HARDSWISH, input, inplace)


def hardshrink(input: Tensor, lambd: float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """x where |x| > lambd, else 0."""
    check_range(lambd, input.meta.dtype)
    return finish(where((input >= -lambd) & (input <= lambd), 0.0, input), out, input, exact=FOUND)


def softshrink(input: Tensor, lambd: float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """x moved towards 0 by lambd, and 0 where |x| <= lambd. Raises RuntimeError where lambd is negative."""
    kind = input.meta.dtype
    if not kind.is_inexact:
        raise no_kernel("softshrink_check", kind)
    limit = limits(kind)[1]
    if not 0 <= lambd <= limit:
        name = TYPE_TITLES[kind.name]
        raise RuntimeError(f"lambda must be in range [0, {limit:g}] for input dtype {name}, but found {lambd:g}")
    result = where(input > lambd, input - lambd, where(input < -lambd, input + lambd, input * 0))
    return finish(result, out, input, exact=FOUND)


def softsign(input: Tensor) -> Tensor:
    """x / (1 + |x|)."""
    return input / (input.abs() + 1)


def tanhshrink(input: Tensor) -> Tensor:
    """x - tanh(x)."""
    return input - input.tanh()


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """The first half along a dimension times the sigmoid of the second. Raises RuntimeError where the size is odd."""
    if input.dim() == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    if input.size(dim) % 2:
        raise RuntimeError(
            f"Halving dimension must be even, but dimension {dim % input.dim()} is size {input.size(dim)}"
        )
    if not input.dtype.is_inexact:
        raise no_kernel("glu_cpu", input.meta.dtype)
    half = input.size(dim) // 2
    return input.narrow(dim, 0, half) * input.narrow(dim, half, half).sigmoid()


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype=None) -> Tensor:
    """exp(x) divided by its sum along a dimension. dtype: the type to compute in."""
    dim = _implicit_dim("softmax", input, _stacklevel) if dim is None else dim
    return input.softmax(dim) if dtype is None else input.softmax(dim, dtype=dtype)


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype=None) -> Tensor:
    """softmax(-x)."""
    dim = _implicit_dim("softmin", input, _stacklevel) if dim is None else dim
    return (-input).softmax(dim) if dtype is None else (-input).softmax(dim, dtype=dtype)


def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype=None) -> Tensor:
    """log(softmax(x)), computed without the loss of accuracy."""
    dim = _implicit_dim("log_softmax", input, _stacklevel) if dim is None else dim
    return input.log_softmax(dim) if dtype is None else input.log_softmax(dim, dtype=dtype)


def _implicit_dim(name: str, input: Tensor, stacklevel: int) -> int:
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if input.dim() in (0, 1, 3) else 1


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """A sample from the Gumbel-softmax distribution. hard: one-hot, with the gradient of the soft sample."""
    if not math.isclose(eps, 1e-10):
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    gumbels = -empty_like(logits).exponential_().log()
    soft = ((logits + gumbels) / tau).softmax(dim)
    if not hard:
        return soft
    one_hot = zeros_like(logits).scatter_(dim, soft.argmax(dim, keepdim=True), 1.0)
    return one_hot - soft.detach() + soft
