"""Adam: steps scaled by running averages of the gradient and of its square."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import flambeau as torch

from .elementwise import ElementwiseOptimizer, check_options, decay_kind, descent, lerp, number
from .optimizer import options


@functools.cache
def _update(amsgrad: bool, maximize: bool, decay: str, near_start: bool) -> Callable:
    def update(p, grad, mean, square, *rest):
        *largest, step_size, kept, weight_decay, new1, beta2, new2, correction, eps = rest
        grad = descent(p, grad, weight_decay, maximize, decay == "coupled")
        p = p * kept if decay == "decoupled" else p
        mean = lerp(mean, grad, new1, near_start)
        square = square * beta2 + new2 * grad * grad
        largest = [largest[0].maximum(square)] if amsgrad else []
        spread = (largest[0] if amsgrad else square).sqrt() / correction + eps
        return p - step_size * mean / spread, None, mean, square, *largest

    return update


class Adam(ElementwiseOptimizer):
    """Adam (Kingma and Ba, 2015).

    Args:
        params: parameters or parameter groups.
        lr: learning rate.
        betas: decay rates of the running averages of the gradient and of its square.
        eps: added to the denominator.
        weight_decay: L2 penalty, or the rate of decay where it is decoupled.
        amsgrad: divide by the largest average of the square so far (Reddi et al., 2018).
        maximize: ascend instead of descend.
        differentiable: let autograd see the step.
        decoupled_weight_decay: shrink the weights themselves instead of adding to the gradient (AdamW).
        foreach, capturable, fused: accepted; all parameters are updated in one kernel in any case.

    Raises:
        ValueError: an option is out of range.
    """

    _later_options = {
        "amsgrad": False, "maximize": False, "foreach": None, "capturable": False, "differentiable": False,
        "fused": None, "decoupled_weight_decay": False,
    }  # fmt: skip
    NO_SPARSE = "Adam does not support sparse gradients, please consider SparseAdam instead"

    def __init__(
        self, params: Iterable, lr: Any = 1e-3, betas: tuple[Any, Any] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, amsgrad: bool = False, *, foreach: bool | None = None, maximize: bool = False,
        capturable: bool = False, differentiable: bool = False, fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:  # fmt: skip
        if isinstance(lr, torch.Tensor) and foreach and not capturable:
            raise ValueError("lr as a Tensor is not supported for capturable=False and foreach=True")
        check_options(lr, differentiable, foreach, fused, betas, eps, weight_decay=weight_decay)
        _check_tensor_betas(betas, foreach, capturable)
        names = (
            "lr betas eps weight_decay amsgrad maximize foreach capturable differentiable fused decoupled_weight_decay"
        )
        super().__init__(params, options(names, locals()))

    def _names(self, group):
        return ("exp_avg", "exp_avg_sq", "max_exp_avg_sq") if group["amsgrad"] else ("exp_avg", "exp_avg_sq")

    def _formula(self, group, count):
        beta1, beta2 = map(number, group["betas"])
        lr, weight_decay = number(group["lr"]), group["weight_decay"]
        update = _update(group["amsgrad"], group["maximize"], decay_kind(group), 1 - beta1 < 0.5)
        step_size = lr / (1 - beta1**count)
        correction = (1 - beta2**count) ** 0.5
        kept = 1 - lr * weight_decay
        return update, (step_size, kept, weight_decay, 1 - beta1, beta2, 1 - beta2, correction, group["eps"])


def _check_tensor_betas(betas, foreach: bool | None, capturable: bool) -> None:
    """Raises ValueError where only one rate is a tensor, or PyTorch's form of the step takes none."""
    are_tensors = [isinstance(beta, torch.Tensor) for beta in betas[:2]]
    if are_tensors[0] != are_tensors[1]:
        raise ValueError("betas must be either both floats or both Tensors")
    if not are_tensors[0]:
        return
    for i, beta in enumerate(betas[:2]):
        if foreach and not capturable:
            raise ValueError(f"betas[{i}] as a Tensor is not supported for capturable=False and foreach=True")
        if beta.numel() != 1:
            raise ValueError(f"Tensor betas[{i}] must be 1-element")
