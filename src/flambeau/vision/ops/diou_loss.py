"""The loss of boxes by their distance intersection over union."""

from __future__ import annotations

import flambeau as torch
from flambeau import Tensor

from ._utils import loss_inter_union, reduced, upcast_non_float


def distance_box_iou_loss(boxes1: Tensor, boxes2: Tensor, reduction: str = "none", eps: float = 1e-7) -> Tensor:
    """1 - DIoU of pairs of boxes (Zheng et al., Distance-IoU Loss, 2019).

    Arguments and errors: as of `generalized_box_iou_loss`.
    """
    return reduced(distance_loss(upcast_non_float(boxes1), upcast_non_float(boxes2), eps)[0], reduction)


def distance_loss(boxes1: Tensor, boxes2: Tensor, eps: float = 1e-7) -> tuple[Tensor, Tensor]:
    """The loss of each pair, and its intersection over union."""
    shared, union = loss_inter_union(boxes1, boxes2)
    iou = shared / (union + eps)
    low, high = torch.min(boxes1[..., :2], boxes2[..., :2]), torch.max(boxes1[..., 2:], boxes2[..., 2:])
    diagonal = ((high - low) ** 2).sum(-1) + eps
    centres1, centres2 = ((b[..., :2] + b[..., 2:]) / 2 for b in (boxes1, boxes2))
    return 1 - iou + ((centres1 - centres2) ** 2).sum(-1) / diagonal, iou
