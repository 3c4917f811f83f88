"""Numbers that may be symbols while PyTorch traces shapes; here sizes are always numbers."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

_NUMBERS = (np.integer, np.floating, int, float)


class _Symbol:
    """Redirects what is done with it to the node that it wraps.

    Args:
        node: a number, or what stands for one.
    """

    def __init__(self, node: Any) -> None:
        self.node = node

    def __repr__(self) -> str:
        return str(self.node)

    def __hash__(self) -> int:
        return hash(self.node)

    def __bool__(self) -> bool:
        return bool(self.node)


def _redirected(name: str):
    operation = getattr(operator, name)

    def method(self, *others):
        result = operation(self.node, *(o.node if isinstance(o, _Symbol) else o for o in others))
        return _WRAPPED.get(type(result), lambda x: x)(result)

    method.__name__ = method.__qualname__ = name
    return method


_OPERATORS = """
add and eq floordiv ge gt le lshift lt mod mul ne neg or pos pow rshift sub truediv
"""
for _name in _OPERATORS.split():
    setattr(_Symbol, f"__{_name}__", _redirected(f"__{_name}__"))


class SymInt(_Symbol):
    """Like an int, whose operations go to the node that it wraps."""

    def __int__(self) -> int:
        return int(self.node)

    __index__ = __int__


class SymFloat(_Symbol):
    """Like a float, whose operations go to the node that it wraps."""

    def __float__(self) -> float:
        return float(self.node)


class SymBool(_Symbol):
    """Like a bool, whose operations go to the node that it wraps."""

    def __int__(self) -> int:
        return int(bool(self.node))


_WRAPPED = {int: SymInt, float: SymFloat, bool: SymBool}


def sym_int(a):
    """A number as an int, cut towards zero."""
    return a if isinstance(a, SymInt) else int(a)


def sym_float(a):
    """A number as a float."""
    return a if isinstance(a, SymFloat) else float(a)


def sym_not(a):
    """not a."""
    return not a


def sym_ite(b, t, f):
    """t where b holds, else f; both must be of one type."""
    assert isinstance(b, (SymBool, bool)), f"expected SymBool or bool, got {type(b)}"
    assert type(t) is type(f), f"expected matching types, got {type(t)} and {type(f)}"
    return t if b else f


def _greatest(choose, a, b):
    for x in (a, b):
        if not isinstance(x, (*_NUMBERS, SymInt, SymFloat)):
            raise AssertionError(f"expected {_NUMBERS}, got {type(x)}")
    chosen = choose(a, b)
    return float(chosen) if isinstance(a, float) or isinstance(b, float) else chosen


def sym_max(a, b):
    """The larger of two numbers; a float where either is one."""
    return _greatest(max, a, b)


def sym_min(a, b):
    """The smaller of two numbers; a float where either is one."""
    return _greatest(min, a, b)


def sym_sum(args):
    """The sum of numbers."""
    return sum(args)


def sym_sqrt(a):
    """The square root."""
    return math.sqrt(a)


def sym_fresh_size(expr):
    """A size that may be any: the size."""
    return int(expr)


def sym_constrain_range(size, *, min: int | None = None, max: int | None = None) -> None:
    """Says within which bounds a number lies; RuntimeError where it does not."""
    low, high = (-(2**63) if min is None else min), (2**63 - 1 if max is None else max)
    if high < low:
        raise RuntimeError(f"Max must be greater than or equal to min. Got min={low} max={high}")
    if not low <= size <= high:
        raise RuntimeError(f"Invalid value range for {size} between [{low}, {high}].")


def sym_constrain_range_for_size(size, *, min: int | None = None, max: int | None = None) -> None:
    """Says within which bounds a size lies; RuntimeError where it does not."""
    if max is not None and max <= 2:
        raise RuntimeError(f"Max value to constrain_range_for_size must be greater than 2. got: {max}")
    sym_constrain_range(size, min=0 if min is None else min, max=max)


__all__ = [
    "SymBool", "SymFloat", "SymInt", "sym_constrain_range", "sym_constrain_range_for_size", "sym_float",
    "sym_fresh_size", "sym_int", "sym_ite", "sym_max", "sym_min", "sym_not", "sym_sqrt", "sym_sum",
]  # fmt: skip
