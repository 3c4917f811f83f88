"""Histograms: histogram and histogramdd."""

from __future__ import annotations

import math

from .. import errors
from ..ranges import linspace
from ..tensor import Tensor
from .movement import stack
from .public import finish, public
from .selection import searchsorted
from .signatures import Tensors
from .structures import named


def _edges(columns: list[Tensor], bins, range) -> list[Tensor]:
    """The bounds of the bins of each column of data."""
    if isinstance(bins[0], Tensor):
        for d, edge in enumerate(bins):
            if edge.ndim != 1:
                raise RuntimeError(
                    f"torch.histogramdd: bins tensor should have one dimension, but got {edge.ndim} dimensions in the "
                    f"bins tensor for dimension {d}"
                )
        return list(bins)
    if any(n <= 0 for n in bins):
        raise RuntimeError(
            f"torch.histogram(): bins must be > 0, but got {min(bins)} for dimension {bins.index(min(bins))}"
        )
    pairs = _bounds(columns, range)
    return [linspace(low, high, n + 1, dtype=c.dtype) for c, n, (low, high) in zip(columns, bins, pairs)]


def _bounds(columns: list[Tensor], range) -> list[tuple[float, float]]:
    if range is not None:
        if len(range) != 2 * len(columns):
            raise RuntimeError(
                f"torch.histogramdd: for a {len(columns)}-dimensional histogram range should have {2 * len(columns)} "
                f"elements, but got {len(range)}"
            )
        pairs = list(zip(range[::2], range[1::2]))
    elif columns[0].numel():
        pairs = [tuple(stack([c.min(), c.max()]).tolist()) for c in columns]
    else:
        pairs = [(0.0, 1.0)] * len(columns)
    if not all(math.isfinite(x) for pair in pairs for x in pair):
        raise RuntimeError(f"torch.histogramdd: dimension 0's range [{pairs[0][0]:g}, {pairs[0][1]:g}] is not finite")
    for d, (low, high) in enumerate(pairs):
        if low > high:
            raise RuntimeError(
                f"torch.histogramdd: min should not exceed max, but got min {low:g} max {high:g} for dimension {d}"
            )
    return [(low - 0.5, high + 0.5) if low == high else (low, high) for low, high in pairs]


def _counted(columns: list[Tensor], edges: list[Tensor], weight: Tensor | None, density: bool) -> Tensor:
    """The weight of the points in each box; the last bin of each column holds its upper bound as well."""
    shape = [e.numel() - 1 for e in edges]
    inside, place = True, 0
    for column, edge, n in zip(columns, edges, shape):
        inside = (column >= edge[0]) & (column <= edge[-1]) & inside
        bin = (searchsorted(edge, column.contiguous(), right=True) - 1).clamp(0, n - 1)
        place = place * n + bin
    counts = inside.to(edges[0].dtype) if weight is None else weight.reshape(-1).masked_fill(~inside, 0)
    hist = Tensor.full_of((math.prod(shape),), 0, counts.dtype).scatter_add(0, place, counts).reshape(shape)
    if density:
        hist = hist / hist.sum()
        for axis, edge in enumerate(edges):
            hist = hist / edge.diff().reshape([-1 if i == axis else 1 for i in range(len(edges))])
    return hist


def _checked(points: Tensor, weight: Tensor | None) -> None:
    if not points.dtype.is_floating_point:
        raise NotImplementedError(f"\"histogramdd\" not implemented for '{errors.TYPE_TITLES[points.dtype.name]}'")
    if weight is not None and weight.shape != points.shape[:-1]:
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided it should have the same shape as the input tensor "
            "excluding "
            f"its innermost dimension, but got input with shape {list(points.shape)} and weight with shape "
            f"{list(weight.shape)}"
        )
    if weight is not None and weight.dtype is not points.dtype:
        names = [errors.SCALAR_NAMES[x.dtype.name] for x in (points, weight)]
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided, input tensor and weight tensor should have the same "
            "dtype, "
            f"but got input({names[0]}), and weight({names[1]})"
        )


@public()
def histogram(
    input: Tensor, bins, *, range=None, weight: Tensor | None = None, density: bool = False, out: Tensors | None = None
):
    """How many elements (or what weight of them) fall into bins: (hist, bin_edges).

    bins: a number of bins of equal width, or a tensor of their bounds; range: the lowest and highest bound (by default
    those of the elements); density: the integral over the bins is made 1.
    """
    column = input.detach().reshape(-1)
    _checked(column.unsqueeze(1), weight if weight is None or weight.shape != input.shape else weight.reshape(-1))
    edges = _edges([column], [bins], range)
    hist = _counted([column], edges, weight, density)
    return finish(named("histogram", hist=hist, bin_edges=edges[0]), out)


@public(method=False)
def histogramdd(input: Tensor, bins, range=None, weight: Tensor | None = None, density: bool = False):
    """How many points (..., D), or what weight of them, fall into boxes: (hist, bin_edges).

    bins: for each of the D dimensions a number of bins, or a tensor of bounds; or one number for all.
    """
    if input.ndim < 2:
        raise RuntimeError("torch.histogramdd: input tensor should have at least 2 dimensions")
    _checked(input, weight)
    points = input.detach().reshape(-1, input.shape[-1])
    dims = points.shape[1]
    bins = [bins] * dims if isinstance(bins, int) else list(bins)
    if len(bins) != dims:
        raise RuntimeError(
            f"torch.histogramdd: expected {dims} sequences of bin edges for a {dims}-dimensional histogram but got "
            f"{len(bins)}"
            if isinstance(bins[0], Tensor)
            else "histogramdd: The size of bins must be equal to the innermost dimension of the input."
        )
    columns = list(points.unbind(1))
    edges = _edges(columns, bins, range)
    return named("histogramdd", hist=_counted(columns, edges, weight, density), bin_edges=tuple(edges))
