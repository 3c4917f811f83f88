"""Connectionist temporal classification (Graves et al., 2006): the loss of unaligned sequences."""

from __future__ import annotations

import math
from typing import NamedTuple

from ... import Tensor, arange, as_tensor, cat, int64, ir, no_grad, stack, where
from ...ops.registry import Op, apply, no_derivative
from .loss import resolve

_NEVER = -1e30  # the logarithm of no probability; finite, so that differences of two are numbers


def ctc_loss(
    log_probs: Tensor, targets: Tensor, input_lengths, target_lengths, blank: int = 0, reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:  # fmt: skip
    """Minus the logarithm of the probability of target sequences, summed over all their alignments.

    log_probs: (T, N, C) or (T, C), logarithms of the probabilities of classes.  targets: (N, S), or all of them one
    after the other.  input_lengths, target_lengths: (N) each.  blank: the class that stands for no label.
    reduction: "mean" divides by the targets' lengths first.  zero_infinity: whether the loss of a target that does not
    fit into its input is 0 instead of inf.
    """
    resolve(reduction)
    single = log_probs.dim() == 2
    log_probs = log_probs.unsqueeze(1) if single else log_probs
    count = log_probs.size(1)
    inputs, lengths = (_lengths(x, name, count) for x, name in ((input_lengths, "input"), (target_lengths, "target")))
    _check(log_probs, inputs, blank)
    labels = _padded(targets.reshape(1, -1) if single and targets.dim() == 1 else targets, lengths, count, blank)
    found = _aligned(log_probs.detach(), labels, as_tensor(inputs), as_tensor(lengths), blank)
    impossible = found.total < _NEVER / 2
    loss = apply(_CTC_LOSS, (log_probs, where(impossible, 0.0 if zero_infinity else math.inf, -found.total), *found))
    if reduction == "mean":
        return (loss / as_tensor(lengths).clamp(min=1).to(loss.dtype)).mean()
    if reduction == "sum":
        return loss.sum()
    return loss.squeeze(0) if single else loss


def _lengths(lengths, name: str, count: int) -> list[int]:
    if isinstance(lengths, Tensor) and not lengths.dtype.is_integer:
        raise RuntimeError(f"{name}_lengths must be integral")
    values = lengths.reshape(-1).tolist() if isinstance(lengths, Tensor) else list(lengths)
    if len(values) != count:
        raise RuntimeError(f"{name}_lengths must be of size batch_size")
    if min(values, default=0) < 0:
        raise RuntimeError(
            f"Expected {name}_lengths to have value at least 0, but got value {min(values)} (while checking arguments "
            "for ctc_loss_allocate_outputs)"
        )
    return values


def _check(log_probs: Tensor, inputs: list[int], blank: int) -> None:
    steps, _, classes = log_probs.shape
    if not 0 <= blank < classes:
        raise RuntimeError("blank must be in label range")
    longest = max(inputs, default=0)
    if longest > steps:
        raise RuntimeError(
            f"Expected input_lengths to have value at most {steps}, but got value {longest} (while checking arguments "
            "for ctc_loss_allocate_outputs)"
        )


def _padded(targets: Tensor, lengths: list[int], count: int, blank: int) -> Tensor:
    """Targets as (N, the longest), in int64; what is beyond a length is of no matter."""
    longest = max(lengths, default=0)
    if targets.dim() == 1:
        parts = targets.split(lengths)
        fill = targets.new_full((longest,), blank)
        return stack([cat([part, fill[len(part) :]]) for part in parts]).to(int64)
    if targets.size(1) < longest:
        raise RuntimeError(
            f"Expected tensor to have size at least {longest} at dimension 1, but got size {targets.size(1)} for "
            "argument #2 'targets' (while checking arguments for ctc_loss_allocate_outputs)"
        )
    inside = arange(longest) < as_tensor(lengths).unsqueeze(1)
    return where(inside, targets[:, :longest].to(int64), blank)


class _Alignments(NamedTuple):
    """All ways along the path: the labels with blanks before, between and after them.

    path: (N, S) classes.  skips: (N, S), where a label may follow the one before it without a blank.  inputs, lengths:
    (N) steps and labels.  emitted: (T, N, S), logarithms of the path's probabilities.  alpha: (T, N, S), of the
    probability of all beginnings that end at a place of the path.  total: (N), of all alignments.
    """

    path: Tensor
    skips: Tensor
    inputs: Tensor
    lengths: Tensor
    emitted: Tensor
    alpha: Tensor
    total: Tensor


def _aligned(log_probs: Tensor, labels: Tensor, inputs: Tensor, lengths: Tensor, blank: int) -> _Alignments:
    count, size = labels.size(0), 2 * labels.size(1) + 1
    path = labels.new_full((count, size), blank)
    path[:, 1::2] = labels
    emitted = log_probs.clamp(min=_NEVER).gather(2, path.expand(len(log_probs), count, size))
    differs = (path[:, 2:] != path[:, :-2]) & (path[:, 2:] != blank)
    skips = cat([path.new_zeros(count, 2).bool(), differs], 1)[:, :size]
    alpha = apply(_ALPHA, (emitted, skips, inputs.unsqueeze(1)))
    return _Alignments(path, skips, inputs, lengths, emitted, alpha, _total(alpha, inputs, lengths))


def _total(alpha: Tensor, inputs: Tensor, lengths: Tensor) -> Tensor:
    without = where(lengths > 0, _NEVER, 0.0).to(alpha.dtype)
    if not len(alpha):
        return without
    ends = 2 * lengths.unsqueeze(1)
    label = where(ends > 0, alpha[-1].gather(1, (ends - 1).clamp(min=0)), _NEVER)
    return where(inputs > 0, stack([alpha[-1].gather(1, ends), label]).logsumexp(0).squeeze(1), without)


@no_grad()
def _slope(log_probs: Tensor, found: _Alignments) -> Tensor:
    """(T, N, C), the derivative of the losses by what log_softmax made the logarithms of."""
    path, skips, inputs, lengths, emitted, alpha, total = found
    if not len(alpha):
        return log_probs
    may_skip = cat([skips, skips.new_zeros(len(skips), 2)], 1)[:, 2:]
    beta = apply(_BETA, (emitted, may_skip, inputs.unsqueeze(1), 2 * lengths.unsqueeze(1)))
    ways = (alpha + beta - emitted - total.unsqueeze(1)).exp()
    taken = log_probs.new_zeros(log_probs.shape).scatter_add(2, path.expand(ways.shape), ways)
    counted = (arange(len(log_probs)).unsqueeze(1) < inputs) & (total > _NEVER / 2)
    return where(counted.unsqueeze(2), log_probs.exp() - taken, 0.0)


def _sum(a: ir.Node, b: ir.Node, c: ir.Node) -> ir.Node:
    """The logarithm of the sum of three numbers given by theirs."""
    most = a.maximum(b).maximum(c)
    return most + ((a - most).exp() + (b - most).exp() + (c - most).exp()).log()


def _walk(emitted: ir.Node, skips: ir.Node, start: ir.Node, forward: bool, finish) -> ir.Node:
    """The rows of a recursion over time: each place sums what two neighbours and itself had the step before.

    start: the first row (N, S).  finish(t, sum, before): the row of step t.
    """
    steps, count, size = emitted.shape
    width = size + 2  # with two places that are never reached, on the side that is looked at
    rows = ir.full(_NEVER, (steps, count, width), emitted.dtype)
    order, base = (range(steps), 2) if forward else (range(steps)[::-1], 0)
    for number, t in enumerate(order):
        row = start
        if number:
            near = [
                ir.view(rows, (count, size), (width, 1), order[number - 1] * count * width + base + shift)
                for shift in ((0, -1, -2) if forward else (0, 1, 2))
            ]
            row = finish(t, _sum(near[0], near[1], ir.where(skips, near[2], _NEVER)), near[0])
        rows = ir.update(rows, row, (width, 1), t * count * width + base)
    return ir.view(rows, emitted.shape, (count * width, width, 1), base)


def _step(emitted: ir.Node, t: int) -> ir.Node:
    _, count, size = emitted.shape
    return ir.view(emitted, (count, size), (size, 1), t * count * size)


def _alpha(emitted: ir.Node, skips: ir.Node, inputs: ir.Node) -> ir.Node:
    """What has led to a place of the path; it stays where a sequence has ended."""
    if not emitted.size:
        return emitted
    place = ir.iota((emitted.shape[2],))
    start = ir.where(place < 2, _step(emitted, 0), _NEVER)
    return _walk(
        emitted, skips, start, True, lambda t, sum, before: ir.where(inputs > t, sum + _step(emitted, t), before)
    )


def _beta(emitted: ir.Node, skips: ir.Node, inputs: ir.Node, ends: ir.Node) -> ir.Node:
    """What may follow from a place on, itself included, up to the last place of the path or the one before."""
    place, last = ir.iota((emitted.shape[2],)), emitted.shape[0] - 1
    end = ir.where(place.eq(ends), ir.full(0, emitted.shape[1:], emitted.dtype), _NEVER)
    end = ir.where(place.eq(ends - 1), ir.full(0, emitted.shape[1:], emitted.dtype), end)
    return _walk(
        emitted, skips, end + _step(emitted, last), False,
        lambda t, sum, before: ir.where(inputs > t + 1, sum, end) + _step(emitted, t),
    )  # fmt: skip


_ALPHA, _BETA = (
    Op(name, params, lambda emitted, *_: emitted, lower, no_derivative("_ctc_loss_backward"), summary=summary)
    for name, params, lower, summary in (
        ("_ctc_alpha", "emitted skips inputs", _alpha, "Probabilities of beginnings of alignments, as logarithms."),
        ("_ctc_beta", "emitted skips inputs ends", _beta, "Probabilities of ends of alignments, as logarithms."),
    )
)


def _gradient(g, log_probs, path, skips, inputs, lengths, emitted, alpha, total):
    found = _Alignments(path, skips, inputs, lengths, emitted, alpha, total)
    return apply(_CTC_LOSS_BACKWARD, (g, log_probs, _slope(log_probs.detach(), found)))


_CTC_LOSS = Op(
    "_ctc_loss",
    "log_probs loss path skips inputs lengths emitted alpha total",
    lambda log_probs, loss, *found: loss,
    lambda log_probs, loss, *found: loss,
    _gradient,
    grad_name="CtcLoss",
    summary="Losses as a function of logarithms of probabilities, with what was found on the way to them.",
)
_CTC_LOSS_BACKWARD = Op(
    "_ctc_loss_backward",
    "g log_probs slope",
    lambda g, log_probs, slope: slope,
    lambda g, log_probs, slope: slope * g.reshape((1, g.size, 1)),
    (no_derivative("_ctc_loss_backward"),) * 2,
    summary="The gradient of losses for logarithms of probabilities; they have no second one.",
)
