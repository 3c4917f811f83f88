"""The first of a row's stable order, without sorting the row: the largest or the smallest elements and their positions.

In: dense rows. Out: Tasks, one after the other. A row is read in blocks; a block whose best key is no better than the
limit is left alone, from the others the elements within the limit are listed. The limit falls as better elements turn
up: to the wanted one of a full list, or of the best keys of a block's lanes. Long rows are cut in pieces, by sizes
alone, whose choices a second task sorts; positions decide between equal elements, so that pieces do not show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from ..dtypes import dtype
from ..runtime.compile import Kernel
from ..runtime.execute import Pointer, Task
from . import frame, registers
from .builder import Builder, Value, constant, vector
from .frame import LANES, Words, block_bounds, ceil_div, digits
from .kernel import Operand
from .listing import Listing, Lists, key_bits, scratch_bytes
from .ordering import GROUPS, check_length

BLOCK = 1024  # elements that are looked at before any is listed
PIECE = 1 << 16  # elements of a piece of a long row, at least
PIECES = 16  # rows and pieces that are worth having
SHARE = 8  # a row (or a piece) has at least this many times as many elements as are wanted of it
ROOM = 64  # elements that are listed, at least, before the list is cut


@dataclass(frozen=True)
class SelectShape:
    """What a selecting kernel is compiled for; merge: its rows are the choices of pieces, keys and positions."""

    dtype: dtype
    descending: bool
    merge: bool = False


def worth_selecting(length: int, count: int) -> bool:
    """Whether choosing takes less than sorting."""
    return length >= 2 * ROOM and SHARE * count <= length


def select_tasks(
    of: dtype, rows: int, length: int, count: int, descending: bool, x: Operand, order: Operand, scratch: Pointer
) -> tuple[list[Task], int]:
    """The first `count` positions of each row's stable order: the tasks, and the bytes of scratch memory they want.

    x: (rows, length), dense.  order: (rows, count), dense, int64.  worth_selecting(length, count) holds.
    """
    check_length(length)
    pieces = _pieces(rows, length, count)
    choices = rows * pieces * count
    keys = ceil_div(choices * key_bits(of) // 8, 64) * 64 if pieces > 1 else 0
    space = keys + (ceil_div(4 * choices, 64) * 64 if pieces > 1 else 0)
    found = Pointer(scratch.slot, scratch.offset), Pointer(scratch.slot, scratch.offset + keys)
    words = {
        "x": Pointer(x.pointer.slot, x.pointer.offset + x.offset * of.itemsize), "order": order.pointer,
        "keys": found[0], "positions": found[1], "scratch": Pointer(scratch.slot, scratch.offset + space),
        "length": length, "count": count,
    }  # fmt: skip
    first = words | {"rows": rows, "pieces": pieces, "room": max(4 * count, ROOM)}
    tasks = [_task(SelectShape(of, descending), first)]
    if pieces > 1:
        second = words | {"rows": rows, "pieces": 1, "length": pieces * count, "room": pieces * count}
        tasks.append(_task(SelectShape(of, descending, merge=True), second))
    return tasks, space + max(_groups(t) * _row_bytes(of, t) for t in (first, *([second] if pieces > 1 else [])))


def _pieces(rows: int, length: int, count: int) -> int:
    wanted = ceil_div(PIECES, max(rows, 1)) if rows < PIECES else 1
    return max(min(wanted, length // max(PIECE, SHARE * count)), 1)


def _groups(words: dict) -> int:
    return min(words["rows"] * words["pieces"], GROUPS)


def _row_bytes(of: dtype, words: dict) -> int:
    return scratch_bytes(of, words["room"] + LANES)


def _task(shape: SelectShape, words: dict) -> Task:
    values = words | {
        "groups": _groups(words), "scratch_row": _row_bytes(shape.dtype, words),
        "piece": ceil_div(words["length"], words["pieces"]),
    }  # fmt: skip
    return Task(_select_kernel(shape), frame.fill(FIELDS, values), _groups(words))


FIELDS = dict.fromkeys(("x", "order", "keys", "positions", "scratch"), "ptr") | dict.fromkeys(
    ("rows", "length", "count", "pieces", "piece", "room", "groups", "scratch_row"), "i64"
)


@cache
def _select_kernel(shape: SelectShape) -> Kernel:
    return Kernel(("select", shape), lambda: frame.write(FIELDS, lambda b, w, item: _Select(b, w, shape).item(item)))


class _Select:
    """Writes the selection; how many are listed and what is within the limit lie in the frame."""

    def __init__(self, b: Builder, words: Words, shape: SelectShape):
        self.b, self.words, self.shape = b, words, shape
        self.lists = Lists(b, shape.dtype, shape.descending)
        self.key_type = self.lists.key_type
        self.listed, self.limit = b.alloca("i64"), b.alloca(self.key_type)
        self.lanes, self.best = (b.alloca(vector(self.key_type, LANES)) for _ in range(2))

    def item(self, number: Value) -> None:
        """Every piece of one group."""
        b, words = self.b, self.words
        self.scratch = b.gep(words["scratch"], b.mul(number, words["scratch_row"]))
        self.pair = self.lists.pair(self.scratch, b.add(words["room"], LANES))
        with b.loop(number, b.mul(words["rows"], words["pieces"]), words["groups"]) as loop:
            if self.shape.merge:
                self._merge(loop.index)
            else:
                self._piece(loop.index)

    def _merge(self, row: Value) -> None:
        """Sorts the choices of a row's pieces, which come in the order of the pieces."""
        b, words = self.b, self.words
        start = b.mul(row, words["length"])
        found = self._choices(start)
        with b.loop(0, words["length"]) as loop:
            self.lists.put(self.pair[0], loop.index, *self.lists.get(found, loop.index))
        self.lists.sort(self.scratch, self.pair, words["length"])
        self._write(row)

    def _choices(self, start: Value) -> Listing:
        """The choices from a place on."""
        b, words = self.b, self.words
        return Listing(b.gep(words["keys"], start, self.key_type), b.gep(words["positions"], start, "i32"))

    def _piece(self, number: Value) -> None:
        b, words = self.b, self.words
        row, piece = digits(b, number, [words["rows"], words["pieces"]])
        start, stop = block_bounds(b, piece, words["piece"], words["length"])
        x = b.gep(words["x"], b.mul(row, words["length"]), registers.memory_type(self.shape.dtype))
        b.store(b.const(0), self.listed)
        b.store(constant(-1, self.key_type), self.limit)
        with b.loop(start, stop, BLOCK) as loop:
            self._block(x, loop.index, b.min(b.add(loop.index, BLOCK), stop))
        self.lists.sort(self.scratch, self.pair, b.load("i64", self.listed))
        whole = b.icmp("eq", words["pieces"], 1)
        with b.if_(whole):
            self._write(row)
        with b.if_(b.not_(whole)):
            found = self._choices(b.mul(number, words["count"]))
            with b.loop(0, words["count"]) as loop:
                self.lists.put(found, loop.index, *self.lists.get(self.pair[0], loop.index))

    def _write(self, row: Value) -> None:
        """The row's order from the sorted list."""
        b, words = self.b, self.words
        order = b.gep(words["order"], b.mul(row, words["count"]), "i64")
        with b.loop(0, words["count"]) as loop:
            position = b.convert("zext", self.lists.get(self.pair[0], loop.index)[1], "i64")
            b.store(position, b.gep(order, loop.index, "i64"))

    # ---- blocks ----

    def _block(self, x: Value, start: Value, stop: Value) -> None:
        """Lists what is within the limit, if anything is."""
        b = self.b
        best = self._best(x, start, stop)
        with b.if_(b.any(self._within(best))):
            with b.if_(b.icmp("sle", self.words["count"], LANES)):
                self._tighten(best)
            self._each(x, start, stop, self._collect)

    def _keys(self, x: Value, at: Value, mask: Value | None) -> Value:
        pointer = self.b.gep(x, at, registers.memory_type(self.shape.dtype))
        return self.lists.key(registers.load(self.b, self.shape.dtype, pointer, LANES, mask))

    def _within(self, keys: Value) -> Value:
        b = self.b
        return b.icmp("ule", keys, b.splat(b.load(self.key_type, self.limit), LANES))

    def _best(self, x: Value, start: Value, stop: Value) -> Value:
        """The smallest key in every lane."""
        b = self.b
        worst = constant(-1, vector(self.key_type, LANES))
        b.store(worst, self.best)

        def look(at: Value, keys: Value, mask: Value | None) -> None:
            keys = keys if mask is None else b.select(mask, keys, worst)
            b.store(b.intrinsic("umin", b.load(worst.type, self.best), keys), self.best)

        self._each(x, start, stop, look)
        return b.load(worst.type, self.best)

    def _each(self, x: Value, start: Value, stop: Value, body: Callable[[Value, Value, Value | None], None]) -> None:
        """body(at, keys, mask) for every vector of a block."""
        b = self.b
        whole = b.add(start, b.and_(b.sub(stop, start), -LANES))
        with b.loop(start, whole, LANES) as loop:
            body(loop.index, self._keys(x, loop.index, None), None)
        with b.loop(whole, stop, LANES) as loop:
            mask = b.first_lanes(b.sub(stop, loop.index), LANES)
            body(loop.index, self._keys(x, loop.index, mask), mask)

    def _tighten(self, best: Value) -> None:
        """The lanes' best are different elements: whatever is worse than the wanted one of them is not wanted."""
        b, spare = self.b, self.pair[1]
        b.store(best, spare.keys)
        self.lists.insert_all(spare, b.const(LANES))
        wanted = self.lists.key_at(spare, b.sub(self.words["count"], 1))
        b.store(b.intrinsic("umin", wanted, b.load(self.key_type, self.limit)), self.limit)

    def _collect(self, at: Value, keys: Value, mask: Value | None) -> None:
        """Lists the elements of a vector that are within the limit; cuts the list where it is full."""
        b = self.b
        within = self._within(keys) if mask is None else b.and_(mask, self._within(keys))
        bits = b.emit(f"bitcast {within} to i{LANES}", f"i{LANES}")
        with b.if_(b.icmp("ne", bits, 0)):
            b.store(keys, self.lanes)
            with b.repeat([bits, b.load("i64", self.listed)]) as loop:
                left, place = loop.carried
                lane = b.convert("zext", b.call("llvm.cttz.i16", "i16", [left, b.const(1, "i1")]), "i64")
                key = b.load(self.key_type, b.gep(self.lanes, lane, self.key_type))
                self.lists.put(self.pair[0], place, key, b.convert("trunc", b.add(at, lane), "i32"))
                rest = b.and_(left, b.sub(left, 1))
                loop.next([rest, b.add(place, 1)], b.icmp("ne", rest, 0))
            b.store(loop.results[1], self.listed)
            with b.if_(b.icmp("sgt", loop.results[1], self.words["room"])):
                self._cut()

    def _cut(self) -> None:
        """Keeps as many as are wanted; from here on an element must be better than the last of them."""
        b, count = self.b, self.words["count"]
        self.lists.sort(self.scratch, self.pair, b.load("i64", self.listed))
        b.store(count, self.listed)
        last = self.lists.key_at(self.pair[0], b.sub(count, 1))
        better = b.select(b.icmp("eq", last, 0), last, b.sub(last, 1))
        b.store(b.intrinsic("umin", better, b.load(self.key_type, self.limit)), self.limit)
