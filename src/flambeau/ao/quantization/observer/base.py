"""What all observers have in common: how QConfigs name them, and the scale and zero point of a range."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial

import flambeau as torch
from flambeau import nn

from ..utils import SYMMETRIC, calculate_qmin_qmax, check_min_max_valid, scales_of_range, validate_qmin_qmax

EPS = torch.finfo(torch.float32).eps
_SCHEMES = (
    torch.per_tensor_affine, torch.per_tensor_symmetric, torch.per_channel_affine, torch.per_channel_symmetric,
    torch.per_channel_affine_float_qparams,
)  # fmt: skip
_TYPES = (
    torch.qint8, torch.quint8, torch.quint4x2, torch.qint32, torch.int8, torch.uint8, torch.int16, torch.int32,
    torch.float8_e5m2, torch.float8_e4m3fn, torch.uint16,
)  # fmt: skip


class _PartialWrapper:
    """A class with some of its arguments, as QConfig wants them.

    Args:
        p: the class, or a `functools.partial` of one.
    """

    def __init__(self, p):
        self.p = p
        self.callable_args: dict = {}

    def __call__(self, *args, **keywords):
        made = {name: make() for name, make in self.callable_args.items() if name not in keywords}
        return self.p(*args, **keywords, **made)

    def with_args(self, **kwargs) -> _PartialWrapper:
        """The same with more arguments."""
        return _PartialWrapper(partial(self, **kwargs))

    def with_callable_args(self, **kwargs) -> _PartialWrapper:
        """The same with arguments that are computed, by calls without arguments, when an observer is made."""
        made = _PartialWrapper(self.p)
        made.callable_args = {**self.callable_args, **kwargs}
        return made

    def __repr__(self):
        return f"{self.p!r}{self.callable_args!r}"


class Watching:
    """Tells `_is_activation_post_process` that a module watches a layer's results."""


def _is_activation_post_process(module) -> bool:
    return isinstance(module, Watching)


class ObserverBase(Watching, ABC, nn.Module):
    """What watches numbers.

    Args:
        dtype: the type of the integers.
        is_dynamic: whether a scale is chosen at each call.
    """

    def __init__(self, dtype, is_dynamic: bool = False):
        super().__init__()
        self.dtype, self.is_dynamic = dtype, is_dynamic

    @abstractmethod
    def forward(self, x):
        """Looks at numbers, and returns them."""

    @abstractmethod
    def calculate_qparams(self, **kwargs):
        """The scale and the zero point."""

    @classmethod
    def with_args(cls, **kwargs) -> _PartialWrapper:
        """The class with some of its arguments."""
        return _PartialWrapper(partial(cls, **kwargs))

    @classmethod
    def with_callable_args(cls, **kwargs) -> _PartialWrapper:
        """The class with arguments that are computed when an observer is made."""
        return _PartialWrapper(partial(cls)).with_callable_args(**kwargs)


class UniformQuantizationObserverBase(ObserverBase):
    """What the observers of ranges have in common.

    Args:
        dtype: the type of the integers.
        qscheme: whether there is a scale for each channel, and whether ranges are about zero.
        reduce_range: whether to use half of the integers.
        quant_min, quant_max: the integers to use, instead of those of the type.
        eps: the least scale.

    Raises AssertionError for types and schemes that are not for observers, and where the integers leave out zero.
    """

    _version = 3
    eps: torch.Tensor
    min_val: torch.Tensor
    max_val: torch.Tensor

    def __init__(
        self, dtype=torch.quint8, qscheme=torch.per_tensor_affine, reduce_range=False, quant_min=None, quant_max=None,
        factory_kwargs=None, eps=EPS, is_dynamic=False, **kwargs,
    ):  # fmt: skip
        super().__init__(dtype=dtype, is_dynamic=is_dynamic, **kwargs)
        if qscheme not in _SCHEMES:
            raise AssertionError(
                "Default Observer only works for per_tensor_affine, per_tensor_symmetric, per_channel_affine, "
                "per_channel_symmetric and per_channel_float_qparams quantization scheme"
            )
        if dtype not in _TYPES:
            raise AssertionError(f"Default Observer only works for {_TYPES} data type")
        self.qscheme, self.reduce_range = qscheme, reduce_range
        self.factory = torch.nn.factory_kwargs(factory_kwargs)
        self.register_buffer("eps", torch.tensor([eps], **self.factory))
        self.has_customized_qrange = quant_min is not None and quant_max is not None
        if self.has_customized_qrange:
            validate_qmin_qmax(quant_min, quant_max)
        self.quant_min, self.quant_max = calculate_qmin_qmax(
            quant_min, quant_max, self.has_customized_qrange, dtype, reduce_range
        )

    def _watch_nothing_yet(self, low: torch.Tensor, high: torch.Tensor) -> None:
        """Registers what the range is before anything was seen."""
        self.register_buffer("min_val", low)
        self.register_buffer("max_val", high)
        if self.reduce_range and self.dtype is torch.quint8 and self.qscheme in SYMMETRIC:
            raise NotImplementedError("Cannot reduce range for symmetric quantization for quint8")

    def _calculate_qparams(self, min_val: torch.Tensor, max_val: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The scale (channels,) and the zero point (channels,) of a range; one channel where there is one for all."""
        if not check_min_max_valid(min_val, max_val):
            return torch.tensor([1.0]), torch.tensor([0])
        return scales_of_range(
            min_val, max_val, self.quant_min, self.quant_max, self.dtype, self.eps, self.has_customized_qrange,
            self.qscheme,
        )  # fmt: skip

    def calculate_qparams(self):
        """The scale (channels,) and the zero point (channels,); one channel where there is one for all."""
        return self._calculate_qparams(self.min_val, self.max_val)

    def extra_repr(self) -> str:
        return f"min_val={self.min_val}, max_val={self.max_val}"

    def reset_min_max_vals(self) -> None:
        """Forgets what was seen."""
        raise NotImplementedError("Cannot reset min/max values in the given observer.")

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, *args):
        if local_metadata.get("version") in (None, 1):  # these files have no least scale
            state_dict[prefix + "eps"] = torch.tensor([EPS])
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *args)
