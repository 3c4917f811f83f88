"""Groups: which nodes run in one kernel.

Comes in: the wanted nodes, in the form that `expose.py` leaves. Goes out: Groups in an order in which they can run.
Every computing node is in one group, but cheap maps with several users (`inline`), which each user computes for itself.

A loop group walks a domain: the shape of its "full" nodes without dimensions of size 1. Where it reduces, all its
reductions go over the same axes of the domain; reductions, and maps of their results, are its "rows". A contraction
group is a contraction and the maps that follow it, its epilogue. The results of one recurrence, or of one
attention, are a group. Any other node is a group of its own.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from itertools import pairwise

from ..codegen import scalar
from ..codegen.registers import BYTES
from ..ir import ATTENTION, Node, contiguous_strides, topological, view
from . import costs, views
from .expose import FREE, Pusher
from .halves import factors_of

LOOPS, CONTRACTION, SPECIAL = "loops", "contraction", "special"
CONTRACTIONS = frozenset({"matmul", "conv", "conv_dx", "conv_dw"})
SHARED = frozenset({"recur", *ATTENTION})  # kinds of nodes of which several may be the results of one computation
LOOP_KINDS = frozenset({"map", "reduce", "update", "take"})
ARRAYS = 14  # operands of a kernel, at most
NODES = 96  # of a group, at most
INLINE_FLOPS = 4  # of an element that every user computes for itself
AGAIN_FLOPS = 40  # of an element that later passes over a row compute again


class Group:
    """Nodes that run in one kernel; see the module."""

    __slots__ = ("axes", "domain", "kind", "nodes", "number", "reach", "rows")

    def __init__(
        self, number: int, kind: str, nodes: list[Node], domain=(), axes=frozenset(), rows=frozenset(), reach=0
    ):
        self.number, self.kind, self.nodes, self.reach = number, kind, nodes, reach
        self.domain: tuple[int, ...] = domain
        self.axes: frozenset[int] = axes
        self.rows: frozenset[Node] = rows

    @property
    def kept(self) -> tuple[int, ...]:
        """The domain without the reduced dimensions."""
        return tuple(size for i, size in enumerate(self.domain) if i not in self.axes)

    def __repr__(self):
        return f"{self.kind} {self.domain} {self.nodes}"


class Fusion:
    """The groups of a graph, merged step by step."""

    def __init__(self, wanted: Sequence[Node]):
        self.wanted = set(wanted)
        self.order = topological(wanted)
        self._place = {node: place for place, node in enumerate(self.order)}
        self.inline: set[Node] = set()
        self._choose_inline(wanted)
        self.nodes = [
            n for n in self.order if n.kind != "view" and n.kind not in FREE and n.kind not in ("input", "empty")
        ]
        self.nodes = [n for n in self.nodes if n not in self.inline]
        self.inputs = {n: list(self._inputs(n)) for n in self.nodes}
        self.users: dict[Node, list[Node]] = {n: [] for n in self.order}
        for node in self.nodes:
            for arg in self.inputs[node]:
                self.users[base_of(arg)].append(node)
        self.group: dict[Node, Group] = {}
        self._twins: dict[tuple, Node] = {}
        self._refused: set[tuple[Group, Group]] = set()  # what could not be merged never can, while it is the same

    def run(self) -> list[Group]:
        """The groups, each after those whose results it reads."""
        for number, node in enumerate(self.nodes):
            self._start(number, node)  # only now: what needs a group must be told whenever that group grows
            self._try_edges(node)
        for node in self.nodes:  # a chain may fit as a whole where its first half alone does not
            self._try_edges(node)
        self._merge_siblings()
        return self.sorted()

    # ---- the graph seen through views and inline maps ----

    def _choose_inline(self, wanted: Sequence[Node]) -> None:
        cost = Pusher(wanted).cost
        users: dict[Node, set[Node]] = {}
        for node in self.order:
            for arg in node.args:
                users.setdefault(arg, set()).add(node)
        readers = Counter(base_of(arg) for node in self.order if node.kind != "view" for arg in node.args)
        for node in self.order:
            if node.kind != "map" or node in self.wanted or "copy" in node.attrs or len(users[node]) < 2:
                continue
            flops, _ = cost(node)
            if _kind(node) != LOOPS:
                continue
            below = set(self._only_below(node, users))
            fit = all(
                _kind(u) == LOOPS and (u.kind == "map" or (u.kind == "reduce" and self._reducible(u, node, below)))
                for u in users[node]
            )
            if flops <= INLINE_FLOPS and fit and self._one_array(node, below, readers):
                self.inline |= below | {node}

    def _only_below(self, node: Node, users: dict[Node, set[Node]]) -> Iterator[Node]:
        """The maps that nothing but a map needs."""
        for arg in node.args:
            own = arg.kind == "map" and arg not in self.wanted and "copy" not in arg.attrs and len(users[arg]) == 1
            if own and _kind(arg) == LOOPS:
                yield arg
                yield from self._only_below(arg, users)

    def _reducible(self, reduce: Node, node: Node, below: Set[Node]) -> bool:
        """Whether all that a map reads can be walked as a reduction needs it."""
        return all(views.is_reducible(reduce, leaf) for leaf in self._leaves(node, below))

    def _one_array(self, node: Node, below: Set[Node], readers: Counter[Node]) -> bool:
        """Whether a map reads no more than one array of about its own size, and that lies in memory anyway."""
        leaves = [a for a in self._leaves(node, below) if base_of(a).kind not in FREE]
        large = {base_of(a): a for a in leaves if 4 * extent(a) > node.size}
        anyway = (n.kind != "map" and (n.kind not in CONTRACTIONS or readers[n] > 1) for n in large)
        return len(leaves) <= 4 and len(large) <= 1 and all(anyway)

    def _leaves(self, node: Node, inline: Set[Node] = frozenset()) -> Iterator[Node]:
        for arg in node.args:
            if arg in self.inline or arg in inline:
                yield from self._leaves(arg, inline)
            else:
                yield arg

    _inputs = _leaves

    def _start(self, number: int, node: Node) -> None:
        if node.kind in SHARED:
            twin = self._twins.setdefault(_computation(node), node)
            if twin is not node:
                self._join(node, self.group[twin])
                return
        group = Group(number, _kind(node), [node])
        if group.kind == LOOPS:
            group.domain = views.squeezed(_walked(node))
            if node.kind == "reduce":
                group.axes, group.rows = views.squeezed_axes(node.args[0].shape, node.attrs["axes"]), frozenset([node])
        for arg in self.inputs[node]:
            needed = self.group.get(base_of(arg))
            if needed is not None:
                group.reach |= needed.reach | 1 << needed.number
        self.group[node] = group

    def _join(self, node: Node, group: Group) -> None:
        """Another result of the same computation."""
        group.nodes.append(node)
        self.group[node] = group

    # ---- merging ----

    def _try_edges(self, node: Node) -> None:
        for arg in self.inputs[node]:
            self._try_edge(node, arg)

    def _try_edge(self, node: Node, arg: Node) -> None:
        base = base_of(arg)
        producer, consumer = self.group.get(base), self.group[node]
        if producer is None or producer is consumer or (producer, consumer) in self._refused:
            return
        merged = self._merged(producer, consumer)
        if merged is None:
            self._refused.add((producer, consumer))
        else:
            self._replace(producer, consumer, merged)

    def _merged(self, producer: Group, consumer: Group) -> Group | None:
        """The two as one group, or None."""
        kinds = producer.kind, consumer.kind
        if SPECIAL in kinds or kinds == (CONTRACTION, CONTRACTION) or not self._acyclic(producer, consumer):
            return None
        if kinds == (LOOPS, LOOPS):
            return self._loops_merged(producer, consumer)
        return self._epilogue_merged(producer, consumer)

    def _acyclic(self, producer: Group, consumer: Group) -> bool:
        """Whether nothing lies between the two groups."""
        bit, group = 1 << producer.number, self.group
        for node in consumer.nodes:
            for arg in self.inputs[node]:
                between = group.get(base_of(arg))
                if between is not None and between.reach & bit and between is not consumer:
                    return False
        return True

    def _replace(self, a: Group, b: Group, merged: Group) -> None:
        both = 1 << a.number | 1 << b.number
        merged.number, merged.reach = b.number, (a.reach | b.reach) & ~both
        for node in merged.nodes:
            self.group[node] = merged
        self._tell_users(merged)

    def _tell_users(self, merged: Group) -> None:
        """Whoever needs a merged group needs all that it needs; who knows that already has told its own users."""
        new = merged.reach | 1 << merged.number
        stack = [merged]
        while stack:
            for node in stack.pop().nodes:
                for user in self.users[node]:
                    group = self.group.get(user)
                    if group is not None and group is not merged and new & ~group.reach:
                        group.reach |= new
                        stack.append(group)

    def _loops_merged(self, producer: Group, consumer: Group) -> Group | None:
        """The two as one loop group, or None."""
        if producer.domain == consumer.domain:
            if producer.axes and consumer.axes and producer.axes != consumer.axes:
                return None
            big, rows = (producer if producer.axes else consumer), producer.rows | consumer.rows
        elif producer.axes and not consumer.axes and consumer.domain == producer.kept:
            big, rows = producer, producer.rows | set(consumer.nodes)
        elif consumer.axes and not producer.axes and producer.domain == consumer.kept:
            big, rows = consumer, consumer.rows | set(producer.nodes)
        else:
            return None
        nodes = sorted({*producer.nodes, *consumer.nodes}, key=self._place.__getitem__)
        merged = Group(consumer.number, LOOPS, nodes, big.domain, big.axes, frozenset(rows))
        return merged if self._possible(merged) else None

    def _possible(self, group: Group) -> bool:
        """Whether a loop nest can do a group: what flows inside flows element by element, and the operands fit."""
        members = set(group.nodes)
        if len(members) > NODES or any(n.kind in ("update", "take") for n in group.rows):
            return False
        arrays, feeds = len(self.outputs(group)), False
        for node in group.nodes:
            full = node not in group.rows or node.kind == "reduce"
            for arg in self.inputs[node]:
                base = base_of(arg)
                if base not in members:
                    arrays += base.kind not in FREE
                    if full and group.axes and not self._dense(group, node, arg):
                        return False
                elif not self._flows(group, node, arg, full):
                    return False
                else:
                    feeds |= full and base in group.rows
        return arrays <= ARRAYS and (not feeds or (costs.fits_rows(group.domain, group.axes) and self._is_light(group)))

    def _is_light(self, group: Group) -> bool:
        """Whether what each pass over a row computes again is cheaper than memory."""
        known = levels(group, self.inline)
        last = max(known.values())
        again = (n for n in group.nodes if n.kind == "map" and n not in group.rows and known[n] < last)
        return sum(flops_of(n) for n in again) <= AGAIN_FLOPS

    def _flows(self, group: Group, node: Node, arg: Node, full: bool) -> bool:
        """Whether a value made in the group reaches its user without memory between them."""
        base = base_of(arg)
        if base.kind == "update" or (node.kind in ("update", "take") and arg is node.args[0]):
            return False
        if node.kind == "take" and views.squeezed(arg.shape) != group.domain:
            return False
        if (base in group.rows) != full:
            return arg is base or (views.is_identity(arg) and views.squeezed(arg.shape) == views.squeezed(base.shape))
        return base in group.rows and is_row_broadcast(group, arg)

    def _dense(self, group: Group, node: Node, arg: Node) -> bool:
        """Whether an operand from outside can be walked over the group's reduced dimensions."""
        if node.kind == "update" and arg is node.args[0]:
            target = view(arg, node.args[1].shape, node.attrs["strides"], 0)
            return views.is_dense_over(group.axes, group.domain, views.strides_over(target, len(group.domain)))
        if node.kind == "take":
            return not any(i in group.axes and i + 1 in group.axes for i in range(len(group.domain)))
        return views.is_dense_over(group.axes, group.domain, views.strides_over(arg, len(group.domain)))

    def _epilogue_merged(self, producer: Group, consumer: Group) -> Group | None:
        """A contraction and the maps after it (or the maps that only its epilogue needs) as one group, or None."""
        maps = consumer if producer.kind == CONTRACTION else producer
        contraction = producer if maps is consumer else consumer
        root = contraction.nodes[0]
        nodes = [root, *sorted({*contraction.nodes[1:], *maps.nodes}, key=self._place.__getitem__)]
        merged = Group(consumer.number, CONTRACTION, nodes)
        plain = not maps.axes and all(n.kind == "map" and n.size == root.size for n in maps.nodes)
        known = root.dtype.is_floating_point or factors_of(root) is BYTES
        fits = plain and len(self.outputs(merged)) == 1 and known and root.size
        return merged if fits and self._epilogue_possible(merged) else None

    def _epilogue_possible(self, group: Group) -> bool:
        members, shape, arrays = set(group.nodes), matrix_shape(group.nodes[0]), 0
        for node in group.nodes[1:]:
            for arg in self.inputs[node]:
                inside = base_of(arg) in members
                arrays += not inside and base_of(arg).kind not in FREE
                if inside and arg.kind == "view" and not views.is_identity(arg):
                    return False
                if arrays > ARRAYS or (
                    not inside and (base_of(arg).kind == "iota" or matrix_strides(arg, shape) is None)
                ):
                    return False
        return not any(base_of(a) in members for a in self.inputs[group.nodes[0]])

    def _merge_siblings(self) -> None:
        """Loop groups over the same domain that read the same array run as one."""
        readers: dict[tuple, list[Node]] = {}
        for node in self.nodes:
            group = self.group[node]
            for base in map(base_of, self.inputs[node]):
                if group.kind == LOOPS and base.kind not in FREE:
                    readers.setdefault((base, group.domain, group.axes), []).append(node)
        for (base, domain, _), nodes in readers.items():
            if len(nodes) < 2 or 4 * base.size < math.prod(domain):
                continue
            for a, b in pairwise(nodes):
                first, second = self.group[a], self.group[b]
                if first is second or first.domain != second.domain or first.axes != second.axes:
                    continue
                if first.reach >> second.number & 1 or second.reach >> first.number & 1:
                    continue
                nodes_ = sorted({*first.nodes, *second.nodes}, key=self._place.__getitem__)
                merged = Group(second.number, LOOPS, nodes_, first.domain, first.axes, first.rows | second.rows)
                if self._possible(merged):
                    self._replace(first, second, merged)

    # ---- results ----

    def outputs(self, group: Group) -> list[Node]:
        """The nodes of a group that others see."""
        members = set(group.nodes)
        return [n for n in group.nodes if n in self.wanted or any(u not in members for u in self.users[n])]

    def sorted(self) -> list[Group]:
        """The groups in an order of execution: depth first, so that what is computed is soon used."""
        done: set[int] = set()
        result: list[Group] = []

        def visit(group: Group) -> None:
            stack = [(group, iter(self._needs(group)))]
            done.add(group.number)
            while stack:
                current, rest = stack[-1]
                following = next((g for g in rest if g.number not in done), None)
                if following is None:
                    result.append(current)
                    stack.pop()
                else:
                    done.add(following.number)
                    stack.append((following, iter(self._needs(following))))

        for node in self.nodes:
            if self.group[node].number not in done:
                visit(self.group[node])
        return result

    def _needs(self, group: Group) -> list[Group]:
        found = (self.group.get(base_of(a)) for n in group.nodes for a in self.inputs[n])
        return [g for g in found if g is not None and g is not group]


