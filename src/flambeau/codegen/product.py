"""Products of two strided arrays, as data.

A Product is a batch of matrices whose rows are numbered by three indices (image, height, width) and whose elements are
sums over three indices (tap row, tap column, channel). Matrix products, convolutions and their gradients differ in
sizes and strides alone. `tiling.py` makes tasks of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..dtypes import dtype
from ..runtime.execute import Pointer

Triple = tuple[int, int, int]


@dataclass(frozen=True)
class Matrix:
    """Where matrices stand, in elements after the pointer: (batch, i, j) is at
    offset + batch * batch_stride + i * row_stride + j * column_stride.

    Strides may be negative, those of operands zero.
    """

    pointer: Pointer
    offset: int = 0
    batch_stride: int = 0
    row_stride: int = 0
    column_stride: int = 1

    def transposed(self) -> Matrix:
        """Rows as columns."""
        return Matrix(self.pointer, self.offset, self.batch_stride, self.column_stride, self.row_stride)

    @property
    def inner(self) -> int | None:
        """The column stride as `Access.inner` tells it."""
        return self.column_stride if self.column_stride in (0, 1) else None


@dataclass(frozen=True)
class Grid:
    """Where the elements of a result, or of an operand, stand: strides along the three row indices and the columns."""

    pointer: Pointer
    offset: int
    batch: int
    rows: Triple
    column: int

    @classmethod
    def of(cls, matrix: Matrix, numbering: Triple) -> Grid:
        """A matrix, the number of whose row is sum(row index * numbering)."""
        rows = tuple(step * matrix.row_stride for step in numbering)
        return cls(matrix.pointer, matrix.offset, matrix.batch_stride, rows, matrix.column_stride)

    def order(self) -> Triple:
        """The row indices, those first that step farthest."""
        first, second, third = sorted(range(3), key=lambda d: -abs(self.rows[d]))
        return first, second, third

    def reordered(self, order: Triple) -> Grid:
        """The grid of rows whose indices are in another order."""
        first, second, third = (self.rows[d] for d in order)
        return replace(self, rows=(first, second, third))


@dataclass(frozen=True)
class Factor:
    """Where A or B stands; all strides in elements.

    place: strides along the row indices (A), or from one block of columns to the next (B; the columns of a block are
    neighbours).  sums: strides along the summed indices.  padded: all columns of the last block can be read (B).
    column: stride from column to column (B); if it is not 1, the last summed index must walk over neighbours, and
    blocks are copied while the product is computed.
    """

    pointer: Pointer
    offset: int
    batch: int
    place: tuple[int, ...]
    sums: Triple
    padded: bool = False
    column: int = 1


@dataclass(frozen=True)
class Image:
    """For an A that is zero outside an image: where in it a factor stands, as pairs of (height, width).

    along: what numbers the pixels. "rows": the last two row indices; taps are the first two summed indices. "sums": the
    last two summed indices, which are narrowed to pixels inside; taps are the first two row indices. "windows": as
    "rows", but taps are narrowed, for tiles of neighbours that meet the same ones. "pixels": the first two row indices,
    for tiles of one pixel of many images; taps are the first two summed indices, which are narrowed.
    origin, row_step, sum_step: the place is origin + row index * row_step + summed index * sum_step.
    zeros: along rows, memory that holds zeros, as much as the last summed index walks over.
    """

    along: str
    size: tuple[int, int]
    origin: tuple[int, int]
    row_step: tuple[int, int]
    sum_step: tuple[int, int]
    zeros: Pointer | None = None


@dataclass(frozen=True)
class Product:
    """C[batch, i, j] = sum over k of A[batch, i, k] * B[batch, k, j]; the row number of i in C is sum(i * numbering).

    c: None where the result does not stand in dense rows.  group: A has columns too, neighbours in memory as B's, and
    so many (a of A, c of C) belong together: C[batch, i, j] = sum over k and q < a of
    A[batch, i, k, j // c * a + q] * B[batch, k, q, j].
    """

    dtype: dtype
    batch: int
    rows: Triple
    columns: int
    sums: Triple
    a: Factor
    b: Factor
    c: Matrix | None
    numbering: Triple
    image: Image | None = None
    group: tuple[int, int] | None = None

    @property
    def row_count(self) -> int:
        """Rows of one matrix."""
        return self.rows[0] * self.rows[1] * self.rows[2]

    @property
    def sum_count(self) -> int:
        """Products that are added for each element."""
        return self.sums[0] * self.sums[1] * self.sums[2]


@dataclass(frozen=True)
class Cut:
    """How a Product is cut: rows in a chunk, summed indices in a stage, stages in each of the pieces; C's pieces lie
    `piece_stride` elements apart."""

    chunk: int
    stage: Triple
    stages_per_piece: int
    pieces: int
    piece_stride: int = 0


def advance(pointer: Pointer, bytes: int) -> Pointer:
    """The pointer some bytes on."""
    return Pointer(pointer.slot, pointer.offset + bytes)
