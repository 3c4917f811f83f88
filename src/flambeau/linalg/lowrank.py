"""Leading singular values and vectors of large matrices by random projection: svd_lowrank, pca_lowrank."""

from __future__ import annotations

from ..ops.public import public
from ..sampling import randn
from ..tensor import Tensor
from . import factorizations


def _range_basis(A: Tensor, q: int, niter: int) -> Tensor:
    """An orthonormal basis of about what A's leading q directions span (Halko et al. 2009, algorithm 4.4)."""
    Q = factorizations.qr(A @ randn(A.shape[-1], q, dtype=A.dtype)).Q
    for _ in range(niter):
        Q = factorizations.qr(A.mH @ Q).Q
        Q = factorizations.qr(A @ Q).Q
    return Q


@public(method=False)
def svd_lowrank(A: Tensor, q: int | None = 6, niter: int | None = 2, M: Tensor | None = None):
    """U, S, V of A (less M) of about rank q.

    A: (*, m, n); q: somewhat more than the rank; niter: rounds of refinement; M: what is subtracted, (*, m or 1, n).
    """
    q, niter = 6 if q is None else q, 2 if niter is None else niter
    A = A if M is None else A - M.expand(A.shape)
    wide = A.shape[-2] < A.shape[-1]
    A = A.mH if wide else A
    Q = _range_basis(A, q, niter)
    U, S, Vh = factorizations.svd(Q.mH @ A, full_matrices=False)
    U, V = Q @ U, Vh.mH
    return (V, S, U) if wide else (U, S, V)


@public(method=False)
def pca_lowrank(A: Tensor, q: int | None = None, center: bool = True, niter: int = 2):
    """U, S, V of the principal components of A's rows, of about rank q (by default 6, or as many as there are).

    center: whether the mean of the rows is subtracted.
    """
    m, n = A.shape[-2:]
    q = min(6, m, n) if q is None else q
    if not 0 <= q <= min(m, n):
        raise ValueError(f"q(={q}) must be non-negative integer and not greater than min(m, n)={min(m, n)}")
    if niter < 0:
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    return svd_lowrank(A - A.mean(-2, keepdim=True) if center else A, q, niter=niter)
