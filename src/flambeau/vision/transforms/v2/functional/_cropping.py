"""Parts of images, masks and what coordinates become in them."""

from __future__ import annotations

import numbers

import PIL.Image

import flambeau as torch
from flambeau.nn.functional import pad as torch_pad

from ....tv_tensors import BoundingBoxes, BoundingBoxFormat, Image, KeyPoints
from ... import _functional_pil as pil
from ...functional import InterpolationMode
from . import _flips
from ._clamping import clamp_bounding_boxes
from ._meta import get_size
from ._padding import bordered, parse_padding, shift_of
from ._parallelograms import rectangles
from ._resizing import (
    resize_bounding_boxes,
    resize_image,
    resize_image_pil,
    resize_keypoints,
    warn_of_antialias,
)
from ._utils import call, kernel, mask_kernel, register, video_kernel

__all__ = [
    "center_crop", "center_crop_bounding_boxes", "center_crop_image", "center_crop_keypoints", "center_crop_mask",
    "center_crop_video", "crop", "crop_bounding_boxes", "crop_image", "crop_keypoints", "crop_mask", "crop_video",
    "five_crop", "five_crop_image", "five_crop_video", "resized_crop", "resized_crop_bounding_boxes",
    "resized_crop_image", "resized_crop_keypoints", "resized_crop_mask", "resized_crop_video", "ten_crop",
    "ten_crop_image", "ten_crop_video",
]  # fmt: skip


# ------------------------------------------------------------------ any part
def crop(inpt, top: int, left: int, height: int, width: int):
    """A part of an input; what lies outside of an image is 0.

    Args:
        inpt: a PIL image, a tensor of shape (..., C, H, W), or any TVTensor.
        top: where the part begins, in rows.
        left: where it begins, in columns.
        height: how many rows it has.
        width: how many columns it has.
    """
    return call(crop, inpt, top=top, left=left, height=height, width=width)


@kernel(crop, Image, torch.Tensor)
def crop_image(image: torch.Tensor, top: int, left: int, height: int, width: int) -> torch.Tensor:
    """Parts of images."""
    h, w = image.shape[-2:]
    right, bottom = left + width, top + height
    if left >= 0 and top >= 0 and right <= w and bottom <= h:
        return image[..., top:bottom, left:right]
    borders = [
        max(min(right, 0) - left, 0),
        max(right - max(w, left), 0),
        max(min(bottom, 0) - top, 0),
        max(bottom - max(h, top), 0),
    ]
    return bordered(image[..., max(top, 0) : bottom, max(left, 0) : right], borders, 0, "constant")


register(crop, PIL.Image.Image)(pil.crop)


@kernel(crop, KeyPoints)
def crop_keypoints(keypoints: torch.Tensor, top: int, left: int, height: int, width: int):
    """Points of a part of an image, and its size."""
    shift = torch.tensor([left, top], dtype=keypoints.dtype, device=keypoints.device)
    return keypoints - shift, (height, width)


@kernel(crop, BoundingBoxes)
def crop_bounding_boxes(
    bounding_boxes: torch.Tensor,
    format,
    top: int,
    left: int,
    height: int,
    width: int,
    clamping_mode: str | None = "soft",
) -> tuple[torch.Tensor, tuple[int, int]]:
    """Boxes of a part of an image, and its size."""
    boxes, size = bounding_boxes - shift_of(bounding_boxes, format, left, top), (height, width)
    if format == BoundingBoxFormat.XYXYXYXY:
        boxes = rectangles(boxes)
    return clamp_bounding_boxes(boxes, format=format, canvas_size=size, clamping_mode=clamping_mode), size


crop_mask = mask_kernel(crop, crop_image)
crop_video = video_kernel(crop, crop_image)


# ------------------------------------------------------------------ the middle
def center_crop(inpt, output_size: list[int]):
    """The middle of an input; a part larger than an image has borders of 0.

    Args:
        inpt: a PIL image, a tensor of shape (..., C, H, W), or any TVTensor.
        output_size: [height, width], or one number for both.
    """
    return call(center_crop, inpt, output_size=output_size)


def _two_sizes(output_size) -> list[int]:
    if isinstance(output_size, numbers.Number):
        return [int(output_size)] * 2  # type: ignore[call-overload]
    return [output_size[0]] * 2 if len(output_size) == 1 else list(output_size)


