"""Losses: forward formulas on IR nodes, gradients in differentiable ops. Class targets are checked."""

from __future__ import annotations

from .. import dtypes, errors, ir
from ..meta import Meta, contiguous
from ..tensor import Tensor
from . import bounds
from .elementwise import broadcast_meta, no_bool_minus
from .inplace import check_fits
from .outputs import FOUND, check_exact
from .registry import Op, apply, promoted, refuse_gradient
from .softmax import log_softmax_of
from .views import movedim, reshape


def _reduced_meta(shape, dtype, reduction: str) -> Meta:
    return contiguous(shape if reduction == "none" else (), dtype)


def _reduce(loss: ir.Node, reduction: str, count: float | None = None) -> ir.Node:
    """The reduction of elementwise losses; `count` divides the mean where it is not the number of elements."""
    if reduction == "none":
        return loss
    total = ir.reduce("sum", ir.widened(loss), range(len(loss.shape))).reshape(())
    total = total if reduction == "sum" else total / float(loss.size if count is None else count)
    return total.cast(loss.dtype)


def _scaled(g: Tensor, reduction: str, count: int) -> Tensor:
    return g / count if reduction == "mean" else g


def _pair_loss(name: str, formula, slope, summary: str) -> Op:
    """A loss of (input, target) pairs. slope(input, target): derivative by the input; the target's is its negative."""

    def infer(input, target, reduction):
        both = broadcast_meta((input, target), promoted((input, target)).to_real())
        if name == "mse_loss" and not both.dtype.is_inexact:
            raise errors.no_kernel("mse_cpu", both.dtype)
        if name == "l1_loss":
            no_bool_minus(input, target)
        return both if reduction == "none" else contiguous((), both.dtype)

    def lower(input, target, reduction, out):
        d = out[0].dtype
        d = d.to_complex() if input.dtype.is_complex or target.dtype.is_complex else d
        return _reduce(formula(input.cast(d), target.cast(d)), reduction)

    def grad(sign):
        def rule(g, input, target, reduction):
            kind = promoted((input.meta, target.meta))
            slopes = slope(input.to(kind), target.to(kind))
            return _scaled(g, reduction, slopes.meta.numel) * (slopes * sign if sign < 0 else slopes)

        return rule

    return Op(name, "input target reduction", infer, lower, (grad(1), grad(-1)), summary=summary, autocast="full")


MSE = _pair_loss("mse_loss", lambda x, t: (x - t) * (x - t), lambda x, t: (x - t) * 2, "Mean of squared differences.")
L1 = _pair_loss(
    "l1_loss", lambda x, t: ir.map_("abs", x - t), lambda x, t: (x - t).sgn(), "Mean of absolute differences."
)


def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """(input - target)^2, averaged, summed or as it is."""
    return apply(MSE, (input, target), (reduction,))


def l1_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """|input - target|, averaged, summed or as it is."""
    return apply(L1, (input, target), (reduction,))


