"""What is asked of the scheduler, as structure, sizes and numbers.

The sizes of a request are the lengths, strides and offsets of all its nodes, in a row; its numbers are those constants
that kernels read at run time. The structure is everything else: kinds, functions, dtypes, numbers of dimensions, who
reads whom. Requests of one structure are planned alike.
"""

from __future__ import annotations

import hashlib
import marshal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ..ir import Node, topological
from .memory import Numbers

SIZED = frozenset({"strides", "offset", "batch"})  # attributes that are sizes
EXACT = 1 << 53  # whole numbers below are doubles


@dataclass(frozen=True)
class Request:
    """The arguments of `schedule.build`."""

    wanted: Sequence[Node]
    inputs: int
    scalars: int
    dead: Mapping[int, int | None]
    any_layout: tuple[int, ...]

    @cached_property
    def order(self) -> list[Node]:
        """All nodes, each after its arguments."""
        return topological(self.wanted)

    @cached_property
    def sizes(self) -> list[int]:
        """The sizes of all nodes."""
        sizes: list[int] = []
        for node in self.order:
            sizes += node.shape
            for name, value in node.attrs.items():
                if name in SIZED:
                    sizes += value if type(value) is tuple else (value,)
        return sizes

    @cached_property
    def numbers(self) -> list[float]:
        """The constants that are read at run time."""
        return [node.attrs["value"] for node in self.order if _is_number(node)]

    @cached_property
    def structure(self) -> bytes | None:
        """A digest of all else; None where some attribute is no plain data (a function of Python)."""
        number = {node: i for i, node in enumerate(self.order)}
        nodes = [
            (node.kind, [number[a] for a in node.args], _plain(node), len(node.shape), node.dtype.name)
            for node in self.order
        ]
        rest = [number[node] for node in self.wanted], self.inputs, self.scalars, list(self.dead.items())
        try:
            # Version 2 writes equal data in equal bytes, whoever shares it.
            return hashlib.blake2b(marshal.dumps((nodes, *rest, self.any_layout), 2), digest_size=16).digest()
        except ValueError:
            return None

    def with_values(self, sizes: Sequence[int], numbers: Sequence[float]) -> Request:
        """The same structure with other sizes and numbers."""
        rest, values, new = iter(sizes), iter(numbers), dict[Node, Node]()
        for node in self.order:
            shape = tuple(next(rest) for _ in node.shape)
            attrs = {name: _taken(value, rest) if name in SIZED else value for name, value in node.attrs.items()}
            if _is_number(node):
                attrs["value"] = next(values)
            new[node] = Node(node.kind, tuple(new[a] for a in node.args), attrs, shape, node.dtype)
        return replace(self, wanted=[new[node] for node in self.wanted])


def _is_number(node: Node) -> bool:
    return node.kind == "const" and Numbers.holds(node) and abs(node.attrs["value"]) < EXACT


def _plain(node: Node) -> list[tuple]:
    """Attributes without sizes and numbers."""
    if _is_number(node):
        return [("value", type(node.attrs["value"]).__name__)]
    return [
        (name, (len(value) if type(value) is tuple else None) if name in SIZED else value)
        for name, value in node.attrs.items()
    ]


def _taken(value, rest: Iterator[int]):
    """As many sizes as a value is."""
    return tuple(next(rest) for _ in value) if type(value) is tuple else next(rest)
