"""RAdam: Adam that waits until its estimate of the variance can be trusted."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable
from typing import Any

from .elementwise import ElementwiseOptimizer, check_options, decay_kind, descent, lerp, number
from .optimizer import options


@functools.cache
def _update(rectified: bool, maximize: bool, decay: str, near_start: bool) -> Callable:
    def update(p, grad, mean, square, lr, kept, weight_decay, new1, beta2, new2, correction1, root2, rectifier, eps):
        grad = descent(p, grad, weight_decay, maximize, decay == "coupled")
        p = p * kept if decay == "decoupled" else p
        mean = lerp(mean, grad, new1, near_start)
        square = square * beta2 + new2 * grad * grad
        step = mean / correction1 * lr
        if rectified:
            step = step * (root2 / (square.sqrt() + eps)) * rectifier
        return p - step, None, mean, square

    return update


class RAdam(ElementwiseOptimizer):
    """RAdam (Liu et al., 2020); the options and the errors are those of `Adam`."""

    _members = ("exp_avg", "exp_avg_sq")

    def __init__(
        self, params: Iterable, lr: Any = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, decoupled_weight_decay: bool = False, *, foreach: bool | None = None,
        maximize: bool = False, capturable: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_options(lr, differentiable, betas=betas, eps=eps, weight_decay=weight_decay)
        names = "lr betas eps weight_decay maximize foreach capturable decoupled_weight_decay differentiable"
        super().__init__(params, options(names, locals()))

    def _formula(self, group, count):
        (beta1, beta2), weight_decay, lr = group["betas"], group["weight_decay"], number(group["lr"])
        correction1, correction2 = 1 - beta1**count, 1 - beta2**count
        limit = 2 / (1 - beta2) - 1
        length = limit - 2 * count * beta2**count / correction2
        rectifier = _rectifier(length, limit) if length > 5.0 else 0.0
        update = _update(length > 5.0, group["maximize"], decay_kind(group), 1 - beta1 < 0.5)
        averages = (1 - beta1, beta2, 1 - beta2, correction1, correction2**0.5)
        return update, (lr, 1 - lr * weight_decay, weight_decay, *averages, rectifier, group["eps"])


def _rectifier(length: float, limit: float) -> float:
    """The factor that undoes the variance of an average over so many steps, at most `limit`."""
    return math.sqrt((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length))
