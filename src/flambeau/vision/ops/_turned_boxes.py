"""How much boxes overlap that are turned by an angle."""

from __future__ import annotations

import flambeau as torch
from flambeau import Tensor
from flambeau.errors import TYPE_TITLES

from ._box_convert import box_convert


def turned_box_iou(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    """The intersection over union of all pairs of boxes (N, 5) and (M, 5), each a centre, sides and an angle.

    Returns: float32, (N, M); without gradients.
    """
    _check(boxes1, boxes2)
    if not (boxes1.numel() and boxes2.numel()):
        return torch.empty((boxes1.size(0), boxes2.size(0)))
    first, second = (
        box_convert(b.detach().double(), "cxcywhr", "xyxyxyxy").reshape(-1, 4, 2) for b in (boxes1, boxes2)
    )
    pairs = torch.broadcast_tensors(_same_sense(first)[:, None], _same_sense(second)[None])
    shared = _shared_area(*pairs)
    union = _area(first)[:, None] + _area(second) - shared
    return torch.where(union > 0, shared / union, 0.0).float()


def _check(boxes1: Tensor, boxes2: Tensor) -> None:
    for name, boxes, rows in (("boxes1", boxes1, "N"), ("boxes2", boxes2, "M")):
        if boxes.dim() != 2 or boxes.size(1) != 5:
            raise RuntimeError(f"{name} should have shape ({rows}, 5), got {list(boxes.shape)}")
    if boxes1.dtype is not boxes2.dtype:
        raise RuntimeError("boxes1 and boxes2 must have the same dtype")
    if boxes1.dtype not in (torch.float32, torch.float64):
        raise NotImplementedError(f"\"box_iou_rotated_cpu\" not implemented for '{TYPE_TITLES[boxes1.dtype.name]}'")


def _cross(a: Tensor, b: Tensor) -> Tensor:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _signed_area(corners: Tensor) -> Tensor:
    return _cross(corners, corners.roll(-1, -2)).sum(-1) / 2


def _area(corners: Tensor) -> Tensor:
    return _signed_area(corners).abs()


def _same_sense(corners: Tensor) -> Tensor:
    """Corners in the order that gives a positive area."""
    return torch.where(_signed_area(corners)[..., None, None] < 0, corners.flip(-2), corners)


def _shared_area(first: Tensor, second: Tensor) -> Tensor:
    """The area that convex polygons share, by Green's theorem: each edge's part inside of the other polygon.

    Where edges lie on one another, the first polygon's counts.
    """
    return (_rim(first, second, True) + _rim(second, first, False)).clamp(min=0)


def _rim(polygon: Tensor, other: Tensor, closed: bool) -> Tensor:
    """The share of a polygon's edges in the area: half the cross product of the ends of what lies inside of another."""
    # About a corner of the polygons, where cross products of near points cancel least.
    centre = torch.minimum(polygon, other).amin(-2, keepdim=True)
    starts, corners = polygon - centre, other - centre
    ways, sides = starts.roll(-1, -2) - starts, corners.roll(-1, -2) - corners
    # Inside of a side: cross(side, start + t * way - corner) >= 0.
    apart = _cross(sides[..., None, :, :], starts[..., :, None, :] - corners[..., None, :, :])
    slope = _cross(sides[..., None, :, :], ways[..., :, None, :])
    parallel = slope.abs() <= 1e-12 * (apart.abs() + 1)
    meet = torch.where(parallel, 0.0, -apart / torch.where(parallel, 1.0, slope))
    low = torch.where(~parallel & (slope > 0), meet, 0.0).amax(-1).clamp(min=0)
    high = torch.where(~parallel & (slope < 0), meet, 1.0).amin(-1).clamp(max=1)
    along = (ways[..., :, None, :] * sides[..., None, :, :]).sum(-1)
    touching = apart.abs() <= 1e-9 * (sides.abs().sum(-1)[..., None, :] + 1)
    outside = parallel & torch.where(touching, (along < 0) | (not closed), apart < 0)
    ends = starts + high[..., None] * ways
    part = torch.where((high > low) & ~outside.any(-1), _cross(starts + low[..., None] * ways, ends), 0.0)
    return part.sum(-1) / 2
