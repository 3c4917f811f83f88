"""a * b + c of NumPy arrays, rounded once, as processors' fused multiply-add does and NumPy does not.

The sum of an exact product and c is first rounded to odd: what is inexact gets an odd last bit, so that the second
rounding goes the right way (S. Boldo and G. Melquiond, Emulation of FMA and correctly rounded sums, 2008).
"""

from __future__ import annotations

import math
import struct

import numpy as np


def fma32(a, b, c) -> np.ndarray:
    """a * b + c of a float32 array and float32 numbers, results far from underflow; the product is exact in float64."""
    product = np.multiply(a, b, dtype=np.float64)
    total = product + np.float64(c)
    # Rounding twice goes wrong only where the first result lies in the middle of two float32 numbers.
    middle = np.flatnonzero(total.view(np.int64) & 0x1FFFFFFF == 0x10000000)
    total[middle] = _sum_rounded_to_odd(product[middle], np.float64(c))
    return total.astype(np.float32)


def nearest_float32(a: float, b: float) -> float:
    """a + b of two floats, rounded once, to float32."""
    total = a + b
    part = total - a
    error = (a - (total - part)) + (b - part)
    if error and not struct.pack("<d", total)[0] & 1:
        total = math.nextafter(total, math.copysign(math.inf, error))  # rounded to odd
    return float(np.float32(total))


def fma64(a, b, c) -> np.ndarray:
    """a * b + c of a float64 array and float64 numbers, far from overflow and underflow."""
    product, product_error = _two_product(np.asarray(a), np.float64(b))
    low, low_error = _two_sum(np.float64(c), product_error)
    high, high_error = _two_sum(product, low)
    return high + _sum_rounded_to_odd(low_error, high_error)


def _sum_rounded_to_odd(a, b) -> np.ndarray:
    total, error = _two_sum(a, b)
    bits = total.view(np.int64)
    away_from_zero = (error > 0) == (total > 0)
    inexact_and_even = (error != 0) & (bits & 1 == 0)
    return (bits + inexact_and_even * np.where(away_from_zero, 1, -1)).view(np.float64)


def _two_sum(a, b):
    total = np.asarray(a + b)
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _two_product(a, b):
    product = a * b
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(b)
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _halves(a):
    """a as the sum of two numbers of 26 bits, whose products are exact."""
    scaled = a * 134217729.0  # 2**27 + 1
    high = scaled - (scaled - a)
    return high, a - high
