"""What Linear modules with quantised weights have in common."""

from __future__ import annotations

import flambeau as torch
from flambeau import nn


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
        self.set_weight_bias(weight.half() if dtype is torch.float16 else quantized(weight), None)

    def set_weight_bias(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        """Takes a weight (out_features, in_features) and a bias (out_features,) or None."""
        self._weight, self._bias = [weight], [bias]  # in lists: they are no parameters of the module

    def _weight_bias(self):
        return self._weight[0], self._bias[0]

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
        return torch.quantize_per_tensor(weight.float(), float(scale), int(zero_point), torch.qint8)
    return torch.quantize_per_channel(weight.float(), scale.double(), zero_point.long(), observer.ch_axis, torch.qint8)
