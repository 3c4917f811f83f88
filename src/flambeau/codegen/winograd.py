"""Convolutions of stride 1 with 3x3 filters by Winograd's minimal filtering F(2x2, 3x3): 2.25 times fewer products.

In: Patches, and where the arrays stand. Out: launches, to be run in order. Whether a convolution is done so depends on
its sizes and dtype alone. For float32 the error is that of a direct sum, or less: the sums are shorter, and the
transforms have no factors but 1 and 1/2. As a result is made of sums and differences of pixels, an infinite pixel can
make it NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .. import dtypes
from ..dtypes import dtype
from ..runtime.execute import Launch, Pointer, Task
from . import winograd_filters as filters
from . import winograd_pixels as pixels
from .combine import combine_task
from .cut import Workspace, worth_threads
from .frame import ceil_div
from .loops import Epilogue
from .microkernel import Tile, tile_for
from .packing import Source, zero_task
from .product import Grid, Matrix, advance
from .targets import Target
from .turns import LOCK_BYTES, parts
from .winograd_patches import Patches, Scratch
from .winograd_transform import ELEMENTS, FILTER, RESULT
from .winograd_weights import transformed_bytes, weights_task

FEW_CHANNELS = 8  # with fewer, transforms cost what they save
FEW_PATCHES = 16  # with fewer, transforming the weights does
LEAST_ITEMS = 16  # for the threads
BLOCK = 24  # patches of a work item
GROUP = 2  # its column blocks
FILTER_BLOCK = 48  # patches of a block, for the filters' gradient: added up in registers
FILTER_CHANNELS = 128  # of a work item there: with one column block its products fill half of the second-level cache


def suits(of: dtype, patches: Patches) -> bool:
    """Whether patches and channels are many, for a convolution with 3x3 filters; neighbouring columns are needed."""
    many = patches.channels >= FEW_CHANNELS and patches.count >= FEW_PATCHES
    return of is dtypes.float32 and many and patches.columns > 1


def pixels_launches(
    target: Target,
    of: dtype,
    patches: Patches,
    image: Pointer,
    weights: Source,
    result: Pointer,
    epilogue: Epilogue,
    operands: Sequence[Matrix],
    space: Workspace,
    label: str,
) -> list[Launch]:
    """A convolution.

    weights: as for `weights_task`.  epilogue, operands: as for `conv_launches`.
    """
    channels, columns = patches.channels, patches.columns
    tile = tile_for(target, of, patches.count, columns)
    cut = _pixels_cut(tile, patches)
    transformed = space.take(transformed_bytes(of, tile, channels, columns))
    elements, items = pixels.part_elements(patches, tile, cut), pixels.item_count(patches, tile, cut)
    scratch, zeroing = _scratch(target, of, patches, elements, items, space)
    first = weights_task(target, of, tile, channels, columns, weights, transformed)
    structure = pixels.Structure(of, tile, target.name, epilogue)
    task = pixels.pixels_task(structure, patches, cut, image, transformed, result, operands, scratch)
    moved = 2 * ELEMENTS * channels * columns * of.itemsize
    transforming = Launch([first, zeroing], "transform", moved, 0, worth_threads(moved, 0))
    return [transforming, _launch(task, of, patches, label)]


def filters_launches(
    target: Target,
    of: dtype,
    patches: Patches,
    x: Pointer,
    y: Pointer,
    result: Grid,
    epilogue: Epilogue,
    operands: Sequence[Grid],
    space: Workspace,
    label: str,
) -> list[Launch]:
    """The gradient of a convolution's filters, from x and y's gradient.

    result, operands: where the gradient and the epilogue's operands stand; rows: tap (height, width), x's channel.
    """
    channels, columns = patches.channels, patches.columns
    tile = tile_for(target, of, channels, columns)
    cut = _filters_cut(tile, patches)
    tile = replace(tile, rows=_even(cut.channels, tile.rows))
    elements, items, pieces = filters.part_elements(tile, cut), cut.items(patches), cut.pieces(patches)
    scratch, zeroing = _scratch(target, of, patches, elements, items, space)
    size = FILTER * FILTER * channels * columns * of.itemsize
    partial = space.take(pieces * size)
    structure = filters.Structure(of, tile, target.name)
    task = filters.filters_task(structure, patches, cut, x, y, partial, scratch)
    result, *operands = (replace(grid, rows=(grid.rows[2], *grid.rows[:2])) for grid in (result, *operands))
    rows, moved = (channels, FILTER, FILTER), (pieces + 1) * size
    last = combine_task(target, of, pieces, 1, rows, columns, partial, result, epilogue, operands)
    return [
        Launch([zeroing], "zeros", LOCK_BYTES, 0, False),
        _launch(task, of, patches, label),
        Launch([last], "combine", moved, 0, worth_threads(moved, 0)),
    ]


def _launch(task: Task, of: dtype, patches: Patches, label: str) -> Launch:
    flops = 2 * ELEMENTS * patches.count * patches.channels * patches.columns
    bytes = patches.count * RESULT * RESULT * (patches.channels + patches.columns) * of.itemsize
    return Launch([task], label, bytes, flops, worth_threads(bytes, flops))


def _pixels_cut(tile: Tile, patches: Patches) -> pixels.Cut:
    blocks, column_blocks = ceil_div(patches.count, BLOCK), ceil_div(patches.columns, tile.columns)
    block = ceil_div(_even(patches.count, BLOCK), tile.rows) * tile.rows
    groups = max(ceil_div(LEAST_ITEMS, blocks), ceil_div(column_blocks, GROUP))
    return pixels.Cut(block, max(column_blocks // groups, 1))


def _filters_cut(tile: Tile, patches: Patches) -> filters.Cut:
    channels, columns = min(patches.channels, FILTER_CHANNELS), tile.columns
    groups = ceil_div(patches.channels, channels) * ceil_div(patches.columns, columns)
    blocks = ceil_div(patches.count, FILTER_BLOCK)
    return filters.Cut(
        _even(patches.count, FILTER_BLOCK), ceil_div(blocks, ceil_div(LEAST_ITEMS, groups)), channels, columns
    )


def _even(size: int, most: int) -> int:
    """The size of parts that a size is cut in, as few and as equal as can be with no part larger than `most`."""
    return ceil_div(size, ceil_div(size, most))


def _scratch(
    target: Target, of: dtype, patches: Patches, elements: Sequence[int], items: int, space: Workspace
) -> tuple[Scratch, Task]:
    """Scratch memory for 16 matrices of each kind in every part, and the task that makes it ready."""
    count, channels = parts(items), max(patches.channels, patches.columns)
    zeros = ceil_div(channels * of.itemsize, LOCK_BYTES) * LOCK_BYTES
    start = space.take(zeros + count * LOCK_BYTES)
    memory = space.take(count * ELEMENTS * sum(elements) * of.itemsize)
    task = zero_task(target, of, (zeros + count * LOCK_BYTES) // of.itemsize, start)
    return Scratch(start, advance(start, zeros), memory, count), task
