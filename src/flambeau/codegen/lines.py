"""Products of images line by line: tiles of neighbouring pixels that all meet the same taps, so that none is checked.

In: the kernel of a Product being written, with an Image along "windows". Out: IR that stores the results of a range of
pixels. The invariant: a pixel's sum is over the taps that it meets, in order, in whatever tile it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from . import frame
from .builder import Builder, Value, Values
from .indices import weighted
from .microkernel import Sum, Tile, multiply, span


@dataclass(frozen=True)
class Bases:
    """Addresses of the batch's matrices at the first column of the block, and how many columns are left from there."""

    a: Value
    b: Value
    c: Value
    operands: Values
    left: Value


@dataclass(frozen=True)
class Rows:
    """The rows of a tile: how many exist, addresses in A, row numbers in C, and for images (height, width)."""

    count: Value
    addresses: Values
    numbers: Values
    pixels: list[Values]


class Lines:
    """The part of a product's writer that walks lines."""

    b: Builder
    s: Any
    words: frame.Words
    tile: Tile
    element: str
    triple: Any
    inside: Any
    nonempty: Any
    coordinate: Any
    masks: Any
    store: Any

    def lines(
        self, bases: Bases, starts: Values, stops: Values, first_row: Value, last_row: Value, first: Value
    ) -> None:
        """The pixels of one line of the image after the other. All meet the same lines of taps; those at the ends
        of the line meet fewer taps, and are done one by one."""
        b, wide = self.b, self.words["rows2"]
        with b.repeat([first_row], hint="line") as lines:
            row = lines.carried[0]
            index = frame.digits(b, row, self.triple("rows"))
            high = self.inside(index[1], 0, starts[0], stops[0])
            pixels = b.min(b.sub(wide, index[2]), b.sub(last_row, row))
            with b.repeat([b.const(0)], hint="pixels") as place:
                here = [*index[:2], b.add(index[2], place.carried[0])]
                done = self.window(
                    bases, [high, *zip(starts[1:], stops[1:])], here, b.sub(pixels, place.carried[0]), first
                )
                following = b.add(place.carried[0], done)
                place.next([following], again=b.icmp("slt", following, pixels))
            following = b.add(row, pixels)
            lines.next([following], again=b.icmp("slt", following, last_row))

    def window(
        self, bases: Bases, bounds: list[tuple[Value, Value]], index: Values, left: Value, first: Value
    ) -> Value:
        """A tile of pixels of a line if it has so many that meet all taps, else one pixel; how many it was."""
        b, tile = self.b, self.tile
        before = self.coordinate(index[2], 1)
        reach = b.mul(b.sub(self.words["sums1"], 1), self.words["sum_step1"])
        after = b.add(before, b.add(reach, b.mul(self.words["row_step1"], tile.rows - 1)))
        enough = b.and_(b.icmp("sge", before, 0), b.icmp("slt", after, self.words["size1"]))
        whole = b.and_(enough, b.icmp("sge", left, tile.rows))

        def several() -> None:
            self.pixels(bases, *self.nonempty(bounds, (0, 1)), index, tile, first)

        def one() -> None:
            inside = [bounds[0], self.inside(index[2], 1, *bounds[1]), bounds[2]]
            self.pixels(bases, *self.nonempty(inside, (0, 1)), index, replace(tile, rows=1), first)

        b.if_else(whole, several, one)
        return b.select(whole, b.const(tile.rows), b.const(1))

    def pixels(self, bases: Bases, starts: Values, stops: Values, index: Values, tile: Tile, first: Value) -> None:
        """A tile of neighbouring pixels, all of which meet the same taps."""
        b = self.b
        a_steps, b_steps = self.triple("a.sum"), self.triple("b.sum")
        total = Sum([b.sub(stop, start) for start, stop in zip(starts, stops)], a_steps, b_steps)
        place = b.add(weighted(b, index, self.triple("a.row")), weighted(b, starts, a_steps))
        number = weighted(b, index, self.triple("numbering"))
        steps = [b.const(i) for i in range(tile.rows)]
        addresses = [b.gep(bases.a, b.add(place, b.mul(i, self.words["a.row2"])), self.element) for i in steps]
        numbers = [b.add(number, b.mul(i, self.words["numbering2"])) for i in steps]

        def at(k0: Value, k1: Value) -> tuple[Values, Value]:
            return addresses, b.add(b.mul(k0, a_steps[0]), b.mul(k1, a_steps[1]))

        columns = b.gep(bases.b, weighted(b, starts, b_steps), self.element)
        if tile.rows > 1:
            self.prefetch_pixels(addresses, b.mul(total.counts[0], a_steps[0]))
        sums = multiply(b, self.s.dtype, tile, total, at, columns, self.masks(bases.left), self.s.group)
        self.store(bases, Rows(b.const(tile.rows), addresses, numbers, []), sums, first)

    def prefetch_pixels(self, addresses: Values, offset: Value) -> None:
        """Asks for what the next line of pixels will meet first."""
        for address in addresses:
            for j in range(0, span(self.tile.columns, self.s.group), self.tile.lanes):
                self.b.prefetch(self.b.gep(address, self.b.add(offset, j), self.element))
