"""Observers: modules that watch numbers go by and choose the scale and zero point that suit them."""

from __future__ import annotations

import warnings
from functools import partial

import flambeau as torch
from flambeau import nn
from flambeau.quantized.parameters import BOUNDS

_EPS = torch.finfo(torch.float32).eps
_TYPES = ", ".join(f"torch.{name}" for name in BOUNDS)
_SYMMETRIC = (torch.per_tensor_symmetric, torch.per_channel_symmetric)


class _Partial:
    """A class with some of its arguments, as QConfig wants them."""

    def __init__(self, made: partial):
        self.p = made

    def __call__(self, *args, **kwargs):
        return self.p(*args, **kwargs)

    def with_args(self, **kwargs) -> _Partial:
        """The same with more arguments."""
        return _Partial(partial(self.p, **kwargs))

    def __repr__(self):
        return f"{self.p!r}{{}}"


class ObserverBase(nn.Module):
    """What watches.

    Args:
        dtype: the type of the integers.
        is_dynamic: whether a scale is chosen at each call.
    """

    def __init__(self, dtype, is_dynamic: bool = False):
        super().__init__()
        self.dtype, self.is_dynamic = dtype, is_dynamic

    @classmethod
    def with_args(cls, **kwargs) -> _Partial:
        """The class with some of its arguments."""
        return _Partial(partial(cls, **kwargs))

    def calculate_qparams(self, **kwargs):
        """The scale and the zero point."""
        raise NotImplementedError


class PlaceholderObserver(ObserverBase):
    """Watches nothing: says which type is wanted."""

    def __init__(
        self, dtype=torch.float32, custom_op_name="", compute_dtype=None, quant_min=None, quant_max=None, qscheme=None,
        eps=None, is_dynamic=False,
    ):  # fmt: skip
        super().__init__(dtype, is_dynamic or bool(compute_dtype))
        self.qscheme = torch.per_tensor_affine if qscheme is None else qscheme
        self.quant_min, self.quant_max, self.eps = quant_min, quant_max, eps
        self.custom_op = custom_op_name

    def forward(self, x):
        return x

    def extra_repr(self) -> str:
        return f"dtype={self.dtype}, is_dynamic={self.is_dynamic}"

    def calculate_qparams(self, **kwargs):
        raise Exception("calculate_qparams should not be called for PlaceholderObserver")


