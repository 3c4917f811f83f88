"""The kernel of the filters' gradient in Winograd's convolution F(2x2, 3x3), over dense NHWC images.

In: x, y's gradient, how the gradient is cut. Out: a Task that writes [piece][channel of x][tap][channel of y], sums
over the patches of each piece. A work item is a piece of the patches for a group of x's channels and a group of y's:
blocks of patches are transformed, multiplied element by element (16 matrix products) and added up, in scratch memory
that fits the cache; at the end the totals are transformed back.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ..dtypes import dtype
from ..runtime.compile import Kernel
from ..runtime.execute import Pointer, Task
from . import frame, registers
from . import winograd_transform as transforms
from .builder import Builder, Value, Values, vector
from .frame import Words, ceil_div
from .microkernel import RowsAt, Sum, Tile, multiply
from .targets import BY_NAME
from .turns import turn
from .winograd_patches import POINTERS, SHIFT, SIZES, Image, Patches, Scratch, pixels, place, transform_patch

Bounds = tuple[Value, Value]  # first, and past the last


@dataclass(frozen=True)
class Structure:
    """What is compiled into a kernel."""

    dtype: dtype
    tile: Tile
    target: str


@dataclass(frozen=True)
class Cut:
    """How a gradient is cut into work items.

    block: patches that are transformed together; per_piece: blocks of each; channels: of x; columns: channels of y, in
    whole tiles.
    """

    block: int
    per_piece: int
    channels: int
    columns: int

    def pieces(self, patches: Patches) -> int:
        """In which the patches are cut."""
        return ceil_div(patches.count, self.block * self.per_piece)

    def items(self, patches: Patches) -> int:
        """Work items."""
        groups = ceil_div(patches.channels, self.channels) * ceil_div(patches.columns, self.columns)
        return groups * self.pieces(patches)


def part_elements(tile: Tile, cut: Cut) -> tuple[int, int, int]:
    """Elements of transformed matrices of x's and of y's patches, and of products: a part holds 16 of each."""
    rows = ceil_div(cut.channels, tile.rows) * tile.rows
    return cut.block * _depth(tile, cut) + SHIFT, cut.block * cut.columns + SHIFT, rows * cut.columns + SHIFT


def _depth(tile: Tile, cut: Cut) -> int:
    """Elements between the transformed patches of x."""
    return ceil_div(cut.channels, tile.lanes) * tile.lanes


FIELDS = dict.fromkeys(("x", "y", "result", *POINTERS), "ptr") | dict.fromkeys(
    (*SIZES, "block", "piece", "channel_group", "channel_groups", "column_group", "column_groups", "depth",
     "x_step", "y_step", "product_step"), "i64"
)  # fmt: skip


def filters_task(
    structure: Structure, patches: Patches, cut: Cut, x: Pointer, y: Pointer, result: Pointer, scratch: Scratch
) -> Task:
    """The task that computes the gradient; x, y: dense NHWC images, y the gradient of the result."""
    x_step, y_step, product_step = part_elements(structure.tile, cut)
    values = patches.words | scratch.words | {
        "x": x, "y": y, "result": result, "block": cut.block, "piece": cut.block * cut.per_piece,
        "channel_group": cut.channels, "channel_groups": ceil_div(patches.channels, cut.channels),
        "column_group": cut.columns, "column_groups": ceil_div(patches.columns, cut.columns),
        "depth": _depth(structure.tile, cut), "x_step": x_step, "y_step": y_step, "product_step": product_step,
    }  # fmt: skip
    return Task(_kernel(structure), frame.fill(FIELDS, values), cut.items(patches))


@cache
def _kernel(structure: Structure) -> Kernel:
    def item(b: Builder, words: Words, number: Value) -> None:
        Writer(b, structure, words).item(number)

    return Kernel(("winograd filters", structure), lambda: frame.write(FIELDS, item, BY_NAME[structure.target]))


@dataclass(frozen=True)
class Part:
    """A thread's scratch memory: the transformed patches of x and of y, their products."""

    x: Value
    y: Value
    products: Value


