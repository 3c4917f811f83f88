"""put: rows written at places that an index names, in the order of the indices.

In: dense or strided operands. Out: a Task. The order is part of the meaning, so results depend neither on threads nor
on vectors. A work item does a block of columns of all rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from .. import dtypes
from ..dtypes import dtype
from ..runtime.compile import Kernel
from ..runtime.execute import Pointer, Task
from . import frame, registers, scalar
from .builder import Builder, Value, constant, vector
from .frame import LANES, STATUS, Words, ceil_div, report
from .kernel import Operand

ITEMS = 16  # worth having
BLOCK = 32  # columns that are worth reading all indices for


@dataclass(frozen=True)
class PutShape:
    """fn: set, or a scalar function of old and new.

    value_inner: stride of the values along a row: 0, 1 or None (known at run time).
    """

    fn: str
    dtype: dtype
    value_inner: int | None


def put_task(
    fn: str, of: dtype, rows: int, rest: int, count: int, base: Operand, index: Operand, value: Operand, where: int = 0
) -> Task:
    """Replaces rows of base (fn "set") or combines them with new ones ("add" ...), in place, in the indices' order.

    base: (rows, rest), strides (row, 1).  index: int64 (count,), any stride.  value: (count, rest), any strides.
    where: the identity of this place in the fault message. An index outside 0 ... rows - 1 is reported and skipped.
    """
    inner = value.strides[1] if value.strides[1] in (0, 1) else None
    values = {
        "base": _address(base, of), "index": _address(index, dtypes.int64), "value": _address(value, of),
        "status": STATUS, "rows": rows, "rest": rest, "count": count, "where": where, "row_stride": base.strides[0],
        "index_stride": index.strides[0], "value_row": value.strides[0], "value_inner": value.strides[1],
    }  # fmt: skip
    blocks = max(min(rest // BLOCK, ITEMS), 1)
    values["block"] = max(ceil_div(ceil_div(rest, blocks), LANES) * LANES, LANES)
    items = max(ceil_div(rest, values["block"]), 1)
    return Task(_put_kernel(PutShape(fn, of, inner)), frame.fill(PUT_FIELDS, values), items if count else 0)


PUT_FIELDS = dict.fromkeys(("base", "index", "value", "status"), "ptr") | dict.fromkeys(
    ("rows", "rest", "count", "block", "where", "row_stride", "index_stride", "value_row", "value_inner"), "i64"
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
        """A block of columns, index after index; the first block reports those that are out of range."""
        b, words = self.b, self.words
        start, stop = frame.block_bounds(b, number, words["block"], words["rest"])
        with b.loop(0, words["count"]) as loop:
            row = b.load("i64", b.gep(words["index"], b.mul(loop.index, words["index_stride"]), "i64"))
            missing = b.icmp("uge", row, words["rows"])
            first = b.and_(missing, b.icmp("eq", number, 0))
            report(b, words["status"], words["where"], row, first, words["rows"])
            with b.if_(b.not_(missing)):
                self._row(row, loop.index, start, stop)

    def _row(self, row: Value, number: Value, start: Value, stop: Value) -> None:
        b, words = self.b, self.words
        target = b.gep(words["base"], b.mul(row, words["row_stride"]), self.memory)
        source = b.gep(words["value"], b.mul(number, words["value_row"]), self.memory)
        whole = b.add(start, b.and_(b.sub(stop, start), -LANES))
        with b.loop(start, whole, LANES) as loop:
            self._write(target, source, loop.index, LANES, None)
        with b.loop(whole, stop, LANES) as loop:
            mask = b.first_lanes(b.sub(stop, loop.index), LANES)
            self._write(target, source, loop.index, LANES, mask)

    def _write(self, target: Value, source: Value, at: Value, lanes: int, mask: Value | None) -> None:
        b, of = self.b, self.shape.dtype
        address, value = b.gep(target, at, self.memory), self._value(source, at, lanes, mask)
        if self.shape.fn != "set":
            value = scalar.emit(b, self.shape.fn, of, [registers.load(b, of, address, lanes, mask), value], lanes)
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


def _address(operand: Operand, of: dtype) -> Pointer:
    assert operand.pointer is not None
    return Pointer(operand.pointer.slot, operand.pointer.offset + operand.offset * of.itemsize)
