"""Activation functions of quantised tensors, and dropout, which does nothing there."""

from __future__ import annotations

import warnings

import flambeau as torch
from flambeau import nn
from flambeau.ao.nn.quantized import functional as F
from flambeau.ops import quantized as operators

from .linear import parameters_of_results


def keep_grid(mod: nn.Module, scale, zero_point) -> None:
    """Makes the scale and the zero point of a module's results buffers of it."""
    mod.register_buffer("scale", torch.tensor(scale))
    mod.register_buffer("zero_point", torch.tensor(zero_point))


class ReLU6(nn.ReLU):
    """min(max(x, 0), 6).

    Args:
        inplace: whether the argument itself is changed.
    """

    def __init__(self, inplace: bool = False):
        super().__init__(inplace)

    def forward(self, input):
        return operators.relu6(input, self.inplace)

    def _get_name(self):
        return "QuantizedReLU6"

    @staticmethod
    def from_float(mod, use_precomputed_fake_quant: bool = False) -> ReLU6:
        """The same function of quantised tensors."""
        return ReLU6(mod.inplace)


class Hardswish(nn.Hardswish):
    """x * relu6(x + 3) / 6, on the grid of `scale` and `zero_point`."""

    def __init__(self, scale, zero_point, device=None, dtype=None):
        super().__init__()
        keep_grid(self, scale, zero_point)

    def forward(self, input):
        return operators.hardswish(input, self.scale, self.zero_point)

    def _get_name(self):
        return "QuantizedHardswish"

    @staticmethod
    def from_float(mod, use_precomputed_fake_quant: bool = False) -> Hardswish:
        """The same function of quantised tensors; `mod` has an observer of its results."""
        return Hardswish(*parameters_of_results(mod))


class ELU(nn.ELU):
    """x above 0, otherwise alpha * (exp(x) - 1), on the grid of `scale` and `zero_point`."""

    def __init__(self, scale, zero_point, alpha=1.0):
        super().__init__(alpha)
        self.scale, self.zero_point = scale, zero_point

    def forward(self, input):
        return F.elu(input, self.scale, self.zero_point, self.alpha)

    def _get_name(self):
        return "QuantizedELU"

    @staticmethod
    def from_float(mod, use_precomputed_fake_quant: bool = False) -> ELU:
        """The same function of quantised tensors; `mod` has an observer of its results."""
        return ELU(*parameters_of_results(mod), mod.alpha)


class LeakyReLU(nn.LeakyReLU):
    """x above 0, otherwise x * negative_slope, on the grid of `scale` and `zero_point`."""

    def __init__(self, scale: float, zero_point: int, negative_slope: float = 1e-2, inplace: bool = False, **kwargs):
        super().__init__(negative_slope, inplace)
        keep_grid(self, scale, zero_point)

    def forward(self, input):
        return operators.leaky_relu(input, self.negative_slope, self.inplace, self.scale, self.zero_point)

    def _get_name(self):
        return "QuantizedLeakyReLU"

    @classmethod
    def from_float(cls, mod, use_precomputed_fake_quant: bool = False) -> LeakyReLU:
        """The same function of quantised tensors; `mod` has an observer of its results."""
        return cls(*parameters_of_results(mod), mod.negative_slope, mod.inplace)


class Sigmoid(nn.Sigmoid):
    """1 / (1 + exp(-x)), on the grid of `output_scale` and `output_zero_point`."""

    def __init__(self, output_scale: float, output_zero_point: int):
        super().__init__()
        self.output_scale, self.output_zero_point = output_scale, output_zero_point

    def forward(self, input):
        return operators.sigmoid(input, self.output_scale, self.output_zero_point)

    @classmethod
    def from_float(cls, mod, use_precomputed_fake_quant: bool = False) -> Sigmoid:
        """The same function of quantised tensors; `mod` has an observer of its results."""
        return cls(*parameters_of_results(mod))


class Softmax(nn.Softmax):
    """exp(x), as a part of the sum along `dim`, on the grid of `scale` and `zero_point`."""

    def __init__(self, dim=None, scale=1.0, zero_point=0):
        super().__init__(dim)
        self.scale, self.zero_point = scale, zero_point

    def forward(self, input):
        dim = self.dim if self.dim is not None else 0 if input.dim() in (0, 1, 3) else 1
        return operators.softmax(input, dim, self.scale, self.zero_point)

    def _get_name(self):
        return "QuantizedSoftmax"

    @staticmethod
    def from_float(mod, use_precomputed_fake_quant: bool = False) -> Softmax:
        """The same function of quantised tensors; `mod` has an observer of its results."""
        return Softmax(mod.dim, *parameters_of_results(mod))


class PReLU(nn.Module):
    """x above 0, otherwise x times the weight of its channel, on the grid of `output_scale`, `output_zero_point`.

    Args:
        num_parameters: one weight, or one for each channel.
    """

    def __init__(self, output_scale: float, output_zero_point: int, num_parameters: int = 1):
        super().__init__()
        self.num_parameters, self.scale, self.zero_point = num_parameters, output_scale, output_zero_point
        self.set_weight(torch.quantize_per_tensor(torch.randn(num_parameters), 1.0, 0, torch.quint8))

    def set_weight(self, w: torch.Tensor) -> None:
        """Takes another weight."""
        self.weight = w

    def forward(self, input):
        return operators.prelu(input, self.weight, self.scale, self.zero_point)

    def _get_name(self):
        return "QuantizedPReLU"

    @classmethod
    def from_float(cls, mod, use_precomputed_fake_quant: bool = False) -> PReLU:
        """The same function of quantised tensors; `mod` has a qconfig, and an observer of its results."""
        made = cls(*parameters_of_results(mod), mod.num_parameters)
        weight, observer = mod.weight.detach().float(), mod.qconfig.weight()
        observer(weight)
        if observer.dtype is not torch.quint8:
            warnings.warn(f"PReLU's weight observer should have dtype quint8 but got {observer.dtype}", stacklevel=2)
        scale, zero_point = observer.calculate_qparams()
        made.set_weight(torch.quantize_per_tensor(weight, float(scale), int(zero_point), torch.quint8))
        return made


class Dropout(nn.Dropout):
    """What it is given."""

    def forward(self, input):
        return input

    def _get_name(self):
        return "QuantizedDropout"

    @classmethod
    def from_float(cls, mod, use_precomputed_fake_quant: bool = False) -> Dropout:
        """The same layer on quantised tensors."""
        return cls(mod.p, mod.inplace)
