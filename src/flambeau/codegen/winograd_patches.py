"""The patches of images that Winograd's convolution transforms: how many, where their pixels stand, where they go.

In: sizes. Out: for the kernels' generators, words that both have and the code that transforms a patch. Patch i meets
the 2x2 results i of the images, counted in rows of patches; where sizes are odd, the last ones reach over the edge.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..runtime.execute import Pointer
from . import frame
from .builder import Builder, Operand, Value, Values, element_of, lanes_of
from .frame import Words, ceil_div
from .winograd_transform import RESULT, Coefficients, transform

Pair = tuple[int, int]
Place = tuple[Value, Value, Value]

SHIFT = 16  # elements that matrices lie apart beyond their size, so that their rows do not meet in the cache


@dataclass(frozen=True)
class Patches:
    """A convolution of n images of a size with `channels` into images of a result size with `columns`.

    padding: zeros before the first pixels; negative where these are not looked at.
    """

    n: int
    channels: int
    columns: int
    size: Pair
    result_size: Pair
    padding: Pair

    @property
    def high(self) -> int:
        """Rows of patches in an image."""
        return ceil_div(self.result_size[0], RESULT)

    @property
    def wide(self) -> int:
        """Patches in a row."""
        return ceil_div(self.result_size[1], RESULT)

    @property
    def count(self) -> int:
        """All patches."""
        return self.n * self.high * self.wide

    @property
    def words(self) -> dict[str, int]:
        """What kernels need to know of them."""
        return {
            "high": self.high, "wide": self.wide, "patches": self.count,
            "channels": self.channels, "columns": self.columns,
            "size0": self.size[0], "size1": self.size[1], "origin0": -self.padding[0], "origin1": -self.padding[1],
            "result_size0": self.result_size[0], "result_size1": self.result_size[1],
        }  # fmt: skip


@dataclass(frozen=True)
class Scratch:
    """Zeros, as many as channels; the locks (all 0) of a number of parts; the parts."""

    zeros: Pointer
    locks: Pointer
    parts: Pointer
    part_count: int

    @property
    def words(self) -> dict[str, int | Pointer]:
        """What kernels need to know of it."""
        return {"zeros": self.zeros, "locks": self.locks, "parts": self.parts, "part_count": self.part_count}


POINTERS = ("zeros", "locks", "parts")
SIZES = ("part_count", *Patches(0, 0, 0, (0, 0), (0, 0), (0, 0)).words)


@dataclass(frozen=True)
class Image:
    """An image in a kernel, and the patches of it that are transformed.

    address, size, channels: of the image.  zeros: the address of as many zeros as there are channels.  origin: height
    and width of the first patch.  width: pixels of a patch in both directions.
    """

    address: Value
    size: tuple[Value, Value]
    channels: Value
    zeros: Value
    origin: tuple[Operand, Operand]
    width: int


def place(b: Builder, words: Words, number: Value) -> Place:
    """Image, height and width (in the results) of the patch of a number."""
    image, high, wide = frame.digits(b, number, [b.const(0), words["high"], words["wide"]])
    return image, b.mul(high, RESULT), b.mul(wide, RESULT)


def pixels(b: Builder, image: Image, at: Place, element: str) -> Values:
    """Addresses of the first channel of a patch's pixels; of zeros for those outside the image."""
    number, *corner = at
    rows, columns = (
        [b.add(b.add(start, before), k) for k in range(image.width)] for start, before in zip(corner, image.origin)
    )
    inside = [[b.icmp("ult", k, size) for k in axis] for axis, size in zip((rows, columns), image.size)]
    high, wide = image.size
    addresses = []
    for row, row_inside in zip(rows, inside[0]):
        start = b.mul(b.add(b.mul(number, high), row), wide)
        for column, column_inside in zip(columns, inside[1]):
            there = b.gep(image.address, b.mul(b.add(start, column), image.channels), element)
            addresses.append(b.select(b.and_(row_inside, column_inside), there, image.zeros))
    return addresses


def transform_patch(
    b: Builder, matrix: Coefficients, image: Image, addresses: Values, channels: tuple[Value, Value], to: Value,
    step: Value, type: str,
) -> None:  # fmt: skip
    """Stores the 16 elements of a transformed patch `step` apart, for some channels (first, and past the last).

    type: of a vector. Channels are filled up with zeros to whole vectors.
    """
    lanes, element = lanes_of(type), element_of(type)
    first, last = channels
    with b.loop(first, last, lanes, hint="channel") as channel:
        here = [b.gep(address, channel.index, element) for address in addresses]
        values = _read(b, type, here, b.sub(last, channel.index))
        for k, address in enumerate(here):
            if k % image.width >= image.width - RESULT:  # new in this patch: so it will be in the one after the next
                b.prefetch(b.gep(address, b.mul(image.channels, 2 * RESULT), element))
        for k, value in enumerate(transform(b, matrix, values)):
            offset = b.add(b.mul(step, k), b.sub(channel.index, first))
            b.store(value, b.gep(to, offset, element))


def _read(b: Builder, type: str, addresses: Values, left: Value) -> Values:
    """The elements at some addresses that are left, and zeros."""

    def masked() -> Values:
        mask = b.first_lanes(left, lanes_of(type))
        return [b.masked_load(type, address, mask) for address in addresses]

    if b.target.masks:
        return masked()
    whole = b.icmp("sge", left, lanes_of(type))
    return b.if_else(whole, lambda: [b.load(type, address) for address in addresses], masked)
