"""SSD (Liu et al., Single Shot MultiBox Detector, 2016)."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from typing import Any

import flambeau as torch
from flambeau import Tensor, nn
from flambeau.nn import functional as F

from ...ops import boxes as box_ops
from .._published import published
from ..vgg import VGG, VGG16_Weights, vgg16
from . import _utils as det_utils
from ._builders import detector
from ._single_stage import MEAN, STD, SingleStage, matched, rows
from .anchor_utils import DefaultBoxGenerator
from .transform import GeneralizedRCNNTransform

__all__ = ["SSD300_VGG16_Weights", "ssd300_vgg16"]


def _xavier_init(conv: nn.Module) -> None:
    for layer in conv.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.constant_(layer.bias, 0.0)


class SSDHead(nn.Module):
    """Scores of classes and codes of boxes for each default box.

    Args:
        in_channels, num_anchors: of each map, and of its pixels.
        num_classes: with the background.
    """

    def __init__(self, in_channels: list[int], num_anchors: list[int], num_classes: int) -> None:
        super().__init__()
        self.classification_head = SSDClassificationHead(in_channels, num_anchors, num_classes)
        self.regression_head = SSDRegressionHead(in_channels, num_anchors)

    def forward(self, x: list[Tensor]) -> dict[str, Tensor]:
        return {"bbox_regression": self.regression_head(x), "cls_logits": self.classification_head(x)}


class SSDScoringHead(nn.Module):
    """A module for each map, whose results become rows.

    Args:
        module_list: the modules.
        num_columns: of a row.
    """

    def __init__(self, module_list: nn.ModuleList, num_columns: int) -> None:
        super().__init__()
        self.module_list = module_list
        self.num_columns = num_columns

    def forward(self, x: list[Tensor]) -> Tensor:
        return rows([module(features) for module, features in zip(self.module_list, x)], self.num_columns)


def _convolutions(in_channels: list[int], num_anchors: list[int], columns: int) -> nn.ModuleList:
    pairs = zip(in_channels, num_anchors)
    layers = nn.ModuleList([nn.Conv2d(a, columns * count, kernel_size=3, padding=1) for a, count in pairs])
    _xavier_init(layers)
    return layers


class SSDClassificationHead(SSDScoringHead):
    """Scores of classes for each default box."""

    def __init__(self, in_channels: list[int], num_anchors: list[int], num_classes: int) -> None:
        super().__init__(_convolutions(in_channels, num_anchors, num_classes), num_classes)


class SSDRegressionHead(SSDScoringHead):
    """Codes of boxes for each default box."""

    def __init__(self, in_channels: list[int], num_anchors: list[int]) -> None:
        super().__init__(_convolutions(in_channels, num_anchors, 4), 4)


class SSD(SingleStage):
    """A detector of one stage on maps of many scales.

    Args:
        backbone: gives maps.
        anchor_generator: makes default boxes.
        size: (width, height) that all images get.
        num_classes: with the background.
        image_mean, image_std, kwargs: of GeneralizedRCNNTransform.
        head: tells classes and boxes.
        score_thresh, nms_thresh, detections_per_img: the least score, the overlap from which on one box goes, how many
            stay.
        iou_thresh: the overlap with a true box from which on there is something.
        topk_candidates: how many boxes of each class are looked at.
        positive_fraction: which part of what training looks at is there.

    Raises:
        ValueError: another number of maps than the default boxes are for.
    """

    def __init__(
        self,
        backbone: nn.Module,
        anchor_generator: DefaultBoxGenerator,
        size: tuple[int, int],
        num_classes: int,
        image_mean: list[float] | None = None,
        image_std: list[float] | None = None,
        head: nn.Module | None = None,
        score_thresh: float = 0.01,
        nms_thresh: float = 0.45,
        detections_per_img: int = 200,
        iou_thresh: float = 0.5,
        topk_candidates: int = 400,
        positive_fraction: float = 0.25,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.anchor_generator = anchor_generator
        self.box_coder = det_utils.BoxCoder(weights=(10.0, 10.0, 5.0, 5.0))
        self.head = head or _head_for(backbone, anchor_generator, size, num_classes)
        self.proposal_matcher = det_utils.SSDMatcher(iou_thresh)
        scales = min(size), max(size), image_mean or MEAN, image_std or STD
        self.transform = GeneralizedRCNNTransform(*scales, size_divisible=1, fixed_size=size, **kwargs)
        self.score_thresh = score_thresh
        self.nms_thresh = nms_thresh
        self.detections_per_img = detections_per_img
        self.topk_candidates = topk_candidates
        self.neg_to_pos_ratio = (1.0 - positive_fraction) / positive_fraction

    def losses(self, targets, outputs, anchors, features) -> dict[str, Tensor]:
        return self.compute_loss(targets, outputs, anchors, matched(self.proposal_matcher, targets, anchors))

    def compute_loss(self, targets, head_outputs, anchors, matched_idxs) -> dict[str, Tensor]:
        """The losses of boxes, and of classes where something is and where it was hardest to see that nothing is."""
        box_losses, classes, count = [], [], 0
        for target, codes, own, numbers in zip(targets, head_outputs["bbox_regression"], anchors, matched_idxs):
            there = torch.where(numbers >= 0)[0]
            count += len(there)
            goals = self.box_coder.encode_single(target["boxes"][numbers[there]], own[there])
            box_losses.append(F.smooth_l1_loss(codes[there], goals, reduction="sum"))
            wanted = torch.zeros((len(numbers),), dtype=target["labels"].dtype)
            wanted[there] = target["labels"][numbers[there]]
            classes.append(wanted)
        wanted, logits = torch.stack(classes), head_outputs["cls_logits"]
        losses = F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), reduction="none").reshape(wanted.shape)
        positive = wanted > 0
        hardest = losses.masked_fill(positive, -float("inf")).sort(1, descending=True)[1].sort(1)[1]
        negative = hardest < self.neg_to_pos_ratio * positive.sum(1, keepdim=True)
        return {
            "bbox_regression": torch.stack(box_losses).sum() / max(1, count),
            "classification": (losses[positive].sum() + losses[negative].sum()) / max(1, count),
        }

    def detect(self, outputs, anchors, sizes, features) -> list[dict[str, Tensor]]:
        return self.postprocess_detections(outputs, anchors, sizes)

    def postprocess_detections(self, head_outputs, image_anchors, image_shapes) -> list[dict[str, Tensor]]:
        """For each image the best boxes, chosen for each class first."""
        shares = F.softmax(head_outputs["cls_logits"], dim=-1)
        found = []
        for codes, scores, own, size in zip(head_outputs["bbox_regression"], shares, image_anchors, image_shapes):
            boxes = box_ops.clip_boxes_to_image(self.box_coder.decode_single(codes, own), size)
            parts = [self._of_class(boxes, scores[:, label], label) for label in range(1, scores.size(-1))]
            found.append(self.best(*zip(*parts)))
        return found

    def _of_class(self, boxes: Tensor, scores: Tensor, label: int) -> tuple[Tensor, Tensor, Tensor]:
        places = torch.where(scores > self.score_thresh)[0]
        best, order = scores[places].topk(det_utils._topk_min(places, self.topk_candidates, 0))
        return boxes[places[order]], best, torch.full((len(best),), label, dtype=torch.int64)


def _head_for(backbone: nn.Module, boxes: DefaultBoxGenerator, size: tuple[int, int], num_classes: int) -> SSDHead:
    known = hasattr(backbone, "out_channels")
    channels = backbone.out_channels if known else det_utils.retrieve_out_channels(backbone, size)
    if len(channels) != len(boxes.aspect_ratios):
        raise ValueError(
            f"The length of the output channels from the backbone ({len(channels)}) do not match the length of the "
            f"anchor generator aspect ratios ({len(boxes.aspect_ratios)})"
        )
    return SSDHead(channels, boxes.num_anchors_per_location(), num_classes)


def _narrowed(channels: int, inner: int, out: int, **kwargs: Any) -> nn.Sequential:
    """A convolution of one pixel and one of several, which makes maps smaller."""
    parts = nn.Conv2d(channels, inner, kernel_size=1), nn.Conv2d(inner, out, **kwargs)
    return nn.Sequential(parts[0], nn.ReLU(inplace=True), parts[1], nn.ReLU(inplace=True))


class SSDFeatureExtractorVGG(nn.Module):
    """VGG without its last layers, and more convolutions.

    Args:
        backbone: its features.
        highres: whether it is for images of 512 pixels.
    """

    def __init__(self, backbone: nn.Module, highres: bool) -> None:
        super().__init__()
        pools = [i for i, layer in enumerate(backbone) if isinstance(layer, nn.MaxPool2d)]
        backbone[pools[2]].ceil_mode = True
        self.scale_weight = nn.Parameter(torch.ones(512) * 20)
        self.features = nn.Sequential(*backbone[: pools[3]])
        extra = nn.ModuleList(
            [
                _narrowed(1024, 256, 512, kernel_size=3, padding=1, stride=2),
                _narrowed(512, 128, 256, kernel_size=3, padding=1, stride=2),
                _narrowed(256, 128, 256, kernel_size=3),
                _narrowed(256, 128, 256, kernel_size=3),
            ]
        )
        if highres:
            extra.append(_narrowed(256, 128, 256, kernel_size=4))
        _xavier_init(extra)
        fc = nn.Sequential(
            nn.MaxPool2d(kernel_size=3, stride=1, padding=1, ceil_mode=False),
            nn.Conv2d(512, 1024, kernel_size=3, padding=6, dilation=6),
            nn.ReLU(inplace=True),
            nn.Conv2d(1024, 1024, kernel_size=1),
            nn.ReLU(inplace=True),
        )
        _xavier_init(fc)
        extra.insert(0, nn.Sequential(*backbone[pools[3] : -1], fc))
        self.extra = extra

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        x = self.features(x)
        maps = [self.scale_weight.reshape(1, -1, 1, 1) * F.normalize(x)]
        for block in self.extra:
            x = block(x)
            maps.append(x)
        return OrderedDict((str(i), x) for i, x in enumerate(maps))


def _vgg_extractor(backbone: VGG, highres: bool, trainable_layers: int) -> SSDFeatureExtractorVGG:
    layers = backbone.features
    stages = [0] + [i for i, layer in enumerate(layers) if isinstance(layer, nn.MaxPool2d)][:-1]
    if not 0 <= trainable_layers <= len(stages):
        raise AssertionError(
            f"trainable_layers should be in the range [0, {len(stages)}]. Instead got {trainable_layers}"
        )
    frozen = len(layers) if trainable_layers == 0 else stages[len(stages) - trainable_layers]
    for layer in layers[:frozen]:
        for parameter in layer.parameters():
            parameter.requires_grad_(False)
    return SSDFeatureExtractorVGG(layers, highres)


SSD300_VGG16_Weights = published("SSD300_VGG16_Weights", __name__)
_FEATURES = VGG16_Weights.IMAGENET1K_FEATURES


@detector(SSD300_VGG16_Weights, VGG16_Weights, layers=(5, 4), backbone_default=_FEATURES, backbone_legacy=_FEATURES)
def ssd300_vgg16(num_classes, trainable, is_trained, source, **kwargs) -> SSD:
    """SSD on VGG-16 for images of 300 pixels."""
    if "size" in kwargs:
        warnings.warn("The size of the model is already fixed; ignoring the parameter.", stacklevel=3)
    backbone = _vgg_extractor(vgg16(**source), False, trainable)
    boxes = DefaultBoxGenerator(
        [[2], [2, 3], [2, 3], [2, 3], [2], [2]],
        scales=[0.07, 0.15, 0.33, 0.51, 0.69, 0.87, 1.05],
        steps=[8, 16, 32, 64, 100, 300],
    )
    # Its weights are those of Caffe, for pixels up to 255.
    pixels = {"image_mean": [0.48235, 0.45882, 0.40784], "image_std": [1.0 / 255.0] * 3}
    return SSD(backbone, boxes, (300, 300), num_classes, **{**pixels, **kwargs})
