"""Where every array lies: inputs, outputs, and temporaries that share one scratch block by turns.

Comes in: the steps in order, with what each reads, writes and may write in place. Goes out: Places. Invariant: two
arrays share bytes only if the last reader of one runs before the writer of the other, or is that writer and reads
every element before it writes the same one.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from .. import dtypes
from ..ir import Node
from ..runtime.execute import Pointer
from .program import FIRST_INPUT, SCRATCH
from .symbolic import Symbol, call

ALIGN = 64
Array = object  # a node, or ("partial", reduction)


@dataclass
class Step:
    """What a step of the plan does to memory.

    writes: arrays and their bytes. in_place: pairs (written, read) that may be the same memory. alias: pairs (written,
    base) that must be. checks: whether it may refuse an index, and so end the plan.
    """

    reads: set[Array]
    writes: dict[Array, int]
    in_place: list[tuple[Array, Array]] = field(default_factory=list)
    alias: list[tuple[Array, Array]] = field(default_factory=list)
    checks: bool = False


class Numbers:
    """The constants that kernels read as run-time words, after the program's scalars in their table.

    So a kernel serves every size of a batch, though means divide by it, and every decay or epsilon.
    """

    COMMON = frozenset({-1.0, 0.0, 0.5, 1.0, 2.0})  # which LLVM may make something of
    FORMATS = {dtypes.float32: "d", dtypes.float64: "d", dtypes.int64: "q"}

    def __init__(self, scalars: int):
        self.scalars = scalars
        self._index: dict[tuple, int] = {}

    def index(self, const: Node) -> int | None:
        """The number of the word that holds a constant; None for one that had better be part of the kernel."""
        return self._index.setdefault(self._word(const), self.scalars + len(self._index)) if self.holds(const) else None

    @classmethod
    def holds(cls, const: Node) -> bool:
        """Whether a constant is read at run time."""
        value = const.attrs["value"]
        return const.dtype in cls.FORMATS and value not in cls.COMMON and value - value == 0

    def words(self) -> list[tuple[str, float]]:
        """What the table holds after the scalars: formats of `struct`, and numbers."""
        return list(self._index)

    def _word(self, const: Node) -> tuple[str, float]:
        value = const.attrs["value"]
        if type(value) is not Symbol:
            value = float(value) if const.dtype.is_floating_point else int(value)
        return self.FORMATS[const.dtype], value


class Places:
    """The place of every array.

    donations: output number -> input slot, where an output is written over an input. scratch: bytes of temporaries.
    numbers: where constants are.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        outputs: Sequence[Node],
        inputs: int,
        dead: Mapping[int, int | None],
        numbers: Numbers,
    ):
        self.numbers = numbers
        self._steps = steps
        self._root: dict[Array, Array] = {}
        self._pointers: dict[Array, Pointer] = {}
        self.donations: dict[int, int] = {}
        self.scratch = 0
        self._alias()
        self._last = self._last_uses()
        self._outputs = {self._root_of(node): number for number, node in enumerate(outputs)}
        self._first_output = FIRST_INPUT + inputs
        self._dead = dead
        self._place_outputs()
        self._place_temporaries()
        self.workspace = Pointer(SCRATCH, self.scratch)

    def __call__(self, array: Array) -> Pointer:
        """The place of an array."""
        if isinstance(array, Node) and array.kind == "input":
            return Pointer(FIRST_INPUT + array.attrs["slot"])
        return self._pointers[self._root_of(array)]

    def shared(self, a: Array, output: Array) -> bool:
        """Whether two arrays have one place, by an output's being written over an input, too."""
        number = self._outputs.get(self._root_of(output))
        given = None if number is None else self.donations.get(number)
        return self(a) == self(output) or (_is_input(a) and a.attrs["slot"] == given)

    def _root_of(self, array: Array) -> Array:
        while array in self._root:
            array = self._root[array]
        return array

    def _alias(self) -> None:
        """Arrays that must lie in one place are known by the one that is written first."""
        for step in self._steps:
            self._root.update(dict(step.alias))

    def _last_uses(self) -> dict[Array, int]:
        last = {}
        for number, step in enumerate(self._steps):
            for array in (*step.reads, *step.writes):
                last[self._root_of(array)] = number
        return last

    def _place_outputs(self) -> None:
        """Outputs in memory of their own, or over an input that nobody needs any more, once no index can be refused: a
        program that stops before leaves what it was given intact."""
        safe = max((number + 1 for number, step in enumerate(self._steps) if step.checks), default=0)
        steps = list(enumerate(self._steps))[safe:]
        possible = [pair for number, step in steps for pair in self._donations(number, step)]
        possible.sort(key=lambda pair: self._dead[pair[1]] != pair[0])  # first those that the caller prefers
        taken = set()
        for output, slot in possible:
            if output not in self.donations and slot not in taken:
                self.donations[output] = slot
                taken.add(slot)
        for root, output in self._outputs.items():
            self._pointers[root] = Pointer(self._first_output + output)

    def _donations(self, number: int, step: Step) -> Iterator[tuple[int, int]]:
        """Outputs of a step and slots of inputs that they may be written over."""
        for written, read in step.in_place:
            output = self._outputs.get(self._root_of(written))
            if (
                output is not None
                and _is_input(read)
                and self._last[read] == number
                and read.attrs["slot"] in self._dead
            ):
                yield output, read.attrs["slot"]

    def _place_temporaries(self) -> None:
        """Blocks of scratch memory, which arrays take and give back by turns; where blocks lie follows from sizes."""
        sizes: list[int] = []
        turns: list[int] = []
        blocks: dict[Array, int] = {}  # numbers of those in use
        held: dict[Array, int] = {}  # of all
        for number, step in enumerate(self._steps):
            dying = [(w, self._root_of(r)) for w, r in step.in_place if self._last[self._root_of(r)] == number]
            for array, nbytes in step.writes.items():
                root = self._root_of(array)
                if root in self._pointers or root in held:
                    continue
                old = next((read for written, read in dying if written is array and read in blocks), None)
                if old is None:
                    blocks[root] = len(sizes)
                    turns.append(len(sizes))
                    sizes.append(nbytes)
                else:
                    blocks[root] = blocks.pop(old)
                held[root] = blocks[root]
            turns += [~blocks.pop(root) for root in [r for r in blocks if self._last[r] == number]]
        *offsets, self.scratch = call(partial(packed, turns), sizes)
        self._pointers.update((root, Pointer(SCRATCH, offsets[block])) for root, block in held.items())


