"""Detectors of two stages: regions are proposed, and then looked at."""

from __future__ import annotations

import flambeau as torch
from flambeau import nn

from ._utils import by_name, check_degenerate, check_targets, sizes_of


class GeneralizedRCNN(nn.Module):
    """A backbone, a network that proposes regions, and heads that look at them.

    Args:
        backbone: gives feature maps.
        rpn: proposes regions.
        roi_heads: looks at them.
        transform: prepares images and targets, and brings what is found back.
    """

    def __init__(self, backbone: nn.Module, rpn: nn.Module, roi_heads: nn.Module, transform: nn.Module) -> None:
        super().__init__()
        self.transform = transform
        self.backbone = backbone
        self.rpn = rpn
        self.roi_heads = roi_heads

    def eager_outputs(self, losses, detections):
        """The losses in training, what was found otherwise."""
        return losses if self.training else detections

    def forward(self, images: list[torch.Tensor], targets: list[dict[str, torch.Tensor]] | None = None):
        """The losses by name in training, and otherwise for each image what was found.

        Args:
            images: (C, H, W), fractions from 0 to 1.
            targets: for each image "boxes" (N, 4), "labels" (N), and what the heads want besides.

        Raises:
            AssertionError: no targets in training, boxes of another shape or without an inside.
        """
        if self.training:
            check_targets(targets)
        sizes = sizes_of(images)
        batch, goals = self.transform(images, targets)
        check_degenerate(goals)
        features = by_name(self.backbone(batch.tensors))
        proposals, proposal_losses = self.rpn(batch, features, goals)
        found, losses = self.roi_heads(features, proposals, batch.image_sizes, goals)
        found = self.transform.postprocess(found, batch.image_sizes, sizes)
        return self.eager_outputs({**losses, **proposal_losses}, found)
