"""The loops of a LoopNest: tiles of kept dimensions, passes over reduced ones, vectors along one of them.

In: a LoopNest. Out: IR of one work item, a tile of the kept dimensions (the last one, or with vector="kept" the last
two; outer ones stand at one index). What an instruction means at a place is asked for by those that use it: what varies
inside a pass is computed anew in every pass that needs it, what does not vary along the vector only once, as a scalar.

The order of a sum follows from the sizes of the reduced dimensions alone. vector="kept": row-major, except that
four neighbours along the last reduced dimension are added first (a swept nest, which reads a few rows at a time over
many columns, keeps to that order). vector="reduced": the last reduced dimension is dealt
out over LANES lanes of four running values, outer dimensions in order; then the four are added, then halves of lanes.
The products of a "dot" enter one running value and are added in the order in which BLAS does so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate

from ..dtypes import dtype
from ..ir import INDEX_REDUCTIONS
from . import reduction, registers, scalar
from .builder import Builder, Value, lanes_of
from .frame import LANES, Words, block_bounds, digits
from .loops import Instruction, LoopNest, Reduction, Stage
from .walk import Place, Walk

UNROLL = 4
# Up to a cost (in additions an element), this many vectors are handled together, to hide latencies; heavier bodies
# overlap by themselves.
VECTORS = ((12, UNROLL), (40, 2))
FREE = frozenset({"load", "const", "reduced"})
STRIP = 1024  # columns whose running values stay in the nearest cache while rows are swept
SWEPT = 2 * UNROLL  # rows read side by side: as many streams as a processor foresees

Running = list[list[Value]]  # one running value for each reduction and copy
Given = dict  # what earlier stages found: by instruction number (per item) or by (stage, reduction)
Innermost = Callable[[Running, list[Value], Value, Value, Value], Running]


def tile_dims(nest: LoopNest) -> range:
    """The kept dimensions that are cut in blocks."""
    return range(max(nest.kept - (2 if nest.vector == "kept" else 1), 0), nest.kept)


class NestWriter:
    """Writes the work of one item of a nest."""

    def __init__(
        self, b: Builder, nest: LoopNest, words: Words, turned: frozenset[int] = frozenset(), swept: bool = False
    ):
        self.b, self.nest, self.words, self.swept = b, nest, words, swept
        self.walk = Walk(b, nest, words, turned)
        self.instructions = [i for stage in nest.stages for i in stage.instructions]
        ends = list(accumulate(len(stage.instructions) for stage in nest.stages))
        self.numbers = [range(end - len(stage.instructions), end) for stage, end in zip(nest.stages, ends)]
        cost = sum(scalar.flops(i.fn) for i in self.instructions if i.fn not in FREE)
        self.unroll = next((count for limit, count in VECTORS if cost <= limit), 1)
        self.piece: Value | None = None

    # ---- tiles ----

    def item(self, number: Value) -> None:
        """The tile of one item."""
        tile = tile_dims(self.nest)
        names = ["pieces"] * self.nest.split + [f"size{d}" for d in range(tile.start)] + [f"blocks{d}" for d in tile]
        place, position = self.walk.origin(), digits(self.b, number, [self.words[name] for name in names])
        if self.nest.split:
            self.piece = position.pop(0)
            for operand in self.nest.outputs:
                place = self.walk.shift(place, operand, self.b.mul(self.piece, self.words[f"piece{operand}"]))
        for dim in range(tile.start):
            place = self.walk.move(place, dim, position[dim])
        self._tile(place, list(tile), position[tile.start :])

    def _tile(self, place: Place, dims: Sequence[int], blocks: Sequence[Value]) -> None:
        """The loops over the tile's dimensions."""
        bounds = [
            block_bounds(self.b, block, self.words[f"block{dim}"], self.words[f"size{dim}"])
            for dim, block in zip(dims, blocks)
        ]
        if self.walk.turned:
            along = (
                [(self.b.const(0), self.words[f"size{self.walk.vector_dim}"])] if self.nest.vector == "reduced" else []
            )
            with self.walk.tile(place, *bounds, *along) as inside:
                self._within(inside, dims, bounds)
        else:
            self._within(place, dims, bounds)

    def _within(self, place: Place, dims: Sequence[int], bounds: Sequence[tuple[Value, Value]]) -> None:
        if not dims:
            self._row(place)
        elif dims[0] == self.walk.vector_dim:
            (self._strips if self.swept else self._columns)(place, *bounds[0])
        else:
            with self.b.loop(*bounds[0], hint="row") as row:
                self._within(self.walk.move(place, dims[0], row.index), dims[1:], bounds[1:])

    # ---- vectors along the last kept dimension ----

    def _columns(self, place: Place, start: Value, stop: Value, body: Callable[[list[Place]], None] | None = None):
        """Vectors of columns, several at a time; `body` does all stages for them unless another is given."""
        b, counts, body = self.b, [self.unroll], body or self._kept
        while self.nest.reduced and counts[-1] > 2:
            counts.append(counts[-1] // 2)  # few columns, many rows: what is left over is no small part
        for count in counts:
            end = self._whole(start, stop, count * LANES)
            with b.loop(start, end, count * LANES, hint="columns") as loop:
                body([self.walk.lanes(place, b.add(loop.index, u * LANES), None) for u in range(count)])
            start = end
        with b.loop(start, stop, LANES, hint="tail") as loop:
            body([self.walk.lanes(place, loop.index, self._mask(loop.index, stop))])

    def _kept(self, places: list[Place]) -> None:
        """All stages for some vectors of kept elements."""
        given: list[Given] = [{} for _ in places]
        for s, stage in enumerate(self.nest.stages):
            if stage.per_item or not self.nest.reduced:
                self._step(s, places, given)
                continue
            running = self._pass(self._start(stage, len(places)), self._row_by_row(stage, places, given))
            self._found(s, given, running)

    def _found(self, s: int, given: list[Given], running: Running) -> None:
        """Tells the later stages the results of stage `s`."""
        for found, mine in zip(given, _parts(running, len(given))):
            found.update({(s, r): self._result(self.nest.stages[s].reductions[r], one) for r, one in enumerate(mine)})

    # ---- the same, a few rows at a time over many columns ----

    def _strips(self, place: Place, start: Value, stop: Value) -> None:
        """The one pass of a nest over its rows, SWEPT of them for all columns of a strip, then those that follow; the
        running values are in the nearest cache. Memory is read in long runs; the order of each sum is the same."""
        b, stage = self.b, self.nest.stages[0]
        types = [v.type for one in self._start(stage, 1) for v in one]
        memory = [b.alloca(type, STRIP // LANES) for type in types]
        with b.loop(start, stop, STRIP, hint="strip") as strip:
            inside = strip.index, b.min(b.add(strip.index, STRIP), stop)

            def kept(places: list[Place]) -> list[list[Value]]:
                """Where the running values of some vectors are, a row of addresses for each vector."""
                columns = [b.sub(place.indices[self.walk.vector_dim], inside[0]) for place in places]
                vectors = [b.lshr(column, LANES.bit_length() - 1) for column in columns]
                return [[b.gep(base, at, type) for base, type in zip(memory, types)] for at in vectors]

            def put(places: list[Place], running: Running) -> None:
                for address, value in zip(_flat(kept(places)), _flat(running)):
                    b.store(value, address)

            def get(places: list[Place]) -> Running:
                values = [b.load(type, at) for row in kept(places) for type, at in zip(types, row)]
                return _like(self._start(stage, len(places)), values)

            def finish(places: list[Place]) -> None:
                given: list[Given] = [{} for _ in places]
                self._found(0, given, get(places))
                for s in range(1, len(self.nest.stages)):
                    self._step(s, places, given)

            self._columns(place, *inside, lambda places: put(places, self._start(stage, len(places))))
            self._sweep(place, inside, put, get)
            self._columns(place, *inside, finish)

    def _sweep(
        self,
        place: Place,
        columns: tuple[Value, Value],
        put: Callable[[list[Place], Running], None],
        get: Callable[[list[Place]], Running],
    ) -> None:
        """All rows (of the piece), SWEPT at a time, for the columns of a strip."""
        b, stage = self.b, self.nest.stages[0]

        def groups(_running, _indices, first, last, position):
            with b.loop(first, last, SWEPT, hint="rows") as rows:
                end = b.min(b.add(rows.index, SWEPT), last)

                def enter(places: list[Place]) -> None:
                    innermost = self._row_by_row(stage, places, [{} for _ in places])
                    put(places, innermost(get(places), [], rows.index, end, position))

                self._columns(place, *columns, enter)
            return []

        self._pass([], groups)

    def _row_by_row(self, stage: Stage, places: list[Place], given: list[Given]) -> Innermost:
        """The innermost loop of a pass: one by one along the last reduced dimension, for all vectors."""
        b, dim = self.b, self.nest.kept + self.nest.reduced - 1

        def rows(
            running: Running, outer: list[Place], index: Value, position: Value, count: int
        ) -> Iterable[list[Value]]:
            at = [b.add(index, k) for k in range(count)]
            positions = [b.splat(b.add(position, i), LANES) for i in at]
            for place, found, mine in zip(outer, given, _parts(running, len(places))):
                yield from self._enter(
                    stage, [Pass(self, self.walk.move(place, dim, i), found) for i in at], positions, mine
                )

        def innermost(running, indices, start, stop, position):
            outer = [self._at(place, indices) for place in places]
            for count in (UNROLL, 1) if self._ordered(stage) else (1,):
                end = self._whole(start, stop, count)
                with self._carrying(start, end, count, running) as (loop, inside):
                    loop.next(_flat(rows(inside, outer, loop.index, position, count)))
                start, running = end, _like(running, loop.results)
            return running

        return innermost

    # ---- vectors along the last reduced dimension ----

    def _row(self, place: Place) -> None:
        """All stages for one kept element."""
        given: Given = {}
        for s, stage in enumerate(self.nest.stages):
            if stage.per_item:
                self._step(s, [place], [given])
                continue
            width = UNROLL if stage.reductions else self.unroll
            running = self._pass(self._start(stage, width), self._dealt(stage, place, given, width))
            for r, reduce in enumerate(stage.reductions):
                of, copies = self._computed(reduce), running[r :: len(stage.reductions)]
                one = copies[0] if reduce.fn in reduction.CHAINED else reduction.tree(self.b, reduce.fn, of, copies)
                given[s, r] = self._result(reduce, reduction.across(self.b, reduce.fn, of, one))

    def _dealt(self, stage: Stage, place: Place, given: Given, width: int) -> Innermost:
        """The innermost loop of a pass: vectors along the last reduced dimension, dealt out over `width` copies."""
        b, count = self.b, len(stage.reductions)

        def vectors(running: Running, outer: Place, index: Value, position: Value, left: Value | None) -> Running:
            parts = _parts(running, width if left is None else 1)
            for u in range(len(parts)):
                at = b.add(index, u * LANES)
                positions = b.add(b.splat(b.add(position, at), LANES), b.steps(LANES))
                mask = None if left is None else b.first_lanes(left, LANES)
                one = Pass(self, self.walk.lanes(outer, at, mask), given)
                homes = [parts[0 if r.fn in reduction.CHAINED else u] for r in stage.reductions]
                entered = self._enter(stage, [one], [positions], [home[r] for r, home in enumerate(homes)], left)
                for r, home in enumerate(homes):
                    home[r] = entered[r]
            return [value for part in parts for value in part]

        def innermost(running, indices, start, stop, position):
            outer, main = self._at(place, indices), self._whole(start, stop, width * LANES)
            with self._carrying(start, main, width * LANES, running) as (loop, inside):
                loop.next(_flat(vectors(inside, outer, loop.index, position, None)))
            running = _like(running, loop.results)
            with self._carrying(main, stop, LANES, running[:count]) as (loop, inside):
                loop.next(_flat(vectors(inside, outer, loop.index, position, b.sub(stop, loop.index))))
            return _like(running[:count], loop.results) + running[count:]

        return innermost

    # ---- passes ----

    def _ordered(self, stage: Stage) -> bool:
        """Whether the result depends on the order, which then must not depend on how much is unrolled."""
        return any(r.fn in reduction.ROUNDED for r in stage.reductions)

    def _whole(self, start: Value, stop: Value, group: int) -> Value:
        """Where the last whole group (a power of two) between start and stop ends."""
        return self.b.add(start, self.b.and_(self.b.sub(stop, start), -group))

    def _mask(self, index: Value, stop: Value) -> Value:
        return self.b.first_lanes(self.b.sub(stop, index), LANES)

    def _start(self, stage: Stage, copies: int) -> Running:
        return [reduction.start(r.fn, self._computed(r), LANES) for _ in range(copies) for r in stage.reductions]

    def _computed(self, reduce: Reduction) -> dtype:
        """The dtype of the running value: 16-bit floats are rounded at the end only."""
        return registers.computed(self.instructions[reduce.value].dtype)

    def _result(self, reduce: Reduction, running: Sequence[Value]) -> Value:
        """What the later stages get: the value, or the position."""
        if reduce.fn in INDEX_REDUCTIONS:
            return running[1]
        return registers.rounded(self.b, self.instructions[reduce.value].dtype, running[0])

    def _pass(self, running: Running, innermost: Innermost, indices=(), position=None) -> Running:
        """Loops over the reduced dimensions after those of `indices`, around the innermost loop."""
        b, dim = self.b, len(indices)
        start, stop = b.const(0), self.words[f"size{self.nest.kept + dim}"]
        position = b.const(0) if position is None else b.mul(position, stop)
        if dim == 0 and self.nest.split:
            assert self.piece is not None
            start, stop = block_bounds(b, self.piece, self.words["piece_length"], stop)
        if dim == self.nest.reduced - 1:
            return innermost(running, list(indices), start, stop, position)
        with self._carrying(start, stop, 1, running) as (loop, inside):
            deeper = b.add(position, loop.index)
            loop.next(_flat(self._pass(inside, innermost, (*indices, loop.index), deeper)))
        return _like(running, loop.results)

    def _at(self, place: Place, indices: list[Value]) -> Place:
        for dim, index in enumerate(indices, self.nest.kept):
            place = self.walk.move(place, dim, index)
        return place

    @contextmanager
    def _carrying(self, start: Value, stop: Value, step: int, running: Running) -> Iterator[tuple]:
        with self.b.loop(start, stop, step, carried=_flat(running)) as loop:
            yield loop, _like(running, loop.carried)

    # ---- steps ----

    def _enter(
        self, stage: Stage, passes: list[Pass], positions: list[Value], running: Running, left: Value | None = None
    ) -> Running:
        """The running values after the elements of some passes, whose stores are done; left: how many lanes exist."""
        following = []
        for reduce, old in zip(stage.reductions, running):
            fn, of = reduce.fn, self._computed(reduce)
            values = [self._existing(reduce, one) for one in passes]
            if fn in INDEX_REDUCTIONS:
                for value, position in zip(values, positions):
                    old = reduction.enter(self.b, fn, of, old, value, position)
            elif fn in reduction.CHAINED and left is not None:
                old = [reduction.enter_last(self.b, fn, of, old[0], values[0], left)]
            else:
                (value,) = reduction.tree(self.b, fn, of, [[value] for value in values])
                old = [reduction.combine(self.b, fn, of, value, old[0])]
            following.append(old)
        self._store(stage, passes)
        return following

    def _existing(self, reduce: Reduction, one: Pass) -> Value:
        """An element for a reduction; the identity in lanes that do not exist along a reduced dimension."""
        value = one.vector(reduce.value)
        if self.nest.vector == "kept" or one.place.mask is None:
            return value
        nothing = reduction.identity(reduce.fn, self._computed(reduce), LANES)
        return self.b.select(one.place.mask, value, nothing)

    def _step(self, s: int, places: list[Place], given: list[Given]) -> None:
        """One step for each kept element; its values stay known to the stages that follow."""
        passes = [Pass(self, place, found) for place, found in zip(places, given)]
        for one, found in zip(passes, given):
            found.update({number: one.value(number) for number in self.numbers[s]})
        self._store(self.nest.stages[s], passes)

    def _store(self, stage: Stage, passes: list[Pass]) -> None:
        """All values first: a store may overwrite what a load of the same place still needs."""
        values = [[one.vector(value) for _, value in stage.stores] for one in passes]
        for one, row in zip(passes, values):
            for (operand, _), value in zip(stage.stores, row):
                self.walk.store(one.place, operand, value)


class Pass:
    """The values of instructions at one place, each computed when first asked for."""

    def __init__(self, writer: NestWriter, place: Place, given: Given):
        self.writer, self.place = writer, place
        self.known = dict(given)

    def vector(self, number: int) -> Value:
        """The value of an instruction in every lane."""
        return self.writer.b.splat(self.value(number), self.place.lanes)

    def value(self, number: int) -> Value:
        """The value of an instruction; a scalar where all lanes are alike."""
        if number not in self.known:
            self.known[number] = self._compute(self.writer.instructions[number])
        return self.known[number]

    def _compute(self, one: Instruction) -> Value:
        b = self.writer.b
        if one.fn == "const":
            return scalar.literal(one.dtype, one.attrs)
        if one.fn == "reduced":
            return self.known[one.attrs]
        args = [self.value(a) for a in one.args]
        if one.fn == "load":
            return self.writer.walk.load(self.place, one.attrs, args[0] if args else None)
        lanes = max(lanes_of(a.type) for a in args)
        source = self.writer.instructions[one.args[-1]].dtype
        return scalar.emit(b, one.fn, one.dtype, [b.splat(a, lanes) for a in args], lanes, source)


def _parts(running: Running, copies: int) -> list[Running]:
    """The running values of each copy."""
    count = len(running) // copies
    return [running[i * count : (i + 1) * count] for i in range(copies)]


def _flat(running: Iterable[list[Value]]) -> list[Value]:
    return [value for one in running for value in one]


def _like(running: Running, values: Sequence[Value]) -> Running:
    rest = iter(values)
    return [[next(rest) for _ in one] for one in running]