def smooth_l1_loss(input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """0.5 d^2 / beta where |d| < beta, else |d| - 0.5 beta."""
    if beta == 0:
        return l1_loss(input, target, reduction)
    d = (input - target).abs()
    return reduce_loss((d * d * (0.5 / beta)).where(d < beta, d - 0.5 * beta), reduction)


def reduce_loss(loss: Tensor, reduction: str) -> Tensor:
    """Mean, sum or the elements themselves."""
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


# ------------------------------------------------------------------ two classes
TARGETS = 1 << 40  # counts of targets, above those of inputs


def _bce_of(p: ir.Node, t: ir.Node) -> ir.Node:
    """PyTorch bounds both logarithms by -100."""
    low = ir.const(-100.0, p.dtype)
    log_p = ir.map_("maximum", p.log(), low)
    log_q = ir.map_("maximum", ir.map_("log1p", -p), low)
    return (t - 1.0) * log_q - t * log_p


def _bce_infer(input, target, weight, reduction):
    if not input.dtype.is_floating_point:
        raise errors.no_kernel("binary_cross_entropy", input.dtype)
    check_exact(FOUND, input.dtype, target.dtype)
    return _reduced_meta(input.shape, input.dtype, reduction)


def _bce_lower(input, target, weight, reduction, out):
    loss = _bce_of(input, target.cast(input.dtype))
    loss = _reduce(loss if weight is None else loss * weight.cast(input.dtype), reduction)
    # What is no probability is refused as the index of a table that has one place.
    others = _improbable(input) + _improbable(target.cast(input.dtype)) * TARGETS
    return loss + ir.take(ir.const(0.0, loss.dtype).reshape((1,)), others.reshape((1,))).reshape((1,) * len(loss.shape))


def _improbable(p: ir.Node) -> ir.Node:
    """How many elements are not between 0 and 1."""
    between = ir.map_("and", p >= 0.0, p <= 1.0)
    return ir.reduce("sum", ir.where(between, ir.const(0, dtypes.int64), 1), range(len(p.shape)))


def _no_probability(count: int) -> Exception:
    return RuntimeError(f"all elements of {'input' if count % TARGETS else 'target'} should be between 0 and 1")


def _bce_grad(g, input, target, weight, reduction):
    slope = (input - target) / ((1 - input) * input).clamp(min=1e-12)
    slope = slope if weight is None else slope * weight
    return _scaled(g, reduction, slope.meta.numel) * slope


def _bce_target_grad(g, input, weight, reduction):
    slope = (-input).log1p().clamp(min=-100) - input.log().clamp(min=-100)
    slope = slope if weight is None else slope * weight
    return _scaled(g, reduction, slope.meta.numel) * slope


BCE = Op(
    "binary_cross_entropy",
    "input target weight reduction",
    _bce_infer,
    _bce_lower,
    (_bce_grad, _bce_target_grad, None),
    summary="Cross-entropy of probabilities of two classes.",
    autocast="full",
)


BCE.fault = lambda value, size, record: _no_probability(value)


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """-(t log p + (1 - t) log(1 - p)) for probabilities p."""
    return apply(BCE, (input, target, weight), (reduction,))


def _logits_of(x: ir.Node, t: ir.Node, pos_weight: ir.Node | None) -> ir.Node:
    """(1 - t) x + (1 + (w - 1) t) * softplus(-x), where the softplus never overflows."""
    softplus = ir.map_("log1p", (-ir.map_("abs", x)).exp()) + ir.map_("maximum", -x, 0.0)
    if pos_weight is not None:
        softplus = ((pos_weight - 1.0) * t + 1.0) * softplus
    return (1.0 - t) * x + softplus


def _logits_infer(input, target, weight, pos_weight, reduction):
    if not input.dtype.is_floating_point:
        raise errors.no_kernel("log_sigmoid_cpu", input.dtype)
    no_bool_minus(target, target)
    check_fits(contiguous(input.shape, target.dtype), input)
    return _reduced_meta(input.shape, target.dtype, reduction)


def _logits_lower(input, target, weight, pos_weight, reduction, out):
    d = dtypes.promote_types(input.dtype, target.dtype)
    input, target = input.cast(d), target.cast(d)
    loss = _logits_of(input, target, None if pos_weight is None else pos_weight.cast(d))
    return _reduce(loss if weight is None else loss * weight.cast(d), reduction).cast(out[0].dtype)


def _logits_grad(g, input, target, weight, pos_weight, reduction):
    if pos_weight is None:
        slope = input.sigmoid() - target
    else:
        t = pos_weight * target
        slope = (t + 1 - target) * input.sigmoid() - t
    slope = slope if weight is None else slope * weight
    return _scaled(g, reduction, slope.meta.numel) * slope


def _logits_target_grad(g, input, weight, pos_weight, reduction):
    softplus = (-(input.abs())).exp().log1p() + (-input).clamp(min=0)
    slope = -input if pos_weight is None else (pos_weight - 1) * softplus - input
    slope = slope if weight is None else slope * weight
    return _scaled(g, reduction, slope.meta.numel) * slope


BCE_LOGITS = Op(
    "binary_cross_entropy_with_logits",
    "input target weight pos_weight reduction",
    _logits_infer,
    _logits_lower,
    (_logits_grad, _logits_target_grad, None, None),
    summary="Cross-entropy of logits of two classes.",
    autocast="full",
)


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight=None, pos_weight=None, reduction: str = "mean"
) -> Tensor:
    """`binary_cross_entropy` of sigmoid(input), without overflow."""
    return apply(BCE_LOGITS, (input, target, weight, pos_weight), (reduction,))


