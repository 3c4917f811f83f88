"""The micro-kernel: one tile of a product of two arrays, kept in registers while three nested indices are summed over.

In: the address of every row of the tile in A, the address of the tile's columns in B, strides for the summed indices.
Out: the sums, one vector register for each row and group of columns. With k running over (k0, k1, k2), last fastest,

    tile[i, j] = sum over k of A_i[k . a_steps] * B[j + k . b_steps]

so that the rows of A may lie anywhere (pixels of an image, taps of a filter), while B's columns are neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from ..dtypes import dtype
from . import registers
from .builder import Builder
from .frame import ceil_div
from .instructions import Value, Values, is_float, vector
from .targets import Target

WIDEST = 4  # vectors of a tile, where registers are many
MOST_HALVES = 5  # the same of half vectors: with more, a tile would have too few rows
NARROW = 0.15  # of the time of a tile of one vector is lost to loads, and to shorter runs of memory
FEW_ROWS = 32  # which should fall into tiles of the same height
MANY_ROWS = 840  # instead of any larger number: a multiple of every height
FEW_COLUMNS = 512  # of which few should be computed in vain
MANY_COLUMNS = 960  # instead of any larger number: a multiple of every width
AHEAD = 256  # elements for which a column of B is asked in advance
MOST_ROWS = 8  # as many lines of one set the nearest cache holds, and rows may lie a power of two apart


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


def tile_for(target: Target, of: dtype, rows: int, columns: int, widest: int = WIDEST) -> Tile:
    """The tile for a result of rows x columns, as large as registers allow: the one that computes least in vain.

    It does not depend on the number of many rows or columns, so that batches of all sizes share kernels.
    widest: vectors of a tile, at most.
    """
    rows, columns = rows if rows <= FEW_ROWS else MANY_ROWS, columns if columns <= FEW_COLUMNS else MANY_COLUMNS
    return _tile_for(target, of, rows, columns, widest)


@lru_cache(1024)
def _tile_for(target: Target, of: dtype, rows: int, columns: int, widest: int) -> Tile:
    lanes = target.lanes(of) if columns > 1 else 1
    widths = [(width, lanes) for width in range(widest if target.registers >= 32 else 2, 0, -1)]
    if target.halves and lanes > 1:
        widths += [(width, lanes // 2) for width in range(MOST_HALVES, 0, -1)]
    # No tile is wider than the result.
    widths = [(width, each) for width, each in widths if (width - 1) * each < max(columns, 1)]
    tiles = [_tile(target, rows, width, each) for width, each in widths]
    return min(tiles, key=lambda tile: steps(tile, rows, columns) * (tile.lanes + NARROW * lanes / tile.vectors))


def _tile(target: Target, rows: int, vectors: int, lanes: int) -> Tile:
    """A tile of a given width, so high that the rows fall into tiles of the same height."""
    fitting = min(max((target.registers - 1 - vectors) // vectors, 1), MOST_ROWS)
    return Tile(ceil_div(max(rows, 1), ceil_div(max(rows, 1), fitting)), vectors, lanes)


def steps(tile: Tile, rows: int, columns: int) -> int:
    """Vector multiply-adds for each summed index of a result of rows x columns."""
    return ceil_div(rows, tile.rows) * tile.rows * ceil_div(columns, tile.columns) * tile.vectors


@dataclass(frozen=True)
class Sum:
    """The summed indices: how many of each (of the last two at least 1), and elements that a step moves A and B by."""

    counts: Sequence[Value]
    a_steps: Sequence[Value]
    b_steps: Sequence[Value]


# A's rows for given k0 and k1: their addresses, and the elements between an address and the row's first factor there.
RowsAt = Callable[[Value, Value], tuple[Values, Value]]


def multiply(
    b: Builder,
    of: dtype,
    tile: Tile,
    total: Sum,
    rows_at: RowsAt,
    columns: Value,
    masks: Values,
    group: tuple[int, int] | None = None,
    earlier: Values | None = None,
) -> Values:
    """Writes the sums of one tile; the result holds tile.vectors values for each row, row by row.

    columns: address of B's first column.  masks: which columns exist, one for each vector; empty where all can be read.
    group: (a, c), A has columns too: tile[i, j] = sum over k and q < a of A_i[j // c * a + q + k . a_steps] *
    B[j + q * columns of the tile + k . b_steps].
    earlier: sums to go on from; zeros unless given.
    """
    element = registers.memory_type(of)
    zero = b.const(0, vector(registers.sum_type(of), tile.lanes))
    start = earlier or [zero] * (tile.rows * tile.vectors)
    with b.loop(0, total.counts[0], carried=start, hint="k0_") as outer:
        with _rounds(b, total.counts[1], outer.carried) as (k1, sums, middle):
            rows, offset = rows_at(outer.index, k1)
            moved = b.add(b.mul(outer.index, total.b_steps[0]), b.mul(k1, total.b_steps[1]))
            at = b.gep(columns, moved, element)
            with _rounds(b, total.counts[2], [offset, at, *sums]) as (_, (offset, at, *sums), inner):
                each = range(group[0] if group else 1)
                factors = [_vectors(b, of, tile, b.gep(at, q * tile.columns, element), masks) for q in each]
                for i, row in enumerate(rows):
                    mine = slice(i * tile.vectors, (i + 1) * tile.vectors)
                    here = b.gep(row, offset, element)
                    others = _dealt(b, of, tile, here, masks, group) if group else [_spread(b, of, tile, here)]
                    for pair in zip(others, factors):
                        sums[mine] = [_multiply_add(b, of, *terms) for terms in zip(*pair, sums[mine])]
                inner.next([b.add(offset, total.a_steps[2]), b.gep(at, total.b_steps[2], element), *sums])
            middle.next(inner.results[2:])
        outer.next(middle.results)
    return outer.results


def multiply_turned(
    b: Builder, of: dtype, tile: Tile, count: Value, rows: Values, step: Value, columns: Values
) -> Values:
    """Writes the sums of a tile of one vector, whose columns stand apart: squares of B are turned around in registers.

    count: of summed indices, which are neighbours in B.  rows: addresses of A's rows.  step: from index to index of A.
    columns: addresses of B's columns.
    """
    element, lanes = registers.memory_type(of), tile.lanes
    raw, held = vector(element, lanes), b.alloca(vector(element, lanes), lanes)

    def add(sums: Values, k: Value, factor: Value) -> Values:
        others = [_spread(b, of, tile, b.gep(row, b.mul(k, step), element))[0] for row in rows]
        factor = registers.from_memory(b, of, factor)
        return [_multiply_add(b, of, other, factor, sum) for other, sum in zip(others, sums)]

    whole = b.sub(count, b.urem(count, lanes))
    zeros = [b.const(0, vector(registers.sum_type(of), lanes))] * len(rows)
    with b.loop(0, whole, lanes, carried=zeros, hint="square") as squares:
        sums = squares.carried
        for column in columns:  # in the second-level cache: in the first, equally distant lines displace each other
            b.prefetch(b.gep(column, b.add(squares.index, AHEAD), element), locality=2)
        read = [b.load(raw, b.gep(column, squares.index, element)) for column in columns]
        for i, factor in enumerate(transposed(b, read)):
            sums = add(sums, b.add(squares.index, i), factor)
        squares.next(sums)
    mask = b.first_lanes(b.sub(count, whole), lanes)
    read = [b.masked_load(raw, b.gep(column, whole, element), mask) for column in columns]
    for i, factor in enumerate(transposed(b, read)):
        b.store(factor, b.gep(held, i, raw))
    with b.loop(whole, count, carried=squares.results, hint="rest") as rest:
        rest.next(add(rest.carried, rest.index, b.load(raw, b.gep(held, b.sub(rest.index, whole), raw))))
    return rest.results


def transposed(b: Builder, rows: Values) -> Values:
    """A square of vectors, columns as rows: halves are exchanged between rows 1, 2, 4 ... apart."""
    lanes, rows, step = len(rows), list(rows), 1
    while step < lanes:
        for i in range(lanes):
            if not i & step:
                upper = [k if not k & step else lanes + k - step for k in range(lanes)]
                lower = [k + step if not k & step else lanes + k for k in range(lanes)]
                rows[i], rows[i + step] = (b.shuffle(rows[i], rows[i + step], picks) for picks in (upper, lower))
        step *= 2
    return rows


def _vectors(b: Builder, of: dtype, tile: Tile, at: Value, masks: Values) -> Values:
    """The tile's columns of one row."""
    element = registers.memory_type(of)
    places = [b.gep(at, j * tile.lanes, element) for j in range(tile.vectors)]
    return [registers.load(b, of, place, tile.lanes, masks[j] if masks else None) for j, place in enumerate(places)]


def span(columns: int, group: tuple[int, int] | None) -> int:
    """How many columns of A so many of the result have to do with."""
    return columns // group[1] * group[0] if group else 0


def _dealt(b: Builder, of: dtype, tile: Tile, at: Value, masks: Values, group: tuple[int, int]) -> list[Values]:
    """For each member of A's groups: A's columns, dealt out to the lanes of their groups."""
    if group == (1, 1):
        return [_vectors(b, of, tile, at, masks)]
    lanes, element, width = tile.lanes, registers.memory_type(of), span(tile.lanes, group)
    mask = b.first_lanes(b.const(width), lanes) if width < lanes else None
    dealt: list[Values] = [[] for _ in range(group[0])]
    for j in range(tile.vectors):
        places = [b.gep(at, j * width + k, element) for k in range(0, width, lanes)]
        low, *high = (registers.load(b, of, place, lanes, mask) for place in places)
        for q, members in enumerate(dealt):
            members.append(
                b.shuffle(low, high[0] if high else None, [k // group[1] * group[0] + q for k in range(lanes)])
            )
    return dealt


def _spread(b: Builder, of: dtype, tile: Tile, at: Value) -> Values:
    """One factor for all columns."""
    return [b.splat(registers.load(b, of, at), tile.lanes)] * tile.vectors


def _multiply_add(b: Builder, of: dtype, x: Value, y: Value, sum: Value) -> Value:
    """x * y + sum, rounded once where the processor can; of neighbours in one the sum of all products is added."""
    if of is registers.PAIR:
        return b.multiply_pairs(x, y, sum)
    if of in (registers.QUAD, registers.TURNED_QUAD):
        return b.multiply_quads(*((x, y) if of is registers.QUAD else (y, x)), sum)
    return b.fma(x, y, sum) if is_float(x.type) and b.target.fma else b.add(b.mul(x, y), sum)


class _Rounds:
    """What `_rounds` needs to hear at the end of the body, and what holds after it."""

    def __init__(self):
        self.values: Values = []
        self.results: Values = []

    def next(self, values: Values) -> None:
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
