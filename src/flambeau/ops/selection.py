"""Choosing and placing elements: take, masked_scatter, isin, unique, searchsorted ..."""

from __future__ import annotations

from .. import dtypes, shapes
from ..dtypes import bool_, int64
from ..tensor import Tensor
from . import indexing, masks, ordering
from .public import public
from .views import expand, movedim, reshape


# ------------------------------------------------------------------ by position
@public(out=True)
def take(input: Tensor, index: Tensor) -> Tensor:
    """The elements at flat positions."""
    if index.meta.dtype is not int64:
        raise RuntimeError("take(): Expected a long tensor for index")
    return indexing.getitem(reshape(input, (-1,)), index)


@public(out=True)
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """Elements along a dimension by their numbers; the other dimensions are broadcast."""
    if dim is None:
        return reshape(input, (-1,)).gather(0, reshape(indices, (-1,)))
    if indices.meta.dtype is not int64:
        raise RuntimeError("torch.take_along_dim(): dtype of indices should be Long but got " + _title(indices))
    d, m, n = shapes.wrap_dim(dim, input.meta.ndim), input.meta, indices.meta
    if m.ndim != n.ndim:
        raise RuntimeError(
            f"torch.take_along_dim(): input and indices should have the same number of dimensions, but got {m.ndim} "
            f"dimensions for input, and {n.ndim} dimensions for indices"
        )
    common = shapes.broadcast_shapes(_without(m.shape, d), _without(n.shape, d))
    indices = (indices + m.shape[d]).where(indices < 0, indices)
    whole = lambda size: (*common[:d], size, *common[d:])  # noqa: E731
    return expand(input, whole(m.shape[d])).gather(d, expand(indices, whole(n.shape[d])))


def _without(shape, dim):
    return (*shape[:dim], *shape[dim + 1 :])


def _title(x: Tensor) -> str:
    from ..errors import TYPE_TITLES

    return TYPE_TITLES[x.meta.dtype.name]


@public(in_place=True)
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """A copy with the elements at flat positions replaced, or added to."""
    flat = reshape(input.clone(), (-1,)).index_put((reshape(index, (-1,)),), reshape(source, (-1,)), accumulate)
    return reshape(flat, input.meta.shape)


@public(out=True)
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """A copy with slices along a dimension replaced."""
    return indexing.index_copy_(input.clone(), dim, index, source)


@public(out=True)
def index_fill(input: Tensor, dim: int, index: Tensor, value) -> Tensor:
    """A copy with slices along a dimension filled with a number."""
    return indexing.index_fill_(input.clone(), dim, index, value)


# ------------------------------------------------------------------ by mask
@public(in_place=True)
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """A copy whose elements under a mask are replaced by those of `source`, in order."""
    if mask.meta.dtype is not bool_:
        raise RuntimeError(
            "masked_scatter_ only supports boolean masks, but got mask with dtype " + str(mask.meta.dtype)
        )
    if source.meta.dtype is not input.meta.dtype:
        raise RuntimeError(
            f"masked_scatter_: expected self and source to have same dtypes but got {_title(input)} and "
            f"{_title(source)}"
        )
    shape = shapes.broadcast_shapes(input.meta.shape, mask.meta.shape)
    input, mask = expand(input, shape), expand(mask, shape)
    places = reshape(mask, (-1,)).cumsum(0) - 1
    if mask.meta.numel and int(places[-1]) >= source.meta.numel:
        raise RuntimeError("masked_scatter: expected self to have number of elements less than or equal to source")
    if source.meta.numel == 0 or mask.meta.numel == 0:
        return input.clone()
    taken = indexing.getitem(reshape(source, (-1,)), places.clamp_min(0))
    return reshape(taken, shape).where(mask, input)


@public(method=True)
def argwhere(input: Tensor) -> Tensor:
    """The positions of the elements that are not zero, one a row."""
    return masks.nonzero(input)


