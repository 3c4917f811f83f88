"""Views pushed to the leaves: what is read in another order is computed in that order, where that is cheap.

Comes in: a graph. Goes out: a graph in which the arguments of `map`, `reduce` and the values of `update` are equally
shaped, and every view stands directly on an array that lies in memory (never on a view, seldom on a map). A view that
cannot be said with one stride a dimension makes its source an array in memory, through a copy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import count

from ..codegen import scalar
from ..ir import Node, broadcast, topological, view
from . import views
from .simplify import constant, rewrite, with_args

DEPTH = 64  # maps that a view is pushed through
TRIVIAL = 3  # flops of an element that is rather computed once for each of its copies than kept in memory
CHEAP = 8  # flops of an element that is rather computed again than kept in memory
POINTWISE = frozenset({"map", "reduce"})
FREE = frozenset({"const", "scalar", "iota"})  # leaves that need no memory


_copies = count()


def copy(node: Node) -> Node:
    """The node's elements in memory of their own: a map that changes nothing, and is equal to no other."""
    return Node("map", (node,), {"fn": "cast", "copy": next(_copies)}, node.shape, node.dtype)


def uses_of(wanted: Sequence[Node]) -> Counter[Node]:
    """How many arguments each node is; being wanted counts as one more."""
    uses = Counter(wanted)
    for node in topological(wanted):
        uses.update(node.args)
    return uses


def push_views(wanted: Sequence[Node]) -> list[Node]:
    """Views pushed through maps to the leaves, where that computes nothing costly twice."""
    return Pusher(wanted).run(wanted)


def dense_sums(wanted: Sequence[Node]) -> list[Node]:
    """A copy of what a reduction reads where its adjacent reduced dimensions are no single walk."""

    def rule(node: Node) -> Node:
        if node.kind != "reduce" or node.args[0].kind != "view" or views.is_reducible(node, node.args[0]):
            return node
        return with_args(node, (copy(node.args[0]),))

    return rewrite(wanted, rule)


class Pusher:
    """The state of the pass: the new nodes, and how often each is used."""

    def __init__(self, wanted: Sequence[Node]):
        self.uses = uses_of(wanted)
        self.work: dict[Node, tuple[int, int]] = {}

    def run(self, wanted: Sequence[Node]) -> list[Node]:
        new: dict[Node, Node] = {}
        for node in topological(wanted):
            args = tuple(new[a] for a in node.args)
            if node.kind in POINTWISE:
                args = tuple(self.settled(a) for a in args)
            elif node.kind == "update":
                args = (args[0], self.settled(args[1]))
            copied = node.kind == "view" and args[0].kind == "view"
            new[node] = made = self.copied(node, args[0]) if copied else with_args(node, args)
            self.uses[made] = self.uses[node]
            self.cost(made)  # bottom-up, so that it never has far to go
        return [new[node] for node in wanted]

    def copied(self, node: Node, inner: Node) -> Node:
        """A view of a view: composed, or else the view of a copy."""
        found = _composed(node, inner)
        if found is not None:
            return found
        made = copy(self.settled(inner))
        return view(made, node.shape, node.attrs["strides"], node.attrs["offset"])

    def settled(self, arg: Node, depth: int = DEPTH) -> Node:
        """An argument without a view on a map, where the map can as well be computed in the view's order."""
        if arg.kind != "view" or arg.args[0].kind != "map":
            return arg
        return (self.pushed(arg, arg.args[0], depth) if depth and self.worth(arg) else None) or arg

    def worth(self, node: Node) -> bool:
        """Whether to compute a view's source in the view's order, not to read it from memory."""
        source = node.args[0]
        flops, arrays = self.cost(source)
        if node.size > source.size:
            return flops <= TRIVIAL and arrays <= 2
        return self.uses[source] <= 1 or (flops <= CHEAP and arrays <= 1)

    def pushed(self, node: Node, source: Node, depth: int) -> Node | None:
        """The map `source` computed in the order of the view `node`; None if some leaf cannot be read that way."""
        args = []
        for arg in source.args:
            seen = self.seen(node, arg, depth - 1)
            if seen is None:
                return None
            args.append(seen)
        made = Node("map", tuple(args), source.attrs, node.shape, node.dtype)
        self.uses[made] = self.uses[node]
        return made

    def seen(self, node: Node, arg: Node, depth: int) -> Node | None:
        """An argument of a map in the order of a view of the map."""
        number = constant(arg)
        if number is not None:
            return broadcast(number, node.shape)
        if arg.kind == "view":
            found = _composed(node, arg)
            return None if found is None else self.settled(found, depth)
        made = view(arg, node.shape, node.attrs["strides"], node.attrs["offset"])
        return self.settled(made, depth)

    def cost(self, node: Node) -> tuple[int, int]:
        """Flops for an element of a map and everything under it that is not in memory; arrays that it reads."""
        if node.kind == "view" or node.kind in FREE:
            return 0, int(not _free(node))
        if node.kind != "map":
            return 0, 1
        if node not in self.work:
            below = [self.cost(a) for a in node.args]
            fn = node.attrs["fn"]
            own = 1 if fn in ("cast", "bitcast") else scalar.flops(fn)
            self.work[node] = own + sum(f for f, _ in below), sum(a for _, a in below)
        return self.work[node]


def _composed(outer: Node, inner: Node) -> Node | None:
    if outer.size == 0:
        return view(inner.args[0], outer.shape, (0,) * len(outer.shape), 0)
    found = views.compose(
        outer.shape,
        outer.attrs["strides"],
        outer.attrs["offset"],
        inner.shape,
        inner.attrs["strides"],
        inner.attrs["offset"],
    )
    return None if found is None else view(inner.args[0], outer.shape, *found)


def _free(node: Node) -> bool:
    return (node.args[0] if node.kind == "view" else node).kind in FREE
