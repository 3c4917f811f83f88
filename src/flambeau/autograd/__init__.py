"""Automatic differentiation: torch.autograd's names."""

from .modes import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled

__all__ = [
    "Function", "backward", "enable_grad", "function", "grad", "grad_mode", "gradcheck", "gradgradcheck", "inference_mode",
    "is_grad_enabled", "no_grad", "set_grad_enabled", "Variable",
]  # fmt: skip


def __getattr__(name):
    if name in ("backward", "grad"):
        from . import engine

        return engine.backward_all if name == "backward" else engine.grad
    if name in ("Function",):
        from .function import Function

        return Function
    if name in ("gradcheck", "gradgradcheck"):
        from . import checking

        return getattr(checking, name)
    if name == "grad_mode":
        from . import modes

        return modes
    if name == "Variable":
        from ..tensor import Tensor

        return Tensor
    raise AttributeError(f"module 'torch.autograd' has no attribute '{name}'")
