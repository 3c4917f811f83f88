"""Mask R-CNN (He et al., 2017)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from flambeau import nn

from ...ops import MultiScaleRoIAlign
from ...ops import misc as misc_nn_ops
from .._published import published
from ..resnet import ResNet50_Weights
from ._builders import detector
from .faster_rcnn import FasterRCNN, initialize, resnet50_fpn, second_version

__all__ = [
    "MaskRCNN",
    "MaskRCNN_ResNet50_FPN_V2_Weights",
    "MaskRCNN_ResNet50_FPN_Weights",
    "maskrcnn_resnet50_fpn",
    "maskrcnn_resnet50_fpn_v2",
]


class MaskRCNN(FasterRCNN):
    """Faster R-CNN that gives masks as well.

    Args:
        backbone, num_classes, kwargs: of FasterRCNN.
        mask_roi_pool, mask_head, mask_predictor: take regions from maps, and make masks.

    Raises:
        TypeError: a pool of another type.
        ValueError: both num_classes and a mask_predictor.
    """

    def __init__(
        self, backbone, num_classes=None, *args, mask_roi_pool=None, mask_head=None, mask_predictor=None, **kwargs: Any
    ) -> None:
        if not isinstance(mask_roi_pool, (MultiScaleRoIAlign, type(None))):
            raise TypeError(
                f"mask_roi_pool should be of type MultiScaleRoIAlign or None instead of {type(mask_roi_pool)}"
            )
        if num_classes is not None and mask_predictor is not None:
            raise ValueError("num_classes should be None when mask_predictor is specified")
        pool = mask_roi_pool or MultiScaleRoIAlign(["0", "1", "2", "3"], output_size=14, sampling_ratio=2)
        head = mask_head or MaskRCNNHeads(backbone.out_channels, (256, 256, 256, 256), 1)
        predictor = mask_predictor or MaskRCNNPredictor(256, 256, num_classes)
        super().__init__(backbone, num_classes, *args, **kwargs)
        self.roi_heads.mask_roi_pool = pool
        self.roi_heads.mask_head = head
        self.roi_heads.mask_predictor = predictor


class MaskRCNNHeads(nn.Sequential):
    """Convolutions on the pixels of regions.

    Args:
        in_channels: of regions.
        layers: the channels of each.
        dilation: the step between a filter's taps.
        norm_layer: makes normalisations.
    """

    _version = 2

    def __init__(
        self, in_channels: int, layers, dilation: int, norm_layer: Callable[..., nn.Module] | None = None
    ) -> None:
        widths = [in_channels, *layers]
        super().__init__(
            *(
                misc_nn_ops.Conv2dNormActivation(
                    a, b, kernel_size=3, stride=1, padding=dilation, dilation=dilation, norm_layer=norm_layer
                )
                for a, b in zip(widths, layers)
            )
        )
        initialize(self)

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, *args) -> None:
        if (local_metadata.get("version") or 1) < 2:  # its layers had names of their own
            for i in range(len(self)):
                for part in ("weight", "bias"):
                    old = f"{prefix}mask_fcn{i + 1}.{part}"
                    if old in state_dict:
                        state_dict[f"{prefix}{i}.0.{part}"] = state_dict.pop(old)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *args)


class MaskRCNNPredictor(nn.Sequential):
    """Masks of twice the size, one for each class.

    Args:
        in_channels, dim_reduced: of the regions, and inside.
        num_classes: with the background.
    """

    def __init__(self, in_channels: int, dim_reduced: int, num_classes: int) -> None:
        super().__init__(
            OrderedDict(
                conv5_mask=nn.ConvTranspose2d(in_channels, dim_reduced, 2, 2, 0),
                relu=nn.ReLU(inplace=True),
                mask_fcn_logits=nn.Conv2d(dim_reduced, num_classes, 1, 1, 0),
            )
        )
        for name, parameter in self.named_parameters():
            if "weight" in name:
                nn.init.kaiming_normal_(parameter, mode="fan_out", nonlinearity="relu")


MaskRCNN_ResNet50_FPN_Weights = published("MaskRCNN_ResNet50_FPN_Weights", __name__)
MaskRCNN_ResNet50_FPN_V2_Weights = published("MaskRCNN_ResNet50_FPN_V2_Weights", __name__)


@detector(MaskRCNN_ResNet50_FPN_Weights, ResNet50_Weights, zero_eps=("COCO_V1",))
def maskrcnn_resnet50_fpn(num_classes, trainable, is_trained, source, **kwargs) -> MaskRCNN:
    """Mask R-CNN on ResNet-50 with a feature pyramid."""
    return MaskRCNN(resnet50_fpn(trainable, is_trained, source), num_classes=num_classes, **kwargs)


@detector(MaskRCNN_ResNet50_FPN_V2_Weights, ResNet50_Weights, backbone_default=None)
def maskrcnn_resnet50_fpn_v2(num_classes, trainable, is_trained, source, **kwargs) -> MaskRCNN:
    """Mask R-CNN on ResNet-50 with a feature pyramid, the second version."""
    parts = second_version(trainable, source)
    head = MaskRCNNHeads(parts["backbone"].out_channels, [256, 256, 256, 256], 1, norm_layer=nn.BatchNorm2d)
    return MaskRCNN(num_classes=num_classes, mask_head=head, **parts, **kwargs)
