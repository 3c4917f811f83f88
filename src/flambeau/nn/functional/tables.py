"""Bilinear maps, and rows of a table chosen by number."""

from __future__ import annotations

import warnings
from collections.abc import Callable

from ... import Tensor, int32, int64, no_grad, promote_types
from ...errors import SCALAR_NAMES, type_name
from ...ops import functional as ops
from ...ops.bags import embedding_bag as reduced_bags


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x1 @ weight[k] @ x2 + bias[k] for each k; input1 (*, i), input2 (*, j), weight (k, i, j), bias (k)."""
    _check_bilinear(input1, input2, weight, bias)
    outputs, in1, in2 = weight.shape
    # One large product for all k, then a small sum: (*, i) @ (i, k * j), times (*, 1, j).
    partial = input1.matmul(weight.transpose(0, 1).reshape(in1, outputs * in2)).unflatten(-1, (outputs, in2))
    result = (partial * input2.unsqueeze(-2)).sum(-1, dtype=weight.dtype)
    return result if bias is None else result + bias


def _check_bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None):
    given = {"input1": input1, "input2": input2, "weight": weight} | ({} if bias is None else {"bias": bias})
    if any(x.dtype is not weight.dtype for x in given.values()):
        kinds = ", ".join(f"{name}: {SCALAR_NAMES[x.dtype.name]}" for name, x in given.items())
        raise RuntimeError(f"All tensors must have the same dtype, got {kinds}")
    if input1.dim() != input2.dim():
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {input1.dim()} and {input2.dim()}")
    for i, (input, size) in enumerate(zip((input1, input2), weight.shape[1:])):
        if input.size(-1) != size:
            raise RuntimeError(
                f"bilinear(): input{i + 1} size does not match weight size: got {input.size(-1)} but expected {size}"
            )
    for dim, (a, b) in enumerate(zip(input1.shape[:-1], input2.shape)):
        if a != b:
            raise RuntimeError(f"bilinear(): input batch dimensions do not match at dim {dim}: got {a} and {b}")
    if bias is not None and bias.size(0) != weight.size(0):
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {bias.size(0)} but expected {weight.size(0)}"
        )
    if weight.dim() != 3:
        raise RuntimeError("number of dimensions must match")


def embedding(
    input: Tensor, weight: Tensor, padding_idx: int | None = None, max_norm: float | None = None,
    norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False,
) -> Tensor:  # fmt: skip
    """The rows of weight (count, size) that the integers of input (*) name: (*, size).

    padding_idx: the row that gets no gradient.  max_norm: rows that are used are first scaled down, in place, to this
    norm.
    """
    if weight.dim() != 2:
        raise RuntimeError("'weight' must be 2-D")
    padding_idx = -1 if padding_idx is None else _wrapped(padding_idx, weight.size(0))
    if max_norm is not None:
        _check_indices(input, 2, "embedding_renorm_")
        renormalize(weight, input, max_norm, norm_type)
    return _lookup(sparse, weight)(weight, input, padding_idx, scale_grad_by_freq)


def _lookup(sparse: bool, weight: Tensor) -> Callable:
    """The way to choose rows: with a dense or a sparse gradient, which only the table itself can have."""
    if not sparse or weight.grad_fn is not None:
        return ops.embedding
    from ...sparse.embedding import embedding

    return embedding


def embedding_bag(
    input: Tensor, weight: Tensor, offsets: Tensor | None = None, max_norm: float | None = None, norm_type: float = 2,
    scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False,
    per_sample_weights: Tensor | None = None, include_last_offset: bool = False, padding_idx: int | None = None,
) -> Tensor:  # fmt: skip
    """Rows of weight (count, size) that integers name, reduced bag by bag: (bags, size).

    input: (bags, length), or (n,) with offsets (bags,), the places where bags start.  mode: "sum", "mean" or "max".
    per_sample_weights: factors of the rows, for sums.  include_last_offset: whether the last offset is an end.
    padding_idx: the row that counts in no bag.  max_norm: rows that are used are first scaled down to this norm.
    """
    if weight.dtype is int64 and input.is_floating_point():
        warnings.warn(
            "Argument order of nn.functional.embedding_bag was changed. Usage `embedding_bag(weight, input, ...)` is "
            "deprecated, and should now be `embedding_bag(input, weight, ...)`.",
            stacklevel=2,
        )
        weight, input = input, weight
    _check_bags(input, weight, offsets, per_sample_weights)
    _check_mode(mode, scale_grad_by_freq, sparse, per_sample_weights is not None)
    if offsets is not None and offsets.dtype is not input.dtype:
        kind = promote_types(input.dtype, offsets.dtype)
        input, offsets = input.to(kind), offsets.to(kind)
    _check_types(input, weight, per_sample_weights)
    if padding_idx is not None:
        count = weight.size(0)
        if not -count <= padding_idx < count:
            raise RuntimeError(
                f"padding_idx must be within the number of embeddings, -{count} through {count - 1}, but got "
                f"{padding_idx}"
            )
        padding_idx %= count
    if max_norm is not None:
        _check_indices(input, 2, "embedding_renorm_")
        renormalize(weight, input, max_norm, norm_type)
    settings = mode, padding_idx, scale_grad_by_freq, per_sample_weights, include_last_offset
    return reduced_bags(weight, input, offsets, *settings, lookup=_lookup(sparse, weight))


def _check_bags(input: Tensor, weight: Tensor, offsets: Tensor | None, per_sample_weights: Tensor | None):
    if per_sample_weights is not None and input.size() != per_sample_weights.size():
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, then it must have the "
            f"same shape as the input ({input.shape})"
        )
    if weight.dim() != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.dim()}")
    if input.dim() not in (1, 2):
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}")
    if input.dim() == 2 and offsets is not None:
        raise ValueError(
            "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length "
            "sequences. However, found offsets of type <class 'torch.Tensor'>"
        )
    if input.dim() == 1 and offsets is None:
        raise ValueError("offsets has to be a 1D Tensor but got None")
    if offsets is not None and offsets.dim() != 1:
        raise ValueError("offsets has to be a 1D Tensor")


def _check_indices(input: Tensor, position: int, name: str):
    if input.dtype not in (int64, int32):
        raise RuntimeError(
            f"Expected tensor for argument #{position} 'indices' to have one of the following scalar types: Long, Int; "
            f"but got torch.{type_name(input.dtype)} instead (while checking arguments for {name})"
        )


def _check_types(input: Tensor, weight: Tensor, per_sample_weights: Tensor | None):
    _check_indices(input, 1, "embedding_bag")
    if per_sample_weights is not None and per_sample_weights.dtype is not weight.dtype:
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have the same type as tensor for argument #1 "
            f"'per_sample_weights'; but type torch.{type_name(weight.dtype)} does not equal "
            f"torch.{type_name(per_sample_weights.dtype)} (while checking arguments for embedding_bag)"
        )


def _check_mode(mode: str, scale_grad_by_freq: bool, sparse: bool, weighted: bool):
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")
    if weighted and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' (got "
            f"mode='{mode}'). Please open a feature request on GitHub."
        )


def _wrapped(padding_idx: int, count: int) -> int:
    if not -count <= padding_idx < max(count, 1):
        raise AssertionError("Padding_idx must be within num_embeddings")
    return padding_idx % count if count else padding_idx


@no_grad()
def renormalize(weight: Tensor, input: Tensor, max_norm: float, norm_type: float):
    """Scales the rows of a table that an input names down to a norm, in place."""
    table, used = weight.detach(), input.reshape(-1)  # a row that is named twice is written twice, equally
    rows = table[used]
    norms = rows.norm(norm_type, 1, keepdim=True)
    table[used] = rows * (max_norm / (norms + 1e-7)).clamp(max=1.0)
