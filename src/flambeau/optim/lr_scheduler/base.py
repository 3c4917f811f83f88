"""LRScheduler: when a learning rate changes, and how a schedule is saved and resumed.

A subclass says what the rates are (`get_lr`, from the present ones; `_get_closed_form_lr`, from the epoch alone).
Invariant: everything in the instance but the optimizer is the schedule's state, so nothing else may be kept there.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import flambeau as torch

from ..optimizer import Optimizer

_EPOCH_IS_DEPRECATED = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please use "
    "`scheduler.step()` to step the scheduler. During the deprecation, if epoch is different from None, the closed "
    "form is used instead of the new chainable form, where available. Please open an issue if you are unable to "
    "replicate your use case: https://github.com/pytorch/pytorch/issues/new/choose."
)
_HOW_TO = "See more details at https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"
_STEP_OVERRIDDEN = (
    "Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization. "
    f"Please, make sure to call `optimizer.step()` before `lr_scheduler.step()`. {_HOW_TO}"
)
_STEP_NOT_CALLED = (
    "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you should call "
    "them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure to do this will result in "
    f"PyTorch skipping the first value of the learning rate schedule. {_HOW_TO}"
)
_NO_INITIAL_LR = (
    "param 'initial_lr' is not specified in param_groups[{}] when resuming scheduler with last_epoch >= 0.\n"
    "This typically happens when:\n"
    "1. You're trying to resume training from a checkpoint but haven't properly loaded the optimizer state\n"
    "2. You're using last_epoch >= 0 for a fresh training run (not recommended)"
)


class LRScheduler:
    """Base class of the learning-rate schedulers.

    Args:
        optimizer: the optimizer whose groups' learning rates change.
        last_epoch: the epoch to resume from; -1 starts anew.

    Raises:
        TypeError: `optimizer` is no Optimizer.
        KeyError: resuming, but a group has no "initial_lr".
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(_NO_INITIAL_LR.format(i))
        self.base_lrs = [copied(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        if not getattr(optimizer, "_has_scheduler", False):
            optimizer._has_scheduler, optimizer._step_called = True, False
        self._initial_step()

    def _initial_step(self) -> None:
        """Sets the rates of the first epoch."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def state_dict(self) -> dict[str, Any]:
        """The schedule's state: all attributes but the optimizer."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over a state that `state_dict` gave."""
        self.__dict__.update(state_dict)

    def get_last_lr(self) -> list:
        """The rates of all groups that the last step set."""
        return self._last_lr

    def get_lr(self) -> list:
        """The rates of all groups for the present epoch, from those of the last one."""
        raise NotImplementedError

    def step(self, epoch: int | None = None) -> None:
        """Goes on to the next epoch, or to a given one, and sets its rates."""
        if self._step_count == 1:
            self._check_order()
        self._step_count += 1
        if epoch is not None:
            warnings.warn(_EPOCH_IS_DEPRECATED, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _check_order(self) -> None:
        if not hasattr(self.optimizer.step, "calls_hooks"):
            warnings.warn(_STEP_OVERRIDDEN, UserWarning, stacklevel=3)
        elif not self.optimizer._step_called:
            warnings.warn(_STEP_NOT_CALLED, UserWarning, stacklevel=3)

    def _update_lr(self, epoch: int | None = None) -> None:
        if epoch is None:
            self.last_epoch += 1
            self._set_rates_from(self.get_lr)
        else:
            self.last_epoch = epoch
            self._set_rates_from(getattr(self, "_get_closed_form_lr", self.get_lr))

    def _set_rates_from(self, rates: Callable[[], list]) -> None:
        """Sets the rates that a method tells, which may be called from here alone without a warning."""
        self._get_lr_called_within_step = True
        try:
            present = rates()
        finally:
            self._get_lr_called_within_step = False
        for group, rate in zip(self.optimizer.param_groups, present):
            set_option(group, "lr", rate)
        self._keep_rates(self.optimizer)

    def _keep_rates(self, optimizer: Optimizer) -> None:
        self._last_lr = [copied(group["lr"]) for group in optimizer.param_groups]

    def _rates(self) -> list:
        """The present rates of all groups; warns where `get_lr` is called from outside."""
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, please use `get_last_lr()`.",
                UserWarning,
                stacklevel=3,
            )
        return [group["lr"] for group in self.optimizer.param_groups]


def check_optimizer(optimizer) -> None:
    """Raises TypeError where the argument is no Optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def copied(value):
    """A learning rate that later changes of the option leave alone."""
    return value.clone() if isinstance(value, torch.Tensor) else value


def set_option(group: dict, name: str, value) -> None:
    """Sets an option of a group; one that is a tensor keeps its identity."""
    if isinstance(group[name], torch.Tensor):
        group[name].fill_(value.item() if isinstance(value, torch.Tensor) else value)
    else:
        group[name] = value


def per_group(optimizer: Optimizer, name: str, value) -> list:
    """An option as a list, one for each group.

    Raises ValueError where it is a list of another length.
    """
    groups = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [value] * groups
    if len(value) != groups:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. "
            f"{name} has {len(value)} values, param_groups has {groups}."
        )
    return list(value)
