"""Where a loop nest stands: the bases of its operands, the indices of its dimensions, and the loads and stores there.

In: a LoopNest, the kernel's words. Out: IR for moving along dimensions and for reading and writing operands at a place.
A Place is immutable: moving gives a new one, so that a loop's body cannot disturb what comes after the loop. Memory is
touched only where the mask is set, the bounds hold and the row exists.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from .. import dtypes
from . import registers, scalar
from .builder import Builder, Value, constant, lanes_of, vector
from .frame import LANES, Words, report
from .loops import Access, LoopNest
from .staging import CAPACITY, Lines, transpose


@dataclass(frozen=True)
class Place:
    """A position of the walk.

    bases: address (array), element number (iota) or word's address (scalar) of every operand;
    indices: index along every dimension (of lane 0 along the vector dimension), 0 before it is entered;
    lanes: elements handled together;  mask: which of them exist (None: all).
    """

    bases: tuple[Value, ...]
    indices: tuple[Value, ...]
    lanes: int = 1
    mask: Value | None = None


class Walk:
    """Moves and memory accesses of one kernel."""

    def __init__(self, b: Builder, nest: LoopNest, words: Words, turned: frozenset[int] = frozenset()):
        self.b, self.nest, self.words, self.turned = b, nest, words, turned
        self.staged: frozenset[int] = frozenset()  # the turned operands, while their tile is in scratch memory
        self.step: Value = b.const(0)  # elements between the rows of such a tile
        self.vector_dim = (nest.kept if nest.vector == "kept" else nest.kept + nest.reduced) - 1

    def origin(self) -> Place:
        """All indices 0."""
        bases = tuple(self.words[f"base{k}"] for k in range(len(self.nest.operands)))
        return Place(bases, (self.b.const(0),) * (self.nest.kept + self.nest.reduced))

    def stride(self, operand: int, dim: int) -> Value:
        """Elements between neighbours along a dimension."""
        if operand in self.staged and dim == self.vector_dim - 1:
            return self.step
        inner = self.inner(operand) if dim == self.vector_dim else None
        return self.words[f"stride{operand}.{dim}"] if inner is None else self.b.const(inner)

    def inner(self, operand: int) -> int | None:
        """The stride along the vector dimension, where it is known."""
        return 1 if operand in self.staged else self.nest.operands[operand].inner

    def move(self, place: Place, dim: int, index: Value) -> Place:
        """The place with the index along a dimension, 0 before, set."""
        bases = tuple(
            base if access.memory == "scalar" else self._advance(k, base, self.b.mul(index, self.stride(k, dim)))
            for k, (base, access) in enumerate(zip(place.bases, self.nest.operands))
        )
        indices = (*place.indices[:dim], index, *place.indices[dim + 1 :])
        return replace(place, bases=bases, indices=indices)

    def shift(self, place: Place, operand: int, elements: Value) -> Place:
        """The place with one operand's base moved."""
        moved = self._advance(operand, place.bases[operand], elements)
        return replace(place, bases=(*place.bases[:operand], moved, *place.bases[operand + 1 :]))

    def lanes(self, place: Place, index: Value, mask: Value | None) -> Place:
        """The place standing on LANES neighbours along the vector dimension, the first at `index`."""
        return replace(self.move(place, self.vector_dim, index), lanes=LANES, mask=mask)

    def _advance(self, operand: int, base: Value, elements: Value) -> Value:
        access = self.nest.operands[operand]
        if access.memory == "array":
            return self.b.gep(base, elements, registers.memory_type(access.dtype))
        return self.b.add(base, elements)

    def _steps(self, place: Place, operand: int) -> Value:
        """Element offsets of the lanes from the base."""
        steps = self.b.steps(place.lanes)
        stride = self.stride(operand, self.vector_dim)
        return self.b.mul(steps, self.b.splat(stride, place.lanes))

    # ---- reading ----

    def load(self, place: Place, operand: int, row: Value | None) -> Value:
        """The elements of an operand; one scalar where its vector stride is 0."""
        access = self.nest.operands[operand]
        if access.memory == "scalar":
            return self._number(place.bases[operand], access)
        lanes = 1 if self.uniform(operand, row) else place.lanes
        here = replace(place, lanes=lanes)
        if access.memory == "iota":
            return self._positions(here, operand)
        mask = self._in_bounds(here, operand) if access.bounds else None
        base, offsets = place.bases[operand], None
        if row is not None:
            mask, elements = self._row(here, operand, row, mask)
            if elements.type == "i64":
                base = self._advance(operand, base, elements)
            else:
                offsets = elements
        return self._read(here, operand, base, offsets, mask)

    def uniform(self, operand: int, row: Value | None) -> bool:
        """Whether all lanes read the same element."""
        access = self.nest.operands[operand]
        return access.inner == 0 and not access.bounds and (row is None or row.type == "i64")

    def _number(self, base: Value, access: Access) -> Value:
        """A number of the plan's scalar table."""
        held = dtypes.float64 if access.dtype.is_floating_point else dtypes.int64
        value = registers.load(self.b, held, base)
        return scalar.emit(self.b, "cast", access.dtype, [value], 1, held)

    def _positions(self, place: Place, operand: int) -> Value:
        first = place.bases[operand]
        if place.lanes == 1:
            return first
        return self.b.add(self.b.splat(first, place.lanes), self._steps(place, operand))

    def _read(self, place: Place, operand: int, base: Value, offsets: Value | None, checked: Value | None) -> Value:
        """Elements at base, along the vector dimension or at offsets; the fill value where a check failed."""
        access = self.nest.operands[operand]
        if place.lanes == 1:
            return self._read_one(access, base, checked)
        b, mask = self.b, self._both(place.mask, checked)
        inner = self.inner(operand)
        if offsets is None and inner == 1:
            value = registers.load(b, access.dtype, base, place.lanes, mask)
        elif offsets is None and inner == -1:
            last = self._addresses(access, base, b.const(1 - place.lanes))
            value = _reversed(b, registers.load(b, access.dtype, last, place.lanes, mask and _reversed(b, mask)))
        elif offsets is None and inner == 2:
            both = registers.load(b, access.dtype, base, 2 * place.lanes, self._spread(place, mask))
            value = b.shuffle(both, None, range(0, 2 * place.lanes, 2))
        else:
            steps = self._steps(place, operand)
            offsets = steps if offsets is None else b.add(offsets, steps)
            value = registers.gather(
                b, access.dtype, self._addresses(access, base, offsets), mask or self._all(place.lanes)
            )
        if checked is None or access.fill == 0:
            return value
        return b.select(checked, value, scalar.literal(access.dtype, access.fill, place.lanes))

    def _read_one(self, access: Access, base: Value, checked: Value | None) -> Value:
        if checked is None:
            return registers.load(self.b, access.dtype, base)
        fill = scalar.literal(access.dtype, access.fill)
        (value,) = self.b.if_else(checked, lambda: [registers.load(self.b, access.dtype, base)], lambda: [fill])
        return value

    def _addresses(self, access: Access, base: Value, offsets: Value) -> Value:
        return self.b.gep(base, offsets, registers.memory_type(access.dtype))

    def _all(self, lanes: int) -> Value:
        return constant(1, vector("i1", lanes))

    def _both(self, a: Value | None, c: Value | None) -> Value | None:
        if a is None or c is None:
            return c if a is None else a
        return self.b.and_(a, c)

    def _in_bounds(self, place: Place, operand: int) -> Value | None:
        """Where the run-time range of every dimension holds."""
        b, result = self.b, None
        for dim, index in enumerate(place.indices):
            lanes = place.lanes if dim == self.vector_dim else 1
            low, high = (b.splat(self.words[f"{side}{operand}.{dim}"], lanes) for side in ("low", "high"))
            index = b.add(b.splat(index, lanes), b.steps(lanes))
            inside = b.and_(b.icmp("sge", index, low), b.icmp("slt", index, high))
            result = self._both(result, b.splat(inside, place.lanes))
        return result

    def _row(self, place: Place, operand: int, row: Value, mask: Value | None) -> tuple[Value | None, Value]:
        """The mask narrowed to rows that exist, and the elements to move by; rows that do not are reported."""
        b, lanes = self.b, lanes_of(row.type)
        count = self.words[f"rows{operand}"]
        exists = b.icmp("ult", row, b.splat(count, lanes))
        missing, wanted = b.not_(exists), self._both(mask, place.mask) if lanes > 1 else None
        if wanted is not None:
            missing = b.and_(wanted, missing)
        report(b, self.words["status"], self.words[f"where{operand}"], row, missing, count)
        row = b.select(exists, row, constant(0, row.type))  # an address for lanes that are masked off, too
        elements = b.mul(row, b.splat(self.words[f"row_stride{operand}"], lanes))
        return self._both(mask, b.splat(exists, place.lanes)), elements

    # ---- writing ----

    def store(self, place: Place, operand: int, value: Value) -> None:
        """Writes the elements of an operand."""
        b, access, base = self.b, self.nest.operands[operand], place.bases[operand]
        value = b.splat(value, place.lanes)
        if place.lanes == 1:
            registers.store(b, access.dtype, value, base)
        elif self.inner(operand) == 1:
            registers.store(b, access.dtype, value, base, place.mask)
        elif self.inner(operand) == 2:
            doubled = b.shuffle(value, None, [k // 2 for k in range(2 * place.lanes)])
            registers.store(b, access.dtype, doubled, base, self._spread(place, place.mask))
        else:
            addresses = self._addresses(access, base, self._steps(place, operand))
            registers.scatter(b, access.dtype, value, addresses, place.mask or self._all(place.lanes))

    def _spread(self, place: Place, mask: Value | None) -> Value:
        """A mask for every other of twice as many elements."""
        lanes = range(2 * place.lanes)
        mask = mask or self._all(place.lanes)
        return self.b.shuffle(mask, constant(0, mask.type), [k // 2 if k % 2 == 0 else place.lanes for k in lanes])

    # ---- turned operands ----

    @contextmanager
    def tile(self, place: Place, rows: tuple[Value, Value], columns: tuple[Value, Value]) -> Iterator[Place]:
        """The place inside a tile (first and past-the-last index of either dimension) whose turned operands are in
        scratch memory: inputs are brought there before, outputs taken from there afterwards."""
        b, size = self.b, (self.b.sub(rows[1], rows[0]), self.b.sub(columns[1], columns[0]))
        here = self.move(self.move(place, self.vector_dim - 1, rows[0]), self.vector_dim, columns[0])
        step, bases = b.and_(b.add(size[1], LANES - 1), -LANES), list(place.bases)
        scratch = {k: b.alloca(self._memory(k), CAPACITY) for k in sorted(self.turned)}
        ahead = self._written_straight(here)
        for k, memory in scratch.items():
            first = b.add(b.mul(rows[0], step), columns[0])
            bases[k] = b.gep(memory, b.sub(0, first), self._memory(k))
            if k not in self.nest.outputs:
                transpose(b, self._columns(here, k), Lines(memory, step, self._memory(k)), size, ahead)
                ahead = []
        self.staged, self.step = self.turned, step
        yield replace(place, bases=tuple(bases))
        self.staged = frozenset()
        for k in sorted(self.turned & self.nest.outputs):
            staged = Lines(scratch[k], step, self._memory(k))
            transpose(b, staged, self._columns(here, k), size[::-1])

    def _columns(self, place: Place, operand: int) -> Lines:
        """A turned operand's lines: columns of the tile."""
        step = self.words[f"stride{operand}.{self.vector_dim}"]
        return Lines(place.bases[operand], step, self._memory(operand))

    def _written_straight(self, place: Place) -> list[Lines]:
        """The rows of the tile in outputs that are not turned."""
        outputs = sorted(k for k in self.nest.outputs - self.turned if self.inner(k) == 1)
        return [Lines(place.bases[k], self.stride(k, self.vector_dim - 1), self._memory(k)) for k in outputs]

    def _memory(self, operand: int) -> str:
        return registers.memory_type(self.nest.operands[operand].dtype)


def _reversed(b: Builder, value: Value) -> Value:
    """A vector's lanes in reverse order."""
    return b.shuffle(value, None, range(lanes_of(value.type) - 1, -1, -1))