def packed(turns: Sequence[int], sizes: Sequence[int]) -> list[int]:
    """The offsets of blocks, then the size of all; a turn takes block b where it fits best, or gives it back (~b)."""
    heap, places = Heap(), [(0, 0)] * len(sizes)
    for turn in turns:
        if turn >= 0:
            places[turn] = heap.take(sizes[turn])
        else:
            heap.give(*places[~turn])
    return [*(offset for offset, _ in places), heap.size]


def _is_input(array: Array) -> bool:
    return isinstance(array, Node) and array.kind == "input"


class Heap:
    """A growing block, handed out in parts: the smallest gap that fits."""

    def __init__(self):
        self.size = 0
        self._gaps: list[tuple[int, int]] = []  # (offset, bytes), by offset

    def take(self, nbytes: int) -> tuple[int, int]:
        """Offset and size of a free part."""
        nbytes = -(-max(nbytes, 1) // ALIGN) * ALIGN
        fitting = [(size, offset) for offset, size in self._gaps if size >= nbytes]
        if fitting:
            size, offset = min(fitting)
            self._gaps.remove((offset, size))
            if size > nbytes:
                insort(self._gaps, (offset + nbytes, size - nbytes))
            return offset, nbytes
        if self._gaps and sum(self._gaps[-1]) == self.size:  # the last gap grows with the block
            offset, _ = self._gaps.pop()
        else:
            offset = self.size
        self.size = offset + nbytes
        return offset, nbytes

    def give(self, offset: int, nbytes: int) -> None:
        """Frees a part, joined with free neighbours."""
        gaps: list[tuple[int, int]] = []
        insort(self._gaps, (offset, nbytes))
        for start, size in self._gaps:
            if gaps and sum(gaps[-1]) == start:
                gaps[-1] = (gaps[-1][0], gaps[-1][1] + size)
            else:
                gaps.append((start, size))
        self._gaps = gaps
