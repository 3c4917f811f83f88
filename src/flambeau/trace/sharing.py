"""Storages in memory that several processes see: what one writes the others read.

Such memory is written and read at once, never deferred, like memory that NumPy arrays look at.
"""

from __future__ import annotations

import ctypes
from functools import cache

from .. import dtypes
from ..meta import contiguous
from ..runtime.shared_memory import AVAILABLE, SharedMemory
from ..storage import Storage
from .host import _always, to_host
from .sync import sync
from .trie import TRACE


def share(storage: Storage) -> None:
    """Moves a storage to shared memory, where the system has such; processes forked later see it too."""
    if not AVAILABLE:
        return
    register()
    with TRACE.lock:
        if is_shared(storage):
            return
        if storage.epoch == TRACE.epoch or id(storage) in TRACE.windowed:
            sync()
        to_host(storage)
        block = SharedMemory(storage.nbytes)
        ctypes.memmove(block.address, storage.buffer.address, storage.nbytes)
        storage.buffer, storage.export = block, _always  # type: ignore[assignment]


def is_shared(storage: Storage) -> bool:
    """Whether a storage lies in shared memory."""
    return isinstance(storage.buffer, SharedMemory)


@cache
def register() -> None:
    """Has multiprocessing's queues, pipes and arguments of processes send shared memory rather than copies."""
    from multiprocessing.reduction import ForkingPickler

    if AVAILABLE:
        ForkingPickler.register(Storage, _reduced)


def _reduced(storage: Storage) -> tuple:
    from multiprocessing.reduction import DupFd

    share(storage)
    content = storage.content
    return _received, (DupFd(storage.buffer.fd), tuple(content.shape), content.dtype.name)


def _received(descriptor, shape: tuple[int, ...], name: str) -> Storage:
    content = contiguous(shape, dtypes.BY_NAME[name])
    block = SharedMemory(content.numel * content.dtype.itemsize, descriptor.detach())
    storage = Storage(content, -1, -1, block)
    storage.export = _always  # type: ignore[assignment]
    register()
    return storage
