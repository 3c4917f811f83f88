"""Solutions and inverses of A, given by its Cholesky factor: cholesky_solve, cholesky_inverse.

One triangle of the factor is read. Gradients reach the other one too, as if A were the product of the whole with its
adjoint: that is PyTorch's convention.
"""

from __future__ import annotations

import numpy as np

from .. import shapes
from ..errors import TYPE_TITLES
from ..meta import Meta, contiguous
from ..ops.contraction import matmul
from ..ops.lapack import _info as info_of
from ..ops.lapack import _lapack as declared
from ..ops.public import public
from ..ops.registry import apply
from ..tensor import Tensor
from .checking import LinAlgError, check_matrix, failed


def _lower(factor: np.ndarray, upper: bool) -> np.ndarray:
    return np.swapaxes(np.triu(factor), -1, -2).conj() if upper else np.tril(factor)


def _solved(right, factor, upper):
    lower = _lower(factor, upper)
    if not lower.diagonal(axis1=-2, axis2=-1).all():
        return np.full(right.shape, np.nan, right.dtype)
    return np.linalg.solve(np.swapaxes(lower, -1, -2).conj(), np.linalg.solve(lower, right))


def _inverse(factor, upper):
    zero = factor.diagonal(axis1=-2, axis2=-1) == 0
    info = np.where(zero.any(-1), zero.argmax(-1) + 1, 0) if factor.shape[-1] else np.zeros(factor.shape[:-2])
    whole = np.broadcast_to(np.eye(factor.shape[-1], dtype=factor.dtype), factor.shape)
    return (whole if zero.any() else _solved(whole, factor, upper)), info


def _through_product(g: Tensor, factor: Tensor, upper: bool) -> Tensor:
    """The gradient for the factor of what depends on A = factor factor^H (or factor^H factor) with the gradient g."""
    both = g + g.mH
    return matmul(factor, both) if upper else matmul(both, factor)


SOLVE = declared(
    "cholesky_solve",
    "input L upper",
    lambda input, L, upper: (contiguous(input.shape, input.dtype),),
    _solved,
    (
        lambda g, L, upper: apply(SOLVE, (g, L), (upper,)),
        lambda g, L, y, upper: _through_product(-matmul(apply(SOLVE, (g, L), (upper,)), y.mH), L, upper),
    ),
    "X of A X = input, from A's Cholesky factor.",
    holomorphic=False,
)
INVERSE = declared(
    "cholesky_inverse",
    "input upper",
    lambda input, upper: (contiguous(input.shape, input.dtype), info_of(input)),
    _inverse,
    lambda g0, input, y, upper: _through_product(-matmul(matmul(y, g0), y), input, upper),
    "The inverse of A from its Cholesky factor, and the first zero on the factor's diagonal.",
    holomorphic=False,
)


def _check_factor(name: str, x: Meta, kernel: str) -> None:
    if x.shape[-1] != x.shape[-2]:
        rows, columns = x.shape[-2:]
        raise RuntimeError(f"{name}A must be batches of square matrices, but they are {rows} by {columns} matrices")
    if not x.dtype.is_inexact or x.dtype.itemsize < 4:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{TYPE_TITLES[x.dtype.name]}'")


@public(out=True)
def cholesky_inverse(input: Tensor, upper: bool = False) -> Tensor:
    """The inverse of A, from its Cholesky factor.

    input: (*, n, n), of which the lower triangle is read (the upper one if `upper`).  Result: (*, n, n).
    Raises LinAlgError where a number on the diagonal is zero.
    """
    check_matrix("cholesky_inverse", input)
    _check_factor("cholesky_inverse: ", input.meta, "cholesky_inverse_out_cpu")
    inverse, info = apply(INVERSE, (input,), (bool(upper),))
    found = failed(info)
    if found:
        raise LinAlgError(
            f"cholesky_inverse: {found[0]}The diagonal element {found[1]} is zero, the inversion could not be "
            "completed because the input matrix is singular."
        )
    return inverse


def _check_system(b: Meta, A: Meta) -> None:
    for name, x in (("b", b), ("u", A)):
        if x.ndim < 2:
            raise RuntimeError(f"{name} should have at least 2 dimensions, but has {x.ndim} dimensions instead")
    if A.dtype is not b.dtype:
        kinds = [TYPE_TITLES[x.dtype.name].capitalize() for x in (b, A)]
        raise RuntimeError(
            "Expected b and A to have the same dtype, but found b of type {} and A of type {} instead.".format(*kinds)
        )
    if A.shape[-1] == A.shape[-2] != b.shape[-2]:
        (m, n), (r, k) = A.shape[-2:], b.shape[-2:]
        raise RuntimeError(
            f"Incompatible matrix sizes for cholesky_solve: each A matrix is {m} by {n} but each b matrix is {r} by {k}"
        )
    _check_factor("", A, "cholesky_solve_cpu")


@public(out=True)
def cholesky_solve(input: Tensor, input2: Tensor, upper: bool = False) -> Tensor:
    """X of A X = input, from A's Cholesky factor.

    input: (*, n, k).  input2: the factor (*, n, n), of which the lower triangle is read (the upper one if `upper`).
    Result: (*, n, k).
    """
    _check_system(input.meta, input2.meta)
    batch = shapes.broadcast_shapes(input.shape[:-2], input2.shape[:-2])
    right, factor = (x.expand(*batch, *x.shape[-2:]) for x in (input, input2))
    return apply(SOLVE, (right, factor), (bool(upper),))
