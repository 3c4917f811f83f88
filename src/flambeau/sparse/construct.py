"""Sparse tensors from places and values, from dense tensors, and from diagonals."""

from __future__ import annotations

from .. import Tensor, as_tensor, cat, empty, long, no_grad
from .. import tensor as make_tensor
from ..devices import sparse_coo
from .coo import SparseTensor
from .invariants import checked


def sparse_coo_tensor(
    indices,
    values=None,
    size=None,
    *,
    dtype=None,
    device=None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    check_invariants: bool | None = None,
    is_coalesced: bool | None = None,
) -> SparseTensor:
    """The sparse tensor with values (nnz, *dense dimensions) at places (sparse dimensions, nnz).

    size: the smallest that has all places where None. sparse_coo_tensor(size) is an empty one. Gradients flow to
    `values`. Raises RuntimeError where the three do not fit.
    """
    if values is None:
        size = tuple(indices)
        where, held = empty(len(size), 0, dtype=long), empty(0, dtype=dtype)
        return SparseTensor.of(where, held, size, True).requires_grad_(requires_grad)
    where = as_tensor(indices, dtype=long)
    held = values if isinstance(values, Tensor) else make_tensor(values)
    held = held if dtype is None else held.to(dtype)
    held = held if held.dim() else held.unsqueeze(0)
    if where.dim() != 2:
        raise RuntimeError(f"indices must be sparse_dim x nnz, but got: {list(where.shape)}")
    if where.size(1) != held.size(0):
        raise RuntimeError(
            f"indices and values must have same nnz, but got nnz from indices: {where.size(1)}, nnz from values: "
            f"{held.size(0)}"
        )
    size = _smallest(where, held) if size is None else tuple(size)
    if len(size) != where.size(0) + held.dim() - 1:
        raise RuntimeError(
            f"'len(size) == sparse_dim + dense_dim' is not satisfied: len(size) = {len(size)}, sparse_dim = "
            f"{where.size(0)}, dense_dim = {held.dim() - 1}"
        )
    if checked() if check_invariants is None else check_invariants:
        _check(where, size)
    held = held.detach().requires_grad_() if requires_grad else held
    return SparseTensor.of(where, held, size, bool(is_coalesced))


def _smallest(where: Tensor, held: Tensor) -> tuple:
    largest = (where.max(1).values + 1).tolist() if where.size(1) else [0] * where.size(0)
    return (*largest, *held.shape[1:])


def _check(where: Tensor, size: tuple):
    for dim, (row, limit) in enumerate(zip(where.unbind(0), size)):
        if row.numel() and int(row.min()) < 0:
            raise RuntimeError(f"found negative index {int(row.min())} for dim {dim}")
        if row.numel() and int(row.max()) >= limit:
            raise RuntimeError(f"size is inconsistent with indices: for dim {dim}, size is {limit} but found index "
                               f"{int(row.max())}")  # fmt: skip


def to_sparse(
    dense: Tensor, sparse_dim: int | None = None, *, layout=None, blocksize=None, dense_dim=None
) -> SparseTensor:
    """The elements of a dense tensor that are not zero, and their places; of the first `sparse_dim` dimensions.

    Raises RuntimeError for a wrong number of dimensions.
    """
    if layout not in (None, sparse_coo):
        from .compressed import compress

        return compress(dense, layout)
    ndim = dense.dim()
    sparse_dim = ndim if sparse_dim is None else sparse_dim
    if not 0 <= sparse_dim <= ndim:
        raise RuntimeError(
            f"dense_to_sparse: sparse_dim argument must be in [0,{ndim}] range, but {sparse_dim} is given"
        )
    if ndim and not sparse_dim:
        raise RuntimeError("dense_to_sparse: sparse_dim argument must be in >0 when self.dim()>0")
    if not ndim:
        return SparseTensor.of(empty(0, 1, dtype=long), dense.unsqueeze(0), (), True)
    with no_grad():
        kept = dense.detach() != 0
        where = (kept if sparse_dim == ndim else kept.flatten(sparse_dim).any(-1)).nonzero().t().contiguous()
    return SparseTensor.of(where, dense[tuple(where.unbind(0))], dense.shape, True)


def spdiags(diagonals: Tensor, offsets: Tensor, shape, layout=None) -> SparseTensor:
    """The matrix with the rows of `diagonals` as diagonals; element j of a row is in column j."""
    wheres, values = [], []
    for row, offset in zip(diagonals.unbind(0), offsets.reshape(-1).tolist()):
        first, last = max(offset, 0), min(shape[1], shape[0] + offset, row.numel())
        columns = range(first, max(first, last))
        wheres.append(make_tensor([[c - offset for c in columns], list(columns)], dtype=long))
        values.append(row[first : max(first, last)])
    return SparseTensor.of(cat(wheres, 1), cat(values), tuple(shape))
