"""The cache folder: object code by name, kept from one process to the next.

In: a name that stands for everything the object code depends on. Out: the object code, or None. A file is written whole
or not at all and carries a checksum; one that cannot be read, written or trusted is as good as absent, never an error.
So any process may remove any file at any time: one that added some leaves, at its end, no more than
`config.cache_limit` bytes, the files used last.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

from .. import config

CHECKSUM_BYTES = 16
FRESH_SECONDS = 86_400  # a file used that long after its time stamp gets a new one


def load(name: str) -> bytes | None:
    """The object code kept under a name; None where there is none."""
    path = _path(name)
    if path is None:
        return None
    try:
        data = path.read_bytes()
    except OSError:
        return None
    with suppress(OSError):  # a folder that may only be read
        if time.time() - path.stat().st_mtime > FRESH_SECONDS:
            os.utime(path)
    checksum, code = data[:CHECKSUM_BYTES], data[CHECKSUM_BYTES:]
    return code if code and _checksum(code) == checksum else None


def store(name: str, code: bytes) -> None:
    """Keeps object code under a name, if the folder lets it."""
    path = _path(name)
    if path is None:
        return
    draft = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # what lies here is executed: the user's own
        try:
            draft.write_bytes(_checksum(code) + code)
            draft.replace(path)
            _prune_at_exit()
        finally:
            draft.unlink(missing_ok=True)


def prune() -> None:
    """Removes the files used longest ago, until `config.cache_limit` bytes are left."""
    kept = 0
    for _, size, path in sorted(_files(), reverse=True):
        kept += size
        if kept > config.cache_limit:
            with suppress(OSError):
                os.unlink(path)


def _files() -> list[tuple[float, int, str]]:
    """Time of last use, size and path of the files of the folder, drafts included."""
    found = []
    with suppress(OSError):  # no folder
        for entry in os.scandir(config.cache) if config.cache else ():
            if entry.name.startswith("k") and ".o" in entry.name:
                with suppress(OSError):  # removed by another process
                    found.append((entry.stat().st_mtime, entry.stat().st_size, entry.path))
    return found


@cache
def _prune_at_exit() -> None:
    atexit.register(prune)


def _path(name: str) -> Path | None:
    return config.cache and Path(config.cache) / f"{name}.o"


def _checksum(code: bytes) -> bytes:
    return hashlib.blake2b(code, digest_size=CHECKSUM_BYTES).digest()
