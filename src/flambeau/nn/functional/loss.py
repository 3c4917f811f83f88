"""Losses: how far predictions are from targets.

In: predictions and targets, and how the elements are to be reduced ("mean", "sum" or "none"; the old arguments
size_average and reduce are translated). Out: a scalar, or one number for each element.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

from ... import Tensor, broadcast_shapes, broadcast_tensors, log1p, minimum, no_grad, ones_like, promote_types, where
from ...errors import no_kernel
from ...ops import functional as ops
from ...ops.complex_support import refuse
from ...ops.inplace import check_fits
from ...ops.registry import full_precision, refuse_gradient
from .activation import logsigmoid
from .distance import pairwise_distance


def resolve(reduction: str, size_average=None, reduce=None) -> str:
    """The reduction that the arguments ask for; ValueError where it is unknown."""
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce)
    if reduction == "elementwise_mean":
        warnings.warn("reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.", stacklevel=3)
        return "mean"
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction


def legacy_reduction(size_average: bool | None, reduce: bool | None, emit_warning: bool = True) -> str:
    """The name of the reduction that the two old arguments stand for."""
    size_average = True if size_average is None else size_average
    reduce = True if reduce is None else reduce
    name = "none" if not reduce else "mean" if size_average else "sum"
    if emit_warning:
        warnings.warn(
            f"size_average and reduce args will be deprecated, please use reduction='{name}' instead.", stacklevel=4
        )
    return name


def reduced(loss: Tensor, reduction: str) -> Tensor:
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


# ------------------------------------------------------------------ classes
def cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average=None, ignore_index: int = -100,
    reduce=None, reduction: str = "mean", label_smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """Minus the log-probability of the target, for logits (N, C, *) and classes (N, *) or probabilities (N, C, *).

    weight: a factor for each class.  ignore_index: the target that does not count.  label_smoothing: the share of the
    target that is spread over all classes.
    """
    reduction = resolve(reduction, size_average, reduce)
    return ops.cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)


def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average=None, ignore_index: int = -100,
    reduce=None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Minus the target's element of log-probabilities (N, C, *), for classes (N, *)."""
    return ops.nll_loss(input, target, weight, ignore_index, resolve(reduction, size_average, reduce))


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average=None, reduce=None, reduction: str = "mean"
) -> Tensor:
    """-(t log p + (1 - t) log(1 - p)) for probabilities; a logarithm is at least -100."""
    reduction = resolve(reduction, size_average, reduce)
    if target.size() != input.size():
        raise ValueError(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}) is "
            "deprecated. Please ensure they have the same size."
        )
    if weight is not None:
        weight = weight.expand(broadcast_shapes(target.size(), weight.size()))
        refuse_gradient("binary_cross_entropy", weight=weight)
    return ops.binary_cross_entropy(input, target, weight, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average=None, reduce=None,
    reduction: str = "mean", pos_weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """binary_cross_entropy of sigmoid(input), also where the sigmoid is 0 or 1. pos_weight: a factor for positive
    targets.
    """
    reduction = resolve(reduction, size_average, reduce)
    if target.size() != input.size():
        raise ValueError(f"Target size ({target.size()}) must be the same as input size ({input.size()})")
    refuse_gradient("binary_cross_entropy_with_logits", weight=weight, pos_weight=pos_weight)
    return ops.binary_cross_entropy_with_logits(input, target, weight, pos_weight, reduction)


def kl_div(
    input: Tensor, target: Tensor, size_average=None, reduce=None, reduction: str = "mean", log_target: bool = False
) -> Tensor:
    """target * (log target - input), for log-probabilities as input. reduction: also "batchmean", the sum over the
    batch size.
    """
    input, target = full_precision(input, target)
    if size_average is None and reduce is None and reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size.'batchmean' divides "
            "only by the batch size, and aligns with the KL div math definition.'mean' will be changed to behave the "
            "same as 'batchmean' in the next major release.",
            stacklevel=2,
        )
    by_batch = reduction == "batchmean" and size_average is None and reduce is None
    name = resolve("sum" if by_batch else reduction, size_average, reduce)
    if log_target:
        loss = target.exp() * (target - input)
    else:
        # A target of 0 contributes 0, not 0 * log(0).
        loss = target * where(target == 0, 1.0, target).log() - target * input
    total = reduced(loss, name)
    return total / input.size(0) if by_batch and input.dim() else total


