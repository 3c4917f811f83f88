"""Modules that put numbers on the grid of integers and leave them floats, so that a network is trained on the grid."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial

import flambeau as torch
from flambeau import nn

from .observer import (
    FixedQParamsObserver,
    HistogramObserver,
    MovingAverageMinMaxObserver,
    MovingAveragePerChannelMinMaxObserver,
    _PartialWrapper,
    default_fixed_qparams_range_0to1_observer,
    default_fixed_qparams_range_neg1to1_observer,
)
from .observer.base import Watching
from .utils import SYMMETRIC, is_per_channel, is_per_tensor


class FakeQuantizeBase(Watching, ABC, nn.Module):
    """What fake quantisation has in common: two switches, which are buffers."""

    fake_quant_enabled: torch.Tensor
    observer_enabled: torch.Tensor

    def __init__(self):
        super().__init__()
        for name in ("fake_quant_enabled", "observer_enabled"):
            self.register_buffer(name, torch.tensor([1], dtype=torch.uint8))

    @abstractmethod
    def forward(self, x):
        """Looks at numbers, and returns them on the grid."""

    @abstractmethod
    def calculate_qparams(self, **kwargs):
        """The scale and the zero point."""

    def enable_fake_quant(self, enabled: bool = True) -> None:
        """Whether results are on the grid."""
        self.fake_quant_enabled.fill_(int(enabled))

    def disable_fake_quant(self) -> None:
        """Results are the numbers as they come."""
        self.enable_fake_quant(False)

    def enable_observer(self, enabled: bool = True) -> None:
        """Whether the grid follows what is seen."""
        self.observer_enabled.fill_(int(enabled))

    def disable_observer(self) -> None:
        """The grid stays."""
        self.enable_observer(False)

    @classmethod
    def with_args(cls, **kwargs) -> _PartialWrapper:
        """The class with some of its arguments, as QConfig wants it."""
        return _PartialWrapper(partial(cls, **kwargs))


class FakeQuantize(FakeQuantizeBase):
    """(clamp(round(x / scale + zero_point), quant_min, quant_max) - zero_point) * scale; gradients pass where nothing
    was cut off.

    Args:
        observer: the class that watches, which chooses scale and zero point.
        quant_min, quant_max: the integers to use, instead of those of the type.
        is_dynamic: whether a scale is chosen at each call.
        observer_kwargs: arguments of the observer.

    Raises AssertionError where the integers are not those of the observer's type.
    """

    scale: torch.Tensor
    zero_point: torch.Tensor

    def __init__(
        self, observer=MovingAverageMinMaxObserver, quant_min=None, quant_max=None, is_dynamic=False, **observer_kwargs
    ):
        super().__init__()
        if quant_min is not None and quant_max is not None:
            _check_bounds(observer, quant_min, quant_max, observer_kwargs.get("dtype", torch.quint8))
            observer_kwargs.update(quant_min=quant_min, quant_max=quant_max)
        watcher = self.activation_post_process = observer(is_dynamic=is_dynamic, **observer_kwargs)
        self.quant_min, self.quant_max, self.is_dynamic = watcher.quant_min, watcher.quant_max, watcher.is_dynamic
        self.dtype, self.qscheme, self.ch_axis = watcher.dtype, watcher.qscheme, getattr(watcher, "ch_axis", -1)
        if not (is_per_channel(self.qscheme) or is_per_tensor(self.qscheme)):
            raise AssertionError(
                "Only per channel and per tensor quantization are supported in fake quantize got qscheme: "
                + str(self.qscheme)
            )
        real = self.qscheme == torch.per_channel_affine_float_qparams
        self.register_buffer("scale", torch.tensor([1.0], dtype=torch.float32))
        self.register_buffer("zero_point", torch.tensor([0], dtype=torch.float32 if real else torch.int32))
        self.is_per_channel = is_per_channel(self.qscheme)

    def calculate_qparams(self):
        """The scale and the zero point that the observer chooses."""
        return self.activation_post_process.calculate_qparams()

    def forward(self, X):
        if self.observer_enabled.item() == 1:
            self.activation_post_process(X.detach())
            with torch.no_grad():
                self._resize(*(found := self.calculate_qparams()))
                self.scale.copy_(found[0])
                self.zero_point.copy_(found[1])
        if self.fake_quant_enabled.item() != 1:
            return X
        bounds = self.activation_post_process.quant_min, self.activation_post_process.quant_max
        if self.is_per_channel:
            return torch.fake_quantize_per_channel_affine(X, self.scale, self.zero_point, self.ch_axis, *bounds)
        return torch.fake_quantize_per_tensor_affine(X, self.scale, self.zero_point, *bounds)

    def _resize(self, scale: torch.Tensor, zero_point: torch.Tensor) -> None:
        """Makes place for as many scales and zero points as another has."""
        for kept, value in ((self.scale, scale), (self.zero_point, zero_point)):
            if kept.shape != value.shape:
                kept.resize_(value.shape)

    def extra_repr(self) -> str:
        return (
            f"{self._switches()}, quant_min={self.activation_post_process.quant_min}, "
            f"quant_max={self.activation_post_process.quant_max}, dtype={self.dtype}, qscheme={self.qscheme}, "
            f"ch_axis={self.ch_axis}, scale={self.scale}, zero_point={self.zero_point}"
        )

    def _switches(self) -> str:
        return f"fake_quant_enabled={self.fake_quant_enabled}, observer_enabled={self.observer_enabled}"

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, strict, missing_keys, *args):
        names = [prefix + name for name in ("scale", "zero_point")]
        missing_keys += [name for name in names if strict and name not in state_dict]
        if all(name in state_dict for name in names):
            self._resize(*(state_dict[name] for name in names))
        super()._load_from_state_dict(state_dict, prefix, local_metadata, strict, missing_keys, *args)


def _check_bounds(observer, quant_min: int, quant_max: int, dtype: torch.dtype) -> None:
    if quant_min > quant_max:
        raise AssertionError("quant_min must be less than or equal to quant_max")
    dtype = getattr(getattr(observer, "p", None), "keywords", {}).get("dtype", dtype)
    limits = torch.iinfo(dtype)
    if limits.min > quant_min:
        raise AssertionError("quant_min out of bound")
    if quant_max > limits.max:
        raise AssertionError("quant_max out of bound")


class FixedQParamsFakeQuantize(FakeQuantize):
    """Fake quantisation on a grid that is known beforehand.

    Args:
        observer: a FixedQParamsObserver with arguments.

    Raises AssertionError for other observers.
    """

    def __init__(self, observer):
        super().__init__(observer=observer)
        if type(self.activation_post_process) is not FixedQParamsObserver:
            raise AssertionError(f"{type(self).__name__}'s observer must be a {FixedQParamsObserver.__name__}")
        self._observer_ctr = observer
        self.scale, self.zero_point = self.activation_post_process.calculate_qparams()
        if not is_per_tensor(self.qscheme):
            raise AssertionError(
                f"Only per tensor quantization is supported FixedQParamsFakeQuantize module, got qscheme:{self.qscheme}"
            )

    def calculate_qparams(self):
        """The scale and the zero point."""
        return self.scale, self.zero_point

    def extra_repr(self) -> str:
        return (
            f"{self._switches()}, scale={self.scale}, zero_point={self.zero_point}, dtype={self.dtype}, "
            f"quant_min={self.activation_post_process.quant_min}, "
            f"quant_max={self.activation_post_process.quant_max}, qscheme={self.qscheme}"
        )


class FusedMovingAvgObsFakeQuantize(FakeQuantize):
    """Fake quantisation whose grid follows moving averages of the extremes, in one op.

    Args:
        observer: MovingAverageMinMaxObserver or MovingAveragePerChannelMinMaxObserver.
        quant_min, quant_max: the integers to use.
        observer_kwargs: arguments of the observer.

    Raises AssertionError for other observers.
    """

    def __init__(
        self, observer=MovingAverageMinMaxObserver, quant_min: int = 0, quant_max: int = 255, **observer_kwargs
    ):
        super().__init__(observer, quant_min, quant_max, **observer_kwargs)
        if not isinstance(
            self.activation_post_process, (MovingAverageMinMaxObserver, MovingAveragePerChannelMinMaxObserver)
        ):
            raise AssertionError("Fused observer+fake_quant module only works with MovingAverageMinMaxObserver")
        for name in ("fake_quant_enabled", "observer_enabled"):
            self.register_buffer(name, torch.tensor([1], dtype=torch.int64))
        self.is_symmetric_quant = self.qscheme in SYMMETRIC

    def forward(self, X):
        watcher = self.activation_post_process
        return torch.fused_moving_avg_obs_fake_quant(
            X, self.observer_enabled, self.fake_quant_enabled, watcher.min_val, watcher.max_val, self.scale,
            self.zero_point, watcher.averaging_constant, watcher.quant_min, watcher.quant_max, self.ch_axis,
            self.is_per_channel, self.is_symmetric_quant,
        )  # fmt: skip

    def extra_repr(self) -> str:
        watcher = self.activation_post_process
        return (
            f"{self._switches()}, scale={self.scale}, zero_point={self.zero_point}, dtype={self.dtype}, "
            f"quant_min={watcher.quant_min}, quant_max={watcher.quant_max}, qscheme={self.qscheme}, "
            f"reduce_range={watcher.reduce_range}"
        )


# ------------------------------------------------------------------ the usual ones
default_fake_quant = FakeQuantize.with_args(
    observer=MovingAverageMinMaxObserver, quant_min=0, quant_max=255, dtype=torch.quint8,
    qscheme=torch.per_tensor_affine, reduce_range=True,
)  # fmt: skip
default_weight_fake_quant = FakeQuantize.with_args(
    observer=MovingAverageMinMaxObserver, quant_min=-128, quant_max=127, dtype=torch.qint8,
    qscheme=torch.per_tensor_symmetric, reduce_range=False,
)  # fmt: skip
default_dynamic_fake_quant = FakeQuantize.with_args(
    observer=MovingAverageMinMaxObserver, quant_min=0, quant_max=255, is_dynamic=True, dtype=torch.quint8,
    averaging_constant=1,
)  # fmt: skip
default_fixed_qparams_range_neg1to1_fake_quant = FixedQParamsFakeQuantize.with_args(
    observer=default_fixed_qparams_range_neg1to1_observer
)
default_fixed_qparams_range_0to1_fake_quant = FixedQParamsFakeQuantize.with_args(
    observer=default_fixed_qparams_range_0to1_observer
)
default_symmetric_fixed_qparams_fake_quant = default_fixed_qparams_range_neg1to1_fake_quant
default_affine_fixed_qparams_fake_quant = default_fixed_qparams_range_0to1_fake_quant
default_per_channel_weight_fake_quant = FakeQuantize.with_args(
    observer=MovingAveragePerChannelMinMaxObserver, quant_min=-128, quant_max=127, dtype=torch.qint8,
    qscheme=torch.per_channel_symmetric, reduce_range=False, ch_axis=0,
)  # fmt: skip
default_embedding_fake_quant = FakeQuantize.with_args(
    observer=MovingAveragePerChannelMinMaxObserver, qscheme=torch.per_channel_affine_float_qparams,
    dtype=torch.quint8, quant_min=0, quant_max=255, ch_axis=0, averaging_constant=1,
)  # fmt: skip
default_embedding_fake_quant_4bit = FakeQuantize.with_args(
    observer=MovingAveragePerChannelMinMaxObserver, qscheme=torch.per_channel_affine_float_qparams, ch_axis=0,
    dtype=torch.quint4x2, averaging_constant=1,
)  # fmt: skip
default_histogram_fake_quant = FakeQuantize.with_args(
    observer=HistogramObserver, quant_min=0, quant_max=255, dtype=torch.quint8, qscheme=torch.per_tensor_affine,
    reduce_range=True,
)  # fmt: skip
default_fused_act_fake_quant = FusedMovingAvgObsFakeQuantize.with_args(
    observer=MovingAverageMinMaxObserver, quant_min=0, quant_max=255, dtype=torch.quint8
)
default_fused_wt_fake_quant = FusedMovingAvgObsFakeQuantize.with_args(
    observer=MovingAverageMinMaxObserver, quant_min=-128, quant_max=127, dtype=torch.qint8,
    qscheme=torch.per_tensor_symmetric,
)  # fmt: skip
default_fused_per_channel_wt_fake_quant = FusedMovingAvgObsFakeQuantize.with_args(
    observer=MovingAveragePerChannelMinMaxObserver, quant_min=-128, quant_max=127, dtype=torch.qint8,
    qscheme=torch.per_channel_symmetric,
)  # fmt: skip
fused_wt_fake_quant_range_neg_127_to_127 = FusedMovingAvgObsFakeQuantize.with_args(
    observer=MovingAverageMinMaxObserver, quant_min=-127, quant_max=127, dtype=torch.qint8,
    qscheme=torch.per_tensor_symmetric, eps=2**-12,
)  # fmt: skip
fused_per_channel_wt_fake_quant_range_neg_127_to_127 = FusedMovingAvgObsFakeQuantize.with_args(
    observer=MovingAveragePerChannelMinMaxObserver, quant_min=-127, quant_max=127, dtype=torch.qint8,
    qscheme=torch.per_channel_symmetric, eps=2**-12,
)  # fmt: skip


# ------------------------------------------------------------------ switches of a whole network
def disable_fake_quant(mod) -> None:
    """Lets a module's results be the numbers as they come; for `model.apply`."""
    if isinstance(mod, FakeQuantizeBase):
        mod.disable_fake_quant()


