"""Sizes of windows: one number for all dimensions, or one for each.

In: what users write for kernel_size, stride and the like. Out: tuples of a known length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable


def repeated(count: int) -> Callable:
    """The function that makes `count` numbers of one; sequences become tuples as they are."""

    def sizes(x):
        return tuple(x) if isinstance(x, Iterable) else (x,) * count

    return sizes


single, pair, triple = repeated(1), repeated(2), repeated(3)


def with_default(output_size, defaults):
    """An output size in which None stands for the size of the input (`defaults`, whose last sizes count).

    Raises ValueError where the input has too few dimensions.
    """
    if output_size is None or isinstance(output_size, int):
        return output_size
    if len(defaults) <= len(output_size):
        raise ValueError(f"Input dimension should be at least {len(output_size) + 1}")
    return [d if size is None else size for size, d in zip(output_size, defaults[-len(output_size) :])]
