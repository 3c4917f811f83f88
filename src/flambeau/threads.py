"""How many threads work on a plan: torch.set_num_threads and its relatives."""

from __future__ import annotations

from . import config


def get_num_threads() -> int:
    """The number of threads that work on kernels."""
    return config.threads


def set_num_threads(n: int) -> None:
    """Sets the number of threads that work on kernels.

    Raises RuntimeError where it is not positive.
    """
    if not isinstance(n, int):
        raise TypeError(f"set_num_threads expects an int, but got {type(n).__name__}")
    if n <= 0:
        raise RuntimeError("set_num_threads expects a positive integer")
    config.threads = n


def get_num_interop_threads() -> int:
    """One program runs at a time."""
    return 1


def set_num_interop_threads(n: int) -> None:
    """Accepted; one program runs at a time."""
