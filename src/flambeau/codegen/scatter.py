"""put and scan: work whose order along one dimension is part of its meaning, vectors along the others.

In: dense or strided operands. Out: Tasks. Rows are put in the order of their indices, running sums and products grow
element by element, so results depend neither on threads nor on vectors. Work items are blocks of the other dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from .. import dtypes
from ..dtypes import dtype
from ..runtime.compile import Kernel
from ..runtime.execute import Pointer, Task
from . import frame, reduction, registers, scalar
from .builder import Builder, Value, constant, vector
from .frame import LANES, STATUS, Words, ceil_div, digits, report
from .kernel import Operand

WIDE = {dtypes.float32: dtypes.float64, dtypes.float16: dtypes.float32, dtypes.bfloat16: dtypes.float32}
RANGES = 16  # of rows that put works on at the same time
LONG = 32  # rows of at least this length are worth that every range reads all indices
GROUP = 4  # vectors of columns that scan handles together, to read memory in longer runs


# ---- put ----


@dataclass(frozen=True)
class PutShape:
    """fn: set or add.  value_inner: stride of the values along a row: 0, 1 or None (known at run time)."""

    fn: str
    dtype: dtype
    value_inner: int | None


def put_task(
    fn: str, of: dtype, rows: int, rest: int, count: int, base: Operand, index: Operand, value: Operand, where: int = 0
) -> Task:
    """Replaces (fn "set") or adds to ("add") rows of base, in place, in the order of the indices.

    base: (rows, rest), strides (row, 1).  index: int64 (count,), any stride.  value: (count, rest), any strides.
    where: the identity of this place in the fault message. An index outside 0 ... rows - 1 is reported and skipped.
    """
    inner = value.strides[1] if value.strides[1] in (0, 1) else None
    values = {
        "base": _address(base, of), "index": _address(index, dtypes.int64), "value": _address(value, of),
        "status": STATUS, "rows": rows, "rest": rest, "count": count, "where": where, "row_stride": base.strides[0],
        "index_stride": index.strides[0], "value_row": value.strides[0], "value_inner": value.strides[1],
    }  # fmt: skip
    values["range"] = max(ceil_div(rows, RANGES if rest >= LONG else 1), 1)
    items = max(ceil_div(rows, values["range"]), 1)
    return Task(_put_kernel(PutShape(fn, of, inner)), frame.fill(PUT_FIELDS, values), items if count else 0)


PUT_FIELDS = dict.fromkeys(("base", "index", "value", "status"), "ptr") | dict.fromkeys(
    ("rows", "rest", "count", "range", "where", "row_stride", "index_stride", "value_row", "value_inner"), "i64"
)


@cache
def _put_kernel(shape: PutShape) -> Kernel:
    return Kernel(("put", shape), lambda: frame.write(PUT_FIELDS, lambda b, w, item: _Put(b, w, shape).item(item)))


class _Put:
    """Writes put."""

    def __init__(self, b: Builder, words: Words, shape: PutShape):
        self.b, self.words, self.shape = b, words, shape
        self.memory = registers.memory_type(shape.dtype)

    def item(self, number: Value) -> None:
        """All indices that fall in a range of rows; the first range also looks after those that fall in none."""
        b, words = self.b, self.words
        start, stop = frame.block_bounds(b, number, words["range"], words["rows"])
        with b.loop(0, words["count"]) as loop:
            row = b.load("i64", b.gep(words["index"], b.mul(loop.index, words["index_stride"]), "i64"))
            missing = b.and_(b.icmp("uge", row, words["rows"]), b.icmp("eq", number, 0))
            report(b, words["status"], words["where"], row, missing, words["rows"])
            with b.if_(b.and_(b.icmp("sge", row, start), b.icmp("slt", row, stop))):
                self._row(row, loop.index)

    def _row(self, row: Value, number: Value) -> None:
        b, words = self.b, self.words
        target = b.gep(words["base"], b.mul(row, words["row_stride"]), self.memory)
        source = b.gep(words["value"], b.mul(number, words["value_row"]), self.memory)
        one = b.icmp("eq", words["rest"], 1)
        with b.if_(one):
            self._write(target, source, b.const(0), 1, None)
        with b.if_(b.not_(one)):
            whole = b.and_(words["rest"], -LANES)
            with b.loop(0, whole, LANES) as loop:
                self._write(target, source, loop.index, LANES, None)
            with b.loop(whole, words["rest"], LANES) as loop:
                mask = b.first_lanes(b.sub(words["rest"], loop.index), LANES)
                self._write(target, source, loop.index, LANES, mask)

    def _write(self, target: Value, source: Value, at: Value, lanes: int, mask: Value | None) -> None:
        b, of = self.b, self.shape.dtype
        address, value = b.gep(target, at, self.memory), self._value(source, at, lanes, mask)
        if self.shape.fn == "add":
            value = scalar.emit(b, "add", of, [registers.load(b, of, address, lanes, mask), value], lanes)
        registers.store(b, of, value, address, mask)

    def _value(self, source: Value, at: Value, lanes: int, mask: Value | None) -> Value:
        b, of = self.b, self.shape.dtype
        if self.shape.value_inner is None and lanes > 1:
            offsets = b.mul(b.add(b.splat(at, lanes), b.steps(lanes)), b.splat(self.words["value_inner"], lanes))
            every = mask or constant(1, vector("i1", lanes))
            return registers.gather(b, of, b.gep(source, offsets, self.memory), every)
        if self.shape.value_inner == 1 and lanes > 1:
            return registers.load(b, of, b.gep(source, at, self.memory), lanes, mask)
        return b.splat(registers.load(b, of, b.gep(source, b.mul(at, self.words["value_inner"]), self.memory)), lanes)


# ---- scan ----


@dataclass(frozen=True)
class ScanShape:
    """fn: sum or prod.  lanes: LANES neighbouring columns together, or one at a time."""

    fn: str
    dtype: dtype
    lanes: int


def scan_task(fn: str, of: dtype, outer: int, length: int, inner: int, x: Operand, y: Operand) -> Task:
    """Running sums or products along the middle dimension of (outer, length, inner); x and y have strides over these.

    Smaller floating-point types are accumulated in the next larger one and rounded at every step's result.
    """
    lanes = LANES if inner > 1 and x.strides[2] == 1 and y.strides[2] == 1 else 1
    values = {"x": _address(x, of), "y": _address(y, of), "outer": outer, "length": length, "inner": inner}
    for name, operand in (("x", x), ("y", y)):
        values |= {f"{name}.{dim}": stride for dim, stride in enumerate(operand.strides)}
    items = outer * ceil_div(inner, GROUP * lanes) if length else 0
    return Task(_scan_kernel(ScanShape(fn, of, lanes)), frame.fill(SCAN_FIELDS, values), items)


SCAN_FIELDS = {"x": "ptr", "y": "ptr"} | dict.fromkeys(
    ("outer", "length", "inner", *(f"{name}.{dim}" for name in "xy" for dim in range(3))), "i64"
)


@cache
def _scan_kernel(shape: ScanShape) -> Kernel:
    return Kernel(("scan", shape), lambda: frame.write(SCAN_FIELDS, lambda b, w, item: _Scan(b, w, shape).item(item)))


class _Scan:
    """Writes scan."""

    def __init__(self, b: Builder, words: Words, shape: ScanShape):
        self.b, self.words, self.shape = b, words, shape
        self.running = WIDE.get(shape.dtype, shape.dtype)

    def item(self, number: Value) -> None:
        """GROUP vectors of columns (or GROUP columns) together; single ones where fewer are left."""
        b, words, lanes = self.b, self.words, self.shape.lanes
        groups = b.sdiv(b.add(words["inner"], GROUP * lanes - 1), GROUP * lanes)
        outer, group = digits(b, number, [words["outer"], groups])
        start, stop = frame.block_bounds(b, group, b.const(GROUP * lanes), words["inner"])
        whole = b.icmp("eq", b.sub(stop, start), GROUP * lanes)
        with b.if_(whole):
            self._columns(outer, [b.add(start, u * lanes) for u in range(GROUP)], None)
        with b.if_(b.not_(whole)), b.loop(start, stop, lanes) as loop:
            mask = None if lanes == 1 else b.first_lanes(b.sub(stop, loop.index), lanes)
            self._columns(outer, [loop.index], mask)

    def _columns(self, outer: Value, columns: list[Value], mask: Value | None) -> None:
        """Some columns from the first element to the last."""
        b, of, lanes, fn = self.b, self.shape.dtype, self.shape.lanes, self.shape.fn
        sources, targets = ([self._address(name, outer, column) for column in columns] for name in "xy")
        with b.loop(
            0, self.words["length"], carried=[reduction.identity(fn, self.running, lanes)] * len(columns)
        ) as loop:
            following = []
            for total, source in zip(loop.carried, sources):
                element = registers.load(b, of, self._step("x", source, loop.index), lanes, mask)
                wide = scalar.emit(b, "cast", self.running, [element], lanes, of)
                following.append(reduction.combine(b, fn, self.running, total, wide))
            for total, target in zip(following, targets):
                result = scalar.emit(b, "cast", of, [total], lanes, self.running)
                registers.store(b, of, result, self._step("y", target, loop.index), mask)
            loop.next(following)

    def _address(self, name: str, outer: Value, column: Value) -> Value:
        b, words = self.b, self.words
        offset = b.add(b.mul(outer, words[f"{name}.0"]), b.mul(column, words[f"{name}.2"]))
        return b.gep(words[name], offset, registers.memory_type(self.shape.dtype))

    def _step(self, name: str, start: Value, step: Value) -> Value:
        memory = registers.memory_type(self.shape.dtype)
        return self.b.gep(start, self.b.mul(step, self.words[f"{name}.1"]), memory)


def _address(operand: Operand, of: dtype) -> Pointer:
    assert operand.pointer is not None
    return Pointer(operand.pointer.slot, operand.pointer.offset + operand.offset * of.itemsize)
