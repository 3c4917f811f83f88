"""Functionals that warn and do as before."""

from __future__ import annotations

import warnings

import flambeau as torch

from ... import functional as first

__all__ = ["get_image_size", "to_tensor"]


def to_tensor(inpt) -> torch.Tensor:
    """Deprecated: `to_image` and `to_dtype` say what happens."""
    warnings.warn(
        "The function `to_tensor(...)` is deprecated and will be removed in a future release. "
        "Instead, please use `to_image(...)` followed by `to_dtype(..., dtype=torch.float32, scale=True)`.",
        stacklevel=2,
    )
    return first.to_tensor(inpt)


def get_image_size(inpt) -> list[int]:
    """Deprecated: `get_size` gives height and width, in this order."""
    warnings.warn(
        "The function `get_image_size(...)` is deprecated and will be removed in a future release. "
        "Instead, please use `get_size(...)` which returns `[h, w]` instead of `[w, h]`.",
        stacklevel=2,
    )
    return first.get_image_size(inpt)
