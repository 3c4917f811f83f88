"""What networks of pixels' classes share: two heads on a backbone, and how they are built."""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Optional

import flambeau as torch
from flambeau import nn
from flambeau.nn import functional as F

from .._builders import publish
from .._published import published
from .._utils import _ovewrite_value_param


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


def last_and_eighth(backbone: nn.Sequential) -> tuple[int, int]:
    """Where a MobileNet v3 ends, and where its image has last an eighth of the input's size (before dilation)."""
    strided = [i for i, block in enumerate(backbone) if getattr(block, "_is_cn", False)]
    last = len(backbone) - 1
    return last, [0, *strided, last][-4]


def segmenter(
    name: str, doc: str, make: Callable, backbone_weights: Any, *settings: Any, **fixed: bool
) -> tuple[Any, Any]:
    """The weights that are published for a model, and its builder.

    Args:
        name: the enumeration's without "_Weights"; the builder's is the same in small letters.
        doc: the builder's docstring.
        make: makes the network of the settings, the backbone's weights, the number of classes and `aux_loss`.
        backbone_weights: the enumeration of the backbone's weights; the first ones are loaded by default.
        *settings: what makes the network this model.
        **fixed: `aux_loss`, where the model's weights decide it.
    """
    enumeration, default = published(f"{name}_Weights", make.__module__), next(iter(backbone_weights))

    def build(*, weights=None, progress=True, num_classes=None, aux_loss=None, weights_backbone=default, **kwargs):
        chosen, backbone = enumeration.verify(weights), backbone_weights.verify(weights_backbone)
        if chosen is not None:
            backbone = None
            num_classes = _ovewrite_value_param("num_classes", num_classes, len(chosen.meta["categories"]))
            if "aux_loss" in fixed:
                aux_loss = _ovewrite_value_param("aux_loss", aux_loss, fixed["aux_loss"])
        model = make(*settings, backbone, 21 if num_classes is None else num_classes, aux_loss)
        if chosen is not None:
            model.load_state_dict(chosen.get_state_dict(progress=progress, check_hash=True))
        return model

    build.__annotations__ = {
        "weights": Optional[enumeration],  # noqa: UP045
        "progress": bool,
        "num_classes": Optional[int],  # noqa: UP045
        "aux_loss": Optional[bool],  # noqa: UP045
        "weights_backbone": Optional[backbone_weights],  # noqa: UP045
    }
    if "aux_loss" not in fixed:  # it may be given all the same, to be refused
        shown = inspect.signature(build)
        kept = [parameter for name, parameter in shown.parameters.items() if name != "aux_loss"]
        build.__signature__ = shown.replace(parameters=kept, return_annotation=make.__annotations__["return"])
    legacy = {"weights": ("pretrained", next(iter(enumeration))), "weights_backbone": ("pretrained_backbone", default)}
    return enumeration, publish(build, name.lower(), doc, make, build.__annotations__, legacy)
