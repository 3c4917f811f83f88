"""torch.UntypedStorage and torch.TypedStorage: what scripts see of a tensor's memory, as bytes and as elements.

Both look at the same cell of memory (`storage.Storage`) through a one-dimensional tensor over all of it. What is
written here shows in every tensor over that memory; what is pending runs first.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from . import dtypes
from .creation import empty, from_numpy, tensor
from .devices import CPU
from .errors import TYPE_NAMES
from .interchange import mapped
from .meta import contiguous
from .storage import Storage
from .tensor import Tensor
from .trace import host, sharing

TYPED_IS_DEPRECATED = (
    "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the only storage class. "
    "This should only matter to you if you are using storages directly.  To access UntypedStorage directly, use "
    "tensor.untyped_storage() instead of tensor.storage()"
)


def flat(storage: Storage, kind: dtypes.dtype) -> Tensor:
    """All of a memory as a tensor of one dimension."""
    return Tensor.from_storage(storage, contiguous((storage.nbytes // kind.itemsize,), kind))


class _Memory:
    """What both kinds of storage have."""

    device = CPU
    is_cuda = is_sparse = is_hpu = False
    _storage: Storage

    def _array(self) -> np.ndarray:
        raise NotImplementedError

    def data_ptr(self) -> int:
        """The address of the first byte; pending work is run first."""
        host.to_host(self._storage)
        return self._storage.buffer.address if self._storage.nbytes else 0

    def nbytes(self) -> int:
        """The number of bytes."""
        return self._storage.nbytes

    def __sizeof__(self):
        return object.__sizeof__(self) + self.nbytes()

    def __len__(self):
        return len(self._array())

    def __iter__(self):
        return iter(self.tolist())

    def size(self) -> int:
        """The number of elements."""
        return len(self)

    def tolist(self) -> list:
        """The elements as Python numbers."""
        return self._array().tolist()

    def get_device(self) -> int:
        """The number of the device: -1, the CPU."""
        return -1

    def is_shared(self) -> bool:
        """Whether other processes may see this memory."""
        return sharing.is_shared(self._storage)

    def is_pinned(self, device="cuda") -> bool:
        """Whether the memory is pinned for a GPU: no."""
        return False

    def cpu(self):
        """This storage; it is on the CPU."""
        return self

    def share_memory_(self):
        """Moves the memory to where other processes may see it."""
        sharing.share(self._storage)
        return self

    def pin_memory(self):
        """Accepted; there is nothing to pin memory for."""
        return self

    def _checked(self, index, kind: str) -> int:
        if isinstance(index, bool) or not hasattr(index, "__index__"):
            raise RuntimeError(f"can't index a <class '{kind}'> with {type(index)}")
        index, size = index.__index__(), len(self)
        if not -size <= index < size:
            raise IndexError(f"index {index} out of range for storage of size {size}")
        return index % size

    def __str__(self):
        return "".join(f" {value}\n" for value in self.tolist()) + self._title()

    def _title(self) -> str:
        raise NotImplementedError

    def __repr__(self):
        return str(self)


class UntypedStorage(_Memory):
    """The bytes behind a tensor; two of them are equal where the memory is the same.

    Args:
        what: how many bytes, or a sequence of them.
    """

    __module__ = "torch.storage"
    _part: tuple[int, int] | None = None  # where this is a slice: its first byte, and the one after its last

    def __init__(self, what: Any = 0, *, device=None):
        made = empty(what, dtype=dtypes.uint8) if isinstance(what, int) else tensor(list(what), dtype=dtypes.uint8)
        self._storage = made.storage

    @classmethod
    def of(cls, storage: Storage) -> UntypedStorage:
        """The bytes of a memory."""
        self = object.__new__(cls)
        self._storage = storage
        return self

    @classmethod
    def from_file(cls, filename, shared: bool = False, nbytes: int = 0) -> UntypedStorage:
        """The bytes of a file. shared: what is written goes to the file.

        Raises RuntimeError where the file is missing or too short.
        """
        return cls.of(from_numpy(mapped(filename, shared, nbytes)).storage)

    def _array(self) -> np.ndarray:
        whole = host.export(flat(self._storage, self._storage.content.dtype)).view(np.uint8)
        return whole if self._part is None else whole[slice(*self._part)]

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return self._array()

    def data_ptr(self) -> int:
        """The address of the first byte; pending work is run first."""
        return super().data_ptr() + (self._part[0] if self._part else 0)

    def nbytes(self) -> int:
        """The number of bytes."""
        return self._storage.nbytes if self._part is None else self._part[1] - self._part[0]

    __len__ = nbytes

    def _title(self) -> str:
        return f"[torch.storage.UntypedStorage(device=cpu) of size {len(self)}]"

    def __eq__(self, other):
        same = isinstance(other, UntypedStorage) and self._storage is other._storage
        return same and self._part == other._part

    def __hash__(self):
        return hash(id(self._storage))

    def __getitem__(self, index):
        if isinstance(index, slice):
            return self._slice(index)
        return int(self._array()[self._checked(index, "torch.UntypedStorage")])

    def __setitem__(self, index, value):
        self._array()[index] = value

    def _slice(self, index: slice) -> UntypedStorage:
        """A part of the bytes, in the same memory."""
        start, stop, step = index.indices(len(self))
        if step != 1:
            raise RuntimeError(f"Trying to slice with a step of {step}, but only a step of 1 is supported")
        first = self._part[0] if self._part else 0
        part = UntypedStorage.of(self._storage)
        part._part = (first + start, first + max(start, stop))
        return part

    def untyped(self) -> UntypedStorage:
        """This storage."""
        return self

    def element_size(self) -> int:
        """Bytes of one element: 1."""
        return 1

    def resizable(self) -> bool:
        """Whether the memory can grow."""
        return not self._storage.shared

    def fill_(self, value) -> UntypedStorage:
        """Sets every byte."""
        self._array()[...] = value
        return self

    def copy_(self, source, non_blocking=None) -> UntypedStorage:
        """Copies another storage's bytes."""
        self._array()[...] = source.untyped()._array()
        return self

    def clone(self) -> UntypedStorage:
        """A copy."""
        return UntypedStorage.of(flat(self._storage, self._storage.content.dtype).clone().storage)


