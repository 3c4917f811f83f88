"""Adadelta: steps scaled by running averages of the squares of the gradient and of past steps."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from .elementwise import ElementwiseOptimizer, check_options, descent, number
from .optimizer import options


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
        rho: decay rate of the running averages.
        eps: added under the roots.

    The other options and the errors are those of `Adam`.
    """

    _members = ("square_avg", "acc_delta")

    def __init__(
        self, params: Iterable, lr: Any = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0,
        foreach: bool | None = None, *, capturable: bool = False, maximize: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        check_options(lr, differentiable, eps=eps, weight_decay=weight_decay)
        names = "lr rho eps weight_decay maximize capturable foreach differentiable"
        super().__init__(params, options(names, locals()))

    def _formula(self, group, count):
        rho, weight_decay = group["rho"], group["weight_decay"]
        update = _update(group["maximize"], bool(weight_decay))
        return update, (number(group["lr"]), weight_decay, rho, 1 - rho, group["eps"])
