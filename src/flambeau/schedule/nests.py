"""From a loop group to loop nests: stages, instructions, operands, dimensions.

Comes in: a Group and where arrays lie. Goes out: the nests that run one after the other (one, or two where a reduction
is cut in pieces: partial results, then their sum), with sizes and operands, ready for `codegen.kernel.loop_task`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field

from ..codegen.kernel import Operand, loop_task
from ..codegen.loops import Access, Instruction, LoopNest, Reduction, Stage
from ..dtypes import dtype
from ..ir import INDEX_REDUCTIONS, Node, contiguous_strides
from ..runtime.execute import Pointer, Task
from . import costs, views
from .expose import FREE
from .fuse import Group, base_of, flops_of, levels
from .memory import Places
from .program import SCALARS

COSTLY = 8  # flops of an element that is rather read again than computed again
VECTOR_STRIDES = (0, 1, -1, 2)  # along the vector dimension, that kernels know


@dataclass
class Phase:
    """One nest of a group, with all that its task needs."""

    nest: LoopNest
    kept: tuple[int, ...]
    reduced: tuple[int, ...]
    operands: tuple[Operand, ...]
    pieces: int
    bytes: int
    flops: int

    def task(self) -> Task:
        """The task that runs the nest."""
        return loop_task(self.nest, self.kept, self.reduced, self.operands, self.pieces)


@dataclass
class Draft:
    """An operand before dimensions are merged: strides over all dimensions of the domain."""

    access: Access
    pointer: Pointer | None
    offset: int
    strides: list[int]
    row: tuple[int, int, int] | None = None
    scalar: int | None = None
    piece: int = 0


@dataclass
class StageDraft:
    per_item: bool
    instructions: list[Instruction] = field(default_factory=list)
    reductions: list[Reduction] = field(default_factory=list)
    stores: list[tuple[int, int]] = field(default_factory=list)

    def finished(self) -> Stage:
        return Stage(tuple(self.instructions), tuple(self.reductions), tuple(self.stores), self.per_item)


def partials(group: Group) -> list[Node]:
    """The reductions of a group whose partial results need memory, `costs.pieces` times their own."""
    reductions = [n for n in group.nodes if n.kind == "reduce"]
    return reductions if pieces_of(group) > 1 else []


def pieces_of(group: Group) -> int:
    """How many pieces a group's reductions are cut in; positions (argmax) do not add up, so those are never cut."""
    if any(n.kind == "reduce" and n.attrs["fn"] in INDEX_REDUCTIONS for n in group.nodes):
        return 1
    return costs.pieces(group.domain, group.axes)


def phases(group: Group, outputs: Sequence[Node], inline: Set[Node], where: Places) -> list[Phase]:
    """The nests of a loop group.

    outputs: the nodes to store. inline: maps that every user computes. where: the places of arrays.
    """
    count = pieces_of(group)
    if count == 1:
        return [NestBuilder(group, outputs, inline, where).whole()]
    first = NestBuilder(group, outputs, inline, where).partial(count)
    kept = group.kept
    combining = Group(group.number, group.kind, group.nodes, (count, *kept), frozenset([0]), group.rows)
    return [first, NestBuilder(combining, outputs, inline, where).combined(count)]


