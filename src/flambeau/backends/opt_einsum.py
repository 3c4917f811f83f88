"""torch.backends.opt_einsum: the library that orders the products of einsum, which is not used."""

from __future__ import annotations

enabled, strategy = False, None


def is_available() -> bool:
    """Whether it is used: no."""
    return False
