"""Filling: elements that are not under a mask are replaced by what does not count."""

from __future__ import annotations

import math

from ..dtypes import dtype
from ..numeric_limits import iinfo
from ..ops import views
from ..tensor import Tensor


def covering(input: Tensor, mask: Tensor | None) -> Tensor | None:
    """The mask broadcast to the shape of its tensor; IndexError where it has more dimensions."""
    if mask is None:
        return None
    if mask.ndim > input.ndim:
        raise IndexError("_input_mask expected broadcastable mask (got mask dimensionality higher than of the input)")
    return views.expand(mask, input.shape).bool()


def filled(input: Tensor, mask: Tensor | None, value) -> Tensor:
    """The tensor with a number where its mask is false."""
    mask = covering(input, mask)
    return input if mask is None else input.masked_fill(~mask, value)


def lowest(kind: dtype):
    """What is below or equal to every number of a type."""
    return -math.inf if kind.is_inexact else iinfo(kind).min if kind.is_integer else False


def highest(kind: dtype):
    """What is above or equal to every number of a type."""
    return math.inf if kind.is_floating_point else iinfo(kind).max if kind.is_integer else True
