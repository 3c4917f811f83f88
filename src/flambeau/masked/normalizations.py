"""Running sums, softmax and normalisation of the elements under a mask; results of the tensor's shape."""

from __future__ import annotations

import math

from ..dtypes import get_default_dtype
from ..ops.public import FUNCTIONS
from ..tensor import Tensor
from .masking import filled
from .reductions import _first, _typed, norm


def cumsum(input: Tensor, dim: int, *, dtype=None, mask: Tensor | None = None) -> Tensor:
    """The running sum along a dimension, in the tensor's own type."""
    x = _typed(input, dtype)
    return filled(x, mask, 0).cumsum(_first(x, dim), dtype=x.dtype)


def cumprod(input: Tensor, dim: int, *, dtype=None, mask: Tensor | None = None) -> Tensor:
    """The running product along a dimension, in the tensor's own type."""
    x = _typed(input, dtype)
    return filled(x, mask, 1).cumprod(_first(x, dim), dtype=x.dtype)


def softmax(input: Tensor, dim: int, *, dtype=None, mask: Tensor | None = None) -> Tensor:
    """exp(x) over its sum along a dimension."""
    return filled(_typed(input, dtype), mask, -math.inf).softmax(_first(input, dim))


def log_softmax(input: Tensor, dim: int, *, dtype=None, mask: Tensor | None = None) -> Tensor:
    """The logarithm of softmax along a dimension."""
    return filled(_typed(input, dtype), mask, -math.inf).log_softmax(_first(input, dim))


def softmin(input: Tensor, dim: int, *, dtype=None, mask: Tensor | None = None) -> Tensor:
    """The softmax of -x along a dimension."""
    return (-filled(_typed(input, dtype), mask, math.inf)).softmax(_first(input, dim))


def normalize(
    input: Tensor, ord: float, dim: int, *, eps: float = 1e-12, dtype=None, mask: Tensor | None = None
) -> Tensor:
    """The elements over their norm along a dimension, or over eps where that is less."""
    x = _typed(input, dtype)
    x = x if x.dtype.is_inexact else x.to(get_default_dtype())
    return filled(x, mask, 0) / norm(x, ord, dim, keepdim=True, mask=mask).clamp_min(eps)


def logaddexp(
    input: Tensor,
    other: Tensor,
    *,
    dtype=None,
    input_mask: Tensor | None = None,
    other_mask: Tensor | None = None,
) -> Tensor:
    """log(exp(input) + exp(other)), each under its mask."""
    x, y = _typed(input, dtype), _typed(other, dtype)
    return FUNCTIONS["logaddexp"](filled(x, input_mask, -math.inf), filled(y, other_mask, -math.inf))