def multilabel_soft_margin_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average=None, reduce=None, reduction: str = "mean"
) -> Tensor:
    """The mean over the classes of binary cross-entropies, for logits and targets (*, C)."""
    input, target, weight = full_precision(input, target, weight)
    reduction = resolve(reduction, size_average, reduce)
    loss = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    loss = loss if weight is None else loss * weight
    return reduced(loss.sum(-1) / input.size(-1), reduction)


# ------------------------------------------------------------------ regression
def mse_loss(
    input: Tensor, target: Tensor, size_average=None, reduce=None, reduction: str = "mean", weight: Tensor | None = None
) -> Tensor:
    """(input - target)^2. weight: a factor for each element; the mean is then a weighted one."""
    reduction = resolve(reduction, size_average, reduce)
    input, target = _same_size(input, target)
    if weight is None:
        return ops.mse_loss(input, target, reduction)
    return _weighted_mean((input - target).pow(2), weight, reduction)


def l1_loss(
    input: Tensor, target: Tensor, size_average=None, reduce=None, reduction: str = "mean", weight: Tensor | None = None
) -> Tensor:
    """|input - target|. weight: a factor for each element; the mean is then a weighted one."""
    reduction = resolve(reduction, size_average, reduce)
    input, target = _same_size(input, target)
    if weight is None:
        return ops.l1_loss(input, target, reduction)
    return _weighted_mean((input - target).abs(), weight, reduction)


