"""Keypoint R-CNN (He et al., Mask R-CNN, 2017)."""

from __future__ import annotations

from typing import Any

from flambeau import Tensor, nn
from flambeau.nn import functional as F

from ...ops import MultiScaleRoIAlign
from .._published import published
from ..resnet import ResNet50_Weights
from ._builders import detector
from .faster_rcnn import FasterRCNN, initialize, resnet50_fpn

__all__ = ["KeypointRCNN", "KeypointRCNN_ResNet50_FPN_Weights", "keypointrcnn_resnet50_fpn"]


class KeypointRCNN(FasterRCNN):
    """Faster R-CNN that gives keypoints as well.

    Args:
        backbone, num_classes, min_size, kwargs: of FasterRCNN.
        keypoint_roi_pool, keypoint_head, keypoint_predictor: take regions from maps, and make heat maps.
        num_keypoints: how many each object has; 17 by default.

    Raises:
        TypeError: a pool of another type.
        ValueError: both num_keypoints and a keypoint_predictor.
    """

    def __init__(
        self,
        backbone,
        num_classes=None,
        min_size=None,
        *args,
        keypoint_roi_pool=None,
        keypoint_head=None,
        keypoint_predictor=None,
        num_keypoints=None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(keypoint_roi_pool, (MultiScaleRoIAlign, type(None))):
            raise TypeError(
                "keypoint_roi_pool should be of type MultiScaleRoIAlign or None instead of {type(keypoint_roi_pool)}"
            )
        if num_keypoints is not None and keypoint_predictor is not None:
            raise ValueError("num_keypoints should be None when keypoint_predictor is specified")
        pool = keypoint_roi_pool or MultiScaleRoIAlign(["0", "1", "2", "3"], output_size=14, sampling_ratio=2)
        head = keypoint_head or KeypointRCNNHeads(backbone.out_channels, (512,) * 8)
        predictor = keypoint_predictor or KeypointRCNNPredictor(512, num_keypoints or 17)
        sizes = (640, 672, 704, 736, 768, 800) if min_size is None else min_size
        super().__init__(backbone, num_classes, sizes, *args, **kwargs)
        self.roi_heads.keypoint_roi_pool = pool
        self.roi_heads.keypoint_head = head
        self.roi_heads.keypoint_predictor = predictor


class KeypointRCNNHeads(nn.Sequential):
    """Convolutions on the pixels of regions.

    Args:
        in_channels: of regions.
        layers: the channels of each.
    """

    def __init__(self, in_channels: int, layers) -> None:
        parts: list[nn.Module] = []
        for a, b in zip([in_channels, *layers], layers):
            parts += [nn.Conv2d(a, b, 3, stride=1, padding=1), nn.ReLU(inplace=True)]
        super().__init__(*parts)
        initialize(self)


class KeypointRCNNPredictor(nn.Module):
    """Heat maps of four times the size.

    Args:
        in_channels: of regions.
        num_keypoints: how many maps.
    """

    def __init__(self, in_channels: int, num_keypoints: int) -> None:
        super().__init__()
        self.kps_score_lowres = nn.ConvTranspose2d(in_channels, num_keypoints, 4, stride=2, padding=1)
        nn.init.kaiming_normal_(self.kps_score_lowres.weight, mode="fan_out", nonlinearity="relu")
        nn.init.constant_(self.kps_score_lowres.bias, 0)
        self.up_scale = 2
        self.out_channels = num_keypoints

    def forward(self, x: Tensor) -> Tensor:
        scale = float(self.up_scale)
        return F.interpolate(self.kps_score_lowres(x), scale_factor=scale, mode="bilinear", align_corners=False)


KeypointRCNN_ResNet50_FPN_Weights = published("KeypointRCNN_ResNet50_FPN_Weights", __name__)


def _legacy(kwargs: dict[str, Any]):
    old = kwargs["pretrained"] == "legacy"
    return KeypointRCNN_ResNet50_FPN_Weights["COCO_LEGACY" if old else "COCO_V1"]


@detector(KeypointRCNN_ResNet50_FPN_Weights, ResNet50_Weights, legacy=_legacy, classes=2, zero_eps=("COCO_V1",))
def keypointrcnn_resnet50_fpn(num_classes, trainable, is_trained, source, **kwargs) -> KeypointRCNN:
    """Keypoint R-CNN on ResNet-50 with a feature pyramid."""
    return KeypointRCNN(resnet50_fpn(trainable, is_trained, source), num_classes, **kwargs)
