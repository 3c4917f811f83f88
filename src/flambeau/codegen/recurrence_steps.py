"""The kernels of recurrences: a block of rows of the batch, step after step.

In: a Structure, the words of `recurrence.py`. Out: IR text of a work item. A step forwards is the product of hidden
states and weights, and then the cell's formulas, row by row; backwards the product comes last. The states of the
block's rows stand in the results `h` and `c` (`dh0` and `dc0` backwards): what they hold in the end is the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..cells import CELLS
from ..dtypes import dtype
from . import frame, registers
from .builder import Builder, Value, Values, vector
from .frame import Words
from .microkernel import Sum, Tile, multiply
from .targets import BY_NAME
from .tiling import first_lanes
from .vectors import Vectors

MOST_ROWS = 16  # of a work item


@dataclass(frozen=True)
class Structure:
    """What is compiled into a kernel.

    arrays: the names of those that there are.  weight, projection: tiles of the products with either; no projection
    where hidden states are not projected.
    """

    cell: str
    forward: bool
    dtype: dtype
    target: str
    arrays: tuple[str, ...]
    weight: Tile
    projection: Tile | None

    @property
    def projected(self) -> bool:
        return self.projection is not None


@dataclass(frozen=True)
class Block:
    """Rows at one step: the number of the first in the batch and in the packed data, and how many they are."""

    row: Value
    place: Value
    count: Value


class StepWriter:
    """What both ways share: the walk over the steps, copies, products."""

    initial: dict[str, tuple[str, str]]  # state -> (the array that it starts from, the size of its rows)

    def __init__(self, b: Builder, structure: Structure, words: Words):
        self.b, self.s, self.words = b, structure, words
        self.cell, self.arrays = CELLS[structure.cell], frozenset(structure.arrays)
        self.lanes = BY_NAME[structure.target].lanes(structure.dtype)
        self.element = registers.memory_type(structure.dtype)
        self.type = vector(self.element, self.lanes)
        self.k = Vectors(b, structure.dtype, self.lanes)

    def item(self, number: Value) -> None:
        """A block of rows from the first step to the last; the rows of sequences that are not running are left out."""
        b, words = self.b, self.words
        first, last = frame.block_bounds(b, number, words["rows"], words["batch"])
        for state, (source, size) in self.initial.items():
            if state in self.arrays:
                start = self.row(source, first, size) if source in self.arrays else None
                self.copy(start, self.row(state, first, size), b.mul(b.sub(last, first), words[size]))
        with b.loop(0, words["steps"], hint="step") as steps:
            t = b.add(words["first_step"], b.mul(steps.index, words["step"]))
            start, stop = (b.load("i64", b.gep(words["offsets"], b.add(t, i), "i64")) for i in range(2))
            count = b.sub(b.min(b.sub(stop, start), last), first)
            with b.if_(b.icmp("sgt", count, 0)):
                self.step(Block(first, b.add(start, first), count))

    def step(self, block: Block) -> None:
        """The rows of a block at one step."""
        raise NotImplementedError

    def each_unit(self, block: Block) -> None:
        """The cell's formulas, row by row."""
        b, units = self.b, self.words["units"]
        with b.loop(0, block.count, hint="row") as row, b.loop(0, units, self.lanes, hint="units") as loop:
            mask = self.mask(b.sub(units, loop.index))
            self.units(b.add(block.row, row.index), b.add(block.place, row.index), loop.index, mask)

    def units(self, number: Value, place: Value, unit: Value, mask: Value) -> None:
        """The formulas for a vector of units from `unit` on, in a row of the batch and of the packed data."""
        raise NotImplementedError

    # ---- memory ----

    def row(self, name: str, number: Value, size: str | Value) -> Value:
        """The address of a row of an array, whose rows have a size."""
        size = self.words[size] if isinstance(size, str) else size
        return self.b.gep(self.words[name], self.b.mul(number, size), self.element)

    def at(self, pointer: Value, offset) -> Value:
        return self.b.gep(pointer, offset, self.element)

    def load(self, pointer: Value, mask: Value) -> Value:
        return self.b.masked_load(self.type, pointer, mask)

    def mask(self, left: Value) -> Value:
        return first_lanes(self.b, left, self.lanes)

    def load_unit(self, name: str, row: Value, unit: Value, mask: Value) -> Value:
        return self.load(self.at(self.row(name, row, "units"), unit), mask)

    def store_unit(self, value: Value, name: str, row: Value, unit: Value, mask: Value) -> None:
        self.b.masked_store(value, self.at(self.row(name, row, "units"), unit), mask)

    def copy(self, source: Value | None, to: Value, count: Value) -> None:
        """Neighbouring elements; zeros where there is no source."""
        with self.b.loop(0, count, self.lanes, hint="copy") as loop:
            mask = self.mask(self.b.sub(count, loop.index))
            value = self.k.const(0) if source is None else self.load(self.at(source, loop.index), mask)
            self.b.masked_store(value, self.at(to, loop.index), mask)

    def sum(self, a: Value | None, c: Value, to: Value, count: Value) -> None:
        """The sum of neighbouring elements; c alone where there is no a."""
        if a is None:
            self.copy(c, to, count)
            return
        with self.b.loop(0, count, self.lanes, hint="sum") as loop:
            mask = self.mask(self.b.sub(count, loop.index))
            terms = [self.load(self.at(source, loop.index), mask) for source in (a, c)]
            self.b.masked_store(self.b.add(*terms), self.at(to, loop.index), mask)

    # ---- products ----

    def tiles(self, count: Value, tile: Tile, body: Callable[[Value, Tile], None]) -> None:
        """body(first row, tile) for all rows: whole tiles, then ever smaller ones for the rows that are left."""
        b = self.b
        start = b.sub(count, b.urem(count, b.const(tile.rows)))
        with b.loop(0, start, tile.rows, hint="tile") as whole:
            body(whole.index, tile)
        rows = 1 << (tile.rows - 1).bit_length()
        while rows > 1:
            rows //= 2
            fits = b.icmp("sge", b.sub(count, start), rows)
            with b.if_(fits):
                body(start, replace(tile, rows=rows))
            start = b.select(fits, b.add(start, rows), start)

    def multiplied(self, a: Value, a_step: Value, sums: Value, columns: Value, start: Value, tile: Tile) -> Values:
        """Rows of A from `start` on, times the packed columns of a tile."""
        b = self.b
        rows = [self.at(a, b.mul(b.add(start, i), a_step)) for i in range(tile.rows)]
        zero, one = b.const(0), b.const(1)
        total = Sum((one, one, sums), (zero, zero, one), (zero, zero, b.const(tile.columns)))
        return multiply(b, self.s.dtype, tile, total, lambda k0, k1: (rows, zero), columns, [])

    def product(
        self, block: Block, a: Value, sums: Value, weight: str, tile: Tile, columns: Value, to: Value, add: bool = False
    ) -> None:
        """Dense rows of A times packed weights, stored as dense rows, or added to what stands there."""
        b = self.b
        with b.loop(0, columns, tile.columns, hint="columns") as loop:
            packed, left = self.at(self.words[weight], b.mul(loop.index, sums)), b.sub(columns, loop.index)
            masks = [self.mask(b.sub(left, j * self.lanes)) for j in range(tile.vectors)]

            def body(start: Value, tile: Tile, packed=packed, column=loop.index, masks=masks) -> None:
                found = self.multiplied(a, sums, sums, packed, start, tile)
                for i in range(tile.rows):
                    row = self.at(to, b.add(b.mul(b.add(start, i), columns), column))
                    for j, mask in enumerate(masks):
                        at, value = self.at(row, j * self.lanes), found[i * tile.vectors + j]
                        b.masked_store(b.add(self.load(at, mask), value) if add else value, at, mask)

            self.tiles(block.count, tile, body)

    def split(self, row: Value, count: int, at: Value, mask: Value) -> Values:
        """The same units of `count` parts of a row."""
        return [self.load(self.at(row, place), mask) for place in self.parts(count, at)]

    def join(self, values: Sequence[Value], row: Value, at: Value, mask: Value) -> None:
        for value, place in zip(values, self.parts(len(values), at)):
            self.b.masked_store(value, self.at(row, place), mask)

    def parts(self, count: int, at: Value) -> Values:
        return [self.b.add(self.b.mul(self.words["units"], i), at) for i in range(count)]


