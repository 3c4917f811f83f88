"""Pure rules on memory layouts: which strides a view, a copy or a result has, and how a view walks through an array.

Shapes, strides and offsets come in and go out as tuples of ints, counted in elements; all follow PyTorch. "Dense" means
that the elements fill one block of memory without gaps or overlaps, in any order of the dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .ir import contiguous_strides

Shape = tuple[int, ...]

INCOMPATIBLE_VIEW = (
    "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
    "contiguous subspaces). Use .reshape(...) instead."
)


class View(NamedTuple):
    """Element i of the view is element `offset + sum(i * strides)` of a flat source."""

    shape: Shape
    strides: Shape
    offset: int = 0


# Which layout it is


def is_contiguous(shape: Shape, strides: Shape) -> bool:
    """Whether the layout is row-major; dimensions of size 1 do not count, and what is empty is contiguous."""
    return _is_packed(shape, strides, reversed(range(len(shape))))


def is_channels_last(shape: Shape, strides: Shape) -> bool:
    """Whether 4 or 5 dimensions (N, C, spatial) lie in memory with the channels innermost."""
    return len(shape) in (4, 5) and _is_packed(shape, strides, _channels_last_order(len(shape)))


def suggests_channels_last(shape: Shape, strides: Shape) -> bool:
    """Whether images (N, C, spatial) are walked with the channels innermost, packed or not (suggest_memory_format).

    Where sizes of 1 leave it open, they are not: a tensor that is contiguous as well is not.
    """
    if len(shape) not in (4, 5) or strides[1] == 0 or 0 in shape:
        return False
    least = 0
    for dim in _channels_last_order(len(shape)):
        if strides[dim] < least or (dim == 0 and least == strides[1]):
            return False
        least = strides[dim] * max(shape[dim], 1)
    return True


def is_dense(shape: Shape, strides: Shape) -> bool:
    """Whether the elements fill one block of memory without gaps and overlaps (is_non_overlapping_and_dense)."""
    return _is_packed(shape, strides, sorted(range(len(shape)), key=lambda dim: strides[dim]))


def _is_packed(shape: Shape, strides: Shape, innermost_first) -> bool:
    step = 1
    for dim in innermost_first:
        if shape[dim] != 1:
            if strides[dim] != step:
                return 0 in shape
            step *= shape[dim]
    return True


# Strides of new memory


def _channels_last_order(ndim: int) -> tuple[int, ...]:
    """Dimensions, innermost first."""
    return (1, *range(ndim - 1, 1, -1), 0)


def _pack(shape: Shape, innermost_first: Sequence[int]) -> Shape:
    strides, step = [0] * len(shape), 1
    for dim in innermost_first:
        strides[dim] = step
        step *= max(shape[dim], 1)
    return tuple(strides)


def channels_last_strides(shape: Shape) -> Shape:
    """Strides of channels_last memory for 4 dimensions, of channels_last_3d for 5."""
    return _pack(shape, _channels_last_order(len(shape)))


def elementwise_strides(shape: Shape, operands: Sequence[tuple[Shape, Shape]]) -> Shape:
    """Strides of an elementwise op's result, which keeps the memory order of its operands.

    shape: the broadcast shape.
    operands: (shape, strides) of each tensor operand; a Python number that PyTorch wraps into a tensor (x + 1) counts
              as ((), ()).
    """
    if all(own == shape for own, _ in operands):
        if all(is_contiguous(*operand) for operand in operands):
            return contiguous_strides(shape)
        if len(shape) == 4 and all(is_channels_last(*operand) for operand in operands):
            return channels_last_strides(shape)
        first = operands[0][1]
        if all(strides == first for _, strides in operands) and is_dense(shape, first):
            return first
    walks = [_broadcast_strides(shape, *operand) for operand in operands]
    return _pack(shape, _innermost_first(shape, walks))


def _broadcast_strides(shape: Shape, own: Shape, strides: Shape) -> Shape:
    lead = len(shape) - len(own)
    steps = [0 if size == 1 and wide != 1 else step for size, step, wide in zip(own, strides, shape[lead:])]
    return (0,) * lead + tuple(steps)


def _innermost_first(shape: Shape, walks: Sequence[Shape]) -> list[int]:
    """The dimensions sorted by the operands' strides; an insertion sort, because some pairs have no order."""
    order = list(reversed(range(len(shape))))
    for end in range(1, len(order)):
        place = end
        for other in reversed(range(end)):
            sign = _compare(shape, walks, order[other], order[place])
            if sign > 0:
                order[other], order[place] = order[place], order[other]
                place = other
            elif sign < 0:
                break
    return order


