"""The p-norm over dimensions, and its gradient."""

from __future__ import annotations

import math
from functools import partial

from .. import errors, ir
from ..tensor import Tensor
from .outputs import EXACT
from .public import finish
from .reduction import dims_of, in_memory_order, reduced, spread_back
from .registry import Op, apply
from .signatures import Dims


def _norm(p: float, input: ir.Node, dims) -> ir.Node:
    if p == 2:
        return ir.reduce("sum", input * input, dims).sqrt()
    if abs(p) == math.inf:
        return ir.reduce("max" if p > 0 else "min", input.abs(), dims)
    if p == 0:
        return ir.reduce("sum", input.ne(0).cast(input.dtype), dims)
    if p == 1:
        return ir.reduce("sum", input.abs(), dims)
    return ir.map_("pow", ir.reduce("sum", ir.map_("pow", input.abs(), float(p)), dims), 1.0 / p)


def _norm_lower(input, dims, keepdim, p, out, metas):
    (result,) = out
    if not dims:
        return input.abs().reshape(result.shape) if p else input.ne(0).cast(result.dtype).reshape(result.shape)
    size = input.abs() if input.dtype.is_complex else input
    size = ir.widened(size)  # powers may be beyond 16-bit floats
    return in_memory_order(partial(_norm, p), size, dims, metas[0]).reshape(result.shape).cast(result.dtype)


def norm_grad(g, input, y, meta, dims, keepdim, p):
    """The gradient of a p-norm; 0 where the norm, or for p < 2 the element, is 0."""
    g, y = spread_back(g, meta, dims, keepdim), spread_back(y, meta, dims, keepdim)
    if p == 0:
        return g * 0
    if p == 1:
        return g * input.sgn()
    if p == 2:
        return input * (g / y).masked_fill(y == 0, 0)
    if abs(p) == math.inf:
        mask = (input.abs() == y).to(g.dtype)
        return input.sgn() * (g * (mask / mask.sum(dims, True)))
    scaled = input.sgn() * input.abs() ** (p - 1)
    scaled = scaled.masked_fill(input == 0, 0) if p < 2 else scaled
    return scaled * (g * y ** (1 - p)).masked_fill(y == 0, 0)


NORM = Op(
    "norm",
    "input dims keepdim p",
    lambda input, dims, keepdim, p: reduced(input, dims, keepdim, input.dtype.to_real()),
    _norm_lower,
    lambda g, input, y, meta, dims, keepdim, p: norm_grad(g, input, y, meta, dims, keepdim, p),
    grad_name="LinalgVectorNorm",
    summary="The p-norm over dimensions.",
)


def norm(input: Tensor, p="fro", dim: Dims | None = None, keepdim: bool = False, out=None, dtype=None) -> Tensor:
    """The p-norm of the elements over dimensions (2 by default)."""
    x = input if dtype is None else input.to(dtype)
    if p == "nuc":
        from .lapack import nuclear_norm

        return finish(nuclear_norm(x, (0, 1) if dim is None else tuple(dim), keepdim), out)
    if not x.meta.dtype.is_inexact:
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
            f"{errors.TYPE_TITLES[x.meta.dtype.name]}"
        )
    p = 2.0 if p in ("fro", None) else float(p)
    dims = dims_of(x, dim)
    if (p < 0 or p == math.inf) and 0 in (x.meta.shape[d] for d in dims):
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {p:g} norm on an empty tensor because the operation does not "
            "have an identity"
        )
    return finish(apply(NORM, (x,), (dims, bool(keepdim), p)), out, exact=EXACT)
