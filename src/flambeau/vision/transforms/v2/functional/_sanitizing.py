"""Which bounding boxes and key points are worth keeping."""

from __future__ import annotations

import flambeau as torch

from .... import tv_tensors
from ....tv_tensors import BoundingBoxes, BoundingBoxFormat, KeyPoints
from ._box_formats import converted
from ._utils import is_pure_tensor

__all__ = ["sanitize_bounding_boxes", "sanitize_keypoints"]


def valid_boxes(boxes, format, canvas_size, min_size: float = 1.0, min_area: float = 1.0) -> torch.Tensor:
    """A mask of the boxes that are large enough and lie within their image."""
    rotated = tv_tensors.is_rotated_bounding_format(format)
    boxes = converted(boxes, format, BoundingBoxFormat.XYXYXYXY if rotated else BoundingBoxFormat.XYXY)
    if rotated:
        x1, y1, x2, y2, x3, y3, _, _ = boxes.unbind(-1)
        widths = torch.sqrt((x1 - x2).pow(2) + (y1 - y2).pow(2))
        heights = torch.sqrt((y2 - y3).pow(2) + (x3 - boxes[..., 6]).pow(2))
    else:
        widths, heights = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    valid = (widths >= min_size) & (heights >= min_size) & (widths * heights >= min_area)
    height, width = canvas_size
    inside = (boxes[..., 0::2] <= width).all(-1) & (boxes[..., 1::2] <= height).all(-1)
    return valid & (boxes >= 0).all(-1) & inside


def sanitize_bounding_boxes(
    bounding_boxes, format=None, canvas_size=None, min_size: float = 1.0, min_area: float = 1.0
) -> tuple[torch.Tensor, torch.Tensor]:
    """The boxes that are large enough and lie within their image.

    Args:
        bounding_boxes: BoundingBoxes, or a tensor of shape (N, 4), (N, 5) or (N, 8).
        format: the format of a plain tensor, or its name.
        canvas_size: height and width of the image, for a plain tensor.
        min_size: the least width and height.
        min_area: the least area.

    Returns:
        The boxes kept, and a mask of shape (N,) that says which.

    Raises:
        ValueError: metadata beside BoundingBoxes, or none beside a tensor; an input of another type.
    """
    if is_pure_tensor(bounding_boxes):
        if format is None or canvas_size is None:
            raise ValueError(
                "format and canvas_size cannot be None if bounding_boxes is a pure tensor. "
                f"Got format={format} and canvas_size={canvas_size}."
                "Set those to appropriate values or pass bounding_boxes as a tv_tensors.BoundingBoxes object."
            )
        format = BoundingBoxFormat[format.upper()] if isinstance(format, str) else format
        valid = valid_boxes(bounding_boxes, format, canvas_size, min_size, min_area)
        return bounding_boxes[valid], valid
    if not isinstance(bounding_boxes, BoundingBoxes):
        raise ValueError("bounding_boxes must be a tv_tensors.BoundingBoxes instance or a pure tensor.")
    if format is not None or canvas_size is not None:
        raise ValueError(
            "format and canvas_size must be None when bounding_boxes is a tv_tensors.BoundingBoxes instance. "
            f"Got format={format} and canvas_size={canvas_size}. "
            "Leave those to None or pass bounding_boxes as a pure tensor."
        )
    plain = bounding_boxes.as_subclass(torch.Tensor)
    valid = valid_boxes(plain, bounding_boxes.format, bounding_boxes.canvas_size, min_size, min_area)
    return tv_tensors.wrap(plain[valid], like=bounding_boxes), valid


def valid_points(points: torch.Tensor, canvas_size) -> torch.Tensor:
    """A mask of the points, or groups of points, that lie within their image."""
    height, width = canvas_size
    x, y = points[..., 0], points[..., 1]
    valid = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return valid.flatten(start_dim=1).all(dim=1) if valid.ndim > 1 else valid


def sanitize_keypoints(key_points, canvas_size=None) -> tuple[torch.Tensor, torch.Tensor]:
    """The points that lie within their image; of points in groups, the groups that lie within it as a whole.

    Args:
        key_points: KeyPoints, or a tensor of shape (N, ..., 2).
        canvas_size: height and width of the image, for a plain tensor.

    Returns:
        The points kept, and a mask of shape (N,) that says which.

    Raises:
        ValueError: a size beside KeyPoints, or none beside a tensor; an input of another type.
    """
    if is_pure_tensor(key_points):
        if canvas_size is None:
            raise ValueError(
                "canvas_size cannot be None if key_points is a pure tensor. "
                "Set it to an appropriate value or pass key_points as a tv_tensors.KeyPoints object."
            )
        valid = valid_points(key_points, canvas_size)
        return key_points[valid], valid
    if not isinstance(key_points, KeyPoints):
        raise ValueError("key_points must be a tv_tensors.KeyPoints instance or a pure tensor.")
    if canvas_size is not None:
        raise ValueError(
            "canvas_size must be None when key_points is a tv_tensors.KeyPoints instance. "
            f"Got canvas_size={canvas_size}. "
            "Leave it to None or pass key_points as a pure tensor."
        )
    plain = key_points.as_subclass(torch.Tensor)
    valid = valid_points(plain, key_points.canvas_size)
    return tv_tensors.wrap(plain[valid], like=key_points), valid
