"""Convolutions of quantised tensors, transposed ones too."""

from __future__ import annotations

from typing import ClassVar

import flambeau as torch
from flambeau import nn
from flambeau.nn import functional as F
from flambeau.nn.modules.utils import _ntuple
from flambeau.ops import quantized as operators

from .linear import observed_weight, parameters_of_results, quantized
from .sources import settled


class _ConvNd(nn.Module):
    """A convolution of quantised images; arguments as of the layer of numbers.

    Raises ValueError for other padding than with zeros or reflections, and for groups that do not divide channels.
    """

    _FLOAT_MODULE: ClassVar[type[nn.Module]]
    _dims: ClassVar[int]
    _op: ClassVar[str]
    _after: ClassVar[str] = ""
    transposed = False

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True,
        padding_mode="zeros", device=None, dtype=None,
    ):  # fmt: skip
        super().__init__()
        self._check(in_channels, out_channels, groups, padding, padding_mode)
        each = _ntuple(self._dims)
        self.in_channels, self.out_channels, self.kernel_size = in_channels, out_channels, each(kernel_size)
        self.stride, self.padding, self.dilation = each(stride), each(padding), each(dilation)
        self.output_padding, self.groups, self.padding_mode = each(0), groups, padding_mode
        self.scale, self.zero_point = 1.0, 0
        pair = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        weight = torch.zeros(pair[0], pair[1] // groups, *self.kernel_size)
        self.set_weight_bias(quantized(weight), torch.zeros(out_channels) if bias else None)

    def _check(self, in_channels: int, out_channels: int, groups: int, padding, padding_mode: str) -> None:
        if self.transposed and padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        if out_channels <= 0:
            raise ValueError(f"out_channels must be greater than 0, got {out_channels}")
        for name, count in (("in", in_channels), ("out", out_channels)):
            if count % groups:
                raise ValueError(f"{name}_channels must be divisible by groups")
        if isinstance(padding, str):
            raise RuntimeError(
                f"quantized::{self._op}_prepack() Expected a value of type 'List[int]' for argument 'padding' but "
                "instead found type 'tuple'."
            )
        if padding_mode not in ("zeros", "reflect"):
            raise ValueError(f"'padding_mode' {padding_mode} is not supported by quantized convolution")

    def set_weight_bias(self, w: torch.Tensor, b: torch.Tensor | None) -> None:
        """Takes another weight and bias."""
        padding = _ntuple(self._dims)(0) if self.padding_mode == "reflect" else self.padding
        settings = [self.stride, padding, self.dilation, self.groups]
        if self.transposed:
            settings.insert(2, self.output_padding)
        self._packed_params = getattr(operators, f"{self._op}_prepack")(w, b, *settings)

    def weight(self) -> torch.Tensor:
        """The weight (out_channels, in_channels / groups, *kernel_size), transposed (in_channels, ...)."""
        return self._packed_params.unpack()[0]

    def bias(self) -> torch.Tensor | None:
        """The bias (out_channels,), None where there is none."""
        return self._packed_params.unpack()[1]

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if input.dim() != self._dims + 2:
            shape = "(N, C, L)" if self._dims == 1 else "(N, C, H, W)" if self._dims == 2 else "(N, C, D, H, W)"
            raise ValueError(f"Input shape must be `{shape}`!")
        if self.padding_mode == "reflect":
            input = F.pad(input, [size for size in reversed(self.padding) for _ in range(2)], "reflect")
        return getattr(operators, self._op + self._after)(input, self._packed_params, self.scale, self.zero_point)

    def _get_name(self):
        return f"Quantized{type(self).__name__}"

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        text += f", scale={self.scale}, zero_point={self.zero_point}"
        usual = {"padding": 0, "dilation": 1, "output_padding": 0}
        plain = {name: _ntuple(self._dims)(value) for name, value in usual.items()} | {"groups": 1}
        text += "".join(f", {name}={getattr(self, name)}" for name, x in plain.items() if getattr(self, name) != x)
        return text + (", bias=False" if self.bias() is None else "")

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        super()._save_to_state_dict(destination, prefix, keep_vars)
        kept = {"weight": self.weight(), "bias": self.bias(), "scale": torch.tensor(self.scale)}
        kept["zero_point"] = torch.tensor(self.zero_point)
        destination.update({prefix + name: value for name, value in kept.items()})

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, strict, *lists):
        self.set_weight_bias(state_dict.pop(prefix + "weight"), state_dict.pop(prefix + "bias"))
        self.scale = float(state_dict.pop(prefix + "scale"))
        self.zero_point = int(state_dict.pop(prefix + "zero_point"))
        super()._load_from_state_dict(state_dict, prefix, local_metadata, False, *lists)

    @classmethod
    def from_float(cls, mod, use_precomputed_fake_quant: bool = False):
        """The same layer on quantised tensors; `mod` has a qconfig, and an observer of its results."""
        mod = settled(mod)
        if not isinstance(mod, cls._FLOAT_MODULE):
            wanted = cls._FLOAT_MODULE.__name__
            raise AssertionError(f"nnq.{cls.__name__}.from_float only works for {wanted} but got: {type(mod).__name__}")
        if not hasattr(mod, "qconfig"):
            raise AssertionError("Input float module must have qconfig defined.")
        sizes = mod.in_channels, mod.out_channels, mod.kernel_size, mod.stride, mod.padding
        more = {"output_padding": mod.output_padding} if cls.transposed else {"padding_mode": mod.padding_mode}
        made = cls(*sizes, dilation=mod.dilation, groups=mod.groups, bias=mod.bias is not None, **more)
        made.set_weight_bias(observed_weight(mod), mod.bias)
        if hasattr(mod, "activation_post_process"):
            made.scale, made.zero_point = parameters_of_results(mod)
        return made


class Conv1d(_ConvNd):
    """A convolution of quantised rows (N, C, L); arguments as of nn.Conv1d."""

    _FLOAT_MODULE, _dims, _op = nn.Conv1d, 1, "conv1d"


class Conv2d(_ConvNd):
    """A convolution of quantised images (N, C, H, W); arguments as of nn.Conv2d."""

    _FLOAT_MODULE, _dims, _op = nn.Conv2d, 2, "conv2d"


class Conv3d(_ConvNd):
    """A convolution of quantised volumes (N, C, D, H, W); arguments as of nn.Conv3d."""

    _FLOAT_MODULE, _dims, _op = nn.Conv3d, 3, "conv3d"


class _ConvTransposeNd(_ConvNd):
    transposed = True

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True,
        dilation=1, padding_mode="zeros", device=None, dtype=None,
    ):  # fmt: skip
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode
        )  # fmt: skip
        self.output_padding = _ntuple(self._dims)(output_padding)
        self.set_weight_bias(*self._packed_params.unpack())


class ConvTranspose1d(_ConvTransposeNd):
    """A transposed convolution of quantised rows (N, C, L); arguments as of nn.ConvTranspose1d."""

    _FLOAT_MODULE, _dims, _op = nn.ConvTranspose1d, 1, "conv_transpose1d"


class ConvTranspose2d(_ConvTransposeNd):
    """A transposed convolution of quantised images (N, C, H, W); arguments as of nn.ConvTranspose2d."""

    _FLOAT_MODULE, _dims, _op = nn.ConvTranspose2d, 2, "conv_transpose2d"


class ConvTranspose3d(_ConvTransposeNd):
    """A transposed convolution of quantised volumes (N, C, D, H, W); arguments as of nn.ConvTranspose3d."""

    _FLOAT_MODULE, _dims, _op = nn.ConvTranspose3d, 3, "conv_transpose3d"
