"""Reductions over dimensions: sums, products, extremes, and what is written in terms of them."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from functools import partial

import numpy as np

from .. import dtypes, errors, ir, shapes
from ..dtypes import bool_, int64
from ..meta import Meta, contiguous
from ..tensor import Tensor
from .outputs import EXACT
from .public import finish
from .registry import Op, apply
from .signatures import Dims, Scalar
from .views import expand, reshape

HALVES = (dtypes.float16, dtypes.bfloat16)


def dims_of(input: Tensor, dim) -> tuple[int, ...]:
    return shapes.reduction_dims(
        dim if dim is None or type(dim) is int else shapes.one_or_several(dim), input.meta.ndim
    )


def spread_back(g: Tensor, meta: Meta, dims, keepdim: bool) -> Tensor:
    """A gradient of a reduction, expanded to the shape that was reduced."""
    if not keepdim:
        g = reshape(g, shapes.reduced_shape(meta.shape, dims, True))
    return expand(g, meta.shape)


def reduced(input: Meta, dims, keepdim, dtype) -> Meta:
    return contiguous(shapes.reduced_shape(input.shape, dims, keepdim), dtype)


def in_memory_order(reduce, input: ir.Node, dims, meta: Meta) -> ir.Node:
    """reduce(input, dims), which keeps all dimensions, with the dimensions in the order of memory, outermost first: a
    transposed array is read as it lies."""
    if meta.contiguous or builtins.any(step == 0 and size > 1 for step, size in zip(meta.strides, meta.shape)):
        return reduce(input, dims)
    order = meta.memory_order
    places = {dim: place for place, dim in enumerate(order)}
    return reduce(input.permute(order), [places[d] for d in dims]).permute([places[d] for d in range(meta.ndim)])


def _lower(fn):
    def lower(input, dims, keepdim, dtype, out, metas):
        (result,) = out
        if not dims:
            return input.cast(result.dtype)
        return in_memory_order(partial(ir.reduce, fn), input.cast(result.dtype), dims, metas[0]).reshape(result.shape)

    return lower


def _over_some(name: str) -> Callable:
    """PyTorch has one function for all dimensions and one for some of them."""
    return lambda args, attrs: f"{name}Backward{int(len(attrs[0]) < args[0].ndim)}"


def _reduction(name, fn, grads, dtype_rule, reference, summary, autocast=None, grad_name=None):
    return Op(
        name,
        "input dims keepdim dtype",
        lambda input, dims, keepdim, dtype: reduced(input, dims, keepdim, dtype or dtype_rule(input.dtype)),
        _lower(fn),
        grads,
        reference=reference,
        summary=summary,
        autocast=autocast,
        grad_name=grad_name,
    )


def _sum_dtype(d):
    return d if d.is_floating_point or d.is_complex else int64


SUM = _reduction(
    "sum",
    "sum",
    lambda g, meta, dims, keepdim: spread_back(g, meta, dims, keepdim),
    _sum_dtype,
    np.sum,
    "Sum over dimensions.",
    grad_name=_over_some("Sum"),
)
PROD = _reduction(
    "prod",
    "prod",
    lambda g, input, y, meta, dims, keepdim: prod_grad(g, input, y, meta, dims, keepdim),
    _sum_dtype,
    np.prod,
    "Product over dimensions.",
    grad_name=_over_some("Prod"),
    autocast="full",
)
AMAX = _reduction(
    "amax",
    "max",
    lambda g, input, y, meta, dims, keepdim: extreme_grad(g, input, y, meta, dims, keepdim),
    lambda d: d,
    np.amax,
    "Maximum over dimensions.",
)
AMIN = _reduction(
    "amin",
    "min",
    lambda g, input, y, meta, dims, keepdim: extreme_grad(g, input, y, meta, dims, keepdim),
    lambda d: d,
    np.amin,
    "Minimum over dimensions.",
)
MAX_ALL = _reduction(
    "max",
    "max",
    lambda g, input, y, meta, dims, keepdim: extreme_grad(g, input, y, meta, dims, keepdim),
    lambda d: d,
    np.max,
    "Maximum of all elements.",
    grad_name="MaxBackward1",
)
MIN_ALL = _reduction(
    "min",
    "min",
    lambda g, input, y, meta, dims, keepdim: extreme_grad(g, input, y, meta, dims, keepdim),
    lambda d: d,
    np.min,
    "Minimum of all elements.",
    grad_name="MinBackward1",
)


def _truth_lower(fn):
    def lower(input, dims, keepdim, dtype, out, metas):
        (result,) = out
        value = input.cast(bool_)
        value = in_memory_order(partial(ir.reduce, fn), value, dims, metas[0]) if dims else value
        return value.reshape(result.shape).cast(result.dtype)

    return lower


def _truth(name, fn, reference, summary):
    return Op(
        name,
        "input dims keepdim dtype",
        lambda input, dims, keepdim, dtype: reduced(
            input, dims, keepdim, dtypes.uint8 if input.dtype is dtypes.uint8 else bool_
        ),
        _truth_lower(fn),
        reference=reference,
        summary=summary,
    )


ALL = _truth("all", "min", np.all, "Whether all elements are true.")
ANY = _truth("any", "max", np.any, "Whether any element is true.")


def extreme_grad(g, input, y, meta, dims, keepdim):
    """The gradient is shared evenly among the elements that equal the extreme."""
    mask = (input == spread_back(y, meta, dims, keepdim)).to(g.dtype)
    count = apply(SUM, (mask,), (dims, True, None))
    return spread_back(g, meta, dims, keepdim) * (mask / count)


def prod_grad(g, input, y, meta, dims, keepdim):
    """Product of the others: exact also where elements are zero, by products from both sides."""
    order = [i for i in range(meta.ndim) if i not in dims] + list(dims)
    rest = [meta.shape[i] for i in order[: meta.ndim - len(dims)]]
    count = math.prod(meta.shape[i] for i in dims)
    flat = reshape(input.permute(order), (*rest, count))
    ones = Tensor.full_of((*rest, 1), 1, g.dtype)
    before = _cat([ones, flat], -1).cumprod(-1).narrow(-1, 0, count)
    after = _cat([ones, flat.flip(-1)], -1).cumprod(-1).narrow(-1, 0, count).flip(-1)
    others = reshape(before * after, [meta.shape[i] for i in order]).permute([order.index(i) for i in range(meta.ndim)])
    return spread_back(g, meta, dims, keepdim) * others


def _cat(tensors, dim):
    from .movement import cat

    return cat(tensors, dim)


def sum(input: Tensor, dim: Dims | None = None, keepdim: bool = False, *, dtype=None, out=None) -> Tensor:
    """Sum over dimensions (all of them by default); integers are summed in int64."""
    return finish(apply(SUM, (input,), (dims_of(input, dim), bool(keepdim), dtype)), out)


def prod(input: Tensor, dim: Dims | None = None, keepdim: bool = False, *, dtype=None, out=None) -> Tensor:
    """Product over one dimension, or of all elements."""
    return finish(apply(PROD, (input,), (dims_of(input, dim), bool(keepdim), dtype)), out)


def mean(input: Tensor, dim: Dims | None = None, keepdim: bool = False, *, dtype=None, out=None) -> Tensor:
    """Mean over dimensions; RuntimeError for integers (give a dtype)."""
    d = dtype or input.meta.dtype
    if not (d.is_floating_point or d.is_complex):
        hint = "Input" if dtype is None else "Optional"
        raise RuntimeError(
            f"mean(): could not infer output dtype. {hint} dtype must be either a floating point or complex dtype. "
            "Got: "
            f"{errors.TYPE_TITLES[d.name]}"
        )
    return finish(apply(MEAN, (input,), (dims_of(input, dim), bool(keepdim), dtype)), out)


def _mean_lower(input, dims, keepdim, dtype, out, metas):
    (result,) = out
    count, total = math.prod(input.shape[i] for i in dims), ir.widened(input.cast(result.dtype))
    total = in_memory_order(partial(ir.reduce, "sum"), total, dims, metas[0]) if dims else total
    return (total / float(count) if count else total * math.nan).reshape(result.shape).cast(result.dtype)


def count_of(meta: Meta, dims) -> int:
    return math.prod(meta.shape[i] for i in dims)


MEAN = Op(
    "mean",
    "input dims keepdim dtype",
    lambda input, dims, keepdim, dtype: reduced(input, dims, keepdim, dtype or input.dtype),
    _mean_lower,
    lambda g, meta, dims, keepdim: spread_back(g, meta, dims, keepdim) / builtins.max(count_of(meta, dims), 1),
    reference=np.mean,
    summary="Mean over dimensions.",
    grad_name=_over_some("Mean"),
)


def _squared_deviations(input: ir.Node, dims) -> ir.Node:
    count = math.prod(input.shape[i] for i in dims)
    deviation = input - ir.reduce("sum", input, dims) / float(builtins.max(count, 1))
    deviation = deviation.abs() if input.dtype.is_complex else deviation
    return ir.reduce("sum", deviation * deviation, dims)


def _var_lower(input, dims, keepdim, correction, out, metas):
    (result,) = out
    count = math.prod(input.shape[i] for i in dims)
    total = in_memory_order(_squared_deviations, ir.widened(input), dims, metas[0])
    divisor = builtins.max(count - correction, 0)
    value = total / float(divisor) if divisor else total * (math.nan if count <= correction else 1)
    return value.reshape(result.shape).cast(result.dtype)


def var_grad(g, input, meta, dims, keepdim, correction):
    centred = input - mean(input, dims, True)
    return spread_back(g, meta, dims, keepdim) * (
        centred * (2.0 / builtins.max(count_of(meta, dims) - correction, 1e-30))
    )


VAR = Op(
    "var",
    "input dims keepdim correction",
    lambda input, dims, keepdim, correction: reduced(input, dims, keepdim, input.dtype.to_real()),
    _var_lower,
    lambda g, input, meta, dims, keepdim, correction: var_grad(g, input, meta, dims, keepdim, correction),
    summary="Variance over dimensions.",
)


def var(
    input: Tensor, dim=None, unbiased: bool | None = None, keepdim: bool = False, *, correction=None, out=None
) -> Tensor:
    """Variance over dimensions; divides by n - correction (1 by default, 0 where unbiased is False)."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if not input.meta.dtype.is_inexact:
        raise RuntimeError("std and var only support floating point and complex dtypes")
    correction = correction if correction is not None else 1 if unbiased is None else int(unbiased)
    return finish(apply(VAR, (input,), (dims_of(input, dim), bool(keepdim), correction)), out)


