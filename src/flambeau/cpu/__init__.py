"""torch.cpu: the device that is always there."""

from __future__ import annotations

import importlib

from ..trace.sync import sync


def synchronize(device=None) -> None:
    """Runs all pending work."""
    sync()


def is_available() -> bool:
    """Whether there is a CPU: yes."""
    return True


def device_count() -> int:
    """The number of CPU devices, which counts all processors as one."""
    return 1


def current_device() -> str:
    """The name of the device."""
    return "cpu"


def __getattr__(name):
    if name == "amp":
        return importlib.import_module(".amp", __name__)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
