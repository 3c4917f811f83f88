"""torch.backends.openmp: the OpenMP runtime, which is not used: kernels and threads are our own."""

from __future__ import annotations


def is_available() -> bool:
    """Whether it is used: no."""
    return False
