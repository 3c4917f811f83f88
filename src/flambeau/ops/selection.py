"""Choosing and placing elements: take, masked_scatter, isin, unique, searchsorted ..."""

from __future__ import annotations

import math

from .. import dtypes, ir, shapes
from ..dtypes import bool_, int64
from ..meta import contiguous
from ..tensor import Tensor
from . import bounds, gathering, indexing, masks, ordering
from .complex_support import refuse
from .inplace import own_clone
from .movement import cat
from .outputs import EXACT
from .public import public
from .registry import Op, apply, promoted
from .signatures import Scalar
from .views import expand, movedim, reshape

FEW = 24  # elements that are compared with all, one after the other


# ------------------------------------------------------------------ by position
TAKEN = "take(): self and out expected to have the same dtype, but got self.dtype = {Want} and out.dtype = {Got}"


@public(out=True, exact=TAKEN, apart=True)
def take(input: Tensor, index: Tensor) -> Tensor:
    """The elements at flat positions."""
    if index.meta.dtype is not int64:
        raise RuntimeError("take(): Expected a long tensor for index")
    _check_places(index, input.meta.numel)
    return indexing.getitem(reshape(input, (-1,)), index)


def _check_places(index: Tensor, count: int):
    text = f"out of range: tried to access index {{}} on a tensor of {count} elements."
    bounds.check(index, count, lambda number: IndexError(text.format(number)), -count)


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
    if index.meta.dtype is not int64:
        raise RuntimeError("put_(): Expected a long tensor for index, but got " + _title(index))
    if index.meta.numel != source.meta.numel:
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, but got source.numel() = "
            f"{source.meta.numel}, index.numel() = {index.meta.numel}"
        )
    _check_places(index, input.meta.numel)
    flat = reshape(own_clone(input, index, source), (-1,))
    flat = flat.index_put((reshape(index, (-1,)),), reshape(source, (-1,)), accumulate)
    return reshape(flat, input.meta.shape)


@public(out=True, exact=EXACT)
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """A copy with slices along a dimension replaced."""
    return indexing.index_copy_(own_clone(input.contiguous(), index, source), dim, index, source)


@public(out=True)
def index_fill(input: Tensor, dim: int, index: Tensor, value: Tensor | Scalar) -> Tensor:
    """A copy with slices along a dimension filled with a number."""
    return indexing.index_fill_(own_clone(input, index, value), dim, index, value)


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
    return reshape(taken, shape).where(mask, input).contiguous()


@public(method=True)
def argwhere(input: Tensor) -> Tensor:
    """The positions of the elements that are not zero, one a row."""
    return masks.nonzero(input)