class ForwardWriter(StepWriter):
    """Steps forwards."""

    initial = {"h": ("h0", "outputs"), "c": ("c0", "units")}

    def step(self, block: Block) -> None:
        b, units, outputs = self.b, self.words["units"], self.words["outputs"]
        state, after = self.row("h", block.row, "outputs"), self.row("hs", block.place, "outputs")
        for name, kept, size in (("h", "before", "outputs"), ("c", "c_before", "units")):
            if kept in self.arrays:
                source, to = self.row(name, block.row, size), self.row(kept, block.place, size)
                self.copy(source, to, b.mul(block.count, self.words[size]))
        gates = b.mul(units, self.cell.gates)
        self.product(block, state, outputs, "weight", self.s.weight, gates, self.row("products", block.row, gates))
        self.each_unit(block)
        if self.s.projected:
            hidden = self.row("projected", block.row, "units")
            self.product(block, hidden, units, "projection", self.s.projection, outputs, after)
        self.copy(after, state, b.mul(block.count, outputs))

    def units(self, number: Value, place: Value, unit: Value, mask: Value) -> None:
        b, size, gates = self.b, self.words["units"], self.cell.gates
        products = self.split(self.row("products", number, b.mul(size, gates)), gates, unit, mask)
        if "bias" in self.arrays:
            products = [b.add(p, q) for p, q in zip(products, self.split(self.words["bias"], gates, unit, mask))]
        x = self.split(self.row("x", place, b.mul(size, gates)), gates, unit, mask)
        h = self.load_unit("h", number, unit, mask) if self.cell.mixes else None
        c = self.load_unit("c", number, unit, mask) if self.cell.stateful else None
        found = self.cell.forward(self.k, x, products, h, c)
        if self.s.projected:
            self.store_unit(found.h, "projected", number, unit, mask)
        else:
            self.store_unit(found.h, "hs", place, unit, mask)
        if self.cell.stateful:
            self.store_unit(found.c, "c", number, unit, mask)
        if "gates" in self.arrays:
            self.join(found.kept, self.row("gates", place, b.mul(size, self.cell.kept)), unit, mask)


