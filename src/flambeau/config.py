"""The settings of the process: read from the environment once, changed for a while by `override`.

In: FLAMBEAU_THREADS, FLAMBEAU_CACHE, FLAMBEAU_CACHE_LIMIT, FLAMBEAU_EAGER, FLAMBEAU_DEBUG. Out: module attributes,
read where they are needed as `config.threads` and so on, never copied, so that a change is seen at once by all threads.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def _flag(name: str) -> bool:
    return os.environ.get(name, "").strip().lower() not in ("", "0", "false", "no", "off")


def _processors() -> int:
    """Processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _threads() -> int:
    """FLAMBEAU_THREADS, else OMP_NUM_THREADS (which PyTorch obeys), else one for every processor."""
    for name in ("FLAMBEAU_THREADS", "OMP_NUM_THREADS"):
        text = os.environ.get(name, "").split(",")[0].strip()
        if text.isdecimal() and int(text) > 0:
            return int(text)
        if text and name == "FLAMBEAU_THREADS":
            raise ValueError(f"{name} must be a positive whole number, not {text!r}")
    return _processors()


def _cache() -> Path | None:
    """FLAMBEAU_CACHE (empty: no cache on disk), else the user's cache folder; None where there is none."""
    if "FLAMBEAU_CACHE" in os.environ:
        return Path(os.environ["FLAMBEAU_CACHE"]) if os.environ["FLAMBEAU_CACHE"] else None
    base = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(base):
        return Path(base) / "flambeau"
    try:
        return Path.home() / ".cache" / "flambeau"
    except RuntimeError:  # a process without a home folder
        return None


def _cache_limit() -> int:
    """FLAMBEAU_CACHE_LIMIT, in MiB, as bytes."""
    text = os.environ.get("FLAMBEAU_CACHE_LIMIT", "").strip() or "256"
    if not text.isdecimal():
        raise ValueError(f"FLAMBEAU_CACHE_LIMIT must be a whole number of MiB, not {text!r}")
    return int(text) << 20


threads: int = _threads()  # that work on a plan, the calling one included
cache: Path | None = _cache()  # folder of compiled kernels
cache_limit: int = _cache_limit()  # bytes that the folder may hold when a process ends
eager: bool = _flag("FLAMBEAU_EAGER")  # run every op at once
debug: bool = _flag("FLAMBEAU_DEBUG")  # time every launch, print what is done

SETTINGS = frozenset({"threads", "cache", "cache_limit", "eager", "debug"})


@contextmanager
def override(**changes) -> Iterator[None]:
    """Sets settings for the duration of a `with` block, for all threads of the process.

    Raises TypeError where a name is not a setting.
    """
    unknown = changes.keys() - SETTINGS
    if unknown:
        raise TypeError(f"unknown settings {sorted(unknown)}; there are {sorted(SETTINGS)}")
    before = {name: globals()[name] for name in changes}
    globals().update(changes)
    try:
        yield
    finally:
        globals().update(before)
