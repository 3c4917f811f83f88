"""Recurrent layers over time: LSTM, GRU and the plain recurrent network, one layer in one direction as one op.

In: the products of all inputs with the input weights (T, B, gates), the states before the first step (B, H), and the
weights of the hidden states. Out: the states after each step (T, B, H). A mask (T, B, 1) says which sequences are still
running: the states of the others stay as they are.

The formulas of a kind of cell, forwards and backwards, are written once against a handler: IR nodes make one op of all
steps; tensors make differentiable ops of them, for derivatives of higher order. What a step backwards needs of the step
forwards is computed anew, for all steps at once.
"""

from __future__ import annotations

from .. import errors, ir
from ..autograd.modes import MODE
from ..meta import Meta, contiguous
from ..tensor import Tensor
from ..trace.sync import sync
from .comparison import where
from .contraction import linear, mm
from .elementwise import Handler
from .movement import cat, stack
from .registry import Op, apply
from .views import reshape

# A longer sequence is run in parts, each a program of its own: the time to plan a program grows with its square.
STEPS = 64


# ------------------------------------------------------------------ handlers
class Nodes(Handler):
    """Formulas become IR nodes."""

    mm = staticmethod(ir.matmul)

    @staticmethod
    def transposed(weight):
        """weight.T in memory of its own: a product reads it twice as fast, and every step has one."""
        turned = weight.permute((1, 0))
        return ir.update(ir.full(0, turned.shape, turned.dtype), turned, ir.contiguous_strides(turned.shape), 0)

    @staticmethod
    def at(sequence, t):
        """The step t of (T, *)."""
        shape = sequence.shape[1:]
        strides = ir.contiguous_strides(sequence.shape)
        return ir.view(sequence, shape, strides[1:], t * strides[0])

    @staticmethod
    def split(x, count):
        """(*, count * H) as `count` parts."""
        size = x.shape[-1] // count
        return [ir.view(x, (*x.shape[:-1], size), ir.contiguous_strides(x.shape), i * size) for i in range(count)]

    @staticmethod
    def join(parts):
        """Undoes split."""
        size = parts[0].shape[-1]
        joined = ir.full(0, (*parts[0].shape[:-1], len(parts) * size), parts[0].dtype)
        for i, part in enumerate(parts):
            joined = ir.update(joined, part, ir.contiguous_strides(joined.shape), i * size)
        return joined

    @staticmethod
    def stack(steps):
        """All steps as (T, *)."""
        shape = steps[0].shape
        stacked = ir.full(0, (len(steps), *shape), steps[0].dtype)
        for t, step in enumerate(steps):
            stacked = ir.update(stacked, step, ir.contiguous_strides(shape), t * step.size)
        return stacked


class Tensors:
    """Formulas become differentiable ops."""

    sigmoid, tanh = staticmethod(Tensor.sigmoid), staticmethod(Tensor.tanh)
    mm, stack = staticmethod(mm), staticmethod(stack)

    @staticmethod
    def at(sequence, t):
        return sequence.select(0, t)

    @staticmethod
    def split(x, count):
        return x.chunk(count, -1)

    @staticmethod
    def join(parts):
        return cat(parts, -1)

    @staticmethod
    def where(condition, x, y):
        return apply(where, (condition, x, y))

    @staticmethod
    def gt(x, y):
        return x > y


NODES, TENSORS = Nodes(), Tensors()


def _order(count: int, reverse: bool) -> range:
    return range(count - 1, -1, -1) if reverse else range(count)


def _running(k, mask, t, new, old):
    """The new values of the sequences that are still running, the old ones of the others."""
    return new if mask is None else k.where(k.at(mask, t), new, old)


# ------------------------------------------------------------------ cells: one step forwards
def lstm_step(k, gates, c):
    """Gates (B, 4H) before their activation and cell states (B, H) to hidden and cell states."""
    i, f, g, o = k.split(gates, 4)
    c = k.sigmoid(f) * c + k.sigmoid(i) * k.tanh(g)
    return k.sigmoid(o) * k.tanh(c), c


def gru_step(k, x, hw, h):
    """The products of inputs and of hidden states (B, 3H), and hidden states (B, H), to hidden states."""
    (xr, xz, xn), (hr, hz, hn) = k.split(x, 3), k.split(hw, 3)
    n = k.tanh(xn + k.sigmoid(xr + hr) * hn)
    return (h - n) * k.sigmoid(xz + hz) + n


