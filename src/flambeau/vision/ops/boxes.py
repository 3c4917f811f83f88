"""Boxes: which to keep of those that overlap, their areas, and how much they overlap."""

from __future__ import annotations

import flambeau as torch
from flambeau import Tensor

from ._box_convert import box_convert
from ._suppression import nms
from ._turned_boxes import turned_box_iou
from ._utils import upcast

__all__ = [
    "batched_nms", "box_area", "box_convert", "box_iou", "clip_boxes_to_image", "complete_box_iou",
    "distance_box_iou", "generalized_box_iou", "masks_to_boxes", "nms", "remove_small_boxes",
]  # fmt: skip

STRAIGHT = ("xyxy", "xywh", "cxcywh")
TURNED = ("cxcywhr", "xywhr", "xyxyxyxy")
SMALL = 4000  # numbers of boxes up to which all categories are done at once


def batched_nms(boxes: Tensor, scores: Tensor, idxs: Tensor, iou_threshold: float) -> Tensor:
    """`nms` among the boxes of each category by themselves.

    Args:
        boxes: (N, 4), two corners each.
        scores: (N).
        idxs: (N), the category of each box.
        iou_threshold: the overlap from which on the box of the lower score goes.

    Returns: int64, the numbers of the boxes that stay, the highest scores first.
    """
    if boxes.numel() > SMALL:
        return _nms_by_category(boxes, scores, idxs, iou_threshold)
    if boxes.numel() == 0:
        return torch.empty((0,), dtype=torch.int64)
    # Each category is moved to a place of its own.
    offsets = idxs.to(boxes) * (boxes.max() + torch.tensor(1).to(boxes))
    return nms(boxes + offsets[:, None], scores, iou_threshold)


def _nms_by_category(boxes: Tensor, scores: Tensor, idxs: Tensor, iou_threshold: float) -> Tensor:
    kept = torch.zeros_like(scores, dtype=torch.bool)
    for category in torch.unique(idxs):
        own = torch.where(idxs == category)[0]
        kept[own[nms(boxes[own], scores[own], iou_threshold)]] = True
    places = torch.where(kept)[0]
    return places[scores[places].sort(descending=True)[1]]


def remove_small_boxes(boxes: Tensor, min_size: float) -> Tensor:
    """The numbers of the boxes (N, 4) neither side of which is shorter than `min_size`."""
    widths, heights = boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1]
    return torch.where((widths >= min_size) & (heights >= min_size))[0]


