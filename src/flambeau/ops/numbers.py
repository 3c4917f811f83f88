"""Elementwise ops on how numbers are made: gcd, lcm, nextafter, frexp."""

from __future__ import annotations

import math

import numpy as np

from .. import dtypes, ir
from ..dtypes import INTEGER, int32
from ..errors import TYPE_TITLES
from ..meta import Meta
from ..tensor import Tensor
from .elementwise import broadcast_meta, elementwise
from .public import FUNCTIONS, public
from .publish import publish_binary
from .registry import Op, apply, promoted
from .structures import named


def _whole(name: str):
    """Raises unless an operand is an integer."""

    def check(*operands):
        kind = promoted(operands)
        if kind.category != INTEGER:
            raise NotImplementedError(f"\"{name}_cpu\" not implemented for '{TYPE_TITLES[kind.name]}'")

    return check


def _least_common_multiple(k, x, y):
    divisor = k.gcd(x, y)
    return k.abs(k.mul(k.truncdiv(x, k.where(k.eq(divisor, 0), ir.const(1, x.dtype), divisor)), y))


gcd = elementwise(
    "gcd", "input other", lambda k, x, y: k.gcd(x, y), check=_whole("gcd"), reference=np.gcd,
    summary="The greatest common divisor of two whole numbers.",
)  # fmt: skip
lcm = elementwise(
    "lcm", "input other", _least_common_multiple, check=_whole("lcm"), reference=np.lcm,
    summary="The least common multiple of two whole numbers.",
)  # fmt: skip


# ------------------------------------------------------------------ neighbours
BITS = {2: dtypes.int16, 4: dtypes.int32, 8: dtypes.int64}


def _next_infer(input, other):
    kind = promoted((input, other))
    if not kind.is_floating_point:
        raise NotImplementedError(f"\"nextafter_cpu\" not implemented for '{TYPE_TITLES[kind.name]}'")
    return broadcast_meta((input, other), kind)


def _next(x, y, out):
    """Neighbouring numbers have neighbouring bit patterns; those of negative numbers go the other way."""
    (result,) = out
    x, y = (ir.broadcast(v.cast(result.dtype), result.shape) for v in (x, y))
    bits = BITS[result.dtype.itemsize]
    smallest = ir.map_("copysign", ir.bitcast(ir.full(1, result.shape, bits), result.dtype), y)
    outwards = ir.where((x > 0).eq(y > x), ir.full(1, result.shape, bits), ir.const(-1, bits))
    moved = ir.bitcast(ir.bitcast(x, bits) + outwards, result.dtype)
    moved = ir.where(x.eq(0), smallest, moved)
    return ir.where(x.ne(x), x, ir.where(x.eq(y), y, ir.where(y.ne(y), y, moved)))


NEXTAFTER = Op(
    "nextafter", "input other", _next_infer, _next,
    (lambda g, input, other: g.masked_fill(input == other, 0), lambda g: g * 0), reference=np.nextafter,
    summary="The next floating-point number from one towards another.",
)  # fmt: skip


# ------------------------------------------------------------------ mantissa and exponent
def _frexp_infer(input: Meta):
    if not input.dtype.is_floating_point:
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    return broadcast_meta((input,), input.dtype), broadcast_meta((input,), int32)


def _frexp(input):
    """From the bit pattern of float64, in which only its own denormals have to be scaled first."""
    x, int64 = input.cast(dtypes.float64), dtypes.int64
    tiny = x.abs() < 2.0**-1022
    pattern = ir.bitcast(ir.where(tiny, x * 2.0**54, x), int64)
    exponent = ir.map_("and", ir.map_("shr", pattern, 52), 0x7FF) - ir.where(tiny, ir.full(1076, x.shape, int64), 1022)
    mantissa = ir.bitcast(ir.map_("or", ir.map_("and", pattern, ~(0x7FF << 52)), 1022 << 52), dtypes.float64)
    kept = ir.map_("or", x.eq(0), ir.map_("or", x.ne(x), x.abs().eq(math.inf)))
    return ir.where(kept, x, mantissa).cast(input.dtype), ir.where(kept, ir.full(0, x.shape, int64), exponent).cast(
        int32
    )


FREXP = Op(
    "frexp", "input", _frexp_infer, _frexp, lambda g0, y1: g0 / y1.to(g0.dtype).exp2(),
    summary="Mantissa, from 1/2 to 1, and exponent.",
)  # fmt: skip


@public(out=True)
def frexp(input: Tensor):
    """The mantissa and the exponent of each element: input = mantissa * 2 ** exponent."""
    mantissa, exponent = apply(FREXP, (input,))
    return named("frexp", mantissa=mantissa, exponent=exponent)


for _op in (gcd, lcm, NEXTAFTER):
    publish_binary(_op)
FUNCTIONS.update(gcd_=Tensor.gcd_, lcm_=Tensor.lcm_)
