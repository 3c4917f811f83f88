"""Resampling by filters: interpolation, and antialiased scaling, whose windows grow as the image shrinks.

Along one axis, each new pixel is a weighted sum of a window of old ones: a table says which, and how much of each.
Tables depend on sizes alone and are made on the host, so that a program for images of a new size is as short as can be.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ... import Tensor, float64, int32, is_grad_enabled, uint8
from ...ops.filtering import Table, filter_along, transposed


# ------------------------------------------------------------------ filters, by the distance in pixels
def _triangle(x: np.ndarray) -> np.ndarray:
    return np.maximum(1 - np.abs(x), 0)


def _cubic(a: float) -> Callable[[np.ndarray], np.ndarray]:
    """Piecewise cubic with slope `a` at distance 1 (Keys, 1981)."""

    def filter(x: np.ndarray) -> np.ndarray:
        x = np.abs(x)
        near = ((a + 2) * x - (a + 3)) * x * x + 1
        far = ((x - 5) * x + 8) * x * a - 4 * a
        return np.where(x < 1, near, np.where(x < 2, far, 0.0))

    return filter


def _lanczos(x: np.ndarray) -> np.ndarray:
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)


_ANTIALIAS = {"bilinear": (1.0, _triangle), "bicubic": (2.0, _cubic(-0.5)), "lanczos": (3.0, _lanczos)}


# ------------------------------------------------------------------ windows
def _taps(old: int, size: int, scale: float, align_corners: bool, mode: str, antialias: bool) -> tuple:
    """The pixels that go into each of `size` new ones, and their weights: two arrays (size, length of a window). No
    weights where a window is a pixel as it is."""
    if antialias:
        return _grown_window(old, size, scale, *_ANTIALIAS[mode])
    if mode in ("nearest", "nearest-exact"):
        return _nearest(old, size, scale, 0.5 if mode == "nearest-exact" else 0.0), None
    i = np.arange(size, dtype=np.float64)
    place = i * scale if align_corners else (i + 0.5) * scale - 0.5
    if mode == "bicubic":
        pixels = np.floor(place)[:, None] + np.arange(-1, 3)
        weights = _cubic(-0.75)(place[:, None] - pixels)
    else:
        place = np.maximum(place, 0)
        pixels = np.floor(place)[:, None] + np.arange(2)
        weights = _triangle(place[:, None] - pixels)
    return pixels.astype(np.int64).clip(0, old - 1), weights


def _nearest(old: int, size: int, scale: float, centre: float) -> np.ndarray:
    """The pixel nearest to each new one; in float32, as PyTorch computes it: which that is depends on the rounding."""
    place = (np.arange(size, dtype=np.float32) + np.float32(centre)) * np.float32(scale)
    return np.floor(place)[:, None].astype(np.int64).clip(0, old - 1)


def _grown_window(old: int, size: int, scale: float, radius: float, filter) -> tuple:
    """Windows of a filter that is as wide as the scale wants, cut off at the image's edges."""
    width = max(scale, 1.0)
    centre = ((np.arange(size, dtype=np.float64) + 0.5) * scale)[:, None]
    start = np.maximum(np.floor(centre - radius * width + 0.5), 0)
    end = np.minimum(np.floor(centre + radius * width + 0.5), old)
    pixels = start + np.arange(2 * math.ceil(radius * width) + 1)
    weights = np.where(pixels < end, filter((pixels - centre + 0.5) / width), 0.0)
    return pixels.astype(np.int64).clip(0, old - 1), weights / weights.sum(1, keepdims=True)


class _Bytes(NamedTuple):
    """Windows as tensors: which pixels, one window after the other; the weights (size, length of a window), whole
    numbers with a number of binary places."""

    pixels: Tensor
    weights: Tensor
    places: int


@functools.lru_cache(maxsize=128)
def _bytes_table(*how) -> _Bytes:
    pixels, weights = _taps(*how)
    weights = _merged(pixels, weights)
    places = _precision(float(weights.max()))
    scaled = weights * 2**places
    weights = np.where(scaled < 0, np.ceil(scaled - 0.5), np.floor(scaled + 0.5)).astype(np.int32)
    return _Bytes(Tensor.from_array(pixels.reshape(-1)), Tensor.from_array(weights), places)


@functools.lru_cache(maxsize=128)
def _table(kind: type, *how) -> Table:
    pixels, weights = _taps(*how)
    return Table(Tensor.from_array(pixels), None if weights is None else Tensor.from_array(weights.astype(kind)))


@functools.lru_cache(maxsize=128)
def _back_table(kind: type, *how) -> Table:
    """The table of the gradient."""
    pixels, weights = _taps(*how)
    pixels, weights = transposed(pixels, weights, how[0])
    return Table(Tensor.from_array(pixels), Tensor.from_array(weights.astype(kind)))


def _merged(pixels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weights, which are to be rounded, with those of a pixel that an edge repeats in a window put together."""
    same = pixels[:, :, None] == pixels[:, None, :]
    is_first = ~np.tril(same, -1).any(2)
    return (weights[:, None, :] * same).sum(2) * is_first


def _precision(largest: float) -> int:
    """With how many binary places weights fit 16 bits, in which PyTorch filters bytes."""
    return next(bits for bits in range(22) if bits == 21 or largest * 2 ** (bits + 1) + 0.5 >= 1 << 15)


# ------------------------------------------------------------------ sums
def filtered(
    input: Tensor, axis: int, size: int, scale: float, align_corners: bool, mode: str, antialias: bool
) -> Tensor:
    """The input with another size along one axis."""
    if size == input.size(axis) and "linear" in mode and not antialias and input.dtype is not uint8:
        return input
    if axis == input.dim() - 1:  # whole rows are taken and added much faster than pixels here and there
        turned = input.transpose(-1, -2).contiguous()
        return filtered(turned, axis - 1, size, scale, align_corners, mode, antialias).transpose(-1, -2).contiguous()
    how = (input.size(axis), size, scale, align_corners, mode, antialias)
    if input.dtype is uint8 and "nearest" not in mode:
        return _of_bytes(input, axis, _bytes_table(*how))
    kind = np.float64 if input.dtype is float64 else np.float32
    differentiable = input.level is not None or (input.requires_grad and is_grad_enabled())
    back = _back_table(kind, *how) if differentiable else None
    return filter_along(input, axis, _table(kind, *how), back)


def _of_bytes(input: Tensor, axis: int, table: _Bytes) -> Tensor:
    windows = input.index_select(axis, table.pixels).unflatten(axis, tuple(table.weights.shape))
    weights = table.weights.reshape(*table.weights.shape, *[1] * (input.dim() - axis - 1))
    total = (windows.to(int32) * weights).sum(axis + 1, dtype=int32)
    return ((total + (1 << table.places >> 1)) >> table.places).clamp(0, 255).to(uint8)
