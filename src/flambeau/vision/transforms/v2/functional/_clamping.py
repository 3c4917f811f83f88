"""Bounding boxes and key points cut to the image that they belong to."""

from __future__ import annotations

import flambeau as torch

from .... import tv_tensors
from ....tv_tensors import BoundingBoxes, BoundingBoxFormat, KeyPoints
from ._box_formats import convert_bounding_box_format, converted
from ._rotated_clamping import clamp_rotated
from ._utils import is_pure_tensor

__all__ = ["clamp_bounding_boxes", "clamp_keypoints"]


def clamp_upright(boxes: torch.Tensor, format, canvas_size, clamping_mode: str | None) -> torch.Tensor:
    """Upright boxes whose corners lie in the image; both modes mean the same for them, None means no change."""
    if clamping_mode is None:
        return boxes.clone()
    exact = boxes if boxes.is_floating_point() else boxes.float()
    corners = convert_bounding_box_format(exact, old_format=format, new_format=BoundingBoxFormat.XYXY)
    height, width = canvas_size
    limits = torch.tensor([width, height, width, height], dtype=corners.dtype)
    corners = torch.minimum(corners.clamp(min=0), limits)
    return converted(corners, BoundingBoxFormat.XYXY, format).to(boxes.dtype)


def clamp_bounding_boxes(inpt, format=None, canvas_size=None, clamping_mode: str | None = "auto") -> torch.Tensor:
    """Bounding boxes cut to their image.

    Args:
        inpt: BoundingBoxes, or a tensor of shape (N, 4), (N, 5) or (N, 8).
        format: the format of a plain tensor.
        canvas_size: height and width of the image, for a plain tensor.
        clamping_mode: "hard" keeps turned boxes within the image, "soft" lets corners without image stand out, None
            changes nothing, "auto" is the boxes' own mode.

    Raises:
        ValueError: an unknown mode; metadata beside BoundingBoxes, or none beside a tensor.
        TypeError: an input of another type.
    """
    if clamping_mode is not None and clamping_mode not in ("soft", "hard", "auto"):
        raise ValueError(f"clamping_mode must be soft, hard, auto or None, got {clamping_mode}")
    if is_pure_tensor(inpt):
        if format is None or canvas_size is None or clamping_mode == "auto":
            raise ValueError("For pure tensor inputs, `format`, `canvas_size` and `clamping_mode` have to be passed.")
        return _clamped(inpt, format, canvas_size, clamping_mode)
    if not isinstance(inpt, BoundingBoxes):
        raise TypeError(
            f"Input can either be a plain tensor or a bounding box tv_tensor, but got {type(inpt)} instead."
        )
    if format is not None or canvas_size is not None:
        raise ValueError("For bounding box tv_tensor inputs, `format` and `canvas_size` must not be passed.")
    mode = inpt.clamping_mode if clamping_mode == "auto" else clamping_mode
    return tv_tensors.wrap(_clamped(inpt.as_subclass(torch.Tensor), inpt.format, inpt.canvas_size, mode), like=inpt)


def _clamped(boxes, format, canvas_size, mode) -> torch.Tensor:
    rotated = tv_tensors.is_rotated_bounding_format(format)
    return (clamp_rotated if rotated else clamp_upright)(boxes, format, canvas_size, mode)


def clamp_keypoints(inpt, canvas_size=None) -> torch.Tensor:
    """Points moved to the nearest pixel of their image where they lie outside.

    Args:
        inpt: KeyPoints, or a tensor of shape (..., 2).
        canvas_size: height and width of the image, for a plain tensor.

    Raises:
        ValueError: a size beside KeyPoints, or none beside a tensor.
        TypeError: an input of another type.
    """
    if is_pure_tensor(inpt):
        if canvas_size is None:
            raise ValueError("For pure tensor inputs, `canvas_size` has to be passed.")
        return _clamped_points(inpt, canvas_size)
    if not isinstance(inpt, KeyPoints):
        raise TypeError(f"Input can either be a plain tensor or a keypoints tv_tensor, but got {type(inpt)} instead.")
    if canvas_size is not None:
        raise ValueError("For keypoints tv_tensor inputs, `canvas_size` must not be passed.")
    return tv_tensors.wrap(_clamped_points(inpt.as_subclass(torch.Tensor), inpt.canvas_size), like=inpt)


def _clamped_points(points: torch.Tensor, canvas_size) -> torch.Tensor:
    exact = points if points.is_floating_point() else points.float()
    x, y = exact[..., 0].clamp(0, canvas_size[1] - 1), exact[..., 1].clamp(0, canvas_size[0] - 1)
    return torch.stack([x, y], -1).to(points.dtype)
