"""Pickling with PyTorch's names: what this package's objects are called in a checkpoint, and what PyTorch's are here.

`make_pickler` and `make_unpickler` extend the classes of any pickle module. Unpickling so runs whatever the file says;
`restricted` is for files that are not trusted.
"""

from __future__ import annotations

import importlib
from collections import OrderedDict
from typing import Any

from .. import dtypes
from ..compat.names import PACKAGE, counterpart, is_answered, torch_name
from ..copying import attributes_of
from ..devices import sparse_coo
from ..storage import Storage
from ..storage_view import TypedStorage, UntypedStorage
from ..tensor import Tensor
from .storages import STORAGE_TYPES, UNTYPED_STORAGE, Restorer, SavedStorage, StorageType, view_of


class Global:
    """A function that stands in a pickle under PyTorch's name."""

    def __init__(self, module: str, name: str, function: Any) -> None:
        self.module, self.name, self.function = module, name, function

    def __call__(self, *args):
        return self.function(*args)


def _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks, metadata=None):
    return view_of(storage, storage.dtype, offset, size, stride, requires_grad)


def _rebuild_tensor_v3(storage, offset, size, stride, requires_grad, backward_hooks, dtype, metadata=None):
    return view_of(storage, dtype, offset, size, stride, requires_grad)


def _rebuild_parameter(data, requires_grad, backward_hooks):
    return _public("nn").Parameter(data, requires_grad)


def _rebuild_parameter_with_state(data, requires_grad, backward_hooks, state):
    parameter = _rebuild_parameter(data, requires_grad, backward_hooks)
    parameter.__dict__.update(state[0] if isinstance(state, tuple) else state)
    return parameter


def _rebuild_from_type_v2(function, new_type, args, state):
    tensor = function(*args)
    tensor = tensor if type(tensor) is new_type else tensor.as_subclass(new_type)
    if hasattr(new_type, "__setstate__"):
        tensor.__setstate__(state)
    else:
        tensor.__dict__.update(state[0] if isinstance(state, tuple) else state)
    return tensor


def _rebuild_sparse_tensor(layout, data):
    indices, values, size, *coalesced = data
    return _public().sparse_coo_tensor(indices, values, size, is_coalesced=bool(coalesced and coalesced[0]))


def _rebuild_qtensor(storage, offset, size, stride, grid, requires_grad, backward_hooks):
    held = view_of(storage, storage.dtype, offset, size, stride, False)
    return _public("quantized").from_integers(held, *grid)


def _get_layout(name: str):
    return getattr(_public(), name.removeprefix("torch."))


def _public(module: str = ""):
    return importlib.import_module(f"{PACKAGE}.{module}" if module else PACKAGE)


_REBUILD_TENSOR = Global("torch._utils", "_rebuild_tensor_v2", _rebuild_tensor_v2)
_REBUILD_TENSOR_OF_BYTES = Global("torch._utils", "_rebuild_tensor_v3", _rebuild_tensor_v3)
_REBUILD_PARAMETER = Global("torch._utils", "_rebuild_parameter", _rebuild_parameter)
_REBUILD_SPARSE = Global("torch._utils", "_rebuild_sparse_tensor", _rebuild_sparse_tensor)
_REBUILD_QUANTIZED = Global("torch._utils", "_rebuild_qtensor", _rebuild_qtensor)
_REBUILD_OF_TYPE = Global("torch._tensor", "_rebuild_from_type_v2", _rebuild_from_type_v2)
_GET_LAYOUT = Global("torch.serialization", "_get_layout", _get_layout)
FUNCTIONS = {
    f"{g.module}.{g.name}": g
    for g in (
        _REBUILD_TENSOR,
        _REBUILD_PARAMETER,
        _REBUILD_TENSOR_OF_BYTES,
        Global("torch._utils", "_rebuild_parameter_with_state", _rebuild_parameter_with_state),
        _REBUILD_SPARSE,
        _REBUILD_QUANTIZED,
        _REBUILD_OF_TYPE,
        _GET_LAYOUT,
    )
}


def find_torch_global(module: str, name: str) -> Any:
    """What stands here for a name of PyTorch.

    Raises AttributeError or ModuleNotFoundError where nothing does.
    """
    found = FUNCTIONS.get(f"{module}.{name}")
    if found is not None:
        return found
    if module in ("torch", "torch.storage"):
        if name in STORAGE_TYPES:
            return STORAGE_TYPES[name]
        if name == "UntypedStorage":
            return UNTYPED_STORAGE
        if name in dtypes.BY_NAME:
            return dtypes.BY_NAME[name]
    # A class may live in another module here than in PyTorch, but packages export the same names.
    for candidate in (module, module.rpartition(".")[0], "torch.nn" if module.startswith("torch.nn.") else "torch"):
        own = counterpart(candidate) if candidate else None
        if own is not None and hasattr(own, name):
            return getattr(own, name)
    raise AttributeError(f"module {module!r} has no attribute {name!r}")


def is_torch_module(module: str) -> bool:
    """Whether a pickled module name is one of PyTorch's or of a package beside it."""
    return is_answered(module)


