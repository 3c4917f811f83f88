"""The transforms of published weights: from an image to what the network was trained on."""

from __future__ import annotations

from typing import Any

import flambeau as torch
from flambeau import nn

from . import functional as F
from .functional import InterpolationMode

_IMAGE_MEAN, _IMAGE_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_ACCEPTED = "Accepts ``PIL.Image``, batched ``(B, C, H, W)`` and single ``(C, H, W)`` image ``torch.Tensor`` objects. "


class _Preset(nn.Module):
    """A transform that prints its arguments, one a line."""

    shown: tuple[str, ...] = ()

    def __repr__(self) -> str:
        lines = "".join(f"\n    {name}={getattr(self, name)}" for name in self.shown)
        return f"{type(self).__name__}({lines}\n)" if lines else f"{type(self).__name__}()"


def _as_floats(img: Any) -> torch.Tensor:
    """A tensor of 0 to 1 of an image."""
    return F.convert_image_dtype(img if isinstance(img, torch.Tensor) else F.pil_to_tensor(img), torch.float)


class ObjectDetection(_Preset):
    """Makes a tensor of 0 to 1 of an image."""

    def forward(self, img: Any) -> torch.Tensor:
        return _as_floats(img)

    def describe(self) -> str:
        """What goes in and what is done, in words."""
        return f"{_ACCEPTED}The images are rescaled to ``[0.0, 1.0]``."


class ImageClassification(_Preset):
    """Resizes an image, cuts its middle out and normalises it.

    Args:
        crop_size: height and width of the middle.
        resize_size: what the shorter side is made.
        mean: what is subtracted of each channel.
        std: what each channel is divided by.
        interpolation: how the image is resized.
        antialias: as of `resize`.
    """

    shown = ("crop_size", "resize_size", "mean", "std", "interpolation")

    def __init__(
        self,
        *,
        crop_size: int,
        resize_size: int = 256,
        mean: tuple[float, ...] = _IMAGE_MEAN,
        std: tuple[float, ...] = _IMAGE_STD,
        interpolation: InterpolationMode = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        self.crop_size, self.resize_size = [crop_size], [resize_size]
        self.mean, self.std = list(mean), list(std)
        self.interpolation, self.antialias = interpolation, antialias

    def forward(self, img: Any) -> torch.Tensor:
        img = F.resize(img, self.resize_size, interpolation=self.interpolation, antialias=self.antialias)
        return F.normalize(_as_floats(F.center_crop(img, self.crop_size)), mean=self.mean, std=self.std)

    def describe(self) -> str:
        """What goes in and what is done, in words."""
        return (
            f"{_ACCEPTED}The images are resized to ``resize_size={self.resize_size}`` using "
            f"``interpolation={self.interpolation}``, followed by a central crop of ``crop_size={self.crop_size}``. "
            f"Finally the values are first rescaled to ``[0.0, 1.0]`` and then normalized using ``mean={self.mean}`` "
            f"and ``std={self.std}``."
        )


class SemanticSegmentation(_Preset):
    """Resizes an image and normalises it.

    Args:
        resize_size: what the shorter side is made; None leaves the size.
        mean: what is subtracted of each channel.
        std: what each channel is divided by.
        interpolation: how the image is resized.
        antialias: as of `resize`.
    """

    shown = ("resize_size", "mean", "std", "interpolation")

    def __init__(
        self,
        *,
        resize_size: int | None,
        mean: tuple[float, ...] = _IMAGE_MEAN,
        std: tuple[float, ...] = _IMAGE_STD,
        interpolation: InterpolationMode = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        self.resize_size = None if resize_size is None else [resize_size]
        self.mean, self.std = list(mean), list(std)
        self.interpolation, self.antialias = interpolation, antialias

    def forward(self, img: Any) -> torch.Tensor:
        if self.resize_size is not None:
            img = F.resize(img, self.resize_size, interpolation=self.interpolation, antialias=self.antialias)
        return F.normalize(_as_floats(img), mean=self.mean, std=self.std)

    def describe(self) -> str:
        """What goes in and what is done, in words."""
        return (
            f"{_ACCEPTED}The images are resized to ``resize_size={self.resize_size}`` using "
            f"``interpolation={self.interpolation}``. Finally the values are first rescaled to ``[0.0, 1.0]`` and then "
            f"normalized using ``mean={self.mean}`` and ``std={self.std}``."
        )
