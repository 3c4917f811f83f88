"""Fully convolutional networks (Long et al., 2014) on dilated residual networks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from flambeau import nn

from .._utils import IntermediateLayerGetter
from ..resnet import ResNet50_Weights, ResNet101_Weights, resnet50, resnet101
from ._utils import _SimpleSegmentationModel, segmenter

__all__ = ["FCN", "FCN_ResNet50_Weights", "FCN_ResNet101_Weights", "fcn_resnet50", "fcn_resnet101"]


class FCN(_SimpleSegmentationModel):
    """A fully convolutional network: classifiers of a backbone's pixels."""


class FCNHead(nn.Sequential):
    """A 3x3 convolution and a 1x1 convolution.

    Args:
        in_channels: channels of the input.
        channels: the number of classes.
    """

    def __init__(self, in_channels: int, channels: int) -> None:
        inner = in_channels // 4
        super().__init__(
            nn.Conv2d(in_channels, inner, 3, padding=1, bias=False),
            nn.BatchNorm2d(inner),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Conv2d(inner, channels, 1),
        )


def on_resnet(kind: type[nn.Module], head: Callable, resnet: Callable, weights: Any, num_classes: int, aux: Any) -> Any:
    """A network on a dilated residual network's last stage, with a head on the stage before where `aux` asks for it."""
    layers = {"layer4": "out", **({"layer3": "aux"} if aux else {})}
    network = resnet(weights=weights, replace_stride_with_dilation=[False, True, True])
    backbone = IntermediateLayerGetter(network, return_layers=layers)
    aux_classifier = FCNHead(1024, num_classes) if aux else None
    return kind(backbone, head(2048, num_classes), aux_classifier)


def _fcn(*how: Any) -> FCN:
    return on_resnet(FCN, FCNHead, *how)


_segmenter = partial(segmenter, aux_loss=True)
FCN_ResNet50_Weights, fcn_resnet50 = _segmenter("FCN_ResNet50", "FCN on ResNet-50.", _fcn, ResNet50_Weights, resnet50)
FCN_ResNet101_Weights, fcn_resnet101 = _segmenter(
    "FCN_ResNet101", "FCN on ResNet-101.", _fcn, ResNet101_Weights, resnet101
)
