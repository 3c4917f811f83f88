"""Products of Householder's reflections: geqrf, householder_product (orgqr), ormqr.

A reflection is H = I - tau v v^H; the vectors v stand below the diagonal of a matrix, with an implied 1 on it. Products
are made one reflection at a time of ordinary operations, which have gradients.
"""

from __future__ import annotations

import numpy as np

from ..creation import eye
from ..meta import contiguous
from ..ops.lapack import _lapack as declared
from ..ops.public import FUNCTIONS, finish, public
from ..ops.registry import apply
from ..ops.structures import named
from ..tensor import Tensor


def _geqrf(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    h, tau = np.linalg.qr(a, "raw")
    return np.swapaxes(h, -1, -2), tau


def _no_gradient(g0):
    raise NotImplementedError("the derivative for 'geqrf' is not implemented.")


GEQRF = declared(
    "geqrf",
    "input",
    lambda A: (contiguous(A.shape, A.dtype), contiguous((*A.shape[:-2], min(A.shape[-2:])), A.dtype)),
    _geqrf,
    _no_gradient,
    "R of A = Q R, and below it the reflections whose product is Q.",
)


@public(out=True)
def geqrf(input: Tensor):
    """R of A = Q R above the diagonal, and below it the reflections whose product is Q, as LAPACK packs them.

    input: (*, m, n).  Result: (a, tau).
    """
    if input.ndim < 2:
        raise RuntimeError("torch.geqrf: input must have at least 2 dimensions.")
    a, tau = apply(GEQRF, (input,))
    return named("geqrf", a=a, tau=tau)


def _reflected(vectors: Tensor, tau: Tensor, x: Tensor, order, conjugate: bool) -> Tensor:
    """The reflections applied to the columns of x, one after the other."""
    rows, count = vectors.shape[-2], tau.shape[-1]
    below = vectors[..., :count].tril(-1) + eye(rows, count, dtype=vectors.dtype)
    factors = tau.conj() if conjugate else tau
    for i in order(range(count)):
        v = below[..., i : i + 1]
        x = x - factors[..., i].unsqueeze(-1).unsqueeze(-1) * (v @ (v.mH @ x))
    return x


def householder_product(input: Tensor, tau: Tensor, *, out=None) -> Tensor:
    """The first n columns of the product of k reflections.

    input: (*, m, n), tau: (*, k), k <= n <= m; as `geqrf` gives them.
    """
    name = "torch.linalg.householder_product"
    if input.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if input.ndim - tau.ndim != 1:
        raise RuntimeError(
            f"{name}: Expected tau to have one dimension less than input, but got tau.ndim equal to {tau.ndim} and "
            f"input.ndim is equal to {input.ndim}"
        )
    if input.shape[-2] < input.shape[-1]:
        raise RuntimeError(f"{name}: input.shape[-2] must be greater than or equal to input.shape[-1]")
    if input.shape[-1] < tau.shape[-1]:
        raise RuntimeError(f"{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]")
    start = eye(*input.shape[-2:], dtype=input.dtype).expand(input.shape)
    if not tau.shape[-1]:
        return finish(start + input * 0, out)
    return finish(_reflected(input, tau, start, reversed, False), out)


FUNCTIONS["orgqr"] = Tensor.orgqr = householder_product  # type: ignore[assignment]


@public()
def ormqr(input: Tensor, tau: Tensor, other: Tensor, left: bool = True, transpose: bool = False, *, out=None) -> Tensor:
    """A matrix times the product Q of reflections: Q C, or C Q where not left; transpose: Q^H in place of Q.

    input: (*, m or n, k), tau: (*, k), other: (*, m, n).
    """
    if input.ndim < 2 or other.ndim < 2:
        which = "input" if input.ndim < 2 else "other"
        raise RuntimeError(f"torch.ormqr: {which} must have at least 2 dimensions.")
    side = -2 if left else -1
    if tau.shape[-1] > other.shape[side]:
        raise RuntimeError(f"torch.ormqr: other.shape[{side}] must be greater than or equal to tau.shape[-1]")
    if other.shape[side] != input.shape[-2]:
        raise RuntimeError(f"torch.ormqr: other.shape[{side}] must be equal to input.shape[-2]")
    if not left:  # C Q = (Q^H C^H)^H
        return finish(_reflected(input, tau, other.mH, reversed if transpose else iter, not transpose).mH, out)
    return finish(_reflected(input, tau, other, iter if transpose else reversed, transpose), out)
