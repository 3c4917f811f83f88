"""x[...] and x[...] = v, and the gathering ops: integers, slices, None and Ellipsis are views; index tensors and masks copy.

All gathering comes down to `take` of rows and `put` of rows. Masks become index tensors first, which needs their numbers:
the pending program is run.
"""

from __future__ import annotations

import math

import numpy as np

from .. import dtypes, errors, ir, shapes
from ..dtypes import bool_, int64, uint8
from ..meta import Meta, contiguous
from ..tensor import Tensor
from . import movement
from .inplace import copy_, write
from .public import finish
from .registry import Op, apply


# ------------------------------------------------------------------ rows
def _check_index(name: str, index: Meta):
    if index.dtype not in (int64, dtypes.int32):
        raise RuntimeError(f"{name}: Expected dtype int32 or int64 for index")


def _wrapped(index: ir.Node, size: int) -> ir.Node:
    """Negative indices count from the end."""
    index = index.cast(int64)
    return ir.where(index < 0, index + size, index)


def _take_infer(input, index):
    return contiguous((*index.shape, *input.shape[1:]), input.dtype)


# index_select and embedding refuse negative indices; x[index] wraps them first (see `_INDEX`).
TAKE = Op(
    "take_rows", "input index", _take_infer, lambda input, index: ir.take(input, index.cast(int64)),
    (lambda g, index, meta: apply(ADD_ROWS, (g, index), (tuple(meta.shape),)), None), grad_name="IndexSelect", summary="Rows by number.",
)  # fmt: skip
# The same for x[index], whose errors read differently.
INDEX = Op(
    "index", "input index", _take_infer, lambda input, index: ir.take(input, index),
    (lambda g, index, meta: apply(ADD_ROWS, (g, index), (tuple(meta.shape),)), None), summary="Rows by number.",
)  # fmt: skip
ADD_ROWS = Op(
    "add_rows", "input index shape",
    lambda input, index, shape: contiguous(shape, input.dtype),
    lambda input, index, shape: ir.put("add", ir.full(0, shape, input.dtype), index.cast(int64), input),
    (lambda g, index: apply(TAKE, (g, index)), None), summary="Zeros to whose rows rows are added.",
)  # fmt: skip
PUT = Op(
    "put_rows", "input index value accumulate",
    lambda input, index, value, accumulate: contiguous(input.shape, input.dtype),
    lambda input, index, value, accumulate: ir.put("add" if accumulate else "set", input, index, ir.broadcast(value.cast(input.dtype), (*index.shape, *input.shape[1:]))),
    (
        lambda g, index, meta, accumulate: g if accumulate else apply(PUT, (g, index, 0.0), (False,)),
        None,
        lambda g, index: apply(TAKE, (g, index)),
    ),
    grad_name="IndexPut", summary="A copy with rows replaced, or added to.",
)  # fmt: skip


def add_rows(g: Tensor, index: Tensor, shape) -> Tensor:
    """Zeros of a shape to whose rows rows are added."""
    return apply(ADD_ROWS, (g, index), (tuple(shape),))


def index_select(input: Tensor, dim: int, index: Tensor, *, out=None) -> Tensor:
    """The slices along a dimension whose numbers are given.

    Raises IndexError where a number is out of range.
    """
    d = shapes.wrap_dim(dim, input.meta.ndim)
    if index.meta.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    _check_index("index_select()", index.meta)
    if not input.meta.ndim:
        return finish(apply(TAKE, (input.reshape(1), index.reshape(()))), out)
    rows = movement.movedim(input, d, 0) if d else input
    taken = apply(TAKE, (rows, index if index.meta.ndim else index.reshape(1)))
    return finish(movement.movedim(taken, 0, d) if d else taken, out)


def embedding(weight: Tensor, index: Tensor) -> Tensor:
    """The rows of a table; index of any shape."""
    return apply(TAKE, (weight, index))


