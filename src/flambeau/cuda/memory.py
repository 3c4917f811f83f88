"""torch.cuda.memory: the memory of GPUs, which there are none of: it is empty, and what wants some is refused."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

# fmt: off
# isort: off
from ..devices import NO_CUDA
from . import (
    empty_cache, host_memory_stats, host_memory_stats_as_nested_dict, max_memory_allocated, max_memory_cached,
    max_memory_reserved, mem_get_info, memory_allocated, memory_cached, memory_reserved, memory_snapshot, memory_stats,
    memory_stats_as_nested_dict, memory_summary, reset_accumulated_memory_stats, reset_max_memory_allocated,
    reset_max_memory_cached, reset_peak_memory_stats, set_per_process_memory_fraction,
)
# isort: on
# fmt: on


class CUDAPluggableAllocator:
    """An allocator of a shared library.

    Raises RuntimeError: there is no device.
    """

    def __init__(self, path_to_so_file: str, alloc_fn_name: str, free_fn_name: str) -> None:
        raise RuntimeError(NO_CUDA)


class MemPool:
    """A pool of memory; raises RuntimeError."""

    def __new__(cls, *args: Any, **kwargs: Any):
        raise RuntimeError("Tried to instantiate dummy base class MemPool")


def caching_allocator_alloc(size: int, device: Any = None, stream: Any = None) -> int:
    """Takes memory; raises AssertionError."""
    raise AssertionError(NO_CUDA)


def caching_allocator_delete(mem_ptr: int) -> None:
    """Gives memory back; raises AssertionError."""
    raise AssertionError(NO_CUDA)


def change_current_allocator(allocator: Any) -> None:
    """Puts another allocator in the place of the one there is; raises AssertionError."""
    raise AssertionError(NO_CUDA)


def caching_allocator_enable(value: bool = True) -> None:
    """Whether memory that is given back is kept; ignored."""


@contextlib.contextmanager
def caching_allocator_disabled() -> Iterator[None]:
    """A context in which memory that is given back is not kept."""
    yield


def use_mem_pool(pool: Any, device: Any = None) -> Any:
    """A context in which memory comes from a pool; raises AssertionError."""
    raise AssertionError(NO_CUDA)


def get_allocator_backend() -> str:
    """The name of the allocator; raises AssertionError."""
    raise AssertionError(NO_CUDA)


def list_gpu_processes(device: Any = None) -> str:
    """The processes that use a GPU, as text: what would list them is not there."""
    return "pynvml module not found, please install nvidia-ml-py"


reset_peak_host_memory_stats = reset_accumulated_host_memory_stats = reset_peak_memory_stats

__all__ = [
    "CUDAPluggableAllocator", "MemPool", "caching_allocator_alloc", "caching_allocator_delete",
    "caching_allocator_disabled", "caching_allocator_enable", "change_current_allocator", "empty_cache",
    "get_allocator_backend", "host_memory_stats", "host_memory_stats_as_nested_dict", "list_gpu_processes",
    "max_memory_allocated", "max_memory_cached", "max_memory_reserved", "mem_get_info", "memory_allocated",
    "memory_cached", "memory_reserved", "memory_snapshot", "memory_stats", "memory_stats_as_nested_dict",
    "memory_summary", "reset_accumulated_host_memory_stats", "reset_accumulated_memory_stats",
    "reset_max_memory_allocated", "reset_max_memory_cached", "reset_peak_host_memory_stats",
    "reset_peak_memory_stats", "set_per_process_memory_fraction", "use_mem_pool",
]  # fmt: skip
