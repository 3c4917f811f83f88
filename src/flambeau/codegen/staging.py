"""Tiles turned around in registers: what lies side by side along one dimension is laid side by side along the other.

In: addresses of a tile in memory and in scratch memory. Out: IR that copies the tile, transposed, in squares of LANES x
LANES. Read element by element, lines that lie a power of two apart would fall out of the cache before they are used up.
Memory outside the tile is not touched.
"""

from __future__ import annotations

from .builder import Builder, Value, constant, vector
from .frame import LANES

CAPACITY = 16384  # elements of a tile in scratch memory


def transpose(
    b: Builder,
    element: str,
    source: Value,
    source_step: Value,
    target: Value,
    target_step: Value,
    size: tuple[Value, Value],
) -> None:
    """target[i * target_step + j] = source[i + j * source_step] for (i, j) below size; steps in elements.

    element: LLVM type of the elements in memory.
    """
    with b.loop(0, size[0], LANES) as i, b.loop(0, size[1], LANES) as j:
        left = b.sub(size[0], i.index), b.sub(size[1], j.index)
        start = b.gep(source, b.add(i.index, b.mul(j.index, source_step)), element)
        end = b.gep(target, b.add(b.mul(i.index, target_step), j.index), element)
        whole = b.icmp("sge", b.min(*left), LANES)
        with b.if_(whole):
            _square(b, element, start, source_step, end, target_step, None)
        with b.if_(b.not_(whole)):
            _square(b, element, start, source_step, end, target_step, left)


def _square(
    b: Builder, element: str, source: Value, source_step: Value, target: Value, target_step: Value, left: tuple | None
) -> None:
    """One square; `left` are the elements that exist along either side (None: all)."""
    type = vector(element, LANES)
    rows = []
    for j in range(LANES):
        address = b.gep(source, b.mul(source_step, j), element)
        rows.append(
            b.load(type, address) if left is None else b.masked_load(type, address, _mask(b, left[0], left[1], j))
        )
    for i, column in enumerate(transposed(b, rows)):
        address = b.gep(target, b.mul(target_step, i), element)
        if left is None:
            b.store(column, address)
        else:
            b.masked_store(column, address, _mask(b, left[1], left[0], i))


def _mask(b: Builder, along: Value, across: Value, index: int) -> Value:
    """The lanes that exist in vector `index`: none where the vector itself does not."""
    count = b.select(b.icmp("sgt", across, index), along, constant(0, "i64"))
    return b.first_lanes(count, LANES)


def transposed(b: Builder, rows: list[Value]) -> list[Value]:
    """LANES vectors of LANES elements, transposed: pairs of vectors exchange halves, then quarters, and so on."""
    distance = LANES // 2
    while distance:
        result = list(rows)
        for i in range(LANES):
            if not i & distance:
                pair = rows[i], rows[i + distance]
                result[i] = b.shuffle(*pair, [j if not j & distance else LANES + j - distance for j in range(LANES)])
                result[i + distance] = b.shuffle(
                    *pair, [j + distance if not j & distance else LANES + j for j in range(LANES)]
                )
        rows, distance = result, distance // 2
    return rows
