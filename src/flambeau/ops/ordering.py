"""Running sums, products and extremes, sorting and the largest elements."""

from __future__ import annotations

import math
import operator

from .. import dtypes, ir, shapes
from ..errors import TYPE_TITLES, no_kernel
from ..meta import contiguous
from ..tensor import Tensor
from .outputs import EXACT, TYPED
from .public import finish
from .registry import Op, apply
from .signatures import Tensors
from .structures import named


def _run(fn: str, value: ir.Node, dim: int, reverse: bool = False) -> ir.Node:
    """A running combination along a dimension, from its start or (reverse) from its end."""
    attrs = {"fn": fn, "axis": dim, "reverse": reverse}
    return ir.Node("scan", (value,), attrs, value.shape, value.dtype) if value.shape else value


def _scan(name: str, fn: str, grad) -> Op:
    def infer(input, dim, dtype, reverse):
        if dtype is dtypes.bool_:
            raise no_kernel(f"{name}_out_cpu", dtype)
        return contiguous(input.shape, dtype or (input.dtype if input.dtype.is_inexact else dtypes.int64))

    def lower(input, dim, dtype, reverse, out):
        return _run(fn, input.cast(out[0].dtype), dim, reverse)

    return Op(name, "input dim dtype reverse", infer, lower, grad, summary=f"Running {fn} along a dimension.")


CUMSUM = _scan("cumsum", "sum", lambda g, dim, reverse: apply(CUMSUM, (g,), (dim, None, not reverse)))
CUMPROD = _scan("cumprod", "prod", lambda g, input, y, dim: cumprod_grad(g, input, y, dim))
LOGCUMSUMEXP = _scan(
    "logcumsumexp", "logsumexp", lambda g, input, y, dim, reverse: logcumsumexp_grad(g, input, y, dim, reverse)
)


def _reversed_cumsum(g: Tensor, dim: int) -> Tensor:
    return apply(CUMSUM, (g,), (dim, None, True))


def logcumsumexp_grad(g: Tensor, input: Tensor, y: Tensor, dim: int, reverse: bool) -> Tensor:
    """exp(input) times the sum of g / exp(y) over what an element went into; by logarithms, one for each sign of g."""
    if g.meta.dtype.is_complex:
        return (apply(LOGCUMSUMEXP, (g.log() - y,), (dim, None, not reverse)) + input).exp()

    def part(g: Tensor) -> Tensor:
        nothing = (g <= 0) | (y == -math.inf)
        logarithms = (g.masked_fill(nothing, 1).log() - y).masked_fill(nothing, -math.inf)
        return (apply(LOGCUMSUMEXP, (logarithms,), (dim, None, not reverse)) + input).exp()

    return part(g) - part(-g)


def cumprod_grad(g: Tensor, input: Tensor, y: Tensor, dim: int) -> Tensor:
    """Sums of g * y over what comes after, divided by each element.

    Behind the first zero of a row all products are 0; at that zero the products are those with 1 in its place.
    """
    zero = input == 0
    first = zero & (zero.cumsum(dim) == 1) if input.meta.ndim else zero
    around = input.masked_fill(first, 1).cumprod(dim)
    ordinary = _reversed_cumsum(g * y, dim) / input.masked_fill(zero, 1)
    return _reversed_cumsum(g * around, dim).where(first, ordinary.masked_fill(zero, 0))


def cumsum(input: Tensor, dim: int, *, dtype: dtypes.dtype | None = None, out=None) -> Tensor:
    """The running sum along a dimension."""
    return finish(apply(CUMSUM, (input,), (shapes.wrap_dim(dim, input.meta.ndim), dtype, False)), out, input)


def cumprod(input: Tensor, dim: int, *, dtype: dtypes.dtype | None = None, out=None) -> Tensor:
    """The running product along a dimension."""
    return finish(apply(CUMPROD, (input,), (shapes.wrap_dim(dim, input.meta.ndim), dtype, False)), out, input)


def logcumsumexp(input: Tensor, dim: int, *, out=None) -> Tensor:
    """log of the running sum of exp along a dimension, without overflow."""
    if not input.meta.dtype.is_inexact:
        title = TYPE_TITLES[input.meta.dtype.name]
        raise NotImplementedError(f"\"logcumsumexp_out_cpu\" not implemented for '{title}'")
    return finish(
        apply(LOGCUMSUMEXP, (input,), (shapes.wrap_dim(dim, input.meta.ndim), None, False)), out, input, exact=TYPED
    )


