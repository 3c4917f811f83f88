"""Loops whose arithmetic is small: what is timed is mostly the price of a call."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from . import case
from .training import images, training


@case("loop")
def logistic_train():
    g = torch.Generator().manual_seed(1)
    x, y = torch.randn(100, 2, generator=g), torch.randint(0, 2, (100, 1), generator=g).float()
    return training(nn.Linear(2, 1), nn.BCEWithLogitsLoss(), x, y)


@case("loop")
def curve_by_hand():
    """A parabola fitted without nn or optim."""
    x = torch.linspace(-1, 1, 50)
    y, w = 3 * x**2 - x, torch.zeros(3, requires_grad=True)

    def step() -> float:
        loss = ((w[0] + w[1] * x + w[2] * x**2 - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w.sub_(0.1 * w.grad)
            w.grad.zero_()
        return loss.item()

    return step


@case("loop")
def rnn_by_hand():
    """A recurrent cell unrolled by the script, 30 steps."""
    g = torch.Generator().manual_seed(1)
    cell, head = nn.RNNCell(8, 32), nn.Linear(32, 1)
    x, y = torch.randn(30, 16, 8, generator=g), torch.randn(16, 1, generator=g)
    optimizer = torch.optim.Adam([*cell.parameters(), *head.parameters()], lr=1e-3)

    def step() -> float:
        h = torch.zeros(16, 32)
        for part in x:
            h = cell(part, h)
        loss = F.mse_loss(head(h), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


@case("loop")
def gan_train():
    """Two networks, two optimizers, a detached product between them."""
    generator = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 2))
    critic = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
    g_step, c_step = (torch.optim.Adam(m.parameters(), lr=1e-3) for m in (generator, critic))
    g = torch.Generator().manual_seed(1)
    real, noise, loss = torch.randn(64, 2, generator=g), torch.randn(64, 16, generator=g), nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(64, 1), torch.zeros(64, 1)

    def step() -> float:
        fake = generator(noise)
        c_step.zero_grad()
        c_loss = loss(critic(real), ones) + loss(critic(fake.detach()), zeros)
        c_loss.backward()
        c_step.step()
        g_step.zero_grad()
        g_loss = loss(critic(fake), ones)
        g_loss.backward()
        g_step.step()
        return c_loss.item() + g_loss.item()

    return step


@case("loop")
def policy_step():
    """One step of a reinforcement-learning loop: a batch of one, an action read on the host, a gradient."""
    policy = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 2))
    optimizer = torch.optim.Adam(policy.parameters(), lr=1e-3)
    state = torch.tensor([0.1, -0.2, 0.03, 0.4])

    def step() -> float:
        log_probabilities = F.log_softmax(policy(state), -1)
        action = int(log_probabilities.argmax())
        loss = -log_probabilities[action] * 0.5
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


@case("loop")
def accumulate_train():
    """Four small batches to a step, the gradient's norm clipped."""
    x, y = images(32, 1, 8)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer, loss = torch.optim.AdamW(model.parameters(), lr=1e-3), nn.CrossEntropyLoss()

    def step() -> float:
        total = 0.0
        for part, labels in zip(x.chunk(4), y.chunk(4)):
            value = loss(model(part), labels) / 4
            value.backward()
            total += value.item()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return total

    return step