# ---------------------------------------------------------------- facts about nodes
def base_of(arg: Node) -> Node:
    """The array that an argument reads."""
    return arg.args[0] if arg.kind == "view" else arg


def levels(group: Group, inline: Set[Node]) -> dict[Node, int]:
    """How many passes over the reduced dimensions must be over before each node of a group is known."""
    result: dict[Node, int] = {}

    def level(arg: Node) -> int:
        if arg in inline:
            return max((level(a) for a in arg.args), default=0)
        return result.get(base_of(arg), 0)

    for node in group.nodes:
        result[node] = max((level(a) for a in node.args), default=0) + (node.kind == "reduce")
    return result


def flops_of(node: Node) -> int:
    """What one element of a map costs."""
    fn = node.attrs["fn"]
    return 1 if fn in ("cast", "bitcast") else scalar.flops(fn)


def extent(arg: Node) -> int:
    """How many elements of its array an argument reads."""
    return views.extent(arg.shape, arg.attrs["strides"]) if arg.kind == "view" else arg.size


def is_row_broadcast(group: Group, arg: Node) -> bool:
    """Whether a view repeats row values along the reduced dimensions of a group."""
    if arg.kind != "view" or arg.attrs["offset"] or views.squeezed(arg.shape) != group.domain:
        return False
    strides = iter(contiguous_strides(group.kept))
    expected = [0 if i in group.axes else next(strides) for i in range(len(group.domain))]
    return views.strides_over(arg, len(group.domain)) == expected


