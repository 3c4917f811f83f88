"""Images and masks turned, moved, scaled and sheared."""

from __future__ import annotations

from typing import Any

import PIL.Image

import flambeau as torch

from ....tv_tensors import BoundingBoxes, Image, KeyPoints
from ... import _functional_pil as pil
from ..._functional_tensor import _compute_affine_output_size, _gen_affine_grid
from ...functional import InterpolationMode, pil_modes_mapping
from ._affine_maps import from_middle, matrix_of, parse_args
from ._grids import check_inputs, float_type, looked_up
from ._resizing import checked_mode
from ._utils import call, kernel, mask_kernel, register, video_kernel
from ._warped_coordinates import map_boxes, map_points

__all__ = [
    "affine", "affine_bounding_boxes", "affine_image", "affine_keypoints", "affine_mask", "affine_video", "rotate",
    "rotate_bounding_boxes", "rotate_image", "rotate_keypoints", "rotate_mask", "rotate_video",
]  # fmt: skip


def affine(
    inpt,
    angle: float,
    translate: list[float],
    scale: float,
    shear: list[float],
    interpolation=InterpolationMode.NEAREST,
    fill=None,
    center: list[float] | None = None,
):
    """An input turned, moved, scaled and sheared, in an image of the same size.

    Args:
        inpt: a PIL image, a tensor of shape (..., C, H, W), or any TVTensor.
        angle: in degrees, clockwise.
        translate: pixels to the right and down.
        scale: a factor, positive.
        shear: degrees along x, or along x and y.
        interpolation: the nearest pixel, or for images "bilinear"; PIL images know "bicubic" as well.
        fill: the colour of what lies outside; by default 0.
        center: the point that stays where it is but for the translation; by default the middle.

    Raises:
        TypeError, ValueError: arguments of other types, lengths or ranges.
    """
    how = {"angle": angle, "translate": translate, "scale": scale, "shear": shear}
    return call(affine, inpt, **how, interpolation=interpolation, fill=fill, center=center)


@kernel(affine, Image, torch.Tensor)
def affine_image(
    image: torch.Tensor,
    angle: float,
    translate: list[float],
    scale: float,
    shear: list[float],
    interpolation=InterpolationMode.NEAREST,
    fill=None,
    center: list[float] | None = None,
) -> torch.Tensor:
    """Images turned, moved, scaled and sheared."""
    mode = checked_mode(interpolation)
    angle, translate, shear, center = parse_args(angle, translate, scale, shear, center)
    center = from_middle(center, *image.shape[-2:])
    matrix = matrix_of(center, angle, [float(t) for t in translate], scale, shear)
    return _mapped(image, matrix, mode, fill, *image.shape[-2:])


def _mapped(image: torch.Tensor, matrix: list[float], mode, fill, height: int, width: int) -> torch.Tensor:
    """Images of a size whose pixels a matrix, about the middle, finds in others."""
    check_inputs(image, mode.value, fill)
    theta = torch.tensor(matrix, dtype=float_type(image), device=image.device).reshape(1, 2, 3)
    grid = _gen_affine_grid(theta, w=image.shape[-1], h=image.shape[-2], ow=width, oh=height)
    return looked_up(image, grid, mode, fill)


@register(affine, PIL.Image.Image)
def _affine_image_pil(
    image, angle, translate, scale, shear, interpolation=InterpolationMode.NEAREST, fill=None, center=None
):
    mode = checked_mode(interpolation)
    angle, translate, shear, center = parse_args(angle, translate, scale, shear, center)
    center = [image.width * 0.5, image.height * 0.5] if center is None else center
    matrix = matrix_of(center, angle, translate, scale, shear)
    return pil.affine(image, matrix, interpolation=pil_modes_mapping[mode], fill=fill)


@kernel(affine, KeyPoints)
def affine_keypoints(
    keypoints: torch.Tensor,
    canvas_size: tuple[int, int],
    angle: float,
    translate: list[float],
    scale: float,
    shear: list[float],
    center: list[float] | None = None,
):
    """Points of images turned, moved, scaled and sheared, and the images' size."""
    return map_points(keypoints, canvas_size, angle, translate, scale, shear, center)


