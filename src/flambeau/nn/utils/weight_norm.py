"""torch.nn.utils.weight_norm: a weight's length and direction as parameters of their own, by a hook on forward.

The newer form is in `parametrizations`.
"""

from __future__ import annotations

import warnings

from ... import Tensor
from ..parameter import Parameter, UninitializedParameter


def norm_except_dim(v: Tensor, dim: int) -> Tensor:
    """The norm over all dimensions but one, which are kept with size 1; over all where dim is -1."""
    if dim == -1:
        return v.norm()
    rows = v.transpose(0, dim)
    norms = rows.reshape(rows.size(0), -1).norm(2, 1)
    return norms.reshape([-1 if i == dim % v.dim() else 1 for i in range(v.dim())])


def weighted_direction(v: Tensor, g: Tensor, dim: int) -> Tensor:
    """g * v / ||v||."""
    return v * (g / norm_except_dim(v, dim))


class WeightNorm:
    """The hook: before forward it computes weight from weight_g and weight_v."""

    def __init__(self, name: str, dim: int | None):
        self.name, self.dim = name, -1 if dim is None else dim

    def compute_weight(self, module) -> Tensor:
        """The weight that the module is to use."""
        g, v = getattr(module, self.name + "_g"), getattr(module, self.name + "_v")
        return weighted_direction(v, g, self.dim)

    @staticmethod
    def apply(module, name: str, dim: int | None) -> WeightNorm:
        """Puts the hook on a module; RuntimeError where there is one already."""
        for hook in module._forward_pre_hooks.values():
            if isinstance(hook, WeightNorm) and hook.name == name:
                raise RuntimeError(f"Cannot register two weight_norm hooks on the same parameter {name}")
        made, weight = WeightNorm(name, dim), getattr(module, name)
        if isinstance(weight, UninitializedParameter):
            raise ValueError(
                "The module passed to `WeightNorm` can't have uninitialized parameters. Make sure to run the dummy "
                "forward before applying weight normalization"
            )
        del module._parameters[name]
        module.register_parameter(name + "_g", Parameter(norm_except_dim(weight, made.dim).data))
        module.register_parameter(name + "_v", Parameter(weight.data))
        setattr(module, name, made.compute_weight(module))
        module.register_forward_pre_hook(made)
        return made

    def remove(self, module) -> None:
        """Makes the weight one parameter again."""
        weight = self.compute_weight(module)
        delattr(module, self.name)
        del module._parameters[self.name + "_g"]
        del module._parameters[self.name + "_v"]
        setattr(module, self.name, Parameter(weight.data))

    def __call__(self, module, inputs) -> None:
        setattr(module, self.name, self.compute_weight(module))


def weight_norm(module, name: str = "weight", dim: int = 0):
    """Splits a weight in its length name_g and its direction name_v (deprecated); returns the module.

    dim: the dimension whose entries have lengths of their own, None for one length.
    """
    warnings.warn(
        "`torch.nn.utils.weight_norm` is deprecated in favor of `torch.nn.utils.parametrizations.weight_norm`.",
        FutureWarning,
        stacklevel=2,
    )
    WeightNorm.apply(module, name, dim)
    return module


def remove_weight_norm(module, name: str = "weight"):
    """Undoes weight_norm; ValueError where there is none."""
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, WeightNorm) and hook.name == name:
            hook.remove(module)
            del module._forward_pre_hooks[key]
            return module
    raise ValueError(f"weight_norm of '{name}' not found in {module}")
