"""SSDlite: SSD of separable convolutions on a MobileNet (Sandler et al., MobileNetV2, 2018)."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

from flambeau import Tensor, nn

from ...ops.misc import Conv2dNormActivation
from .._published import published
from ..mobilenetv3 import MobileNet_V3_Large_Weights, mobilenet_v3_large
from . import _utils as det_utils
from ._builders import detector
from .anchor_utils import DefaultBoxGenerator
from .backbone_utils import freeze_stages
from .ssd import SSD, SSDScoringHead

__all__ = ["SSDLite320_MobileNet_V3_Large_Weights", "ssdlite320_mobilenet_v3_large"]


def _prediction_block(
    in_channels: int, out_channels: int, kernel_size: int, norm_layer: Callable[..., nn.Module]
) -> nn.Sequential:
    depthwise = Conv2dNormActivation(
        in_channels, in_channels, kernel_size, groups=in_channels, norm_layer=norm_layer, activation_layer=nn.ReLU6
    )
    return nn.Sequential(depthwise, nn.Conv2d(in_channels, out_channels, 1))


def _extra_block(in_channels: int, out_channels: int, norm_layer: Callable[..., nn.Module]) -> nn.Sequential:
    """Halves a map: narrower, depthwise, wider."""
    layer, inner = partial(Conv2dNormActivation, norm_layer=norm_layer, activation_layer=nn.ReLU6), out_channels // 2
    return nn.Sequential(
        layer(in_channels, inner, kernel_size=1),
        layer(inner, inner, kernel_size=3, stride=2, groups=inner),
        layer(inner, out_channels, kernel_size=1),
    )


def _normal_init(conv: nn.Module) -> None:
    for layer in conv.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.normal_(layer.weight, mean=0.0, std=0.03)
            if layer.bias is not None:
                nn.init.constant_(layer.bias, 0.0)


class SSDLiteHead(nn.Module):
    """Scores of classes and codes of boxes for each default box.

    Args:
        in_channels, num_anchors: of each map, and of its pixels.
        num_classes: with the background.
        norm_layer: makes normalisations.
    """

    def __init__(
        self, in_channels: list[int], num_anchors: list[int], num_classes: int, norm_layer: Callable[..., nn.Module]
    ) -> None:
        super().__init__()
        self.classification_head = SSDLiteClassificationHead(in_channels, num_anchors, num_classes, norm_layer)
        self.regression_head = SSDLiteRegressionHead(in_channels, num_anchors, norm_layer)

    def forward(self, x: list[Tensor]) -> dict[str, Tensor]:
        return {"bbox_regression": self.regression_head(x), "cls_logits": self.classification_head(x)}


def _blocks(in_channels: list[int], num_anchors: list[int], columns: int, norm_layer) -> nn.ModuleList:
    pairs = zip(in_channels, num_anchors)
    blocks = nn.ModuleList([_prediction_block(a, columns * count, 3, norm_layer) for a, count in pairs])
    _normal_init(blocks)
    return blocks


class SSDLiteClassificationHead(SSDScoringHead):
    """Scores of classes for each default box."""

    def __init__(self, in_channels: list[int], num_anchors: list[int], num_classes: int, norm_layer) -> None:
        super().__init__(_blocks(in_channels, num_anchors, num_classes, norm_layer), num_classes)


class SSDLiteRegressionHead(SSDScoringHead):
    """Codes of boxes for each default box."""

    def __init__(self, in_channels: list[int], num_anchors: list[int], norm_layer) -> None:
        super().__init__(_blocks(in_channels, num_anchors, 4, norm_layer), 4)


class SSDLiteFeatureExtractorMobileNet(nn.Module):
    """A MobileNetV3 cut inside of a block, and more maps.

    Args:
        backbone: its features.
        c4_pos: the block that is cut behind its expansion.
        norm_layer: makes normalisations.
        width_mult, min_depth: of the channels of the new maps.

    Raises:
        ValueError: a block with a way around it.
    """

    def __init__(
        self,
        backbone: nn.Module,
        c4_pos: int,
        norm_layer: Callable[..., nn.Module],
        width_mult: float = 1.0,
        min_depth: int = 16,
    ) -> None:
        super().__init__()
        cut = backbone[c4_pos]
        if cut.use_res_connect:
            raise ValueError("backbone[c4_pos].use_res_connect should be False")
        self.features = nn.Sequential(
            nn.Sequential(*backbone[:c4_pos], cut.block[0]),
            nn.Sequential(cut.block[1:], *backbone[c4_pos + 1 :]),
        )
        widths = [max(min_depth, int(d * width_mult)) for d in (512, 256, 256, 128)]
        pairs = zip([backbone[-1].out_channels, *widths], widths)
        self.extra = nn.ModuleList([_extra_block(a, b, norm_layer) for a, b in pairs])
        _normal_init(self.extra)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        maps = []
        for block in (*self.features, *self.extra):
            x = block(x)
            maps.append(x)
        return OrderedDict((str(i), x) for i, x in enumerate(maps))


SSDLite320_MobileNet_V3_Large_Weights = published("SSDLite320_MobileNet_V3_Large_Weights", __name__)


@detector(SSDLite320_MobileNet_V3_Large_Weights, MobileNet_V3_Large_Weights, layers=(6, 6))
def ssdlite320_mobilenet_v3_large(num_classes, trainable, is_trained, source, norm_layer=None, **kwargs) -> SSD:
    """SSDlite on MobileNetV3 for images of 320 pixels."""
    if "size" in kwargs:
        warnings.warn("The size of the model is already fixed; ignoring the parameter.", stacklevel=3)
    norm_layer, fresh = norm_layer or partial(nn.BatchNorm2d, eps=0.001, momentum=0.03), source["weights"] is None
    network = mobilenet_v3_large(norm_layer=norm_layer, reduced_tail=fresh, **source)
    if fresh:
        _normal_init(network)
    stages = freeze_stages(network.features, trainable)
    backbone = SSDLiteFeatureExtractorMobileNet(network.features, stages[-2], norm_layer)
    boxes = DefaultBoxGenerator([[2, 3] for _ in range(6)], min_ratio=0.2, max_ratio=0.95)
    channels = det_utils.retrieve_out_channels(backbone, (320, 320))
    head = SSDLiteHead(channels, boxes.num_anchors_per_location(), num_classes, norm_layer)
    limits = {"score_thresh": 0.001, "nms_thresh": 0.55, "detections_per_img": 300, "topk_candidates": 300}
    pixels = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}  # from -1 to 1
    return SSD(backbone, boxes, (320, 320), num_classes, head=head, **{**limits, **pixels, **kwargs})
