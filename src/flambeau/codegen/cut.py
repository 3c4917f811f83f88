"""How products are cut: chunks of rows for the threads, stages for the caches, pieces where results are few, sums long.

In: a Product. Out: the launches that compute it. The invariant: cuts follow from sizes alone, never from the number of
threads, from addresses or from the epilogue, so that results do not either.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest

from ..runtime.execute import Launch, Pointer
from . import registers
from .combine import combine_task
from .epilogue import NOTHING, result_dtype
from .frame import ceil_div
from .loops import Epilogue
from .microkernel import Tile
from .product import Cut, Factor, Grid, Matrix, Product, Triple, advance
from .targets import Target
from .tiling import COPIED_ROWS, TURNED_ROWS, Structure, product_task

ITEM_STEPS = 1 << 17  # vector multiply-adds of a work item: about 20 microseconds
ITEMS = 16  # of a small product, for equal shares
ITEM_FLOPS = 4 << 20  # that take as long on a large machine
LEAST_TILES = 4  # of a chunk: as often is a part of B read from the nearest cache
LONGEST_SUM = 3072  # done in one stage: the columns of B for a tile fill most of the second-level cache
STAGE = 1024  # summed indices of a stage of a longer sum
FEW_RESULTS = 16 * 2048  # with fewer, threads share the sums, not the results
PIECES = 16  # in which they are cut at most
CHUNK_RESULTS = 48 << 10  # of a work item then: they stay in the cache from stage to stage
ALIGNMENT = 64
NOWHERE = Pointer(0)


class Workspace:
    """Gives out scratch memory behind a pointer, one block after the other.

    copies: of operands, by what they are copies of (the last part says where that stands); earlier: those that the
    product before left in the first bytes.
    """

    def __init__(self, start: Pointer = NOWHERE, bytes: int = 0, earlier: Mapping[tuple, Factor] | None = None):
        self.start, self.bytes, self.earlier = start, bytes, earlier or {}
        self.copies: dict[tuple, Factor] = {}

    def following(self, unchanged: Collection[Pointer]) -> Workspace:
        """The workspace of the next product, which may read the copies of what is unchanged."""
        kept = {copy: factor for copy, factor in self.copies.items() if copy[-1].pointer in unchanged}
        return Workspace(self.start, self.bytes if kept else 0, kept)

    def take(self, bytes: int) -> Pointer:
        """The next block of that many bytes."""
        block = advance(self.start, self.bytes)
        self.bytes += ceil_div(bytes, ALIGNMENT) * ALIGNMENT
        return block


def worth_threads(bytes: int, flops: int) -> bool:
    """Whether work takes so long that waking other threads pays."""
    return bytes * 8 + flops > ITEM_FLOPS


def cut_for(product: Product, tile: Tile, stage: Triple | None = None, few: int = FEW_RESULTS) -> Cut:
    """How a product is cut.

    stage: summed indices of a stage, chosen unless given; a given one is small, for chunks that stay in the cache.
    few: results below which sums are cut in pieces.
    """
    small_stages = stage is not None
    stage = stage or _stage(product.sums)
    stages = math.prod(max(ceil_div(size, step), 1) for size, step in zip(product.sums, stage))
    results = product.batch * product.row_count * product.columns
    worth = 2 * results * product.sum_count // ITEM_FLOPS
    pieces = max(min(stages, PIECES, ceil_div(few, max(results, 1)), worth), 1)
    per_piece = ceil_div(stages, pieces)
    by_taps = product.image is not None and product.image.along in ("sums", "pixels")
    unit = product.rows[2] if by_taps else tile.rows
    if stages > 1 and (small_stages or results < few):
        units = CHUNK_RESULTS // (tile.columns * unit)
    else:
        each = unit * tile.vectors * max(product.sum_count, 1)
        total = each * ceil_div(product.row_count, unit) * ceil_div(product.columns, tile.columns) * product.batch
        units = max(ceil_div(min(max(total // ITEMS, ITEM_STEPS // 8), ITEM_STEPS), each), LEAST_TILES)
    if product.b.column != 1:
        units = ceil_div(product.row_count, ceil_div(product.row_count, COPIED_ROWS // unit * unit) * unit)
    chunk = unit * min(max(units, 1), ceil_div(product.row_count, unit))
    return Cut(chunk, stage, per_piece, ceil_div(stages, per_piece))


def _stage(sums: Triple) -> Triple:
    """How many of each summed index a stage takes, as many of the last ones as go in."""
    left, stage = STAGE if math.prod(sums) > LONGEST_SUM else LONGEST_SUM, []
    for size in reversed(sums):
        stage.append(max(min(size, left), 1))
        left //= stage[-1]
    return stage[2], stage[1], stage[0]


def product_launches(
    target: Target,
    tile: Tile,
    product: Product,
    epilogue: Epilogue,
    operands: Sequence[Matrix],
    result: Grid,
    grids: Sequence[Grid],
    space: Workspace,
    label: str,
    cut: Cut | None = None,
) -> list[Launch]:
    """The launches of a product.

    result, grids: where the result and the epilogue's operands stand, for a product that is cut in pieces or has no C
    with dense rows.  cut: chosen unless given.
    """
    cut = cut or cut_for(product, tile)
    pieces = cut.pieces
    sums = registers.computed(product.dtype)
    final = result_dtype(epilogue, product.dtype)
    one_stage = all(step >= size for step, size in zip(cut.stage, product.sums))
    bare = not epilogue.instructions and final is sums
    dense = product.c is not None and (product.c.column_stride == 1 or product.columns == 1)
    plain = pieces == 1 and dense and (one_stage or bare)
    masked = product.columns % tile.columns != 0 and (product.group or not product.b.padded)
    image = product.image.along if product.image else None
    structure = Structure(
        product.dtype,
        tile,
        target.name,
        bare or not plain,
        image,
        masked,
        product.group,
        epilogue,
        _copies(product, tile),
    )
    size = product.batch * product.row_count * product.columns
    if plain:
        return [_launch([product_task(structure, product, cut, operands)], product, label)]
    partial = space.take(pieces * size * sums.itemsize)
    matrix = Matrix(partial, 0, product.row_count * product.columns, product.columns)
    # Rows are numbered in the order in which they stand in the result.
    first, second, third = order = result.order()
    rows = (product.rows[first], product.rows[second], product.rows[third])
    result, *grids = (grid.reordered(order) for grid in (result, *grids))
    pitches = dict(zip(order, (rows[1] * rows[2], rows[2], 1)))
    there = replace(product, c=matrix, numbering=(pitches[0], pitches[1], pitches[2]))
    structure = replace(structure, epilogue=NOTHING)
    task = product_task(structure, there, replace(cut, piece_stride=size))
    last = combine_task(
        target, product.dtype, pieces, product.batch, rows, product.columns, partial, result, epilogue, grids
    )
    moved = (pieces + 1) * size * sums.itemsize
    return [_launch([task], product, label), Launch([last], "combine", moved, 0, worth_threads(moved, 0))]


def _copies(product: Product, tile: Tile) -> str | None:
    """Where B is copied: `Structure.copies`."""
    if product.b.column == 1:
        return None
    return "registers" if product.row_count <= tile.rows <= TURNED_ROWS and tile.vectors == 1 else "cache"


def _launch(tasks: list, product: Product, label: str) -> Launch:
    size = product.batch * product.row_count * product.columns
    flops = 2 * size * product.sum_count
    moved = (size + product.batch * product.sum_count * (product.row_count + product.columns)) * product.dtype.itemsize
    return Launch(tasks, label, moved, flops, worth_threads(moved, flops))


def side_by_side(parts: Sequence[list[Launch]]) -> list[Launch]:
    """Independent sequences of launches run side by side."""
    merged = []
    for launches in zip_longest(*parts):
        some = [launch for launch in launches if launch]
        bytes, flops = sum(one.bytes for one in some), sum(one.flops for one in some)
        tasks = [task for one in some for task in one.tasks]
        merged.append(Launch(tasks, some[-1].label, bytes, flops, worth_threads(bytes, flops)))
    return merged
