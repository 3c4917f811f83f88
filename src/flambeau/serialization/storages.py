"""The memory of tensors on its way to and from a checkpoint.

Going out, tensors that share memory share one SavedStorage; coming in, a storage is read once and given to all tensors
that view it. Invariant: a tensor never views elements outside of its storage, whatever the file says.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import dtypes
from ..dtypes import dtype
from ..meta import contiguous, meta
from ..ops.memory import check_inside
from ..storage import Storage
from ..storage_view import TypedStorage, UntypedStorage
from ..tensor import Tensor
from ..trace import host
from .locations import default_restore_location

# The name under which PyTorch pickles the type of a storage, by the type of its elements.
TYPE_NAMES = {
    "float64": "DoubleStorage", "float32": "FloatStorage", "float16": "HalfStorage", "bfloat16": "BFloat16Storage",
    "int64": "LongStorage", "int32": "IntStorage", "int16": "ShortStorage", "int8": "CharStorage",
    "uint8": "ByteStorage", "bool": "BoolStorage", "complex64": "ComplexFloatStorage",
    "complex128": "ComplexDoubleStorage",
}  # fmt: skip


class StorageType(NamedTuple):
    """Stands for a class of PyTorch such as torch.FloatStorage, which is pickled by name."""

    module: str
    name: str
    dtype: dtype


STORAGE_TYPES = {name: StorageType("torch", name, dtypes.BY_NAME[element]) for element, name in TYPE_NAMES.items()}
# Quantised tensors keep integers under names of their own.
QUANTIZED_STORAGES = {
    kind: StorageType("torch", name, dtypes.BY_NAME[held])
    for kind, name, held in (
        ("qint8", "QInt8Storage", "int8"), ("quint8", "QUInt8Storage", "uint8"), ("qint32", "QInt32Storage", "int32")
    )
}  # fmt: skip
STORAGE_TYPES |= {kept.name: kept for kept in QUANTIZED_STORAGES.values()}
UNTYPED_STORAGE = StorageType("torch.storage", "UntypedStorage", dtypes.uint8)


def _storage_type(element: str) -> StorageType:
    return QUANTIZED_STORAGES.get(element) or STORAGE_TYPES[TYPE_NAMES[element]]


class SavedStorage:
    """The memory of a tensor, as a checkpoint names it.

    Args:
        storage: the memory.
        element: the type of its elements; None where it is seen as bytes alone.
    """

    def __init__(self, storage: Storage, element: dtype | None) -> None:
        self.storage = storage
        self.type = UNTYPED_STORAGE if element is None else _storage_type(element.name)
        self.numel = storage.nbytes // self.type.dtype.itemsize

    def bytes(self) -> memoryview:
        """The content."""
        host.to_host(self.storage)
        array = host.strided(self.storage, self.storage.content)
        return array.reshape(-1).view(np.uint8).data


class Restorer:
    """Makes storages from the records of an archive, each once.

    Args:
        reader: the archive.
        map_location: as in `load`.
    """

    def __init__(self, reader, map_location: Any) -> None:
        self._reader, self._map_location = reader, map_location
        self._storages: dict[str, TypedStorage] = {}

    def __call__(self, saved_id: Any) -> TypedStorage:
        """The storage that a pickle names: ("storage", its type, its key, its location, its number of elements)."""
        kind, storage_type, key, location, numel = saved_id
        if isinstance(kind, bytes):
            kind = kind.decode("ascii")
        if kind != "storage" or not isinstance(storage_type, StorageType):
            raise RuntimeError(f"Unknown typename for persistent_load, expected 'storage' but got '{kind}'")
        if key not in self._storages:
            restored = self._restore(storage_type.dtype, str(key), str(location), numel)
            self._storages[key] = TypedStorage(wrap_storage=UntypedStorage.of(restored), dtype=storage_type.dtype)
        return self._storages[key]

    def _restore(self, element: dtype, key: str, location: str, numel: int) -> Storage:
        size = self._reader.size(f"data/{key}")
        if type(numel) is not int:
            raise RuntimeError(f"the number of elements of storage {key} is no integer: {numel!r}")
        if size != numel * element.itemsize:
            raise RuntimeError(
                f"record size ({size} bytes) does not match expected size ({numel * element.itemsize} bytes = {numel} "
                f"elements * {element.itemsize} bytes/element) for dtype {element.name}"
            )
        return self._place(self._reader.storage(f"data/{key}", contiguous((numel,), element)), location)

    def _place(self, storage: Storage, location: str) -> Storage:
        """The storage on the device that `map_location` says; there is one device."""
        where = self._map_location
        if isinstance(where, dict):
            where = where.get(location, location)
        elif callable(where):
            placed = where(UntypedStorage.of(storage), location)
            if placed is not None:
                return placed.untyped()._storage
            where = None
        elif where is not None and not isinstance(where, str) and not hasattr(where, "type"):
            raise TypeError(f"{type(where).__name__!r} object is not callable")
        name = str(location if where is None else where)
        return default_restore_location(UntypedStorage.of(storage), name)._storage


def view_of(storage: TypedStorage, element: dtype, offset: int, size, stride, requires_grad: bool) -> Tensor:
    """A tensor over a restored storage.

    Raises RuntimeError where the view reaches outside of the storage.
    """
    offset, size, stride = int(offset), tuple(map(int, size)), tuple(map(int, stride))
    if len(size) != len(stride) or offset < 0:
        raise RuntimeError(f"a tensor of sizes {list(size)} has strides {list(stride)} and storage offset {offset}")
    seen = meta(size, stride, offset, element)
    check_inside(seen, storage._storage)
    tensor = Tensor.from_storage(storage._storage, seen)
    return tensor.requires_grad_() if requires_grad else tensor
