"""Muon: steps along the orthogonal factor of a matrix's momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import flambeau as torch

from .elementwise import refuse_sparse
from .optimizer import OneByOneOptimizer, options


def _orthogonalized(x, coefficients: tuple, steps: int, eps: float):
    """Nearly the orthogonal factor of a matrix, by Newton-Schulz iterations in bfloat16.

    Each takes the singular values s to a s + b s^3 + c s^5.
    """
    if steps >= 100:
        raise ValueError("Number of steps must be less than 100 for computational efficiency")
    if x.dim() != 2:
        raise ValueError("Input tensor gradient must be a 2D matrix")
    if len(coefficients) != 3:
        raise ValueError("Coefficients must be a tuple of exactly 3 values")
    a, b, c = coefficients
    tall = x.size(0) > x.size(1)
    x = x.bfloat16().T if tall else x.bfloat16()
    x = x / x.float().norm().bfloat16().clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.T
        x = _rounded_sum(a, x, 1.0, _rounded_sum(b, gram, c, gram, gram), x)
    return x.T if tall else x


def _rounded_sum(beta: float, x, alpha: float, left, right):
    """beta x + alpha left @ right of matrices in bfloat16, rounded once at the end."""
    return torch.addmm(x.float(), left.float(), right.float(), beta=beta, alpha=alpha).bfloat16()


def _adjusted(lr, kind: str | None, shape) -> Any:
    """The learning rate for a matrix of a shape, so that updates have about the same size in all shapes."""
    rows, columns = shape
    return lr * (0.2 * max(rows, columns) ** 0.5 if kind == "match_rms_adamw" else max(1, rows / columns) ** 0.5)


class Muon(OneByOneOptimizer):
    """Muon (Jordan et al., 2024), for the matrices of hidden layers.

    Args:
        params: matrices, or groups of them.
        lr: learning rate.
        weight_decay: rate at which the weights themselves decay.
        momentum: the part of the running average of the gradient that is kept.
        nesterov: look ahead along the momentum.
        ns_coefficients, ns_steps, eps: of the Newton-Schulz iterations, and the least norm to start from.
        adjust_lr_fn: how the learning rate follows from the shape: "original" (None) or "match_rms_adamw".

    Raises:
        ValueError: an option is out of range, or a parameter is no matrix.
    """

    def __init__(
        self, params: Iterable, lr: float = 1e-3, weight_decay: float = 0.1, momentum: float = 0.95,
        nesterov: bool = True, ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
        eps: float = 1e-7, ns_steps: int = 5, adjust_lr_fn: str | None = None,
    ) -> None:  # fmt: skip
        if isinstance(lr, torch.Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        for name, value in (("Learning rate", lr), ("momentum", momentum), ("weight decay", weight_decay)):
            if not value >= 0.0:
                raise ValueError(f"{name} should be >= 0 but is: {value}")
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        names = "lr weight_decay momentum nesterov ns_coefficients eps ns_steps adjust_lr_fn"
        super().__init__(params, options(names, locals()))
        for group in self.param_groups:
            for p in group["params"]:
                if p.ndim != 2:
                    raise ValueError(
                        f"Muon only supports 2D parameters whereas we found a parameter with size: {p.size()}"
                    )

    def _update(self, group: dict, p, grad) -> None:
        if grad.is_sparse:
            refuse_sparse(self)
        state, momentum, lr = self.state[p], group["momentum"], group["lr"]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(grad)
        buffer = state["momentum_buffer"].lerp_(grad, 1 - momentum)
        direction = grad.lerp(buffer, momentum) if group["nesterov"] else buffer
        direction = _orthogonalized(direction, group["ns_coefficients"], group["ns_steps"], group["eps"])
        p.mul_(1 - lr * group["weight_decay"])
        p.sub_(direction.to(p.dtype) * _adjusted(lr, group["adjust_lr_fn"], p.shape))
