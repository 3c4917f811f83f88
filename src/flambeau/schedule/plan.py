"""From a graph to Code: passes, groups, batches, memory, launches.

Comes in: what is asked for. Goes out: its Code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set

from .. import dtypes
from ..codegen.cut import Workspace
from ..ir import ATTENTION, Node, topological
from ..runtime.execute import HostCall, Launch, assembled
from . import costs, views
from .batches import Batch, batches
from .contractions import contraction_flops, contraction_launches
from .fuse import CONTRACTION, LOOPS, Fusion, Group, base_of, levels
from .hosts import HostNode
from .memory import Numbers, Places, Step
from .nests import partials, phases, pieces_of
from .order import frugal
from .passes import run_passes
from .program import Code, KernelRecord
from .request import Request


def planned(request: Request) -> Code:
    """The program that is asked for."""
    wanted, orders = run_passes(request.wanted, request.any_layout)
    formats = ["d"] * request.scalars
    for node in topological(wanted):
        if node.kind == "scalar":
            formats[node.attrs["index"]] = "q" if node.dtype.category < dtypes.FLOAT else "d"
    planner = Planner(wanted, request.inputs, request.scalars, request.dead)
    places = planner.places
    return Code(
        assembled(planner.launches),
        request.inputs + len(orders),
        "".join(formats),
        places.numbers.words(),
        planner.scratch,
        orders,
        places.donations,
        planner.records,
    )


class Planner:
    """Lays arrays out and writes the launches."""

    def __init__(self, wanted: Sequence[Node], inputs: int, scalars: int, dead: Mapping[int, int | None]):
        self.inputs = inputs
        self.fusion = Fusion(wanted)
        self.batches = batches(frugal(self.fusion.run(), self.fusion), self.fusion)
        self.places = Places([self._step(b) for b in self.batches], wanted, inputs, dead, Numbers(scalars))
        self.launches: list[Launch | HostCall] = []
        self.records: list[KernelRecord] = []
        self.scratch = self.places.scratch
        self.operands: set[Node] = set()  # of the last contraction
        self.space = Workspace(self.places.workspace)  # that it had: copies of them may still be there
        for batch in self.batches:
            self._launch(batch)
        self._share()

    # ---- memory ----

    def _step(self, batch: Batch) -> Step:
        step = Step(set(), {})
        readers: dict[Node, int] = {}
        for group in batch.groups:
            reads = self._reads(group)
            step.reads |= reads
            for array in reads:
                readers[array] = readers.get(array, 0) + 1
            step.writes.update((n, _nbytes(n)) for n in self.fusion.outputs(group))
            if group.kind == LOOPS:
                count = pieces_of(group)
                step.writes.update({("partial", n): count * _nbytes(n) for n in partials(group)})
            for node in group.nodes:
                step.checks |= node.kind in ("take", "put")
                if node.kind in ("update", "put"):
                    base = base_of(node.args[0])
                    step.alias.append((node, base))
                    if base.kind == "empty":
                        step.writes[base] = _nbytes(base)
        pairs = [pair for group in batch.groups if group.kind == LOOPS for pair in self._in_place(group)]
        step.in_place = [(written, read) for written, read in pairs if readers[read] == 1]
        return step

    def _reads(self, group: Group) -> set[Node]:
        members = set(group.nodes)
        bases = {base_of(a) for n in group.nodes for a in self.fusion.inputs[n]}
        return {b for b in bases if b not in members and (b.kind == "input" or b in self.fusion.group)}

    def _in_place(self, group: Group) -> Iterable[tuple[Node, Node]]:
        """Pairs of an output and an array that are walked alike, so that the one may be written over the other."""
        known = levels(group, self.fusion.inline)
        last = max(
            level - (n.kind == "reduce") for n, level in known.items() if n not in group.rows or n.kind == "reduce"
        )
        if pieces_of(group) > 1:
            return
        safe = self._walked_alike(group)
        for node in self.fusion.outputs(group):
            if node.kind == "map" and node not in group.rows and known[node] == last:
                yield from ((node, read) for read in safe if read.dtype.itemsize == node.dtype.itemsize)

    def _walked_alike(self, group: Group) -> list[Node]:
        """Arrays of which a group reads an element only where it computes the same element of the domain."""
        members, safe = set(group.nodes), {}
        for node in group.nodes:
            full = node not in group.rows or node.kind == "reduce"
            for arg in self.fusion.inputs[node]:
                base = base_of(arg)
                if base in members or not (base.kind == "input" or base in self.fusion.group):
                    continue
                alike = full and node.kind != "take" and (arg is base or views.is_identity(arg))
                alike = alike and views.squeezed(arg.shape) == group.domain
                alike = alike and not (node.kind == "update" and arg is node.args[0])
                safe[base] = safe.get(base, True) and alike
        return [base for base, alike in safe.items() if alike]

    # ---- launches ----

    def _launch(self, batch: Batch) -> None:
        groups = [g for g in batch.groups if not self._is_idle(g)]
        if not groups:
            return
        if batch.kind == LOOPS:  # needs no workspace
            self._loops(groups)
        elif batch.kind == CONTRACTION:
            self._contraction(groups[0])
        elif groups[0].nodes[0].kind == "recur":
            self.operands = set()
            self._recurrence(groups[0])
        else:
            self.operands = set()
            self._special(groups[0].nodes)

    def _share(self) -> None:
        """Gives smaller launches to all threads too, where larger ones wake them anyway."""
        launches = [step for step in self.launches if isinstance(step, Launch)]
        if any(launch.parallel for launch in launches):
            for launch in launches:
                launch.parallel = launch.parallel or costs.is_parallel(launch.bytes, launch.flops, awake=True)

    def _is_idle(self, group: Group) -> bool:
        """Whether there is nothing to do: no elements, or a copy of an array onto itself."""
        outputs = self.fusion.outputs(group)
        if all(n.size == 0 or (n.kind == "update" and n.args[1].size == 0) for n in outputs):
            return True
        node = group.nodes[0]
        source = base_of(node.args[0]) if node.args else node
        if (
            len(group.nodes) > 1
            or "copy" not in node.attrs
            or not (source.kind == "input" or source in self.fusion.group)
        ):
            return False
        whole = node.args[0] is source or views.is_identity(node.args[0])
        return whole and self.places(node) == self.places(source)

    def _loops(self, groups: Sequence[Group]) -> None:
        parts = [phases(g, self.fusion.outputs(g), self.fusion.inline, self.places) for g in groups]
        names = tuple(dict.fromkeys(name_of(g, self.fusion.inline) for g in groups))
        for number in range(max(map(len, parts))):
            now = [p[number] for p in parts if number < len(p)]
            label = f"{' | '.join(names)}{' (pieces)' if number else ''}"
            self._add(
                [p.task() for p in now], label, LOOPS, names, sum(p.bytes for p in now), sum(p.flops for p in now)
            )

    def _add(self, tasks, label: str, kind: str, names: tuple[str, ...], nbytes: int, flops: int) -> None:
        self.launches.append(Launch(tasks, label, nbytes, flops, costs.is_parallel(nbytes, flops)))
        self.records.append(KernelRecord(label, kind, names, nbytes, flops, len(tasks)))

    def _contraction(self, group: Group) -> None:
        output = self.fusion.outputs(group)[0]
        operands = {base_of(a) for a in group.nodes[0].args}
        self.space = self.space.following([self.places(n) for n in self.operands & operands])
        self.operands = operands
        launches = contraction_launches(group, output, self.fusion.inline, self.places, self.space)
        self.scratch = max(self.scratch, self.places.scratch + self.space.bytes)
        self.launches += launches
        moved = sum(map(_nbytes, self._reads(group))) + _nbytes(output)
        names = tuple(n.attrs.get("fn", n.kind) for n in group.nodes)
        flops = contraction_flops(group)
        self.records.append(KernelRecord("+".join(names), CONTRACTION, names, moved, flops, len(launches)))

    def _recurrence(self, group: Group) -> None:
        from .recurrences import recurrence_launches  # loaded where there is one

        launches, nbytes = recurrence_launches(group, self.places)
        self.scratch = max(self.scratch, self.places.scratch + nbytes)
        self.launches += launches
        moved = sum(map(_nbytes, self._reads(group))) + sum(map(_nbytes, group.nodes))
        flops = sum(launch.flops for launch in launches)
        self.records.append(KernelRecord(launches[-1].label, "recur", ("recur",), moved, flops, len(launches)))

    def _special(self, nodes: Sequence[Node]) -> None:
        from .attention import attention_flops
        from .special import special_tasks  # loaded where there are some

        node = nodes[0]
        made = special_tasks(nodes, self.places)
        label = f"{node.kind} {node.attrs.get('fn', '')}".strip()
        if made is None:
            self.launches.append(HostCall(HostNode(node, self.places), label))
            self.records.append(KernelRecord(label, "host", (label,), 0, 0, 1))
            return
        tasks, nbytes = made
        self.scratch = max(self.scratch, self.places.scratch + nbytes)
        moved = sum(map(_nbytes, nodes)) + sum(_nbytes(base_of(a)) for a in node.args)
        flops = attention_flops(nodes) if node.kind in ATTENTION else moved
        for task in tasks:
            self._add([task], label, node.kind, (label,), moved, flops)


def name_of(group: Group, inline: Set[Node]) -> str:
    """The functions that a group computes, in order."""
    names = [n.attrs.get("fn", n.kind) for n in group.nodes if "copy" not in n.attrs]
    return " ".join(names) or "copy"


def _nbytes(node: Node) -> int:
    return node.size * node.dtype.itemsize
