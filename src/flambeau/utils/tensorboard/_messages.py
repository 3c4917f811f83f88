"""The parts of summaries that plugins of TensorBoard share: tensors by their shape, and whose data a value is."""

from __future__ import annotations

from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto


def shape_of(sizes) -> TensorShapeProto:
    """A shape."""
    return TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in sizes])


def plugin(name: str, content: bytes = b"") -> SummaryMetadata:
    """The note that a value belongs to a plugin, with what the plugin wants to know of it."""
    return SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name=name, content=content))


def one_value(tag: str, **content) -> Summary:
    """A summary of one value."""
    return Summary(value=[Summary.Value(tag=tag, **content)])


def floats(array) -> TensorProto:
    """An array as float32 numbers."""
    return TensorProto(dtype="DT_FLOAT", float_val=array.reshape(-1).tolist(), tensor_shape=shape_of(array.shape))


def strings(values: list[bytes], sizes=()) -> TensorProto:
    """Texts as a tensor of a shape."""
    return TensorProto(dtype="DT_STRING", string_val=values, tensor_shape=shape_of(sizes))
