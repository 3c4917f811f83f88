"""Linear algebra under torch's own names: functions and methods, the older ones in their older forms."""

from __future__ import annotations

import warnings

from ..dtypes import int32
from ..errors import TYPE_TITLES
from ..ops.public import finish, public, with_numpy_names
from ..ops.signatures import Tensors
from ..ops.structures import named
from ..ranges import arange
from ..tensor import Tensor
from . import factorizations, norms, solving
from .checking import check_matrix

for _function in (solving.det, norms.matrix_exp, norms.matrix_power):
    public()(with_numpy_names(_function, {"input": "A"}))


@public(method=False)
def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """The Vandermonde matrix of a vector: its powers from N - 1 down to 0, or from 0 on."""
    if x.ndim != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    count = x.numel() if N is None else N
    if count < 0:
        raise RuntimeError("N must be non-negative.")
    powers = x.unsqueeze(-1) ** arange(count)
    return powers if increasing else powers.flip(1)


@public(out=True)
def inverse(input: Tensor) -> Tensor:
    """Inverses of square matrices."""
    return solving.inv(input)


@public(out=True)
def slogdet(input: Tensor):
    """Signs of determinants, and logarithms of their absolute values."""
    return named("slogdet", **solving.slogdet(input)._asdict())


@public(out=True)
def logdet(input: Tensor) -> Tensor:
    """Logarithms of determinants; NaN where a real one is negative."""
    sign, size = solving.slogdet(input)
    if input.dtype.is_complex:
        return size + sign.log()
    return size.masked_fill(sign < 0, float("nan"))


@public(out=True)
def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """Pseudo-inverses; singular values up to rcond times the largest count as zero."""
    return solving.pinv(input, rtol=rcond)


@public(out=True)
def cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """The Cholesky factor of symmetric positive-definite matrices."""
    if not input.numel():
        return input.clone()
    check_matrix("cholesky", input)
    if not input.dtype.is_inexact or input.dtype.itemsize < 4:
        raise NotImplementedError(f"\"cholesky_cpu\" not implemented for '{TYPE_TITLES[input.meta.dtype.name]}'")
    return factorizations.cholesky(input, upper=upper)


@public(out=True)
def qr(input: Tensor, some: bool = True):
    """Q and R of input = Q R, reduced or complete."""
    return named("qr", **factorizations.qr(input, "reduced" if some else "complete")._asdict())


@public(out=True)
def svd(input: Tensor, some: bool = True, compute_uv: bool = True):
    """U, S and V of input = U diag(S) V^H."""
    U, S, Vh = factorizations.svd(input, full_matrices=not some)
    if not compute_uv:
        m, n = input.shape[-2:]
        U, Vh = input.new_zeros(*input.shape[:-2], m, m), input.new_zeros(*input.shape[:-2], n, n)
    return named("svd", U=U, S=S, V=Vh.mH)


@public(out=True)
def triangular_solve(b: Tensor, A: Tensor, upper: bool = True, transpose: bool = False, unitriangular: bool = False):
    """X of A X = b (or A^T X = b) for triangular A, and A."""
    matrix, upper = (A.mT, not upper) if transpose else (A, upper)
    solution = solving.solve_triangular(matrix, b, upper=upper, unitriangular=unitriangular)
    return named("triangular_solve", solution=solution, cloned_coefficient=A.clone())


@public()
def lu_solve(b: Tensor, LU_data: Tensor, LU_pivots: Tensor, *, out=None) -> Tensor:
    """X of A X = b, from the factors that `lu_factor` gives."""
    return finish(factorizations.lu_solve(LU_data, LU_pivots, b), out)


@public(method=False)
def lu_unpack(
    LU_data: Tensor,
    LU_pivots: Tensor,
    unpack_data: bool = True,
    unpack_pivots: bool = True,
    *,
    out: Tensors | None = None,
):
    """P, L and U, from the factors that `lu_factor` gives; empty where they are not asked for."""
    P = L = U = LU_data.new_empty(0)
    check_matrix("torch.lu_unpack", LU_data, "LU_data")
    if unpack_pivots:
        _check_pivots(LU_data, LU_pivots)
        P = factorizations.permutation(LU_pivots, LU_data.shape[-2], LU_data.dtype)
    if unpack_data:
        L, U = factorizations.unpacked(LU_data)
    return finish(named("lu_unpack", P=P, L=L, U=U), out)


def _check_pivots(LU: Tensor, pivots: Tensor) -> None:
    if pivots.dtype is not int32:
        raise RuntimeError(
            "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.\nNote: this "
            "function is intended to be used with the output produced by torch.linalg.lu_factor"
        )
    if pivots.shape != (*LU.shape[:-2], min(LU.shape[-2:])):
        raise RuntimeError("torch.lu_unpack: LU_pivots has another number of pivots than LU_data has rows or columns")
    if pivots.numel() and not 1 <= int(pivots.min()) <= int(pivots.max()) <= LU.shape[-2]:
        raise RuntimeError(
            "pivots passed to lu_unpack must be between 1 and LU.size(-2) inclusive.Did you properly pass the result "
            "of lu_factor?"
        )


@public()
def lu(A: Tensor, pivot: bool = True, get_infos: bool = False, out=None):
    """L and U of A = P L U in one matrix, and the row exchanges; with `get_infos` the zero pivots, too."""
    warnings.warn(
        "torch.lu is deprecated in favor of torch.linalg.lu_factor / torch.linalg.lu_factor_ex and will be removed in "
        "a "
        "future PyTorch release.",
        stacklevel=2,
    )
    LU, pivots, info = factorizations.lu_factor_ex(A, pivot=pivot, check_errors=not get_infos)
    results = named("_lu_with_info", LU=LU, pivots=pivots, info=info) if get_infos else (LU, pivots)
    return finish(results, out)
