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
from .builder import Builder, Value
from .frame import LANES, STATUS, Words, ceil_div, digits, report
from .kernel import Operand

WIDE = {dtypes.float32: dtypes.float64, dtypes.float16: dtypes.float32, dtypes.bfloat16: dtypes.float32}
BLOCK = 4  # vectors of a row that one item of put handles: whole cache lines, still many items


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
    items = ceil_div(rest, BLOCK * LANES)
    return Task(_put_kernel(PutShape(fn, of, inner)), frame.fill(PUT_FIELDS, values), items)


PUT_FIELDS = dict.fromkeys(("base", "index", "value", "status"), "ptr") | dict.fromkeys(
    ("rows", "rest", "count", "where", "row_stride", "index_stride", "value_row", "value_inner"), "i64"
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
        """A block of every row, all indices."""
        b, words = self.b, self.words
        start, stop = frame.block_bounds(b, number, b.const(BLOCK * LANES), words["rest"])
        with b.loop(0, words["count"]) as loop:
            row = b.load("i64", b.gep(words["index"], b.mul(loop.index, words["index_stride"]), "i64"))
            exists = b.icmp("ult", row, words["rows"])
            report(b, words["status"], words["where"], row, b.not_(exists), words["rows"])
            with b.if_(exists):
                self._row(row, loop.index, start, stop)

    def _row(self, row: Value, number: Value, start: Value, stop: Value) -> None:
        b, words = self.b, self.words
        target = b.gep(words["base"], b.mul(row, words["row_stride"]), self.memory)
        source = b.gep(words["value"], b.mul(number, words["value_row"]), self.memory)
        with b.if_(b.icmp("eq", words["rest"], 1)):
            self._write(target, source, start, 1, None)
        with b.if_(b.icmp("ne", words["rest"], 1)), b.loop(start, stop, LANES) as loop:
            self._write(target, source, loop.index, LANES, b.first_lanes(b.sub(stop, loop.index), LANES))

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
            return registers.gather(b, of, b.gep(source, offsets, self.memory), mask)
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
    items = outer * ceil_div(inner, lanes) if length else 0
    return Task(_scan_kernel(ScanShape(fn, of, lanes)), frame.fill(SCAN_FIELDS, values), items)


SCAN_FIELDS = {"x": "ptr", "y": "ptr"} | dict.fromkeys(
    ("outer", "length", "inner", *(f"{name}.{dim}" for name in "xy" for dim in range(3))), "i64"
)


@cache
def _scan_kernel(shape: ScanShape) -> Kernel:
    return Kernel(("scan", shape), lambda: frame.write(SCAN_FIELDS, lambda b, w, item: _scan(b, w, shape, item)))


def _scan(b: Builder, words: Words, shape: ScanShape, number: Value) -> None:
    """One column, or LANES neighbouring ones, from the first element to the last."""
    of, lanes = shape.dtype, shape.lanes
    running = WIDE.get(of, of)
    columns = b.sdiv(b.add(words["inner"], lanes - 1), lanes)
    outer, block = digits(b, number, [words["outer"], columns])
    column = b.mul(block, lanes)
    mask = None if lanes == 1 else b.first_lanes(b.sub(words["inner"], column), lanes)

    def address(name: str, step: Value) -> Value:
        offset = b.const(0)
        for dim, index in enumerate((outer, step, column)):
            offset = b.add(offset, b.mul(index, words[f"{name}.{dim}"]))
        return b.gep(words[name], offset, registers.memory_type(of))

    with b.loop(0, words["length"], carried=[reduction.identity(shape.fn, running, lanes)]) as loop:
        element = registers.load(b, of, address("x", loop.index), lanes, mask)
        wide = scalar.emit(b, "cast", running, [element], lanes, of)
        total = reduction.combine(b, shape.fn, running, loop.carried[0], wide)
        registers.store(b, of, scalar.emit(b, "cast", of, [total], lanes, running), address("y", loop.index), mask)
        loop.next([total])


def _address(operand: Operand, of: dtype) -> Pointer:
    return Pointer(operand.pointer.slot, operand.pointer.offset + operand.offset * of.itemsize)
