"""The basic scalar functions in NumPy: the definition that the generated code is held against.

In: arrays of one dtype in computed form (16-bit floats as float32). Out: an array of that dtype, bool for comparisons.
Where NumPy has no such function, Python's math module or a double-precision formula stands in.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from .. import dtypes
from ..dtypes import dtype
from ..fma import fma64
from ..small_floats import packed, unpacked
from .composites import Composites

UFUNCS = {
    "sub": np.subtract, "div": np.divide, "abs": np.abs, "neg": np.negative,
    "maximum": np.maximum, "minimum": np.minimum, "copysign": np.copysign,
    "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal, "ne": np.not_equal,
    "and_": np.bitwise_and, "or_": np.bitwise_or, "xor": np.bitwise_xor, "not_": np.bitwise_not, "where": np.where,
    "exp": np.exp, "expm1": np.expm1, "log": np.log, "log2": np.log2, "log10": np.log10,
    "log1p": np.log1p, "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin,
    "acos": np.arccos, "atan": np.arctan, "atan2": np.arctan2, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
    "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
    "real": np.real, "imag": np.imag, "conj": np.conjugate, "angle": np.angle,
}  # fmt: skip
WHOLE = {"floor": np.floor, "ceil": np.ceil, "round": np.rint, "trunc": np.trunc}


class Arrays(Composites):
    """Scalar functions of NumPy arrays of a dtype."""

    def __init__(self, of: dtype):
        self.dtype = of

    def __getattr__(self, name: str):
        if name in UFUNCS:
            return UFUNCS[name]
        if name in WHOLE:
            return WHOLE[name] if self.dtype.is_floating_point else lambda x: x
        if name in SPECIAL:
            return partial(_by_element, SPECIAL[name])
        raise AttributeError(name)

    def const(self, value: float) -> np.ndarray:
        return np.array(value).astype(self.dtype.numpy)

    def _repeat(self, values, step):
        values = list(np.broadcast_arrays(*values))
        again = np.ones((), bool)
        while np.any(again):
            values, again = step(*values)
        return values

    def add(self, a, c):
        return np.add(a, c)

    def mul(self, a, c):
        return np.multiply(a, c)

    def fma(self, a, c, d):
        """Rounded once: float32's products are exact in float64."""
        if not self.dtype.is_floating_point:
            return a * c + d
        if self.dtype is not dtypes.float64:
            return (a.astype(np.float64) * c + d).astype(self.dtype.numpy)
        with np.errstate(all="ignore"):
            result = fma64(a, c, d)
            return np.where(np.isfinite(result), result, a * c + d)

    def truncdiv(self, a, c):
        if self.dtype.is_floating_point:
            return np.trunc(np.divide(a, c))
        quotient, rest = np.floor_divide(a, c), np.remainder(a, c)
        return np.where((rest != 0) & ((a < 0) != (c < 0)), quotient + self.const(1), quotient)

    def fmod(self, a, c):
        return np.fmod(a, c)

    def pow(self, a, c):
        plain = self.dtype.is_floating_point or self.dtype.is_complex
        return np.power(a, c) if plain else self._integer_power(a, c)

    def _integer_power(self, a, c):
        a, c = np.broadcast_arrays(a, c)
        base, exponent, result = a, np.maximum(c, 0), np.ones_like(a)
        while exponent.any():
            result = np.where(exponent & 1, result * base, result)
            base, exponent = base * base, exponent >> 1
        unit = np.where((a == 1) | ((a == -1) if self.dtype.is_signed else False), np.where(c & 1, a, 1), 0)
        return np.where(c < 0, unit, result).astype(a.dtype)

    def exp2(self, x):
        return np.exp(x * self.const(math.log(2))) if self.dtype.is_complex else np.exp2(x)

    def logaddexp(self, a, b):
        if not self.dtype.is_complex:
            return super().logaddexp(a, b)
        first = a.real >= b.real
        top, low = np.where(first, a, b), np.where(first, b, a)
        return np.where(np.isneginf(low.real), top, top + np.log1p(np.exp(low - top)))

    def complex(self, re, im):
        """Put together part by part: an infinite part leaves the other one as it is."""
        result = np.empty(np.broadcast_shapes(np.shape(re), np.shape(im)), self.dtype.to_complex().numpy)
        result.real, result.imag = re, im
        return result

    def shl(self, a, c):
        return np.where(self._far(c), 0, np.left_shift(a, np.where(self._far(c), 0, c))).astype(a.dtype)

    def shr(self, a, c):
        ends = -(a < 0).astype(a.dtype) if self.dtype.is_signed else np.zeros_like(a)
        return np.where(self._far(c), ends, np.right_shift(a, np.where(self._far(c), 0, c))).astype(a.dtype)

    def _far(self, c):
        return (c < 0) | (c >= 8 * self.dtype.itemsize)


