"""Borders that repeat what is inside: reflected, replicated, circular padding, and constant borders by another name.

A padded array is made of regions, three along each dimension: what stands before the elements, these, and what stands
after them. Each is written from a view of the input, all of them in one launch.
"""

from __future__ import annotations

from itertools import pairwise, product
from typing import NamedTuple

import numpy as np

from .. import ir
from ..meta import contiguous
from ..tensor import Tensor
from .movement import cat, constant_pad
from .registry import Op, apply
from .views import narrow


class Run(NamedTuple):
    """Neighbouring places along a dimension: where the first is, how many they are, the element that stands at the
    first, and the step from place to place."""

    place: int
    count: int
    first: int
    step: int


def _runs(mode: str, size: int, before: int, after: int) -> list[Run]:
    """What stands along a dimension, the elements themselves first."""
    step = {"circular": 1, "reflect": -1, "replicate": 0}[mode]
    ends = {"circular": (size - before, 0), "reflect": (before, size - 2), "replicate": (0, size - 1)}[mode]
    runs = [Run(before, size, 0, 1), Run(0, before, ends[0], step), Run(before + size, after, ends[1], step)]
    return [run for run in runs if run.count]


def _lower(input, mode, pads, out):
    (result,) = out
    own, steps = ir.contiguous_strides(input.shape), ir.contiguous_strides(result.shape)
    value = ir.full(0, result.shape, input.dtype)
    for region in product(*(_runs(mode, size, *pair) for size, pair in zip(input.shape, pads))):
        walk, first = [], 0
        for run, stride in zip(region, own):
            walk.append(run.step * stride)
            first += run.first * stride
        seen = ir.view(input, [run.count for run in region], walk, first)
        value = ir.update(value, seen, steps, sum(run.place * step for run, step in zip(region, steps)))
    return value


def _added_back(g: Tensor, meta, mode: str, pads) -> Tensor:
    """The gradient: each border is added to the elements that it repeats, one dimension after the other."""
    for dim, (size, pair) in enumerate(zip(meta.shape, pads)):
        if any(pair):
            g = _along(g, dim, size, _runs(mode, size, *pair))
    return g


def _along(g: Tensor, dim: int, size: int, runs: list[Run]) -> Tensor:
    parts = [_sent_back(narrow(g, dim, run.place, run.count), dim, run) for run in runs]
    cuts = sorted({end for start, part in parts for end in (start, start + part.meta.shape[dim])})
    return cat([_sum_over(parts, dim, *cut) for cut in pairwise(cuts)], dim)


def _sent_back(g: Tensor, dim: int, run: Run) -> tuple[int, Tensor]:
    """The first element that a run repeats, and what it adds to the elements from there on."""
    if run.step == 0:
        return run.first, g.sum(dim, True)
    return (run.first, g) if run.step > 0 else (run.first - run.count + 1, g.flip(dim))


def _sum_over(parts, dim: int, low: int, high: int) -> Tensor:
    """The sum of all parts between two elements."""
    meeting = [(start, part) for start, part in parts if start <= low and high <= start + part.meta.shape[dim]]
    pieces = [narrow(part, dim, low - start, high - low) for start, part in meeting]
    return sum(pieces[1:], pieces[0])


def _infer(input, mode, pads):
    return contiguous([size + sum(pair) for size, pair in zip(input.shape, pads)], input.dtype)


BORDER = Op("border_pad", "input mode pads", _infer, _lower, _added_back, summary="Borders that repeat what is inside.")


def pad(input: Tensor, pad, mode: str = "constant", value: float | None = None) -> Tensor:
    """Borders around the last dimensions: constant, reflected, replicated or circular."""
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pad) // 2 > input.meta.ndim:
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{len(pad)} and input of dimension {input.meta.ndim}"
        )
    if mode == "constant":
        return constant_pad(input, pad, 0 if value is None else value)
    if value not in (None, 0):
        raise ValueError(f'Padding mode "{mode}" doesn\'t take in value argument')
    shape = input.meta.shape
    _check_shape(mode, shape, pad)
    pads = [(0, 0)] * input.meta.ndim
    for dim, pair in zip(reversed(range(input.meta.ndim)), zip(pad[::2], pad[1::2])):
        if any(pair):
            _check(mode, shape, dim, *pair)
        if min(pair) < 0:
            input = input.index_select(dim, _numbers(mode, input.meta.shape[dim], *pair))
        else:
            pads[dim] = pair
    return apply(BORDER, (input,), (mode, tuple(pads))) if any(map(any, pads)) else input


SUPPORTED = "\n".join(
    f"  - {n + 1}D or {n + 2}D input: padding size = {2 * n} (pads last {f'{n} dimensions' if n > 1 else 'dimension'})"
    for n in (1, 2, 3)
)


def _check_shape(mode: str, shape: tuple[int, ...], pad) -> None:
    n, batched = len(pad) // 2, len(shape) == len(pad) // 2 + 2
    if n > 3 or (len(shape) != n + 1 and not batched):
        raise NotImplementedError(
            f"Padding size {2 * n} is not supported for {len(shape)}D input tensor.\n"
            f"Supported combinations for non-constant padding:\n{SUPPORTED}"
        )
    if mode != "circular" and 0 in shape[batched:]:
        raise RuntimeError(
            f"Expected {n + 1}D or {n + 2}D (batch mode) tensor with possibly 0 batch size and other non-zero "
            f"dimensions for input, but got: {list(shape)}"
        )
    sizes = [size + before + after for size, before, after in zip(reversed(shape), pad[::2], pad[1::2])]
    if mode == "circular" and min(sizes) < 0:
        raise RuntimeError("Negative padding value is resulting in an empty dimension")
    if mode != "circular" and n == 1 and sizes[0] < 1:
        raise RuntimeError(f"input (W: {shape[-1]}) is too small. Calculated output W: {sizes[0]}")
    negative = next((size for size in sizes if size < 0), None)
    if negative is not None:
        whole = [*shape[: len(shape) - n], *reversed(sizes)]
        raise RuntimeError(f"Trying to create tensor with negative dimension {negative}: {whole}")


def _check(mode: str, shape: tuple[int, ...], dim: int, before: int, after: int) -> None:
    size = shape[dim]
    if mode == "circular" and max(before, after) > size:
        raise RuntimeError("Padding value causes wrapping around more than once.")
    if mode == "reflect" and max(before, after) >= size:
        raise RuntimeError(
            f"Argument #{2 * (len(shape) - dim) + 2}: Padding size should be less than the corresponding input "
            f"dimension, but got: padding ({before}, {after}) at dimension {dim} of input {list(shape)}"
        )
    if mode not in ("replicate", "circular", "reflect"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")


def _numbers(mode: str, size: int, before: int, after: int) -> Tensor:
    """Which element stands at each place of a dimension that is cut, where a number is negative."""
    places = np.arange(-before, size + after)
    if mode == "replicate":
        found = places.clip(0, size - 1)
    elif mode == "circular":
        kept = places[(places >= 0) & (places < size)]  # negative borders cut before what is left is repeated
        found = kept[np.arange(-max(before, 0), len(kept) + max(after, 0)) % max(len(kept), 1)]
    else:
        found = np.abs(places)
        found = np.where(found >= size, 2 * (size - 1) - found, found)
    return Tensor.from_array(found.astype(np.int64))
