"""NAdam: Adam with Nesterov's momentum."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

import flambeau as torch

from .elementwise import ElementwiseOptimizer, check_options, decay_kind, descent, lerp, number
from .optimizer import options


@functools.cache
def _update(maximize: bool, decay: str, near_start: bool) -> Callable:
    def update(p, grad, mean, square, now, ahead, kept, weight_decay, new1, beta2, new2, correction2, eps):
        grad = descent(p, grad, weight_decay, maximize, decay == "coupled")
        p = p * kept if decay == "decoupled" else p
        mean = lerp(mean, grad, new1, near_start)
        square = square * beta2 + new2 * grad * grad
        spread = (square / correction2).sqrt() + eps
        p = p - now * grad / spread
        return p - ahead * mean / spread, None, mean, square

    return update


class NAdam(ElementwiseOptimizer):
    """NAdam (Dozat, 2016).

    Args:
        momentum_decay: how fast the momentum comes to its full size.

    The other options and the errors are those of `Adam`.
    """

    _members = ("exp_avg", "exp_avg_sq")

    def __init__(
        self, params: Iterable, lr: Any = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, momentum_decay: float = 4e-3, decoupled_weight_decay: bool = False, *,
        foreach: bool | None = None, maximize: bool = False, capturable: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_options(
            lr, differentiable, betas=betas, eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay
        )
        names = (
            "lr betas eps weight_decay momentum_decay decoupled_weight_decay maximize foreach capturable differentiable"
        )
        super().__init__(params, options(names, locals()))

    def _new_state(self, group, p):
        counters = {"step": torch.tensor(0.0), "mu_product": torch.tensor(1.0)}
        return counters | {name: torch.zeros_like(p) for name in self._names(group)}

    def _clock(self, group, state):
        """The product of all momenta so far is a state of its own: it tells parameters apart as the count does."""
        count = super()._clock(group, state)
        product = self.cell(state, "mu_product")
        product.value *= np.float32(_momentum(group, count))
        return count, product.value

    def _formula(self, group, clock):
        count, product = clock
        (beta1, beta2), weight_decay, lr = group["betas"], group["weight_decay"], number(group["lr"])
        mu, mu_next = _momentum(group, count), _momentum(group, count + 1)
        now = lr * (1.0 - mu) / (1.0 - product)
        ahead = lr * mu_next / (1.0 - product * mu_next)
        averages = (1 - beta1, beta2, 1 - beta2, 1 - beta2**count)
        update = _update(group["maximize"], decay_kind(group), 1 - beta1 < 0.5)
        return update, (now, ahead, 1 - lr * weight_decay, weight_decay, *averages, group["eps"])


def _momentum(group: dict, count: int) -> float:
    return group["betas"][0] * (1.0 - 0.5 * 0.96 ** (count * group["momentum_decay"]))
