"""Adadelta: steps scaled by running averages of the squares of the gradient and of past steps."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from .elementwise import ElementwiseOptimizer, check_epsilon, check_options, descent, number


@functools.cache
def _update(maximize: bool, decays: bool) -> Callable:
    def update(p, grad, square, moved, lr, weight_decay, rho, new, eps):
        grad = descent(p, grad, weight_decay, maximize, decays)
        square = square * rho + new * grad * grad
        delta = (moved + eps).sqrt() / (square + eps).sqrt() * grad
        return p - lr * delta, None, square, moved * rho + new * delta * delta

    return update


class Adadelta(ElementwiseOptimizer):
    """Adadelta (Zeiler, 2012).

    Args:
        params: parameters or parameter groups.
        lr: learning rate.
        rho: decay rate of the running averages.
        eps: added under the roots.
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
        lr: Any = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        check_epsilon(eps)
        check_options(lr, differentiable, weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _names(self, group):
        return ("square_avg", "acc_delta")

    def _formula(self, group, count):
        rho, weight_decay = group["rho"], group["weight_decay"]
        update = _update(group["maximize"], bool(weight_decay))
        return update, (number(group["lr"]), weight_decay, rho, 1 - rho, group["eps"])
