"""torch.ops.quantized: linear layers with packed weights, on quantised tensors and on numbers.

In: a packed weight (out, in). Out: from quantised tensors (*, in) such tensors (*, out); from numbers numbers, either
on a grid that follows from all of them ("dynamic") or with a weight that is only kept in half precision ("fp16").
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import Tensor, float16, float32, no_grad, quint8
from ..devices import per_tensor_affine
from ..errors import TYPE_TITLES
from ..nn import functional as F
from ..ops.byte_products import dynamic_linear, linear_of_bytes
from .construct import quantize_per_tensor, quantize_per_tensor_dynamic
from .packed import CellParams, LinearPackedParams
from .tensor import Grid, QuantizedTensor, expected

__all__ = [
    "linear", "linear_dynamic", "linear_dynamic_fp16", "linear_prepack", "linear_prepack_fp16", "linear_relu",
    "linear_relu_dynamic", "linear_relu_dynamic_fp16", "linear_unpack", "linear_unpack_fp16",
    "make_quantized_cell_params_dynamic", "make_quantized_cell_params_fp16",
]  # fmt: skip


# ------------------------------------------------------------------ packing
def linear_prepack(W: Tensor, B: Tensor | None = None) -> LinearPackedParams:
    """A quantised weight (out, in) and a bias (out,), ready for products."""
    if W.dim() != 2:
        raise RuntimeError("The weight tensor for quantized::linear_prepack should be 2-dimensional.")
    return LinearPackedParams(W, B)


def linear_prepack_fp16(W: Tensor, B: Tensor | None = None) -> LinearPackedParams:
    """A weight (out, in) in half precision and a bias (out,); numbers beyond its range become the greatest."""
    return LinearPackedParams(W.detach().clamp(-65504, 65504).to(float16), B)


def linear_unpack(W_prepack: LinearPackedParams):
    """The weight and the bias."""
    return W_prepack.unpack()


linear_unpack_fp16 = linear_unpack


def make_quantized_cell_params_dynamic(
    w_ih, w_hh, bias_ih=None, bias_hh=None, reduce_range: bool = False
) -> CellParams:
    """The packed weights of a recurrent layer in one direction."""
    return CellParams(w_ih, w_hh)


def make_quantized_cell_params_fp16(w_ih, w_hh) -> CellParams:
    """The packed weights of a recurrent layer in one direction, in half precision."""
    return CellParams(w_ih, w_hh)


# ------------------------------------------------------------------ on quantised tensors
def _static(clipped: bool) -> Callable:
    @no_grad()
    def function(X, W_prepack: LinearPackedParams, Y_scale_i, Y_zero_point_i) -> QuantizedTensor:
        x = as_quantized(X, "linear")
        if x.dtype is not quint8:
            raise RuntimeError(f"Expected input data type QUInt8 but got {TYPE_TITLES[x.dtype.name]}")
        _check_sizes(x, W_prepack.weight.size(1))
        if W_prepack.parts is None:
            found = _with_other_zero_points(x, W_prepack)
            return quantize_per_tensor(found.relu() if clipped else found, Y_scale_i, Y_zero_point_i, quint8)
        grid = x.q_scale(), x.q_zero_point(), float(Y_scale_i)
        parts = W_prepack.for_grid(grid, lambda: W_prepack.parts_for(*grid))
        return on_grid(linear_of_bytes(x._held, parts, clipped, Y_zero_point_i), Y_scale_i, Y_zero_point_i)

    return function


def on_grid(bytes: Tensor, scale, zero_point) -> QuantizedTensor:
    """Bytes as the integers of a grid."""
    return QuantizedTensor.of(bytes, Grid(per_tensor_affine, float(scale), int(zero_point)), quint8)


def as_quantized(x: Tensor, op: str) -> Any:
    """A quantised tensor; NotImplementedError for others."""
    if not isinstance(x, QuantizedTensor):
        raise NotImplementedError(f"Could not run 'quantized::{op}' with arguments from the 'CPU' backend.")
    return x


def _with_other_zero_points(x: QuantizedTensor, packed: LinearPackedParams) -> Tensor:
    """The numbers of a product with a weight whose zero points are not 0."""
    return F.linear(x.dequantize(), packed.weight.dequantize(), packed.bias)


linear, linear_relu = _static(False), _static(True)


# ------------------------------------------------------------------ on numbers
def _dynamic(clipped: bool) -> Callable:
    @no_grad()
    def function(X: Tensor, W_prepack: LinearPackedParams, reduce_range: bool = False) -> Tensor:
        _check(X, W_prepack.weight.size(1))
        if W_prepack.parts is None:
            found = _with_other_zero_points(quantize_per_tensor_dynamic(X, quint8, reduce_range), W_prepack)
        else:
            found = dynamic_linear(X, *W_prepack.parts, W_prepack.bias, 127 if reduce_range else 255)
        return found.relu() if clipped else found

    return function


def _check(x: Tensor, features: int) -> None:
    if x.dtype is not float32:
        raise RuntimeError(f"expected scalar type Float but found {TYPE_TITLES[x.dtype.name]}")
    _check_sizes(x, features)


def _check_sizes(x: Tensor, features: int) -> None:
    if x.dim() < 2:
        raise RuntimeError("The dimension of input tensor should be larger than or equal to 2")
    if x.size(-1) != features:
        raise RuntimeError(f"The number of rows in the packB should be equal to K: {x.size(-1)}")


def _half(clipped: bool) -> Callable:
    def function(X: Tensor, W_prepack: LinearPackedParams) -> Tensor:
        if X.dim() < 2:
            raise RuntimeError(expected("input.dim() >= 2"))
        found = F.linear(X, W_prepack.weight.float(), W_prepack.bias)
        return found.relu() if clipped else found

    return function


linear_dynamic, linear_relu_dynamic = _dynamic(False), _dynamic(True)
linear_dynamic_fp16, linear_relu_dynamic_fp16 = _half(False), _half(True)


def multiplier(packed: LinearPackedParams) -> Callable[[Tensor], Tensor]:
    """What multiplies float32 x (*, k) with a weight as that wants it: on a grid of half the bytes, or in half
    precision; sizes and types are not checked."""
    if packed.is_half:
        weight = packed.weight.float()
        return lambda x: F.linear(x, weight, packed.bias)
    if packed.parts is None:
        return lambda x: linear_dynamic(x, packed, True)
    parts = *packed.parts, packed.bias
    return lambda x: dynamic_linear(x, *parts)


def linear_of_numbers(packed: LinearPackedParams, x: Tensor) -> Tensor:
    """x @ weight.T + bias, as the weight wants it."""
    return linear_dynamic_fp16(x, packed) if packed.is_half else linear_dynamic(x, packed, True)