# ------------------------------------------------------------------ gather and scatter along a dimension
def _positions(index: ir.Node, shape, dim: int) -> ir.Node:
    """The flat row-major positions in an array of `shape` that gather(dim, index) reads; index has its number of dimensions."""
    fresh = ir.contiguous_strides(shape)
    index = index.cast(int64)
    bad = ir.map_("or", index < 0, index >= shape[dim])
    position = index * fresh[dim]
    for axis in range(len(shape)):
        if axis != dim:
            line = ir.iota((index.shape[axis],)).reshape([index.shape[axis] if i == axis else 1 for i in range(len(shape))])
            position = position + line * fresh[axis]
    # An index out of range must not reach another element: it is moved to where the check refuses it.
    return ir.where(bad, ir.where(index < 0, index, index + math.prod(shape)), position)


def _as_vector(node: ir.Node) -> ir.Node:
    """A 0-dimensional array counts as a vector of one element."""
    return node if node.shape else node.reshape((1,))


def _check_index_shape(name: str, index: Meta, input: Meta, dim: int, src: Meta | None = None):
    """RuntimeError where an index reaches over what it is to index (or over what is to be written)."""
    others = [input] if src is None else [input, src]
    if index.numel == 0:
        return
    if any(max(index.ndim, 1) != max(o.ndim, 1) for o in others):
        raise RuntimeError(f"Index tensor must have the same number of dimensions as {'input' if name == 'gather' else 'self'} tensor")
    sizes, own = (index.shape or (1,)), (input.shape or (1,))
    wrong = next((i for i, n in enumerate(sizes) if i != dim and n > own[i]), None)
    if name == "gather" and wrong is not None:
        raise RuntimeError(
            f"Size does not match at dimension {wrong} expected index {list(index.shape)} to be no larger than self "
            f"{list(input.shape)} apart from dimension {dim}"
        )
    if wrong is not None or (src is not None and any(n > m for n, m in zip(sizes, src.shape or (1,)))):
        tail = f" and to be no larger size than src {list(src.shape)}" if src is not None else ""
        raise RuntimeError(
            f"Expected index {list(index.shape)} to be no larger than self {list(input.shape)} apart from dimension {dim}{tail}"
        )


def _gather_infer(input, index, dim):
    if index.numel and index.dtype is not int64 and index.dtype is not dtypes.int32:
        raise RuntimeError("gather(): Expected dtype int32/int64 for index")
    _check_index_shape("gather", index, input, dim)
    return contiguous(index.shape, input.dtype)


def _gather_lower(input, index, dim):
    places = _positions(_as_vector(index), input.shape or (1,), dim).reshape(index.shape)
    return ir.take(input.reshape((input.size,)), places)


GATHER = Op(
    "gather", "input index dim", _gather_infer, _gather_lower,
    (lambda g, index, meta, dim: scatter_add(Tensor.full_of(meta.shape, 0, g.dtype), dim, index, g), None),
    summary="Elements along a dimension by their numbers.",
)  # fmt: skip


TAKE.fault = lambda value, size: IndexError("index out of range in self")
GATHER.fault = lambda value, size: RuntimeError(f"index {value - size if value >= size else value} is out of bounds for dimension 0 with size {size}")


def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False, out=None) -> Tensor:
    """Elements along a dimension by their numbers; the result has the index's shape."""
    return finish(apply(GATHER, (input, index), (shapes.wrap_dim(dim, input.meta.ndim),)), out)


def _scatter_infer(name):
    def infer(input, index, src, dim):
        if index.dtype is not int64 and index.dtype is not dtypes.int32 and index.numel:
            raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")
        if isinstance(src, Meta) and src.dtype is not input.dtype:
            raise RuntimeError(f"{name}(): Expected self.dtype to be equal to src.dtype")
        _check_index_shape(name, index, input, dim, src if isinstance(src, Meta) else None)
        return contiguous(input.shape, input.dtype)

    return infer


