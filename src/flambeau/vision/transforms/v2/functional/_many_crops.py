"""Several parts of one image: corners and middle, and the same of its mirror image."""

from __future__ import annotations

import numbers

import PIL.Image

import flambeau as torch

from ....tv_tensors import Image
from ._cropping import center_crop, crop
from ._flips import horizontal_flip
from ._flips import vertical_flip as flip_vertically
from ._meta import get_size
from ._utils import call, kernel, register, video_kernel


def five_crop(inpt, size: list[int]) -> tuple:
    """The four corners of an image and its middle.

    Args:
        inpt: a PIL image, or a tensor of shape (..., C, H, W).
        size: [height, width] of each, or one number for both.

    Returns:
        Upper left, upper right, lower left, lower right, middle.

    Raises:
        ValueError: the size is larger than the image, or has more than two numbers.
    """
    return call(five_crop, inpt, size=size)


def _five(image, size) -> tuple:
    both = [int(size)] if isinstance(size, numbers.Number) else size  # type: ignore[call-overload]
    if len(both) not in (1, 2):
        raise ValueError("Please provide only two dimensions (h, w) for size.")
    (height, width), (image_height, image_width) = (both[0], both[-1]), get_size(image)
    if width > image_width or height > image_height:
        raise ValueError(f"Requested crop size {size} is bigger than input size {(image_height, image_width)}")
    tops, lefts = (0, image_height - height), (0, image_width - width)
    corners = [crop(image, top, left, height, width) for top in tops for left in lefts]
    return *corners, center_crop(image, [height, width])


@kernel(five_crop, Image, torch.Tensor)
def five_crop_image(image: torch.Tensor, size: list[int]) -> tuple:
    """The four corners of images and their middles."""
    return _five(image, size)


register(five_crop, PIL.Image.Image)(_five)
five_crop_video = video_kernel(five_crop, five_crop_image)


def ten_crop(inpt, size: list[int], vertical_flip: bool = False) -> tuple:
    """The four corners of an image and its middle, and those of its mirror image.

    Args:
        inpt: a PIL image, or a tensor of shape (..., C, H, W).
        size: [height, width] of each, or one number for both.
        vertical_flip: the mirror image has top and bottom exchanged, rather than left and right.

    Raises:
        ValueError: the size is larger than the image, or has more than two numbers.
    """
    return call(ten_crop, inpt, size=size, vertical_flip=vertical_flip)


def _ten(image, size, vertical_flip: bool = False) -> tuple:
    mirror_image = flip_vertically(image) if vertical_flip else horizontal_flip(image)
    return _five(image, size) + _five(mirror_image, size)


@kernel(ten_crop, Image, torch.Tensor)
def ten_crop_image(image: torch.Tensor, size: list[int], vertical_flip: bool = False) -> tuple:
    """The four corners of images and their middles, and those of their mirror images."""
    return _ten(image, size, vertical_flip)


register(ten_crop, PIL.Image.Image)(_ten)
ten_crop_video = video_kernel(ten_crop, ten_crop_image)
