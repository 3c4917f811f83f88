"""torch.ops.quantized: operators on quantised tensors whose results have a grid of their own.

In: quantised tensors, the settings of the operation, and the scale and zero point of the result, which has the type of
the first argument. Out: a quantised tensor. Names, order of arguments and errors are PyTorch's.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from .. import Tensor
from .. import matmul as _matmul
from ..nn import functional as F
from .construct import quantize_per_tensor
from .convolution import *  # noqa: F403
from .embedding import *  # noqa: F403
from .linear import *  # noqa: F403
from .linear import as_quantized
from .linear import linear_of_numbers as linear_of_numbers
from .parameters import BOUNDS
from .tensor import Grid, QuantizedTensor, per_tensor_affine

cat_dense: Callable = importlib.import_module(__package__.rpartition(".")[0]).cat


def _numbers(x, op: str = "aten::qscheme") -> Tensor:
    if not isinstance(x, QuantizedTensor):
        raise NotImplementedError(f"Could not run '{op}' with arguments from the 'CPU' backend.")
    return x.dequantize()


# ------------------------------------------------------------------ arithmetic
def _binary(title: str, compute: Callable, with_number: Callable, clipped: bool) -> Callable:
    """An operation of two quantised tensors, or of one and a number."""

    def function(qa, qb, scale=None, zero_point=None) -> QuantizedTensor:
        if not isinstance(qb, Tensor) or (scale is None and qb.dim() == 0):
            return with_number(qa, qb)
        a, b = _numbers(qa), _numbers(qb)
        if qa.dtype is not qb.dtype:
            raise RuntimeError(f"{title} operands should have same data type.")
        found = compute(a, b)
        return quantize_per_tensor(found.relu() if clipped else found, scale, zero_point, qa.dtype)

    return function


def _with_number(compute: Callable, clipped: bool) -> Callable:
    def function(qa, b) -> QuantizedTensor:
        found = compute(qa, float(b))
        return found.relu() if clipped else found

    return function


def _plus_number(x: QuantizedTensor, number: float) -> QuantizedTensor:
    """x + number: the same integers about another zero point, as long as that is one of them."""
    low, high = BOUNDS[x.dtype.name]
    scale, zero_point = x.q_scale(), x.q_zero_point()
    wanted = zero_point - round(number / scale)
    if low <= wanted <= high:
        return QuantizedTensor.of(x._held.clone(), Grid(per_tensor_affine, scale, wanted), x.dtype)
    reach = high - wanted if wanted < low else wanted - low
    wider, place = reach / (high - low) * scale, low if wanted < low else high
    return quantize_per_tensor((x._held.float() - wanted) * scale, wider, place, x.dtype)


def _times_number(x: QuantizedTensor, number: float) -> QuantizedTensor:
    """x * number: the same integers, in reverse for a negative number, on another scale."""
    low, high = BOUNDS[x.dtype.name]
    if number == 0:
        return QuantizedTensor.of(x._held * 0, Grid(per_tensor_affine, 1.0, 0), x.dtype)
    held, zero_point = x._held.clone(), x.q_zero_point()
    if number < 0:
        held, zero_point = (high + low - x._held.int()).to(held.dtype), high + low - zero_point
    return QuantizedTensor.of(held, Grid(per_tensor_affine, abs(number) * x.q_scale(), zero_point), x.dtype)


add_scalar, add_scalar_relu = _with_number(_plus_number, False), _with_number(_plus_number, True)
mul_scalar, mul_scalar_relu = _with_number(_times_number, False), _with_number(_times_number, True)
add = _binary("Add", Tensor.__add__, add_scalar, False)
add_relu = _binary("Add", Tensor.__add__, add_scalar_relu, True)
mul = _binary("Mul", Tensor.__mul__, mul_scalar, False)
mul_relu = _binary("Mul", Tensor.__mul__, mul_scalar_relu, True)


def matmul(qa, qb, output_scale, output_zero_point) -> QuantizedTensor:
    """The product of two quantised matrices, or batches of them."""
    if qa.dtype is not qb.dtype:
        raise RuntimeError("MatMul operands should have same data type.")
    steps = _matmul(qa.steps(), qb.steps()) * (qa.q_scale() * qb.q_scale())
    return quantize_per_tensor(steps, output_scale, output_zero_point, qa.dtype)


def cat(qx, dim: int, scale=None, zero_point=None) -> QuantizedTensor:
    """Tensors one after the other; without a scale, on the grid of the first."""
    numbers = cat_dense([_numbers(x) for x in qx], dim)
    first = qx[0]
    scale = first.q_scale() if scale is None else scale
    return quantize_per_tensor(numbers, scale, first.q_zero_point() if zero_point is None else zero_point, first.dtype)


def cat_relu(qx, dim: int, scale=None, zero_point=None) -> QuantizedTensor:
    """`cat` of what is above 0."""
    return cat([x.relu() for x in qx], dim, scale, zero_point)


# ------------------------------------------------------------------ element by element
def relu6(qx, inplace: bool = False) -> Tensor:
    """min(max(x, 0), 6)."""
    as_quantized(qx, "relu6")
    return F.relu6(qx, inplace)


def clamp(qx, min=None, max=None) -> Tensor:
    """x between two numbers."""
    return qx.clamp(min, max)


def threshold(qx, threshold, value) -> Tensor:
    """x where it is above a number, otherwise another."""
    return F.threshold(qx, threshold, value)


def dropout(self, p: float = 0.5, training: bool = False, inplace: bool = False) -> QuantizedTensor:
    """x: nothing is dropped from integers."""
    return self


def hardswish(input, output_scale, output_zero_point) -> QuantizedTensor:
    """x * relu6(x + 3) / 6."""
    return quantize_per_tensor(
        F.hardswish(_numbers(input, "quantized::hardswish")), output_scale, output_zero_point, input.dtype
    )


def elu(self, output_scale, output_zero_point, alpha=1, scale=1, input_scale=1) -> QuantizedTensor:
    """scale * (x above 0, otherwise alpha * (exp(input_scale * x) - 1))."""
    x = _numbers(self)
    found = x.clamp(min=0) + alpha * (x.clamp(max=0) * input_scale).expm1()
    return quantize_per_tensor(found * scale, output_scale, output_zero_point, self.dtype)


def celu(self, output_scale, output_zero_point, alpha=1) -> QuantizedTensor:
    """x above 0, otherwise alpha * (exp(x / alpha) - 1)."""
    return elu(self, output_scale, output_zero_point, alpha, 1.0, 1.0 / alpha)


def leaky_relu(qx, negative_slope, inplace: bool, output_scale, output_zero_point) -> QuantizedTensor:
    """x above 0, otherwise x * negative_slope."""
    return quantize_per_tensor(
        F.leaky_relu(_numbers(qx, "quantized::leaky_relu"), negative_slope), output_scale, output_zero_point, qx.dtype
    )


def prelu(qx, weight, output_scale, output_zero_point) -> QuantizedTensor:
    """x above 0, otherwise x times the weight of its channel."""
    found = F.prelu(_numbers(qx, "quantized::prelu"), weight.dequantize())
    return quantize_per_tensor(found, output_scale, output_zero_point, qx.dtype)


def sigmoid(qx, output_scale, output_zero_point) -> QuantizedTensor:
    """1 / (1 + exp(-x))."""
    return quantize_per_tensor(_numbers(qx, "quantized::sigmoid").sigmoid(), output_scale, output_zero_point, qx.dtype)


def softmax(qx, dim: int, output_scale, output_zero_point) -> QuantizedTensor:
    """exp(x), as a part of the sum along a dimension."""
    return quantize_per_tensor(
        _numbers(qx, "quantized::softmax").softmax(dim), output_scale, output_zero_point, qx.dtype
    )


def max_pool1d(qx, kernel_size, stride, padding, dilation, ceil_mode: bool) -> Tensor:
    """The greatest element of each window."""
    return F.max_pool1d(qx, kernel_size, stride or None, padding, dilation, ceil_mode)


def max_pool2d(qx, kernel_size, stride, padding, dilation, ceil_mode: bool) -> Tensor:
    """The greatest element of each window."""
    return F.max_pool2d(qx, kernel_size, stride or None, padding, dilation, ceil_mode)


# ------------------------------------------------------------------ normalisation
def layer_norm(input, normalized_shape, weight, bias, eps, output_scale, output_zero_point) -> QuantizedTensor:
    """F.layer_norm."""
    found = F.layer_norm(_numbers(input, "quantized::layer_norm"), normalized_shape, weight, bias, eps)
    return quantize_per_tensor(found, output_scale, output_zero_point, input.dtype)


def group_norm(input, num_groups, weight, bias, eps, output_scale, output_zero_point) -> QuantizedTensor:
    """F.group_norm."""
    found = F.group_norm(_numbers(input, "quantized::group_norm"), num_groups, weight, bias, eps)
    return quantize_per_tensor(found, output_scale, output_zero_point, input.dtype)


def instance_norm(input, weight, bias, eps, output_scale, output_zero_point) -> QuantizedTensor:
    """F.instance_norm: a group for each channel."""
    _numbers(input, "quantized::instance_norm")
    return group_norm(input, input.size(1), weight, bias, eps, output_scale, output_zero_point)


def _batch_norm(dims: int | None, clipped: bool) -> Callable:
    name = f"batch_norm{'' if dims is None else f'{dims - 2}d'}{'_relu' if clipped else ''}"

    def function(qx, weight, bias, mean, var, eps, output_scale, output_zero_point) -> QuantizedTensor:
        numbers = _numbers(qx, f"quantized::{name}")
        if dims is not None and qx.dim() not in (dims, dims if dims > 3 else 2):
            raise RuntimeError(f"Expecting the input tensor of rank {dims}.")
        found = F.batch_norm(numbers, mean, var, weight, bias, False, 0.0, eps)
        return quantize_per_tensor(found.relu() if clipped else found, output_scale, output_zero_point, qx.dtype)

    return function


batch_norm, batch_norm_relu = _batch_norm(None, False), _batch_norm(None, True)
batch_norm1d, batch_norm1d_relu = _batch_norm(3, False), _batch_norm(3, True)
batch_norm2d, batch_norm2d_relu = _batch_norm(4, False), _batch_norm(4, True)
batch_norm3d, batch_norm3d_relu = _batch_norm(5, False), _batch_norm(5, True)


def __getattr__(name: str) -> Any:
    raise AttributeError(f"'_OpNamespace' 'quantized' object has no attribute '{name}'")
