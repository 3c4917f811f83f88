"""Elements combined where an index sends them: scatter_reduce."""

from __future__ import annotations

import math

import numpy as np

from .. import dtypes, shapes
from ..dtypes import bool_, int64
from ..errors import TYPE_TITLES
from ..tensor import Tensor
from .gathering import checked, out_of_bounds, scatter_infer, scatter_lower
from .inplace import assign
from .outputs import EXACT
from .public import public
from .registry import Op, apply

COMBINED = {"prod": "mul", "amax": "maximum", "amin": "minimum"}


@public(out=True, exact=EXACT)
def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """A copy in which the elements of `src` are combined with those that the index names along a dimension.

    reduce: "sum", "mean", "prod", "amax" or "amin"; include_self: whether what was there before counts as well.
    """
    if reduce not in ("sum", "mean", *COMBINED):
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}.")
    if index.meta.numel == 0:
        return input.clone()
    base = input if include_self else input.scatter(dim, index, _nothing(reduce, input.meta.dtype))
    if reduce in COMBINED:
        if src.meta.shape != index.meta.shape and src.meta.ndim == index.meta.ndim:
            src = src[tuple(slice(0, n) for n in index.meta.shape)]
        op, operands, (d,) = checked(SCATTER_REDUCE, (base, index, src), dim)
        return apply(op, operands, (d, reduce))
    total = base.scatter_add(dim, index, src)
    return total if reduce == "sum" else _mean(total, dim, index, include_self)


def scatter_reduce_(self: Tensor, *args, **kwargs) -> Tensor:
    """In-place scatter_reduce; gradients ask for what was there before, so that is copied."""
    return assign(self, scatter_reduce(self.clone(), *args, **kwargs))


Tensor.scatter_reduce_ = scatter_reduce_


@public(out=True)
def index_reduce(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """A copy in which slices of `source` are combined with those that a vector of indices names along a dimension.

    reduce: "mean", "prod", "amax" or "amin"; include_self: whether what was there before counts as well.
    """
    if reduce not in ("mean", *COMBINED):
        raise RuntimeError(f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    d = shapes.wrap_dim(dim, input.meta.ndim)
    if index.meta.ndim > 1:
        raise IndexError(
            f"index_reduce_(): Index is supposed to be a vector, but got dim: {index.meta.ndim} with type: "
            f"{TYPE_TITLES[index.meta.dtype.name]} and size: {list(index.meta.shape)}"
        )
    _check_reduced(input.meta.shape, source.meta.shape, index.meta.numel, d)
    line = index.reshape([-1 if i == d else 1 for i in range(max(input.meta.ndim, 1))][: source.meta.ndim or None])
    places = line.expand(source.meta.shape) if source.meta.ndim else line.reshape(())
    return scatter_reduce(input, d, places, source, reduce, include_self=include_self)


def _check_reduced(own, given, count: int, dim: int) -> None:
    if len(own) != len(given) or (*own[:dim], *own[dim + 1 :]) != (*given[:dim], *given[dim + 1 :]):
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
            f"{list(own)} source.shape = {list(given)}"
        )
    length = given[dim] if given else 1
    if length != count:
        raise RuntimeError(
            f"index_reduce_(): Number of indices ({count}) should be equal to source.size(dim): ({length}), for dim: "
            f"{dim}"
        )


def index_reduce_(self: Tensor, *args, **kwargs) -> Tensor:
    """In-place index_reduce."""
    return assign(self, index_reduce(self.clone(), *args, **kwargs))


Tensor.index_reduce_ = index_reduce_


def _nothing(reduce: str, of: dtypes.dtype) -> float:
    """What a reduction starts from."""
    largest = reduce == "amin"
    if reduce not in ("amax", "amin"):
        return int(reduce == "prod")
    if of.is_floating_point:
        return math.inf if largest else -math.inf
    if of is bool_:
        return largest
    limits = np.iinfo(of.numpy)
    return int(limits.max if largest else limits.min)


def _mean(total: Tensor, dim: int, index: Tensor, include_self: bool) -> Tensor:
    one = Tensor.full_of(index.meta.shape, 1, total.meta.dtype)
    start = Tensor.full_of(total.meta.shape, int(include_self), total.meta.dtype)
    counts = start.scatter_add(dim, index, one).clamp_min(1)
    return total / counts if total.meta.dtype.is_floating_point else total // counts


# ------------------------------------------------------------------ gradients
def _kept_grad(g: Tensor, input: Tensor, index: Tensor, src: Tensor, y: Tensor, dim: int, reduce: str) -> Tensor:
    """The gradient of what was there before."""
    if reduce == "prod":
        return g * apply(SCATTER_REDUCE, (Tensor.full_of(input.meta.shape, 1, g.dtype), index, src), (dim, reduce))
    own, _, share = _shares(g, input, index, src, y, dim)
    return share * own


def _sent_grad(g: Tensor, input: Tensor, index: Tensor, src: Tensor, y: Tensor, dim: int, reduce: str) -> Tensor:
    """The gradient of what is sent."""
    if reduce == "prod":
        return _sent_product_grad(g, input, index, src, y, dim)
    _, sent, share = _shares(g, input, index, src, y, dim)
    return share.gather(dim, index) * sent


def _shares(g: Tensor, input: Tensor, index: Tensor, src: Tensor, y: Tensor, dim: int):
    """The gradient is shared evenly among the elements that equal the extreme: which these are, and the shares."""
    own, sent = (input == y).to(g.dtype), (src == y.gather(dim, index)).to(g.dtype)
    return own, sent, g / own.scatter_add(dim, index, sent)


def _sent_product_grad(g: Tensor, input: Tensor, index: Tensor, src: Tensor, y: Tensor, dim: int) -> Tensor:
    """The product of the others: by division, but for an element that is the only zero sent to its place."""
    zero = src == 0
    zeros = Tensor.full_of(input.meta.shape, 0, int64).scatter_add(dim, index, zero.to(int64)).gather(dim, index)
    alone = zero & (zeros == 1)
    others = apply(SCATTER_REDUCE, (input, index, src.masked_fill(alone, 1)), (dim, "prod"))
    ordinary = (g * y).gather(dim, index) / src.masked_fill(zero, 1)
    return (g * others).gather(dim, index).where(alone, ordinary.masked_fill(zero, 0))


SCATTER_REDUCE = Op(
    "scatter_reduce",
    "input index src dim reduce",
    lambda input, index, src, dim, reduce: scatter_infer("scatter")(input, index, src, dim),
    lambda input, index, src, dim, reduce: scatter_lower(COMBINED[reduce])(input, index, src, dim),
    (_kept_grad, None, _sent_grad),
    summary="A copy with elements combined with others along a dimension.",
)
SCATTER_REDUCE.fault = out_of_bounds
