"""Lists of keys and positions in scratch memory, and how a list is sorted: by insertion where short, else by bytes.

In: elements in register form. Out: IR for their keys, unsigned numbers that order as the elements do (NaN last, -0
equal to 0), complemented for descending order. Sorting is stable: equal keys keep their order.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass

from .. import dtypes
from ..dtypes import dtype
from . import registers
from .builder import Builder, Operand, Value, constant, lanes_of, vector

SHORT = 32  # lists up to this length are sorted by insertion
BUCKETS = 256
ALIGN = 64


@dataclass(frozen=True)
class Listing:
    """A list of keys and the positions (i32) that they come from."""

    keys: Value
    positions: Value


def key_bits(of: dtype) -> int:
    """The bits of a key."""
    return 32 if of in registers.SMALL_FLOATS else 8 * of.itemsize


def table_bytes(of: dtype) -> int:
    """The bytes of the counts of every byte of the keys."""
    return key_bits(of) // 8 * BUCKETS * 8


def list_bytes(of: dtype, length: int) -> tuple[int, int]:
    """The bytes of a list's keys and of its positions."""
    return _aligned(length * key_bits(of) // 8), _aligned(4 * length)


def scratch_bytes(of: dtype, length: int) -> int:
    """The bytes that sorting wants: the counts, then two lists of keys and two of positions."""
    return table_bytes(of) + 2 * sum(list_bytes(of, length))


def _aligned(size: int) -> int:
    return -(-size // ALIGN) * ALIGN


class Lists:
    """Writes what is done with lists of one dtype's keys; scratch memory is laid out as `scratch_bytes` says."""

    def __init__(self, b: Builder, of: dtype, descending: bool):
        self.b, self.of, self.descending = b, of, descending
        self.bits = key_bits(of)
        self.key_type = f"i{self.bits}"

    def pair(self, scratch: Value, length: Value) -> list[Listing]:
        """The two lists, behind the counts, each with room for `length` elements."""
        b = self.b
        sizes = [b.and_(b.add(b.mul(length, bytes), ALIGN - 1), -ALIGN) for bytes in (self.bits // 8, 4)]
        keys = b.gep(scratch, table_bytes(self.of))
        others = b.gep(keys, sizes[0])
        positions = b.gep(others, sizes[0])
        return [Listing(keys, positions), Listing(others, b.gep(positions, sizes[1]))]

    def key(self, value: Value) -> Value:
        """Unsigned numbers that order as elements do in the wanted direction."""
        b, of, type = self.b, self.of, vector(self.key_type, lanes_of(value.type))
        sign = constant(-1 << (self.bits - 1), type)
        if of.is_floating_point:
            positive = b.select(b.fcmp("oeq", value, 0.0), constant(0.0, value.type), value)
            bits = b.convert("bitcast", positive, self.key_type)
            flipped = b.select(b.icmp("slt", bits, 0), b.not_(bits), b.xor(bits, sign))
            key = b.select(b.fcmp("uno", value, value), constant(-1, type), flipped)
        elif of is dtypes.bool_:
            key = b.convert("zext", value, self.key_type)
        else:
            key = b.xor(value, sign) if of.is_signed else value
        return b.not_(key) if self.descending else key

    def put(self, into: Listing, index: Value, key: Value, position: Value) -> None:
        """Writes one element of a list."""
        self.b.store(key, self.b.gep(into.keys, index, self.key_type))
        self.b.store(position, self.b.gep(into.positions, index, "i32"))

    def get(self, source: Listing, index: Value) -> tuple[Value, Value]:
        """The key and the position at a place."""
        return self.key_at(source, index), self.b.load("i32", self.b.gep(source.positions, index, "i32"))

    def key_at(self, source: Listing, index: Value) -> Value:
        """The key at a place."""
        return self.b.load(self.key_type, self.b.gep(source.keys, index, self.key_type))

    # ---- by insertion ----

    def insert_all(self, listing: Listing, length: Value) -> None:
        """Sorts a short list in place."""
        b = self.b
        with b.loop(1, length) as loop:
            key, position = self.get(listing, loop.index)
            place = self._shift_larger(listing, key, loop.index)
            self.put(listing, place, key, position)

    def _shift_larger(self, listing: Listing, key: Value, end: Value) -> Value:
        """Moves the keys before `end` that are larger up by one place; gives the place that becomes free."""
        b = self.b
        with b.repeat([end]) as loop:
            at = loop.carried[0]
            before = b.max(b.sub(at, 1), 0)
            other, position = self.get(listing, before)
            larger = b.and_(b.icmp("sgt", at, 0), b.icmp("ugt", other, key))
            with b.if_(larger):
                self.put(listing, at, other, position)
            loop.next([b.select(larger, before, at)], larger)
        return loop.results[0]

    # ---- by bytes ----

    def clear(self, counts: Value) -> None:
        """Sets all counts to zero."""
        with self.b.loop(0, table_bytes(self.of) // 8) as loop:
            self.b.store(self.b.const(0), self.b.gep(counts, loop.index, "i64"))

    def count(self, counts: Value, key: Value, digits: Value | None = None) -> None:
        """Counts the bytes of a key, as many of them as are wanted, the lowest first."""
        b = self.b
        for digit in range(self.bits // 8):
            with b.if_(b.icmp("sgt", digits, digit)) if digits else nullcontext():
                cell = self._cell(counts, self._byte(key, b.const(digit)), b.const(digit))
                b.store(b.add(b.load("i64", cell), 1), cell)

    def by_bytes(self, counts: Value, lists: list[Listing], length: Value, digits: Operand) -> Listing:
        """Deals a counted list out by one byte after the other; gives the list that is sorted in the end."""
        b = self.b
        carried = [value for one in lists for value in (one.keys, one.positions)]
        with b.loop(0, digits, carried=carried) as loop:
            keys, positions, other_keys, other_positions = loop.carried
            source, target = Listing(keys, positions), Listing(other_keys, other_positions)
            some = self._byte(self.key_at(source, b.const(0)), loop.index)
            differ = b.icmp("ne", b.load("i64", self._cell(counts, some, loop.index)), length)
            with b.if_(differ):
                self._deal(counts, loop.index, source, target, length)
            swapped = [other_keys, other_positions, keys, positions]
            loop.next([b.select(differ, new, old) for new, old in zip(swapped, loop.carried)])
        return Listing(*loop.results[:2])

    def _deal(self, counts: Value, digit: Value, source: Listing, target: Listing, length: Value) -> None:
        """One pass: counts become first places, then every element goes to its bucket's next place."""
        b = self.b
        with b.loop(0, BUCKETS, carried=[b.const(0)]) as loop:
            cell = self._cell(counts, loop.index, digit)
            count = b.load("i64", cell)
            b.store(loop.carried[0], cell)
            loop.next([b.add(loop.carried[0], count)])
        with b.loop(0, length) as loop:
            key, position = self.get(source, loop.index)
            cell = self._cell(counts, self._byte(key, digit), digit)
            place = b.load("i64", cell)
            b.store(b.add(place, 1), cell)
            self.put(target, place, key, position)

    def _byte(self, key: Value, digit: Value) -> Value:
        b = self.b
        shifted = b.lshr(b.convert("zext", key, "i64"), b.mul(digit, 8))
        return b.and_(shifted, BUCKETS - 1)

    def _cell(self, counts: Value, bucket: Value, digit: Value) -> Value:
        return self.b.gep(counts, self.b.add(self.b.mul(digit, BUCKETS), bucket), "i64")

    # ---- either ----

    def sort(self, scratch: Value, lists: list[Listing], length: Value) -> None:
        """Sorts the first list; the other one is room to work in."""
        b = self.b
        short = b.icmp("sle", length, SHORT)
        with b.if_(short):
            self.insert_all(lists[0], length)
        with b.if_(b.not_(short)):
            self.clear(scratch)
            with b.loop(0, length) as loop:
                self.count(scratch, self.key_at(lists[0], loop.index))
            self._copy(self.by_bytes(scratch, lists, length, self.bits // 8), lists[0], length)

    def _copy(self, source: Listing, target: Listing, length: Value) -> None:
        b = self.b
        with b.if_(b.icmp("ne", source.keys, target.keys)), b.loop(0, length) as loop:
            self.put(target, loop.index, *self.get(source, loop.index))
