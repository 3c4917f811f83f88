"""The forward kernel of attention: softmax(q @ k.T * scale, masked) @ v, the scores a block at a time.

In: an Attention and its operands. Out: a Task. A work item is a block of queries of one head: block of keys after block
of keys, it keeps for each query the largest score so far and the sum of exponentials, and when the largest grows it
scales what it has. Queries that see nothing get zeros. "rows" holds, for the backward kernel, the largest score of each
query (0 where it sees nothing) and the inverse of the sum of exponentials (0 there).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from ..runtime.compile import Kernel
from ..runtime.execute import Pointer, Task
from . import frame
from .attention_blocks import (
    ROWS,
    Attention,
    BlockWriter,
    Factor,
    Structure,
    fields,
    structure_of,
    values,
)
from .builder import Builder, Value, Values, constant
from .frame import LANES, Words, ceil_div
from .kernel import Operand
from .loops import Access
from .targets import BY_NAME, Target
from .tiling import first_lanes

Mask = tuple[Operand, Access]


def attention_task(
    target: Target, a: Attention, operands: Mapping[str, Operand], mask: Mask | None = None, kept: Pointer | None = None
) -> Task:
    """The task that computes "out" and "rows", as far as they are among the operands, from "q", "k" and "v".

    operands: strides along three outer dimensions, rows, columns; those of "rows" are the largest scores, and the
    inverse sums stand after all of them.  kept: which weights dropout keeps, dense booleans.
    """
    structure = structure_of(target, a, mask and mask[1], [name for name in operands if name in ("out", "rows")])
    words = frame.fill(_fields(structure), values(a, dict(operands), mask, kept) | {"number": a.count * a.queries})
    return Task(_kernel(structure), words, a.count * ceil_div(a.queries, a.block))


def _fields(structure: Structure) -> dict[str, str]:
    return fields(structure, ["q", "k", "v", *sorted(structure.parts)]) | {"number": "i64"}


@cache
def _kernel(structure: Structure) -> Kernel:
    def item(b: Builder, words: Words, number: Value) -> None:
        Forward(b, structure, words).item(number)

    return Kernel(("attention", structure), lambda: frame.write(_fields(structure), item, BY_NAME[structure.target]))


class Forward(BlockWriter):
    """Writes the kernel of a Structure."""

    def __init__(self, b: Builder, structure: Structure, words: Words):
        super().__init__(b, structure, words)
        depth, width = structure.depth, structure.width
        self.q, self.k, self.v = (
            self.scratch(ROWS, depth),
            self.scratch(depth, self.s.keys),
            self.scratch(self.s.keys, width),
        )
        self.weights, self.out = self.scratch(ROWS, self.s.keys), self.scratch(ROWS, width)
        self.sums, self.tops = self.scratch(ROWS, LANES), self.scratch(ROWS, 1)

    def item(self, number: Value) -> None:
        """A block of queries."""
        b, words = self.b, self.words
        *outer, block = self.item_index(number)
        first, last = frame.block_bounds(b, block, words["block"], words["queries"])
        rows = b.sub(last, first)
        self.brought(self.lines("q", outer, first), rows, words["depth"], self.q, self.number("scale"))
        for held, value in ((self.out, 0.0), (self.sums, 0.0), (self.tops, -float("inf"))):
            self.clear(held.address, ROWS * held.stride, value)
        reach = b.min(words["keys"], last) if self.s.causal else words["keys"]
        with b.loop(0, reach, self.s.keys, hint="keys") as key:
            self.keys(outer, first, rows, key.index, b.min(b.sub(reach, key.index), self.s.keys))
        with b.loop(0, rows, hint="row") as row:
            self.finish(outer, first, row.index)

    def keys(self, outer: Values, first: Value, rows: Value, key: Value, count: Value) -> None:
        """One block of keys."""
        b, words = self.b, self.words
        self.turned(self.lines("k", outer, key), count, words["depth"], self.k)
        self.brought(self.lines("v", outer, key), count, words["width"], self.v)
        self.product(rows, self.s.keys, words["depth"], Factor(self.q.address, self.q.stride, 1), self.k, self.weights)
        with b.loop(0, rows, hint="row") as row:
            self.weigh(outer, b.add(first, row.index), row.index, key, count)
        if self.s.dropout:
            with b.loop(0, rows, hint="row") as row, b.loop(0, count, LANES) as column:
                self.drop(outer, b.add(first, row.index), row.index, key, column.index, count)
        self.product(
            rows, self.s.width, count, Factor(self.weights.address, self.s.keys, 1), self.v, self.out, adds=True
        )

    def drop(self, outer: Values, query: Value, row: Value, key: Value, column: Value, count: Value) -> None:
        """Sets the weights of a query for LANES keys to zero where dropout does not keep them."""
        b, place = self.b, self.at(self.weights, row, column)
        kept = self.kept(outer, query, b.add(key, column), first_lanes(b, b.sub(count, column), LANES))
        b.store(b.select(kept, b.load(self.type, place), constant(0, self.type)), place)

    def weigh(self, outer: Values, query: Value, row: Value, key: Value, count: Value) -> None:
        """Turns a row of scores into exponentials, relative to the largest score so far."""
        b, place = self.b, self.at(self.tops, row)
        scores = self.scores(self.weights, row, outer, query, key, count)
        before = b.load(self.element, place)
        top = self.greater(self.across(self.folded(scores, self.greater), self.greater), before)
        with b.if_(b.fcmp("one", top, before)):
            b.store(top, place)
            self.shrink(row, top, before)
        base = b.splat(self.shown(top), LANES)
        weights = [self.call("exp", b.sub(score, base)) for score in scores]
        for j, weight in enumerate(weights):
            b.store(weight, self.at(self.weights, row, j * LANES))
        total = self.at(self.sums, row)
        b.store(b.add(b.load(self.type, total), self.folded(weights, b.add)), total)

    def shrink(self, row: Value, top: Value, before: Value) -> None:
        """Makes what was computed relative to the largest score before relative to the new one."""
        b = self.b
        factor = self.call("exp", b.splat(b.sub(before, top), LANES))
        for held in (self.sums, self.out):
            for column in range(0, held.stride, LANES):
                place = self.at(held, row, column)
                b.store(b.mul(b.load(self.type, place), factor), place)

    def finish(self, outer: Values, first: Value, row: Value) -> None:
        """Stores the results for a query."""
        b, words, query = self.b, self.words, self.b.add(first, row)
        zero, one = constant(0.0, self.element), constant(1.0, self.element)
        total = self.across(b.load(self.type, self.at(self.sums, row)), b.add)
        inverse = b.select(b.fcmp("oeq", total, zero), zero, b.fdiv(one, total))
        if "rows" in self.s.parts:
            place = self.lines("rows", outer, query).address
            b.store(self.shown(b.load(self.element, self.at(self.tops, row))), place)
            b.store(inverse, b.gep(place, words["number"], self.element))
        if "out" in self.s.parts:
            factor = b.fdiv(inverse, self.number("keep")) if self.s.dropout else inverse
            self.stored(self.out, row, self.lines("out", outer, query).address, words["width"], factor, None)

    def shown(self, top: Value) -> Value:
        """A largest score that exponentials can be taken relative to: 0 for minus infinity."""
        nothing = self.b.fcmp("oeq", top, constant(-float("inf"), self.element))
        return self.b.select(nothing, constant(0.0, self.element), top)

    def folded(self, parts: Values, combine: Callable[[Value, Value], Value]) -> Value:
        """Vectors made one: pairs of neighbours first."""
        if len(parts) == 1:
            return parts[0]
        half = (len(parts) + 1) // 2
        return combine(self.folded(parts[:half], combine), self.folded(parts[half:], combine))
