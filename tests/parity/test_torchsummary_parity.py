"""torchsummary's tables, letter by letter, for networks that it counts right."""

from __future__ import annotations

import contextlib
import importlib
import io

import pytest

pytest.importorskip("torchsummary")


def small_cnn(torch):
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(784, 10)
    ), (1, 28, 28)


def residual(torch):
    nn = torch.nn

    class Block(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.path = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))
            self.act = nn.ReLU(inplace=True)

        def forward(self, x):
            return self.act(self.path(x) + x)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Conv2d(3, 8, 3)
            self.blocks = nn.ModuleList([Block(8), Block(8)])
            self.head = nn.Linear(8, 3)
            self.stem.weight.requires_grad_(False)
            self.stem.bias.requires_grad_(False)

        def forward(self, x):
            x = self.stem(x)
            for block in self.blocks:
                x = block(x)
            return self.head(x.mean((2, 3)))

    return Net(), (3, 16, 16)


def branches(torch):
    nn = torch.nn

    class Split(nn.Module):
        def __init__(self):
            super().__init__()
            self.left, self.right = nn.Conv1d(2, 3, 3), nn.Conv1d(2, 3, 3, bias=False)

        def forward(self, x):
            return self.left(x), self.right(x)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.split, self.norm, self.act = Split(), nn.GroupNorm(3, 3), nn.PReLU(3)

        def forward(self, x):
            left, right = self.split(x)
            return self.act(self.norm(left * right)).reshape(-1)

    return Net(), (2, 40)


def table(package: str, summary: str, network, **options) -> list[str]:
    torch = importlib.import_module(package)
    torch.manual_seed(0)
    model, size = network(torch)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        importlib.import_module(summary).summary(model, size, **options)
    return printed.getvalue().splitlines()


@pytest.mark.parity
@pytest.mark.parametrize("options", [{}, {"batch_size": 16, "device": "cpu"}], ids=["default", "batch"])
@pytest.mark.parametrize("network", [small_cnn, residual, branches], ids=lambda f: f.__name__)
def test_tables(network, options):
    ours = table("flambeau", "flambeau.torchsummary", network, **options)
    theirs = table("torch", "torchsummary", network, **options)
    if network is branches:  # its sizes multiply the shapes of a tuple's tensors with one another
        ours, theirs = (
            [row for row in rows if "Forward" not in row and "Estimated" not in row] for rows in (ours, theirs)
        )
    assert ours == theirs


@pytest.mark.parity
def test_the_same_random_numbers_are_drawn():
    import torch as real

    import flambeau

    table("flambeau", "flambeau.torchsummary", small_cnn)
    table("torch", "torchsummary", small_cnn)
    assert flambeau.rand(3).tolist() == real.rand(3).tolist()
