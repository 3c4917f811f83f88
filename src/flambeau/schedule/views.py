"""Strided views as arithmetic: composing them, merging dimensions, telling plain ones.

A view of a dense array maps index i to flat element offset + sum(i * strides). Everything here is exact: what cannot be
said with one stride a dimension is refused (None), never approximated.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence

from ..ir import Node, contiguous_strides

Strides = tuple[int, ...]


def merge_dims(shape: Sequence[int], strides: Sequence[int]) -> tuple[list[int], list[int]]:
    """The same walk with as few dimensions as possible: sizes and strides, no dimension of size 1."""
    sizes: list[int] = []
    steps: list[int] = []
    for size, stride in zip(shape, strides):
        if size == 1:
            continue
        if sizes and steps[-1] == stride * size:
            sizes[-1] *= size
            steps[-1] = stride
        else:
            sizes.append(size)
            steps.append(stride)
    return sizes, steps


def coordinates(flat: int, own: Sequence[int]) -> list[int]:
    """A signed distance in a row-major array as one step in each of its dimensions."""
    sign = -1 if flat < 0 else 1
    flat = abs(flat)
    steps = []
    for stride in own:
        steps.append(sign * (flat // stride))
        flat %= stride
    return steps


def compose(
    shape: Sequence[int],
    strides: Sequence[int],
    offset: int,
    inner_shape: Sequence[int],
    inner: Strides,
    inner_offset: int,
) -> tuple[Strides, int] | None:
    """The view `shape, strides, offset` of an array that is itself the view `inner_shape, inner, inner_offset`.

    Returns strides and offset in the inner view's source, or None where no single stride a dimension can say it.
    """
    if 0 in shape or 0 in inner_shape:
        return (0,) * len(shape), 0
    sizes, steps = merge_dims(inner_shape, inner)
    own = contiguous_strides(sizes)
    low = coordinates(offset, own)
    high = list(low)
    start = inner_offset + sum(c * step for c, step in zip(low, steps))
    result = []
    for size, stride in zip(shape, strides):
        walk = coordinates(stride, own) if size > 1 else [0] * len(own)
        for j, step in enumerate(walk):
            reach = step * (size - 1)
            low[j] += min(reach, 0)
            high[j] += max(reach, 0)
        result.append(sum(w * step for w, step in zip(walk, steps)))
    inside = all(lo >= 0 and hi < size for lo, hi, size in zip(low, high, sizes))
    return (tuple(result), start) if inside and (sizes or offset == 0) else None


def is_identity(node: Node) -> bool:
    """Whether a view shows its whole source in the same order; the shapes may differ (a reshape)."""
    return (
        node.size == node.args[0].size
        and node.attrs["offset"] == 0
        and is_contiguous(node.shape, node.attrs["strides"])
    )


def is_contiguous(shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Whether a walk is row-major without gaps."""
    own = contiguous_strides(shape)
    return all(size <= 1 or stride == step for size, stride, step in zip(shape, strides, own))


def squeezed(shape: Iterable[int]) -> tuple[int, ...]:
    """A shape without its dimensions of size 1."""
    return tuple(size for size in shape if size != 1)


def extent(shape: Sequence[int], strides: Sequence[int]) -> int:
    """How many distinct elements a walk can touch at most (a broadcast dimension counts once)."""
    result = 1
    for size, stride in zip(shape, strides):
        result *= size if stride else min(size, 1)
    return result


def permutation(node: Node) -> tuple[int, ...] | None:
    """The order of the source's dimensions where a view only permutes them (`Node.permute`), else None.

    Dimensions of size 1 are told apart by their strides alone, so a permutation found is always a right one.
    """
    source = node.args[0]
    if node.attrs["offset"] or len(node.shape) != len(source.shape):
        return None
    free = list(range(len(source.shape)))
    own = contiguous_strides(source.shape)
    order = []
    for size, stride in zip(node.shape, node.attrs["strides"]):
        found = next((i for i in free if source.shape[i] == size and (own[i] == stride or size == 1)), None)
        if found is None:
            return None
        free.remove(found)
        order.append(found)
    return tuple(order)


def inverse(order: Sequence[int]) -> tuple[int, ...]:
    """The permutation that undoes another."""
    result = [0] * len(order)
    for place, i in enumerate(order):
        result[i] = place
    return tuple(result)


def walk_of(arg: Node) -> tuple[int, Strides]:
    """Offset and strides of an argument in the array that it reads."""
    return (arg.attrs["offset"], arg.attrs["strides"]) if arg.kind == "view" else (0, contiguous_strides(arg.shape))


def batches(*operands: Node) -> tuple[tuple[int, int], list[tuple[int, int]]] | None:
    """The batch of matmul operands as (outer, inner) sizes, and of each operand the two strides.

    outer is 1 where one stride will do; None where two will not.
    """
    dims = operands[0].shape[:-2]
    for cut in range(len(dims) + 1):
        found = [
            [merge_dims(x.shape[part], walk_of(x)[1][part]) for part in (slice(cut), slice(cut, -2))] for x in operands
        ]
        if all(len(sizes) <= 1 for pair in found for sizes, _ in pair):
            return (math.prod(dims[:cut]), math.prod(dims[cut:])), [(sum(a), sum(b)) for (_, a), (_, b) in found]
    return None


def matrix_of(arg: Node) -> tuple[int, int, int, int] | None:
    """Offset and batch, row and column stride of matrices; None where their batch needs more than one stride."""
    found = batches(arg)
    if found is None or found[0][0] != 1:
        return None
    offset, strides = walk_of(arg)
    return offset, found[1][0][1], *strides[-2:]


def strides_over(arg: Node, dims: int) -> list[int]:
    """Strides of an argument over its dimensions that are not of size 1; zeros where it is a row value of fewer."""
    strides = arg.attrs["strides"] if arg.kind == "view" else contiguous_strides(arg.shape)
    result = [stride for size, stride in zip(arg.shape, strides) if size != 1]
    return result if len(result) == dims else [0] * dims


def squeezed_axes(shape: Sequence[int], axes: Sequence[int]) -> frozenset[int]:
    """Where the axes of a shape are in the shape without dimensions of size 1."""
    places = [i for i, size in enumerate(shape) if size != 1]
    return frozenset(places.index(a) for a in axes if shape[a] != 1)


def is_dense_over(axes: Collection[int], domain: Sequence[int], strides: Sequence[int]) -> bool:
    """Whether adjacent reduced dimensions are one walk: the order of a sum must not depend on strides."""
    pairs = (i for i in range(len(domain) - 1) if i in axes and i + 1 in axes)
    return all(strides[i] == strides[i + 1] * domain[i + 1] for i in pairs)


def is_reducible(reduce: Node, arg: Node) -> bool:
    """Whether a reduction can walk an argument of the shape of its own."""
    shape = reduce.args[0].shape
    domain = squeezed(shape)
    return is_dense_over(squeezed_axes(shape, reduce.attrs["axes"]), domain, strides_over(arg, len(domain)))
