"""The focal loss of dense detection."""

from __future__ import annotations

import flambeau as torch
import flambeau.nn.functional as F
from flambeau import Tensor

from ._utils import unknown_reduction


def sigmoid_focal_loss(
    inputs: Tensor, targets: Tensor, alpha: float = 0.25, gamma: float = 2, reduction: str = "none"
) -> Tensor:
    """Binary cross entropy that weighs down what is easy (Lin et al., Focal Loss for Dense Object Detection, 2017).

    Args:
        inputs: scores of any shape.
        targets: 0 or 1, of the same shape.
        alpha: the weight of positive examples, 1 - alpha that of negative ones; -1 for neither.
        gamma: the exponent of 1 - p, p the probability given to the right answer.
        reduction: "none", "mean" or "sum".

    Raises:
        ValueError: alpha or reduction is none of these.
    """
    if not (0 <= alpha <= 1) and alpha != -1:
        raise ValueError(f"Invalid alpha value: {alpha}. alpha must be in the range [0,1] or -1 for ignore.")
    p = torch.sigmoid(inputs)
    entropy = F.binary_cross_entropy_with_logits(inputs, targets, reduction="none")
    loss = entropy * ((1 - (p * targets + (1 - p) * (1 - targets))) ** gamma)
    if alpha >= 0:
        loss = (alpha * targets + (1 - alpha) * (1 - targets)) * loss
    if reduction == "none":
        return loss
    if reduction in ("mean", "sum"):
        return loss.mean() if reduction == "mean" else loss.sum()
    raise unknown_reduction(reduction)
