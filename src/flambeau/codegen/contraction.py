"""Matrix products: batches of (m, k) @ (k, n), any strides, with an epilogue.

In: sizes, where the matrices stand, an Epilogue, a Workspace. Out: launches, to be run in order. The invariant: the
order in which products are added depends on the sizes alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..dtypes import dtype
from ..runtime.execute import Launch
from . import registers
from .cut import Workspace, product_launches, side_by_side, worth_threads
from .epilogue import NOTHING
from .loops import Epilogue
from .microkernel import Tile, steps, tile_for
from .packing import LARGEST_SQUARE, Source, pack_task, packed_bytes
from .pairing import GROUPS, can_pair, paired
from .product import Factor, Grid, Matrix, Product, Triple
from .targets import Target, host
from .tiling import TURNED_ROWS

__all__ = ["Matrix", "matmul_launches"]

FEW_ROWS, WIDE = 4, (12, 6)  # rows for which tiles are wide; vectors of a tile of one row, and of more
MANY_ROWS = 128  # for more, B is not copied again for every chunk
CACHE_BYTES = 8 << 20  # beyond which B comes from memory
SMALL_BYTES = 256 << 10  # of a B that stays in the second-level cache
SMALL_PITCH = 1 << 10  # from row to row of such a B
SQUARE, GATHER, SCATTER = 0.3, 3, 4  # cycles of an element that is turned around in a square, gathered, scattered
PANEL = Tile(1, 1, 16)  # rows of A that are dealt out side by side
SET_PITCH = 4 << 10  # bytes: so far apart, all lines fall into one set of the nearest cache
LONG_SUM = 256  # as many such lines the second-level cache holds
LAUNCH = 5000  # cycles of another launch


def matmul_launches(
    dtype: dtype,
    batch: int,
    m: int,
    n: int,
    k: int,
    a: Matrix,
    b: Matrix,
    c: Matrix,
    epilogue: Epilogue = NOTHING,
    operands: Sequence[Matrix] = (),
    space: Workspace | None = None,
    target: Target | None = None,
) -> list[Launch]:
    """c = epilogue(a @ b) for every matrix of the batch; the results of bfloat16 matrices are float32.

    a: (batch, m, k); b: (batch, k, n); c: (batch, m, n), of the epilogue's dtype.
    operands: where the epilogue's operands 1, 2 ... stand, indexed like c, zero strides for broadcasting; their column
    strides agree with `Access.inner`. An operand may be c itself, but may not overlap it in any other way.
    space: 64-byte aligned scratch memory; how much is needed does not depend on where it is, so a call without any
    tells the bytes.  target: the processor; the host unless given.
    """
    space = space or Workspace()
    if not batch * m * n:
        return []
    target = target or host()
    if can_pair(target, dtype, k):
        several, count = GROUPS[dtype]
        a, copying_a = paired(target, dtype, batch, k, m, a.transposed(), space)
        b, copying_b = paired(target, dtype, batch, k, n, b, space)
        products = matmul_launches(
            several, batch, m, n, k // count, a.transposed(), b, c, epilogue, operands, space, target
        )
        return side_by_side([copying_a, copying_b]) + products
    if batch > 1 and not b.batch_stride and all(_rows_follow(m, x) for x in (a, c, *operands)):
        a, c, *operands = (_as_one(m, x) for x in (a, c, *operands))
        batch, m = 1, batch * m
    shapes = Shape(target, dtype, m, n, k), Shape(target, dtype, n, m, k)
    if shapes[1].cost(a.transposed(), c.transposed()) < shapes[0].cost(b, c):
        epilogue, operands = _transposed(epilogue, operands)
        a, b, c, m, n = b.transposed(), a.transposed(), c.transposed(), n, m
        shapes, dtype = shapes[::-1], registers.TRANSPOSED.get(dtype, dtype)
    shape, launches = shapes[0], []
    tile, sums = shape.tile(b), (1, 1, k) if k else (0, 1, 1)
    if shape.reads_well(tile, b):
        right = Factor(b.pointer, b.offset, b.batch_stride, (tile.columns,), (0, 0, b.row_stride))
    elif shape.copies(tile, b):
        place = (tile.columns * b.column_stride,)
        right = Factor(b.pointer, b.offset, b.batch_stride, place, (0, 0, b.row_stride), True, b.column_stride)
    else:
        source = Source(b.pointer, b.offset, b.batch_stride, (0, 0, b.row_stride), b.column_stride)
        right, packing = packed(target, dtype, tile, batch if b.batch_stride else 1, sums, n, source, space)
        launches.append(packing)
    if shape.deals_out(tile, a):
        rows, numbering = (1, m // PANEL.columns, PANEL.columns), (0, PANEL.columns, 1)
        source = Source(a.pointer, a.offset, a.batch_stride, (0, 0, a.column_stride), a.row_stride)
        panels, packing = packed(target, dtype, PANEL, batch if a.batch_stride else 1, sums, m, source, space)
        left = replace(panels, place=(0, *panels.place, 1))
        launches = side_by_side([launches, [packing]])
    else:
        rows, numbering = (1, 1, m), (0, 0, 1)
        left = Factor(a.pointer, a.offset, a.batch_stride, (0, 0, a.row_stride), (0, 0, a.column_stride))
    product = Product(dtype, batch, rows, n, sums, left, right, c, numbering)
    result, *grids = [Grid.of(x, numbering) for x in (c, *operands)]
    return launches + product_launches(target, tile, product, epilogue, operands, result, grids, space, "matmul")


def _rows_follow(m: int, matrix: Matrix) -> bool:
    """Whether the rows of all matrices of a batch are the rows of one matrix."""
    return m == 1 or matrix.batch_stride == m * matrix.row_stride


def _as_one(m: int, matrix: Matrix) -> Matrix:
    """That one matrix."""
    return replace(matrix, batch_stride=0, row_stride=matrix.batch_stride if m == 1 else matrix.row_stride)


def _transposed(epilogue: Epilogue, operands: Sequence[Matrix]) -> tuple[Epilogue, list[Matrix]]:
    """The epilogue of the transposed result."""
    operands = [operand.transposed() for operand in operands]
    accesses = tuple(replace(access, inner=operand.inner) for access, operand in zip(epilogue.operands, operands))
    return replace(epilogue, operands=accesses), operands


@dataclass(frozen=True)
class Shape:
    """Sizes of a product, by which it is decided how B is read."""

    target: Target
    dtype: dtype
    m: int
    n: int
    k: int

    @property
    def lanes(self) -> int:
        """Columns of a vector."""
        return self.target.lanes(self.dtype) if self.n > 1 else 1

    def tile(self, b: Matrix) -> Tile:
        """The tile; where few rows meet a large B with dense rows it is wide, for long runs of memory."""
        if self.m <= TURNED_ROWS and b.row_stride == 1 != b.column_stride and 1 < self.lanes <= LARGEST_SQUARE:
            return Tile(self.m, 1, self.lanes)
        few = b.column_stride == 1 and self.m <= FEW_ROWS and self.k * self.n * self.dtype.itemsize > CACHE_BYTES
        return tile_for(self.target, self.dtype, self.m, self.n, *([WIDE[self.m > 1]] if few else []))

    def reads_well(self, tile: Tile, b: Matrix) -> bool:
        """Whether B is read where it stands: its rows are dense, and it is narrow, small, or read few times."""
        if self.n == 1:
            return True
        whole = self.target.masks or self.n % tile.columns == 0
        small = self.n <= tile.columns or self.m <= 8 * tile.rows
        pitch = abs(b.row_stride) * self.dtype.itemsize
        small = small or (pitch <= SMALL_PITCH and self.k * pitch <= SMALL_BYTES)
        return whole and b.column_stride == 1 and small

    def copies(self, tile: Tile, b: Matrix) -> bool:
        """Whether the columns of B are copied while the product is computed."""
        return b.row_stride == 1 and 1 < tile.lanes <= LARGEST_SQUARE and 0 < self.m <= MANY_ROWS and self.k > 0

    def deals_out(self, tile: Tile, a: Matrix) -> bool:
        """Whether A is copied in panels of rows: its rows are neighbours (it is transposed), each one's factors evict
        each other from the cache, and they are read often enough."""
        pitch = abs(a.column_stride) * self.dtype.itemsize
        far = a.row_stride == 1 and pitch > 0 and pitch % SET_PITCH == 0
        return far and self.m % PANEL.columns == 0 and self.n >= 2 * tile.columns and self.k > LONG_SUM

    def cost(self, b: Matrix, c: Matrix) -> float:
        """About how many cycles it takes: multiply-adds, and what is copied because B or C has no dense rows."""
        tile = self.tile(b)
        cycles = steps(tile, self.m, self.n) * self.k
        if self.n == 1:
            return cycles
        if b.column_stride != 1:
            cycles += self.k * self.n * (SQUARE if b.row_stride == 1 else GATHER)
        return cycles + (self.m * self.n * SCATTER + LAUNCH if c.column_stride != 1 else 0)


def packed(
    target: Target, of: dtype, tile: Tile, batch: int, sums: Triple, n: int, source: Source, space: Workspace
) -> tuple[Factor, Launch]:
    """A packed B, and the launch that packs it: an empty one where the product before has done so."""
    copy = of, tile, batch, sums, n, source
    if copy in space.earlier:
        space.copies[copy] = space.earlier[copy]
        return space.earlier[copy], Launch([], "pack")
    to = space.take(packed_bytes(of, tile, batch, sums, n))
    task = pack_task(target, of, tile, batch, sums, n, source, to)
    count, width = sums[0] * sums[1] * sums[2], tile.columns
    stride = -(-n // width) * width * count if source.batch else 0
    factor = Factor(to, 0, stride, (count * width,), (sums[1] * sums[2] * width, sums[2] * width, width), True)
    space.copies[copy] = factor
    moved = 2 * batch * count * n * of.itemsize
    return factor, Launch([task], "pack", moved, 0, worth_threads(moved, 0))
