"""Sums, means, extremes and norms of the elements under a mask."""

from __future__ import annotations

import math
from collections.abc import Callable

from .. import linalg, shapes
from ..dtypes import get_default_dtype, int64
from ..ops import statistics
from ..ops.public import FUNCTIONS
from ..tensor import Tensor
from .masking import covering, filled, highest, lowest


def _dims(input: Tensor, dim) -> tuple[int, ...]:
    """All dimensions for None and (); RuntimeError where one appears twice."""
    return shapes.reduction_dims(dim if dim is None or isinstance(dim, int) else tuple(dim), input.ndim)


def _first(input: Tensor, dim) -> int:
    """The dimension along which elements stay apart: of several, or of all, the first."""
    return dim if isinstance(dim, int) else _dims(input, dim)[0]


def _typed(input: Tensor, dtype) -> Tensor:
    return input if dtype is None else input.to(dtype)


def _accumulated(input: Tensor, dtype) -> Tensor:
    """Whole numbers are summed as int64."""
    kind = dtype or (input.dtype if input.dtype.is_inexact else int64)
    return input.to(kind)


def sum(input: Tensor, dim=None, *, keepdim: bool = False, dtype=None, mask: Tensor | None = None) -> Tensor:
    """The sum over dimensions."""
    x, dims = filled(_accumulated(input, dtype), mask, 0), _dims(input, dim)
    return x.sum(dims, keepdim) if dims else x


def prod(input: Tensor, dim=None, *, keepdim: bool = False, dtype=None, mask: Tensor | None = None) -> Tensor:
    """The product over dimensions."""
    x = filled(_accumulated(input, dtype), mask, 1)
    for d in sorted(_dims(input, dim), reverse=True):
        x = x.prod(d, keepdim)
    return x


def _extreme(name: str, neutral: Callable) -> Callable:
    def function(input: Tensor, dim=None, *, keepdim: bool = False, dtype=None, mask: Tensor | None = None) -> Tensor:
        x = _typed(input, dtype)
        dims = _dims(input, dim)
        x = filled(x, mask, neutral(x.dtype))
        return getattr(x, name)(dims, keepdim) if dims else x

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"The {'largest' if name == 'amax' else 'smallest'} element over dimensions."
    return function


amax, amin = _extreme("amax", lowest), _extreme("amin", highest)


def _place(name: str, neutral: Callable) -> Callable:
    def function(
        input: Tensor, dim: int | None = None, *, keepdim: bool = False, dtype=None, mask: Tensor | None = None
    ) -> Tensor:
        x = _typed(input, dtype)
        return getattr(filled(x, mask, neutral(x.dtype)), name)(dim, keepdim).to(dtype or x.dtype)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"The position of the {'largest' if name == 'argmax' else 'smallest'} element, in the tensor's type."
    )
    return function


argmax, argmin = _place("argmax", lowest), _place("argmin", highest)


def _count(input: Tensor, dims, keepdim: bool, mask: Tensor | None, kind) -> Tensor:
    """How many elements are under the mask."""
    mask = covering(input, mask)
    ones = input.new_ones(input.shape, dtype=int64) if mask is None else mask.to(int64)
    return (ones.sum(dims, keepdim) if dims else ones).to(kind)


def mean(input: Tensor, dim=None, *, keepdim: bool = False, dtype=None, mask: Tensor | None = None) -> Tensor:
    """The mean over dimensions."""
    x, dims = _typed(input, dtype), _dims(input, dim)
    if not x.dtype.is_inexact:
        raise ValueError(
            "mean(): Could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: "
            f"{x.dtype}"
        )
    total = sum(x, dims, keepdim=keepdim, mask=mask)
    return total / _count(x, dims, keepdim, mask, total.dtype)


def median(input: Tensor, dim: int = -1, *, keepdim: bool = False, dtype=None, mask: Tensor | None = None) -> Tensor:
    """The median of what is not NaN along a dimension, of two middle elements the lower."""
    x = _typed(input, dtype)
    if mask is None and not x.dtype.is_floating_point:
        return x.median(_first(x, dim), keepdim).values
    return statistics.nanmedian(filled(x, mask, math.nan), _first(x, dim), keepdim).values


def norm(
    input: Tensor, ord: float = 2.0, dim=None, *, keepdim: bool = False, dtype=None, mask: Tensor | None = None
) -> Tensor:
    """The vector norm over dimensions; what is not under the mask is 0, for the least of the sizes infinite."""
    x, dims = _typed(input, dtype), _dims(input, dim)
    return linalg.vector_norm(filled(x, mask, math.inf if ord == -math.inf else 0), ord, dims, keepdim)


def logsumexp(input: Tensor, dim=None, *, keepdim: bool = False, dtype=None, mask: Tensor | None = None) -> Tensor:
    """log(sum(exp(x))) over dimensions, in the tensor's type."""
    x, dims = _typed(input, dtype), _dims(input, dim)
    return FUNCTIONS["logsumexp"](filled(x, mask, lowest(x.dtype)), dims, keepdim).to(x.dtype)


def _spread(input: Tensor, dim, unbiased, correction, keepdim: bool, dtype, mask: Tensor | None) -> Tensor:
    """The variance over dimensions."""
    if unbiased is not None and correction is not None:
        raise AssertionError("Only one of unbiased and correction may be given")
    correction = correction if correction is not None else 1 if unbiased is None or unbiased else 0
    x, dims = _typed(input, dtype), _dims(input, dim)
    x = x if x.dtype.is_inexact else x.to(get_default_dtype())
    count = _count(x, dims, True, mask, x.dtype.to_real())
    centred = filled(x - sum(x, dims, keepdim=True, mask=mask) / count, mask, 0)
    total = centred * centred.conj()
    variance = (total.sum(dims, True) if dims else total) / (count - correction).clamp_min(0)
    return variance if keepdim or not dims else variance.squeeze(dims)


def var(
    input: Tensor,
    dim=None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool = False,
    dtype=None,
    mask: Tensor | None = None,
) -> Tensor:
    """The variance over dimensions."""
    return _spread(input, dim, unbiased, correction, keepdim, dtype, mask)


def std(
    input: Tensor,
    dim=None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool = False,
    dtype=None,
    mask: Tensor | None = None,
) -> Tensor:
    """The standard deviation over dimensions."""
    return _spread(input, dim, unbiased, correction, keepdim, dtype, mask).sqrt()
