"""Recurrent cells: what one step does with the gates, forwards and backwards.

In: values of any handler `k` of scalar functions (LLVM vectors, NumPy arrays, IR nodes, tensors): for each gate what
the inputs and what the hidden states before the step add to it, and the states. Out: the same kind of values. The
formulas stand here once; who calls them has split what he has by gates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

X = Any  # a handler's value


@dataclass(frozen=True)
class Forward:
    """What a step gives.

    h: the new hidden states, before projection.  c: the new cell states, None where there are none.
    kept: what the step backwards wants to know.
    """

    h: X
    c: X
    kept: Sequence[X]


@dataclass(frozen=True)
class Backward:
    """What a step backwards gives.

    x: gradients for what the inputs add to the gates.  products: for what the hidden states add.
    h: the part of the gradient for the hidden states before that does not go through their products; None for none.
    c: the gradient for the cell states before.  output: the hidden states after the step, before projection.
    """

    x: Sequence[X]
    products: Sequence[X]
    h: X = None
    c: X = None
    output: X = None


@dataclass(frozen=True)
class Cell:
    """A kind of cell.

    gates: how many.  kept: values that a step keeps for each unit.  stateful: whether there are cell states.
    mixes: whether a gate multiplies products of hidden states, so that inputs and these get different gradients.
    forward(k, x, products, h, c) -> Forward; products may be None where they are in x already.
    backward(k, kept, h, c, dh, dc) -> Backward, where h and c are the states before the step, dh and dc the gradients
    for those after it.
    """

    gates: int
    kept: int
    stateful: bool
    mixes: bool
    forward: Callable[..., Forward]
    backward: Callable[..., Backward]


def _sums(k, x, products):
    return x if products is None else [k.add(a, b) for a, b in zip(x, products)]


def _slope(k, s: X) -> X:
    """The derivative of a sigmoid, from its value."""
    return k.mul(s, k.sub(1, s))


def _tanh_slope(k, t: X) -> X:
    return k.sub(1, k.mul(t, t))


# ------------------------------------------------------------------ long short-term memory
def _lstm_forward(k, x, products, h, c):
    i, f, g, o = _sums(k, x, products)
    i, f, g, o = k.sigmoid(i), k.sigmoid(f), k.tanh(g), k.sigmoid(o)
    c = k.add(k.mul(f, c), k.mul(i, g))
    return Forward(k.mul(o, k.tanh(c)), c, (i, f, g, o))


def _lstm_backward(k, kept, h, c, dh, dc):
    i, f, g, o = kept
    y = k.tanh(k.add(k.mul(f, c), k.mul(i, g)))
    dc = k.add(dc, k.mul(k.mul(dh, o), _tanh_slope(k, y)))
    gates = (
        k.mul(k.mul(dc, g), _slope(k, i)),
        k.mul(k.mul(dc, c), _slope(k, f)),
        k.mul(k.mul(dc, i), _tanh_slope(k, g)),
        k.mul(k.mul(dh, y), _slope(k, o)),
    )
    return Backward(gates, gates, c=k.mul(dc, f), output=k.mul(o, y))


# ------------------------------------------------------------------ gated recurrent units
def _gru_forward(k, x, products, h, c):
    r, z = (k.sigmoid(k.add(a, b)) for a, b in zip(x[:2], products))
    n = k.tanh(k.add(x[2], k.mul(r, products[2])))
    return Forward(k.add(k.mul(k.sub(h, n), z), n), None, (r, z, n, products[2]))


def _gru_backward(k, kept, h, c, dh, dc):
    r, z, n, product = kept
    dn = k.mul(k.mul(dh, k.sub(1, z)), _tanh_slope(k, n))
    dr = k.mul(k.mul(dn, product), _slope(k, r))
    dz = k.mul(k.mul(dh, k.sub(h, n)), _slope(k, z))
    return Backward((dr, dz, dn), (dr, dz, k.mul(dn, r)), h=k.mul(dh, z))


# ------------------------------------------------------------------ plain
def _tanh_forward(k, x, products, h, c):
    h = k.tanh(_sums(k, x, products)[0])
    return Forward(h, None, (h,))


def _tanh_backward(k, kept, h, c, dh, dc):
    gates = (k.mul(dh, _tanh_slope(k, kept[0])),)
    return Backward(gates, gates)


def _relu_forward(k, x, products, h, c):
    h = k.maximum(_sums(k, x, products)[0], 0)
    return Forward(h, None, (h,))


def _relu_backward(k, kept, h, c, dh, dc):
    gates = (k.where(k.gt(kept[0], 0), dh, 0),)
    return Backward(gates, gates)


CELLS = {
    "lstm": Cell(4, 4, True, False, _lstm_forward, _lstm_backward),
    "gru": Cell(3, 4, False, True, _gru_forward, _gru_backward),
    "tanh": Cell(1, 1, False, False, _tanh_forward, _tanh_backward),
    "relu": Cell(1, 1, False, False, _relu_forward, _relu_backward),
}
