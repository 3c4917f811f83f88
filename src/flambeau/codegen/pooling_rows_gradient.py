"""Gradients of pooling where columns are neighbours in memory.

In: as in pooling_rows.py. Out: IR of one work item: a block of columns of one channel, to which its rows of windows add
one after the other. A row of windows leaves the marks of its first maxima and its gradients in scratch memory; a vector
of columns then takes, tap by tap, what the windows over it have for it. Rows are cleared just before they are reached.
"""

from __future__ import annotations

from . import reduction, registers
from .builder import Builder, Value, constant, vector
from .frame import LANES, Words, digits
from .pooling_rows import Rows, RowShape

MOST = 1 << 12  # windows in scratch memory


class RowPoolGradient(Rows):
    """Writes pool_dx."""

    def __init__(self, b: Builder, words: Words, shape: RowShape):
        super().__init__(b, words, shape)
        self.memory = registers.memory_type(shape.dtype)
        self.zero = constant(0, vector(registers.register_type(self.held), LANES))
        self.gradients = b.alloca(registers.memory_type(self.held), MOST)
        self.marks = b.alloca("i32", MOST)

    def item(self, number: Value) -> None:
        """All rows of a block of columns, counted in steps."""
        b, words = self.b, self.words
        steps = b.add(b.udiv(b.add(words["w"], b.sub(words["padding_w"], 1)), words["stride_w"]), 1)
        blocks = b.udiv(b.add(steps, b.sub(words["block"], 1)), words["block"])
        n, c, block = digits(b, number, [words["n"], words["c"], blocks])
        first = b.mul(block, words["block"])
        self.bounds = first, b.min(b.add(first, words["block"]), steps)
        self.start = b.sub(first, words["halo"])
        self.limit = b.min(self.column(self.bounds[1]), words["w"])
        self.planes = {name: self.plane(name, self.shape.dtype, n, c) for name in self._operands()}
        with b.loop(0, words["oh"], carried=[b.const(0)]) as oh:
            (cleared,) = oh.carried
            reached = b.max(self._end(oh.index), cleared)
            self._clear(cleared, reached)
            self._windows(oh.index)
            self._add(oh.index)
            oh.next([reached])
        self._clear(oh.results[0], words["h"])

    def _operands(self) -> tuple[str, ...]:
        return ("g", "dx", "x") if self.shape.fn == "max" else ("g", "dx")

    def _end(self, oh: Value) -> Value:
        """The image row behind the last one under a row of windows."""
        b, words = self.b, self.words
        last = self.image_row(oh, b.sub(words["taps_h"], 1))
        return b.min(b.add(last, 1), words["h"])

    def _clear(self, first: Value, past: Value) -> None:
        """Sets rows that no window has reached yet to zero."""
        b, start = self.b, self.b.max(self.column(self.bounds[0]), 0)
        with b.loop(first, past) as h:
            row = self.row("dx", self.shape.dtype, self.planes["dx"], h.index)
            with b.loop(start, self.limit, LANES) as w:
                exists = b.first_lanes(b.sub(self.limit, w.index), LANES)
                registers.store(b, self.shape.dtype, self.zero, b.gep(row, w.index, self.memory), exists)

    def _windows(self, oh: Value) -> None:
        """Marks and gradients of a row of windows, in scratch memory."""
        b, stop = self.b, self.bounds[1]
        if self.shape.fn == "max":
            self.bring(self.planes["x"], oh, self.start, b.add(stop, self.words["halo"]))
        row = self.row("g", self.shape.dtype, self.planes["g"], oh)
        with b.loop(self.start, stop, LANES) as window:
            here, exists = b.sub(window.index, self.start), self.among(window.index, self.words["ow"])
            registers.store(b, self.held, self._given(row, window.index, exists), self.at(self.gradients, here))
            if self.shape.fn == "max":
                b.store(self.first_maximum(oh, window.index), b.gep(self.marks, here, "i32"))

    def _given(self, row: Value, window: Value, exists: Value) -> Value:
        """The gradients of LANES windows, 0 where there is none."""
        b, of = self.b, self.shape.dtype
        if "g" in self.shape.beside:
            return registers.load(b, of, b.gep(row, window, self.memory), LANES, exists)
        places = b.mul(b.add(b.splat(window, LANES), b.steps(LANES)), b.splat(self.words["g.w"], LANES))
        return registers.gather(b, of, b.gep(row, places, self.memory), exists)

    # ---- what the columns get ----

    def _add(self, oh: Value) -> None:
        """Adds the gradients of a row of windows to the rows under them."""
        b, step = self.b, self.shape.step
        with b.loop(*self.inside(oh)) as i, b.loop(*self.bounds, LANES) as q:
            row = self.row("dx", self.shape.dtype, self.planes["dx"], self.image_row(oh, i.index))
            here, first = b.sub(q.index, self.start), self.column(q.index)
            if step:
                lines = [self._line(i.index, here, b.const(r)) for r in range(step)]
                for k, value in enumerate(_interleaved(b, lines)):
                    self._add_beside(row, b.add(first, k * LANES), value)
            else:
                with b.loop(0, self.words["stride_w"]) as r:
                    value = self._line(i.index, here, r.index)
                    self._add_apart(row, b.add(first, r.index), q.index, value)

    def _line(self, i: Value, here: Value, line: Value) -> Value:
        """What LANES columns of a line get from the windows over them, in the windows' order."""
        b = self.b
        if self.shape.window:
            value = self.zero
            for j in reversed(range(self.shape.window[1])):
                if j % self.shape.step == int(line.text):
                    value = self._share(value, i, here, b.const(j))
            return value
        with b.loop(0, self.words["taps_w"], carried=[self.zero]) as back:
            j = b.sub(b.sub(self.words["taps_w"], 1), back.index)
            mine = b.icmp("eq", self.line_of(j)[0], line)
            back.next(b.if_else(mine, lambda: [self._share(back.carried[0], i, here, j)], lambda: [back.carried[0]]))
        return back.results[0]

    def _share(self, value: Value, i: Value, here: Value, j: Value) -> Value:
        """The sum after one more tap."""
        b = self.b
        window = b.sub(here, self.line_of(j)[1])
        gradient = registers.load(b, self.held, self.at(self.gradients, window), LANES)
        if self.shape.fn == "max":
            marks = b.load(vector("i32", LANES), b.gep(self.marks, window, "i32"))
            gradient = b.select(b.icmp("eq", marks, b.splat(self.mark(i, j), LANES)), gradient, self.zero)
        return reduction.combine(b, "sum", self.held, value, gradient)

    def _add_beside(self, row: Value, column: Value, value: Value) -> None:
        b, of = self.b, self.shape.dtype
        place, exists = b.gep(row, column, self.memory), self.among(column, self.limit)
        old = registers.load(b, of, place, LANES, exists)
        registers.store(b, of, self._sum(old, value), place, exists)

    def _add_apart(self, row: Value, column: Value, step: Value, value: Value) -> None:
        b, of = self.b, self.shape.dtype
        columns = b.add(b.splat(column, LANES), b.mul(b.steps(LANES), b.splat(self.words["stride_w"], LANES)))
        exists = b.icmp("ult", columns, b.splat(self.limit, LANES))
        places = b.gep(row, columns, self.memory)
        registers.scatter(b, of, self._sum(registers.gather(b, of, places, exists), value), places, exists)

    def _sum(self, old: Value, value: Value) -> Value:
        return registers.rounded(self.b, self.shape.dtype, reduction.combine(self.b, "sum", self.held, old, value))


def _interleaved(b: Builder, lines: list[Value]) -> list[Value]:
    """One or two vectors, whose elements follow each other in turn."""
    if len(lines) == 1:
        return lines
    both = [LANES * (k % 2) + k // 2 for k in range(2 * LANES)]
    return [b.shuffle(lines[0], lines[1], both[:LANES]), b.shuffle(lines[0], lines[1], both[LANES:])]
