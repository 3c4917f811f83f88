"""Floating-point numbers that NumPy has not, as bit patterns: bfloat16 and those of 8 bits.

In and out: arrays of patterns (uint16, uint8), and of the float32 numbers that they stand for. Numbers round to the
nearest one that there is, ties to the even pattern (the powers of two of e8m0fnu: upwards).
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np


class Format(NamedTuple):
    """Eight bits: a sign, the exponent, the rest of the significand.

    `largest` is the pattern of the largest number, `beyond` that of what is larger, `nan` that of no number. Where the
    pattern of -0 is no number, there is but one zero. A format of exponents alone has no sign and no zero.
    """

    exponent: int
    bias: int
    largest: int
    beyond: int
    nan: int


FORMATS = {
    "float8_e4m3fn": Format(4, 7, 0x7E, 0x7E, 0x7F),
    "float8_e4m3fnuz": Format(4, 8, 0x7F, 0x80, 0x80),
    "float8_e5m2": Format(5, 15, 0x7B, 0x7C, 0x7F),
    "float8_e5m2fnuz": Format(5, 16, 0x7F, 0x80, 0x80),
    "float8_e8m0fnu": Format(8, 127, 0xFE, 0xFF, 0xFF),
}


def unpacked(patterns: np.ndarray, name: str) -> np.ndarray:
    """The numbers, as float32, that patterns of the dtype of a name stand for."""
    if name == "bfloat16":
        return (patterns.astype(np.uint32) << np.uint32(16)).view(np.float32)
    return _numbers(name)[patterns]


def packed(numbers: np.ndarray, name: str) -> np.ndarray:
    """The patterns of the dtype of a name that stand for float32 numbers, rounded."""
    x = np.ascontiguousarray(numbers, dtype=np.float32).reshape(np.shape(numbers))
    return _bfloat16(x) if name == "bfloat16" else _nearest(x, name)


def _bfloat16(x: np.ndarray) -> np.ndarray:
    bits = x.view(np.uint32)
    nearest = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    return np.where(np.isnan(x), np.uint32(0x7FC0), nearest).astype(np.uint16)


@functools.cache
def _numbers(name: str) -> np.ndarray:
    """What each of the 256 patterns stands for."""
    form, pattern = FORMATS[name], np.arange(256)
    numbers = _magnitude(pattern if form.exponent == 8 else pattern & 0x7F, form)
    if form.exponent == 8:
        return np.where(pattern == form.nan, np.nan, numbers).astype(np.float32)
    numbers = np.where(pattern & 0x80, -numbers, numbers)
    if form.nan == 0x80:
        return np.where(pattern == form.nan, np.nan, numbers).astype(np.float32)
    numbers = np.where((pattern & 0x7F) > form.largest, np.nan, numbers)
    if form.beyond > form.largest:
        numbers = np.where(pattern == form.beyond, np.inf, np.where(pattern == form.beyond | 0x80, -np.inf, numbers))
    return np.copysign(numbers, np.where(pattern & 0x80, -1, 1)).astype(np.float32)  # NaN has a sign, too


def _magnitude(pattern: np.ndarray, form: Format) -> np.ndarray:
    """The sizes of numbers, of patterns without their sign."""
    bits = max(7 - form.exponent, 0)
    exponent, fraction = pattern >> bits, (pattern & ((1 << bits) - 1)) / (1 << bits)
    if not bits:
        return np.ldexp(1.0, exponent - form.bias)
    return np.where(exponent > 0, np.ldexp(1 + fraction, exponent - form.bias), np.ldexp(fraction, 1 - form.bias))


@functools.cache
def _middles(name: str) -> np.ndarray:
    """The numbers halfway between neighbours that are not negative, up to the one that would follow the largest."""
    form = FORMATS[name]
    sizes = _magnitude(np.arange(form.largest + 2), form)
    return (sizes[1:] + sizes[:-1]) / 2


def _nearest(x: np.ndarray, name: str) -> np.ndarray:
    form, middles = FORMATS[name], _middles(name)
    size = np.abs(x).astype(np.float64)
    pattern = np.searchsorted(middles, size, "right" if form.exponent == 8 else "left")
    tie = middles[np.minimum(pattern, form.largest)] == size
    pattern = pattern + (tie & (pattern % 2 == 1) & (form.exponent < 8))
    pattern = np.where(pattern > form.largest, form.beyond, pattern)
    if form.exponent == 8:
        return np.where(np.isfinite(x), pattern, form.nan).astype(np.uint8)
    sign = np.where(np.signbit(x), 0x80, 0)
    if form.nan == 0x80:
        return np.where(np.isfinite(x), pattern | np.where(pattern > 0, sign, 0), form.nan).astype(np.uint8)
    return (np.where(np.isnan(x), form.nan, pattern) | sign).astype(np.uint8)
