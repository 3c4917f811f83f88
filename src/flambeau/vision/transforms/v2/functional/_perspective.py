"""Images, masks and coordinates seen from the side."""

from __future__ import annotations

import PIL.Image

import flambeau as torch

from ....tv_tensors import BoundingBoxes, Image, KeyPoints
from ... import _functional_pil as pil
from ..._functional_tensor import _perspective_grid
from ...functional import InterpolationMode, _get_perspective_coeffs, pil_modes_mapping
from ._grids import check_inputs, float_type, looked_up
from ._resizing import checked_mode
from ._utils import call, kernel, mask_kernel, register, video_kernel
from ._warped_coordinates import map_by_corners, with_ones

__all__ = [
    "perspective", "perspective_bounding_boxes", "perspective_image", "perspective_keypoints", "perspective_mask",
    "perspective_video",
]  # fmt: skip


def perspective(
    inpt,
    startpoints: list[list[int]] | None,
    endpoints: list[list[int]] | None,
    interpolation=InterpolationMode.BILINEAR,
    fill=None,
    coefficients: list[float] | None = None,
):
    """An input with four points moved, and all others as perspective moves them then.

    Args:
        inpt: a PIL image, a tensor of shape (..., C, H, W), or any TVTensor.
        startpoints: the four points, as [x, y].
        endpoints: where they come to lie.
        interpolation: "nearest" or "bilinear"; PIL images know "bicubic" as well.
        fill: the colour of what lies outside; by default 0.
        coefficients: the eight numbers of the map from the result to the input, instead of points.

    Raises:
        ValueError: both points and coefficients, or neither.
    """
    points = {"startpoints": startpoints, "endpoints": endpoints, "coefficients": coefficients}
    return call(perspective, inpt, **points, interpolation=interpolation, fill=fill)


def _coefficients(startpoints, endpoints, coefficients) -> list[float]:
    if coefficients is not None:
        if startpoints is not None and endpoints is not None:
            raise ValueError("The startpoints/endpoints and the coefficients shouldn't be defined concurrently.")
        if len(coefficients) != 8:
            raise ValueError("Argument coefficients should have 8 float values")
        return coefficients
    if startpoints is None or endpoints is None:
        raise ValueError("Either the startpoints/endpoints or the coefficients must have non `None` values.")
    return _get_perspective_coeffs(startpoints, endpoints)


@kernel(perspective, Image, torch.Tensor)
def perspective_image(
    image: torch.Tensor,
    startpoints: list[list[int]] | None,
    endpoints: list[list[int]] | None,
    interpolation=InterpolationMode.BILINEAR,
    fill=None,
    coefficients: list[float] | None = None,
) -> torch.Tensor:
    """Images with four points moved in perspective."""
    numbers = _coefficients(startpoints, endpoints, coefficients)
    mode = checked_mode(interpolation)
    check_inputs(image, mode.value, fill)
    height, width = image.shape[-2:]
    grid = _perspective_grid(numbers, ow=width, oh=height, dtype=float_type(image), device=image.device)
    return looked_up(image, grid, mode, fill)


@register(perspective, PIL.Image.Image)
def _perspective_image_pil(
    image, startpoints, endpoints, interpolation=InterpolationMode.BILINEAR, fill=None, coefficients=None
):
    numbers = _coefficients(startpoints, endpoints, coefficients)
    return pil.perspective(image, numbers, interpolation=pil_modes_mapping[checked_mode(interpolation)], fill=fill)


def _forward_map(coefficients: list[float], what: str, dtype, device):
    """The map from the input to the result, of which the coefficients give the inverse."""
    a, b, c, d, e, f, g, h = coefficients
    determinant = a * e - b * d
    if determinant == 0:
        raise RuntimeError(
            f"Provided perspective_coeffs {coefficients} can not be inverted to transform {what}. "
            f"Denominator is zero, denom={determinant}"
        )
    rows = [
        [e - f * h, -b + c * h, b * f - c * e],
        [-d + f * g, a - c * g, -a * f + c * d],
        [-e * g + d * h, -a * h + b * g, determinant],
    ]
    scaled = [[number / determinant for number in row] for row in rows]
    matrix = torch.tensor(scaled, dtype=dtype, device=device)

    def forward(points: torch.Tensor) -> torch.Tensor:
        homogeneous = torch.matmul(with_ones(points.to(dtype)), matrix.T)
        return homogeneous[:, :2] / homogeneous[:, 2:]

    return forward


@kernel(perspective, KeyPoints)
def perspective_keypoints(
    keypoints: torch.Tensor,
    canvas_size: tuple[int, int],
    startpoints: list[list[int]] | None,
    endpoints: list[list[int]] | None,
    coefficients: list[float] | None = None,
) -> torch.Tensor:
    """Points of images of which four points are moved in perspective."""
    if keypoints.numel() == 0:
        return keypoints
    numbers = _coefficients(startpoints, endpoints, coefficients)
    forward = _forward_map(numbers, "keypoints", float_type(keypoints), keypoints.device)
    return forward(keypoints.reshape(-1, 2)).to(keypoints.dtype).reshape(keypoints.shape)


@kernel(perspective, BoundingBoxes)
def perspective_bounding_boxes(
    bounding_boxes: torch.Tensor,
    format,
    canvas_size: tuple[int, int],
    startpoints: list[list[int]] | None,
    endpoints: list[list[int]] | None,
    coefficients: list[float] | None = None,
    clamping_mode: str | None = "soft",
) -> torch.Tensor:
    """Boxes around what boxes become in images of which four points are moved in perspective."""
    if bounding_boxes.numel() == 0:
        return bounding_boxes
    numbers = _coefficients(startpoints, endpoints, coefficients)
    forward = _forward_map(numbers, "bounding boxes", float_type(bounding_boxes), bounding_boxes.device)
    mapped = map_by_corners(bounding_boxes, format, canvas_size, clamping_mode, forward)
    return mapped.to(bounding_boxes.dtype)


perspective_mask = mask_kernel(perspective, perspective_image)
perspective_video = video_kernel(perspective, perspective_image)
