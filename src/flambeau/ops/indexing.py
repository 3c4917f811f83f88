"""x[...] and x[...] = v, and writing slices by number: integers, slices, None and Ellipsis view, index tensors copy.

Masks become index tensors first, which needs their numbers: the pending program is run.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from .. import dtypes, errors, ir, shapes
from ..dtypes import bool_, int64, uint8
from ..meta import Meta, contiguous
from ..tensor import Tensor
from . import bounds, views
from .gathering import INDEX, PUT
from .inplace import copy_, own_clone, write
from .masks import MASKED_FILL, nonzero
from .registry import Op, apply, apply_view
from .signatures import Scalar


# ------------------------------------------------------------------ x[...]
def getitem(x: Tensor, key):
    """x[key]."""
    if type(key) is int and x.meta.ndim:
        size = x.meta.shape[0]
        index = _checked(key, 0, size) % size
        return apply_view(views.SELECT, x, x.meta.row(index), (0, index))
    if type(key) is slice:
        return _slice(_with_dims(x), 0, key)
    if x.meta.ndim == 1 and isinstance(key, Tensor) and key.meta.dtype is int64 and key.meta.ndim:
        return _take_indexed(x, [(0, key)])
    if type(key) is tuple and len(key) <= x.meta.ndim and all(type(i) is int for i in key):
        for dim, index in enumerate(key):
            x = views.select(x, 0, _checked(index, dim, x.meta.shape[0]))
        return x
    view, indexed = _basic(x, key)
    return _take_indexed(view, indexed) if indexed else view


def _with_dims(x: Tensor) -> Tensor:
    if x.meta.ndim == 0:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    return x


def _checked(index: int, dim: int, size: int) -> int:
    if not -size <= index < size:
        raise _not_inside(dim, size, index)
    return index


def _slice(x: Tensor, dim: int, key: slice) -> Tensor:
    size = x.meta.shape[dim]
    if key.step is not None and key.step.__index__() <= 0:
        raise ValueError("step must be greater than zero")
    start, stop, step = key.indices(size)
    return views.sliced(x, dim, start, max(start, stop), step)


def _parsed(key) -> list:
    """The items of a key; lists become index tensors, as in PyTorch."""
    items = list(key) if isinstance(key, tuple) or _stands_for_tuple(key) else [key]
    return [_item(item) for item in items]


def _stands_for_tuple(key) -> bool:
    """Whether a list is read as the tuple of its items: a short one that has more than numbers in it."""
    return (
        isinstance(key, list)
        and len(key) < 32
        and any(isinstance(i, (list, tuple, range, slice, Tensor, np.ndarray)) or i in (None, Ellipsis) for i in key)
    )


def _item(item):
    if isinstance(item, (list, tuple, range)):
        from ..creation import tensor

        made = tensor(list(item))
        return made.to(int64) if made.numel() == 0 or made.dtype.is_floating_point else made
    if isinstance(item, np.ndarray):
        return Tensor.from_array(item)
    if isinstance(item, (np.integer,)):
        return int(item)
    if isinstance(item, (slice, Tensor, bool, int)) or item is None or item is Ellipsis:
        return item
    if hasattr(item, "__index__"):
        return item.__index__()
    if isinstance(item, str):
        raise TypeError("new(): invalid data type 'str'")
    raise IndexError(
        "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got "
        f"{type(item).__name__})"
    )


def _consumes(item) -> int:
    if item is None or item is Ellipsis or isinstance(item, bool):
        return 0
    if isinstance(item, Tensor) and item.meta.dtype in (bool_, uint8):
        return item.meta.ndim
    return 1


def _basic(x: Tensor, key):
    """Applies the part of a key that makes views; gives the rest as (dimension, index tensor) pairs."""
    items = _parsed(key)
    used = sum(_consumes(i) for i in items)
    if used > x.meta.ndim:
        raise IndexError(f"too many indices for tensor of dimension {x.meta.ndim}")
    if not any(i is Ellipsis for i in items):
        items.append(Ellipsis)
    dim, indexed, seen_ellipsis = 0, [], False
    for item in items:
        if item is Ellipsis:
            dim += (
                0
                if seen_ellipsis
                else x.meta.ndim - dim - sum(_consumes(i) for i in items[_position(items, item) + 1 :])
            )
            seen_ellipsis = True
        elif item is None:
            x, dim = views.unsqueeze(x, dim), dim + 1
        elif isinstance(item, bool):
            x = views.unsqueeze(x, dim)
            indexed.append((dim, Tensor.from_array(np.zeros(int(item), np.int64))))
            dim += 1
        elif isinstance(item, slice):
            x, dim = _slice(x, dim, item), dim + 1
        elif isinstance(item, int):
            x = views.select(x, dim, _checked(item, dim, x.meta.shape[dim]))
        elif item.meta.ndim == 0 and item.meta.dtype in (bool_, uint8):
            x = views.unsqueeze(x, dim)
            indexed.append((dim, nonzero(item, as_tuple=True)[0]))
            dim += 1
        elif item.meta.ndim == 0 and item.meta.dtype.is_integer and item.meta.dtype is not uint8:
            x = views.select(x, dim, _checked(int(item.item()), dim, x.meta.shape[dim]))
        else:
            for index in _index_tensors(item, x, dim):
                indexed.append((dim, index))
                dim += 1
    return x, indexed


def _position(items, item) -> int:
    return next(i for i, other in enumerate(items) if other is item)


def _index_tensors(item: Tensor, x: Tensor, dim: int) -> list[Tensor]:
    d = item.meta.dtype
    if d in (bool_, uint8):
        for i, size in enumerate(item.meta.shape):
            if size != x.meta.shape[dim + i]:
                raise IndexError(
                    f"The shape of the mask {list(item.meta.shape)} at index {i} does not match the shape of the "
                    "indexed tensor "
                    f"{list(x.meta.shape)} at index {dim + i}"
                )
        return list(nonzero(item, as_tuple=True))
    if d not in (int64, dtypes.int32, dtypes.int16, dtypes.int8):
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    return [item.to(int64)]


# The index tensors of x[i, :, j] as one row number: sum of index * stride over the indexed dimensions.
def _rows_infer(*args):
    *metas, _ = args
    try:
        shape = shapes.broadcast_shapes(*(m.shape for m in metas))
    except RuntimeError:
        listed = ", ".join(str(list(m.shape)) for m in metas)
        raise IndexError(
            f"shape mismatch: indexing tensors could not be broadcast together with shapes {listed}"
        ) from None
    return contiguous(shape, int64)


def _wrapped(index: ir.Node, size: int) -> ir.Node:
    """Negative indices count from the end."""
    index = index.cast(int64)
    return ir.where(index < 0, index + size, index)


def _rows_lower(*args, out):
    *nodes, sizes = args
    strides = ir.contiguous_strides(sizes)
    total, bad = None, None
    for node, size, stride in zip(nodes, sizes, strides):
        index = _wrapped(node, size)
        wrong = ir.map_("or", index < 0, index >= size)
        # An index that is out of range stays recognisable: the row number becomes negative.
        bad = wrong if bad is None else ir.map_("or", bad, wrong)
        total = index * stride if total is None else total + index * stride
    lost = ir.where(bad, ir.const(-1, int64), total) if len(nodes) > 1 else _wrapped(nodes[0], sizes[0])
    return ir.broadcast(lost, out[0].shape)


_ROWS = Op("index_rows", "sizes", _rows_infer, _rows_lower, summary="Row numbers from several index tensors.")


def _not_inside(dim: int, size: int, number: int) -> Exception:
    return IndexError(f"index {number} is out of bounds for dimension {dim} with size {size}")


def _row_numbers(indices: list[Tensor], sizes: tuple[int, ...]) -> Tensor:
    if len(indices) == 1 and bounds.inside(indices[0], sizes[0]):
        return indices[0]
    for dim, (index, size) in enumerate(zip(indices, sizes)):
        bounds.check(index, size, partial(_not_inside, dim, size), -size)
    return apply(_ROWS, tuple(indices), (sizes,))


class _Indexed:
    """The dimensions that index tensors name, brought to the front and made one: rows."""

    def __init__(self, x: Tensor, indexed):
        dims = [d for d, _ in indexed]
        rest = [d for d in range(x.meta.ndim) if d not in dims]
        sizes = tuple(x.meta.shape[d] for d in dims)
        self.order = dims + rest
        self.front = views.permute(x, self.order) if self.order != list(range(x.meta.ndim)) else x
        self.rest_shape = tuple(x.meta.shape[d] for d in rest)
        self.count = math.prod(sizes)
        self.index = _row_numbers([index for _, index in indexed], sizes)
        # Adjacent index tensors put their result in their own place, others in front.
        adjacent = dims == list(range(dims[0], dims[0] + len(dims)))
        self.place = dims[0] if adjacent else 0

    def rows(self) -> Tensor:
        return (
            views.reshape(self.front, (self.count, *self.rest_shape))
            if len(self.order) - len(self.rest_shape) > 1
            else self.front
        )

    def out(self, taken: Tensor) -> Tensor:
        n = self.index.meta.ndim
        if self.place == 0 or n == 0:
            return taken
        return views.movedim(taken, list(range(n)), list(range(self.place, self.place + n)))

    def in_(self, value: Tensor) -> Tensor:
        """A value of the indexed shape, with the index's dimensions in front."""
        n = self.index.meta.ndim
        shape = (*self.rest_shape[: self.place], *self.index.meta.shape, *self.rest_shape[self.place :])
        value = _fitting(value, shape)
        return (
            value if self.place == 0 else views.movedim(value, list(range(self.place, self.place + n)), list(range(n)))
        )


