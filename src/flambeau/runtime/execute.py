"""Plans as data: launches of kernels over a table of addresses, walked by one generated native function.

In: launches, whose kernels are compiled here, and at every run a table of addresses. Out: None, or the first fault. One
plan runs at a time, under `lock`; who shares a plan between threads holds the lock from filling the table to the end of
the run.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
import threading
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import accumulate
from typing import NamedTuple

from .. import config
from . import native
from .buffers import Buffer, allocate, arena
from .compile import Kernel, address, compile_many
from .workers import pool

__all__ = ["Fault", "HostCall", "Kernel", "Launch", "Plan", "Pointer", "Task", "lock"]

BRIEF = 500_000  # bytes moved and operations done, together, in some 50 us

lock = threading.RLock()
_running = False  # whether a plan is


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
class HostCall:
    """A Python function that runs between launches. It must not run a plan."""

    call: Callable[[], object]
    label: str = ""


class Fault(NamedTuple):
    """What a kernel found wrong: its code, the place given to the kernel, the value, the size it exceeds."""

    code: int
    where: int
    value: int
    size: int


class Plan:
    """Launches and host calls, run in order.

    table: addresses by slot, filled in by the caller before a run; slot 0, the status block, is filled in already.
    scratch: (slot, bytes) of scratch memory that the plan wants; its address is kept up to date in the table.
    """

    def __init__(self, launches: Sequence[Launch | HostCall], table_size: int, scratch: tuple[int, int] | None = None):
        self.table = (ctypes.c_int64 * max(table_size, 1))()
        self.table[0] = pool.status
        self._scratch, self._generation = scratch, -1
        steps = [step for step in launches if isinstance(step, HostCall) or step.items > 0]
        work = [step for step in steps if isinstance(step, Launch)]
        compile_many([task.kernel for launch in work for task in launch.tasks])
        self._images: list[Buffer] = []
        native_run = _native_run(_is_brief(work))
        self._steps = [self._step(stretch, native_run) for stretch in _stretches(steps)]

    def run(self) -> Fault | None:
        """Runs the plan; after a fault, what later launches would have written is left as it was.

        Raises what a host call raises; RuntimeError where there is no memory for scratch, or inside another run: both
        would work in the same scratch memory.
        """
        with lock:
            return self.run_locked()

    def run_locked(self) -> Fault | None:
        """`run`, for a caller that holds the lock."""
        global _running
        if _running:
            raise RuntimeError("a plan cannot run inside another one, from a host call or a finalizer")
        try:
            _running = True
            if self._scratch and self._generation != arena.generation:
                self._move_scratch()
            for step in self._steps:
                if step():
                    return Fault(*pool.fault())
        finally:
            _running = False
        return None

    def _move_scratch(self) -> None:
        slot, nbytes = self._scratch
        self.table[slot] = arena.reserve(nbytes)
        self._generation = arena.generation

    def _step(self, stretch: Sequence[Launch | HostCall], native_run: Callable) -> Callable[[], object]:
        """A function without arguments that does the stretch; a true result is a fault."""
        if isinstance(stretch[0], HostCall):
            step = partial(_call_host, stretch[0].call)
        else:
            self._images.append(_image(stretch, self.table))
            run = partial(_call_workers, native_run) if any(map(_is_parallel, stretch)) else native_run
            step = partial(run, ctypes.c_void_p(self._images[-1].address))
        return partial(_timed, step, stretch[0]) if config.debug else step


def _stretches(steps: Sequence[Launch | HostCall]) -> list[list]:
    """The steps cut up: host calls one by one, neighbouring launches together (one by one where they are timed)."""
    stretches: list[list] = []
    for step in steps:
        together = stretches and isinstance(step, Launch) and isinstance(stretches[-1][-1], Launch) and not config.debug
        if together:
            stretches[-1].append(step)
        else:
            stretches.append([step])
    return stretches


def _is_parallel(launch: Launch) -> bool:
    return launch.parallel and launch.items > 1


def _is_brief(launches: Sequence[Launch]) -> bool:
    """Whether launches, all of known cost, are over before giving up Python's lock pays, which workers would need."""
    costs = [launch.bytes + launch.flops for launch in launches]
    return all(costs) and sum(costs) <= BRIEF and not any(map(_is_parallel, launches))


