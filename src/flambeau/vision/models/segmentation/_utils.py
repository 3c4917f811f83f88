"""What networks of pixels' classes share: two heads on a backbone, and how they are built."""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Optional

import flambeau as torch
from flambeau import nn
from flambeau.nn import functional as F

from .._api import register_model
from .._utils import IntermediateLayerGetter, _ovewrite_value_param, handle_legacy_interface


def resized(x: torch.Tensor, size: torch.Size) -> torch.Tensor:
    """An image of another height and width, by bilinear interpolation."""
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False)


class _SimpleSegmentationModel(nn.Module):
    """A classifier of a backbone's pixels, and one more on the way for training.

    Args:
        backbone: gives a dict of images, "out" and perhaps "aux".
        classifier: of "out".
        aux_classifier: of "aux".
    """

    __constants__ = ["aux_classifier"]

    def __init__(self, backbone: nn.Module, classifier: nn.Module, aux_classifier: nn.Module | None = None) -> None:
        super().__init__()
        self.backbone = backbone
        self.classifier = classifier
        self.aux_classifier = aux_classifier

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        size, features = x.shape[-2:], self.backbone(x)
        result = OrderedDict(out=resized(self.classifier(features["out"]), size))
        if self.aux_classifier is not None:
            result["aux"] = resized(self.aux_classifier(features["aux"]), size)
        return result


def on_resnet(kind: type[nn.Module], head: Callable, aux_head: Callable, backbone: Any, num_classes: int, aux) -> Any:
    """A network on a residual network's last stage, with a head on the stage before where `aux` asks for it."""
    layers = {"layer4": "out", **({"layer3": "aux"} if aux else {})}
    backbone = IntermediateLayerGetter(backbone, return_layers=layers)
    aux_classifier = aux_head(1024, num_classes) if aux else None
    return kind(backbone, head(2048, num_classes), aux_classifier)


def last_and_eighth(backbone: nn.Sequential) -> tuple[int, int]:
    """Where a MobileNet v3 ends, and where its image has last an eighth of the input's size (before dilation)."""
    strided = [i for i, block in enumerate(backbone) if getattr(block, "_is_cn", False)]
    last = len(backbone) - 1
    return last, [0, *strided, last][-4]


def segmentation_builder(weights: Any, backbone_weights: Any, **fixed: bool) -> Callable[[Callable], Callable]:
    """Makes a model's builder of a function of the backbone's weights, the number of classes and `aux_loss`.

    Args:
        weights: the enumeration of the model's weights.
        backbone_weights: that of its backbone's; the first ones are loaded by default.
        **fixed: `aux_loss`, where the model's weights decide it.
    """
    enumeration, default = weights, next(iter(backbone_weights))

    def decorate(make):
        def build(*, weights=None, progress=True, num_classes=None, aux_loss=None, weights_backbone=default, **kwargs):
            chosen, backbone = enumeration.verify(weights), backbone_weights.verify(weights_backbone)
            if chosen is not None:
                backbone = None
                num_classes = _ovewrite_value_param("num_classes", num_classes, len(chosen.meta["categories"]))
                if "aux_loss" in fixed:
                    aux_loss = _ovewrite_value_param("aux_loss", aux_loss, fixed["aux_loss"])
            model = make(backbone, 21 if num_classes is None else num_classes, aux_loss)
            if chosen is not None:
                model.load_state_dict(chosen.get_state_dict(progress=progress, check_hash=True))
            return model

        for attribute in ("__module__", "__name__", "__qualname__", "__doc__"):
            setattr(build, attribute, getattr(make, attribute))
        build.__annotations__ = {
            "weights": Optional[enumeration],  # noqa: UP045
            "progress": bool,
            "num_classes": Optional[int],  # noqa: UP045
            "aux_loss": Optional[bool],  # noqa: UP045
            "weights_backbone": Optional[backbone_weights],  # noqa: UP045
            "return": make.__annotations__["return"],
        }
        if "aux_loss" not in fixed:  # it may be given all the same, to be refused
            shown = inspect.signature(build)
            kept = [parameter for name, parameter in shown.parameters.items() if name != "aux_loss"]
            build.__signature__ = shown.replace(parameters=kept)
        legacy = {"weights": ("pretrained", next(iter(enumeration)))}
        legacy["weights_backbone"] = ("pretrained_backbone", default)
        return register_model()(handle_legacy_interface(**legacy)(build))

    return decorate
