"""The kernel of Products: it walks a result in tiles, each done by the micro-kernel.

In: a Product and how it is cut. Out: a Task. A work item is a chunk of rows of one block of columns, over one piece of
the stages that the sum is cut in; the sums of the stages are added in order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

from ..dtypes import dtype
from ..runtime.compile import Kernel
from ..runtime.execute import Pointer, Task
from . import epilogue as epilogues
from . import frame, registers, scalar
from .builder import Builder, Operand, Value, Values, vector
from .frame import Words, ceil_div
from .indices import following, triple, weighted
from .lines import Bases, Lines, Rows
from .loops import Epilogue
from .microkernel import RowsAt, Sum, Tile, multiply, multiply_turned, span
from .packing import copy_squares
from .product import Cut, Matrix, Product, advance
from .targets import BY_NAME

COPIED_BYTES = 32 << 10  # of B at a time: they stay in the nearest cache
COPIED_ROWS = 128  # of a chunk then, at most: their sums wait in the frame for the next summed indices
TURNED_ROWS = 8  # of a tile for which B is turned around in registers, at most
UNROLLED, UNROLLED_PLAIN = 6, 24  # instructions of an epilogue that is written out for every register of a tile


@dataclass(frozen=True)
class Structure:
    """What is compiled into a kernel.

    partial: bare sums are stored, added up over stages, and there is no epilogue; else there must be one stage.
    image: how A leaves an image, if it does: see Image.along.
    masked: B (or A, if it has columns) ends with its last column; else all columns of the last tile can be read.
    group: A has columns; so many (of A, of the result) belong together.
    copies: where columns of B that are not neighbours are copied, some summed indices at a time: "cache", or
    "registers", for few rows that are one tile of one vector.
    """

    dtype: dtype
    tile: Tile
    target: str
    partial: bool
    image: str | None
    masked: bool
    group: tuple[int, int] | None
    epilogue: Epilogue
    copies: str | None = None

    @property
    def depth(self) -> int:
        """Summed indices of B that are copied at a time."""
        tile = self.tile
        return max(COPIED_BYTES // (tile.columns * self.dtype.itemsize * tile.lanes), 1) * tile.lanes


def product_task(structure: Structure, product: Product, cut: Cut, operands: Sequence[Matrix] = ()) -> Task:
    """The task that computes a Product."""
    p, tile = product, structure.tile
    counts = [ceil_div(size, step) for size, step in zip(p.sums, cut.stage)]
    stages = max(counts[0], 1) * counts[1] * counts[2]
    chunks, blocks = ceil_div(p.row_count, cut.chunk), ceil_div(p.columns, tile.columns)
    size = p.dtype.itemsize
    result = registers.computed(p.dtype) if structure.partial else epilogues.result_dtype(structure.epilogue, p.dtype)
    values = {
        "a": advance(p.a.pointer, p.a.offset * size),
        "b": advance(p.b.pointer, p.b.offset * size),
        "c": advance(p.c.pointer, p.c.offset * result.itemsize),
        "batch": p.batch, "blocks": blocks, "chunks": chunks, "chunk": cut.chunk,
        "rows": p.row_count, "columns": p.columns, "stages": stages, "per_piece": cut.stages_per_piece,
        "a.batch": p.a.batch, "b.batch": p.b.batch, "b.block": p.b.place[0],
        "b.column": p.b.column, "c.batch": p.c.batch_stride, "c.row": p.c.row_stride, "c.piece": cut.piece_stride,
    }  # fmt: skip
    for d in range(3):
        values |= {
            f"rows{d}": p.rows[d], f"sums{d}": p.sums[d], f"stage{d}": cut.stage[d], f"stages{d}": counts[d],
            f"a.row{d}": p.a.place[d], f"numbering{d}": p.numbering[d],
            f"a.sum{d}": p.a.sums[d], f"b.sum{d}": p.b.sums[d],
        }  # fmt: skip
    if p.image:
        values["zeros"] = p.image.zeros or Pointer(0)
        for d in range(2):
            values |= {
                f"size{d}": p.image.size[d], f"origin{d}": p.image.origin[d],
                f"row_step{d}": p.image.row_step[d], f"sum_step{d}": p.image.sum_step[d],
            }  # fmt: skip
    for k, (access, operand) in enumerate(zip(structure.epilogue.operands, operands), 1):
        values |= {
            f"e{k}": advance(operand.pointer, operand.offset * access.dtype.itemsize),
            f"e{k}.batch": operand.batch_stride, f"e{k}.row": operand.row_stride, f"e{k}.column": operand.column_stride,
        }  # fmt: skip
    return Task(kernel(structure), frame.fill(_fields(structure), values), cut.pieces * p.batch * blocks * chunks)


@cache
def kernel(structure: Structure) -> Kernel:
    fields, target = _fields(structure), BY_NAME[structure.target]

    def item(b: Builder, words: Words, number: Value) -> None:
        Writer(b, structure, words).item(number)

    return Kernel(("product", structure), lambda: frame.write(fields, item, target))


@cache
def _fields(structure: Structure) -> dict[str, str]:
    """Names and types of the words."""
    names = ["batch", "blocks", "chunks", "chunk", "rows", "columns", "stages", "per_piece"]
    names += ["a.batch", "b.batch", "b.block", "b.column", "c.batch", "c.row", "c.piece"]
    each = ("rows", "sums", "stage", "stages", "a.row", "a.sum", "b.sum", "numbering")
    names += [f"{name}{d}" for d in range(3) for name in each]
    pointers = ["a", "b", "c"]
    if structure.image:
        pointers.append("zeros")
        names += [f"{name}{d}" for d in range(2) for name in ("size", "origin", "row_step", "sum_step")]
    for k in range(1, len(structure.epilogue.operands) + 1):
        pointers.append(f"e{k}")
        names += [f"e{k}.batch", f"e{k}.row", f"e{k}.column"]
    return dict.fromkeys(pointers, "ptr") | dict.fromkeys(names, "i64")


def first_lanes(b: Builder, count: Value, lanes: int) -> Value:
    """The mask whose first `count` (i64) lanes are set, made so that it stays in a mask register."""
    if not b.target.masks or lanes >= 64:  # all 64 bits are no difference of a power of two and 1
        return b.first_lanes(count, lanes)
    count = b.max(b.min(count, lanes), 0)
    bits = b.sub(b.shl(b.const(1), count), 1)
    return b.emit(f"bitcast i{lanes} {b.convert('trunc', bits, f'i{lanes}').text} to <{lanes} x i1>", f"<{lanes} x i1>")


@dataclass(frozen=True)
class Part:
    """Some of the summed indices of a chunk: the sums of its tiles wait in memory for the following ones."""

    memory: Value
    type: str
    tile: Tile
    is_first: Value
    is_last: Value

    def places(self, b: Builder, row: Value) -> Values:
        """Where the sums of the tile that begins with a row of the chunk are."""
        start = b.gep(self.memory, b.mul(row, self.tile.vectors), self.type)
        return [b.gep(start, i, self.type) for i in range(self.tile.rows * self.tile.vectors)]

    def earlier(self, b: Builder, places: Values) -> Values:
        """The sums so far."""
        zeros = [b.const(0, self.type)] * len(places)
        return b.if_else(self.is_first, lambda: zeros, lambda: [b.load(self.type, at) for at in places])

    def finish(self, b: Builder, places: Values, sums: Values, store: Callable[[], None]) -> None:
        """Stores a tile, or keeps its sums."""

        def keep():
            for at, value in zip(places, sums):
                b.store(value, at)

        b.if_else(self.is_last, store, keep)


class Writer(Lines):
    """Writes the kernel of a Structure."""

    def __init__(self, b: Builder, structure: Structure, words: Words):
        self.b, self.s, self.words = b, structure, words
        self.tile, self.epilogue = structure.tile, structure.epilogue
        self.element = registers.memory_type(structure.dtype)
        self.result = (
            registers.computed(structure.dtype)
            if structure.partial
            else epilogues.result_dtype(structure.epilogue, structure.dtype)
        )

    def triple(self, name: str) -> Values:
        return triple(self.words, name)

    def item(self, number: Value) -> None:
        """One chunk of rows of one block of columns, over one piece of the stages."""
        b, words = self.b, self.words
        if self.s.image == "windows":
            # Neighbouring blocks of columns read neighbouring memory: they follow each other.
            sizes = [b.const(0), words["batch"], words["chunks"], words["blocks"]]
            piece, batch, chunk, block = frame.digits(b, number, sizes)
        else:
            sizes = [b.const(0), words["batch"], words["blocks"], words["chunks"]]
            piece, batch, block, chunk = frame.digits(b, number, sizes)
        bases = self.bases(piece, batch, block)
        first_stage, last_stage = frame.block_bounds(b, piece, words["per_piece"], words["stages"])
        first_row, last_row = frame.block_bounds(b, chunk, words["chunk"], words["rows"])
        with b.loop(first_stage, last_stage, hint="stage") as stages:
            starts, stops = self.stage(stages.index)
            first = b.icmp("eq", stages.index, first_stage)
            if self.s.image in ("sums", "pixels"):
                self.narrow(bases, starts, stops, first_row, last_row, first)
            elif self.s.copies == "cache":
                self.parts(bases, starts, stops, first_row, last_row, first)
            elif self.s.image == "windows":
                self.lines(bases, starts, stops, first_row, last_row, first)
            else:
                self.tiles(bases, starts, stops, first_row, last_row, first)

    def narrow(
        self, bases: Bases, starts: Values, stops: Values, first_row: Value, last_row: Value, first: Value
    ) -> None:
        """The rows of one tap (or pixel) after the other: the summed pixels (taps) are those that meet the image."""
        b = self.b
        with b.loop(first_row, last_row, self.words["rows2"], hint="narrow") as rows:
            index = frame.digits(b, rows.index, self.triple("rows"))
            end = b.min(b.add(rows.index, self.words["rows2"]), last_row)
            self.tiles(bases, *self.narrowed(index, starts, stops), rows.index, end, first)

    def narrowed(self, index: Values, starts: Values, stops: Values) -> tuple[Values, Values]:
        """The bounds of the summed indices, of which two are narrowed to what stays inside the image."""
        bounds, two = list(zip(starts, stops)), (1, 2) if self.s.image == "sums" else (0, 1)
        for d, k in enumerate(two):
            bounds[k] = self.inside(index[d], d, *bounds[k])
        return self.nonempty(bounds, two)

    def inside(self, index: Value, d: int, start: Value, stop: Value) -> tuple[Value, Value]:
        """The bounds of a summed index, narrowed to where a row index stays inside the image."""
        b, origin, step = self.b, self.coordinate(index, d), self.words[f"sum_step{d}"]
        low, high = (
            self.steps_to(distance, step) for distance in (b.sub(0, origin), b.sub(self.words[f"size{d}"], origin))
        )
        return b.max(start, low), b.min(stop, high)

    def nonempty(self, bounds: Sequence[tuple[Value, Value]], narrowed: tuple[int, int]) -> tuple[Values, Values]:
        """Starts and stops, of which only the first stops may allow no index at all, where narrowed ones do not."""
        b, (starts, stops) = self.b, zip(*bounds)
        empty = b.or_(*(b.icmp("sge", starts[d], stops[d]) for d in narrowed))
        return list(starts), [b.select(empty, starts[0], stops[0]), *stops[1:]]

    def steps_to(self, distance: Value, step: Value) -> Value:
        """How many steps it takes to get there or beyond; 0 for a place behind."""
        b = self.b
        return b.udiv(b.add(b.max(distance, 0), b.sub(step, 1)), step)

    def parts(
        self, bases: Bases, starts: Values, stops: Values, first_row: Value, last_row: Value, first: Value
    ) -> None:
        """The same, some summed indices after the other, for which the columns of B are copied first."""
        b, tile, depth = self.b, self.tile, self.s.depth
        copy = b.alloca(self.element, depth * tile.columns)
        sums = vector(registers.sum_type(self.s.dtype), tile.lanes)
        held = b.alloca(sums, (COPIED_ROWS + tile.rows) * tile.vectors)
        with b.loop(starts[2], stops[2], depth, hint="part") as part:
            stop = b.min(b.add(part.index, depth), stops[2])
            count = b.sub(stop, part.index)
            source = b.gep(bases.b, part.index, self.element)
            copy_squares(b, self.s.dtype, tile, source, self.words["b.column"], (count, bases.left), copy)
            # Where the part's first index would stand, so that the copy is addressed as all of B is.
            origin = b.gep(copy, b.mul(b.sub(0, part.index), tile.columns), self.element)
            here = Part(held, sums, tile, b.icmp("eq", part.index, starts[2]), b.icmp("eq", stop, stops[2]))
            steps = [b.const(0), b.const(0), b.const(tile.columns)]
            now = [*starts[:2], part.index], [*stops[:2], stop]
            self.tiles(replace(bases, b=origin), *now, first_row, last_row, first, steps, here)

    def tiles(
        self,
        bases: Bases,
        starts: Values,
        stops: Values,
        first_row: Value,
        last_row: Value,
        first: Value,
        b_steps: Values | None = None,
        part: Part | None = None,
    ) -> None:
        """A range of rows, the summed indices within bounds; `first`: there are no earlier sums to add to.

        b_steps: B's strides, where they are not those of the words.  part: which of them these are, if not all.
        """
        b = self.b
        a_steps, b_steps = self.triple("a.sum"), b_steps or self.triple("b.sum")
        total = Sum([b.sub(stop, start) for start, stop in zip(starts, stops)], a_steps, b_steps)
        at_a = b.gep(bases.a, weighted(b, starts, a_steps), self.element)
        at_b = b.gep(bases.b, weighted(b, starts, b_steps), self.element)
        masks = [] if self.s.copies else self.masks(bases.left)
        with b.loop(first_row, last_row, self.tile.rows, hint="tile") as tiles:
            rows = self.rows(at_a, tiles.index, last_row, starts)
            self.prefetch_results(bases, rows)
            multiplied = partial(
                multiply, b, self.s.dtype, self.tile, total, self.rows_at(rows, total), at_b, masks, self.s.group
            )
            if self.s.copies == "registers":
                self.store(bases, rows, self.turned(rows, total, at_b, bases.left), first)
            elif part is None:
                self.store(bases, rows, multiplied(), first)
            else:
                places = part.places(b, b.sub(tiles.index, first_row))
                sums = multiplied(part.earlier(b, places))
                part.finish(b, places, sums, partial(self.store, bases, rows, sums, first))

    def prefetch_results(self, bases: Bases, rows: Rows) -> None:
        """Asks for the lines of C that a tile will be stored to."""
        b, line = self.b, 64 // self.result.itemsize
        for number in rows.numbers:
            at = b.gep(bases.c, b.mul(number, self.words["c.row"]), registers.memory_type(self.result))
            for column in range(0, self.tile.columns, line):
                b.prefetch(b.gep(at, column, registers.memory_type(self.result)), write=True)

    def turned(self, rows: Rows, total: Sum, first: Value, left: Value) -> Values:
        """The sums of a tile whose columns of B are turned around in registers."""
        columns = self.columns(first, left)
        return multiply_turned(
            self.b, self.s.dtype, self.tile, total.counts[2], rows.addresses, total.a_steps[2], columns
        )

    def columns(self, first: Value, left: Value) -> Values:
        """The addresses of the columns of a vector; those that do not exist are the last one again."""
        b, last = self.b, self.b.sub(left, 1)
        numbers = [b.min(b.const(i), last) for i in range(self.tile.lanes)]
        return [b.gep(first, b.mul(number, self.words["b.column"]), self.element) for number in numbers]

    def bases(self, piece: Value, batch: Value, block: Value) -> Bases:
        b, words = self.b, self.words
        column = b.mul(block, self.tile.columns)
        a_offset = b.mul(batch, words["a.batch"])
        if self.s.group:
            a_offset = b.add(a_offset, b.mul(block, span(self.tile.columns, self.s.group)))
        b_offset = b.add(b.mul(batch, words["b.batch"]), b.mul(block, words["b.block"]))
        c_offset = b.add(b.mul(batch, words["c.batch"]), b.add(column, b.mul(piece, words["c.piece"])))
        operands = []
        for k, access in enumerate(self.epilogue.operands, 1):
            step = words[f"e{k}.column"] if access.inner is None else b.const(access.inner)
            offset = b.add(b.mul(batch, words[f"e{k}.batch"]), b.mul(column, step))
            operands.append(b.gep(words[f"e{k}"], offset, registers.memory_type(access.dtype)))
        return Bases(
            b.gep(words["a"], a_offset, self.element),
            b.gep(words["b"], b_offset, self.element),
            b.gep(words["c"], c_offset, registers.memory_type(self.result)),
            operands,
            b.sub(words["columns"], column),
        )

    def stage(self, number: Value) -> tuple[Values, Values]:
        """Bounds of the summed indices in a stage."""
        b, words = self.b, self.words
        index = frame.digits(b, number, self.triple("stages"))
        bounds = [frame.block_bounds(b, i, words[f"stage{d}"], words[f"sums{d}"]) for d, i in enumerate(index)]
        return [start for start, _ in bounds], [stop for _, stop in bounds]

    def rows(self, a: Value, start: Value, stop: Value, sums: Values) -> Rows:
        """The rows from `start` on, at given summed indices; those that do not exist are the last one again."""
        b, sizes = self.b, self.triple("rows")
        found = Rows(b.min(b.sub(stop, start), self.tile.rows), [], [], [])
        index = frame.digits(b, start, sizes)
        for i in range(self.tile.rows):
            if i:
                exists = b.icmp("sgt", found.count, i)
                index = [b.select(exists, new, old) for new, old in zip(following(b, index, sizes), index)]
            found.addresses.append(b.gep(a, weighted(b, index, self.triple("a.row")), self.element))
            found.numbers.append(weighted(b, index, self.triple("numbering")))
            if self.s.image == "rows":
                moved = [b.mul(sums[d], self.words[f"sum_step{d}"]) for d in range(2)]
                found.pixels.append([b.add(self.coordinate(index[d + 1], d), moved[d]) for d in range(2)])
        return found

    def coordinate(self, index: Value, d: int) -> Value:
        """Height or width in the image of a row index, for a summed index of 0."""
        return self.b.add(self.b.mul(index, self.words[f"row_step{d}"]), self.words[f"origin{d}"])

    def rows_at(self, rows: Rows, total: Sum) -> RowsAt:
        """How the micro-kernel finds the rows of A for given k0 and k1."""
        b = self.b

        def inside(k0: Value, k1: Value) -> tuple[Values, Value]:
            return rows.addresses, b.add(b.mul(k0, total.a_steps[0]), b.mul(k1, total.a_steps[1]))

        def clipped(k0: Value, k1: Value) -> tuple[Values, Value]:
            offset = inside(k0, k1)[1]
            steps = [b.mul(k, self.words[f"sum_step{d}"]) for d, k in enumerate((k0, k1))]
            return [self.clip(a, pixel, steps, offset) for a, pixel in zip(rows.addresses, rows.pixels)], b.const(0)

        return clipped if self.s.image == "rows" else inside

    def clip(self, address: Value, pixel: Values, steps: Values, offset: Value) -> Value:
        """The address of a row's factors for one tap; zeros where the tap is outside the image."""
        b = self.b
        high, wide = (
            b.icmp("ult", b.add(at, step), self.words[f"size{d}"]) for d, (at, step) in enumerate(zip(pixel, steps))
        )
        return b.select(b.and_(high, wide), b.gep(address, offset, self.element), self.words["zeros"])

    def masks(self, left: Value) -> Values:
        """Which columns exist, where some may not."""
        return [self.mask(left, j * self.tile.lanes) for j in range(self.tile.vectors)] if self.s.masked else []

    def mask(self, left: Value, column: Operand) -> Value | None:
        """Which of the neighbouring columns from `column` on exist; None for a single one."""
        if self.tile.lanes == 1:
            return None
        return first_lanes(self.b, self.b.sub(left, column), self.tile.lanes)

    def store(self, bases: Bases, rows: Rows, sums: Values, first: Value) -> None:
        """Stores a tile: straight from registers where all of it exists and the epilogue is short, else by a loop."""
        b = self.b
        if len(self.epilogue.instructions) > (UNROLLED_PLAIN if self.is_plain() else UNROLLED):
            return self.store_part(bases, rows, sums, first)
        whole = b.icmp("eq", rows.count, len(rows.numbers))
        if not b.target.masks:
            whole = b.and_(whole, b.icmp("sge", bases.left, self.tile.columns))
        b.if_else(
            whole,
            lambda: self.store_whole(bases, rows, sums, first),
            lambda: self.store_part(bases, rows, sums, first),
        )

    def is_plain(self) -> bool:
        """Whether the results, of few summed indices each, are bytes' and go through single instructions alone."""
        apart = ("load", "const", "cast", "bitcast")
        costs = (scalar.flops(one.fn) for one in self.epilogue.instructions if one.fn not in apart)
        return registers.sum_type(self.s.dtype) == "i32" and max(costs, default=0) <= 1

    def store_whole(self, bases: Bases, rows: Rows, sums: Values, first: Value) -> None:
        columns = [self.b.const(j * self.tile.lanes) for j in range(self.tile.vectors)]
        masks = [self.mask(bases.left, column) if self.b.target.masks else None for column in columns]
        for i, number in enumerate(rows.numbers):
            for j, (column, mask) in enumerate(zip(columns, masks)):
                self.store_vector(bases, number, column, sums[i * self.tile.vectors + j], mask, first)

    def store_part(self, bases: Bases, rows: Rows, sums: Values, first: Value) -> None:
        """The rows and columns that exist, from a copy of the tile in memory: short code for a rare case."""
        b, tile, type = self.b, self.tile, sums[0].type
        copy, numbers = b.alloca(type, len(sums)), b.alloca("i64", len(rows.numbers))
        for i, value in enumerate(sums):
            b.store(value, b.gep(copy, i, type))
        for i, number in enumerate(rows.numbers):
            b.store(number, b.gep(numbers, i, "i64"))
        with b.loop(0, rows.count) as row:
            number = b.load("i64", b.gep(numbers, row.index, "i64"))
            with b.loop(0, b.min(bases.left, tile.columns), tile.lanes) as column:
                at = b.add(b.mul(row.index, tile.columns), column.index)
                value = b.load(type, b.gep(copy, at, registers.sum_type(self.s.dtype)))
                mask = self.mask(bases.left, column.index)
                self.store_vector(bases, number, column.index, value, mask, first)

    def store_vector(self, bases: Bases, number: Value, column: Value, sums: Value, mask: Value | None, first: Value):
        """Neighbouring elements of the row with a number, from a column of the block on."""
        b = self.b
        place = b.add(b.mul(number, self.words["c.row"]), column)
        at = b.gep(bases.c, place, registers.memory_type(self.result))
        if self.s.partial:
            value = self.add_earlier(sums, at, mask, first)
        else:
            value = self.finished(bases, number, column, registers.rounded(b, self.s.dtype, sums), mask)
        registers.store(b, self.result, value, at, mask)

    def add_earlier(self, sums: Value, at: Value, mask: Value | None, first: Value) -> Value:
        """The sums with those of earlier stages, which stand where they will be stored."""
        b, lanes = self.b, self.tile.lanes
        follows = b.splat(b.not_(first), lanes) if lanes > 1 else None
        earlier = registers.load(b, self.result, at, lanes, b.and_(mask, follows) if mask and follows else follows)
        return b.select(first, sums, b.add(earlier, sums))

    def finished(self, bases: Bases, number: Value, column: Value, sums: Value, mask: Value | None) -> Value:
        b, at, steps = self.b, [], []
        for k, access in enumerate(self.epilogue.operands, 1):
            step = self.words[f"e{k}.column"] if access.inner is None else b.const(access.inner)
            offset = b.add(b.mul(number, self.words[f"e{k}.row"]), b.mul(step, column))
            at.append(b.gep(bases.operands[k - 1], offset, registers.memory_type(access.dtype)))
            steps.append(step)
        return epilogues.apply(b, self.epilogue, sums, at, steps, mask)
