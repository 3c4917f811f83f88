"""Memory: blocks aligned to 64 bytes, kept and handed out again, because fresh pages cost more than most kernels.

In: a number of bytes. Out: a Buffer, whose block goes back to its bucket when the Buffer dies. A block belongs to one
Buffer at most. Buckets change by single list and dict operations, atomic in Python, never under a lock: other threads,
garbage collection, a fork or the end of the interpreter may come at any point.

Small blocks are cut from chunks and stay with the process. Large blocks are mappings of their own; idle ones are given
back before the process would hold a quarter more than it ever used at a time.
"""

from __future__ import annotations

import ctypes
import mmap
import os
from contextlib import suppress
from itertools import count

import numpy as np

ALIGNMENT = 64
SMALL = 32 << 10  # largest block that is cut from a chunk
CHUNK = 128 << 10
SLAB = 4 << 20  # mapped at once, cut into chunks
HUGE_PAGE = 2 << 20
COLOUR, COLOURS = 17 * 64, 32  # where large blocks start within a huge page: arrays in step must not share cache sets
SLACK = 64 << 20  # idle bytes that are always allowed
MEMOIZED = 4096  # sizes whose bucket is remembered
PHYSICAL = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 1 << 62
PRIVATE = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}
NOT_ENOUGH = (
    "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: "
    "you tried to allocate {} bytes. Error code 12 (Cannot allocate memory)"
)


class Buffer:
    """A block of memory: address, nbytes (as asked for)."""

    __slots__ = ("_bucket", "address", "nbytes")

    def __init__(self, address: int, nbytes: int, bucket: Bucket):
        self.address, self.nbytes, self._bucket = address, nbytes, bucket

    def __del__(self):
        self._bucket.free.append(self.address)

    def __repr__(self):
        return f"Buffer({self.nbytes} bytes at {self.address:#x})"

    def array(self, dtype, shape: int | tuple[int, ...], offset: int = 0) -> np.ndarray:
        """The memory as a NumPy array, which keeps the Buffer alive.

        dtype: NumPy's; shape: of elements, row-major; offset: bytes. The caller stays within the block.
        """
        window = Window.from_address(self.address)
        window.owner = self
        return np.ndarray(shape, dtype, window, offset)


class Window(ctypes.c_char * (1 << 48)):  # type: ignore[misc]
    """Memory from an address on, without an end, as NumPy asks for it; keeps `owner` alive."""


def allocate(nbytes: int) -> Buffer:
    """A Buffer of nbytes bytes, contents undefined.

    Raises RuntimeError, with PyTorch's text, where the system has not that much memory.
    """
    try:
        bucket = _bucket_of[nbytes]
    except KeyError:
        bucket = _find_bucket(nbytes)
    try:
        return Buffer(bucket.free.pop(), nbytes, bucket)
    except IndexError:
        return Buffer(bucket.refill(nbytes), nbytes, bucket)


def check_size(nbytes: int) -> None:
    """Refuses, with `allocate`'s error, what the machine cannot hold: work that is deferred must not fail later."""
    if nbytes > PHYSICAL:
        raise RuntimeError(NOT_ENOUGH.format(nbytes))


def trim() -> None:
    """Gives all idle large blocks back to the system."""
    _trim_to(0)


# ---------------------------------------------------------------- buckets
class Bucket:
    """Blocks of one size: the addresses of the free ones, and what keeps all of them mapped, by address."""

    __slots__ = ("free", "mappings", "size")

    def __init__(self, size: int):
        self.size = size
        self.free: list[int] = []
        self.mappings: dict[int, mmap.mmap] = {}

    def refill(self, nbytes: int) -> int:
        """The address of a block, now that none is free."""
        raise NotImplementedError


class Small(Bucket):
    """Blocks cut from chunks."""

    __slots__ = ()

    def refill(self, nbytes: int) -> int:
        try:
            chunk, slab = _chunks.pop()
        except IndexError:
            chunk, slab = _map(SLAB, nbytes)
            _chunks.extend([(start, slab) for start in range(chunk + CHUNK, chunk + SLAB, CHUNK)])
        self.mappings[chunk] = slab
        self.free.extend(range(chunk + self.size, chunk + CHUNK - self.size + 1, self.size))
        return chunk


