"""Products of sparse tensors under torch's older names, and copies of what sparse tensors consist of."""

from __future__ import annotations

from collections.abc import Callable

from .. import Tensor
from .construct import sparse_coo_tensor, to_sparse
from .coo import SparseTensor
from .products import mm


def _check_sparse(name: str, *tensors: Tensor) -> None:
    if not all(isinstance(x, SparseTensor) for x in tensors):
        raise RuntimeError(f"tensor.{name}(...) can only be called on sparse tensors")


def spmm(input: Tensor, mat2: Tensor) -> Tensor:
    """torch.mm."""
    return mm(input, mat2)


dsmm = spmm


def smm(input: Tensor, mat: Tensor) -> Tensor:
    """The product of a sparse and a dense matrix as a sparse one."""
    _check_sparse("sspaddmm", input)
    return to_sparse(mm(input, mat))


def sspaddmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta=1, alpha=1, out: Tensor | None = None) -> Tensor:
    """beta * input + alpha * (mat1 @ mat2), all sparse but mat2."""
    _check_sparse("sspaddmm", input, mat1)
    return _written(beta * input + alpha * smm(mat1, mat2), out)


def _written(result: SparseTensor, out: Tensor | None) -> Tensor:
    return result if out is None else out._take(result)


saddmm = sspaddmm


def hspmm(mat1: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The product of a sparse and a dense matrix, of which the rows that may differ from zero are kept."""
    if not isinstance(mat1, SparseTensor):
        raise RuntimeError("hspmm: Argument #1: expected a sparse tensor")
    rows = mat1.coalesce().indices()[0].unique()
    product = mm(mat1, mat2)
    return _written(sparse_coo_tensor(rows.unsqueeze(0), product.index_select(0, rows), product.shape), out)


hsmm = hspmm


def _copied(part: str) -> Callable:
    def function(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        copy = getattr(input, part)().clone()
        return copy if out is None else out.copy_(copy)

    function.__name__ = function.__qualname__ = part + "_copy"
    function.__doc__ = f"A copy of Tensor.{part}."
    return function


indices_copy, values_copy, crow_indices_copy, col_indices_copy, ccol_indices_copy, row_indices_copy = map(
    _copied, ("indices", "values", "crow_indices", "col_indices", "ccol_indices", "row_indices")
)
