"""The loss of boxes by their complete intersection over union."""

from __future__ import annotations

import flambeau as torch
from flambeau import Tensor

from ._utils import reduced, upcast_non_float
from .diou_loss import distance_loss


def complete_box_iou_loss(boxes1: Tensor, boxes2: Tensor, reduction: str = "none", eps: float = 1e-7) -> Tensor:
    """1 - CIoU of pairs of boxes, which weighs their shapes as well (Zheng et al., Distance-IoU Loss, 2019).

    Arguments and errors: as of `generalized_box_iou_loss`.
    """
    boxes1, boxes2 = upcast_non_float(boxes1), upcast_non_float(boxes2)
    loss, iou = distance_loss(boxes1, boxes2)
    shape1, shape2 = (torch.atan((b[..., 2] - b[..., 0]) / (b[..., 3] - b[..., 1])) for b in (boxes1, boxes2))
    v = (4 / torch.pi**2) * (shape2 - shape1) ** 2
    with torch.no_grad():
        alpha = v / (1 - iou + v + eps)
    return reduced(loss + alpha * v, reduction)
