"""What the training cases share."""

from __future__ import annotations

import torch
from torch import nn

from . import Step


def training(model: nn.Module, loss: nn.Module, x, y, optimizer=None) -> Step:
    """The usual loop's body, over one batch.

    The learning rate is low enough for rounding not to grow: losses can be compared after 20 steps.
    """
    optimizer = optimizer or torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
    model.train()

    def step() -> float:
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return value.item()

    return step


def images(count: int, channels: int, size: int, classes: int = 10):
    """Normal images and their labels, always the same."""
    g = torch.Generator().manual_seed(1)
    return torch.randn(count, channels, size, size, generator=g), torch.randint(0, classes, (count,), generator=g)


def tokens(vocabulary: int, *shape: int):
    """Random tokens, always the same."""
    return torch.randint(0, vocabulary, shape, generator=torch.Generator().manual_seed(1))
