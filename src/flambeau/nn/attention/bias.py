"""torch.nn.attention.bias: masks by which a position looks at itself and those before it."""

from __future__ import annotations

import flambeau as torch

__all__ = ["causal_lower_right", "causal_upper_left"]


def _causal(name: str, size: tuple[int, ...], aligned_at_end: bool) -> torch.Tensor:
    if len(size) != 2:
        raise AssertionError(f"{name} only supports 2D tensors")
    queries, keys = size
    return torch.ones(queries, keys, dtype=torch.bool).tril(keys - queries if aligned_at_end else 0)


def causal_upper_left(*size: int) -> torch.Tensor:
    """Query i looks at keys up to i: booleans (queries, keys)."""
    return _causal("causal_upper_left", size, False)


def causal_lower_right(*size: int) -> torch.Tensor:
    """The last query looks at all keys, the one before it at all but the last ...: booleans (queries, keys)."""
    return _causal("causal_lower_right", size, True)
