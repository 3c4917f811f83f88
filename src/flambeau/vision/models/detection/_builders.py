"""Builders of detectors: functions with a name, registered, that may load weights of all or of the backbone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._builders import publish
from .._utils import _ovewrite_value_param
from ._utils import overwrite_eps
from .backbone_utils import _validate_trainable_layers

_FIRST = object()


def detector(
    weights: Any,
    backbone: Any,
    *,
    layers: tuple[int, int] = (5, 3),
    backbone_default: Any = _FIRST,
    backbone_legacy: Any = None,
    classes: int = 91,
    legacy: Any = None,
    zero_eps: tuple = (),
) -> Callable[[Callable], Callable]:
    """Makes a detector's builder of a function that makes the network.

    The function is called with what decides it: `num_classes`, `trainable_layers`, `is_trained`, and the keyword
    arguments `weights` and `progress` of its backbone.

    Args:
        weights, backbone: the enumerations of weights of the detector and of its backbone.
        layers: how many layers the backbone has that may be trained, and how many are by default.
        backbone_default: the backbone's weights unless others are given; the first ones by default.
        backbone_legacy: what `pretrained_backbone=True` stood for; the backbone's first weights by default.
        classes: how many there are by default.
        legacy: what `pretrained=True` stood for; the first weights by default.
        zero_eps: weights that were trained without eps in frozen normalisations.
    """
    legacy = legacy or next(iter(weights))
    backbone_default = next(iter(backbone)) if backbone_default is _FIRST else backbone_default
    backbone_legacy = backbone_legacy or next(iter(backbone))

    def decorate(make: Callable) -> Callable:
        def build(
            *,
            weights=None,
            progress=True,
            num_classes=None,
            weights_backbone=backbone_default,
            trainable_backbone_layers=None,
            **kwargs,
        ):
            chosen, inner = enumeration.verify(weights), backbone.verify(weights_backbone)
            if chosen is not None:
                inner = None
                num_classes = _ovewrite_value_param("num_classes", num_classes, len(chosen.meta["categories"]))
            is_trained = chosen is not None or inner is not None
            trainable = _validate_trainable_layers(is_trained, trainable_backbone_layers, *layers)
            source = {"weights": inner, "progress": progress}
            model = make(classes if num_classes is None else num_classes, trainable, is_trained, source, **kwargs)
            if chosen is not None:
                model.load_state_dict(chosen.get_state_dict(progress=progress, check_hash=True))
                if chosen.name in zero_eps:
                    overwrite_eps(model, 0.0)
            return model

        annotations = {
            "weights": enumeration | None,
            "progress": bool,
            "num_classes": int | None,
            "weights_backbone": backbone | None,
            "trainable_backbone_layers": int | None,
            "kwargs": Any,
        }
        old = {"weights": ("pretrained", legacy), "weights_backbone": ("pretrained_backbone", backbone_legacy)}
        return publish(build, make.__name__, make.__doc__, make, annotations, old)

    enumeration = weights
    return decorate
