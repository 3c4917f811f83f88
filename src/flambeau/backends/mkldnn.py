"""torch.backends.mkldnn: Intel's library of layers, which is not used; its switch is kept."""

from __future__ import annotations

enabled = True
allow_tf32 = True


def is_available() -> bool:
    """Whether it is used: no."""
    return False