def _scatter_lower(fn):
    def lower(input, index, src, dim):
        if index.size == 0:
            return input
        index, value = _as_vector(index), src.cast(input.dtype)
        if src.shape and src.shape != index.shape:
            value = ir.view(value, index.shape, ir.contiguous_strides(src.shape), 0)
        places = _positions(index, input.shape or (1,), dim).reshape((index.size,))
        value = ir.broadcast(value, index.shape).reshape((index.size,))
        return ir.put(fn, input.reshape((input.size,)), places, value).reshape(input.shape)

    return lower


SCATTER = Op(
    "scatter", "input index src dim", _scatter_infer("scatter"), _scatter_lower("set"),
    (lambda g, index, dim: apply(SCATTER, (g, index, 0.0), (dim,)), None, lambda g, index, dim: gather(g, dim, index)),
    summary="A copy with elements replaced along a dimension.",
)  # fmt: skip
SCATTER_ADD = Op(
    "scatter_add", "input index src dim", _scatter_infer("scatter_add"), _scatter_lower("add"),
    (lambda g: g, None, lambda g, index, dim: gather(g, dim, index)),
    summary="A copy with elements added along a dimension.",
)  # fmt: skip


def scatter(input: Tensor, dim: int, index: Tensor, src=None, *, value=None, reduce: str | None = None) -> Tensor:
    """A copy in which the elements of `src` (or a number) replace those that the index names along a dimension."""
    d = shapes.wrap_dim(dim, input.meta.ndim)
    op = SCATTER_ADD if reduce == "add" else SCATTER
    return apply(op, (input, index, value if src is None else src), (d,))


def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """A copy in which the elements of `src` are added to those that the index names along a dimension."""
    return apply(SCATTER_ADD, (input, index, src), (shapes.wrap_dim(dim, input.meta.ndim),))


def scatter_(self: Tensor, dim: int, index: Tensor, src=None, *, value=None, reduce: str | None = None) -> Tensor:
    """`scatter` in place."""
    op = SCATTER_ADD if reduce == "add" else SCATTER
    return write(op, self, (self, index, value if src is None else src), (shapes.wrap_dim(dim, self.meta.ndim),))


def scatter_add_(self: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """`scatter_add` in place."""
    return write(SCATTER_ADD, self, (self, index, src), (shapes.wrap_dim(dim, self.meta.ndim),))


# ------------------------------------------------------------------ x[...]
def getitem(x: Tensor, key):
    """x[key]."""
    if type(key) is int and x.meta.ndim:
        return movement.select(x, 0, _checked(key, 0, x.meta.shape[0]))
    if type(key) is slice:
        return _slice(_with_dims(x), 0, key)
    if x.meta.ndim == 1 and isinstance(key, Tensor) and key.meta.dtype is int64 and key.meta.ndim:
        return _take_indexed(x, [(0, key)])
    view, indexed = _basic(x, key)
    return _take_indexed(view, indexed) if indexed else view


def _with_dims(x: Tensor) -> Tensor:
    if x.meta.ndim == 0:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    return x


def _checked(index: int, dim: int, size: int) -> int:
    if not -size <= index < size:
        raise IndexError(f"index {index} is out of bounds for dimension {dim} with size {size}")
    return index


def _slice(x: Tensor, dim: int, key: slice) -> Tensor:
    size = x.meta.shape[dim]
    if key.step is not None and key.step.__index__() <= 0:
        raise ValueError("step must be greater than zero")
    start, stop, step = key.indices(size)
    return movement.sliced(x, dim, start, max(start, stop), step)


def _parsed(key) -> list:
    """The items of a key; lists become index tensors, as in PyTorch."""
    items = list(key) if isinstance(key, tuple) else [key]
    return [_item(item) for item in items]


def _item(item):
    if isinstance(item, (list, range)):
        from ..creation import tensor

        made = tensor(list(item))
        return made.to(int64) if made.numel() == 0 else made
    if isinstance(item, np.ndarray):
        return Tensor.from_array(item)
    if isinstance(item, (np.integer,)):
        return int(item)
    if isinstance(item, (slice, Tensor, bool, int)) or item is None or item is Ellipsis:
        return item
    if hasattr(item, "__index__"):
        return item.__index__()
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
            dim += 0 if seen_ellipsis else x.meta.ndim - dim - sum(_consumes(i) for i in items[_position(items, item) + 1 :])
            seen_ellipsis = True
        elif item is None:
            x, dim = movement.unsqueeze(x, dim), dim + 1
        elif isinstance(item, bool):
            x = movement.unsqueeze(x, dim)
            indexed.append((dim, Tensor.from_array(np.zeros(int(item), np.int64))))
            dim += 1
        elif isinstance(item, slice):
            x, dim = _slice(x, dim, item), dim + 1
        elif isinstance(item, int):
            x = movement.select(x, dim, _checked(item, dim, x.meta.shape[dim]))
        elif item.meta.ndim == 0 and item.meta.dtype.is_integer and item.meta.dtype is not uint8:
            x = movement.select(x, dim, _checked(int(item.item()), dim, x.meta.shape[dim]))
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
                    f"The shape of the mask {list(item.meta.shape)} at index {i} does not match the shape of the indexed tensor "
                    f"{list(x.meta.shape)} at index {dim + i}"
                )
        return list(nonzero(item, as_tuple=True))
    if d not in (int64, dtypes.int32, dtypes.int16, dtypes.int8):
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    return [item.to(int64)]