def _fitting(value: Tensor, shape) -> Tensor:
    """A value in the shape of the place where it is put."""
    try:
        return views.expand(value, shape)
    except RuntimeError:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(value.meta.shape)} cannot be broadcast to indexing "
            f"result of shape {list(shape)}"
        ) from None


def _take_indexed(x: Tensor, indexed) -> Tensor:
    rows = _Indexed(x, indexed)
    return rows.out(apply(INDEX, (rows.rows(), rows.index)))


# ------------------------------------------------------------------ x[...] = v
def setitem(x: Tensor, key, value) -> None:
    """x[key] = value."""
    value = _as_value(x, value)
    if (
        isinstance(key, Tensor)
        and key.meta.dtype is bool_
        and key.meta.shape == x.meta.shape
        and (not isinstance(value, Tensor) or value.meta.numel == 1)
    ):
        write(MASKED_FILL, x, (x, key, value.reshape(()) if isinstance(value, Tensor) else value))
        return
    view, indexed = _basic(x, key)
    if not indexed:
        _assign(view, value)
        return
    _put_indexed(view, indexed, value, False)


def _as_value(x: Tensor, value):
    if isinstance(value, Tensor) or type(value) in (bool, int, float):
        return value
    if isinstance(value, complex):
        return dtypes.fitted(value, x.meta.dtype)
    if isinstance(value, (bool, int, float, np.integer)):
        return value.item() if isinstance(value, np.generic) else value
    raise TypeError(f"can't assign a {errors.kind_of(value)} to a torch.{errors.type_name(x.meta.dtype)}")


