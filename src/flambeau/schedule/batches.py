"""What runs in one launch: loop groups that do not wait for one another.

Comes in: groups in an order of execution. Goes out: Batches in an order of execution. Groups whose results nobody in
the graph reads (the steps of an optimizer) wait for later ones of their kind, so that all of them are one launch.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..ir import Node
from .bases import disjoint, region
from .fuse import LOOPS, Fusion, Group, base_of


class Batch:
    """Groups that run at the same time; numbers as bits of the groups themselves and of all that they need."""

    def __init__(self, groups: list[Group], terminal: bool):
        self.groups, self.terminal = groups, terminal
        self.bits = sum(1 << g.number for g in groups)

    @property
    def kind(self) -> str:
        return self.groups[0].kind


def batches(groups: Sequence[Group], fusion: Fusion) -> list[Batch]:
    """The groups as batches."""
    result: list[Batch] = []
    for group in groups:
        new = Batch([group], all(fusion.group[u] is group for n in group.nodes for u in fusion.users[n]))
        if group.kind == LOOPS:
            needs = _needs(group, fusion)
            terminal = [b for b in result[:-1] if b.terminal]
            other = next((b for b in (*result[-1:], *terminal) if b.kind == LOOPS and not needs & b.bits), None)
            if other is not None:
                result.remove(other)
                new = Batch([*other.groups, group], other.terminal and new.terminal)
        result.append(new)
    return result


def _needs(group: Group, fusion: Fusion) -> int:
    """Groups that must be over before this one starts, as bits; updates of other parts of an array need not be."""
    result = 0
    for node in group.nodes:
        for arg in fusion.inputs[node]:
            base = _written_base(node) if node.kind == "update" and arg is node.args[0] else base_of(arg)
            needed = fusion.group.get(base)
            if needed is not None and needed is not group:
                result |= needed.reach | 1 << needed.number
    return result


def _written_base(update: Node) -> Node:
    base, written = update.args[0], region(update)
    while base.kind == "update" and disjoint(region(base), written):
        base = base.args[0]
    return base