# The index tensors of x[i, :, j] as one row number: sum of index * stride over the indexed dimensions.
def _rows_infer(*args):
    *metas, sizes = args
    try:
        shape = shapes.broadcast_shapes(*(m.shape for m in metas))
    except RuntimeError:
        listed = ", ".join(str(list(m.shape)) for m in metas)
        raise IndexError(f"shape mismatch: indexing tensors could not be broadcast together with shapes {listed}") from None
    return contiguous(shape, int64)


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


class _Indexed:
    """The dimensions that index tensors name, brought to the front and made one: rows."""

    def __init__(self, x: Tensor, indexed):
        dims = [d for d, _ in indexed]
        rest = [d for d in range(x.meta.ndim) if d not in dims]
        sizes = tuple(x.meta.shape[d] for d in dims)
        self.order = dims + rest
        self.front = movement.permute(x, self.order) if self.order != list(range(x.meta.ndim)) else x
        self.rest_shape = tuple(x.meta.shape[d] for d in rest)
        self.count = 1
        for size in sizes:
            self.count *= size
        self.index = apply(_ROWS, tuple(i for _, i in indexed), (sizes,))
        # Adjacent index tensors put their result in their own place, others in front.
        adjacent = dims == list(range(dims[0], dims[0] + len(dims)))
        self.place = dims[0] if adjacent else 0

    def rows(self) -> Tensor:
        return movement.reshape(self.front, (self.count, *self.rest_shape)) if len(self.order) - len(self.rest_shape) > 1 else self.front

    def out(self, taken: Tensor) -> Tensor:
        n = self.index.meta.ndim
        if self.place == 0 or n == 0:
            return taken
        return movement.movedim(taken, list(range(n)), list(range(self.place, self.place + n)))

    def in_(self, value: Tensor) -> Tensor:
        """A value of the indexed shape, with the index's dimensions in front."""
        n = self.index.meta.ndim
        shape = (*self.rest_shape[: self.place], *self.index.meta.shape, *self.rest_shape[self.place :])
        try:
            value = movement.expand(value, shape)
        except RuntimeError:
            raise RuntimeError(
                f"shape mismatch: value tensor of shape {list(value.meta.shape)} cannot be broadcast to indexing result of shape {list(shape)}"
            ) from None
        return value if self.place == 0 else movement.movedim(value, list(range(self.place, self.place + n)), list(range(n)))


def _take_indexed(x: Tensor, indexed) -> Tensor:
    rows = _Indexed(x, indexed)
    return rows.out(apply(INDEX, (rows.rows(), rows.index)))


