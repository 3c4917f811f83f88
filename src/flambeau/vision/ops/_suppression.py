"""Of boxes that overlap, only the best stays: non-maximum suppression.

How many stay depends on the numbers, so the host decides, box by box in the order of scores; which boxes overlap is
computed by kernels, a block of boxes against all.
"""

from __future__ import annotations

import numpy as np

import flambeau as torch
from flambeau import Tensor
from flambeau.errors import TYPE_TITLES

BLOCK = 256  # boxes whose overlaps with all others are computed at once


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    """The numbers of the boxes that overlap no box of a higher score.

    Args:
        boxes: (N, 4), two corners each.
        scores: (N), of the same dtype.
        iou_threshold: the intersection over union above which the box of the lower score goes.

    Returns: int64, the highest scores first.
    """
    _check(boxes, scores)
    if boxes.numel() == 0:
        return torch.empty((0,), dtype=torch.int64)
    with torch.no_grad():
        order = scores.sort(stable=True, descending=True)[1]
        return order[torch.from_numpy(_best(boxes.detach()[order], iou_threshold))]


def _check(boxes: Tensor, scores: Tensor) -> None:
    if boxes.dim() != 2:
        raise RuntimeError(f"boxes should be a 2d tensor, got {boxes.dim()}D")
    if boxes.size(1) != 4:
        raise RuntimeError(f"boxes should have 4 elements in dimension 1, got {boxes.size(1)}")
    if scores.dim() != 1:
        raise RuntimeError(f"scores should be a 1d tensor, got {scores.dim()}D")
    if boxes.size(0) != scores.size(0):
        raise RuntimeError(
            "boxes and scores should have same number of elements in dimension 0, got "
            f"{boxes.size(0)} and {scores.size(0)}"
        )
    if boxes.dtype not in (torch.float32, torch.float64):
        raise NotImplementedError(f"\"nms_kernel\" not implemented for '{TYPE_TITLES[boxes.dtype.name]}'")
    if boxes.dtype is not scores.dtype:
        raise RuntimeError("dets should have the same type as scores")


def _best(boxes: Tensor, threshold: float) -> np.ndarray:
    """The places of what stays of boxes that come in the order of their scores."""
    count = boxes.size(0)
    gone, kept = np.zeros(count, bool), []
    bound = _below(threshold, np.float32 if boxes.dtype is torch.float32 else np.float64)
    corners = boxes.t().contiguous()
    for start in range(0, count, BLOCK):
        if gone[start : start + BLOCK].all():
            continue
        overlaps = _overlaps(corners[:, start : start + BLOCK].contiguous(), corners, bound).numpy()
        for i, row in enumerate(overlaps, start):
            if not gone[i]:
                kept.append(i)
                gone |= row
    return np.array(kept, np.int64)


def _below(threshold: float, kind: type) -> float:
    """The largest number of a type that is not above a threshold: what is larger than either is the same."""
    near = kind(threshold)
    return float(np.nextafter(near, kind(-np.inf)) if float(near) > threshold else near)


def _overlaps(some: Tensor, boxes: Tensor, threshold: float) -> Tensor:
    """Which of the boxes (4, b) overlap which of (4, n) by more than a threshold: (b, n)."""
    left, top, right, bottom = some.unsqueeze(2)
    lefts, tops, rights, bottoms = boxes.unsqueeze(1)
    width = (torch.minimum(right, rights) - torch.maximum(left, lefts)).clamp(min=0)
    height = (torch.minimum(bottom, bottoms) - torch.maximum(top, tops)).clamp(min=0)
    shared = width * height
    areas = (right - left) * (bottom - top) + (rights - lefts) * (bottoms - tops)
    return shared / (areas - shared) > threshold
