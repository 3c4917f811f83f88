"""Graphs of ONNX files as TensorBoard's."""

from __future__ import annotations

from tensorboard.compat.proto.attr_value_pb2 import AttrValue
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.node_def_pb2 import NodeDef
from tensorboard.compat.proto.versions_pb2 import VersionDef

from ._messages import shape_of


def load_onnx_graph(fname) -> GraphDef:
    """The graph of an ONNX file.  Raises ImportError where onnx is not installed."""
    import onnx

    return parse(onnx.load(fname).graph)


def parse(graph) -> GraphDef:
    """An ONNX graph: its inputs as variables, and its operations."""
    nodes = [_variable(value) for value in graph.input] + [_operation(node) for node in graph.node]
    return GraphDef(node=nodes, versions=VersionDef(producer=22))


def _variable(value) -> NodeDef:
    kind = value.type.tensor_type
    shape = AttrValue(shape=shape_of(dim.dim_value for dim in kind.shape.dim))
    return NodeDef(name=value.name, op="Variable", attr={"dtype": AttrValue(type=kind.elem_type), "shape": shape})


def _operation(node) -> NodeDef:
    settings = ", ".join(" = ".join(str(value) for _, value in entry.ListFields()) for entry in node.attribute)
    attributes = {"parameters": AttrValue(s=settings.encode())}
    return NodeDef(name=node.output[0], op=node.op_type, input=node.input, attr=attributes)
