"""The transcendental functions, by name: each writes IR for float or double lanes of any number.

In: a Builder and Values. Out: a Value. On processors with fused multiply-add nothing calls into a C
library. Worst errors found, in units in the last place of float32 and float64, against 200-bit arithmetic:

exp 0.93 0.92, exp2 0.90 0.82, expm1 1.4 1.9, log log2 log10 log1p 0.77 0.77, pow 0.5 1.1, tanh 0.75 0.86,
sinh 0.5 1.6, cosh 0.5 1.2, asinh 0.5 1.4, acosh 0.5 1.8, atanh 0.5 1.3, sin cos 0.73 0.73 (any angle), tan 1.9 1.7,
asin 0.5 0.6, acos 0.5 1.1, atan atan2 0.5 1.0, erf 0.82 0.85, erfc 0.5 2.3, erfinv 0.75 1.7, lgamma 0.5 3.9,
digamma 0.5 in float32; digamma in float64, and lgamma near its zeros below 0, are right to 1e-15 of the larger of 1 and
the result.
"""

from __future__ import annotations

from collections.abc import Callable

from . import elementary, special, trigonometry
from .elementary import fmod, pow_

__all__ = ["FUNCTIONS", "fmod", "pow_"]

FUNCTIONS: dict[str, Callable] = elementary.FUNCTIONS | trigonometry.FUNCTIONS | special.FUNCTIONS