class Writer:
    """Writes the kernel of a Structure."""

    def __init__(self, b: Builder, structure: Structure, words: Words):
        self.b, self.s, self.words, self.tile = b, structure, words, structure.tile
        self.element = registers.memory_type(structure.dtype)
        self.type = vector(self.element, self.tile.lanes)

    def item(self, number: Value) -> None:
        """A piece of the patches for groups of channels and columns."""
        b, words = self.b, self.words
        piece, *groups = frame.digits(b, number, [b.const(0), words["channel_groups"], words["column_groups"]])
        first, last = frame.block_bounds(b, piece, words["piece"], words["patches"])
        channels, columns = (
            frame.block_bounds(b, group, words[f"{name}_group"], words[f"{name}s"])
            for name, group in zip(("channel", "column"), groups)
        )
        with turn(b, words["locks"], words["part_count"]) as number:
            part = self.part(number)
            with b.loop(first, last, words["block"], hint="block") as block:
                end = b.min(b.add(block.index, words["block"]), last)
                self.transform(block.index, end, channels, columns, part)
                sizes = [b.sub(*reversed(bounds)) for bounds in (channels, columns)]
                self.multiply(part, b.sub(end, block.index), sizes, b.icmp("ne", block.index, first))
            self.store(part.products, piece, channels, columns)

    def part(self, number: Value) -> Part:
        b, words = self.b, self.words
        x, y, products = (b.mul(words[f"{name}_step"], transforms.ELEMENTS) for name in ("x", "y", "product"))
        start = b.gep(words["parts"], b.mul(number, b.add(b.add(x, y), products)), self.element)
        at_y = b.gep(start, x, self.element)
        return Part(start, at_y, b.gep(at_y, y, self.element))

    def transform(self, first: Value, last: Value, channels: Bounds, columns: Bounds, part: Part) -> None:
        """Transforms a block of patches of x and of y."""
        b, words = self.b, self.words
        size, origin, result_size = (
            (words[f"{name}0"], words[f"{name}1"]) for name in ("size", "origin", "result_size")
        )
        x = Image(words["x"], size, words["channels"], words["zeros"], origin, transforms.PATCH)
        y = Image(words["y"], result_size, words["columns"], words["zeros"], (0, 0), transforms.RESULT)
        with b.loop(first, last, hint="patch") as patch:
            row = b.sub(patch.index, first)
            to = b.gep(part.x, b.mul(row, words["depth"]), self.element)
            self.patch(transforms.INPUT, x, patch.index, channels, to, words["x_step"])
            to = b.gep(part.y, b.mul(row, words["column_group"]), self.element)
            self.patch(transforms.transposed(transforms.OUTPUT), y, patch.index, columns, to, words["y_step"])

    def patch(
        self, matrix: transforms.Coefficients, image: Image, number: Value, channels: Bounds, to: Value, step: Value
    ) -> None:
        addresses = pixels(self.b, image, place(self.b, self.words, number), self.element)
        transform_patch(self.b, matrix, image, addresses, channels, to, step, self.type)

    def multiply(self, part: Part, count: Value, sizes: Values, earlier: Value) -> None:
        """Adds the 16 products of a block's patches to those of earlier blocks, if there are any."""
        b, words, tile = self.b, self.words, self.tile
        zero, one = b.const(0), b.const(1)
        total = Sum((one, one, count), (zero, zero, words["depth"]), (zero, zero, words["column_group"]))
        earlier = b.splat(earlier, tile.lanes)
        with b.loop(0, transforms.ELEMENTS, hint="element") as element:
            left, right, to = (
                b.gep(base, b.mul(element.index, words[f"{name}_step"]), self.element)
                for name, base in (("x", part.x), ("y", part.y), ("product", part.products))
            )
            with (
                b.loop(0, sizes[1], tile.columns, hint="columns") as columns,
                b.loop(0, sizes[0], tile.rows, hint="rows") as rows,
            ):
                at = b.gep(right, columns.index, self.element)
                sums = multiply(b, self.s.dtype, tile, total, self.rows_at(left, rows.index), at, [])
                for k, value in enumerate(sums):
                    row, column = b.add(rows.index, k // tile.vectors), k % tile.vectors * tile.lanes
                    offset = b.add(b.mul(row, words["column_group"]), b.add(columns.index, column))
                    there = b.gep(to, offset, self.element)
                    b.store(b.add(b.masked_load(self.type, there, earlier), value), there)

    def rows_at(self, left: Value, first: Value) -> RowsAt:
        """Where the micro-kernel finds the channels of a tile; those behind the last one hold anything."""
        rows = [self.b.gep(left, self.b.add(first, i), self.element) for i in range(self.tile.rows)]
        return lambda k0, k1: (rows, self.b.const(0))

    def store(self, products: Value, piece: Value, channels: Bounds, columns: Bounds) -> None:
        """The taps of the filters, from the totals of their 16 elements."""
        b, words, lanes = self.b, self.words, self.tile.lanes
        row = b.mul(words["columns"], transforms.FILTER * transforms.FILTER)  # of the result: all taps of a channel
        result = b.gep(words["result"], b.mul(piece, b.mul(words["channels"], row)), self.element)
        with (
            b.loop(*channels, hint="channel") as channel,
            b.loop(*columns, lanes, hint="column") as column,
        ):
            start = b.mul(b.sub(channel.index, channels[0]), words["column_group"])
            at = b.gep(products, b.add(start, b.sub(column.index, columns[0])), self.element)
            steps = [b.mul(words["product_step"], k) for k in range(transforms.ELEMENTS)]
            values = [b.load(self.type, b.gep(at, step, self.element)) for step in steps]
            mask = b.first_lanes(b.sub(columns[1], column.index), lanes)
            there = b.add(b.mul(channel.index, row), column.index)
            for k, value in enumerate(transforms.transform(b, transforms.transposed(transforms.WEIGHT), values)):
                to = b.gep(result, b.add(there, b.mul(words["columns"], k)), self.element)
                b.masked_store(value, to, mask)
