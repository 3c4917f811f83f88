"""lobpcg: a few eigenvalues of large symmetric matrices, with their vectors."""

from __future__ import annotations

from ..tensor import Tensor
from .checking import check_square
from .factorizations import cholesky, eigh
from .solving import solve_triangular


def lobpcg(
    A: Tensor, k: int | None = None, B: Tensor | None = None, X: Tensor | None = None, n: int | None = None,
    iK: Tensor | None = None, niter: int | None = None, tol: float | None = None, largest: bool | None = None,
    method: str | None = None, tracker=None, ortho_iparams=None, ortho_fparams=None, ortho_bparams=None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The k largest (or smallest) eigenvalues of A x = lambda B x, largest (or smallest) first, and their vectors.

    Computed from the whole decomposition, which is exact to rounding; what steers the iterations of PyTorch's method
    (X, iK, niter, tol, method and the rest) makes no difference.

    Args:
        A: symmetric matrices (*, m, m).  B: symmetric and positive definite, or None for the identity.
        k: how many; the columns of X, else 1.  largest: the largest (so by default), or the smallest.

    Returns:
        The eigenvalues (*, k) and the vectors (*, m, k), which are orthonormal with respect to B.
    """
    check_square("lobpcg", A)
    m = A.shape[-1]
    count = (1 if X is None else X.shape[-1]) if k is None else k
    if m < 3 * count:
        raise ValueError(
            f"LOBPCG algorithm is not applicable when the number of A rows (={m}) is smaller than 3 x the number of "
            f"requested eigenpairs (={count})"
        )
    if B is None:
        values, vectors = eigh(A)
    else:
        L = cholesky(B)
        inner = solve_triangular(L, solve_triangular(L, A, upper=False).mT, upper=False)
        values, vectors = eigh(inner)
        vectors = solve_triangular(L.mT, vectors, upper=True)
    if largest is None or largest:
        values, vectors = values.flip(-1), vectors.flip(-1)
    return values[..., :count], vectors[..., :count]
