"""A convolutional network's training gives the same bits with one thread and two, deferred and op by op."""

import pytest

import flambeau as torch
from flambeau import config, nn
from flambeau.trace import sync
from flambeau.trace.trie import TRACE


def train(steps: int = 3):
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 3), nn.ReLU(),
        nn.AvgPool2d(2), nn.Flatten(), nn.Linear(64, 10),
    )  # fmt: skip
    images, digits = torch.randn(16, 1, 12, 12), torch.randint(0, 10, (16,))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images), digits)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, [p.tolist() for p in model.state_dict().values()]


@pytest.fixture(scope="module")
def deferred():
    return train()


def test_replayed(deferred):
    assert train() == deferred


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_any_number_of_threads(deferred, threads):
    with config.override(threads=threads):
        assert train() == deferred


def test_op_by_op(deferred):
    with config.override(eager=True):
        sync.sync()
        TRACE.reset()
        eager = train()
    TRACE.reset()
    assert eager == deferred
