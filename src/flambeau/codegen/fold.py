"""The gradient for images as products that are folded: what a pixel of y gives to all its taps is one row of a product
with few summed indices, and is added where the taps lie.

In: a Fold. Out: a Task that writes the sums, bare. A work item is a band of rows of some images; it makes the products
of all pixels of y that reach the band, tile by tile, and adds each tile while it is in the nearest cache. The
invariant: the order in which an element's terms are added follows from the sizes alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ..dtypes import dtype
from ..runtime.compile import Kernel
from ..runtime.execute import Pointer, Task
from . import frame, registers
from .builder import Builder, Value, Values, vector
from .frame import Words, ceil_div
from .indices import following
from .microkernel import Sum, Tile, multiply
from .product import Factor
from .targets import BY_NAME, Target
from .tiling import first_lanes

CAPACITY = 32768  # bytes of products that are made before they are added: they stay in the nearest cache
MOST_PIXELS = 256  # of y, whose products are made together
ITEMS = 16  # wanted of a fold
BAND = 4  # at least as often as taps reach out of it is a band high

Pair = tuple[int, int]


@dataclass(frozen=True)
class Fold:
    """x[n, i, j, c] = sum of y[n, oh, ow, o] * w[o, kh, kw, c] where i is oh * stride - padding + kh * dilation.

    y: dense (images, *size, groups * depth).  w: packed, its columns (kh, kw, channels) of a group.
    x: dense (images, *new_size, groups * channels), of the dtype that `dtype` is computed in.
    """

    dtype: dtype
    images: int
    groups: int
    depth: int
    channels: int
    size: Pair
    new_size: Pair
    taps: Pair
    stride: Pair
    padding: Pair
    dilation: Pair
    y: Pointer
    w: Factor
    x: Pointer

    @property
    def columns(self) -> int:
        """Products of a pixel."""
        return self.taps[0] * self.taps[1] * self.channels

    @property
    def run(self) -> int:
        """Products that are neighbours in x: a row of taps where all channels of neighbouring pixels meet."""
        merged = self.dilation[1] == 1 and self.groups == 1
        return self.channels * (self.taps[1] if merged else 1)


FIELDS = dict.fromkeys(("y", "w", "x"), "ptr") | dict.fromkeys(
    ("images", "images_each", "bands", "band", "groups", "depth", "high", "wide", "new_high", "new_row", "strip",
     "columns", "columns_each", "w.batch", "w.block", "pixel", "channels", "run", "runs_wide", "run_step",
     "tap_step", "reach", "stride", "padding", "place", "place_step", "sweeps"), "i64"
)  # fmt: skip


def fold_task(target: Target, tile: Tile, fold: Fold) -> Task:
    """The task that computes a Fold."""
    f = fold
    reach = (f.taps[0] - 1) * f.dilation[0]
    bands = min(ceil_div(ITEMS, max(f.images, 1)), max(f.new_size[0] // (BAND * max(reach, 1)), 1))
    band = ceil_div(f.new_size[0], bands)
    bands = ceil_div(f.new_size[0], band)
    images_each = max(f.images // ITEMS, 1) if bands == 1 else 1
    if f.size[0] * f.size[1] >= 8 * tile.rows:
        images_each = 1
    width = f.groups * f.channels
    touched = ceil_div(f.run, tile.lanes) * tile.lanes
    fitting = CAPACITY // registers.computed(f.dtype).itemsize
    columns = min(ceil_div(f.columns, tile.columns), fitting // (tile.rows * tile.columns)) * tile.columns
    strip = min(fitting // columns, MOST_PIXELS) // tile.rows * tile.rows
    values = {
        "y": f.y, "w": f.w.pointer, "x": f.x, "images": f.images, "images_each": images_each, "bands": bands,
        "band": band, "groups": f.groups, "depth": f.depth, "high": f.size[0], "wide": f.size[1],
        "new_high": f.new_size[0], "new_row": f.new_size[1] * width, "strip": strip, "columns": f.columns,
        "columns_each": columns, "w.batch": f.w.batch, "w.block": f.w.place[0], "pixel": f.groups * f.depth,
        "channels": f.channels, "run": f.run, "runs_wide": f.taps[1] * f.channels // f.run,
        "run_step": f.dilation[1] * width, "tap_step": f.dilation[0], "reach": reach, "stride": f.stride[0],
        "padding": f.padding[0], "place": -f.padding[1] * width, "place_step": f.stride[1] * width,
        "sweeps": ceil_div(touched, f.stride[1] * width),
    }  # fmt: skip
    kernel = _kernel(Structure(f.dtype, tile, target.name))
    return Task(kernel, frame.fill(FIELDS, values), ceil_div(f.images, images_each) * bands)


@dataclass(frozen=True)
class Structure:
    """What is compiled into a kernel."""

    dtype: dtype
    tile: Tile
    target: str


@cache
def _kernel(structure: Structure) -> Kernel:
    def item(b: Builder, words: Words, number: Value) -> None:
        Writer(b, structure, words).item(number)

    return Kernel(("fold", structure), lambda: frame.write(FIELDS, item, BY_NAME[structure.target]))


@dataclass(frozen=True)
class Band:
    """Rows first..last - 1 of x, of the images from one on; the pixels of y that reach them: how many (images, rows,
    columns), and their first row."""

    image: Value
    first: Value
    last: Value
    sizes: Values
    above: Value


@dataclass(frozen=True)
class Run:
    """Products that are neighbours in x: how many, all before the last vector, the mask of that; and how many places
    there are in a row of x from which all of their vectors fit in."""

    length: Value
    whole: Value
    mask: Value | None
    places: Value


class Writer:
    """Writes the kernel of a Structure."""

    def __init__(self, b: Builder, structure: Structure, words: Words):
        self.b, self.s, self.words, self.tile = b, structure, words, structure.tile
        self.element, self.sums = registers.memory_type(structure.dtype), registers.computed(structure.dtype)
        self.sum = registers.memory_type(self.sums)
        self.products = b.alloca(self.sum, CAPACITY // self.sums.itemsize)
        # Of each pixel: where it stands in y, and where its first tap does in x: offset, row, and place in the row.
        self.pixels = {name: b.alloca("i64", MOST_PIXELS) for name in ("y", "x", "row", "place")}

    def item(self, number: Value) -> None:
        """One band: pixels by strips, their products by parts that fit in the cache."""
        b, words = self.b, self.words
        band = self.band(number)
        self.clear(band)
        count = b.mul(b.mul(band.sizes[0], band.sizes[1]), band.sizes[2])
        with b.loop(0, count, words["strip"], hint="strip") as strip:
            pixels = b.min(b.sub(count, strip.index), words["strip"])
            self.find(band, strip.index, pixels)
            each = words["columns_each"]
            with b.loop(0, words["groups"], hint="group") as group, b.loop(0, words["columns"], each) as part:
                last = b.min(b.add(part.index, each), words["columns"])
                self.multiply(group.index, part.index, last, pixels)
                self.add(band, group.index, part.index, last, pixels)

    def band(self, number: Value) -> Band:
        b, words = self.b, self.words
        chunk, place = frame.digits(b, number, [b.const(0), words["bands"]])
        image, last_image = frame.block_bounds(b, chunk, words["images_each"], words["images"])
        first, last = frame.block_bounds(b, place, words["band"], words["new_high"])
        below = b.max(b.add(first, b.sub(words["padding"], words["reach"])), 0)
        above = b.udiv(b.add(below, b.sub(words["stride"], 1)), words["stride"])
        end = b.min(b.add(b.udiv(b.sub(b.add(last, words["padding"]), 1), words["stride"]), 1), words["high"])
        sizes = [b.sub(last_image, image), b.max(b.sub(end, above), 0), words["wide"]]
        return Band(image, first, last, sizes, above)

    def clear(self, band: Band) -> None:
        """Writes zeros; a band of several images is all their rows."""
        b, words = self.b, self.words
        start = b.mul(b.add(b.mul(band.image, words["new_high"]), band.first), words["new_row"])
        rows = b.mul(b.sub(band.last, band.first), band.sizes[0])
        count, lanes = b.mul(rows, words["new_row"]), b.target.lanes(self.sums)
        zero = b.const(0, vector(registers.register_type(self.sums), lanes))
        with b.loop(0, count, lanes, hint="clear") as at:
            mask = first_lanes(b, b.sub(count, at.index), lanes)
            registers.store(b, self.sums, zero, b.gep(words["x"], b.add(start, at.index), self.sum), mask)

    def find(self, band: Band, start: Value, count: Value) -> None:
        """Notes where pixels stand, and their first taps; those that fill up the last tile are the last one again."""
        b, words = self.b, self.words
        rounded = b.mul(ceil_div_value(b, count, b.const(self.tile.rows)), self.tile.rows)
        with b.loop(0, rounded, carried=frame.digits(b, start, band.sizes), hint="pixel") as at:
            index = at.carried
            image, row = b.add(band.image, index[0]), b.add(band.above, index[1])
            pixel = b.add(b.mul(b.add(b.mul(image, words["high"]), row), words["wide"]), index[2])
            top = b.sub(b.mul(row, words["stride"]), words["padding"])
            place = b.add(b.mul(index[2], words["place_step"]), words["place"])
            first = b.add(b.mul(b.add(b.mul(image, words["new_high"]), top), words["new_row"]), place)
            for name, value in {"y": b.mul(pixel, words["pixel"]), "x": first, "row": top, "place": place}.items():
                b.store(value, b.gep(self.pixels[name], at.index, "i64"))
            exists = b.icmp("slt", b.add(at.index, 1), count)
            at.next([b.select(exists, new, old) for new, old in zip(following(b, index, band.sizes), index)])

    def found(self, name: str, pixel: Value) -> Value:
        return self.b.load("i64", self.b.gep(self.pixels[name], pixel, "i64"))

    def multiply(self, group: Value, first: Value, last: Value, count: Value) -> None:
        """The products of the noted pixels with columns first..last - 1, and those up to the end of a tile."""
        b, words, tile = self.b, self.words, self.tile
        y = b.gep(words["y"], b.mul(group, words["depth"]), self.element)
        w = b.gep(words["w"], b.mul(group, words["w.batch"]), self.element)
        zero, one = b.const(0), b.const(1)
        total = Sum([one, one, words["depth"]], [zero, zero, one], [zero, zero, b.const(tile.columns)])
        with b.loop(first, last, tile.columns, hint="block") as block:
            at = b.gep(w, b.mul(b.udiv(block.index, tile.columns), words["w.block"]), self.element)
            with b.loop(0, count, tile.rows, hint="tile") as tiles:
                pixels = [b.add(tiles.index, i) for i in range(tile.rows)]
                rows = [b.gep(y, self.found("y", pixel), self.element) for pixel in pixels]
                sums = multiply(b, self.s.dtype, tile, total, lambda *_: (rows, zero), at, [])
                to = self.product(tiles.index, b.sub(block.index, first))
                for i in range(tile.rows):
                    row = b.gep(to, b.mul(words["columns_each"], i), self.sum)
                    for j, value in enumerate(sums[i * tile.vectors : (i + 1) * tile.vectors]):
                        b.store(value, b.gep(row, j * tile.lanes, self.sum))

    def product(self, pixel: Value, column: Value) -> Value:
        """Where a product stands."""
        place = self.b.add(self.b.mul(pixel, self.words["columns_each"]), column)
        return self.b.gep(self.products, place, self.sum)

    def add(self, band: Band, group: Value, first: Value, last: Value, count: Value) -> None:
        """Adds columns first..last - 1 run by run. Neighbouring pixels reach the same places of x, which cannot be read
        quickly right after they were written: each sweep takes pixels whose vectors do not touch."""
        b, words = self.b, self.words
        x = b.gep(words["x"], b.mul(group, words["channels"]), self.sum)
        with b.loop(b.udiv(first, words["run"]), ceil_div_value(b, last, words["run"]), hint="run") as number:
            tap, wide = frame.digits(b, number.index, [b.const(0), words["runs_wide"]])
            column = b.mul(number.index, words["run"])
            start, stop = b.max(first, column), b.min(last, b.add(column, words["run"]))
            down, right = b.mul(tap, words["tap_step"]), b.add(b.mul(wide, words["run_step"]), b.sub(start, column))
            run = self.run(b.sub(stop, start))
            to = b.gep(x, b.add(b.mul(down, words["new_row"]), right), self.sum)
            first_row = b.sub(band.first, down)
            sweeps = words["sweeps"]
            with b.loop(0, sweeps, hint="sweep") as sweep, b.loop(sweep.index, count, sweeps, hint="pixel") as pixel:
                row = b.sub(self.found("row", pixel.index), first_row)
                with b.if_(b.icmp("ult", row, b.sub(band.last, band.first))):
                    here = b.gep(to, self.found("x", pixel.index), self.sum)
                    product = self.product(pixel.index, b.sub(start, first))
                    self.add_run(run, here, product, b.add(self.found("place", pixel.index), right))

    def run(self, length: Value) -> Run:
        b, lanes = self.b, self.tile.lanes
        whole = b.mul(b.udiv(b.sub(length, 1), lanes), lanes)
        mask = first_lanes(b, b.sub(length, whole), lanes) if lanes > 1 else None
        places = b.max(b.sub(self.words["new_row"], b.add(whole, lanes - 1)), 0)
        return Run(length, whole, mask, places)

    def add_run(self, run: Run, to: Value, products: Value, place: Value) -> None:
        """Adds a run of products to a row of x from `place` on, as far as that reaches."""
        b, lanes = self.b, self.tile.lanes

        def add(at: Value, mask: Value | None, to_mask: Value | None) -> None:
            term = registers.load(b, self.sums, b.gep(products, at, self.sum), lanes, mask)
            here = b.gep(to, at, self.sum)
            earlier = registers.load(b, self.sums, here, lanes, to_mask)
            registers.store(b, self.sums, b.add(earlier, term), here, to_mask)

        def inside() -> None:
            with b.loop(0, run.whole, lanes, hint="add") as at:
                add(at.index, None, None)
            # Zeros are added behind the run: faster than a masked store.
            add(run.whole, run.mask, None)

        def clipped() -> None:
            stop = b.min(run.length, b.sub(self.words["new_row"], place))
            with b.loop(b.max(b.sub(0, place), 0), stop, lanes, hint="clipped") as at:
                mask = first_lanes(b, b.sub(stop, at.index), lanes) if lanes > 1 else None
                add(at.index, mask, mask)

        b.if_else(b.icmp("ult", place, run.places), inside, clipped)


def ceil_div_value(b: Builder, value: Value, by: Value) -> Value:
    """value / by rounded up."""
    return b.udiv(b.add(value, b.sub(by, 1)), by)
