"""The weights of Winograd's convolution, transformed and packed for the micro-kernel.

In: 3x3 filters of any strides. Out: a Task that writes G g G' for all of them as [block of columns][element][channel]
[column of the block]; columns that do not exist hold anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ..dtypes import dtype
from ..runtime.compile import Kernel
from ..runtime.execute import Pointer, Task
from . import frame, packing, registers
from .builder import Builder, Value, Values, constant, vector
from .frame import Words, ceil_div
from .microkernel import Tile
from .packing import Source
from .product import advance
from .targets import BY_NAME, Target
from .winograd_transform import ELEMENTS, FILTER, FLIPPED, PATCH, WEIGHT, transform

TAPS = FILTER * FILTER
CHUNK = 16  # channels of a work item

FIELDS = dict.fromkeys(("source", "target"), "ptr") | dict.fromkeys(
    ("columns", "channels", "chunks", "column_step", "channel_step", "high_step", "wide_step",
     *(f"row{i}" for i in range(PATCH)), *(f"column{j}" for j in range(PATCH))), "i64"
)  # fmt: skip


def transformed_bytes(of: dtype, tile: Tile, channels: int, columns: int) -> int:
    """Size of the transformed weights."""
    return ELEMENTS * channels * ceil_div(columns, tile.columns) * tile.columns * of.itemsize


def weights_task(
    target: Target, of: dtype, tile: Tile, channels: int, columns: int, source: Source, to: Pointer
) -> Task:
    """Transforms filters; source.sums: strides along (height, width, channel), the first two possibly negative."""
    # A flipped filter is read as it stands, and its results exchanged: so they do not depend on the order in memory.
    offset = source.offset + sum((FILTER - 1) * step for step in source.sums[:2] if step < 0)
    rows, columns_ = ([FLIPPED[k] if step < 0 else k for k in range(PATCH)] for step in source.sums[:2])
    high, wide = (abs(step) for step in source.sums[:2])
    dense = (high, wide) == (FILTER, 1) and tile.lanes > TAPS
    values = {
        "source": advance(source.pointer, offset * of.itemsize), "target": to, "columns": columns,
        "channels": channels, "chunks": ceil_div(channels, CHUNK), "column_step": source.column,
        "channel_step": source.sums[2], "high_step": high, "wide_step": wide,
    }  # fmt: skip
    values |= {f"row{i}": PATCH * k for i, k in enumerate(rows)} | {f"column{j}": k for j, k in enumerate(columns_)}
    items = ceil_div(columns, tile.columns) * ceil_div(channels, CHUNK)
    return Task(_kernel(Structure(target.name, of, tile, dense)), frame.fill(FIELDS, values), items)


@dataclass(frozen=True)
class Structure:
    """What is compiled into a kernel; dense: the taps of a filter are neighbours in memory, fewer than lanes."""

    target: str
    dtype: dtype
    tile: Tile
    dense: bool


@cache
def _kernel(structure: Structure) -> Kernel:
    def item(b: Builder, words: Words, number: Value) -> None:
        Writer(b, structure, words).item(number)

    return Kernel(("winograd weights", structure), lambda: frame.write(FIELDS, item, BY_NAME[structure.target]))


class Writer:
    """Writes the kernel of a Structure."""

    def __init__(self, b: Builder, structure: Structure, words: Words):
        self.b, self.words, self.dense = b, words, structure.dense
        self.lanes, self.width, self.vectors = structure.tile.lanes, structure.tile.columns, structure.tile.vectors
        self.element = registers.memory_type(structure.dtype)
        self.type = vector(self.element, self.lanes)

    def item(self, number: Value) -> None:
        """Some channels of a block of columns."""
        b, words = self.b, self.words
        block, chunk = frame.digits(b, number, [b.const(0), words["chunks"]])
        first, last = frame.block_bounds(b, chunk, b.const(CHUNK), words["channels"])
        panel = b.mul(words["channels"], self.width)
        target = b.gep(words["target"], b.mul(block, b.mul(panel, ELEMENTS)), self.element)
        with b.loop(first, last, hint="channel") as channel, b.loop(0, self.width, self.lanes, hint="column") as column:
            at = b.add(b.mul(block, self.width), column.index)
            taps = self.taps(b.gep(words["source"], b.mul(channel.index, words["channel_step"]), self.element), at)
            place = b.add(b.mul(channel.index, self.width), column.index)
            for k, value in enumerate(transform(b, WEIGHT, taps)):
                element = b.add(words[f"row{k // PATCH}"], words[f"column{k % PATCH}"])
                b.store(value, b.gep(target, b.add(place, b.mul(element, panel)), self.element))

    def taps(self, source: Value, column: Value) -> Values:
        """The taps of neighbouring columns, one vector each; columns that do not exist are the last one again."""
        b, words = self.b, self.words
        left = b.sub(b.sub(words["columns"], 1), column)
        if self.dense:
            start = b.gep(source, b.mul(b.min(column, b.sub(words["columns"], 1)), words["column_step"]), self.element)
            columns = [b.mul(b.max(b.min(left, k), 0), words["column_step"]) for k in range(self.lanes)]
            mask = b.first_lanes(b.const(TAPS), self.lanes)
            rows = [b.masked_load(self.type, b.gep(start, at, self.element), mask) for at in columns]
            return packing.transposed(b, rows)[:TAPS]
        columns = b.add(b.splat(column, self.lanes), b.steps(self.lanes))
        last = b.splat(b.sub(words["columns"], 1), self.lanes)
        offsets = b.mul(b.min(columns, last), b.splat(words["column_step"], self.lanes))
        taps = [(i, j) for i in range(FILTER) for j in range(FILTER)]
        starts = [b.add(b.mul(words["high_step"], i), b.mul(words["wide_step"], j)) for i, j in taps]
        everywhere = constant(1, vector("i1", self.lanes))
        addresses = [b.gep(b.gep(source, start, self.element), offsets, self.element) for start in starts]
        return [b.gather(self.type, address, everywhere) for address in addresses]
