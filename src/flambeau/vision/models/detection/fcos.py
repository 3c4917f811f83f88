"""FCOS (Tian et al., Fully Convolutional One-Stage Object Detection, 2019)."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import flambeau as torch
from flambeau import Tensor, nn
from flambeau.nn import functional as F

from ...ops import boxes as box_ops
from ...ops import generalized_box_iou_loss, sigmoid_focal_loss
from .._published import published
from ..resnet import ResNet50_Weights
from . import _utils as det_utils
from ._builders import detector
from ._single_stage import MEAN, STD, SingleStage, check_backbone, draw, rows
from .anchor_utils import AnchorGenerator
from .faster_rcnn import trunk
from .retinanet import upper_fpn
from .transform import GeneralizedRCNNTransform

__all__ = ["FCOS", "FCOS_ResNet50_FPN_Weights", "fcos_resnet50_fpn"]


def _tower(channels: int, depth: int, norm_layer: Callable[..., nn.Module] | None) -> nn.Sequential:
    norm_layer = norm_layer or partial(nn.GroupNorm, 32)
    layers: list[nn.Module] = []
    for _ in range(depth):
        layers += [nn.Conv2d(channels, channels, 3, stride=1, padding=1), norm_layer(channels), nn.ReLU()]
    return nn.Sequential(*layers)


class FCOSHead(nn.Module):
    """Scores of classes, distances to the edges of boxes, and how near centres are, for each pixel.

    Args:
        in_channels: of maps.
        num_anchors: of a pixel.
        num_classes: how many classes.
        num_convs: convolutions of each branch.
    """

    def __init__(self, in_channels: int, num_anchors: int, num_classes: int, num_convs: int = 4) -> None:
        super().__init__()
        self.box_coder = det_utils.BoxLinearCoder(normalize_by_size=True)
        self.classification_head = FCOSClassificationHead(in_channels, num_anchors, num_classes, num_convs)
        self.regression_head = FCOSRegressionHead(in_channels, num_anchors, num_convs)

    def compute_loss(self, targets, head_outputs, anchors, matched_idxs) -> dict[str, Tensor]:
        """The losses of all three, for each pixel that has a true box."""
        pairs = [_goals(target, numbers) for target, numbers in zip(targets, matched_idxs)]
        labels, boxes = (torch.stack(list(column)) for column in zip(*pairs))
        own, logits = torch.stack(anchors), head_outputs["cls_logits"]
        there = torch.where(labels >= 0)
        wanted = torch.zeros_like(logits)
        wanted[there[0], there[1], labels[there]] = 1.0
        decoded = self.box_coder.decode(head_outputs["bbox_regression"], own)[there]
        near = _centredness(self.box_coder.encode(own[there], boxes[there]))
        found = head_outputs["bbox_ctrness"].squeeze(dim=2)[there]
        losses = {
            "classification": sigmoid_focal_loss(logits, wanted, reduction="sum"),
            "bbox_regression": generalized_box_iou_loss(decoded, boxes[there], reduction="sum"),
            "bbox_ctrness": F.binary_cross_entropy_with_logits(found, near, reduction="sum"),
        }
        return {name: loss / max(1, len(there[0])) for name, loss in losses.items()}

    def forward(self, x: list[Tensor]) -> dict[str, Tensor]:
        logits = self.classification_head(x)
        distances, centredness = self.regression_head(x)
        return {"cls_logits": logits, "bbox_regression": distances, "bbox_ctrness": centredness}


def _goals(target: dict[str, Tensor], numbers: Tensor) -> tuple[Tensor, Tensor]:
    """For each pixel its class, -1 for none, and its true box."""
    labels, boxes = target["labels"], target["boxes"]
    if len(labels) == 0:
        return labels.new_full((len(numbers),), -1), boxes.new_zeros((len(numbers), 4))
    own = numbers.clip(min=0)
    return torch.where(numbers < 0, -1, labels[own]), boxes[own]


def _centredness(distances: Tensor) -> Tensor:
    """1 at the centre of a box, less towards its edges."""
    pairs = distances[..., 0::2], distances[..., 1::2]
    shares = [pair.min(dim=-1)[0] / pair.max(dim=-1)[0] for pair in pairs]
    return torch.sqrt(shares[0] * shares[1])


class FCOSClassificationHead(nn.Module):
    """Scores of classes for each pixel; prior_probability: of there being something, at first."""

    def __init__(
        self,
        in_channels: int,
        num_anchors: int,
        num_classes: int,
        num_convs: int = 4,
        prior_probability: float = 0.01,
        norm_layer: Callable[..., nn.Module] | None = None,
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.num_anchors = num_anchors
        self.conv = _tower(in_channels, num_convs, norm_layer)
        draw(self.conv)
        self.cls_logits = nn.Conv2d(in_channels, num_anchors * num_classes, kernel_size=3, stride=1, padding=1)
        nn.init.normal_(self.cls_logits.weight, std=0.01)
        nn.init.constant_(self.cls_logits.bias, -math.log((1 - prior_probability) / prior_probability))

    def forward(self, x: list[Tensor]) -> Tensor:
        return rows([self.cls_logits(self.conv(features)) for features in x], self.num_classes)


class FCOSRegressionHead(nn.Module):
    """Distances to the edges of boxes, and how near their centres are, for each pixel."""

    def __init__(
        self,
        in_channels: int,
        num_anchors: int,
        num_convs: int = 4,
        norm_layer: Callable[..., nn.Module] | None = None,
    ) -> None:
        super().__init__()
        self.conv = _tower(in_channels, num_convs, norm_layer)
        self.bbox_reg = nn.Conv2d(in_channels, num_anchors * 4, kernel_size=3, stride=1, padding=1)
        self.bbox_ctrness = nn.Conv2d(in_channels, num_anchors * 1, kernel_size=3, stride=1, padding=1)
        for part in (self.bbox_reg, self.bbox_ctrness, self.conv):
            draw(part)

    def forward(self, x: list[Tensor]) -> tuple[Tensor, Tensor]:
        hidden = [self.conv(features) for features in x]
        return rows([F.relu(self.bbox_reg(t)) for t in hidden], 4), rows([self.bbox_ctrness(t) for t in hidden], 1)


class FCOS(SingleStage):
    """A detector of one stage without anchors: each pixel tells how far the edges of its box are.

    Args:
        backbone: gives maps, all of `out_channels` channels.
        num_classes: with the background.
        min_size, max_size, image_mean, image_std, kwargs: of GeneralizedRCNNTransform.
        anchor_generator, head: the parts; a pixel has one anchor, as wide as its stride.
        center_sampling_radius: how far from the centre of a box its pixels are, in strides.
        score_thresh, nms_thresh, detections_per_img: the least score, the overlap from which on one box goes, how many
            stay.
        topk_candidates: how many boxes of each map are looked at.

    Raises:
        ValueError: a backbone without out_channels, several anchors.
        TypeError: anchors of another type.
    """

    def __init__(
        self,
        backbone: nn.Module,
        num_classes: int,
        min_size: int = 800,
        max_size: int = 1333,
        image_mean: list[float] | None = None,
        image_std: list[float] | None = None,
        anchor_generator: AnchorGenerator | None = None,
        head: nn.Module | None = None,
        center_sampling_radius: float = 1.5,
        score_thresh: float = 0.2,
        nms_thresh: float = 0.6,
        detections_per_img: int = 100,
        topk_candidates: int = 1000,
        **kwargs,
    ) -> None:
        super().__init__()
        check_backbone(backbone)
        self.backbone = backbone
        if not isinstance(anchor_generator, (AnchorGenerator, type(None))):
            raise TypeError(
                f"anchor_generator should be of type AnchorGenerator or None, instead  got {type(anchor_generator)}"
            )
        anchors = anchor_generator or AnchorGenerator(((8,), (16,), (32,), (64,), (128,)), ((1.0,),) * 5)
        count = anchors.num_anchors_per_location()[0]
        if count != 1:
            raise ValueError(f"anchor_generator.num_anchors_per_location()[0] should be 1 instead of {count}")
        self.anchor_generator = anchors
        self.head = head or FCOSHead(backbone.out_channels, count, num_classes)
        self.box_coder = det_utils.BoxLinearCoder(normalize_by_size=True)
        self.transform = GeneralizedRCNNTransform(min_size, max_size, image_mean or MEAN, image_std or STD, **kwargs)
        self.center_sampling_radius = center_sampling_radius
        self.score_thresh = score_thresh
        self.nms_thresh = nms_thresh
        self.detections_per_img = detections_per_img
        self.topk_candidates = topk_candidates

    def losses(self, targets, outputs, anchors, features) -> dict[str, Tensor]:
        return self.compute_loss(targets, outputs, anchors, [x.size(2) * x.size(3) for x in features])

    def compute_loss(self, targets, head_outputs, anchors, num_anchors_per_level) -> dict[str, Tensor]:
        """The losses by name."""
        numbers = [self._matched(t["boxes"], own, num_anchors_per_level) for t, own in zip(targets, anchors)]
        return self.head.compute_loss(targets, head_outputs, anchors, numbers)

    def _matched(self, boxes: Tensor, anchors: Tensor, counts: list[int]) -> Tensor:
        """For each pixel the number of the smallest true box that it is inside of and that suits its map, or -1."""
        if boxes.numel() == 0:
            return torch.full((anchors.size(0),), -1, dtype=torch.int64)
        points = ((anchors[:, :2] + anchors[:, 2:]) / 2)[:, None]
        sides = anchors[:, 2] - anchors[:, 0]
        apart = (points - (boxes[:, :2] + boxes[:, 2:]) / 2).abs().max(dim=2)[0]
        edges = torch.cat([points - boxes[:, :2], boxes[:, 2:] - points], 2)
        least, most = sides * 4, sides * 8
        least[: counts[0]] = 0
        most[-counts[-1] :] = float("inf")
        furthest = edges.max(dim=2)[0]
        suits = (apart < self.center_sampling_radius * sides[:, None]) & (edges.min(dim=2)[0] > 0)
        suits &= (furthest > least[:, None]) & (furthest < most[:, None])
        # The largest of what is left of a large number is the smallest area.
        left, number = (suits.to(torch.float32) * (1e8 - box_ops.box_area(boxes)[None, :])).max(dim=1)
        return torch.where(left < 1e-5, -1, number)

    def detect(self, outputs, anchors, sizes, features) -> list[dict[str, Tensor]]:
        counts = [x.size(2) * x.size(3) for x in features]
        split = {key: list(value.split(counts, dim=1)) for key, value in outputs.items()}
        return self.postprocess_detections(split, [list(each.split(counts)) for each in anchors], sizes)

    def postprocess_detections(self, head_outputs, anchors, image_shapes) -> list[dict[str, Tensor]]:
        """For each image the best boxes, chosen from each map first."""
        found = []
        for i, size in enumerate(image_shapes):
            outputs = (head_outputs[key] for key in ("cls_logits", "bbox_ctrness", "bbox_regression"))
            levels = zip(*outputs, anchors[i])
            parts = [self._of_level(a[i], b[i], c[i], own, size) for a, b, c, own in levels]
            found.append(self.best(*zip(*parts)))
        return found

    def _of_level(self, logits: Tensor, near: Tensor, codes: Tensor, anchors: Tensor, size):
        scores = torch.sqrt(torch.sigmoid(logits) * torch.sigmoid(near)).flatten()
        places = torch.where(scores > self.score_thresh)[0]
        scores, best = scores[places].topk(det_utils._topk_min(places, self.topk_candidates, 0))
        places = places[best]
        pixels = torch.div(places, logits.shape[-1], rounding_mode="floor")
        boxes = box_ops.clip_boxes_to_image(self.box_coder.decode(codes[pixels], anchors[pixels]), size)
        return boxes, scores, places % logits.shape[-1]


FCOS_ResNet50_FPN_Weights = published("FCOS_ResNet50_FPN_Weights", __name__)


@detector(FCOS_ResNet50_FPN_Weights, ResNet50_Weights)
def fcos_resnet50_fpn(num_classes, trainable, is_trained, source, **kwargs) -> FCOS:
    """FCOS on ResNet-50 with a feature pyramid."""
    return FCOS(upper_fpn(trunk(is_trained, source), trainable, 256), num_classes, **kwargs)
