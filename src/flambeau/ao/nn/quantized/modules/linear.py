"""Linear on quantised tensors, and what all modules with quantised weights have in common."""

from __future__ import annotations

import flambeau as torch
from flambeau import nn
from flambeau.ops import quantized as operators

from .sources import settled


class LinearPackedParams(nn.Module):
    """A quantised (or half precise) weight with its float bias, in one entry of the state dict.

    Args:
        dtype: torch.qint8 or torch.float16.
    """

    _version = 3

    def __init__(self, dtype=torch.qint8):
        super().__init__()
        self.dtype = dtype
        weight = torch.zeros(1, 1)
        self.set_weight_bias(weight if dtype is torch.float16 else quantized(weight), None)

    def set_weight_bias(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        """Takes a weight (out_features, in_features) and a bias (out_features,) or None."""
        pack = operators.linear_prepack_fp16 if self.dtype is torch.float16 else operators.linear_prepack
        self._packed_params = pack(weight, bias)

    def _weight_bias(self):
        return self._packed_params.unpack()

    def forward(self, x):
        return x

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination[prefix + "dtype"] = self.dtype
        destination[prefix + "_packed_params"] = self._weight_bias()

    def _load_from_state_dict(
        self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
    ):
        self.dtype = state_dict.pop(prefix + "dtype", self.dtype)
        key = prefix + "_packed_params"
        if key in state_dict:
            self.set_weight_bias(*state_dict.pop(key))
        else:
            missing_keys.append(key)
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, False, missing_keys, unexpected_keys, error_msgs
        )

    def __repr__(self):
        return repr(self._weight_bias())


def quantized(weight: torch.Tensor, scale: float = 1.0, zero_point: int = 0) -> torch.Tensor:
    """A weight as 8-bit integers with one scale."""
    return torch.quantize_per_tensor(weight, scale, zero_point, torch.qint8)


def quantized_weight(weight: torch.Tensor, observer) -> torch.Tensor:
    """A weight on the grid that an observer which has seen it chooses, per tensor or per channel."""
    scale, zero_point = observer.calculate_qparams()
    if observer.qscheme in (torch.per_tensor_symmetric, torch.per_tensor_affine):
        made = torch.quantize_per_tensor(weight.float(), float(scale), int(zero_point), torch.qint8)
    elif observer.qscheme is torch.per_channel_affine_float_qparams:
        grid = scale.float(), zero_point.float(), observer.ch_axis
        return torch.quantize_per_channel(weight.float(), *grid, observer.dtype)
    else:
        grid = scale.double(), zero_point.long(), observer.ch_axis
        made = torch.quantize_per_channel(weight.float(), *grid, torch.qint8)
    bounds = observer.quant_min, observer.quant_max
    return made if bounds == (-128, 127) else made._with(made._held.clamp(*bounds))


def parameters_of_results(mod: nn.Module) -> tuple[float, int]:
    """Scale and zero point that the observer of a module's results chooses."""
    scale, zero_point = mod.activation_post_process.calculate_qparams()
    return float(scale), int(zero_point)


def observed_weight(mod: nn.Module) -> torch.Tensor:
    """A module's weight, quantised as its qconfig says."""
    observer = mod.qconfig.weight()
    observer(mod.weight)
    return quantized_weight(mod.weight.detach(), observer)


class Linear(nn.Module):
    """x @ weight.T + bias of quantised tensors: (*, in_features) to (*, out_features).

    Args:
        in_features, out_features: sizes.
        bias_: whether there is a bias.
        dtype: torch.qint8.
    """

    _version = 4
    _after = ""

    def __init__(self, in_features: int, out_features: int, bias_: bool = True, dtype=torch.qint8):
        super().__init__()
        if dtype not in (torch.qint8, torch.float16):
            raise RuntimeError("Unsupported dtype specified for quantized Linear!")
        self.in_features, self.out_features = in_features, out_features
        self.scale, self.zero_point, self.version = 1.0, 0, 4
        self._packed_params = LinearPackedParams(dtype)
        weight = torch.zeros(out_features, in_features)
        weight = weight if dtype is torch.float16 else quantized(weight)
        self.set_weight_bias(weight, torch.zeros(out_features) if bias_ else None)

    def weight(self) -> torch.Tensor:
        """The weight (out_features, in_features)."""
        return self._packed_params._weight_bias()[0]

    def bias(self) -> torch.Tensor | None:
        """The bias (out_features,), None where there is none."""
        return self._packed_params._weight_bias()[1]

    def set_weight_bias(self, w: torch.Tensor, b: torch.Tensor | None) -> None:
        """Takes another weight and bias."""
        self._packed_params.set_weight_bias(w, b)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        multiply = getattr(operators, "linear" + self._after)
        return multiply(x, self._packed_params._packed_params, self.scale, self.zero_point)

    def extra_repr(self) -> str:
        sizes = f"in_features={self.in_features}, out_features={self.out_features}"
        return f"{sizes}, scale={self.scale}, zero_point={self.zero_point}, qscheme={self.weight().qscheme()}"

    def _get_name(self):
        return "QuantizedLinear"

    def __repr__(self):
        return f"{self._get_name()}({self.extra_repr()})"  # without the packed weight

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination[prefix + "scale"] = torch.tensor(self.scale)
        destination[prefix + "zero_point"] = torch.tensor(self.zero_point)

    def _load_from_state_dict(
        self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
    ):
        self.scale = float(state_dict.pop(prefix + "scale", self.scale))
        self.zero_point = int(state_dict.pop(prefix + "zero_point", self.zero_point))
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, False, missing_keys, unexpected_keys, error_msgs
        )

    @classmethod
    def from_float(cls, mod: nn.Linear, use_precomputed_fake_quant: bool = False) -> Linear:
        """The same layer on quantised tensors; `mod` has a qconfig, and an observer of its results."""
        mod = settled(mod)
        made = cls(mod.in_features, mod.out_features)
        made.set_weight_bias(observed_weight(mod), mod.bias)
        made.scale, made.zero_point = parameters_of_results(mod)
        return made
