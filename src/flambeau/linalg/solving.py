"""Inverses, linear systems, least squares, determinants."""

from __future__ import annotations

import math

from .. import shapes
from ..creation import eye
from ..dtypes import int64
from ..errors import TYPE_TITLES
from ..ops import lapack
from ..ops.contraction import matmul
from ..ops.outputs import EXACT
from ..ops.public import finish
from ..ops.registry import apply
from ..ops.signatures import Tensors
from ..tensor import Tensor
from .checking import LinAlgError, check_floating, check_matrix, check_square, failed, into
from .factorizations import eigvalsh, qr, svdvals


def inv_ex(A: Tensor, *, check_errors: bool = False, out: Tensors | None = None):
    """Inverses of square matrices (*, n, n), and info (*): 0, or the diagonal element of U that is zero."""
    check_square("linalg.inv", A)
    check_floating("linalg.inv", A)
    inverse, info = apply(lapack.INV_EX, (A,))
    if check_errors:
        _check_inverse("linalg.inv_ex", info)
    return into(out, "linalg_inv_ex", inverse=inverse, info=info)


def inv(A: Tensor, *, out=None) -> Tensor:
    """Inverses of square matrices (*, n, n); LinAlgError where one is singular."""
    inverse, info = inv_ex(A)
    _check_inverse("linalg.inv", info)
    return finish(inverse, out, exact=EXACT)


def _check_inverse(name: str, info: Tensor) -> None:
    found = failed(info)
    if found:
        raise LinAlgError(
            f"{name}: {found[0]}The diagonal element {found[1]} is zero, the inversion could not be completed because "
            "the input matrix is singular."
        )


# ------------------------------------------------------------------ systems
def solve_ex(A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False, out: Tensors | None = None):
    """X of A X = B (or X A = B, where not left), and info (0, or the pivot that is zero).

    A: (*, n, n).  B: (*, n, k), or (*, n) with A's batch dimensions, or (n,).
    """
    check_floating("linalg.solve", A)
    check_square("linalg.solve", A)
    if A.dtype is not B.dtype:
        a, b = (TYPE_TITLES[x.meta.dtype.name] for x in (A, B))
        raise RuntimeError(
            f"linalg.solve: Expected A and B to have the same dtype, but found A of type {a} and B of type {b} instead"
        )
    vector = B.ndim == 1 or (A.ndim - 1 == B.ndim and B.shape == A.shape[:-1])
    if vector and not left:
        raise RuntimeError(
            "linalg.solve: Vector broadcasting of the left hand side is not supported for left=False. In this case "
            "linalg.solve is equivalent to B / A.squeeze(-1)"
        )
    right = B.unsqueeze(-1) if vector else B
    _check_system(A, right, left)
    batch = shapes.broadcast_shapes(A.shape[:-2], right.shape[:-2])
    A, right = (x.expand(*batch, *x.shape[-2:]) for x in (A, right))
    result, info = apply(lapack.SOLVE_EX, (A, right) if left else (A.mT, right.mT))
    result = result if left else result.mT
    if check_errors:
        _check_solved("torch.linalg.solve_ex", info)
    return into(out, "linalg_solve_ex", result=result.squeeze(-1) if vector else result, info=info)


def _check_system(A: Tensor, B: Tensor, left: bool) -> None:
    check_matrix("linalg.solve", B, "B")
    if A.shape[-1] != B.shape[-2 if left else -1]:
        equation = "AX = B" if left else "XA = B"
        (m, n), (r, k) = A.shape[-2:], B.shape[-2:]
        raise RuntimeError(
            f"linalg.solve: Incompatible shapes of A and B for the equation {equation} ({m}x{n} and {r}x{k})"
        )


def _check_solved(name: str, info: Tensor) -> None:
    found = failed(info)
    if found:
        raise LinAlgError(f"{name}: {found[0]}The solver failed because the input matrix is singular.")


def solve(A: Tensor, B: Tensor, *, left: bool = True, out=None) -> Tensor:
    """X of A X = B (or X A = B, where not left); LinAlgError where A is singular. Shapes as for `solve_ex`."""
    result, info = solve_ex(A, B, left=left)
    _check_solved("torch.linalg.solve", info)
    return finish(result, out, exact=EXACT)


def solve_triangular(
    A: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False, out=None
) -> Tensor:
    """X of A X = B (or X A = B) for triangular A, of which the other triangle is not read."""
    check_square("linalg.solve_triangular", A)
    check_matrix("linalg.solve_triangular", B, "B")
    triangle = A.triu() if upper else A.tril()
    if unitriangular:
        triangle = (A.triu(1) if upper else A.tril(-1)) + eye(A.shape[-1], dtype=A.dtype)
    return finish(solve_ex(triangle, B, left=left)[0], out)


# ------------------------------------------------------------------ determinants
def det(A: Tensor, *, out=None) -> Tensor:
    """Determinants of square matrices."""
    check_square("linalg.det", A)
    check_floating("linalg.det", A)
    return finish(apply(lapack.DET, (A,)), out, exact=EXACT)


def slogdet(A: Tensor, *, out: Tensors | None = None):
    """Signs of determinants, and logarithms of their absolute values."""
    check_square("linalg.slogdet", A)
    check_floating("linalg.slogdet", A)
    sign, logabsdet = apply(lapack.SLOGDET, (A,))
    return into(out, "linalg_slogdet", sign=sign, logabsdet=logabsdet)


