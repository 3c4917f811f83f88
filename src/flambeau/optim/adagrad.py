"""Adagrad: steps scaled by the sum of all squared gradients."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import flambeau as torch

from .elementwise import ElementwiseOptimizer, check_options, descent, number
from .optimizer import options


@functools.cache
def _update(maximize: bool, decays: bool) -> Callable:
    def update(p, grad, total, rate, weight_decay, eps):
        grad = descent(p, grad, weight_decay, maximize, decays)
        total = total + grad * grad
        return p - rate * grad / (total.sqrt() + eps), None, total

    return update


class Adagrad(ElementwiseOptimizer):
    """Adagrad (Duchi, Hazan and Singer, 2011).

    Args:
        lr_decay: how fast the learning rate falls with the steps.
        initial_accumulator_value: the sum to start from.

    The other options and the errors are those of `Adam`.
    """

    _members = ("sum",)

    def __init__(
        self, params: Iterable, lr: Any = 1e-2, lr_decay: float = 0, weight_decay: float = 0,
        initial_accumulator_value: float = 0, eps: float = 1e-10, foreach: bool | None = None, *,
        maximize: bool = False, differentiable: bool = False, fused: bool | None = None,
    ) -> None:  # fmt: skip
        check_options(
            lr, differentiable, foreach, fused, eps=eps, lr_decay=lr_decay, weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
        )  # fmt: skip
        names = "lr lr_decay eps weight_decay initial_accumulator_value foreach maximize differentiable fused"
        super().__init__(params, options(names, locals()))
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p] = self._new_state(group, p)

    def share_memory(self) -> None:
        """Moves the state to memory that other processes see."""
        for state in self.state.values():
            state["sum"].share_memory_()

    def _new_state(self, group, p):
        total = torch.full_like(p, group["initial_accumulator_value"])
        return {"step": torch.tensor(0.0), "sum": total}

    @torch.no_grad()
    def _sparse_step(self, group, p, grad):
        """The same formula for the elements that the gradient has."""
        if group["weight_decay"]:
            raise RuntimeError("weight_decay option is not compatible with sparse gradients")
        state, grad = self.state[p], grad.coalesce()
        rate = number(group["lr"]) / (1 + (self._clock(group, state) - 1) * group["lr_decay"])
        at, values = tuple(grad.indices().unbind(0)), -grad.values() if group["maximize"] else grad.values()
        total = state["sum"][at] + values * values
        state["sum"][at] = total
        p[at] -= rate * values / (total.sqrt() + group["eps"])

    def _formula(self, group, count):
        weight_decay = group["weight_decay"]
        rate = number(group["lr"]) / (1 + (count - 1) * group["lr_decay"])
        return _update(group["maximize"], bool(weight_decay)), (rate, weight_decay, group["eps"])
