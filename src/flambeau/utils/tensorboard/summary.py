"""What is logged, as the messages that TensorBoard reads: one function for each kind, which gives a `Summary`."""

from __future__ import annotations

import io
import struct
import wave

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.text.plugin_data_pb2 import TextPluginData

import flambeau as torch

from ._convert_np import make_np
from ._curves import compute_curve, pr_curve, pr_curve_raw
from ._histograms import histogram, histogram_raw, make_histogram
from ._hparams import hparams
from ._images import draw_boxes, image, image_boxes, make_image, make_video, video
from ._mesh import mesh
from ._messages import one_value, plugin, shape_of, strings

__all__ = [
    "half_to_int", "int_to_half", "hparams", "scalar", "histogram_raw", "histogram", "make_histogram", "image",
    "image_boxes", "draw_boxes", "make_image", "video", "make_video", "audio", "custom_scalars", "text",
    "tensor_proto", "pr_curve_raw", "pr_curve", "compute_curve", "mesh",
]  # fmt: skip

# Tensors of one number whose number is that of the array that they would make.
_PLAIN = frozenset({torch.float32, torch.float64, torch.float16, torch.int64, torch.int32, torch.uint8, torch.bool})


# ------------------------------------------------------------------ numbers
def scalar(name: str, tensor, collections=None, new_style: bool = False, double_precision: bool = False) -> Summary:
    """A summary of one number; arguments and errors as of `SummaryWriter.add_scalar`."""
    value = _number(tensor)
    if not new_style:
        return one_value(name, simple_value=value)
    if double_precision:
        proto = TensorProto(double_val=[value], dtype="DT_DOUBLE")
    else:
        proto = TensorProto(float_val=[value], dtype="DT_FLOAT")
    return one_value(name, tensor=proto, metadata=plugin("scalars"))


def _number(x) -> float:
    if type(x) is float or type(x) is int:
        return float(x)
    if isinstance(x, torch.Tensor) and x.numel() == 1 and x.dtype in _PLAIN and x.device.type != "meta":
        return float(x.item())
    array = make_np(x).squeeze()
    if array.ndim != 0:
        raise AssertionError(
            "Tensor should contain one element (0 dimensions). "
            + " " * 12
            + f"Was given size: {array.size} and {array.ndim} dimensions."
        )
    return float(array)


# ------------------------------------------------------------------ tensors
def half_to_int(f: float) -> int:
    """The bits of a number as float32, by which tensors of half precision are held."""
    return struct.unpack("i", struct.pack("f", f))[0]


def int_to_half(i: int) -> float:
    """The number whose bits `half_to_int` gave."""
    return struct.unpack("f", struct.pack("i", i))[0]


def _flat(tensor) -> list:
    return tensor.flatten().tolist()


def _halves(tensor) -> list[int]:
    return [half_to_int(number) for number in _flat(tensor)]


def _parts(tensor) -> list[float]:
    return _flat(torch.view_as_real(tensor))


# dtype: TensorFlow's name of it, the field of TensorProto that holds its numbers, and these as a list.
_FIELDS = {
    torch.float16: ("DT_HALF", "half_val", _halves),
    torch.bfloat16: ("DT_BFLOAT16", "half_val", _halves),
    torch.float32: ("DT_FLOAT", "float_val", _flat),
    torch.float64: ("DT_DOUBLE", "double_val", _flat),
    torch.int8: ("DT_INT8", "int_val", _flat),
    torch.uint8: ("DT_UINT8", "uint32_val", _flat),
    torch.int16: ("DT_INT16", "int_val", _flat),
    torch.int32: ("DT_INT32", "int_val", _flat),
    torch.int64: ("DT_INT64", "int64_val", _flat),
    torch.complex32: ("DT_COMPLEX32", "scomplex_val", _parts),
    torch.complex64: ("DT_COMPLEX64", "scomplex_val", _parts),
    torch.complex128: ("DT_COMPLEX128", "dcomplex_val", _parts),
    torch.bool: ("DT_BOOL", "bool_val", _flat),
}


def tensor_proto(tag: str, tensor) -> Summary:
    """A summary of a whole tensor.  Raises ValueError for 2 GB and more, and for dtypes that the message has not."""
    if tensor.numel() * tensor.itemsize >= 1 << 31:
        raise ValueError("tensor is bigger than protocol buffer's hard limit of 2GB in size")
    if tensor.dtype not in _FIELDS:
        raise ValueError(f"{tag} has unsupported tensor dtype {tensor.dtype}")
    dtype, field, numbers = _FIELDS[tensor.dtype]
    content = {"dtype": dtype, "tensor_shape": shape_of(tensor.shape), field: numbers(tensor)}
    return one_value(tag, metadata=plugin("tensor"), tensor=TensorProto(**content))


# ------------------------------------------------------------------ sound, text, layouts
def audio(tag: str, tensor, sample_rate: int = 44100) -> Summary:
    """A summary of sound, numbers of -1 to 1 (louder ones are clipped, with a message), as a WAV file.

    Raises AssertionError where there is more than one dimension of several elements.
    """
    array = make_np(tensor).squeeze()
    if abs(array).max() > 1:
        print("warning: audio amplitude out of range, auto clipped.")
        array = array.clip(-1, 1)
    if array.ndim != 1:
        raise AssertionError("input tensor should be 1 dimensional.")
    samples = (array * np.iinfo(np.int16).max).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(sample_rate)
        written.writeframes(samples.data)
    sound = Summary.Audio(
        sample_rate=sample_rate,
        num_channels=1,
        length_frames=len(samples),
        encoded_audio_string=file.getvalue(),
        content_type="audio/wav",
    )
    return one_value(tag, audio=sound)


def text(tag: str, text: str) -> Summary:
    """A summary of a text, which is shown as Markdown."""
    note = plugin("text", TextPluginData(version=0).SerializeToString())
    return one_value(tag + "/text_summary", metadata=note, tensor=strings([text.encode("utf-8")], [1]))


def custom_scalars(layout: dict) -> Summary:
    """A summary of charts that show several numbers each; arguments as of `SummaryWriter.add_custom_scalars`.

    Raises AssertionError where a margin chart has not three tags.
    """
    categories = [
        layout_pb2.Category(title=title, chart=[_chart(name, *content[:2]) for name, content in charts.items()])
        for title, charts in layout.items()
    ]
    content = layout_pb2.Layout(category=categories).SerializeToString()
    return one_value("custom_scalars__config__", tensor=strings([content]), metadata=plugin("custom_scalars"))


def _chart(title: str, kind: str, tags) -> layout_pb2.Chart:
    if kind != "Margin":
        return layout_pb2.Chart(title=title, multiline=layout_pb2.MultilineChartContent(tag=tags))
    if len(tags) != 3:
        raise AssertionError("len(tags) != 3")
    value, lower, upper = tags
    series = layout_pb2.MarginChartContent.Series(value=value, lower=lower, upper=upper)
    return layout_pb2.Chart(title=title, margin=layout_pb2.MarginChartContent(series=[series]))
