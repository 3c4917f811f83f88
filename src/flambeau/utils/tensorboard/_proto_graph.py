"""Nodes of graphs as the messages that TensorBoard reads."""

from __future__ import annotations

from collections.abc import Sequence

from tensorboard.compat.proto.attr_value_pb2 import AttrValue
from tensorboard.compat.proto.node_def_pb2 import NodeDef
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto

from ._messages import shape_of


def attr_value_proto(dtype: object, shape: Sequence[int] | None, s: str | None) -> dict[str, AttrValue]:
    """What a node says of itself: a text, and the shape of its result."""
    attributes = {}
    if s is not None:
        attributes["attr"] = AttrValue(s=s.encode())
    if shape is not None:
        attributes["_output_shapes"] = AttrValue(list=AttrValue.ListValue(shape=[tensor_shape_proto(shape)]))
    return attributes


def tensor_shape_proto(outputsize: Sequence[int]) -> TensorShapeProto:
    """A shape."""
    return shape_of(outputsize)


def node_proto(
    name: str, op: str = "UnSpecified", input: list[str] | str | None = None, dtype=None, shape=None,
    outputsize: Sequence[int] | None = None, attributes: str = "",
) -> NodeDef:  # fmt: skip
    """A node: its name with its scopes, its operation, the nodes that it reads by name, the shape of its result."""
    names = [] if input is None else input if isinstance(input, list) else [input]
    return NodeDef(name=name.encode(), op=op, input=names, attr=attr_value_proto(dtype, outputsize, attributes))
