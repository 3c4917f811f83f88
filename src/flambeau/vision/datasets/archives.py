"""Archives and compressed files: unpacked beside where they are to be, then given their names, so that what lies there
is whole; no member may be written outside of the folder."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ...errors import add_note
from .reading import reading

_OPENERS: dict[str, Callable[..., Any]] = {".bz2": bz2.open, ".gz": gzip.open, ".xz": lzma.open}
_ALIASES = {".tbz": (".tar", ".bz2"), ".tbz2": (".tar", ".bz2"), ".tgz": (".tar", ".gz")}
_LEAVES = "A member of the archive leads out of the folder that it is unpacked in; nothing was put there."


class _Kind(NamedTuple):
    """What a file's name says of it: the suffix that tells, ".tar" or ".zip", and the compression's suffix."""

    suffix: str
    archive: str | None
    compression: str | None


def _kind_of(file: str | Path) -> _Kind:
    suffixes = Path(file).suffixes
    if not suffixes:
        raise RuntimeError(
            f"File '{file}' has no suffixes that could be used to detect the archive type and compression."
        )
    last, before = suffixes[-1], suffixes[-2] if len(suffixes) > 1 else ""
    if last in _ALIASES:
        return _Kind(last, *_ALIASES[last])
    if last in _UNPACKERS:
        return _Kind(last, last, None)
    if last not in _OPENERS:
        known = sorted({*_ALIASES, *_UNPACKERS, *_OPENERS})
        raise RuntimeError(f"Unknown compression or archive type: '{last}'.\nKnown suffixes are: '{known}'.")
    return _Kind(before + last, before, last) if before in _UNPACKERS else _Kind(last, None, last)


def extract_archive(
    from_path: str | Path, to_path: str | Path | None = None, remove_finished: bool = False
) -> str | Path:
    """Unpacks an archive, or the one file in a compressed file.

    Args:
        from_path: the file, whose name tells what it is: .zip, .tar, .tar.gz, .tgz, .gz, .bz2, .xz ...
        to_path: the folder to unpack in; by default that of the file.
        remove_finished: remove the archive afterwards.

    Returns:
        The folder, or the file that a compressed file held.

    Raises:
        RuntimeError: the name tells of nothing known.
        tarfile.FilterError, ValueError: a member leads out of the folder.
        zipfile.BadZipFile, tarfile.ReadError, OSError, EOFError: the file is damaged or not there.
    """
    suffix, archive, compression = _kind_of(from_path)
    folder = os.path.dirname(from_path) if to_path is None else os.fspath(to_path)
    with reading(from_path):
        if archive is None:
            result = os.path.join(folder, os.path.basename(from_path).replace(suffix, ""))
            _decompress(from_path, result, _OPENERS[compression or ""])
        else:
            result = folder
            with _put_in_place(folder) as made:
                _UNPACKERS[archive](from_path, made, compression)
    if remove_finished:
        os.remove(from_path)
    return result if isinstance(from_path, str) else Path(result)


def _decompress(from_path: str | Path, to_path: str, opener: Callable[..., Any]) -> None:
    folder, name = os.path.split(to_path)
    with (
        _put_in_place(folder) as made,
        opener(from_path, "rb") as source,
        open(os.path.join(made, name), "wb") as target,
    ):
        shutil.copyfileobj(source, target, 1 << 20)


@contextmanager
def _put_in_place(folder: str) -> Iterator[str]:
    """A folder inside of a folder; what was put in it is moved out at the end, unless something failed."""
    os.makedirs(folder or ".", exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=folder or ".") as made:
        yield made
        _move_contents(made, folder or ".")


def _move_contents(source: str, target: str) -> None:
    """Moves what a folder holds into another, where files of the same names are replaced."""
    for entry in list(os.scandir(source)):
        path = os.path.join(target, entry.name)
        if entry.is_dir(follow_symlinks=False) and os.path.isdir(path):
            _move_contents(entry.path, path)
        else:
            os.replace(entry.path, path)


def _unpack_tar(path: str | Path, folder: str, compression: str | None) -> None:
    with tarfile.open(path, f"r:{compression[1:]}" if compression else "r") as tar:
        try:
            tar.extractall(folder, filter="data")
        except tarfile.FilterError as error:
            add_note(error, _LEAVES)
            raise


def _unpack_zip(path: str | Path, folder: str, compression: str | None) -> None:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if os.path.isabs(name) or ".." in name.replace("\\", "/").split("/"):
                raise add_note(ValueError(f"Archive entry leads outside of the target folder: {name}"), _LEAVES)
        archive.extractall(folder)


_UNPACKERS: dict[str, Callable[[str | Path, str, str | None], None]] = {".tar": _unpack_tar, ".zip": _unpack_zip}
