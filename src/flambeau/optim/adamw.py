"""AdamW: Adam that decays the weights themselves (Loshchilov and Hutter, 2019)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .adam import Adam
from .optimizer import options


class AdamW(Adam):
    """Adam with decoupled weight decay; the options are those of Adam."""

    def __init__(
        self, params: Iterable, lr: Any = 1e-3, betas: tuple[Any, Any] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False, foreach: bool | None = None,
        capturable: bool = False, differentiable: bool = False, fused: bool | None = None,
    ) -> None:  # fmt: skip
        flags = options("foreach maximize capturable differentiable fused", locals())
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, **flags, decoupled_weight_decay=True)

    def __setstate__(self, state):
        super().__setstate__(state)
        # Checkpoints from before the option existed are AdamW's all the same.
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True
