"""Backward passes taken as one step give the same bits as passes that are walked, whatever the script does in
between."""

from __future__ import annotations

import pytest

import flambeau as torch
from flambeau import config, schedule
from flambeau.autograd import macro
from flambeau.trace import sync
from flambeau.trace.trie import TRACE


class Script:
    """A small training loop; `before`, `between` and `after` say what else happens at a step."""

    def __init__(self):
        torch.manual_seed(0)
        self.w = torch.randn(3, 4, requires_grad=True)
        self.b = torch.zeros(4, requires_grad=True)
        self.x, self.y = torch.randn(5, 3), torch.randn(5, 4)
        self.seen: list = []

    def loss(self, step: int):
        hidden = (self.x @ self.w + self.b).tanh() * (1 + 0.1 * step)
        return ((hidden - self.y) ** 2).mean() + hidden.abs().sum() * 0.01 * step

    def update(self, step: int):
        with torch.no_grad():
            for p in (self.w, self.b):
                p.sub_(p.grad, alpha=0.1 / (step + 1))
                self.seen.append(p.grad.tolist())
                p.grad = None

    def step(self, step: int):
        self.loss(step).backward()
        self.update(step)


class ReadsBefore(Script):
    """The loss is printed before backward(): the tape is an earlier trace's."""

    def step(self, step):
        loss = self.loss(step)
        self.seen.append(loss.item())
        loss.backward()
        self.update(step)


class Accumulates(Script):
    def step(self, step):
        for part in range(3):
            self.loss(step + part).backward()
        self.update(step)


class ZeroesInPlace(Script):
    def update(self, step):
        with torch.no_grad():
            for p in (self.w, self.b):
                p.sub_(p.grad, alpha=0.1)
                self.seen.append(p.grad.tolist())
                p.grad.zero_()


class RetainsGraph(Script):
    def step(self, step):
        loss = self.loss(step)
        loss.backward(retain_graph=True)
        loss.backward()
        self.update(step)


class HooksMidway(Script):
    """A hook comes at step 4 and goes at step 7."""

    handle = None

    def step(self, step):
        if step == 4:
            self.handle = self.w.register_hook(lambda g: g * 2)
        if step == 7:
            self.handle.remove()
        super().step(step)


class HiddenHook(Script):
    """A hook on an inner result at every third step."""

    def loss(self, step):
        hidden = self.x @ self.w + self.b
        if step % 3 == 2:
            hidden.register_hook(lambda g: g * 0.5)
        return (hidden.tanh() - self.y).square().sum()


class ChangingLeaves(Script):
    def step(self, step):
        self.w.requires_grad_(step % 2 == 0)
        self.loss(step).backward()
        with torch.no_grad():
            for p in (self.w, self.b):
                if p.grad is not None:
                    p.sub_(p.grad, alpha=0.1)
                    self.seen.append(p.grad.tolist())
                    p.grad = None


class GivenGradient(Script):
    def step(self, step):
        (self.x @ self.w + self.b).tanh().backward(self.y * (step + 1))
        self.update(step)


class KeepsActivations(Script):
    """The hidden layer is read after backward."""

    def step(self, step):
        hidden = (self.x @ self.w + self.b).tanh()
        loss = (hidden - self.y).square().sum()
        self.seen.append(hidden.sum().item())
        loss.backward()
        self.update(step)
        self.seen.append(hidden.tolist())


class Unrolled(Script):
    """A recurrent cell by hand: parts of one input, which gradients read transposed."""

    def loss(self, step):
        steps, hidden = self.x.reshape(5, 1, 3), torch.zeros(1, 4)
        for t in range(5):
            hidden = (steps[t] @ self.w + hidden * 0.5 + self.b).tanh()
        return (hidden * (step + 1)).square().sum()


class Episode(Script):
    """A number is read at every step of an episode, and each episode is longer: a tape for every step."""

    def loss(self, step):
        rewards = []
        for t in range(step + 2):
            scores = (self.x[t % 5] @ self.w + self.b).log_softmax(0)
            rewards.append(scores[int(scores.sum().item() < -6.0)])
        return -torch.stack(rewards).sum()


SCRIPTS = [
    Script,
    ReadsBefore,
    Accumulates,
    ZeroesInPlace,
    RetainsGraph,
    HooksMidway,
    HiddenHook,
    ChangingLeaves,
    GivenGradient,
    KeepsActivations,
    Unrolled,
    Episode,
]


def _run(script_class):
    script = script_class()
    for step in range(9):
        script.step(step)
    return script.seen, script.w.tolist(), script.b.tolist()


@pytest.mark.parametrize("script_class", SCRIPTS)
def test_macros_change_nothing(script_class):
    deferred = _run(script_class)
    again = _run(script_class)
    with config.override(eager=True):
        sync.sync()
        TRACE.reset()
        eager = _run(script_class)
    TRACE.reset()
    assert deferred == again == eager


def test_an_episode_of_any_length_runs_the_same_programs(monkeypatch):
    script, built = Episode(), []
    for length in (8, 8):
        script.step(length)
    original = schedule.build
    monkeypatch.setattr(schedule, "build", lambda *args, **more: built.append(1) or original(*args, **more))
    script.step(60)
    assert len(built) < 20


@pytest.mark.parametrize("script_class", [Script, Accumulates, ZeroesInPlace, Unrolled])
def test_a_pass_seen_before_is_one_step(script_class, monkeypatch):
    _run(script_class)
    applied = []
    original = macro._apply
    monkeypatch.setattr(macro, "_apply", lambda *args: applied.append(1) or original(*args))
    _run(script_class)
    assert len(applied) >= 8


def test_a_released_tape_cannot_be_used_again_after_a_macro():
    for _ in range(4):
        w = torch.ones(2, requires_grad=True)
        hidden = (w * 2).tanh()
        loss = hidden.sum()
        loss.backward()
        with pytest.raises(RuntimeError, match="backward through the graph a second time"):
            hidden.sum().backward()