def _compare(shape: Shape, walks: Sequence[Shape], a: int, b: int) -> int:
    """Negative where dimension a belongs inside of b, positive where outside, 0 where the operands do not say."""
    for strides in walks:
        if strides[a] and strides[b]:
            if strides[a] != strides[b]:
                return -1 if strides[a] < strides[b] else 1
            if shape[a] > shape[b]:
                return 1
    return 0


# Views


def view_strides(shape: Shape, strides: Shape, new_shape: Shape) -> Shape | None:
    """Strides that show the same memory in another shape of as many elements; None where only a copy can."""
    if 0 in shape:
        return strides if new_shape == shape else contiguous_strides(new_shape)
    result, left = [1] * len(new_shape), len(new_shape)
    for size, step in reversed(_merged(shape, strides)):
        done = 1
        while left and (done < size or new_shape[left - 1] == 1):
            left -= 1
            result[left] = done * step
            done *= new_shape[left]
        if done != size:
            return None
    return tuple(result)


def _merged(shape: Shape, strides: Shape) -> list[tuple[int, int]]:
    """The dimensions as (size, stride), neighbours joined where one stride walks both; size 1 joins anything."""
    merged: list[tuple[int, int]] = []
    for size, step in reversed([*zip(shape, strides)]):
        if merged and (size == 1 or step == merged[-1][0] * merged[-1][1]):
            merged[-1] = (merged[-1][0] * size, merged[-1][1])
        else:
            merged.append((size, step))
    return merged[::-1]


class Walk(NamedTuple):
    """How a view moves through the dimensions of an array.

    start: the index of the view's first element, one number for each array dimension.
    steps: for each view dimension, by how much each array index grows; element i of the view is array element
           start + sum(i[d] * steps[d]), and no index ever leaves its dimension.
    """

    start: Shape
    steps: tuple[Shape, ...]


def decode_view(view: View, shape: Shape) -> Walk | None:
    """The walk of a view over the flat elements of a row-major array of that shape; None where it is not such a walk.

    A view has none where one of its dimensions wraps from row to row, as a flattened matrix that is cut off half-way.
    """
    units = contiguous_strides(shape)
    start = _digits(view.offset, shape, units)
    walked = [step if size > 1 else 0 for size, step in zip(view.shape, view.strides)]
    steps = tuple(_digits(step, shape, units) for step in walked)
    for dim, size in enumerate(shape):
        reach = [step[dim] * (n - 1) for step, n in zip(steps, view.shape)]
        low = start[dim] + sum(r for r in reach if r < 0)
        high = start[dim] + sum(r for r in reach if r > 0)
        if (low < 0 or high >= size) and 0 not in view.shape:
            return None
    return Walk(start, steps)


def _digits(number: int, shape: Shape, units: Shape) -> Shape:
    sign, rest, digits = (-1 if number < 0 else 1), abs(number), []
    for size, unit in zip(shape, units):
        digits.append(0 if size == 1 else sign * (rest // unit))
        rest -= abs(digits[-1]) * unit
    return tuple(digits)


def may_overlap(shape: Shape, strides: Shape) -> bool:
    """Whether two elements of a view may lie in the same place (a walk that interleaves without overlap counts as
    one)."""
    span = 1
    for stride, size in sorted((s, n) for s, n in zip(strides, shape) if n != 1):
        if stride < span:
            return 0 not in shape
        span += stride * (size - 1)
    return False
