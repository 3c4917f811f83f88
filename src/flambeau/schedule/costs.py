"""Decisions by sizes alone: how a reduction is cut in pieces, what a row kernel may hold, what is worth two threads."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

PIECE = 16384  # elements of a piece of a reduction, at least
PIECES = 64  # of one result, at most
COLUMNS = 128  # kept neighbours that one work item takes along a vectorised dimension
ROW = 1 << 15  # elements of a row that stays in the cache from stage to stage
PARALLEL_BYTES = 1 << 18  # what one thread moves, or computes, in about 12 microseconds
PARALLEL_FLOPS = 1 << 20
AWAKE = 4  # how much less work is worth two threads once they are awake


def vector_of(domain: Sequence[int], axes: Collection[int]) -> str:
    """Which dimension of a (squeezed) domain a nest walks in vectors."""
    return "reduced" if axes and len(domain) - 1 in axes else "kept"


def reduced_sizes(domain: Sequence[int], axes: Collection[int]) -> list[int]:
    """Sizes of the reduced dimensions, adjacent ones taken as one."""
    result: list[int] = []
    for i, size in enumerate(domain):
        if i in axes and i - 1 in axes:
            result[-1] *= size
        elif i in axes:
            result.append(size)
    return result


def pieces(domain: Sequence[int], axes: Collection[int]) -> int:
    """How many pieces the first reduced dimension is cut in; 1 where there is work enough for all threads without."""
    if not axes:
        return 1
    sizes = reduced_sizes(domain, axes)
    total, reduced = math.prod(domain), math.prod(sizes)
    kept = total // max(reduced, 1)
    tiles = kept if vector_of(domain, axes) == "reduced" else -(-kept // COLUMNS)
    wanted = min(PIECES, total // PIECE)
    return 1 if tiles >= 8 else max(1, min(-(-wanted // max(tiles, 1)), sizes[0]))


def fits_rows(domain: Sequence[int], axes: Collection[int]) -> bool:
    """Whether later stages over the same rows find them in the cache, and the rows are enough for all threads."""
    row = math.prod(reduced_sizes(domain, axes))
    if vector_of(domain, axes) == "kept":
        row *= 16
    return row <= ROW and pieces(domain, axes) == 1


def is_parallel(nbytes: int, flops: int, awake: bool = False) -> bool:
    """Whether a launch is worth more than one thread; awake: whether other launches of the plan call them anyway."""
    ease = AWAKE if awake else 1
    return nbytes * ease >= PARALLEL_BYTES or flops * ease >= PARALLEL_FLOPS
