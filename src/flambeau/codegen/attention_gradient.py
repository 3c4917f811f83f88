"""The backward kernel of attention: gradients for queries, keys and values, the scores computed anew block by block.

In: an Attention, its operands, the result with its "rows" (see `attention.py`), and the gradient "g" of the result.
Out: a Task. A work item is one head: for block after block of keys it goes through all blocks of queries, so that the
order of every sum is fixed. With p the weights, d = p * (g @ v.T - rowsum(g * out)):

    dv = p.T @ g        dk = d.T @ q * scale        dq = d @ k * scale

Rows of g are taken times the inverse sums of exponentials, so that p may be the bare exponentials.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from ..runtime.compile import Kernel
from ..runtime.execute import Pointer, Task
from . import frame
from .attention import Mask
from .attention_blocks import ROWS, Attention, BlockWriter, Factor, Structure, fields, structure_of, values
from .builder import Builder, Value, Values, constant
from .frame import LANES, Words
from .kernel import Operand
from .targets import BY_NAME, Target
from .tiling import first_lanes

PARTS = ("dq", "dk", "dv")


def attention_gradient_task(
    target: Target, a: Attention, operands: Mapping[str, Operand], mask: Mask | None = None, kept: Pointer | None = None
) -> Task:
    """The task that computes those of "dq", "dk" and "dv" that are among the operands, from "g", "q", "k", "v", "out"
    and "rows"; operands, mask and kept as for `attention_task`."""
    structure = structure_of(target, a, mask and mask[1], [name for name in operands if name in PARTS])
    words = frame.fill(_fields(structure), values(a, dict(operands), mask, kept) | {"number": a.count * a.queries})
    return Task(_kernel(structure), words, a.count)


def _fields(structure: Structure) -> dict[str, str]:
    return fields(structure, ["g", "q", "k", "v", "out", "rows", *sorted(structure.parts)]) | {"number": "i64"}


@cache
def _kernel(structure: Structure) -> Kernel:
    def item(b: Builder, words: Words, number: Value) -> None:
        Backward(b, structure, words).item(number)

    made = Kernel(
        ("attention gradient", structure), lambda: frame.write(_fields(structure), item, BY_NAME[structure.target])
    )
    return made


class Backward(BlockWriter):
    """Writes the kernel of a Structure."""

    def __init__(self, b: Builder, structure: Structure, words: Words):
        super().__init__(b, structure, words)
        depth, width = structure.depth, structure.width
        self.q, self.g = self.scratch(ROWS, depth), self.scratch(ROWS, width)
        self.k, self.k_turned, self.v_turned = (
            self.scratch(self.s.keys, depth), self.scratch(depth, self.s.keys), self.scratch(width, self.s.keys),
        )  # fmt: skip
        self.p, self.d = self.scratch(ROWS, self.s.keys), self.scratch(ROWS, self.s.keys)
        self.dq, self.dk, self.dv = (
            self.scratch(ROWS, depth),
            self.scratch(self.s.keys, depth),
            self.scratch(self.s.keys, width),
        )
        self.tops, self.means = self.scratch(ROWS, 1), self.scratch(ROWS, 1)

    def item(self, number: Value) -> None:
        """One head."""
        b, words = self.b, self.words
        outer = frame.digits(b, number, [b.const(0), words["outer1"], words["outer2"]])
        with b.loop(0, words["keys"], self.s.keys, hint="keys") as key:
            self.keys(outer, key.index, b.min(b.sub(words["keys"], key.index), self.s.keys))

    def keys(self, outer: Values, key: Value, count: Value) -> None:
        """One block of keys."""
        b, words = self.b, self.words
        self.turned(self.lines("k", outer, key), count, words["depth"], self.k_turned)
        self.brought(self.lines("k", outer, key), count, words["depth"], self.k)
        self.turned(self.lines("v", outer, key), count, words["width"], self.v_turned)
        self.clear(self.dk.address, self.s.keys * self.s.depth)
        self.clear(self.dv.address, self.s.keys * self.s.width)
        start = b.mul(b.udiv(key, words["block"]), words["block"]) if self.s.causal else b.const(0)
        with b.loop(start, words["queries"], words["block"], hint="queries") as first:
            rows = b.min(b.sub(words["queries"], first.index), words["block"])
            self.queries(outer, first.index, rows, key, count)
        one = constant(1.0, self.element)
        for name, block, length in (("dk", self.dk, words["depth"]), ("dv", self.dv, words["width"])):
            if name in self.s.parts:
                with b.loop(0, count, hint="row") as row:
                    line = self.lines(name, outer, b.add(key, row.index)).address
                    self.stored(block, row.index, line, length, one, None)

    def queries(self, outer: Values, first: Value, rows: Value, key: Value, count: Value) -> None:
        """One block of queries with one block of keys."""
        b, words = self.b, self.words
        self.brought(self.lines("q", outer, first), rows, words["depth"], self.q, self.number("scale"))
        with b.loop(0, rows, hint="row") as row:
            self.bring_gradient(outer, b.add(first, row.index), row.index)
        self.product(rows, self.s.keys, words["depth"], Factor(self.q.address, self.q.stride, 1), self.k_turned, self.p)
        self.product(rows, self.s.keys, words["width"], Factor(self.g.address, self.g.stride, 1), self.v_turned, self.d)
        with b.loop(0, rows, hint="row") as row:
            self.weigh(outer, b.add(first, row.index), row.index, key, count)
        if "dv" in self.s.parts:
            self.product(count, self.s.width, rows, Factor(self.p.address, 1, self.s.keys), self.g, self.dv, adds=True)
        if "dk" in self.s.parts:
            self.product(count, self.s.depth, rows, Factor(self.d.address, 1, self.s.keys), self.q, self.dk, adds=True)
        if "dq" in self.s.parts:
            self.product(rows, self.s.depth, count, Factor(self.d.address, self.s.keys, 1), self.k, self.dq)
            is_first = b.icmp("eq", key, 0)
            with b.loop(0, rows, hint="row") as row:
                line = self.lines("dq", outer, b.add(first, row.index)).address
                self.stored(self.dq, row.index, line, words["depth"], self.number("scale"), is_first)

    def bring_gradient(self, outer: Values, query: Value, row: Value) -> None:
        """Copies a row of g, over the sum of exponentials (and the probability to keep a weight), and its product with
        the result."""
        b, words = self.b, self.words
        place = self.lines("rows", outer, query).address
        b.store(b.load(self.element, place), self.at(self.tops, row))
        factor = b.load(self.element, b.gep(place, words["number"], self.element))
        total, factors = constant(0.0, self.type), b.splat(factor, LANES)
        lines = [self.lines(name, outer, query).address for name in ("g", "out")]
        for column, mask in self.columns(words["width"], self.g.stride):
            g, out = (b.masked_load(self.type, b.gep(line, column, self.element), mask) for line in lines)
            g = b.mul(g, factors)
            total = b.add(total, b.mul(g, out))
            g = b.fdiv(g, b.splat(self.number("keep"), LANES)) if self.s.dropout else g
            b.store(g, self.at(self.g, row, column))
        b.store(self.across(total, b.add), self.at(self.means, row))

    def weigh(self, outer: Values, query: Value, row: Value, key: Value, count: Value) -> None:
        """Turns a row of scores into weights p (after dropout), and of g @ v.T into d."""
        b = self.b
        top, mean = (b.splat(b.load(self.element, self.at(held, row)), LANES) for held in (self.tops, self.means))
        for j, score in enumerate(self.scores(self.p, row, outer, query, key, count)):
            p, d = (self.at(block, row, j * LANES) for block in (self.p, self.d))
            weight, slope = self.call("exp", b.sub(score, top)), b.load(self.type, d)
            kept = weight
            if self.s.dropout:
                exist, zero = first_lanes(b, b.sub(count, j * LANES), LANES), constant(0.0, self.type)
                mine = self.kept(outer, query, b.add(key, j * LANES), exist)
                kept, slope = b.select(mine, weight, zero), b.select(mine, slope, zero)
            b.store(kept, p)
            b.store(b.mul(weight, b.sub(slope, mean)), d)
