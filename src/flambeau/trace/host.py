"""Numbers to and from the host: single elements, arrays that are read at once, memory shared with NumPy.

What is pending runs first. Memory that NumPy arrays look at is written and read at once from then on, never deferred.
"""

from __future__ import annotations

import ctypes
import weakref

import numpy as np

from .. import ir, schedule
from ..errors import TYPE_TITLES
from ..meta import Meta
from ..runtime import buffers
from ..small_floats import unpacked
from ..storage import Storage
from . import faults
from .sync import sync
from .trie import TRACE


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
        return _readable(strided(storage, meta), meta).item()
    return kind.from_address(storage.buffer.address + meta.offset * meta.dtype.itemsize).value


# ------------------------------------------------------------------ arrays
def strided(storage: Storage, meta: Meta, window=None) -> np.ndarray:
    """A view as an array over the storage's memory, which it keeps alive; the content lies row-major in memory."""
    size = meta.dtype.itemsize
    window = window or _window(storage)
    return np.ndarray(meta.shape, meta.dtype.numpy, window, meta.offset * size, [s * size for s in meta.strides])


def _window(storage: Storage) -> buffers.Window:
    window = buffers.Window.from_address(storage.buffer.address)
    window.owner = storage.buffer
    return window


def host_array(tensor) -> np.ndarray:
    """The tensor's elements as an array to be read at once (bit patterns of floats as float32)."""
    while tensor.level is not None:
        tensor = tensor.numbers_of("item")
    to_host(tensor.storage)
    return _readable(strided(tensor.storage, tensor.meta), tensor.meta)


def _readable(array: np.ndarray, meta: Meta) -> np.ndarray:
    """A host array in a type whose numbers NumPy can read: floats that it has not, as float32."""
    return unpacked(array, meta.dtype.name) if meta.dtype.is_packed else array


def host_bytes(tensor) -> bytes:
    """The tensor's elements in row-major order, in the host form of its dtype."""
    to_host(tensor.storage)
    return np.ascontiguousarray(strided(tensor.storage, tensor.meta)).tobytes()


def export(tensor) -> np.ndarray:
    """A NumPy array that shares the tensor's memory; while it lives, the memory is written and read at once.

    Raises TypeError for floats that NumPy has not.
    """
    storage = tensor.storage
    if tensor.meta.dtype.is_packed:
        raise TypeError(f"Got unsupported ScalarType {TYPE_TITLES[tensor.meta.dtype.name]}")
    if storage.epoch == TRACE.epoch or id(storage) in TRACE.windowed:
        sync()  # pending readers see the memory as it is now
    to_host(storage)
    window = storage.export() if isinstance(storage.export, weakref.ref) else None
    if window is None:
        window = _window(storage)
        if storage.export is None or isinstance(storage.export, weakref.ref):
            storage.export = weakref.ref(window)
    return strided(storage, tensor.meta, window)


def overwrite(tensor, array: np.ndarray) -> bool:
    """Writes a host array over all of a storage at once, where nothing pending reads or writes that; else False."""
    storage, meta = tensor.storage, tensor.meta
    pending = storage.epoch == TRACE.epoch or id(storage) in TRACE.windowed
    whole = meta.contiguous and meta.numel == storage.content.numel and storage.order is None
    if pending or not whole or storage.buffer is None or array.dtype != meta.dtype.numpy or meta.dtype.is_packed:
        return False
    strided(storage, meta)[...] = array.reshape(meta.shape)
    if not tensor._unversioned:
        storage.version += 1
    return True


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


def storage_of_drawn(array: np.ndarray, content: Meta) -> Storage:
    """A storage of a contiguous array that nobody looks at any more: its Buffer, where it fills one, else a copy."""
    base = array.base
    while isinstance(base, np.ndarray):
        base = base.base
    buffer = base.owner if isinstance(base, buffers.Window) else None
    whole = buffer is not None and array.nbytes == buffer.nbytes  # an array within a block
    return Storage(content, -1, -1, buffer) if whole else storage_from_host(array, content)


def storage_over(array: np.ndarray, content: Meta) -> Storage:
    """A storage over the memory of a contiguous array that nobody else looks at."""
    return Storage(content, -1, -1, HostMemory(array))


def storage_sharing(array: np.ndarray, content: Meta) -> Storage:
    """A storage over the memory of a contiguous array that stays the user's."""
    storage = storage_over(array, content)
    storage.export = _always  # type: ignore[assignment]
    return storage


def storage_of_rows(tensors, content: Meta) -> Storage:
    """A storage with the elements of row-major tensors of one shape and type, one after the other."""
    first, buffer = tensors[0], buffers.allocate(content.numel * content.dtype.itemsize)
    source, row = first.storage, first.meta.numel
    places = np.array([t.meta.offset for t in tensors if t.storage is source])
    if row and len(places) == len(tensors) and not (places % row).any():
        to_host(source)
        rows = np.ndarray((source.content.numel // row, row), content.dtype.numpy, _window(source))
        rows.take(places // row, 0, buffer.array(content.dtype.numpy, (len(tensors), row)), "clip")
        return Storage(content, -1, -1, buffer)
    nbytes = row * content.dtype.itemsize
    for i, tensor in enumerate(tensors):
        to_host(tensor.storage)
        ctypes.memmove(
            buffer.address + i * nbytes,
            tensor.storage.buffer.address + tensor.meta.offset * content.dtype.itemsize,
            nbytes,
        )
    return Storage(content, -1, -1, buffer)
