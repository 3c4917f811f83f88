"""Operators under PyTorch's private names that are made of public ones."""

from __future__ import annotations

from .. import shapes
from ..tensor import Tensor
from .movement import cat, constant_pad
from .public import public
from .views import reshape


def _inside(input: Tensor, mask: Tensor, indices) -> list:
    """The indices with those outside of the mask in range."""
    return [None if i is None else i.masked_fill(~mask, 0) for i in indices]


@public(method=False)
def _unsafe_masked_index(input: Tensor, mask: Tensor, indices, fill) -> Tensor:
    """input[indices] where the mask is true, a number elsewhere; there no index is read."""
    if input.numel() == 0:
        return Tensor.full_of(input[tuple(indices)].shape, fill, input.dtype)
    return input[tuple(_inside(input, mask, indices))].masked_fill(~mask, fill)


@public(method=False)
def _unsafe_masked_index_put_accumulate(input: Tensor, mask: Tensor, indices, values: Tensor) -> Tensor:
    """A copy to which values are added at the indices where the mask is true."""
    if input.numel() == 0:
        return input.clone()
    return input.index_put(_inside(input, mask, indices), values.masked_fill(~mask, 0), accumulate=True)


@public(method=False)
def _chunk_cat(tensors, dim: int, num_chunks: int) -> Tensor:
    """Each tensor, its tail flattened and filled up with zeros, cut into chunks that are laid side by side."""
    if not tensors:
        raise RuntimeError("_chunk_cat expects a non-empty input tensor list")
    if num_chunks < 1:
        raise RuntimeError("_chunk_cat expects positive num_chunks")
    dim = shapes.wrap_dim(dim, tensors[0].ndim)
    for x in tensors:
        if not x.numel():
            raise RuntimeError("_chunk_cat expects non-empty tensor")
        if x.dtype is not tensors[0].dtype:
            raise RuntimeError("_chunk_cat expects all input tensors with the same dtype")
        if x.shape[:dim] != tensors[0].shape[:dim]:
            raise RuntimeError("_chunk_cat expects same sizes of 0,...,dim-1 dimensions for all tensors")
    return cat([_chunks(t, dim, num_chunks) for t in tensors], dim + 1)


def _chunks(x: Tensor, dim: int, count: int) -> Tensor:
    missing = -x.shape[dim] % count
    x = constant_pad(x, (0, 0) * (x.ndim - dim - 1) + (0, missing)) if missing else x
    return reshape(x, (*x.shape[:dim], count, -1))