class Large(Bucket):
    """Blocks mapped one by one."""

    __slots__ = ()

    def refill(self, nbytes: int) -> int:
        global _most_used
        used = sum((len(b.mappings) - len(b.free)) * b.size for b in _large_buckets()) + self.size
        most = max(_most_used, used)
        _trim_to(min(most + most // 4 + SLACK, PHYSICAL // 4 * 3) - used)
        address, mapping = _map(self.size, nbytes)
        self.mappings[address] = mapping
        _most_used = most
        return address


_buckets: dict[int, Bucket] = {}  # by size of block
_bucket_of: dict[int, Bucket] = {}  # by size asked for: the same buckets, found at once
_chunks: list[tuple[int, mmap.mmap]] = []
_colours = count()
_most_used = 0  # bytes of large blocks in use at a time, so far


def _find_bucket(nbytes: int) -> Bucket:
    size = _block_size(nbytes)
    bucket = _buckets.get(size)
    if bucket is None:
        bucket = _buckets.setdefault(size, Small(size) if size <= SMALL else Large(size))
    if len(_bucket_of) >= MEMOIZED:
        _bucket_of.clear()
    _bucket_of[nbytes] = bucket
    return bucket


def _block_size(nbytes: int) -> int:
    """The size rounded up to a multiple of the alignment or, above 1 KiB, to one of four sizes per power of two."""
    unit = max(ALIGNMENT, 1 << max((nbytes - 1).bit_length() - 3, 0))
    return max(-(-nbytes // unit), 1) * unit


def _large_buckets() -> list[Bucket]:
    return [bucket for bucket in list(_buckets.values()) if bucket.size > SMALL]


def _trim_to(idle: int) -> None:
    """Unmaps free large blocks, the largest first, until at most `idle` bytes of them are left."""
    buckets = sorted(_large_buckets(), key=lambda bucket: bucket.size, reverse=True)
    excess = sum(len(bucket.free) * bucket.size for bucket in buckets) - idle
    for bucket in buckets:
        while excess > 0 and bucket.free:
            with suppress(IndexError):  # another thread was faster
                del bucket.mappings[bucket.free.pop()]
            excess -= bucket.size


def _map(size: int, nbytes: int) -> tuple[int, mmap.mmap]:
    """Address and mapping of fresh memory; nbytes is what the user asked for."""
    try:
        return _map_pages(size)
    except (OSError, OverflowError, ValueError, MemoryError):
        trim()
    try:
        return _map_pages(size)
    except (OSError, OverflowError, ValueError, MemoryError):
        raise RuntimeError(NOT_ENOUGH.format(nbytes)) from None


def _map_pages(size: int) -> tuple[int, mmap.mmap]:
    """Private memory of the process, on huge pages where they fit."""
    if size < HUGE_PAGE:
        mapping = mmap.mmap(-1, size, **PRIVATE)
        return ctypes.addressof(ctypes.c_char.from_buffer(mapping)), mapping
    mapping = mmap.mmap(-1, HUGE_PAGE + COLOURS * COLOUR + size, **PRIVATE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(mapping))
    start = -address % HUGE_PAGE
    offset = start + next(_colours) % COLOURS * COLOUR
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with suppress(OSError):  # a kernel without huge pages
            mapping.madvise(mmap.MADV_HUGEPAGE, start, (offset + size - start) // HUGE_PAGE * HUGE_PAGE)
    return address + offset, mapping


# ---------------------------------------------------------------- scratch memory
class Arena:
    """One block of scratch memory that all plans share, because one plan runs at a time.

    Only who holds `execute.lock` may reserve it and write to it. `generation` changes whenever it moves.
    """

    def __init__(self):
        self._buffer: Buffer | None = None
        self.generation = 0

    @property
    def nbytes(self) -> int:
        """Bytes that it has now."""
        return self._buffer.nbytes if self._buffer else 0

    def reserve(self, nbytes: int) -> int:
        """The address of at least nbytes bytes, which stays as it is for as long as the generation does.

        Raises RuntimeError where the system has not that much memory.
        """
        if self._buffer is None or self._buffer.nbytes < nbytes:
            self.generation += 1
            self._buffer = None  # its memory goes first: the old contents are of no use
            self._buffer = allocate(nbytes)
        return self._buffer.address


arena = Arena()
