"""Parcels: messages from one process to another whose tensors and arrays lie in shared memory beside them.

A message is pickled; what is large in it is written to a block of shared memory, whose descriptor goes along the first
time. When the receiver has let go of all that lies in a block, its number goes back, and the sender uses it again:
fresh pages cost more than the copy.
"""

from __future__ import annotations

import io
import os
import pickle
from itertools import accumulate
from multiprocessing.reduction import ForkingPickler
from weakref import WeakSet

import numpy as np

from .. import dtypes
from ..copying import reduced_storage
from ..meta import contiguous
from ..runtime.shared_memory import AVAILABLE, SharedMemory, bytes_at, new_file
from ..storage import Storage
from ..tensor import Tensor
from ..trace import host
from .leaves import reduced_leaf

LARGE = 4 << 10  # bytes of what is taken out of the message
INLINE = 64 << 10  # bytes of parts that are worth no block
ALIGNMENT = 64
KEPT = 8  # blocks that wait to be used again


class Sender:
    """Packs messages for one receiver. It writes blocks without mapping them, which saves it the faults."""

    def __init__(self) -> None:
        self._blocks: dict[int, tuple[int, int]] = {}  # by number: descriptor and size
        self._free: list[int] = []
        self._dropped: list[int] = []
        self._next = 0

    def pack(self, message: object) -> tuple[bytes, int | None]:
        """The message as bytes, and the descriptor that the receiver needs to read them, where there is one.

        Raises what pickling raises.
        """
        file, parts = io.BytesIO(), list[np.ndarray]()
        _Pickler(file, parts).dump(message)
        ends = list(accumulate(-(-part.nbytes // ALIGNMENT) * ALIGNMENT for part in parts))
        if not AVAILABLE or not parts or ends[-1] <= INLINE:
            return pickle.dumps((file.getvalue(), None, [part.tobytes() for part in parts], ())), None
        number, fresh = self._block(ends[-1])
        fd, size = self._blocks[number]
        spans = [(start, part.nbytes) for part, start in zip(parts, [0, *ends])]
        for part, (start, _) in zip(parts, spans):
            _write(fd, part, start)
        dropped, self._dropped = self._dropped, []
        return pickle.dumps((file.getvalue(), (number, size), spans, dropped)), fd if fresh else None

    def take_back(self, numbers: list[int]) -> None:
        """Blocks that the receiver is done with."""
        self._free += [number for number in numbers if number in self._blocks]

    def _block(self, nbytes: int) -> tuple[int, bool]:
        """The number of a free block that is large enough, and whether it is new."""
        fitting = [n for n in self._free if nbytes <= self._blocks[n][1] <= 2 * nbytes]
        if fitting:
            self._free.remove(fitting[0])
            return fitting[0], False
        while len(self._free) >= KEPT:
            self._dropped.append(self._free.pop(0))
            os.close(self._blocks.pop(self._dropped[-1])[0])
        self._next += 1
        self._blocks[self._next] = new_file(nbytes), nbytes
        return self._next, True

    def __del__(self):
        for fd, _ in self._blocks.values():
            os.close(fd)


def _write(fd: int, part: np.ndarray, start: int) -> None:
    """Writes all of a part: the system takes at most 2 GiB at a time."""
    done = 0
    while done < part.nbytes:
        done += os.pwrite(fd, part[done:].data, start + done)


class Receiver:
    """Unpacks what one Sender packed."""

    def __init__(self) -> None:
        self._blocks: dict[int, SharedMemory] = {}
        self._leased: set[int] = set()  # blocks that the sender does not write to
        self._returned: list[int] = []
        self._last = False

    def unpack(self, data: bytes, fd: int | None) -> object:
        """The message."""
        message, place, parts, dropped = pickle.loads(data)
        for number in dropped:
            self._blocks.pop(number, None)
        if place is None:
            return pickle.loads(message, buffers=[np.frombuffer(bytearray(part), np.uint8) for part in parts])
        number, nbytes = place
        if fd is not None:
            self._blocks[number] = SharedMemory(nbytes, fd)
            self._blocks[number].close_descriptor()
            _mapped.add(self._blocks[number])
        lease = Lease(self._blocks[number], number, self._returned)
        self._leased.add(number)
        if self._last:
            del self._blocks[number]
        views = [bytes_at(lease.block.address + start, size, lease) for start, size in parts]
        if len(_mapped) > _most_mapped():
            views = [view.copy() for view in views]
        return pickle.loads(message, buffers=views)

    def returned(self) -> list[int]:
        """The blocks that are free again since the last call, for the sender."""
        numbers = [self._returned.pop() for _ in range(len(self._returned))]  # others may be added meanwhile
        self._leased.difference_update(numbers)
        return numbers

    def expect_no_more(self) -> None:
        """No block goes back from now on: each is given up when nothing lies in it any more."""
        self._last = True
        for number in self._leased:
            self._blocks.pop(number, None)


_mapped: WeakSet[SharedMemory] = WeakSet()


def _most_mapped() -> int:
    """Blocks that receivers may hold before they copy what comes: each takes a descriptor, and a process has few."""
    import resource

    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 4


class Lease:
    """A block in use; its number goes back when nothing refers to the lease any more."""

    __slots__ = ("_number", "_returned", "block")

    def __init__(self, block: SharedMemory, number: int, returned: list[int]):
        self.block, self._number, self._returned = block, number, returned

    def __del__(self):
        self._returned.append(self._number)


class _Pickler(ForkingPickler):
    """Takes large buffers out of a message and appends them, as arrays of bytes, to `parts`."""

    def __init__(self, file, parts: list[np.ndarray]):
        def keep(buffer: pickle.PickleBuffer) -> bool:
            part = np.frombuffer(buffer.raw(), np.uint8)
            if part.nbytes >= LARGE:
                parts.append(part)
            return part.nbytes < LARGE

        super().__init__(file, 5, True, keep)
        self.dispatch_table[Storage] = _reduced_storage
        self.dispatch_table[Tensor] = _reduced_tensor


def _reduced_tensor(tensor: Tensor) -> tuple:
    """A view of a part goes as that part alone."""
    if tensor.grad_fn is None and tensor.meta.numel < tensor.storage.content.numel:
        tensor = tensor.detach().clone().requires_grad_(tensor.requires_grad)
    return reduced_leaf(tensor)


def _reduced_storage(storage: Storage) -> tuple:
    if storage.nbytes < LARGE:
        return reduced_storage(storage)
    host.to_host(storage)
    memory = bytes_at(storage.buffer.address, storage.nbytes, storage.buffer)
    buffer = pickle.PickleBuffer(memory)  # type: ignore[arg-type]
    return _storage_over, (buffer, tuple(storage.content.shape), storage.content.dtype.name)


def _storage_over(memory: np.ndarray, shape: tuple[int, ...], name: str) -> Storage:
    return host.storage_over(memory, contiguous(shape, dtypes.BY_NAME[name]))
