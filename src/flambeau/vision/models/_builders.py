"""Published models: a name, registered, under which a network is made and may load weights, and their enumeration."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Optional

from ._api import WeightsEnum, register_model
from ._published import published
from ._utils import _ovewrite_named_param, handle_legacy_interface

_FIRST = object()


def model(
    name: str,
    doc: str,
    make: Callable,
    *settings: Any,
    legacy: Any = _FIRST,
    loaded: dict[str, Any] | None = None,
    told: Callable[[WeightsEnum], dict[str, Any]] = lambda weights: {},
    rename: Callable[[dict], dict] = lambda state: state,
    **fixed: Any,
) -> tuple[Any, Any]:
    """The weights that are published for a model, and its builder `f(*, weights=None, progress=True, **kwargs)`.

    Args:
        name: the enumeration's without "_Weights"; the builder's is the same in small letters.
        doc: the builder's docstring.
        make: makes the network of the settings and the caller's keyword arguments; a class or function of the module
            in which the model is published.
        *settings: what makes the network this model.
        legacy: the weights that `pretrained=True` stood for; the first ones by default, None where there were none.
        loaded: arguments of a network whose weights are loaded.
        told: arguments that follow from such weights; a caller may only give the same.
        rename: gives a published state dict the names that the network has.
        **fixed: arguments that make the network this model; a caller may only give the same.
    """

    def build(*, weights=None, progress=True, **kwargs):
        chosen = enumeration.verify(weights)
        _settle(kwargs, fixed)
        if chosen is not None:
            kwargs.update(loaded or {})
            set_num_classes(kwargs, chosen)
            _settle(kwargs, told(chosen))
        network = make(*settings, **kwargs)
        if chosen is not None:
            network.load_state_dict(rename(chosen.get_state_dict(progress=progress, check_hash=True)))
        return network

    enumeration = published(f"{name}_Weights", make.__module__)
    return enumeration, publish(build, name.lower(), doc, make, *_interface(enumeration, legacy))


def _settle(kwargs: dict[str, Any], decided: dict[str, Any]) -> None:
    for name, value in decided.items():
        _ovewrite_named_param(kwargs, name, value)


def set_num_classes(kwargs: dict[str, Any], weights: WeightsEnum) -> None:
    """Makes a network's number of classes that of the weights, if these tell any apart."""
    if weights.meta["categories"] is not None:
        _ovewrite_named_param(kwargs, "num_classes", len(weights.meta["categories"]))


def registered(weights: Any) -> Callable[[Callable], Callable]:
    """Registers a builder that loads its weights itself, of the enumeration given."""

    def decorate(build):
        def verified(*, weights=None, progress=True, **kwargs):
            return build(weights=enumeration.verify(weights), progress=progress, **kwargs)

        return publish(verified, build.__name__, build.__doc__, build, *_interface(enumeration, _FIRST))

    enumeration = weights
    return decorate


def _interface(enumeration: Any, legacy: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a builder's parameters are, and what was written for them before 0.13."""
    shown = {"weights": Optional[enumeration], "progress": bool, "kwargs": Any}  # noqa: UP045
    return shown, {"weights": ("pretrained", next(iter(enumeration)) if legacy is _FIRST else legacy)}


def publish(build: Callable, name: str, doc: Any, make: Callable, annotations: dict, legacy: dict) -> Callable:
    """Gives a builder its name, docstring and annotations, and registers it.

    Args:
        build: the builder.
        name, doc: what it is called, and its docstring.
        make: the class of its networks, or a function annotated with it, in the builder's module.
        annotations: of its parameters; the registry reads off them whose weights a model takes.
        legacy: as of `handle_legacy_interface`.
    """
    build.__module__, build.__doc__ = make.__module__, doc
    build.__name__ = build.__qualname__ = name
    kind = make if inspect.isclass(make) else make.__annotations__.get("return")
    build.__annotations__ = {**annotations, "return": kind}
    return register_model()(handle_legacy_interface(**legacy)(build))
