"""Softmax over a dimension of a sparse tensor: what is not there counts as minus infinity."""

from __future__ import annotations

import math

from .. import Tensor, full, zeros
from .coo import SparseTensor


def softmax(input: Tensor, dim: int, *, dtype=None) -> SparseTensor:
    """exp(x) / sum(exp(x)) over those elements along a dimension that the tensor has."""
    x, shifted, total = _exponentials(input, dim, dtype)
    return x._with(shifted.exp() / total)


def log_softmax(input: Tensor, dim: int, *, dtype=None) -> SparseTensor:
    """The logarithm of softmax."""
    x, shifted, total = _exponentials(input, dim, dtype)
    return x._with(shifted - total.log())


def _exponentials(input: Tensor, dim: int, dtype):
    """The coalesced tensor, its values minus the largest of their line, and the sum of the line's exponentials."""
    x = input.coalesce() if dtype is None else input.coalesce().to(dtype)
    dim, held = dim % x.dim(), x._values()
    if dim >= x.sparse_dim():
        shifted = held - held.detach().amax(dim - x.sparse_dim() + 1, keepdim=True)
        return x, shifted, shifted.exp().sum(dim - x.sparse_dim() + 1, keepdim=True)
    sizes = [1 if d == dim else size for d, size in enumerate(x.shape[: x.sparse_dim()])]
    line = zeros(x._nnz(), dtype=x._indices().dtype)
    for d, row in enumerate(x._indices().unbind(0)):
        line = line * sizes[d] + (row if d != dim else 0)
    count, places = math.prod(sizes), line.reshape(-1, *[1] * (held.dim() - 1)).expand(held.shape)
    largest = full((count, *held.shape[1:]), -math.inf, dtype=held.dtype)
    largest = largest.scatter_reduce(0, places, held.detach(), "amax")
    shifted = held - largest.index_select(0, line)
    total = zeros(count, *held.shape[1:], dtype=held.dtype).index_add(0, line, shifted.exp())
    return x, shifted, total.index_select(0, line)
