"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import flambeau as torch

from .elementwise import ElementwiseOptimizer, check_options, descent, number
from .optimizer import options


@functools.cache
def _update(momentum: bool, first: bool, nesterov: bool, maximize: bool, decays: bool) -> Callable:
    def plain(p, grad, lr, weight_decay):
        return (p - lr * descent(p, grad, weight_decay, maximize, decays),)

    def with_momentum(p, grad, buffer, lr, weight_decay, mu, undamped):
        grad = descent(p, grad, weight_decay, maximize, decays)
        buffer = grad if first else mu * buffer + undamped * grad
        grad = grad + mu * buffer if nesterov else buffer
        return p - lr * grad, None, buffer

    return with_momentum if momentum else plain


class SGD(ElementwiseOptimizer):
    """Stochastic gradient descent.

    Args:
        params: parameters or parameter groups.
        lr: learning rate.
        momentum: the part of the last step's direction that is kept.
        dampening: the part of the gradient that does not enter the momentum.
        weight_decay: L2 penalty.
        nesterov: look ahead along the momentum; wants `momentum`, and no `dampening`.
        maximize: ascend instead of descend.
        foreach, fused: accepted; all parameters are updated in one kernel in any case.
        differentiable: let autograd see the step.

    Raises:
        ValueError: an option is out of range.
    """

    _later_options = {"nesterov": False, "maximize": False, "foreach": None, "differentiable": False, "fused": False}

    def __init__(
        self, params: Iterable, lr: Any = 1e-3, momentum: float = 0, dampening: float = 0, weight_decay: Any = 0,
        nesterov: bool = False, *, maximize: bool = False, foreach: bool | None = None, differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:  # fmt: skip
        check_options(lr, differentiable, foreach, fused, momentum=momentum, weight_decay=weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        names = "lr momentum dampening weight_decay nesterov maximize foreach differentiable fused"
        super().__init__(params, options(names, locals()))

    def _batches(self, group):
        """Rows by whether the momentum starts with this step; without momentum there is no state at all."""
        dense = [(p, grad) for p in group["params"] if (grad := p.grad) is not None and not grad.is_sparse]
        if len(dense) < len(group["params"]):
            self._sparse_steps(group)
        if not group["momentum"]:
            return {False: dense} if dense else {}
        batches: dict[bool, list[tuple]] = {}
        for p, grad in dense:
            state = self.state[p]
            first = state.get("momentum_buffer") is None
            if first:
                state["momentum_buffer"] = torch.zeros_like(p)
            batches.setdefault(first, []).append((p, grad, state["momentum_buffer"]))
        return batches

    def _sparse_steps(self, group):
        for p in group["params"]:
            if p.grad is not None and p.grad.is_sparse:
                self._sparse_step(group, p, p.grad)

    @torch.no_grad()
    def _sparse_step(self, group, p, grad):
        """The same formula, where what the gradient has not stays as it is."""
        if group["weight_decay"]:
            grad = grad + p  # which is refused, as it would touch all elements
        grad = -grad if group["maximize"] else grad
        if group["momentum"]:
            state, mu = self.state[p], group["momentum"]
            buffer = state.get("momentum_buffer")
            buffer = grad.clone() if buffer is None else (buffer * mu + grad * (1 - group["dampening"])).coalesce()
            state["momentum_buffer"] = buffer
            grad = grad + buffer * mu if group["nesterov"] else buffer
        p.add_(grad, alpha=-number(group["lr"]))

    def _formula(self, group, first):
        momentum, weight_decay = group["momentum"], group["weight_decay"]
        update = _update(bool(momentum), first, group["nesterov"], group["maximize"], bool(weight_decay))
        numbers = (number(group["lr"]), number(weight_decay))
        return update, (*numbers, momentum, 1 - group["dampening"]) if momentum else numbers
