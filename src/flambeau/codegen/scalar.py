"""Scalar functions: the instruction set of `map` nodes and kernel bodies.

In: the name of a function, the dtype of its result and its arguments. Out: the result, as LLVM IR (`emit`), as a NumPy
array (`evaluate`), as a cost (`flops`) or as text (`describe`). A function is either basic (each handler writes it) or
composite (`composites.py` writes it once); FUNCTIONS lists them all. 16-bit floats are computed in float32 and every
result is rounded, so that a fused chain gives the same bits as its functions one at a time.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from .. import dtypes
from ..dtypes import dtype
from ..ir import COMPARISONS
from . import arrays, registers, vectors
from .arrays import Arrays
from .builder import Builder, Value, constant, vector
from .composites import Composites
from .registers import computed, memory_type, register_type

__all__ = [
    "FUNCTIONS",
    "ScalarFunction",
    "describe",
    "emit",
    "evaluate",
    "flops",
    "literal",
    "memory_type",
    "register_type",
]

PREDICATES = COMPARISONS | {"isnan"}  # their result is bool whatever the arguments are

# The basic functions: name, number of arguments, cost in units of one addition.
BASIC = {
    "add": (2, 1), "sub": (2, 1), "mul": (2, 1), "fma": (3, 2), "div": (2, 4), "truncdiv": (2, 8), "fmod": (2, 24),
    "neg": (1, 1), "abs": (1, 1), "minimum": (2, 3), "maximum": (2, 3), "copysign": (2, 2),
    "lt": (2, 1), "le": (2, 1), "gt": (2, 1), "ge": (2, 1), "eq": (2, 1), "ne": (2, 1), "where": (3, 1),
    "and": (2, 1), "or": (2, 1), "xor": (2, 1), "not": (1, 1), "shl": (2, 3), "shr": (2, 3),
    "floor": (1, 1), "ceil": (1, 1), "round": (1, 1), "trunc": (1, 1), "sqrt": (1, 6),
    "exp": (1, 16), "exp2": (1, 16), "expm1": (1, 24), "log": (1, 24), "log2": (1, 28), "log10": (1, 28),
    "log1p": (1, 30), "pow": (2, 60), "sin": (1, 40), "cos": (1, 40), "tan": (1, 60),
    "asin": (1, 30), "acos": (1, 30), "atan": (1, 24), "atan2": (2, 36),
    "sinh": (1, 40), "cosh": (1, 40), "tanh": (1, 24), "asinh": (1, 40), "acosh": (1, 40), "atanh": (1, 40),
    "erf": (1, 30), "erfc": (1, 40), "erfinv": (1, 50), "lgamma": (1, 120), "digamma": (1, 120),
    "cast": (1, 1), "bitcast": (1, 0),
}  # fmt: skip

# Those that only complex numbers have; there are no kernels for them, only NumPy.
COMPLEX = {"complex": (2, 1), "real": (1, 1), "imag": (1, 1), "conj": (1, 1), "angle": (1, 36)}


@dataclass(frozen=True)
class ScalarFunction:
    """One function: its name, its number of arguments, whether it is written in terms of others."""

    name: str
    arity: int
    composite: bool = False


def _composites() -> dict[str, ScalarFunction]:
    methods = {n: f for n, f in vars(Composites).items() if inspect.isfunction(f) and n[0] != "_" and n != "const"}
    return {n: ScalarFunction(n, len(inspect.signature(f).parameters) - 1, True) for n, f in methods.items()}


FUNCTIONS = {name: ScalarFunction(name, arity) for name, (arity, _) in BASIC.items()} | _composites()


def add_composite(name: str, method: Callable, arity: int) -> None:
    """Adds a function, written once for all handlers: method(handler, *arguments)."""
    setattr(Composites, name, method)
    FUNCTIONS[name] = ScalarFunction(name, arity, True)


def method_name(fn: str) -> str:
    """The handlers' method for a function: Python's own words get a trailing underscore."""
    return fn + "_" if fn in ("and", "or", "not") else fn


def emit(
    b: Builder, fn: str, dtype: dtype, args: Sequence[Value], lanes: int = 1, from_dtype: dtype | None = None
) -> Value:
    """Writes one scalar function.

    dtype: of the result.  args: in register form, `lanes` lanes each.  from_dtype: of the arguments, where it is not
    the result's (comparisons, cast, bitcast).  The result is in register form; KeyError for an unknown function.
    """
    source = from_dtype or dtype
    if fn == "cast":
        return vectors.cast(b, args[0], source, dtype)
    if fn == "bitcast":
        return vectors.bitcast(b, args[0], source, dtype)
    assert len(args) == FUNCTIONS[fn].arity, f"{fn} of {len(args)} arguments"
    handler = vectors.Vectors(b, computed(source), lanes)
    result = getattr(handler, method_name(fn))(*args)
    return result if fn in PREDICATES else registers.rounded(b, dtype, result)


def literal(of: dtype, value: float, lanes: int = 1) -> Value:
    """A number, rounded to the dtype, in every lane and in register form."""
    exact = float(arrays.rounded(np.float32(value), of)) if of in registers.SMALL_FLOATS else value
    return constant(exact, vector(register_type(of), lanes))


def evaluate(fn: str, dtype: dtype, args: Sequence[np.ndarray], from_dtype: dtype | None = None) -> np.ndarray:
    """The function of NumPy arrays in host form (bfloat16: bit patterns); arguments as for `emit`."""
    source = from_dtype or dtype
    if fn == "bitcast":
        return np.ascontiguousarray(args[0]).view(dtype.numpy).reshape(np.shape(args[0]))
    wide = [arrays.widened(np.asarray(a), source) if fn != "where" or i else np.asarray(a) for i, a in enumerate(args)]
    with np.errstate(all="ignore"):
        if fn == "cast":
            return arrays.narrowed(arrays.cast(wide[0], computed(source), dtype), dtype)
        result = getattr(Arrays(computed(source)), method_name(fn))(*wide)
        return result if fn in PREDICATES else arrays.narrowed(np.asarray(result, computed(dtype).numpy), dtype)


class Cost(Composites):
    """A handler that adds up what the basic functions cost."""

    dtype = dtypes.float32

    def __init__(self):
        self.total = 0

    def const(self, value: float) -> None:
        return None

    def _repeat(self, values, step):
        """As if of ten rounds."""
        before = self.total
        step(*values)
        self.total += 9 * (self.total - before)
        return values

    def __getattr__(self, name: str):
        cost = (BASIC | COMPLEX)[name.rstrip("_")][1]

        def charge(*args: None) -> None:
            self.total += cost

        return charge


@cache
def flops(fn: str) -> int:
    """What one element of the function costs, in units of one addition."""
    cost = Cost()
    arity = COMPLEX[fn][0] if fn in COMPLEX else FUNCTIONS[fn].arity
    getattr(cost, method_name(fn))(*[None] * arity)
    return cost.total


INFIX = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "floordiv": "//", "rem": "%", "lt": "<", "le": "<=", "gt": ">",
    "ge": ">=", "eq": "==", "ne": "!=", "and": "&", "or": "|", "xor": "^", "shl": "<<", "shr": ">>", "pow": "**",
}  # fmt: skip


def describe(fn: str, args: Sequence[str]) -> str:
    """The function of arguments given as text, as one would write it."""
    if fn in INFIX:
        return f"({args[0]} {INFIX[fn]} {args[1]})"
    return f"{fn}({', '.join(args)})"