def _by_element(function, x):
    """A function of Python floats, element by element in double precision."""
    x = np.asarray(x)
    results = np.array([function(float(v)) for v in x.ravel()], dtype=np.float64)
    return results.astype(x.dtype).reshape(x.shape)


def _lgamma(x: float) -> float:
    if math.isinf(x) or (x <= 0 and x == math.floor(x)):
        return math.inf
    return math.lgamma(x)


def _digamma(x: float) -> float:
    """Recurrence up to 10, then the asymptotic series; reflection below 0."""
    if math.isnan(x) or x == -math.inf or (x < 0 and x == math.floor(x)):
        return math.nan
    if x == 0 or x == math.inf:
        return -math.copysign(math.inf, x) if x == 0 else x
    if x < 0:
        fraction = x - math.floor(x)
        return _digamma(1 - x) - math.pi / math.tan(math.pi * fraction)
    shift = 0.0
    while x < 10:
        shift, x = shift - 1 / x, x + 1
    y = 1 / (x * x)
    terms = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12)
    series = 0.0
    for term in reversed(terms):
        series = (series + term) * y
    return shift + math.log(x) - 0.5 / x - series


def _erfinv(y: float) -> float:
    """Newton's method on erf; on erfc where y is near 1."""
    if not -1 < y < 1:
        return math.copysign(math.inf, y) if abs(y) == 1 else math.nan
    size, rest = abs(y), 1 - abs(y)
    w = -math.log(rest * (1 + size))
    x = math.sqrt(max(math.sqrt((4.33 + w / 2) ** 2 - w / 0.147) - 4.33 - w / 2, 0) if w < 0 else 0)
    x = math.sqrt(w) if w > 1 else size
    for _ in range(60):
        error = (math.erf(x) - size) if size < 0.5 else (rest - math.erfc(x))
        step = error / (2 / math.sqrt(math.pi) * math.exp(-x * x))
        x -= step / (1 + x * step)
        if abs(step) <= 1e-17 * x:
            break
    return math.copysign(x, y)


SPECIAL = {"erf": math.erf, "erfc": math.erfc, "erfinv": _erfinv, "lgamma": _lgamma, "digamma": _digamma}


def cast(x: np.ndarray, source: dtype, to: dtype) -> np.ndarray:
    """An array converted as PyTorch does on x86; 16-bit floats come and go in computed form (float32)."""
    if to is dtypes.bool_:
        return x != 0
    if source.is_complex and not to.is_complex:
        return cast(x.real, source.to_real(), to)
    if not source.is_floating_point or not to.is_integer:
        return rounded(x.astype(np.float32), to) if to.itemsize <= 2 and to.is_floating_point else x.astype(to.numpy)
    wide = np.int64 if to.itemsize == 8 or not to.is_signed else np.int32
    limits = np.iinfo(wide)
    fits = np.abs(x) < -float(limits.min)
    return np.where(fits, np.where(fits, x, 0).astype(wide), limits.min).astype(wide).astype(to.numpy)


def rounded(x: np.ndarray, of: dtype) -> np.ndarray:
    """float32 numbers rounded to what a 16-bit or 8-bit float can hold; other dtypes as they are."""
    if of is dtypes.float16:
        return x.astype(np.float16).astype(np.float32)
    return unpacked(packed(x, of.name), of.name) if of.is_packed else x


def widened(x: np.ndarray, of: dtype) -> np.ndarray:
    """The computed form of an array in host form."""
    if of.is_packed:
        return unpacked(x, of.name)
    return x.astype(np.float32) if of is dtypes.float16 else x


def narrowed(x: np.ndarray, of: dtype) -> np.ndarray:
    """The host form of an array in computed form."""
    return packed(x, of.name) if of.is_packed else x.astype(of.numpy, copy=False)
