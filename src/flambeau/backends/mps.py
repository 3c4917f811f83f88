"""torch.backends.mps: Apple's GPUs, which are not used."""

from __future__ import annotations


def is_available() -> bool:
    """Whether it can be used: no."""
    return False


def is_built() -> bool:
    """Whether this build has it: no."""
    return False