def _assign(view: Tensor, value):
    if isinstance(value, Tensor):
        # As in PyTorch, leading dimensions of size 1 of the value are dropped.
        while value.meta.ndim > view.meta.ndim and value.meta.shape[0] == 1:
            value = views.squeeze(value, 0)
        if value.meta.shape != view.meta.shape:
            shapes.expand_view(value.meta.shape, value.meta.strides, view.meta.shape)  # with the error of expand
    copy_(view, value)


def _put_indexed(x: Tensor, indexed, value, accumulate: bool) -> None:
    rows = _Indexed(x, indexed) if indexed else None
    value = value if isinstance(value, Tensor) else Tensor.full_of((), value, x.meta.dtype)
    if value.meta.dtype is not x.meta.dtype:
        if value.meta.ndim:
            raise RuntimeError(
                "Index put requires the source and destination dtypes match, got "
                f"{errors.TYPE_TITLES[x.meta.dtype.name]} for the "
                f"destination and {errors.TYPE_TITLES[value.meta.dtype.name]} for the source."
            )
        value = value.to(x.meta.dtype)
    if rows is None:
        value = _fitting(value, x.meta.shape)
        copy_(x, x + value if accumulate else value)
        return
    value = rows.in_(value)
    front = rows.rows()
    target = front if front.storage is x.storage else None
    if target is not None:
        write(PUT, target, (target, rows.index, value), (accumulate,))
        _adopt(x, target)
        return
    replaced = apply(PUT, (front, rows.index, value), (accumulate,))
    copy_(rows.front, views.reshape(replaced, rows.front.meta.shape))
    _adopt(x, rows.front)


