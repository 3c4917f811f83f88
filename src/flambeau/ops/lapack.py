"""Factorizations and solutions of linear systems: ops whose meaning is a call of NumPy's LAPACK, with their gradients.

A call never raises: where a matrix has no result, its place is filled with NaN and `info` says which leading part
failed; the functions of `linalg` look at it. Batches are walked by NumPy.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .. import dtypes, ir
from ..creation import eye
from ..meta import Meta, contiguous
from ..tensor import Tensor
from .contraction import matmul
from .registry import Op, apply
from .views import movedim


def _lapack(
    name: str, params: str, results: Callable, call: Callable, grads, summary: str, holomorphic: bool = True
) -> Op:
    """An op of (A[, B]) and attributes: call(*arrays, *attributes) -> arrays, of the metas that results(...) gives."""

    def infer(*args):
        outs = results(*args)
        return outs if len(outs) > 1 else outs[0]

    def lower(*args, out):
        arrays = [a for a in args if isinstance(a, ir.Node)]
        attrs = args[len(arrays) :]
        total, of = sum(m.numel for m in out), max(arrays[0].dtype, out[0].dtype, key=lambda d: d.category)

        def flat(*values):
            parts = call(*values, *attrs)
            parts = parts if isinstance(parts, tuple) else (parts,)
            return np.concatenate([np.asarray(p, of.numpy).reshape(-1) for p in parts])

        made = ir.Node("host", tuple(arrays), {"call": flat}, (total,), of)
        return tuple(_part(made, start, m) for start, m in zip(_starts(out), out))

    return Op(name, params, infer, lower, grads, summary=summary, holomorphic=holomorphic)


def _starts(outs) -> list[int]:
    return [sum(m.numel for m in outs[:i]) for i in range(len(outs))]


def _part(flat: ir.Node, start: int, m: Meta) -> ir.Node:
    return ir.view(flat, m.shape, ir.contiguous_strides(m.shape), start).cast(m.dtype)


def _matrix(m: Meta, rows: int, columns: int) -> Meta:
    return contiguous((*m.shape[:-2], rows, columns), m.dtype)


def _real_vector(m: Meta, size: int) -> Meta:
    return contiguous((*m.shape[:-2], size), m.dtype.to_real())


def _info(m: Meta) -> Meta:
    return contiguous(m.shape[:-2], dtypes.int32)


def _each(function: Callable, blame: Callable, shape, *arrays):
    """function(*arrays) with its info (0 everywhere); matrix by matrix where one of a batch fails.

    blame: gives the info of a matrix that failed, an order that counts from 1.  shape: of one result.
    """
    batch = arrays[0].shape[:-2]
    try:
        return function(*arrays), np.zeros(batch)
    except np.linalg.LinAlgError:
        result, info = np.full((*batch, *shape), np.nan, arrays[0].dtype), np.zeros(batch)
        for i in np.ndindex(*batch):
            try:
                result[i] = function(*(a[i] for a in arrays))
            except np.linalg.LinAlgError:
                info[i] = blame(arrays[0][i])
        return result, info


# ------------------------------------------------------------------ elimination
def lu(a: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """L and U in one matrix, LAPACK's pivots (counted from 1) and info: the first pivot that is 0, for a batch."""
    lu_, (m, n) = np.array(a), a.shape[-2:]
    flat = lu_.reshape(math.prod(a.shape[:-2]), m, n)
    every, size = np.arange(len(flat)), min(m, n)
    pivots, info = np.zeros((len(flat), size), np.int64), np.zeros(len(flat), np.int64)
    for k in range(size):
        top = k + _sizes(flat[:, k:, k]).argmax(1)
        pivots[:, k] = top + 1
        flat[every, k], flat[every, top] = flat[every, top], flat[every, k]
        pivot = flat[:, k, k]
        info[(pivot == 0) & (info == 0)] = k + 1
        flat[:, k + 1 :, k] /= np.where(pivot == 0, 1, pivot)[:, None]
        flat[:, k + 1 :, k + 1 :] -= flat[:, k + 1 :, k, None] * flat[:, None, k, k + 1 :]
    return lu_, pivots.reshape(*a.shape[:-2], size), info.reshape(a.shape[:-2])


def _sizes(a: np.ndarray) -> np.ndarray:
    """What LAPACK compares pivots by."""
    return np.abs(a.real) + np.abs(a.imag) if a.dtype.kind == "c" else np.abs(a)


def _zero_pivot(a: np.ndarray) -> int:
    return int(lu(a)[2]) or a.shape[-1]


