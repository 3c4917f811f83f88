"""Running sums, products and extremes along one dimension, from either end.

In: operands over (outer, length, inner). Out: Tasks, one after the other. Where there are columns, they run side by
side in vectors. A row runs through a vector at a time: within it by doubling, from it to the next through its total.
Long rows that are few are cut in pieces, by sizes alone: a first task finds the pieces' totals, a second runs each
piece from what the ones before come to. So results depend neither on threads nor on the processor.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache

from .. import dtypes
from ..dtypes import dtype
from ..runtime.compile import Kernel
from ..runtime.execute import Pointer, Task
from . import frame, reduction, registers, scalar
from .builder import Builder, Value
from .frame import LANES, Words, ceil_div, digits
from .kernel import Operand

WIDE = {dtypes.float32: dtypes.float64, dtypes.float16: dtypes.float32, dtypes.bfloat16: dtypes.float32}
EXACT = frozenset({"max", "min"})
COSTLY = frozenset({"logsumexp"})
GROUP = 4  # vectors of columns that are handled together, to read memory in longer runs
STEP = 8  # elements of a row that run together: a vector of the largest processors
PIECE = 1 << 15  # elements of a piece of a long row, at least
PIECES = 16  # rows and pieces that are worth having


@dataclass(frozen=True)
class ScanShape:
    """fn: of `reduction`.  part: "columns", "rows", or of rows in pieces the "totals" and the "pieces"."""

    fn: str
    dtype: dtype
    part: str
    reverse: bool = False


def scan_tasks(
    fn: str, of: dtype, outer: int, length: int, inner: int, x: Operand, y: Operand, scratch: Pointer,
    reverse: bool = False,
) -> tuple[list[Task], int]:  # fmt: skip
    """Runs along the middle dimension of (outer, length, inner): the tasks, and the bytes of scratch memory they want.

    x, y: with strides over these; neighbours lie side by side along the last dimension, where it is longer than 1, else
    along the middle one.  reverse: from the last element to the first. Sums and products of smaller floating-point
    types are accumulated in the next larger one and rounded at every step's result.
    """
    words = {"x": _address(x, of), "y": _address(y, of), "outer": outer, "length": length, "inner": inner}
    for name, operand in (("x", x), ("y", y)):
        words |= {f"{name}.{dim}": stride for dim, stride in enumerate(operand.strides)}
    pieces = _pieces(outer, length) if inner == 1 else 1
    words |= {"pieces": pieces, "piece": ceil_div(length, pieces), "totals": scratch}
    words["nothing"] = _bits(reduction.identity_number(fn, running_dtype(fn, of)), running_dtype(fn, of))
    if inner != 1:
        return [_task(ScanShape(fn, of, "columns", reverse), words, outer * ceil_div(inner, GROUP * LANES))], 0
    if pieces == 1:
        return [_task(ScanShape(fn, of, "rows", reverse), words, outer)], 0
    items = outer * pieces
    tasks = [_task(ScanShape(fn, of, part, reverse), words, items) for part in ("totals", "pieces")]
    return tasks, 8 * items


def running_dtype(fn: str, of: dtype) -> dtype:
    """What is run with."""
    return of if fn in EXACT else WIDE.get(of, of)


def _bits(number: float, of: dtype) -> int:
    """A number in register form as an integer of the same bits."""
    held = registers.computed(of)
    formats = {dtypes.float64: "dq", dtypes.float32: "fi"}.get(held)
    return struct.unpack(formats[1], struct.pack(formats[0], number))[0] if formats else _signed(int(number))


def _signed(number: int) -> int:
    return number - (1 << 64) if number >= 1 << 63 else number


def _pieces(rows: int, length: int) -> int:
    """How many pieces a row is cut in."""
    return max(min(ceil_div(PIECES, max(rows, 1)), length // PIECE), 1) if rows < PIECES else 1


def _task(shape: ScanShape, words: dict, items: int) -> Task:
    return Task(_scan_kernel(shape), frame.fill(FIELDS, words), items if words["length"] else 0)


NUMBERS = ("outer", "length", "inner", "pieces", "piece", "nothing")
FIELDS = {"x": "ptr", "y": "ptr", "totals": "ptr"} | dict.fromkeys(
    (*NUMBERS, *(f"{name}.{dim}" for name in "xy" for dim in range(3))), "i64"
)


@cache
def _scan_kernel(shape: ScanShape) -> Kernel:
    writer = Columns if shape.part == "columns" else Rows
    return Kernel(("scan", shape), lambda: frame.write(FIELDS, lambda b, w, item: writer(b, w, shape).item(item)))


def _address(operand: Operand, of: dtype) -> Pointer:
    return Pointer(operand.pointer.slot, operand.pointer.offset + operand.offset * of.itemsize)


class Scan:
    """What both walks share: running values and how elements enter and leave them."""

    def __init__(self, b: Builder, words: Words, shape: ScanShape):
        self.b, self.words, self.shape = b, words, shape
        self.running = running_dtype(shape.fn, shape.dtype)
        self.memory = registers.memory_type(shape.dtype)
        type = registers.register_type(self.running)
        bits = b.convert("trunc", words["nothing"], {"float": "i32", "double": "i64"}.get(type, type))
        self.nothing = b.convert("bitcast", bits, type)  # a word: of a constant, LLVM would make slow expansions

    def _start(self, lanes: int) -> Value:
        return self.b.splat(self.nothing, lanes)

    def _combine(self, earlier: Value, later: Value) -> Value:
        return reduction.combine(self.b, self.shape.fn, self.running, earlier, later)

    def _load(self, pointer: Value, lanes: int, mask: Value | None) -> Value:
        of = self.shape.dtype
        return scalar.emit(self.b, "cast", self.running, [registers.load(self.b, of, pointer, lanes, mask)], lanes, of)

    def _store(self, value: Value, pointer: Value, lanes: int, mask: Value | None) -> None:
        of = self.shape.dtype
        registers.store(self.b, of, scalar.emit(self.b, "cast", of, [value], lanes, self.running), pointer, mask)

    def _line(self, name: str, outer: Value, column: Value) -> Value:
        """The address of the first element along the dimension."""
        b, words = self.b, self.words
        offset = b.add(b.mul(outer, words[f"{name}.0"]), b.mul(column, words[f"{name}.2"]))
        return b.gep(words[name], offset, self.memory)


class Columns(Scan):
    """Columns side by side, element by element."""

    def item(self, number: Value) -> None:
        """GROUP vectors of columns together; single ones where fewer are left."""
        b, words = self.b, self.words
        groups = b.sdiv(b.add(words["inner"], GROUP * LANES - 1), GROUP * LANES)
        outer, group = digits(b, number, [words["outer"], groups])
        start, stop = frame.block_bounds(b, group, b.const(GROUP * LANES), words["inner"])
        whole = b.icmp("eq", b.sub(stop, start), GROUP * LANES)
        with b.if_(whole):
            self._columns(outer, [b.add(start, u * LANES) for u in range(GROUP)], None)
        with b.if_(b.not_(whole)), b.loop(start, stop, LANES) as loop:
            self._columns(outer, [loop.index], b.first_lanes(b.sub(stop, loop.index), LANES))

    def _columns(self, outer: Value, columns: list[Value], mask: Value | None) -> None:
        """Some columns from one end to the other."""
        b, length = self.b, self.words["length"]
        sources, targets = ([self._line(name, outer, column) for column in columns] for name in "xy")
        with b.loop(0, length, carried=[self._start(LANES)] * len(columns)) as loop:
            step = b.sub(b.sub(length, 1), loop.index) if self.shape.reverse else loop.index
            following = []
            for total, source in zip(loop.carried, sources):
                following.append(self._combine(total, self._load(self._step("x", source, step), LANES, mask)))
            for total, target in zip(following, targets):
                self._store(total, self._step("y", target, step), LANES, mask)
            loop.next(following)

    def _step(self, name: str, start: Value, step: Value) -> Value:
        return self.b.gep(start, self.b.mul(step, self.words[f"{name}.1"]), self.memory)


class Rows(Scan):
    """Rows, or pieces of rows, a vector of neighbours at a time."""

    def item(self, number: Value) -> None:
        """One row or piece."""
        b, words = self.b, self.words
        if self.shape.part == "rows":
            self._at_row(number)
            self._run(b.const(0), words["length"], self._start(STEP))
            return
        row, piece = digits(b, number, [words["outer"], words["pieces"]])
        self._at_row(row)
        start, stop = frame.block_bounds(b, piece, words["piece"], words["length"])
        if self.shape.part == "totals":
            self._put_total(number, start, stop)
        else:
            self._run(start, stop, self._before(row, piece))

    def _at_row(self, row: Value) -> None:
        self.source, self.target = (self._line(name, row, self.b.const(0)) for name in "xy")

    # ---- pieces ----

    def _total_at(self, number: Value) -> Value:
        return self.b.gep(self.words["totals"], self.b.mul(number, 8))

    def _put_total(self, number: Value, start: Value, stop: Value) -> None:
        b, nothing = self.b, self._start(STEP)
        whole = self._whole(start, stop)
        with b.loop(start, whole, STEP, carried=[nothing]) as loop:
            loop.next([self._combine(loop.carried[0], self._at(loop.index, None))])
        with b.loop(whole, stop, STEP, carried=loop.results) as rest:
            mask = b.first_lanes(b.sub(stop, rest.index), STEP)
            rest.next([self._combine(rest.carried[0], b.select(mask, self._at(rest.index, mask), nothing))])
        total = reduction.across(b, self.shape.fn, self.running, rest.results)[0]
        registers.store(b, self.running, total, self._total_at(number))

    def _before(self, row: Value, piece: Value) -> Value:
        """What the pieces before (in the direction of the run) come to."""
        b, pieces = self.b, self.words["pieces"]
        first = b.mul(row, pieces)
        count = b.sub(b.sub(pieces, 1), piece) if self.shape.reverse else piece
        with b.loop(0, count, carried=[self._start(1)]) as loop:
            at = b.sub(b.sub(pieces, 1), loop.index) if self.shape.reverse else loop.index
            total = registers.load(b, self.running, self._total_at(b.add(first, at)))
            loop.next([self._combine(loop.carried[0], total)])
        return b.splat(loop.results[0], STEP)

    # ---- the run ----

    def _run(self, start: Value, stop: Value, carry: Value) -> None:
        """Vectors from one end to the other; the last ones of a row are not full."""
        b, whole = self.b, self._whole(start, stop)
        if self.shape.reverse:
            carry = self._rest(whole, stop, carry)
            with b.loop(0, b.sub(whole, start), STEP, carried=[carry]) as loop:
                loop.next([self._vector(b.sub(b.sub(whole, STEP), loop.index), loop.carried[0], None)])
        else:
            with b.loop(start, whole, STEP, carried=[carry]) as loop:
                loop.next([self._vector(loop.index, loop.carried[0], None)])
            self._rest(whole, stop, loop.results[0])

    def _rest(self, whole: Value, stop: Value, carry: Value) -> Value:
        b = self.b
        with b.loop(whole, stop, STEP, carried=[carry]) as loop:
            mask = b.first_lanes(b.sub(stop, loop.index), STEP)
            loop.next([self._vector(loop.index, loop.carried[0], mask)])
        return loop.results[0]

    def _whole(self, start: Value, stop: Value) -> Value:
        return self.b.add(start, self.b.and_(self.b.sub(stop, start), -STEP))

    def _at(self, index: Value, mask: Value | None) -> Value:
        return self._load(self.b.gep(self.source, index, self.memory), STEP, mask)

    def _vector(self, index: Value, carry: Value, mask: Value | None) -> Value:
        """Writes a vector's running values; gives the carry for the next vector, in every lane."""
        b, nothing = self.b, self._start(STEP)
        value = self._at(index, mask)
        value = value if mask is None else b.select(mask, value, nothing)
        for distance in (1, 2, 4):
            value = self._combine(self._shifted(value, nothing, distance), value)
        run = self._combine(carry, value)
        self._store(run, b.gep(self.target, index, self.memory), STEP, mask)
        last = [0 if self.shape.reverse else STEP - 1] * STEP
        if self.shape.fn in COSTLY:
            return b.shuffle(run, None, last)
        return self._combine(carry, b.shuffle(value, None, last))  # the same, and no shuffle between two vectors

    def _shifted(self, value: Value, nothing: Value, distance: int) -> Value:
        """The lanes moved on in the direction of the run."""
        way = distance if self.shape.reverse else -distance
        lanes = [i + way if 0 <= i + way < STEP else STEP for i in range(STEP)]
        return self.b.shuffle(value, nothing, lanes)
