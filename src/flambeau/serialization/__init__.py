"""torch.save and torch.load: PyTorch's checkpoint format, in both directions.

A checkpoint is a zip archive (`archive`; older ones: `legacy`) of one pickle, in which classes have PyTorch's names
(`pickling`), and of the memory of every storage (`storages`). `load` runs no code of the file unless it is told to
(`restricted`).
"""

from __future__ import annotations

import io
import os
import pickle
from typing import Any

from . import legacy
from .archive import LITTLE_ENDIAN, Reader, Writer, is_archive
from .pickling import make_pickler, make_unpickler
from .restricted import (
    RestrictedUnpickler,
    add_safe_globals,
    clear_safe_globals,
    get_safe_globals,
    safe_globals,
)
from .storages import Restorer

__all__ = [
    "add_safe_globals",
    "clear_safe_globals",
    "get_default_load_endianness",
    "get_safe_globals",
    "load",
    "safe_globals",
    "save",
]

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

    Raises:
        AttributeError: `f` is neither.
        RuntimeError: the folder does not exist.
    """
    if not _use_new_zipfile_serialization:
        raise NotImplementedError("the format from before PyTorch 1.6 is not written: use the default, a zip archive")
    if not isinstance(f, (str, os.PathLike)) and not hasattr(f, "write"):
        raise AttributeError("expected 'f' to be string, path, or a file-like object with a 'write' attribute")
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
        mmap: accepted for paths; the file is read all the same.
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
    if is_path:
        with open(f, "rb") as file:
            return _load(file, map_location, pickle_module or pickle, weights_only, pickle_load_args)
    if not hasattr(f, "seek") or not hasattr(f, "read"):
        raise AttributeError(
            f"{type(f).__name__!r} object has no attribute 'seek'. You can only torch.load from a file that is "
            "seekable. Please pre-load the data into a buffer like io.BytesIO and try to load from it instead."
        )
    return _load(f, map_location, pickle_module or pickle, weights_only, pickle_load_args)


def _load(file, map_location, pickle_module, weights_only: bool, options: dict) -> Any:
    def unpickle(source, restorer):
        if weights_only:
            return RestrictedUnpickler(source, restorer, **options).load()
        return make_unpickler(pickle_module, source, restorer, **{"encoding": "utf-8", **options}).load()

    if not is_archive(file):
        return legacy.load(file, map_location, lambda restorer: unpickle(file, restorer))
    reader = Reader(file)
    return unpickle(io.BytesIO(reader.read("data.pkl")), Restorer(reader, map_location))


def get_default_load_endianness() -> None:
    """The byte order that files without a record of it are read in; None is the machine's own."""
    return None
