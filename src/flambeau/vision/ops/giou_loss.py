"""The loss of boxes by their generalized intersection over union."""

from __future__ import annotations

import flambeau as torch
from flambeau import Tensor

from ._utils import loss_inter_union, reduced, upcast_non_float


def generalized_box_iou_loss(boxes1: Tensor, boxes2: Tensor, reduction: str = "none", eps: float = 1e-7) -> Tensor:
    """1 - GIoU of pairs of boxes (Rezatofighi et al., Generalized Intersection over Union, 2019).

    Args:
        boxes1, boxes2: (N, 4) or (4), two corners each.
        reduction: "none", "mean" or "sum".
        eps: keeps divisions from those by zero.

    Raises:
        ValueError: another reduction.
    """
    boxes1, boxes2 = upcast_non_float(boxes1), upcast_non_float(boxes2)
    shared, union = loss_inter_union(boxes1, boxes2)
    low, high = torch.min(boxes1[..., :2], boxes2[..., :2]), torch.max(boxes1[..., 2:], boxes2[..., 2:])
    hull = (high - low).prod(-1)
    return reduced(1 - (shared / (union + eps) - (hull - union) / (hull + eps)), reduction)
