"""Normal numbers from uniform ones, with the bits of PyTorch's CPU kernels.

In: uniform numbers in blocks of 16, of which the first 8 give radii and the other 8 angles. Out: 16 normal numbers a
block. The float32 formulas are exact sequences of float32 steps (`*`, `+`, `-` and `_fma`, each rounded once), so that
any implementation of those steps gives the same bits: here NumPy, where a fused step is computed in float64 and rounded
again. For none of the 2**24 uniform numbers that the formulas can meet does the first rounding show in the result.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

_f = np.float32
_BLOCK = 1 << 15  # elements that go through the formulas together: the intermediate arrays stay in the cache

# log(1 + x) = x - x**2 / 2 + x**3 P(x) on [sqrt(1/2) - 1, sqrt(2) - 1], highest power first
LOG = [_f(c) for c in (
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
    2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
)]  # fmt: skip
LN2_HIGH, LN2_LOW = _f(0.693359375), _f(-2.12194440e-4)
SQRT_HALF = _f(0.707106781186547524)

# pi / 4 in three pieces, so that whole multiples are subtracted without rounding; Taylor-like series in x**2
QUARTER_TURN = (_f(-0.78515625), _f(-2.4187564849853515625e-4), _f(-3.77489497744594108e-8))
FOUR_OVER_PI = _f(1.27323954473516)
COS = [_f(c) for c in (2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)]
SIN = [_f(c) for c in (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)]
TWO_PI = _f(2 * math.pi)


def _fma(a, b, c) -> np.ndarray:
    """a * b + c of float32 arrays: the product is exact in float64, the sum is rounded there and then to float32."""
    total = np.multiply(a, b, dtype=np.float64)
    total += c
    return total.astype(_f)


def _horner(coefficients, x) -> np.ndarray:
    result = coefficients[0]
    for c in coefficients[1:]:
        result = _fma(result, x, c)
    return result


def log(u: np.ndarray) -> np.ndarray:
    """Natural logarithm of float32 numbers in (0, 1], rounded as PyTorch's vector code does."""
    bits = u.view(np.int32)
    exponent = ((bits >> 23) - 126).astype(_f)
    m = ((bits & 0x7FFFFF) | 0x3F000000).view(_f)
    low = m < SQRT_HALF
    exponent -= low
    x = (m - _f(1)) + np.where(low, m, _f(0))
    z = x * x
    y = _fma(_horner(LOG, x) * x, z, exponent * LN2_LOW)
    y = _fma(z, _f(-0.5), y)
    return _fma(exponent, LN2_HIGH, x + y)


def sincos(angle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sine and cosine of float32 angles >= 0, rounded as PyTorch's vector code does."""
    octant = ((angle * FOUR_OVER_PI).astype(np.int32) + 1) & -2
    turns = octant.astype(_f)
    x = angle
    for piece in QUARTER_TURN:
        x = _fma(turns, piece, x)
    z = x * x
    cos = _fma(_horner(COS, z) * z, z, z * _f(-0.5)) + _f(1)
    sin = _horner(SIN, z) * z
    sin = _fma(sin, x, x)
    swap = (octant & 2) != 0
    sin, cos = np.where(swap, cos, sin), np.where(swap, sin, cos)
    return _negated(sin, octant & 4), _negated(cos, ~(octant - 2) & 4)


def _negated(x: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """-x where the mask is 4, x where it is 0."""
    return (x.view(np.int32) ^ (mask << 29)).view(_f)


def normal32(uniform: np.ndarray) -> np.ndarray:
    """Standard normal numbers from float32 uniform ones, 16 by 16."""
    result = np.empty_like(uniform)
    for start in range(0, uniform.size, _BLOCK):
        pairs = uniform[start : start + _BLOCK].reshape(-1, 2, 8)
        out = result[start : start + _BLOCK].reshape(-1, 2, 8)
        radius = np.sqrt(_f(-2) * log(_f(1) - pairs[:, 0]))
        sin, cos = sincos(TWO_PI * pairs[:, 1])
        np.multiply(radius, cos, out=out[:, 0])
        np.multiply(radius, sin, out=out[:, 1])
    return result


def normal64(uniform: np.ndarray) -> np.ndarray:
    """Standard normal numbers from float64 uniform ones, 16 by 16.

    PyTorch calls the C library's functions here, and so does Python's math module; NumPy has its own, with other bits.
    """
    pairs = uniform.reshape(-1, 2, 8)
    radius = np.sqrt(-2.0 * _each(math.log, 1.0 - pairs[:, 0]))
    angle = 2 * math.pi * pairs[:, 1]
    return np.stack([radius * _each(math.cos, angle), radius * _each(math.sin, angle)], axis=1).reshape(-1)


def normal_pair(u1: float, u2: float) -> tuple[float, float]:
    """Two standard normal numbers from two float64 uniform ones: PyTorch's path for less than 16 numbers."""
    radius = math.sqrt(-2.0 * math.log1p(-u2))
    angle = 2 * math.pi * u1
    return radius * math.cos(angle), radius * math.sin(angle)


def _each(function: Callable[[float], float], x: np.ndarray) -> np.ndarray:
    return np.fromiter(map(function, x.ravel().tolist()), np.float64, x.size).reshape(x.shape)
