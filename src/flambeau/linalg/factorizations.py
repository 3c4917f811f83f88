"""Factorizations: Cholesky, LU, QR, eigenvalues, singular values."""

from __future__ import annotations

from ..creation import eye
from ..dtypes import int32
from ..errors import TYPE_TITLES
from ..ops import lapack
from ..ops.outputs import EXACT
from ..ops.public import finish
from ..ops.registry import apply
from ..ops.signatures import Tensors
from ..tensor import Tensor
from .checking import LinAlgError, check_floating, check_matrix, check_square, failed, into


def cholesky_ex(A: Tensor, *, upper: bool = False, check_errors: bool = False, out: Tensors | None = None):
    """The Cholesky factor of symmetric positive-definite matrices (*, n, n), and info (*).

    info is 0, or the order of the leading minor that is not positive-definite. Only the lower triangle is read (the
    upper one with `upper`).  check_errors: raise LinAlgError instead.
    """
    check_square("linalg.cholesky", A)
    check_floating("linalg.cholesky", A)
    L, info = apply(lapack.CHOLESKY_EX, (A,), (bool(upper),))
    if check_errors:
        _check_positive("linalg.cholesky_ex", info)
    L = L.tril()
    return into(out, "linalg_cholesky_ex", L=L.mH if upper else L, info=info)


def cholesky(A: Tensor, *, upper: bool = False, out=None) -> Tensor:
    """The Cholesky factor L of symmetric positive-definite matrices A = L L^T; LinAlgError where A is not."""
    L, info = cholesky_ex(A, upper=upper)
    _check_positive("linalg.cholesky", info)
    return finish(L, out, exact=EXACT)


def _check_positive(name: str, info: Tensor) -> None:
    found = failed(info)
    if found:
        raise LinAlgError(
            f"{name}: {found[0]}The factorization could not be completed because the input is not positive-definite "
            f"(the leading minor of order {found[1]} is not positive-definite)."
        )


# ------------------------------------------------------------------ LU
def lu_factor_ex(A: Tensor, *, pivot: bool = True, check_errors: bool = False, out: Tensors | None = None):
    """L and U of A = P L U in one matrix, the row exchanges as LAPACK counts them, and info (0, or the zero pivot)."""
    _check_pivot("linalg.lu_factor", pivot)
    check_matrix("torch.lu_factor", A)
    check_floating("torch.lu_factor", A)
    LU, pivots, info = apply(lapack.LU_FACTOR, (A,))
    found = failed(info) if check_errors else None
    if found:
        raise LinAlgError(
            f"torch.linalg.lu_factor_ex: {found[0]}U[{found[1]},{found[1]}] is zero and using it on lu_solve would "
            "result in a division by zero. If you still want to perform the factorization, consider calling "
            "linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)"
        )
    return into(out, "linalg_lu_factor_ex", LU=LU, pivots=pivots, info=info)


def lu_factor(A: Tensor, *, pivot: bool = True, out: Tensors | None = None):
    """L and U of A = P L U in one matrix, and the row exchanges as LAPACK counts them."""
    LU, pivots, _ = lu_factor_ex(A, pivot=pivot)
    return into(out, "linalg_lu_factor", LU=LU, pivots=pivots)


def lu(A: Tensor, *, pivot: bool = True, out: Tensors | None = None):
    """P, L and U of A = P L U."""
    _check_pivot("linalg.lu", pivot)
    check_matrix("linalg.lu", A)
    check_floating("linalg.lu", A)
    LU, pivots, _ = apply(lapack.LU_FACTOR, (A,))
    P = permutation(pivots, A.shape[-2], A.dtype)
    L, U = unpacked(LU)
    return into(out, "linalg_lu", P=P, L=L, U=U)


def unpacked(LU: Tensor) -> tuple[Tensor, Tensor]:
    """L and U, from one matrix."""
    k = min(LU.shape[-2:])
    return LU[..., :k].tril(-1) + eye(LU.shape[-2], k, dtype=LU.dtype), LU[..., :k, :].triu()


def _check_pivot(name: str, pivot: bool) -> None:
    if not pivot:
        raise RuntimeError(f"{name}: LU without pivoting is not implemented on the CPU")


def permutation(pivots: Tensor, rows: int, dtype) -> Tensor:
    """The matrices P of A = P L U, from LAPACK's row exchanges."""
    return apply(lapack.PERMUTATION, (pivots,), (rows,)).to(dtype)


