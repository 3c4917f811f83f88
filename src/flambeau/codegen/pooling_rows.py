"""Pooling where columns are neighbours in memory: vectors over windows side by side, in one channel.

In: the words of a pooling task and the RowShape that its kernel is compiled for. Out: IR of one work item. The rows of
the image under a row of windows are brought to scratch memory dealt out by `step`: column q * step + r - padding of the
image is element q of line r, the lines one behind the other. There tap j of neighbouring windows is neighbouring
elements of one line. (Steps above 2 leave columns as they are: taps are gathered from scratch memory.) What lies
outside the image is the reduction's identity.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .. import dtypes
from ..dtypes import dtype
from . import reduction, registers
from .builder import Builder, Value, constant, literal, vector
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
        """The line of the elements under tap column j, and how far on they are there (for a known step)."""
        b, number = self.b, literal(j)
        if self.shape.window and number is not None:
            return b.const(number % self.shape.step), b.const(number // self.shape.step)
        apart = b.mul(j, self.words["dilation_w"])
        whole = b.udiv(apart, self.shape.step)
        return b.sub(apart, b.mul(whole, self.shape.step)), whole

    # ---- rows in scratch memory ----

    def deal(self, i: Value, start: Value, stop: Value, elements: Elements) -> None:
        """Deals the columns under the windows from start to stop out to the lines of tap row i.

        elements(columns): the vectors of neighbouring elements from each of these columns on.
        """
        b, step, lines = self.b, self.shape.step, self.lines_of(i)
        if not step:
            with b.loop(self.column(start), self.column(stop), LANES) as w:
                (value,) = elements([w.index])
                registers.store(b, self.held, value, self.at(lines, b.sub(w.index, self.column(self.start))))
            return
        with b.loop(start, stop, LANES) as q:
            here, first = self.at(lines, b.sub(q.index, self.start)), self.column(q.index)
            parts = elements([b.add(first, k * LANES) for k in range(step)])
            for r in range(step):
                registers.store(b, self.held, _every(b, parts, step, r), self.at(here, b.mul(self.words["room"], r)))

    def under(self, window: Value, i: Value, j: Value) -> Value:
        """The elements under one tap of LANES windows, from scratch memory."""
        b, here = self.b, self.b.sub(window, self.start)
        if not self.shape.step:
            places = self.apart(
                self.lines_of(i), b.add(b.mul(here, self.words["stride_w"]), b.mul(j, self.words["dilation_w"]))
            )
            return registers.gather(b, self.held, places, constant(1, vector("i1", LANES)))
        line, on = self.line_of(j)
        return registers.load(
            b, self.held, self.at(self.lines_of(i), b.add(b.add(here, on), b.mul(line, self.words["room"]))), LANES
        )

    def lines_of(self, i: Value) -> Value:
        """Where the lines of a tap row begin."""
        return self.at(self.lines, self.b.mul(i, self.b.mul(self.words["stride_w"], self.words["room"])))

    def apart(self, line: Value, first: Value) -> Value:
        """The addresses of LANES elements that lie a stride apart."""
        b = self.b
        return self.at(
            line, b.add(b.splat(first, LANES), b.mul(b.steps(LANES), b.splat(self.words["stride_w"], LANES)))
        )

    def read(self, row: Value, column: Value, width: Value) -> Value:
        """Neighbouring elements of a row of x; the identity where columns are outside 0 .. width."""
        b, of, mask = self.b, self.shape.dtype, self.among(column, width)
        value = registers.load(b, of, b.gep(row, column, registers.memory_type(of)), LANES, mask)
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

            def elements(columns):
                return [self.read(row, column, width) for column in columns]

            self.deal(i.index, start, stop, elements)

    def first_maximum(self, oh: Value, window: Value) -> Value:
        """The marks of the first maxima of LANES windows; of the first tap inside where nothing beats the identity."""
        b, running = self.b, [self.identity, self._first_inside(oh, window)]
        if self.shape.window:
            rows, columns = (range(size) for size in self.shape.window)
            for i, j in ((b.const(i), b.const(j)) for i in rows for j in columns):
                running = self._enter(running, window, i, j)
            return running[1]
        with b.loop(0, self.words["taps_h"], carried=running) as i:
            with b.loop(0, self.words["taps_w"], carried=i.carried) as j:
                j.next(self._enter(j.carried, window, i.index, j.index))
            i.next(j.results)
        return i.results[1]

    def _enter(self, running: Sequence[Value], window: Value, i: Value, j: Value) -> list[Value]:
        """The running maxima and their marks after one more tap."""
        mark = self.b.splat(self.mark(i, j), LANES)
        return reduction.enter(self.b, "argmax", self.held, running, self.under(window, i, j), mark)

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

        def elements(columns):
            with b.loop(first, past, carried=[self.identity] * len(columns)) as i:
                row = self.row("x", self.shape.dtype, plane, self.image_row(oh, i.index))
                values = [self.read(row, column, self.words["w"]) for column in columns]
                i.next([self._combined(*pair) for pair in zip(i.carried, values)])
            return i.results

        self.deal(b.const(0), self.start, stop, elements)

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
        b = self.b

        def entered(running: Value, j: Value) -> Value:
            return self._combined(running, self.under(window, b.const(0), j))

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
