"""L D L^H of symmetric or Hermitian matrices that need not be positive: ldl_factor, ldl_solve.

Bunch and Kaufman's diagonal pivoting, in the packed form of LAPACK: D has blocks of size 1 and 2, whose row exchanges
are positive and (twice) negative numbers, counted from 1.
"""

from __future__ import annotations

import math

import numpy as np

from .. import dtypes
from ..errors import TYPE_TITLES
from ..meta import Meta, contiguous
from ..ops.lapack import _lapack as declared
from ..ops.public import finish
from ..ops.registry import apply, no_derivative
from ..ops.signatures import Tensors
from ..tensor import Tensor
from .checking import LinAlgError, check_floating, check_square, failed, into

GROWTH = (1 + math.sqrt(17)) / 8


# ------------------------------------------------------------------ one matrix, in NumPy
def _pivot(a: np.ndarray, k: int) -> tuple[int, int]:
    """The row to exchange, and the size of the block."""
    own, column = abs(a[k, k]), np.abs(a[k + 1 :, k])
    most = column.max(initial=0)
    if own >= GROWTH * most:
        return k, 1
    row = k + 1 + int(column.argmax())
    rest = max(np.abs(a[row, k:row]).max(), np.abs(a[row + 1 :, row]).max(initial=0))
    if own * rest >= GROWTH * most * most:
        return k, 1
    return row, 1 if abs(a[row, row]) >= GROWTH * rest else 2


def _exchange(a: np.ndarray, k: int, p: int, conjugate) -> None:
    """Rows and columns k < p of a matrix of which the lower triangle counts."""
    a[[k, p], :k] = a[[p, k], :k]
    a[p + 1 :, [k, p]] = a[p + 1 :, [p, k]]
    between = slice(k + 1, p)
    a[between, k], a[p, between] = conjugate(a[p, between]), conjugate(a[between, k].copy())
    a[p, k] = conjugate(a[p, k])
    a[k, k], a[p, p] = a[p, p], a[k, k]


def _factored(a: np.ndarray, hermitian: bool) -> tuple[np.ndarray, np.ndarray, int]:
    """L and D in one matrix, row exchanges, and info: the first block of D that is zero, or 0."""
    a, n = np.tril(a), len(a)
    conjugate = np.conj if hermitian else np.asarray
    pivots, info, k = np.zeros(n, np.int64), 0, 0
    while k < n:
        p, size = _pivot(a, k)
        last = k + size - 1
        if p != last:
            _exchange(a[k:, k:], last - k, p - k, conjugate)  # columns before the block stay: LAPACK packs L so
        block, tail = _block(a, k, size, conjugate), a[k + size :, k : k + size]
        if not block.any():
            info = info or k + 1
        elif tail.size:
            factor = np.linalg.solve(block.T, tail.T).T
            a[k + size :, k + size :] -= np.tril(factor @ conjugate(tail).T)
            tail[...] = factor
        pivots[k : k + size] = p + 1 if size == 1 else -(p + 1)
        k += size
    return a, pivots, info


def _block(a: np.ndarray, k: int, size: int, conjugate) -> np.ndarray:
    """A block of D, both triangles."""
    block = a[k : k + size, k : k + size].copy()
    if size == 2:
        block[0, 1] = conjugate(block[1, 0])
    return block


def _solved(a: np.ndarray, pivots: np.ndarray, b: np.ndarray, hermitian: bool) -> np.ndarray:
    """x of L D L^H x = b: block by block down, then up."""
    b, n, k = b.copy(), len(a), 0
    conjugate = np.conj if hermitian else np.asarray
    starts = []
    while k < n:
        size = 1 if pivots[k] > 0 else 2
        starts.append((k, size))
        last, p = k + size - 1, abs(int(pivots[k])) - 1
        b[[last, p]] = b[[p, last]]
        b[k + size :] -= a[k + size :, k : k + size] @ b[k : k + size]
        b[k : k + size] = np.linalg.solve(_block(a, k, size, conjugate), b[k : k + size])
        k += size
    for k, size in reversed(starts):
        b[k : k + size] -= conjugate(a[k + size :, k : k + size]).T @ b[k + size :]
        last, p = k + size - 1, abs(int(pivots[k])) - 1
        b[[last, p]] = b[[p, last]]
    return b


# ------------------------------------------------------------------ batches
def _factor_batch(a: np.ndarray, hermitian: bool):
    LD, pivots, info = np.empty_like(a), np.empty(a.shape[:-1], np.int32), np.empty(a.shape[:-2], np.int32)
    for i in np.ndindex(a.shape[:-2]):
        LD[i], pivots[i], info[i] = _factored(a[i], hermitian)
    return LD, pivots, info