def _inverse(a):
    return _each(np.linalg.inv, _zero_pivot, a.shape[-2:], a)


def _solution(a, b):
    return _each(np.linalg.solve, _zero_pivot, b.shape[-2:], a, b)


INV_EX = _lapack(
    "linalg_inv_ex", "A", lambda A: (contiguous(A.shape, A.dtype), _info(A)), _inverse,
    lambda g0, y: -_product(y.mT, g0, y.mT), "Inverses, and the order of the pivot that is 0.",
)  # fmt: skip
SOLVE_EX = _lapack(
    "linalg_solve_ex", "A B", lambda A, B: (contiguous(B.shape, B.dtype), _info(A)), _solution,
    (lambda g0, A, y: -matmul(solved(A.mT, g0), y.mT), lambda g0, A: solved(A.mT, g0)),
    "X of A X = B, and the order of the pivot that is 0.",
)  # fmt: skip


def permutations(pivots: np.ndarray, rows: int) -> np.ndarray:
    """The matrices P of A = P L U, from LAPACK's row exchanges."""
    order = np.broadcast_to(np.arange(rows), (*pivots.shape[:-1], rows)).copy()
    for place in np.ndindex(*pivots.shape[:-1]):
        for k, other in enumerate(pivots[place]):
            order[place][[k, other - 1]] = order[place][[other - 1, k]]
    return np.swapaxes(np.eye(rows)[order], -1, -2)


PERMUTATION = _lapack(
    "linalg_permutation", "pivots rows",
    lambda pivots, rows: (contiguous((*pivots.shape[:-1], rows, rows), pivots.dtype),),
    permutations, (), "Row exchanges as matrices.",
)  # fmt: skip


def lu_grad(g0, y, y1):
    """P L^-T (tril(L^T gL, -1) + triu(gU U^T)) U^-T, with what stands beside or below the square part."""
    m, n = y.shape[-2:]
    k = min(m, n)
    L, U = y[..., :k, :k].tril(-1) + eye(k, dtype=y.dtype), y[..., :k, :k].triu()
    gl, gu = matmul(L.mT, g0[..., :k, :k].tril(-1)), matmul(g0[..., :k, :k].triu(), U.mT)
    if n > k:
        gl = gl - matmul(g0[..., k:], y[..., k:].mT)
    if m > k:
        gu = gu - matmul(y[..., k:, :].mT, g0[..., k:, :])
    result = solved(L.mT, solved(U, (gl.tril(-1) + gu.triu()).mT).mT)
    if n > k:
        result = _cat(result, solved(L.mT, g0[..., k:]), -1)
    if m > k:
        result = _cat(result, solved(U, g0[..., k:, :].mT).mT, -2)
    return matmul(apply(PERMUTATION, (y1,), (m,)).to(y.dtype), result)


LU_FACTOR = _lapack(
    "linalg_lu_factor_ex", "A",
    lambda A: (
        contiguous(A.shape, A.dtype), contiguous((*A.shape[:-2], min(A.shape[-2:])), dtypes.int32), _info(A),
    ),
    lu, lu_grad, "LU with row pivots: L and U in one matrix, pivots, info.",
)  # fmt: skip


# ------------------------------------------------------------------ the exponential
TERMS = 18  # of the Taylor series: enough for float64 where the norm is at most 1


def exponential(a: np.ndarray) -> np.ndarray:
    """exp of matrices: that of A / 2**s by its series (Horner's scheme), squared s times."""
    a = a.astype(np.complex128 if a.dtype.kind == "c" else np.float64)
    norm = np.abs(a).sum(-2).max(-1, initial=0)
    squarings = np.ceil(np.log2(np.where(np.isfinite(norm), norm, 1).clip(1)))[..., None, None]
    scaled, unit = a / 2.0**squarings, np.eye(a.shape[-1])
    result = np.broadcast_to(unit, a.shape)
    for k in range(TERMS, 0, -1):
        result = unit + scaled @ result / k
    for k in range(int(squarings.max(initial=0))):
        result = np.where(k < squarings, result @ result, result)
    return result


def exponential_grad(g, A):
    """The upper right block of exp([[A^T, g], [0, A^T]]) (Najfeld and Havel, 1995)."""
    n = A.shape[-1]
    upper, lower = _cat(A.mT, g, -1), _cat(Tensor.full_of(A.shape, 0, A.dtype), A.mT, -1)
    return apply(MATRIX_EXP, (_cat(upper, lower, -2),))[..., :n, n:]


