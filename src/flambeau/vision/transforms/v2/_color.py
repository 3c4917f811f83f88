"""Transforms of colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flambeau as torch

from ... import batch_steps as steps
from .. import transforms as first
from ..draws import happens, uniform
from . import functional as F
from ._transform import Transform, _RandomApplyTransform
from ._utils import query_chw


class Grayscale(Transform):
    """Images in shades of grey."""

    _v1_transform_cls = first.Grayscale
    _calls = (F.rgb_to_grayscale, "num_output_channels")

    def __init__(self, num_output_channels: int = 1):
        super().__init__()
        self.num_output_channels = num_output_channels

    def on_batch(self, kind):
        return steps.grey(kind, self.num_output_channels)


class RandomGrayscale(_RandomApplyTransform):
    """Images in shades of grey, of as many channels as before, with probability p."""

    _v1_transform_cls = first.RandomGrayscale

    def __init__(self, p: float = 0.1) -> None:
        super().__init__(p=p)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        return {"num_input_channels": query_chw(flat_inputs)[0]}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.rgb_to_grayscale, inpt, num_output_channels=params["num_input_channels"])


class RGB(Transform):
    """Images with three channels: grey ones are repeated."""

    _calls = (F.grayscale_to_rgb,)

    def __init__(self):
        super().__init__()


class ColorJitter(Transform):
    """Images with brightness, contrast, saturation and hue changed at random, in random order."""

    _v1_transform_cls = first.ColorJitter

    def __init__(
        self,
        brightness: float | Sequence[float] | None = None,
        contrast: float | Sequence[float] | None = None,
        saturation: float | Sequence[float] | None = None,
        hue: float | Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        self.brightness = self._check_input(brightness, "brightness")
        self.contrast = self._check_input(contrast, "contrast")
        self.saturation = self._check_input(saturation, "saturation")
        self.hue = self._check_input(hue, "hue", center=0, bound=(-0.5, 0.5), clip_first_on_zero=False)

    def _check_input(
        self,
        value: Any,
        name: str,
        center: float = 1.0,
        bound: tuple[float, float] = (0, float("inf")),
        clip_first_on_zero: bool = True,
    ) -> tuple[float, float] | None:
        if value is None:
            return None
        if isinstance(value, (int, float)):
            if value < 0:
                raise ValueError(f"If {name} is a single number, it must be non negative.")
            value = [center - value, center + value]
            if clip_first_on_zero:
                value[0] = max(value[0], 0.0)
        elif isinstance(value, Sequence) and len(value) == 2:
            value = [float(v) for v in value]
        else:
            raise TypeError(f"{name}={value} should be a single number or a sequence with length 2.")
        if not bound[0] <= value[0] <= value[1] <= bound[1]:
            raise ValueError(f"{name} values should be between {bound} and increasing, but got {value}.")
        return None if value[0] == value[1] == center else (float(value[0]), float(value[1]))

    @staticmethod
    def _generate_value(left: float, right: float) -> float:
        return uniform(left, right)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        order = torch.randperm(4)
        ranges = {name: getattr(self, name) for name in ("brightness", "contrast", "saturation", "hue")}
        factors = {
            f"{name}_factor": None if limits is None else self._generate_value(*limits)
            for name, limits in ranges.items()
        }
        return {"fn_idx": order, **factors}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        for k in params["fn_idx"].tolist():
            functional, name = _ADJUSTMENTS[k]
            if params[name] is not None:
                inpt = self._call_kernel(functional, inpt, **{name: params[name]})
        return inpt


_ADJUSTMENTS = (
    (F.adjust_brightness, "brightness_factor"),
    (F.adjust_contrast, "contrast_factor"),
    (F.adjust_saturation, "saturation_factor"),
    (F.adjust_hue, "hue_factor"),
)


class RandomChannelPermutation(Transform):
    """Images with their channels in random order."""

    _calls = (F.permute_channels,)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        return {"permutation": torch.randperm(query_chw(flat_inputs)[0])}


class RandomPhotometricDistort(Transform):
    """Images with brightness, contrast, saturation, hue and channels changed, each or not (arXiv:1512.02325).

    Args:
        brightness: the least and the largest factor.
        contrast: likewise.
        saturation: likewise.
        hue: likewise.
        p: the probability of each change.
    """

    def __init__(
        self,
        brightness: tuple[float, float] = (0.875, 1.125),
        contrast: tuple[float, float] = (0.5, 1.5),
        saturation: tuple[float, float] = (0.5, 1.5),
        hue: tuple[float, float] = (-0.05, 0.05),
        p: float = 0.5,
    ):
        super().__init__()
        self.brightness = brightness
        self.contrast = contrast
        self.hue = hue
        self.saturation = saturation
        self.p = p

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        channels = query_chw(flat_inputs)[0]
        params: dict[str, Any] = {
            f"{name}_factor": ColorJitter._generate_value(*getattr(self, name)) if happens(self.p) else None
            for name in ("brightness", "contrast", "saturation", "hue")
        }
        params["contrast_before"] = happens(0.5)
        params["channel_permutation"] = torch.randperm(channels) if happens(self.p) else None
        return params

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        brightness, contrast, saturation, hue = _ADJUSTMENTS
        middle = [contrast, saturation, hue] if params["contrast_before"] else [saturation, hue, contrast]
        for functional, name in [brightness, *middle]:
            if params[name] is not None:
                inpt = self._call_kernel(functional, inpt, **{name: params[name]})
        if params["channel_permutation"] is not None:
            inpt = self._call_kernel(F.permute_channels, inpt, permutation=params["channel_permutation"])
        return inpt


class RandomEqualize(_RandomApplyTransform):
    """Images with all shades about equally often, with probability p."""

    _v1_transform_cls = first.RandomEqualize
    _calls = (F.equalize,)


class RandomInvert(_RandomApplyTransform):
    """Images with black for white, with probability p."""

    _v1_transform_cls = first.RandomInvert
    _calls = (F.invert,)


class RandomPosterize(_RandomApplyTransform):
    """Images with fewer shades, or unchanged."""

    _v1_transform_cls = first.RandomPosterize
    _calls = (F.posterize, "bits")

    def __init__(self, bits: int, p: float = 0.5) -> None:
        super().__init__(p=p)
        self.bits = bits


class RandomSolarize(_RandomApplyTransform):
    """Images with their bright pixels inverted, or unchanged."""

    _v1_transform_cls = first.RandomSolarize
    _calls = (F.solarize, "threshold")

    def __init__(self, threshold: float, p: float = 0.5) -> None:
        super().__init__(p=p)
        self.threshold = threshold


class RandomAutocontrast(_RandomApplyTransform):
    """Images whose channels run from black to white, with probability p."""

    _v1_transform_cls = first.RandomAutocontrast
    _calls = (F.autocontrast,)


class RandomAdjustSharpness(_RandomApplyTransform):
    """Images with sharpness changed, or unchanged."""

    _v1_transform_cls = first.RandomAdjustSharpness
    _calls = (F.adjust_sharpness, "sharpness_factor")

    def __init__(self, sharpness_factor: float, p: float = 0.5) -> None:
        super().__init__(p=p)
        self.sharpness_factor = sharpness_factor
