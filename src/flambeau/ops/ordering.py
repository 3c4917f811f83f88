"""Running sums and products, sorting and the largest elements."""

from __future__ import annotations

from .. import dtypes, ir, shapes
from ..meta import contiguous
from ..tensor import Tensor
from .public import finish
from .registry import Op, apply
from .structures import named


def _scan(name: str, fn: str, grad) -> Op:
    def infer(input, dim, dtype):
        return contiguous(input.shape, dtype or (input.dtype if input.dtype.is_floating_point else dtypes.int64))

    def lower(input, dim, dtype, out):
        value = input.cast(out[0].dtype)
        return ir.Node("scan", (value,), {"fn": fn, "axis": dim}, value.shape, value.dtype) if value.shape else value

    return Op(name, "input dim dtype", infer, lower, grad, summary=f"Running {fn} along a dimension.")


def _reversed_cumsum(g: Tensor, dim: int) -> Tensor:
    return g.flip(dim).cumsum(dim).flip(dim) if g.meta.ndim else g


CUMSUM = _scan("cumsum", "sum", lambda g, dim: _reversed_cumsum(g, dim))
CUMPROD = _scan("cumprod", "prod", lambda g, input, y, dim: cumprod_grad(g, input, y, dim))


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
    return finish(apply(CUMSUM, (input,), (shapes.wrap_dim(dim, input.meta.ndim), dtype)), out)


def cumprod(input: Tensor, dim: int, *, dtype: dtypes.dtype | None = None, out=None) -> Tensor:
    """The running product along a dimension."""
    return finish(apply(CUMPROD, (input,), (shapes.wrap_dim(dim, input.meta.ndim), dtype)), out)


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
    if input.meta.ndim == 0:
        return Tensor.full_of((), 0, dtypes.int64)
    d = shapes.wrap_dim(dim, input.meta.ndim)
    return apply(SORT, (input.detach(),), (d, descending, input.meta.shape[d] if count is None else count))


def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False, *, out=None):
    """The elements in order along a dimension, and their places before: (values, indices)."""
    order = argsort(input, dim, descending)
    values = input.gather(dim, order) if input.meta.ndim else input.clone()
    return finish(named("sort", values=values, indices=order), out)


def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True, *, out=None):
    """The k largest (or smallest) elements along a dimension, and their places: (values, indices)."""
    d = shapes.wrap_dim(dim, input.meta.ndim)
    if not 0 <= k <= (input.meta.shape[d] if input.meta.ndim else 1):
        raise RuntimeError("selected index k out of range")
    order = first(input, d, bool(largest), k)
    values = input.gather(d, order) if input.meta.ndim else input.clone()
    return finish(named("topk", values=values, indices=order), out)