@kernel(affine, BoundingBoxes)
def affine_bounding_boxes(
    bounding_boxes: torch.Tensor,
    format,
    canvas_size: tuple[int, int],
    angle: float,
    translate: list[float],
    scale: float,
    shear: list[float],
    center: list[float] | None = None,
    clamping_mode: str | None = "soft",
) -> torch.Tensor:
    """Boxes around what boxes become in images turned, moved, scaled and sheared."""
    how = (angle, translate, scale, shear, center)
    return map_boxes(bounding_boxes, format, canvas_size, *how, clamping_mode=clamping_mode)[0]


affine_mask = mask_kernel(affine, affine_image)
affine_video = video_kernel(affine, affine_image)


def rotate(
    inpt,
    angle: float,
    interpolation=InterpolationMode.NEAREST,
    expand: bool = False,
    center: list[float] | None = None,
    fill=None,
):
    """An input turned.

    Args:
        inpt: a PIL image, a tensor of shape (..., C, H, W), or any TVTensor.
        angle: in degrees, counterclockwise.
        interpolation: the nearest pixel, or for images "bilinear"; PIL images know "bicubic" as well.
        expand: make the result large enough to hold all of the image, turned about its middle.
        center: the point to turn about; by default the middle.
        fill: the colour of what lies outside; by default 0.
    """
    return call(rotate, inpt, angle=angle, interpolation=interpolation, expand=expand, fill=fill, center=center)


@kernel(rotate, Image, torch.Tensor)
def rotate_image(
    image: torch.Tensor,
    angle: float,
    interpolation=InterpolationMode.NEAREST,
    expand: bool = False,
    center: list[float] | None = None,
    fill=None,
) -> torch.Tensor:
    """Images turned."""
    angle = angle % 360
    height, width = image.shape[-2:]
    if center is None:
        if angle == 0:
            return image.clone()
        if angle == 180 or (angle in (90, 270) and (expand or height == width)):
            return torch.rot90(image, k=int(angle // 90), dims=(-2, -1))
    mode = checked_mode(interpolation)
    matrix = matrix_of(from_middle(center, height, width), -angle, [0.0, 0.0], 1.0, [0.0, 0.0])
    new_width, new_height = _compute_affine_output_size(matrix, width, height) if expand else (width, height)
    return _mapped(image, matrix, mode, fill, new_height, new_width)


@register(rotate, PIL.Image.Image)
def _rotate_image_pil(image, angle, interpolation=InterpolationMode.NEAREST, expand=False, center=None, fill=None):
    number = pil_modes_mapping[checked_mode(interpolation)]
    return pil.rotate(image, angle, interpolation=number, expand=expand, fill=fill, center=center)


_STAYS: dict[str, Any] = {"translate": [0.0, 0.0], "scale": 1.0, "shear": [0.0, 0.0]}


@kernel(rotate, KeyPoints)
def rotate_keypoints(
    keypoints: torch.Tensor,
    canvas_size: tuple[int, int],
    angle: float,
    expand: bool = False,
    center: list[float] | None = None,
):
    """Points of images turned, and the images' size."""
    return map_points(keypoints, canvas_size, -angle, **_STAYS, center=center, expand=expand)


@kernel(rotate, BoundingBoxes)
def rotate_bounding_boxes(
    bounding_boxes: torch.Tensor,
    format,
    canvas_size: tuple[int, int],
    angle: float,
    expand: bool = False,
    center: list[float] | None = None,
    clamping_mode: str | None = "soft",
):
    """Boxes around what boxes become in images turned, and the images' size."""
    how: dict[str, Any] = {"center": center, "expand": expand, "clamping_mode": clamping_mode}
    return map_boxes(bounding_boxes, format, canvas_size, -angle, **_STAYS, **how)


rotate_mask = mask_kernel(rotate, rotate_image)
rotate_video = video_kernel(rotate, rotate_image)
