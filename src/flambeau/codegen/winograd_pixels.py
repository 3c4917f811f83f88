"""The kernel of Winograd's convolution F(2x2, 3x3) over dense NHWC images.

In: an image, transformed weights (see `winograd_weights`), how the result is cut. Out: a Task. A work item is a block
of patches and a group of column blocks: the patches are transformed, multiplied element by element (16 matrix
products), transformed back, and stored through the epilogue; what is in between stays in a part of the scratch memory
that fits the cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from ..dtypes import dtype
from ..runtime.compile import Kernel
from ..runtime.execute import Pointer, Task
from . import epilogue as epilogues
from . import frame, registers
from .builder import Builder, Value, Values, vector
from .frame import Words, ceil_div
from .loops import Epilogue
from .microkernel import RowsAt, Sum, Tile, multiply
from .product import Matrix, advance
from .targets import BY_NAME
from .turns import turn
from .winograd_patches import POINTERS, SHIFT, SIZES, Image, Patches, Scratch, pixels, place, transform_patch
from .winograd_transform import ELEMENTS, INPUT, OUTPUT, PATCH, RESULT, transform


@dataclass(frozen=True)
class Structure:
    """What is compiled into a kernel."""

    dtype: dtype
    tile: Tile
    target: str
    epilogue: Epilogue


@dataclass(frozen=True)
class Cut:
    """How a convolution is cut into work items: patches, a multiple of the tile's rows, and column blocks of each."""

    block: int
    group: int


def _depth(channels: int, tile: Tile) -> int:
    """Elements between the transformed patches."""
    return ceil_div(channels, tile.lanes) * tile.lanes


def part_elements(patches: Patches, tile: Tile, cut: Cut) -> tuple[int, int]:
    """Elements of a transformed matrix of patches, and of one of products: a part holds 16 of each."""
    return cut.block * _depth(patches.channels, tile) + SHIFT, cut.block * tile.columns + SHIFT


def item_count(patches: Patches, tile: Tile, cut: Cut) -> int:
    """Work items."""
    return ceil_div(patches.count, cut.block) * ceil_div(ceil_div(patches.columns, tile.columns), cut.group)


def pixels_task(
    structure: Structure,
    patches: Patches,
    cut: Cut,
    image: Pointer,
    weights: Pointer,
    result: Pointer,
    operands: Sequence[Matrix],
    scratch: Scratch,
) -> Task:
    """The task that computes a convolution; operands as for `conv_launches`."""
    tile = structure.tile
    patch_step, product_step = part_elements(patches, tile, cut)
    values = patches.words | scratch.words | {
        "image": image, "weights": weights, "result": result,
        "block": cut.block, "blocks": ceil_div(patches.count, cut.block),
        "group": cut.group, "column_blocks": ceil_div(patches.columns, tile.columns),
        "depth": _depth(patches.channels, tile), "patch_step": patch_step, "product_step": product_step,
    }  # fmt: skip
    for k, (access, operand) in enumerate(zip(structure.epilogue.operands, operands), 1):
        values |= {
            f"e{k}": advance(operand.pointer, operand.offset * access.dtype.itemsize),
            f"e{k}.row": operand.row_stride, f"e{k}.column": operand.column_stride,
        }  # fmt: skip
    return Task(_kernel(structure), frame.fill(_fields(structure), values), item_count(patches, tile, cut))


@cache
def _fields(structure: Structure) -> dict[str, str]:
    """Names and types of the words."""
    pointers = ["image", "weights", "result", *POINTERS]
    names = [*SIZES, "block", "blocks", "group", "column_blocks", "depth", "patch_step", "product_step"]
    for k in range(1, len(structure.epilogue.operands) + 1):
        pointers.append(f"e{k}")
        names += [f"e{k}.row", f"e{k}.column"]
    return dict.fromkeys(pointers, "ptr") | dict.fromkeys(names, "i64")


@cache
def _kernel(structure: Structure) -> Kernel:
    fields, target = _fields(structure), BY_NAME[structure.target]

    def item(b: Builder, words: Words, number: Value) -> None:
        Writer(b, structure, words).item(number)

    return Kernel(("winograd pixels", structure), lambda: frame.write(fields, item, target))


