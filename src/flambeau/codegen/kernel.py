"""Loop nests as tasks: the kernel of a nest's structure, and the words that give it sizes, strides and addresses.

In: a LoopNest, sizes, operands. Out: a Task. Its words, in order: the operands' bases; sizes of all dimensions; lengths
and counts of the blocks that the tile's dimensions are cut in; with `split` the number and length of the pieces and the
outputs' piece strides; strides of every operand; ranges of masked operands; row strides, row counts and fault places of
`take` operands; the status block. Work items are tiles whose size follows from the sizes alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from ..dtypes import bool_
from ..runtime.compile import Kernel
from ..runtime.execute import Pointer, Task
from . import frame
from .frame import LANES, STATUS, ceil_div, least, most
from .loops import LoopNest
from .nest import STRIP, NestWriter, tile_dims
from .staging import CAPACITY

TILE = 16384  # elements of a large work item: some microseconds, two buffers in the second-level cache
SMALL_TILE = 2048
ITEMS = 16  # wanted of a task that is large enough
WIDE = (128, 512)  # columns that a reduction over rows takes, about an eighth of all: memory is read in long runs
STREAMED = 1 << 21  # elements that come from memory rather than from a cache
FEW, LONG = 8, 128  # columns that are worth no vectors, if there are so many rows
NARROW = 64  # columns of a tile in which some operand jumps: its cache lines stay until the tile's last row
SQUARE = 4096  # elements of a tile in scratch memory, where there is a choice: two fit in the first-level cache
EVERYWHERE = (-(1 << 62), 1 << 62)


@dataclass(frozen=True)
class Operand:
    """Where an operand of a nest lies.

    pointer: its buffer; None for "iota".  offset: of the first element, in elements ("iota": its value).
    strides: in elements, along the kept, then the reduced dimensions (outputs: 0 where no stage stores along them).
    bounds: for masked operands, a range of indices (first, past the last) or None for each of these dimensions.
    row: for checked loads (row stride in elements, number of rows, identity for the fault message).
    scalar: for "scalar", the number of the word behind the pointer.
    piece: for outputs of a split nest, the stride in elements from one piece's results to the next's.
    """

    pointer: Pointer | None
    offset: int
    strides: tuple[int, ...]
    bounds: tuple[tuple[int, int] | None, ...] | None = None
    row: tuple[int, int, int] | None = None
    scalar: int | None = None
    piece: int = 0


def loop_task(
    nest: LoopNest,
    kept_sizes: Sequence[int],
    reduced_sizes: Sequence[int],
    operands: Sequence[Operand],
    pieces: int = 1,
) -> Task:
    """A task that runs a nest.

    pieces: with nest.split, how many pieces the first reduced dimension is cut in, each ceil(size / pieces) long.
    """
    if nest.vector == "kept":
        nest, kept_sizes, operands = _with_columns(nest, kept_sizes, operands)
        nest, kept_sizes, operands = _longest_last(nest, kept_sizes, operands)
        kept_sizes, operands = _nearest_second(nest, kept_sizes, operands)
    sizes, tile = [*kept_sizes, *reduced_sizes], tile_dims(nest)
    turned = _turned(nest, sizes, operands)
    swept = not turned and _is_swept(nest, kept_sizes, reduced_sizes)
    if turned:
        blocks = _staged_blocks(nest, sizes)[: len(tile)]
    else:
        blocks = _blocks(nest, kept_sizes, math.prod(reduced_sizes), swept)
    values = {
        "status": STATUS,
        "pieces": pieces,
        "piece_length": ceil_div(reduced_sizes[0], pieces) if nest.split else 0,
    }
    values.update({f"size{d}": size for d, size in enumerate(sizes)})
    for dim, block in zip(tile, blocks):
        values[f"block{dim}"], values[f"blocks{dim}"] = block, ceil_div(sizes[dim], block)
    for k, operand in enumerate(operands):
        values.update(_operand_values(nest, k, operand))
    items = (
        math.prod(kept_sizes[: tile.start])
        * math.prod(values[f"blocks{d}"] for d in tile)
        * (pieces if nest.split else 1)
    )
    return Task(loop_kernel(nest, turned, swept), frame.fill(fields(nest), values), items)


def loop_kernel(nest: LoopNest, turned: frozenset[int] = frozenset(), swept: bool = False) -> Kernel:
    """The kernel of a nest's structure; `turned` are operands with neighbours along the last kept dimension but one;
    `swept` has it read a few rows at a time, over many columns."""
    constants = (i.attrs for stage in nest.stages for i in stage.instructions if i.fn == "const")
    return _loop_kernel(nest, turned, swept, tuple(repr(c) for c in constants if c == 0))


@cache
def _loop_kernel(nest: LoopNest, turned: frozenset[int], swept: bool, zeros: tuple[str, ...]) -> Kernel:
    """zeros: the constants that are equal, yet not the same: 0.0 and -0.0."""

    def item(b, words, number):
        NestWriter(b, nest, words, turned, swept).item(number)

    return Kernel(("loops", nest, tuple(sorted(turned)), swept, zeros), lambda: frame.write(fields(nest), item))


@cache
def fields(nest: LoopNest) -> dict[str, str]:
    """Names and types of a kernel's words, in order."""
    result = {f"base{k}": "i64" if a.memory == "iota" else "ptr" for k, a in enumerate(nest.operands)}
    dims = range(nest.kept + nest.reduced)
    names = [f"size{d}" for d in dims]
    names += [f"{name}{d}" for d in tile_dims(nest) for name in ("block", "blocks")]
    if nest.split:
        names += ["pieces", "piece_length", *(f"piece{k}" for k in sorted(nest.outputs))]
    names += [f"stride{k}.{d}" for k, a in enumerate(nest.operands) if a.memory != "scalar" for d in dims]
    masked = [k for k, access in enumerate(nest.operands) if access.bounds]
    names += [f"{side}{k}.{d}" for k in masked for d in dims for side in ("low", "high")]
    checked = _loaded(nest, checked=True)
    names += [f"{name}{k}" for k in checked for name in ("row_stride", "rows", "where")]
    return result | dict.fromkeys(names, "i64") | ({"status": "ptr"} if checked else {})


