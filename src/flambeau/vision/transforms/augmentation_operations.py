"""The operations of augmentation policies: what each does by the functionals of either generation, and how strongly."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from ... import Tensor, arange, get_default_dtype, linspace

COLOURS = ("Brightness", "Color", "Contrast", "Sharpness")


def operations(F: Any) -> dict[str, Callable]:
    """What each operation does by the functionals of a module: (image, magnitude, how pixels are found) -> image."""

    def sheared(image, x: float, y: float, how: dict):
        degrees = [math.degrees(math.atan(tangent)) for tangent in (x, y)]
        return F.affine(image, 0.0, [0, 0], 1.0, degrees, center=[0, 0], **how)

    def moved(image, x: float, y: float, how: dict):
        return F.affine(image, 0.0, [int(x), int(y)], 1.0, [0.0, 0.0], **how)

    return {
        "Identity": lambda image, m, how: image,
        "ShearX": lambda image, m, how: sheared(image, m, 0.0, how),
        "ShearY": lambda image, m, how: sheared(image, 0.0, m, how),
        "TranslateX": lambda image, m, how: moved(image, m, 0, how),
        "TranslateY": lambda image, m, how: moved(image, 0, m, how),
        "Rotate": lambda image, m, how: F.rotate(image, m, **how),
        "Brightness": lambda image, m, how: F.adjust_brightness(image, 1.0 + m),
        "Color": lambda image, m, how: F.adjust_saturation(image, 1.0 + m),
        "Contrast": lambda image, m, how: F.adjust_contrast(image, 1.0 + m),
        "Sharpness": lambda image, m, how: F.adjust_sharpness(image, 1.0 + m),
        "Posterize": lambda image, m, how: F.posterize(image, int(m)),
        "Solarize": lambda image, m, how: F.solarize(image, m),
        "AutoContrast": lambda image, m, how: F.autocontrast(image),
        "Equalize": lambda image, m, how: F.equalize(image),
        "Invert": lambda image, m, how: F.invert(image),
    }


# ------------------------------------------------------------------ magnitudes
@functools.lru_cache(maxsize=256)
def _steps(first: float, last: float, bins: int, dtype) -> Tensor:
    return linspace(first, last, bins, dtype=dtype)


@functools.lru_cache(maxsize=64)
def _bits(most: int, fewer: int, bins: int) -> Tensor:
    """How many bits are kept, from the most to `fewer` fewer."""
    return most - (arange(bins) / ((bins - 1) / fewer)).round().int()


ONLY_ONE: tuple[Callable, bool] = ((lambda bins, height, width: None), False)


def _space(shear: float, x: Callable, y: Callable, degrees: float, factor: float, kept: tuple, white: float) -> dict:
    """Of each operation its magnitudes, a function of (how many, height, width), and whether a sign is drawn as well.

    Args:
        shear, degrees, factor: the largest of shears, rotations and changes of colour.
        x, y: functions of an image's height and width that give the largest moves.
        kept: how many bits are kept at most, and how many fewer at the least.
        white: the brightest pixel.
    """

    def between(first: Callable, last: Callable) -> Callable:
        return lambda bins, *size: _steps(first(*size), last(*size), bins, get_default_dtype())

    limits = {"ShearX": _always(shear), "ShearY": _always(shear), "TranslateX": x, "TranslateY": y}
    limits |= {"Rotate": _always(degrees), **dict.fromkeys(COLOURS, _always(factor))}
    return {
        **{name: (between(_always(0.0), limit), True) for name, limit in limits.items()},
        "Posterize": ((lambda bins, *size: _bits(*kept, bins)), False),
        "Solarize": (between(_always(white), _always(0.0)), False),
        "AutoContrast": ONLY_ONE,
        "Equalize": ONLY_ONE,
    }


def _always(limit: float) -> Callable:
    return lambda height, width: limit


def imagenet_space(white: float) -> dict:
    """The magnitudes that were found for ImageNet."""
    x, y = (lambda height, width: 150.0 / 331.0 * width), (lambda height, width: 150.0 / 331.0 * height)
    return _space(0.3, x, y, 30.0, 0.9, (8, 4), white)


def wide_space(white: float) -> dict:
    """Magnitudes of which one is drawn."""
    return _space(0.99, _always(32.0), _always(32.0), 135.0, 0.99, (8, 6), white)


def mixed_space(white: float, colours: bool) -> dict:
    """The magnitudes of chains that are mixed, with or without those of colours, which come last."""
    x, y = (lambda height, width: width / 3.0), (lambda height, width: height / 3.0)
    every = _space(0.3, x, y, 30.0, 0.9, (4, 4), white)
    rest = {name: magnitudes for name, magnitudes in every.items() if name not in COLOURS}
    return rest | every if colours else rest