MATRIX_EXP = _lapack(
    "linalg_matrix_exp", "A", lambda A: (contiguous(A.shape, A.dtype),), exponential, exponential_grad,
    "Exponentials of matrices.",
)  # fmt: skip


# ------------------------------------------------------------------ pseudo-inverses
def _pseudo_inverse(a, limit, hermitian):
    if hermitian:
        s, v = _eigh(a, "L")
        uh = _adjoint(v)
    else:
        u, s, vh, _ = _svd(a, False)
        v, uh = _adjoint(vh), _adjoint(u)
    kept = np.abs(s) > limit
    inverse = np.where(kept, 1 / np.where(kept, s, 1), 0)
    return v * inverse[..., None, :] @ uh


def _adjoint(a: np.ndarray) -> np.ndarray:
    return np.swapaxes(a, -1, -2).conj()


def pinv_grad(g, A, y):
    """The gradient of the pseudo-inverse where the rank does not change (Golub and Pereyra, 1973)."""
    p, gt = y, g.mH
    if A.shape[-2] <= A.shape[-1]:
        k = matmul(gt, p)
        kp = matmul(k, p.mH)
        outside = kp - _product(A, p, kp) + _product(p.mH, p, gt - matmul(k, A))
        return outside - matmul(p, k).mH
    k = matmul(p, gt)
    pk = matmul(p.mH, k)
    return _product(gt - matmul(A, k), p, p.mH) + pk - _product(pk, p, A) - matmul(k, p).mH


PINV = _lapack(
    "linalg_pinv", "A limit hermitian",
    lambda A, limit, hermitian: (_matrix(A, A.shape[-1], A.shape[-2]),), _pseudo_inverse,
    (pinv_grad, None), "Pseudo-inverses; singular values up to a limit count as zero.", holomorphic=False,
)  # fmt: skip


def solved(A: Tensor, B: Tensor) -> Tensor:
    """X of A X = B, for batches of one shape."""
    return apply(SOLVE_EX, (A, B))[0]


def _cat(a: Tensor, b: Tensor, dim: int) -> Tensor:
    from .movement import cat

    return cat([a, b], dim)


