"""The CTC loss against the sum over all alignments, one by one."""

import itertools
import math

import numpy as np
import pytest

import flambeau as fl
from flambeau.autograd import gradcheck
from flambeau.nn import functional as F


def collapsed(path, blank):
    """A path without repetitions, then without blanks."""
    return [c for c, _ in itertools.groupby(path) if c != blank]


def by_enumeration(log_probs, target, blank):
    """Minus the logarithm of the probability of all paths (of float64 log-probabilities (T, C)) that give a target."""
    steps, classes = log_probs.shape
    paths = itertools.product(range(classes), repeat=steps)
    total = sum(
        math.exp(sum(log_probs[t, c] for t, c in enumerate(path))) for path in paths if collapsed(path, blank) == target
    )
    return -math.log(total) if total else math.inf


@pytest.mark.parametrize("blank", [0, 2])
@pytest.mark.parametrize("target", [[], [1], [1, 1], [1, 3], [3, 1, 3], [1, 1, 1, 1]])
def test_sum_over_alignments(target, blank):
    scores = fl.from_numpy(np.random.default_rng(len(target)).standard_normal((5, 4))).log_softmax(1)
    labels = fl.tensor([target + [1] * (4 - len(target))])
    loss = F.ctc_loss(scores.unsqueeze(1), labels, (5,), (len(target),), blank, "sum")
    assert loss.item() == pytest.approx(by_enumeration(scores.numpy(), target, blank))


def test_batches_of_different_lengths_are_the_single_losses():
    scores = fl.from_numpy(np.random.default_rng(0).standard_normal((6, 3, 5))).log_softmax(2)
    targets, inputs, lengths = fl.tensor([[1, 2, 3], [4, 4, 0], [2, 0, 0]]), [6, 4, 5], [3, 2, 1]
    together = F.ctc_loss(scores, targets, fl.tensor(inputs), fl.tensor(lengths), reduction="none")
    flat = fl.cat([row[:n] for row, n in zip(targets, lengths)])
    assert F.ctc_loss(scores, flat, inputs, lengths, reduction="none").tolist() == together.tolist()
    for i in range(3):
        alone = F.ctc_loss(
            scores[: inputs[i], i], targets[i, : lengths[i]], (inputs[i],), (lengths[i],), reduction="sum"
        )
        assert alone.item() == pytest.approx(together[i].item())
    mean = F.ctc_loss(scores, targets, inputs, lengths)
    assert mean.item() == pytest.approx(np.mean([x / n for x, n in zip(together.tolist(), lengths)]))


def test_gradient_through_the_softmax():
    logits = fl.from_numpy(np.random.default_rng(1).standard_normal((5, 2, 4))).requires_grad_()
    targets = fl.tensor([[1, 2], [3, 3]])
    assert gradcheck(lambda x: F.ctc_loss(x.log_softmax(2), targets, (5, 4), (2, 2)), [logits])


def test_targets_that_do_not_fit():
    scores = fl.zeros(2, 1, 3, requires_grad=True)
    loss = F.ctc_loss(scores.log_softmax(2), fl.tensor([[1, 1]]), (2,), (2,), zero_infinity=True)
    loss.backward()
    assert loss.item() == 0 and not scores.grad.any()
    assert F.ctc_loss(scores.log_softmax(2), fl.tensor([[1, 1]]), (2,), (2,)).item() == math.inf


def test_there_is_no_second_derivative():
    """As in PyTorch; a gradient that leaves out a part of it would be wrong."""
    logits = fl.zeros(3, 1, 3, requires_grad=True)
    loss = F.ctc_loss(logits.log_softmax(2), fl.tensor([[1]]), (3,), (1,))
    (first,) = fl.autograd.grad(loss, logits, create_graph=True)
    with pytest.raises(RuntimeError, match="derivative for aten::_ctc_loss_backward is not implemented"):
        first.sum().backward()
