"""Rprop: steps that look at the gradient's sign only."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import flambeau as torch

from .elementwise import ElementwiseOptimizer, check_options, descent, number


@functools.cache
def _update(maximize: bool) -> Callable:
    def update(p, grad, last, size, shrink, grow, smallest, largest):
        grad = descent(p, grad, 0, maximize, False)
        agreement = grad * last
        factor = choose(agreement, grow, shrink, 1.0)
        size = (size * factor).maximum(smallest).minimum(largest)
        grad = choose(agreement, grad, 0.0, grad)
        return p - choose(grad, size, -size, 0.0), None, grad, size

    def choose(x, positive, negative, zero):
        return (x > 0.0).where(positive, (x < 0.0).where(negative, zero))

    return update
