"""Mirror images, of pixels and of coordinates."""

from __future__ import annotations

import PIL.Image

import flambeau as torch

from ....tv_tensors import BoundingBoxes, BoundingBoxFormat, Image, KeyPoints
from ... import _functional_pil as pil
from ._utils import call, kernel, mask_kernel, register, video_kernel

__all__ = [
    "hflip", "horizontal_flip", "horizontal_flip_bounding_boxes", "horizontal_flip_image",
    "horizontal_flip_keypoints", "horizontal_flip_mask", "horizontal_flip_video", "vertical_flip",
    "vertical_flip_bounding_boxes", "vertical_flip_image", "vertical_flip_keypoints", "vertical_flip_mask",
    "vertical_flip_video", "vflip",
]  # fmt: skip


def horizontal_flip(inpt):
    """Left and right exchanged.

    Args:
        inpt: a PIL image, a tensor of shape (..., H, W), or any TVTensor.
    """
    return call(horizontal_flip, inpt)


def vertical_flip(inpt):
    """Top and bottom exchanged.

    Args:
        inpt: a PIL image, a tensor of shape (..., H, W), or any TVTensor.
    """
    return call(vertical_flip, inpt)


hflip, vflip = horizontal_flip, vertical_flip


@kernel(horizontal_flip, Image, torch.Tensor)
def horizontal_flip_image(image: torch.Tensor) -> torch.Tensor:
    """Images with left and right exchanged."""
    return image.flip(-1)


@kernel(vertical_flip, Image, torch.Tensor)
def vertical_flip_image(image: torch.Tensor) -> torch.Tensor:
    """Images with top and bottom exchanged."""
    return image.flip(-2)


register(horizontal_flip, PIL.Image.Image)(pil.hflip)
register(vertical_flip, PIL.Image.Image)(pil.vflip)


@kernel(horizontal_flip, KeyPoints)
def horizontal_flip_keypoints(keypoints: torch.Tensor, canvas_size: tuple[int, int]) -> torch.Tensor:
    """Points of an image of which left and right are exchanged."""
    return torch.stack([(canvas_size[1] - 1) - keypoints[..., 0], keypoints[..., 1]], -1)


@kernel(vertical_flip, KeyPoints)
def vertical_flip_keypoints(keypoints: torch.Tensor, canvas_size: tuple[int, int]) -> torch.Tensor:
    """Points of an image of which top and bottom are exchanged."""
    return torch.stack([keypoints[..., 0], (canvas_size[0] - 1) - keypoints[..., 1]], -1)


@kernel(horizontal_flip, BoundingBoxes)
def horizontal_flip_bounding_boxes(bounding_boxes: torch.Tensor, format, canvas_size: tuple[int, int]) -> torch.Tensor:
    """Boxes of an image of which left and right are exchanged."""
    return _flipped(bounding_boxes, format, 0, canvas_size[1])


@kernel(vertical_flip, BoundingBoxes)
def vertical_flip_bounding_boxes(bounding_boxes: torch.Tensor, format, canvas_size: tuple[int, int]) -> torch.Tensor:
    """Boxes of an image of which top and bottom are exchanged."""
    return _flipped(bounding_boxes, format, 1, canvas_size[0])


def _flipped(boxes: torch.Tensor, format, axis: int, size: int) -> torch.Tensor:
    """Boxes mirrored along an axis, 0 for x and 1 for y, on which the image has a size."""
    c = list(boxes.unbind(-1))
    if format == BoundingBoxFormat.XYXYXYXY:
        c[axis::2] = [size - place for place in c[axis::2]]
        c = [c[k] for k in (2, 3, 0, 1, 6, 7, 4, 5)]  # clockwise again
    elif format == BoundingBoxFormat.XYXY:
        c[axis], c[axis + 2] = size - c[axis + 2], size - c[axis]
    elif format == BoundingBoxFormat.XYWH:
        c[axis] = size - (c[axis] + c[axis + 2])
    elif format == BoundingBoxFormat.CXCYWH:
        c[axis] = size - c[axis]
    else:
        if format == BoundingBoxFormat.XYWHR:  # the other end of the upper side is the new corner
            angle = c[4].mul(torch.pi).div(180)
            c[0], c[1] = c[0] + c[2] * angle.cos(), c[1] - c[2] * angle.sin()
        c[axis] = size - c[axis]
        c[4] = 180 - c[4] if axis else -c[4]
    return torch.stack(c, -1)


horizontal_flip_mask = mask_kernel(horizontal_flip, horizontal_flip_image)
horizontal_flip_video = video_kernel(horizontal_flip, horizontal_flip_image)
vertical_flip_mask = mask_kernel(vertical_flip, vertical_flip_image)
vertical_flip_video = video_kernel(vertical_flip, vertical_flip_image)
