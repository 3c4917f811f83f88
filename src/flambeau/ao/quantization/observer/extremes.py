"""Observers of the least and the greatest number."""

from __future__ import annotations

import flambeau as torch

from ..utils import is_per_channel, is_per_tensor
from .base import EPS, UniformQuantizationObserverBase

_NOTHING = (float("inf"), float("-inf"))


def refuse(kind: type, what: str):
    """NotImplementedError: observers of a class are not for `what`."""
    raise NotImplementedError(f"{kind.__name__} doesn't support {what}")


class MinMaxObserver(UniformQuantizationObserverBase):
    """Keeps the least and the greatest number of all calls.

    Args:
        dtype, qscheme, reduce_range, quant_min, quant_max, eps: see the base class; one scale for all numbers.
    """

    def __init__(
        self, dtype=torch.quint8, qscheme=torch.per_tensor_affine, reduce_range=False, quant_min=None, quant_max=None,
        factory_kwargs=None, eps=EPS, is_dynamic=False, **kwargs,
    ):  # fmt: skip
        if not is_per_tensor(qscheme):
            raise NotImplementedError(
                f"{type(self).__name__}'s qscheme only support torch.per_tensor_symmetric and torch.per_tensor_affine."
            )
        super().__init__(
            dtype, qscheme, reduce_range, quant_min, quant_max, factory_kwargs, eps, is_dynamic=is_dynamic, **kwargs
        )
        self._watch_nothing_yet(*(torch.tensor(x, **self.factory) for x in _NOTHING))

    @torch.no_grad()
    def forward(self, x_orig):
        if x_orig.numel():
            low, high = self._seen(*x_orig.detach().to(self.min_val.dtype).aminmax())
            self.min_val.copy_(low)
            self.max_val.copy_(high)
        return x_orig

    def _seen(self, low, high):
        """What the range becomes where a call has these extremes."""
        return torch.minimum(low, self.min_val), torch.maximum(high, self.max_val)

    def reset_min_max_vals(self) -> None:
        for extreme, nothing in zip((self.min_val, self.max_val), _NOTHING):
            extreme.fill_(nothing)


class MovingAverageMinMaxObserver(MinMaxObserver):
    """Keeps moving averages of the extremes of each call.

    Args:
        averaging_constant: the weight of the newest call.
        dtype, qscheme, reduce_range, quant_min, quant_max, eps: see the base class; one scale for all numbers.
    """

    def __init__(
        self, averaging_constant=0.01, dtype=torch.quint8, qscheme=torch.per_tensor_affine, reduce_range=False,
        quant_min=None, quant_max=None, eps=EPS, is_dynamic=False, **kwargs,
    ):  # fmt: skip
        if is_dynamic and averaging_constant != 1:
            refuse(type(self), f"dynamic quantization for averaging constant of {averaging_constant}")
        super().__init__(dtype, qscheme, reduce_range, quant_min, quant_max, eps=eps, is_dynamic=is_dynamic, **kwargs)
        self.averaging_constant = averaging_constant

    def _seen(self, low, high):
        nothing = torch.isinf(self.min_val) & torch.isinf(self.max_val)
        return (
            torch.where(nothing, new, old + self.averaging_constant * (new - old))
            for new, old in ((low, self.min_val), (high, self.max_val))
        )


class PerChannelMinMaxObserver(UniformQuantizationObserverBase):
    """Keeps the least and the greatest number of each channel.

    Args:
        ch_axis: the dimension of the channels.
        dtype, qscheme, reduce_range, quant_min, quant_max, eps: see the base class; a scale for each channel.
    """

    def __init__(
        self, ch_axis=0, dtype=torch.quint8, qscheme=torch.per_channel_affine, reduce_range=False, quant_min=None,
        quant_max=None, factory_kwargs=None, eps=EPS, is_dynamic=False, **kwargs,
    ):  # fmt: skip
        if not is_per_channel(qscheme):
            raise NotImplementedError(
                f"{type(self).__name__}'s qscheme only support torch.per_channel_symmetric, torch.per_channel_affine "
                "and torch.per_channel_affine_float_qparams."
            )
        if is_dynamic:
            refuse(type(self), "dynamic quantization")
        super().__init__(
            dtype, qscheme, reduce_range, quant_min, quant_max, factory_kwargs, eps, is_dynamic=is_dynamic, **kwargs
        )
        self.ch_axis = ch_axis
        self._watch_nothing_yet(torch.tensor([], **self.factory), torch.tensor([], **self.factory))

    @torch.no_grad()
    def forward(self, x_orig):
        if x_orig.numel():
            rows = x_orig.detach().to(self.min_val.dtype).transpose(0, self.ch_axis).flatten(1)
            low, high = rows.aminmax(dim=1)
            if self.min_val.numel() and self.max_val.numel():
                low, high = self._seen(low, high)
            self._resize(low.shape, high.shape)
            self.min_val.copy_(low)
            self.max_val.copy_(high)
        return x_orig

    def _seen(self, low, high):
        return torch.minimum(low, self.min_val), torch.maximum(high, self.max_val)

    def _resize(self, low: torch.Size, high: torch.Size) -> None:
        for extreme, shape in ((self.min_val, low), (self.max_val, high)):
            if extreme.shape != shape:
                extreme.resize_(shape)

    def reset_min_max_vals(self) -> None:
        self.min_val, self.max_val = torch.empty(0), torch.empty(0)

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, strict, missing_keys, *args):
        old = local_metadata.get("version") is not None and local_metadata["version"] < 3
        names = [prefix + name + ("s" if old else "") for name in ("min_val", "max_val")]
        missing_keys += [name for name in names if strict and name not in state_dict]
        kept = [state_dict[name].shape for name in names if name in state_dict]
        if len(kept) == 2:
            self._resize(*kept)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, False, missing_keys, *args)


class MovingAveragePerChannelMinMaxObserver(PerChannelMinMaxObserver):
    """Keeps moving averages of the extremes of each channel.

    Args:
        averaging_constant: the weight of the newest call.
        ch_axis: the dimension of the channels.
        dtype, qscheme, reduce_range, quant_min, quant_max, eps: see the base class; a scale for each channel.
    """

    def __init__(
        self, averaging_constant=0.01, ch_axis=0, dtype=torch.quint8, qscheme=torch.per_channel_affine,
        reduce_range=False, quant_min=None, quant_max=None, eps=EPS, is_dynamic=False, **kwargs,
    ):  # fmt: skip
        super().__init__(
            ch_axis, dtype, qscheme, reduce_range, quant_min, quant_max, eps=eps, is_dynamic=is_dynamic, **kwargs
        )
        self.averaging_constant = averaging_constant

    def _seen(self, low, high):
        pairs = ((low, self.min_val), (high, self.max_val))
        return (old + self.averaging_constant * (new - old) for new, old in pairs)