class NestBuilder:
    """Writes the stages of one nest."""

    def __init__(self, group: Group, outputs: Sequence[Node], inline: Set[Node], where: Places):
        self.group, self.inline, self.where = group, inline, where
        self.members, self.outputs = set(group.nodes), set(outputs)
        self.dims = len(group.domain)
        self.operands: list[Draft] = []
        self.written: set[int] = set()
        self.stages: list[StageDraft] = []
        self.count = 0
        self.known: dict[object, int] = {}
        self.flops = 0
        self.lent: dict[Node, int] = {}  # outputs whose memory holds something else until they are stored
        self.levels = levels(group, inline)

    # ---- the three forms of nest ----

    def whole(self) -> Phase:
        """All of a group in one nest."""
        for level in range(max(self.levels.values()) + 1):
            self._rows(level)
            self._pass(level)
            self._put_aside(level)
        return self._finish(1)

    def partial(self, pieces: int) -> Phase:
        """The reductions over each piece, stored one beside the other; the full nodes."""
        self._pass(0)
        reductions = [n for n in self.group.nodes if n.kind == "reduce"]
        self.stages.append(StageDraft(True))
        strides = self._row_strides(contiguous_strides(self.group.kept))
        for node in reductions:
            draft = Draft(Access(node.dtype), self.where(("partial", node)), 0, strides)
            draft.piece = math.prod(self.group.kept)
            self._store(draft, self._value(node))
        return self._finish(pieces)

    def combined(self, pieces: int) -> Phase:
        """The pieces' results combined in order; the rows."""
        self.stages.append(StageDraft(False))
        strides = list(contiguous_strides(self.group.domain))
        for node in self.group.nodes:
            if node.kind == "reduce":
                draft = Draft(Access(node.dtype), self.where(("partial", node)), 0, strides)
                self._reduce(node, self._load(draft))
        for level in range(max(self.levels.values()) + 1):
            self._rows(level)
        return self._finish(1)

    # ---- stages ----

    def _pass(self, level: int) -> None:
        """The full nodes to store and the reductions that only need what is known at a level."""
        group = self.group
        full = [n for n in group.nodes if n in self.outputs and n not in group.rows and self.levels[n] == level]
        reductions = [n for n in group.nodes if n.kind == "reduce" and self.levels[n] == level + 1]
        if not full and not reductions:
            return
        self.stages.append(StageDraft(per_item=not group.axes))
        for node in reductions:
            self._reduce(node, self._value(node.args[0]))
        for node in full:
            self._output(node)

    def _put_aside(self, level: int) -> None:
        """Keeps what a pass computed at some cost, and a later one needs, where that one will store an output."""
        kept = next((n for n in self.group.nodes if self._is_worth_keeping(n, level)), None)
        output = next((n for n in self.group.nodes if kept and self._can_lend(n, kept, level)), None)
        if kept is None or output is None:
            return
        self._store(self._draft_of(output), self._value(kept))
        self.lent[output] = len(self.operands) - 1
        self.known[kept] = self._emit("load", kept.dtype, (), self.lent[output])

    def _is_worth_keeping(self, node: Node, level: int) -> bool:
        """Whether a map was computed for a reduction of this pass, and another pass would compute it again."""
        summed = any(n.kind == "reduce" and n.args[0] is node and self.levels[n] == level + 1 for n in self.group.nodes)
        later = any(node in n.args and self.levels[n] > level and n.kind == "map" for n in self.group.nodes)
        return summed and later and node.kind == "map" and flops_of(node) >= COSTLY and node not in self.outputs

    def _can_lend(self, output: Node, kept: Node, level: int) -> bool:
        """Whether the memory of an output of the last pass is free until then."""
        if output not in self.outputs or output.kind != "map" or output in self.group.rows or output in self.lent:
            return False
        # A reduction is known one level after the pass that makes it; other rows need no pass.
        passes = (n for n in self.group.nodes if n.kind == "reduce" or n not in self.group.rows)
        last = max(self.levels[n] - (n.kind == "reduce") for n in passes)
        if not level < self.levels[output] == last or output.dtype is not kept.dtype:
            return False
        return not any(self.where.shared(array, output) for array in self._read())

    def _read(self) -> set[Node]:
        """The arrays that the group reads."""
        bases, pending = set(), [*self.group.nodes]
        while pending:
            for arg in pending.pop().args:
                if arg in self.inline:
                    pending.append(arg)
                elif base_of(arg) not in self.members:
                    bases.add(base_of(arg))
        return {b for b in bases if b.kind not in FREE}

    def _reduce(self, node: Node, value: int) -> None:
        stage = self.stages[-1]
        stage.reductions.append(Reduction(node.attrs["fn"], value))
        self.flops += math.prod(self.group.domain)
        self.known["reduced", node] = (len(self.stages) - 1, len(stage.reductions) - 1)

    def _rows(self, level: int) -> None:
        """The row nodes that become known at a level."""
        rows = [n for n in self.group.nodes if n in self.group.rows and self.levels[n] == level]
        if not rows:
            return
        self.stages.append(StageDraft(True))
        for node in rows:
            self._value(node)
            if node in self.outputs:
                self._output(node)

    def _output(self, node: Node) -> None:
        value = self._value(node.args[1] if node.kind == "update" else node)
        if node in self.lent:
            self.stages[-1].stores.append((self.lent[node], value))
        else:
            self._store(self._draft_of(node), value)

    def _draft_of(self, node: Node) -> Draft:
        """The operand that an output is."""
        if node.kind == "update":
            pairs = zip(node.args[1].shape, node.attrs["strides"])
            strides, offset = [stride for size, stride in pairs if size != 1], node.attrs["offset"]
        else:
            strides, offset = list(contiguous_strides(views.squeezed(node.shape))), 0
            if node in self.group.rows:
                strides = self._row_strides(strides)
        return Draft(Access(node.dtype), self.where(node), offset, strides)

    def _row_strides(self, strides: Iterable[int]) -> list[int]:
        """Strides over the kept dimensions as strides over all."""
        steps = iter(strides)
        return [0 if i in self.group.axes else next(steps) for i in range(self.dims)]

    def _store(self, draft: Draft, value: int) -> None:
        self.written.add(len(self.operands))
        self.stages[-1].stores.append((len(self.operands), value))
        self.operands.append(draft)

    # ---- values ----

    def _emit(self, fn: str, d: dtype, args: tuple[int, ...] = (), attrs: object = None) -> int:
        key = (fn, d, args, repr(attrs))
        if key not in self.known:
            self.known[key] = self.count
            self.stages[-1].instructions.append(Instruction(fn, d, args, attrs))
            self.count += 1
        return self.known[key]

    def _value(self, arg: Node) -> int:
        """The instruction that gives an argument, written if it is new."""
        base = base_of(arg)
        if base in self.members:
            arg = base
        elif arg not in self.inline:
            return self._leaf(arg)
        if arg not in self.known:
            self.known[arg] = self._computed(arg)
        return self.known[arg]

    def _computed(self, node: Node) -> int:
        if node.kind == "reduce":
            return self._emit("reduced", node.dtype, (), self.known["reduced", node])
        if node.kind == "take":
            return self._taken(node)
        args = tuple(self._value(a) for a in node.args)
        fn = node.attrs["fn"]
        if fn == "cast" and node.dtype is node.args[0].dtype:
            return args[0]
        self.flops += node.size * flops_of(node)
        return self._emit(fn, node.dtype, args)

    def _leaf(self, arg: Node) -> int:
        """An argument from outside the group."""
        base = base_of(arg)
        if base.kind in ("const", "scalar"):
            number = base.attrs["index"] if base.kind == "scalar" else self.where.numbers.index(base)
            if number is None:
                return self._emit("const", base.dtype, (), base.attrs["value"])
            return self._load(Draft(Access(base.dtype, "scalar"), None, 0, [], scalar=number))
        strides = views.strides_over(arg, len(views.squeezed(arg.shape)))
        if len(strides) != self.dims or (self.group.axes and views.squeezed(arg.shape) != self.group.domain):
            strides = self._row_strides(strides)
        offset = arg.attrs["offset"] if arg.kind == "view" else 0
        return self._load(self._array(base, offset, strides))

    def _array(self, base: Node, offset: int, strides: list[int]) -> Draft:
        if base.kind == "iota":
            return Draft(Access(base.dtype, "iota"), None, offset, strides)
        return Draft(Access(base.dtype), self.where(base), offset, strides)

    def _load(self, draft: Draft, row: tuple[int, ...] = ()) -> int:
        key = ("operand", draft.access, draft.pointer, draft.offset, tuple(draft.strides), draft.scalar, draft.row)
        if key not in self.known:
            self.known[key] = len(self.operands)
            self.operands.append(draft)
        return self._emit("load", draft.access.dtype, row, self.known[key])

    def _taken(self, node: Node) -> int:
        """A checked load at a row that is itself a value."""
        source, index = node.args
        lead = len(views.squeezed(index.shape))
        if base_of(index) in self.members:
            row = self._value(index)
        elif base_of(index).kind in ("const", "scalar"):
            row = self._leaf(index)
        else:
            offset = index.attrs["offset"] if index.kind == "view" else 0
            strides = views.strides_over(index, lead) + [0] * (self.dims - lead)
            row = self._load(self._array(base_of(index), offset, strides))
        steps = source.attrs["strides"] if source.kind == "view" else contiguous_strides(source.shape)
        inner = [step for size, step in zip(source.shape[1:], steps[1:]) if size != 1]
        draft = self._array(base_of(source), source.attrs["offset"] if source.kind == "view" else 0, [0] * lead + inner)
        draft.row = (steps[0], source.shape[0], node.attrs.get("where", 0))
        return self._load(draft, (row,))

    # ---- dimensions ----

    def _finish(self, pieces: int) -> Phase:
        """The nest, with as few dimensions as its operands and the order of its sums allow."""
        group = self.group
        vector = costs.vector_of(group.domain, group.axes)
        kept, reduced = self._merged(vector)
        arrays = [d for d in self.operands if d.access.memory != "scalar"]
        sizes = [[group.domain[run[0]] if len(run) == 1 else math.prod(group.domain[i] for i in run) for run in runs]
                 for runs in (kept, reduced)]  # fmt: skip
        columns = [run[-1] for run in (*kept, *reduced)]
        nothing_kept = vector == "kept" and not kept
        accesses, operands = [], []
        for number, draft in enumerate(self.operands):
            strides = [draft.strides[i] for i in columns] if draft.access.memory != "scalar" else [0] * len(columns)
            if nothing_kept:
                strides.insert(0, int(number in self.written))
            along = len(kept) + nothing_kept - 1 if vector == "kept" else len(strides) - 1
            inner = strides[along] if strides[along] in VECTOR_STRIDES else None
            access = draft.access
            accesses.append(Access(access.dtype, access.memory, inner))
            pointer = Pointer(SCALARS) if access.memory == "scalar" else draft.pointer
            operands.append(Operand(pointer, draft.offset, tuple(strides), None, draft.row, draft.scalar, draft.piece))
        nest = LoopNest(
            len(kept) + nothing_kept, len(reduced), vector, tuple(accesses), tuple(s.finished() for s in self.stages),
            frozenset(self.written), pieces > 1,
        )  # fmt: skip
        moved = sum(views.extent(group.domain, d.strides) * d.access.dtype.itemsize for d in arrays)
        kept_sizes = (1,) * nothing_kept + tuple(sizes[0])
        return Phase(nest, kept_sizes, tuple(sizes[1]), tuple(operands), pieces, moved, self.flops)

    def _merged(self, vector: str) -> tuple[list[list[int]], list[list[int]]]:
        """Runs of dimensions walked as one: adjacent reduced ones always, kept ones where all strides agree."""
        domain, axes = self.group.domain, self.group.axes
        kept: list[list[int]] = []
        reduced: list[list[int]] = []
        walks = [d.strides for d in self.operands if d.access.memory != "scalar"]
        for i, size in enumerate(domain):
            if i in axes:
                if reduced and reduced[-1][-1] == i - 1:
                    reduced[-1].append(i)
                else:
                    reduced.append([i])
            elif kept and all(s[kept[-1][-1]] == s[i] * size for s in walks):
                kept[-1].append(i)
            else:
                kept.append([i])
        return kept, reduced