# ------------------------------------------------------------------ many classes
def _check_classes(name: str, input: Meta, target: Meta, weight: Meta | None):
    if not input.ndim:
        raise ValueError(f"Expected 1 or more dimensions (got {input.ndim})")
    if not input.dtype.is_floating_point:
        kernel = "nll_loss_out_frame" if name == "nll_loss" else "log_softmax_lastdim_kernel_impl"
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{errors.TYPE_TITLES[input.dtype.name]}'")
    _check_target(input, target)
    classes = input.shape[1] if input.ndim > 1 else input.shape[0]
    if weight is not None and weight.shape != (classes,):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes but got weight tensor "
            f"of shape: {list(weight.shape)}"
            if input.ndim < 3
            else "weight tensor should be defined either for all or no classes"
        )
    if weight is not None and weight.dtype is not input.dtype:
        raise RuntimeError(
            f"expected scalar type {errors.TYPE_TITLES[input.dtype.name]} but found "
            f"{errors.TYPE_TITLES[weight.dtype.name]}"
        )


def _check_target(input: Meta, target: Meta):
    wanted, batch = (input.shape[0], *input.shape[2:]), target.shape[0] if target.ndim else 0
    if input.ndim > 1 and input.shape[0] != batch:
        raise ValueError(f"Expected input batch_size ({input.shape[0]}) to match target batch_size ({batch}).")
    if target.ndim > 1 and input.ndim < 3:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if input.ndim not in (1, 2, 4) and target.shape != wanted:
        raise RuntimeError(f"Expected target size {list(wanted)}, got {list(target.shape)}")
    if target.dtype not in (dtypes.int64, dtypes.uint8):
        found = errors.TYPE_TITLES[target.dtype.name]
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {found}")
    if target.dtype is not dtypes.int64 and input.ndim > 2:
        raise RuntimeError("expected scalar type Long but found Byte")
    if input.ndim == 1 and target.ndim and batch != 1:
        raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {batch}")
    if input.ndim == 4 and target.ndim != 3:
        raise RuntimeError(
            f"only batches of spatial targets supported (3D tensors) but got targets of dimension: {target.ndim}"
        )
    if input.ndim == 4 and target.shape != wanted:
        raise RuntimeError(f"size mismatch (got input: {list(input.shape)} , target: {list(target.shape)}")


class _Rows:
    """Class scores brought to (positions, classes) terms: the element that belongs to each target, checked."""

    def __init__(self, scores: ir.Node, target: ir.Node, ignore_index: int):
        if len(scores.shape) == 1:
            scores, target = scores.reshape((1, scores.shape[0])), target.reshape((1,))
        self.scores, self.classes, self.target = scores, scores.shape[1], target.cast(dtypes.int64)
        self.counts = self.target.ne(ignore_index)

    def pick(self, values: ir.Node) -> ir.Node:
        """values[n, target, ...] for each target."""
        _, c, *_ = self.scores.shape
        steps = ir.contiguous_strides(self.scores.shape)
        t = ir.where(self.counts, self.target, ir.const(0, dtypes.int64))
        # A target out of range must not reach another row: it is moved behind the end, where the check refuses it.
        bad = ir.map_("or", t < 0, t >= c)
        inside = t * steps[1]
        for axis, step in zip(range(len(self.target.shape)), (steps[0], *steps[2:])):
            size = self.target.shape[axis]
            line = ir.iota((size,)).reshape([size if i == axis else 1 for i in range(len(self.target.shape))])
            inside = inside + line * step
        outside = ir.where(t < 0, t, t + self.scores.size)
        return ir.take(values.reshape((values.size,)), ir.where(bad, outside, inside))

    def factor(self, weight: ir.Node | None) -> ir.Node:
        """The weight of each target; 0 where it is ignored."""
        d = self.scores.dtype
        if weight is None:
            return self.counts.cast(d)
        chosen = ir.take(weight, ir.where(self.counts, self.target, ir.const(0, dtypes.int64)))
        return ir.where(self.counts, chosen, ir.const(0, d))


