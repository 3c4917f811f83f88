"""torch.distributed: training on several machines, which there is not; scripts that ask whether there is learn so."""

from __future__ import annotations

from typing import Any

from .errors import add_note


def is_available() -> bool:
    """Whether processes can work together: no."""
    return False


def is_initialized() -> bool:
    """Whether a group of processes has been set up: no."""
    return False


is_nccl_available = is_gloo_available = is_mpi_available = is_torchelastic_launched = is_initialized


def _refused(*args: Any, **kwargs: Any):
    error = ValueError("Default process group has not been initialized, please make sure to call init_process_group.")
    raise add_note(error, "Flambeau trains in one process: ask torch.distributed.is_available() before.")


init_process_group = get_rank = get_world_size = barrier = all_reduce = broadcast = all_gather = reduce = _refused
destroy_process_group = _refused
