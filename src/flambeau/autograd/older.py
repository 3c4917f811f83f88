"""Names of torch.autograd that are left from before, or steer what is fixed here."""

from __future__ import annotations

from .function import Function
from .modes import _Decorator


def variable(*args, **kwargs):
    """Removed; raises RuntimeError: torch.tensor makes what requires a gradient."""
    raise RuntimeError("torch.autograd.variable(...) is deprecated, use torch.tensor(...) instead")


class NestedIOFunction(Function):
    """The base of functions of nested structures, from before methods of functions were static; none can be called."""

    def __call__(self, *args):
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd "
            "function with static forward method."
        )

    def forward_extended(self, *input):
        """The function; to be overridden."""
        raise NotImplementedError

    def backward_extended(self, *grad_output):
        """Its gradient; to be overridden."""
        raise NotImplementedError


class enforce_grad_layout_policy(_Decorator):
    """Whether gradients must lie in memory as what they belong to does; here each lies as it comes, always.

    Args:
        enable: kept, and without effect.
    """

    def __init__(self, enable: bool = True) -> None:
        self.enable = enable

    def clone(self):
        return type(self)(self.enable)

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exc) -> None:
        return None
