"""What boxes and points become where an image is mapped."""

from __future__ import annotations

import flambeau as torch

from .... import tv_tensors
from ....tv_tensors import BoundingBoxFormat
from ..._functional_tensor import _compute_affine_output_size
from ._affine_maps import matrix_of, parse_args
from ._box_formats import converted
from ._clamping import clamp_bounding_boxes
from ._parallelograms import rectangles


def corners_of(boxes: torch.Tensor) -> torch.Tensor:
    """The four corners of boxes XYXY of shape (N, 4), clockwise: shape (N, 4, 2)."""
    return boxes[:, [[0, 1], [2, 1], [2, 3], [0, 3]]]


def with_ones(points: torch.Tensor) -> torch.Tensor:
    """Points of shape (N, 2) with a third coordinate of 1."""
    return torch.cat([points, torch.ones(points.shape[0], 1, device=points.device, dtype=points.dtype)], dim=-1)


def boxes_around(points: torch.Tensor, rotated: bool) -> torch.Tensor:
    """The boxes that belong to sets of four points in a row: turned ones, or upright ones around them."""
    if rotated:
        return rectangles(points.reshape(-1, 8))
    least, most = torch.aminmax(points.reshape(-1, 4, 2), dim=1)
    return torch.cat([least, most], dim=1)


def map_by_corners(boxes: torch.Tensor, format, canvas_size, clamping_mode, function) -> torch.Tensor:
    """Boxes around what a function makes of the corners of boxes, cut to the image, in their format.

    Args:
        boxes: floating point boxes of any shape.
        function: takes and gives points of shape (4 N, 2).
    """
    rotated = tv_tensors.is_rotated_bounding_format(format)
    between = BoundingBoxFormat.XYXYXYXY if rotated else BoundingBoxFormat.XYXY
    flat = converted(boxes, format, between).reshape(-1, 8 if rotated else 4)
    points = (flat if rotated else corners_of(flat)).reshape(-1, 2)
    mapped = boxes_around(function(points), rotated)
    mapped = clamp_bounding_boxes(mapped, format=between, canvas_size=canvas_size, clamping_mode=clamping_mode)
    return converted(mapped, between, format).reshape(boxes.shape)


class _AffineMap:
    """An affine map of an image: what it does to points, and the size of the image that it gives.

    With `expand`, the image grows to hold all of what it was, and its origin moves.
    """

    def __init__(self, canvas_size, angle, translate, scale, shear, center, expand: bool, dtype, device):
        angle, translate, shear, center = parse_args(angle, translate, scale, shear, center=center)
        height, width = canvas_size
        center = [width * 0.5, height * 0.5] if center is None else center
        rows = matrix_of(center, angle, translate, scale, shear, inverted=False)
        self.matrix = torch.tensor(rows, dtype=dtype, device=device).reshape(2, 3).T
        self.size, self.origin = canvas_size, None
        if expand:
            frame = [[0.0, 0.0], [0.0, float(height)], [float(width), float(height)], [float(width), 0.0]]
            self.origin = self(torch.tensor(frame, dtype=dtype, device=device)).amin(dim=0, keepdim=True)
            inverse = matrix_of(center, angle, translate, scale, shear)
            new_width, new_height = _compute_affine_output_size(inverse, width, height)
            self.size = (new_height, new_width)

    def __call__(self, points: torch.Tensor) -> torch.Tensor:
        mapped = torch.matmul(with_ones(points), self.matrix)
        return mapped if self.origin is None else mapped - self.origin


def map_points(points: torch.Tensor, canvas_size, angle, translate, scale, shear, center=None, expand: bool = False):
    """What points become in an image mapped, and that image's size."""
    if points.numel() == 0:
        return points, canvas_size
    exact = points if points.is_floating_point() else points.float()
    affine = _AffineMap(canvas_size, angle, translate, scale, shear, center, expand, exact.dtype, points.device)
    return affine(exact.reshape(-1, 2)).reshape(points.shape).to(points.dtype), affine.size


def map_boxes(
    boxes: torch.Tensor,
    format,
    canvas_size,
    angle,
    translate,
    scale,
    shear,
    center=None,
    expand: bool = False,
    clamping_mode: str | None = "soft",
) -> tuple[torch.Tensor, tuple[int, int]]:
    """Boxes around what boxes become in an image mapped, and that image's size."""
    if boxes.numel() == 0:
        return boxes, canvas_size
    exact = boxes if boxes.is_floating_point() else boxes.float()
    affine = _AffineMap(canvas_size, angle, translate, scale, shear, center, expand, exact.dtype, boxes.device)
    return map_by_corners(exact, format, affine.size, clamping_mode, affine).to(boxes.dtype), affine.size
