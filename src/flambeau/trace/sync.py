"""Syncs: what is alive, which plan computes it, and how numbers get to and from the host.

A sync runs the pending program for the values that somebody still holds: tensors of the script, values kept by the
tape. Who holds what is read off the reference counts of the storages. Everything else is fused away or never computed.
"""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Callable
from sys import getrefcount

import numpy as np

from .. import ir, schedule
from ..meta import Meta
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
    return tuple(
        [
            i
            for i, s in enumerate(trace.storages)
            if s is not None and getrefcount(s) > (_BASE if s.buffer is None else _BASE + 1)
        ]
    )


def _calibrate() -> int:
    """The reference count that `_live` sees of a storage held by the trace alone."""
    counts = [getrefcount(s) for i, s in enumerate([object()]) if s is not None]
    return counts[0]


_BASE = _calibrate()


class Plan:
    """A program for one set of live slots; bound to memory at each run."""

    def __init__(self, state: State, live: tuple[int, ...], storages):
        nodes = slots_to_nodes(state)
        entered = [r.slot for _, r in path(state) if isinstance(r, Enter)]
        overwritten = self._overwritten(live, storages)
        wanted = [nodes[slot] for slot in live]
        self.checked = any(n.kind in ("take", "put") for n in ir.topological(wanted))
        # Where a kernel may refuse an index, inputs stay untouched, so that the program's start can be restored.
        dead = {} if self.checked else overwritten
        layouts = [k for k, slot in enumerate(live) if not storages[slot].shared]
        self.program = schedule.build(wanted, len(entered), len(TRACE.scalars), dead=dead, any_layout=layouts)
        self.live = live
        self.sizes = [n.size * n.dtype.itemsize for n in wanted]
        self.donations = self.program.donations
        self.orders = [o if o is not None and list(o) != sorted(o) else None for o in self.program.orders]
        self.rows = list(zip(live, self.sizes, self.orders, range(len(live))))

    @staticmethod
    def _overwritten(live, storages) -> dict[int, int]:
        """The inputs whose storages get new content in this program, each with the number of that output."""
        outputs = {id(storages[slot]): k for k, slot in enumerate(live) if storages[slot].buffer is not None}
        return {i: outputs[id(s)] for i, s in enumerate(TRACE.inputs) if id(s) in outputs and not s.shared}

    def run(self, trace: Trace):
        """Computes the live slots; None or the fault that a kernel met."""
        inputs, donations = trace.inputs, self.donations
        memory = [
            inputs[donations[k]].buffer if k in donations else buffers.allocate(size) for _, size, _, k in self.rows
        ]
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
                fault = plan.run(trace)
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


def to_host(storage: Storage) -> None:
    """Makes the content lie in memory, row-major."""
    if storage.epoch == TRACE.epoch and TRACE.storages[storage.slot] is storage:
        sync()
    if storage.buffer is None:
        raise faults.lost()
    if storage.order is not None:
        _make_row_major(storage)


_row_major: dict[tuple, schedule.Program] = {}


def _make_row_major(storage: Storage) -> None:
    """Rewrites a content that a plan left in another order of dimensions."""
    if storage.epoch == TRACE.epoch:
        sync()  # the pending program reads it in the old order
    content, order = storage.content, storage.order
    program = _row_major.get((content, order))
    if program is None:
        held = ir.input_(0, [content.shape[i] for i in order], content.dtype)
        back = held.permute([order.index(i) for i in range(len(order))])
        program = _row_major[content, order] = schedule.build([back], 1, 0)
    buffer = buffers.allocate(storage.nbytes)
    program.run([storage.buffer.address], (), [buffer.address])
    storage.buffer, storage.order = buffer, None


# ------------------------------------------------------------------ single numbers
_CTYPES = {
    "float32": ctypes.c_float, "float64": ctypes.c_double, "int64": ctypes.c_int64, "int32": ctypes.c_int32,
    "int16": ctypes.c_int16, "int8": ctypes.c_int8, "uint8": ctypes.c_uint8, "bool": ctypes.c_bool,
}  # fmt: skip


def read_element(storage: Storage, meta: Meta):
    """The first element of a view as a Python number."""
    to_host(storage)
    kind = _CTYPES.get(meta.dtype.name)
    if kind is None:
        return _strided(storage, meta).item()
    return kind.from_address(storage.buffer.address + meta.offset * meta.dtype.itemsize).value


# ------------------------------------------------------------------ arrays
class Exporter:
    """Lends a storage's memory to NumPy; alive as long as an array looks at it."""

    __slots__ = ("buffer", "__array_interface__", "__weakref__")

    def __init__(self, buffer, nbytes: int):
        self.buffer = buffer
        self.__array_interface__ = {"shape": (nbytes,), "typestr": "|u1", "data": (buffer.address, False), "version": 3}


def _bytes_of(storage: Storage, exporter) -> np.ndarray:
    return np.asarray(exporter) if storage.nbytes else np.empty(0, np.uint8)


def _strided(storage: Storage, meta: Meta, exporter=None) -> np.ndarray:
    """The view as an array over the storage's memory."""
    exporter = exporter or Exporter(storage.buffer, storage.nbytes)
    flat = _bytes_of(storage, exporter).view(meta.dtype.numpy)
    size = meta.dtype.itemsize
    strides = [s * size for s in meta.strides]
    return np.lib.stride_tricks.as_strided(flat[meta.offset :] if meta.numel else flat, meta.shape, strides)


def host_array(tensor) -> np.ndarray:
    """The tensor's elements as an array to be read at once (bfloat16 as float32)."""
    to_host(tensor.storage)
    array = _strided(tensor.storage, tensor.meta)
    if tensor.meta.dtype.name == "bfloat16":
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array


def host_bytes(tensor) -> bytes:
    """The tensor's elements in row-major order, in the host form of its dtype."""
    to_host(tensor.storage)
    return np.ascontiguousarray(_strided(tensor.storage, tensor.meta)).tobytes()


def export(tensor) -> np.ndarray:
    """A NumPy array that shares the tensor's memory; while it lives, the memory is written and read at once."""
    storage = tensor.storage
    if storage.epoch == TRACE.epoch or id(storage) in TRACE.windowed:
        sync()  # pending readers see the memory as it is now
    to_host(storage)
    exporter = storage.export() if isinstance(storage.export, weakref.ref) else None
    if exporter is None:
        exporter = Exporter(storage.buffer, storage.nbytes)
        if storage.export is None or isinstance(storage.export, weakref.ref):
            storage.export = weakref.ref(exporter)
    return _strided(storage, tensor.meta, exporter)


class HostMemory:
    """Memory that belongs to a NumPy array."""

    __slots__ = ("array", "address", "nbytes")

    def __init__(self, array: np.ndarray):
        self.array, self.address, self.nbytes = array, array.__array_interface__["data"][0], array.nbytes


def _always() -> bool:
    return True


def storage_from_host(array: np.ndarray, content: Meta) -> Storage:
    """A storage with a copy of a contiguous array."""
    buffer = buffers.allocate(array.nbytes)
    if array.nbytes:
        ctypes.memmove(buffer.address, array.__array_interface__["data"][0], array.nbytes)
    return Storage(content, -1, -1, buffer)


def storage_sharing(array: np.ndarray, content: Meta) -> Storage:
    """A storage over the memory of a contiguous array that stays the user's."""
    storage = Storage(content, -1, -1, HostMemory(array))
    always: Callable = _always
    storage.export = always
    return storage
