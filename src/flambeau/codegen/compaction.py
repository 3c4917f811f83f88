"""The positions of true elements, in order.

In: a mask of dense bytes, and how many of them are set. Out: Tasks, one after the other: the mask is cut in pieces, by
its size alone, whose elements a first task counts; a second one writes each piece's positions behind those before.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from ..runtime.compile import Kernel
from ..runtime.execute import Pointer, Task
from . import frame
from .builder import Builder, Value
from .frame import Words, block_bounds, ceil_div
from .kernel import Operand

LANES = 64  # mask elements that are looked at together: one bit each of a word
PIECE = 1 << 14  # elements of a piece, at least
PIECES = 64  # at most


def nonzero_tasks(length: int, mask: Operand, positions: Operand, scratch: Pointer) -> tuple[list[Task], int]:
    """Writes the positions (int64) of a mask's true elements: the tasks, and the bytes of scratch memory they want.

    mask: (length,), dense.  positions: as many as are true, dense.
    """
    pieces = max(min(PIECES, length // PIECE), 1)
    words = {
        "mask": Pointer(mask.pointer.slot, mask.pointer.offset + mask.offset), "positions": positions.pointer,
        "counts": scratch, "length": length, "piece": ceil_div(length, pieces),
    }  # fmt: skip
    return [Task(_kernel(part), frame.fill(FIELDS, words), pieces) for part in ("count", "write")], 8 * pieces


FIELDS = dict.fromkeys(("mask", "positions", "counts"), "ptr") | dict.fromkeys(("length", "piece"), "i64")


@cache
def _kernel(part: str) -> Kernel:
    def item(b: Builder, words: Words, number: Value) -> None:
        getattr(Compaction(b, words), part)(number)

    return Kernel(("compaction", part), lambda: frame.write(FIELDS, item))


class Compaction:
    """Writes both parts; one method each."""

    def __init__(self, b: Builder, words: Words):
        self.b, self.words = b, words

    def count(self, number: Value) -> None:
        """How many elements of a piece are true."""
        b = self.b
        total = self._each(number, b.const(0), lambda at, bits, total: b.add(total, b.intrinsic("ctpop", bits)))
        b.store(total, b.gep(self.words["counts"], number, "i64"))

    def write(self, number: Value) -> None:
        """The positions of a piece, behind those of the pieces before."""
        b = self.b
        with b.loop(0, number, carried=[b.const(0)]) as loop:
            count = b.load("i64", b.gep(self.words["counts"], loop.index, "i64"))
            loop.next([b.add(loop.carried[0], count)])
        self._each(number, loop.results[0], self._decode)

    def _each(self, number: Value, carried: Value, body: Callable[[Value, Value, Value], Value]) -> Value:
        """carried = body(at, bits, carried) for every word of bits of a piece; the last carried value."""
        b, words = self.b, self.words
        start, stop = block_bounds(b, number, words["piece"], words["length"])
        whole = b.add(start, b.and_(b.sub(stop, start), -LANES))
        for first, last, masked in ((start, whole, False), (whole, stop, True)):
            with b.loop(first, last, LANES, carried=[carried]) as loop:
                limit = b.first_lanes(b.sub(last, loop.index), LANES) if masked else None
                loop.next([body(loop.index, self._bits(loop.index, limit), loop.carried[0])])
            carried = loop.results[0]
        return carried

    def _bits(self, at: Value, limit: Value | None) -> Value:
        b, type = self.b, f"<{LANES} x i8>"
        pointer = b.gep(self.words["mask"], at)
        loaded = b.load(type, pointer) if limit is None else b.masked_load(type, pointer, limit)
        return b.emit(f"bitcast {b.icmp('ne', loaded, 0)} to i{LANES}", f"i{LANES}")

    def _decode(self, at: Value, bits: Value, place: Value) -> Value:
        """Writes the positions of the bits that are set; gives the next free place."""
        b = self.b

        def some() -> list[Value]:
            with b.repeat([bits, place]) as loop:
                left, here = loop.carried
                lane = b.call("llvm.cttz.i64", "i64", [left, b.const(1, "i1")])
                b.store(b.add(at, lane), b.gep(self.words["positions"], here, "i64"))
                rest = b.and_(left, b.sub(left, 1))
                loop.next([rest, b.add(here, 1)], b.icmp("ne", rest, 0))
            return [loop.results[1]]

        return b.if_else(b.icmp("ne", bits, 0), some, lambda: [place])[0]
