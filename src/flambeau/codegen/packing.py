"""Copies that bring operands into the form that products read fastest.

In: where an array stands. Out: a Task that writes its copy. `pack_task` lays columns out in blocks, so that the
micro-kernel reads one summed index after the other from neighbouring memory; `copy_task` orders dimensions anew;
`pad_task` surrounds images with zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from ..dtypes import dtype
from ..runtime.compile import Kernel
from ..runtime.execute import Pointer, Task
from . import frame, registers
from .builder import Builder, Value, Values, constant, vector
from .frame import Words, ceil_div
from .indices import following, triple, weighted
from .kernel import Operand, loop_task
from .loops import Access, Instruction, LoopNest, Stage
from .microkernel import Tile, transposed
from .product import Triple, advance
from .targets import BY_NAME, Target

ITEM = 16384  # elements of a work item
SHORT = 16  # summed indices of an item that walks dense rows: as many pages are read side by side
LARGEST_SQUARE = 16  # lanes of a block that is transposed in registers


@dataclass(frozen=True)
class Source:
    """Element (batch, k0, k1, k2, column) stands `offset + sum(index * stride)` elements after the pointer."""

    pointer: Pointer
    offset: int
    batch: int
    sums: Triple
    column: int


@dataclass(frozen=True)
class Order:
    """The summed indices in the order in which they stand in the source, all strides positive.

    first: offset of the first one in the source;  sizes, steps: counts and strides there;  first_place, places: the
    number of the first one, and strides, in the packed order.
    """

    first: int
    sizes: Triple
    steps: Triple
    first_place: int
    places: Triple

    @classmethod
    def of(cls, sums: Triple, source: Source) -> Order:
        """The order for a source."""
        places = (sums[1] * sums[2], sums[2], 1)
        digits = sorted(zip(source.sums, sums, places), key=lambda digit: (digit[1] != 1, -abs(digit[0])))
        backward = [(step * (size - 1), place * (size - 1)) if step < 0 else (0, 0) for step, size, place in digits]
        return cls(
            source.offset + sum(step for step, _ in backward),
            tuple(size for _, size, _ in digits),
            tuple(abs(step) for step, _, _ in digits),
            sum(place for _, place in backward),
            tuple(-place if step < 0 else place for step, _, place in digits),
        )

    @property
    def dense(self) -> bool:
        """Whether the summed indices are neighbours in the source."""
        (_, size1, size2), (step0, step1, step2) = self.sizes, self.steps
        return step2 == 1 and (size1 == 1 or step1 == size2) and (self.sizes[0] == 1 or step0 == size1 * size2)


PACK_FIELDS = dict.fromkeys(("source", "target"), "ptr") | dict.fromkeys(
    ("groups", "group", "blocks", "chunks", "chunk", "columns", "count", "batch_step", "column_step",
     *(f"{name}{d}" for name in ("size", "step", "place") for d in range(3))), "i64"
)  # fmt: skip


def packed_bytes(of: dtype, tile: Tile, batch: int, sums: Triple, columns: int) -> int:
    """Size of a packed array."""
    return batch * ceil_div(columns, tile.columns) * tile.columns * sums[0] * sums[1] * sums[2] * of.itemsize


def pack_task(
    target: Target, of: dtype, tile: Tile, batch: int, sums: Triple, columns: int, source: Source, to: Pointer
) -> Task:
    """Copies an array into [batch][block of columns][k0][k1][k2][column of the block]; columns that do not exist hold
    anything."""
    count, blocks = sums[0] * sums[1] * sums[2], ceil_div(columns, tile.columns)
    order = Order.of(sums, source)
    squares = source.column != 1 and order.dense and 1 < tile.lanes <= LARGEST_SQUARE
    group = 1 if source.column != 1 else max(min(blocks, ITEM // (tile.columns * SHORT)), 1)
    chunk = ITEM // (tile.columns * group)
    groups, chunks = ceil_div(blocks, group), ceil_div(count, chunk)
    values = {
        "source": advance(source.pointer, order.first * of.itemsize),
        "target": advance(to, order.first_place * tile.columns * of.itemsize),
        "groups": groups, "group": group, "blocks": blocks, "chunks": chunks, "chunk": chunk, "columns": columns,
        "count": count, "batch_step": source.batch, "column_step": source.column,
    }  # fmt: skip
    for d in range(3):
        values |= {f"size{d}": order.sizes[d], f"step{d}": order.steps[d], f"place{d}": order.places[d]}
    kernel = _pack_kernel(Packing(target.name, of, tile, source.column == 1, squares))
    return Task(kernel, frame.fill(PACK_FIELDS, values), batch * groups * chunks)


@dataclass(frozen=True)
class Packing:
    """What is compiled into a kernel.

    neighbours: columns are neighbours in the source.  squares: summed indices are: square blocks are transposed.
    """

    target: str
    dtype: dtype
    tile: Tile
    neighbours: bool
    squares: bool


@cache
def _pack_kernel(packing: Packing) -> Kernel:
    def item(b: Builder, words: Words, number: Value) -> None:
        PackWriter(b, packing, words).item(number)

    return Kernel(("pack", packing), lambda: frame.write(PACK_FIELDS, item, BY_NAME[packing.target]))


class PackWriter:
    """Writes the kernel of a Packing."""

    def __init__(self, b: Builder, packing: Packing, words: Words):
        self.b, self.p, self.words, self.tile = b, packing, words, packing.tile
        self.element = registers.memory_type(packing.dtype)
        self.type = vector(self.element, self.tile.lanes)

    def item(self, number: Value) -> None:
        """Some summed indices of some blocks of columns."""
        b, words = self.b, self.words
        batch, group, chunk = frame.digits(b, number, [b.const(0), words["groups"], words["chunks"]])
        first_block, last_block = frame.block_bounds(b, group, words["group"], words["blocks"])
        first, last = frame.block_bounds(b, chunk, words["chunk"], words["count"])
        with b.loop(first_block, last_block, hint="block") as block:
            column = b.mul(block.index, self.tile.columns)
            left = b.sub(words["columns"], column)
            offset = b.add(b.mul(batch, words["batch_step"]), b.mul(column, words["column_step"]))
            source = b.gep(words["source"], offset, self.element)
            before = b.mul(b.add(b.mul(batch, words["blocks"]), block.index), words["count"])
            target = b.gep(words["target"], b.mul(before, self.tile.columns), self.element)
            if self.p.squares:
                whole = b.sub(last, b.urem(b.sub(last, first), self.tile.lanes))
                self.squares(source, target, left, first, whole)
                first = whole
            self.rows(source, target, left, first, last)

    def place(self, target: Value, index: Values, j: int) -> Value:
        """Where the columns of a vector stand for a summed index."""
        row = self.b.mul(weighted(self.b, index, triple(self.words, "place")), self.tile.columns)
        return self.b.gep(target, self.b.add(row, j * self.tile.lanes), self.element)

    def rows(self, source: Value, target: Value, left: Value, first: Value, last: Value) -> None:
        """One summed index after the other."""
        b, words = self.b, self.words
        with b.loop(first, last, hint="row") as row:
            index = frame.digits(b, row.index, triple(words, "size"))
            at = b.gep(source, weighted(b, index, triple(words, "step")), self.element)
            for j in range(self.tile.vectors):
                mask = b.first_lanes(b.sub(left, j * self.tile.lanes), self.tile.lanes)
                b.store(self.read(at, j, mask), self.place(target, index, j))

    def read(self, at: Value, j: int, mask: Value) -> Value:
        b, first = self.b, j * self.tile.lanes
        if self.tile.lanes == 1:
            return b.load(self.type, at)
        if self.p.neighbours:
            return b.masked_load(self.type, b.gep(at, first, self.element), mask)
        columns = b.add(b.steps(self.tile.lanes), constant(first, vector("i64", self.tile.lanes)))
        offsets = b.mul(columns, b.splat(self.words["column_step"], self.tile.lanes))
        return b.gather(self.type, b.gep(at, offsets, self.element), mask)

    def squares(self, source: Value, target: Value, left: Value, first: Value, last: Value) -> None:
        """As many summed indices at a time as a vector has lanes; columns that do not exist are the last one again."""
        b, words, lanes = self.b, self.words, self.tile.lanes
        sizes = triple(words, "size")
        with b.loop(0, self.tile.vectors, hint="vector") as j, b.loop(first, last, lanes, hint="square") as row:
            columns = [b.add(b.mul(j.index, lanes), i) for i in range(lanes)]
            columns = [b.mul(b.min(column, b.sub(left, 1)), words["column_step"]) for column in columns]
            read = [b.load(self.type, b.gep(source, b.add(column, row.index), self.element)) for column in columns]
            index, at = frame.digits(b, row.index, sizes), b.gep(target, b.mul(j.index, lanes), self.element)
            for value in transposed(b, read):
                b.store(value, self.place(at, index, 0))
                index = following(b, index, sizes)


def copy_squares(b: Builder, of: dtype, tile: Tile, source: Value, step: Value, size: tuple[Value, Value], to: Value):
    """Writes a copy of a block of columns, whose summed indices are neighbours, as the micro-kernel reads it.

    step: elements from column to column.  size: summed indices and columns that exist; columns that do not hold those
    of the last one, and the indices are filled up with zeros to a multiple of the lanes.
    """
    element, lanes = registers.memory_type(of), tile.lanes
    count, left = size
    type = vector(element, lanes)
    with b.loop(0, tile.vectors, hint="vector") as j:
        columns = [b.min(b.add(b.mul(j.index, lanes), i), b.sub(left, 1)) for i in range(lanes)]
        rows = [b.gep(source, b.mul(column, step), element) for column in columns]
        with b.loop(0, count, lanes, hint="square") as k:
            mask = b.first_lanes(b.sub(count, k.index), lanes)
            read = [b.masked_load(type, b.gep(row, k.index, element), mask) for row in rows]
            for i, value in enumerate(transposed(b, read)):
                at = b.add(b.mul(b.add(k.index, i), tile.columns), b.mul(j.index, lanes))
                b.store(value, b.gep(to, at, element))


def copy_task(of: dtype, sizes: Sequence[int], source: Operand, to: Operand) -> Task:
    """Copies elements between strided arrays; those of the target are neighbours along the last size."""
    accesses = Access(of, inner=1 if source.strides[-1] == 1 else None), Access(of)
    copy = Stage((Instruction("load", of, (), 0),), (), ((1, 0),), per_item=True)
    return loop_task(LoopNest(len(sizes), 0, "kept", accesses, (copy,), frozenset({1})), sizes, (), [source, to])


PAD_FIELDS = dict.fromkeys(("source", "target"), "ptr") | dict.fromkeys(
    ("rows", "chunk", "height", "top", "new_height", "run", "before", "new_run"), "i64"
)


def pad_task(
    target: Target,
    of: dtype,
    images: int,
    size: tuple[int, int],
    new_size: tuple[int, int],
    before: tuple[int, int],
    channels: int,
    source: Pointer,
    to: Pointer,
) -> Task:
    """Copies images of size (height, width) into larger ones, with `before` (rows, columns) of zeros before them."""
    rows, run = images * new_size[0], new_size[1] * channels
    chunk = max(ITEM // max(run, 1), 1)
    values = {
        "source": source, "target": to, "rows": rows, "chunk": chunk,
        "height": size[0], "top": before[0], "new_height": new_size[0],
        "run": size[1] * channels, "before": before[1] * channels, "new_run": run,
    }  # fmt: skip
    return Task(_pad_kernel(target.name, of), frame.fill(PAD_FIELDS, values), ceil_div(rows, chunk))


def zero_task(target: Target, of: dtype, count: int, to: Pointer) -> Task:
    """Writes zeros: an image without rows of its own, padded."""
    return pad_task(target, of, 1, (0, 0), (1, count), (0, 0), 1, to, to)


@cache
def _pad_kernel(target: str, of: dtype) -> Kernel:
    element, lanes = registers.memory_type(of), BY_NAME[target].lanes(of)
    type = vector(element, lanes)

    def item(b: Builder, words: Words, number: Value) -> None:
        first, last = frame.block_bounds(b, number, words["chunk"], words["rows"])
        with b.loop(first, last) as rows:
            image, row = frame.digits(b, rows.index, [b.const(0), words["new_height"]])
            row = b.sub(row, words["top"])
            exists = b.icmp("ult", row, words["height"])
            offset = b.mul(b.add(b.mul(image, words["height"]), row), words["run"])
            source = b.gep(words["source"], b.sub(offset, words["before"]), element)
            to = b.gep(words["target"], b.mul(rows.index, words["new_run"]), element)
            with b.loop(0, words["new_run"], lanes) as columns:
                place = b.add(b.splat(b.sub(columns.index, words["before"]), lanes), b.steps(lanes))
                inside = b.and_(b.icmp("ult", place, b.splat(words["run"], lanes)), b.splat(exists, lanes))
                value = b.masked_load(type, b.gep(source, columns.index, element), inside)
                mask = b.first_lanes(b.sub(words["new_run"], columns.index), lanes)
                b.masked_store(value, b.gep(to, columns.index, element), mask)

    return Kernel(("pad", target, of), lambda: frame.write(PAD_FIELDS, item, BY_NAME[target]))
