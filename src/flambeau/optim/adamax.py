"""Adamax: Adam with the largest gradient so far in place of the average square."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from .elementwise import ElementwiseOptimizer, check_options, descent, lerp, number
from .optimizer import options


@functools.cache
def _update(maximize: bool, decays: bool, near_start: bool) -> Callable:
    def update(p, grad, mean, largest, step_size, weight_decay, new1, beta2, eps):
        grad = descent(p, grad, weight_decay, maximize, decays)
        mean = lerp(mean, grad, new1, near_start)
        largest = (largest * beta2).maximum(grad.abs() + eps)
        return p - step_size * mean / largest, None, mean, largest

    return update


class Adamax(ElementwiseOptimizer):
    """Adamax (Kingma and Ba, 2015).

    Args:
        betas: decay rates of the average gradient and of the largest one.
        eps: added to the gradient's size.

    The other options and the errors are those of `Adam`.
    """

    _members = ("exp_avg", "exp_inf")

    def __init__(
        self, params: Iterable, lr: Any = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, foreach: bool | None = None, *, maximize: bool = False, differentiable: bool = False,
        capturable: bool = False,
    ) -> None:  # fmt: skip
        check_options(lr, differentiable, betas=betas, eps=eps, weight_decay=weight_decay)
        names = "lr betas eps weight_decay foreach maximize differentiable capturable"
        super().__init__(params, options(names, locals()))

    def _formula(self, group, count):
        (beta1, beta2), weight_decay = group["betas"], group["weight_decay"]
        update = _update(group["maximize"], bool(weight_decay), 1 - beta1 < 0.5)
        step_size = number(group["lr"]) / (1 - beta1**count)
        return update, (step_size, weight_decay, 1 - beta1, beta2, group["eps"])
