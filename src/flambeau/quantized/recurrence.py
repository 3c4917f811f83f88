"""Recurrent layers with packed weights, step by step: each product of hidden states has a grid of its own.

In: data (R, input), the rows of all steps one after the other (those of step t are the first sequences of the batch),
and how many rows each step has. Out: hidden states (R, hidden), and the states after each sequence's last step.
"""

from __future__ import annotations

from collections.abc import Sequence

from .. import Tensor, cat
from ..ops.recurrent import step
from .linear import linear_of_numbers, multiplier
from .packed import CellParams, LinearPackedParams

States = tuple[Tensor, ...]


def one_step(cell: str, products: Tensor, states: States, hh: LinearPackedParams) -> States:
    """The next states, hidden and (of an "lstm") cell states, from the products of inputs (B, gates * hidden)."""
    return step(cell, products, linear_of_numbers(hh, states[0]), states)


def layer(
    cell: str, params: CellParams, data: Tensor, sizes: Sequence[int], states: States, reverse: bool
) -> tuple[Tensor, States]:
    """All steps of a layer in one direction; `sizes` never grow."""
    products = linear_of_numbers(params.ih, data).split(list(sizes))
    order = range(len(sizes) - 1, -1, -1) if reverse else range(len(sizes))
    outputs: list = [None] * len(sizes)
    multiply = multiplier(params.hh)
    now, ended = tuple(s[: sizes[order[0]]] for s in states), []
    for t in order:
        rows = now[0].meta.shape[0]
        if sizes[t] < rows:
            ended.append(tuple(s[sizes[t] :] for s in now))
            now = tuple(s[: sizes[t]] for s in now)
        elif sizes[t] > rows:
            now = tuple(cat([s, first[rows : sizes[t]]]) for s, first in zip(now, states))
        now = step(cell, products[t], multiply(now[0]), now)
        outputs[t] = now[0]
    last = tuple(cat(parts) for parts in zip(now, *reversed(ended))) if ended else now
    return cat(outputs), last
