"""Adamax: Adam with the largest gradient so far in place of the average square."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from .elementwise import ElementwiseOptimizer, check_betas, check_epsilon, check_options, descent, lerp, number


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
        params: parameters or parameter groups.
        lr: learning rate.
        betas: decay rates of the average gradient and of the largest one.
        eps: added to the gradient's size.
        weight_decay: L2 penalty.
        maximize: ascend instead of descend.
        differentiable: let autograd see the step.
        foreach, capturable: accepted; all parameters are updated in one kernel in any case.

    Raises:
        ValueError: an option is out of range.
    """

    def __init__(
        self,
        params: Iterable,
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_epsilon(eps)
        check_betas(betas)
        check_options(lr, differentiable, weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _names(self, group):
        return ("exp_avg", "exp_inf")

    def _formula(self, group, count):
        (beta1, beta2), weight_decay = group["betas"], group["weight_decay"]
        update = _update(group["maximize"], bool(weight_decay), 1 - beta1 < 0.5)
        step_size = number(group["lr"]) / (1 - beta1**count)
        return update, (step_size, weight_decay, 1 - beta1, beta2, group["eps"])
