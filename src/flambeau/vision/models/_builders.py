"""Builders of models: functions with a name, registered, that make a network and may load published weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Optional

from ._api import WeightsEnum, register_model
from ._utils import _ovewrite_named_param, handle_legacy_interface

_FIRST = object()


def builder(
    weights: Any,
    *,
    legacy: Any = _FIRST,
    loaded: dict[str, Any] | None = None,
    rename: Callable[[dict], dict] = lambda state: state,
    **fixed: Any,
) -> Callable[[Callable], Callable]:
    """Makes a model's builder, `f(*, weights=None, progress=True, **kwargs)`, of a function that makes the network.

    Args:
        weights: the enumeration of the model's weights.
        legacy: the weights that `pretrained=True` stood for; the first ones by default, None where there were none.
        loaded: arguments of a network whose weights are loaded.
        rename: gives a published state dict the names that the network has.
        **fixed: arguments that make the network this model; a caller may only give the same.
    """

    def decorate(make):
        def build(*, weights=None, progress=True, **kwargs):
            chosen = enumeration.verify(weights)
            for name, value in fixed.items():
                _ovewrite_named_param(kwargs, name, value)
            if chosen is not None:
                kwargs.update(loaded or {})
                set_num_classes(kwargs, chosen)
            model = make(**kwargs)
            if chosen is not None:
                model.load_state_dict(rename(chosen.get_state_dict(progress=progress, check_hash=True)))
            return model

        return _published_as(make, build, enumeration, legacy)

    enumeration = weights
    return decorate


def set_num_classes(kwargs: dict[str, Any], weights: WeightsEnum) -> None:
    """Makes a network's number of classes that of the weights, if these tell any apart."""
    if weights.meta["categories"] is not None:
        _ovewrite_named_param(kwargs, "num_classes", len(weights.meta["categories"]))


def registered(weights: Any, *, legacy: Any = _FIRST) -> Callable[[Callable], Callable]:
    """Registers a builder that loads its weights itself; `weights` and `legacy` are as of `builder`."""

    def decorate(build):
        def verified(*, weights=None, progress=True, **kwargs):
            return build(weights=enumeration.verify(weights), progress=progress, **kwargs)

        return _published_as(build, verified, enumeration, legacy)

    enumeration = weights
    return decorate


def _published_as(named: Callable, build: Callable, enumeration: Any, legacy: Any) -> Callable:
    """Gives a builder the name and annotations that scripts ask it for, and registers it."""
    for attribute in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(build, attribute, getattr(named, attribute))
    build.__annotations__ = {
        "weights": Optional[enumeration],  # noqa: UP045
        "progress": bool,
        "kwargs": Any,
        "return": named.__annotations__.get("return"),
    }
    default = next(iter(enumeration)) if legacy is _FIRST else legacy
    return register_model()(handle_legacy_interface(weights=("pretrained", default))(build))
