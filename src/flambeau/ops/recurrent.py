"""Recurrent layers over time: LSTM, GRU and the plain recurrent network, one layer in one direction as one op.

In: the products of all inputs with the input weights, packed (R, gates): the rows of all sequences at step 0, at step 1
and so on; the states before the first step (B, H), and the weights of the hidden states. Out: the hidden states after
each step (R, H), and the states after each sequence's last one (B, H). An unpacked sequence (T, B, *) is (T * B, *).

All steps are one IR node either way, and what they cost to plan does not grow with their number. Derivatives of higher
order, and types without a kernel, take the steps one by one, as differentiable ops.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import partial
from itertools import accumulate, pairwise
from typing import NamedTuple

from .. import dtypes, errors, ir
from ..autograd import engine
from ..autograd.modes import MODE
from ..cells import CELLS
from ..meta import Meta, contiguous
from ..tensor import Tensor
from .comparison import where
from .contraction import linear, mm
from .elementwise import K
from .movement import cat
from .registry import Op, apply

KERNELS = frozenset({dtypes.float32, dtypes.float64})


class Steps(NamedTuple):
    """The steps of packed sequences.

    sizes: how many rows each has, never growing.  offsets: int64, (T + 1), where the steps begin in the packed data and
    the last one ends; None where all sizes are equal.
    """

    sizes: Sequence[int]
    offsets: Tensor | None = None


class Tensors:
    """The handler with which a cell's formulas become differentiable ops."""

    sigmoid, tanh = staticmethod(Tensor.sigmoid), staticmethod(Tensor.tanh)
    add, sub, mul, gt = (staticmethod(getattr(operator, name)) for name in ("add", "sub", "mul", "gt"))
    maximum = staticmethod(lambda x, zero: x.relu())
    where = staticmethod(lambda condition, x, y: apply(where, (condition, x, y)))


