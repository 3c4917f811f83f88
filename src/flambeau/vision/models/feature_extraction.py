"""What a network computes on the way, by the names of its modules and calls.

A network is run, not traced: a node is what a module gives, named by its path, or what a function gives, named after
the function and the module that calls it ("layer1.0.add"); a name that comes again is numbered ("layer1.0.relu_1").
Layers of `nn` and of `vision.ops` are one node each.
"""

from __future__ import annotations

import copy
import inspect
import re
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import flambeau as torch
from flambeau import nn
from flambeau.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from flambeau.overrides import TorchFunctionMode

__all__ = ["create_feature_extractor", "get_graph_node_names"]

_LAYERS = ("flambeau.nn.", "torch.nn.")
_OPS = ("flambeau.vision.ops.", "torchvision.ops.")
_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


class _Recorder(TorchFunctionMode):
    """Tells names and values to `see`, while a model runs.

    Args:
        model: the network.
        leaves: further kinds of modules that are one node each.
        see: takes a name and a value.
    """

    def __init__(self, model: nn.Module, leaves: tuple[type, ...], see: Callable[[str, Any], object]) -> None:
        super().__init__()
        self.paths = {id(module): path for path, module in model.named_modules()}
        self.leaves, self.see = leaves, see
        self.running: list[nn.Module] = []
        self.inside_leaf = 0
        self.counts: dict[str, int] = {}

    def is_leaf(self, module: nn.Module) -> bool:
        """Whether nothing inside of a module is a node."""
        is_layer = type(module).__module__.startswith(_LAYERS) and not isinstance(module, _CONTAINERS)
        is_op = any(kind.__module__.startswith(_OPS) for kind in type(module).__mro__)
        return is_layer or is_op or isinstance(module, self.leaves)

    def begin(self, module: nn.Module, args: Any) -> None:
        """Before a module runs."""
        self.running.append(module)
        self.inside_leaf += self.is_leaf(module)

    def end(self, module: nn.Module, args: Any, result: Any) -> None:
        """After a module has run."""
        self.running.pop()
        is_leaf = self.is_leaf(module)
        self.inside_leaf -= is_leaf
        path = self.paths.get(id(module))
        if path and not self.inside_leaf:
            self.see(self.numbered(path) if is_leaf else path, result)

    def __torch_function__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if self.running and not self.inside_leaf and isinstance(result, (torch.Tensor, tuple, list)):
            path = self.paths.get(id(self.running[-1]), "")
            name = _operation(func)
            if name:
                self.see(self.numbered(f"{path}.{name}" if path else name), result)
        return result

    def numbered(self, name: str) -> str:
        """The name, with a number from its second time on."""
        times = self.counts[name] = self.counts.get(name, -1) + 1
        return f"{name}_{times}" if times else name

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Sees what runs inside of the block."""
        with ExitStack() as stack:
            for handle in (register_module_forward_pre_hook(self.begin), register_module_forward_hook(self.end)):
                stack.callback(handle.remove)
            stack.enter_context(self)
            yield


def _operation(func: Callable) -> str:
    """The name of a call: "add" for +, += and torch.add; none for what reads an attribute."""
    name = getattr(func, "__name__", "")
    if name.startswith("__"):
        name = name.strip("_")
        if name in ("get", "set", "setitem"):
            return ""
        for prefix in ("i", "r"):
            if hasattr(torch, name[1:]) and name.startswith(prefix) and not hasattr(torch, name):
                name = name[1:]
    return name.rstrip("_")


class _Enough(BaseException):
    """All that is wanted of a run is there."""


def get_graph_node_names(
    model: nn.Module,
    tracer_kwargs: dict[str, Any] | None = None,
    suppress_diff_warning: bool = False,
    concrete_args: dict[str, Any] | None = None,
) -> tuple[list[str], list[str]]:
    """The names of a network's nodes in training and in evaluation.

    The network is run on two images of 299x299 pixels; its state is not changed, and nothing is computed.

    Args:
        model: the network.
        tracer_kwargs: "leaf_modules" are further kinds of modules that are one node each.
        suppress_diff_warning: whether nothing is said where the modes differ.
        concrete_args: further arguments of `forward`.
    """
    was_training = model.training
    try:
        train, evaluation = (_names(model.train(mode), tracer_kwargs, concrete_args or {}) for mode in (True, False))
    finally:
        model.train(was_training)
    if not suppress_diff_warning and train != evaluation:
        _warn_of_differences(train, evaluation)
    return train, evaluation


def _names(model: nn.Module, tracer_kwargs: dict[str, Any] | None, kwargs: dict[str, Any]) -> list[str]:
    names = [next(iter(inspect.signature(model.forward).parameters))]
    containers = {path for path, _ in model.named_modules()}
    recorder = _Recorder(model, _leaves(tracer_kwargs), lambda name, value: names.append(name))
    leaves = {path for path, module in model.named_modules() if recorder.is_leaf(module)}
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    try:
        with torch.no_grad(), torch.random.fork_rng(), recorder.watching():
            model(torch.zeros(2, 3, 299, 299), **kwargs)
    finally:
        with torch.no_grad():
            for buffer, before in buffers:
                buffer.copy_(before)
    return [name for name in names if name not in containers - leaves]


def _leaves(tracer_kwargs: dict[str, Any] | None) -> tuple[type, ...]:
    return tuple((tracer_kwargs or {}).get("leaf_modules", ()))


def _is_part(part: list[str], whole: list[str]) -> bool:
    """Whether names come in the same order among others."""
    others = iter(whole)
    return all(name in others for name in part)


def _warn_of_differences(train: list[str], evaluation: list[str]) -> None:
    part_of = (
        "NOTE: The nodes obtained by tracing the model in {} mode are a subsequence of those obtained in {} mode. "
    )
    if _is_part(evaluation, train):
        told = part_of.format("eval", "train")
    elif _is_part(train, evaluation):
        told = part_of.format("train", "eval")
    else:
        told = "The nodes obtained by tracing the model in train mode are different to those obtained in eval mode. "
    warnings.warn(
        f"{told}When choosing nodes for feature extraction, you may need to specify output nodes for train and eval "
        "mode separately.",
        stacklevel=3,
    )


class _Extracts(nn.Module):
    """What a feature extractor is beside the class of its network: a forward that gives the wanted nodes."""

    def forward(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        wanted = self._wanted[self.training]
        found: dict[str, Any] = {}
        if not wanted:
            return found

        def see(name: str, value: Any) -> None:
            if name in wanted:
                found[name] = value
                if len(found) == len(wanted):
                    raise _Enough

        first = next(iter(inspect.signature(super().forward).parameters))
        if first in wanted and args:
            found[first] = args[0]
        recorder = _Recorder(self, self._leaves, see)
        try:
            with recorder.watching():
                recorder.running.append(self)
                super().forward(*args, **kwargs)
        except _Enough:
            pass
        for name in wanted:
            if name not in found:
                raise _absent(name)
        return OrderedDict((wanted[name], value) for name, value in found.items())


def create_feature_extractor(
    model: nn.Module,
    return_nodes: list[str] | dict[str, str] | None = None,
    train_return_nodes: list[str] | dict[str, str] | None = None,
    eval_return_nodes: list[str] | dict[str, str] | None = None,
    tracer_kwargs: dict[str, Any] | None = None,
    suppress_diff_warning: bool = False,
    concrete_args: dict[str, Any] | None = None,
) -> nn.Module:
    """A network that shares another's modules and gives what these compute on the way.

    It stops as soon as all that is wanted is there. Its modules and state are those of the network, also the ones that
    are not reached.

    Args:
        model: the network.
        return_nodes: the names of nodes, or a dict of them with the names that their values get; a module that holds
            others stands for the last of their nodes.
        train_return_nodes: those in training, where they differ.
        eval_return_nodes: those in evaluation.
        tracer_kwargs: "leaf_modules" are further kinds of modules that are one node each.
        suppress_diff_warning: accepted; nothing is said.
        concrete_args: accepted; the arguments are those of the call.

    Returns:
        a module that gives a dict of values, in the order in which they are computed.

    Raises:
        ValueError: the model has no such node, or nodes are given for one mode alone.
    """
    modes = (train_return_nodes, eval_return_nodes)
    if all(nodes is None for nodes in (return_nodes, *modes)):
        raise ValueError(
            "Either `return_nodes` or `train_return_nodes` and `eval_return_nodes` together, should be specified"
        )
    if (train_return_nodes is None) != (eval_return_nodes is None):
        raise ValueError(
            "If any of `train_return_nodes` and `eval_return_nodes` are specified, then both should be specified"
        )
    if return_nodes is not None and train_return_nodes is not None:
        raise ValueError("If `train_return_nodes` and `eval_return_nodes` are specified, then both should be specified")
    train, evaluation = (_titles(return_nodes if nodes is None else nodes) for nodes in modes)
    for name in (*train, *evaluation):
        _check(model, name)
    extractor = copy.copy(model)
    for attribute in ("_modules", "_parameters", "_buffers"):
        extractor.__dict__[attribute] = copy.copy(model.__dict__[attribute])
    extractor.__class__ = type(type(model).__name__, (_Extracts, type(model)), {})
    extractor.__dict__.update(_wanted={True: train, False: evaluation}, _leaves=_leaves(tracer_kwargs))
    return extractor


def _titles(nodes: list[str] | dict[str, str] | None) -> dict[str, str]:
    """For each name the one that its value gets."""
    pairs = nodes.items() if isinstance(nodes, dict) else ((name, name) for name in nodes or ())
    return {str(name): str(title) for name, title in pairs}


def _check(model: nn.Module, name: str) -> None:
    """Refuses a name that can be none of a model's: neither a module, nor in one, nor a function's."""
    paths = {path for path, _ in model.named_modules()}
    caller, _, operation = re.sub(r"_\d+$", "", name).rpartition(".")
    is_argument = name in inspect.signature(model.forward).parameters
    is_function = any(hasattr(place, operation) for place in (torch, torch.Tensor, nn.functional))
    if not (name in paths or is_argument or re.sub(r"_\d+$", "", name) in paths or (caller in paths and is_function)):
        raise _absent(name)


def _absent(name: str) -> ValueError:
    return ValueError(
        f"node: '{name}' is not present in model. Hint: use `get_graph_node_names` to make sure the `return_nodes` you "
        "specified are present. It may even be that you need to specify `train_return_nodes` and `eval_return_nodes` "
        "separately."
    )
