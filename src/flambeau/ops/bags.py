"""Rows of a table chosen by number and reduced bag by bag: embedding_bag."""

from __future__ import annotations

import math
from collections.abc import Callable

from .. import dtypes
from ..dtypes import int64
from ..tensor import Tensor
from .functional import embedding
from .gathering import add_rows
from .views import narrow


def fixed_bags(rows: Tensor, skipped: Tensor | None, mode: str) -> Tensor:
    """Bags of one length: rows (bags, length, size) to (bags, size); skipped: which (bags, length) to ignore."""
    if mode == "max":
        if skipped is not None:
            rows = rows.masked_fill(skipped.unsqueeze(-1), -math.inf)
        if not rows.meta.shape[1]:
            return rows.sum(1)
        best = rows.max(1).values
        return best if skipped is None else best.masked_fill(skipped.all(1, True), 0)
    if skipped is None:
        return rows.sum(1) if mode == "sum" or not rows.meta.shape[1] else rows.mean(1)
    total = rows.masked_fill(skipped.unsqueeze(-1), 0).sum(1)
    return total if mode == "sum" else total / (~skipped).sum(1, True).clamp_min(1).to(rows.meta.dtype)


def bags_at(rows: Tensor, skipped: Tensor | None, offsets: Tensor, count: int, mode: str) -> Tensor:
    """Bags one behind the other: rows (n, size), the places (int64) where bags start; gives (count, size).

    Rows behind the last of more than `count` places are in no bag.
    """
    length = rows.meta.shape[0]
    starts = Tensor.full_of((length + 1,), 0, int64).scatter(0, offsets, 1, reduce="add")  # how many bags start there
    bag = narrow(starts.cumsum(0), 0, 0, length) - 1
    lines = max(offsets.meta.shape[0], 1)
    if mode == "max":
        return narrow(_largest(rows, skipped, bag, lines), 0, 0, count)
    if skipped is not None:
        rows = rows.masked_fill(skipped.unsqueeze(1), 0)
    total = narrow(add_rows(rows, bag, (lines, rows.meta.shape[1])), 0, 0, count)
    return total if mode == "sum" else total / _lengths(bag, skipped, lines, rows.meta.dtype)[:count]


def _lengths(bag: Tensor, skipped: Tensor | None, lines: int, of: dtypes.dtype) -> Tensor:
    """How many rows each bag has, as a column; at least 1."""
    nothing = Tensor.full_of((lines,), 0, of)
    if skipped is None:
        counts = nothing.scatter(0, bag, 1, reduce="add")
    else:
        counts = nothing.scatter_add(0, bag, (~skipped).to(of))
    return counts.clamp_min(1).unsqueeze(1)


def _largest(rows: Tensor, skipped: Tensor | None, bag: Tensor, lines: int) -> Tensor:
    """The largest elements of each bag; the gradient goes to the first of several. Empty bags give 0."""
    count, size = rows.meta.shape
    if count == 0:
        return Tensor.full_of((lines, size), 0, rows.meta.dtype)
    held, place = rows.detach(), bag.unsqueeze(1).expand(count, size)
    if skipped is not None:
        held = held.masked_fill(skipped.unsqueeze(1), -math.inf)
    top = Tensor.full_of((lines, size), -math.inf, held.meta.dtype).scatter_reduce(0, place, held, "amax")
    lost = (held != top.gather(0, place)) & (held == held)
    lost = lost if skipped is None else lost | skipped.unsqueeze(1)
    line = _line(count).expand(count, size).masked_fill(lost, count)
    first = Tensor.full_of((lines, size), count, int64).scatter_reduce(0, place, line, "amin")
    return rows.gather(0, first.clamp_max(count - 1)).masked_fill(first == count, 0)


def _line(count: int) -> Tensor:
    from ..ranges import arange

    return arange(count).unsqueeze(1)


def embedding_bag(
    weight: Tensor,
    index: Tensor,
    offsets: Tensor | None,
    mode: str,
    padding_idx: int | None = None,
    scale_grad_by_freq: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    lookup: Callable = embedding,
) -> Tensor:
    """Rows of weight (count, size) reduced by "sum", "mean" or "max" over bags of index: (bags, size).

    index: (bags, length), or (n,) with the offsets (bags,) at which bags start; with include_last_offset one more says
    where the last ends.  padding_idx: the row that counts in no bag.  per_sample_weights: factors like index.
    lookup: how rows are chosen.
    Raises RuntimeError where offsets do not start at 0 or reach beyond the index.
    """
    rows = lookup(weight, index, padding_idx, scale_grad_by_freq)
    skipped = None if padding_idx is None else index == padding_idx
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.unsqueeze(-1)
    if offsets is None:
        return fixed_bags(rows, skipped, mode)
    _check_offsets(offsets, index.meta.numel)
    count = max(offsets.meta.numel - int(include_last_offset), 0)
    return bags_at(rows, skipped, offsets.to(int64), count, mode)


def _check_offsets(offsets: Tensor, length: int) -> None:
    if not offsets.meta.numel:
        return
    first, last = offsets[:: max(offsets.meta.numel - 1, 1)].tolist() if offsets.meta.numel > 1 else [int(offsets)] * 2
    if first != 0:
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, "
            f"got {first}"
        )
    if last > length:
        raise RuntimeError(f"offsets[-1] can not be greater than input's length {length} but got offsets[-1] of {last}")
