"""Scalar functions written once in terms of others, for every handler.

In: a handler's own kind of value (an LLVM vector, a NumPy array, a cost, a text). Out: the same. A handler derives from
Composites and gives the basic functions; `dtype` is the dtype of the arguments.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..dtypes import dtype

X = Any  # a handler's value


class Composites:
    """The composite scalar functions; the base of every handler."""

    dtype: dtype

    def const(self, value: float) -> X:
        """A number of the arguments' dtype."""
        raise NotImplementedError

    def _repeat(self, values: list[X], step: Callable[..., tuple[list[X], X]]) -> list[X]:
        """Values after rounds of step(*values) -> (new values, again), until no lane asks for another one."""
        raise NotImplementedError

    def reciprocal(self, x: X) -> X:
        return self.div(self.const(1), x)

    def rsqrt(self, x: X) -> X:
        return self.div(self.const(1), self.sqrt(x))

    def sigmoid(self, x: X) -> X:
        one = self.const(1)
        return self.div(one, self.add(one, self.exp(self.neg(x))))

    def sign(self, x: X) -> X:
        """-1, 0 or 1; 0 for NaN."""
        zero, one = self.const(0), self.const(1)
        negative = self.where(self.lt(x, zero), self.const(-1), zero) if self.dtype.is_signed else zero
        return self.where(self.gt(x, zero), one, negative)

    def isnan(self, x: X) -> X:
        return self.ne(x, x)

    def logaddexp(self, a: X, b: X) -> X:
        """log(exp(a) + exp(b)) without overflow; equal infinities stay."""
        top, gap = self.maximum(a, b), self.abs(self.sub(a, b))
        more = self.where(self.eq(a, b), self.const(math.log(2)), self.log1p(self.exp(self.neg(gap))))
        return self.add(top, more)

    def rem(self, a: X, b: X) -> X:
        """The remainder with the divisor's sign, Python's %."""
        rest = self.fmod(a, b)
        return self.where(self._off(rest, b), self.add(rest, b), rest)

    def gcd(self, a: X, b: X) -> X:
        """The greatest common divisor, by Euclid's algorithm."""
        zero = self.const(0)

        def step(x, y):
            done = self.eq(y, zero)
            rest = self.fmod(x, y)
            return [self.where(done, x, y), self.where(done, y, rest)], self.not_(
                self.eq(self.where(done, y, rest), zero)
            )

        return self._repeat([self.abs(a), self.abs(b)], step)[0]

    def floordiv(self, a: X, b: X) -> X:
        """The quotient rounded down, Python's //; for floats as Python computes it, so that a == b * q + r."""
        if self.dtype.is_floating_point:
            return self._floordiv_float(a, b)
        quotient, rest = self.truncdiv(a, b), self.fmod(a, b)
        return self.where(self._off(rest, b), self.sub(quotient, self.const(1)), quotient)

    def _floordiv_float(self, a: X, b: X) -> X:
        zero, one, rest = self.const(0), self.const(1), self.fmod(a, b)
        exact = self.div(self.sub(a, rest), b)
        exact = self.where(self._off(rest, b), self.sub(exact, one), exact)
        down = self.floor(exact)
        down = self.where(self.gt(self.sub(exact, down), self.const(0.5)), self.add(down, one), down)
        ratio = self.div(a, b)
        down = self.where(self.eq(exact, zero), self.copysign(zero, ratio), down)
        return self.where(self.eq(b, zero), ratio, down)

    def _off(self, rest: X, b: X) -> X:
        """Whether a truncated remainder must move by one divisor to get the divisor's sign."""
        zero = self.const(0)
        return self.and_(self.ne(rest, zero), self.xor(self.lt(rest, zero), self.lt(b, zero)))
