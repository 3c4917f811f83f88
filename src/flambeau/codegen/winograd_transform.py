"""The transforms of Winograd's convolution F(2x2, 3x3), and the patches of images that they are applied to.

With B, G and A below, the 2x2 results of a 3x3 filter g over a 4x4 patch d are A' [(G g G') * (B' d B)] A, where * is
element by element: 16 multiplications instead of 36 (Lavin and Gray, "Fast Algorithms for Convolutional Neural
Networks"). Summed over channels, each of the 16 elements is a matrix product of its own. The gradient of the filter is
G' [(B' d B) * (A y A')] G, summed over patches. A result is made of those pixels alone that the filter covers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import frame
from .builder import Builder, Operand, Value, Values, element_of, lanes_of
from .frame import Words

Coefficients = Sequence[Sequence[float]]  # of a linear map: one row for each result

PATCH, RESULT, FILTER = 4, 2, 3  # width of a patch, of its results, of a filter
ELEMENTS = PATCH * PATCH

INPUT: Coefficients = ((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, -1, 0, 1))  # B'
WEIGHT: Coefficients = ((1, 0, 0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0, 0, 1))  # G
OUTPUT: Coefficients = ((1, 1, 1, 0), (0, 1, -1, 1))  # A'
FLIPPED = (3, 1, 2, 0)  # the row of G that, for the filter's taps in reverse order, each row becomes


def transposed(matrix: Coefficients) -> Coefficients:
    """Rows as columns."""
    return tuple(zip(*matrix))


def transform(b: Builder, matrix: Coefficients, values: Values) -> Values:
    """matrix X matrix', for a square X given row by row; so is the result."""
    size, width = len(matrix[0]), len(matrix)
    columns = [_times(b, matrix, values[j::size]) for j in range(size)]  # of matrix X
    rows = [_times(b, matrix, [column[i] for column in columns]) for i in range(width)]
    return [value for row in rows for value in row]


def _times(b: Builder, matrix: Coefficients, values: Values) -> Values:
    return [_combination(b, row, values) for row in matrix]


def _combination(b: Builder, coefficients: Sequence[float], values: Values) -> Value:
    """A linear combination: the positive terms, then the negative ones."""
    terms = sorted(((k, value) for k, value in zip(coefficients, values) if k), key=lambda term: term[0] < 0)
    total: Value | None = None
    for k, value in terms:
        term = value if abs(k) == 1 else b.mul(value, abs(k))
        total = term if total is None else b.add(total, term) if k > 0 else b.sub(total, term)
    assert total is not None and terms[0][0] > 0
    return total


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


def place(b: Builder, words: Words, number: Value) -> tuple[Value, Value, Value]:
    """Image, height and width (in the results) of the patch of a number; `words` has "patches0" and "patches1"."""
    image, high, wide = frame.digits(b, number, [b.const(0), words["patches0"], words["patches1"]])
    return image, b.mul(high, RESULT), b.mul(wide, RESULT)


def pixels(b: Builder, image: Image, at: tuple[Value, Value, Value], element: str) -> Values:
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
        mask = b.first_lanes(b.sub(last, channel.index), lanes)
        here = [b.gep(address, channel.index, element) for address in addresses]
        values = [b.masked_load(type, address, mask) for address in here]
        for k, address in enumerate(here):
            if k % image.width >= image.width - RESULT:  # new in this patch: so it will be in the one after the next
                b.prefetch(b.gep(address, b.mul(image.channels, 2 * RESULT), element))
        for k, value in enumerate(transform(b, matrix, values)):
            offset = b.add(b.mul(step, k), b.sub(channel.index, first))
            b.store(value, b.gep(to, offset, element))