def _nll(rows: _Rows, log_p: ir.Node, weight, ignore_index, reduction, shape) -> ir.Node:
    if weight is None:
        loss = ir.where(rows.counts, -rows.pick(log_p), ir.const(0, log_p.dtype))
    else:
        loss = -rows.pick(log_p) * rows.factor(weight)
    if reduction == "none":
        return loss.reshape(shape)
    axes = range(len(loss.shape))
    total = ir.reduce("sum", loss, axes).reshape(())
    if reduction == "sum":
        return total
    return total / ir.reduce("sum", rows.factor(weight), axes).reshape(())


def _class_loss(name: str, log_probabilities, gradient) -> Op:
    def infer(input, target, weight, ignore_index, reduction):
        _check_classes(name, input, target, weight)
        return _reduced_meta(target.shape, input.dtype, reduction)

    def lower(input, target, weight, ignore_index, reduction, out):
        rows = _Rows(input, target, ignore_index)
        return _nll(rows, log_probabilities(rows.scores), weight, ignore_index, reduction, out[0].shape)

    def grad(g, input, target, weight, ignore_index, reduction):
        return gradient(g, input, target, weight, ignore_index, reduction)

    op = Op(
        name,
        "input target weight ignore_index reduction",
        infer,
        lower,
        (grad, None, None),
        grad_name=lambda args, _: "NllLoss2DBackward0" if args[0].ndim > 2 else "NllLossBackward0",
        summary="Minus the log-probability of the target class.",
        autocast="full",
    )
    op.fault = lambda value, size, record: _no_class(value - size if value >= size else value)
    return op


def _no_class(target: int) -> Exception:
    return IndexError(f"Target {target} is out of bounds.")


# The gradient's coefficient of each element: -factor[target] at the target, shared by the mean.
def _coefficient_lower(input, target, weight, ignore_index, reduction, out):
    rows = _Rows(input, target, ignore_index)
    factor = rows.factor(weight)
    if reduction == "mean":
        factor = factor / ir.reduce("sum", factor, range(len(factor.shape)))
    return factor.reshape(out[0].shape)


_FACTOR = Op(
    "class_factor",
    "input target weight ignore_index reduction",
    lambda input, target, weight, ignore_index, reduction: contiguous(
        (1, *target.shape) if input.ndim == 1 and not target.ndim else target.shape or (1,), input.dtype
    ),
    _coefficient_lower,
    summary="What each target counts in a loss over classes.",
)


def _one_hot_lower(target, classes, out):
    (result,) = out
    shape = [1] * len(result.shape)
    shape[1] = classes
    t = target.cast(dtypes.int64).reshape((result.shape[0], 1, *result.shape[2:]))
    return ir.map_("eq", t, ir.iota((classes,)).reshape(shape)).cast(result.dtype)


_CLASS_MASK = Op(
    "class_mask",
    "target classes dtype",
    lambda target, classes, dtype: contiguous(
        (target.shape[0] if target.ndim else 1, classes, *target.shape[1:]), dtype
    ),
    lambda target, classes, dtype, out: _one_hot_lower(target, classes, out),
    summary="1 at the target's class, else 0.",
)


def _parts(g, input, target, weight, ignore_index, reduction):
    """(factor times incoming gradient, class mask), both shaped like (N, C, ...) with one row for unbatched input."""
    factor = apply(_FACTOR, (input.detach(), target, weight), (ignore_index, reduction)).reshape(
        (-1, 1, *target.meta.shape[1:])
    )
    scale = factor * (g.reshape((-1, 1, *target.meta.shape[1:])) if reduction == "none" else g)
    classes = input.meta.shape[1] if input.meta.ndim > 1 else input.meta.shape[0]
    return scale, apply(_CLASS_MASK, (target,), (classes, input.meta.dtype))


def _nll_grad(g, input, target, weight, ignore_index, reduction):
    scale, mask = _parts(g, input, target, weight, ignore_index, reduction)
    return (mask * -scale).reshape(input.meta.shape)


