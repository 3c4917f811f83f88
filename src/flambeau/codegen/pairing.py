"""Products by the processor's instructions for small types: two of bfloat16 at once, summed in float32, or four of
bytes, summed in int32.

The instruction multiplies neighbours along the summed index. Seen as an array of pairs or quads (a type of 32 bits), an
operand has a half or a quarter as many summed indices, and all else about a product stays as it is. An operand whose
summed index walks over neighbours is such an array where it stands; of others a copy is made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from .. import dtypes
from ..dtypes import dtype
from ..runtime.compile import Kernel
from ..runtime.execute import Launch, Pointer, Task
from ..strides import contiguous_strides
from . import frame
from .builder import Builder, Value, vector
from .cut import Workspace, worth_threads
from .frame import Words, ceil_div
from .geometry import Weights
from .kernel import Operand
from .packing import ITEM, copy_task
from .product import Matrix, advance
from .registers import BYTES, PAIR, QUAD
from .targets import BY_NAME, Target

GROUPS = {dtypes.bfloat16: (PAIR, 2), BYTES: (QUAD, 4)}
"""What neighbours of a type are together, and how many of them."""
LANES = 16  # pairs that are written at a time
SUMMED = {"forward": 1, "dx": 0}  # the dimension of filters (o, c, kh, kw) that is summed over


def can_pair(target: Target, of: dtype, k: int) -> bool:
    """Whether products of a dtype over k summed indices are done by pairs, or those of bytes by quads."""
    has = {dtypes.bfloat16: target.pairs, BYTES: target.quads}.get(of, False)
    return has and k % GROUPS[of][1] == 0


def paired(
    target: Target, of: dtype, batch: int, k: int, columns: int, source: Matrix, space: Workspace
) -> tuple[Matrix, list[Launch]]:
    """A (batch, k, columns) operand as (batch, k / 2 or 4, columns) of pairs or quads, and what copies it."""
    batch, count = batch if source.batch_stride else 1, GROUPS[of][1]
    steps = (source.offset, source.batch_stride, source.column_stride)
    if source.row_stride == 1 and not any(step % count for step in steps):
        return _recast(source, count), []
    to = space.take(batch * k * columns * of.itemsize)
    moved = 2 * batch * k * columns * of.itemsize
    if source.column_stride == 1 and of is not BYTES:
        task = _interleave_task(target, batch, k, columns, source, to)
        each = k // 2 * columns if source.batch_stride else 0
        copy = Matrix(to, 0, each, columns, 1)
    else:
        strides = (source.batch_stride, source.column_stride, source.row_stride)
        sizes = (batch, columns, k)
        task = copy_task(
            _held(of), sizes, Operand(source.pointer, source.offset, strides), Operand(to, 0, (columns * k, k, 1))
        )
        copy = _recast(Matrix(to, 0, columns * k if source.batch_stride else 0, 1, k), count)
    return copy, [Launch([task], "pair", moved, 0, worth_threads(moved, 0))]


def _recast(source: Matrix, count: int) -> Matrix:
    """Neighbours along k as one, so many at a time."""
    return replace(
        source,
        offset=source.offset // count,
        batch_stride=source.batch_stride // count,
        column_stride=source.column_stride // count,
    )


def can_pair_filters(target: Target, kind: str, of: dtype, filters: Sequence[int], groups: int) -> bool:
    """Whether a convolution ("forward") or its gradient for the image ("dx") is done by pairs or quads of channels."""
    grouped = groups == 1 or (of is BYTES and kind == "forward")
    return kind in SUMMED and grouped and can_pair(target, of, filters[SUMMED[kind]])


def paired_filters(
    kind: str, of: dtype, sizes: Sequence[int], weights: Weights, space: Workspace
) -> tuple[Weights, list[Launch]]:
    """Weights, sizes (o, c, kh, kw), as pairs or quads of the channels that are summed over; what copies them."""
    along, count = SUMMED[kind], GROUPS[of][1]
    others = [d for d in range(len(sizes)) if d != along]
    launches = []
    if weights.strides[along] != 1 or weights.offset % count or any(weights.strides[d] % count for d in others):
        # Filters first that are read together; the summed channels are neighbours.
        order = [*others, along]
        ordered = [sizes[d] for d in order]
        steps = contiguous_strides(ordered)
        to = space.take(math.prod(sizes) * of.itemsize)
        source = Operand(weights.pointer, weights.offset, tuple(weights.strides[d] for d in order))
        moved = 2 * math.prod(sizes) * of.itemsize
        task = copy_task(_held(of), ordered, source, Operand(to, 0, steps))
        launches.append(Launch([task], "pair", moved, 0, worth_threads(moved, 0)))
        places = dict(zip(order, steps))
        weights = Weights(to, (places[0], places[1], places[2], places[3]))
    o, c, h, w = (1 if d == along else step // count for d, step in enumerate(weights.strides))
    return Weights(weights.pointer, (o, c, h, w), weights.offset // count), launches


def _held(of: dtype) -> dtype:
    """The type that copies of operands are moved as."""
    return dtypes.uint8 if of is BYTES else of


_FIELDS = dict.fromkeys(("source", "target"), "ptr") | dict.fromkeys(
    ("rows", "chunk", "columns", "batch_step", "row_step", "pairs"), "i64"
)


def _interleave_task(target: Target, batch: int, k: int, columns: int, source: Matrix, to: Pointer) -> Task:
    """Copies (batch, k, columns), the columns being neighbours, into [batch][k / 2][columns][2]."""
    rows, chunk = batch * (k // 2), max(ITEM // max(columns, 1), 1)
    values = {
        "source": advance(source.pointer, source.offset * dtypes.bfloat16.itemsize), "target": to,
        "rows": rows, "chunk": chunk, "columns": columns,
        "batch_step": source.batch_stride, "row_step": source.row_stride, "pairs": k // 2,
    }  # fmt: skip
    return Task(_interleave_kernel(target.name), frame.fill(_FIELDS, values), ceil_div(rows, chunk))


@cache
def _interleave_kernel(target: str) -> Kernel:
    type = vector("i16", LANES)
    both = [k // 2 + LANES * (k % 2) for k in range(2 * LANES)]

    def item(b: Builder, words: Words, number: Value) -> None:
        first, last = frame.block_bounds(b, number, words["chunk"], words["rows"])
        with b.loop(first, last, hint="pair") as row:
            batch, pair = frame.digits(b, row.index, [b.const(0), words["pairs"]])
            offset = b.add(b.mul(batch, words["batch_step"]), b.mul(b.mul(pair, 2), words["row_step"]))
            upper = b.gep(words["source"], offset, "i16")
            lower = b.gep(upper, words["row_step"], "i16")
            to = b.gep(words["target"], b.mul(row.index, words["columns"]), "i32")
            with b.loop(0, words["columns"], LANES, hint="columns") as columns:
                mask = b.first_lanes(b.sub(words["columns"], columns.index), LANES)
                rows = [b.masked_load(type, b.gep(at, columns.index, "i16"), mask) for at in (upper, lower)]
                mixed = b.seen_as(b.shuffle(*rows, both), vector("i32", LANES))
                b.masked_store(mixed, b.gep(to, columns.index, "i32"), mask)

    return Kernel(("interleave", target), lambda: frame.write(_FIELDS, item, BY_NAME[target]))


__all__ = ["GROUPS", "PAIR", "can_pair", "can_pair_filters", "paired", "paired_filters"]
