"""Triples of indices in kernels: their words, their row-major order, what they weigh.

In: Values. Out: IR for them. The invariant: an index never leaves its size.
"""

from __future__ import annotations

from .builder import Builder, Value, Values
from .frame import Words


def triple(words: Words, name: str) -> Values:
    """The three words of a name."""
    return [words[f"{name}{d}"] for d in range(3)]


def following(b: Builder, index: Values, sizes: Values) -> Values:
    """The three indices of the next row, in row-major order."""
    zero, last = b.const(0), b.add(index[2], 1)
    carry = b.icmp("eq", last, sizes[2])
    middle = b.add(index[1], b.convert("zext", carry, "i64"))
    carry_on = b.icmp("eq", middle, sizes[1])
    first = b.add(index[0], b.convert("zext", carry_on, "i64"))
    return [first, b.select(carry_on, zero, middle), b.select(carry, zero, last)]


def weighted(b: Builder, index: Values, weights: Values) -> Value:
    """The sum of index * weight."""
    total = b.const(0)
    for i, weight in zip(index, weights):
        total = b.add(total, b.mul(i, weight))
    return total