# ------------------------------------------------------------------ membership
@public(method=False, out=True)
def isin(elements, test_elements, *, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Whether each element is among the test elements."""
    from ..creation import as_tensor

    x, tests = as_tensor(elements), as_tensor(test_elements)
    found = (x.unsqueeze(-1) == reshape(tests, (-1,))).any(-1)
    return ~found if invert else found


@public(out=True)
def bucketize(input, boundaries: Tensor, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """Which of the ranges between sorted boundaries each element lies in."""
    if boundaries.meta.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.meta.ndim})")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


@public(method=False, out=True)
def searchsorted(
    sorted_sequence: Tensor,
    input,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter=None,
) -> Tensor:
    """Where each element would be inserted into sorted rows to keep them sorted: the number of smaller elements.

    right (or side "right"): after equal elements, not before.
    """
    from ..creation import as_tensor

    if side not in (None, "left", "right"):
        raise RuntimeError(f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise RuntimeError(
            "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True"
        )
    values = as_tensor(input)
    rows = sorted_sequence if sorter is None else sorted_sequence.gather(-1, sorter)
    if rows.meta.ndim != 1 and (values.meta.ndim == 0 or rows.meta.shape[:-1] != values.meta.shape[:-1]):
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of "
            "boundaries tensor and "
            f"input value tensor must match, but we got boundaries tensor {list(rows.meta.shape)} and input value "
            "tensor "
            f"{list(values.meta.shape)}"
        )
    bounds, wanted = rows if rows.meta.ndim == 1 else rows.unsqueeze(-2), values.unsqueeze(-1)
    before = bounds <= wanted if right or side == "right" else bounds < wanted
    return before.sum(-1).to(dtypes.int32 if out_int32 else int64)


# ------------------------------------------------------------------ distinct elements
@public()
def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
):
    """The distinct elements (or slices along a dimension) in order; where asked for, each one's place and count."""
    if dim is not None:
        return _unique_slices(input, dim, return_inverse, return_counts)
    flat = reshape(input, (-1,))
    order = ordering.argsort(flat, 0, stable=True)
    values, group, counts = _runs(flat[order])
    inverse = order.new_empty(order.meta.shape).scatter(0, order, group) if return_inverse else None
    return _chosen(
        values, None if inverse is None else reshape(inverse, input.meta.shape), counts if return_counts else None
    )


@public()
def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
):
    """The elements (or slices along a dimension) without those that equal the one before them."""
    rows = reshape(input, (-1,)) if dim is None else movedim(input, dim, 0)
    values, group, counts = _runs(rows)
    inverse = (reshape(group, input.meta.shape) if dim is None else group) if return_inverse else None
    values = values if dim is None else movedim(values, 0, dim)
    return _chosen(values, inverse, counts if return_counts else None)


def _unique_slices(input: Tensor, dim: int, return_inverse: bool, return_counts: bool):
    """Slices are sorted like words: by their last element first, with a stable sort."""
    rows = movedim(input, dim, 0)
    count = rows.meta.shape[0]
    flat = reshape(rows, (count, rows.meta.numel // max(count, 1)))
    order = masks.nonzero(Tensor.full_of((count,), 1, bool_)).squeeze(1)
    for column in reversed(range(flat.meta.shape[1])):
        order = order[ordering.argsort(flat[:, column][order], 0, stable=True)]
    values, group, counts = _runs(rows[order])
    inverse = order.new_empty(order.meta.shape).scatter(0, order, group) if return_inverse else None
    return _chosen(movedim(values, 0, dim), inverse, counts if return_counts else None)


def _runs(rows: Tensor):
    """The first row of each run of equal rows, the run that each row belongs to, and how long each run is."""
    count = rows.meta.shape[0]
    if count == 0:
        empty = rows.new_empty(0, dtype=int64)
        return rows, empty, empty
    differs = rows[1:] != rows[:-1]
    if rows.meta.ndim > 1:
        differs = reshape(differs, (count - 1, rows.meta.numel // count)).any(1)
    group = Tensor.full_of((count,), 0, int64)
    group[1:] = differs.cumsum(0)
    ones = Tensor.full_of((count,), 1, int64)
    number = int(group[-1]) + 1
    starts = Tensor.full_of((count,), 1, bool_)
    starts[1:] = differs
    return rows[starts], group, Tensor.full_of((number,), 0, int64).index_add(0, group, ones)


def _chosen(values, *others):
    """A tensor alone, or a tuple with what was asked for."""
    wanted = [o for o in others if o is not None]
    return (values, *wanted) if wanted else values