def make_pickler(pickle_module: Any, file, protocol: int):
    """A pickler that writes PyTorch's names; its `storages` are what must be saved beside the pickle."""
    # The pickler in Python, where there is one: the one in C refuses names that it cannot import.
    base = getattr(pickle_module, "_Pickler", pickle_module.Pickler)
    return type("Pickler", (_TorchPickler, base), {})(file, protocol)


class _TorchPickler:
    """Mixed into a pickler."""

    # What files from before the archive say of each storage besides: it is no view of another.
    view_of_storage: tuple = ()

    def __init__(self, file, protocol: int) -> None:
        super().__init__(file, protocol=protocol)  # type: ignore[call-arg]
        self.storages: list[SavedStorage] = []
        self._keys: dict[int, str] = {}
        self._elements: dict[int, dtypes.dtype] = {}
        self._saved_as: dict[tuple[int, dtypes.dtype | None], SavedStorage] = {}

    def reducer_override(self, obj):
        """Tensors, and the globals of PyTorch that stand in for classes."""
        if obj is sparse_coo:
            return _GET_LAYOUT, (repr(obj),)
        if not isinstance(obj, (Tensor, Global, StorageType)):
            return NotImplemented
        if not isinstance(obj, Tensor):
            return obj.name
        if obj.is_sparse:
            data = obj._indices(), obj._values().detach(), obj.shape, obj.is_coalesced()
            return _REBUILD_SPARSE, (sparse_coo, data)
        if obj.is_quantized:
            held, (scheme, *grid) = obj._held, obj._grid
            view = self._saved(held.storage, obj.dtype), held.storage_offset(), tuple(held.shape), held.stride()
            return _REBUILD_QUANTIZED, (*view, (scheme, *grid[: 2 if grid[2] is None else 3]), False, OrderedDict())
        if isinstance(obj, _public("nn").Parameter):
            data = obj.detach()
            return _REBUILD_PARAMETER, (data, obj.requires_grad, OrderedDict())
        storage = self._saved(obj.storage, None if obj.dtype.is_rare else obj.dtype)
        view = (storage, obj.storage_offset(), tuple(obj.shape), tuple(obj.stride()))
        args = (*view, obj.requires_grad, OrderedDict())
        rebuild = _REBUILD_TENSOR
        if obj.dtype.is_rare:  # there is no class of such storages
            rebuild, args = _REBUILD_TENSOR_OF_BYTES, (*args, obj.dtype)
        state = attributes_of(obj)
        if type(obj) is Tensor and not state:
            return rebuild, args
        return _REBUILD_OF_TYPE, (rebuild, type(obj), args, state)

    def _saved(self, storage: Storage, element: dtypes.dtype | None) -> SavedStorage:
        """A storage, one object for all tensors that share it and see its elements as one type."""
        known = self._saved_as.get((id(storage), element))
        if known is None:
            if element is not None and self._elements.setdefault(id(storage), element) is not element:
                raise RuntimeError(
                    "Cannot save multiple tensors or storages that view the same data as different types"
                )
            known = self._saved_as[id(storage), element] = SavedStorage(storage, element)
            if id(storage) not in self._keys:
                self._keys[id(storage)] = str(len(self.storages))
                self.storages.append(known)
        return known

    def persistent_id(self, obj):
        """Storages are saved beside the pickle."""
        if isinstance(obj, (TypedStorage, UntypedStorage)):
            obj = self._saved(obj._storage, getattr(obj, "dtype", None))
        if not isinstance(obj, SavedStorage):
            return None
        return ("storage", obj.type, self._keys[id(obj.storage)], "cpu", obj.numel, *self.view_of_storage)

    def save_global(self, obj, name=None):
        """Writes a class or a function under PyTorch's name, without asking whether PyTorch is there."""
        if isinstance(obj, dtypes.dtype):
            module, name = "torch", obj.name
        elif isinstance(obj, (Global, StorageType)):
            module, name = obj.module, obj.name
        else:
            module, name = torch_name(obj, name)
            if not is_torch_module(module):
                return super().save_global(obj, name)  # type: ignore[misc]
        self.write(f"c{module}\n{name}\n".encode())  # type: ignore[attr-defined]
        self.memoize(obj)  # type: ignore[attr-defined]
        return None


def make_unpickler(pickle_module: Any, file, restorer: Restorer, **options):
    """An unpickler that reads PyTorch's names, and everything else that a pickle may hold."""
    return type("Unpickler", (_TorchUnpickler, pickle_module.Unpickler), {})(file, restorer, **options)


class _TorchUnpickler:
    """Mixed into an unpickler."""

    def __init__(self, file, restorer: Restorer, **options) -> None:
        super().__init__(file, **options)  # type: ignore[call-arg]
        self.persistent_load = restorer

    def find_class(self, module, name):
        """The class or function of a name, with PyTorch's names answered for by this package."""
        if is_torch_module(module):
            return find_torch_global(module, name)
        return super().find_class(module, name)  # type: ignore[misc]
