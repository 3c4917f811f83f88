"""The cache folder: object code by name, kept from one process to the next.

In: a name that stands for everything the object code depends on. Out: the object code, or None. A file is written whole
or not at all and carries a checksum; one that cannot be read, written or trusted is as good as absent, never an error.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from .. import config

CHECKSUM_BYTES = 16


def load(name: str) -> bytes | None:
    """The object code kept under a name; None where there is none."""
    path = _path(name)
    if path is None:
        return None
    try:
        data = path.read_bytes()
    except OSError:
        return None
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
        finally:
            draft.unlink(missing_ok=True)


def _path(name: str) -> Path | None:
    return config.cache and Path(config.cache) / f"{name}.o"


def _checksum(code: bytes) -> bytes:
    return hashlib.blake2b(code, digest_size=CHECKSUM_BYTES).digest()
