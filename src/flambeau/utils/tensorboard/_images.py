"""Summaries of images: single ones, grids, images with boxes, videos."""

from __future__ import annotations

import io
import tempfile

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary

from ._convert_np import make_np
from ._messages import one_value
from ._utils import _prepare_video, convert_to_HWC


def image(tag: str, tensor, rescale: float = 1, dataformats: str = "NCHW") -> Summary:
    """A summary of an image, or of a batch of images as a grid.

    rescale: the factor by which it is enlarged.  tensor, dataformats: as of `SummaryWriter.add_image`.
    """
    return one_value(tag, image=make_image(_bytes(convert_to_HWC(make_np(tensor), dataformats)), rescale=rescale))


def image_boxes(tag: str, tensor_image, tensor_boxes, rescale: float = 1, dataformats: str = "CHW", labels=None):
    """A summary of an image with boxes (number, 4) drawn on it, given by their left, top, right and bottom."""
    pixels = _bytes(convert_to_HWC(make_np(tensor_image), dataformats))
    return one_value(tag, image=make_image(pixels, rescale=rescale, rois=make_np(tensor_boxes), labels=labels))


def _bytes(array: np.ndarray) -> np.ndarray:
    """Pixels as bytes: numbers of 0 to 1 times 255."""
    scale = 1 if array.dtype == np.uint8 else 255
    return (array.astype(np.float32) * scale).clip(0, 255).astype(np.uint8)


def make_image(tensor: np.ndarray, rescale: float = 1, rois=None, labels=None) -> Summary.Image:
    """Pixels (height, width, channels) as a PNG file."""
    from PIL import Image

    height, width, channels = tensor.shape
    picture = Image.fromarray(tensor)
    if rois is not None:
        picture = draw_boxes(picture, rois, labels=labels)
    picture = picture.resize((int(width * rescale), int(height * rescale)), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, format="PNG")
    return Summary.Image(height=height, width=width, colorspace=channels, encoded_image_string=file.getvalue())


def draw_boxes(disp_image, boxes, labels=None):
    """Draws boxes (number, 4) on a PIL image, in red, each with its label."""
    for i in range(boxes.shape[0]):
        _draw_box(disp_image, [boxes[i, side] for side in range(4)], None if labels is None else labels[i])
    return disp_image


def _draw_box(picture, sides, label: str | None) -> None:
    from PIL import ImageDraw, ImageFont

    left, top, right, bottom = sides
    draw = ImageDraw.Draw(picture)
    draw.line([(left, top), (left, bottom), (right, bottom), (right, top), (left, top)], width=2, fill="Red")
    if label:
        font = ImageFont.load_default()
        x0, y0, x1, y1 = font.getbbox(label)
        width, height = x1 - x0, y1 - y0
        margin = np.ceil(0.05 * height)
        draw.rectangle([(left, bottom - height - 2 * margin), (left + width, bottom)], fill="Red")
        draw.text((left + margin, bottom - height - margin), label, fill="black", font=font)


def video(tag: str, tensor, fps: float = 4) -> Summary:
    """A summary of videos (batch, time, channel, height, width), side by side in one, of `fps` frames a second."""
    return one_value(tag, image=make_video(_bytes(_prepare_video(make_np(tensor))), fps))


def make_video(tensor: np.ndarray, fps: float) -> Summary.Image | None:
    """Frames (time, height, width, channel) as a GIF file; None, after a message, where moviepy is not installed."""
    try:
        import moviepy  # noqa: F401
    except ImportError:
        print("add_video needs package moviepy")
        return None
    clips = _moviepy_clips()
    if clips is None:
        print(
            "moviepy is installed, but can't import moviepy.editor.",
            "Some packages could be missing [imageio, requests]",
        )
        return None
    _, height, width, channels = tensor.shape
    clip = clips.ImageSequenceClip(list(tensor), fps=fps)
    with tempfile.NamedTemporaryFile(suffix=".gif") as file:
        clip.write_gif(file.name, logger=None)
        content = file.read()
    return Summary.Image(height=height, width=width, colorspace=channels, encoded_image_string=content)


def _moviepy_clips():
    """The module of moviepy that has ImageSequenceClip: before its version 2 moviepy.editor."""
    import moviepy

    if hasattr(moviepy, "ImageSequenceClip"):
        return moviepy
    try:
        from moviepy import editor
    except ImportError:
        return None
    return editor
