"""How training goes: the range of learning rates that work, and which classes are taken for which."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

import flambeau as torch
from flambeau import nn

from .drawing import Drawn, pyplot

_SMOOTHING = 0.9
_DIVERGED = 4  # times the best loss so far


class RateRange(NamedTuple):
    """What a learning-rate range test saw.

    rates, losses: the learning rate of each step, and the smoothed loss after it.
    suggestion: the rate at which the loss fell fastest.
    """

    rates: list[float]
    losses: list[float]
    suggestion: float


def lr_range_test(
    model: nn.Module, criterion: Callable, optimizer: torch.optim.Optimizer, loader: Iterable, start: float = 1e-6,
    end: float = 10.0, steps: int = 100,
) -> Drawn:  # fmt: skip
    """Trains for some steps with a learning rate that grows from step to step; then puts everything back, the
    random numbers as well.

    Args:
        model: the network; its state and its mode are as before afterwards.
        criterion: gives the loss of (predictions, targets).
        optimizer: over the model's parameters; its state and its learning rates are as before afterwards.
        loader: batches of (inputs, targets), gone through as often as needed.
        start, end: the first and the last learning rate.
        steps: how many steps lie between them. The test ends early where the loss diverges.

    Returns:
        A RateRange, and a figure of the loss over the rate.

    Source: Smith, Cyclical Learning Rates for Training Neural Networks, 2017.
    """
    state = copy.deepcopy((model.state_dict(), optimizer.state_dict()))
    modes = [(module, module.training) for module in model.modules()]
    model.train()
    try:
        with torch.random.fork_rng():
            rates, losses = _losses_at_growing_rates(model, criterion, optimizer, loader, start, end, steps)
    finally:
        model.load_state_dict(state[0])
        optimizer.load_state_dict(state[1])
        optimizer.zero_grad()
        for module, training in modes:
            module.training = training
    told = RateRange(rates, losses, _steepest(rates, losses))
    return Drawn(told, _loss_over_rate(told))


def _losses_at_growing_rates(model, criterion, optimizer, loader, start, end, steps):
    rates: list[float] = []
    losses: list[float] = []
    average, best = 0.0, math.inf
    batches = itertools.islice(itertools.chain.from_iterable(itertools.repeat(loader)), steps)
    for step, (inputs, targets) in enumerate(batches):
        rate = start * (end / start) ** (step / max(steps - 1, 1))
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
        average = _SMOOTHING * average + (1 - _SMOOTHING) * loss.item()
        smooth = average / (1 - _SMOOTHING ** (step + 1))
        if not smooth <= _DIVERGED * best:
            break
        best = min(best, smooth)
        rates.append(rate)
        losses.append(smooth)
    return rates, losses


def _steepest(rates: list[float], losses: list[float]) -> float:
    """The rate in the middle of the steepest descent, on a logarithmic scale, on the way to the lowest loss."""
    lowest = losses.index(min(losses)) if losses else 0
    if lowest < 2:
        return rates[0] if rates else math.nan
    # The rates are evenly spaced on a logarithmic scale, so that differences of losses are slopes.
    falls = [losses[i + 1] - losses[i - 1] for i in range(1, lowest)]
    return rates[1 + falls.index(min(falls))]


def _loss_over_rate(told: RateRange):
    plt = pyplot()
    if plt is None:
        return None
    figure, axes = plt.subplots(layout="constrained")
    axes.semilogx(told.rates, told.losses)
    axes.axvline(told.suggestion, linestyle="--", color="tab:red", label=f"steepest at {told.suggestion:.1e}")
    axes.set_xlabel("learning rate")
    axes.set_ylabel("loss")
    axes.legend()
    return figure


def confusion_matrix(
    predictions: torch.Tensor, targets: torch.Tensor, num_classes: int | None = None, names: list[str] | None = None
) -> Drawn:
    """How often each class was taken for each class.

    Args:
        predictions: classes, (samples), or scores, (samples, classes), of which the highest counts.
        targets: the true classes, (samples).
        num_classes: by default the number of scores, of names, or of the classes that occur.
        names: what the classes are called in the figure.

    Returns:
        Counts, (classes, classes): the row is the true class, the column the predicted one; and a figure.

    Raises:
        ValueError: numbers of samples that differ, or a class out of range.
    """
    classes = num_classes or (len(names) if names else predictions.shape[1] if predictions.ndim == 2 else 0)
    predicted = predictions.argmax(1) if predictions.ndim == 2 else predictions.long()
    if predicted.shape != targets.shape or targets.ndim != 1:
        raise ValueError(f"{tuple(predicted.shape)} predictions for targets of shape {tuple(targets.shape)}")
    both = torch.cat([predicted, targets.long()])
    classes = classes or (int(both.max()) + 1 if len(both) else 0)
    if len(both) and not 0 <= int(both.min()) <= int(both.max()) < classes:
        raise ValueError(f"classes lie between {int(both.min())} and {int(both.max())}, expected 0 to {classes - 1}")
    counts = torch.bincount(targets.long() * classes + predicted, minlength=classes**2).reshape(classes, classes)
    return Drawn(counts, _matrix(counts, names or [str(i) for i in range(classes)]))


def _matrix(counts: torch.Tensor, names: list[str]):
    plt = pyplot()
    if plt is None or not len(counts):
        return None
    side = min(2 + 0.4 * len(names), 16)
    figure, axes = plt.subplots(figsize=(side, side), layout="constrained")
    axes.imshow(counts.numpy(), cmap="Blues")
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    middle = int(counts.max()) / 2
    for row, column in itertools.product(range(len(names)), repeat=2):
        count = int(counts[row, column])
        axes.text(
            column, row, count, ha="center", va="center", color="white" if count > middle else "black", fontsize=8
        )
    return figure