def _running_extreme(name: str, fn: str) -> Op:
    """Values, and positions: of equal elements the later one's; NaN wins and stays."""

    def infer(input, dim):
        return contiguous(input.shape, input.dtype), contiguous(input.shape, dtypes.int64)

    def lower(input, dim):
        if not input.shape:
            return input, ir.full(0, (), dtypes.int64)
        values = _run(fn, input, dim)
        found = ir.map_("or", input.eq(values), input.ne(input))
        line = ir.iota((input.shape[dim],)).reshape([n if i == dim else 1 for i, n in enumerate(input.shape)])
        return values, _run("max", ir.where(found, line.expand(input.shape), 0), dim)

    grad = lambda g0, y1, meta, dim: Tensor.full_of(meta.shape, 0, g0.dtype).scatter_add(dim, y1, g0)  # noqa: E731
    return Op(name, "input dim", infer, lower, grad, summary=f"The running {fn} along a dimension, and its positions.")


CUMMAX, CUMMIN = _running_extreme("cummax", "max"), _running_extreme("cummin", "min")


def cummax(input: Tensor, dim: int, *, out: Tensors | None = None):
    """The running maximum along a dimension, and its positions: (values, indices)."""
    values, indices = apply(CUMMAX, (input,), (shapes.wrap_dim(dim, input.meta.ndim),))
    return finish(named("cummax", values=values, indices=indices), out, exact=TYPED)


def cummin(input: Tensor, dim: int, *, out=None):
    """The running minimum along a dimension, and its positions: (values, indices)."""
    values, indices = apply(CUMMIN, (input,), (shapes.wrap_dim(dim, input.meta.ndim),))
    return finish(named("cummin", values=values, indices=indices), out, exact=TYPED)


def _sort_infer(input, dim, descending, count):
    return contiguous((*input.shape[:dim], count, *input.shape[dim + 1 :]), dtypes.int64)


def _sort_lower(input, dim, descending, count):
    """The sorted dimension comes last, for kernels that read rows; the rest moves along."""
    last = len(input.shape) - 1
    order = [*(i for i in range(last + 1) if i != dim), dim]
    rows = input if dim == last else input.permute(order)
    attrs = {"axis": last, "descending": descending}
    found = ir.Node("sort", (rows,), attrs, (*rows.shape[:-1], count), dtypes.int64)
    return found if dim == last else found.permute([order.index(i) for i in range(last + 1)])


SORT = Op(
    "argsort",
    "input dim descending count",
    _sort_infer,
    _sort_lower,
    summary="The head of the order that sorts along a dimension; equal elements keep theirs.",
)


def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """The order that sorts along a dimension."""
    return first(input, dim, bool(descending), None)


def first(input: Tensor, dim: int, descending: bool, count: int | None) -> Tensor:
    """As many positions of the order that sorts along a dimension as are wanted, from its start."""
    d = shapes.wrap_dim(dim, input.meta.ndim)
    if input.meta.ndim == 0:
        return Tensor.full_of((), 0, dtypes.int64)
    return apply(SORT, (input.detach(),), (d, descending, input.meta.shape[d] if count is None else count))


def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False, *, out=None):
    """The elements in order along a dimension, and their places before: (values, indices)."""
    order = argsort(input, dim, descending)
    values = input.gather(dim, order) if input.meta.ndim else input.clone()
    return finish(named("sort", values=values, indices=order), out, input, exact=EXACT)


def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True, *, out=None):
    """The k largest (or smallest) elements along a dimension, and their places: (values, indices)."""
    d, k = shapes.wrap_dim(dim, input.meta.ndim), operator.index(k)
    if not 0 <= k <= (input.meta.shape[d] if input.meta.ndim else 1):
        raise RuntimeError("selected index k out of range")
    if input.meta.dtype is dtypes.bool_:
        raise RuntimeError("topk does not support bool dtypes on CPU")
    order = first(input, d, bool(largest), k)
    values = input.gather(d, order) if input.meta.ndim else input.clone()
    return finish(named("topk", values=values, indices=order), out, input, exact=EXACT, apart=True)