def lstm_cell(gates: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """One step of an LSTM: gates (B, 4H) before their activation and cell states (B, H) to hidden and cell states."""
    return lstm_step(TENSORS, gates, c)


def gru_cell(x: Tensor, hw: Tensor, h: Tensor) -> Tensor:
    """One step of a GRU: the products of inputs and of hidden states (B, 3H), and hidden states (B, H), to new ones."""
    return gru_step(TENSORS, x, hw, h)


# ------------------------------------------------------------------ all steps forwards
def _lstm_forward(x, h, c, weight, projection, mask, reverse):
    k, hs, cs = NODES, [None] * x.shape[0], [None] * x.shape[0]
    weight, projection = k.transposed(weight), None if projection is None else k.transposed(projection)
    for t in _order(x.shape[0], reverse):
        new_h, new_c = lstm_step(k, k.at(x, t) + k.mm(h, weight), c)
        new_h = new_h if projection is None else k.mm(new_h, projection)
        hs[t] = h = _running(k, mask, t, new_h, h)
        cs[t] = c = _running(k, mask, t, new_c, c)
    return k.stack(hs), k.stack(cs)


def _gru_forward(x, h, weight, bias, mask, reverse):
    k, hs, weight = NODES, [None] * x.shape[0], NODES.transposed(weight)
    for t in _order(x.shape[0], reverse):
        hw = k.mm(h, weight)
        hw = hw if bias is None else hw + bias
        hs[t] = h = _running(k, mask, t, gru_step(k, k.at(x, t), hw, h), h)
    return k.stack(hs)


def _rnn_forward(x, h, weight, mask, reverse, activation):
    k, hs, weight = NODES, [None] * x.shape[0], NODES.transposed(weight)
    for t in _order(x.shape[0], reverse):
        gates = k.at(x, t) + k.mm(h, weight)
        new = k.tanh(gates) if activation == "tanh" else k.maximum(gates, 0)
        hs[t] = h = _running(k, mask, t, new, h)
    return k.stack(hs)


# ------------------------------------------------------------------ all steps backwards
def _plus(a, b):
    """A sum in which None counts as zero."""
    return b if a is None else a if b is None else a + b


def _masked(k, mask, t, g):
    """The part of a gradient that goes through the step: nothing for sequences that are over."""
    return g if mask is None or g is None else k.where(k.at(mask, t), g, 0)


def _lstm_backward(k, gates, c0, cs, weight, projection, mask, gh, gc, reverse):
    """The gradients for the gates (T, B, 4H), for the first states, and for the hidden states after each step."""
    i, f, g, o = k.split(gates, 4)
    i, f, g, o, y = k.sigmoid(i), k.sigmoid(f), k.tanh(g), k.sigmoid(o), k.tanh(cs)
    through_i, through_g, through_o, through_y = g * (i * (1 - i)), i * (1 - g * g), y * (o * (1 - o)), o * (1 - y * y)
    order = _order(gates.shape[0], not reverse)
    d_gates, d_hs, d_h, d_c = [None] * len(order), [None] * len(order), None, None
    for step, t in enumerate(order):
        before = k.at(cs, order[step + 1]) if step + 1 < len(order) else c0
        all_h, all_c = _plus(k.at(gh, t), d_h), _plus(None if gc is None else k.at(gc, t), d_c)
        d_hs[t] = _masked(k, mask, t, all_h)
        d_y = d_hs[t] if projection is None else k.mm(d_hs[t], projection)
        d_c = _plus(d_y * k.at(through_y, t), _masked(k, mask, t, all_c))
        f_t = k.at(f, t)
        parts = (
            d_c * k.at(through_i, t),
            d_c * before * (f_t * (1 - f_t)),
            d_c * k.at(through_g, t),
            d_y * k.at(through_o, t),
        )
        d_gates[t] = k.join(parts)
        d_h = _running(k, mask, t, k.mm(d_gates[t], weight), all_h)
        d_c = _running(k, mask, t, d_c * f_t, 0 if all_c is None else all_c)
    return k.stack(d_gates), d_h, d_c, k.stack(d_hs)


def _gru_backward(k, x, hw, hs, h0, weight, mask, gh, reverse):
    """The gradients for the hidden states' products (T, B, 3H), for the new gate (T, B, H) and for the first states."""
    (xr, xz, xn), (hr, hz, hn) = k.split(x, 3), k.split(hw, 3)
    r, z = k.sigmoid(xr + hr), k.sigmoid(xz + hz)
    n = k.tanh(xn + r * hn)
    through_n, through_r = (1 - z) * (1 - n * n), hn * (r * (1 - r))
    order = _order(x.shape[0], not reverse)
    d_hws, d_ns, d_h = [None] * len(order), [None] * len(order), None
    for step, t in enumerate(order):
        before = k.at(hs, order[step + 1]) if step + 1 < len(order) else h0
        all_h, z_t = _plus(k.at(gh, t), d_h), k.at(z, t)
        g = _masked(k, mask, t, all_h)
        d_ns[t] = d_n = g * k.at(through_n, t)
        d_z = g * (before - k.at(n, t)) * (z_t * (1 - z_t))
        d_hws[t] = k.join((d_n * k.at(through_r, t), d_z, d_n * k.at(r, t)))
        d_h = _running(k, mask, t, g * z_t + k.mm(d_hws[t], weight), all_h)
    return k.stack(d_hws), k.stack(d_ns), d_h


def _rnn_backward(k, hs, weight, mask, gh, reverse, activation):
    """The gradients for the gates (T, B, H) and for the first states."""
    d_gates, d_h = [None] * hs.shape[0], None
    for t in _order(hs.shape[0], not reverse):
        all_h, h = _plus(k.at(gh, t), d_h), k.at(hs, t)
        g = _masked(k, mask, t, all_h)
        d_gates[t] = g * (1 - h * h) if activation == "tanh" else k.where(k.gt(h, 0), g, 0)
        d_h = _running(k, mask, t, k.mm(d_gates[t], weight), all_h)
    return k.stack(d_gates), d_h


# ------------------------------------------------------------------ the ops
def _backward_op(name: str, formula, infer) -> Op:
    return Op(name, "", infer, lambda *args: formula(NODES, *args), summary="All steps of a recurrent layer backwards.")


_LSTM_BACKWARD = _backward_op(
    "lstm_backward", _lstm_backward,
    lambda gates, c0, cs, weight, projection, mask, gh, gc, reverse: (
        _like(gates, gates.shape), _like(gh, gh.shape[1:]), _like(c0, c0.shape), _like(gh, gh.shape),
    ),
)  # fmt: skip
_GRU_BACKWARD = _backward_op(
    "gru_backward", _gru_backward,
    lambda x, hw, hs, h0, weight, mask, gh, reverse: (_like(x, x.shape), _like(hs, hs.shape), _like(h0, h0.shape)),
)  # fmt: skip
_RNN_BACKWARD = _backward_op(
    "rnn_backward", _rnn_backward,
    lambda hs, weight, mask, gh, reverse, activation: (_like(hs, hs.shape), _like(hs, hs.shape[1:])),
)  # fmt: skip


def _like(m: Meta, shape) -> Meta:
    return contiguous(tuple(shape), m.dtype)


def _back(op: Op, formula, args: tuple, attrs: tuple):
    """The gradients of all steps; as one op, unless they are to be differentiated themselves."""
    if MODE.enabled:
        return formula(TENSORS, *args, *attrs)
    if len(args[0]) <= STEPS // 2:
        return apply(op, args, attrs)
    sync()
    results = apply(op, args, attrs)
    sync()
    return results


def _in_parts(run, x: Tensor, mask: Tensor | None, states: tuple, reverse: bool):
    """run(x, mask, *states) -> (outputs, *states) over no more than STEPS steps at a time."""
    if len(x) <= STEPS:
        return run(x, mask, *states)
    size = -(-len(x) // -(-len(x) // STEPS))
    xs = x.split(size)
    parts = list(zip(xs, [None] * len(xs) if mask is None else mask.split(size)))
    outputs = []
    for part in reversed(parts) if reverse else parts:
        sync()  # equal parts are equal programs: they share a plan
        output, *states = run(*part, *states)
        outputs.append(output)
    sync()
    return cat(outputs[::-1] if reverse else outputs), *states


def _befores(hs: Tensor, h0: Tensor, reverse: bool) -> Tensor:
    """The hidden states before each step."""
    first = h0.unsqueeze(0)
    return cat([hs[1:], first]) if reverse else cat([first, hs[:-1]])


def _outer(g: Tensor, x: Tensor) -> Tensor:
    """The gradient for a weight, from those of its products (T, B, out) and what it was multiplied with (T, B, in)."""
    return mm(reshape(g, (-1, g.shape[-1])).t(), reshape(x, (-1, x.shape[-1])))


def _lstm_grads(grads, args, needs, y0, y1, reverse):
    x, h, c, weight, projection, mask = (args[i] for i in range(6))
    before = _befores(y0, h, reverse)
    gates = x + linear(before, weight)
    d_gates, d_h, d_c, d_hs = _back(
        _LSTM_BACKWARD, _lstm_backward, (gates, c, y1, weight, projection, mask, *grads), (reverse,)
    )
    found = {0: d_gates, 1: d_h, 2: d_c}
    if 3 in needs:
        found[3] = _outer(d_gates, before)
    if 4 in needs:
        found[4] = _outer(d_hs, gates.chunk(4, -1)[3].sigmoid() * y1.tanh())
    return [found[i] for i in needs]


def _gru_grads(grads, args, needs, y0, reverse):
    x, h, weight, bias, mask = (args[i] for i in range(5))
    before = _befores(y0, h, reverse)
    products = linear(before, weight, bias)
    d_hw, d_n, d_h = _back(_GRU_BACKWARD, _gru_backward, (x, products, y0, h, weight, mask, *grads), (reverse,))
    found = {1: d_h, 3: d_hw}
    if 0 in needs:
        found[0] = cat([d_hw[..., : 2 * d_n.shape[-1]], d_n], -1)
    if 2 in needs:
        found[2] = _outer(d_hw, before)
    return [found[i] for i in needs]


def _rnn_grads(grads, args, needs, y0, reverse, activation):
    _, h, weight, mask = (args[i] for i in range(4))
    d_gates, d_h = _back(_RNN_BACKWARD, _rnn_backward, (y0, weight, mask, *grads), (reverse, activation))
    found = {0: d_gates, 1: d_h}
    if 2 in needs:
        found[2] = _outer(d_gates, _befores(y0, h, reverse))
    return [found[i] for i in needs]


def _checked(x: Meta, *states: Meta) -> Meta:
    """The meta of all states, from those of the products and of the first states; raises where their types differ."""
    for state in states:
        if state.dtype is not x.dtype:
            a, b = errors.TYPE_TITLES[state.dtype.name], errors.TYPE_TITLES[x.dtype.name]
            raise RuntimeError(f"mat1 and mat2 must have the same dtype, but got {a} and {b}")
    return _like(x, (x.shape[0], *states[0].shape))


_LSTM = Op(
    "lstm", "reverse", lambda x, h, c, weight, projection, mask, reverse: (_checked(x, h, c), _checked(x, c)),
    _lstm_forward, _lstm_grads, variadic=True, summary="All steps of an LSTM: its hidden and its cell states.",
)  # fmt: skip
_GRU = Op(
    "gru", "reverse", lambda x, h, weight, bias, mask, reverse: _checked(x, h),
    _gru_forward, _gru_grads, variadic=True, summary="All steps of a GRU: its hidden states.",
)  # fmt: skip
_RNN = Op(
    "rnn", "reverse activation", lambda x, h, weight, mask, reverse, activation: _checked(x, h),
    _rnn_forward, _rnn_grads, variadic=True, summary="All steps of a plain recurrent network: its hidden states.",
)  # fmt: skip


def lstm(
    x: Tensor, h: Tensor, c: Tensor, weight: Tensor, projection: Tensor | None, mask: Tensor | None, reverse: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """All hidden states (T, B, P), and the last hidden (B, P) and cell states (B, H).

    x: gates (T, B, 4H) without the part of the hidden states.  weight: (4H, P).  projection: (P, H), where P is not H.
    mask: (T, B, 1), whether sequences are still running.  reverse: from the last step to the first.
    """
    last = 0 if reverse else -1

    def run(x, mask, h, c):
        hs, cs = apply(_LSTM, (x, h, c, weight, projection, mask), (reverse,))
        return hs, hs[last], cs[last]

    return _in_parts(run, x, mask, (h, c), reverse)


def gru(
    x: Tensor, h: Tensor, weight: Tensor, bias: Tensor | None, mask: Tensor | None, reverse: bool
) -> tuple[Tensor, Tensor]:
    """All hidden states (T, B, H) and the last ones (B, H).

    x: gates (T, B, 3H) without the part of the hidden states.  weight: (3H, H).  bias: (3H), added to the products of
    the hidden states.  mask, reverse: as for lstm.
    """

    def run(x, mask, h):
        hs = apply(_GRU, (x, h, weight, bias, mask), (reverse,))
        return hs, hs[0 if reverse else -1]

    return _in_parts(run, x, mask, (h,), reverse)


def rnn(
    x: Tensor, h: Tensor, weight: Tensor, activation: str, mask: Tensor | None, reverse: bool
) -> tuple[Tensor, Tensor]:
    """All hidden states (T, B, H) and the last ones (B, H).

    x: (T, B, H) without the part of the hidden states.  weight: (H, H).  activation: "tanh" or "relu".
    mask, reverse: as for lstm.
    """

    def run(x, mask, h):
        hs = apply(_RNN, (x, h, weight, mask), (reverse, activation))
        return hs, hs[0 if reverse else -1]

    return _in_parts(run, x, mask, (h,), reverse)