def std(
    input: Tensor, dim=None, unbiased: bool | None = None, keepdim: bool = False, *, correction=None, out=None
) -> Tensor:
    """Standard deviation over dimensions; the square root of `var`."""
    kind = input.meta.dtype
    wide = input.to(dtypes.float32) if kind in HALVES else input  # a variance may be beyond 16-bit floats
    root = var(wide, dim, unbiased, keepdim, correction=correction).sqrt()
    return finish(root.to(kind) if wide is not input else root, out)


def var_mean(
    input: Tensor,
    dim: Dims | bool | None = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: Scalar | None = None,
):
    """Variance and mean."""
    return var(input, dim, unbiased, keepdim, correction=correction), mean(
        input, None if isinstance(dim, bool) else dim, keepdim
    )


def std_mean(
    input: Tensor,
    dim: Dims | bool | None = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: Scalar | None = None,
):
    """Standard deviation and mean."""
    return std(input, dim, unbiased, keepdim, correction=correction), mean(
        input, None if isinstance(dim, bool) else dim, keepdim
    )


MATCHING = "Expected the dtype for input and out to match, but got {Want} for input's dtype and {Got} for out's dtype."
TRUTH = "{} only supports bool tensor for result, got: {{Got}}"


def amax(input: Tensor, dim: Dims = (), keepdim: bool = False, *, out=None) -> Tensor:
    """Maximum over dimensions; gradients are shared among equal elements."""
    shapes.check_reducible("amax", input.meta.shape, dim)
    return finish(apply(AMAX, (input,), (dims_of(input, dim), bool(keepdim), None)), out, exact=MATCHING)


