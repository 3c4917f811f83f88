"""Views as copies: transpose_copy is what transpose shows, in memory of its own."""

from __future__ import annotations

import functools
from collections.abc import Callable

from ..tensor import Tensor
from . import complex_numbers, views
from .assembling import split_with_sizes
from .public import public


def _copy_of(view: Callable, name: str, method: bool = False) -> Callable:
    """Publishes a function that copies what a view shows (each of them, where there are several)."""

    @functools.wraps(view)
    def function(*args, **kwargs):
        seen = view(*args, **kwargs)
        return tuple(part.clone() for part in seen) if isinstance(seen, tuple) else seen.clone()

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"A copy of what {view.__name__} shows."
    function.__module__ = __name__
    return public(method=method, out=True)(function)


def alias(input: Tensor) -> Tensor:
    """The tensor as it is."""
    return input.view(input.shape)


def expand(input: Tensor, size, *, implicit: bool = False) -> Tensor:
    """Dimensions of size 1 repeated."""
    return views.expand(input, size)


def slice_(input: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Tensor:
    """Every step-th part along a dimension."""
    return input[(slice(None),) * (dim % max(input.ndim, 1)) + (slice(start, end, step),)]


def view(input: Tensor, size=None, *, dtype=None) -> Tensor:
    """Another shape, or the same bytes as another dtype."""
    return views.view_method(input, size if dtype is None else dtype)


def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """Windows along a dimension."""
    return views.unfold(input, dimension, size, step)


_VIEWS = {
    "alias": alias, "as_strided": views.as_strided, "detach": Tensor.detach, "expand": expand,
    "permute": views.permute, "select": views.select, "slice": slice_, "split": views.split,
    "split_with_sizes": split_with_sizes, "squeeze": views.squeeze, "t": views.t, "transpose": views.transpose,
    "unbind": views.unbind, "unfold": unfold, "unsqueeze": views.unsqueeze, "view": view,
    "view_as_complex": complex_numbers.view_as_complex, "view_as_real": complex_numbers.view_as_real,
}  # fmt: skip
for _name, _view in _VIEWS.items():
    _copy_of(_view, _name + "_copy")
_copy_of(views.narrow, "narrow_copy", method=True)
