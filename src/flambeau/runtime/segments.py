"""Segments: launches that run without Python between them, as the words that the native function reads (see `native`).

A Segment says nothing of where things lie in this process: addresses within it count from its start, kernels are named,
the table and the workers' region come when it is placed in memory.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from . import native
from .buffers import Buffer, allocate
from .compile import Kernel, compile_many
from .workers import pool

PATCHES, LAUNCHES, TABLE, REGION = (native.SEGMENT.index(name) for name in ("patches", "launches", "table", "region"))


class Pointer(NamedTuple):
    """An address known when the plan runs: the table's entry at `slot`, plus `offset` bytes."""

    slot: int
    offset: int = 0


@dataclass(slots=True)
class Task:
    """A kernel, its words (addresses, sizes, strides; floats are passed as their bits) and its number of work items."""

    kernel: Kernel
    words: Sequence[int | float | Pointer]
    items: int


@dataclass(slots=True)
class Launch:
    """Tasks that are independent of each other and run as one region.

    label, bytes, flops: what it is, what it moves and computes;  parallel: whether it is worth several threads.
    """

    tasks: Sequence[Task]
    label: str = ""
    bytes: int = 0
    flops: int = 0
    parallel: bool = True

    @property
    def items(self) -> int:
        """Work items of all tasks."""
        return sum(task.items for task in self.tasks)


@dataclass(slots=True)
class Segment:
    """See the module.

    words: 8-byte words.  inside: the places of those that are addresses within the segment.  kernels: the kernels, each
    with the places of its address.  label, bytes, flops: of its launches; known: whether all of these are.
    """

    words: Sequence[int]
    inside: np.ndarray
    kernels: Sequence[tuple[Kernel, Sequence[int]]]
    parallel: bool
    label: str
    bytes: int
    flops: int
    known: bool

    def placed(self, table: int) -> Buffer:
        """The segment in memory, for a table of addresses."""
        block = allocate(8 * len(self.words))
        words = block.array(np.int64, len(self.words))
        words[:] = self.words
        words[self.inside] += block.address
        words[TABLE], words[REGION] = table, pool.region
        for address, (_, places) in zip(compile_many([kernel for kernel, _ in self.kernels]), self.kernels):
            words[places] = address
        return block


def segment(launches: Sequence[Launch]) -> Segment:
    """Launches, each of which has work items, as one segment."""
    tasks = [[task for task in launch.tasks if task.items > 0] for launch in launches]
    words = [word for some in tasks for task in some for word in task.words]
    pointers = [(place, word) for place, word in enumerate(words) if isinstance(word, Pointer)]
    sizes = len(native.SEGMENT), len(native.LAUNCH_RECORD) * len(launches), len(native.TASK) * sum(map(len, tasks))
    launches_at, tasks_at, words_at, patches_at = accumulate((*sizes, len(words)))
    parallel = any(map(is_parallel, launches))
    image = [8 * patches_at, len(pointers), 8 * launches_at, len(launches), 0, 0, int(parallel)]
    image.extend(_launch_records(launches, tasks, 8 * tasks_at))
    image.extend(_task_records(tasks, 8 * words_at))
    image.extend(map(_bits, words))
    image.extend(word for place, at in pointers for word in (8 * (words_at + place), at.slot, at.offset))
    inside = [PATCHES, LAUNCHES, *_starts(launches_at, len(launches), native.LAUNCH_RECORD, "tasks")]
    inside += _starts(tasks_at, sum(map(len, tasks)), native.TASK, "words")
    inside += _starts(patches_at, len(pointers), native.PATCH, "destination")
    kernels: dict[Kernel, list[int]] = {}
    calls = _starts(tasks_at, sum(map(len, tasks)), native.TASK, "kernel")
    for task, place in zip((task for some in tasks for task in some), calls):
        kernels.setdefault(task.kernel, []).append(place)
    moved, flops = sum(launch.bytes for launch in launches), sum(launch.flops for launch in launches)
    known = all(launch.bytes + launch.flops > 0 for launch in launches)
    return Segment(image, np.array(inside), list(kernels.items()), parallel, launches[0].label, moved, flops, known)


def is_parallel(launch: Launch) -> bool:
    """Whether several threads run a launch."""
    return launch.parallel and launch.items > 1


def _starts(first: int, count: int, record: tuple[str, ...], field: str) -> range:
    """The places of a field of records that follow each other."""
    start = first + record.index(field)
    return range(start, start + count * len(record), len(record))


def _launch_records(launches: Sequence[Launch], tasks: Sequence[Sequence[Task]], tasks_at: int) -> Iterator[int]:
    for launch, some in zip(launches, tasks):
        yield from (tasks_at, launch.items, int(is_parallel(launch)))
        tasks_at += 8 * len(native.TASK) * len(some)


def _task_records(tasks: Sequence[Sequence[Task]], words_at: int) -> Iterator[int]:
    for some in tasks:
        first = 0
        for task in some:
            yield from (0, words_at, first, first + task.items)
            words_at += 8 * len(task.words)
            first += task.items


def _bits(word: int | float | Pointer) -> int:
    """A word as the integer of the same bits; 0 for a Pointer, which is patched."""
    if isinstance(word, Pointer):
        return 0
    return struct.unpack("q", struct.pack("d", word))[0] if isinstance(word, float) else word
