"""EmbeddingBag and embedding_bag: against NumPy loops, and beside their namesakes of real PyTorch."""

import itertools

import numpy as np
import pytest

import flambeau as fl
from flambeau import nn
from flambeau.nn import functional as F

WEIGHT = np.random.default_rng(0).standard_normal((7, 3))
INDEX = np.array([1, 4, 4, 2, 6, 0, 2, 2, 5])
OFFSETS = np.array([0, 3, 3, 4])
FACTORS = np.random.default_rng(1).standard_normal(9)


def bag(rows, mode):
    if not len(rows):
        return np.zeros(3)
    return {"sum": np.sum, "mean": np.mean, "max": np.max}[mode](rows, axis=0)


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("padding", [None, 2])
def test_against_loops(mode, padding):
    ends = [*OFFSETS[1:], len(INDEX)]
    bags = [[i for i in INDEX[a:b] if i != padding] for a, b in zip(OFFSETS, ends)]
    expected = np.stack([bag(WEIGHT[b], mode) for b in bags])
    found = F.embedding_bag(fl.tensor(INDEX), fl.tensor(WEIGHT), fl.tensor(OFFSETS), mode=mode, padding_idx=padding)
    np.testing.assert_allclose(found.numpy(), expected)


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_gradients(mode):
    weight = fl.tensor(WEIGHT, requires_grad=True)
    factors = fl.tensor(FACTORS, requires_grad=True)
    index, offsets = fl.tensor(INDEX), fl.tensor(OFFSETS)
    assert fl.autograd.gradcheck(lambda w: F.embedding_bag(index, w, offsets, mode=mode, padding_idx=2), (weight,))
    weighted = lambda w, f: F.embedding_bag(index, w, offsets, mode="sum", per_sample_weights=f)
    assert fl.autograd.gradcheck(weighted, (weight, factors))


def test_the_first_of_several_largest_gets_the_gradient():
    weight = fl.zeros(3, 2, requires_grad=True)
    F.embedding_bag(fl.tensor([2, 0, 1]), weight, fl.tensor([0]), mode="max").sum().backward()
    assert weight.grad.tolist() == [[0, 0], [0, 0], [1, 1]]


def test_gradients_by_frequency():
    """As documented: divided by how often the row is named (PyTorch's CPU kernel divides by running totals)."""
    weight, expected = fl.tensor(WEIGHT, requires_grad=True), np.zeros_like(WEIGHT)
    F.embedding_bag(fl.tensor(INDEX), weight, fl.tensor(OFFSETS), mode="sum", scale_grad_by_freq=True).sum().backward()
    expected[np.unique(INDEX)] = 1
    np.testing.assert_allclose(weight.grad.numpy(), expected)
    plain = fl.tensor(WEIGHT, requires_grad=True)
    F.embedding(fl.tensor(INDEX), plain, scale_grad_by_freq=True, padding_idx=4).sum().backward()
    expected[4] = 0
    np.testing.assert_allclose(plain.grad.numpy(), expected)


def test_module_trains():
    fl.manual_seed(0)
    table = nn.EmbeddingBag(10, 4, mode="sum", padding_idx=0)
    optimizer = fl.optim.SGD(table.parameters(), lr=0.1)
    index, target = fl.tensor([[1, 2, 0], [3, 0, 0]]), fl.ones(2, 4)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = (table(index) - target).pow(2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2 and not table.weight[0].any()


# ------------------------------------------------------------------ beside PyTorch
OPTIONS = [
    dict(zip(("mode", "padding_idx", "max_norm"), values))
    for values in itertools.product(("sum", "mean", "max"), (None, 2, -1), (None, 1.0))
]


def results(m, functional, index, offsets, options, factors=None):
    weight = m.tensor(WEIGHT, requires_grad=True)
    arguments = m.tensor(index), weight if options.get("max_norm") is None else weight.detach().clone()
    more = dict(options) if factors is None else {**options, "per_sample_weights": m.tensor(factors)}
    leaf = arguments[1].requires_grad_()
    found = functional.embedding_bag(*arguments, None if offsets is None else m.tensor(offsets), **more)
    (found * m.arange(found.numel()).reshape(found.shape)).sum().backward()
    return found.detach().numpy(), leaf.grad.numpy(), leaf.detach().numpy()


@pytest.mark.parity
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_beside_pytorch(options):
    torch = pytest.importorskip("torch")
    for index, offsets, last in (
        (INDEX, OFFSETS, False),
        (INDEX, np.array([0, 3, 3, 9]), True),
        (INDEX.reshape(3, 3), None, False),
    ):
        more = {**options, "include_last_offset": last}
        pairs = zip(results(fl, F, index, offsets, more), results(torch, torch.nn.functional, index, offsets, more))
        for mine, theirs in pairs:
            np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parity
def test_weighted_beside_pytorch():
    torch = pytest.importorskip("torch")
    options = {"mode": "sum"}
    pairs = zip(
        results(fl, F, INDEX, OFFSETS, options, FACTORS),
        results(torch, torch.nn.functional, INDEX, OFFSETS, options, FACTORS),
    )
    for mine, theirs in pairs:
        np.testing.assert_allclose(mine, theirs, rtol=1e-12)


REFUSED = [
    ((INDEX, OFFSETS), {"mode": "sum", "per_sample_weights": FACTORS[:2]}),
    ((INDEX, OFFSETS), {"per_sample_weights": FACTORS}),
    ((INDEX, OFFSETS), {"mode": "sum", "per_sample_weights": FACTORS.astype(np.float32)}),
    ((INDEX[None], OFFSETS), {}),
    ((INDEX, None), {}),
    ((INDEX, OFFSETS[None]), {}),
    ((INDEX[None, None], None), {}),
    ((INDEX, OFFSETS), {"mode": "max", "scale_grad_by_freq": True}),
    ((INDEX, OFFSETS), {"mode": "max", "sparse": True}),
    ((INDEX, OFFSETS), {"mode": "median"}),
    ((INDEX, OFFSETS + 1), {}),
    ((INDEX, np.array([0, 70])), {}),
    ((INDEX.astype(np.float32), OFFSETS), {}),
    ((INDEX, OFFSETS), {"padding_idx": 7}),
]


@pytest.mark.parity
@pytest.mark.parametrize("case", REFUSED, ids=lambda case: str(case[1]))
def test_errors_beside_pytorch(case):
    torch = pytest.importorskip("torch")
    (index, offsets), options = case
    told = []
    for m, functional in ((fl, F), (torch, torch.nn.functional)):
        given = {k: m.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
        with pytest.raises(Exception) as caught:
            functional.embedding_bag(
                m.tensor(index), m.tensor(WEIGHT), None if offsets is None else m.tensor(offsets), **given
            )
        told.append((caught.type, str(caught.value).splitlines()[0]))
    assert told[0] == told[1]


@pytest.mark.parity
def test_module_beside_pytorch():
    torch = pytest.importorskip("torch")
    for given in (
        {},
        {"max_norm": 1.0, "norm_type": 1.0, "scale_grad_by_freq": True, "mode": "sum", "padding_idx": -1},
    ):
        assert repr(nn.EmbeddingBag(5, 3, **given)) == repr(torch.nn.EmbeddingBag(5, 3, **given))
    frozen = nn.EmbeddingBag.from_pretrained(fl.tensor(WEIGHT), mode="max")
    assert not frozen.weight.requires_grad and repr(frozen) == "EmbeddingBag(7, 3, mode='max')"
