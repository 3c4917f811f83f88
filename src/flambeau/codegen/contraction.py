"""Matrix products: batches of (m, k) @ (k, n), any strides, with an epilogue.

In: sizes, where the matrices stand, an Epilogue. Out: launches, to be run in order, and the bytes of workspace that
they want. The invariant: the order in which products are added depends on the sizes alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..dtypes import dtype
from ..runtime.execute import Launch, Pointer
from .cut import NOWHERE, Workspace, product_launches, worth_threads
from .epilogue import NOTHING
from .loops import Epilogue
from .microkernel import Tile, tile_for
from .packing import Source, pack_task, packed_bytes
from .product import Factor, Grid, Matrix, Product, Triple
from .targets import Target, host

__all__ = ["Matrix", "matmul_launches"]


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
    workspace: Pointer = NOWHERE,
    target: Target | None = None,
) -> tuple[list[Launch], int]:
    """c = epilogue(a @ b) for every matrix of the batch.

    a: (batch, m, k); b: (batch, k, n); c: (batch, m, n), of the epilogue's dtype.
    operands: where the epilogue's operands 1, 2 ... stand, indexed like c, zero strides for broadcasting; their column
    strides agree with `Access.inner`. An operand may be c itself, but may not overlap it in any other way.
    workspace: 64-byte aligned scratch memory of at least the returned number of bytes; the launches do not depend on it
    otherwise, so a call with any pointer tells the bytes.  target: the processor; the host unless given.
    """
    if not batch * m * n:
        return [], 0
    if batch > 1 and not b.batch_stride and all(_rows_follow(m, x) for x in (a, c, *operands)):
        a, c, *operands = (_as_one(m, x) for x in (a, c, *operands))
        batch, m = 1, batch * m
    if _better_transposed(batch, m, n, k, a, b, c):
        epilogue, operands = _transposed(epilogue, operands)
        a, b, c, m, n = b.transposed(), a.transposed(), c.transposed(), n, m
    target = target or host()
    tile, space, launches = tile_for(target, dtype, m, n), Workspace(workspace), []
    sums = (1, 1, k) if k else (0, 1, 1)
    if _reads_well(target, tile, m, n, b):
        right = Factor(b.pointer, b.offset, b.batch_stride, (tile.columns,), (0, 0, b.row_stride))
    else:
        source = Source(b.pointer, b.offset, b.batch_stride, (0, 0, b.row_stride), b.column_stride)
        right, packing = packed(target, dtype, tile, batch if b.batch_stride else 1, sums, n, source, space)
        launches.append(packing)
    left = Factor(a.pointer, a.offset, a.batch_stride, (0, 0, a.row_stride), (0, 0, a.column_stride))
    product = Product(dtype, batch, (1, 1, m), n, sums, left, right, c, (0, 0, 1))
    result, *grids = [Grid.of(x, (0, 0, 1)) for x in (c, *operands)]
    launches += product_launches(target, tile, product, epilogue, operands, result, grids, space, "matmul")
    return launches, space.bytes


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


def _better_transposed(batch: int, m: int, n: int, k: int, a: Matrix, b: Matrix, c: Matrix) -> bool:
    """Whether (b' @ a')' costs much less copying."""
    straight = _copied(batch, m, n, k, b, c)
    return 2 * _copied(batch, n, m, k, a.transposed(), c.transposed()) < straight


def _copied(batch: int, m: int, n: int, k: int, b: Matrix, c: Matrix) -> int:
    """Elements moved because B or C do not stand in dense rows; a single column does, but has no use for vectors."""
    if n == 1:
        return m
    packed = k * n * (batch if b.batch_stride else 1) if b.column_stride != 1 else 0
    return packed + (2 * batch * m * n if c.column_stride != 1 else 0)


def _reads_well(target: Target, tile: Tile, m: int, n: int, b: Matrix) -> bool:
    """Whether B is read where it stands: its rows are dense, and it is narrow or read few times."""
    if n == 1:
        return True
    whole = target.masks or n % tile.columns == 0
    return whole and b.column_stride == 1 and (n <= tile.columns or m <= 8 * tile.rows)


def packed(
    target: Target, of: dtype, tile: Tile, batch: int, sums: Triple, n: int, source: Source, space: Workspace
) -> tuple[Factor, Launch]:
    """A packed B, and the launch that packs it."""
    to = space.take(packed_bytes(of, tile, batch, sums, n))
    task = pack_task(target, of, tile, batch, sums, n, source, to)
    count, width = sums[0] * sums[1] * sums[2], tile.columns
    stride = -(-n // width) * width * count if source.batch else 0
    factor = Factor(to, 0, stride, (count * width,), (sums[1] * sums[2] * width, sums[2] * width, width), True)
    moved = 2 * batch * count * n * of.itemsize
    return factor, Launch([task], "pack", moved, 0, worth_threads(moved, 0))