def matrix_shape(root: Node) -> tuple[int, int, int]:
    """A contraction's result as (batch, rows, columns)."""
    if root.kind == "matmul":
        rows, columns = root.shape[-2:]
        return root.size // max(rows * columns, 1), rows, columns
    columns = root.shape[-1] if root.kind != "conv_dw" else root.size // max(root.shape[0], 1)
    return 1, root.size // max(columns, 1), columns


def matrix_strides(arg: Node, shape: tuple[int, int, int]) -> tuple[tuple[int, ...], int] | None:
    """Strides and offset of an argument seen as row-major (batch, rows, columns); None where there are none."""
    if arg.kind in FREE:
        return (0, 0, 0), 0
    own = contiguous_strides(shape)
    if arg.kind != "view":
        return own, 0
    return views.compose(shape, own, 0, arg.shape, arg.attrs["strides"], arg.attrs["offset"])


def _computation(node: Node) -> tuple:
    """Equal for the results of one computation."""
    same = tuple((name, value) for name, value in node.attrs.items() if name not in ("result", "part", "order"))
    return node.kind, node.args, same


def _kind(node: Node) -> str:
    if any(n.dtype.is_hosted for n in (node, *node.args)):
        return SPECIAL
    return LOOPS if node.kind in LOOP_KINDS else CONTRACTION if node.kind in CONTRACTIONS else SPECIAL


def _walked(node: Node) -> tuple[int, ...]:
    """The shape that a loop over a node walks."""
    return node.args[0].shape if node.kind == "reduce" else node.args[1].shape if node.kind == "update" else node.shape
