"""Slices along a dimension by number: index_select and index_add.

An array of slices is an array of rows, `outer` groups of `count` each: a slice by number is a row in every group.
"""

from __future__ import annotations

import math
from functools import partial

from .. import dtypes, errors, ir, shapes
from ..dtypes import int64
from ..meta import Meta, contiguous
from ..tensor import Tensor
from . import bounds, views
from .gathering import TAKE, no_row
from .indexing import index_put_
from .inplace import own_clone, write
from .outputs import EXACT
from .public import finish
from .registry import Op, apply
from .signatures import Scalar

WIDE = 32  # elements of a row that are rather added side by side, row after row


def _rows(index: ir.Node, outer: tuple[int, ...], count: int) -> ir.Node:
    """(*outer, n): the numbers of the rows."""
    # A number out of range must not reach another group: the check refuses those below 0 (`_number` tells them).
    index = ir.where(index < 0, index * 2 + 1, ir.where(index >= count, index * -2 - 2, index))
    return ir.where(index < 0, index, ir.iota((*outer, 1)) * count + index)


def _number(row: int) -> int:
    """The number of a slice that `_rows` refused."""
    return (row - 1) // 2 if row % 2 else -row // 2 - 1


def _select_lower(input, index, dim):
    outer, (count, *inner) = input.shape[:dim], input.shape[dim:]
    return ir.take(input.reshape((math.prod(outer) * count, *inner)), _rows(index.cast(int64), outer, count))


def _add_lower(input, index, source, dim):
    shape = input.shape
    outer, count, inner = math.prod(shape[:dim]), shape[dim], math.prod(shape[dim + 1 :])
    index, n = index.cast(int64).reshape((index.size,)), index.size
    if inner >= WIDE:
        rows = _rows(index, (outer,), count).reshape((outer * n,))
        value = source.reshape((outer * n, inner))
        return ir.put("add", input.reshape((outer * count, inner)), rows, value).reshape(shape)
    value = source.reshape((outer, n, inner))
    places = ir.broadcast(index.reshape((1, n, 1)), value.shape)
    return ir.put("add", input.reshape((outer, count, inner)), places, value, True).reshape(shape)


SELECT = Op(
    "index_select",
    "input index dim",
    lambda input, index, dim: contiguous((*input.shape[:dim], index.numel, *input.shape[dim + 1 :]), input.dtype),
    _select_lower,
    (lambda g, index, meta, dim: apply(ADD, (Tensor.full_of(meta.shape, 0, g.dtype), index, g), (dim,)), None),
    summary="Slices along a dimension by number.",
)
ADD = Op(
    "index_add",
    "input index source dim",
    lambda input, index, source, dim: contiguous(input.shape, input.dtype),
    _add_lower,
    (lambda g: g, None, lambda g, index, dim: apply(SELECT, (g, index), (dim,))),
    summary="A copy to whose slices along a dimension slices are added.",
)


def _select_fault(value: int, size: int, record) -> Exception:
    (dim,), shape = record.attrs, record.args[0][1].shape
    return _no_slice(shape[dim], _number(value))


def _no_slice(size: int, number: int) -> Exception:
    return RuntimeError(f"INDICES element is out of DATA bounds, id={number} axis_dim={size}")


def _add_fault(value: int, size: int, record) -> Exception:
    (dim,), shape = record.attrs, record.args[0][1].shape
    return _no_place(shape, dim, _number(value) if math.prod(shape[dim + 1 :]) >= WIDE else value)


def _no_place(shape, dim: int, number: int) -> Exception:
    if len(shape) < 2:
        return no_row(number)
    return RuntimeError(f"index {number} is out of bounds for dimension {dim} with size {shape[dim]}")


SELECT.fault, ADD.fault = _select_fault, _add_fault


SAME = "index_select(): self and result must have the same scalar type"


def index_select(input: Tensor, dim: int, index: Tensor, *, out=None) -> Tensor:
    """The slices along a dimension whose numbers are given.

    Raises RuntimeError where a number is out of range, IndexError where one is along the first dimension.
    """
    d = shapes.wrap_dim(dim, input.meta.ndim)
    if index.meta.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    _check_type("index_select()", index.meta)
    size = input.meta.shape[d] if input.meta.ndim else 1
    bounds.check(index, size, partial(_no_slice, size) if d else no_row)
    return finish(_selected(input, d, index), out, input, index, exact=SAME, apart=True)


def _selected(input: Tensor, dim: int, index: Tensor) -> Tensor:
    if not input.meta.ndim:
        return apply(TAKE, (input.reshape(1), index.reshape(())))
    index = index if index.meta.ndim else index.reshape(1)
    if not dim:
        return apply(TAKE, (input, index))
    if input.meta.contiguous:
        return apply(SELECT, (input, index), (dim,))
    return views.movedim(apply(TAKE, (views.movedim(input, dim, 0), index)), 0, dim).contiguous()


def _check_type(name: str, index: Meta) -> None:
    if index.dtype not in (int64, dtypes.int32):
        raise RuntimeError(f"{name}: Expected dtype int32 or int64 for index")


def _check_added(self: Tensor, dim: int, index: Tensor, source: Tensor) -> None:
    """Raises where slices by number cannot be added."""
    own, given = self.meta.shape, source.meta.shape
    if index.meta.ndim > 1:
        raise IndexError(
            f"index_add_(): Index is supposed to be a vector, but got dim: {index.meta.ndim} with type: "
            f"{_title(index)} and size: {list(index.meta.shape)}"
        )
    if index.meta.dtype not in (int64, dtypes.int32):
        raise RuntimeError(f"index_add_(): Expected dtype int32/int64 for index but got: {_title(index)}")
    if source.meta.dtype is not self.meta.dtype:
        raise RuntimeError(
            f"index_add_(): self ({_title(self)}) and source ({_title(source)}) must have the same scalar type"
        )
    if (len(own) > 1 or len(given) > 1) and (*own[:dim], *own[dim + 1 :]) != (*given[:dim], *given[dim + 1 :]):
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
            f"{list(own)} source.shape = {list(given)}"
        )
    length = given[dim] if dim < len(given) else 1
    if length != index.meta.numel:
        raise RuntimeError(
            f"index_add_(): Number of indices ({index.meta.numel}) should be equal to source.size(dim): ({length}), "
            f"for dim: {dim}"
        )


def _title(x: Tensor) -> str:
    return errors.TYPE_TITLES[x.meta.dtype.name]


def index_add_(self: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Scalar = 1) -> Tensor:
    """Adds slices of `source` to the slices along a dimension that the index names."""
    d = shapes.wrap_dim(dim, self.meta.ndim)
    _check_added(self, d, index, source)
    bounds.check(index, (self.meta.shape or (1,))[d], partial(_no_place, self.meta.shape, d))
    source = source if alpha == 1 else source * alpha
    if not self.meta.ndim:
        index_put_(views.view(self, 1), (index.reshape(-1),), source.reshape(-1), True)
        return self
    return write(ADD, self, (self, index, source), (d,))


def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Scalar = 1, out=None) -> Tensor:
    """`index_add_` on a copy."""
    return finish(
        index_add_(own_clone(input.contiguous(), index, source), dim, index, source, alpha=alpha),
        out,
        index,
        source,
        exact=EXACT,
    )