# ---------------------------------------------------------------- the image of a stretch of launches
def _image(launches: Sequence[Launch], table: ctypes.Array) -> Buffer:
    """The records that the native function reads (see `native`), in one block: the first is the segment's."""
    tasks = [task for launch in launches for task in launch.tasks if task.items > 0]
    words = [word for task in tasks for word in task.words]
    pointers = [(place, word) for place, word in enumerate(words) if isinstance(word, Pointer)]
    counts = (
        len(native.SEGMENT),
        len(native.LAUNCH_RECORD) * len(launches),
        len(native.TASK) * len(tasks),
        len(words),
        len(native.PATCH) * len(pointers),
    )
    block = allocate(8 * sum(counts))
    launches_at, tasks_at, words_at, patches_at = (block.address + 8 * n for n in list(accumulate(counts))[:-1])
    parallel = any(map(_is_parallel, launches))
    image = array("q", [patches_at, len(pointers), launches_at, len(launches)])
    image.extend((ctypes.addressof(table), pool.region, parallel))
    image.extend(_launch_records(launches, tasks_at))
    image.extend(_task_records(launches, words_at))
    image.extend(map(_bits, words))
    for place, pointer in pointers:
        image.extend((words_at + 8 * place, pointer.slot, pointer.offset))
    ctypes.memmove(block.address, image.buffer_info()[0], 8 * len(image))
    return block


def _launch_records(launches: Sequence[Launch], tasks_at: int) -> Iterator[int]:
    for launch in launches:
        yield from (tasks_at, launch.items, _is_parallel(launch))
        tasks_at += 8 * len(native.TASK) * sum(task.items > 0 for task in launch.tasks)


def _task_records(launches: Sequence[Launch], words_at: int) -> Iterator[int]:
    for launch in launches:
        first = 0
        for task in launch.tasks:
            if task.items > 0:
                yield from (address(task.kernel), words_at, first, first + task.items)
                words_at += 8 * len(task.words)
                first += task.items


def _bits(word: int | float | Pointer) -> int:
    """A word as the integer of the same bits; 0 for a Pointer, which is patched."""
    if isinstance(word, Pointer):
        return 0
    return struct.unpack("q", struct.pack("d", word))[0] if isinstance(word, float) else word


# ---------------------------------------------------------------- steps
@cache
def _native_run(brief: bool) -> Callable:
    """The native function; a brief run keeps Python's lock, which another thread might not give back for long."""
    signature = (ctypes.PYFUNCTYPE if brief else ctypes.CFUNCTYPE)(ctypes.c_int64, ctypes.c_void_p)
    return signature(address(native.run_kernel))


def _call_workers(native_run: Callable, image: ctypes.c_void_p) -> int:
    pool.call()
    return native_run(image)


def _call_host(call: Callable[[], object]) -> None:
    call()


def _timed(step: Callable[[], object], what: Launch | HostCall) -> object:
    """Does a step and prints what it took."""
    start = time.perf_counter()
    result = step()
    seconds = max(time.perf_counter() - start, 1e-9)
    line = f"{what.label or 'launch':40} {seconds * 1e3:10.3f} ms"
    if isinstance(what, Launch):
        line += f" {what.bytes / seconds / 1e9:8.1f} GB/s {what.flops / seconds / 1e9:8.1f} GFLOP/s"
    print(line, file=sys.stderr)
    return result


def _before_fork() -> None:
    """No plan runs during a fork, and no worker is alive: parent and child both start new ones when they need them."""
    lock.acquire()
    pool.stop()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=lock.release, after_in_child=lock.release)
