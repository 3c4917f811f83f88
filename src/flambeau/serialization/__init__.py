"""torch.save and torch.load: PyTorch's checkpoint format, in both directions.

A checkpoint is a zip archive (`archive`; older ones: `legacy`) of one pickle, in which classes have PyTorch's names
(`pickling`), and of the memory of every storage (`storages`). `load` runs no code of the file unless it is told to
(`restricted`).
"""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Callable
from typing import Any

from . import legacy
from .archive import LITTLE_ENDIAN, Reader, Writer, is_archive
from .inspection import check_module_version_greater_or_equal, get_unsafe_globals_in_checkpoint
from .locations import default_restore_location, location_tag, register_package, validate_cuda_device
from .pickling import make_pickler, make_unpickler
from .restricted import (
    RestrictedUnpickler,
    add_safe_globals,
    clear_safe_globals,
    get_safe_globals,
    safe_globals,
)
from .settings import (
    LoadEndianness,
    get_crc32_options,
    get_default_load_endianness,
    get_default_mmap_options,
    set_crc32_options,
    set_default_load_endianness,
    set_default_mmap_options,
)
from .storages import Restorer

__all__ = [
    "LoadEndianness", "add_safe_globals", "check_module_version_greater_or_equal", "clear_safe_globals",
    "default_restore_location", "get_crc32_options", "get_default_load_endianness", "get_default_mmap_options",
    "get_safe_globals", "get_unsafe_globals_in_checkpoint", "load", "location_tag", "register_package", "safe_globals",
    "save", "set_crc32_options", "set_default_load_endianness", "set_default_mmap_options", "validate_cuda_device",
]  # fmt: skip

DEFAULT_PROTOCOL = 2


def save(
    obj: object,
    f: Any,
    pickle_module: Any = pickle,
    pickle_protocol: int = DEFAULT_PROTOCOL,
    _use_new_zipfile_serialization: bool = True,
    _disable_byteorder_record: bool = False,
) -> None:
    """Saves an object to a file.

    Args:
        obj: anything that pickles; tensors that share memory share it again after `load`.
        f: a path, or a file-like object with `write`.
        pickle_module: the module that pickles.
        pickle_protocol: the pickle protocol; `load` by its default reads protocol 2 only.
        _use_new_zipfile_serialization: False writes the format from before PyTorch 1.6.

    Raises:
        AttributeError: `f` is neither.
        RuntimeError: the folder does not exist.
    """
    if not isinstance(f, (str, os.PathLike)) and not hasattr(f, "write"):
        raise AttributeError("expected 'f' to be string, path, or a file-like object with a 'write' attribute")
    if not _use_new_zipfile_serialization:
        _save_legacy(obj, f, pickle_module, pickle_protocol)
        return
    data = io.BytesIO()
    pickler = make_pickler(pickle_module, data, pickle_protocol)
    pickler.dump(obj)
    with Writer(f) as writer:
        writer.write("data.pkl", data.getbuffer())
        writer.write(".format_version", b"1")
        writer.write(".storage_alignment", b"64")
        if not _disable_byteorder_record:
            writer.write("byteorder", b"little" if LITTLE_ENDIAN else b"big")
        for key, storage in enumerate(pickler.storages):
            writer.write(f"data/{key}", storage.bytes())
        writer.finish()


def _save_legacy(obj: object, f: Any, pickle_module: Any, protocol: int) -> None:
    if isinstance(f, (str, os.PathLike)):
        with open(f, "wb") as file:
            legacy.save(obj, file, pickle_module, protocol)
    else:
        legacy.save(obj, f, pickle_module, protocol)


def load(
    f: Any,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """Loads an object that `save`, here or in PyTorch, wrote.

    Args:
        f: a path, or a file-like object that can seek.
        map_location: where tensors go: a device or its name, a dictionary from one to another, or a function of
            storage and location.
        pickle_module: the module that unpickles; wants `weights_only=False`.
        weights_only: load tensors, containers of them and what `add_safe_globals` allows, and refuse all else, so that
            no code of the file runs. The default.
        mmap: map the file rather than read it: storages are read when they are used, and writes to them stay here.
        pickle_load_args: given to the unpickler: `encoding`, `errors`.

    Raises:
        pickle.UnpicklingError: the file holds something that `weights_only` refuses.
        RuntimeError: the file is damaged, or holds tensors of a device that is not there.
    """
    if weights_only is None:
        weights_only = pickle_module is None
    elif weights_only and pickle_module is not None:
        raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
    is_path = isinstance(f, (str, os.PathLike))
    if mmap and not is_path:
        raise ValueError("f must be a file path in order to use the mmap argument")

    def unpickle(source, restorer):
        if weights_only:
            return RestrictedUnpickler(source, restorer, **pickle_load_args).load()
        options = {"encoding": "utf-8", **pickle_load_args}
        return make_unpickler(pickle_module or pickle, source, restorer, **options).load()

    if is_path:
        with open(f, "rb") as file:
            return _load(file, map_location, unpickle, f if mmap else None)
    if not hasattr(f, "seek") or not hasattr(f, "read"):
        raise AttributeError(
            f"{type(f).__name__!r} object has no attribute 'seek'. You can only torch.load from a file that is "
            "seekable. Please pre-load the data into a buffer like io.BytesIO and try to load from it instead."
        )
    return _load(f, map_location, unpickle, None)


def _load(file, map_location, unpickle: Callable[[Any, Restorer], Any], mapped_path) -> Any:
    if not is_archive(file):
        if mapped_path is not None:
            raise RuntimeError(
                "mmap can only be used with files saved with `torch.save(_use_new_zipfile_serialization=True), please "
                "torch.save your checkpoint with this option in order to use mmap."
            )
        return legacy.load(file, map_location, lambda restorer: unpickle(file, restorer))
    reader = Reader(file, mapped_path)
    return unpickle(io.BytesIO(reader.read("data.pkl")), Restorer(reader, map_location))
