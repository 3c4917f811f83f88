"""Weighted sums of slices along a dimension by a table of their numbers and weights: what resampling comes down to."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .. import ir
from ..ir import Node
from ..meta import contiguous
from ..tensor import Tensor
from .registry import Op, apply


class Table(NamedTuple):
    """Which slices go into each new one, (size, taps), int64; how much of each, or None where it is one as it is."""

    places: Tensor
    weights: Tensor | None


def _lower(input: Node, places: Node, weights: Node | None, back_places, back_weights, axis: int, out) -> Node:
    (result,) = out
    lead, old, inner = math.prod(input.shape[:axis]), input.shape[axis], math.prod(input.shape[axis + 1 :])
    size, taps = places.shape
    rows = ir.iota((lead,)).reshape((lead, 1, 1)) * old + places.reshape((1, size, taps))
    taken = ir.take(input.reshape((lead * old, inner)), rows)
    if weights is None:
        return taken.reshape(result.shape)
    taken = ir.widened(taken)
    total = ir.reduce("sum", taken * weights.cast(taken.dtype).reshape((1, size, taps, 1)), (2,))
    return total.reshape(result.shape).cast(input.dtype)


def _infer(input, places, weights, back_places, back_weights, axis):
    return contiguous((*input.shape[:axis], places.shape[0], *input.shape[axis + 1 :]), input.dtype)


FILTER = Op(
    "filter_along",
    "input places weights back_places back_weights axis",
    _infer,
    _lower,
    (
        lambda g, places, weights, back_places, back_weights, axis: apply(
            FILTER, (g, back_places, back_weights, places, weights), (axis,)
        ),
        None,
        None,
        None,
        None,
    ),
    grad_name="Upsample",
    summary="Weighted sums of slices along a dimension.",
)


def filter_along(input: Tensor, axis: int, table: Table, back: Table | None = None) -> Tensor:
    """The sums that a table says.  back: the table of the gradient, where one may flow."""
    return apply(FILTER, (input, *table, *(back or (None, None))), (axis,))


def transposed(places: np.ndarray, weights: np.ndarray | None, old: int) -> tuple[np.ndarray, np.ndarray]:
    """The table of the gradient for `old` slices: into which new ones each of them went, and how much of it."""
    taps = places.shape[1]
    shares = np.ones(places.size) if weights is None else weights.reshape(-1)
    used = np.flatnonzero(shares)
    order = used[np.argsort(places.reshape(-1)[used], kind="stable")]
    slices = places.reshape(-1)[order]
    counts = np.bincount(slices, minlength=old)
    column = np.arange(order.size) - np.repeat(np.cumsum(counts) - counts, counts)
    back_places = np.zeros((old, max(int(counts.max(initial=0)), 1)), np.int64)
    back_weights = np.zeros(back_places.shape)
    back_places[slices, column], back_weights[slices, column] = order // taps, shares[order]
    return back_places, back_weights
