"""SparseAdam: Adam on those elements alone that a sparse gradient has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import flambeau as torch

from .elementwise import check_options, number
from .optimizer import OneByOneOptimizer, options


class SparseAdam(OneByOneOptimizer):
    """Adam for sparse gradients, such as those of Embedding(sparse=True): rows that were not used do not move.

    Args:
        params: parameters or parameter groups.
        lr: learning rate.
        betas: decay rates of the running averages of the gradient and of its square.
        eps: added to the denominator.
        maximize: ascend instead of descend.

    Raises:
        ValueError: an option is out of range, or a parameter is sparse.
    """

    def __init__(
        self, params: Iterable, lr: Any = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:  # fmt: skip
        check_options(lr, False, betas=betas)
        if not eps > 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        super().__init__(params, options("lr betas eps maximize", locals()))
        sparse = [
            [i, j] for i, group in enumerate(self.param_groups) for j, p in enumerate(group["params"]) if p.is_sparse
        ]
        if sparse:
            raise ValueError(f"Sparse params at indices {sparse}: SparseAdam requires dense parameter tensors")

    def _update(self, group: dict, p, grad) -> None:
        if not grad.is_sparse:
            raise RuntimeError("SparseAdam does not support dense gradients, please consider Adam instead")
        state, (beta1, beta2) = self.state[p], group["betas"]
        if not state:
            state.update(step=0, exp_avg=torch.zeros_like(p), exp_avg_sq=torch.zeros_like(p))
        state["step"] += 1
        grad = grad.coalesce()
        at, values = tuple(grad.indices().unbind(0)), -grad.values() if group["maximize"] else grad.values()
        mean = state["exp_avg"][at].lerp(values, 1 - beta1)
        square = state["exp_avg_sq"][at].lerp(values * values, 1 - beta2)
        state["exp_avg"][at], state["exp_avg_sq"][at] = mean, square
        rate = number(group["lr"]) * (1 - beta2 ** state["step"]) ** 0.5 / (1 - beta1 ** state["step"])
        p[at] -= rate * mean / (square.sqrt() + group["eps"])
