"""Averaged stochastic gradient descent."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import flambeau as torch

from .elementwise import ElementwiseOptimizer, check_options, descent, number
from .optimizer import options


@functools.cache
def _update(averages: bool, maximize: bool, decays: bool) -> Callable:
    def update(p, grad, average, eta, kept, mu, weight_decay):
        grad = descent(p, grad, weight_decay, maximize, decays)
        p = p * kept - eta * grad
        return p, None, average + (p - average) * mu if averages else p

    return update


class ASGD(ElementwiseOptimizer):
    """Averaged stochastic gradient descent (Polyak and Juditsky, 1992).

    Args:
        lambd: rate of decay.
        alpha: power by which the step size falls.
        t0: the step at which averaging starts.

    The other options and the errors are those of `Adam`.
    """

    _members = ("ax",)

    def __init__(
        self, params: Iterable, lr: Any = 1e-2, lambd: float = 1e-4, alpha: float = 0.75, t0: float = 1e6,
        weight_decay: float = 0, foreach: bool | None = None, maximize: bool = False, differentiable: bool = False,
        capturable: bool = False,
    ) -> None:  # fmt: skip
        check_options(lr, differentiable, weight_decay=weight_decay)
        names = "lr lambd alpha t0 weight_decay foreach maximize differentiable capturable"
        super().__init__(params, options(names, locals()))

    def _new_state(self, group, p):
        counters = {"step": 0.0, "eta": float(group["lr"]), "mu": 1.0}
        return {name: torch.tensor(value) for name, value in counters.items()} | {"ax": torch.zeros_like(p)}

    def _clock(self, group, state):
        """The step size and the weight of the average that hold for this step; then those of the next are stored."""
        eta, mu = self.cell(state, "eta"), self.cell(state, "mu")
        present = eta.value, mu.value
        count, lr = super()._clock(group, state), number(group["lr"])
        eta.value = lr / (1 + group["lambd"] * lr * count) ** group["alpha"]
        mu.value = 1 / max(1, count - group["t0"])
        return present

    def _formula(self, group, clock):
        eta, mu = clock
        weight_decay = group["weight_decay"]
        update = _update(mu != 1, group["maximize"], bool(weight_decay))
        return update, (eta, 1 - group["lambd"] * eta, mu, weight_decay)
