"""Convolution of quantised tensors."""

from __future__ import annotations

from functools import partial

import flambeau as torch
from flambeau import nn
from flambeau.nn import functional as F

from .linear import observed_weight, parameters_of_results, product, steps_of
from .sources import settled


class Conv2d(nn.Module):
    """The convolution of quantised images (N, in_channels, H, W); made by `from_float`.

    Args:
        mod: the convolution of numbers that it stands for, padded with zeros.
    """

    def __init__(self, mod: nn.Conv2d):
        super().__init__()
        if mod.padding_mode != "zeros":
            raise NotImplementedError("quantized convolutions pad with zeros only")
        self.in_channels, self.out_channels, self.kernel_size = mod.in_channels, mod.out_channels, mod.kernel_size
        self.stride, self.padding, self.dilation, self.groups = mod.stride, mod.padding, mod.dilation, mod.groups
        self._weight, self._bias = [observed_weight(mod)], [mod.bias]  # in lists: they are no parameters
        self.scale, self.zero_point = parameters_of_results(mod)

    def weight(self) -> torch.Tensor:
        """The weight (out_channels, in_channels / groups, *kernel_size)."""
        return self._weight[0]

    def bias(self) -> torch.Tensor | None:
        """The bias (out_channels,), None where there is none."""
        return self._bias[0]

    @torch.no_grad()
    def forward(self, input: torch.Tensor) -> torch.Tensor:
        sizes = {name: getattr(self, name) for name in ("stride", "padding", "dilation", "groups")}
        steps = steps_of(input, "conv2d")
        found = product(partial(F.conv2d, **sizes), steps, input.q_scale(), self.weight(), self.bias())
        return torch.quantize_per_tensor(found, self.scale, self.zero_point, torch.quint8)

    def _get_name(self):
        return "QuantizedConv2d"

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        text += f", scale={self.scale}, zero_point={self.zero_point}"
        plain = {"padding": (0, 0), "dilation": (1, 1), "groups": 1}
        text += "".join(
            f", {name}={getattr(self, name)}" for name, usual in plain.items() if getattr(self, name) != usual
        )
        return text + (", bias=False" if self.bias() is None else "")

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        super()._save_to_state_dict(destination, prefix, keep_vars)
        kept = {"weight": self.weight(), "bias": self.bias(), "scale": torch.tensor(self.scale)}
        kept["zero_point"] = torch.tensor(self.zero_point)
        destination.update({prefix + name: value for name, value in kept.items()})

    def _load_from_state_dict(self, state_dict, prefix, *args):
        self._weight, self._bias = [state_dict.pop(prefix + "weight")], [state_dict.pop(prefix + "bias")]
        self.scale, self.zero_point = (
            float(state_dict.pop(prefix + "scale")),
            int(state_dict.pop(prefix + "zero_point")),
        )
        super()._load_from_state_dict(state_dict, prefix, *args)

    @classmethod
    def from_float(cls, mod, use_precomputed_fake_quant: bool = False) -> Conv2d:
        """The same layer on quantised tensors; `mod` has a qconfig, and an observer of its results."""
        return cls(settled(mod))
