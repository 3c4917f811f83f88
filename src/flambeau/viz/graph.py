"""The computational graph of a tensor, as SVG: which operations made it, from which parameters."""

from __future__ import annotations

import html
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import flambeau as torch

from .layout import Place, layered

_WIDTH_OF_LETTER, _HEIGHT, _GAP = 7.2, 30, 46
_FILLS = {"operation": "#eceff4", "parameter": "#a9d6e5", "leaf": "#ffe8a3", "result": "#b7e4c7"}


@dataclass
class Node:
    """One box: what is written in it, what it stands for (a key of the fills), and a longer text for the pointer."""

    label: str
    kind: str
    note: str = ""


@dataclass
class Graph:
    """Boxes, and arrows between them by their numbers, in the direction of the computation. Notebooks show its SVG."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[tuple[int, int]] = field(default_factory=list)

    def svg(self) -> str:
        """The picture, as an SVG document; a box tells the line of the script that made it."""
        sizes = [max(60.0, len(node.label) * _WIDTH_OF_LETTER + 16) for node in self.nodes]
        places, bends, (width, height) = layered(sizes, self.edges, _HEIGHT, _GAP)
        arrows = [_arrow([places[a], *bends.get((a, b), ()), places[b]]) for a, b in self.edges]
        boxes = [_box(node, place, size) for node, place, size in zip(self.nodes, places, sizes)]
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
                f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="monospace" font-size="12">',
                '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
                'orient="auto"><path d="M0 0 8 4 0 8z" fill="#555"/></marker></defs>',
                *arrows,
                *boxes,
                "</svg>",
            ]
        )

    def _repr_svg_(self) -> str:
        return self.svg()

    def save(self, path) -> None:
        """Writes the SVG document to a file."""
        Path(path).write_text(self.svg(), encoding="utf-8")


def graph(output: torch.Tensor, params: Mapping[str, torch.Tensor] | None = None) -> Graph:
    """The operations that a gradient of `output` would pass, back to the leaves.

    Args:
        output: a tensor that requires a gradient, such as a loss.
        params: names for leaves, as `dict(model.named_parameters())`.

    Returns:
        A Graph; `save("graph.svg")` writes it.

    Raises:
        ValueError: the tensor does not require a gradient: there is no graph behind it.
    """
    if output.grad_fn is None:
        raise ValueError("the tensor has no grad_fn: compute it from tensors that require gradients, with grad enabled")
    names = {id(tensor): name for name, tensor in (params or {}).items()}
    found = Graph([Node(_described("result", output), "result")])
    numbers: dict[Any, int] = {}
    stack = [(output.grad_fn, 0)]
    while stack:
        node, after = stack.pop()
        if known := node in numbers:
            number = numbers[node]
        else:
            number = numbers[node] = len(found.nodes)
            found.nodes.append(_boxed(node, names))
        found.edges.append((number, after))
        if not known:
            stack += [(following, number) for following, _ in reversed(node.next_functions) if following is not None]
    return found


def _boxed(node, names: Mapping[int, str]) -> Node:
    leaf = getattr(node, "variable", None)
    if leaf is not None:
        name = names.get(id(leaf))
        return Node(_described(name or "leaf", leaf), "leaf" if name is None else "parameter")
    line = getattr(getattr(node, "rules", None), "line", None)
    note = f"{line[0]}, line {line[1]}" if line else ""
    return Node(node.name().rpartition("::")[2].removesuffix("0").removesuffix("Backward"), "operation", note)


def _described(name: str, tensor: torch.Tensor) -> str:
    return f"{name} {tuple(tensor.shape)}"


def _box(node: Node, place: Place, width: float) -> str:
    left, top = place.x - width / 2, place.y - _HEIGHT / 2
    title = f"<title>{html.escape(node.note)}</title>" if node.note else ""
    return (
        f'<g>{title}<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{_HEIGHT}" rx="4" '
        f'fill="{_FILLS[node.kind]}" stroke="#555"/>'
        f'<text x="{place.x:.1f}" y="{place.y + 4:.1f}" text-anchor="middle">{html.escape(node.label)}</text></g>'
    )


def _arrow(points: list[Place]) -> str:
    """A smooth line from the lower edge of the first box through the bends to the upper edge of the last."""
    start = Place(points[0].x, points[0].y + _HEIGHT / 2)
    end = Place(points[-1].x, points[-1].y - _HEIGHT / 2)
    path = [start, *points[1:-1], end]
    steps = [f"M{start.x:.1f} {start.y:.1f}"]
    for a, b in itertools.pairwise(path):
        middle = (a.y + b.y) / 2
        steps.append(f"C{a.x:.1f} {middle:.1f} {b.x:.1f} {middle:.1f} {b.x:.1f} {b.y:.1f}")
    return f'<path d="{" ".join(steps)}" fill="none" stroke="#777" marker-end="url(#tip)"/>'
