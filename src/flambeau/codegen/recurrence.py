"""Recurrent layers over time: all steps of one layer in one direction as one task, forwards or backwards.

In: a Recurrence: sizes, and where its arrays stand. Out: launches, to be run in order, and the bytes of workspace that
they want. Rows of the batch never meet: a work item is a block of rows, which walks all steps with its states in the
cache. The blocks follow from the size of the batch alone.

Data is packed: the rows of all sequences at step 0, at step 1 and so on; `offsets` (steps + 1) says where steps begin.
The sequences are sorted, longest first, so that the rows of a step are the first ones of the batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from ..cells import CELLS, Cell
from ..dtypes import dtype
from ..runtime.compile import Kernel
from ..runtime.execute import Launch, Pointer, Task
from . import frame
from .cut import NOWHERE, Workspace, worth_threads
from .frame import ceil_div
from .microkernel import Tile, tile_for
from .packing import Source, pack_task, packed_bytes
from .product import Matrix
from .recurrence_steps import MOST_ROWS, BackwardWriter, ForwardWriter, Structure
from .targets import BY_NAME, Target, host

FEWEST_ITEMS = 2  # for two threads, if there are so many rows
NEAR_WEIGHTS = 1 << 17  # bytes that are read again for each few rows, from the second-level cache, at no cost
TILE_ROWS = 8  # more would leave many rows over

# Arrays besides the weights, in the order of a kernel's words, forwards and backwards.
ARRAYS = {
    True: ("x", "h0", "c0", "bias", "offsets", "hs", "h", "c", "before", "c_before", "gates", "products",
           "projected"),
    False: ("gates", "before", "c_before", "offsets", "dhs", "dh", "dc", "dx", "dproducts", "dh0", "dc0", "total",
            "output", "projected"),
}  # fmt: skip
SIZES = ("steps", "first_step", "step", "batch", "rows", "units", "outputs")


@dataclass(frozen=True)
class Recurrence:
    """What to compute; the roles of arrays and their shapes are those of `ir.recur`.

    rows: of the packed data.  arrays: operands, and those results that are wanted.  weight: (gates * units, outputs).
    projection: (outputs, units) where the hidden states are projected, so that outputs is not units.
    """

    cell: str
    forward: bool
    reverse: bool
    dtype: dtype
    steps: int
    rows: int
    batch: int
    units: int
    outputs: int
    arrays: Mapping[str, Pointer]
    weight: Matrix
    projection: Matrix | None = None

    @property
    def kind(self) -> Cell:
        return CELLS[self.cell]

    @property
    def flops(self) -> int:
        """Multiplications and additions of the products."""
        return 2 * self.rows * self.kind.gates * self.units * self.outputs


def recurrence_launches(
    r: Recurrence, workspace: Pointer = NOWHERE, target: Target | None = None
) -> tuple[list[Launch], int]:
    """The launches of a Recurrence.

    workspace: as for `contraction.matmul_launches`.
    """
    target, space = target or host(), Workspace(workspace)
    arrays = dict(r.arrays)
    for name, elements in _needed(r).items():
        if name not in arrays:
            arrays[name] = space.take(elements * r.dtype.itemsize)
    structure = _structure(r, target, arrays)
    packings = [_packed(r, target, *operand, space) for operand in _weights(r, structure)]
    order = {"first_step": r.steps - 1, "step": -1} if r.reverse == r.forward else {"first_step": 0, "step": 1}
    values = {
        **arrays, "weight": packings[0][1], "projection": packings[-1][1], "steps": r.steps, **order,
        "batch": r.batch, "rows": _item_rows(r), "units": r.units, "outputs": r.outputs,
    }  # fmt: skip
    task = Task(_kernel(structure), frame.fill(_fields(structure), values), ceil_div(r.batch, values["rows"]))
    moved = 2 * r.kind.gates * r.units * r.outputs * r.dtype.itemsize
    pack = Launch([packing for packing, _ in packings], "pack", moved, 0, worth_threads(moved, 0))
    return [pack, Launch([task], f"{r.cell} over time", moved, r.flops, worth_threads(0, r.flops))], space.bytes


def _needed(r: Recurrence) -> dict[str, int]:
    """Arrays that a kernel cannot do without, wanted or not, and their elements; the last two live for a step."""
    states = {"h": r.batch * r.outputs, "c": r.batch * r.units if r.kind.stateful else 0}
    if r.forward:
        needed = {"hs": r.rows * r.outputs, **states, "products": r.batch * r.kind.gates * r.units}
    else:
        gates = r.rows * r.kind.gates * r.units
        needed = {"dx": gates, "dproducts": gates if r.kind.mixes else 0, "dh0": states["h"], "dc0": states["c"]}
        needed |= {"total": r.rows * r.outputs} if r.projection else {}
    needed["projected"] = r.batch * r.units if r.projection else 0
    return {name: elements for name, elements in needed.items() if elements}


def _item_rows(r: Recurrence) -> int:
    """Rows of a work item: many, so that large weights are read seldom; fewer, for more threads, if they are near."""
    near = r.kind.gates * r.units * r.outputs * r.dtype.itemsize <= NEAR_WEIGHTS
    items = max(ceil_div(r.batch, MOST_ROWS // 2 if near else MOST_ROWS), min(FEWEST_ITEMS, r.batch))
    return ceil_div(r.batch, items)


def _weights(r: Recurrence, s: Structure) -> Iterator[tuple[Tile, Matrix, tuple[int, int]]]:
    """The right operands of the products: their tiles, where they stand, their shapes."""
    gates = r.kind.gates * r.units
    yield (
        (s.weight, r.weight.transposed(), (r.outputs, gates)) if r.forward else (s.weight, r.weight, (gates, r.outputs))
    )
    if s.projection and r.projection:
        across = r.projection.transposed() if r.forward else r.projection
        yield s.projection, across, (r.units, r.outputs) if r.forward else (r.outputs, r.units)


def _structure(r: Recurrence, target: Target, arrays: Mapping[str, Pointer]) -> Structure:
    gates, names = r.kind.gates * r.units, tuple(name for name in ARRAYS[r.forward] if name in arrays)
    weight, projection = (gates, r.outputs) if r.forward else (r.outputs, r.units)
    tiles = _tile(target, r.dtype, weight), _tile(target, r.dtype, projection) if r.projection else None
    return Structure(r.cell, r.forward, r.dtype, target.name, names, *tiles)


def _tile(target: Target, of: dtype, columns: int) -> Tile:
    """The tile of a product; vectors even for a single column, and as wide as those of the cells."""
    tile = tile_for(replace(target, halves=False), of, MOST_ROWS, max(columns, 2))
    return Tile(min(tile.rows, TILE_ROWS), tile.vectors, tile.lanes)


def _packed(r: Recurrence, target: Target, tile: Tile, w: Matrix, shape: tuple[int, int], space: Workspace):
    """The task that packs a matrix of a shape (summed indices, columns), and where to."""
    sums, columns = shape
    source = Source(w.pointer, w.offset, 0, (0, 0, w.row_stride), w.column_stride)
    to = space.take(packed_bytes(r.dtype, tile, 1, (1, 1, sums), columns))
    return pack_task(target, r.dtype, tile, 1, (1, 1, sums), columns, source, to), to


@cache
def _fields(structure: Structure) -> dict[str, str]:
    """Names and types of the words."""
    weights = ("weight", "projection") if structure.projected else ("weight",)
    return dict.fromkeys((*structure.arrays, *weights), "ptr") | dict.fromkeys(SIZES, "i64")


@cache
def _kernel(structure: Structure) -> Kernel:
    writer = ForwardWriter if structure.forward else BackwardWriter

    def item(b, words, number):
        writer(b, structure, words).item(number)

    return Kernel(("recurrence", structure), lambda: frame.write(_fields(structure), item, BY_NAME[structure.target]))