# ------------------------------------------------------------------ one step
def lstm_cell(gates: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """One step of an LSTM: gates (B, 4H) before their activation and cell states (B, H) to hidden and cell states."""
    made = CELLS["lstm"].forward(Tensors, gates.chunk(4, -1), None, None, c)
    return made.h, made.c


def gru_cell(x: Tensor, hw: Tensor, h: Tensor) -> Tensor:
    """One step of a GRU: the products of inputs and of hidden states (B, 3H), and hidden states (B, H), to new ones."""
    return CELLS["gru"].forward(Tensors, x.chunk(3, -1), hw.chunk(3, -1), h, None).h


def _step_op(cell: str) -> Op:
    kind = CELLS[cell]

    def infer(x, products, h, c=None):
        return (contiguous(h.shape, h.dtype),) * 2 if kind.stateful else contiguous(h.shape, h.dtype)

    def lower(x, products, h, c=None):
        made = kind.forward(K, _split(x, kind.gates), _split(products, kind.gates), h, c)
        return (made.h, made.c) if kind.stateful else made.h

    return Op(f"{cell}_step", "input products h c", infer, lower, summary="One step, from all products.")


_STEP = {cell: _step_op(cell) for cell in CELLS}


def step(cell: str, x: Tensor, products: Tensor, states: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """The states (B, H) after one step: one op where nothing is to be differentiated.

    cell: "lstm", "gru", "tanh" or "relu".  x, products: (B, G*H) with G gates: what inputs and hidden states add.
    """
    kind = CELLS[cell]
    if MODE.enabled and any(part.requires_grad for part in (x, products, *states)):
        parts = x.chunk(kind.gates, -1), products.chunk(kind.gates, -1)
        made = kind.forward(Tensors, *parts, *states, *[None] * (not kind.stateful))
        return (made.h, made.c) if kind.stateful else (made.h,)
    found = apply(_STEP[cell], (x, products, *states))
    return found if kind.stateful else (found,)


def _step_by_step(cell: str, x, h, c, weight, bias, projection, sizes: Sequence[int], reverse: bool):
    """All steps as differentiable ops: the results hs, h and, if there are any, c."""
    kind, starts, hs = CELLS[cell], [0, *accumulate(sizes)], [None] * len(sizes)
    for t in reversed(range(len(sizes))) if reverse else range(len(sizes)):
        n = sizes[t]
        products = linear(h[:n], weight, bias).chunk(kind.gates, -1)
        xs = x[starts[t] : starts[t] + n].chunk(kind.gates, -1)
        made = kind.forward(Tensors, xs, products, h[:n], None if c is None else c[:n])
        hs[t] = made.h if projection is None else linear(made.h, projection)
        h = cat([hs[t], h[n:]])
        c = None if c is None else cat([made.c, c[n:]])
    return (cat(hs), h) if c is None else (cat(hs), h, c)


# ------------------------------------------------------------------ all steps as nodes
def _split(x: ir.Node, count: int) -> list[ir.Node]:
    """(R, count * H) as `count` parts."""
    size = x.shape[-1] // count
    return [ir.view(x, (x.shape[0], size), (x.shape[1], 1), i * size) for i in range(count)]


def _join(parts: Sequence[ir.Node]) -> ir.Node:
    """Undoes _split."""
    rows, size = parts[0].shape
    joined = ir.full(0, (rows, len(parts) * size), parts[0].dtype)
    for i, part in enumerate(parts):
        joined = ir.update(joined, part, ir.contiguous_strides(joined.shape), i * size)
    return joined


def _offsets(offsets: ir.Node | None, rows: int, batch: int) -> ir.Node:
    return ir.iota((rows // batch + 1,)) * batch if offsets is None else offsets


def _turned(weight: ir.Node) -> ir.Node:
    """weight.T in memory of its own: single steps that a script takes one after the other share it."""
    turned = weight.permute((1, 0))
    return ir.update(ir.full(0, turned.shape, turned.dtype), turned, ir.contiguous_strides(turned.shape), 0)


def _one_step_forward(cell: str, x, h, c, weight, bias, projection) -> dict[str, ir.Node]:
    """What `ir.recur` gives for a single step, from plain nodes: not worth packing the weights."""
    kind, products = CELLS[cell], ir.matmul(h, _turned(weight))
    products = products if bias is None else products + bias
    made = kind.forward(K, _split(x, kind.gates), _split(products, kind.gates), h, c)
    after = made.h if projection is None else ir.matmul(made.h, _turned(projection))
    results = {"hs": after, "h": after, "c": made.c, "before": h, "c_before": c}
    return results | {"gates": _join(made.kept)}


def _forward_names(cell: str, kept: bool) -> tuple[str, ...]:
    """The results; what comes after the states is for the way back."""
    stateful = CELLS[cell].stateful
    names = ("hs", "h", "c") if stateful else ("hs", "h")
    return names + (("before", "gates") + (("c_before",) if stateful else ()) if kept else ())


def _lower_forward(cell: str, x, h, c, weight, bias, projection, offsets, reverse: bool, kept: bool):
    names = _forward_names(cell, kept)
    if x.shape[0] == h.shape[0]:
        results = _one_step_forward(cell, x, h, c, weight, bias, projection)
        return tuple(results[name] for name in names)
    operands = {
        "x": x, "h0": h, "c0": c, "weight": weight, "offsets": _offsets(offsets, x.shape[0], h.shape[0]), "bias": bias,
        "projection": projection,
    }  # fmt: skip
    return _results(cell, True, reverse, h.shape[0], operands, _forward_shapes(cell, x, h), names)


def _results(cell, forward, reverse, batch, operands, shapes, names):
    operands = {name: node for name, node in operands.items() if node is not None}
    return tuple(ir.recur(cell, forward, reverse, batch, operands, name, shapes[name]) for name in names)


def _forward_shapes(cell: str, x, h) -> dict[str, tuple[int, ...]]:
    """The shapes of the results, from metas or nodes."""
    kind, (rows, gates), (batch, outputs) = CELLS[cell], x.shape, h.shape
    units = gates // kind.gates
    shapes = {"hs": (rows, outputs), "h": (batch, outputs), "c": (batch, units), "before": (rows, outputs)}
    return shapes | {"c_before": (rows, units), "gates": (rows, kind.kept * units)}


def _backward_shapes(cell: str, gates, weight, batch: int) -> dict[str, tuple[int, ...]]:
    kind, rows, (width, outputs) = CELLS[cell], gates.shape[0], weight.shape
    units = width // kind.gates
    shapes = {"dx": (rows, width), "dproducts": (rows, width), "dh0": (batch, outputs), "dc0": (batch, units)}
    return shapes | {"total": (rows, outputs), "output": (rows, units)}


def _one_step_backward(cell, gates, before, c_before, weight, projection, dhs, dh, dc) -> dict[str, ir.Node]:
    kind, (rows, outputs) = CELLS[cell], (gates.shape[0], weight.shape[1])
    given = [g for g in (dhs, dh) if g is not None]
    total = sum(given[1:], given[0]) if given else ir.full(0, (rows, outputs), gates.dtype)
    own = total if projection is None else ir.matmul(total, projection)
    made = kind.backward(K, _split(gates, kind.kept), before, c_before, own, 0 if dc is None else dc)
    dproducts = _join(made.products)
    dh0 = ir.matmul(dproducts, weight)
    dh0 = dh0 if made.h is None else dh0 + made.h
    results = {"dx": _join(made.x), "dproducts": dproducts, "dh0": dh0, "dc0": made.c}
    return results | {"total": total, "output": made.output}


def _backward_names(cell: str, projection) -> list[str]:
    """The results that the gradients are made of."""
    kind = CELLS[cell]
    names = ["dx", "dh0"] + ["dproducts"] * kind.mixes + ["dc0"] * kind.stateful
    return names if projection is None else [*names, "total", "output"]


def _lower_backward(
    cell: str, gates, before, c_before, weight, projection, offsets, dhs, dh, dc, batch: int, reverse: bool
):
    names = _backward_names(cell, projection)
    if gates.shape[0] == batch:
        results = _one_step_backward(cell, gates, before, c_before, weight, projection, dhs, dh, dc)
        return tuple(results[name] for name in names)
    operands = {
        "gates": gates, "before": before, "c_before": c_before, "weight": weight,
        "offsets": _offsets(offsets, gates.shape[0], batch), "projection": projection, "dhs": dhs, "dh": dh, "dc": dc,
    }  # fmt: skip
    return _results(cell, False, reverse, batch, operands, _backward_shapes(cell, gates, weight, batch), names)


# ------------------------------------------------------------------ the ops
def _metas(like: Meta, shapes, names) -> tuple[Meta, ...]:
    return tuple(contiguous(shapes[name], like.dtype) for name in names)


def _infer_forward(cell: str, x: Meta, h, c, weight, bias, projection, offsets, reverse, kept):
    for state in (h, c):
        if state is not None and state.dtype is not x.dtype:
            a, b = errors.TYPE_TITLES[state.dtype.name], errors.TYPE_TITLES[x.dtype.name]
            raise RuntimeError(f"mat1 and mat2 must have the same dtype, but got {a} and {b}")
    return _metas(x, _forward_shapes(cell, x, h), _forward_names(cell, kept))


def _infer_backward(cell: str, gates, before, c_before, weight, projection, offsets, dhs, dh, dc, batch, reverse):
    return _metas(gates, _backward_shapes(cell, gates, weight, batch), _backward_names(cell, projection))


def _pulled_back(cell: str, grads, args, needs, before, gates, c_before, reverse: bool) -> list[Tensor | None]:
    """The gradients for the arguments of a layer."""
    if MODE.enabled:
        return _differentiable(cell, grads, args, needs, reverse)
    h, weight, projection, offsets = (args[i] for i in (1, 3, 5, 6))
    mixed = before if CELLS[cell].mixes else None
    dc = grads[2] if c_before is not None else None
    kept = gates, mixed, c_before, weight, projection, offsets, grads[0], grads[1], dc
    results = apply(_BACKWARD[cell], kept, (h.shape[0], reverse))
    found = dict(zip(_backward_names(cell, projection), results))
    dproducts = found.get("dproducts", found["dx"])
    gradients = {
        0: lambda: found["dx"],
        1: lambda: found["dh0"],
        2: lambda: found["dc0"],
        3: lambda: mm(dproducts.t(), before),
        4: lambda: dproducts.sum(0),
        5: lambda: mm(found["total"].t(), found["output"]),
    }
    return [gradients[i]() for i in needs]


def _differentiable(cell: str, grads, args, needs, reverse: bool) -> list[Tensor | None]:
    """The same as a function of everything that it depends on: by way of the steps one by one."""
    own = [args[i] if args[i] is None or i == 6 else args[i].view_as(args[i]) for i in range(7)]
    *operands, offsets = own
    batch = operands[1].shape[0]
    ends = None if offsets is None else offsets.tolist()
    sizes = [b - a for a, b in pairwise(ends)] if ends else [batch] * (len(operands[0]) // batch)
    results = _step_by_step(cell, *operands, sizes, reverse)
    pairs = [(y, g) for y, g in zip(results, grads) if g is not None]
    outputs, given = zip(*pairs)
    return list(engine.grad(outputs, [own[i] for i in needs], given, create_graph=True, allow_unused=True))


def _lstm_grads(grads, args, needs, y3, y4, y5, reverse):
    return _pulled_back("lstm", grads, args, needs, y3, y4, y5, reverse)


def _stateless_grads(cell: str):
    def grads(grads, args, needs, y2, y3, reverse):
        return _pulled_back(cell, grads, args, needs, y2, y3, None, reverse)

    return grads


def _forward_op(cell: str) -> Op:
    grads = _lstm_grads if cell == "lstm" else _stateless_grads(cell)
    return Op(
        _TITLES[cell], "reverse kept", partial(_infer_forward, cell), lambda *args: _lower_forward(cell, *args), grads,
        variadic=True, summary="All steps of a recurrent layer.",
    )  # fmt: skip


def _backward_op(cell: str) -> Op:
    return Op(
        f"{_TITLES[cell]}_backward", "batch reverse", partial(_infer_backward, cell),
        lambda *args: _lower_backward(cell, *args), summary="All steps of a recurrent layer backwards.",
    )  # fmt: skip


_TITLES = {"lstm": "lstm", "gru": "gru", "tanh": "rnn_tanh", "relu": "rnn_relu"}
_FORWARD = {cell: _forward_op(cell) for cell in CELLS}
_BACKWARD = {cell: _backward_op(cell) for cell in CELLS}


def recurrent(
    cell: str,
    x: Tensor,
    states: tuple[Tensor, ...],
    weight: Tensor,
    bias: Tensor | None,
    projection: Tensor | None,
    steps: Steps,
    reverse: bool,
) -> tuple[Tensor, ...]:
    """All hidden states (R, P), then the last ones (B, P) and, of an LSTM, the last cell states (B, H).

    cell: "lstm", "gru", "tanh" or "relu".  x: (R, G*H) with G gates: what the inputs add to them.  states: hidden (B,
    P) and, of an LSTM, cell states (B, H).  weight: (G*H, P).  bias: (G*H), added to the products of hidden states.
    projection: (P, H), where P is not H.  reverse: from the last step to the first.

    Inside of torch.autocast the steps are computed in float32; what they give is of the types that PyTorch's have.
    """
    if MODE.autocast is x.dtype:
        wide = tuple(state.to(dtypes.float32) for state in states)
        results = recurrent(cell, x.to(dtypes.float32), wide, weight, bias, projection, steps, reverse)
        return results if cell == "gru" else tuple(result.to(x.dtype) for result in results)
    h, c = states if len(states) == 2 else (*states, None)
    if x.dtype not in KERNELS or not x.numel():
        return _step_by_step(cell, x, h, c, weight, bias, projection, steps.sizes, reverse)
    results = apply(_FORWARD[cell], (x, h, c, weight, bias, projection, steps.offsets), (reverse, bool(MODE.enabled)))
    return results[: 1 + len(states)]
