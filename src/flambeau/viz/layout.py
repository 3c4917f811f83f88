"""Places the boxes of a directed graph in layers: every arrow points down, and few cross.

The method of Sugiyama, Tagawa and Toda (1981): layers by the longest path, a bend wherever an arrow passes a layer,
the order within a layer by the middle of a box's neighbours.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import NamedTuple

_SWEEPS = 4
_MARGIN, _SPACE = 20, 24
_BEND = 12.0  # the width that a bend takes in its layer


class Place(NamedTuple):
    """The middle of a box, or a bend of an arrow."""

    x: float
    y: float


def layered(sizes: list[float], edges: list[tuple[int, int]], height: float, gap: float):
    """Places for boxes of the given widths.

    Args:
        sizes: the width of each box.
        edges: arrows (from, to); there must be no cycle.
        height, gap: the height of a box, and the room between layers.

    Returns:
        The place of each box; the bends of each arrow that has some; and the width and the height of the whole.
    """
    layer = _longest_paths(len(sizes), edges)
    widths = list(sizes)
    steps: list[tuple[int, int]] = []
    chains: dict[tuple[int, int], list[int]] = {}
    for a, b in dict.fromkeys(edges):
        bends = []
        for between in range(layer[a] + 1, layer[b]):
            bends.append(len(widths))
            widths.append(_BEND)
            layer.append(between)
        chains[a, b] = bends
        chain = [a, *bends, b]
        steps += itertools.pairwise(chain)
    rows = _ordered(layer, steps)
    places, width = _spread(rows, widths, height, gap)
    bends_of = {edge: [places[bend] for bend in bends] for edge, bends in chains.items() if bends}
    return places[: len(sizes)], bends_of, (width, len(rows) * (height + gap) - gap + 2 * _MARGIN)


def _longest_paths(count: int, edges: list[tuple[int, int]]) -> list[int]:
    """The layer of each box: as close as can be above what it leads to, the last layer being the lowest."""
    after, waits = defaultdict(list), [0] * count
    for a, b in edges:
        after[b].append(a)
        waits[a] += 1
    depth = [0] * count
    ready = [i for i in range(count) if not waits[i]]
    while ready:
        b = ready.pop()
        for a in after[b]:
            depth[a] = max(depth[a], depth[b] + 1)
            waits[a] -= 1
            if not waits[a]:
                ready.append(a)
    lowest = max(depth, default=0)
    return [lowest - d for d in depth]


def _ordered(layer: list[int], steps: list[tuple[int, int]]) -> list[list[int]]:
    """The boxes and bends of each layer, from left to right."""
    rows: list[list[int]] = [[] for _ in range(max(layer, default=0) + 1)]
    for number, row in enumerate(layer):
        rows[row].append(number)
    above, below = defaultdict(list), defaultdict(list)
    for a, b in steps:
        below[a].append(b)
        above[b].append(a)
    for sweep in range(_SWEEPS):
        down = sweep % 2
        neighbours, order = (above, rows[1:]) if down else (below, rows[-2::-1])
        position = {number: place for row in rows for place, number in enumerate(row)}
        for row in order:
            middles = {
                n: sum(position[m] for m in neighbours[n]) / len(neighbours[n]) if neighbours[n] else position[n]
                for n in row
            }
            row.sort(key=middles.__getitem__)
            position.update((number, place) for place, number in enumerate(row))
    return rows


def _spread(rows: list[list[int]], widths: list[float], height: float, gap: float):
    """Each layer side by side, in the middle of the whole."""
    spans = [sum(widths[n] for n in row) + _SPACE * (len(row) - 1) for row in rows]
    whole = max(spans, default=0) + 2 * _MARGIN
    places = [Place(0, 0)] * len(widths)
    for number, (row, span) in enumerate(zip(rows, spans)):
        x = (whole - span) / 2
        y = _MARGIN + height / 2 + number * (height + gap)
        for n in row:
            places[n] = Place(x + widths[n] / 2, y)
            x += widths[n] + _SPACE
    return places, whole
