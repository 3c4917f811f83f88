"""torch.xpu: a kind of device that there is none of here."""

from __future__ import annotations


def is_available() -> bool:
    """Whether there is such a device: no."""
    return False


def device_count() -> int:
    """The number of such devices."""
    return 0


def empty_cache() -> None:
    """Nothing to empty."""


def manual_seed(seed: int) -> None:
    """Nothing to seed."""
