"""How products are cut: chunks of rows for the threads, stages for the caches, pieces where results are few and sums long.

In: a Product. Out: the launches that compute it. The invariant: cuts follow from sizes alone, never from the number of
threads, from addresses or from the epilogue, so that results do not either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..runtime.execute import Launch, Pointer
from . import registers
from .combine import combine_task
from .epilogue import result_dtype
from .frame import ceil_div
from .loops import Epilogue
from .microkernel import Tile
from .product import Cut, Grid, Matrix, Product, Structure, Triple, advance, product_task
from .targets import Target

ITEM_FLOPS = 4 << 20  # of a work item: about 20 microseconds
PIECE_FLOPS = 1 << 20  # of the smallest piece of a sum
LEAST_TILES = 4  # of a chunk: as often is a part of B read from the first-level cache
PANEL_BYTES = 768 << 10  # of B, walked for every row of A: most of the second-level cache
STAGE_BYTES = 384 << 10  # of B, walked in one stage where all of it would be too much
WANTED_ITEMS = 16  # of a large product
ALIGNMENT = 64


class Workspace:
    """Gives out scratch memory behind a pointer, one block after the other."""

    def __init__(self, start: Pointer):
        self.start, self.bytes = start, 0

    def take(self, bytes: int) -> Pointer:
        """The next block of that many bytes."""
        block = advance(self.start, self.bytes)
        self.bytes += ceil_div(bytes, ALIGNMENT) * ALIGNMENT
        return block


def worth_threads(bytes: int, flops: int) -> bool:
    """Whether work takes so long that waking other threads pays."""
    return bytes * 8 + flops > ITEM_FLOPS


def cut_for(product: Product, tile: Tile, stage: Triple | None = None, chunk: int | None = None) -> Cut:
    """How a product is cut; `stage` and `chunk` are chosen unless given."""
    stage, chunk = stage or _stage(product, tile), chunk or _chunk(product, tile)
    stages = 1
    for size, step in zip(product.sums, stage):
        stages *= max(ceil_div(size, step), 1)
    items = product.batch * ceil_div(product.columns, tile.columns) * ceil_div(product.row_count, chunk)
    flops = 2 * product.batch * product.row_count * product.columns * product.sum_count
    pieces = max(min(stages, ceil_div(WANTED_ITEMS, items), flops // PIECE_FLOPS), 1)
    per_piece = ceil_div(stages, pieces)
    return Cut(chunk, stage, per_piece, ceil_div(stages, per_piece))


def _stage(product: Product, tile: Tile) -> Triple:
    """The most of the summed indices, the last ones first, for which B's columns of a tile stay in the cache."""
    width = tile.columns * product.dtype.itemsize
    if product.sum_count * width <= PANEL_BYTES:
        return tuple(max(size, 1) for size in product.sums)
    left, stage = max(STAGE_BYTES // width, 1), []
    for size in reversed(product.sums):
        stage.append(min(max(size, 1), left))
        left = max(left // stage[-1], 1)
    return stage[2], stage[1], stage[0]


def _chunk(product: Product, tile: Tile) -> int:
    """Rows of a work item."""
    tiles = ceil_div(ITEM_FLOPS, 2 * tile.rows * tile.columns * max(product.sum_count, 1))
    most = ceil_div(product.row_count, tile.rows)
    return tile.rows * min(max(tiles, LEAST_TILES), most)


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

    result, grids: where the result and the epilogue's operands stand, for a product that is cut in pieces or has no C with
    dense rows.
    """
    cut = cut or cut_for(product, tile)
    pieces = cut.pieces
    sums = registers.computed(product.dtype)
    final = result_dtype(epilogue, product.dtype)
    one_stage = all(step >= size for step, size in zip(cut.stage, product.sums))
    bare = not epilogue.instructions and final is sums
    plain = pieces == 1 and product.c is not None and product.c.column_stride == 1 and (one_stage or bare)
    masked = not product.b.padded and product.columns % tile.columns != 0
    structure = Structure(product.dtype, tile, target.name, bare or not plain, product.image is not None, masked, epilogue)
    size = product.batch * product.row_count * product.columns
    if plain:
        return [_launch([product_task(structure, product, cut, operands)], product, label)]
    partial = space.take(pieces * size * sums.itemsize)
    rows = Matrix(partial, 0, product.row_count * product.columns, product.columns)
    dense = replace(product, c=rows, numbering=(product.rows[1] * product.rows[2], product.rows[2], 1))
    structure = replace(structure, epilogue=Epilogue())
    task = product_task(structure, dense, replace(cut, piece_stride=size))
    last = combine_task(
        target, product.dtype, pieces, product.batch, product.rows, product.columns, partial, result, epilogue, grids
    )
    moved = (pieces + 1) * size * sums.itemsize
    return [_launch([task], product, label), Launch([last], "combine", moved, 0, worth_threads(moved, 0))]


def _launch(tasks: list, product: Product, label: str) -> Launch:
    size = product.batch * product.row_count * product.columns
    flops = 2 * size * product.sum_count
    moved = (size + product.batch * product.sum_count * (product.row_count + product.columns)) * product.dtype.itemsize
    return Launch(tasks, label, moved, flops, worth_threads(moved, flops))