class BackwardWriter(StepWriter):
    """Steps backwards."""

    initial = {"dh0": ("dh", "outputs"), "dc0": ("dc", "units")}

    def step(self, block: Block) -> None:
        b, units, outputs = self.b, self.words["units"], self.words["outputs"]
        state = self.row("dh0", block.row, "outputs")
        if self.s.projected:
            total, g = self.row("total", block.place, "outputs"), None
            if "dhs" in self.arrays:
                g = self.row("dhs", block.place, "outputs")
            self.sum(g, state, total, b.mul(block.count, outputs))
            to = self.row("projected", block.row, "units")
            self.product(block, total, outputs, "projection", self.s.projection, units, to)
        self.each_unit(block)
        sums = b.mul(units, self.cell.gates)
        gates = self.row("dproducts" if self.cell.mixes else "dx", block.place, sums)
        self.product(block, gates, sums, "weight", self.s.weight, outputs, state, add=self.cell.mixes)

    def units(self, number: Value, place: Value, unit: Value, mask: Value) -> None:
        b, size = self.b, self.words["units"]
        dh = self.load_unit("projected" if self.s.projected else "dh0", number, unit, mask)
        if "dhs" in self.arrays and not self.s.projected:
            dh = b.add(self.load_unit("dhs", place, unit, mask), dh)
        kept = self.split(self.row("gates", place, b.mul(size, self.cell.kept)), self.cell.kept, unit, mask)
        h = self.load_unit("before", place, unit, mask) if self.cell.mixes else None
        c = self.load_unit("c_before", place, unit, mask) if self.cell.stateful else None
        dc = self.load_unit("dc0", number, unit, mask) if self.cell.stateful else None
        found = self.cell.backward(self.k, kept, h, c, dh, dc)
        gates = b.mul(size, self.cell.gates)
        self.join(found.x, self.row("dx", place, gates), unit, mask)
        if self.cell.mixes:
            self.join(found.products, self.row("dproducts", place, gates), unit, mask)
            self.store_unit(found.h, "dh0", number, unit, mask)
        if self.cell.stateful:
            self.store_unit(found.c, "dc0", number, unit, mask)
        if "output" in self.arrays:
            self.store_unit(found.output, "output", place, unit, mask)
