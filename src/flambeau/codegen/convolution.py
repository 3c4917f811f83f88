"""Two-dimensional convolutions and their gradients over dense NHWC activations.

In: a ConvGeometry and where the arrays stand. Out: launches, to be run in order, and the bytes of workspace that they
want. All three are Products: their rows are pixels (or, for the weights' gradient, taps and channels), found by strides
where they stand; nothing is unfolded. The invariant: the order in which products are added depends on the geometry alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from ..dtypes import dtype
from ..runtime.execute import Launch, Pointer, Task
from .contraction import packed
from .cut import CHUNK_RESULTS, PIECES, Cut, Workspace, cut_for, product_launches, worth_threads
from .frame import ceil_div
from .loops import Epilogue
from .microkernel import Tile, tile_for
from .packing import Source, pad_task, zero_task
from .product import Factor, Grid, Image, Matrix, Product, Triple
from .targets import Target, host

Pair = tuple[int, int]

FEW_CHANNELS = 16  # fewer are summed together with the taps of a filter row
STAGE_PIXELS = 384  # of the weights' gradient: activations of that many pixels stay in the cache for all taps and channels


@dataclass(frozen=True)
class ConvGeometry:
    """Sizes: x is (n, h, w, c), the weight (o, c / groups, kh, kw), y (n, oh, ow, o). Pairs are (vertical, horizontal)."""

    n: int
    c: int
    h: int
    w: int
    o: int
    kh: int
    kw: int
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1

    @property
    def oh(self) -> int:
        """Height of y."""
        return (self.h + 2 * self.padding[0] - self.dilation[0] * (self.kh - 1) - 1) // self.stride[0] + 1

    @property
    def ow(self) -> int:
        """Width of y."""
        return (self.w + 2 * self.padding[1] - self.dilation[1] * (self.kw - 1) - 1) // self.stride[1] + 1


@dataclass(frozen=True)
class Weights:
    """Where weights (or their gradients) stand: element (o, c, kh, kw) is `offset + sum(index * strides)` elements on."""

    pointer: Pointer
    strides: tuple[int, int, int, int]
    offset: int = 0


def conv_launches(
    dtype: dtype,
    kind: str,
    geometry: ConvGeometry,
    x: Pointer,
    w: Weights,
    y: Pointer,
    epilogue: Epilogue = Epilogue(),
    operands: Sequence[Matrix] = (),
    workspace: Pointer = Pointer(0, 0),
    target: Target | None = None,
) -> tuple[list[Launch], int]:
    """A convolution or one of its gradients.

    kind: "forward" (y from x and w), "dx" (x from y, which holds its gradient, and w) or "dw" (w from x and y's gradient).
    x, y: dense NHWC activations.  epilogue, operands: as for `matmul_launches`, over the result as a matrix of
    (pixels, channels); for "dw" over (o, (c / groups) * kh * kw).  workspace, target: see `matmul_launches`.
    """
    space = Workspace(workspace)
    writer = Convolution(dtype, geometry, x, w, y, epilogue, operands, space, target or host())
    return getattr(writer, kind)(), space.bytes


@dataclass(frozen=True)
class Axis:
    """One direction of a walk over an image `size` long: row i of the result meets tap t at origin + i * step + t * tap_step.

    Row i is number first_row + i * row_pitch of the result's `length`, tap t number first_tap + t * tap_pitch of the filter.
    """

    rows: int
    taps: int
    origin: int
    step: int
    tap_step: int
    size: int
    length: int
    first_row: int = 0
    row_pitch: int = 1
    first_tap: int = 0
    tap_pitch: int = 1

    @property
    def leaves(self) -> bool:
        """Whether some tap of some row lies outside the image."""
        reach = (self.taps - 1) * self.tap_step
        low, high = self.origin + min(reach, 0), self.origin + (self.rows - 1) * self.step + max(reach, 0)
        return self.taps > 0 and (low < 0 or high >= self.size)


@dataclass(frozen=True)
class Convolution:
    """The arguments of `conv_launches`, with what its kinds share."""

    dtype: dtype
    geometry: ConvGeometry
    x: Pointer
    w: Weights
    y: Pointer
    epilogue: Epilogue
    operands: Sequence[Matrix]
    space: Workspace
    target: Target

    # ---- forward: rows are y's pixels; taps and channels are summed over ----

    def forward(self) -> list[Launch]:
        g = self.geometry
        if not g.n * g.o * g.oh * g.ow:
            return []
        so, sc, sh, sw = self.w.strides
        weights = Source(self.w.pointer, self.w.offset, g.o // g.groups * so, (sh, sw, sc), so)
        few = g.groups == 1 and g.c < FEW_CHANNELS
        image, padding, before = self.padded() if few else (self.x, (0, 0), [])
        axes = [
            Axis(rows, taps, pad - pads, step, dilation, size + 2 * pad, rows)
            for rows, taps, pads, pad, step, dilation, size in zip(
                (g.oh, g.ow), (g.kh, g.kw), g.padding, padding, g.stride, g.dilation, (g.h, g.w)
            )
        ]
        return _together([before, self.pixels(axes, image, self.y, g.c, g.o, weights, "convolution")])

    def padded(self) -> tuple[Pointer, Pair, list[Launch]]:
        """x surrounded by its padding."""
        g = self.geometry
        if g.padding == (0, 0):
            return self.x, g.padding, []
        size = (g.h + 2 * g.padding[0], g.w + 2 * g.padding[1])
        bytes = g.n * size[0] * size[1] * g.c * self.dtype.itemsize
        to = self.space.take(bytes)
        task = pad_task(self.target, self.dtype, g.n, (g.h, g.w), size, g.padding, g.c, self.x, to)
        return to, g.padding, [Launch([task], "pad", 2 * bytes, 0, worth_threads(2 * bytes, 0))]

    # ---- gradient for x: its pixels fall into stride x stride phases, each a convolution of y's gradient with some taps ----

    def dx(self) -> list[Launch]:
        g, launches = self.geometry, []
        if not g.n * g.c * g.h * g.w:
            return []
        so, sc, sh, sw = self.w.strides
        for high in _phases(g.h, g.kh, g.padding[0], g.stride[0], g.dilation[0], g.oh):
            for wide in _phases(g.w, g.kw, g.padding[1], g.stride[1], g.dilation[1], g.ow):
                offset = self.w.offset + high.first_tap * sh + wide.first_tap * sw
                steps = (high.tap_pitch * sh, wide.tap_pitch * sw, so)
                weights = Source(self.w.pointer, offset, g.o // g.groups * so, steps, sc)
                launches.append(self.pixels([high, wide], self.y, self.x, g.o, g.c, weights, "convolution dx"))
        return _together(launches)

    # ---- both of them ----

    def pixels(
        self, axes: Sequence[Axis], image: Pointer, result: Pointer, depth: int, width: int, weights: Source, label: str
    ) -> list[Launch]:
        """A product whose rows are pixels of the result and whose summed indices are taps and channels of the image.

        depth, width: channels of the image and of the result.
        """
        groups, (high, wide) = self.geometry.groups, axes
        channels, columns, pitch = depth // groups, width // groups, wide.size * depth
        rows = (self.geometry.n, high.rows, wide.rows)
        sums = (high.taps, wide.taps, channels) if high.taps * wide.taps * channels else (0, 1, 1)
        tile = tile_for(self.target, self.dtype, math.prod(rows), columns)
        b, packing = packed(self.target, self.dtype, tile, groups, sums, columns, weights, self.space)
        clip = None
        if high.leaves or wide.leaves:
            clip, zeroing = self.clipped(axes, channels)
            packing = replace(packing, tasks=[*packing.tasks, zeroing])
        a = Factor(
            image,
            high.origin * pitch + wide.origin * depth,
            channels,
            (high.size * pitch, high.step * pitch, wide.step * depth),
            (high.tap_step * pitch, wide.tap_step * depth, 1),
        )
        if clip is None and wide.tap_step == 1 and groups == 1 and sums[0]:
            # A row of taps and its channels are neighbours, in A as in B: one longer sum.
            sums = (sums[0], 1, sums[1] * sums[2])
        numbering = (high.length * wide.length, high.row_pitch * wide.length, wide.row_pitch)
        first = high.first_row * wide.length + wide.first_row
        c = Matrix(result, first * width, columns, width)
        operands = [
            replace(o, offset=o.offset + first * o.row_stride, batch_stride=columns * o.column_stride) for o in self.operands
        ]
        product = Product(self.dtype, groups, rows, columns, sums, a, b, c, numbering, clip)
        grid, *grids = [Grid.of(matrix, numbering) for matrix in (c, *operands)]
        launches = product_launches(self.target, tile, product, self.epilogue, operands, grid, grids, self.space, label)
        return [packing, *launches]

    def clipped(self, axes: Sequence[Axis], channels: int) -> tuple[Image, Task]:
        """The image that A does not leave, and the task that writes the zeros around it."""
        zeros = self.space.take(channels * self.dtype.itemsize)
        size, origin, step, tap_step = zip(*((axis.size, axis.origin, axis.step, axis.tap_step) for axis in axes))
        return Image(size, origin, step, tap_step, zeros), zero_task(self.target, self.dtype, channels, zeros)

    # ---- gradient for w: rows are taps and channels of x, columns channels of y; pixels are summed over ----

    def dw(self) -> list[Launch]:
        g = self.geometry
        channels, columns = g.c // g.groups, g.o // g.groups
        if not g.o * channels * g.kh * g.kw:
            return []
        image, padding, before = self.padded()
        wide = (g.w + 2 * padding[1]) * g.c
        rows, sums = (g.kh, g.kw, channels), (g.n, g.oh, g.ow) if g.n * g.oh * g.ow else (0, 1, 1)
        tile = tile_for(self.target, self.dtype, math.prod(rows), columns)
        a = Factor(
            image,
            0,
            channels,
            (g.dilation[0] * wide, g.dilation[1] * g.c, 1),
            ((g.h + 2 * padding[0]) * wide, g.stride[0] * wide, g.stride[1] * g.c),
        )
        if self.target.masks or columns % tile.columns == 0:
            b = Factor(self.y, 0, columns, (tile.columns,), (g.oh * g.ow * g.o, g.ow * g.o, g.o))
        else:
            pixels = Source(self.y, 0, columns, (g.oh * g.ow * g.o, g.ow * g.o, g.o), 1)
            b, packing = packed(self.target, self.dtype, tile, g.groups, sums, columns, pixels, self.space)
            before = _together([before, [packing]])
        so, sc, sh, sw = self.w.strides
        grid = Grid(self.w.pointer, self.w.offset, columns * so, (sh, sw, sc), so)
        grids = [
            Grid(o.pointer, o.offset, columns * o.row_stride, self.taps(o.column_stride), o.row_stride) for o in self.operands
        ]
        product = Product(self.dtype, g.groups, rows, columns, sums, a, b, None, (0, 0, 0))
        return before + product_launches(
            self.target, tile, product, self.epilogue, (), grid, grids, self.space, "convolution dw", _weight_cut(product, tile)
        )

    def taps(self, step: int) -> Triple:
        """Strides along (kh, kw, c / groups) of a row-major (c / groups, kh, kw) with a given step."""
        return (self.geometry.kw * step, step, self.geometry.kh * self.geometry.kw * step)


def _weight_cut(product: Product, tile: Tile) -> Cut:
    """Few pixels a stage, and all taps and channels that they meet: activations are read from memory once."""
    left, stage = STAGE_PIXELS, []
    for size in reversed(product.sums):
        stage.append(max(min(size, left), 1))
        left //= stage[-1]
    return cut_for(product, tile, tuple(reversed(stage)), PIECES * CHUNK_RESULTS)


def _phases(size: int, taps: int, padding: int, stride: int, dilation: int, image: int) -> list[Axis]:
    """For each class of x's pixels modulo the stride: the walk over y's gradient, `image` long, that makes its gradient."""
    pitch = stride // math.gcd(stride, dilation)
    axes = []
    for first in range(min(stride, size)):
        reached = [t for t in range(taps) if (first + padding - t * dilation) % stride == 0]
        tap = reached[0] if reached else 0
        origin = (first + padding - tap * dilation) // stride
        rows = ceil_div(size - first, stride)
        axes.append(
            Axis(rows, len(reached), origin, 1, -pitch * dilation // stride, image, size, first, stride, tap, pitch)
        )
    return axes


def _together(parts: Sequence[list[Launch]]) -> list[Launch]:
    """Independent sequences of launches run side by side."""
    merged = []
    for launches in zip_longest(*parts):
        some = [launch for launch in launches if launch]
        bytes, flops = sum(one.bytes for one in some), sum(one.flops for one in some)
        tasks = [task for one in some for task in one.tasks]
        merged.append(Launch(tasks, some[-1].label, bytes, flops, worth_threads(bytes, flops)))
    return merged
