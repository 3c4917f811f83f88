"""Plans as data: launches of kernels over a table of addresses, walked by one generated native function.

In: launches, whose kernels are compiled here, and at every run a table of addresses. Out: None, or the first fault. One
plan runs at a time, under `lock`; who shares a plan between threads holds the lock from filling the table to the end of
the run.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import groupby
from typing import NamedTuple

from .. import config
from . import native
from .buffers import Buffer, arena
from .compile import Kernel, address, compile_many
from .segments import Launch, Pointer, Segment, Task, segment
from .workers import pool

__all__ = ["Fault", "HostCall", "Kernel", "Launch", "Plan", "Pointer", "Segment", "Task", "lock"]

BRIEF = 500_000  # bytes moved and operations done, together, in some 50 us

lock = threading.RLock()
_running = False  # whether a plan is


@dataclass(slots=True)
class HostCall:
    """A Python function that runs between launches. It must not run a plan."""

    call: Callable[[], object]
    label: str = ""


Step = Launch | Segment | HostCall


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

    def __init__(self, steps: Sequence[Step], table_size: int, scratch: tuple[int, int] | None = None):
        self.table = (ctypes.c_int64 * max(table_size, 1))()
        self.table[0] = pool.status
        self._scratch, self._generation = scratch, -1
        steps = assembled(steps)
        segments = [step for step in steps if isinstance(step, Segment)]
        compile_many([kernel for segment in segments for kernel, _ in segment.kernels])
        self._blocks: list[Buffer] = []
        native_run = _native_run(_is_brief(segments))
        self._steps = [self._step(step, native_run) for step in steps]

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

    def _step(self, step: Segment | HostCall, native_run: Callable) -> Callable[[], object]:
        """A function without arguments that does the step; a true result is a fault."""
        if isinstance(step, HostCall):
            run = partial(_call_host, step.call)
        else:
            self._blocks.append(step.placed(ctypes.addressof(self.table)))
            call = partial(_call_workers, native_run) if step.parallel else native_run
            run = partial(call, ctypes.c_void_p(self._blocks[-1].address))
        return partial(_timed, run, step) if config.debug else run


def assembled(steps: Sequence[Step]) -> list[Segment | HostCall]:
    """The steps with neighbouring launches as segments (one by one where they are timed), idle ones left out."""
    result: list[Segment | HostCall] = []
    for joined, some in groupby(steps, lambda step: isinstance(step, Launch)):
        if joined:
            busy = [launch for launch in some if launch.items > 0]
            parts = [[launch] for launch in busy] if config.debug else [busy] if busy else []
            result += map(segment, parts)
        else:
            result += some
    return result


def _is_brief(segments: Sequence[Segment]) -> bool:
    """Whether launches, all of known cost, are over before giving up Python's lock pays, which workers would need."""
    short = sum(one.bytes + one.flops for one in segments) <= BRIEF
    return short and all(one.known and not one.parallel for one in segments)


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


def _timed(step: Callable[[], object], what: Segment | HostCall) -> object:
    """Does a step and prints what it took."""
    start = time.perf_counter()
    result = step()
    seconds = max(time.perf_counter() - start, 1e-9)
    line = f"{what.label or 'launch':40} {seconds * 1e3:10.3f} ms"
    if isinstance(what, Segment):
        line += f" {what.bytes / seconds / 1e9:8.1f} GB/s {what.flops / seconds / 1e9:8.1f} GFLOP/s"
    print(line, file=sys.stderr)
    return result


def _before_fork() -> None:
    """No plan runs during a fork, and no worker is alive: parent and child both start new ones when they need them."""
    lock.acquire()
    pool.stop()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=lock.release, after_in_child=lock.release)
