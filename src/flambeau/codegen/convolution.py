"""Two-dimensional convolutions and their gradients over dense NHWC activations.

In: a ConvGeometry and where the arrays stand. Out: launches, to be run in order, and the bytes of workspace that they
want. All three are Products: their rows are pixels (or, for the weights' gradient, taps and channels), found by strides
where they stand; nothing is unfolded. The invariant: the order in which products are added depends on the geometry
alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from ..dtypes import dtype
from ..runtime.execute import Launch, Pointer, Task
from . import winograd
from .contraction import packed
from .cut import CHUNK_RESULTS, NOWHERE, PIECES, Cut, Workspace, cut_for, product_launches, side_by_side, worth_threads
from .epilogue import NOTHING
from .folding import fold_launches, fold_steps
from .frame import ceil_div
from .geometry import Axis, ConvGeometry, Pair, Phase, Problem, Weights, common_margin, phase_axes
from .kernel import Operand
from .loops import Epilogue
from .microkernel import Tile, steps, tile_for
from .packing import Source, copy_task, pad_task, zero_task
from .pairing import GROUPS, PAIR, can_pair_filters, paired_filters
from .product import Factor, Grid, Image, Matrix, Product, Triple
from .targets import Target, host
from .winograd_patches import Patches

__all__ = ["ConvGeometry", "Weights", "conv_launches"]

FEW_STEPS = 48  # vector multiply-adds for a tap and a pixel: with fewer it pays to surround the image with zeros
MANY_TILES = 4  # of the channels of a tap: with as many, taps need not share tiles
FEW_IMAGES = 8  # fewer do not fill a tile
PIXELS_LOSS = 1.1  # by which products are slower whose rows lie as far apart as images
CHAINS = 4  # vectors of channels of a depthwise tap that are summed side by side
LONG_LINE = 28  # pixels with which that is faster than to surround the image with zeros and do all taps at once
LINE_PIXELS = 64  # then, as STAGE_PIXELS
PATCHES_GAIN = 1.4  # by which a convolution is faster from transformed patches
WINDOW = 6  # neighbouring pixels whose channels are done together
LINES = 1 << 17  # bytes of lines of pixels that are done, all channels of them, one after the other
STAGE_PIXELS = 384  # of the weights' gradient: their activations stay in the cache for all taps and channels


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
    """A convolution or one of its gradients; of bfloat16 arrays, float32; of bytes ("forward" alone), int32.

    kind: "forward" (y from x and w), "dx" (x's gradient, at x, from y's, at y, and w) or "dw" (w's gradient, at w, from
    x and y's gradient).  x, y: dense NHWC activations.
    epilogue, operands: as for `matmul_launches`, over the result as a matrix of (pixels, channels); for "dw" over
    (o, (c / groups) * kh * kw).  workspace, target: as for `matmul_launches`.
    """
    space, target = Workspace(workspace), target or host()
    filters = (geometry.o, geometry.c // geometry.groups, geometry.kh, geometry.kw)
    copying: list[Launch] = []
    if can_pair_filters(target, kind, dtype, filters, geometry.groups):
        w, copying = paired_filters(kind, dtype, filters, w, space)
        dtype, count = GROUPS[dtype]
        fewer = {"c": geometry.c // count} if kind == "forward" else {"o": geometry.o // count}
        geometry = replace(geometry, **fewer)
    writer = Convolution(dtype, geometry, x, w, y, epilogue, operands, space, target)
    return copying + getattr(writer, kind)(), space.bytes


class Convolution(Problem):
    """What `conv_launches` writes."""

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
        g = self.geometry
        so, sc, sh, sw = self.w.strides
        patches = Patches(g.n, g.o, g.c, (g.oh, g.ow), (g.h, g.w), (2 - g.padding[0], 2 - g.padding[1]))
        by_patches, phases = self.by_patches(patches), self.phases()
        foldable = self.dtype is not PAIR and g.n * g.oh * g.ow * g.o * g.c and not self.group(g.o, g.c)
        if foldable and fold_steps(self) * (PATCHES_GAIN if by_patches else 1) < self.steps(phases):
            return fold_launches(self)
        if by_patches:
            flipped = Source(self.w.pointer, self.w.offset + 2 * (sh + sw), 0, (-sh, -sw, so), sc)
            return self.patches(patches, self.y, flipped, self.x, "convolution dx")
        return self.pixels(phases, self.y, self.x, self.geometry.o, self.geometry.c, "convolution dx")

    def phases(self) -> list[Phase]:
        """The walks over y that make the gradient."""
        g, phases = self.geometry, []
        so, sc, sh, sw = self.w.strides
        for high in phase_axes(g.h, g.kh, g.padding[0], g.stride[0], g.dilation[0], g.oh):
            for wide in phase_axes(g.w, g.kw, g.padding[1], g.stride[1], g.dilation[1], g.ow):
                offset = self.w.offset + high.first_tap * sh + wide.first_tap * sw
                steps = (high.tap_pitch * sh, wide.tap_pitch * sw, so)
                phases.append(Phase(high, wide, Source(self.w.pointer, offset, g.o // g.groups * so, steps, sc)))
        return phases

    def steps(self, phases: Sequence[Phase]) -> int:
        """Vector multiply-adds of the phases."""
        g = self.geometry
        taps = sum(
            p.high.meetings * p.wide.meetings
            if self.by_pixels(p, g.c // g.groups)
            else p.high.rows * p.wide.rows * p.high.taps * p.wide.taps
            for p in phases
        )
        tile = tile_for(self.target, self.dtype, 2, g.c // g.groups)
        lanes = self.target.lanes(self.dtype)
        # A number takes as long as a vector.
        vectors = ceil_div(g.c // g.groups, tile.columns) * tile.vectors * (tile.lanes if tile.lanes > 1 else lanes)
        return g.n * taps * g.o * vectors // lanes

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
        if (
            not self.group(depth, width)
            and channels * tile_for(self.target, self.dtype, 2, columns).vectors < FEW_STEPS
        ):
            margins = [common_margin([getattr(phase, axis) for phase in phases]) for axis in ("high", "wide")]
            image, before = self.padded(image, (phases[0].high.size, phases[0].wide.size), depth, margins)
            phases = [phase.moved(margins) for phase in phases]
        return side_by_side([before, *(self.phase(phase, image, result, depth, width, label) for phase in phases)])

    def phase(self, phase: Phase, image: Pointer, result: Pointer, depth: int, width: int, label: str) -> list[Launch]:
        """The product of one phase."""
        groups, high, wide, weights = self.geometry.groups, phase.high, phase.wide, phase.weights
        channels, columns = depth // groups, width // groups
        rows = (self.geometry.n, high.rows, wide.rows)
        if not math.prod(rows):
            return []
        by_pixels = self.by_pixels(phase, columns)
        group = self.group(depth, width)
        if group:
            return self.windows(group, phase, image, result, depth, width, label)
        sums = (high.taps, wide.taps, channels) if high.taps * wide.taps * channels else (0, 1, 1)
        tile = tile_for(self.target, self.dtype, self.geometry.n if by_pixels else math.prod(rows), columns)
        b, packing = packed(self.target, self.dtype, tile, groups, sums, columns, weights, self.space)
        clip = None
        if by_pixels:
            clip = self.image("pixels", [high, wide], None)
        elif any(high.margin + wide.margin):
            clip, zeroing = self.clipped([high, wide], max(channels, tile.columns))
            packing = replace(packing, tasks=[*packing.tasks, zeroing])
        a = self.image_factor(phase, image, depth, channels)
        if clip is None and wide.tap_step == 1 and channels == depth and sums[0]:
            # A row of taps and its channels are neighbours, in A as in B: one longer sum.
            sums = (sums[0], 1, sums[1] * sums[2])
        if by_pixels:
            rows, a = turned(rows), replace(a, place=turned(a.place))
        c = Matrix(result, 0, 0, width)
        product = Product(self.dtype, groups, rows, columns, sums, a, b, c, (0, 0, 0), clip)
        return [packing, *self.to_pixels(phase, tile, product, label)]

    @staticmethod
    def image_factor(phase: Phase, image: Pointer, depth: int, channels: int) -> Factor:
        """The image as it meets the taps."""
        high, wide, pitch = phase.high, phase.wide, phase.wide.size * depth
        return Factor(
            image,
            high.origin * pitch + wide.origin * depth,
            channels,
            (high.size * pitch, high.step * pitch, wide.step * depth),
            (high.tap_step * pitch, wide.tap_step * depth, 1),
        )

    def to_pixels(self, phase: Phase, tile: Tile, product: Product, label: str, cut: Cut | None = None) -> list[Launch]:
        """The launches of a product whose result, and the epilogue's operands, are a phase's pixels of dense images."""
        high, wide, columns = phase.high, phase.wide, product.columns
        numbering = (high.length * wide.length, high.row_pitch * wide.length, wide.row_pitch)
        if product.image and product.image.along == "pixels":
            numbering = turned(numbering)
        first = high.first_row * wide.length + wide.first_row
        c, *operands = (
            replace(o, offset=o.offset + first * o.row_stride, batch_stride=columns * o.column_stride)
            for o in (product.c, *self.operands)
        )
        product = replace(product, c=c, numbering=numbering)
        grid, *grids = [Grid.of(matrix, numbering) for matrix in (c, *operands)]
        return product_launches(
            self.target, tile, product, self.epilogue, operands, grid, grids, self.space, label, cut
        )

    # ---- of small images, many of them: a pixel of all images after the other, each with the taps that it meets ----

    def by_pixels(self, phase: Phase, columns: int) -> bool:
        """Whether that pays: rows that meet the same taps fill fewer tiles, but taps outside the image are left out."""
        n, pixels = self.geometry.n, phase.high.rows * phase.wide.rows
        if n < FEW_IMAGES or not any(phase.high.margin + phase.wide.margin):
            return False
        tile = tile_for(self.target, self.dtype, n * pixels, columns)
        all_taps = steps(tile, n * pixels, columns) * phase.high.taps * phase.wide.taps
        return self.pixel_steps(phase, columns) * PIXELS_LOSS < all_taps

    def pixel_steps(self, phase: Phase, columns: int) -> int:
        """Vector multiply-adds for a channel then."""
        n = self.geometry.n
        met = phase.high.meetings * phase.wide.meetings
        return steps(tile_for(self.target, self.dtype, n, columns), n, columns) * met

    # ---- of few channels a group: several groups share a vector ----

    def group(self, depth: int, width: int) -> Pair | None:
        """Channels of a group, of the image and of the result, where vectors hold whole groups."""
        lanes, groups = self.target.lanes(self.dtype), self.geometry.groups
        channels, columns = depth // groups, width // groups
        if self.depthwise:
            return 1, 1
        if groups == 1 or not channels or not 0 < columns < lanes or lanes % columns or width % lanes:
            return None
        return (channels, columns) if channels <= columns or channels == 2 * columns else None

    def windows(
        self, group: Pair, phase: Phase, image: Pointer, result: Pointer, depth: int, width: int, label: str
    ) -> list[Launch]:
        """The product of one phase, line by line."""
        high, wide = phase.high, phase.wide
        taps = (high.taps, wide.taps) if high.taps * wide.taps else (0, 1)
        tile = self.window_tile(width)
        if self.depthwise:
            weights = replace(phase.weights, column=phase.weights.batch)
            b, packing = packed(self.target, self.dtype, tile, 1, (*taps, 1), width, weights, self.space)
        else:
            b, packing = self.dealt(tile, group, taps, width, phase.weights)
        a, c = self.image_factor(phase, image, depth, 0), Matrix(result, 0, 0, width)
        rows, clip = (self.geometry.n, high.rows, wide.rows), self.image("windows", [high, wide], None)
        product = Product(self.dtype, 1, rows, width, (*taps, 1), a, b, c, (0, 0, 0), clip, group)
        cut = cut_for(product, tile)
        lines = max(LINES // (wide.rows * width * self.dtype.itemsize), 1)
        cut = replace(cut, chunk=min(cut.chunk, lines * wide.rows))
        return [packing, *self.to_pixels(phase, tile, product, label, cut)]

    def window_tile(self, width: int) -> Tile:
        """A few neighbours in a line; one vector of channels, if groups share it."""
        tile = tile_for(self.target, self.dtype, WINDOW, width if self.depthwise else self.target.lanes(self.dtype))
        return replace(tile, rows=min(tile.rows, WINDOW))

    def dealt(self, tile: Tile, group: Pair, taps: Pair, width: int, weights: Source) -> tuple[Factor, Launch]:
        """Weights as (blocks, *taps, channels of the image in a group, channels of the result in a block)."""
        channels, columns = group
        sizes = (width // tile.columns, tile.columns // columns, *taps, channels, columns)
        row, places = channels * tile.columns, taps[0] * taps[1]
        steps = (places * row, columns, taps[1] * row, row, tile.columns, 1)
        source = (tile.columns // columns * weights.batch, weights.batch, *weights.sums, weights.column)
        bytes = math.prod(sizes) * self.dtype.itemsize
        to = self.space.take(bytes)
        factor = Factor(to, 0, 0, steps[:1], (*steps[2:4], tile.columns), True)
        task = copy_task(self.dtype, sizes, Operand(weights.pointer, weights.offset, source), Operand(to, 0, steps))
        return factor, Launch([task], "pack", 2 * bytes, 0, worth_threads(2 * bytes, 0))

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
        return self.image("rows", axes, zeros), zero_task(self.target, self.dtype, channels, zeros)

    @staticmethod
    def image(along: str, axes: Sequence[Axis], zeros: Pointer | None) -> Image:
        size, origin, step, tap_step = zip(*((axis.size, axis.origin, axis.step, axis.tap_step) for axis in axes))
        return Image(along, size, origin, step, tap_step, zeros)

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
        tile, padding = tile_for(self.target, self.dtype, math.prod(rows), columns), g.padding
        by_taps = any(padding) and (g.ow >= LONG_LINE if self.depthwise else channels >= MANY_TILES * tile.rows)
        if self.depthwise and by_taps:
            tile = Tile(1, min(ceil_div(columns, tile.lanes), CHAINS), tile.lanes)
        x, size, clip, before = self.x, (g.h, g.w), None, []
        if by_taps:
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
        product = Product(
            self.dtype, groups, rows, columns, sums, a, b, None, (0, 0, 0), clip, (1, 1) if self.depthwise else None
        )
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
            _weight_cut(product, tile, LINE_PIXELS if self.depthwise and by_taps else STAGE_PIXELS),
        )

    def taps(self, step: int) -> Triple:
        """Strides along (kh, kw, c / groups) of a row-major (c / groups, kh, kw) with a given step."""
        return (self.geometry.kw * step, step, self.geometry.kh * self.geometry.kw * step)


def turned(triple: tuple[int, ...]) -> Triple:
    """(height, width, image) from (image, height, width)."""
    return triple[1], triple[2], triple[0]


def _weight_cut(product: Product, tile: Tile, pixels: int) -> Cut:
    """Few pixels a stage, and all taps and channels that they meet: activations are read from memory once."""
    left, stage = pixels, []
    for size in reversed(product.sums):
        stage.append(max(min(size, left), 1))
        left //= stage[-1]
    return cut_for(product, tile, tuple(reversed(stage)), PIECES * CHUNK_RESULTS)
