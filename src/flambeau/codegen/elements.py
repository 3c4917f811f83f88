"""put of single elements: each goes where its index says along one dimension, in the order of that dimension.

In: dense operands over (outer, length, inner). Out: Tasks, one after the other. Elements of different outer or inner
places never meet: work items are blocks of these. A single line is cut in pieces, by sizes alone, where it is much
longer than what it goes to: every piece combines its elements in scratch memory, a second task joins them in order.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from .. import dtypes
from ..dtypes import dtype
from ..runtime.compile import Kernel
from ..runtime.execute import Pointer, Task
from . import frame, reduction, registers, scalar
from .builder import Builder, Value
from .frame import LANES, STATUS, Words, block_bounds, ceil_div, digits, report
from .kernel import Operand

ITEM = 8192  # elements of a work item, at least
ITEMS = 16  # worth having
COLUMNS = 64  # neighbours that one work item takes, at least: they share cache lines
PIECE = 1 << 15  # elements of a piece of a single line, at least
PIECES = 16  # of it, at most
SHARE = 4  # a piece is at least this many times as long as what it goes to
ROOM = 1 << 20  # bytes that pieces may take in all
JOINED = 4096  # elements that a work item joins


@dataclass(frozen=True)
class ElementsShape:
    """fn: set, or a scalar function of two.  part: "lines", "columns", or a line's "pieces" and their "join"."""

    fn: str
    dtype: dtype
    part: str


def element_tasks(
    fn: str, of: dtype, outer: int, rows: int, length: int, inner: int, base: Operand, index: Operand, value: Operand,
    scratch: Pointer, where: int = 0,
) -> tuple[list[Task], int]:  # fmt: skip
    """Puts value[o, i, k] at base[o, index[o, i, k], k], in place: the tasks, and the scratch memory that they want.

    base: (outer, rows, inner); index (int64) and value: (outer, length, inner); all dense, but for a value that is one
    and the same everywhere, whose strides are 0.  fn: "set", "add", "mul",
    "maximum" or "minimum".  where: the identity of this place in the fault message. An index outside 0 ... rows - 1 is
    reported and skipped.
    """
    words = {
        "base": _address(base, of), "index": _address(index, dtypes.int64), "value": _address(value, of),
        "status": STATUS, "where": where, "scratch": scratch,
        "outer": outer, "rows": rows, "length": length, "inner": inner, "value_step": int(any(value.strides)),
    }  # fmt: skip
    pieces = _pieces(fn, of, rows, length) if outer * inner == 1 else 1
    if pieces > 1:
        words |= {"block": ceil_div(length, pieces), "blocks": pieces}
        first = _task(ElementsShape(fn, of, "pieces"), words, pieces)
        return [first, _task(ElementsShape(fn, of, "join"), words, ceil_div(rows, JOINED))], pieces * rows * of.itemsize
    if inner == 1:
        block = max(ceil_div(ITEM, max(length, 1)), ceil_div(outer, ITEMS * 4), 1)
        return [_task(ElementsShape(fn, of, "lines"), words | {"block": block, "blocks": 1}, ceil_div(outer, block))], 0
    block = max(ceil_div(inner, ITEMS), COLUMNS)
    blocks = ceil_div(inner, block)
    return [_task(ElementsShape(fn, of, "columns"), words | {"block": block, "blocks": blocks}, outer * blocks)], 0


