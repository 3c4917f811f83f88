"""What all layers that are trained on the grid have in common: where they come from, and the observer of the weight."""

from __future__ import annotations

from flambeau import nn
from flambeau.nn.utils.parametrize import (
    is_parametrized,
    transfer_parametrizations_and_params,
    type_before_parametrizations,
)


def check_qconfig(qconfig) -> None:
    """AssertionError where a layer is made without QConfig."""
    if not qconfig:
        raise AssertionError("qconfig must be provided for QAT module")


def check_source(kind: type, wanted: type, mod: nn.Module, got: bool = True) -> None:
    """AssertionError where a layer of class `kind` cannot be made of a module, or the module has no QConfig.

    Args:
        wanted: the class that the module must have.
        got: whether the text names the class that it has.
    """
    if (found := type_before_parametrizations(mod)) != wanted:
        seen = f", got {found.__name__}" if got else ""
        raise AssertionError(f"qat.{kind.__name__}.from_float only works for {wanted.__name__}{seen}")
    if not hasattr(mod, "qconfig"):
        raise AssertionError("Input float module must have qconfig defined")
    if not mod.qconfig:
        raise AssertionError("Input float module must have a valid qconfig")


def take_parameters(made: nn.Module, mod: nn.Module) -> None:
    """Gives a layer the weight and the bias of another, with the functions that compute them where there are any."""
    for name in ("weight", "bias"):
        if is_parametrized(mod, name):
            transfer_parametrizations_and_params(mod, made, name)
        else:
            setattr(made, name, getattr(mod, name))


def as_float(made: nn.Module, source: nn.Module) -> nn.Module:
    """A layer of numbers with the weight and the bias of one in training, as parameters of its own."""
    made.weight = nn.Parameter(source.weight.detach())
    if source.bias is not None:
        made.bias = nn.Parameter(source.bias.detach())
    return made
