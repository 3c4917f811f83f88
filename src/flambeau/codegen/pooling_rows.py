"""Pooling where columns are neighbours in memory: vectors over windows side by side, in one channel.

In: the words of a pooling task and the RowShape that its kernel is compiled for. Out: IR of one work item. The rows of
the image under a row of windows are brought to scratch memory dealt out by `step`: column q * step + r - padding of the
image is element q of line r, the lines one behind the other. There tap j of neighbouring windows is neighbouring
elements of one line. What lies outside the image is the reduction's identity.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .. import dtypes
from ..dtypes import dtype
from . import reduction, registers
from .builder import Builder, Value, constant, literal
from .frame import LANES, Words, block_bounds, digits

CAPACITY = 1 << 14  # elements in scratch memory
REDUCTION = {"max": "max", "sum": "sum", "index": "argmax"}
Pair = tuple[int, int]
Elements = Callable[[list[Value], Value], list[Value]]


@dataclass(frozen=True)
class RowShape:
    """What a kernel is compiled for.

    fn: max, sum or index.  step: the horizontal stride where it is 1 or 2, otherwise 0.
    window: the taps, where they are written out (they are neighbours then).
    beside: operands, of those that may be otherwise, whose columns are neighbours in memory.
    """

    fn: str
    dtype: dtype
    step: int
    window: Pair | None = None
    beside: tuple[str, ...] = ()


class Rows:
    """What the kernels share: rows of the image in scratch memory, running values of LANES windows."""

    def __init__(self, b: Builder, words: Words, shape: RowShape):
        self.b, self.words, self.shape = b, words, shape
        self.held = registers.computed(shape.dtype)
        self.identity = reduction.identity(REDUCTION[shape.fn], self.held, LANES)
        self.lines = b.alloca(registers.memory_type(self.held), CAPACITY)
        self.start: Value = b.const(0)  # the first window in scratch memory

    def plane(self, name: str, of: dtype, n: Value, c: Value) -> Value:
        """The address of one channel of an operand's image."""
        b, words = self.b, self.words
        offset = b.add(b.mul(n, words[f"{name}.n"]), b.mul(c, words[f"{name}.c"]))
        return b.gep(words[name], offset, registers.memory_type(of))

    def row(self, name: str, of: dtype, plane: Value, h: Value) -> Value:
        """The address of one row of a channel."""
        return self.b.gep(plane, self.b.mul(h, self.words[f"{name}.h"]), registers.memory_type(of))

    def at(self, line: Value, index: Value, of: dtype | None = None) -> Value:
        """The address of an element in scratch memory."""
        return self.b.gep(line, index, registers.memory_type(of or self.held))

    # ---- windows ----

    def top(self, oh: Value) -> Value:
        """The image row under the first tap of a row of windows; it may lie outside."""
        return self.b.sub(self.b.mul(oh, self.words["stride_h"]), self.words["padding_h"])

    def inside(self, oh: Value) -> tuple[Value, Value]:
        """First and past-the-last tap row that lies inside the image."""
        b, step, top = self.b, self.words["dilation_h"], self.top(oh)
        first = b.sdiv(b.add(b.max(b.sub(0, top), 0), b.sub(step, 1)), step)
        past = b.sdiv(b.add(b.max(b.sub(self.words["h"], top), 0), b.sub(step, 1)), step)
        return first, b.min(self.words["taps_h"], past)

    def image_row(self, oh: Value, i: Value) -> Value:
        """The image row under a tap row."""
        return self.b.add(self.top(oh), self.b.mul(i, self.words["dilation_h"]))

    def column(self, window: Value) -> Value:
        """The image column under the first tap of a window; it may lie outside."""
        return self.b.sub(self.b.mul(window, self.words["stride_w"]), self.words["padding_w"])

    def line_of(self, j: Value) -> tuple[Value, Value]:
        """The line of the elements under tap column j, and how far on they are there."""
        b, stride, number = self.b, self.words["stride_w"], literal(j)
        if self.shape.window and number is not None:
            return b.const(number % self.shape.step), b.const(number // self.shape.step)
        apart = b.mul(j, self.words["dilation_w"])
        whole = b.udiv(apart, stride)
        return b.sub(apart, b.mul(whole, stride)), whole

    def place(self, j: Value) -> Value:
        """Where the elements under tap column j are, from the windows on."""
        line, on = self.line_of(j)
        return self.b.add(self.b.mul(self.words["room"], line), on)

    # ---- bringing rows to scratch memory ----

    def deal(self, target: Value, start: Value, stop: Value, elements: Elements) -> None:
        """Deals columns out to the lines at `target`, for the windows from start to stop.

        elements(columns, distance): vectors of elements from these columns on, with that distance between lanes.
        """
        b, step, room = self.b, self.shape.step, self.words["room"]
        with b.loop(start, stop, LANES) as q:
            here, first = self.at(target, b.sub(q.index, self.start)), self.column(q.index)
            if step:
                parts = elements([b.add(first, k * LANES) for k in range(step)], b.const(1))
                for r in range(step):
                    registers.store(b, self.held, _every(b, parts, step, r), self.at(here, b.mul(room, r)))
            else:
                with b.loop(0, self.words["stride_w"]) as r:
                    (value,) = elements([b.add(first, r.index)], self.words["stride_w"])
                    registers.store(b, self.held, value, self.at(here, b.mul(room, r.index)))

    def read(self, row: Value, column: Value, distance: Value, width: Value) -> Value:
        """Elements of a row of x from a column on; the identity where columns are outside 0 .. width."""
        b, of = self.b, self.shape.dtype
        if self.shape.step:
            mask = self.among(column, width)
            value = registers.load(b, of, b.gep(row, column, registers.memory_type(of)), LANES, mask)
        else:
            columns = b.add(b.splat(column, LANES), b.mul(b.steps(LANES), b.splat(distance, LANES)))
            mask = b.icmp("ult", columns, b.splat(width, LANES))
            value = registers.gather(b, of, b.gep(row, columns, registers.memory_type(of)), mask)
        return b.select(mask, value, self.identity)

    def among(self, first: Value, size: Value) -> Value:
        """Which of the numbers from `first` on are in 0 .. size (numbers of 32 bits do)."""
        b = self.b
        number, limit = b.convert("trunc", first, "i32"), b.convert("trunc", size, "i32")
        return b.icmp("ult", b.add(b.splat(number, LANES), b.steps(LANES, "i32")), b.splat(limit, LANES))

    # ---- first maxima ----

    def units(self) -> tuple[Value, Value]:
        """How far the marks of taps lie apart, one above the other and side by side."""
        return self.words["taps_w"], self.b.const(1)

    def mark(self, i: Value, j: Value) -> Value:
        """The number that stands for a tap."""
        below, beside = self.units()
        return self.b.convert("trunc", self.b.add(self.b.mul(i, below), self.b.mul(j, beside)), "i32")

    def bring(self, plane: Value, oh: Value, start: Value, stop: Value) -> None:
        """The rows under a row of windows, one behind the other; rows outside the image are identities."""
        b, words = self.b, self.words
        with b.loop(0, words["taps_h"]) as i:
            h = self.image_row(oh, i.index)
            exists = b.icmp("ult", h, words["h"])
            width, row = b.select(exists, words["w"], 0), self.row("x", self.shape.dtype, plane, b.select(exists, h, 0))

            def elements(columns, distance):
                return [self.read(row, column, distance, width) for column in columns]

            self.deal(self.at(self.lines, self._behind(i.index)), start, stop, elements)

    def first_maximum(self, oh: Value, window: Value) -> Value:
        """The marks of the first maxima of LANES windows; of the first tap inside where nothing beats the identity."""
        b, here = self.b, self.at(self.lines, self.b.sub(window, self.start))
        running = [self.identity, self._first_inside(oh, window)]
        if self.shape.window:
            rows, columns = (range(size) for size in self.shape.window)
            for i, j in ((b.const(i), b.const(j)) for i in rows for j in columns):
                running = self._enter(running, here, i, j)
            return running[1]
        with b.loop(0, self.words["taps_h"], carried=running) as i:
            with b.loop(0, self.words["taps_w"], carried=i.carried) as j:
                j.next(self._enter(j.carried, here, i.index, j.index))
            i.next(j.results)
        return i.results[1]

    def _enter(self, running: Sequence[Value], here: Value, i: Value, j: Value) -> list[Value]:
        """The running maxima and their marks after one more tap."""
        b = self.b
        value = registers.load(b, self.held, self.at(here, b.add(self._behind(i), self.place(j))), LANES)
        return reduction.enter(b, "argmax", self.held, running, value, b.splat(self.mark(i, j), LANES))

    def _behind(self, i: Value) -> Value:
        """Where the lines of a tap row are in scratch memory."""
        return self.b.mul(i, self.b.mul(self.words["stride_w"], self.words["room"]))

    def _first_inside(self, oh: Value, window: Value) -> Value:
        """The marks of the windows' first taps inside the image."""
        b, words, (below, beside) = self.b, self.words, self.units()
        before = b.splat(b.sub(0, self.column(window)), LANES)
        before = b.sub(before, b.mul(b.steps(LANES), b.splat(words["stride_w"], LANES)))
        first = b.max(before, constant(0, before.type))
        if not self.shape.window:
            step = b.splat(words["dilation_w"], LANES)
            first = b.sdiv(b.add(first, b.sub(step, constant(1, step.type))), step)
        above = b.splat(b.mul(self.inside(oh)[0], below), LANES)
        return b.convert("trunc", b.add(above, b.mul(first, b.splat(beside, LANES))), "i32")


def _every(b: Builder, parts: Sequence[Value], step: int, first: int) -> Value:
    """Every step-th element of one or two vectors."""
    return parts[0] if step == 1 else b.shuffle(parts[0], parts[1], range(first, 2 * LANES, step))


class RowPool(Rows):
    """Writes pool and pool_index."""

    def __init__(self, b: Builder, words: Words, shape: RowShape):
        super().__init__(b, words, shape)
        self.result = dtypes.int64 if shape.fn == "index" else shape.dtype

    def units(self) -> tuple[Value, Value]:
        """Marks are distances in the image."""
        return self.b.mul(self.words["dilation_h"], self.words["w"]), self.words["dilation_w"]

    def item(self, number: Value) -> None:
        """Some rows of one channel, a block of columns of it."""
        b, words = self.b, self.words
        blocks = b.udiv(b.add(words["ow"], b.sub(words["block"], 1)), words["block"])
        n, c, block = digits(b, number, [words["n"], words["c"], blocks])
        self.start, stop = block_bounds(b, block, words["block"], words["ow"])
        source, target = self.plane("x", self.shape.dtype, n, c), self.plane("y", self.result, n, c)
        with b.loop(0, words["oh"]) as oh:
            row = self.row("y", self.result, target, oh.index)
            if self.shape.fn == "index":
                self.bring(source, oh.index, self.start, b.add(stop, words["halo"]))
            else:
                self._reduce_rows(source, oh.index, b.add(stop, words["halo"]))
            with b.loop(self.start, stop, LANES) as window:
                self._finish(oh.index, window.index, stop, row)

    def _reduce_rows(self, plane: Value, oh: Value, stop: Value) -> None:
        """The rows under a row of windows reduced to one, in scratch memory."""
        b, (first, past) = self.b, self.inside(oh)

        def elements(columns, distance):
            with b.loop(first, past, carried=[self.identity] * len(columns)) as i:
                row = self.row("x", self.shape.dtype, plane, self.image_row(oh, i.index))
                values = [self.read(row, column, distance, self.words["w"]) for column in columns]
                i.next([self._combined(*pair) for pair in zip(i.carried, values)])
            return i.results

        self.deal(self.lines, self.start, stop, elements)

    def _combined(self, old: Value, new: Value) -> Value:
        return reduction.combine(self.b, REDUCTION[self.shape.fn], self.held, new, old)

    def _finish(self, oh: Value, window: Value, stop: Value, row: Value) -> None:
        """The results of LANES windows."""
        b = self.b
        exists = b.first_lanes(b.sub(stop, window), LANES)
        value = self._positions(oh, window) if self.shape.fn == "index" else self._across(window)
        if "y" in self.shape.beside:
            registers.store(b, self.result, value, self.at(row, window, self.result), exists)
            return
        places = b.mul(b.add(b.splat(window, LANES), b.steps(LANES)), b.splat(self.words["y.w"], LANES))
        registers.scatter(b, self.result, value, self.at(row, places, self.result), exists)

    def _across(self, window: Value) -> Value:
        """The elements under the taps of LANES windows, reduced."""
        b, here = self.b, self.at(self.lines, self.b.sub(window, self.start))

        def entered(running: Value, j: Value) -> Value:
            return self._combined(running, registers.load(b, self.held, self.at(here, self.place(j)), LANES))

        value = self.identity
        if self.shape.window:
            for j in range(self.shape.window[1]):
                value = entered(value, b.const(j))
        else:
            with b.loop(0, self.words["taps_w"], carried=[value]) as j:
                j.next([entered(j.carried[0], j.index)])
            (value,) = j.results
        return registers.rounded(b, self.shape.dtype, value)

    def _positions(self, oh: Value, window: Value) -> Value:
        """The flat positions of the first maxima."""
        b, words, marks = self.b, self.words, self.first_maximum(oh, window)
        corner = b.add(b.mul(self.top(oh), words["w"]), self.column(window))
        corners = b.add(b.splat(corner, LANES), b.mul(b.steps(LANES), b.splat(words["stride_w"], LANES)))
        return b.add(corners, b.convert("sext", marks, "i64"))
