"""Rows of a table chosen by number, whose gradient is a sparse tensor of those rows."""

from __future__ import annotations

from .. import Tensor, long
from ..autograd import Function
from ..ops.functional import embedding as dense_embedding
from .coo import SparseTensor


class _Lookup(Function):
    @staticmethod
    def forward(ctx, weight, index, padding_idx, scale_grad_by_freq):
        ctx.save_for_backward(index)
        ctx.settings = tuple(weight.shape), padding_idx, scale_grad_by_freq
        return dense_embedding(weight.detach(), index)

    @staticmethod
    def backward(ctx, grad):
        (index,) = ctx.saved_tensors
        shape, padding_idx, scale_grad_by_freq = ctx.settings
        if scale_grad_by_freq:
            raise RuntimeError("embedding_backward: scale_grad_by_freq not supported with sparse gradients")
        rows, values = index.reshape(-1).to(long), grad.reshape(-1, shape[1])
        if padding_idx is not None and padding_idx >= 0:
            kept = (rows != padding_idx).nonzero().squeeze(1)
            rows, values = rows[kept], values.index_select(0, kept)
        return SparseTensor.of(rows.unsqueeze(0), values, shape), None, None, None


def embedding(weight: Tensor, index: Tensor, padding_idx: int | None = None, scale_grad_by_freq: bool = False):
    """The rows of a table that is a leaf; its gradient has only the rows that were used, but for padding_idx."""
    return _Lookup.apply(weight, index, padding_idx, scale_grad_by_freq)
