"""Syncs: what is alive, and which plan computes it.

A sync runs the pending program for the values that somebody still holds: tensors of the script, values kept by the
tape. Who holds what is read off the reference counts of the storages. Everything else is fused away or never computed.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from sys import getrefcount

from .. import schedule
from ..runtime import buffers
from ..storage import Storage
from . import faults
from .program import path, slots_to_nodes
from .trie import TRACE, Enter, State, Trace


def references(storage: Storage) -> int:
    """How many holders a storage has, the caller's own tensor included, the trace's own lists not."""
    own = 2  # this function's parameter, and the argument of getrefcount
    if storage.epoch == TRACE.epoch:
        pending = TRACE.storages[storage.slot] is storage
        own += pending + (storage.buffer is not None)
    return getrefcount(storage) - own


def _live(trace: Trace) -> tuple[int, ...]:
    """The slots whose values are held by someone besides the trace; a storage that also entered is in `inputs` too."""
    storages = trace.storages
    return tuple(
        [
            i
            for i, count in enumerate(map(getrefcount, storages))
            if count > _BASE and (s := storages[i]) is not None and (s.buffer is None or count > _BASE + 1)
        ]
    )


_BASE = next(map(getrefcount, [object()]))  # the reference count that `_live` sees of a storage held by the trace alone


observer: Callable | None = None  # of a profiler: runs the plan of a trace in our place


class Plan:
    """A program for one set of live slots; bound to memory at each run."""

    def __init__(self, state: State, live: tuple[int, ...], storages):
        nodes = slots_to_nodes(state)
        entered = [r.slot for _, r in path(state) if isinstance(r, Enter)]
        overwritten = self._overwritten(live, storages)
        wanted = [nodes[slot] for slot in live]
        layouts = [k for k, slot in enumerate(live) if not storages[slot].shared]
        self.program = schedule.build(wanted, len(entered), len(TRACE.scalars), dead=overwritten, any_layout=layouts)
        self.live, self.entered = live, len(entered)
        self.sizes = [n.size * n.dtype.itemsize for n in wanted]
        self.donations = self.program.donations
        self.orders = [o if o is not None and list(o) != sorted(o) else None for o in self.program.orders]
        # For each value: its slot, bytes, order in memory, and the input that it is written over.
        self.rows = list(zip(live, self.sizes, self.orders, map(self.donations.get, range(len(live)))))

    @staticmethod
    def _overwritten(live, storages) -> dict[int, int]:
        """The inputs whose storages get new content in this program, each with the number of that output."""
        outputs = {id(storages[slot]): k for k, slot in enumerate(live) if storages[slot].buffer is not None}
        return {i: outputs[id(s)] for i, s in enumerate(TRACE.inputs) if id(s) in outputs and not s.shared}

    def run(self, trace: Trace):
        """Computes the live slots; None or the fault that a kernel met."""
        inputs = trace.inputs[: self.entered]  # after a fault, others may have entered later
        memory = [buffers.allocate(size) if donor is None else inputs[donor].buffer for _, size, _, donor in self.rows]
        fault = self.program.run([s.buffer.address for s in inputs], trace.scalars, [b.address for b in memory])
        if fault is not None:
            return fault
        storages = trace.storages
        for buffer, (slot, size, order, _) in zip(memory, self.rows):
            storage = storages[slot]
            if storage.export is not None and storage.shared and storage.buffer is not buffer:
                ctypes.memmove(storage.buffer.address, buffer.address, size)
            else:
                storage.buffer, storage.order = buffer, order
        return None


def sync() -> None:
    """Runs the pending program for all values that are alive, and starts the next one.

    Raises IndexError where a kernel met an index out of range, RuntimeError where memory runs out.
    """
    trace = TRACE
    with trace.lock:
        if trace.nodes:
            trace.keep_tape()
        live = _live(trace)
        if live and not trace.sound:
            faults.abandon(trace, live)
        elif live:
            state = trace.state
            try:
                plan = state.plans.get(live)
                if plan is None:
                    plan = state.plans[live] = Plan(state, live, trace.storages)
                fault = plan.run(trace) if observer is None else observer(plan, trace)
            except BaseException:
                faults.abandon(trace, live)
                raise
            if fault is not None:
                faults.restore_and_raise(trace, live, fault, Plan)
        trace.reset()


def pending(storage: Storage) -> bool:
    """Whether the content has yet to be computed."""
    trace = TRACE
    return storage.epoch == trace.epoch and trace.storages[storage.slot] is storage


if hasattr(os, "register_at_fork"):
    # A child must not be born while another thread is about to change the trace. This is registered after the runtime's
    # locks, so it is taken before them, as a sync does.
    _lock = TRACE.lock
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)
