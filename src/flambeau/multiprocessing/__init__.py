"""torch.multiprocessing: Python's multiprocessing, whose queues and pipes share the memory of tensors."""

import multiprocessing as _multiprocessing
from multiprocessing import *  # noqa: F403

from .leaves import register as _register
from .spawn import (
    ProcessContext,
    ProcessException,
    ProcessExitedException,
    ProcessRaisedException,
    spawn,
    start_processes,
)

__all__ = [
    *_multiprocessing.__all__, "ProcessContext", "ProcessException", "ProcessExitedException",
    "ProcessRaisedException", "get_all_sharing_strategies", "get_sharing_strategy", "set_sharing_strategy", "spawn",
    "start_processes",
]  # fmt: skip

_register()
_strategy = "file_descriptor"


def get_all_sharing_strategies() -> set[str]:
    """The ways in which PyTorch shares memory; here it is always by descriptors."""
    return {"file_descriptor", "file_system"}


def get_sharing_strategy() -> str:
    """What set_sharing_strategy set."""
    return _strategy


def set_sharing_strategy(new_strategy: str) -> None:
    """Kept for get_sharing_strategy.

    Raises AssertionError for one that is not known.
    """
    global _strategy
    if new_strategy not in get_all_sharing_strategies():
        raise AssertionError(f"invalid sharing strategy: {new_strategy}")
    _strategy = new_strategy
