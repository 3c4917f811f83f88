"""Convolutions of stride 1 with 3x3 filters by Winograd's minimal filtering F(2x2, 3x3): 2.25 times fewer products.

In: a ConvGeometry's sizes and where the arrays stand. Out: launches, as from `convolution`. Whether a convolution is
done so depends on its sizes alone, and on its dtype: for float32 the error is about that of a direct sum, because the
transforms have no factors but 1 and 1/2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .. import dtypes
from ..dtypes import dtype
from ..runtime.execute import Launch, Pointer
from .combine import combine_task
from .cut import Workspace, worth_threads
from .frame import ceil_div
from .loops import Epilogue
from .microkernel import Tile, tile_for
from .packing import Source, zero_task
from .product import Grid, Matrix, advance
from .targets import Target
from .turns import parts
from .winograd_filters import Filters, filters_task
from .winograd_filters import Structure as FilterStructure
from .winograd_filters import part_elements as filter_elements
from .winograd_pixels import Pixels, Scratch, Structure, part_elements, pixels_task
from .winograd_transform import ELEMENTS, FILTER, RESULT
from .winograd_weights import transformed_bytes, weights_task

Pair = tuple[int, int]

FEW_CHANNELS = 16  # with fewer, transforms cost as much as they save
FEW_PATCHES = 32  # with fewer, transforming the weights does
BLOCK = 24  # patches of a work item
GROUP = 2  # column blocks of a work item
FILTER_BLOCK = 48
CHANNEL_GROUP = 128
COLUMN_GROUP = 1
LEAST_ITEMS = 16
LOCK = 8  # bytes


def suits(of: dtype, patches: int, channels: int, columns: int) -> bool:
    """Whether patches are many, and channels and columns, for a stride-1 convolution with 3x3 filters."""
    return of is dtypes.float32 and min(channels, columns) >= FEW_CHANNELS and patches >= FEW_PATCHES


def pixels_launches(
    target: Target,
    of: dtype,
    n: int,
    channels: int,
    columns: int,
    size: Pair,
    result_size: Pair,
    padding: Pair,
    image: Pointer,
    weights: Source,
    result: Pointer,
    epilogue: Epilogue,
    operands: Sequence[Matrix],
    space: Workspace,
    label: str,
) -> list[Launch]:
    """A convolution of images (n, *size, channels) into (n, *result_size, columns); `padding` zeros come first.

    weights: as for `weights_task`.  epilogue, operands: as for `conv_launches`.
    """
    patches = n * ceil_div(result_size[0], RESULT) * ceil_div(result_size[1], RESULT)
    tile = tile_for(target, of, patches, columns)
    p = Pixels(n, channels, columns, size, result_size, padding, *_cut(tile, patches, columns))
    transformed = space.take(transformed_bytes(of, tile, channels, columns))
    scratch, zeroing = _scratch(target, of, max(channels, columns), ELEMENTS * sum(part_elements(p, tile)), p.items(tile), space)
    first = [weights_task(target, of, tile, channels, columns, weights, transformed), zeroing]
    moved = 4 * ELEMENTS * channels * columns * of.itemsize
    structure = Structure(of, tile, target.name, epilogue)
    task = pixels_task(structure, p, image, transformed, result, operands, scratch)
    flops = 2 * ELEMENTS * patches * channels * columns
    bytes = patches * RESULT * RESULT * (channels + columns) * of.itemsize
    return [
        Launch(first, "transform", moved, 0, worth_threads(moved, 0)),
        Launch([task], label, bytes, flops, worth_threads(bytes, flops)),
    ]


def filters_launches(
    target: Target,
    of: dtype,
    n: int,
    channels: int,
    columns: int,
    size: Pair,
    result_size: Pair,
    padding: Pair,
    x: Pointer,
    y: Pointer,
    result: Grid,
    epilogue: Epilogue,
    operands: Sequence[Grid],
    space: Workspace,
    label: str,
) -> list[Launch]:
    """The gradient of the filters of a convolution as in `pixels_launches`, from x and y's gradient.

    result, operands: where the gradient and the epilogue's operands stand; rows: tap (height, width), x's channel.
    """
    patches = n * ceil_div(result_size[0], RESULT) * ceil_div(result_size[1], RESULT)
    tile = _even_rows(tile_for(target, of, channels, columns), min(channels, CHANNEL_GROUP))
    f = Filters(n, channels, columns, size, result_size, padding, *_filter_cut(tile, patches, channels, columns))
    elements = ELEMENTS * sum(filter_elements(f, tile))
    scratch, zeroing = _scratch(target, of, max(channels, columns), elements, f.items, space)
    taps = FILTER * FILTER * channels * columns
    partial = space.take(f.pieces * taps * of.itemsize)
    task = filters_task(FilterStructure(of, tile, target.name), f, x, y, partial, scratch)
    result, *operands = (replace(grid, rows=(grid.rows[2], *grid.rows[:2])) for grid in (result, *operands))
    rows = (channels, FILTER, FILTER)
    last = combine_task(target, of, f.pieces, 1, rows, columns, partial, result, epilogue, operands)
    flops = 2 * ELEMENTS * patches * channels * columns
    bytes = patches * RESULT * RESULT * (channels + columns) * of.itemsize
    moved = (f.pieces + 1) * taps * of.itemsize
    return [
        Launch([zeroing], "zeros", LOCK, 0, False),
        Launch([task], label, bytes, flops, worth_threads(bytes, flops)),
        Launch([last], "combine", moved, 0, worth_threads(moved, 0)),
    ]


def _even_rows(tile: Tile, rows: int) -> Tile:
    """A tile of no more rows, so that a whole number of them is little more than `rows`."""
    return replace(tile, rows=ceil_div(rows, ceil_div(rows, tile.rows)))


def _filter_cut(tile: Tile, patches: int, channels: int, columns: int) -> tuple[int, int, Pair]:
    """Patches of a block, blocks of a piece, channels and columns of a work item."""
    group = min(channels, CHANNEL_GROUP), min(ceil_div(columns, tile.columns), COLUMN_GROUP) * tile.columns
    groups = ceil_div(channels, group[0]) * ceil_div(columns, group[1])
    blocks = ceil_div(patches, FILTER_BLOCK)
    block = ceil_div(patches, blocks)
    return block, ceil_div(blocks, ceil_div(LEAST_ITEMS, groups)), group


def _cut(tile: Tile, patches: int, columns: int) -> Pair:
    """Patches and column blocks of a work item."""
    blocks = ceil_div(patches, BLOCK)
    column_blocks = ceil_div(columns, tile.columns)
    block = ceil_div(ceil_div(patches, blocks), tile.rows) * tile.rows
    groups = max(ceil_div(LEAST_ITEMS, blocks), ceil_div(column_blocks, GROUP))
    return block, max(column_blocks // groups, 1)


def _scratch(target: Target, of: dtype, zeros: int, elements: int, items: int, space: Workspace):
    """Scratch memory in parts of some elements, and the task that makes it ready."""
    count = parts(items)
    zero_count = ceil_div(zeros * of.itemsize, LOCK) * LOCK // of.itemsize
    locks = count * LOCK // of.itemsize
    start = space.take((zero_count + locks) * of.itemsize)
    task = zero_task(target, of, zero_count + locks, start)
    memory = space.take(count * elements * of.itemsize)
    return Scratch(start, advance(start, zero_count * of.itemsize), memory, count), task