class Writer:
    """Writes the kernel of a Structure."""

    def __init__(self, b: Builder, structure: Structure, words: Words):
        self.b, self.s, self.words = b, structure, words
        self.tile, self.epilogue = structure.tile, structure.epilogue
        self.element = registers.memory_type(structure.dtype)
        self.type = vector(self.element, self.tile.lanes)
        self.stored = epilogues.result_dtype(structure.epilogue, structure.dtype)

    def item(self, number: Value) -> None:
        """A block of patches and a group of column blocks; groups one after the other, so that weights stay near."""
        b, words = self.b, self.words
        group, block = frame.digits(b, number, [b.const(0), words["blocks"]])
        first, last = frame.block_bounds(b, block, words["block"], words["patches"])
        first_block, last_block = frame.block_bounds(b, group, words["group"], words["column_blocks"])
        with turn(b, words["locks"], words["part_count"]) as part:
            each = b.mul(b.add(words["patch_step"], words["product_step"]), ELEMENTS)
            patches = b.gep(words["parts"], b.mul(part, each), self.element)
            products = b.gep(patches, b.mul(words["patch_step"], ELEMENTS), self.element)
            with b.loop(first, last, hint="patch") as patch:
                row = b.mul(b.sub(patch.index, first), words["depth"])
                self.transform_patch(patch.index, b.gep(patches, row, self.element))
            with b.loop(first_block, last_block, hint="columns") as columns:
                self.multiply(patches, products, columns.index, b.sub(last, first))
                with b.loop(first, last, hint="result") as patch:
                    row = b.mul(b.sub(patch.index, first), self.tile.columns)
                    self.store(patch.index, b.gep(products, row, self.element), columns.index)

    def transform_patch(self, number: Value, to: Value) -> None:
        """The 16 elements of a transformed patch, for all channels."""
        b, words = self.b, self.words
        size, origin = ((words[f"{name}0"], words[f"{name}1"]) for name in ("size", "origin"))
        image = Image(words["image"], size, words["channels"], words["zeros"], origin, PATCH)
        addresses = pixels(b, image, place(b, words, number), self.element)
        channels = b.const(0), words["channels"]
        transform_patch(b, INPUT, image, addresses, channels, to, words["patch_step"], self.type)

    def multiply(self, patches: Value, products: Value, block: Value, count: Value) -> None:
        """The 16 products of transformed patches and a block of columns of the weights."""
        b, words, tile = self.b, self.words, self.tile
        panel = b.mul(words["channels"], tile.columns)
        weights = b.gep(words["weights"], b.mul(block, b.mul(panel, ELEMENTS)), self.element)
        zero, one = b.const(0), b.const(1)
        total = Sum((one, one, words["channels"]), (zero, zero, one), (zero, zero, b.const(tile.columns)))
        with b.loop(0, ELEMENTS, hint="element") as element:
            left = b.gep(patches, b.mul(element.index, words["patch_step"]), self.element)
            right = b.gep(weights, b.mul(element.index, panel), self.element)
            to = b.gep(products, b.mul(element.index, words["product_step"]), self.element)
            with b.loop(0, count, tile.rows, hint="tile") as rows:
                sums = multiply(b, self.s.dtype, tile, total, self.rows_at(left, rows.index), right, [])
                start = b.gep(to, b.mul(rows.index, tile.columns), self.element)
                for k, value in enumerate(sums):
                    b.store(value, b.gep(start, k * tile.lanes, self.element))

    def rows_at(self, left: Value, first: Value) -> RowsAt:
        """Where the micro-kernel finds the patches of a tile; those behind the last one hold anything."""
        b = self.b
        rows = [b.gep(left, b.mul(b.add(first, i), self.words["depth"]), self.element) for i in range(self.tile.rows)]
        return lambda k0, k1: (rows, b.const(0))

    def store(self, number: Value, products: Value, block: Value) -> None:
        """The results of a patch that exist, from the products of a block of columns."""
        b, words, tile = self.b, self.words, self.tile
        copy = b.alloca(self.type, RESULT * RESULT * tile.vectors)
        with b.loop(0, tile.columns, tile.lanes, hint="vector") as column:
            steps = [b.mul(words["product_step"], k) for k in range(ELEMENTS)]
            values = [b.load(self.type, b.gep(products, b.add(step, column.index), self.element)) for step in steps]
            for k, value in enumerate(transform(b, OUTPUT, values)):
                b.store(value, b.gep(copy, b.add(column.index, k * tile.columns), self.element))
        image, *corner = place(b, words, number)
        first = b.mul(block, tile.columns)
        left = b.min(b.sub(words["columns"], first), tile.columns)
        with b.loop(0, RESULT, hint="high") as high, b.loop(0, RESULT, hint="wide") as wide:
            at = [b.add(start, loop.index) for start, loop in zip(corner, (high, wide))]
            exists = b.and_(*(b.icmp("slt", k, words[f"result_size{d}"]) for d, k in enumerate(at)))
            row = b.add(b.mul(b.add(b.mul(image, words["result_size0"]), at[0]), words["result_size1"]), at[1])
            offset = b.mul(b.add(b.mul(high.index, RESULT), wide.index), tile.columns)
            with b.if_(exists):
                self.store_row(row, first, left, b.gep(copy, offset, self.element))

    def store_row(self, row: Value, first: Value, left: Value, values: Value) -> None:
        """Neighbouring columns of one pixel, from `first` on, of which `left` exist."""
        b, words, lanes = self.b, self.words, self.tile.lanes
        with b.loop(0, left, lanes, hint="store") as column:
            mask, number = b.first_lanes(b.sub(left, column.index), lanes), b.add(first, column.index)
            at, steps = self.operands(row, number)
            value = b.load(self.type, b.gep(values, column.index, self.element))
            value = epilogues.apply(b, self.epilogue, value, at, steps, mask)
            offset = b.add(b.mul(row, words["columns"]), number)
            to = b.gep(words["result"], offset, registers.memory_type(self.stored))
            registers.store(b, self.stored, value, to, mask)

    def operands(self, row: Value, column: Value) -> tuple[Values, Values]:
        """Addresses of the epilogue's operands for a pixel and a column, and their column strides."""
        b, words, at, steps = self.b, self.words, [], []
        for k, access in enumerate(self.epilogue.operands, 1):
            step = words[f"e{k}.column"] if access.inner is None else b.const(access.inner)
            offset = b.add(b.mul(row, words[f"e{k}.row"]), b.mul(step, column))
            at.append(b.gep(words[f"e{k}"], offset, registers.memory_type(access.dtype)))
            steps.append(step)
        return at, steps