def _missing(size: list[int], height: int, width: int) -> list[int]:
    """The borders, left, top, right and bottom, without which an image is smaller than a size."""
    down, across = max(size[0] - height, 0), max(size[1] - width, 0)
    return [across // 2, down // 2, (across + 1) // 2, (down + 1) // 2]


def _anchor(size: list[int], height: int, width: int) -> tuple[int, int]:
    """Top and left of the middle of an image."""
    return round((height - size[0]) / 2.0), round((width - size[1]) / 2.0)


@kernel(center_crop, Image, torch.Tensor)
def center_crop_image(image: torch.Tensor, output_size: list[int]) -> torch.Tensor:
    """The middles of images."""
    size = _two_sizes(output_size)
    if image.numel() == 0:
        return image.reshape((*image.shape[:-2], *size))
    missing = _missing(size, *image.shape[-2:])
    if any(missing):
        image = torch_pad(image, parse_padding(missing), value=0.0)
    top, left = _anchor(size, *image.shape[-2:])
    return image[..., top : top + size[0], left : left + size[1]]


@register(center_crop, PIL.Image.Image)
def _center_crop_image_pil(image: PIL.Image.Image, output_size: list[int]) -> PIL.Image.Image:
    size = _two_sizes(output_size)
    missing = _missing(size, image.height, image.width)
    if any(missing):
        image = pil.pad(image, missing, fill=0)
    if size == [image.height, image.width] and any(missing):
        return image
    return pil.crop(image, *_anchor(size, image.height, image.width), *size)


@kernel(center_crop, KeyPoints)
def center_crop_keypoints(inpt: torch.Tensor, canvas_size: tuple[int, int], output_size: list[int]):
    """Points of the middle of an image, and its size."""
    size = _two_sizes(output_size)
    return crop_keypoints(inpt, *_anchor(size, *canvas_size), *size)


@kernel(center_crop, BoundingBoxes)
def center_crop_bounding_boxes(
    bounding_boxes: torch.Tensor,
    format,
    canvas_size: tuple[int, int],
    output_size: list[int],
    clamping_mode: str | None = "soft",
) -> tuple[torch.Tensor, tuple[int, int]]:
    """Boxes of the middle of an image, and its size."""
    size = _two_sizes(output_size)
    return crop_bounding_boxes(bounding_boxes, format, *_anchor(size, *canvas_size), *size, clamping_mode)


center_crop_mask = mask_kernel(center_crop, center_crop_image)
center_crop_video = video_kernel(center_crop, center_crop_image)


# ------------------------------------------------------------------ a part in another size
def resized_crop(
    inpt,
    top: int,
    left: int,
    height: int,
    width: int,
    size,
    interpolation=InterpolationMode.BILINEAR,
    antialias=True,
):
    """A part of an input, resized.

    Args:
        inpt: a PIL image, a tensor of shape (..., C, H, W), or any TVTensor.
        top, left, height, width: the part, as for `crop`.
        size, interpolation, antialias: as for `resize`.
    """
    part = {"top": top, "left": left, "height": height, "width": width}
    return call(resized_crop, inpt, **part, size=size, interpolation=interpolation, antialias=antialias)


@kernel(resized_crop, Image, torch.Tensor)
def resized_crop_image(
    image: torch.Tensor,
    top: int,
    left: int,
    height: int,
    width: int,
    size,
    interpolation=InterpolationMode.BILINEAR,
    antialias=True,
) -> torch.Tensor:
    """Parts of images, resized."""
    part = crop_image(image, top, left, height, width)
    return resize_image(part, size, interpolation=interpolation, antialias=antialias)


@register(resized_crop, PIL.Image.Image)
def _resized_crop_image_pil(
    image, top, left, height, width, size, interpolation=InterpolationMode.BILINEAR, antialias=True
):
    warn_of_antialias(antialias)
    return resize_image_pil(pil.crop(image, top, left, height, width), size, interpolation=interpolation)


@kernel(resized_crop, KeyPoints)
def resized_crop_keypoints(keypoints: torch.Tensor, top: int, left: int, height: int, width: int, size):
    """Points of a part of an image in another size, and that size."""
    part, canvas_size = crop_keypoints(keypoints, top, left, height, width)
    return resize_keypoints(part, size=size, canvas_size=canvas_size)


@kernel(resized_crop, BoundingBoxes)
def resized_crop_bounding_boxes(
    bounding_boxes: torch.Tensor,
    format,
    top: int,
    left: int,
    height: int,
    width: int,
    size,
    clamping_mode: str | None = "soft",
) -> tuple[torch.Tensor, tuple[int, int]]:
    """Boxes of a part of an image in another size, and that size."""
    boxes, canvas_size = crop_bounding_boxes(bounding_boxes, format, top, left, height, width, clamping_mode)
    return resize_bounding_boxes(boxes, canvas_size, size, format=format, clamping_mode=clamping_mode)


resized_crop_mask = mask_kernel(resized_crop, resized_crop_image)
resized_crop_video = video_kernel(resized_crop, resized_crop_image)


# ------------------------------------------------------------------ several parts


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
    mirror_image = _flips.vertical_flip(image) if vertical_flip else _flips.horizontal_flip(image)
    return _five(image, size) + _five(mirror_image, size)


@kernel(ten_crop, Image, torch.Tensor)
def ten_crop_image(image: torch.Tensor, size: list[int], vertical_flip: bool = False) -> tuple:
    """The four corners of images and their middles, and those of their mirror images."""
    return _ten(image, size, vertical_flip)


register(ten_crop, PIL.Image.Image)(_ten)
ten_crop_video = video_kernel(ten_crop, ten_crop_image)
