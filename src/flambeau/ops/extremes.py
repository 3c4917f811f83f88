"""max and min along a dimension, with positions; logsumexp, which needs the maximum."""

from __future__ import annotations

import math
from functools import partial

from .. import dtypes, ir, shapes
from ..dtypes import bool_, int64
from ..meta import Meta, contiguous
from ..tensor import Tensor
from .arithmetic import check_first, maximum, minimum
from .outputs import EXACT
from .public import finish
from .reduction import MAX_ALL, MIN_ALL, amax, dims_of, in_memory_order, reduced, spread_back
from .registry import Op, apply
from .signatures import Dims
from .structures import named


# ------------------------------------------------------------------ along a dimension
def _lower(fn: str):
    def lower(input, dim, keepdim, out, metas):
        values, indices = out
        walked = input.cast(dtypes.uint8) if input.dtype is bool_ else input

        def over(kind: str) -> ir.Node:
            return in_memory_order(partial(ir.reduce, kind), walked, (dim,), metas[0])

        positions = ir.full(0, indices.shape, int64) if input.shape[dim] == 1 else over("arg" + fn)
        return over(fn).cast(values.dtype).reshape(values.shape), positions.reshape(indices.shape)

    return lower


def _grad(g0: Tensor, y1: Tensor, meta: Meta, dim: int, keepdim: bool) -> Tensor:
    """The gradient goes to the elements that were chosen."""
    g, index = (g0, y1) if keepdim else (g0.unsqueeze(dim), y1.unsqueeze(dim))
    return apply(SPREAD, (g, index), (dim, meta.shape[dim]))


def _along(name: str) -> Op:
    return Op(
        f"{name}_dim",
        "input dim keepdim",
        lambda input, dim, keepdim: tuple(reduced(input, (dim,), keepdim, d) for d in (input.dtype, int64)),
        _lower(name),
        _grad,
        grad_name=name.capitalize(),
        summary=f"The {name}imum along a dimension, and where it stands first.",
    )


MAX_DIM, MIN_DIM = _along("max"), _along("min")


def _spread_lower(input: ir.Node, index: ir.Node, dim: int, size: int) -> ir.Node:
    shape = (*input.shape[:dim], size, *input.shape[dim + 1 :])
    places = ir.iota((size,)).reshape([size if i == dim else 1 for i in range(len(shape))])
    return ir.where(ir.broadcast(index, shape).eq(ir.broadcast(places, shape)), input, 0)


SPREAD = Op(
    "spread_along",
    "input index dim size",
    lambda input, index, dim, size: contiguous((*input.shape[:dim], size, *input.shape[dim + 1 :]), input.dtype),
    _spread_lower,
    (lambda g, index, dim: g.gather(dim, index), None),
    summary="Zeros, but for one element along a dimension.",
)


def _extreme(name: str, all_op: Op, dim_op: Op, binary, input: Tensor, args, kwargs):
    """max(x), max(x, dim) and max(x, other) are one name in PyTorch."""
    if not isinstance(input, Tensor):
        check_first(name, input, *args)
    out = kwargs.pop("out", None)
    dim = kwargs.pop("dim", args[0] if args else None)
    dim = kwargs.pop("other", dim)
    keepdim = kwargs.pop("keepdim", args[1] if len(args) > 1 else False)
    if kwargs:
        raise TypeError(f"{name}() got an unexpected keyword argument '{next(iter(kwargs))}'")
    if dim is None:
        shapes.check_reducible(name, input.meta.shape, None)
        return finish(apply(all_op, (input,), (tuple(range(input.meta.ndim)), False, None)), out, input)
    if isinstance(dim, Tensor):
        return finish(binary(input, dim), out, input, dim)
    shapes.check_reducible(name, input.meta.shape, dim)
    d = shapes.wrap_dim(dim, input.meta.ndim)
    if input.meta.ndim:
        values, indices = apply(dim_op, (input,), (d, bool(keepdim)))
    else:
        values, indices = input.clone(), Tensor.full_of((), 0, int64)
    return finish(named(name, values=values, indices=indices), out, input, exact=EXACT, apart=True)


def max(input: Tensor, *args, **kwargs):
    """The maximum of all elements; along a dimension, with its positions; or element by element with another tensor."""
    return _extreme("max", MAX_ALL, MAX_DIM, maximum, input, args, kwargs)


def min(input: Tensor, *args, **kwargs):
    """The minimum of all elements; along a dimension, with its positions; or element by element with another tensor."""
    return _extreme("min", MIN_ALL, MIN_DIM, minimum, input, args, kwargs)


# ------------------------------------------------------------------ logarithm of a sum of exponentials
def _of_exponentials(input: ir.Node, dims) -> ir.Node:
    top = ir.reduce("max", input, dims)
    top = ir.where(top.abs().eq(math.inf), 0.0, top)
    return ir.reduce("sum", (input - top).exp(), dims).log() + top


def _logsumexp_lower(input, dims, keepdim, out, metas):
    (result,) = out
    return in_memory_order(_of_exponentials, ir.widened(input), dims, metas[0]).reshape(result.shape).cast(result.dtype)


LOGSUMEXP = Op(
    "logsumexp",
    "input dims keepdim",
    lambda input, dims, keepdim: reduced(input, dims, keepdim, input.dtype),
    _logsumexp_lower,
    lambda g, input, y, meta, dims, keepdim: (
        spread_back(g, meta, dims, keepdim) * (input - spread_back(y, meta, dims, keepdim)).exp()
    ),
    summary="log(sum(exp(x))) over dimensions, without overflow.",
)


def logsumexp(input: Tensor, dim: Dims, keepdim: bool = False, *, out=None) -> Tensor:
    """log(sum(exp(x))) over dimensions, without overflow."""
    x = input if input.meta.dtype.is_inexact else input.to(dtypes.get_default_dtype())
    dims = dims_of(x, dim)
    if not x.meta.ndim:
        return finish(x.clone(), out)
    if 0 in (x.meta.shape[d] for d in dims):
        return finish(x.exp().sum(dim, keepdim).log(), out)
    if not x.meta.dtype.is_complex:
        return finish(apply(LOGSUMEXP, (x,), (dims, bool(keepdim))), out)
    top = amax(x.detach().real, dim, True)
    top = top.where(top.abs() != math.inf, Tensor.full_of((), 0, top.dtype))
    total = (x - top).exp().sum(dim, True).log() + top
    return finish(total if keepdim else total.squeeze(dims), out)
