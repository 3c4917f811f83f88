"""RMSprop: steps scaled by a running average of the squared gradient."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from .elementwise import ElementwiseOptimizer, check_options, descent, lerp, number
from .optimizer import options


@functools.cache
def _update(centered: bool, momentum: bool, maximize: bool, decays: bool, near_start: bool) -> Callable:
    def update(p, grad, square, *rest):
        *others, lr, weight_decay, alpha, new, mu, eps = rest
        grad = descent(p, grad, weight_decay, maximize, decays)
        square = square * alpha + new * grad * grad
        variance = square
        if centered:
            mean = others.pop()
            mean = lerp(mean, grad, new, near_start)
            variance = square - mean * mean
        spread = variance.sqrt() + eps
        if not momentum:
            result = (p - lr * grad / spread, None, square)
        else:
            buffer = others[0] * mu + grad / spread
            result = (p - lr * buffer, None, square, buffer)
        return (*result, mean) if centered else result

    return update


class RMSprop(ElementwiseOptimizer):
    """RMSprop (Hinton, 2012; centered: Graves, 2013).

    Args:
        alpha: decay rate of the running average.
        momentum: the part of the last step's direction that is kept.
        centered: divide by an estimate of the standard deviation.

    The other options and the errors are those of `Adam`.
    """

    def __init__(
        self, params: Iterable, lr: Any = 1e-2, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0,
        momentum: float = 0, centered: bool = False, capturable: bool = False, foreach: bool | None = None,
        maximize: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_options(lr, differentiable, eps=eps, momentum=momentum, weight_decay=weight_decay, alpha=alpha)
        names = "lr momentum alpha eps centered weight_decay capturable foreach maximize differentiable"
        super().__init__(params, options(names, locals()))

    def _names(self, group):
        names = ["square_avg"]
        if group["momentum"] > 0:
            names.append("momentum_buffer")
        if group["centered"]:
            names.append("grad_avg")
        return tuple(names)

    def _formula(self, group, count):
        alpha, momentum, weight_decay = group["alpha"], group["momentum"], group["weight_decay"]
        new = 1 - alpha
        update = _update(group["centered"], momentum > 0, group["maximize"], bool(weight_decay), new < 0.5)
        return update, (number(group["lr"]), weight_decay, alpha, new, momentum, group["eps"])