def _product(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    return matmul(matmul(a, b), c)


# ------------------------------------------------------------------ determinants
def det_grad(g, A):
    """g times the matrix of cofactors; from the singular values, so that it holds for singular matrices."""
    u, s, vh, _ = apply(SVD, (A,), (False,))
    n = A.shape[-1]
    others = s.unsqueeze(-2).expand(*s.shape[:-1], n, n).masked_fill(eye(n, dtype=dtypes.bool_), 1).prod(-1)
    # The sign of a real determinant has no slope; that of a complex one is a phase.
    left, right = (u, vh) if A.dtype.is_complex else (u.detach(), vh.detach())
    sign = apply(DET, (left,)) * apply(DET, (right,))
    return _product(u.conj() * (g * sign)[..., None, None], others.diag_embed().to(u.dtype), vh.conj())


DET = _lapack(
    "linalg_det", "A", lambda A: (contiguous(A.shape[:-2], A.dtype),), np.linalg.det, det_grad, "Determinants."
)


def slogdet_grad(g0, g1, A, y):
    """A^-H times the gradient for the logarithm of the determinant, whose imaginary part is the angle of the sign."""
    g = g1
    if A.dtype.is_complex:
        turned = (g0.conj() * y).imag * -1j
        g = turned if g1 is None else g1 + turned
    return None if g is None else g[..., None, None] * apply(INV_EX, (A,))[0].mH


SLOGDET = _lapack(
    "linalg_slogdet", "A",
    lambda A: (contiguous(A.shape[:-2], A.dtype), contiguous(A.shape[:-2], A.dtype.to_real())),
    lambda a: tuple(np.linalg.slogdet(a)), slogdet_grad, "Signs and logarithms of determinants.", holomorphic=False,
)  # fmt: skip


# ------------------------------------------------------------------ factorizations
def _cholesky(a, upper):
    a = _adjoint(a) if upper else a
    return _each(np.linalg.cholesky, _bad_minor, a.shape[-2:], a)


def _bad_minor(a) -> int:
    """The order of the first leading minor that is not positive."""
    for k in range(1, len(a) + 1):
        try:
            np.linalg.cholesky(a[:k, :k])
        except np.linalg.LinAlgError:
            return k
    return len(a)


def cholesky_grad(g0, y):
    """L^-H phi(L^H g) L^-1; phi takes half of the lower triangle and of its mirror image (Murray, 2016)."""
    inner = matmul(y.mH, g0)
    inner = (inner.tril() + inner.tril(-1).mH) / 2
    return solved(y.mH, solved(y.mH, inner.mH).mH)


CHOLESKY_EX = _lapack(
    "linalg_cholesky_ex", "A upper", lambda A, upper: (contiguous(A.shape, A.dtype), _info(A)), _cholesky,
    cholesky_grad, "The lower factor L of L L^H, and the order of the minor that is not positive.", holomorphic=False,
)  # fmt: skip


def eigh_grad(g0, g1, y, y1):
    """V (diag(g of values) + skew(V^H g of vectors) / 2 / (differences of values)) V^H, which is Hermitian."""
    inner = 0 if g0 is None else g0.diag_embed()
    if g1 is not None:
        gaps = y.unsqueeze(-2) - y.unsqueeze(-1)
        same = eye(y.shape[-1], dtype=dtypes.bool_)
        vectors = matmul(y1.mH, g1)
        _check_phases("linalg_eigh_backward: The eigenvectors", vectors)
        inner = inner + (_skew(vectors) / 2 / gaps.masked_fill(same, 1)).masked_fill(same, 0)
    return _product(y1, inner.to(y1.dtype), y1.mH)


def _check_phases(what: str, vectors: Tensor, others: Tensor | None = None) -> None:
    """RuntimeError where a loss depends on the phases of complex vectors: on the imaginary parts of these diagonals."""
    if not vectors.dtype.is_complex:
        return
    phases = vectors.detach().diagonal(0, -2, -1).imag
    if others is not None:
        phases = phases + others.detach().diagonal(0, -2, -1).imag
    if not bool((phases.abs() <= 1e-2).all()):
        raise RuntimeError(
            f"{what} in the complex case are specified up to multiplication by e^{{i phi}}. The specified loss "
            "function depends on this quantity, so it is ill-defined."
        )


def _eigh(a: np.ndarray, UPLO: str):
    """NumPy's; NaN where what is read of a matrix is not finite."""
    fine = np.isfinite(np.tril(a) if UPLO == "L" else np.triu(a)).all((-2, -1))
    values, vectors = np.linalg.eigh(np.where(fine[..., None, None], a, 0), UPLO)
    return np.where(fine[..., None], values, np.nan), np.where(fine[..., None, None], vectors, np.nan)


EIGH = _lapack(
    "linalg_eigh", "A UPLO", lambda A, UPLO: (_real_vector(A, A.shape[-1]), contiguous(A.shape, A.dtype)),
    _eigh, eigh_grad, "Eigenvalues and eigenvectors of symmetric matrices.",
)  # fmt: skip


def _svd_results(A: Meta, full: bool):
    m, n = A.shape[-2:]
    k = min(m, n)
    return _matrix(A, m, m if full else k), _real_vector(A, k), _matrix(A, n if full else k, n), _info(A)


def _svd(a: np.ndarray, full: bool):
    """NumPy's, and info: 1 where a matrix has a NaN. What is not finite, on which LAPACK may not end, gives NaN."""
    fine = np.isfinite(a).all((-2, -1))
    results = np.linalg.svd(np.where(fine[..., None, None], a, 0), full)
    found = [np.where(fine.reshape(fine.shape + (1,) * (x.ndim - fine.ndim)), x, np.nan) for x in results]
    return (*found, np.isnan(a).any((-2, -1)))


def _skew(x: Tensor) -> Tensor:
    return x - x.mH


def svd_grad(g0, g1, g2, y, y1, y2):
    """The gradient through U, S and Vh; the singular values must differ where U or Vh is used (Wan and Zhang, 2019)."""
    k = y1.shape[-1]
    u, s, vh = y[..., :k], y1, y2[..., :k, :]
    gu, gvh = None if g0 is None else g0[..., :k], None if g2 is None else g2[..., :k, :]
    inner = _svd_core(u, s, vh, gu, gvh)
    if g1 is not None:
        inner = inner + g1.diag_embed()
    result = _product(u, inner.to(u.dtype), vh) if isinstance(inner, Tensor) else 0
    if gu is not None and u.shape[-2] > k:
        outside = gu - _product(u, u.mH, gu)
        result = result + matmul(outside / s.unsqueeze(-2), vh)
    if gvh is not None and vh.shape[-1] > k:
        outside = gvh - _product(gvh, vh.mH, vh)
        result = result + matmul(u, outside / s.unsqueeze(-1))
    return result


def _svd_core(u, s, vh, gu, gvh):
    """What the gradients for U and Vh are for U^H A V."""
    same, squares = eye(s.shape[-1], dtype=dtypes.bool_), s * s
    gaps = (squares.unsqueeze(-2) - squares.unsqueeze(-1)).masked_fill(same, 1)
    left = None if gu is None else _skew(matmul(u.mH, gu))
    right = None if gvh is None else _skew(matmul(vh, gvh.mH))
    inner = 0
    if left is not None:
        inner = (left / gaps * s.unsqueeze(-2)).masked_fill(same, 0)
    if right is not None:
        inner = inner + (s.unsqueeze(-1) * (right / gaps)).masked_fill(same, 0)
    if left is not None and left.dtype.is_complex:
        if right is not None:
            _check_phases("svd_backward: The singular vectors", left / 2, right / 2)
        # Phases of both together are free; what U turns more than V does is the angle of a singular value.
        turns = left.diagonal(0, -2, -1)
        inner = inner + (turns / (s * 2)).masked_fill(turns == 0, 0).diag_embed()
    return inner


SVD = _lapack(
    "linalg_svd", "A full", _svd_results, _svd, svd_grad,
    "Singular vectors and values: U, S, Vh.", holomorphic=False,
)  # fmt: skip


def singular_values(x: Tensor, row: int, column: int) -> Tensor:
    """The singular values of matrices over two dimensions, as the last one of the result."""
    return apply(SVD, (movedim(x, (row, column), (-2, -1)),), (False,))[1]


def nuclear_norm(x: Tensor, dims: tuple[int, int], keepdim: bool) -> Tensor:
    """The sum of the singular values of matrices over two dimensions."""
    result = singular_values(x, *dims).sum(-1)
    for d in sorted(d % x.ndim for d in dims) if keepdim else ():
        result = result.unsqueeze(d)
    return result


def _qr_results(A: Meta, mode: str):
    m, n = A.shape[-2:]
    k = m if mode == "complete" else min(m, n)
    return _matrix(A, m, k), _matrix(A, k, n)


def qr_grad(g0, g1, y, y1):
    """(gQ + Q sym(triu(gR R^H - Q^H gQ))) R^-H; columns beyond the square part of R are Q times theirs."""
    m = y.shape[-2]
    extra = y1.shape[-1] - m
    gq = 0 if g0 is None else g0
    if extra <= 0:
        return _tall_qr_grad(gq, g1, y, y1)
    u, v = y1[..., :m], y1[..., m:]
    g_u, g_v = (None, None) if g1 is None else (g1[..., :m], g1[..., m:])
    if g_v is not None:
        gq = gq + _product(y, v, g_v.mH)
    left = _tall_qr_grad(gq, g_u, y, u)
    right = y.new_zeros(*y.shape[:-1], extra) if g_v is None else matmul(y, g_v)
    return _cat(left, right, -1)


def _tall_qr_grad(gq, gr, q, r):
    inner = 0 if gr is None else matmul(gr, r.mH)
    inner = inner - matmul(q.mH, gq) if isinstance(gq, Tensor) else inner
    upper = inner.triu()
    symmetric = upper + upper.mH - upper.diagonal(0, -2, -1).real.diag_embed()
    return solved(r, (gq + matmul(q, symmetric)).mH).mH


QR = _lapack(
    "linalg_qr", "A mode", _qr_results, lambda a, mode: tuple(np.linalg.qr(a, mode)), qr_grad,
    "An orthogonal and an upper triangular factor.", holomorphic=False,
)  # fmt: skip


# ------------------------------------------------------------------ eigenvalues of any matrix
def eig_grad(g0, g1, y, y1):
    """V^-H (diag(g of values) + (V^H g of vectors, less what changes their lengths) / (differences of values)) V^H."""
    V, inner = y1, g0.diag_embed()
    if g1 is not None:
        vectors = matmul(V.mH, g1)
        _check_phases("linalg_eig_backward: The eigenvectors", vectors)
        same = eye(y.shape[-1], dtype=dtypes.bool_)
        across = vectors - matmul(V.mH, V * vectors.diagonal(0, -2, -1).real.unsqueeze(-2))
        gaps = (y.unsqueeze(-2) - y.unsqueeze(-1)).conj().masked_fill(same, 1)
        inner = inner + (across / gaps).masked_fill(same, 0)
    return solved(V.mH, matmul(inner, V.mH))


def _eig_results(A: Meta):
    kind = A.dtype.to_complex()
    return contiguous(A.shape[:-1], kind), contiguous(A.shape, kind)


EIG = _lapack(
    "linalg_eig", "A", _eig_results, lambda a: tuple(np.linalg.eig(a)), eig_grad,
    "Eigenvalues and eigenvectors of square matrices.", holomorphic=False,
)  # fmt: skip
