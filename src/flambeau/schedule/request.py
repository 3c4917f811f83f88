"""What is asked of the scheduler, as structure and sizes.

The structure of a request is everything but its sizes: kinds, functions, dtypes, numbers of dimensions, who reads whom.
The sizes are the lengths, strides and offsets of all nodes, in a row. Requests of one structure are planned alike.
"""

from __future__ import annotations

import hashlib
import marshal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ..ir import Node, topological

SIZED = frozenset({"strides", "offset", "batch"})  # attributes that are sizes


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
    def structure(self) -> bytes | None:
        """A digest of all else; None where some attribute is no plain data (a function of Python)."""
        number = {node: i for i, node in enumerate(self.order)}
        nodes = [
            (node.kind, [number[a] for a in node.args], _plain(node.attrs), len(node.shape), node.dtype.name)
            for node in self.order
        ]
        rest = [number[node] for node in self.wanted], self.inputs, self.scalars, list(self.dead.items())
        try:
            # Version 2 writes equal data in equal bytes, whoever shares it.
            return hashlib.blake2b(marshal.dumps((nodes, *rest, self.any_layout), 2), digest_size=16).digest()
        except ValueError:
            return None

    def resized(self, sizes: Sequence[int]) -> Request:
        """The same structure with other sizes."""
        rest, new = iter(sizes), dict[Node, Node]()
        for node in self.order:
            shape = tuple(next(rest) for _ in node.shape)
            attrs = {name: _taken(value, rest) if name in SIZED else value for name, value in node.attrs.items()}
            new[node] = Node(node.kind, tuple(new[a] for a in node.args), attrs, shape, node.dtype)
        return replace(self, wanted=[new[node] for node in self.wanted])


def _plain(attrs: Mapping) -> list[tuple]:
    """Attributes without sizes."""
    return [
        (name, (len(value) if type(value) is tuple else None) if name in SIZED else value)
        for name, value in attrs.items()
    ]


def _taken(value, rest: Iterator[int]):
    """As many sizes as a value is."""
    return tuple(next(rest) for _ in value) if type(value) is tuple else next(rest)