def smooth_l1_loss(
    input: Tensor, target: Tensor, size_average=None, reduce=None, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """d^2 / (2 beta) where d = |input - target| < beta, else d - beta / 2."""
    input, target = full_precision(input, target)
    reduction = resolve(reduction, size_average, reduce)
    input, target = _same_size(input, target)
    if beta == 0.0:
        return ops.l1_loss(input, target, reduction)
    kind = promote_types(input.dtype, target.dtype)
    if not kind.is_inexact:
        raise no_kernel("smooth_l1_cpu", kind)
    input, target = input.to(kind), target.to(kind)
    if not beta > 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    return ops.smooth_l1_loss(input, target, reduction, beta)


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """d^2 / 2 where d = |input - target| <= delta, else delta * (d - delta / 2)."""
    input, target = full_precision(input, target)
    input, target = _same_size(input, target)
    reduction = resolve(reduction)
    if not delta > 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    refuse("huber_cpu", input.dtype)
    distance = (input - target).abs()
    loss = where(distance <= delta, distance * distance * 0.5, (distance - 0.5 * delta) * delta)
    if weight is not None:
        _check_weight(weight, input)
        loss = loss * weight
    check_fits(input.meta, loss.meta)
    return reduced(loss.to(input.dtype), reduction)


def _same_size(input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Both, broadcast against each other, which is most likely a mistake."""
    if target.size() == input.size():
        return input, target
    warnings.warn(
        f"Using a target size ({target.size()}) that is different to the input size ({input.size()}). This will "
        "likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
        stacklevel=3,
    )
    return tuple(broadcast_tensors(input, target))  # type: ignore[return-value]


def _check_weight(weight: Tensor, input: Tensor):
    if weight.size() != input.size():
        raise ValueError("Weights and input must have the same size.")


def _weighted_mean(loss: Tensor, weight: Tensor, reduction: str) -> Tensor:
    _check_weight(weight, loss)
    loss = loss * weight
    return loss.sum() / weight.sum() if reduction == "mean" else reduced(loss, reduction)


def poisson_nll_loss(
    input: Tensor, target: Tensor, log_input: bool = True, full: bool = False, size_average=None, eps: float = 1e-8,
    reduce=None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Minus the log-likelihood of Poisson counts, for rates or (log_input) their logarithms. full: with Stirling's
    term.
    """
    input, target = full_precision(input, target)
    reduction = resolve(reduction, size_average, reduce)
    loss = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        large = where(target > 1, target, ones_like(target))
        stirling = large * large.log() - large + 0.5 * (2 * math.pi * large).log()
        loss = loss + where(target > 1, stirling, 0.0)
    return reduced(loss, reduction)


def gaussian_nll_loss(
    input: Tensor, target: Tensor, var: Tensor | float, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    """Minus the log-likelihood of targets under normal distributions with given means and variances (at least eps)."""
    if isinstance(var, float):
        var = input.new_full(input.shape, var)
    if (var < 0).any():
        raise ValueError("var has negative entry/entries")
    var = _fitting_variance(var, input)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction + " is not valid")
    var = var.clone()
    with no_grad():
        var.clamp_(min=eps)
    loss = 0.5 * (var.log() + (input - target) ** 2 / var)
    loss = loss + 0.5 * math.log(2 * math.pi) if full else loss
    return reduced(loss, reduction)


def _fitting_variance(var: Tensor, input: Tensor) -> Tensor:
    """One variance for each element, or one for each vector along the last dimension."""
    if var.size() == input.size():
        return var
    if var.size() == input.size()[:-1]:
        return var.unsqueeze(-1)
    differing = [(a, b) for a, b in zip(input.size(), var.size()) if a != b]
    if input.dim() == var.dim() and len(differing) == 1 and differing[0][1] == 1:
        return var
    raise ValueError("var is of incorrect size")


# ------------------------------------------------------------------ margins
def hinge_embedding_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, size_average=None, reduce=None, reduction: str = "mean"
) -> Tensor:
    """x where the target is 1, max(0, margin - x) where it is -1."""
    input, target = full_precision(input, target)
    reduction = resolve(reduction, size_average, reduce)
    margin = margin if input.dtype.is_inexact else int(margin)
    none = input.new_zeros(())
    negative = where(target != 1, (margin - input).clamp(min=0), none)
    return reduced(negative + where(target != -1, input, none), reduction)


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, size_average=None, reduce=None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """max(0, margin - target * (x1 - x2)): target 1 wants x1 above x2, -1 the contrary."""
    input1, input2, target = full_precision(input1, input2, target)
    reduction = resolve(reduction, size_average, reduce)
    if input1.dim() != input2.dim() or input1.dim() != target.dim():
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    excess = -target * (input1 - input2) + float(margin)
    return reduced(excess.clamp(min=0), reduction)


def soft_margin_loss(input: Tensor, target: Tensor, size_average=None, reduce=None, reduction: str = "mean") -> Tensor:
    """log(1 + exp(-target * x)) for targets 1 and -1."""
    input, target = full_precision(input, target)
    reduction = resolve(reduction, size_average, reduce)
    refuse_gradient("soft_margin_loss", target=target)
    product = input * -target.to(input.dtype)
    check_fits(input.meta, (product if target.dtype.is_inexact else product.exp()).meta)
    return reduced(log1p(product.exp()), reduction)


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, size_average=None, reduce=None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """1 - cos(x1, x2) where the target is 1, max(0, cos - margin) where it is -1; for (N, D) and (N), or (D) and ()."""
    input1, input2, target = full_precision(input1, input2, target)
    reduction = resolve(reduction, size_average, reduce)
    _check_cosine_target(input1, input2, target)
    dim, smallest = target.dim(), 1e-12
    square1, square2 = ((x * x).sum(dim) + smallest for x in (input1, input2))
    cos = (input1 * input2).sum(dim) / (square1 * square2).sqrt()
    loss = where(target == 1, 1 - cos, 0.0) + where(target == -1, (cos - margin).clamp(min=0), 0.0)
    return reduced(loss, reduction)


def _check_cosine_target(input1: Tensor, input2: Tensor, target: Tensor):
    dim = target.dim()
    if dim > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if input1.dim() != dim + 1 or input2.dim() != dim + 1:
        raise RuntimeError(
            f"{dim}D target tensor expects {dim + 1}D input tensors, but found inputs with sizes {list(input1.shape)} "
            f"and {list(input2.shape)}."
        )


def triplet_margin_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, p: float = 2, eps: float = 1e-6,
    swap: bool = False, size_average=None, reduce=None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """max(0, margin + |anchor - positive| - |anchor - negative|). swap: measure the negative from the positive if
    nearer.
    """
    anchor, positive, negative = full_precision(anchor, positive, negative)
    reduction = resolve(reduction, size_average, reduce)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    return _triplet(lambda a, b: pairwise_distance(a, b, p, eps), anchor, positive, negative, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None, margin: float = 1.0, swap: bool = False,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """triplet_margin_loss with any distance."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    return _triplet(distance_function or pairwise_distance, anchor, positive, negative, margin, swap, reduction)


def _triplet(distance: Callable, anchor, positive, negative, margin: float, swap: bool, reduction: str) -> Tensor:
    if not anchor.dim() == positive.dim() == negative.dim():
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {anchor.dim()}D, positive {positive.dim()}D, and negative {negative.dim()}D inputs"
        )
    near, far = distance(anchor, positive), distance(anchor, negative)
    far = minimum(far, distance(positive, negative)) if swap else far
    return reduced((margin + near - far).clamp(min=0), reduction)
