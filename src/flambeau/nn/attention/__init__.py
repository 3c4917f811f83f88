"""torch.nn.attention: which kernels attention may be computed by, and biases for it.

There is one kernel, whatever is allowed. What is asked for is remembered, and where it leaves nothing that a CPU has in
PyTorch, attention raises as it does there.
"""

from __future__ import annotations

import contextlib
import enum
from collections.abc import Iterable, Iterator

from ..functional.attention import ALLOWED
from . import bias

__all__ = ["SDPBackend", "bias", "sdpa_kernel"]


class SDPBackend(enum.IntEnum):
    """The kernels of scaled_dot_product_attention."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4

    __repr__ = __str__ = lambda self: f"SDPBackend.{self.name}"


@contextlib.contextmanager
def sdpa_kernel(backends: list[SDPBackend] | SDPBackend, set_priority: bool = False) -> Iterator[None]:
    """Inside, scaled_dot_product_attention is computed by these kernels only. set_priority: accepted.

    Raises AssertionError for what are no kernels.
    """
    if not isinstance(backends, (list, SDPBackend)):
        raise AssertionError(
            "Backend must be an instance of SDPBackend or a list of SDPBackend instances, got "
            f"{type(backends).__name__}"
        )
    wanted = backends if isinstance(backends, list) else [backends]
    with allowing({kernel.name for kernel in wanted if isinstance(kernel, SDPBackend)}):
        yield


@contextlib.contextmanager
def allowing(names: Iterable[str]) -> Iterator[None]:
    """Inside, only the kernels of these names are allowed."""
    before = set(ALLOWED)
    ALLOWED.clear()
    ALLOWED.update(names)
    try:
        yield
    finally:
        ALLOWED.clear()
        ALLOWED.update(before)
