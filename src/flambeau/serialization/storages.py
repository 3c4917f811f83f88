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
from ..tensor import Tensor
from ..trace import host

# The name under which PyTorch pickles the type of a storage, by the type of its elements.
TYPE_NAMES = {
    "float64": "DoubleStorage", "float32": "FloatStorage", "float16": "HalfStorage", "bfloat16": "BFloat16Storage",
    "int64": "LongStorage", "int32": "IntStorage", "int16": "ShortStorage", "int8": "CharStorage",
    "uint8": "ByteStorage", "bool": "BoolStorage", "complex64": "ComplexFloatStorage",
    "complex128": "ComplexDoubleStorage",
}  # fmt: skip

_CUDA = (
    "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you are running on a "
    "CPU-only machine, please use torch.load with map_location=torch.device('cpu') to map your storages to the CPU."
)


class StorageType(NamedTuple):
    """Stands for a class of PyTorch such as torch.FloatStorage, which is pickled by name."""

    module: str
    name: str
    dtype: dtype


STORAGE_TYPES = {name: StorageType("torch", name, dtypes.BY_NAME[element]) for element, name in TYPE_NAMES.items()}
UNTYPED_STORAGE = StorageType("torch.storage", "UntypedStorage", dtypes.uint8)


class SavedStorage:
    """The memory of a tensor, as a checkpoint names it.

    Args:
        tensor: any tensor over the memory.
    """

    def __init__(self, tensor: Tensor) -> None:
        self.storage = tensor.storage
        self.type = STORAGE_TYPES[TYPE_NAMES[tensor.dtype.name]]
        self.numel = self.storage.nbytes // tensor.dtype.itemsize

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
        self._storages: dict[str, tuple[Storage, dtype]] = {}

    def __call__(self, saved_id: Any) -> tuple[Storage, dtype]:
        """The storage that a pickle names: ("storage", its type, its key, its location, its number of elements)."""
        kind, storage_type, key, location, numel = saved_id
        if isinstance(kind, bytes):
            kind = kind.decode("ascii")
        if kind != "storage" or not isinstance(storage_type, StorageType):
            raise RuntimeError(f"Unknown typename for persistent_load, expected 'storage' but got '{kind}'")
        if key not in self._storages:
            self._storages[key] = self._restore(storage_type.dtype, str(key), str(location), numel), storage_type.dtype
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
        array = np.frombuffer(self._reader.read(f"data/{key}"), dtype=element.numpy)
        if self._reader.swapped:
            array = array.byteswap()
        content = contiguous((numel,), element)
        storage = host.storage_from_host(array, content)
        return self._place(storage, location)

    def _place(self, storage: Storage, location: str) -> Storage:
        """The storage on the device that `map_location` says; there is one device."""
        where = self._map_location
        if isinstance(where, dict):
            where = where.get(location, location)
        elif callable(where):
            view = Tensor.from_storage(storage, storage.content)
            if where(view.untyped_storage(), location) is not None:
                return storage
            where = None
        elif where is not None and not isinstance(where, str) and not hasattr(where, "type"):
            raise TypeError(f"{type(where).__name__!r} object is not callable")
        name = str(location if where is None else where)
        if name == "cpu" or name.startswith("cpu:"):
            return storage
        if name.startswith("cuda"):
            raise RuntimeError(_CUDA)
        raise RuntimeError(
            f"don't know how to restore data location of torch.storage.UntypedStorage (tagged with {name})"
        )


def view_of(storage: Storage, element: dtype, offset: int, size, stride, requires_grad: bool) -> Tensor:
    """A tensor over a restored storage.

    Raises RuntimeError where the view reaches outside of the storage.
    """
    offset, size, stride = int(offset), tuple(map(int, size)), tuple(map(int, stride))
    if len(size) != len(stride) or offset < 0:
        raise RuntimeError(f"a tensor of sizes {list(size)} has strides {list(stride)} and storage offset {offset}")
    seen = meta(size, stride, offset, element)
    check_inside(seen, storage)
    tensor = Tensor.from_storage(storage, seen)
    return tensor.requires_grad_() if requires_grad else tensor