# ------------------------------------------------------------------ without an inverse
def pinv(input: Tensor, rcond=None, hermitian: bool = False, *, atol=None, rtol=None, out=None) -> Tensor:
    """Pseudo-inverses (Moore and Penrose): singular values up to max(atol, rtol * the largest) count as zero."""
    if input.ndim < 2 or not input.dtype.is_inexact:
        what = f"{TYPE_TITLES[input.meta.dtype.name]}{{{list(input.shape)}}}"
        raise RuntimeError(
            f"linalg.pinv({what}): expected a tensor with 2 or more dimensions of float, double, cfloat or cdouble "
            "types"
        )
    if not input.numel():
        return finish(input.mH.clone(), out)
    rtol = rcond if rcond is not None else rtol
    values = eigvalsh(input.detach()).abs() if hermitian else svdvals(input.detach())
    return finish(apply(lapack.PINV, (input, tolerance(input, values, atol, rtol)), (bool(hermitian),)), out)


def tolerance(A: Tensor, S: Tensor, atol, rtol) -> Tensor:
    """What counts as zero among singular values (*, k), in the form (*, 1).

    By default the largest one times max(m, n) times the precision, unless atol is given.
    """
    from ..numeric_limits import finfo

    given = atol is not None and (isinstance(atol, Tensor) or atol > 0)
    if rtol is None:
        rtol = 0.0 if given else finfo(A.dtype).eps * max(A.shape[-2:])
    column = lambda x: x.unsqueeze(-1) if isinstance(x, Tensor) else x  # noqa: E731
    relative = S.amax(-1, True) * column(rtol)
    return relative.maximum(column(atol) if isinstance(atol, Tensor) else Tensor.full_of((), atol or 0.0, S.dtype))


def lstsq(input: Tensor, b: Tensor, rcond=None, *, driver: str | None = None):
    """X that minimises |A X - B|, with residuals, ranks and singular values where the driver gives them.

    input: A (*, m, n).  b: B (*, m, k) or (*, m).  driver: "gelsy" (by default), "gels" (full rank), "gelsd", "gelss".
    """
    if input.ndim < 2:
        raise RuntimeError("torch.linalg.lstsq: input must have at least 2 dimensions.")
    if b.ndim < 1:
        raise RuntimeError("torch.linalg.lstsq: other must have at least 1 dimension.")
    drivers = ("gels", "gelsy", "gelsd", "gelss")
    if driver is not None and driver not in drivers:
        raise RuntimeError(f"torch.linalg.lstsq: parameter `driver` should be one of ({', '.join(drivers)})")
    vector = input.ndim - 1 == b.ndim and b.shape == input.shape[:-1]
    right = b.unsqueeze(-1) if vector else b
    if right.ndim < 2 or input.shape[-2] != right.shape[-2]:
        place = "-1" if vector or right.ndim < 2 else "-2"
        raise RuntimeError(f"torch.linalg.lstsq: input.size(-2) should match other.size({place})")
    driver, (m, n) = driver or "gelsy", input.shape[-2:]
    rcond = max(m, n) * _eps(input) if rcond is None else rcond
    full = driver == "gels" and m >= n
    X = _of_full_rank(input, right) if full else matmul(pinv(input, rtol=0.0 if driver == "gels" else rcond), right)
    rank, S = input.new_empty(0, dtype=int64), input.detach().abs().new_empty(0)
    if driver != "gels":
        S = svdvals(input.detach())
        rank = S.gt(S.amax(-1, True) * rcond).sum(-1) if S.numel() else S.sum(-1).long()
    residuals = X.reshape(-1)[:0].abs()
    if m > n and driver != "gelsy" and (full or bool((rank == n).all())):
        residuals = (matmul(input, X) - right).abs().square().sum(-2)
    return into(
        None, "linalg_lstsq", solution=X.squeeze(-1) if vector else X, residuals=residuals,
        rank=rank,
        singular_values=S if driver in ("gelsd", "gelss") else S.new_empty(0),
    )  # fmt: skip


def _of_full_rank(A: Tensor, B: Tensor) -> Tensor:
    """The least squares solution for a matrix that is not wider than high. Raises LinAlgError for dependent columns."""
    Q, R = qr(A)
    zeros = R.detach().diagonal(dim1=-2, dim2=-1) == 0
    found = failed(zeros.any(-1) * (zeros.to(int64).argmax(-1) + 1))
    if found:
        raise LinAlgError(
            f"torch.linalg.lstsq: {found[0]}The least squares solution could not be computed because the input matrix "
            f"does not have full rank (error code: {found[1]})."
        )
    return solve_triangular(R, matmul(Q.mH, B), upper=True)


def _eps(A: Tensor) -> float:
    from ..numeric_limits import finfo

    return finfo(A.dtype).eps


def tensorinv(A: Tensor, ind: int = 2, *, out=None) -> Tensor:
    """The inverse of A as a map from its last dimensions to its first `ind` ones."""
    if ind <= 0:
        raise RuntimeError("Expected a strictly positive integer for 'ind'")
    if ind > A.ndim:
        raise RuntimeError(f"ArrayRef: invalid slice, N = {ind}; size = {A.ndim}")
    first, last = A.shape[:ind], A.shape[ind:]
    if math.prod(first) != math.prod(last):
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got "
            f"{math.prod(last)} != {math.prod(first)}"
        )
    return finish(inv(A.reshape(math.prod(first), -1)).reshape(*last, *first), out)


def tensorsolve(A: Tensor, B: Tensor, dims=None, *, out=None) -> Tensor:
    """X of tensordot(A, X, X.ndim) = B."""
    from ..ops.views import movedim

    moved = A if dims is None else movedim(A, tuple(dims), tuple(range(A.ndim - len(dims), A.ndim)))
    rest = moved.shape[B.ndim :]
    return finish(solve(moved.reshape(B.numel(), -1), B.reshape(-1)).reshape(rest), out)