def _loaded(nest: LoopNest, checked: bool = False) -> list[int]:
    """The operands that are loaded; those at a row index only, where `checked`."""
    loads = (i for stage in nest.stages for i in stage.instructions if i.fn == "load" and (i.args or not checked))
    return sorted({i.attrs for i in loads})


def _operand_values(nest: LoopNest, k: int, operand: Operand) -> dict:
    """The words of one operand."""
    access, values = nest.operands[k], {f"piece{k}": operand.piece}
    if access.memory == "scalar":
        return {f"base{k}": Pointer(operand.pointer.slot, operand.pointer.offset + 8 * operand.scalar)}
    values[f"base{k}"] = operand.offset
    if access.memory == "array":
        start = operand.pointer.offset + operand.offset * access.dtype.itemsize
        values[f"base{k}"] = Pointer(operand.pointer.slot, start)
    values.update({f"stride{k}.{d}": stride for d, stride in enumerate(operand.strides)})
    for d, bounds in enumerate(operand.bounds or ()):
        values[f"low{k}.{d}"], values[f"high{k}.{d}"] = bounds or EVERYWHERE
    if operand.row:
        values[f"row_stride{k}"], values[f"rows{k}"], values[f"where{k}"] = operand.row
    return values


# ---- tiles ----


def _with_columns(nest: LoopNest, kept_sizes: Sequence[int], operands: Sequence[Operand]):
    """The same with a column dimension, where a nest has no kept dimension at all."""
    if nest.kept:
        return nest, tuple(kept_sizes), tuple(operands)
    wider = [replace(o, strides=(0, *o.strides), bounds=o.bounds and (None, *o.bounds)) for o in operands]
    return replace(nest, kept=1), (1,), tuple(wider)


def _longest_last(nest: LoopNest, kept_sizes: Sequence[int], operands: Sequence[Operand]):
    """The same with the last two dimensions exchanged, where the last is too short for vectors and some operand's
    neighbours lie along the other, a long one."""
    arrays = [o.strides for o, a in zip(operands, nest.operands) if a.memory == "array"]
    simple = not (any(a.bounds for a in nest.operands) or _loaded(nest, checked=True) or nest.reduced)
    short = nest.kept > 1 and kept_sizes[-1] <= FEW and kept_sizes[-2] >= LONG
    if not (simple and short and any(strides[-2] == 1 for strides in arrays)):
        return nest, kept_sizes, operands
    moved = [replace(o, strides=_exchanged(o.strides)) for o in operands]
    inners = [o.strides[-1] if o.strides and o.strides[-1] in (0, 1) else None for o in moved]
    accesses = tuple(replace(a, inner=i) if a.memory != "scalar" else a for a, i in zip(nest.operands, inners))
    return replace(nest, operands=accesses), _exchanged(tuple(kept_sizes)), tuple(moved)


def _exchanged(values: tuple) -> tuple:
    return (*values[:-2], values[-1], values[-2]) if values else ()