def amin(input: Tensor, dim: Dims = (), keepdim: bool = False, *, out=None) -> Tensor:
    """Minimum over dimensions; gradients are shared among equal elements."""
    shapes.check_reducible("amin", input.meta.shape, dim)
    return finish(apply(AMIN, (input,), (dims_of(input, dim), bool(keepdim), None)), out, exact=MATCHING)


def _truth_dims(input: Tensor, dim) -> tuple[int, ...]:
    """The dimensions that all and any run over: an empty list means none, unlike elsewhere."""
    return () if isinstance(dim, (list, tuple)) and not dim else dims_of(input, dim)


def all(input: Tensor, dim: Dims | None = None, keepdim: bool = False, *, out=None) -> Tensor:
    """Whether all elements are true."""
    return finish(apply(ALL, (input,), (_truth_dims(input, dim), bool(keepdim), None)), out, exact=TRUTH.format("all"))


def any(input: Tensor, dim: Dims | None = None, keepdim: bool = False, *, out=None) -> Tensor:
    """Whether any element is true."""
    return finish(apply(ANY, (input,), (_truth_dims(input, dim), bool(keepdim), None)), out, exact=TRUTH.format("any"))


# ------------------------------------------------------------------ positions of extremes
def _arg_lower(fn):
    def lower(input, dims, keepdim, out, metas):
        (result,) = out
        long = [d for d in dims if input.shape[d] != 1]
        if not long:
            return ir.full(0, result.shape, int64)
        reduced = partial(ir.reduce, fn)
        # A position counts the reduced elements row by row: with several dimensions, in this order alone.
        value = in_memory_order(reduced, input, dims, metas[0]) if len(long) == 1 else reduced(input, dims)
        return value.reshape(result.shape)

    return lower