# ------------------------------------------------------------------ x[...] = v
def setitem(x: Tensor, key, value) -> None:
    """x[key] = value."""
    value = _as_value(x, value)
    if isinstance(key, Tensor) and key.meta.dtype is bool_ and key.meta.shape == x.meta.shape and (not isinstance(value, Tensor) or value.meta.numel == 1):
        write(_MASKED_FILL, x, (x, key, value))
        return
    view, indexed = _basic(x, key)
    if not indexed:
        _assign(view, value)
        return
    _put_indexed(view, indexed, value, False)


def _as_value(x: Tensor, value):
    if isinstance(value, Tensor) or type(value) in (bool, int, float):
        return value
    if isinstance(value, np.ndarray) or isinstance(value, np.generic):
        return Tensor.from_array(np.asarray(value))
    from ..creation import tensor

    return tensor(value, dtype=x.dtype)


def _assign(view: Tensor, value):
    if isinstance(value, Tensor):
        # As in PyTorch, leading dimensions of size 1 of the value are dropped.
        while value.meta.ndim > view.meta.ndim and value.meta.shape[0] == 1:
            value = movement.squeeze(value, 0)
    copy_(view, value)


def _put_indexed(x: Tensor, indexed, value, accumulate: bool) -> None:
    rows = _Indexed(x, indexed)
    value = value if isinstance(value, Tensor) else Tensor.full_of((), value, x.meta.dtype)
    if value.meta.dtype is not x.meta.dtype:
        if value.meta.ndim:
            raise RuntimeError(
                f"Index put requires the source and destination dtypes match, got {errors.TYPE_TITLES[x.meta.dtype.name]} for the "
                f"destination and {errors.TYPE_TITLES[value.meta.dtype.name]} for the source."
            )
        value = value.to(x.meta.dtype)
    value = rows.in_(value)
    front = rows.rows()
    target = front if front.storage is x.storage else None
    if target is not None:
        write(PUT, target, (target, rows.index, value), (accumulate,))
        _adopt(x, target)
        return
    replaced = apply(PUT, (front, rows.index, value), (accumulate,))
    copy_(rows.front, movement.reshape(replaced, rows.front.meta.shape))
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
    return index_put_(input.clone(), indices, values, accumulate)


def _put_slices(name: str, self: Tensor, dim: int, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """self[..., index, ...] = source, or +=."""
    d = shapes.wrap_dim(dim, self.meta.ndim)
    if index.meta.ndim > 1:
        raise IndexError(f"{name}: Index is supposed to be a vector, but got dim: {index.meta.ndim} with type: {_title(index)} and size: {list(index.meta.shape)}")
    if index.meta.numel == 0:
        return self
    if not self.meta.ndim:
        index_put_(movement.view(self, 1), (index.reshape(-1),), source.reshape(-1) if source.meta.ndim else source, accumulate)
        return self
    return index_put_(self, (None,) * d + (index if index.meta.ndim else index.reshape(1),), source, accumulate)


def _title(x: Tensor) -> str:
    return errors.TYPE_TITLES[x.meta.dtype.name]


def index_add_(self: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha=1) -> Tensor:
    """Adds slices of `source` to the slices along a dimension that the index names."""
    source = source if alpha == 1 else source * alpha
    return _put_slices("index_add_", self, dim, index, source, True)


def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha=1, out=None) -> Tensor:
    """`index_add_` on a copy."""
    return finish(index_add_(input.clone(), dim, index, source, alpha=alpha), out)


