"""The defaults of saving and loading that scripts may set."""

from __future__ import annotations

import mmap
from enum import Enum
from typing import Any


class LoadEndianness(Enum):
    """The byte order in which files without a record of it are read."""

    NATIVE = 1
    LITTLE = 2
    BIG = 3


_endianness: LoadEndianness | None = None
_checksums = True
_mmap_flags: int = getattr(mmap, "MAP_PRIVATE", 2)


def get_default_load_endianness() -> LoadEndianness | None:
    """The byte order that files without a record of it are read in; None is the machine's own."""
    return _endianness


def set_default_load_endianness(endianness: LoadEndianness | None) -> None:
    """Sets the byte order that files without a record of it are read in.

    Raises TypeError where it is no LoadEndianness.
    """
    global _endianness
    if not isinstance(endianness, LoadEndianness) and endianness is not None:
        raise TypeError("Invalid argument type in function set_default_load_endianness")
    _endianness = endianness


def get_crc32_options() -> bool:
    """What set_crc32_options set."""
    return _checksums


def set_crc32_options(compute_crc32: bool) -> None:
    """Kept for get_crc32_options; checksums are always written, and checked by `load`."""
    global _checksums
    _checksums = bool(compute_crc32)


def get_default_mmap_options() -> int:
    """What set_default_mmap_options set."""
    return _mmap_flags


class set_default_mmap_options:
    """Sets mmap.MAP_PRIVATE or MAP_SHARED for get_default_mmap_options, in a `with` block for its length.

    Files are mapped privately whatever is set: a tensor that is written does not change its checkpoint.

    Raises ValueError for other flags.
    """

    def __init__(self, flags: int) -> None:
        global _mmap_flags
        if flags not in (mmap.MAP_PRIVATE, mmap.MAP_SHARED):
            raise ValueError(
                "Invalid argument in function set_default_mmap_options, expected mmap.MAP_PRIVATE or mmap.MAP_SHARED, "
                f"but got {flags}"
            )
        self._before = _mmap_flags
        _mmap_flags = flags

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exc: Any) -> None:
        global _mmap_flags
        _mmap_flags = self._before
