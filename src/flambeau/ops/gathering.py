"""Rows by number, and elements along a dimension by their numbers: embedding, gather, scatter and what they share.

All gathering comes down to `take` of rows and `put` of rows; a kernel that meets a number out of range reports it.
"""

from __future__ import annotations

import math

from .. import dtypes, ir, shapes
from ..dtypes import int64
from ..meta import Meta, contiguous
from ..tensor import Tensor
from . import bounds
from .inplace import assign, write
from .outputs import EXACT
from .public import finish
from .registry import Op, apply
from .signatures import Scalar


# ------------------------------------------------------------------ rows
def _check_index(name: str, index: Meta):
    if index.dtype not in (int64, dtypes.int32):
        raise RuntimeError(f"{name}: Expected dtype int32 or int64 for index")


def _take_infer(input, index):
    return contiguous((*index.shape, *input.shape[1:]), input.dtype)


# index_select and embedding refuse negative indices; x[index] wraps them first (see `_INDEX`).
TAKE = Op(
    "take_rows",
    "input index",
    _take_infer,
    lambda input, index: ir.take(input, index.cast(int64)),
    (lambda g, index, meta: apply(ADD_ROWS, (g, index), (tuple(meta.shape),)), None),
    grad_name="IndexSelect",
    summary="Rows by number.",
)
EMBEDDING = Op(
    "embedding",
    "input index",
    _take_infer,
    lambda input, index: ir.take(input, index.cast(int64)),
    (lambda g, index, meta: apply(ADD_ROWS, (g, index), (tuple(meta.shape),)), None),
    summary="Rows by number.",
)
# The same for x[index], whose errors read differently.
INDEX = Op(
    "index",
    "input index",
    _take_infer,
    lambda input, index: ir.take(input, index),
    (lambda g, index, meta: apply(ADD_ROWS, (g, index), (tuple(meta.shape),)), None),
    summary="Rows by number.",
)
ADD_ROWS = Op(
    "add_rows",
    "input index shape",
    lambda input, index, shape: contiguous(shape, input.dtype),
    lambda input, index, shape: ir.put("add", ir.full(0, shape, input.dtype), index.cast(int64), input),
    (lambda g, index: apply(TAKE, (g, index)), None),
    summary="Zeros to whose rows rows are added.",
)
PUT = Op(
    "put_rows",
    "input index value accumulate",
    lambda input, index, value, accumulate: contiguous(input.shape, input.dtype),
    lambda input, index, value, accumulate: ir.put(
        "add" if accumulate else "set",
        input,
        index,
        ir.broadcast(value.cast(input.dtype), (*index.shape, *input.shape[1:])),
    ),
    (
        lambda g, index, meta, accumulate: g if accumulate else apply(PUT, (g, index, 0.0), (False,)),
        None,
        lambda g, index: apply(TAKE, (g, index)),
    ),
    grad_name="IndexPut",
    summary="A copy with rows replaced, or added to.",
)


def add_rows(g: Tensor, index: Tensor, shape) -> Tensor:
    """Zeros of a shape to whose rows rows are added."""
    return apply(ADD_ROWS, (g, index), (tuple(shape),))


def no_row(number: int) -> Exception:
    return IndexError("index out of range in self")


def embedding(weight: Tensor, index: Tensor, by_frequency: bool = False) -> Tensor:
    """The rows of a table; index of any shape.  by_frequency: whether gradients are divided by a row's frequency."""
    bounds.check(index, weight.meta.shape[0], no_row)
    return apply(TAKE_BY_FREQUENCY if by_frequency else EMBEDDING, (weight, index))


def _frequency_grad(g: Tensor, index: Tensor, meta: Meta) -> Tensor:
    flat = index.reshape(-1)
    counts = Tensor.full_of((meta.shape[0],), 0, g.dtype).scatter(0, flat, 1, reduce="add")
    return add_rows(g / apply(TAKE, (counts, index)).unsqueeze(-1), index, meta.shape)