def clip_boxes_to_image(boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Boxes (..., 4) cut off at the borders of an image of size (height, width)."""
    height, width = size
    columns = boxes[..., 0::2].clamp(min=0, max=width), boxes[..., 1::2].clamp(min=0, max=height)
    return torch.stack(columns, boxes.dim()).reshape(boxes.shape)


def box_area(boxes: Tensor, fmt: str = "xyxy") -> Tensor:
    """The areas of boxes (..., 4), written as "xyxy", "xywh" or "cxcywh"."""
    if fmt not in STRAIGHT:
        raise ValueError(f"Unsupported Bounding Box area for given format {fmt}")
    boxes = upcast(boxes)
    if fmt == "xyxy":
        return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
    return boxes[..., 2] * boxes[..., 3]


def _corners(boxes: Tensor, fmt: str) -> tuple[Tensor, Tensor]:
    """The upper left and the lower right corners."""
    first, second = boxes[..., :2], boxes[..., 2:]
    if fmt == "xyxy":
        return first, second
    return (first, first + second) if fmt == "xywh" else (first - second / 2, first + second / 2)


def _box_inter_union(boxes1: Tensor, boxes2: Tensor, fmt: str = "xyxy") -> tuple[Tensor, Tensor]:
    """The areas that boxes (..., N, 4) and (..., M, 4) share, and cover together, as (..., N, M)."""
    areas1, areas2 = box_area(boxes1, fmt), box_area(boxes2, fmt)
    low1, high1 = _corners(boxes1[..., None, :], fmt)
    low2, high2 = _corners(boxes2[..., None, :, :], fmt)
    sides = upcast(torch.min(high1, high2) - torch.max(low1, low2)).clamp(min=0)
    shared = sides[..., 0] * sides[..., 1]
    return shared, areas1[..., None] + areas2[..., None, :] - shared


def box_iou(boxes1: Tensor, boxes2: Tensor, fmt: str = "xyxy") -> Tensor:
    """The intersection over union of all pairs of boxes.

    Args:
        boxes1, boxes2: (..., N, K) and (..., M, K), K the numbers of the format.
        fmt: as for `box_convert`; of turned boxes there is one set each, (N, K) and (M, K).

    Returns: (..., N, M).

    Raises:
        ValueError: another format.
    """
    if fmt in STRAIGHT:
        shared, union = _box_inter_union(boxes1, boxes2, fmt)
        return shared / union
    if fmt in TURNED:
        return turned_box_iou(*(b if fmt == "cxcywhr" else box_convert(b, fmt, "cxcywhr") for b in (boxes1, boxes2)))
    raise ValueError(
        f"Unsupported format '{fmt}'. Supported axis-aligned formats: {STRAIGHT}. Supported rotated formats: {TURNED}."
    )


def _hull_sides(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    """The sides of the smallest boxes around all pairs, (..., N, M, 2)."""
    low = torch.min(boxes1[..., None, :2], boxes2[..., None, :, :2])
    high = torch.max(boxes1[..., None, 2:], boxes2[..., None, :, 2:])
    return upcast(high - low).clamp(min=0)


def generalized_box_iou(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    """The generalized IoU (Rezatofighi et al., 2019) of all pairs of boxes (..., N, 4), (..., M, 4)."""
    shared, union = _box_inter_union(boxes1, boxes2)
    sides = _hull_sides(boxes1, boxes2)
    hull = sides[..., 0] * sides[..., 1]
    return shared / union - (hull - union) / hull


def complete_box_iou(boxes1: Tensor, boxes2: Tensor, eps: float = 1e-7) -> Tensor:
    """The complete IoU (Zheng et al., 2019) of all pairs of boxes (..., N, 4), (..., M, 4)."""
    boxes1, boxes2 = upcast(boxes1), upcast(boxes2)
    diou, iou = _distance_iou(boxes1, boxes2, eps)
    shapes = [torch.atan((b[..., 2] - b[..., 0]) / (b[..., 3] - b[..., 1])) for b in (boxes1, boxes2)]
    v = (4 / torch.pi**2) * (shapes[0][..., None] - shapes[1][..., None, :]) ** 2
    with torch.no_grad():
        alpha = v / (1 - iou + v + eps)
    return diou - alpha * v


def distance_box_iou(boxes1: Tensor, boxes2: Tensor, eps: float = 1e-7) -> Tensor:
    """The distance IoU (Zheng et al., 2019) of all pairs of boxes (..., N, 4), (..., M, 4)."""
    return _distance_iou(upcast(boxes1), upcast(boxes2), eps)[0]


def _distance_iou(boxes1: Tensor, boxes2: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    iou, sides = box_iou(boxes1, boxes2), _hull_sides(boxes1, boxes2)
    diagonal = sides[..., 0] ** 2 + sides[..., 1] ** 2 + eps
    centres1, centres2 = ((b[..., :2] + b[..., 2:]) / 2 for b in (boxes1, boxes2))
    apart = upcast(centres1[..., None, :] - centres2[..., None, :, :]) ** 2
    return iou - (apart[..., 0] + apart[..., 1]) / diagonal, iou


def masks_to_boxes(masks: Tensor) -> Tensor:
    """The smallest boxes (N, 4) around what is not zero in masks (N, H, W); zeros for an empty mask."""
    if masks.numel() == 0:
        return torch.zeros((0, 4), dtype=torch.float)
    _, height, width = masks.shape
    filled = masks.bool()
    rows, columns = filled.any(2), filled.any(1)
    (x1, x2), (y1, y2) = _ends(columns, width), _ends(rows, height)
    boxes = torch.stack([x1, y1, x2, y2], 1).float()
    return boxes.masked_fill(~rows.any(1, keepdim=True), 0)


def _ends(line: Tensor, length: int) -> tuple[Tensor, Tensor]:
    """The first and the last place that is true."""
    truth = line.float()
    return truth.argmax(1), (length - 1) - truth.flip([1]).argmax(1)
