"""Stable sorting along one dimension: the permutation and, if wanted, the sorted values.

In: an operand (outer, length, inner) with any strides. Out: a Task and the scratch memory it wants. Elements become
unsigned keys that order as the elements do (NaN last, -0 equal to 0), complemented for descending order, so equal
elements always keep their order. Short rows are sorted by insertion, long ones by their keys' bytes, lowest first; a
byte that all keys share is skipped. A work item sorts every `groups`-th row in scratch memory of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from .. import dtypes
from ..dtypes import dtype
from ..runtime.compile import Kernel
from ..runtime.execute import Pointer, Task
from . import frame, registers
from .builder import Builder, Value, constant
from .frame import Words, digits
from .kernel import Operand

SHORT = 32  # rows up to this length are sorted by insertion
GROUPS = 64  # rows that may be sorted at the same time
BUCKETS = 256
ALIGN = 64


@dataclass(frozen=True)
class SortShape:
    """What a sorting kernel is compiled for; `values`: whether sorted values are written beside the order."""

    dtype: dtype
    descending: bool
    values: bool


def sort_task(
    of: dtype, outer: int, length: int, inner: int, descending: bool, x: Operand, order: Operand, scratch: Pointer,
    values: Operand | None = None,
) -> Task:  # fmt: skip
    """Sorts along the middle dimension of (outer, length, inner); operands have strides over these, order is int64.

    scratch: `sort_scratch(...)` bytes, aligned to 64. Raises ValueError where the dimension is longer than 2**31 - 1.
    """
    if length >= 1 << 31:
        raise ValueError(f"sort: a dimension of {length} elements is longer than supported (2147483647)")
    shape, rows = SortShape(of, descending, values is not None), outer * inner
    words = {"outer": outer, "length": length, "inner": inner, "groups": min(rows, GROUPS)}
    words |= {"scratch": scratch, "scratch_row": _row_bytes(of, length)}
    for name, operand, held in (("x", x, of), ("order", order, dtypes.int64), ("values", values, of)):
        if operand is not None:
            offset = operand.pointer.offset + operand.offset * held.itemsize
            words |= {name: Pointer(operand.pointer.slot, offset)}
            words |= {f"{name}.{dim}": stride for dim, stride in enumerate(operand.strides)}
    items = min(rows, GROUPS) if length else 0
    return Task(_sort_kernel(shape), frame.fill(_fields(shape), words), items)


def sort_scratch(of: dtype, outer: int, length: int, inner: int) -> int:
    """Bytes of scratch memory that sort_task wants."""
    return min(outer * inner, GROUPS) * _row_bytes(of, length)


def _key_bits(of: dtype) -> int:
    return 32 if of in registers.SMALL_FLOATS else 8 * of.itemsize


def _table_bytes(of: dtype) -> int:
    return _key_bits(of) // 8 * BUCKETS * 8


def _aligned(size: int) -> int:
    return -(-size // ALIGN) * ALIGN


def _row_bytes(of: dtype, length: int) -> int:
    """Counts of every byte of the keys, then two lists of keys and two of positions."""
    return _table_bytes(of) + 2 * _aligned(length * _key_bits(of) // 8) + 2 * _aligned(4 * length)


@cache
def _fields(shape: SortShape) -> dict[str, str]:
    names = ("x", "order", "values") if shape.values else ("x", "order")
    result = dict.fromkeys((*names, "scratch"), "ptr")
    return result | dict.fromkeys(
        ("outer", "length", "inner", "groups", "scratch_row", *(f"{name}.{dim}" for name in names for dim in range(3))),
        "i64",
    )


@cache
def _sort_kernel(shape: SortShape) -> Kernel:
    return Kernel(("sort", shape), lambda: frame.write(_fields(shape), lambda b, w, item: Sort(b, w, shape).item(item)))


@dataclass(frozen=True)
class Listing:
    """A list of keys and the positions that they come from."""

    keys: Value
    positions: Value


class Sort:
    """Writes the sorting of rows."""

    def __init__(self, b: Builder, words: Words, shape: SortShape):
        self.b, self.words, self.shape = b, words, shape
        self.bits = _key_bits(shape.dtype)
        self.key = f"i{self.bits}"

    def item(self, number: Value) -> None:
        """Every row of one group."""
        b, words = self.b, self.words
        scratch = b.gep(words["scratch"], b.mul(number, words["scratch_row"]))
        lists = self._lists(scratch)
        with b.loop(number, b.mul(words["outer"], words["inner"]), words["groups"]) as loop:
            row = digits(b, loop.index, [words["outer"], words["inner"]])
            short = b.icmp("sle", words["length"], SHORT)
            with b.if_(short):
                self._read(row, lists[0], None)
                self._insert_all(lists[0])
                self._write(row, lists[0])
            with b.if_(b.not_(short)):
                self._clear(scratch)
                self._read(row, lists[0], scratch)
                self._write(row, self._by_bytes(scratch, lists))

    def _lists(self, scratch: Value) -> list[Listing]:
        """The two lists, behind the counts."""
        b, length = self.b, self.words["length"]
        sizes = [b.and_(b.add(b.mul(length, bytes), ALIGN - 1), -ALIGN) for bytes in (self.bits // 8, 4)]
        keys = b.gep(scratch, _table_bytes(self.shape.dtype))
        others = b.gep(keys, sizes[0])
        positions = b.gep(others, sizes[0])
        return [Listing(keys, positions), Listing(others, b.gep(positions, sizes[1]))]

    # ---- elements ----

    def _element(self, name: str, row: list[Value], step: Value) -> Value:
        """The address of an operand's element in a row."""
        b, words = self.b, self.words
        held = dtypes.int64 if name == "order" else self.shape.dtype
        offset = b.mul(step, words[f"{name}.1"])
        for dim, index in ((0, row[0]), (2, row[1])):
            offset = b.add(offset, b.mul(index, words[f"{name}.{dim}"]))
        return b.gep(words[name], offset, registers.memory_type(held))

    def _read(self, row: list[Value], into: Listing, counts: Value | None) -> None:
        """Lists the keys of a row and counts their bytes."""
        b = self.b
        with b.loop(0, self.words["length"]) as loop:
            key = self._key(registers.load(b, self.shape.dtype, self._element("x", row, loop.index)))
            self._put(into, loop.index, key, b.convert("trunc", loop.index, "i32"))
            for digit in range(self.bits // 8 if counts else 0):
                cell = self._cell(counts, self._byte(key, b.const(digit)), b.const(digit))
                b.store(b.add(b.load("i64", cell), 1), cell)

    def _key(self, value: Value) -> Value:
        """An unsigned number that orders as the element does in the wanted direction."""
        b, of, sign = self.b, self.shape.dtype, constant(-1 << (self.bits - 1), self.key)
        if of.is_floating_point:
            bits = b.convert("bitcast", b.select(b.fcmp("oeq", value, 0.0), constant(0.0, value.type), value), self.key)
            flipped = b.select(b.icmp("slt", bits, 0), b.not_(bits), b.xor(bits, sign))
            key = b.select(b.fcmp("uno", value, value), constant(-1, self.key), flipped)
        elif of is dtypes.bool_:
            key = b.convert("zext", value, self.key)
        else:
            key = b.xor(value, sign) if of.is_signed else value
        return b.not_(key) if self.shape.descending else key

    def _put(self, into: Listing, index: Value, key: Value, position: Value) -> None:
        self.b.store(key, self.b.gep(into.keys, index, self.key))
        self.b.store(position, self.b.gep(into.positions, index, "i32"))

    def _get(self, source: Listing, index: Value) -> tuple[Value, Value]:
        b = self.b
        key = b.load(self.key, b.gep(source.keys, index, self.key))
        return key, b.load("i32", b.gep(source.positions, index, "i32"))

    def _write(self, row: list[Value], source: Listing) -> None:
        """The row's order, and its elements in this order."""
        b = self.b
        with b.loop(0, self.words["length"]) as loop:
            position = b.convert("zext", self._get(source, loop.index)[1], "i64")
            b.store(position, self._element("order", row, loop.index))
            if self.shape.values:
                raw = b.load(registers.memory_type(self.shape.dtype), self._element("x", row, position))
                b.store(raw, self._element("values", row, loop.index))

    # ---- by insertion ----

    def _insert_all(self, listing: Listing) -> None:
        """Sorts a short list in place."""
        b = self.b
        with b.loop(1, self.words["length"]) as loop:
            key, position = self._get(listing, loop.index)
            place = self._shift_larger(listing, key, loop.index)
            self._put(listing, place, key, position)

    def _shift_larger(self, listing: Listing, key: Value, end: Value) -> Value:
        """Moves the keys before `end` that are larger up by one place; gives the place that becomes free."""
        b = self.b
        with b.repeat([end]) as loop:
            at = loop.carried[0]
            before = b.max(b.sub(at, 1), 0)
            other, position = self._get(listing, before)
            larger = b.and_(b.icmp("sgt", at, 0), b.icmp("ugt", other, key))
            with b.if_(larger):
                self._put(listing, at, other, position)
            loop.next([b.select(larger, before, at)], larger)
        return loop.results[0]

    # ---- by bytes ----

    def _clear(self, counts: Value) -> None:
        with self.b.loop(0, _table_bytes(self.shape.dtype) // 8) as loop:
            self.b.store(self.b.const(0), self.b.gep(counts, loop.index, "i64"))

    def _byte(self, key: Value, digit: Value) -> Value:
        b = self.b
        shifted = b.lshr(b.convert("zext", key, "i64"), b.mul(digit, 8))
        return b.and_(shifted, BUCKETS - 1)

    def _cell(self, counts: Value, bucket: Value, digit: Value) -> Value:
        return self.b.gep(counts, self.b.add(self.b.mul(digit, BUCKETS), bucket), "i64")

    def _by_bytes(self, counts: Value, lists: list[Listing]) -> Listing:
        """Deals the list out by one byte after the other; gives the list that is sorted in the end."""
        b = self.b
        carried = [value for one in lists for value in (one.keys, one.positions)]
        with b.loop(0, self.bits // 8, carried=carried) as loop:
            keys, positions, other_keys, other_positions = loop.carried
            source, target = Listing(keys, positions), Listing(other_keys, other_positions)
            some = self._byte(self._get(source, b.const(0))[0], loop.index)
            differ = b.icmp("ne", b.load("i64", self._cell(counts, some, loop.index)), self.words["length"])
            with b.if_(differ):
                self._deal(counts, loop.index, source, target)
            swapped = [other_keys, other_positions, keys, positions]
            loop.next([b.select(differ, new, old) for new, old in zip(swapped, loop.carried)])
        return Listing(*loop.results[:2])

    def _deal(self, counts: Value, digit: Value, source: Listing, target: Listing) -> None:
        """One pass: counts become first places, then every element goes to its bucket's next place."""
        b = self.b
        with b.loop(0, BUCKETS, carried=[b.const(0)]) as loop:
            cell = self._cell(counts, loop.index, digit)
            count = b.load("i64", cell)
            b.store(loop.carried[0], cell)
            loop.next([b.add(loop.carried[0], count)])
        with b.loop(0, self.words["length"]) as loop:
            key, position = self._get(source, loop.index)
            cell = self._cell(counts, self._byte(key, digit), digit)
            place = b.load("i64", cell)
            b.store(b.add(place, 1), cell)
            self._put(target, place, key, position)