def _nearest_second(nest: LoopNest, kept_sizes: Sequence[int], operands: Sequence[Operand]):
    """Kept dimensions reordered so that an operand that jumps along the columns is walked smoothly along the rows."""
    jumps = [o for o, a in zip(operands, nest.operands) if a.inner is None and a.memory == "array"]
    if nest.kept < 3 or not jumps:
        return kept_sizes, operands
    candidates = [d for d in range(nest.kept - 1) if kept_sizes[d] > 1] or [nest.kept - 2]
    nearest = min(candidates, key=lambda d: (min(abs(o.strides[d]) or math.inf for o in jumps), -d))
    order = [d for d in range(nest.kept - 1) if d != nearest] + [nearest, nest.kept - 1]

    def reordered(values):
        return values and (*(values[d] for d in order), *values[nest.kept :])

    moved = [replace(o, strides=reordered(o.strides), bounds=reordered(o.bounds)) for o in operands]
    return reordered(tuple(kept_sizes)), tuple(moved)


def _turned(nest: LoopNest, sizes: Sequence[int], operands: Sequence[Operand]) -> frozenset[int]:
    """The operands to turn around, tile by tile: neighbours along the last dimension but one, a kept one."""
    if len(sizes) < 2 or nest.reduced != int(nest.vector == "reduced") or nest.split:
        return frozenset()
    if sizes[-1] < 2 or sizes[-2] < 2:
        return frozenset()
    if nest.vector == "reduced" and sizes[-1] > CAPACITY // LANES:
        return frozenset()
    checked, loaded = _loaded(nest, checked=True), _loaded(nest)
    return frozenset(
        k
        for k, (operand, access) in enumerate(zip(operands, nest.operands))
        if access.memory == "array" and access.inner is None and operand.strides[len(sizes) - 2] == 1
        if not access.bounds and k not in checked and not (k in nest.outputs and k in loaded)
    )


def _staged_blocks(nest: LoopNest, sizes: Sequence[int]) -> list[int]:
    """Rows and columns of a tile that fits in scratch memory; of a reduced dimension all columns are in it."""
    if nest.reduced:
        columns = ceil_div(sizes[-1], LANES) * LANES
    else:
        wanted = SQUARE // least(most(sizes[-2], FEW), NARROW)
        columns = least(_even(sizes[-1], wanted, LANES), 2 * wanted)
    rows = _even(sizes[-2], SQUARE // columns, LANES)
    return [least(rows, most(SQUARE // columns // LANES, 1) * LANES), columns]


def _is_swept(nest: LoopNest, kept_sizes: Sequence[int], reduced_sizes: Sequence[int]) -> bool:
    """Whether a sum over rows reads a few of them at a time: long ones, more than the caches hold."""
    first, later = nest.stages[0], nest.stages[1:]
    if nest.vector != "kept" or nest.reduced != 1 or kept_sizes[-1] < STRIP // 2:
        return False
    single = not (first.per_item or first.stores) and all(stage.per_item for stage in later)
    streamed = all(access.inner in (0, 1) for access in nest.operands)
    held = all(first.instructions[r.value].dtype is not bool_ for r in first.reductions)  # single bits are not
    return single and streamed and held and kept_sizes[-1] * reduced_sizes[0] >= STREAMED


def _blocks(nest: LoopNest, kept_sizes: Sequence[int], reduced: int, swept: bool = False) -> list[int]:
    """Lengths of the blocks that the tile's dimensions are cut in."""
    total = math.prod(kept_sizes) * reduced
    tile = most(SMALL_TILE, least(TILE, total // ITEMS)) // most(reduced, 1)
    sizes = [kept_sizes[d] for d in tile_dims(nest)]
    if nest.vector == "reduced":
        return [_even(size, tile, 1) for size in sizes]
    wanted = least(most(sizes[-1] // 4, WIDE[0]), STRIP) if swept else _wanted_columns(nest, sizes, reduced, tile)
    columns = _even(sizes[-1], wanted, LANES * 4)
    rows = [_even(size, tile // least(columns, most(sizes[-1], 1)), 1) for size in sizes[:-1]]
    return [*rows, columns]


def _wanted_columns(nest: LoopNest, sizes: Sequence[int], reduced: int, tile: int) -> int:
    """How many columns a tile should have."""
    if reduced > 1:
        return most(tile, least(most(WIDE[0], sizes[-1] // 8), WIDE[1]))
    jumps = any(access.inner is None for access in nest.operands)
    return NARROW if jumps and len(sizes) > 1 else tile


def _even(size: int, wanted: int, multiple: int) -> int:
    """The length of nearly equal blocks of about the wanted length, a multiple of `multiple`."""
    count = most(round(size / most(wanted, 1)), 1)
    return most(ceil_div(ceil_div(size, count), multiple), 1) * multiple