class UniformQuantizationObserverBase(ObserverBase):
    """What the observers of extremes have in common.

    Args:
        dtype: the type of the integers.
        qscheme: whether they are about zero.
        reduce_range: whether to use half of them.
        quant_min, quant_max: the integers to use, instead of those of the type.
        eps: the least scale.
    """

    _schemes = (torch.per_tensor_symmetric, torch.per_tensor_affine)
    eps: torch.Tensor
    min_val: torch.Tensor
    max_val: torch.Tensor

    def __init__(
        self, dtype=torch.quint8, qscheme=torch.per_tensor_affine, reduce_range=False, quant_min=None, quant_max=None,
        factory_kwargs=None, eps=_EPS, is_dynamic=False, **kwargs,
    ):  # fmt: skip
        super().__init__(dtype, is_dynamic)
        self._check(dtype, qscheme, reduce_range)
        self.qscheme, self.reduce_range = qscheme, reduce_range
        self.register_buffer("eps", torch.tensor([eps]))
        self.has_customized_qrange = quant_min is not None and quant_max is not None
        if self.has_customized_qrange:
            self.quant_min, self.quant_max = quant_min, quant_max
        else:
            low, high = BOUNDS[dtype.name]
            half = reduce_range and dtype is not torch.qint32
            self.quant_min, self.quant_max = (low // 2, high // 2) if half else (low, high)
        self.register_buffer("min_val", torch.tensor(float("inf")))
        self.register_buffer("max_val", torch.tensor(float("-inf")))

    def _check(self, dtype, qscheme, reduce_range: bool) -> None:
        if dtype.name not in BOUNDS:
            raise AssertionError(f"Default Observer only works for ({_TYPES}) data type")
        if qscheme not in self._schemes:
            known = " and ".join(map(repr, self._schemes))
            raise NotImplementedError(f"{type(self).__name__}'s qscheme only support {known}.")
        if reduce_range and dtype is torch.quint8 and qscheme in _SYMMETRIC:
            raise NotImplementedError("Cannot reduce range for symmetric quantization for quint8")

    def calculate_qparams(self):
        """The scale (channels,) and the zero point (channels,); one channel where there is one for all."""
        if not self.min_val.numel() or bool((self.min_val > self.max_val).any()):
            warnings.warn("must run observer before calling calculate_qparams. Returning default values.", stacklevel=2)
            return torch.tensor([1.0]), torch.tensor([0])
        low, high = self.min_val.clamp(max=0).reshape(-1), self.max_val.clamp(min=0).reshape(-1)
        width = self.quant_max - self.quant_min
        if self.qscheme in _SYMMETRIC:
            scale = torch.maximum(torch.maximum(-low, high) / (width / 2), self.eps)
            return scale, torch.full(scale.shape, self._middle())
        scale = torch.maximum((high - low) / width, self.eps)
        zero_point = self.quant_min - torch.round(low / scale).to(torch.int32)
        return scale, zero_point.clamp(self.quant_min, self.quant_max)

    def _middle(self) -> int:
        """The integer of zero where numbers are symmetric about it."""
        if self.dtype is not torch.quint8:
            return 0
        return (self.quant_min + self.quant_max) // 2 if self.has_customized_qrange else 128

    def extra_repr(self) -> str:
        return f"min_val={_shown(self.min_val)}, max_val={_shown(self.max_val)}"

    @torch.no_grad()
    def reset_min_max_vals(self) -> None:
        """Forgets what was seen."""
        self.min_val, self.max_val = torch.tensor(float("inf")), torch.tensor(float("-inf"))


class MinMaxObserver(UniformQuantizationObserverBase):
    """Keeps the least and the greatest number of all calls."""

    @torch.no_grad()
    def forward(self, x_orig):
        if x_orig.numel():
            low, high = x_orig.detach().to(self.min_val.dtype).aminmax()
            self._see(low, high)
        return x_orig

    def _see(self, low, high) -> None:
        self.min_val.copy_(torch.minimum(low, self.min_val))
        self.max_val.copy_(torch.maximum(high, self.max_val))


class MovingAverageMinMaxObserver(MinMaxObserver):
    """Keeps moving averages of the extremes of each call.

    Args:
        averaging_constant: the weight of the newest call.
    """

    def __init__(self, averaging_constant=0.01, dtype=torch.quint8, qscheme=torch.per_tensor_affine, **kwargs):
        super().__init__(dtype, qscheme, **kwargs)
        self.averaging_constant = averaging_constant

    def _see(self, low, high) -> None:
        if self.min_val.item() == float("inf"):
            self.min_val.copy_(low)
            self.max_val.copy_(high)
            return
        self.min_val.add_(self.averaging_constant * (low - self.min_val))
        self.max_val.add_(self.averaging_constant * (high - self.max_val))


class PerChannelMinMaxObserver(UniformQuantizationObserverBase):
    """Keeps the least and the greatest number of each channel.

    Args:
        ch_axis: the dimension of the channels.
    """

    _schemes = (torch.per_channel_symmetric, torch.per_channel_affine)

    def __init__(self, ch_axis=0, dtype=torch.quint8, qscheme=torch.per_channel_affine, **kwargs):
        super().__init__(dtype, qscheme, **kwargs)
        self.ch_axis = ch_axis
        self.reset_min_max_vals()

    @torch.no_grad()
    def forward(self, x_orig):
        if x_orig.numel():
            rows = x_orig.detach().to(self.min_val.dtype).transpose(0, self.ch_axis).flatten(1)
            low, high = rows.amin(1), rows.amax(1)
            if self.min_val.numel():
                low, high = torch.minimum(low, self.min_val), torch.maximum(high, self.max_val)
            self.min_val, self.max_val = low, high
        return x_orig

    def reset_min_max_vals(self) -> None:
        self.min_val, self.max_val = torch.empty(0), torch.empty(0)

    def _load_from_state_dict(self, state_dict, prefix, *args):
        for name in ("min_val", "max_val"):
            if prefix + name in state_dict:
                setattr(self, name, torch.empty_like(state_dict[prefix + name]))
        super()._load_from_state_dict(state_dict, prefix, *args)


def _shown(extreme: torch.Tensor):
    """A number, or the tensor of those of channels."""
    return extreme if extreme.dim() else extreme.item()


default_observer = MinMaxObserver.with_args(quant_min=0, quant_max=127)
default_weight_observer = MinMaxObserver.with_args(dtype=torch.qint8, qscheme=torch.per_tensor_symmetric)
default_per_channel_weight_observer = PerChannelMinMaxObserver.with_args(
    dtype=torch.qint8, qscheme=torch.per_channel_symmetric
)
default_placeholder_observer = PlaceholderObserver
default_dynamic_quant_observer = PlaceholderObserver.with_args(
    dtype=torch.quint8, quant_min=0, quant_max=255, is_dynamic=True
)
