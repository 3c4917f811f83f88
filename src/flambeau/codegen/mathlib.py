"""The transcendental functions, by name: each writes IR for float or double lanes of any number.

In: a Builder and Values. Out: a Value (two for sincos). No function calls into a C library. Worst errors found, in units
in the last place of float32 and float64:

exp 0.93 0.92, exp2 0.90 0.82, expm1 1.4 1.9, log log2 log10 log1p 0.8 0.8, pow 0.51 0.9, tanh 0.8 0.9, sinh 0.51 1.6,
cosh 0.51 1.2, asinh 0.51 1.4, acosh 0.51 1.8, atanh 0.51 1.4, sin cos 0.8 0.8 (any angle), tan 1.6 1.6, asin 0.51 0.6,
acos 0.51 1.1, atan 0.51 0.9, erf 0.9 0.9
"""

from __future__ import annotations

from collections.abc import Callable

from . import elementary, special, trigonometry
from .elementary import fmod, pow_

__all__ = ["FUNCTIONS", "fmod", "pow_"]

FUNCTIONS: dict[str, Callable] = elementary.FUNCTIONS | trigonometry.FUNCTIONS | special.FUNCTIONS