def _arg(name, reference):
    return Op(
        name,
        "input dims keepdim",
        lambda input, dims, keepdim: reduced(input, dims, keepdim, int64),
        _arg_lower(name),
        reference=reference,
        summary=f"Position of the {name[3:]}imum.",
    )


ARGMAX, ARGMIN = _arg("argmax", np.argmax), _arg("argmin", np.argmin)


def _arg_extreme(op: Op, input: Tensor, dim, keepdim) -> Tensor:
    if input.meta.dtype is bool_:
        raise RuntimeError(f"{op.name}(): does not support bool input")
    shapes.check_reducible(op.name, input.meta.shape, dim)
    if dim is None:
        flat = reshape(input, (-1,))
        result = apply(op, (flat.detach(),), ((0,), False))
        return reshape(result, (1,) * input.meta.ndim) if keepdim else result
    return apply(op, (input.detach(),), (dims_of(input, dim), bool(keepdim)))


def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False, *, out=None) -> Tensor:
    """Position of the (first) maximum along a dimension, or among all elements."""
    return finish(_arg_extreme(ARGMAX, input, dim, keepdim), out, exact=EXACT)


def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False, *, out=None) -> Tensor:
    """Position of the (first) minimum along a dimension, or among all elements."""
    return finish(_arg_extreme(ARGMIN, input, dim, keepdim), out, exact=EXACT)


def count_nonzero(input: Tensor, dim: Dims | None = None) -> Tensor:
    """How many elements are not zero."""
    return (input != 0).sum(dim)


def sum_to_size(self: Tensor, *size) -> Tensor:
    """Sums over the dimensions that a shape would be broadcast along; the opposite of expand."""
    shape = shapes.one_or_several(size[0] if len(size) == 1 else size)
    own = self.meta.shape
    lead = len(own) - len(shape)
    if lead < 0 or builtins.any(n not in (1, m) for n, m in zip(shape, own[lead:])):
        raise RuntimeError(f"size {{{shapes.text(shape)}}} is not expandable to size {{{shapes.text(own)}}}.")
    if not shape:
        return sum(self)
    dims = tuple(i for i, n in enumerate(own) if i < lead or (shape[i - lead] == 1 and n != 1))
    result = sum(self, dims, True) if dims else self
    return reshape(result, shape) if lead else result
