"""Copies that bring operands into the form that products read fastest.

In: where an array stands. Out: a Task that writes its copy. `pack_task` lays columns out in blocks, so that the micro-kernel
reads one summed index after the other from neighbouring memory; `pad_task` surrounds images with zeros.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ..dtypes import dtype
from ..runtime.compile import Kernel
from ..runtime.execute import Pointer, Task
from . import frame, registers
from .builder import Builder, Value, constant, vector
from .frame import Words, ceil_div
from .microkernel import Tile
from .product import advance
from .targets import BY_NAME, Target

ITEM = 16384  # elements of a work item


@dataclass(frozen=True)
class Source:
    """Element (batch, k0, k1, k2, column) stands `offset + sum(index * stride)` elements after the pointer."""

    pointer: Pointer
    offset: int
    batch: int
    sums: tuple[int, int, int]
    column: int


PACK_WORDS = ("source", "target"), (
    "blocks", "chunks", "chunk", "columns", "count", "sums0", "sums1", "sums2",
    "batch_step", "step0", "step1", "step2", "column_step",
)  # fmt: skip


def packed_bytes(of: dtype, tile: Tile, batch: int, sums: tuple[int, int, int], columns: int) -> int:
    """Size of a packed array."""
    return batch * ceil_div(columns, tile.columns) * tile.columns * sums[0] * sums[1] * sums[2] * of.itemsize


def pack_task(
    target: Target, of: dtype, tile: Tile, batch: int, sums: tuple[int, int, int], columns: int, source: Source, to: Pointer
) -> Task:
    """Copies an array into [batch][block of columns][k0][k1][k2][column of the block]; columns that do not exist are 0."""
    count, blocks = sums[0] * sums[1] * sums[2], ceil_div(columns, tile.columns)
    chunk = max(min(count, ITEM // tile.columns), 1)
    chunks = ceil_div(count, chunk)
    values = {
        "source": advance(source.pointer, source.offset * of.itemsize), "target": to,
        "blocks": blocks, "chunks": chunks, "chunk": chunk, "columns": columns, "count": count,
        "batch_step": source.batch, "column_step": source.column,
    }  # fmt: skip
    values |= {f"sums{d}": sums[d] for d in range(3)} | {f"step{d}": source.sums[d] for d in range(3)}
    kernel = _pack_kernel(target.name, of, tile, source.column == 1)
    return Task(kernel, frame.fill(_fields(*PACK_WORDS), values), batch * blocks * chunks)


def _fields(pointers: tuple[str, ...], numbers: tuple[str, ...]) -> dict[str, str]:
    return dict.fromkeys(pointers, "ptr") | dict.fromkeys(numbers, "i64")


@cache
def _pack_kernel(target: str, of: dtype, tile: Tile, neighbours: bool) -> Kernel:
    element = registers.memory_type(of)

    def item(b: Builder, words: Words, number: Value) -> None:
        batch, block, chunk = frame.digits(b, number, [b.const(0), words["blocks"], words["chunks"]])
        first, last = frame.block_bounds(b, chunk, words["chunk"], words["count"])
        column = b.mul(block, tile.columns)
        left = b.sub(words["columns"], column)
        offset = b.add(b.mul(batch, words["batch_step"]), b.mul(column, words["column_step"]))
        source = b.gep(words["source"], offset, element)
        before = b.mul(b.add(b.mul(batch, words["blocks"]), block), words["count"])
        sizes = [words[f"sums{d}"] for d in range(3)]
        with b.loop(first, last) as rows:
            moved = b.const(0)
            for d, index in enumerate(frame.digits(b, rows.index, sizes)):
                moved = b.add(moved, b.mul(index, words[f"step{d}"]))
            to = b.gep(words["target"], b.mul(b.add(before, rows.index), tile.columns), element)
            for j in range(tile.vectors):
                mask = b.first_lanes(b.sub(left, j * tile.lanes), tile.lanes)
                value = read(b, b.gep(source, moved, element), words["column_step"], j, mask)
                b.store(value, b.gep(to, j * tile.lanes, element))

    def read(b: Builder, at: Value, step: Value, j: int, mask: Value) -> Value:
        type = vector(element, tile.lanes)
        if neighbours:
            return b.masked_load(type, b.gep(at, j * tile.lanes, element), mask)
        offsets = b.mul(b.add(b.steps(tile.lanes), constant(j * tile.lanes, vector("i64", tile.lanes))), b.splat(step, tile.lanes))
        return b.gather(type, b.gep(at, offsets, element), mask)

    key = ("pack", target, of, tile, neighbours)
    return Kernel(key, lambda: frame.write(_fields(*PACK_WORDS), item, BY_NAME[target]))


PAD_WORDS = ("source", "target"), ("rows", "chunk", "height", "top", "new_height", "run", "before", "new_run")


def pad_task(
    target: Target,
    of: dtype,
    images: int,
    size: tuple[int, int],
    new_size: tuple[int, int],
    before: tuple[int, int],
    channels: int,
    source: Pointer,
    to: Pointer,
) -> Task:
    """Copies images of size (height, width) into larger ones, `before` = (rows, columns) of zeros above and to the left."""
    rows, run = images * new_size[0], new_size[1] * channels
    chunk = max(ITEM // max(run, 1), 1)
    values = {
        "source": source, "target": to, "rows": rows, "chunk": chunk,
        "height": size[0], "top": before[0], "new_height": new_size[0],
        "run": size[1] * channels, "before": before[1] * channels, "new_run": run,
    }  # fmt: skip
    return Task(_pad_kernel(target.name, of), frame.fill(_fields(*PAD_WORDS), values), ceil_div(rows, chunk))


def zero_task(target: Target, of: dtype, count: int, to: Pointer) -> Task:
    """Writes zeros: an image without rows of its own, padded."""
    return pad_task(target, of, 1, (0, 0), (1, count), (0, 0), 1, to, to)


@cache
def _pad_kernel(target: str, of: dtype) -> Kernel:
    element, lanes = registers.memory_type(of), BY_NAME[target].lanes(of)
    type = vector(element, lanes)

    def item(b: Builder, words: Words, number: Value) -> None:
        first, last = frame.block_bounds(b, number, words["chunk"], words["rows"])
        with b.loop(first, last) as rows:
            image, row = frame.digits(b, rows.index, [b.const(0), words["new_height"]])
            row = b.sub(row, words["top"])
            exists = b.icmp("ult", row, words["height"])
            offset = b.mul(b.add(b.mul(image, words["height"]), row), words["run"])
            source = b.gep(words["source"], b.sub(offset, words["before"]), element)
            to = b.gep(words["target"], b.mul(rows.index, words["new_run"]), element)
            with b.loop(0, words["new_run"], lanes) as columns:
                place = b.add(b.splat(b.sub(columns.index, words["before"]), lanes), b.steps(lanes))
                inside = b.and_(b.icmp("ult", place, b.splat(words["run"], lanes)), b.splat(exists, lanes))
                value = b.masked_load(type, b.gep(source, columns.index, element), inside)
                mask = b.first_lanes(b.sub(words["new_run"], columns.index), lanes)
                b.masked_store(value, b.gep(to, columns.index, element), mask)

    return Kernel(("pad", target, of), lambda: frame.write(_fields(*PAD_WORDS), item, BY_NAME[target]))
