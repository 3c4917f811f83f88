"""Products of two matrices, one of which is a vector: sums over the other one, read once as it lies in memory.

Which way a matrix lies is what the tensor's strides say, so that the order of the sums is the same wherever it runs.
"""

from __future__ import annotations

from collections.abc import Sequence

from .. import dtypes, ir
from ..ir import Node

LARGE = 1 << 16  # elements of a matrix whose rows are summed
HUGE = 1 << 21  # of one whose columns are: it comes from memory, and all columns are walked side by side
COLUMNS = 512


def product(a: Node, b: Node, strides: Sequence[Sequence[int]], dtype: dtypes.dtype | None = None) -> Node:
    """a @ b of matrices. strides: of the tensors that they are; dtype: of the sums, the matrices' unless given."""
    rows, columns = a.shape[0], b.shape[1]
    if rows == 1 != columns:
        total = _sums(b.permute((1, 0)), strides[1][::-1], a)
    elif columns == 1 != rows:
        total = _sums(a, strides[0], b)
    else:
        total = None
    return ir.matmul(a, b, dtype) if total is None else total.reshape((rows, columns))


def _sums(matrix: Node, strides: Sequence[int], vector: Node) -> Node | None:
    """The matrix times a vector; None where another kernel is as good."""
    kept, summed = matrix.shape
    if matrix.dtype not in (dtypes.float32, dtypes.float64):
        return None
    if strides[1] == 1 and matrix.size >= LARGE:
        return ir.reduce("sum", matrix * ir.broadcast(vector.reshape((1, summed)), matrix.shape), (1,))
    if strides[0] == 1 and matrix.size >= HUGE and kept >= COLUMNS:
        turned = matrix.permute((1, 0))
        return ir.reduce("sum", turned * ir.broadcast(vector.reshape((summed, 1)), turned.shape), (0,))
    return None
