"""Images, masks and coordinates distorted by a field of displacements."""

from __future__ import annotations

import PIL.Image

import flambeau as torch

from .... import tv_tensors
from ....tv_tensors import BoundingBoxes, BoundingBoxFormat, Image, KeyPoints
from ..._functional_tensor import _create_identity_grid
from ...functional import InterpolationMode, pil_to_tensor, to_pil_image
from ._box_formats import converted
from ._clamping import clamp_bounding_boxes
from ._grids import float_type, looked_up
from ._resizing import checked_mode
from ._utils import call, kernel, mask_kernel, register, video_kernel
from ._warped_coordinates import boxes_around, corners_of

__all__ = [
    "elastic", "elastic_bounding_boxes", "elastic_image", "elastic_keypoints", "elastic_mask", "elastic_transform",
    "elastic_video",
]  # fmt: skip


def elastic(inpt, displacement: torch.Tensor, interpolation=InterpolationMode.BILINEAR, fill=None):
    """An input in which each pixel comes from elsewhere.

    Args:
        inpt: a PIL image, a tensor of shape (..., C, H, W), or any TVTensor.
        displacement: shape (1, H, W, 2): how far away, where an image's width and height are 2.
        interpolation: "nearest" or "bilinear".
        fill: the colour of what lies outside; by default 0.

    Raises:
        TypeError: the displacement is no tensor.
        ValueError: it has another shape.
    """
    return call(elastic, inpt, displacement=displacement, interpolation=interpolation, fill=fill)


elastic_transform = elastic


def _check_displacement(displacement, height: int, width: int) -> None:
    if not isinstance(displacement, torch.Tensor):
        raise TypeError("Argument displacement should be a Tensor")
    expected = (1, height, width, 2)
    if expected != tuple(displacement.shape):
        raise ValueError(f"Argument displacement shape should be {expected}, but given {displacement.shape}")


@kernel(elastic, Image, torch.Tensor)
def elastic_image(
    image: torch.Tensor, displacement: torch.Tensor, interpolation=InterpolationMode.BILINEAR, fill=None
) -> torch.Tensor:
    """Images in which each pixel comes from elsewhere."""
    mode = checked_mode(interpolation)
    _check_displacement(displacement, *image.shape[-2:])
    exact = image.to(torch.float32) if image.dtype == torch.float16 else image
    dtype = float_type(exact)
    grid = _create_identity_grid(image.shape[-2:]).to(dtype) + displacement.to(dtype)
    return looked_up(exact, grid, mode, fill).to(image.dtype)


@register(elastic, PIL.Image.Image)
def _elastic_image_pil(image, displacement, interpolation=InterpolationMode.BILINEAR, fill=None):
    output = elastic_image(pil_to_tensor(image), displacement, interpolation=interpolation, fill=fill)
    return to_pil_image(output, mode=image.mode)


def _moved(points: torch.Tensor, canvas_size, displacement: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Where points (N, 2) about come to lie: the displacement at each, subtracted, stands for the inverse map."""
    height, width = canvas_size
    grid = _create_identity_grid((height, width)).to(dtype) - displacement.to(dtype)
    places = points.to(torch.long)
    x, y = places[:, 0].clamp(0, width - 1), places[:, 1].clamp(0, height - 1)
    half = torch.tensor([width, height], dtype=dtype) * 0.5
    return (grid[0, y, x, :] + 1) * half - 0.5


@kernel(elastic, KeyPoints)
def elastic_keypoints(
    keypoints: torch.Tensor, canvas_size: tuple[int, int], displacement: torch.Tensor
) -> torch.Tensor:
    """Points of images in which each pixel comes from elsewhere."""
    _check_displacement(displacement, *canvas_size)
    if keypoints.numel() == 0:
        return keypoints
    moved = _moved(keypoints.reshape(-1, 2), canvas_size, displacement, float_type(keypoints))
    return moved.to(keypoints.dtype).reshape(keypoints.shape)


@kernel(elastic, BoundingBoxes)
def elastic_bounding_boxes(
    bounding_boxes: torch.Tensor,
    format,
    canvas_size: tuple[int, int],
    displacement: torch.Tensor,
    clamping_mode: str | None = "soft",
) -> torch.Tensor:
    """Boxes around what boxes become in images in which each pixel comes from elsewhere."""
    _check_displacement(displacement, *canvas_size)
    if bounding_boxes.numel() == 0:
        return bounding_boxes
    rotated = tv_tensors.is_rotated_bounding_format(format)
    between = BoundingBoxFormat.CXCYWHR if rotated else BoundingBoxFormat.XYXY
    boxes = converted(bounding_boxes, format, between).reshape(-1, 5 if rotated else 4)
    points = (boxes[:, :2] if rotated else corners_of(boxes)).reshape(-1, 2)
    points = points.ceil() if points.is_floating_point() else points
    moved = _moved(points, canvas_size, displacement, float_type(bounding_boxes))
    output = torch.cat([moved, boxes[:, 2:]], dim=1) if rotated else boxes_around(moved, rotated=False)
    output = output.to(boxes.dtype)
    output = clamp_bounding_boxes(output, format=between, canvas_size=canvas_size, clamping_mode=clamping_mode)
    return converted(output, between, format).reshape(bounding_boxes.shape)


elastic_mask = mask_kernel(elastic, elastic_image)
elastic_video = video_kernel(elastic, elastic_image)
