"""torch.ops.quantized: convolutions with packed weights, of one to three dimensions, and transposed ones.

In: a quantised image (N, C, *size), a packed weight of int8, and the grid of the result. Out: a quantised image, with
channels last. Convolutions of one or two dimensions multiply bytes; in others the integers are multiplied as floats,
which hold sums of a thousand products exactly.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from .. import Tensor, channels_last, float32, int32, no_grad, quint8, tensor
from ..nn import functional as F
from ..ops.byte_products import QUAD, convolution_of_bytes, dynamic_convolution
from .construct import quantize_per_tensor, quantize_per_tensor_dynamic
from .linear import as_quantized, on_grid
from .packed import Packed
from .tensor import QuantizedTensor


class ConvPackedParams(Packed):
    """A weight of int8 with a bias, and the settings of a convolution."""

    def __init__(self, weight: QuantizedTensor, bias: Tensor | None, settings: dict, transposed: bool):
        self.weight, self.bias, self.settings, self.transposed = weight, bias, settings, transposed

    def unpack(self):
        """The weight and the bias."""
        return self.weight, self.bias

    def _state(self):
        return self.weight, self.bias, self.settings, self.transposed

    def _restore(self, state) -> None:
        self.weight, self.bias, self.settings, self.transposed = state

    @functools.cached_property
    def parts(self) -> tuple[Tensor, Tensor, Tensor] | None:
        """The integers of a weight for images (with channels last, as many as quads have where there are no groups),
        their sums for each output and the scales; None for other weights, and where zero points are not 0."""
        if self.transposed or self.weight.dim() > 4 or not self.weight.is_symmetric():
            return None
        held = self.weight._held if self.weight.dim() == 4 else self.weight._held.unsqueeze(2)
        if self.settings["groups"] == 1:
            held = F.pad(held, (0, 0, 0, 0, 0, -held.size(1) % QUAD))
        scale, _ = self.weight._grid.along(1)
        return held.contiguous(memory_format=channels_last), held.sum((1, 2, 3)).to(int32), scale.reshape(-1)

    @functools.cached_property
    def geometry(self) -> tuple:
        """The settings for images."""
        pairs = [(blank, *self.settings[name])[-2:] for name, blank in (("stride", 1), ("padding", 0), ("dilation", 1))]
        return self.weight.size(1), *pairs, self.settings["groups"]

    def parts_for(self, scale: float, zero_point: int, new_scale: float, new_zero_point: int) -> tuple:
        """The integers, and what makes places on a new grid of sums of products where images have such a grid."""
        assert self.parts is not None
        held, sums, scales = self.parts
        inverse, place = tensor([new_scale], dtype=float32).reciprocal(), tensor([new_zero_point], dtype=float32)
        return held, sums * -zero_point, scales * scale, self.bias, inverse, place

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
        x = as_quantized(qx, name)
        if packed_weight.parts is None:
            found = packed_weight.numbers(x, multiply)
            return quantize_per_tensor(found.relu() if clipped else found, output_scale, output_zero_point, qx.dtype)
        if x.dtype is not quint8:
            raise RuntimeError(f"quantized::{name} (ONEDNN): data type of input should be QUint8.")
        grid = x.q_scale(), x.q_zero_point(), float(output_scale), int(output_zero_point)
        parts = packed_weight.for_grid(grid, lambda: packed_weight.parts_for(*grid))
        found = _as_images(
            x._held, lambda held: convolution_of_bytes(held, grid[1], parts, packed_weight.geometry, clipped)
        )
        return on_grid(found, *grid[2:])

    return function


def _dynamic(name: str) -> Callable:
    multiply = getattr(F, name)

    @no_grad()
    def function(qx: Tensor, packed_weight: ConvPackedParams, reduce_range: bool = False) -> Tensor:
        if packed_weight.parts is None:
            return packed_weight.numbers(quantize_per_tensor_dynamic(qx, quint8, reduce_range), multiply)
        parts, greatest = (*packed_weight.parts, packed_weight.bias), 127 if reduce_range else 255
        return _as_images(qx, lambda x: dynamic_convolution(x, parts, packed_weight.geometry, greatest))

    return function


def _as_images(x: Tensor, convolved: Callable) -> Tensor:
    """What becomes of images, or of rows (N, C, L) that are images of one line."""
    return convolved(x.unsqueeze(2)).squeeze(2) if x.dim() == 3 else convolved(x)


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
