"""Optimizers whose step is one formula per element: how their parameters become the rows of one fused operation.

In come the parameter groups with their gradients; out goes, for each batch of parameters whose step counts agree, one
`fused_update_`. Formulas are pure functions made once per set of flags, because the engine keys them by identity;
everything that changes from step to step goes in as a number.
"""

from __future__ import annotations

import ctypes
import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

import flambeau as torch

from .optimizer import Optimizer, evaluate


class CountingOptimizer(Optimizer):
    """Base class of the optimizers that count the steps of each parameter, in tensors that hold one number."""

    def _set_up(self) -> None:
        super()._set_up()
        self._cells: dict[int, tuple[Any, Any]] = {}

    def __setstate__(self, state):
        super().__setstate__(state)
        # Loaded state brings other counters.
        self._cells.clear()

    def _clock(self, group: dict, state: dict) -> Any:
        """Counts a parameter's step; parameters whose clocks agree are updated together, by the same numbers."""
        step = self.cell(state, "step")
        count = step.value = step.value + 1
        return count

    def cell(self, state: dict, name: str):
        """The memory of a state tensor that holds one number, for a step to read and write without an operation.

        A tensor from elsewhere (a checkpoint, the user) is replaced by one that shares its memory with NumPy.
        """
        tensor = state[name]
        known = self._cells.get(id(tensor))
        return known[1] if known else self._new_cell(state, name)

    def _new_cell(self, state: dict, name: str):
        dtype = torch.get_default_dtype()
        array = np.array(float(state[name]), dtype=np.float64 if dtype is torch.float64 else np.float32)
        tensor = state[name] = torch.from_numpy(array)
        cell = (ctypes.c_double if dtype is torch.float64 else ctypes.c_float).from_buffer(array)  # type: ignore[arg-type]
        # The tensor is kept, so that its id stays its own.
        self._cells[id(tensor)] = tensor, cell
        return cell


class ElementwiseOptimizer(CountingOptimizer):
    """Base class of the optimizers that update every element by itself.

    A subclass defines `_members` (or `_names`) and `_formula`, and `_new_state` where the state does not start with
    zeros.
    """

    _members: tuple[str, ...] = ()

    def step(self, closure: Callable[[], Any] | None = None):
        """Updates the parameters that have a gradient; see `Optimizer.step`."""
        loss = evaluate(closure)
        for group in self.param_groups:
            for clock, rows in self._batches(group).items():
                formula, numbers = self._formula(group, clock)
                _apply(formula, rows, numbers, group["differentiable"])
        return loss

    def _batches(self, group: dict) -> dict[Any, list[tuple]]:
        """Rows of parameter, gradient and state tensors, by the clock of each parameter."""
        state_of, members, clock_of = self.state, _getter(self._names(group)), self._clock
        batches: dict[Any, list[tuple]] = {}
        for p in group["params"]:
            grad = p.grad
            if grad is None:
                continue
            if grad.is_sparse:
                self._sparse_step(group, p, grad)
                continue
            state = state_of[p]
            if not state:
                state.update(self._new_state(group, p))
            row = (p, grad, *members(state)[1:])
            clock = clock_of(group, state)
            if clock in batches:
                batches[clock].append(row)
            else:
                batches[clock] = [row]
        return batches

    def _sparse_step(self, group: dict, p, grad) -> None:
        """Updates a parameter whose gradient is sparse; RuntimeError where the optimizer knows no such update."""
        refuse_sparse(self)

    def _new_state(self, group: dict, p) -> dict:
        """The state of a parameter at its first step: "step", then what `_names` names."""
        return {"step": torch.tensor(0.0)} | {name: torch.zeros_like(p) for name in self._names(group)}

    def _names(self, group: dict) -> tuple[str, ...]:
        """The state tensors that go into a row, in order."""
        return self._members

    def _formula(self, group: dict, clock: Any) -> tuple[Callable, tuple[float, ...]]:
        """The update of the parameters of one clock, and its numbers."""
        raise NotImplementedError


@functools.cache
def _getter(names: tuple[str, ...]) -> Callable[[dict], tuple]:
    """A function from a state to a tuple of its members, the step count first."""
    return operator.itemgetter("step", *names)


def _apply(formula: Callable, rows: list[tuple], numbers: tuple[float, ...], differentiable: bool) -> None:
    if not differentiable:
        torch.fused_update_(formula, rows, numbers)
        return
    for row in rows:
        for tensor, value in zip(row, formula(*row, *numbers)):
            if value is not None:
                tensor.copy_(value)


def descent(p, grad, weight_decay, maximize: bool, decays: bool):
    """The gradient to descend along: negated where the objective is maximized, plus the weights' decay."""
    grad = -grad if maximize else grad
    return grad + weight_decay * p if decays else grad


def lerp(start, end, weight, near_start: bool):
    """start + weight * (end - start), from the nearer end, as PyTorch rounds it.

    Args:
        near_start: whether the weight is below one half.
    """
    return start + weight * (end - start) if near_start else end - (end - start) * (1 - weight)


def refuse_sparse(optimizer) -> None:
    """Raises PyTorch's error for sparse gradients; a class with a text of its own has it as NO_SPARSE."""
    common = f"{type(optimizer).__name__} does not support sparse gradients"
    raise RuntimeError(getattr(optimizer, "NO_SPARSE", common))


def number(value) -> float:
    """An option that may be a tensor of one element, as a number."""
    return value if isinstance(value, (float, int)) else value.item()


def decay_kind(group: dict) -> str:
    """How a group's weights decay: "none", "coupled" to the gradient, or "decoupled" from it."""
    if not group["weight_decay"]:
        return "none"
    return "decoupled" if group["decoupled_weight_decay"] else "coupled"


def check_options(
    lr, differentiable: bool, foreach: bool | None = None, fused: bool | None = None, betas=(), eps=0.0, **non_negative
) -> None:
    """Checks the options that many optimizers have, with PyTorch's errors.

    Args:
        betas: decay rates, which must lie in [0, 1).
        non_negative: further numbers that must not be negative, by name.
    """
    if isinstance(lr, torch.Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    if not lr >= 0.0:
        raise ValueError(f"Invalid learning rate: {lr}")
    if not eps >= 0.0:
        raise ValueError(f"Invalid epsilon value: {eps}")
    for i, beta in enumerate(betas[:2]):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"Invalid beta parameter at index {i}: {beta}")
    for name, value in non_negative.items():
        if not value >= 0.0:
            raise ValueError(f"Invalid {name} value: {value}")
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
