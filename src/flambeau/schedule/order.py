"""The order of groups that keeps few temporaries alive.

Comes in: groups in some order of execution. Goes out: the same, in which a group that frees at least as much memory as
it takes runs as soon as it can: a weight's gradient right after what it is made from, not at the end.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..ir import Node
from .fuse import Fusion, Group, base_of


def frugal(groups: Sequence[Group], fusion: Fusion) -> list[Group]:
    """The groups in the order that the module describes."""
    order = _Order(groups, fusion)
    for group in groups:
        order.run(group)
    return order.result


class _Order:
    def __init__(self, groups: Sequence[Group], fusion: Fusion):
        self.groups, self.fusion = groups, fusion
        self.at = 0  # no group before this one is still to be run
        self.result: list[Group] = []
        self.done: set[Group] = set()
        self.needs = {g: self._needs(g) for g in groups}
        self.readers: dict[Node, list[Group]] = {}
        for group, nodes in self.needs.items():
            for node in nodes:
                self.readers.setdefault(node, []).append(group)
        self.waiting = {node: len(readers) for node, readers in self.readers.items()}

    def _needs(self, group: Group) -> set[Node]:
        """The results of other groups that a group reads."""
        bases = {base_of(a) for n in group.nodes for a in self.fusion.inputs[n]}
        return {b for b in bases if b in self.fusion.group and self.fusion.group[b] is not group}

    def run(self, group: Group) -> None:
        """Puts a group next, then all that it makes ready and that costs no memory."""
        stack = [group]
        while stack:
            current = stack.pop()
            if current in self.done:
                continue
            # What comes next anyway is not asked for its size, which a template would be bound to.
            due = current is group or (not stack and current is self._next())
            if not (due or self._is_free(current)):
                continue
            self.done.add(current)
            self.result.append(current)
            touched = [n for n in self.needs[current] if self._read(n) == 1]
            touched += self.fusion.outputs(current)
            stack += [reader for node in touched for reader in self.readers.get(node, ()) if reader not in self.done]

    def _next(self) -> Group:
        """The first group that is still to be run; there is one."""
        while self.groups[self.at] in self.done:
            self.at += 1
        return self.groups[self.at]

    def _read(self, node: Node) -> int:
        """Counts one reader of an array off; how many are left."""
        self.waiting[node] -= 1
        return self.waiting[node]

    def _is_free(self, group: Group) -> bool:
        """Whether a group can run and leaves no more memory in use than before."""
        if any(self.fusion.group[n] not in self.done for n in self.needs[group]):
            return False
        taken = sum(_nbytes(n) for n in self.fusion.outputs(group) if n not in self.fusion.wanted)
        freed = sum(_nbytes(n) for n in self.needs[group] if self.waiting[n] == 1 and n not in self.fusion.wanted)
        return taken <= freed


def _nbytes(node: Node) -> int:
    return node.size * node.dtype.itemsize
