"""Checkpoints from before PyTorch 1.6: pickles one after another in a plain file, then the memory of the storages.

The object's pickle comes first and names storages that follow it, so at loading these are made empty and filled at the
end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..meta import contiguous
from ..trace import host
from .archive import LITTLE_ENDIAN
from .pickling import make_pickler
from .storages import Restorer

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
PROTOCOL_VERSION = 1001


def save(obj: object, file, pickle_module: Any, protocol: int) -> None:
    """Writes one checkpoint.

    Args:
        obj: anything that pickles.
        file: a file-like object with `write`.
        pickle_module, protocol: as in `flambeau.save`.
    """
    machine = {
        "protocol_version": PROTOCOL_VERSION,
        "little_endian": LITTLE_ENDIAN,
        "type_sizes": {"short": 2, "int": 4, "long": 4},
    }
    for head in (MAGIC_NUMBER, PROTOCOL_VERSION, machine):
        pickle_module.dump(head, file, protocol=protocol)
    pickler = make_pickler(pickle_module, file, protocol)
    pickler.view_of_storage = (None,)
    pickler.dump(obj)
    pickle_module.dump([str(key) for key in range(len(pickler.storages))], file, protocol=protocol)
    for storage in pickler.storages:
        file.write(storage.numel.to_bytes(8, "little"))
        file.write(storage.bytes())


def load(file, map_location: Any, unpickle: Callable[[Any], Any]) -> Any:
    """Reads one checkpoint.

    Args:
        file: a file-like object at the checkpoint's start.
        map_location: as in `flambeau.load`.
        unpickle: reads the next pickle of `file`, given a restorer.

    Raises:
        RuntimeError: it is no checkpoint, or ends too early.
    """
    restorer = LegacyRestorer(map_location)
    if unpickle(restorer) != MAGIC_NUMBER:
        raise RuntimeError("Invalid magic number; corrupt file?")
    version = unpickle(restorer)
    if version != PROTOCOL_VERSION:
        raise RuntimeError(f"Invalid protocol version: {version}")
    machine = unpickle(restorer)
    result = unpickle(restorer)
    keys = unpickle(restorer)
    for key in keys:
        restorer.fill(key, file, "<" if machine["little_endian"] else ">")
    return result


class LegacyRestorer(Restorer):
    """Makes empty storages for a pickle, and fills them with what follows it."""

    def __init__(self, map_location: Any) -> None:
        super().__init__(None, map_location)

    def __call__(self, saved_id: Any):
        """The storage that a pickle names; views of storages, which these files may name too, are not supported."""
        *saved_id, view = saved_id
        if view is not None:
            raise RuntimeError("this checkpoint holds a view of a storage, which is not supported: save it anew")
        return super().__call__(tuple(saved_id))

    def _restore(self, element, key, location, numel):
        empty = np.zeros(numel, element.numpy)
        return self._place(host.storage_from_host(empty, contiguous((numel,), element)), location)

    def fill(self, key: str, file, order: str) -> None:
        """Reads the memory of one storage: its number of elements, then the elements."""
        if key not in self._storages:
            raise RuntimeError(f"the checkpoint holds a storage {key!r} that nothing uses")
        storage, element = self._storages[key]._storage, self._storages[key].dtype
        header = file.read(8)
        data = file.read(storage.nbytes)
        if (
            len(header) < 8
            or int.from_bytes(header, "little") * element.itemsize != storage.nbytes
            or len(data) < storage.nbytes
        ):
            raise RuntimeError("unexpected EOF, the file might be corrupted")
        elements = np.frombuffer(data, element.numpy.newbyteorder(order))
        host.strided(storage, storage.content)[...] = elements
