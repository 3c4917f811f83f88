"""Losses that hold layers of their own, and lazy modules: the same programs under Flambeau and under PyTorch."""

from __future__ import annotations

import pytest
from both import PROGRAMS, attempt, in_doubles, program, transcript

PROGRAMS.clear()


def settled(module):
    """The gradients of a module after one backward pass, and its state's names."""
    return [p.grad for p in module.parameters()], list(module.state_dict()), repr(module)


@program
def an_adaptive_softmax(torch):
    torch.manual_seed(0)
    loss = torch.nn.AdaptiveLogSoftmaxWithLoss(16, 20, [5, 10, 15], div_value=2.0, head_bias=True)
    x, target = torch.randn(6, 16, requires_grad=True), torch.tensor([0, 6, 12, 3, 4, 11])
    result = loss(x, target)
    yield result.output.detach(), result.loss.detach(), type(result).__name__
    result.loss.backward()
    yield x.grad, settled(loss)
    yield loss.log_prob(x).detach(), loss.predict(x), loss.predict(x[:1])
    yield [part.detach() for part in loss(x[0], target[0])]
    yield loss.cutoffs, loss.shortlist_size, loss.n_clusters, loss.head_size
    loss.reset_parameters()
    yield loss.head.weight.detach()


@program
def a_linear_cross_entropy(torch):
    torch.manual_seed(0)
    x = torch.randn(4, 5, requires_grad=True)
    for settings in ({}, {"bias": True, "reduction": "sum"}, {"label_smoothing": 0.1, "ignore_index": 2}):
        loss = torch.nn.LinearCrossEntropyLoss(5, 3, out_features=(2,), **settings)
        value = loss(x, torch.tensor([[0, 1], [2, 2], [1, 0], [0, 0]]))
        value.backward()
        yield value.detach(), x.grad, settled(loss)
        yield loss(x, torch.softmax(torch.randn(4, 3, 2), 1)).detach() if "ignore_index" not in settings else None
    weighted = torch.nn.LinearCrossEntropyLoss(5, 3, weight=torch.tensor([1.0, 2.0, 0.5]))
    yield weighted(x, torch.tensor([0, 1, 2, 1])).detach(), list(weighted.state_dict())
    options = torch.nn.LinearCrossEntropyOptions()
    yield (
        repr(options),
        options == torch.nn.LinearCrossEntropyOptions(),
        attempt(setattr, options, "acc_policy", "auto"),
    )


@program
def parameters_without_a_shape_cannot_be_read(torch):
    m = torch.nn.LazyLinear(3)
    for read in (
        lambda w: w + 1, lambda w: w.sum(), lambda w: w.numel(), lambda w: w.dim(), len, lambda w: w.detach(),
        torch.nn.init.normal_,
    ):  # fmt: skip
        kind, text = attempt(read, m.weight)
        yield kind, text.startswith("Attempted to use an uninitialized parameter")
    yield attempt(lambda: m.weight.shape), attempt(m.share_memory), repr(m.weight), m.half().weight.dtype is torch.half
    m.weight.materialize((2, 3))
    yield type(m.weight).__name__, tuple(m.weight.shape), m.weight.dtype is torch.half


@program
def lazy_modules_are_converted_before_they_are_made(torch):
    torch.manual_seed(0)
    for kind, shape in (("LazyBatchNorm2d", (2, 3, 4, 4)), ("LazyInstanceNorm1d", (2, 3, 4)), ("LazyLinear", (2, 3))):
        made = getattr(torch.nn, kind)(5) if kind == "LazyLinear" else getattr(torch.nn, kind)()
        made = made.half().float()
        yield [type(t).__name__ for t in (*made.parameters(), *made.buffers())]
        out = made(torch.randn(shape, dtype=torch.float32))
        yield (
            out.dtype is torch.float64,
            repr(made),
            [v.dtype is torch.float32 for v in made.state_dict().values()],
        )


@pytest.mark.parity
@pytest.mark.parametrize("function", list(PROGRAMS), ids=lambda f: f.__name__)
def test_programs(function):
    pytest.importorskip("torch")
    assert transcript(in_doubles(function), "flambeau") == transcript(in_doubles(function), "torch")