TAKE_BY_FREQUENCY = Op(
    "take_rows_by_frequency",
    "input index",
    _take_infer,
    lambda input, index: ir.take(input, index.cast(int64)),
    (_frequency_grad, None),
    grad_name="Embedding",
    summary="Rows by number; their gradients are divided by how often they are taken.",
)


# ------------------------------------------------------------------ gather and scatter along a dimension
def _positions(index: ir.Node, shape, dim: int) -> ir.Node:
    """The flat row-major positions in an array of `shape` that gather(dim, index) reads; index has as many."""
    fresh = ir.contiguous_strides(shape)
    index = index.cast(int64)
    bad = ir.map_("or", index < 0, index >= shape[dim])
    position = index * fresh[dim]
    for axis in range(len(shape)):
        if axis != dim:
            line = ir.iota((index.shape[axis],)).reshape(
                [index.shape[axis] if i == axis else 1 for i in range(len(shape))]
            )
            position = position + line * fresh[axis]
    # An index out of range must not reach another element: it is moved to where the check refuses it.
    return ir.where(bad, ir.where(index < 0, index, index + math.prod(shape)), position)


def _as_vector(node: ir.Node) -> ir.Node:
    """A 0-dimensional array counts as a vector of one element."""
    return node if node.shape else node.reshape((1,))


def _check_index_shape(name: str, index: Meta, input: Meta, dim: int, src: Meta | None = None):
    """RuntimeError where an index reaches over what it is to index (or over what is to be written)."""
    if index.numel == 0:
        return
    for label, other in (("input" if name == "gather" else "self", input), ("src", src)):
        if other is not None and max(index.ndim, 1) != max(other.ndim, 1):
            raise RuntimeError(f"Index tensor must have the same number of dimensions as {label} tensor")
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
            f"Expected index {list(index.shape)} to be no larger than self {list(input.shape)} apart from dimension "
            f"{dim}{tail}"
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
    "gather",
    "input index dim",
    _gather_infer,
    _gather_lower,
    (lambda g, index, meta, dim: scatter_add(Tensor.full_of(meta.shape, 0, g.dtype), dim, index, g), None),
    summary="Elements along a dimension by their numbers.",
)


def out_of_bounds(value: int, size: int, record) -> RuntimeError:
    """The error for a number out of range, or for one that `_positions` moved out of the flat array."""
    (dim,), shape = record.attrs, record.args[0][1].shape or (1,)
    moved = record.op is GATHER or not _fills(record.args[1][1], record.args[0][1], dim)
    number = value - size if moved and value >= size else value
    return _out_of_bounds(number, dim, shape[dim])


TAKE.fault = EMBEDDING.fault = TAKE_BY_FREQUENCY.fault = lambda value, size, record: no_row(value)


def checked(op: Op, operands: tuple, dim: int):
    """What `apply` and `write` are given for operands (input, index ...), of which the index is checked."""
    input, index, *_ = operands
    d = shapes.wrap_dim(dim, input.meta.ndim)
    size = (input.meta.shape or (1,))[d]
    bounds.check(index, size, lambda number: _out_of_bounds(number, d, size))
    return op, operands, (d,)


def _out_of_bounds(number: int, dim: int, size: int) -> Exception:
    return RuntimeError(f"index {number} is out of bounds for dimension {dim} with size {size}")


def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False, out=None) -> Tensor:
    """Elements along a dimension by their numbers; the result has the index's shape."""
    taken = apply(*checked(GATHER, (input, index), dim))
    return finish(taken, out, input, index, exact=EXACT, apart=True)


def scatter_infer(name):
    def infer(input, index, src, dim):
        if index.dtype is not int64 and index.dtype is not dtypes.int32 and index.numel:
            raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")
        if isinstance(src, Meta) and src.dtype is not input.dtype:
            raise RuntimeError(f"{name}(): Expected self.dtype to be equal to src.dtype")
        _check_index_shape(name, index, input, dim, src if isinstance(src, Meta) else None)
        return contiguous(input.shape, input.dtype)

    return infer


