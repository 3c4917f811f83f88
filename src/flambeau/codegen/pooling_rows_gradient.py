"""Gradients of pooling where columns are neighbours in memory.

In: as in pooling_rows.py. Out: IR of one work item: a block of columns of one channel, to which its rows of windows add
one after the other. A row of windows leaves the marks of its first maxima and its gradients in scratch memory; a vector
of columns then takes, tap by tap, what the windows over it have for it. Rows are cleared just before they are reached.
"""

from __future__ import annotations

from . import reduction, registers
from .builder import Builder, Value, constant, vector
from .frame import LANES, Words, digits
from .pooling_rows import CAPACITY, Rows, RowShape

MOST = 1 << 12  # windows in scratch memory


class RowPoolGradient(Rows):
    """Writes pool_dx."""

    def __init__(self, b: Builder, words: Words, shape: RowShape):
        super().__init__(b, words, shape)
        self.memory = registers.memory_type(shape.dtype)
        self.zero = constant(0, vector(registers.register_type(self.held), LANES))
        self.gradients = b.alloca(registers.memory_type(self.held), MOST)
        self.marks = b.alloca("i32", MOST)
        self.sums = self.lines if shape.step else b.alloca(registers.memory_type(self.held), CAPACITY)

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
        b, all_alike = self.b, self.shape.fn == "sum"
        if not self.shape.step and all_alike:
            self._spread(b.const(0))
        with b.loop(*self.inside(oh)) as i:
            row = self.row("dx", self.shape.dtype, self.planes["dx"], self.image_row(oh, i.index))
            if self.shape.step:
                self._take(i.index, row)
            else:
                if not all_alike:
                    self._spread(i.index)
                self._add_sums(row)

    def _take(self, i: Value, row: Value) -> None:
        """Adds to a row of the image what its columns have from the windows over them, in the windows' order."""
        b, step = self.b, self.shape.step
        with b.loop(*self.bounds, LANES) as q:
            lines = [self._line(i, q.index, r) for r in range(step)]
            for k, value in enumerate(_interleaved(b, lines)):
                self._add_to(row, b.add(self.column(q.index), k * LANES), value)

    def _line(self, i: Value, q: Value, line: int) -> Value:
        """What LANES columns of a line have."""
        b = self.b
        if self.shape.window:
            value = self.zero
            for j in reversed(range(line, self.shape.window[1], self.shape.step)):
                value = self._sum_of(value, i, b.sub(q, j // self.shape.step), b.const(j))
            return value
        with b.loop(0, self.words["taps_w"], carried=[self.zero]) as back:
            j = b.sub(b.sub(self.words["taps_w"], 1), back.index)
            (found, on), old = self.line_of(j), back.carried[0]
            mine = b.icmp("eq", found, line)
            back.next(b.if_else(mine, lambda: [self._sum_of(old, i, b.sub(q, on), j)], lambda: [old]))
        return back.results[0]

    def _spread(self, i: Value) -> None:
        """What the columns of a tap row have from the windows over them, in the windows' order, in scratch memory."""
        b, stride = self.b, self.words["stride_w"]
        with b.loop(self.column(self.start), self.column(self.bounds[1]), LANES) as w:
            registers.store(b, self.held, self.zero, self.at(self.sums, self._distance(w.index)))
        with b.loop(0, self.words["taps_w"]) as back:
            j = b.sub(b.sub(self.words["taps_w"], 1), back.index)
            with b.loop(self.start, self.bounds[1], LANES) as window:
                first = b.add(b.mul(b.sub(window.index, self.start), stride), b.mul(j, self.words["dilation_w"]))
                places = self.apart(self.sums, first)
                exists = b.first_lanes(b.sub(self.bounds[1], window.index), LANES)
                old = registers.gather(b, self.held, places, exists)
                new = self._sum_of(old, i, window.index, j)
                registers.scatter(b, self.held, new, places, exists)

    def _add_sums(self, row: Value) -> None:
        """Adds to a row of the image what its columns have."""
        with self.b.loop(self.column(self.bounds[0]), self.limit, LANES) as w:
            value = registers.load(self.b, self.held, self.at(self.sums, self._distance(w.index)), LANES)
            self._add_to(row, w.index, value)

    def _distance(self, column: Value) -> Value:
        """Where the sum of a column is in scratch memory."""
        return self.b.sub(column, self.column(self.start))

    def _sum_of(self, value: Value, i: Value, window: Value, j: Value) -> Value:
        """A sum after what one tap of LANES windows has."""
        b, here = self.b, self.b.sub(window, self.start)
        gradient = registers.load(b, self.held, self.at(self.gradients, here), LANES)
        if self.shape.fn == "max":
            marks = b.load(vector("i32", LANES), b.gep(self.marks, here, "i32"))
            gradient = b.select(b.icmp("eq", marks, b.splat(self.mark(i, j), LANES)), gradient, self.zero)
        return reduction.combine(b, "sum", self.held, value, gradient)

    def _add_to(self, row: Value, column: Value, value: Value) -> None:
        """Adds to neighbouring columns of the block."""
        b, of = self.b, self.shape.dtype
        place, exists = b.gep(row, column, self.memory), self.among(column, self.limit)
        old = registers.load(b, of, place, LANES, exists)
        registers.store(b, of, self._sum(old, value), place, exists)

    def _sum(self, old: Value, value: Value) -> Value:
        return registers.rounded(self.b, self.shape.dtype, reduction.combine(self.b, "sum", self.held, old, value))


def _interleaved(b: Builder, lines: list[Value]) -> list[Value]:
    """One or two vectors, whose elements follow each other in turn."""
    if len(lines) == 1:
        return lines
    both = [LANES * (k % 2) + k // 2 for k in range(2 * LANES)]
    return [b.shuffle(lines[0], lines[1], both[:LANES]), b.shuffle(lines[0], lines[1], both[LANES:])]