def enable_fake_quant(mod) -> None:
    """Puts a module's results on the grid; for `model.apply`."""
    if isinstance(mod, FakeQuantizeBase):
        mod.enable_fake_quant()


def disable_observer(mod) -> None:
    """Lets a module's grid stay; for `model.apply`."""
    if isinstance(mod, FakeQuantizeBase):
        mod.disable_observer()


def enable_observer(mod) -> None:
    """Lets a module's grid follow what it sees; for `model.apply`."""
    if isinstance(mod, FakeQuantizeBase):
        mod.enable_observer()


__all__ = [
    "FakeQuantize", "FakeQuantizeBase", "FixedQParamsFakeQuantize", "FusedMovingAvgObsFakeQuantize",
    "default_affine_fixed_qparams_fake_quant", "default_dynamic_fake_quant", "default_embedding_fake_quant",
    "default_embedding_fake_quant_4bit", "default_fake_quant", "default_fixed_qparams_range_0to1_fake_quant",
    "default_fixed_qparams_range_neg1to1_fake_quant", "default_fused_act_fake_quant",
    "default_fused_per_channel_wt_fake_quant", "default_fused_wt_fake_quant", "default_histogram_fake_quant",
    "default_per_channel_weight_fake_quant", "default_symmetric_fixed_qparams_fake_quant", "default_weight_fake_quant",
    "disable_fake_quant", "disable_observer", "enable_fake_quant", "enable_observer",
    "fused_per_channel_wt_fake_quant_range_neg_127_to_127", "fused_wt_fake_quant_range_neg_127_to_127",
]  # fmt: skip
