"""The metas of views: a meta and the numbers that a view is made with come in, the view's meta goes out.

Pure functions, remembered, because a script asks for the same views at every step. They raise PyTorch's errors.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate

from .. import shapes, strides
from ..dtypes import dtype
from ..errors import TYPE_TITLES
from ..meta import Meta, meta

REMEMBERED = 1 << 14  # views of a kind


@lru_cache(REMEMBERED)
def reshaped(m: Meta, sizes: tuple[int, ...]) -> tuple[tuple[int, ...], Meta | None]:
    """The shape that is asked for, and its view; None where only a copy can have it."""
    sizes = shapes.infer_reshape(sizes, m.numel)
    steps = strides.view_strides(m.shape, m.strides, sizes)
    return sizes, None if steps is None else m.with_(sizes, steps)


@lru_cache(REMEMBERED)
def expanded(m: Meta, sizes: tuple[int, ...]) -> Meta:
    """Dimensions of size 1 repeated; -1 keeps a size."""
    return m.with_(*shapes.expand_view(m.shape, m.strides, sizes))


@lru_cache(REMEMBERED, typed=True)
def permuted(m: Meta, dims: tuple[int, ...]) -> tuple[tuple[int, ...], Meta]:
    """The checked order, and the view with the dimensions in it."""
    order = shapes.permute_dims(dims, m.ndim)
    return order, m.with_([m.shape[i] for i in order], [m.strides[i] for i in order])


@lru_cache(REMEMBERED, typed=True)
def transposed(m: Meta, dim0: int, dim1: int) -> tuple[tuple[int, int], Meta]:
    """The two dimensions counted from the front, and the view with them swapped."""
    a, b = shapes.wrap_dim(dim0, m.ndim), shapes.wrap_dim(dim1, m.ndim)
    order = list(range(m.ndim))
    if m.ndim:
        order[a], order[b] = order[b], order[a]
    return (a, b), m.with_([m.shape[i] for i in order], [m.strides[i] for i in order])


@lru_cache(REMEMBERED, typed=True)
def unsqueezed(m: Meta, dim: int) -> tuple[int, Meta]:
    """The place of a new dimension of size 1, and the view with it."""
    d = shapes.wrap_dim(dim, m.ndim + 1)
    step = m.shape[d] * m.strides[d] if d < m.ndim else 1
    return d, m.with_((*m.shape[:d], 1, *m.shape[d:]), (*m.strides[:d], step, *m.strides[d:]))


@lru_cache(REMEMBERED)
def squeezed(m: Meta, dims: tuple[int, ...] | None) -> Meta:
    """Without the dimensions of size 1, or without those named."""
    gone = range(m.ndim) if dims is None else shapes.wrap_dims(dims, m.ndim)
    keep = [i for i in range(m.ndim) if i not in gone or m.shape[i] != 1]
    return m.with_([m.shape[i] for i in keep], [m.strides[i] for i in keep])


@lru_cache(REMEMBERED)
def sliced(m: Meta, dim: int, start: int, stop: int, step: int) -> Meta:
    """Every step-th element along a dimension; the bounds lie inside it."""
    size = max(0, -(-(stop - start) // step))
    shape = (*m.shape[:dim], size, *m.shape[dim + 1 :])
    steps = (*m.strides[:dim], m.strides[dim] * step, *m.strides[dim + 1 :])
    return m.with_(shape, steps, m.offset + start * m.strides[dim])


def selected(m: Meta, dim: int, index: int) -> Meta:
    """One element along a dimension, which goes away."""
    if dim == 0:
        return m.row(index)
    shape, steps = (*m.shape[:dim], *m.shape[dim + 1 :]), (*m.strides[:dim], *m.strides[dim + 1 :])
    return m.with_(shape, steps, m.offset + index * m.strides[dim])


@lru_cache(REMEMBERED)
def unbound(m: Meta, dim: int) -> tuple[Meta, ...]:
    """Every element along a dimension, which goes away."""
    return tuple([selected(m, dim, index) for index in range(m.shape[dim])])


@lru_cache(REMEMBERED)
def cut(m: Meta, dim: int, sizes: tuple[int, ...]) -> tuple[Meta, ...]:
    """Consecutive parts along a dimension."""
    return tuple([sliced(m, dim, end - size, end, 1) for size, end in zip(sizes, accumulate(sizes))])


@lru_cache(REMEMBERED)
def retyped(m: Meta, d: dtype) -> Meta:
    """The same bytes as elements of another type; the last dimension grows or shrinks where the sizes differ."""
    old, new = m.dtype.itemsize, d.itemsize
    if old == new:
        return meta(m.shape, m.strides, m.offset, d)
    what = f"to view {TYPE_TITLES[m.dtype.name]} as {TYPE_TITLES[d.name]} (different element sizes)"
    if not m.ndim:
        raise RuntimeError(f"self.dim() cannot be 0 {what}")
    if m.strides[-1] != 1:
        raise RuntimeError(f"self.stride(-1) must be 1 {what}, but got {m.strides[-1]}")
    if old > new:
        times = old // new
        return meta(
            (*m.shape[:-1], m.shape[-1] * times), (*(s * times for s in m.strides[:-1]), 1), m.offset * times, d
        )
    times = new // old
    names = [("size(-1)", m.shape[-1]), ("storage_offset()", m.offset)]
    for name, number in names + [(f"stride({i})", s) for i, s in enumerate(m.strides[:-1])]:
        if number % times:
            raise RuntimeError(f"self.{name} must be divisible by {times} {what}, but got {number}")
    return meta((*m.shape[:-1], m.shape[-1] // times), (*(s // times for s in m.strides[:-1]), 1), m.offset // times, d)


@lru_cache(REMEMBERED)
def paired(m: Meta) -> Meta:
    """Complex numbers as real ones, with a last dimension for their parts; real ones as they are."""
    if not m.dtype.is_complex:
        return m
    return meta((*m.shape, 2), (*(2 * s for s in m.strides), 1), 2 * m.offset, m.dtype.to_real())