def index_copy_(self: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """Replaces the slices along a dimension that the index names."""
    if source.meta.dtype is not self.meta.dtype:
        raise RuntimeError(f"index_copy_(): self and source expected to have the same dtype, but got (self) {_title(self)} and (source) {_title(source)}")
    return _put_slices("index_copy_", self, dim, index, source)


def index_fill_(self: Tensor, dim: int, index: Tensor, value) -> Tensor:
    """Fills the slices along a dimension that the index names with a number."""
    if isinstance(value, Tensor) and value.meta.ndim:
        raise RuntimeError(f"index_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.meta.ndim} dimension(s).")
    value = value if isinstance(value, Tensor) else Tensor.full_of((), value, self.meta.dtype)
    return _put_slices("index_fill_", self, dim, index, value)


# ------------------------------------------------------------------ masks
def _masked_fill_infer(input, mask, value):
    if mask.dtype is not bool_:
        raise RuntimeError(f"masked_fill_ only supports boolean masks, but got mask with dtype {errors.SCALAR_NAMES[mask.dtype.name]}")
    if isinstance(value, Meta) and value.ndim:
        raise RuntimeError(f"masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s).")
    return contiguous(shapes.broadcast_shapes(input.shape, mask.shape), input.dtype)


_MASKED_FILL = Op(
    "masked_fill", "input mask value", _masked_fill_infer,
    lambda input, mask, value: ir.where(mask, value.cast(input.dtype), input),
    (lambda g, mask: g.masked_fill(mask, 0), None, lambda g, mask: g.where(mask, Tensor.full_of((), 0, g.dtype)).sum()),
    summary="A copy with the elements under a mask set to a number.",
)  # fmt: skip


def masked_fill(input: Tensor, mask: Tensor, value) -> Tensor:
    """A copy with the elements under a mask set to a number."""
    return apply(_MASKED_FILL, (input, mask, value))


def masked_fill_(self: Tensor, mask: Tensor, value) -> Tensor:
    """Sets the elements under a mask to a number."""
    return write(_MASKED_FILL, self, (self, mask, value))


def masked_select(input: Tensor, mask: Tensor, *, out=None) -> Tensor:
    """The elements under a mask, as a vector."""
    if mask.meta.dtype is not bool_:
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    shape = shapes.broadcast_shapes(input.meta.shape, mask.meta.shape)
    return finish(getitem(movement.expand(input, shape), movement.expand(mask, shape)), out)


# ------------------------------------------------------------------ positions of what is not zero
def _nonzero_lower(mask, count):
    """The flat positions of true elements, in order: each goes to its rank, all others to one place behind the last."""
    flat = mask.reshape((mask.size,))
    seen = ir.Node("scan", (flat.cast(int64),), {"fn": "sum", "axis": 0}, flat.shape, int64)
    place = ir.where(flat, seen - 1, ir.full(count, flat.shape, int64))
    filled = ir.put("set", ir.full(0, (count + 1,), int64), place, ir.iota(flat.shape))
    return ir.view(filled, (count,), (1,), 0)


_NONZERO = Op(
    "flat_nonzero", "mask count", lambda mask, count: contiguous((count,), int64), _nonzero_lower,
    summary="The flat positions of true elements; their number is known.",
)  # fmt: skip


def nonzero(input: Tensor, *, out=None, as_tuple: bool = False):
    """The positions of the elements that are not zero: (count, dimensions), or one vector for each dimension."""
    if as_tuple:
        return tuple(_nonzero_columns(input if input.meta.ndim else input.reshape(1)))
    if not input.meta.ndim:
        return finish(Tensor.full_of((int(bool(input)), 0), 0, int64), out)
    return finish(movement.stack(_nonzero_columns(input), 1), out)


def _nonzero_columns(input: Tensor) -> list[Tensor]:
    """One index vector for each dimension. How many there are decides shapes, so the host must know: the program is run."""
    mask = input.detach() if input.meta.dtype is bool_ else input.detach() != 0
    count = int(mask.sum()) if mask.meta.numel else 0
    flat = apply(_NONZERO, (mask,), (count,)) if count else Tensor.full_of((0,), 0, int64)
    if mask.meta.ndim == 1:
        return [flat]
    steps = ir.contiguous_strides(mask.meta.shape)
    return [flat // step % size if step > 1 else flat % size for step, size in zip(steps, mask.meta.shape)]
