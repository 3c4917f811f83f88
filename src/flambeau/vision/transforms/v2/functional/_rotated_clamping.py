"""Turned boxes cut to their image: the sides move, the angle stays.

A box of four corners is first put so that its leftmost corner comes first; then the sides that meet there move so that
this corner does not lie left of the image. The same with image and box turned by a quarter, four times, does it for all
edges of the image. Lines are y = slope * x + intercept; line k goes through corners k and k + 1.
"""

from __future__ import annotations

import flambeau as torch

from ....tv_tensors import BoundingBoxFormat
from ._box_formats import converted

CORNERS = BoundingBoxFormat.XYXYXYXY


def clamp_rotated(boxes: torch.Tensor, format, canvas_size, clamping_mode: str | None) -> torch.Tensor:
    """Turned boxes cut to their image.

    Args:
        boxes: shape (..., 5) or (..., 8), floating point.
        format: what the coordinates are.
        canvas_size: height and width of the image.
        clamping_mode: "hard": the largest box of the same angle inside of box and image. "soft": the smallest box
            around what both share. None: no change.
    """
    if clamping_mode is None:
        return boxes.clone()
    clamped = converted(boxes, format, CORNERS).reshape(-1, 8)
    original = clamped
    for _ in range(4):
        places = _leftmost_first(clamped)
        clamped, original = clamped.gather(1, places), original.gather(1, places)
        clamped = _clamp_left(clamped, original, canvas_size, clamping_mode)
        # Gathering by the same places once more, as the reference does, is no inverse for every turn.
        clamped, original = clamped.gather(1, places), original.gather(1, places)
        clamped, original = (_quarter_turn(points, canvas_size[1]) for points in (clamped, original))
        canvas_size = (canvas_size[1], canvas_size[0])
    return converted(clamped, CORNERS, format).reshape(boxes.shape)


def _leftmost_first(boxes: torch.Tensor) -> torch.Tensor:
    """Where each coordinate is taken from so that the leftmost corner (of those, the upper one) comes first."""
    x, y = boxes[:, 0::2], boxes[:, 1::2]
    largest_x, largest_y = x.abs().amax(1, keepdim=True), y.abs().amax(1, keepdim=True)
    first = (y / largest_y + (x / largest_x) * 100).min(dim=1)[1]
    return (first.mul(2).unsqueeze(1) + torch.arange(8)).remainder(8)


def _quarter_turn(boxes: torch.Tensor, width: int) -> torch.Tensor:
    x, y = boxes[:, 0::2], boxes[:, 1::2]
    return torch.stack([y, width - x], -1).reshape(-1, 8)


def _lines(boxes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Slopes and intercepts of the four sides."""
    x, y = boxes[..., 0::2], boxes[..., 1::2]
    slopes = y.diff(append=y[..., 0:1]) / x.diff(append=x[..., 0:1])
    return slopes, y - slopes * x


def _corners(slopes: torch.Tensor, intercepts: torch.Tensor) -> torch.Tensor:
    """Where each side meets the one before it."""
    x = intercepts.diff(prepend=intercepts[..., 3:4]).neg() / slopes.diff(prepend=slopes[..., 3:4])
    return torch.stack([x, slopes * x + intercepts], -1).reshape(-1, 8)


def _clamp_left(boxes, original, canvas_size, mode) -> torch.Tensor:
    slopes, _ = _lines(boxes)
    x1, y1, x2, y2, x3, y3, x4, y4 = boxes.unbind(-1)
    moved = _corners(slopes, _moved_intercepts(boxes, original, canvas_size, mode))
    upright = torch.cat([boxes[:, :1].clamp(0), boxes[:, 1:6], boxes[:, 6:7].clamp(0), boxes[:, 7:]], 1)
    is_upright = y1.isclose(y2) | y3.isclose(y4)
    outside = (x1 <= 0) & (x2 <= 0) & (x3 <= 0) & (x4 <= 0)
    empty = outside | y1.isclose(y4) | y2.isclose(y3) | (is_upright & x1.isclose(x2))
    sticks_out = (x1 < 0) & ~moved.isnan().any(-1)
    boxes = torch.where(sticks_out.unsqueeze(1), moved, boxes)
    boxes = torch.where(is_upright.unsqueeze(1), upright, boxes)
    return torch.where(empty.unsqueeze(1), torch.zeros_like(boxes), boxes)


def _moved_intercepts(boxes, original, canvas_size, mode) -> torch.Tensor:
    slopes, intercepts = _lines(boxes)
    b1, b2, b3, b4 = intercepts.unbind(-1)
    b1, b4 = b2.clamp(b1, b3).clamp(0, canvas_size[0]), b3.clamp(b2, b4).clamp(0, canvas_size[0])
    if mode == "hard":
        b1 = b4 = (b1 + b4) / 2
        b2, b3 = _largest_inside(slopes.unbind(-1), (b1, b2, b3, b4), canvas_size)
    low1, low2, high3, high4 = _lines(original)[1].unbind(-1)
    b1, b3 = b1.clamp(low1, high3), b3.clamp(low1, high3)
    b2 = b2.clamp(low2, high4)
    b1, b4 = (b1.clamp(low2, high4),) * 2 if mode == "hard" else (b1, b4.clamp(low2, high4))
    return torch.stack([b1, b2, b3, b4], -1)


def _largest_inside(slopes, intercepts, canvas_size) -> tuple:
    """The intercepts of the second and third side that keep a box within the image."""
    (a1, a2, a3, a4), (b1, b2, b3, b4), (height, width) = slopes, intercepts, canvas_size
    at_top = [b1 * a2 / a1, b3 * a2 / a3]
    at_right = [(a1 - a2) * width + b1, (a3 - a2) * width + b3]
    b2 = torch.minimum(torch.stack(at_top + at_right, 1).amax(1), b2)
    at_bottom = [height * (1 - a3 / a4) + b4 * a3 / a4, height * (1 - a3 / a2) + b2 * a3 / a2]
    at_right = [(a2 - a3) * width + b2, (a4 - a3) * width + b4]
    b3 = torch.maximum(torch.stack(at_bottom + at_right, 1).amin(1), b3)
    return b2, b3