def lu_solve(LU: Tensor, pivots: Tensor, B: Tensor, *, left: bool = True, adjoint: bool = False, out=None) -> Tensor:
    """X of A X = B (or X A = B, or with A^T), from the factors that `lu_factor` gives."""
    from .solving import solve

    if pivots.dtype is not int32:
        raise RuntimeError("linalg.lu_solve: Expected pivots to be of integer type torch.int32")
    check_square("torch.linalg.lu_solve", LU)
    n = LU.shape[-1]
    if pivots.shape[-1:] != (n,):
        raise RuntimeError("linalg.lu_solve: Number of pivots per batch should be same as the dimension of the matrix")
    if pivots.shape[:-1] != LU.shape[:-2]:
        raise RuntimeError("linalg.lu_solve: Expected LU.shape[:-1] and pivots.shape to be the same")
    A = permutation(pivots, n, LU.dtype) @ ((LU.tril(-1) + eye(n, dtype=LU.dtype)) @ LU.triu())
    return finish(solve(A.mH if adjoint else A, B, left=left), out)


# ------------------------------------------------------------------ orthogonal factors
def qr(A: Tensor, mode: str = "reduced", *, out: Tensors | None = None):
    """Q and R of A = Q R; mode: "reduced", "complete", or "r" for R alone."""
    check_matrix("linalg.qr", A)
    check_floating("linalg.qr", A)
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )
    if mode == "r":
        _, R = apply(lapack.QR, (A.detach(),), ("reduced",))
        return into(out, "linalg_qr", Q=A.new_empty(0), R=R)
    Q, R = apply(lapack.QR, (A,), (mode,))
    return into(out, "linalg_qr", Q=Q, R=R)


# ------------------------------------------------------------------ eigenvalues and singular values
def eigh(A: Tensor, UPLO: str = "L", *, out: Tensors | None = None):
    """Eigenvalues, ascending, and eigenvectors of symmetric matrices, of which one triangle (UPLO) is read."""
    values, vectors = apply(lapack.EIGH, (A,), (_checked_triangle(A, "linalg.eigh", UPLO),))
    return into(out, "linalg_eigh", eigenvalues=values, eigenvectors=vectors)


def eigvalsh(A: Tensor, UPLO: str = "L", *, out=None) -> Tensor:
    """Eigenvalues of symmetric matrices, ascending."""
    return finish(apply(lapack.EIGH, (A,), (_checked_triangle(A, "linalg.eigh", UPLO),))[0], out, exact=EXACT)


def _checked_triangle(A: Tensor, name: str, UPLO: str) -> str:
    check_square(name, A)
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    if not A.dtype.is_inexact or A.dtype.itemsize == 2:
        raise NotImplementedError(f"\"linalg_eigh_cpu\" not implemented for '{TYPE_TITLES[A.meta.dtype.name]}'")
    return UPLO.upper()


def eig(A: Tensor, *, out: Tensors | None = None):
    """Eigenvalues (*, n) and eigenvectors (*, n, n) of square matrices, complex."""
    values, vectors = _eig(A, "linalg.eig")
    return into(out, "linalg_eig", eigenvalues=values, eigenvectors=vectors)


def eigvals(A: Tensor, *, out=None) -> Tensor:
    """Eigenvalues (*, n) of square matrices, complex."""
    return finish(_eig(A, "linalg.eigvals")[0], out)


def _eig(A: Tensor, name: str):
    check_square("linalg.eig", A)
    check_floating("linalg.eig", A)
    if not bool(A.detach().isfinite().all()):
        raise RuntimeError("torch.linalg.eig: input tensor should not contain infs or NaNs.")
    return apply(lapack.EIG, (A,))


def svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None, out: Tensors | None = None):
    """U (*, m, m or k), S (*, k), descending, and Vh (*, n or k, n) of A = U diag(S) Vh, where k = min(m, n)."""
    U, S, Vh = _singular(A, full_matrices, driver)
    return into(out, "linalg_svd", U=U, S=S, Vh=Vh)


def svdvals(A: Tensor, *, driver: str | None = None, out=None) -> Tensor:
    """Singular values, descending."""
    return finish(_singular(A, False, driver)[1], out, exact=EXACT)


def _singular(A: Tensor, full: bool, driver):
    check_matrix("linalg.svd", A)
    check_floating("linalg.svd", A)
    if driver is not None:
        raise RuntimeError(
            "torch.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend."
        )
    *parts, info = apply(lapack.SVD, (A,), (full,))
    found = failed(info)
    if found:
        raise LinAlgError(
            f"linalg.svd: {found[0]}The algorithm failed to converge because the input matrix contained non-finite "
            "values."
        )
    return parts
