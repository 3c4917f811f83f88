"""Connectionist temporal classification (Graves et al., 2006): the loss of unaligned sequences."""

from __future__ import annotations

import math

from ... import Tensor, arange, as_tensor, cat, int64, stack, where
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
    loss = -_log_likelihood(log_probs, labels, inputs, lengths, blank)
    impossible = loss.detach() > -_NEVER / 2
    loss = where(impossible, 0.0 if zero_infinity else math.inf, loss) + _normaliser(log_probs, inputs, impossible)
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


def _log_likelihood(log_probs: Tensor, labels: Tensor, inputs: list[int], lengths: list[int], blank: int) -> Tensor:
    """The forward recursion over the labels with blanks before, between and after them."""
    count, size = labels.size(0), 2 * labels.size(1) + 1
    path = labels.new_full((count, size), blank)
    path[:, 1::2] = labels
    emitted = log_probs.clamp(min=_NEVER).gather(2, path.expand(log_probs.size(0), count, size))
    # A label may follow the one before it without a blank where the two differ.
    differs = (path[:, 2:] != path[:, :-2]) & (path[:, 2:] != blank)
    skips = cat([path.new_zeros(count, 2).bool(), differs], 1)[:, :size]
    never = emitted.detach().new_full((count, 2), _NEVER)
    alpha = where(arange(size) < 2, emitted[0], _NEVER) if log_probs.size(0) else emitted.new_full((count, size), 0)
    last = as_tensor(inputs).unsqueeze(1)
    for t in range(1, max(inputs, default=0)):
        padded = cat([never, alpha], 1)
        before = stack([alpha, padded[:, 1:-1], where(skips, padded[:, :-2], _NEVER)])
        alpha = where(last > t, before.logsumexp(0) + emitted[t], alpha)
    ends = 2 * as_tensor(lengths).unsqueeze(1)
    label = where(ends > 0, alpha.gather(1, (ends - 1).clamp(min=0)), _NEVER)
    total = stack([alpha.gather(1, ends), label]).logsumexp(0).squeeze(1)
    return where(as_tensor(inputs) > 0, total, where(as_tensor(lengths) > 0, _NEVER, 0.0))


def _normaliser(log_probs: Tensor, inputs: list[int], impossible: Tensor) -> Tensor:
    """0, with the gradient that the logarithm of all probabilities together has: that of softmax's normalisation."""
    if not log_probs.requires_grad:
        return log_probs.new_zeros(())
    counted = (arange(log_probs.size(0)).unsqueeze(1) < as_tensor(inputs)) & ~impossible
    total = where(counted, log_probs.exp().sum(2), 0.0).sum(0)
    return total - total.detach()
