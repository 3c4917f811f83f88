"""DeepLab v3 (Chen et al., 2017): convolutions of several dilations side by side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import flambeau as torch
from flambeau import nn

from .._utils import IntermediateLayerGetter
from ..mobilenetv3 import MobileNet_V3_Large_Weights, mobilenet_v3_large
from ..resnet import ResNet50_Weights, ResNet101_Weights, resnet50, resnet101
from ._utils import _SimpleSegmentationModel, last_and_eighth, resized, segmenter
from .fcn import FCNHead, on_resnet

__all__ = [
    "DeepLabV3", "DeepLabV3_ResNet50_Weights", "DeepLabV3_ResNet101_Weights", "DeepLabV3_MobileNet_V3_Large_Weights",
    "deeplabv3_mobilenet_v3_large", "deeplabv3_resnet50", "deeplabv3_resnet101",
]  # fmt: skip


class DeepLabV3(_SimpleSegmentationModel):
    """DeepLab v3: classifiers of a backbone's pixels."""


class DeepLabHead(nn.Sequential):
    """Dilated convolutions, a 3x3 convolution and a 1x1 convolution.

    Args:
        in_channels: channels of the input.
        num_classes: the number of classes.
        atrous_rates: the dilations.
    """

    def __init__(self, in_channels: int, num_classes: int, atrous_rates: Sequence[int] = (12, 24, 36)) -> None:
        super().__init__(
            ASPP(in_channels, atrous_rates), *_convolution(256, 256, 3, padding=1), nn.Conv2d(256, num_classes, 1)
        )


def _convolution(in_channels: int, out_channels: int, size: int, **kwargs: Any) -> list[nn.Module]:
    conv = nn.Conv2d(in_channels, out_channels, size, bias=False, **kwargs)
    return [conv, nn.BatchNorm2d(out_channels), nn.ReLU()]


class ASPPConv(nn.Sequential):
    """A dilated 3x3 convolution."""

    def __init__(self, in_channels: int, out_channels: int, dilation: int) -> None:
        super().__init__(*_convolution(in_channels, out_channels, 3, padding=dilation, dilation=dilation))


class ASPPPooling(nn.Sequential):
    """A convolution of the mean pixel, which every pixel gets."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(nn.AdaptiveAvgPool2d(1), *_convolution(in_channels, out_channels, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return resized(super().forward(x), x.shape[-2:])


class ASPP(nn.Module):
    """A 1x1 convolution, dilated convolutions and the mean pixel, side by side.

    Args:
        in_channels: channels of the input.
        atrous_rates: the dilations.
        out_channels: channels of each branch, and of the output.
    """

    def __init__(self, in_channels: int, atrous_rates: Sequence[int], out_channels: int = 256) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            [
                nn.Sequential(*_convolution(in_channels, out_channels, 1)),
                *(ASPPConv(in_channels, out_channels, rate) for rate in atrous_rates),
                ASPPPooling(in_channels, out_channels),
            ]
        )
        joined = _convolution(len(self.convs) * out_channels, out_channels, 1)
        self.project = nn.Sequential(*joined, nn.Dropout(0.5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.project(torch.cat([conv(x) for conv in self.convs], dim=1))


def _on_resnet(*how: Any) -> DeepLabV3:
    return on_resnet(DeepLabV3, DeepLabHead, *how)


def _on_mobilenet(weights: Any, num_classes: int, aux_loss: bool | None) -> DeepLabV3:
    features = mobilenet_v3_large(weights=weights, dilated=True).features
    last, eighth = last_and_eighth(features)
    layers = {str(last): "out", **({str(eighth): "aux"} if aux_loss else {})}
    aux_classifier = FCNHead(features[eighth].out_channels, num_classes) if aux_loss else None
    backbone = IntermediateLayerGetter(features, return_layers=layers)
    return DeepLabV3(backbone, DeepLabHead(features[last].out_channels, num_classes), aux_classifier)


_segmenter = partial(segmenter, aux_loss=True)
DeepLabV3_ResNet50_Weights, deeplabv3_resnet50 = _segmenter(
    "DeepLabV3_ResNet50", "DeepLab v3 on ResNet-50.", _on_resnet, ResNet50_Weights, resnet50
)
DeepLabV3_ResNet101_Weights, deeplabv3_resnet101 = _segmenter(
    "DeepLabV3_ResNet101", "DeepLab v3 on ResNet-101.", _on_resnet, ResNet101_Weights, resnet101
)
DeepLabV3_MobileNet_V3_Large_Weights, deeplabv3_mobilenet_v3_large = _segmenter(
    "DeepLabV3_MobileNet_V3_Large", "DeepLab v3 on MobileNet v3.", _on_mobilenet, MobileNet_V3_Large_Weights
)
