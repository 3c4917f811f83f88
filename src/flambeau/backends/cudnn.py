"""torch.backends.cudnn: NVIDIA's library of layers, which is not there; its switches are kept."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

enabled = True
benchmark = False
benchmark_limit = 10
deterministic = False
allow_tf32 = True


def version() -> None:
    """The version of the library: none."""
    return None


def is_available() -> bool:
    """Whether the library is there: no."""
    return False


def is_acceptable(tensor) -> bool:
    """Whether the library could compute with a tensor: no."""
    return False


def set_flags(_enabled=None, _benchmark=None, _benchmark_limit=None, _deterministic=None, _allow_tf32=None) -> tuple:
    """Sets the switches that are not None; gives back what they were."""
    values = dict(
        zip(_NAMES, (_enabled, _benchmark, _benchmark_limit, _deterministic, _allow_tf32)),
    )
    before = tuple(globals()[name] for name in _NAMES)
    globals().update({name: value for name, value in values.items() if value is not None})
    return before


_NAMES = ("enabled", "benchmark", "benchmark_limit", "deterministic", "allow_tf32")


@contextlib.contextmanager
def flags(enabled=False, benchmark=False, benchmark_limit=10, deterministic=False, allow_tf32=True) -> Iterator[None]:
    """Sets the switches for the length of a `with` block."""
    before = set_flags(enabled, benchmark, benchmark_limit, deterministic, allow_tf32)
    try:
        yield
    finally:
        set_flags(*before)
