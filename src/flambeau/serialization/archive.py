"""The container of a checkpoint: a zip archive whose records are stored uncompressed, each at a multiple of 64 bytes.

In come names and bytes, out go the same. A damaged archive raises PyTorch's RuntimeError: no record of another content
than was written is ever given out, because every read is checked against the archive's checksums.
"""

from __future__ import annotations

import os
import sys
import uuid
import zipfile
import zlib
from typing import Any

import numpy as np

from ..interchange import mapped
from ..meta import Meta
from ..storage import Storage
from ..trace import host
from .settings import LoadEndianness, get_default_load_endianness

LITTLE_ENDIAN = sys.byteorder == "little"
ALIGNMENT = 64
_MAX_VERSION = 10
_LOCAL_HEADER = 30
_ZIP64_EXTRA = 20
_CORRUPT = (
    " This is an internal miniz error. If you are seeing this error, there is a high likelihood that your checkpoint "
    "file is corrupted. This can happen if the checkpoint was not saved properly, was transferred incorrectly, or the "
    "file was modified after saving."
)


def _fallback_order() -> str:
    chosen = get_default_load_endianness()
    return sys.byteorder if chosen in (None, LoadEndianness.NATIVE) else chosen.name.lower()


class Writer:
    """Writes the records of a checkpoint; a context manager.

    Args:
        target: a path, whose name without suffix is the archive's inner folder, or a file-like object with `write`.
    """

    def __init__(self, target: Any) -> None:
        is_path = isinstance(target, (str, os.PathLike))
        self.folder = "archive"
        if is_path:
            target = os.fspath(target)
            parent = os.path.dirname(target)
            if parent and not os.path.isdir(parent):
                raise RuntimeError(f"Parent directory {parent} does not exist.")
            self.folder = os.path.splitext(os.path.basename(target))[0] or "archive"
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, allowZip64=True)
        self._checksum = 0

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *exception) -> None:
        self._zip.close()

    def write(self, name: str, data) -> None:
        """Writes one record, aligned."""
        info = zipfile.ZipInfo(f"{self.folder}/{name}")
        large = len(data) >= zipfile.ZIP64_LIMIT
        header = _LOCAL_HEADER + len(info.filename.encode()) + (_ZIP64_EXTRA if large else 0)
        padding = -(self._zip.fp.tell() + header + 4) % ALIGNMENT
        info.extra = b"FB" + padding.to_bytes(2, "little") + b"Z" * padding
        with self._zip.open(info, "w", force_zip64=large) as record:
            record.write(data)
        self._checksum = zlib.crc32(info.CRC.to_bytes(4, "little"), self._checksum)

    def finish(self) -> None:
        """Writes the records that say what the archive is."""
        self.write("version", b"3\n")
        self.write(".data/serialization_id", f"{self._checksum:020d}{uuid.uuid4().int % 10**20:020d}".encode())


def is_archive(file: Any) -> bool:
    """Whether a file that can seek starts as an archive does; EOFError where it is empty."""
    start = file.tell()
    head = file.read(4)
    file.seek(start)
    if not head:
        raise EOFError("Ran out of input")
    return head == b"PK\x03\x04"


class Reader:
    """Reads the records of a checkpoint.

    Args:
        file: a file-like object that can seek, at the start of the archive.
        path: the file's name, where its storages are to be mapped rather than read.

    Raises:
        RuntimeError: it is damaged, or of a later version of the format.
    """

    def __init__(self, file: Any, path: str | os.PathLike | None = None) -> None:
        self._file, self._path = file, path
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            raise RuntimeError(
                "PytorchStreamReader failed reading zip archive: failed finding central directory." + _CORRUPT
            ) from None
        self._names = set(self._zip.namelist())
        self._folder = next(iter(self._zip.namelist()), "").partition("/")[0]
        self._check_version()
        order = self.read("byteorder").decode() if "byteorder" in self else _fallback_order()
        if order not in ("little", "big"):
            raise ValueError("Unknown endianness type: " + order)
        self.swapped = order != sys.byteorder

    def _check_version(self) -> None:
        if "version" not in self:
            raise RuntimeError(
                'Expected hasRecord("version") to be true, but got false.  '
                "(Could this error message be improved?  If so, please report an enhancement request to PyTorch.)"
            )
        version = int(self.read("version"))
        if version > _MAX_VERSION:
            raise RuntimeError(
                f"Attempted to read a PyTorch file with version {version}, but the maximum supported version for "
                f"reading is {_MAX_VERSION}. The version of your PyTorch installation may be too old, please upgrade "
                "PyTorch to latest version to mitigate this issue."
            )

    def __contains__(self, name: str) -> bool:
        return f"{self._folder}/{name}" in self._names

    def size(self, name: str) -> int:
        """The bytes of a record; RuntimeError where there is none."""
        if name not in self:
            raise RuntimeError(f"PytorchStreamReader failed locating file {name}: file not found." + _CORRUPT)
        return self._zip.getinfo(f"{self._folder}/{name}").file_size

    def read(self, name: str) -> bytes:
        """A record; RuntimeError where it is missing or damaged."""
        self.size(name)
        try:
            return self._zip.read(f"{self._folder}/{name}")
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise RuntimeError(f"PytorchStreamReader failed reading file {name}: {error}." + _CORRUPT) from None

    def storage(self, name: str, content: Meta) -> Storage:
        """The storage whose elements a record holds: a copy, or the file itself, mapped so that writes stay here."""
        if self._path is not None:
            array = mapped(self._path, False, self.size(name), self._offset(name)).view(content.dtype.numpy)
            return host.storage_over(array, content)
        array = np.frombuffer(self.read(name), dtype=content.dtype.numpy)
        return host.storage_from_host(array.byteswap() if self.swapped else array, content)

    def _offset(self, name: str) -> int:
        """Where in the file the bytes of a record start."""
        start = self._zip.getinfo(f"{self._folder}/{name}").header_offset
        self._file.seek(start + _LOCAL_HEADER - 4)
        sizes = self._file.read(4)
        return start + _LOCAL_HEADER + int.from_bytes(sizes[:2], "little") + int.from_bytes(sizes[2:], "little")
