"""Blocks of attention in scratch memory: what forward and backward kernels of attention are made of.

In: the structure of a kernel and its words. Out: IR for copies, products and scores of blocks of ROWS queries and KEYS
keys. Scratch memory holds dense blocks whose row lengths are compiled in; everything outside may have any strides but
that of its last dimension, which is 1. Whatever scratch memory holds beyond the rows and columns that exist is computed
with and never stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from .. import dtypes
from ..dtypes import dtype
from ..runtime.execute import Pointer
from . import epilogue, frame, registers, scalar
from .builder import Builder, Value, Values, constant, vector
from .frame import LANES, Words, ceil_div
from .kernel import Operand
from .loops import Access
from .microkernel import MOST_ROWS, Sum, Tile, multiply, tile_for
from .product import advance
from .staging import Lines, transpose
from .targets import BY_NAME, Target
from .tiling import first_lanes

ROWS = 128  # queries of a block, at most
KEYS = 64  # keys of a block, at most: a row of scores is four vectors


@dataclass(frozen=True)
class Attention:
    """One attention: what the kernels compute, operands aside.

    outer: three outer dimensions.  scale: what scores are multiplied with.  causal: a query sees keys up to its own
    number.  keep: the probability with which dropout keeps a weight; None without dropout.
    """

    dtype: dtype
    outer: tuple[int, int, int]
    queries: int
    keys: int
    depth: int
    width: int
    scale: float
    causal: bool = False
    keep: float | None = None

    @property
    def count(self) -> int:
        """How many there are over the outer dimensions."""
        return self.outer[0] * self.outer[1] * self.outer[2]

    @property
    def block(self) -> int:
        """Queries of a block: equally many in each."""
        return ceil_div(self.queries, ceil_div(self.queries, ROWS))


@dataclass(frozen=True)
class Structure:
    """What is compiled into a kernel.

    depth, width: elements of a query and of a value, rounded up to whole tiles.  mask: how the mask is read, booleans
    or numbers to add.  keys: of a block.  parts: the results that are wanted.
    """

    target: str
    dtype: dtype
    depth: int
    width: int
    causal: bool
    mask: Access | None
    dropout: bool
    keys: int
    parts: frozenset[str]


def structure_of(target: Target, a: Attention, mask: Access | None, parts: Sequence[str]) -> Structure:
    """The structure of the kernel for an attention."""
    depth, width = (whole_tiles(target, a.dtype, n) for n in (a.depth, a.width))
    keys = min(KEYS, ceil_div(a.keys, LANES) * LANES)
    return Structure(target.name, a.dtype, depth, width, a.causal, mask, a.keep is not None, keys, frozenset(parts))


def tile(target: Target, of: dtype, columns: int) -> Tile:
    """The tile for a block of so many columns: its rows divide ROWS and KEYS, its vectors are whole."""
    found = tile_for(replace(target, halves=False), of, MOST_ROWS, columns)
    return Tile(1 << (found.rows.bit_length() - 1), found.vectors, found.lanes)


def whole_tiles(target: Target, of: dtype, columns: int) -> int:
    """A number of columns rounded up to whole vectors of LANES, and to whole tiles."""
    columns = ceil_div(columns, LANES) * LANES
    across = tile(target, of, columns).columns
    return ceil_div(columns, across) * across


# ---- words ----


def fields(structure: Structure, names: Sequence[str]) -> dict[str, str]:
    """Names and types of the words of a kernel with operands of these names."""
    names = [*names, "mask"] if structure.mask else list(names)
    sizes = ["outer1", "outer2", "queries", "keys", "depth", "width", "block", "blocks", "scale"]
    sizes += [f"{name}.{d}" for name in names for d in range(4)]
    sizes += ["mask.column"] * bool(structure.mask) + ["keep"] * structure.dropout
    return dict.fromkeys([*names, *(["kept"] * structure.dropout)], "ptr") | dict.fromkeys(sizes, "i64")


def values(a: Attention, operands: dict[str, Operand], mask: Operand | None, kept: Pointer | None) -> dict:
    """The values of the words; operands have strides along the outer dimensions, the rows and the columns."""
    result = {
        "outer1": a.outer[1], "outer2": a.outer[2], "queries": a.queries, "keys": a.keys, "depth": a.depth,
        "width": a.width, "block": a.block, "blocks": ceil_div(a.queries, a.block), "scale": float(a.scale),
    }  # fmt: skip
    for name, operand in operands.items():
        result |= _placed(name, operand, a.dtype)
    if mask is not None:
        result |= _placed("mask", mask[0], mask[1].dtype) | {"mask.column": mask[0].strides[4]}
    if kept is not None:
        result |= {"kept": kept, "keep": float(a.keep)}
    return result


def _placed(name: str, operand: Operand, of: dtype) -> dict:
    steps = {f"{name}.{d}": operand.strides[d] for d in range(4)}
    return {name: advance(operand.pointer, operand.offset * of.itemsize)} | steps


# ---- writing ----


class Block(NamedTuple):
    """A block in scratch memory: its address, elements from row to row."""

    address: Value
    stride: int


class Factor(NamedTuple):
    """Rows that a product takes one element at a time: elements from row to row, and along the sum."""

    address: Value
    row: int
    step: int


class BlockWriter:
    """Writes operations on blocks."""

    def __init__(self, b: Builder, structure: Structure, words: Words):
        self.b, self.s, self.words = b, structure, words
        self.target = BY_NAME[structure.target]
        self.element = registers.memory_type(structure.dtype)
        self.type = vector(self.element, LANES)

    def item_index(self, number: Value) -> Values:
        """The outer index, and the number of the block of queries."""
        words = self.words
        return frame.digits(self.b, number, [self.b.const(0), words["outer1"], words["outer2"], words["blocks"]])

    def scratch(self, rows: int, stride: int) -> Block:
        """Memory for a block."""
        return Block(self.b.alloca(self.element, rows * stride), stride)

    def lines(self, name: str, outer: Values, row: Value) -> Lines:
        """The rows of an operand from a row on."""
        b, offset = self.b, self.b.mul(row, self.words[f"{name}.3"])
        for d, index in enumerate(outer):
            offset = b.add(offset, b.mul(index, self.words[f"{name}.{d}"]))
        return Lines(b.gep(self.words[name], offset, self.element), self.words[f"{name}.3"], self.element)

    def number(self, name: str) -> Value:
        """A word that is a floating-point number."""
        wide = self.b.convert("bitcast", self.words[name], "double")
        return wide if self.element == "double" else self.b.convert("fptrunc", wide, "float")

    def at(self, block: Block, row: Value, column: Value | int = 0) -> Value:
        """The address of an element of a block."""
        return self.b.gep(block.address, self.b.add(self.b.mul(row, block.stride), column), self.element)

    def call(self, fn: str, *args: Value) -> Value:
        """A scalar function of vectors."""
        return scalar.emit(self.b, fn, self.s.dtype, list(args), LANES)

    def greater(self, x: Value, y: Value) -> Value:
        """The greater of two; y where one is NaN: NaN shows in the exponentials."""
        return self.b.select(self.b.fcmp("ogt", x, y), x, y)

    def across(self, value: Value, combine: Callable[[Value, Value], Value]) -> Value:
        """The lanes of a vector made one."""
        b, lanes = self.b, LANES
        while lanes > 2:
            lanes //= 2
            value = combine(*(b.shuffle(value, None, range(i, i + lanes)) for i in (0, lanes)))
        return combine(b.extract(value, 0), b.extract(value, 1))

    # ---- copies ----

    def clear(self, address: Value, size: int, value: float = 0.0) -> None:
        """Sets `size` elements, a multiple of LANES."""
        with self.b.loop(0, size, LANES) as at:
            self.b.store(constant(value, self.type), self.b.gep(address, at.index, self.element))

    def brought(self, source: Lines, rows: Value, length: Value, block: Block, factor: Value | None = None) -> None:
        """Copies rows into a block, each element times a factor."""
        b = self.b
        with b.loop(0, rows, hint="row") as row:
            line = b.gep(source.address, b.mul(row.index, source.step), self.element)
            for column, mask in self.columns(length, block.stride):
                value = b.masked_load(self.type, b.gep(line, column, self.element), mask)
                value = value if factor is None else b.mul(value, b.splat(factor, LANES))
                b.store(value, self.at(block, row.index, column))

    def turned(self, source: Lines, rows: Value, length: Value, block: Block) -> None:
        """Copies rows into a block, as its columns."""
        transpose(self.b, source, Lines(block.address, self.b.const(block.stride), self.element), (length, rows))

    def stored(self, block: Block, row: Value, line: Value, length: Value, factor: Value, first: Value | None) -> None:
        """Stores a row of a block, times a factor, at `line`; adds it to what stands there unless `first`."""
        b = self.b
        for column, mask in self.columns(length, block.stride):
            place = b.gep(line, column, self.element)
            value = b.mul(b.load(self.type, self.at(block, row, column)), b.splat(factor, LANES))
            if first is not None:
                value = b.add(value, b.masked_load(self.type, place, b.and_(mask, b.splat(b.not_(first), LANES))))
            b.masked_store(value, place, mask)

    def columns(self, length: Value, stride: int):
        """Places of the vectors of a row, and which of their lanes exist."""
        for column in range(0, stride, LANES):
            yield column, first_lanes(self.b, self.b.sub(length, column), LANES)

    # ---- products ----

    def product(
        self, rows: Value, columns: int, count: Value, left: Factor, right: Block, to: Block, adds: bool = False
    ) -> None:
        """to[i, j] = (to[i, j] +) sum over k < count of left[i, k] * right[k, j]."""
        b, one, none = self.b, self.b.const(1), self.b.const(0)
        shape = tile(self.target, self.s.dtype, columns)
        total = Sum((one, one, count), (none, none, b.const(left.step)), (none, none, b.const(right.stride)))
        with b.loop(0, columns, shape.columns, hint="column") as column, b.loop(0, rows, shape.rows) as row:
            at = b.gep(left.address, b.mul(row.index, left.row), self.element)
            lines = [b.gep(at, i * left.row, self.element) for i in range(shape.rows)]
            first = b.gep(right.address, column.index, self.element)
            sums = multiply(b, self.s.dtype, shape, total, lambda k0, k1: (lines, none), first, [])
            place = self.at(to, row.index, column.index)
            for i in range(shape.rows):
                for j in range(shape.vectors):
                    value = sums[i * shape.vectors + j]
                    there = b.gep(place, i * to.stride + j * shape.lanes, self.element)
                    b.store(b.add(b.load(value.type, there), value) if adds else value, there)

    # ---- scores ----

    def scores(self, block: Block, row: Value, outer: Values, query: Value, first_key: Value, count: Value) -> Values:
        """A row of scores with its mask; minus infinity for keys that do not exist, or that the query may not see."""
        b, result = self.b, []
        if self.s.causal:
            count = b.min(count, b.sub(b.add(query, 1), first_key))
        nothing = constant(-float("inf"), self.type)
        for column in range(0, self.s.keys, LANES):
            seen = first_lanes(b, b.sub(count, column), LANES)
            score = b.load(self.type, self.at(block, row, column))
            if self.s.mask:
                mask = self.mask(outer, query, b.add(first_key, column), seen)
                if self.s.mask.dtype is dtypes.bool_:
                    seen = b.and_(seen, mask)
                else:
                    score = b.add(score, mask)
            result.append(b.select(seen, score, nothing))
        return result

    def mask(self, outer: Values, query: Value, key: Value, exist: Value) -> Value:
        """Neighbouring elements of the mask."""
        b, words, access = self.b, self.words, self.s.mask
        step = b.const(access.inner) if access.inner is not None else words["mask.column"]
        offset = b.add(b.mul(query, words["mask.3"]), b.mul(key, step))
        for d, index in enumerate(outer):
            offset = b.add(offset, b.mul(index, words[f"mask.{d}"]))
        address = b.gep(words["mask"], offset, registers.memory_type(access.dtype))
        return epilogue.load(b, access, address, step, LANES, exist)

    def kept(self, outer: Values, query: Value, key: Value, exist: Value) -> Value:
        """Which of LANES weights dropout keeps."""
        b, words = self.b, self.words
        number = b.add(b.mul(b.add(b.mul(outer[0], words["outer1"]), outer[1]), words["outer2"]), outer[2])
        row = b.add(b.mul(number, words["queries"]), query)
        address = b.gep(words["kept"], b.add(b.mul(row, words["keys"]), key), "i8")
        return epilogue.load(b, Access(dtypes.bool_), address, b.const(1), LANES, exist)
