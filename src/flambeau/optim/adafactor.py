"""Adafactor: steps scaled by averages of the squared gradient's rows and columns instead of all its elements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import flambeau as torch

from .elementwise import CountingOptimizer, number, refuse_sparse
from .optimizer import OneByOneOptimizer, options


class Adafactor(CountingOptimizer, OneByOneOptimizer):
    """Adafactor (Shazeer and Stern, 2018).

    Args:
        params: parameters or parameter groups.
        lr: the largest step relative to a parameter's size, and the coefficient of weight decay.
        beta2_decay: how the decay rate of the averages follows from the step: 1 - step ** beta2_decay.
        eps: the least denominator (the type's precision where None), and the least size of a parameter.
        d: the root mean square to which updates are cut.
        weight_decay: rate at which the weights themselves decay.
        foreach: accepted.
        maximize: ascend instead of descend.

    Raises:
        ValueError: an option is out of range.
    """

    _later_options = {"foreach": None}

    def __init__(
        self, params: Iterable, lr: Any = 1e-2, beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3), d: float = 1.0, weight_decay: float = 0.0, *,
        foreach: bool | None = None, maximize: bool = False,
    ) -> None:  # fmt: skip
        if isinstance(lr, torch.Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if not lr >= 0.0:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not beta2_decay <= 0.0:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        if eps[0] is not None and not eps[0] >= 0.0:
            raise ValueError(f"epsilon1 should be >= 0 but is: {eps[0]}")
        if not eps[1] >= 0.0:
            raise ValueError(f"epsilon2 should be >= 0 but is: {eps[1]}")
        if not d >= 1.0:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {d}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight_decay should be >= 0 but is: {weight_decay}")
        super().__init__(params, options("lr beta2_decay eps d weight_decay foreach maximize", locals()))

    def _update(self, group: dict, p, grad) -> None:
        if grad.is_sparse:
            refuse_sparse(self)
        state = self.state[p]
        if not state:
            state.update(_new_state(grad))
        count, lr, (eps1, eps2) = self._clock(group, state), number(group["lr"]), group["eps"]
        eps1 = torch.finfo(p.dtype).eps if eps1 is None else eps1
        grad = -grad if group["maximize"] else grad
        step_size = _root_mean_square(p).clamp(min=eps2) * min(lr, count**-0.5)
        p.mul_(1 - lr * group["weight_decay"])
        update = grad * _variance(grad, state, count ** group["beta2_decay"], eps1).clamp(min=eps1 * eps1).rsqrt()
        p.sub_(update * (step_size / (_root_mean_square(update) / group["d"]).clamp(min=1.0)))


def _new_state(grad) -> dict:
    state: dict[str, Any] = {"step": torch.tensor(0.0)}
    if grad.dim() < 2:
        return state | {"variance": torch.zeros_like(grad)}
    *batch, rows, columns = grad.shape
    return state | {"row_var": grad.new_zeros(*batch, rows, 1), "col_var": grad.new_zeros(*batch, 1, columns)}


def _variance(grad, state: dict, weight: float, eps: float):
    """The estimate of the squared gradient: for matrices an outer product of row and column averages."""
    square = grad * grad
    if grad.dim() < 2:
        return state["variance"].lerp_(square, weight)
    rows = state["row_var"].lerp_(square.mean(-1, keepdim=True), weight)
    columns = state["col_var"].lerp_(square.mean(-2, keepdim=True), weight)
    return rows * columns / rows.mean(-2, keepdim=True).clamp(min=eps)


def _root_mean_square(x):
    return x.norm() / x.numel() ** 0.5
