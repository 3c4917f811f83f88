"""Two-dimensional convolutions and their gradients over dense NHWC activations.

In: a ConvGeometry and where the arrays stand. Out: launches, to be run in order, and the bytes of workspace that they
want. All three are Products: their rows are pixels (or, for the weights' gradient, taps and channels), found by strides
where they stand; nothing is unfolded. The invariant: the order in which products are added depends on the geometry
alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..dtypes import dtype
from ..runtime.execute import Launch, Pointer, Task
from . import winograd
from .contraction import packed
from .cut import CHUNK_RESULTS, NOWHERE, PIECES, Cut, Workspace, cut_for, product_launches, side_by_side, worth_threads
from .epilogue import NOTHING
from .frame import ceil_div
from .loops import Epilogue
from .microkernel import Tile, tile_for
from .packing import Source, pad_task, zero_task
from .product import Factor, Grid, Image, Matrix, Product, Triple
from .targets import Target, host
from .winograd_patches import Patches

Pair = tuple[int, int]

FEW_STEPS = 48  # vector multiply-adds for a tap and a pixel: with fewer it pays to surround the image with zeros
MANY_TILES = 4  # of the channels of a tap: with as many, taps need not share tiles
STAGE_PIXELS = 384  # of the weights' gradient: their activations stay in the cache for all taps and channels


@dataclass(frozen=True)
class ConvGeometry:
    """Sizes: x is (n, h, w, c), the weight (o, c / groups, kh, kw), y (n, oh, ow, o); pairs: (vertical, horizontal)."""

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
    """Where weights (or their gradients) stand: element (o, c, kh, kw) is offset + sum(index * strides) elements on."""

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
    epilogue: Epilogue = NOTHING,
    operands: Sequence[Matrix] = (),
    workspace: Pointer = NOWHERE,
    target: Target | None = None,
) -> tuple[list[Launch], int]:
    """A convolution or one of its gradients.

    kind: "forward" (y from x and w), "dx" (x's gradient, at x, from y's, at y, and w) or "dw" (w's gradient, at w, from
    x and y's gradient).  x, y: dense NHWC activations.
    epilogue, operands: as for `matmul_launches`, over the result as a matrix of (pixels, channels); for "dw" over
    (o, (c / groups) * kh * kw).  workspace, target: as for `matmul_launches`.
    """
    space = Workspace(workspace)
    writer = Convolution(dtype, geometry, x, w, y, epilogue, operands, space, target or host())
    return getattr(writer, kind)(), space.bytes


@dataclass(frozen=True)
class Axis:
    """One direction of a walk over an image `size` long: row i meets tap t at origin + i * step + t * tap_step.

    Row i is number first_row + i * row_pitch of the result's `length`; tap t is number first_tap + t * tap_pitch of the
    filter.
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
    def margin(self) -> Pair:
        """How far taps reach before and after the image; tap steps are positive."""
        if not self.taps * self.rows:
            return 0, 0
        last = self.origin + (self.rows - 1) * self.step + (self.taps - 1) * self.tap_step
        return max(-self.origin, 0), max(last - self.size + 1, 0)

    def moved(self, before: int, after: int) -> Axis:
        """The same walk over an image with a margin."""
        return replace(self, origin=self.origin + before, size=self.size + before + after)


@dataclass(frozen=True)
class Phase:
    """A walk over an image, and the weights that it meets."""

    high: Axis
    wide: Axis
    weights: Source

    def moved(self, margins: Sequence[Pair]) -> Phase:
        """The same walk over an image with margins."""
        return Phase(self.high.moved(*margins[0]), self.wide.moved(*margins[1]), self.weights)


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

    @property
    def depthwise(self) -> bool:
        """Whether every channel is convolved on its own: channels are then columns of both factors."""
        return self.geometry.groups == self.geometry.c == self.geometry.o > 1

    def by_patches(self, patches: Patches) -> bool:
        """Whether transformed patches are what this is best computed from."""
        g = self.geometry
        plain = (g.kh, g.kw, g.stride, g.dilation, g.groups) == (3, 3, (1, 1), (1, 1), 1)
        return plain and winograd.suits(self.dtype, patches)

    def patches(self, patches: Patches, image: Pointer, weights: Source, result: Pointer, label: str) -> list[Launch]:
        """A convolution of an image by Winograd's method."""
        return winograd.pixels_launches(
            self.target, self.dtype, patches, image, weights, result, self.epilogue, self.operands, self.space, label
        )

    # ---- forward: rows are y's pixels; taps and channels are summed over ----

    def forward(self) -> list[Launch]:
        g = self.geometry
        so, sc, sh, sw = self.w.strides
        weights = Source(self.w.pointer, self.w.offset, g.o // g.groups * so, (sh, sw, sc), so)
        patches = Patches(g.n, g.c, g.o, (g.h, g.w), (g.oh, g.ow), g.padding)
        if self.by_patches(patches):
            return self.patches(patches, self.x, weights, self.y, "convolution")
        high = Axis(g.oh, g.kh, -g.padding[0], g.stride[0], g.dilation[0], g.h, g.oh)
        wide = Axis(g.ow, g.kw, -g.padding[1], g.stride[1], g.dilation[1], g.w, g.ow)
        return self.pixels([Phase(high, wide, weights)], self.x, self.y, g.c, g.o, "convolution")

    # ---- gradient for x: its pixels fall into stride x stride phases, each a convolution with some of the taps ----

    def dx(self) -> list[Launch]:
        g, phases = self.geometry, []
        so, sc, sh, sw = self.w.strides
        patches = Patches(g.n, g.o, g.c, (g.oh, g.ow), (g.h, g.w), (2 - g.padding[0], 2 - g.padding[1]))
        if self.by_patches(patches):
            flipped = Source(self.w.pointer, self.w.offset + 2 * (sh + sw), 0, (-sh, -sw, so), sc)
            return self.patches(patches, self.y, flipped, self.x, "convolution dx")
        for high in _phases(g.h, g.kh, g.padding[0], g.stride[0], g.dilation[0], g.oh):
            for wide in _phases(g.w, g.kw, g.padding[1], g.stride[1], g.dilation[1], g.ow):
                offset = self.w.offset + high.first_tap * sh + wide.first_tap * sw
                steps = (high.tap_pitch * sh, wide.tap_pitch * sw, so)
                phases.append(Phase(high, wide, Source(self.w.pointer, offset, g.o // g.groups * so, steps, sc)))
        return self.pixels(phases, self.y, self.x, g.o, g.c, "convolution dx")

    # ---- both of them ----

    def pixels(
        self, phases: Sequence[Phase], image: Pointer, result: Pointer, depth: int, width: int, label: str
    ) -> list[Launch]:
        """Products whose rows are pixels of the result and whose summed indices are taps and channels of the image.

        depth, width: channels of the image and of the result.
        """
        if not self.geometry.n * width * sum(phase.high.rows * phase.wide.rows for phase in phases):
            return []
        before: list[Launch] = []
        channels, columns = depth // self.geometry.groups, width // self.geometry.groups
        if not self.depthwise and channels * tile_for(self.target, self.dtype, 2, columns).vectors < FEW_STEPS:
            margins = [_margins([getattr(phase, axis) for phase in phases]) for axis in ("high", "wide")]
            image, before = self.padded(image, (phases[0].high.size, phases[0].wide.size), depth, margins)
            phases = [phase.moved(margins) for phase in phases]
        return side_by_side([before, *(self.phase(phase, image, result, depth, width, label) for phase in phases)])

    def phase(self, phase: Phase, image: Pointer, result: Pointer, depth: int, width: int, label: str) -> list[Launch]:
        """The product of one phase."""
        groups, high, wide, weights = self.geometry.groups, phase.high, phase.wide, phase.weights
        channels, columns, pitch = depth // groups, width // groups, wide.size * depth
        rows = (self.geometry.n, high.rows, wide.rows)
        if not math.prod(rows):
            return []
        if self.depthwise:
            groups, columns, weights = 1, width, replace(weights, column=weights.batch)
        sums = (high.taps, wide.taps, channels) if high.taps * wide.taps * channels else (0, 1, 1)
        tile = tile_for(self.target, self.dtype, math.prod(rows), columns)
        b, packing = packed(self.target, self.dtype, tile, groups, sums, columns, weights, self.space)
        clip = None
        if any(high.margin + wide.margin):
            clip, zeroing = self.clipped([high, wide], max(channels, tile.columns))
            packing = replace(packing, tasks=[*packing.tasks, zeroing])
        a = Factor(
            image,
            high.origin * pitch + wide.origin * depth,
            channels,
            (high.size * pitch, high.step * pitch, wide.step * depth),
            (high.tap_step * pitch, wide.tap_step * depth, 1),
        )
        if clip is None and wide.tap_step == 1 and channels == depth and sums[0]:
            # A row of taps and its channels are neighbours, in A as in B: one longer sum.
            sums = (sums[0], 1, sums[1] * sums[2])
        numbering = (high.length * wide.length, high.row_pitch * wide.length, wide.row_pitch)
        first = high.first_row * wide.length + wide.first_row
        c = Matrix(result, first * width, columns, width)
        operands = [
            replace(o, offset=o.offset + first * o.row_stride, batch_stride=columns * o.column_stride)
            for o in self.operands
        ]
        product = Product(self.dtype, groups, rows, columns, sums, a, b, c, numbering, clip, self.depthwise)
        grid, *grids = [Grid.of(matrix, numbering) for matrix in (c, *operands)]
        launches = product_launches(self.target, tile, product, self.epilogue, operands, grid, grids, self.space, label)
        return [packing, *launches]

    def padded(self, image: Pointer, size: Pair, depth: int, margins: Sequence[Pair]) -> tuple[Pointer, list[Launch]]:
        """An image surrounded by zeros: (before, after) it, vertically and horizontally."""
        if not any(map(any, margins)):
            return image, []
        new = (size[0] + sum(margins[0]), size[1] + sum(margins[1]))
        images, bytes = self.geometry.n, self.geometry.n * new[0] * new[1] * depth * self.dtype.itemsize
        to, before = self.space.take(bytes), (margins[0][0], margins[1][0])
        task = pad_task(self.target, self.dtype, images, size, new, before, depth, image, to)
        return to, [Launch([task], "pad", 2 * bytes, 0, worth_threads(2 * bytes, 0))]

    def clipped(self, axes: Sequence[Axis], channels: int) -> tuple[Image, Task]:
        """The image that A does not leave, and the task that writes the zeros around it."""
        zeros = self.space.take(channels * self.dtype.itemsize)
        size, origin, step, tap_step = zip(*((axis.size, axis.origin, axis.step, axis.tap_step) for axis in axes))
        return Image("rows", size, origin, step, tap_step, zeros), zero_task(self.target, self.dtype, channels, zeros)

    # ---- gradient for w: rows are taps and channels of x, columns channels of y; pixels are summed over ----

    def dw(self) -> list[Launch]:
        g = self.geometry
        groups, channels, columns = g.groups, g.c // g.groups, g.o // g.groups
        if self.depthwise:
            groups, columns = 1, g.o
        if not g.o * channels * g.kh * g.kw:
            return []
        so, sc, sh, sw = self.w.strides
        grid = Grid(self.w.pointer, self.w.offset, columns * so, (sh, sw, sc), so)
        grids = [
            Grid(o.pointer, o.offset, columns * o.row_stride, self.taps(o.column_stride), o.row_stride)
            for o in self.operands
        ]
        patches = Patches(g.n, g.c, g.o, (g.h, g.w), (g.oh, g.ow), g.padding)
        if self.by_patches(patches):
            return winograd.filters_launches(
                self.target,
                self.dtype,
                patches,
                self.x,
                self.y,
                grid,
                self.epilogue,
                grids,
                self.space,
                "convolution dw",
            )
        rows, sums = (g.kh, g.kw, channels), (g.n, g.oh, g.ow) if g.n * g.oh * g.ow else (0, 1, 1)
        tile = tile_for(self.target, self.dtype, math.prod(rows), columns)
        x, padding, size, clip, before = self.x, g.padding, (g.h, g.w), None, []
        if any(padding) and channels >= MANY_TILES * tile.rows:
            clip = Image("sums", size, (-padding[0], -padding[1]), g.dilation, g.stride)
        elif any(padding):
            x, before = self.padded(x, size, g.c, [(p, p) for p in padding])
            size, padding = (g.h + 2 * padding[0], g.w + 2 * padding[1]), (0, 0)
        pitch = size[1] * g.c
        a = Factor(
            x,
            -padding[0] * pitch - padding[1] * g.c,
            channels,
            (g.dilation[0] * pitch, g.dilation[1] * g.c, 1),
            (size[0] * pitch, g.stride[0] * pitch, g.stride[1] * g.c),
        )
        if self.target.masks or columns % tile.columns == 0:
            b = Factor(self.y, 0, columns, (tile.columns,), (g.oh * g.ow * g.o, g.ow * g.o, g.o))
        else:
            pixels = Source(self.y, 0, columns, (g.oh * g.ow * g.o, g.ow * g.o, g.o), 1)
            b, packing = packed(self.target, self.dtype, tile, groups, sums, columns, pixels, self.space)
            before = side_by_side([before, [packing]])
        product = Product(self.dtype, groups, rows, columns, sums, a, b, None, (0, 0, 0), clip, self.depthwise)
        return before + product_launches(
            self.target,
            tile,
            product,
            self.epilogue,
            (),
            grid,
            grids,
            self.space,
            "convolution dw",
            _weight_cut(product, tile),
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
    """For each class of x's pixels modulo the stride: the walk over y, `image` long, that makes its gradient."""
    pitch = stride // math.gcd(stride, dilation)
    axes = []
    for first in range(min(stride, size)):
        # A later tap meets an earlier pixel of y: from the last tap backward the walk goes forward.
        reached = [tap for tap in range(taps) if (first + padding - tap * dilation) % stride == 0]
        tap = reached[-1] if reached else 0
        origin = (first + padding - tap * dilation) // stride
        rows = ceil_div(size - first, stride)
        axes.append(
            Axis(rows, len(reached), origin, 1, pitch * dilation // stride, image, size, first, stride, tap, -pitch)
        )
    return axes


def _margins(axes: Sequence[Axis]) -> Pair:
    """The margin that all walks together need."""
    before, after = zip(*(axis.margin for axis in axes))
    return max(before), max(after)