def _cross_entropy_grad(g, input, target, weight, ignore_index, reduction):
    scale, mask = _parts(g, input, target, weight, ignore_index, reduction)
    rows = input if input.meta.ndim > 1 else input.unsqueeze(0)
    return ((rows.softmax(1) - mask) * scale).reshape(input.meta.shape)


NLL = _class_loss("nll_loss", lambda scores: scores, _nll_grad)
CROSS_ENTROPY = _class_loss("cross_entropy_loss", lambda scores: log_softmax_of(scores, 1), _cross_entropy_grad)


def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    """Minus the target's element of log-probabilities (N, C, ...)."""
    return _over_rows(NLL, input, target, weight, ignore_index, reduction)


def _over_rows(op: Op, input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str):
    """The loss; where the classes of (N, C, ...) are neighbours in memory, that of the rows (positions, C)."""
    shape = input.meta.shape
    refuse_gradient("nll_loss2d_forward" if len(shape) > 2 else "nll_loss_forward", weight=weight)
    if shape:
        bounds.check(target, shape[1 if len(shape) > 1 else 0], _no_class, ignored=ignore_index)
    rows = movedim(input, 1, -1) if len(shape) > 2 and target.meta.shape == (shape[0], *shape[2:]) else input
    if rows is input or not rows.meta.contiguous:
        return apply(op, (input, target, weight), (ignore_index, reduction))
    flat = reshape(rows, (-1, shape[1])), reshape(target, (-1,))
    loss = apply(op, (*flat, weight), (ignore_index, reduction))
    return reshape(loss, target.meta.shape) if reduction == "none" else loss


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Minus the log-probability of the target, for logits (N, C, ...)."""
    if label_smoothing > 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}")
    if target.meta.dtype.is_floating_point and target.meta.shape == input.meta.shape:
        if ignore_index >= 0:
            raise RuntimeError("ignore_index is not supported for floating point target")
        return _soft_cross_entropy(input, target, weight, reduction, label_smoothing)
    if label_smoothing:
        return _smoothed_cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)
    if target.meta.shape == input.meta.shape and input.meta.ndim > 1:
        raise RuntimeError(
            "Expected floating point type for target with class probabilities, got "
            f"{errors.TYPE_TITLES[target.meta.dtype.name]}"
        )
    return _over_rows(CROSS_ENTROPY, input, target, weight, ignore_index, reduction)


def _soft_cross_entropy(input, target, weight, reduction, label_smoothing):
    dim = 1 if input.meta.ndim > 1 else 0
    classes = input.meta.shape[dim]
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    log_p = input.log_softmax(dim)
    if weight is not None:
        if weight.meta.shape != (classes,):
            raise RuntimeError(
                f"cross_entropy: weight tensor should be defined either for all {classes} classes or no classes but "
                f"got weight tensor of shape: {list(weight.meta.shape)}"
            )
        target = target * weight.reshape([classes if i == dim else 1 for i in range(input.meta.ndim)])
    loss = -(log_p * target).sum(dim)
    if reduction == "mean":
        return loss.sum() / max(input.meta.numel // classes, 1)
    return reduce_loss(loss, reduction)


def _smoothed_cross_entropy(input, target, weight, ignore_index, reduction, smoothing):
    dim = 1 if input.meta.ndim > 1 else 0
    classes = input.meta.shape[dim]
    log_p = input.log_softmax(dim)
    hard = nll_loss(log_p, target, weight, ignore_index, reduction)
    shape = [classes if i == dim else 1 for i in range(input.meta.ndim)]
    spread = -(log_p if weight is None else log_p * weight.reshape(shape)).sum(dim)
    counted = target != ignore_index
    spread = spread.masked_fill(~counted, 0.0)
    if reduction == "mean":
        count = (
            counted.to(input.meta.dtype).sum()
            if weight is None
            else weight.index_select(0, (target * counted).reshape(-1))
            .reshape(target.meta.shape)
            .masked_fill(~counted, 0.0)
            .sum()
        )
        soft = spread.sum() / count
    else:
        soft = reduce_loss(spread, reduction)
    return hard * (1 - smoothing) + soft * (smoothing / classes)
