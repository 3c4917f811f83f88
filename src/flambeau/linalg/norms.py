"""Norms of vectors and matrices and what follows from them (ranks, condition numbers); powers, chains of products."""

from __future__ import annotations

import math
from itertools import pairwise

from .. import shapes
from ..dtypes import int64
from ..errors import TYPE_TITLES
from ..ops import norms
from ..ops.assembling import diag_embed
from ..ops.contraction import matmul
from ..ops.lapack import MATRIX_EXP, singular_values
from ..ops.public import finish
from ..ops.registry import apply
from ..ops.signatures import Dims, Sizes, Tensors
from ..tensor import Tensor
from .checking import check_floating, check_inexact, check_matrix, check_square
from .factorizations import eigvalsh, svdvals
from .solving import inv, inv_ex, tolerance


def vector_norm(x: Tensor, ord=2, dim: Dims | None = None, keepdim: bool = False, *, dtype=None, out=None) -> Tensor:
    """The norm of all elements, or along dimensions, as those of vectors; ord: any number, inf or -inf."""
    if isinstance(ord, str) or not isinstance(ord, (int, float)):
        raise TypeError(f"linalg_vector_norm(): argument 'ord' must be Number, not {type(ord).__name__}")
    check_inexact("linalg.vector_norm", x)
    return norms.norm(x, ord, dim, keepdim, out, dtype)


SINGULAR = (2, -2, "nuc")


def matrix_norm(A: Tensor, ord="fro", dim: Sizes = (-2, -1), keepdim: bool = False, *, dtype=None, out=None) -> Tensor:
    """The norm of matrices over two dimensions; ord: "fro", "nuc", 1, -1, 2, -2, inf, -inf."""
    check_matrix("linalg.matrix_norm", A)
    check_inexact("linalg.matrix_norm", A)
    if isinstance(dim, int) or len(dim) != 2:
        raise RuntimeError(
            f"linalg.matrix_norm: dim must be a 2-tuple. Got {dim if isinstance(dim, int) else list(dim)}"
        )
    row, column = (shapes.wrap_dim(d, A.ndim) for d in dim)
    if row == column:
        raise RuntimeError(f"linalg.matrix_norm: dims must be different. Got ({dim[0]}, {dim[1]})")
    x = A if dtype is None else A.to(dtype)
    if ord in ("fro", "f"):
        return vector_norm(x, 2, (row, column), keepdim, out=out)
    if ord in SINGULAR:
        values = singular_values(x, row, column)
        extreme = values.amin if ord == -2 else values.amax
        result = values.sum(-1) if ord == "nuc" or not values.shape[-1] else extreme(-1)
    elif isinstance(ord, (int, float)) and abs(ord) in (1, math.inf):
        summed, extreme = (row, column) if abs(ord) == 1 else (column, row)
        result = x.abs().sum(summed, True)
        empty = ord > 0 and not result.shape[extreme]
        result = (
            result.sum((extreme, summed)) if empty else (result.amax if ord > 0 else result.amin)((extreme, summed))
        )
    else:
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    if keepdim:
        for d in sorted((row, column)):
            result = result.unsqueeze(d)
    return finish(result, out)


def norm(A: Tensor, ord=None, dim: Dims | None = None, keepdim: bool = False, *, out=None, dtype=None) -> Tensor:
    """The norm of a vector or of matrices, by the number of dimensions; of all elements where neither is given."""
    if dim is not None:
        count = 1 if isinstance(dim, int) else len(dim)
        matrices = ord is not None and (isinstance(ord, str) or count == 2)
    elif ord is not None:
        if A.ndim not in (1, 2):
            raise RuntimeError(
                f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {A.ndim}D."
            )
        matrices = A.ndim == 2 or isinstance(ord, str)
        dim = (-2, -1) if matrices else None
    else:
        matrices = False
    if matrices and dim is not None:
        return matrix_norm(A, ord, dim, keepdim, dtype=dtype, out=out)
    return vector_norm(A, 2 if ord is None else ord, dim, keepdim, dtype=dtype, out=out)


def cond(A: Tensor, p=None, *, out=None) -> Tensor:
    """Condition numbers: the ratio of singular values, or |A| |A^-1| in another norm."""
    if A.ndim < 2:
        raise RuntimeError("linalg.cond: The input tensor must have at least 2 dimensions.")
    if p in (None, 2, -2):
        values = svdvals(A)
        first, last = values[..., 0], values[..., -1]
        return finish(last / first if p == -2 else first / last, out)
    if p not in ("fro", "nuc", 1, -1, math.inf, -math.inf):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    check_square(f"linalg.cond(ord={p})", A)
    inverse, info = inv_ex(A)
    size = matrix_norm(inverse, p)
    size = size.masked_fill(info != 0, math.inf)
    return finish(matrix_norm(A, p) * size if not bool((info != 0).any()) else size, out)


