"""Losses over classes that ask for a margin: the target's score is to exceed the others by so much."""

from __future__ import annotations

from ... import Tensor, int64, where
from ...errors import TYPE_TITLES
from ...ops import bounds
from ...ops.registry import full_precision, refuse_gradient
from .loss import reduced, resolve


def _check_scores(input: Tensor) -> None:
    if input.dim() > 2 or (input.dim() and not input.shape[-1]):
        raise RuntimeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {list(input.shape)}"
        )


def _check_long(target: Tensor) -> None:
    if target.dtype is not int64:
        raise RuntimeError(f"expected scalar type Long but found {TYPE_TITLES[target.meta.dtype.name]}")


def _check_classes(input: Tensor, target: Tensor, weight: Tensor | None) -> None:
    _check_scores(input)
    rows = input.size(0) if input.dim() == 2 else 1
    if target.dim() > 1 or target.numel() != rows:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch "
            f"size). Expected target size [{rows}], but got {list(target.shape)}. Input has shape {list(input.shape)}."
        )
    classes = input.shape[-1] if input.dim() else 1
    if weight is not None and weight.numel() != classes:
        raise RuntimeError(f"inconsistent weight size, expected {classes} but got {list(weight.shape)}")
    _check_long(target)
    bounds.check(target, classes, lambda number: RuntimeError("target out of range"))


def _check_labels(input: Tensor, target: Tensor) -> None:
    _check_scores(input)
    if target.shape != input.shape and (input.dim() == 2 or target.numel() != input.numel()):
        raise RuntimeError(f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)}")
    _check_long(target)
    classes = input.shape[-1] if input.dim() else 1
    bounds.check(target, classes, lambda number: RuntimeError("argument #2 'target' is out of range"), low=-1)


def multi_margin_loss(
    input: Tensor, target: Tensor, p: int = 1, margin: float = 1.0, weight: Tensor | None = None, size_average=None,
    reduce=None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """The mean over all wrong classes of max(0, margin - x[target] + x)^p, for (N, C) and classes (N)."""
    input, weight = full_precision(input, weight)
    reduction = resolve(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.dim() != 1:
        raise ValueError("weight must be one-dimensional")
    refuse_gradient("multi_margin_loss", weight=weight)
    _check_classes(input, target, weight)
    scores, index = input.reshape(-1, input.shape[-1] if input.dim() else 1), target.reshape(-1, 1)
    excess = (margin - scores.gather(1, index) + scores).clamp(min=0)
    excess = excess if p == 1 else excess * excess
    excess = excess if weight is None else excess * weight[index]
    loss = excess.scatter(1, index, 0.0).sum(1) / scores.size(1)
    return reduced(loss if input.dim() > 1 else loss.squeeze(0), reduction)


def multilabel_margin_loss(
    input: Tensor, target: Tensor, size_average=None, reduce=None, reduction: str = "mean"
) -> Tensor:
    """The margin of 1 by which each target class (up to the first -1 in target) should exceed each other class."""
    (input,) = full_precision(input)
    reduction = resolve(reduction, size_average, reduce)
    _check_labels(input, target)
    scores, index = (x.reshape(-1, x.shape[-1] if x.dim() else 1) for x in (input, target))
    listed = (index >= 0).long().cumprod(1).bool()
    index = where(listed, index, 0)
    is_target = scores.detach().new_zeros(scores.shape).scatter_add(1, index, listed.to(scores.dtype)) > 0
    excess = (1 - scores.gather(1, index).unsqueeze(2) + scores.unsqueeze(1)).clamp(min=0)
    counts = listed.unsqueeze(2) & ~is_target.unsqueeze(1)
    loss = where(counts, excess, 0.0).sum((1, 2)) / scores.size(1)
    return reduced(loss if input.dim() > 1 else loss.squeeze(0), reduction)