def _adopt(x: Tensor, view: Tensor) -> None:
    """The tape saw the write through a view: a view-less owner gets its new place from its base."""
    if x is not view and x._base is None and view._base is not None and view._base is not x:
        x._requires_grad, x.grad_fn, x.epoch = view._base._requires_grad, view._base.grad_fn, -1


def index_put_(self: Tensor, indices, values: Tensor, accumulate: bool = False) -> Tensor:
    """self[indices] = values, or += where accumulate."""
    view, indexed = _basic(self, tuple(slice(None) if i is None else i for i in indices))
    _put_indexed(view, indexed, values, accumulate)
    return self


def index_put(input: Tensor, indices, values: Tensor, accumulate: bool = False) -> Tensor:
    """A copy with input[indices] = values."""
    return index_put_(own_clone(input, values, *indices), indices, values, accumulate)


def _not_copied(self: Meta, dim: int, number: int) -> Exception:
    return IndexError(
        f"index_copy_(): index {number} is out of bounds for dimension {dim} with size {(self.shape or (1,))[dim]}"
    )


def _title(x: Tensor) -> str:
    return errors.TYPE_TITLES[x.meta.dtype.name]


def index_copy_(self: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """Replaces the slices along a dimension that the index names."""
    d = shapes.wrap_dim(dim, self.meta.ndim)
    if source.meta.dtype is not self.meta.dtype:
        raise RuntimeError(
            f"index_copy_(): self and source expected to have the same dtype, but got (self) {_title(self)} and "
            f"(source) {_title(source)}"
        )
    if self.meta.ndim and source.meta.ndim and self.meta.ndim != source.meta.ndim:
        raise IndexError(
            "index_copy_(): When source and destination are not scalars, their dimensionality must match. Source "
            f"dimensionality ({source.meta.ndim}), destination dimensionality ({self.meta.ndim})"
        )
    if index.meta.ndim > 1:
        raise IndexError(
            f"index_copy_: Index is supposed to be a vector, but got dim: {index.meta.ndim} with type: {_title(index)} "
            f"and size: {list(index.meta.shape)}"
        )
    length = source.meta.shape[d] if source.meta.ndim else 1
    if length != index.meta.numel and source.meta.ndim:
        raise IndexError(
            f"index_copy_(): Number of indices ({index.meta.numel}) should be equal to source.size(dim) ({length})"
        )
    if index.meta.numel == 0:
        return self
    bounds.check(index, (self.meta.shape or (1,))[d], partial(_not_copied, self.meta, d))
    if not self.meta.ndim:
        index_put_(views.view(self, 1), (index.reshape(-1),), source.reshape(-1) if source.meta.ndim else source)
        return self
    return index_put_(self, (None,) * d + (index if index.meta.ndim else index.reshape(1),), source)


def index_fill_(self: Tensor, dim: int, index: Tensor, value: Tensor | Scalar) -> Tensor:
    """Fills the slices along a dimension that the index names with a number."""
    if isinstance(value, Tensor) and value.meta.ndim:
        raise RuntimeError(
            f"index_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.meta.ndim} "
            "dimension(s)."
        )
    d = shapes.wrap_dim(dim, self.meta.ndim)
    if index.meta.ndim > 1:
        raise IndexError(f"index_fill_(): Index is supposed to be a vector, but got dim: {index.meta.ndim}")
    if index.meta.dtype is not int64:
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    size = self.meta.shape[d] if self.meta.ndim else 1
    bounds.check(index, size, partial(_not_inside, d, size), -size)
    chosen = Tensor.full_of((size,), 0, bool_)
    index_put_(chosen, (index.reshape(-1),), Tensor.full_of((), 1, bool_))
    return self.masked_fill_(chosen.reshape([-1 if i == d else 1 for i in range(self.meta.ndim)]), value)
