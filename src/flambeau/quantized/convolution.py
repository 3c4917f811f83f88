"""torch.ops.quantized: convolutions with packed weights, of one to three dimensions, and transposed ones.

In: a quantised image (N, C, *size), a packed weight of int8, and the grid of the result. Out: a quantised image. The
integers are multiplied as floats, which hold sums of a thousand products exactly.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from .. import Tensor, no_grad, quint8
from ..nn import functional as F
from .construct import quantize_per_tensor, quantize_per_tensor_dynamic
from .linear import as_quantized
from .packed import Packed
from .tensor import QuantizedTensor


class ConvPackedParams(Packed):
    """A weight of int8 with a bias, and the settings of a convolution."""

    def __init__(self, weight: Tensor, bias: Tensor | None, settings: dict, transposed: bool):
        self.weight, self.bias, self.settings, self.transposed = weight, bias, settings, transposed

    def unpack(self):
        """The weight and the bias."""
        return self.weight, self.bias

    def _state(self):
        return self.weight, self.bias, self.settings, self.transposed

    def _restore(self, state) -> None:
        self.weight, self.bias, self.settings, self.transposed = state

    @functools.cached_property
    def steps(self) -> Tensor:
        """The integers of the weight as floats."""
        return self.weight.steps()

    def numbers(self, x: QuantizedTensor, multiply: Callable) -> Tensor:
        """The numbers of the convolution of an image."""
        found = multiply(x.steps(), self.steps, **self.settings)
        scales, _ = self.weight._grid.along(self.weight.dim())
        along = (-1,) + (1,) * (self.weight.dim() - 2)  # channels stand before pixels
        found = found * (x.q_scale() * scales.reshape(along))
        return found if self.bias is None else found + self.bias.reshape(along)


class Conv2dPackedParams(ConvPackedParams):
    """That of one or two dimensions."""

    qualified = "__torch__.torch.classes.quantized.Conv2dPackedParamsBase"


class Conv3dPackedParams(ConvPackedParams):
    """That of three dimensions."""

    qualified = "__torch__.torch.classes.quantized.Conv3dPackedParamsBase"


def _packing(dims: int, transposed: bool) -> Callable:
    kind = Conv3dPackedParams if dims == 3 else Conv2dPackedParams

    def prepack(weight, bias, stride, padding, dilation, groups) -> ConvPackedParams:
        """A weight (out, in / groups, *kernel) and a bias (out,), ready for convolutions."""
        settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        return kind(weight, bias, settings, False)

    def prepack_transposed(weight, bias, stride, padding, output_padding, dilation, groups) -> ConvPackedParams:
        """A weight (in, out / groups, *kernel) and a bias (out,), ready for transposed convolutions.

        Raises RuntimeError for a weight with a scale for each channel.
        """
        if weight._grid.axis is not None:
            raise RuntimeError("Per Channel Quantization is currently disabled for transposed conv")
        settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        return kind(weight, bias, settings | {"output_padding": output_padding}, True)

    return prepack_transposed if transposed else prepack


def _static(name: str, clipped: bool) -> Callable:
    multiply = getattr(F, name)

    @no_grad()
    def function(qx, packed_weight: ConvPackedParams, output_scale, output_zero_point) -> QuantizedTensor:
        found = packed_weight.numbers(as_quantized(qx, name), multiply)
        return quantize_per_tensor(found.relu() if clipped else found, output_scale, output_zero_point, qx.dtype)

    return function


def _dynamic(name: str) -> Callable:
    multiply = getattr(F, name)

    @no_grad()
    def function(qx: Tensor, packed_weight: ConvPackedParams, reduce_range: bool = False) -> Tensor:
        return packed_weight.numbers(quantize_per_tensor_dynamic(qx, quint8, reduce_range), multiply)

    return function


def _unpack(packed_weights: ConvPackedParams):
    return packed_weights.unpack()


__all__: list[str] = []
for _dims in (1, 2, 3):
    for _name in (f"conv{_dims}d", f"conv_transpose{_dims}d"):
        _made = {
            _name: _static(_name, False), f"{_name}_dynamic": _dynamic(_name), f"{_name}_unpack": _unpack,
            f"{_name}_prepack": _packing(_dims, "transpose" in _name),
        }  # fmt: skip
        if "transpose" not in _name:
            _made[f"{_name}_relu"] = _static(_name, True)
        globals().update(_made)
        __all__ += list(_made)
