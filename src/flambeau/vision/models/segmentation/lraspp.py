"""Lite R-ASPP (Howard et al., 2019): the classes of pixels on a MobileNet v3."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import flambeau as torch
from flambeau import nn

from .._utils import IntermediateLayerGetter
from ..mobilenetv3 import MobileNet_V3_Large_Weights, mobilenet_v3_large
from ._utils import last_and_eighth, resized, segmenter

__all__ = ["LRASPP", "LRASPP_MobileNet_V3_Large_Weights", "lraspp_mobilenet_v3_large"]


class LRASPP(nn.Module):
    """A classifier of two images of a backbone.

    Args:
        backbone: gives a dict of images, "low" (large) and "high" (small).
        low_channels: channels of the first.
        high_channels: channels of the second.
        num_classes: the number of classes.
        inter_channels: channels inside of the classifier.
    """

    def __init__(
        self, backbone: nn.Module, low_channels: int, high_channels: int, num_classes: int, inter_channels: int = 128
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.classifier = LRASPPHead(low_channels, high_channels, num_classes, inter_channels)

    def forward(self, input: torch.Tensor) -> dict[str, torch.Tensor]:
        return OrderedDict(out=resized(self.classifier(self.backbone(input)), input.shape[-2:]))


class LRASPPHead(nn.Module):
    """The classifier of LRASPP, whose arguments it has."""

    def __init__(self, low_channels: int, high_channels: int, num_classes: int, inter_channels: int) -> None:
        super().__init__()
        self.cbr = nn.Sequential(
            nn.Conv2d(high_channels, inter_channels, 1, bias=False),
            nn.BatchNorm2d(inter_channels),
            nn.ReLU(inplace=True),
        )
        self.scale = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(high_channels, inter_channels, 1, bias=False),
            nn.Sigmoid(),
        )
        self.low_classifier = nn.Conv2d(low_channels, num_classes, 1)
        self.high_classifier = nn.Conv2d(inter_channels, num_classes, 1)

    def forward(self, input: dict[str, torch.Tensor]) -> torch.Tensor:
        low, high = input["low"], input["high"]
        x = resized(self.cbr(high) * self.scale(high), low.shape[-2:])
        return self.low_classifier(low) + self.high_classifier(x)


def _lraspp(weights: Any, num_classes: int, aux_loss: bool | None) -> LRASPP:
    if aux_loss:
        raise NotImplementedError("This model does not use auxiliary loss")
    features = mobilenet_v3_large(weights=weights, dilated=True).features
    high, low = last_and_eighth(features)
    backbone = IntermediateLayerGetter(features, return_layers={str(low): "low", str(high): "high"})
    return LRASPP(backbone, features[low].out_channels, features[high].out_channels, num_classes)


LRASPP_MobileNet_V3_Large_Weights, lraspp_mobilenet_v3_large = segmenter(
    "LRASPP_MobileNet_V3_Large", "Lite R-ASPP on MobileNet v3.", _lraspp, MobileNet_V3_Large_Weights
)
