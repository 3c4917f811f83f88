"""The registry of models, and what is published with their weights."""

from __future__ import annotations

import fnmatch
import importlib
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from types import ModuleType
from typing import Any, get_args

from flambeau import nn
from flambeau.hub import load_state_dict_from_url

__all__ = ["Weights", "WeightsEnum", "get_model", "get_model_builder", "get_model_weights", "get_weight", "list_models"]

BUILTIN_MODELS: dict[str, Callable[..., nn.Module]] = {}


@dataclass
class Weights:
    """Published weights: where they are, how their images are prepared, and what is known of them.

    Args:
        url: the checkpoint.
        transforms: makes the transform that images go through.
        meta: facts: categories, number of parameters, accuracy ...
    """

    url: str
    transforms: Callable
    meta: dict[str, Any]

    def __eq__(self, other: Any) -> bool:
        if not isinstance(other, Weights):
            return NotImplemented
        return (self.url, self.meta, _parts(self.transforms)) == (other.url, other.meta, _parts(other.transforms))


def _parts(function: Callable) -> Any:
    """What makes two functions the same: copies of a partial are not equal, though what they hold is."""
    return (function.func, function.args, function.keywords) if isinstance(function, partial) else function


class WeightsEnum(Enum):
    """The weights that are published for one model; its members' values are `Weights`."""

    @classmethod
    def verify(cls, obj: Any) -> Any:
        """The member that a model's `weights` argument means: a member, its name, or None.

        Raises:
            TypeError: another type, such as another model's weights.
            KeyError: no member has the name.
        """
        if type(obj) is str:
            return cls[obj.replace(f"{cls.__name__}.", "")]
        if obj is None or isinstance(obj, cls):
            return obj
        raise TypeError(
            f"Invalid Weight class provided; expected {cls.__name__} but received {obj.__class__.__name__}."
        )

    def get_state_dict(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Loads the weights, downloaded once; the arguments are those of `torch.hub.load_state_dict_from_url`."""
        return load_state_dict_from_url(self.url, *args, **kwargs)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}.{self._name_}"

    @property
    def url(self) -> str:
        return self.value.url

    @property
    def transforms(self) -> Callable:
        return self.value.transforms

    @property
    def meta(self) -> dict[str, Any]:
        return self.value.meta


def get_weight(name: str) -> WeightsEnum:
    """Weights by their full name, "ResNet50_Weights.IMAGENET1K_V1".

    Raises:
        ValueError: no such model, or a name of another form.
        KeyError: the model has no such weights.
    """
    try:
        enum_name, member = name.split(".")
    except ValueError:
        raise ValueError(f"Invalid weight name provided: '{name}'.") from None
    models = importlib.import_module(__package__ or "")
    packages = [m for _, m in inspect.getmembers(models, inspect.ismodule) if hasattr(m, "__path__")]
    for module in (models, *packages):
        found = vars(module).get(enum_name)
        if found is not None and issubclass(found, WeightsEnum):
            return found[member]
    raise ValueError(f"The weight enum '{enum_name}' for the specific method couldn't be retrieved.")


def get_model_weights(name: Callable | str) -> type[WeightsEnum]:
    """The enumeration of a model's weights.

    Args:
        name: the model's name, or its builder, whose parameter `weights` is annotated with the enumeration.

    Raises:
        ValueError: no such model, or a builder without that.
    """
    return _get_enum_from_fn(get_model_builder(name) if isinstance(name, str) else name)


def _get_enum_from_fn(fn: Callable) -> type[WeightsEnum]:
    parameter = inspect.signature(fn).parameters.get("weights")
    if parameter is None:
        raise ValueError("The method is missing the 'weights' argument.")
    for kind in (parameter.annotation, *get_args(parameter.annotation)):
        if isinstance(kind, type) and issubclass(kind, WeightsEnum):
            return kind
    raise ValueError(
        "The WeightsEnum class for the specific method couldn't be retrieved. Make sure the typing info is correct."
    )


def register_model(name: str | None = None) -> Callable[[Callable], Callable]:
    """Registers the builder that it decorates.

    Args:
        name: the model's name; the function's by default.

    Raises:
        ValueError: the name is taken.
    """

    def register(fn):
        key = fn.__name__ if name is None else name
        if key in BUILTIN_MODELS:
            raise ValueError(f"An entry is already registered under the name '{key}'.")
        BUILTIN_MODELS[key] = fn
        return fn

    return register


def list_models(
    module: ModuleType | None = None,
    include: Iterable[str] | str | None = None,
    exclude: Iterable[str] | str | None = None,
) -> list[str]:
    """The names of the registered models, sorted.

    Args:
        module: only those of this package.
        include: only those that one of these shell patterns matches.
        exclude: none that one of these matches.
    """
    names = {
        name
        for name, fn in BUILTIN_MODELS.items()
        if module is None or fn.__module__.rpartition(".")[0] == module.__name__
    }
    chosen = _matched(names, include) if include else names
    return sorted(chosen - _matched(names, exclude or ()))


def _matched(names: set[str], patterns: Iterable[str] | str) -> set[str]:
    patterns = [patterns] if isinstance(patterns, str) else patterns
    return {name for pattern in patterns for name in fnmatch.filter(names, pattern)}


def get_model_builder(name: str) -> Callable[..., nn.Module]:
    """The function that builds a model.

    Raises:
        ValueError: no model has the name; upper and lower case are the same.
    """
    name = name.lower()
    if name not in BUILTIN_MODELS:
        raise ValueError(f"Unknown model {name}")
    return BUILTIN_MODELS[name]


def get_model(name: str, **config: Any) -> nn.Module:
    """Builds a model by its name.

    Args:
        name: the name.
        **config: the builder's arguments.
    """
    return get_model_builder(name)(**config)
