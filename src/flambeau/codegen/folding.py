"""The gradient for images by products that are folded: when it pays, and its launches.

In: a Problem. Out: launches. It pays where pixels have few channels, which leaves lanes of vectors idle otherwise, or
where images are small, and most taps of their gradient's pixels meet nothing.
"""

from __future__ import annotations

from ..ir import contiguous_strides
from ..runtime.execute import Launch, Pointer
from . import registers
from .combine import combine_task
from .contraction import packed
from .cut import worth_threads
from .epilogue import result_dtype
from .fold import Fold, fold_task
from .frame import ceil_div
from .geometry import Problem
from .kernel import Operand
from .microkernel import Tile, tile_for
from .packing import Source, copy_task
from .product import Grid, Matrix

RUN_STEPS, ADD_STEPS = 8, 3  # vector multiply-adds in whose time a run of a fold is found, a vector of it added


def fold_tile(problem: Problem) -> Tile:
    """The tile of the products: one that leaves the fewest columns idle, and then the widest."""
    g, lanes = problem.geometry, problem.target.lanes(problem.dtype)
    vectors = ceil_div(g.kh * g.kw * g.c // g.groups, lanes)
    tiles = [tile_for(problem.target, problem.dtype, g.n * g.oh * g.ow, n * lanes) for n in (4, 3, 2, 1)]
    return min(tiles, key=lambda tile: ceil_div(vectors, tile.vectors) * tile.vectors)


def fold_steps(problem: Problem) -> int:
    """What it costs, in vector multiply-adds."""
    g, tile = problem.geometry, fold_tile(problem)
    columns = g.kh * g.kw * g.c // g.groups
    vectors = ceil_div(columns, tile.columns) * tile.vectors
    run = g.c * g.kw if g.dilation[1] == 1 and g.groups == 1 else g.c // g.groups
    adds = columns // run * (RUN_STEPS + ADD_STEPS * ceil_div(run, tile.lanes))
    return g.n * g.oh * g.ow * (vectors * g.o + adds * g.groups)


def fold_launches(problem: Problem) -> list[Launch]:
    """The gradient for x, which stands at x."""
    p, g, tile, sums = problem, problem.geometry, fold_tile(problem), registers.computed(problem.dtype)
    bare = not p.epilogue.instructions and result_dtype(p.epilogue, p.dtype) is sums
    size, columns, depth = g.n * g.h * g.w * g.c, g.kh * g.kw * g.c // g.groups, g.o // g.groups
    x = p.x if bare else p.space.take(size * sums.itemsize)
    ordered, ordering = _channels_last_weights(p)
    source = Source(ordered, 0, depth * columns, (0, 0, columns), 1)
    w, packing = packed(p.target, p.dtype, tile, g.groups, (1, 1, depth), columns, source, p.space)
    sizes = (g.oh, g.ow), (g.h, g.w), (g.kh, g.kw), g.stride, g.padding, g.dilation
    fold = Fold(p.dtype, g.n, g.groups, depth, g.c // g.groups, *sizes, p.y, w, x)
    pixels = g.n * g.oh * g.ow
    flops, moved = 2 * pixels * g.o * columns, (size + pixels * g.o) * p.dtype.itemsize
    parallel = worth_threads(moved, flops)
    launches = [ordering, packing, Launch([fold_task(p.target, tile, fold)], "convolution dx", moved, flops, parallel)]
    if not bare:
        result, *grids = [Grid.of(matrix, (0, 0, 1)) for matrix in (Matrix(p.x, 0, 0, g.c), *p.operands)]
        rows, moved = (1, 1, g.n * g.h * g.w), 2 * size * sums.itemsize
        last = combine_task(p.target, p.dtype, 1, 1, rows, g.c, x, result, p.epilogue, grids)
        launches.append(Launch([last], "combine", moved, 0, worth_threads(moved, 0)))
    return launches


def _channels_last_weights(problem: Problem) -> tuple[Pointer, Launch]:
    """A dense copy of the weights as (o, kh, kw, c / groups), and the launch that makes it."""
    p, g = problem, problem.geometry
    so, sc, sh, sw = p.w.strides
    sizes = (g.o, g.kh, g.kw, g.c // g.groups)
    bytes = g.o * g.kh * g.kw * g.c // g.groups * p.dtype.itemsize
    to = p.space.take(bytes)
    source = Operand(p.w.pointer, p.w.offset, (so, sh, sw, sc))
    task = copy_task(p.dtype, sizes, source, Operand(to, 0, contiguous_strides(sizes)))
    return to, Launch([task], "pack", 2 * bytes, 0, worth_threads(2 * bytes, 0))
