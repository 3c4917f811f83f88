"""Activation functions: each is one op, and so is its gradient.

A function is declared by three formulas: its value and its slope, of IR nodes, and its curvature (the slope's slope),
of tensors. The numbers that it has besides its input are part of the program.
"""

from __future__ import annotations

from collections.abc import Callable

from .. import ir
from ..ir import Node, map_, where, widened
from ..tensor import Tensor
from .elementwise import broadcast_meta
from .registry import Op, apply


def _flat(input: Tensor, *numbers) -> Tensor:
    """The curvature of what is piecewise linear."""
    return input * 0


def _activation(name: str, summary: str, value: Callable, slope: Callable, curvature: Callable = _flat) -> Op:
    """The op of a tensor and a tuple of numbers that the three formulas take as further arguments."""
    backward = Op(
        f"{name}_backward",
        "grad input numbers",
        lambda grad, input, numbers: broadcast_meta((grad, input), input.dtype),
        lambda grad, input, numbers: (widened(grad) * slope(widened(input), *numbers)).cast(input.dtype),
        (
            lambda g, input, numbers: apply(backward, (g, input), (numbers,)),
            lambda g, grad, input, numbers: g * grad * curvature(input, *numbers),
        ),
        summary=f"Gradient of {name}.",
    )
    forward = Op(
        name,
        "input numbers",
        lambda input, numbers: broadcast_meta((input,), input.dtype),
        lambda input, numbers: value(widened(input), *numbers).cast(input.dtype),
        lambda g, input, numbers: apply(backward, (g, input), (numbers,)),
        summary=summary,
    )
    forward.pointwise = backward.pointwise = True
    return forward


def _const(number, x: Node) -> Node:
    return ir.const(number, x.dtype)


def _sigmoid(x: Node) -> Node:
    return map_("sigmoid", x)


# ------------------------------------------------------------------ piecewise linear
HARDTANH = _activation(
    "hardtanh",
    "x limited to a range.",
    lambda x, low, high: where(x <= low, low, where(x >= high, high, x)),
    lambda x, low, high: where(x <= low, 0.0, where(x >= high, 0.0, _const(1, x))),
)
HARDSIGMOID = _activation(
    "hardsigmoid",
    "relu6(x + 3) / 6.",
    lambda x: _limited(x + 3.0) / 6.0,
    lambda x: where(map_("and", x > -3.0, x < 3.0), _const(1 / 6, x), 0.0),
)
HARDSWISH = _activation(
    "hardswish",
    "x relu6(x + 3) / 6.",
    lambda x: x * _limited(x + 3.0) / 6.0,
    lambda x: where(x <= -3.0, 0.0, where(x < 3.0, x / 3.0 + 0.5, _const(1, x))),
    lambda input: ((input > -3) & (input < 3)) / 3,
)
LEAKY_RELU = _activation(
    "leaky_relu",
    "x where positive, else x times a slope.",
    lambda x, slope: where(x > 0.0, x, x * slope),
    lambda x, slope: where(x > 0.0, 1.0, _const(slope, x)),
)


def _limited(x: Node) -> Node:
    return where(x <= 0.0, 0.0, where(x >= 6.0, 6.0, x))


# ------------------------------------------------------------------ with exponentials
# Arguments of exponentials are bounded, so that no infinity is computed where another branch is taken.
ELU = _activation(
    "elu",
    "x times `above` where positive, else (exp(x * inside) - 1) * below.",
    lambda x, below, above, inside: where(x > 0.0, x * above, map_("expm1", _fallen(x * inside)) * below),
    lambda x, below, above, inside: where(x <= 0.0, _fallen(x * inside).exp() * (below * inside), _const(above, x)),
    lambda input, below, above, inside: ((input * inside).clamp(max=0).exp() * (below * inside * inside)).where(
        input <= 0, 0.0
    ),
)
SOFTPLUS = _activation(
    "softplus",
    "log(1 + exp(beta x)) / beta, and x where beta x > threshold.",
    lambda x, beta, threshold: where(
        x * beta > threshold, x, map_("log1p", where(x * beta > threshold, 0.0, x * beta).exp()) / beta
    ),
    lambda x, beta, threshold: where(x * beta > threshold, 1.0, _sigmoid(x * beta)),
    lambda input, beta, threshold: _bent((input * beta).sigmoid() * beta, beta).where(input * beta <= threshold, 0.0),
)
SILU = _activation(
    "silu",
    "x sigmoid(x).",
    lambda x: x * _sigmoid(x),
    lambda x: _sigmoid(x) * (x * (-_sigmoid(x) + 1.0) + 1.0),
    lambda input: _bent(input.sigmoid()) * (2 + input * (1 - 2 * input.sigmoid())),
)
MISH = _activation(
    "mish",
    "x tanh(softplus(x)).",
    lambda x: x * _mish_factor(x),
    lambda x: _mish_factor(x) + x * _sigmoid(x) * (-(_mish_factor(x) * _mish_factor(x)) + 1.0),
    lambda input: _mish_curvature(input),
)
LOG_SIGMOID = _activation(
    "log_sigmoid",
    "log(sigmoid(x)).",
    lambda x: map_("minimum", x, 0.0) - map_("log1p", (-x.abs()).exp()),
    lambda x: _sigmoid(-x),
    lambda input: -_bent(input.sigmoid()),
)


def _fallen(x: Node) -> Node:
    return map_("minimum", x, 0.0)


def _bent(sigmoid: Tensor, scale: float = 1.0) -> Tensor:
    """The slope of scale * sigmoid."""
    return sigmoid * (1 - sigmoid / scale)


def _mish_factor(x: Node) -> Node:
    return map_("tanh", where(x > 20.0, x, map_("log1p", map_("minimum", x, 20.0).exp())))


def _mish_curvature(input: Tensor) -> Tensor:
    sigmoid = input.sigmoid()
    factor = apply(SOFTPLUS, (input,), ((1.0, 20.0),)).tanh()
    return (1 - factor * factor) * sigmoid * (2 + input * ((1 - sigmoid) - 2 * factor * sigmoid))
