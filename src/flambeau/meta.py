"""Meta: what a tensor is apart from its numbers; shape, strides, offset and dtype, interned.

Equal metas are the same object, so a trace compares and hashes them by identity, and derived facts are computed once.
"""

from __future__ import annotations

import math
import operator

from . import strides as layouts
from .dtypes import dtype
from .ir import contiguous_strides

ROWS = 1 << 16  # so many rows of a view are remembered


class Size(tuple):
    """The shape of a tensor: a tuple that prints as PyTorch's does."""

    __slots__ = ()

    def __repr__(self):
        return f"torch.Size({list(self)})"

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        return math.prod(self)

    def __getitem__(self, index):
        found = tuple.__getitem__(self, index)
        return Size(found) if isinstance(index, slice) else found

    def __add__(self, other):
        return Size(tuple.__add__(self, tuple(other)))

    def __radd__(self, other):
        return Size(tuple(other) + tuple(self))

    def __mul__(self, times):
        return Size(tuple.__mul__(self, times))

    __rmul__ = __mul__

    def __reduce__(self):
        return Size, (tuple(self),)


class Meta:
    """Shape, strides and offset (in elements of the storage) and dtype of one view."""

    __slots__ = (
        "shape", "size", "strides", "offset", "dtype", "ndim", "numel", "category", "contiguous", "dense", "span",
        "_window", "_rows",
    )  # fmt: skip
    _interned: dict[tuple, Meta] = {}

    shape: tuple[int, ...]
    size: Size  # the shape as scripts see it
    strides: tuple[int, ...]
    offset: int
    ndim: int
    numel: int
    contiguous: bool  # row-major
    dense: bool  # without gaps and overlaps, in any order of the dimensions
    span: int  # from the first to the last element, both counted
    _window: tuple[Meta, Meta] | None
    _rows: dict[int, Meta] | None

    def with_(self, shape=None, strides=None, offset=None) -> Meta:
        """The same view with other shape, strides or offset."""
        return meta(
            self.shape if shape is None else shape,
            self.strides if strides is None else strides,
            self.offset if offset is None else offset,
            self.dtype,
        )

    def cast(self, to: dtype) -> Meta:
        """The same view of elements of another type."""
        return meta(self.shape, self.strides, self.offset, to)

    @property
    def window(self) -> tuple[Meta, Meta]:
        """The part of the storage that the view spans, as a content of its own, and the view of that content."""
        if self._window is None:
            content = contiguous(self.shape if self.contiguous else (self.span,), self.dtype)
            self._window = (content, content if self.contiguous else self.with_(offset=0))
        return self._window

    def row(self, index: int) -> Meta:
        """The view of one element of the first dimension."""
        if self._rows is None:
            self._rows = {}
        rows = self._rows
        found = rows.get(index)
        if found is None:
            if len(rows) >= ROWS:
                rows.clear()
            found = rows[index] = self.with_(self.shape[1:], self.strides[1:], self.offset + index * self.strides[0])
            found._window = self.with_(self.shape[1:], self.strides[1:]).window  # the same for all rows
        return found

    @property
    def memory_order(self) -> tuple[int, ...]:
        """The dimensions from the outermost in memory to the innermost."""
        return tuple(sorted(range(self.ndim), key=lambda i: (-self.strides[i], i)))

    def __repr__(self):
        return f"{self.dtype.name}{list(self.shape)} strides {list(self.strides)} offset {self.offset}"


def meta(shape, strides, offset: int, dtype: dtype) -> Meta:
    """The interned Meta of a view."""
    key = (tuple(shape), tuple(strides), offset, dtype)
    found = Meta._interned.get(key)
    if found is None:
        found = Meta._interned[key] = _new(*key)
        if len(Meta._interned) > 1 << 18:
            # Bounded: metas are only ever compared inside a trace, and tries are bounded as well.
            Meta._interned.clear()
    return found


def _new(shape, strides, offset, dtype) -> Meta:
    if dtype.numpy.kind == "V":
        raise NotImplementedError(f"tensors of {dtype.name}: {dtype!r} is a name alone, there is no arithmetic for it")
    for number in (*shape, *strides, offset):
        operator.index(number)  # a kernel that took a fraction for an address would end the process
    if min(shape, default=0) < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}")
    m = object.__new__(Meta)
    m.shape, m.size, m.strides, m.offset, m.dtype = shape, Size(shape), strides, offset, dtype
    m.ndim, m.numel, m.category = len(shape), math.prod(shape), dtype.category
    m.span = 1 + sum((n - 1) * s for n, s in zip(shape, strides)) if m.numel else 0
    m._window, m._rows = None, None
    m.contiguous = layouts.is_contiguous(shape, strides)
    m.dense = m.contiguous or layouts.is_dense(shape, strides)
    return m


def contiguous(shape, dtype: dtype) -> Meta:
    """The Meta of a fresh row-major tensor."""
    key = (tuple(shape), dtype)
    found = Meta._interned.get(key)
    if found is None:
        found = Meta._interned[key] = meta(shape, contiguous_strides(shape), 0, dtype)
    return found


def fresh_like(m: Meta) -> Meta:
    """The Meta of a fresh tensor, dense, whose memory is walked in the order of another's."""
    if m.contiguous:
        return contiguous(m.shape, m.dtype)
    return meta(m.shape, layouts.elementwise_strides(m.shape, [(m.shape, m.strides)]), 0, m.dtype)


def images(shape, dtype: dtype, *like: Meta) -> Meta:
    """The Meta of fresh images that lie in memory as others do: with channels last where one of these does, else
    row-major."""
    last = any(m.ndim == len(shape) and layouts.suggests_channels_last(m.shape, m.strides) for m in like)
    return meta(shape, layouts.channels_last_strides(shape), 0, dtype) if last else contiguous(shape, dtype)
