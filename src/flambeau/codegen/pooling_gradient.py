"""Gradients of pooling kernels: what each window's gradient gives to the elements under it.

In: as in pooling.py. Out: IR of one work item. Where windows lie apart, an item is a row of windows, and every element
is written once. Otherwise an item is an image (some channels of it), to which its windows add one after the other;
rows are cleared just before the first window that reaches them.
"""

from __future__ import annotations

from . import reduction, registers
from .builder import Builder, Value, constant, vector
from .frame import Words, block_bounds, digits
from .pooling import Group, Range, Shape, Tap, Visit, Windows


class PoolGradient(Windows):
    """Writes pool_dx."""

    absolute = False

    def __init__(self, b: Builder, words: Words, shape: Shape):
        super().__init__(b, words, shape)
        self.positions = shape.fn == "max"
        self.images = ("dx", "x") if self.positions else ("dx",)
        self.memory = registers.memory_type(shape.dtype)

    def item(self, number: Value) -> None:
        """A block of channels of one image, or of one row of its windows."""
        b, words = self.b, self.words
        blocks = b.sdiv(b.add(words["c"], b.sub(words["block"], 1)), words["block"])
        sizes = [words["n"], blocks, words["oh"]][: 2 + self.shape.apart]
        n, block, *row = digits(b, number, sizes)
        self.channels = block_bounds(b, block, words["block"], words["c"])
        self.planes = {name: self.image(name, self.shape.dtype, n) for name in ("g", *self.images)}
        self._row(*row) if row else self._image()

    def _row(self, oh: Value) -> None:
        """One row of windows that lie apart, and what no window covers beside it and below the last row."""
        b, words = self.b, self.words
        covered = [b.mul(words[f"o{axis}"], words[f"taps_{axis}"]) for axis in "hw"]
        first = self.span("h", oh).first
        with b.loop(0, words["ow"]) as ow:
            self._window(oh, ow.index)
        self._clear((first, b.min(b.add(first, words["taps_h"]), covered[0])), (covered[1], words["w"]))
        below = b.select(b.icmp("sge", oh, b.sub(words["oh"], 1)), covered[0], words["h"])
        self._clear((below, words["h"]), (b.const(0), words["w"]))

    def _image(self) -> None:
        """All windows, in order."""
        b, words = self.b, self.words
        columns = b.const(0), words["w"]
        with b.loop(0, words["oh"], carried=[b.const(0)]) as oh:
            (cleared,) = oh.carried
            reached = b.max(self.end("h", self.span("h", oh.index)), cleared)
            self._clear((cleared, reached), columns)
            with b.loop(0, words["ow"]) as ow:
                self._window(oh.index, ow.index)
            oh.next([reached])
        self._clear((oh.results[0], words["h"]), columns)

    def _clear(self, rows: Range, columns: Range) -> None:
        """Sets elements that no window has reached yet to zero."""
        of = self.shape.dtype

        def clear(pixel: Value, group: Group) -> None:
            zero = constant(0, vector(registers.register_type(of), group.lanes))
            self.store("dx", of, [zero] * group.vectors, pixel, group)

        with self.b.loop(*rows) as h, self.b.loop(*columns) as w:
            pixel = self.b.gep(self.planes["dx"], self.offset("dx", h.index, w.index), self.memory)
            self.groups(self.channels, lambda group: clear(pixel, group))

    def _window(self, oh: Value, ow: Value) -> None:
        gradient = self.b.gep(self.planes["g"], self.offset("g", oh, ow), self.memory)
        self.windows(oh, ow, self.channels, lambda visit, group: self._spread(visit, gradient, group))

    def _spread(self, visit: Visit, gradient: Value, group: Group) -> None:
        """Gives one window's gradient to the elements under it: to all, or to the first maximum."""
        gradients = self.load("g", gradient, group)
        chosen = [one[1] for one in self.window(self.planes["x"], visit, group)] if self.positions else None

        def step(tap: Tap, _: list[Value]) -> list[Value]:
            pixel = self.b.gep(self.planes["dx"], tap.offsets["dx"], self.memory)
            new, old = self._following(pixel, gradients, group)
            if chosen is not None:
                here = self.b.splat(tap.position, group.lanes)
                new = [self.b.select(self.b.icmp("eq", mine, here), *pair) for mine, *pair in zip(chosen, new, old)]
            self.store("dx", self.shape.dtype, new, pixel, group)
            return []

        visit([], step)

    def _following(self, pixel: Value, gradients: list[Value], group: Group) -> tuple[list[Value], list[Value]]:
        """An element's gradient with a window's share, and without."""
        if self.shape.apart:
            return gradients, [constant(0, value.type) for value in gradients]
        old = self.load("dx", pixel, group)
        return [self._sum(*pair) for pair in zip(old, gradients)], old

    def _sum(self, old: Value, gradient: Value) -> Value:
        of = self.shape.dtype
        return registers.rounded(self.b, of, reduction.combine(self.b, "sum", registers.computed(of), old, gradient))