def _fills(index, input, dim: int) -> bool:
    """Whether an index is as large as what it indexes in all other dimensions."""
    sizes, own = index.shape or (1,), input.shape or (1,)
    return (*sizes[:dim], *sizes[dim + 1 :]) == (*own[:dim], *own[dim + 1 :])


def _around(shape, dim: int) -> tuple[int, int, int]:
    shape = shape or (1,)
    return math.prod(shape[:dim]), shape[dim], math.prod(shape[dim + 1 :])


def scatter_lower(fn):
    def lower(input, index, src, dim):
        if index.size == 0:
            return input
        index, value = _as_vector(index), src.cast(input.dtype)
        if src.shape and src.shape != index.shape:
            value = ir.view(value, index.shape, ir.contiguous_strides(src.shape), 0)
        if _fills(index, input, dim):
            line = _around(index.shape, dim)
            value = value.reshape(line if value.shape else (1, 1, 1))
            base = input.reshape(_around(input.shape, dim))
            return ir.put(fn, base, index.cast(int64).reshape(line), value, True).reshape(input.shape)
        value = ir.broadcast(value, index.shape)
        places = _positions(index, input.shape or (1,), dim).reshape((index.size,))
        return ir.put(fn, input.reshape((input.size,)), places, value.reshape((index.size,))).reshape(input.shape)

    return lower


SCATTER = Op(
    "scatter",
    "input index src dim",
    scatter_infer("scatter"),
    scatter_lower("set"),
    (lambda g, index, dim: apply(SCATTER, (g, index, 0.0), (dim,)), None, lambda g, index, dim: gather(g, dim, index)),
    summary="A copy with elements replaced along a dimension.",
)
SCATTER_ADD = Op(
    "scatter_add",
    "input index src dim",
    scatter_infer("scatter_add"),
    scatter_lower("add"),
    (lambda g: g, None, lambda g, index, dim: gather(g, dim, index)),
    summary="A copy with elements added along a dimension.",
)


for op in (GATHER, SCATTER, SCATTER_ADD):
    op.fault = out_of_bounds


def _scattered(input: Tensor, dim: int, index: Tensor, src, value, reduce: str | None):
    """What scatter is called with, as an op's operands and attributes."""
    if reduce not in (None, "add"):
        raise RuntimeError("reduce argument must be either add or multiply.")
    op = SCATTER_ADD if reduce == "add" else SCATTER
    return checked(op, (input, index, value if src is None else src), dim)


def _multiplied(input: Tensor, dim: int, index: Tensor, src, value) -> Tensor:
    factor = value if src is None else src
    factor = factor if isinstance(factor, Tensor) else Tensor.full_of(index.meta.shape, factor, input.meta.dtype)
    return input.scatter_reduce(dim, index, factor, "prod")


def scatter(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor | Scalar = None,
    *,
    value=None,
    reduce: str | None = None,
    out=None,
) -> Tensor:
    """A copy in which the elements of `src` (or a number) replace those that the index names along a dimension.

    reduce: "add" or "multiply" instead of replacing.
    """
    if reduce == "multiply":
        return finish(_multiplied(input, dim, index, src, value), out, index, src, exact=EXACT, apart=True)
    return finish(apply(*_scattered(input, dim, index, src, value, reduce)), out, index, src, exact=EXACT, apart=True)


def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor, *, out=None) -> Tensor:
    """A copy in which the elements of `src` are added to those that the index names along a dimension."""
    added = apply(*checked(SCATTER_ADD, (input, index, src), dim))
    return finish(added, out, index, src, exact=EXACT, apart=True)


def scatter_(
    self: Tensor, dim: int, index: Tensor, src: Tensor | Scalar = None, *, value=None, reduce: str | None = None
) -> Tensor:
    """`scatter` in place."""
    if reduce == "multiply":
        return assign(self, _multiplied(self, dim, index, src, value))
    op, operands, attrs = _scattered(self, dim, index, src, value, reduce)
    return write(op, self, operands, attrs)


def scatter_add_(self: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """`scatter_add` in place."""
    op, operands, attrs = checked(SCATTER_ADD, (self, index, src), dim)
    return write(op, self, operands, attrs)
