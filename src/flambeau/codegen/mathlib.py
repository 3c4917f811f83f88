"""The transcendental functions, by name: each writes IR for float or double lanes of any number.

In: a Builder and Values. Out: a Value. On processors with fused multiply-add nothing calls into a C library. Worst
errors found, in units in the last place of float32 and float64, against higher precision:

exp 0.97 0.7, exp2 0.97 0.9, expm1 1.4 1.2, log 0.84 0.84, log2 0.86 0.91, log10 0.8 0.8, log1p 0.9 0.9, pow 0.5 0.7,
tanh 0.96 1.1, sinh 0.5 1.6, cosh 0.5 1.2, asinh 0.5 1.7, acosh 0.5 2.0, atanh 0.5 1.5, sin cos 0.8 0.8 (any angle),
tan 0.5 2.0, asin 0.5 0.7, acos 0.5 1.2, atan atan2 0.5 1.0, erf 0.9 0.9, erfc 0.5 2.7, erfinv 0.8 1.7, lgamma 0.5 4.4,
digamma 0.5 in float32; digamma in float64, and lgamma near its zeros below 0, are right to 1e-15 of the larger of 1 and
the result.
"""

from __future__ import annotations

from collections.abc import Callable

from . import elementary, special, trigonometry
from .elementary import fmod, pow_

__all__ = ["FUNCTIONS", "fmod", "pow_"]

FUNCTIONS: dict[str, Callable] = elementary.FUNCTIONS | trigonometry.FUNCTIONS | special.FUNCTIONS
