"""torch.optim.swa_utils: averages of a model's weights over training, and the learning rate that goes with them."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable, Iterable
from typing import Any, Literal

import flambeau as torch
from flambeau.nn import Module
from flambeau.nn.modules.batchnorm import _BatchNorm

from .lr_scheduler.base import LRScheduler, per_group
from .optimizer import Optimizer

__all__ = [
    "SWALR", "AveragedModel", "get_ema_avg_fn", "get_ema_multi_avg_fn", "get_swa_avg_fn", "get_swa_multi_avg_fn",
    "update_bn",
]  # fmt: skip


# ------------------------------------------------------------------ ways to average
def get_ema_avg_fn(decay: float = 0.999) -> Callable:
    """The function that moves an average by 1 - decay towards the newest value; ValueError for decay outside [0, 1]."""
    _check_decay(decay)

    @torch.no_grad()
    def ema_update(ema_param, current_param, num_averaged):
        return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_avg_fn() -> Callable:
    """The function that makes a mean of num_averaged values one of a value more."""

    @torch.no_grad()
    def swa_update(averaged_param, current_param, num_averaged):
        return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable:
    """get_ema_avg_fn for lists of tensors, whose first is changed in place (where it holds floating-point numbers)."""
    _check_decay(decay)

    @torch.no_grad()
    def ema_update(ema_param_list, current_param_list, _):
        for ema, current in zip(ema_param_list, current_param_list):
            ema.copy_(ema.lerp(current, 1 - decay) if _is_inexact(ema) else ema * decay + current * (1 - decay))

    return ema_update


def get_swa_multi_avg_fn() -> Callable:
    """get_swa_avg_fn for lists of tensors, whose first is changed in place."""

    @torch.no_grad()
    def swa_update(averaged_param_list, current_param_list, num_averaged):
        for averaged, current in zip(averaged_param_list, current_param_list):
            averaged.copy_(averaged + (current - averaged) * (1 / (num_averaged + 1)))

    return swa_update


def _check_decay(decay: float) -> None:
    if not 0.0 <= decay <= 1.0:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")


def _is_inexact(tensor) -> bool:
    return tensor.is_floating_point() or tensor.is_complex()


# ------------------------------------------------------------------ the averaged model
class AveragedModel(Module):
    """A copy of a model whose parameters become averages of those it is updated with.

    Args:
        model: the model to copy.
        device: where to keep the copy.
        avg_fn: the new average, from the old one, the newest value and the number averaged so far.
        multi_avg_fn: the same for lists, in place. The mean where both are None.
        use_buffers: average buffers too, instead of copying them.
    """

    n_averaged: torch.Tensor

    def __init__(
        self, model: Module, device=None, avg_fn: Callable | None = None, multi_avg_fn: Callable | None = None,
        use_buffers: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = copy.deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", torch.tensor(0, dtype=torch.long, device=device))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args, **kwargs):
        """What the averaged model computes."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Takes a model's present parameters into the averages; the first ones are copied."""
        pairs = list(zip(_averaged(self.module, self.use_buffers), _averaged(model, self.use_buffers)))
        averages, current = [a.detach() for a, _ in pairs], [c.detach().to(a.device) for a, c in pairs]
        if self.n_averaged == 0:
            for average, value in zip(averages, current):
                average.copy_(value)
        else:
            self._average(averages, current)
        if not self.use_buffers:
            for own, other in zip(self.module.buffers(), model.buffers()):
                own.detach().copy_(other.detach().to(own.device))
        self.n_averaged.add_(1)

    def _average(self, averages: list, current: list) -> None:
        if self.avg_fn is None:
            average_all = self.multi_avg_fn or get_swa_multi_avg_fn()
            average_all(averages, current, self.n_averaged)
            return
        for average, value in zip(averages, current):
            average.copy_(self.avg_fn(average, value, self.n_averaged))


def _averaged(model: Module, use_buffers: bool) -> Iterable:
    return itertools.chain(model.parameters(), model.buffers()) if use_buffers else model.parameters()


@torch.no_grad()
def update_bn(loader: Iterable[Any], model: Module, device=None) -> None:
    """Computes the statistics of a model's batch norms anew, in one pass over data.

    loader: batches, or lists and tuples that begin with one.
    """
    momenta = {m: m.momentum for m in model.modules() if isinstance(m, _BatchNorm)}
    if not momenta:
        return
    for norm in momenta:
        norm.reset_running_stats()
        norm.momentum = None  # so that all batches count alike
    was_training = model.training
    model.train()
    for batch in loader:
        batch = batch[0] if isinstance(batch, (list, tuple)) else batch
        model(batch if device is None else batch.to(device))
    for norm, momentum in momenta.items():
        norm.momentum = momentum
    model.train(was_training)


# ------------------------------------------------------------------ the learning rate
class SWALR(LRScheduler):
    """Goes from the present rate to another one, and stays there.

    Args:
        swa_lr: the rate to go to, or one for each group.
        anneal_epochs: how many epochs it takes.
        anneal_strategy: the way, "cos" or "linear".
    """

    def __init__(
        self, optimizer: Optimizer, swa_lr: Any, anneal_epochs: int = 10,
        anneal_strategy: Literal["cos", "linear"] = "cos", last_epoch: int = -1,
    ) -> None:  # fmt: skip
        for rate, group in zip(per_group(optimizer, "swa_lr", swa_lr), optimizer.param_groups):
            group["swa_lr"] = rate
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        self._anneal_strategy = anneal_strategy
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list:
        rates = self._rates()
        step = self._step_count - 1
        step = max(1, step) if self.anneal_epochs == 0 else step
        before, now = self._share(step - 1), self._share(step)
        return [
            group["swa_lr"] * now + _start(rate, group["swa_lr"], before) * (1 - now)
            for rate, group in zip(rates, self.optimizer.param_groups)
        ]

    def _share(self, step: int) -> float:
        """How much of the way is gone at a step."""
        t = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return (1 - math.cos(math.pi * t)) / 2 if self._anneal_strategy == "cos" else t


def _start(rate, target, share: float):
    """The rate from which one came so far on the way to the target."""
    return target if share == 1 else (rate - share * target) / (1 - share)
