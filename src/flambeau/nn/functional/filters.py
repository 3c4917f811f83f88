"""Resampling by filters: bicubic interpolation, and antialiased scaling, whose windows grow as the image shrinks.

Along one axis, each new pixel is a weighted sum of a window of old ones: `taps` says which, and how much of each.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ... import Tensor, arange, float64, uint8, where


# ------------------------------------------------------------------ filters, by the distance in pixels
def _triangle(x: Tensor) -> Tensor:
    return (1 - x.abs()).clamp(min=0)


def _cubic(a: float) -> Callable[[Tensor], Tensor]:
    """Piecewise cubic with slope `a` at distance 1 (Keys, 1981)."""

    def filter(x: Tensor) -> Tensor:
        x = x.abs()
        near = ((a + 2) * x - (a + 3)) * x * x + 1
        far = ((x - 5) * x + 8) * x * a - 4 * a
        return where(x < 1, near, where(x < 2, far, 0.0))

    return filter


def _lanczos(x: Tensor) -> Tensor:
    return where(x.abs() < 3, x.sinc() * (x / 3).sinc(), 0.0)


_ANTIALIAS = {"bilinear": (1.0, _triangle), "bicubic": (2.0, _cubic(-0.5)), "lanczos": (3.0, _lanczos)}


# ------------------------------------------------------------------ windows
def taps(old: int, size: int, scale: float, align_corners: bool, mode: str, antialias: bool) -> tuple[Tensor, Tensor]:
    """The pixels that go into each of `size` new ones, and their weights: two tensors (size, length of a window)."""
    if antialias:
        return _grown_window(old, size, scale, *_ANTIALIAS[mode])
    i = arange(size, dtype=float64)
    place = i * scale if align_corners else (i + 0.5) * scale - 0.5
    if mode == "bicubic":
        pixels = place.floor().unsqueeze(1) + arange(-1, 3)
        return pixels.long().clamp(0, old - 1), _cubic(-0.75)(place.unsqueeze(1) - pixels)
    pixels = place.clamp(min=0).floor().unsqueeze(1) + arange(2)
    return pixels.long().clamp(0, old - 1), _triangle(place.clamp(min=0).unsqueeze(1) - pixels)


def _grown_window(old: int, size: int, scale: float, radius: float, filter) -> tuple[Tensor, Tensor]:
    """Windows of a filter that is as wide as the scale wants, cut off at the image's edges."""
    width = max(scale, 1.0)
    centre = (arange(size, dtype=float64) + 0.5) * scale
    start = (centre - radius * width + 0.5).floor().clamp(min=0).unsqueeze(1)
    end = (centre + radius * width + 0.5).floor().clamp(max=old).unsqueeze(1)
    pixels = start + arange(2 * math.ceil(radius * width) + 1)
    weights = where(pixels < end, filter((pixels - centre.unsqueeze(1) + 0.5) / width), 0.0)
    return pixels.long().clamp(0, old - 1), weights / weights.sum(1, True)


# ------------------------------------------------------------------ sums
def filtered(input: Tensor, axis: int, pixels: Tensor, weights: Tensor) -> Tensor:
    """The input with another size along one axis, as `taps` says."""
    windows = input.index_select(axis, pixels.reshape(-1)).unflatten(axis, tuple(pixels.shape))
    weights = _merged(pixels, weights) if input.dtype is uint8 else weights
    weights = weights.reshape(*weights.shape, *[1] * (input.dim() - axis - 1))
    if input.dtype is not uint8:
        return (windows * weights.to(input.dtype)).sum(axis + 1)
    bits = _precision(float(weights.max()))
    total = (windows.to(float64) * (weights * 2**bits).round()).sum(axis + 1)
    return (total / 2**bits + 0.5).floor().clamp(0, 255).to(uint8)


def _merged(pixels: Tensor, weights: Tensor) -> Tensor:
    """Weights, which are to be rounded, with those of a pixel that an edge repeats in a window put together."""
    same = pixels.unsqueeze(2) == pixels.unsqueeze(1)
    is_first = ~same.tril(-1).any(2)
    return (weights.unsqueeze(1) * same).sum(2) * is_first


def _precision(largest: float) -> int:
    """With how many binary places weights fit 16 bits, in which PyTorch filters bytes."""
    return next(bits for bits in range(22) if bits == 21 or largest * 2 ** (bits + 1) + 0.5 >= 1 << 15)
