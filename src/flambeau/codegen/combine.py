"""The last step of a product that was cut into pieces: their sums are added in order, finished and stored.

In: sums of the pieces, as dense matrices one behind the other. Out: a Task that stores the epilogue of their total,
anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from ..dtypes import dtype
from ..runtime.compile import Kernel
from ..runtime.execute import Pointer, Task
from . import epilogue as epilogues
from . import frame, registers
from .builder import Builder, Value, Values
from .frame import Words, ceil_div
from .indices import triple, weighted
from .loops import Access, Epilogue
from .packing import LARGEST_SQUARE, transposed
from .product import Grid, Triple, advance
from .targets import BY_NAME, Target

ITEM = 16384  # elements of a work item


@dataclass(frozen=True)
class Structure:
    """What is compiled into a kernel; operand 0 of the accesses is the result.

    turned: rows and columns are exchanged, except in the sums of the pieces, of which squares are transposed.
    """

    dtype: dtype
    target: str
    result: Access
    epilogue: Epilogue
    turned: bool = False


def combine_task(
    target: Target,
    of: dtype,
    pieces: int,
    batch: int,
    rows: Triple,
    columns: int,
    partial: Pointer,
    result: Grid,
    epilogue: Epilogue,
    operands: Sequence[Grid],
) -> Task:
    """result = epilogue(sum of the pieces).

    of: dtype of the product.  partial: [piece][batch][row][column], in the dtype that the product is computed in.
    """
    lanes, turned = target.lanes(registers.computed(of)), False
    if result.column not in (0, 1) and 1 < lanes <= LARGEST_SQUARE:
        steps = [_step(grid, rows) for grid in (result, *operands)]
        turned = steps[0] == 1 and None not in steps
    if turned:
        result, *operands = (_turned(grid, step) for grid, step in zip((result, *operands), steps))
        rows, columns = (1, 1, columns), rows[0] * rows[1] * rows[2]
    stored = Access(epilogues.result_dtype(epilogue, of), inner=_inner(result))
    accesses = tuple(replace(access, inner=_inner(at)) for access, at in zip(epilogue.operands, operands))
    structure = Structure(of, target.name, stored, replace(epilogue, operands=accesses), turned)
    count = rows[0] * rows[1] * rows[2]
    span = min(columns, ITEM // lanes) if turned else columns
    chunk = max(min(count, ITEM // max(span, 1)), 1)
    chunks, spans = ceil_div(count, chunk), ceil_div(columns, max(span, 1))
    values = {
        "partial": partial, "pieces": pieces, "piece": batch * count * columns, "chunks": chunks, "chunk": chunk,
        "spans": spans, "span": span, "count": count, "columns": columns,
        "rows0": rows[0], "rows1": rows[1], "rows2": rows[2],
    }  # fmt: skip
    for k, (access, grid) in enumerate(zip((stored, *accesses), (result, *operands))):
        values[f"base{k}"] = advance(grid.pointer, grid.offset * access.dtype.itemsize)
        values |= {f"batch{k}": grid.batch, f"column{k}": grid.column}
        values |= {f"row{k}.{d}": grid.rows[d] for d in range(3)}
    return Task(_kernel(structure), frame.fill(_fields(structure), values), batch * chunks * spans)


def _step(grid: Grid, rows: Triple) -> int | None:
    """0 where all rows of a grid stand in one place, 1 where they are neighbours, else None."""
    for step in (0, 1):
        strides = (rows[1] * rows[2] * step, rows[2] * step, step)
        if all(size == 1 or stride == found for size, stride, found in zip(rows, strides, grid.rows)):
            return step
    return None


def _turned(grid: Grid, step: int | None) -> Grid:
    """Columns as rows, and rows, `step` apart, as columns."""
    assert step is not None
    return Grid(grid.pointer, grid.offset, grid.batch, (0, 0, grid.column), step)


def _inner(grid: Grid) -> int | None:
    return grid.column if grid.column in (0, 1) else None


@cache
def _fields(structure: Structure) -> dict[str, str]:
    grids = range(len(structure.epilogue.operands) + 1)
    names = ["pieces", "piece", "chunks", "chunk", "spans", "span", "count", "columns", "rows0", "rows1", "rows2"]
    names += [name for k in grids for name in (f"batch{k}", f"column{k}", *(f"row{k}.{d}" for d in range(3)))]
    return dict.fromkeys(["partial", *(f"base{k}" for k in grids)], "ptr") | dict.fromkeys(names, "i64")


@cache
def _kernel(structure: Structure) -> Kernel:
    fields, target = _fields(structure), BY_NAME[structure.target]

    def item(b: Builder, words: Words, number: Value) -> None:
        Writer(b, structure, words).item(number)

    return Kernel(("combine", structure), lambda: frame.write(fields, item, target))


class Writer:
    """Writes the kernel of a Structure."""

    def __init__(self, b: Builder, structure: Structure, words: Words):
        self.b, self.s, self.words = b, structure, words
        self.accesses = (structure.result, *structure.epilogue.operands)
        self.sums = registers.computed(structure.dtype)
        self.lanes = b.target.lanes(self.sums)

    def item(self, number: Value) -> None:
        """A chunk of rows. The inner loop runs along the direction in which the result's elements are closer."""
        b, words = self.b, self.words
        batch, chunk, span = frame.digits(b, number, [b.const(0), words["chunks"], words["spans"]])
        first, last = frame.block_bounds(b, chunk, words["chunk"], words["count"])
        bases = [self.move(k, words[f"base{k}"], b.mul(batch, words[f"batch{k}"])) for k in range(len(self.accesses))]
        before = b.mul(batch, words["count"])
        if self.s.turned:
            left, right = frame.block_bounds(b, span, words["span"], words["columns"])
            before = b.mul(batch, words["columns"])
            with b.loop(first, last, self.lanes) as rows, b.loop(left, right, self.lanes) as columns:
                self.square(bases, before, rows.index, columns.index, last)
        elif self.s.result.inner == 1:
            with b.loop(first, last) as rows, b.loop(0, words["columns"], self.lanes) as columns:
                self.element(bases, before, rows.index, columns.index)
        else:
            with b.loop(0, words["columns"], self.lanes) as columns, b.loop(first, last) as rows:
                self.element(bases, before, rows.index, columns.index)

    def move(self, k: int, base: Value, elements: Value) -> Value:
        return self.b.gep(base, elements, registers.memory_type(self.accesses[k].dtype))

    def element(self, bases: Values, before: Value, row: Value, column: Value) -> None:
        """Neighbouring columns of one row."""
        b, words = self.b, self.words
        mask = b.first_lanes(b.sub(words["columns"], column), self.lanes)
        place = b.add(b.mul(b.add(before, row), words["columns"]), column)
        (total,) = self.totals([place], mask)
        self.finish(bases, row, column, total, mask)

    def square(self, bases: Values, before: Value, row: Value, column: Value, last: Value) -> None:
        """As many neighbouring rows as columns, where the pieces have rows side by side; columns that do not exist are
        the last one again."""
        b, words, lanes = self.b, self.words, self.lanes
        columns = [b.min(b.add(column, k), b.sub(words["columns"], 1)) for k in range(lanes)]
        places = [b.add(b.mul(b.add(before, k), words["count"]), row) for k in columns]
        left = b.sub(last, row)
        totals = transposed(b, self.totals(places, b.first_lanes(left, lanes)))
        copy = b.alloca(totals[0].type, lanes)
        for k, total in enumerate(totals):
            b.store(total, b.gep(copy, k, total.type))
        mask = b.first_lanes(b.sub(words["columns"], column), lanes)
        with b.loop(0, b.min(left, lanes)) as rows:
            total = b.load(totals[0].type, b.gep(copy, rows.index, totals[0].type))
            self.finish(bases, b.add(row, rows.index), column, total, mask)

    def finish(self, bases: Values, row: Value, column: Value, total: Value, mask: Value) -> None:
        """Stores the epilogue of neighbouring columns of one row."""
        b, words = self.b, self.words
        index = frame.digits(b, row, triple(words, "rows"))
        at = [self.move(k, base, self.offset(k, index, column)) for k, base in enumerate(bases)]
        sums = registers.rounded(b, self.s.dtype, total)
        steps = [words[f"column{k}"] for k in range(len(self.accesses))]
        value = epilogues.apply(b, self.s.epilogue, sums, at[1:], steps[1:], mask)
        self.store(value, at[0], mask)

    def offset(self, k: int, index: Values, column: Value) -> Value:
        b, words = self.b, self.words
        return b.add(b.mul(column, words[f"column{k}"]), weighted(b, index, triple(words, f"row{k}.")))

    def totals(self, places: Values, mask: Value) -> Values:
        """The sums over the pieces, in order, of the neighbours at some places."""
        b, words, element = self.b, self.words, registers.memory_type(self.sums)
        at = [b.gep(words["partial"], place, element) for place in places]
        first = [registers.load(b, self.sums, address, self.lanes, mask) for address in at]
        with b.loop(1, words["pieces"], carried=first) as pieces:
            step = b.mul(pieces.index, words["piece"])
            more = [registers.load(b, self.sums, b.gep(address, step, element), self.lanes, mask) for address in at]
            pieces.next([b.add(*pair) for pair in zip(pieces.carried, more)])
        return pieces.results

    def store(self, value: Value, at: Value, mask: Value) -> None:
        b, access = self.b, self.s.result
        if access.inner == 1 or self.lanes == 1:
            registers.store(b, access.dtype, value, at, mask)
        else:
            offsets = b.mul(b.steps(self.lanes), b.splat(self.words["column0"], self.lanes))
            addresses = b.gep(at, offsets, registers.memory_type(access.dtype))
            registers.scatter(b, access.dtype, value, addresses, mask)
