"""Fully convolutional networks (Long et al., 2014) on dilated residual networks."""

from __future__ import annotations

from typing import Any

from flambeau import nn

from .._published import published
from ..resnet import ResNet50_Weights, ResNet101_Weights, resnet50, resnet101
from ._utils import _SimpleSegmentationModel, on_resnet, segmentation_builder

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


_DILATED = [False, True, True]

FCN_ResNet50_Weights = published("FCN_ResNet50_Weights", __name__)
FCN_ResNet101_Weights = published("FCN_ResNet101_Weights", __name__)


@segmentation_builder(FCN_ResNet50_Weights, ResNet50_Weights, aux_loss=True)
def fcn_resnet50(weights_backbone: Any, num_classes: int, aux_loss: bool | None) -> FCN:
    """FCN on ResNet-50."""
    backbone = resnet50(weights=weights_backbone, replace_stride_with_dilation=_DILATED)
    return on_resnet(FCN, FCNHead, FCNHead, backbone, num_classes, aux_loss)


@segmentation_builder(FCN_ResNet101_Weights, ResNet101_Weights, aux_loss=True)
def fcn_resnet101(weights_backbone: Any, num_classes: int, aux_loss: bool | None) -> FCN:
    """FCN on ResNet-101."""
    backbone = resnet101(weights=weights_backbone, replace_stride_with_dilation=_DILATED)
    return on_resnet(FCN, FCNHead, FCNHead, backbone, num_classes, aux_loss)
