"""When a network's activations are quantised."""

from __future__ import annotations

import enum

__all__ = ["QuantType"]


class QuantType(enum.IntEnum):
    """When a network's activations are quantised: at each call, on a grid known beforehand, in training, or never."""

    DYNAMIC = 0
    STATIC = 1
    QAT = 2
    WEIGHT_ONLY = 3


_NAMES = {kind: kind.name.lower() for kind in QuantType}


def _get_quant_type_to_str(quant_type: QuantType) -> str:
    return _NAMES[quant_type]


def _quant_type_from_str(name: str) -> QuantType:
    found = {text: kind for kind, text in _NAMES.items()}.get(name.lower())
    if found is None:
        raise ValueError(f"Unknown QuantType name '{name.lower()}'")
    return found
