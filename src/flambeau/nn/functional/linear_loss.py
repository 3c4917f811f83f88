"""Cross entropy of a linear map: the last layer of a classifier and its loss in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import Tensor
from ...ops.functional import linear
from .loss import cross_entropy

if TYPE_CHECKING:
    from ..linear_cross_entropy import LinearCrossEntropyOptions


def linear_cross_entropy(
    input: Tensor, linear_weight: Tensor, target: Tensor, *, linear_bias: Tensor | None = None,
    weight: Tensor | None = None, reduction: str = "mean", ignore_index: int | None = None,
    label_smoothing: float = 0.0, options: LinearCrossEntropyOptions | None = None,
) -> Tensor:  # fmt: skip
    """cross_entropy(linear(input, linear_weight, linear_bias), target, ...).

    input: (N, in_features) or (in_features).  linear_weight: (C, *, in_features).  linear_bias: (C, *).
    ignore_index: -100 for class targets where None.  options: accepted; they change the memory that PyTorch needs.
    Raises RuntimeError for shapes that do not fit.
    """
    _check(input, linear_weight, linear_bias)
    if target.is_floating_point() and ignore_index is not None:
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")
    bias = None if linear_bias is None else linear_bias.flatten()
    logits = linear(input, linear_weight.reshape(-1, linear_weight.size(-1)), bias)
    if linear_weight.dim() > 2:
        logits = logits.unflatten(-1, linear_weight.shape[:-1])
    return cross_entropy(
        logits, target, weight=weight, reduction=reduction, ignore_index=-100 if ignore_index is None else ignore_index,
        label_smoothing=label_smoothing,
    )  # fmt: skip


def _check(input: Tensor, weight: Tensor, bias: Tensor | None):
    if input.dim() not in (1, 2):
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {input.dim()}")
    if weight.dim() < 2:
        raise RuntimeError(f"expected linear_weight with dimensionality at least 2, got {weight.dim()}")
    if input.size(-1) != weight.size(-1):
        raise RuntimeError(
            "expected equal input and linear_weight last dimensions (in_features), got "
            f"{input.size(-1)} and {weight.size(-1)}, respectively"
        )
    if weight.dim() > 2 and input.dim() == 1:
        raise RuntimeError(
            f"K-dimensional loss defined by linear_weight shape {tuple(weight.shape)} requires batched input, (N, "
            f"{input.size(0)}), got unbatched input with shape {tuple(input.shape)}"
        )
    if bias is not None and bias.shape != weight.shape[:-1]:
        raise RuntimeError(f"expected linear_bias shape {tuple(weight.shape[:-1])}, got {tuple(bias.shape)}")
