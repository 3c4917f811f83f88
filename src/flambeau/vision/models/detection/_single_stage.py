"""Detectors of one stage: heads that tell classes and boxes for every anchor."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import flambeau as torch
from flambeau import Tensor, nn

from ...ops import Conv2dNormActivation
from ...ops import boxes as box_ops
from . import _utils as det_utils

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


class SingleStage(nn.Module):
    """What these detectors do alike; `compute_loss` and `detect` are their own."""

    transform: nn.Module
    backbone: nn.Module
    head: nn.Module
    anchor_generator: nn.Module
    nms_thresh: float
    detections_per_img: int

    def eager_outputs(self, losses, detections):
        """The losses in training, what was found otherwise."""
        return losses if self.training else detections

    def forward(self, images: list[Tensor], targets: list[dict[str, Tensor]] | None = None):
        """The losses by name in training, and otherwise for each image "boxes", "scores" and "labels".

        Args:
            images: (C, H, W), fractions from 0 to 1.
            targets: for each image "boxes" (N, 4) and "labels" (N).

        Raises:
            AssertionError: no targets in training, boxes of another shape or without an inside.
        """
        if self.training:
            det_utils.check_targets(targets)
        sizes = det_utils.sizes_of(images)
        batch, goals = self.transform(images, targets)
        det_utils.check_degenerate(goals)
        features = list(det_utils.by_name(self.backbone(batch.tensors)).values())
        outputs = self.head(features)
        anchors = self.anchor_generator(batch, features)
        if self.training:
            return self.eager_outputs(self.losses(goals, outputs, anchors, features), [])
        found = self.detect(outputs, anchors, batch.image_sizes, features)
        return self.eager_outputs({}, self.transform.postprocess(found, batch.image_sizes, sizes))

    def losses(self, targets, outputs: dict[str, Tensor], anchors: list[Tensor], features: list[Tensor]):
        """The losses by name."""
        raise NotImplementedError

    def detect(self, outputs: dict[str, Tensor], anchors: list[Tensor], sizes, features: list[Tensor]):
        """For each image what was found."""
        raise NotImplementedError

    def best(self, boxes: Sequence[Tensor], scores: Sequence[Tensor], labels: Sequence[Tensor]) -> dict[str, Tensor]:
        """Of what was found in parts of an image the best that do not overlap."""
        all_boxes, all_scores, all_labels = torch.cat(list(boxes)), torch.cat(list(scores)), torch.cat(list(labels))
        keep = box_ops.batched_nms(all_boxes, all_scores, all_labels, self.nms_thresh)[: self.detections_per_img]
        return {"boxes": all_boxes[keep], "scores": all_scores[keep], "labels": all_labels[keep]}


def matched(matcher: det_utils.Matcher, targets, anchors: list[Tensor]) -> list[Tensor]:
    """For each anchor of each image the number of its true box, or a negative number."""
    return [
        matcher(box_ops.box_iou(target["boxes"], own))
        if target["boxes"].numel()
        else torch.full((own.size(0),), -1, dtype=torch.int64)
        for own, target in zip(anchors, targets)
    ]


def rows(maps: list[Tensor], columns: int) -> Tensor:
    """What convolutions say of anchors (N, anchors * columns, H, W) as rows, (N, all anchors, columns)."""
    flat = [x.unflatten(1, (-1, columns)).permute(0, 3, 4, 1, 2).reshape(x.size(0), -1, columns) for x in maps]
    return torch.cat(flat, dim=1)


def tower(channels: int, depth: int, norm_layer: Callable[..., nn.Module] | None) -> nn.Sequential:
    """Convolutions of one width, drawn as those of detectors."""
    layers = [Conv2dNormActivation(channels, channels, norm_layer=norm_layer) for _ in range(depth)]
    return nn.Sequential(*layers)


def draw(part: nn.Module) -> None:
    """Draws the weights of convolutions near 0, and makes their biases 0."""
    for layer in part.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.normal_(layer.weight, std=0.01)
            if layer.bias is not None:
                nn.init.constant_(layer.bias, 0)


def check_backbone(backbone: nn.Module) -> None:
    """ValueError unless a backbone says how many channels its maps have."""
    if not hasattr(backbone, "out_channels"):
        raise ValueError(
            "backbone should contain an attribute out_channels specifying the number of output channels (assumed to be "
            "the same for all the levels)"
        )
