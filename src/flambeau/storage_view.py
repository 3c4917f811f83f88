"""UntypedStorage: what scripts see of a tensor's memory."""

from __future__ import annotations

from .devices import CPU


class UntypedStorage:
    """The bytes behind a tensor; two of them are equal where the memory is the same."""

    def __init__(self, tensor):
        self._tensor = tensor

    def data_ptr(self) -> int:
        """The address of the first byte; pending work is run first."""
        from .trace.host import to_host

        to_host(self._tensor.storage)
        return self._tensor.storage.buffer.address

    def nbytes(self) -> int:
        """The number of bytes."""
        return self._tensor.storage.nbytes

    size = __len__ = nbytes
    device = CPU
    is_cuda = False

    def __eq__(self, other):
        return isinstance(other, UntypedStorage) and self._tensor.storage is other._tensor.storage

    def __hash__(self):
        return hash(id(self._tensor.storage))
