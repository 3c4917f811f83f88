"""Benchmark cases, written against the PyTorch API alone: the same files run under either implementation.

A case is a function without arguments that returns `step`, a function that does one unit of work and ends by reading
a number or an array on the host, so that deferred work is counted. Random numbers, masks of dropout among them, follow
from a seed: the numbers that steps return agree between implementations, and `compare.py` says by how much.
"""

from __future__ import annotations

from collections.abc import Callable

Step = Callable[[], float]
CASES: dict[str, tuple[str, Callable[[], Step]]] = {}


def case(group: str):
    """Registers a case under its function's name, in a group of the summary."""

    def register(make: Callable[[], Step]) -> Callable[[], Step]:
        CASES[make.__name__] = group, make
        return make

    return register


def load() -> dict[str, tuple[str, Callable[[], Step]]]:
    """All cases by name."""
    from . import data, images, loops, networks, operators, sequences  # each registers its cases

    return CASES
