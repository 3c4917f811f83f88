"""The names of a graph's nodes and of what its generated code refers to: each is given once."""

from __future__ import annotations

import builtins
import keyword
import math
import re
from collections import defaultdict
from typing import Any

from .. import device

CUSTOM_BUILTINS: dict[str, Any] = {"inf": math.inf, "nan": math.nan, "NoneType": type(None), "device": device}
"""What generated code may say without an import."""

_SUFFIX = re.compile(r"(.*)_(\d+)$")


class Namespace:
    """Names that are in use, and what they stand for."""

    def __init__(self) -> None:
        self._objects: dict[Any, str] = {}
        self._used: set[str] = set()
        self._counts: dict[str, int] = defaultdict(int)

    def create_name(self, candidate: str, obj: Any) -> str:
        """A free identifier like the candidate, for an object (that has at most one), or for None."""
        if obj is not None and id(obj) in self._objects:
            return self._objects[id(obj)]
        candidate = re.sub(r"[^0-9a-zA-Z_]+", "_", candidate) or "_unnamed"
        candidate = f"_{candidate}" if candidate[0].isdigit() else candidate
        match = _SUFFIX.match(candidate)
        base, number = (match[1], int(match[2])) if match else (candidate, None)
        if match:
            candidate = f"{base}_{number}"
        number = number or self._counts[base]
        while candidate in self._used or _illegal(candidate, obj):
            number += 1
            candidate = f"{base}_{number}"
        self._used.add(candidate)
        self._counts[base] = number
        if obj is not None:
            self._objects[id(obj)] = candidate
        return candidate

    def release(self, name: str) -> None:
        """Makes a name free."""
        self._used.discard(name)


def _illegal(name: str, obj: Any) -> bool:
    """Whether a name stands for something else in Python or in generated code."""
    if keyword.iskeyword(name) or name == "torch":
        return True
    if name in vars(builtins):
        return obj is not vars(builtins)[name]
    return name in CUSTOM_BUILTINS and obj is not CUSTOM_BUILTINS[name]


def snake_case(name: str) -> str:
    """`SomeName` as `some_name`."""
    return "".join(f"_{c.lower()}" if c.isupper() and i and not name[i - 1].isupper() else c.lower()
                   for i, c in enumerate(name))  # fmt: skip
