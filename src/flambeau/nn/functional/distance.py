"""Distances and similarities of vectors, and scaling vectors to length 1."""

from __future__ import annotations

from ... import Tensor, broadcast_tensors, float32, promote_types, triu_indices
from ...errors import TYPE_TITLES
from ...ops.public import finish


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """The p-norm of x1 - x2 + eps over the last dimension."""
    return (x1 - x2 + eps).norm(p, -1, keepdim=keepdim)


def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """The p-norms of the differences of all pairs of rows of (N, M): those of the first row, of the second ..."""
    if input.dim() != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.dim()}D")
    if not input.is_floating_point():
        raise RuntimeError("pdist only supports floating-point dtypes")
    if not p >= 0:
        raise RuntimeError("pdist only supports non-negative p values")
    rows, columns = triu_indices(input.size(0), input.size(0), 1)
    if not input.size(1):
        return input.new_zeros(rows.size(0))
    return (input[rows] - input[columns]).norm(p, -1)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between vectors along a dimension; norms below eps count as eps."""
    kind = promote_types(x1.dtype, x2.dtype)
    if kind.category != float32.category:
        title = TYPE_TITLES[kind.name]
        raise RuntimeError(f"expected common dtype to be floating point, yet common dtype is {title}")
    if not eps >= 0:
        raise RuntimeError(f"eps must be non-negative, got: {eps:g}")
    x1, x2 = broadcast_tensors(x1.to(kind), x2.to(kind))
    first, second = (x / x.norm(2, dim, keepdim=True).clamp(min=eps) for x in (x1, x2))
    return (first * second).sum(dim)


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: Tensor | None = None) -> Tensor:
    """The input divided by its p-norm along a dimension; norms below eps count as eps."""
    normal = input / input.norm(p, dim, keepdim=True).clamp(min=eps).expand_as(input)
    return finish(normal, out, input)
