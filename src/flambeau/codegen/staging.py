"""Tiles turned around in registers: what lies side by side along one dimension is laid side by side along the other.

In: the lines of a tile in memory and in scratch memory. Out: IR that copies the tile, transposed, in squares of LANES x
LANES, with narrow parts at the edges. Read element by element, lines that lie a power of two apart would fall out of
the cache before they are used up. Memory outside the tile is not touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .builder import Builder, Value, constant, lanes_of, vector
from .frame import LANES

CAPACITY = 16384  # elements of a tile in scratch memory
NARROW = 4  # the shorter side of the parts that a tile's edges are cut in
DISTANCE = 2 * LANES  # elements that the tile's source is asked for in advance
Pair = tuple[int, int]
Size = tuple[Value, Value]
Steps = tuple[Value, int]


class Lines(NamedTuple):
    """Lines of neighbouring elements: where the first begins, elements from one to the next, their LLVM type."""

    address: Value
    step: Value
    element: str

    def line(self, b: Builder, number: int) -> Value:
        """The address of one of them."""
        return b.gep(self.address, b.mul(self.step, number), self.element)

    def at(self, b: Builder, line: Value, index: Value) -> Lines:
        """The lines from an element on."""
        return self._replace(address=b.gep(self.address, b.add(index, b.mul(line, self.step)), self.element))


def transpose(b: Builder, source: Lines, target: Lines, size: Size, ahead: Sequence[Lines] = ()) -> None:
    """Element j of the target's line i = element i of the source's line j, for (i, j) below size.

    ahead: lines like the target's that the tile's later work touches: they are asked for, square by square.
    """
    whole = [b.and_(length, -LANES) for length in size]
    with b.loop(0, whole[0], LANES) as i, b.loop(0, whole[1], LANES) as j:
        for lines in (source.at(b, j.index, b.add(i.index, DISTANCE)), *(a.at(b, i.index, j.index) for a in ahead)):
            _ask_for(b, lines)
        _part(b, source.at(b, j.index, i.index), target.at(b, i.index, j.index), (LANES, LANES))
    _edge(b, source, target, size, (whole[0], NARROW), (b.const(0), LANES), whole[1])
    _edge(b, source, target, size, (b.const(0), LANES), (whole[1], NARROW), size[1])


def _edge(b: Builder, source: Lines, target: Lines, size: Size, rows: Steps, columns: Steps, stop: Value) -> None:
    """What is left beside whole squares: the target's lines from a first one on, their elements from a first to `stop`,
    so many at a time of either."""
    with b.loop(rows[0], size[0], rows[1]) as i, b.loop(columns[0], stop, columns[1]) as j:
        left = b.sub(size[0], i.index), b.sub(size[1], j.index)
        place = source.at(b, j.index, i.index), target.at(b, i.index, j.index)
        _part(b, *place, (rows[1], columns[1]), left)


def _ask_for(b: Builder, lines: Lines) -> None:
    """Has LANES lines brought to the second-level cache; in the first, equally distant ones displace each other."""
    for k in range(LANES):
        b.prefetch(lines.line(b, k), locality=2)


def _part(b: Builder, source: Lines, target: Lines, shape: Pair, left: Size | None = None) -> None:
    """One part; `left` are the elements that exist along either side (None: all)."""
    type, rows = vector(source.element, shape[0]), []
    for j in range(shape[1]):
        address = source.line(b, j)
        if left is None:
            rows.append(b.load(type, address))
        else:
            rows.append(b.masked_load(type, address, _mask(b, shape[0], *left, j)))
    for i, column in enumerate(transposed(b, rows)):
        if left is None:
            b.store(column, target.line(b, i))
        else:
            b.masked_store(column, target.line(b, i), _mask(b, shape[1], *left[::-1], i))


def _mask(b: Builder, lanes: int, along: Value, across: Value, index: int) -> Value:
    """The lanes that exist in vector `index`: none where the vector itself does not."""
    count = b.select(b.icmp("sgt", across, index), along, constant(0, "i64"))
    return b.first_lanes(count, lanes)


def transposed(b: Builder, rows: list[Value]) -> list[Value]:
    """Vectors of elements, transposed; their number and length are powers of two.

    Squares along the diagonal of the shorter side exchange halves, then quarters, and so on; longer vectors are cut
    into the columns afterwards, more vectors are joined to longer rows beforehand.
    """
    count, length = len(rows), lanes_of(rows[0].type)
    side = min(count, length)
    if count > side:
        rows = [_joined(b, rows[k::side]) for k in range(side)]
    distance = side // 2
    while distance:
        rows, distance = _exchanged(b, rows, distance), distance // 2
    if length > side:
        return [b.shuffle(rows[k % side], None, range(k - k % side, k - k % side + side)) for k in range(length)]
    return rows


def _joined(b: Builder, parts: list[Value]) -> Value:
    """Vectors, neighbours first, made one."""
    while len(parts) > 1:
        both = range(2 * lanes_of(parts[0].type))
        parts = [b.shuffle(*parts[k : k + 2], both) for k in range(0, len(parts), 2)]
    return parts[0]


def _exchanged(b: Builder, rows: list[Value], distance: int) -> list[Value]:
    """Pairs of vectors so far apart exchange lanes so far apart, in each square along them."""
    result, lanes = list(rows), range(lanes_of(rows[0].type))
    for i in range(len(rows)):
        if not i & distance:
            pair = rows[i], rows[i + distance]
            low = [j if not j & distance else len(lanes) + j - distance for j in lanes]
            high = [j + distance if not j & distance else len(lanes) + j for j in lanes]
            result[i], result[i + distance] = b.shuffle(*pair, low), b.shuffle(*pair, high)
    return result
