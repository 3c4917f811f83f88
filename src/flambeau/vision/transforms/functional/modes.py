"""The ways to find a pixel between pixels, by torchvision's names and by Pillow's numbers."""

from __future__ import annotations

from enum import Enum


class InterpolationMode(Enum):
    """How the colour of a point between pixels follows from those around it."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"  # this and the next two: Pillow images only
    HAMMING = "hamming"
    LANCZOS = "lanczos"


pil_modes_mapping = {
    InterpolationMode.NEAREST: 0,
    InterpolationMode.BILINEAR: 2,
    InterpolationMode.BICUBIC: 3,
    InterpolationMode.NEAREST_EXACT: 0,
    InterpolationMode.BOX: 4,
    InterpolationMode.HAMMING: 5,
    InterpolationMode.LANCZOS: 1,
}
_BY_NUMBER = {number: mode for mode, number in pil_modes_mapping.items() if mode is not InterpolationMode.NEAREST_EXACT}


def _interpolation_modes_from_int(i: int) -> InterpolationMode:
    """The mode that Pillow has under a number. Raises KeyError where it has none."""
    return _BY_NUMBER[i]


def checked_mode(interpolation) -> InterpolationMode:
    """A mode, given itself or by Pillow's number. Raises TypeError for anything else."""
    if isinstance(interpolation, int):
        return _interpolation_modes_from_int(interpolation)
    if not isinstance(interpolation, InterpolationMode):
        raise TypeError(
            "Argument interpolation should be a InterpolationMode or a corresponding Pillow integer constant"
        )
    return interpolation
