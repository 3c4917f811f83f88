"""Products of sparse matrices with dense ones, and sums over dimensions."""

from __future__ import annotations

from .. import Tensor, zeros
from .construct import to_sparse
from .coo import SparseTensor


def mm(mat1: Tensor, mat2: Tensor, reduce: str | None = None) -> Tensor:
    """The product of a sparse matrix with a dense one (dense), or with a sparse one (sparse). Gradients flow to both.

    Raises RuntimeError where sizes do not fit.
    """
    if not isinstance(mat1, SparseTensor):
        return mat1 @ mat2
    return to_sparse(_times(mat1, mat2.to_dense())) if isinstance(mat2, SparseTensor) else _times(mat1, mat2)


def matmul(sparse: SparseTensor, other: Tensor) -> Tensor:
    """sparse @ other, for a matrix or a vector."""
    return mm(sparse, other) if other.dim() != 1 else _times(sparse, other.unsqueeze(1)).squeeze(1)


def _times(sparse: SparseTensor, dense: Tensor) -> Tensor:
    if sparse.dim() != 2 or dense.dim() != 2 or sparse.sparse_dim() != 2:
        raise RuntimeError(f"mm: expected two matrices, but got tensors of {sparse.dim()} and {dense.dim()} dimensions")
    if sparse.size(1) != dense.size(0):
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({sparse.size(0)}x{sparse.size(1)} and "
            f"{dense.size(0)}x{dense.size(1)})"
        )
    rows, columns = sparse._indices().unbind(0)
    parts = sparse._values().unsqueeze(1) * dense.index_select(0, columns)
    return zeros(sparse.size(0), dense.size(1), dtype=parts.dtype).index_add(0, rows, parts)


def addmm(mat: Tensor, mat1: Tensor, mat2: Tensor, *, beta=1.0, alpha=1.0) -> Tensor:
    """beta * mat + alpha * (mat1 @ mat2), mat1 sparse."""
    return beta * mat + alpha * mm(mat1, mat2)


def sum(input: Tensor, dim=None, dtype=None) -> Tensor:
    """The sum of all elements, or over dimensions: sparse where a sparse dimension is left."""
    held = input._values() if dtype is None else input._values().to(dtype)
    if dim is None:
        return held.sum()
    gone = {d % input.dim() for d in ([dim] if isinstance(dim, int) else dim)}
    count = input.sparse_dim()
    held = held.sum([d - count + 1 for d in gone if d >= count]) if any(d >= count for d in gone) else held
    left = [d for d in range(count) if d not in gone]
    if not left:
        return held.sum(0)
    shape = [size for d, size in enumerate(input.shape) if d not in gone]
    return SparseTensor.of(input._indices()[left], held, shape, len(left) == count and input.is_coalesced()).coalesce()
