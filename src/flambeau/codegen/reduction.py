"""Reductions as running values: where they start, how an element enters, how two and how lanes become one.

In: vectors or scalars of the reduction's dtype. Out: the same. Integers, bool and whatever is exact may be combined in
any order; sums and products are combined in the order of the calls, so that order is the caller's to fix.
A running value is a list of Values: (value,), or (value, position) for argmax and argmin.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from .. import dtypes
from ..dtypes import dtype
from ..ir import INDEX_REDUCTIONS
from . import registers, scalar
from .builder import Builder, Value, constant, lanes_of, vector

COMBINE = {
    "sum": "add", "prod": "mul", "max": "maximum", "min": "minimum", "argmax": "maximum", "argmin": "minimum",
    "logsumexp": "logaddexp", "dot": "add",
}  # fmt: skip
ROUNDED = frozenset({"sum", "prod", "dot"})  # results depend on the order
CHAINED = frozenset({"dot"})  # sums that vectors enter one after the other


def identity(fn: str, of: dtype, lanes: int) -> Value:
    """The value that leaves every other as it is."""
    return neutral(COMBINE[fn], of, lanes)


def identity_number(fn: str, of: dtype) -> float:
    """The same as a number."""
    return _identity(COMBINE[fn], of)


def neutral(combine: str, of: dtype, lanes: int) -> Value:
    """The same for a scalar function by name: add, mul, maximum, minimum, logaddexp."""
    return constant(_identity(combine, of), vector(registers.register_type(of), lanes))


def _identity(combine: str, of: dtype) -> float | int:
    if combine in ("add", "mul"):
        return int(combine == "mul")
    if of.is_floating_point:
        return math.inf if combine == "minimum" else -math.inf
    if of is dtypes.bool_:
        return int(combine == "minimum")
    low = -(1 << (8 * of.itemsize - 1)) if of.is_signed else 0
    return low if combine == "maximum" else low + (1 << 8 * of.itemsize) - 1


def start(fn: str, of: dtype, lanes: int) -> list[Value]:
    """The running value of no elements; position 0 stands where nothing beats the identity."""
    value = identity(fn, of, lanes)
    return [value, constant(0, vector("i64", lanes))] if fn in INDEX_REDUCTIONS else [value]


def enter(
    b: Builder, fn: str, of: dtype, running: Sequence[Value], value: Value, position: Value | None
) -> list[Value]:
    """The running value after one more element (a vector of them) that stands later than all before."""
    if fn not in INDEX_REDUCTIONS:
        return [combine(b, fn, of, running[0], value)]
    best, where = running
    wins = beats(b, fn, of, value, best)
    return [b.select(wins, value, best), b.select(wins, position, where)]


def combine(b: Builder, fn: str, of: dtype, x: Value, y: Value) -> Value:
    """Two values of a reduction without positions made one."""
    return scalar.emit(b, COMBINE[fn], of, [x, y], lanes_of(x.type))


def enter_last(b: Builder, fn: str, of: dtype, running: Value, value: Value, left: Value) -> Value:
    """The running value of a dot product after its last vector, of which `left` lanes are elements and the others 0.

    BLAS takes what does not fill a vector by eight, by four, and one by one, each time into the first lanes.
    """
    lanes = lanes_of(value.type)
    nothing, steps = identity(fn, of, lanes), b.steps(lanes)
    for count in (lanes, 8, 4, 1, 1, 1):
        enough = b.icmp("sge", left, count)
        part = b.select(b.and_(b.splat(enough, lanes), b.icmp("slt", steps, count)), value, nothing)
        running = combine(b, fn, of, running, part)
        rest = b.shuffle(value, nothing, range(count, count + lanes))
        value = b.select(b.splat(enough, lanes), rest, value)
        left = b.select(enough, b.sub(left, count), left)
    return running


def merge(b: Builder, fn: str, of: dtype, x: Sequence[Value], y: Sequence[Value]) -> list[Value]:
    """Two running values over different elements made one."""
    if fn not in INDEX_REDUCTIONS:
        return [combine(b, fn, of, x[0], y[0])]
    better, worse = beats(b, fn, of, y[0], x[0]), beats(b, fn, of, x[0], y[0])
    earlier = b.icmp("slt", y[1], x[1])
    wins = b.or_(better, b.and_(b.not_(worse), earlier))
    return [b.select(wins, y[0], x[0]), b.select(wins, y[1], x[1])]


def across(b: Builder, fn: str, of: dtype, running: Sequence[Value]) -> list[Value]:
    """The lanes of a running value made one: halves are merged until one lane is left; those of a dot product
    four by four first."""
    lanes = lanes_of(running[0].type)
    if fn in CHAINED:
        first, *others = [_lanes(b, running[0], at, 4) for at in range(0, lanes, 4)]
        for other in others:
            first = combine(b, fn, of, first, other)
        lanes, running = 4, [first]
    while lanes > 1:
        lanes //= 2
        running = merge(b, fn, of, *([_lanes(b, v, at, lanes) for v in running] for at in (0, lanes)))
    return list(running)


def _lanes(b: Builder, value: Value, first: int, count: int) -> Value:
    return b.extract(value, first) if count == 1 else b.shuffle(value, None, range(first, first + count))


def tree(b: Builder, fn: str, of: dtype, parts: Sequence[Sequence[Value]]) -> list[Value]:
    """Several running values made one, neighbours first."""
    parts = list(parts)
    while len(parts) > 1:
        parts = [
            merge(b, fn, of, *parts[i : i + 2]) if i + 1 < len(parts) else parts[i] for i in range(0, len(parts), 2)
        ]
    return list(parts[0])


def beats(b: Builder, fn: str, of: dtype, x: Value, y: Value) -> Value:
    """Whether x is strictly better than y; NaN is better than every number."""
    greater = fn == "argmax"
    if not of.is_floating_point:
        sign = "s" if of.is_signed else "u"
        return b.icmp(f"{sign}{'gt' if greater else 'lt'}", x, y)
    return b.and_(b.fcmp("ugt" if greater else "ult", x, y), b.fcmp("ord", y, y))