def _pieces(fn: str, of: dtype, rows: int, length: int) -> int:
    """How many pieces a single line is cut in."""
    most = ROOM // max(rows * of.itemsize, 1)
    return 1 if fn == "set" else min(PIECES, most, length // max(PIECE, SHARE * rows))


def _task(shape: ElementsShape, words: dict, items: int) -> Task:
    return Task(_kernel(shape), frame.fill(FIELDS, words), items if words["length"] else 0)


FIELDS = dict.fromkeys(("base", "index", "value", "status", "scratch"), "ptr") | dict.fromkeys(
    ("where", "outer", "rows", "length", "inner", "value_step", "block", "blocks"), "i64"
)


@cache
def _kernel(shape: ElementsShape) -> Kernel:
    def item(b: Builder, words: Words, number: Value) -> None:
        getattr(Elements(b, words, shape), shape.part)(number)

    return Kernel(("elements", shape), lambda: frame.write(FIELDS, item))


def _address(operand: Operand, of: dtype) -> Pointer:
    return Pointer(operand.pointer.slot, operand.pointer.offset + operand.offset * of.itemsize)


class Elements:
    """Writes put of elements; one method a part."""

    def __init__(self, b: Builder, words: Words, shape: ElementsShape):
        self.b, self.words, self.shape = b, words, shape
        self.memory = registers.memory_type(shape.dtype)

    def lines(self, number: Value) -> None:
        """A block of lines, each from its first element to the last."""
        b, words = self.b, self.words
        start, stop = block_bounds(b, number, words["block"], words["outer"])
        with b.loop(start, stop) as line:
            base = self._at("base", b.mul(line.index, words["rows"]))
            first = b.mul(line.index, words["length"])
            with b.loop(0, words["length"]) as loop:
                self._put(base, b.add(first, loop.index))

    def columns(self, number: Value) -> None:
        """A block of columns, all of one index after the other."""
        b, words = self.b, self.words
        outer, block = digits(b, number, [words["outer"], words["blocks"]])
        start, stop = block_bounds(b, block, words["block"], words["inner"])
        plane = self._at("base", b.mul(outer, b.mul(words["rows"], words["inner"])))
        first = b.mul(outer, words["length"])
        with b.loop(0, words["length"]) as row:
            line = b.mul(b.add(first, row.index), words["inner"])
            with b.loop(start, stop) as loop:
                self._put(b.gep(plane, loop.index, self.memory), b.add(line, loop.index))

    def pieces(self, number: Value) -> None:
        """A piece of a line, into memory of its own."""
        b, words = self.b, self.words
        base = self._piece(number)
        with b.loop(0, words["rows"], LANES) as loop:
            mask = b.first_lanes(b.sub(words["rows"], loop.index), LANES)
            nothing = reduction.neutral(self.shape.fn, self.shape.dtype, LANES)
            registers.store(b, self.shape.dtype, nothing, b.gep(base, loop.index, self.memory), mask)
        start, stop = block_bounds(b, number, words["block"], words["length"])
        with b.loop(start, stop) as loop:
            self._put(base, loop.index)

    def join(self, number: Value) -> None:
        """The pieces of a block of elements combined with what was there, in order."""
        b, of = self.b, self.shape.dtype
        start, stop = block_bounds(b, number, b.const(JOINED), self.words["rows"])
        with b.loop(start, stop, LANES) as loop:
            mask = b.first_lanes(b.sub(stop, loop.index), LANES)
            target = self._at("base", loop.index)
            with b.loop(0, self.words["blocks"], carried=[registers.load(b, of, target, LANES, mask)]) as piece:
                source = b.gep(self._piece(piece.index), loop.index, self.memory)
                piece.next([self._combined(piece.carried[0], registers.load(b, of, source, LANES, mask), LANES)])
            registers.store(b, of, piece.results[0], target, mask)

    # ---- elements ----

    def _at(self, name: str, place: Value) -> Value:
        return self.b.gep(self.words[name], place, "i64" if name == "index" else self.memory)

    def _piece(self, number: Value) -> Value:
        return self._at("scratch", self.b.mul(number, self.words["rows"]))

    def _combined(self, old: Value, new: Value, lanes: int) -> Value:
        return scalar.emit(self.b, self.shape.fn, self.shape.dtype, [old, new], lanes)

    def _put(self, base: Value, place: Value) -> None:
        """One element, from its place among the values to where its index says."""
        b, words = self.b, self.words
        row = b.load("i64", self._at("index", place))
        missing = b.icmp("uge", row, words["rows"])

        def refuse() -> None:
            report(b, words["status"], words["where"], row, missing, words["rows"])

        def put() -> None:
            source = self._at("value", b.mul(place, words["value_step"]))
            value = registers.load(b, self.shape.dtype, source)
            step = row if self.shape.part != "columns" else b.mul(row, words["inner"])
            target = b.gep(base, step, self.memory)
            if self.shape.fn != "set":
                value = self._combined(registers.load(b, self.shape.dtype, target), value, 1)
            registers.store(b, self.shape.dtype, value, target)

        b.if_else(missing, refuse, put)
