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


SORT = Op(
    "argsort",
    "input dim descending",
    lambda input, dim, descending: contiguous(input.shape, dtypes.int64),
    lambda input, dim, descending: ir.Node(
        "sort", (input,), {"axis": dim, "descending": descending}, input.shape, dtypes.int64
    ),
    summary="The order that sorts along a dimension; equal elements keep theirs.",
)


def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """The order that sorts along a dimension."""
    if input.meta.ndim == 0:
        return Tensor.full_of((), 0, dtypes.int64)
    return apply(SORT, (input.detach(),), (shapes.wrap_dim(dim, input.meta.ndim), bool(descending)))


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
    order = argsort(input, d, largest).narrow(d, 0, k) if input.meta.ndim else argsort(input)
    values = input.gather(d, order) if input.meta.ndim else input.clone()
    return finish(named("topk", values=values, indices=order.contiguous()), out)
