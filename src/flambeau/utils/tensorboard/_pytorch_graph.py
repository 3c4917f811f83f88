"""A model's graph as TensorBoard shows it: one run of the model, its modules as boxes inside of boxes."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator
from typing import Any

from tensorboard.compat.proto.config_pb2 import RunMetadata
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.step_stats_pb2 import DeviceStepStats, StepStats
from tensorboard.compat.proto.versions_pb2 import VersionDef

import flambeau as torch

from ._proto_graph import node_proto
from ._recording import Node, Recording, recorded

_CONTAINER = (
    "Encountering a {0} at the output of the tracer might cause the trace to be incorrect, this is only valid if the "
    "container structure does not change based on the module's inputs. Consider using a constant container instead "
    "(e.g. for `list`, use a `tuple` instead. for `dict`, use a `NamedTuple` instead). If you absolutely need this and "
    "know the side effects, pass strict=False to trace() to allow this behavior."
)
_NO_TENSORS = "Only tensors, lists, tuples of tensors, or dictionary of tensors can be output from traced functions"
_NOTHING = (
    "The traced function didn't return any values! Side-effects are not captured in traces, so it would be a no-op."
)


def graph(model, args, verbose: bool = False, use_strict_trace: bool = True) -> tuple[GraphDef, RunMetadata]:
    """Runs a model once, in evaluation mode, and tells what it did.

    Args:
        model: the module.
        args: its argument, or a tuple of them: tensors, or lists, tuples and dictionaries of tensors.
        verbose: whether the graph is printed.
        use_strict_trace: whether a result that is a dictionary is refused.

    Returns:
        the graph, and what is known of its run: that it was on the CPU.

    Raises RuntimeError where the model does, or where its arguments or results are no tensors.
    """
    with _evaluating(model):
        try:
            nodes = _nodes(model, args, use_strict_trace)
        except RuntimeError as error:
            print(error)
            print("Error occurs, No graph saved")
            raise
    if verbose:
        print("\n".join(map(_line, nodes)))
    messages = [
        node_proto(node.name, node.kind, node.inputs, outputsize=node.shape, attributes=node.text) for node in nodes
    ]
    device = StepStats(dev_stats=[DeviceStepStats(device="/device:CPU:0")])
    return GraphDef(node=messages, versions=VersionDef(producer=22)), RunMetadata(step_stats=device)


@contextlib.contextmanager
def _evaluating(model) -> Iterator[None]:
    """The model in evaluation mode; afterwards in its own, as PyTorch sets it: that of the whole for each part."""
    training = model.training
    model.train(False)
    try:
        yield
    finally:
        model.train(training)


def _nodes(model, args, strict: bool) -> list[Node]:
    if args is None:
        raise RuntimeError("example_kwarg_inputs should be a dict")
    args = (args,) if isinstance(args, (torch.Tensor, dict)) else tuple(args)
    if not _is_traceable(args):
        raise RuntimeError(
            f"Type '{_type_name(args)}' cannot be traced. Only Tensors and (possibly nested) Lists, Dicts, and Tuples "
            "of Tensors can be traced"
        )
    with recorded(model) as recording:
        inputs = _inputs(model, args, recording)
        result = model(*args)
        _check(result, strict)
        source = recording.name_of(result)
        output = Node("output/output.1", "IO Node", [source] if source else [], _output_shape(result), "")
    read = {name for node in recording.nodes for name in node.inputs} | set(output.inputs)
    return [node for node in inputs if node.name in read] + [output, *recording.nodes]


def _inputs(model, args: tuple, recording: Recording) -> list[Node]:
    """A node for each tensor among the arguments, by the names of the parameters of `forward`."""
    nodes = []
    for name, tensor in _named(model, args):
        nodes.append(Node(f"input/{name}", "IO Node", [], list(tensor.shape), ""))
        recording.name(tensor, nodes[-1].name)
    return nodes


def _named(model, args: tuple) -> Iterator[tuple[str, Any]]:
    try:
        names = list(inspect.signature(model.forward).bind(*args).arguments)
    except (TypeError, ValueError):
        names = []
    names = names if len(names) == len(args) else [f"input.{i + 1}" for i in range(len(args))]
    for name, value in zip(names, args):
        yield from _parts(name, value)


def _parts(name: str, value) -> Iterator[tuple[str, Any]]:
    if isinstance(value, torch.Tensor):
        yield name, value
        return
    for key, part in value.items() if isinstance(value, dict) else enumerate(value):
        yield from _parts(f"{name}.{key}", part)


# ------------------------------------------------------------------ what can be traced
def _is_traceable(value) -> bool:
    if isinstance(value, (list, tuple, dict)):
        return all(map(_is_traceable, value.values() if isinstance(value, dict) else value))
    return isinstance(value, torch.Tensor)


def _type_name(value) -> str:
    """A type as PyTorch's tracer writes it."""
    if isinstance(value, (list, tuple)):
        title = "Tuple" if isinstance(value, tuple) else "List"
        return f"{title}[{', '.join(map(_type_name, value))}]"
    return type(value).__name__


def _check(result, strict: bool) -> None:
    if result is None:
        raise RuntimeError(_NOTHING)
    if not _is_traceable(result):
        raise RuntimeError(_NO_TENSORS)
    if strict and isinstance(result, dict):
        raise RuntimeError(_CONTAINER.format("dict"))


def _output_shape(result) -> list[int]:
    return list(result.shape) if isinstance(result, torch.Tensor) else [1]


def _line(node: Node) -> str:
    """A node as a line to be read."""
    shape = "" if node.shape is None else f" : Tensor({', '.join(map(str, node.shape))})"
    scope, _, name = node.name.rpartition("/")
    read = ", ".join("%" + name.rpartition("/")[2] for name in node.inputs)
    return f"%{name}{shape} = {node.kind}({read}), scope: {scope}"
