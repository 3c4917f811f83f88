"""Faster R-CNN (Ren et al., 2015)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flambeau import Tensor, nn
from flambeau.nn import functional as F

from ...ops import MultiScaleRoIAlign
from ...ops import misc as misc_nn_ops
from .._published import published
from ..mobilenetv3 import MobileNet_V3_Large_Weights, mobilenet_v3_large
from ..resnet import ResNet50_Weights, resnet50
from ._builders import detector
from .anchor_utils import AnchorGenerator
from .backbone_utils import _mobilenet_extractor, _resnet_fpn_extractor
from .generalized_rcnn import GeneralizedRCNN
from .roi_heads import RoIHeads
from .rpn import RegionProposalNetwork, RPNHead
from .transform import GeneralizedRCNNTransform

__all__ = [
    "FasterRCNN", "FasterRCNN_MobileNet_V3_Large_320_FPN_Weights", "FasterRCNN_MobileNet_V3_Large_FPN_Weights",
    "FasterRCNN_ResNet50_FPN_V2_Weights", "FasterRCNN_ResNet50_FPN_Weights", "fasterrcnn_mobilenet_v3_large_320_fpn",
    "fasterrcnn_mobilenet_v3_large_fpn", "fasterrcnn_resnet50_fpn", "fasterrcnn_resnet50_fpn_v2",
]  # fmt: skip


def _default_anchorgen() -> AnchorGenerator:
    sizes = ((32,), (64,), (128,), (256,), (512,))
    return AnchorGenerator(sizes, ((0.5, 1.0, 2.0),) * len(sizes))


class FasterRCNN(GeneralizedRCNN):
    """Proposes regions and tells their classes and boxes.

    Args:
        backbone: gives maps, all of `out_channels` channels.
        num_classes: with the background; None where a box_predictor is given.
        min_size, max_size, image_mean, image_std, kwargs: of GeneralizedRCNNTransform.
        rpn_...: of RegionProposalNetwork.
        box_...: of RoIHeads.

    Raises:
        ValueError: a backbone without out_channels; both of num_classes and box_predictor, or neither.
        TypeError: anchors or a pool of another type.
    """

    def __init__(
        self,
        backbone,
        num_classes=None,
        min_size=800,
        max_size=1333,
        image_mean=None,
        image_std=None,
        rpn_anchor_generator=None,
        rpn_head=None,
        rpn_pre_nms_top_n_train=2000,
        rpn_pre_nms_top_n_test=1000,
        rpn_post_nms_top_n_train=2000,
        rpn_post_nms_top_n_test=1000,
        rpn_nms_thresh=0.7,
        rpn_fg_iou_thresh=0.7,
        rpn_bg_iou_thresh=0.3,
        rpn_batch_size_per_image=256,
        rpn_positive_fraction=0.5,
        rpn_score_thresh=0.0,
        box_roi_pool=None,
        box_head=None,
        box_predictor=None,
        box_score_thresh=0.05,
        box_nms_thresh=0.5,
        box_detections_per_img=100,
        box_fg_iou_thresh=0.5,
        box_bg_iou_thresh=0.5,
        box_batch_size_per_image=512,
        box_positive_fraction=0.25,
        bbox_reg_weights=None,
        **kwargs,
    ) -> None:
        _check_parts(backbone, num_classes, rpn_anchor_generator, box_roi_pool, box_predictor)
        channels, anchors = backbone.out_channels, rpn_anchor_generator or _default_anchorgen()
        rpn = RegionProposalNetwork(
            anchors,
            rpn_head or RPNHead(channels, anchors.num_anchors_per_location()[0]),
            rpn_fg_iou_thresh,
            rpn_bg_iou_thresh,
            rpn_batch_size_per_image,
            rpn_positive_fraction,
            {"training": rpn_pre_nms_top_n_train, "testing": rpn_pre_nms_top_n_test},
            {"training": rpn_post_nms_top_n_train, "testing": rpn_post_nms_top_n_test},
            rpn_nms_thresh,
            score_thresh=rpn_score_thresh,
        )
        pool = box_roi_pool or MultiScaleRoIAlign(["0", "1", "2", "3"], output_size=7, sampling_ratio=2)
        heads = RoIHeads(
            pool,
            box_head or TwoMLPHead(channels * pool.output_size[0] ** 2, 1024),
            box_predictor or FastRCNNPredictor(1024, num_classes),
            box_fg_iou_thresh,
            box_bg_iou_thresh,
            box_batch_size_per_image,
            box_positive_fraction,
            bbox_reg_weights,
            box_score_thresh,
            box_nms_thresh,
            box_detections_per_img,
        )
        mean, std = image_mean or [0.485, 0.456, 0.406], image_std or [0.229, 0.224, 0.225]
        transform = GeneralizedRCNNTransform(min_size, max_size, mean, std, **kwargs)
        super().__init__(backbone, rpn, heads, transform)


def _check_parts(backbone, num_classes, anchors, pool, predictor) -> None:
    if not hasattr(backbone, "out_channels"):
        raise ValueError(
            "backbone should contain an attribute out_channels specifying the number of output channels (assumed to be "
            "the same for all the levels)"
        )
    if not isinstance(anchors, (AnchorGenerator, type(None))):
        raise TypeError(f"rpn_anchor_generator should be of type AnchorGenerator or None instead of {type(anchors)}")
    if not isinstance(pool, (MultiScaleRoIAlign, type(None))):
        raise TypeError(f"box_roi_pool should be of type MultiScaleRoIAlign or None instead of {type(pool)}")
    if num_classes is not None and predictor is not None:
        raise ValueError("num_classes should be None when box_predictor is specified")
    if num_classes is None and predictor is None:
        raise ValueError("num_classes should not be None when box_predictor is not specified")


class TwoMLPHead(nn.Module):
    """Two layers on the pixels of a region.

    Args:
        in_channels: all numbers of a region.
        representation_size: what becomes of them.
    """

    def __init__(self, in_channels: int, representation_size: int) -> None:
        super().__init__()
        self.fc6 = nn.Linear(in_channels, representation_size)
        self.fc7 = nn.Linear(representation_size, representation_size)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.fc7(F.relu(self.fc6(x.flatten(start_dim=1)))))


class FastRCNNConvFCHead(nn.Sequential):
    """Convolutions and layers on the pixels of a region.

    Args:
        input_size: (C, H, W).
        conv_layers, fc_layers: the features of each.
        norm_layer: makes normalisations.
    """

    def __init__(
        self,
        input_size: tuple[int, int, int],
        conv_layers: list[int],
        fc_layers: list[int],
        norm_layer: Callable[..., nn.Module] | None = None,
    ) -> None:
        width, *sides = input_size
        blocks: list[nn.Module] = []
        for channels in conv_layers:
            blocks.append(misc_nn_ops.Conv2dNormActivation(width, channels, norm_layer=norm_layer))
            width = channels
        blocks.append(nn.Flatten())
        width = width * sides[0] * sides[1]
        for features in fc_layers:
            blocks += [nn.Linear(width, features), nn.ReLU(inplace=True)]
            width = features
        super().__init__(*blocks)
        initialize(self)


def initialize(part: nn.Module) -> None:
    """Draws the weights of convolutions as those before ReLU."""
    for layer in part.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


class FastRCNNPredictor(nn.Module):
    """Scores of classes and codes of boxes.

    Args:
        in_channels: of a region.
        num_classes: with the background.
    """

    def __init__(self, in_channels: int, num_classes: int) -> None:
        super().__init__()
        self.cls_score = nn.Linear(in_channels, num_classes)
        self.bbox_pred = nn.Linear(in_channels, num_classes * 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        if x.dim() == 4 and list(x.shape[2:]) != [1, 1]:
            raise AssertionError(
                f"x has the wrong shape, expecting the last two dimensions to be [1,1] instead of {list(x.shape[2:])}"
            )
        x = x.flatten(start_dim=1)
        return self.cls_score(x), self.bbox_pred(x)


def trunk(is_trained: bool, source: dict[str, Any]) -> nn.Module:
    """ResNet-50; its normalisations are frozen where it is trained already."""
    return resnet50(norm_layer=misc_nn_ops.FrozenBatchNorm2d if is_trained else nn.BatchNorm2d, **source)


def resnet50_fpn(trainable: int, is_trained: bool, source: dict[str, Any]) -> nn.Module:
    """The same with a pyramid on top."""
    return _resnet_fpn_extractor(trunk(is_trained, source), trainable)


def second_version(trainable: int, source: dict[str, Any]) -> dict[str, Any]:
    """The parts of the second version (Li et al., 2021): normalisations everywhere, deeper heads."""
    backbone = _resnet_fpn_extractor(resnet50(**source), trainable, norm_layer=nn.BatchNorm2d)
    anchors, channels = _default_anchorgen(), backbone.out_channels
    return {
        "backbone": backbone,
        "rpn_anchor_generator": anchors,
        "rpn_head": RPNHead(channels, anchors.num_anchors_per_location()[0], conv_depth=2),
        "box_head": FastRCNNConvFCHead((channels, 7, 7), [256, 256, 256, 256], [1024], norm_layer=nn.BatchNorm2d),
    }


FasterRCNN_ResNet50_FPN_Weights = published("FasterRCNN_ResNet50_FPN_Weights", __name__)
FasterRCNN_ResNet50_FPN_V2_Weights = published("FasterRCNN_ResNet50_FPN_V2_Weights", __name__)


@detector(FasterRCNN_ResNet50_FPN_Weights, ResNet50_Weights, zero_eps=("COCO_V1",))
def fasterrcnn_resnet50_fpn(num_classes, trainable, is_trained, source, **kwargs) -> FasterRCNN:
    """Faster R-CNN on ResNet-50 with a feature pyramid."""
    return FasterRCNN(resnet50_fpn(trainable, is_trained, source), num_classes=num_classes, **kwargs)


@detector(FasterRCNN_ResNet50_FPN_V2_Weights, ResNet50_Weights, backbone_default=None)
def fasterrcnn_resnet50_fpn_v2(num_classes, trainable, is_trained, source, **kwargs) -> FasterRCNN:
    """Faster R-CNN on ResNet-50 with a feature pyramid, the second version."""
    return FasterRCNN(num_classes=num_classes, **second_version(trainable, source), **kwargs)


FasterRCNN_MobileNet_V3_Large_FPN_Weights = published("FasterRCNN_MobileNet_V3_Large_FPN_Weights", __name__)
FasterRCNN_MobileNet_V3_Large_320_FPN_Weights = published("FasterRCNN_MobileNet_V3_Large_320_FPN_Weights", __name__)


def _on_mobilenet(num_classes, trainable, is_trained, source, kwargs) -> FasterRCNN:
    norm_layer = misc_nn_ops.FrozenBatchNorm2d if is_trained else nn.BatchNorm2d
    backbone = _mobilenet_extractor(mobilenet_v3_large(norm_layer=norm_layer, **source), True, trainable)
    anchors = AnchorGenerator(((32, 64, 128, 256, 512),) * 3, ((0.5, 1.0, 2.0),) * 3)
    return FasterRCNN(backbone, num_classes, rpn_anchor_generator=anchors, **kwargs)


@detector(FasterRCNN_MobileNet_V3_Large_FPN_Weights, MobileNet_V3_Large_Weights, layers=(6, 3))
def fasterrcnn_mobilenet_v3_large_fpn(num_classes, trainable, is_trained, source, **kwargs) -> FasterRCNN:
    """Faster R-CNN on MobileNetV3 with a feature pyramid."""
    return _on_mobilenet(num_classes, trainable, is_trained, source, {"rpn_score_thresh": 0.05, **kwargs})


@detector(FasterRCNN_MobileNet_V3_Large_320_FPN_Weights, MobileNet_V3_Large_Weights, layers=(6, 3))
def fasterrcnn_mobilenet_v3_large_320_fpn(num_classes, trainable, is_trained, source, **kwargs) -> FasterRCNN:
    """Faster R-CNN on MobileNetV3 with a feature pyramid, for images of 320 pixels and few regions."""
    sizes = {"min_size": 320, "max_size": 640, "rpn_score_thresh": 0.05}
    few = {"rpn_pre_nms_top_n_test": 150, "rpn_post_nms_top_n_test": 150}
    return _on_mobilenet(num_classes, trainable, is_trained, source, {**sizes, **few, **kwargs})
