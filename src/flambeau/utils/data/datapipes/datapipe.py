"""The base classes of data pipes, which find the pipes that were registered under a name: source.shuffle(...)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from ..dataset import Dataset, IterableDataset


class _Pipe:
    """What both kinds have: registered pipes as methods."""

    functions: dict[str, Callable]

    @classmethod
    def register_datapipe_as_function(cls, function_name: str, cls_to_register: Callable, *_: Any) -> None:
        """Makes a class a method of all pipes of this kind.

        Raises Exception where the name is taken.
        """
        if function_name in cls.functions:
            raise Exception(f"Unable to add DataPipe function name {function_name} as it is already taken")
        cls.functions[function_name] = cls_to_register

    @classmethod
    def register_function(cls, function_name: str, function: Callable) -> None:
        """Makes a function a method of all pipes of this kind."""
        cls.functions[function_name] = function

    def __getattr__(self, name: str) -> Any:
        if name in type(self).functions:
            return functools.partial(type(self).functions[name], self)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}")

    def __repr__(self) -> str:
        return str(type(self).__qualname__)


class IterDataPipe(_Pipe, IterableDataset):
    """A dataset that gives one sample after another."""

    functions: dict[str, Callable] = {}

    def __iter__(self) -> Iterator[Any]:
        return self  # type: ignore[return-value]


class DFIterDataPipe(IterDataPipe):
    """A pipe of data frames."""


class MapDataPipe(_Pipe, Dataset):
    """A dataset with samples by number or key."""

    functions: dict[str, Callable] = {}


class DataChunk(list):
    """A chunk of samples."""

    def __init__(self, items) -> None:
        items = list(items)
        super().__init__(items)
        self.items = items

    def as_str(self, indent: str = "") -> str:
        """The chunk's printed form."""
        return indent + "[" + ", ".join(map(str, self)) + "]"

    def raw_iterator(self) -> Iterator[Any]:
        """The samples."""
        yield from self.items