class TypedStorage(_Memory):
    """The elements behind a tensor, in memory order.

    Args:
        what: how many elements, or a sequence of them.
        wrap_storage: the memory to look at instead.
        dtype: the type of the elements.
    """

    __module__ = "torch.storage"

    def __init__(self, what: Any = 0, *, wrap_storage: UntypedStorage | None = None, dtype=None, device=None):
        kind = dtype or dtypes.get_default_dtype()
        if wrap_storage is not None:
            self._storage = wrap_storage._storage
        else:
            self._storage = (empty(what, dtype=kind) if isinstance(what, int) else tensor(what, dtype=kind)).storage
        self.dtype = kind

    def _flat(self) -> Tensor:
        return flat(self._storage, self.dtype)

    def _array(self) -> np.ndarray:
        return host.export(self._flat())

    def _title(self) -> str:
        return f"[torch.storage.TypedStorage(dtype={self.dtype}, device=cpu) of size {len(self)}]"

    def __len__(self):
        return self._storage.nbytes // self.dtype.itemsize

    def tolist(self) -> list:
        """The elements as Python numbers."""
        return self._flat().tolist()

    def __getitem__(self, index):
        if isinstance(index, slice):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")
        return self._flat()[self._checked(index, "torch.storage.TypedStorage")].item()

    def __setitem__(self, index, value):
        self._array()[index] = value

    def untyped(self) -> UntypedStorage:
        """The memory as bytes."""
        return UntypedStorage.of(self._storage)

    def element_size(self) -> int:
        """Bytes of one element."""
        return self.dtype.itemsize

    def type(self, dtype=None, non_blocking: bool = False):
        """The name of the storage's type."""
        return "torch." + TYPE_NAMES[self.dtype.name].replace("Tensor", "Storage")

    def pickle_storage_type(self) -> str:
        """The name under which checkpoints know the storage's type."""
        return self.type().removeprefix("torch.")

    def fill_(self, value) -> TypedStorage:
        """Sets every element."""
        self._array()[...] = value
        return self

    def copy_(self, source, non_blocking=None) -> TypedStorage:
        """Copies another storage's elements."""
        self._array()[...] = source._array()
        return self

    def clone(self) -> TypedStorage:
        """A copy."""
        return self._as(self._flat().clone())

    def _as(self, elements: Tensor) -> TypedStorage:
        return TypedStorage(wrap_storage=UntypedStorage.of(elements.storage), dtype=elements.dtype)

    def to(self, *, device=None, non_blocking: bool = False) -> TypedStorage:
        """This storage; it is on the CPU."""
        return self


def _conversion(kind: dtypes.dtype):
    def convert(self):
        return self._as(self._flat().to(kind))

    convert.__doc__ = f"The elements as {kind}."
    return convert


for _name, _kind in {"float": dtypes.float32, "double": dtypes.float64, "half": dtypes.float16, "long": dtypes.int64,
                     "int": dtypes.int32, "short": dtypes.int16, "char": dtypes.int8, "byte": dtypes.uint8,
                     "bool": dtypes.bool_, "bfloat16": dtypes.bfloat16}.items():  # fmt: skip
    setattr(TypedStorage, _name, _conversion(_kind))


class _LegacyStorage(type):
    """torch.FloatStorage and its relatives: they make a TypedStorage of their dtype, and know theirs."""

    dtype: dtypes.dtype

    def __call__(cls, *args, **kwargs):
        return TypedStorage(*args, dtype=cls.dtype, **kwargs)

    def __instancecheck__(cls, instance):
        return isinstance(instance, TypedStorage) and instance.dtype is cls.dtype


LEGACY = {
    name: _LegacyStorage(name, (), {"dtype": dtypes.BY_NAME[kind], "__module__": "torch"})
    for kind, tensor_type in TYPE_NAMES.items()
    for name in [tensor_type.replace("Tensor", "Storage")]
}
globals().update(LEGACY)
__all__ = ["TypedStorage", "UntypedStorage", *LEGACY]


_warned = False


def typed_storage_of(storage: Storage) -> TypedStorage:
    """What x.storage() gives; the first time, with the warning that it is deprecated."""
    global _warned
    if not _warned:
        _warned = True
        warnings.warn(TYPED_IS_DEPRECATED, UserWarning, stacklevel=4)
    return TypedStorage(wrap_storage=UntypedStorage.of(storage), dtype=storage.content.dtype)


def storage_type(x: Tensor) -> type:
    """The class of a tensor's storage."""
    return LEGACY[TypedStorage(dtype=x.dtype).pickle_storage_type()]
