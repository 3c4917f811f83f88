"""RetinaNet (Lin et al., Focal Loss for Dense Object Detection, 2017)."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import flambeau as torch
from flambeau import Tensor, nn

from ...ops import boxes as box_ops
from ...ops import sigmoid_focal_loss
from ...ops.feature_pyramid_network import LastLevelP6P7
from .._published import published
from ..resnet import ResNet50_Weights, resnet50
from . import _utils as det_utils
from ._builders import detector
from ._single_stage import MEAN, STD, SingleStage, check_backbone, draw, matched, rows, tower
from .anchor_utils import AnchorGenerator
from .backbone_utils import _resnet_fpn_extractor
from .faster_rcnn import trunk
from .transform import GeneralizedRCNNTransform

__all__ = [
    "RetinaNet",
    "RetinaNet_ResNet50_FPN_V2_Weights",
    "RetinaNet_ResNet50_FPN_Weights",
    "retinanet_resnet50_fpn",
    "retinanet_resnet50_fpn_v2",
]


def _default_anchorgen() -> AnchorGenerator:
    sizes = tuple(tuple(int(x * 2 ** (i / 3)) for i in range(3)) for x in (32, 64, 128, 256, 512))
    return AnchorGenerator(sizes, ((0.5, 1.0, 2.0),) * len(sizes))


class _Branch(nn.Module):
    """Four convolutions, and whatever follows; of the first version convolutions and activations had numbers."""

    _version = 2

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, *args) -> None:
        if (local_metadata.get("version") or 1) < 2:
            for i in range(4):
                for part in ("weight", "bias"):
                    old = f"{prefix}conv.{2 * i}.{part}"
                    if old in state_dict:
                        state_dict[f"{prefix}conv.{i}.0.{part}"] = state_dict.pop(old)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *args)


class RetinaNetHead(nn.Module):
    """Scores of classes and codes of boxes for each anchor.

    Args:
        in_channels: of maps.
        num_anchors: of a pixel.
        num_classes: how many classes.
        norm_layer: makes normalisations.
    """

    def __init__(
        self, in_channels: int, num_anchors: int, num_classes: int, norm_layer: Callable[..., nn.Module] | None = None
    ) -> None:
        super().__init__()
        classes = RetinaNetClassificationHead(in_channels, num_anchors, num_classes, norm_layer=norm_layer)
        self.classification_head = classes
        self.regression_head = RetinaNetRegressionHead(in_channels, num_anchors, norm_layer=norm_layer)

    def compute_loss(self, targets, head_outputs, anchors, matched_idxs) -> dict[str, Tensor]:
        """The losses of both."""
        return {
            "classification": self.classification_head.compute_loss(targets, head_outputs, matched_idxs),
            "bbox_regression": self.regression_head.compute_loss(targets, head_outputs, anchors, matched_idxs),
        }

    def forward(self, x: list[Tensor]) -> dict[str, Tensor]:
        return {"cls_logits": self.classification_head(x), "bbox_regression": self.regression_head(x)}


class RetinaNetClassificationHead(_Branch):
    """Scores of classes for each anchor; prior_probability: of there being something, at first."""

    def __init__(
        self,
        in_channels: int,
        num_anchors: int,
        num_classes: int,
        prior_probability: float = 0.01,
        norm_layer: Callable[..., nn.Module] | None = None,
    ) -> None:
        super().__init__()
        self.conv = tower(in_channels, 4, norm_layer)
        draw(self.conv)
        self.cls_logits = nn.Conv2d(in_channels, num_anchors * num_classes, kernel_size=3, stride=1, padding=1)
        nn.init.normal_(self.cls_logits.weight, std=0.01)
        nn.init.constant_(self.cls_logits.bias, -math.log((1 - prior_probability) / prior_probability))
        self.num_classes = num_classes
        self.num_anchors = num_anchors
        self.BETWEEN_THRESHOLDS = det_utils.Matcher.BETWEEN_THRESHOLDS

    def compute_loss(self, targets, head_outputs, matched_idxs) -> Tensor:
        """The focal loss of all anchors of which something is known, for each true box."""
        losses = []
        for target, logits, numbers in zip(targets, head_outputs["cls_logits"], matched_idxs):
            there = torch.where(numbers >= 0)[0]
            wanted = torch.zeros_like(logits)
            wanted[there, target["labels"][numbers[there]]] = 1.0
            known = numbers != self.BETWEEN_THRESHOLDS
            losses.append(sigmoid_focal_loss(logits[known], wanted[known], reduction="sum") / max(1, len(there)))
        return sum(losses[1:], losses[0]) / len(targets)

    def forward(self, x: list[Tensor]) -> Tensor:
        return rows([self.cls_logits(self.conv(features)) for features in x], self.num_classes)


class RetinaNetRegressionHead(_Branch):
    """Codes of boxes for each anchor."""

    def __init__(self, in_channels: int, num_anchors: int, norm_layer: Callable[..., nn.Module] | None = None) -> None:
        super().__init__()
        self.conv = tower(in_channels, 4, norm_layer)
        self.bbox_reg = nn.Conv2d(in_channels, num_anchors * 4, kernel_size=3, stride=1, padding=1)
        nn.init.normal_(self.bbox_reg.weight, std=0.01)
        nn.init.zeros_(self.bbox_reg.bias)
        draw(self.conv)
        self.box_coder = det_utils.BoxCoder(weights=(1.0, 1.0, 1.0, 1.0))
        self._loss_type = "l1"

    def compute_loss(self, targets, head_outputs, anchors, matched_idxs) -> Tensor:
        """The loss of the codes of anchors at true boxes."""
        losses = []
        for target, codes, own, numbers in zip(targets, head_outputs["bbox_regression"], anchors, matched_idxs):
            there = torch.where(numbers >= 0)[0]
            goals = target["boxes"][numbers[there]]
            loss = det_utils._box_loss(self._loss_type, self.box_coder, own[there], goals, codes[there])
            losses.append(loss / max(1, len(there)))
        return sum(losses[1:], losses[0]) / max(1, len(targets))

    def forward(self, x: list[Tensor]) -> Tensor:
        return rows([self.bbox_reg(self.conv(features)) for features in x], 4)


class RetinaNet(SingleStage):
    """A detector of one stage on a feature pyramid.

    Args:
        backbone: gives maps, all of `out_channels` channels.
        num_classes: with the background.
        min_size, max_size, image_mean, image_std, kwargs: of GeneralizedRCNNTransform.
        anchor_generator, head, proposal_matcher: the parts.
        score_thresh, nms_thresh, detections_per_img: the least score, the overlap from which on one box goes, how many
            stay.
        fg_iou_thresh, bg_iou_thresh: of the matcher.
        topk_candidates: how many boxes of each map are looked at.

    Raises:
        ValueError: a backbone without out_channels.
        TypeError: anchors of another type.
    """

    def __init__(
        self,
        backbone,
        num_classes,
        min_size=800,
        max_size=1333,
        image_mean=None,
        image_std=None,
        anchor_generator=None,
        head=None,
        proposal_matcher=None,
        score_thresh=0.05,
        nms_thresh=0.5,
        detections_per_img=300,
        fg_iou_thresh=0.5,
        bg_iou_thresh=0.4,
        topk_candidates=1000,
        **kwargs,
    ) -> None:
        super().__init__()
        check_backbone(backbone)
        self.backbone = backbone
        if not isinstance(anchor_generator, (AnchorGenerator, type(None))):
            raise TypeError(
                f"anchor_generator should be of type AnchorGenerator or None instead of {type(anchor_generator)}"
            )
        anchors = anchor_generator or _default_anchorgen()
        self.anchor_generator = anchors
        self.head = head or RetinaNetHead(backbone.out_channels, anchors.num_anchors_per_location()[0], num_classes)
        self.proposal_matcher = proposal_matcher or det_utils.Matcher(fg_iou_thresh, bg_iou_thresh, True)
        self.box_coder = det_utils.BoxCoder(weights=(1.0, 1.0, 1.0, 1.0))
        self.transform = GeneralizedRCNNTransform(min_size, max_size, image_mean or MEAN, image_std or STD, **kwargs)
        self.score_thresh = score_thresh
        self.nms_thresh = nms_thresh
        self.detections_per_img = detections_per_img
        self.topk_candidates = topk_candidates

    def compute_loss(self, targets, head_outputs, anchors) -> dict[str, Tensor]:
        """The losses by name."""
        numbers = matched(self.proposal_matcher, targets, anchors)
        return self.head.compute_loss(targets, head_outputs, anchors, numbers)

    def losses(self, targets, outputs, anchors, features) -> dict[str, Tensor]:
        return self.compute_loss(targets, outputs, anchors)

    def detect(self, outputs, anchors, sizes, features) -> list[dict[str, Tensor]]:
        pixels = [x.size(2) * x.size(3) for x in features]
        share = outputs["cls_logits"].size(1) // sum(pixels)
        counts = [n * share for n in pixels]
        split = {key: list(value.split(counts, dim=1)) for key, value in outputs.items()}
        return self.postprocess_detections(split, [list(each.split(counts)) for each in anchors], sizes)

    def postprocess_detections(self, head_outputs, anchors, image_shapes) -> list[dict[str, Tensor]]:
        """For each image the best boxes, chosen from each map first."""
        found = []
        for i, size in enumerate(image_shapes):
            levels = zip(head_outputs["cls_logits"], head_outputs["bbox_regression"], anchors[i])
            parts = [self._of_level(logits[i], codes[i], own, size) for logits, codes, own in levels]
            found.append(self.best(*zip(*parts)))
        return found

    def _of_level(self, logits: Tensor, codes: Tensor, anchors: Tensor, size) -> tuple[Tensor, Tensor, Tensor]:
        scores = torch.sigmoid(logits).flatten()
        places = torch.where(scores > self.score_thresh)[0]
        scores, best = scores[places].topk(det_utils._topk_min(places, self.topk_candidates, 0))
        places = places[best]
        rows_of = torch.div(places, logits.shape[-1], rounding_mode="floor")
        boxes = self.box_coder.decode_single(codes[rows_of], anchors[rows_of])
        return box_ops.clip_boxes_to_image(boxes, size), scores, places % logits.shape[-1]


def upper_fpn(network: nn.Module, trainable: int, channels: int) -> nn.Module:
    """A pyramid without the largest map, which has too many anchors, and with two smaller ones, made of `channels`."""
    extra = LastLevelP6P7(channels, 256)
    return _resnet_fpn_extractor(network, trainable, returned_layers=[2, 3, 4], extra_blocks=extra)


RetinaNet_ResNet50_FPN_Weights = published("RetinaNet_ResNet50_FPN_Weights", __name__)
RetinaNet_ResNet50_FPN_V2_Weights = published("RetinaNet_ResNet50_FPN_V2_Weights", __name__)


@detector(RetinaNet_ResNet50_FPN_Weights, ResNet50_Weights, zero_eps=("COCO_V1",))
def retinanet_resnet50_fpn(num_classes, trainable, is_trained, source, **kwargs) -> RetinaNet:
    """RetinaNet on ResNet-50 with a feature pyramid."""
    return RetinaNet(upper_fpn(trunk(is_trained, source), trainable, 256), num_classes, **kwargs)


@detector(RetinaNet_ResNet50_FPN_V2_Weights, ResNet50_Weights, backbone_default=None)
def retinanet_resnet50_fpn_v2(num_classes, trainable, is_trained, source, **kwargs) -> RetinaNet:
    """RetinaNet on ResNet-50 with a feature pyramid, the second version."""
    backbone = upper_fpn(resnet50(**source), trainable, 2048)
    anchors = _default_anchorgen()
    settings = backbone.out_channels, anchors.num_anchors_per_location()[0], num_classes
    head = RetinaNetHead(*settings, norm_layer=partial(nn.GroupNorm, 32))
    head.regression_head._loss_type = "giou"
    return RetinaNet(backbone, num_classes, anchor_generator=anchors, head=head, **kwargs)
