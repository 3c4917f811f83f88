"""Stable sorting of rows: the permutation and, if wanted, the sorted values, or only the first of them.

In: an operand (outer, length, inner) with any strides. Out: a Task and the scratch memory it wants. Elements become
keys (`codegen/listing.py`), so equal elements always keep their order. Short rows are sorted by insertion, long ones by
their keys' bytes, lowest first; a byte that all keys share is skipped. A work item sorts every `groups`-th row in
scratch memory of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from .. import dtypes
from ..dtypes import dtype
from ..runtime.compile import Kernel
from ..runtime.execute import Pointer, Task
from . import frame, registers
from .builder import Builder, Value
from .frame import Words, digits
from .kernel import Operand
from .listing import SHORT, Listing, Lists, scratch_bytes

GROUPS = 64  # rows that may be sorted at the same time


@dataclass(frozen=True)
class SortShape:
    """What a sorting kernel is compiled for; `values`: whether sorted values are written beside the order."""

    dtype: dtype
    descending: bool
    values: bool


def sort_task(
    of: dtype, outer: int, length: int, inner: int, descending: bool, x: Operand, order: Operand, scratch: Pointer,
    values: Operand | None = None, count: int | None = None,
) -> Task:  # fmt: skip
    """Sorts along the middle dimension of (outer, length, inner); operands have strides over these, order is int64.

    scratch: `sort_scratch(...)` bytes, aligned to 64.  count: how many of each row's order are written, all of them
    unless given. Raises ValueError where the dimension is longer than 2**31 - 1.
    """
    check_length(length)
    shape, rows = SortShape(of, descending, values is not None), outer * inner
    words = {"outer": outer, "length": length, "inner": inner, "groups": min(rows, GROUPS)}
    words |= {"scratch": scratch, "scratch_row": scratch_bytes(of, length), "count": length if count is None else count}
    for name, operand, held in (("x", x, of), ("order", order, dtypes.int64), ("values", values, of)):
        if operand is not None:
            offset = operand.pointer.offset + operand.offset * held.itemsize
            words |= {name: Pointer(operand.pointer.slot, offset)}
            words |= {f"{name}.{dim}": stride for dim, stride in enumerate(operand.strides)}
    items = min(rows, GROUPS) if length else 0
    return Task(_sort_kernel(shape), frame.fill(_fields(shape), words), items)


def sort_scratch(of: dtype, outer: int, length: int, inner: int) -> int:
    """Bytes of scratch memory that sort_task wants."""
    return min(outer * inner, GROUPS) * scratch_bytes(of, length)


def check_length(length: int) -> None:
    """ValueError where positions along a dimension do not fit in 32 bits."""
    if length >= 1 << 31:
        raise ValueError(f"sort: a dimension of {length} elements is longer than supported (2147483647)")


@cache
def _fields(shape: SortShape) -> dict[str, str]:
    names = ("x", "order", "values") if shape.values else ("x", "order")
    sizes = ("outer", "length", "inner", "groups", "scratch_row", "count")
    result = dict.fromkeys((*names, "scratch"), "ptr")
    return result | dict.fromkeys((*sizes, *(f"{name}.{dim}" for name in names for dim in range(3))), "i64")


@cache
def _sort_kernel(shape: SortShape) -> Kernel:
    return Kernel(("sort", shape), lambda: frame.write(_fields(shape), lambda b, w, item: Sort(b, w, shape).item(item)))


class Sort:
    """Writes the sorting of rows."""

    def __init__(self, b: Builder, words: Words, shape: SortShape):
        self.b, self.words, self.shape = b, words, shape
        self.lists = Lists(b, shape.dtype, shape.descending)

    def item(self, number: Value) -> None:
        """Every row of one group."""
        b, words = self.b, self.words
        scratch = b.gep(words["scratch"], b.mul(number, words["scratch_row"]))
        lists = self.lists.pair(scratch, words["length"])
        with b.loop(number, b.mul(words["outer"], words["inner"]), words["groups"]) as loop:
            row = digits(b, loop.index, [words["outer"], words["inner"]])
            short = b.icmp("sle", words["length"], SHORT)
            with b.if_(short):
                self._read(row, lists[0])
                self.lists.insert_all(lists[0], words["length"])
                self._write(row, lists[0])
            with b.if_(b.not_(short)):
                self.lists.clear(scratch)
                wanted = self._digits(row)
                self._read(row, lists[0], scratch, wanted)
                self._write(row, self.lists.by_bytes(scratch, lists, words["length"], wanted))

    def _element(self, name: str, row: list[Value], step: Value) -> Value:
        """The address of an operand's element in a row."""
        b, words = self.b, self.words
        held = dtypes.int64 if name == "order" else self.shape.dtype
        offset = b.mul(step, words[f"{name}.1"])
        for dim, index in ((0, row[0]), (2, row[1])):
            offset = b.add(offset, b.mul(index, words[f"{name}.{dim}"]))
        return b.gep(words[name], offset, registers.memory_type(held))

    def _key(self, row: list[Value], step: Value) -> Value:
        return self.lists.key(registers.load(self.b, self.shape.dtype, self._element("x", row, step)))

    def _digits(self, row: list[Value]) -> Value:
        """How many of the keys' bytes, the lowest first, hold all their differences; looked at for long integers."""
        b, bits = self.b, self.lists.bits
        if bits < 64 or self.shape.dtype.is_floating_point:
            return b.const(bits // 8)
        first = self._key(row, b.const(0))
        with b.loop(1, self.words["length"], carried=[b.const(0)]) as loop:
            loop.next([b.or_(loop.carried[0], b.xor(first, self._key(row, loop.index)))])
        free = b.call("llvm.ctlz.i64", "i64", [loop.results[0], b.const(0, "i1")])
        return b.sub(8, b.lshr(free, 3))

    def _read(self, row: list[Value], into: Listing, counts: Value | None = None, digits: Value | None = None) -> None:
        """Lists the keys of a row and counts their bytes."""
        b = self.b
        with b.loop(0, self.words["length"]) as loop:
            key = self._key(row, loop.index)
            self.lists.put(into, loop.index, key, b.convert("trunc", loop.index, "i32"))
            if counts:
                self.lists.count(counts, key, digits)

    def _write(self, row: list[Value], source: Listing) -> None:
        """The head of the row's order, and its elements in this order."""
        b = self.b
        with b.loop(0, self.words["count"]) as loop:
            position = b.convert("zext", self.lists.get(source, loop.index)[1], "i64")
            b.store(position, self._element("order", row, loop.index))
            if self.shape.values:
                raw = b.load(registers.memory_type(self.shape.dtype), self._element("x", row, position))
                b.store(raw, self._element("values", row, loop.index))
