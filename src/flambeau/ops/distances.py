"""cdist: the distances between the rows of two matrices."""

from __future__ import annotations

from .. import ir, shapes
from ..errors import TYPE_TITLES
from ..meta import contiguous
from ..tensor import Tensor
from .public import public
from .registry import Op, apply, full_precision

MANY_ROWS = 25  # of one of the matrices, beyond which PyTorch too takes distances from a matrix product
MODES = {
    "use_mm_for_euclid_dist_if_necessary": None,
    "use_mm_for_euclid_dist": True,
    "donot_use_mm_for_euclid_dist": False,
}


def _euclidean_infer(x1, x2):
    return contiguous((*x1.shape[:-1], x2.shape[-2]), x1.dtype)


def _euclidean_lower(x1: ir.Node, x2: ir.Node) -> ir.Node:
    """|a|^2 - 2 a.b + |b|^2, which rounding may make less than nothing."""
    last = len(x1.shape) - 1
    turned = [*range(last - 1), last, last - 1]
    squares, others = (ir.reduce("sum", x * x, (last,)) for x in (x1, x2))
    total = ir.matmul(x1, x2.permute(turned)) * -2.0 + squares + others.permute(turned)
    return total.maximum(0.0).sqrt()


def _weights(g: Tensor, y: Tensor) -> Tensor:
    """How much each difference of rows counts in the gradient; equal rows do not."""
    return (g / y).masked_fill(y == 0, 0)


def _pulled(weights: Tensor, x1: Tensor, x2: Tensor) -> Tensor:
    return x1 * weights.sum(-1, True) - weights @ x2


EUCLIDEAN = Op(
    "euclidean_distances",
    "x1 x2",
    _euclidean_infer,
    _euclidean_lower,
    (
        lambda g, x1, x2, y: _pulled(_weights(g, y), x1, x2),
        lambda g, x1, x2, y: _pulled(_weights(g, y).transpose(-1, -2), x2, x1),
    ),
    grad_name="EuclideanDist",
    summary="Euclidean distances between the rows of two batches of matrices, by a matrix product.",
)


@public(method=False)
def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary") -> Tensor:
    """The p-norm distances between the rows of two (batches of) matrices (..., P, M) and (..., R, M): (..., P, R).

    compute_mode: whether Euclidean distances come from a matrix product, which is faster and less exact; by default
    where P or R is above 25.
    Raises RuntimeError where shapes or dtypes do not fit, ValueError for another mode.
    """
    for name, x in (("X1", x1), ("X2", x2)):
        if x.meta.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {x.meta.ndim}D")
        if not x.meta.dtype.is_floating_point:
            title = TYPE_TITLES[x.meta.dtype.name]
            raise RuntimeError(f"cdist only supports floating-point dtypes, {name} got: {title}")
    if compute_mode not in MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    if x1.meta.shape[-1] != x2.meta.shape[-1]:
        raise RuntimeError(
            f"X1 and X2 must have the same number of columns. X1: {x1.meta.shape[-1]} X2: {x2.meta.shape[-1]}"
        )
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    x1, x2 = full_precision(x1, x2)
    by_product, rows = MODES[compute_mode], max(x1.meta.shape[-2], x2.meta.shape[-2])
    if p == 2 and (rows > MANY_ROWS if by_product is None else by_product) and x1.meta.dtype is x2.meta.dtype:
        lead = shapes.broadcast_shapes(x1.meta.shape[:-2], x2.meta.shape[:-2])
        return apply(EUCLIDEAN, tuple(x.expand(*lead, *x.meta.shape[-2:]) for x in (x1, x2)))
    return (x1.unsqueeze(-2) - x2.unsqueeze(-3)).norm(p, -1)
