"""Enumerations of published weights, made of the tables of their families."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..transforms import _presets
from ..transforms.functional import InterpolationMode
from ._api import Weights, WeightsEnum
from ._meta import table


def published(name: str, module: str) -> Any:
    """The weights of one model, a subclass of WeightsEnum.

    Args:
        name: the enumeration's name ("ResNet18_Weights").
        module: the module that defines it; its family's table has the same name, with _ for the dots.
    """
    family = module.partition(".models.")[2].replace(".", "_")
    rows = {key.partition(".")[2]: row for key, row in table(family).items() if key.partition(".")[0] == name}
    members = {key: _weights(key, row) for key, row in rows.items() if not isinstance(row, str)}
    aliases = {key: members[row] for key, row in rows.items() if isinstance(row, str)}
    make: Any = WeightsEnum  # as Enum is made of names and values, which type checkers do not know of a subclass
    return make(name, {**members, **aliases}, module=module)


def _weights(key: str, row: dict[str, Any]) -> Weights:
    meta = dict(row["meta"])
    if isinstance(meta.get("categories"), str):
        meta["categories"] = table("categories")[meta["categories"]]
    if "min_size" in meta:
        meta["min_size"] = tuple(meta["min_size"])
    measured = " and ".join(meta.get("_metrics", ()))
    meta["_docs"] = f"Weights {key}, measured on {measured}."
    preset = getattr(_presets, row["transforms"])
    return Weights(row["url"], partial(preset, **_options(row["options"])) if "options" in row else preset, meta)


def _options(row: dict[str, Any]) -> dict[str, Any]:
    """A preset's arguments; JSON has neither tuples nor enumerations."""
    options = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    if "interpolation" in options:
        options["interpolation"] = InterpolationMode(options["interpolation"])
    return options
