"""torch.accelerator: the accelerator of this machine, which there is none of; the CPU is not called one."""

from __future__ import annotations


def is_available() -> bool:
    """Whether there is an accelerator: no."""
    return False


def current_accelerator(check_available: bool = False) -> None:
    """The accelerator: none."""
    return None


def device_count() -> int:
    """The number of accelerators."""
    return 0


def synchronize(device=None) -> None:
    """Waits for an accelerator; RuntimeError, since there is none."""
    raise RuntimeError("Cannot access accelerator device when none is available.")


current_device_index = current_device_idx = set_device_index = set_device_idx = current_stream = synchronize
