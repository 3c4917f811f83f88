"""What an input says of itself: dimensions, sizes, numbers of channels and frames."""

from __future__ import annotations

import PIL.Image

import flambeau as torch

from ....tv_tensors import BoundingBoxes, Image, KeyPoints, Mask, Video
from ... import _functional_pil as pil
from ._utils import call, register, same_kernel

__all__ = [
    "get_dimensions", "get_dimensions_image", "get_dimensions_video", "get_image_num_channels", "get_num_channels",
    "get_num_channels_image", "get_num_channels_video", "get_num_frames", "get_num_frames_video", "get_size",
    "get_size_bounding_boxes", "get_size_image", "get_size_keypoints", "get_size_mask", "get_size_video",
]  # fmt: skip


def get_dimensions(inpt) -> list[int]:
    """Channels, height and width of an image or video.

    Raises:
        TypeError: a tensor of fewer than two dimensions.
    """
    return call(get_dimensions, inpt)


@register(get_dimensions, Image, torch.Tensor)
def get_dimensions_image(image: torch.Tensor) -> list[int]:
    """Channels, height and width; a tensor of two dimensions has one channel."""
    chw = list(image.shape[-3:])
    if len(chw) < 2:
        raise TypeError(f"Input tensor should have at least two dimensions, but got {len(chw)}")
    return chw if len(chw) == 3 else [1, *chw]


register(get_dimensions, PIL.Image.Image)(pil.get_dimensions)


get_dimensions_video = same_kernel(get_dimensions, get_dimensions_image, Video)


def get_num_channels(inpt) -> int:
    """The number of channels of an image or video.

    Raises:
        TypeError: a tensor of fewer than two dimensions.
    """
    return call(get_num_channels, inpt)


get_image_num_channels = get_num_channels


@register(get_num_channels, Image, torch.Tensor)
def get_num_channels_image(image: torch.Tensor) -> int:
    """The number of channels; a tensor of two dimensions has one."""
    return get_dimensions_image(image)[0]


register(get_num_channels, PIL.Image.Image)(pil.get_image_num_channels)


get_num_channels_video = same_kernel(get_num_channels, get_num_channels_image, Video)


def get_size(inpt) -> list[int]:
    """Height and width of an image, a video or a mask, or of the image that boxes or points belong to.

    Raises:
        TypeError: a tensor of fewer than two dimensions.
    """
    return call(get_size, inpt)


@register(get_size, Image, torch.Tensor)
def get_size_image(image: torch.Tensor) -> list[int]:
    """Height and width."""
    hw = list(image.shape[-2:])
    if len(hw) < 2:
        raise TypeError(f"Input tensor should have at least two dimensions, but got {len(hw)}")
    return hw


@register(get_size, PIL.Image.Image)
def get_size_image_pil(image: PIL.Image.Image) -> list[int]:
    """Height and width of a PIL image."""
    return [image.height, image.width]


get_size_video = same_kernel(get_size, get_size_image, Video)
get_size_mask = same_kernel(get_size, get_size_image, Mask)


@register(get_size, BoundingBoxes)
def get_size_bounding_boxes(bounding_box: BoundingBoxes) -> list[int]:
    """Height and width of the image that boxes belong to."""
    return list(bounding_box.canvas_size)


@register(get_size, KeyPoints)
def get_size_keypoints(keypoints: KeyPoints) -> list[int]:
    """Height and width of the image that points belong to."""
    return list(keypoints.canvas_size)


def get_num_frames(inpt) -> int:
    """The number of images of a video."""
    return call(get_num_frames, inpt)


@register(get_num_frames, Video, torch.Tensor)
def get_num_frames_video(video: torch.Tensor) -> int:
    """The number of images of a video."""
    return video.shape[-4]
