"""What is logged, as messages: those of `utils.tensorboard`, for arguments and tags as tensorboardX takes them."""

from __future__ import annotations

import io
import logging
import re
import wave
from typing import Any

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata

from ..tensorboard import summary as plain
from ..tensorboard._hparams import experiment
from ..tensorboard._messages import one_value
from ..tensorboard.summary import custom_scalars, histogram_raw, make_histogram, pr_curve, pr_curve_raw, text
from .utils import convert_to_NTCHW
from .x2num import make_np

__all__ = [
    "audio", "custom_scalars", "histogram", "histogram_raw", "hparams", "image", "image_boxes", "make_histogram",
    "mesh", "pr_curve", "pr_curve_raw", "scalar", "text", "video",
]  # fmt: skip

logger = logging.getLogger(__name__)


def _clean_tag(name: str) -> str:
    """A tag with an underscore for each letter that TensorFlow does not take in a name."""
    clean = re.sub(r"[^-/\w.]", "_", name).lstrip("/")
    if clean != name:
        logger.info(f"Summary name {name} is illegal; using {clean} instead.")
    return clean


def scalar(name: str, scalar, display_name: str = "", summary_description: str = "") -> Summary:
    """A summary of one number, with what is shown as its name and told of it."""
    array = make_np(scalar).squeeze()
    if array.ndim != 0:
        raise AssertionError("scalar should be 0D")
    content: dict[str, Any] = {"simple_value": float(array)}
    if display_name or summary_description:
        content["metadata"] = SummaryMetadata(display_name=display_name, summary_description=summary_description)
    return one_value(_clean_tag(name), **content)


def histogram(name: str, values, bins, max_bins: int | None = None) -> Summary:
    """A summary of how values are distributed."""
    return plain.histogram(_clean_tag(name), make_np(values), bins, max_bins)


def image(tag: str, tensor, rescale: float = 1, dataformats: str = "CHW") -> Summary:
    """A summary of an image, or of a batch of images as a grid."""
    return plain.image(_clean_tag(tag), make_np(tensor), rescale, dataformats)


def image_boxes(tag: str, tensor_image, tensor_boxes, rescale: float = 1, dataformats: str = "CHW", labels=None):
    """A summary of an image with boxes drawn on it."""
    return plain.image_boxes(tag, make_np(tensor_image), make_np(tensor_boxes), rescale, dataformats, labels)


def video(tag: str, tensor, fps: float = 4, dataformats: str = "NTCHW") -> Summary:
    """A summary of videos, side by side in one."""
    return plain.video(_clean_tag(tag), convert_to_NTCHW(make_np(tensor), dataformats), fps)


def mesh(tag: str, vertices, colors, faces, config_dict=None) -> Summary:
    """A summary of meshes."""
    vertices, colors, faces = (None if part is None else make_np(part) for part in (vertices, colors, faces))
    return plain.mesh(tag, vertices, colors, faces, config_dict)


def audio(tag: str, tensor, sample_rate: int = 44100) -> Summary:
    """A summary of sound: numbers of -1 to 1, (frames,) or (frames, channels) of one or two channels."""
    array = make_np(tensor)
    if abs(array).max() > 1:
        print("warning: audio amplitude out of range, auto clipped.")
        array = array.clip(-1, 1)
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2:
        raise AssertionError("Input tensor should be 2 dimensional.")
    frames, channels = array.shape
    if channels not in (1, 2):
        raise AssertionError("The second dimension should be 1 or 2.")
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(channels)
        written.setsampwidth(2)
        written.setframerate(sample_rate)
        written.writeframes((array * np.iinfo(np.int16).max).astype("<i2").tobytes())
    settings = {"sample_rate": sample_rate, "num_channels": channels, "length_frames": frames}
    sound = Summary.Audio(**settings, encoded_audio_string=file.getvalue(), content_type="audio/wav")
    return one_value(tag, audio=sound)


def hparams(hparam_dict: dict, metric_dict: dict) -> tuple[Summary, Summary, Summary]:
    """The summaries of an experiment, of its start and of its end; functions and classes are told by their names."""
    fields = {name: _parameter(value) for name, value in hparam_dict.items() if value is not None}
    return experiment({name: (*field, None) for name, field in fields.items()}, metric_dict)


def _parameter(value) -> tuple[str, Any, str]:
    """The field of a parameter's message, its value there, and its type."""
    if isinstance(value, str):
        return "string_value", value, "DATA_TYPE_STRING"
    if isinstance(value, bool):
        return "bool_value", value, "DATA_TYPE_BOOL"
    if isinstance(value, (int, float)):
        return "number_value", float(make_np(value)), "DATA_TYPE_FLOAT64"
    if callable(value):
        return "string_value", getattr(value, "__name__", str(value)), "DATA_TYPE_STRING"
    return "", None, "DATA_TYPE_UNSET"
