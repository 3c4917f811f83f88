"""Bilinear maps, and rows of a table chosen by number."""

from __future__ import annotations

from ... import Tensor, no_grad
from ...ops import functional as ops


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x1 @ weight[k] @ x2 + bias[k] for each k; input1 (*, i), input2 (*, j), weight (k, i, j), bias (k)."""
    _check_bilinear(input1, input2, weight)
    outputs, in1, in2 = weight.shape
    # One large product for all k, then a small sum: (*, i) @ (i, k * j), times (*, 1, j).
    partial = input1.matmul(weight.transpose(0, 1).reshape(in1, outputs * in2)).unflatten(-1, (outputs, in2))
    result = (partial * input2.unsqueeze(-2)).sum(-1)
    return result if bias is None else result + bias


def _check_bilinear(input1: Tensor, input2: Tensor, weight: Tensor):
    if input1.dim() != input2.dim():
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {input1.dim()} and {input2.dim()}")
    for i, (input, size) in enumerate(zip((input1, input2), weight.shape[1:])):
        if input.size(-1) != size:
            raise RuntimeError(
                f"bilinear(): input{i + 1} size does not match weight size: got {input.size(-1)} but expected {size}"
            )


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of weight (count, size) that the integers of input (*) name: (*, size).

    padding_idx: the row that gets no gradient.  max_norm: rows that are used are first scaled down, in place, to this
    norm.
    """
    padding_idx = -1 if padding_idx is None else _wrapped(padding_idx, weight.size(0))
    if max_norm is not None:
        _renormalize(weight, input, max_norm, norm_type)
    return ops.embedding(weight, input, padding_idx, scale_grad_by_freq, sparse)


def _wrapped(padding_idx: int, count: int) -> int:
    if not -count <= padding_idx < max(count, 1):
        raise AssertionError("Padding_idx must be within num_embeddings")
    return padding_idx % count if count else padding_idx


@no_grad()
def _renormalize(weight: Tensor, input: Tensor, max_norm: float, norm_type: float):
    table, used = weight.detach(), input.reshape(-1)  # a row that is named twice is written twice, equally
    rows = table[used]
    norms = rows.norm(norm_type, 1, keepdim=True)
    table[used] = rows * (max_norm / (norms + 1e-7)).clamp(max=1.0)