def _solve_batch(a: np.ndarray, pivots: np.ndarray, b: np.ndarray, hermitian: bool) -> np.ndarray:
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, pivots = np.broadcast_to(a, batch + a.shape[-2:]), np.broadcast_to(pivots, batch + pivots.shape[-1:])
    b = np.broadcast_to(b, batch + b.shape[-2:])
    result = np.empty(b.shape, b.dtype)
    for i in np.ndindex(batch):
        result[i] = _solved(a[i], pivots[i], b[i], hermitian)
    return result


def _factor_results(A: Meta, hermitian: bool):
    return (
        contiguous(A.shape, A.dtype),
        contiguous(A.shape[:-1], dtypes.int32),
        contiguous(A.shape[:-2], dtypes.int32),
    )


def _solve_results(LD: Meta, pivots: Meta, B: Meta, hermitian: bool):
    batch = np.broadcast_shapes(LD.shape[:-2], B.shape[:-2])
    return (contiguous((*batch, *B.shape[-2:]), B.dtype),)


LDL_FACTOR = declared(
    "linalg_ldl_factor_ex",
    "A hermitian",
    _factor_results,
    _factor_batch,
    no_derivative("linalg_ldl_factor_ex"),
    "L D L^H in LAPACK's packed form.",
)
LDL_SOLVE = declared(
    "linalg_ldl_solve",
    "LD pivots B hermitian",
    _solve_results,
    _solve_batch,
    (no_derivative("linalg_ldl_solve"), None, no_derivative("linalg_ldl_solve")),
    "The solution of L D L^H X = B.",
)


def ldl_factor_ex(A: Tensor, *, hermitian: bool = False, check_errors: bool = False, out: Tensors | None = None):
    """L and D of symmetric (or Hermitian) matrices in one matrix, row exchanges, and info (0, or the zero block of D).

    A: (*, n, n), of which the lower triangle is read.
    """
    check_square("torch.linalg.ldl_factor_ex", A)
    check_floating("torch.linalg.ldl_factor_ex", A)
    LD, pivots, info = apply(LDL_FACTOR, (A,), (bool(hermitian),))
    if check_errors:
        _check_blocks("torch.linalg.ldl_factor_ex", info)
    return into(out, "linalg_ldl_factor_ex", LD=LD, pivots=pivots, info=info)


def ldl_factor(A: Tensor, *, hermitian: bool = False, out: Tensors | None = None):
    """L and D of symmetric (or Hermitian) matrices in one matrix, and row exchanges, as LAPACK packs them."""
    LD, pivots, info = ldl_factor_ex(A, hermitian=hermitian)
    _check_blocks("torch.linalg.ldl_factor", info)
    return into(out, "linalg_ldl_factor", LD=LD, pivots=pivots)


def _check_blocks(name: str, info: Tensor) -> None:
    found = failed(info)
    if found:
        raise LinAlgError(f"{name}: {found[0]}D[{found[1]},{found[1]}] is zero, so that no system can be solved by it.")


def ldl_solve(LD: Tensor, pivots: Tensor, B: Tensor, *, hermitian: bool = False, out=None) -> Tensor:
    """X of A X = B, from the factors that `ldl_factor` gives; LD (*, n, n), pivots (*, n), B (*, n, k)."""
    check_square("torch.linalg.ldl_solve", LD)
    if B.ndim < 2:
        raise RuntimeError(
            f"torch.linalg.ldl_solve: Expected B to have at least 2 dimensions, but it has {B.ndim} dimensions instead"
        )
    if not pivots.dtype.is_integer:
        got = TYPE_TITLES[pivots.meta.dtype.name]
        raise RuntimeError(f"torch.linalg.ldl_solve: Expected pivots to be integers. Got {got}")
    if LD.shape[:-1] != pivots.shape:
        raise RuntimeError(
            "torch.linalg.ldl_solve: Expected LD.shape[:-1] and pivots.shape to be the same, but got pivots with "
            "shape "
            f"{list(pivots.shape)} instead"
        )
    if B.dtype is not LD.dtype:
        raise RuntimeError(
            f"Expected b and A to have the same dtype, but found b of type {TYPE_TITLES[B.dtype.name]} and A of type "
            f"{TYPE_TITLES[LD.dtype.name]} instead."
        )
    return finish(apply(LDL_SOLVE, (LD, pivots, B), (bool(hermitian),)), out)