# ------------------------------------------------------------------ membership
@public(method=False, out=True, exact=EXACT)
def isin(elements: Tensor, test_elements: Tensor, *, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Whether each element is among the test elements."""
    from ..creation import as_tensor

    x, tests = as_tensor(elements), reshape(as_tensor(test_elements), (-1,))
    if x.meta.dtype.is_complex:
        raise RuntimeError(f"Unsupported input type encountered for isin(): {_title(x)}")
    if tests.meta.numel <= FEW:
        found = (x.unsqueeze(-1) == tests).any(-1)
    else:
        common = promoted((x.meta, tests.meta))
        x, ordered = x.detach().to(common), ordering.sort(tests.detach().to(common)).values
        place = apply(BISECT, (ordered, x), (False,)).clamp_max(tests.meta.numel - 1)
        found = apply(gathering.INDEX, (ordered, place)) == x
    return ~found if invert else found


OUT_OF_SEARCH = (
    "torch.searchsorted(): output tensor's dtype is wrong, it can only be Int(int32) or Long(int64) depending on "
    "whether out_int32 flag is True, but we got output tensor's dtype {Got}"
)


@public(out=True, exact=OUT_OF_SEARCH)
def bucketize(input: Tensor | Scalar, boundaries: Tensor, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """Which of the ranges between sorted boundaries each element lies in."""
    if boundaries.meta.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.meta.ndim})")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


@public(method=False, out=True, exact=OUT_OF_SEARCH)
def searchsorted(
    sorted_sequence: Tensor,
    input: Tensor | Scalar,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
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
    common = promoted((rows.meta, values.meta))
    found = apply(BISECT, (rows.to(common), values.to(common)), (right or side == "right",))
    return found.to(dtypes.int32) if out_int32 else found


def _bisect_lower(rows: ir.Node, values: ir.Node, right: bool) -> ir.Node:
    """Steps of falling powers of two, each taken where the element that it passes still belongs before the value.

    The comparisons are the other way round, so that NaN goes to the end.
    """
    size = rows.shape[-1]
    flat = rows.reshape((rows.size,))
    place = first = ir.full(0, values.shape, int64)
    if len(rows.shape) > 1:
        line = ir.iota(rows.shape[:-1]).reshape((*rows.shape[:-1], 1))
        first = (line * size).expand(values.shape)
    step = 1 << size.bit_length() >> 1
    while step:
        beyond = place + step
        passed = ir.take(flat, first + ir.map_("minimum", beyond, size) - 1)
        stays = ir.map_("or", beyond > size, passed > values if right else passed >= values)
        place = ir.where(stays, place, beyond)
        step >>= 1
    return place


BISECT = Op(
    "bisect",
    "rows values right",
    lambda rows, values, right: contiguous(values.shape, int64),
    _bisect_lower,
    summary="Where values would be inserted into sorted rows.",
)


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
    refuse("unique", input.meta.dtype)
    if dim is not None:
        return _unique_slices(input, dim, return_inverse, return_counts)
    flat = reshape(input.detach(), (-1,))
    order = ordering.argsort(flat, 0, stable=True)
    runs = Runs(flat[order])
    inverse = reshape(runs.of_elements(order), input.meta.shape) if return_inverse else None
    return _chosen(runs.values, inverse, runs.counts() if return_counts else None)


@public()
def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
):
    """The elements (or slices along a dimension) without those that equal the one before them."""
    runs = Runs(reshape(input, (-1,)) if dim is None else movedim(input, dim, 0))
    inverse = None
    if return_inverse:
        inverse = reshape(runs.numbers(), input.meta.shape) if dim is None else runs.numbers()
    values = runs.values if dim is None else movedim(runs.values, 0, dim)
    return _chosen(values, inverse, runs.counts() if return_counts else None)


def _unique_slices(input: Tensor, dim: int, return_inverse: bool, return_counts: bool):
    """Slices are sorted like words: by their last element first, with a stable sort."""
    rows = movedim(input, dim, 0)
    count = rows.meta.shape[0]
    flat = reshape(rows, (count, rows.meta.numel // max(count, 1)))
    order = masks.nonzero(Tensor.full_of((count,), 1, bool_)).squeeze(1)
    for column in reversed(range(flat.meta.shape[1])):
        order = order[ordering.argsort(flat[:, column][order], 0, stable=True)]
    runs = Runs(rows[order])
    inverse = runs.of_elements(order) if return_inverse else None
    return _chosen(movedim(runs.values, 0, dim), inverse, runs.counts() if return_counts else None)


class Runs:
    """Runs of equal rows: values are the first row of each."""

    def __init__(self, rows: Tensor):
        self.count = count = rows.meta.shape[0]
        differs = rows[1:] != rows[:-1]
        if rows.meta.ndim > 1:
            differs = reshape(differs, (max(count - 1, 0), math.prod(rows.meta.shape[1:]))).any(1)
        self.is_first = cat([Tensor.full_of((min(count, 1),), 1, bool_), differs])
        self.first = masks.nonzero_columns(self.is_first)[0]
        self.values = rows[self.first]

    def counts(self) -> Tensor:
        """How long each run is."""
        end = Tensor.full_of((min(self.count, 1),), self.count, int64)
        return cat([self.first[1:], end]) - self.first

    def numbers(self) -> Tensor:
        """The run that each row belongs to."""
        return self.is_first.cumsum(0) - 1

    def of_elements(self, order: Tensor) -> Tensor:
        """The run of each element, where the rows are the elements in an order."""
        return order.new_empty(order.meta.shape).scatter(0, order, self.numbers())


def _chosen(values, *others):
    """A tensor alone, or a tuple with what was asked for."""
    wanted = [o for o in others if o is not None]
    return (values, *wanted) if wanted else values
