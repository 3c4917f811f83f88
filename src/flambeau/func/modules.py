"""Modules as functions of their parameters and buffers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import nn
from ..nn.normalization import _BatchNorm
from ..nn.utils.stateless import call_with_tensors
from ..ops.movement import stack
from ..tensor import Tensor


def functional_call(module: nn.Module, parameter_and_buffer_dicts, args: Any = None, kwargs: dict | None = None, *,
                    tie_weights: bool = True, strict: bool = False):  # fmt: skip
    """The result of a module with other tensors in the place of its parameters and buffers.

    parameter_and_buffer_dicts: the tensors by their dotted names, in one dictionary or several.  args: the module's
    arguments (one that is no tuple is the only one).  tie_weights: whether parameters that are one under several
    names stay one.  strict: whether all of them must be given, and no others.
    """
    return call_with_tensors(module, _joined(parameter_and_buffer_dicts), args, kwargs, tie_weights, strict)


def _joined(dicts) -> dict:
    if isinstance(dicts, dict):
        return dicts
    if not isinstance(dicts, Sequence):
        raise ValueError(
            f"Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got {type(dicts)}"
        )
    if not all(isinstance(d, dict) for d in dicts):
        raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
    names = [name for d in dicts for name in d]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"{repeated} appeared in multiple dictionaries; behavior of functional call is ambiguous")
    return {name: x for d in dicts for name, x in d.items()}


def stack_module_state(models) -> tuple[dict, dict]:
    """The parameters and the buffers of several modules of one class, stacked: the state of an ensemble.

    Raises RuntimeError where there are none, where some train and others do not, or where classes differ.
    """
    models = list(models)
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if not (all(m.training for m in models) or all(not m.training for m in models)):
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if not all(type(m) is type(models[0]) for m in models):
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    parameters = [dict(m.named_parameters()) for m in models]
    buffers = [dict(m.named_buffers()) for m in models]
    return (
        {name: _stacked([p[name] for p in parameters]) for name in parameters[0]},
        {name: _stacked([b[name] for b in buffers]) for name in buffers[0]},
    )


def _stacked(tensors: list[Tensor]) -> Tensor:
    if not all(t.requires_grad == tensors[0].requires_grad for t in tensors):
        raise RuntimeError("Expected parameters from different models to have the same .requires_grad")
    joined: Any = stack([t.detach() for t in tensors])
    return joined.requires_grad_(tensors[0].requires_grad)


def replace_all_batch_norm_modules_(root: nn.Module) -> nn.Module:
    """Makes batch normalisations keep no running statistics: they use the batch's own."""
    for module in root.modules():
        if isinstance(module, _BatchNorm):
            module.running_mean = module.running_var = module.num_batches_tracked = None
            module.track_running_stats = False
    return root
