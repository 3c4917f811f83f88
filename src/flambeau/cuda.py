"""torch.cuda as on a build for CPUs: nothing is available, and using it says so."""

from __future__ import annotations

from .devices import NO_CUDA


def is_available() -> bool:
    """Whether there is a CUDA device: no."""
    return False


def is_initialized() -> bool:
    """Whether CUDA is in use: no."""
    return False


def device_count() -> int:
    """The number of CUDA devices."""
    return 0


def manual_seed(seed: int) -> None:
    """Nothing to seed; ignored, as in PyTorch."""


manual_seed_all = manual_seed


def empty_cache() -> None:
    """Nothing to empty; ignored, as in PyTorch."""


def _refuse(*args, **kwargs):
    raise AssertionError(NO_CUDA)


current_device = get_device_name = get_device_properties = synchronize = set_device = memory_allocated = init = _refuse
