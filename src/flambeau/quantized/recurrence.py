"""Recurrent layers with packed weights, step by step: each product of hidden states has a grid of its own.

In: data (R, input), the rows of all steps one after the other (those of step t are the first sequences of the batch),
and how many rows each step has. Out: hidden states (R, hidden), and the states after each sequence's last step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .. import Tensor, cat, tanh
from .linear import linear_of_numbers
from .packed import CellParams, LinearPackedParams

States = tuple[Tensor, ...]


def lstm_step(products: Tensor, states: States, hh: LinearPackedParams) -> States:
    """The next hidden and cell state, from the products of inputs (B, 4 * hidden)."""
    h, c = states
    gate, forget, cell, out = (linear_of_numbers(hh, h) + products).chunk(4, 1)
    c = forget.sigmoid() * c + gate.sigmoid() * cell.tanh()
    return out.sigmoid() * c.tanh(), c


def gru_step(products: Tensor, states: States, hh: LinearPackedParams) -> States:
    """The next hidden state, from the products of inputs (B, 3 * hidden)."""
    (h,) = states
    reset, update, new = products.chunk(3, 1)
    own_reset, own_update, own = linear_of_numbers(hh, h).chunk(3, 1)
    new = (new + own * (own_reset + reset).sigmoid()).tanh()
    return ((h - new) * (own_update + update).sigmoid() + new,)


def rnn_step(nonlinearity: Callable = tanh) -> Callable:
    """What makes the next hidden state of a plain network."""

    def step(products: Tensor, states: States, hh: LinearPackedParams) -> States:
        return (nonlinearity(products + linear_of_numbers(hh, states[0])),)

    return step


def layer(
    step: Callable, params: CellParams, data: Tensor, sizes: Sequence[int], states: States, reverse: bool
) -> tuple[Tensor, States]:
    """All steps of a layer in one direction; `sizes` never grow."""
    products = linear_of_numbers(params.ih, data).split(list(sizes))
    order = range(len(sizes) - 1, -1, -1) if reverse else range(len(sizes))
    outputs: list = [None] * len(sizes)
    now, ended = tuple(s[: sizes[order[0]]] for s in states), []
    for t in order:
        rows = now[0].size(0)
        if sizes[t] < rows:
            ended.append(tuple(s[sizes[t] :] for s in now))
            now = tuple(s[: sizes[t]] for s in now)
        elif sizes[t] > rows:
            now = tuple(cat([s, first[rows : sizes[t]]]) for s, first in zip(now, states))
        now = step(products[t], now, params.hh)
        outputs[t] = now[0]
    last = tuple(cat(parts) for parts in zip(now, *reversed(ended))) if ended else now
    return cat(outputs), last
