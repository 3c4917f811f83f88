"""torch.ops.aten: PyTorch's own operators by their names, which are functions and methods here."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from ..tensor import Tensor

_ROOT = __name__.partition(".")[0]


class NativePacket:
    """An operator of aten; its overloads are the same function."""

    def __init__(self, name: str, function: Callable, overload: str = "") -> None:
        self.__name__, self.function, self.overload = name + (f".{overload}" if overload else ""), function, overload
        self.__module__, self.__qualname__ = "torch.ops.aten", self.__name__

    def __repr__(self) -> str:
        return f"aten.{self.__name__}"

    def __getattr__(self, overload: str) -> NativePacket:
        if overload.startswith("_") or self.overload:
            raise AttributeError(f"The underlying op of '{self}' has no overload name '{overload}'")
        self.__dict__[overload] = made = NativePacket(self.__name__, self.function, overload)
        return made

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)


def native_packet(name: str) -> NativePacket | None:
    """The operator of a name; None where there is none here."""
    root = importlib.import_module(_ROOT)
    for home in (root, importlib.import_module(f"{_ROOT}.nn.functional"), Tensor):
        function = getattr(home, name, None)
        if callable(function):
            return NativePacket(name, function)
    return None
