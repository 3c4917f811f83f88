"""Memory that several processes map: a file without a name, which goes with the last process that has it."""

from __future__ import annotations

import ctypes
import mmap
import os

import numpy as np

from .buffers import Window

AVAILABLE = hasattr(os, "memfd_create")


def new_file(nbytes: int) -> int:
    """The descriptor of a new file in memory, of a size."""
    fd = os.memfd_create("flambeau")
    os.ftruncate(fd, max(nbytes, 1))
    return fd


class SharedMemory:
    """Memory at `address`, behind the descriptor `fd`, which other processes may be given.

    Args:
        nbytes: its size.
        fd: the descriptor of memory that another process made, which this object takes over; by default it is new.

    Raises OSError where the system gives no more.
    """

    __slots__ = ("__weakref__", "_mapping", "address", "fd", "nbytes")

    def __init__(self, nbytes: int, fd: int | None = None):
        self.fd, self.nbytes = new_file(nbytes) if fd is None else fd, nbytes
        self._mapping = mmap.mmap(self.fd, max(nbytes, 1))
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self._mapping))

    def close_descriptor(self) -> None:
        """Keeps the mapping alone: descriptors are few."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)

    __del__ = close_descriptor


def bytes_at(address: int, nbytes: int, owner: object) -> np.ndarray:
    """Memory as an array of bytes, which keeps its owner alive."""
    window = Window.from_address(address)
    window.owner = owner
    return np.ndarray(nbytes, np.uint8, window)
