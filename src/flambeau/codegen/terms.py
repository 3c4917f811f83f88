"""Composite scalar functions written as formulas: operators over whatever values a handler has.

A formula takes Terms and gives a Term, and so serves machine code, NumPy and costs alike. `composite` adds it to the
scalar functions; the modules of such formulas are imported by the ops that use them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from . import scalar
from .composites import Composites


class Term:
    """A handler's value with operators; Python numbers are constants of the arguments' dtype."""

    __slots__ = ("k", "value")

    def __init__(self, k: Composites, value: Any):
        self.k, self.value = k, value

    def _with(self, name: str, other, swapped: bool = False) -> Term:
        x, y = self.value, other.value if isinstance(other, Term) else self.k.const(other)
        return Term(self.k, getattr(self.k, name)(*((y, x) if swapped else (x, y))))

    def __add__(self, other):
        return self._with("add", other)

    def __radd__(self, other):
        return self._with("add", other, True)

    def __sub__(self, other):
        return self._with("sub", other)

    def __rsub__(self, other):
        return self._with("sub", other, True)

    def __mul__(self, other):
        return self._with("mul", other)

    def __rmul__(self, other):
        return self._with("mul", other, True)

    def __truediv__(self, other):
        return self._with("div", other)

    def __rtruediv__(self, other):
        return self._with("div", other, True)

    def __mod__(self, other):
        return self._with("fmod", other)

    def __pow__(self, other):
        return self._with("pow", other)

    def __lt__(self, other):
        return self._with("lt", other)

    def __le__(self, other):
        return self._with("le", other)

    def __gt__(self, other):
        return self._with("gt", other)

    def __ge__(self, other):
        return self._with("ge", other)

    def equals(self, other):
        return self._with("eq", other)

    def differs(self, other):
        return self._with("ne", other)

    def __and__(self, other):
        return self._with("and_", other)

    def __or__(self, other):
        return self._with("or_", other)

    def __invert__(self):
        return Term(self.k, self.k.not_(self.value))

    def __neg__(self):
        return Term(self.k, self.k.neg(self.value))

    def __abs__(self):
        return Term(self.k, self.k.abs(self.value))

    def __getattr__(self, name: str):
        """The scalar functions: x.exp(), x.maximum(y)."""
        function = getattr(self.k, name)
        return lambda *others: Term(self.k, function(self.value, *(self.like(o).value for o in others)))

    def like(self, other) -> Term:
        """A Term as it is; a number as a Term."""
        return other if isinstance(other, Term) else Term(self.k, self.k.const(other))


def composite(body: Callable[..., Term]) -> Callable[..., Term]:
    """Adds a formula to the scalar functions, under its own name."""

    @functools.wraps(body)
    def method(k: Composites, *args):
        return body(*(Term(k, a) for a in args)).value

    scalar.add_composite(body.__name__, method, body.__code__.co_argcount)
    return body


def where(condition: Term, a: Term | float, b: Term | float) -> Term:
    """a where the condition holds, else b."""
    known = a if isinstance(a, Term) else b
    assert isinstance(known, Term)
    return Term(known.k, known.k.where(condition.value, known.like(a).value, known.like(b).value))


def polynomial(x: Term, coefficients: Sequence[float | Term]) -> Term:
    """c[0] + c[1] x + c[2] x**2 ..., from the highest power down."""
    *lower, highest = coefficients
    result = x.like(highest)
    for c in reversed(lower):
        result = result.fma(x, c)
    return result


def repeat(start: Sequence[Term], step: Callable[..., tuple[Sequence[Term], Term]]) -> list[Term]:
    """Values after rounds of `step(*values) -> (new values, again)`, until no element asks for another one.

    An element that is done goes round with the others: its values must stay as they are.
    """
    k = start[0].k

    def round_(*values):
        following, again = step(*(Term(k, v) for v in values))
        return [t.value for t in following], again.value

    return [Term(k, v) for v in k._repeat([t.value for t in start], round_)]