def matrix_rank(A: Tensor, tol=None, hermitian: bool = False, *, atol=None, rtol=None, out=None) -> Tensor:
    """How many singular values are larger than max(atol, rtol * the largest)."""
    if A.ndim < 2:
        raise RuntimeError("torch.linalg.matrix_rank: The input tensor input must have at least 2 dimensions.")
    atol = tol if tol is not None else atol
    if not A.numel():
        return finish(A.new_zeros(*A.shape[:-2], dtype=int64), out)
    values = eigvalsh(A.detach()).abs() if hermitian else svdvals(A.detach())
    limit = tolerance(A, values, atol, 0.0 if tol is not None else rtol)
    return finish((values > limit).sum(-1), out)


def matrix_exp(A: Tensor) -> Tensor:
    """The exponentials of square matrices."""
    check_square("linalg.matrix_exp", A)
    check_floating("linalg.matrix_exp", A)
    return apply(MATRIX_EXP, (A,))


def matrix_power(A: Tensor, n: int, *, out=None) -> Tensor:
    """Square matrices to an integer power; a negative one inverts them."""
    check_square("linalg.matrix_power", A)
    if n < 0:
        return finish(matrix_power(inv(A), -n), out)
    result, square = None, A
    while n:
        if n & 1:
            result = square if result is None else matmul(result, square)
        n >>= 1
        square = matmul(square, square) if n else square
    if result is None:
        return finish(diag_embed(A.new_ones(*A.shape[:-1])) + A * 0, out)
    return finish(result.clone() if result is A else result, out)


def multi_dot(tensors: Tensors, *, out=None) -> Tensor:
    """The product of matrices, multiplied in the order that costs least (Cormen et al., matrix-chain order)."""
    count = len(tensors)
    if count < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {count}")
    first, last = tensors[0].ndim == 1, tensors[-1].ndim == 1
    chain = list(tensors)
    chain[0] = chain[0].unsqueeze(0) if first else chain[0]
    chain[-1] = chain[-1].unsqueeze(-1) if last else chain[-1]
    for i, x in enumerate(chain):
        if x.ndim != 2:
            kind = "1D or 2D" if i in (0, count - 1) else "2D"
            raise RuntimeError(f"multi_dot(): tensor {i} must be {kind} but got {x.ndim}D")
    for i, (a, b) in enumerate(pairwise(chain)):
        if a.shape[1] != b.shape[0]:
            raise RuntimeError(
                f"multi_dot(): tensors {i} and {i + 1} with shapes {list(tensors[i].shape)} and "
                f"{list(tensors[i + 1].shape)} cannot be multiplied"
            )
    result = _chained(chain, _cuts([*(x.shape[0] for x in chain), chain[-1].shape[1]]), 0, count - 1)
    result = result.squeeze(-1) if last else result
    return finish(result.squeeze(0) if first else result, out)


def _cuts(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Where each run of matrices is cut in two; matrix i is sizes[i] by sizes[i + 1]."""
    count, cuts = len(sizes) - 1, {}
    costs = {(i, i): 0 for i in range(count)}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            options = [(costs[i, k] + costs[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)]
            costs[i, j], cuts[i, j] = min(options)
    return cuts


def _chained(chain, cuts, i: int, j: int) -> Tensor:
    if i == j:
        return chain[i]
    k = cuts[i, j]
    return matmul(_chained(chain, cuts, i, k), _chained(chain, cuts, k + 1, j))


def vecdot(x: Tensor, y: Tensor, *, dim: int = -1, out=None) -> Tensor:
    """Inner products along a dimension, the first vectors conjugated."""
    return finish((x.conj() * y).sum(dim), out)


def cross(input: Tensor, other: Tensor, *, dim: int = -1, out=None) -> Tensor:
    """Vector products along a dimension of size 3."""
    from ..ops.products import cross as product

    return product(input, other, dim, out=out)


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The diagonals of matrices."""
    return A.diagonal(offset, dim1, dim2)


def vander(x: Tensor, N: int | None = None) -> Tensor:
    """Vandermonde matrices: the powers 0 to N - 1 of each element."""
    count = N if N is not None else x.shape[-1] if x.ndim else 1
    if count <= 1:
        raise RuntimeError("N must be greater than 1.")
    if x.dtype.is_inexact and x.dtype.itemsize < 4:
        title = TYPE_TITLES[x.meta.dtype.name]
        raise RuntimeError(f"linalg.vander supports floating point, complex, and integer tensors, but got {title}")
    from ..ranges import arange

    column = x.reshape(-1, 1) if x.ndim == 0 else x.unsqueeze(-1)
    return column ** arange(count)
