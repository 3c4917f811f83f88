"""Rprop: steps that look at the gradient's sign only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import flambeau as torch

from .elementwise import check_options, number
from .optimizer import OneByOneOptimizer, in_reals, options


class Rprop(OneByOneOptimizer):
    """Resilient backpropagation (Riedmiller and Braun, 1993), for full batches.

    Args:
        params: parameters or parameter groups.
        lr: the first step size.
        etas: factors by which a step size shrinks where the gradient's sign flips, and grows where it stays.
        step_sizes: the smallest and the largest step size.
        maximize: ascend instead of descend.
        foreach, capturable, differentiable: accepted; they change nothing.

    Raises:
        ValueError: an option is out of range.
    """

    def __init__(
        self, params: Iterable, lr: Any = 1e-2, etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50), *, capturable: bool = False, foreach: bool | None = None,
        maximize: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_options(lr, differentiable)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        super().__init__(params, options("lr etas step_sizes foreach maximize differentiable capturable", locals()))

    def _update(self, group: dict, p, grad) -> None:
        state = self.state[p]
        if not state:
            state["step"] = torch.tensor(0.0)
            state["prev"] = torch.zeros_like(p)
            lr = number(group["lr"])
            state["step_size"] = torch.full_like(p, complex(lr, lr) if p.is_complex() else lr)
        state["step"] += 1
        p, grad, previous, step_size = (in_reals(x) for x in (p, grad, state["prev"], state["step_size"]))
        grad = -grad if group["maximize"] else grad
        (shrink, grow), (smallest, largest) = group["etas"], group["step_sizes"]
        agreement = grad * previous
        factor = torch.where(agreement > 0, grow, torch.where(agreement < 0, shrink, torch.ones_like(p)))
        size = (step_size * factor).clamp(smallest, largest)
        # After a flip the next step is taken without regard to this gradient.
        grad = torch.where(agreement < 0, torch.zeros_like(p), grad)
        p.sub_(grad.sign() * size)
        previous.copy_(grad)
        step_size.copy_(size)
