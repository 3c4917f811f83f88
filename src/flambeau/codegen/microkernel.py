"""The micro-kernel: one tile of a product of two arrays, kept in registers while three nested indices are summed over.

In: the address of every row of the tile in A, the address of the tile's columns in B, strides for the summed indices.
Out: the sums, one vector register for each row and group of columns. With k running over (k0, k1, k2), the last fastest,

    tile[i, j] = sum over k of A_i[k . a_steps] * B[j + k . b_steps]

so that the rows of A may lie anywhere (pixels of an image, taps of a filter), while B's columns are neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ..dtypes import dtype
from . import registers
from .builder import Builder
from .instructions import Value, Values, is_float, vector
from .targets import Target

MOST_ROWS = 14


@dataclass(frozen=True)
class Tile:
    """A block of results that one run of the micro-kernel holds in registers: rows x (vectors x lanes)."""

    rows: int
    vectors: int
    lanes: int

    @property
    def columns(self) -> int:
        """Columns of the tile."""
        return self.vectors * self.lanes


def tile_for(target: Target, of: dtype, rows: int, columns: int) -> Tile:
    """The tile for a result of rows x columns: as wide as registers allow, column blocks of equal width, all registers used."""
    lanes = target.lanes(of) if columns > 1 else 1
    vectors = max(-(-columns // lanes), 1)
    widest = 4 if target.registers >= 32 else 2
    vectors = -(-vectors // -(-vectors // widest))
    fitting = (target.registers - 1 - vectors) // vectors
    return Tile(1 if rows == 1 else min(fitting, MOST_ROWS), vectors, lanes)


@dataclass(frozen=True)
class Sum:
    """The summed indices: how many of each (the last two at least 1), and what a step of each moves A and B by, in elements."""

    counts: Sequence[Value]
    a_steps: Sequence[Value]
    b_steps: Sequence[Value]


# A's rows for given k0 and k1: their addresses, and the elements between an address and the row's first factor there.
RowsAt = Callable[[Value, Value], tuple[Values, Value]]


def multiply(b: Builder, of: dtype, tile: Tile, total: Sum, rows_at: RowsAt, columns: Value, masks: Values) -> Values:
    """Writes the sums of one tile; the result holds tile.vectors values for each row, row by row.

    columns: address of B's first column.  masks: which lanes of B exist, one for each vector; empty where all do.
    """
    element = registers.memory_type(of)
    zero = b.const(0, vector(registers.register_type(of), tile.lanes))
    with b.loop(0, total.counts[0], carried=[zero] * (tile.rows * tile.vectors), hint="k0_") as outer:
        with _rounds(b, total.counts[1], outer.carried) as (k1, sums, middle):
            rows, offset = rows_at(outer.index, k1)
            moved = b.add(b.mul(outer.index, total.b_steps[0]), b.mul(k1, total.b_steps[1]))
            middle(_innermost(b, of, tile, total, rows, offset, b.gep(columns, moved, element), masks, sums))
        outer.next(middle.results)
    return outer.results


def _innermost(b: Builder, of: dtype, tile: Tile, total: Sum, rows, offset, columns, masks, sums) -> Values:
    """Adds the products over k2."""
    element = registers.memory_type(of)
    with _rounds(b, total.counts[2], [offset, columns, *sums]) as (_, (offset, columns, *sums), rounds):
        factors = [_columns(b, of, tile, columns, j, masks) for j in range(tile.vectors)]
        for i, row in enumerate(rows):
            factor = b.splat(registers.load(b, of, b.gep(row, offset, element)), tile.lanes)
            for j in range(tile.vectors):
                sums[i * tile.vectors + j] = _multiply_add(b, factor, factors[j], sums[i * tile.vectors + j])
        rounds([b.add(offset, total.a_steps[2]), b.gep(columns, total.b_steps[2], element), *sums])
    return rounds.results[2:]


def _columns(b: Builder, of: dtype, tile: Tile, columns: Value, j: int, masks: Values) -> Value:
    at = b.gep(columns, j * tile.lanes, registers.memory_type(of))
    return registers.load(b, of, at, tile.lanes, masks[j] if masks else None)


def _multiply_add(b: Builder, x: Value, y: Value, sum: Value) -> Value:
    """x * y + sum, rounded once where the processor can."""
    return b.fma(x, y, sum) if is_float(x.type) and b.target.fma else b.add(b.mul(x, y), sum)


class _Rounds:
    """What `_rounds` needs to hear at the end of the body, and what holds after it."""

    def __init__(self):
        self.values: Values = []
        self.results: Values = []

    def __call__(self, values: Values) -> None:
        self.values = values


@contextmanager
def _rounds(b: Builder, count: Value, carried: Values) -> Iterator[tuple[Value, Values, _Rounds]]:
    """A loop of `count` >= 1 rounds, which needs no test before the first."""
    rounds = _Rounds()
    with b.repeat([b.const(0), *carried], hint="k") as loop:
        yield loop.carried[0], loop.carried[1:], rounds
        following = b.add(loop.carried[0], 1)
        loop.next([following, *rounds.values], again=b.icmp("slt", following, count))
    rounds.results = loop.results[1:]
