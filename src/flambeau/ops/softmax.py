"""The softmax family, written in other ops: the scheduler makes one row kernel of each."""

from __future__ import annotations

from .. import dtypes, ir, shapes
from ..meta import contiguous
from ..tensor import Tensor
from .outputs import EXACT
from .public import finish
from .reduction import in_memory_order
from .registry import Op, apply


def softmax_of(x: ir.Node, dim: int) -> ir.Node:
    e = (x - x.max((dim,))).exp()
    return e / e.sum((dim,))


def log_softmax_of(x: ir.Node, dim: int) -> ir.Node:
    shifted = x - x.max((dim,))
    return shifted - shifted.exp().sum((dim,)).log()


def _infer(input, dim):
    if not input.dtype.is_floating_point:
        from ..errors import TYPE_TITLES

        raise NotImplementedError(
            f"\"softmax_lastdim_kernel_impl\" not implemented for '{TYPE_TITLES[input.dtype.name]}'"
        )
    return contiguous(input.shape, input.dtype)


def _on_rows(formula):
    """0-dimensional inputs are rows of one element; others are computed as they lie in memory."""

    def lower(input, dim, metas):
        if input.size == 0:
            return input
        if not input.shape:
            return formula(input.reshape((1,)), 0).reshape(())
        return in_memory_order(lambda x, dims: formula(x, *dims), input, (dim,), metas[0])

    return lower


SOFTMAX = Op(
    "softmax",
    "input dim",
    _infer,
    _on_rows(softmax_of),
    lambda g, y, dim: y * (g - (g * y).sum(dim, True)),
    summary="exp(x) / sum(exp(x)) along a dimension.",
)
LOG_SOFTMAX = Op(
    "log_softmax",
    "input dim",
    _infer,
    _on_rows(log_softmax_of),
    lambda g, y, dim: g - y.exp() * g.sum(dim, True),
    summary="log(softmax(x)) along a dimension.",
)


def _apply(op: Op, input: Tensor, dim: int, dtype) -> Tensor:
    x = input if dtype is None else input.to(dtype)
    return apply(op, (x,), (shapes.wrap_dim(dim, x.meta.ndim),))


def softmax(input: Tensor, dim: int, dtype: dtypes.dtype | None = None, *, out=None) -> Tensor:
    """exp(x) / sum(exp(x)) along a dimension."""
    return finish(_apply(SOFTMAX, input, dim, dtype), out, input, exact=EXACT)


def log_softmax(input: Tensor, dim: int, dtype: dtypes.dtype | None = None, *, out=None) -> Tensor:
    """log(softmax(x)) along a dimension, without overflow."""
    return finish(_apply(LOG_SOFTMAX, input, dim, dtype), out, input, exact=EXACT)
