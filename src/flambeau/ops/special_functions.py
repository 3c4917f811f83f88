"""Elementwise ops beyond arithmetic: hypot, logaddexp, xlogy, sinc, lgamma ... and functions made of them."""

from __future__ import annotations

import math

import numpy as np

from .. import dtypes
from ..errors import TYPE_TITLES
from ..tensor import Tensor
from . import later
from .arithmetic import check_either
from .comparison import where
from .elementwise import compared, elementwise, floating
from .inplace import assign
from .public import public
from .registry import apply, apply1, no_derivative, promoted
from .signatures import Scalar


# ------------------------------------------------------------------ one operand
def _sign_bit(k, x):
    return k.lt(k.copysign(1, x), 0) if x.dtype.is_floating_point else k.lt(x, 0)


def _infinite(sign: int):
    return lambda k, x: k.eq(x, sign * math.inf) if x.dtype.is_floating_point else k.ne(x, x)


def _trigamma(k, x):
    """The second derivative of log(gamma): recurrence up to 6, then the asymptotic series; reflection below 1/2."""
    low = k.lt(x, 0.5)
    reflected = k.where(low, k.sub(1.0, x), x)
    total = k.mul(reflected, 0.0)
    for _ in range(6):
        total, reflected = k.add(total, k.reciprocal(k.mul(reflected, reflected))), k.add(reflected, 1.0)
    square = k.reciprocal(k.mul(reflected, reflected))
    tail = k.mul(square, 0.0)
    for coefficient in (7 / 6, -691 / 2730, 5 / 66, -1 / 30, 1 / 42, -1 / 30, 1 / 6):
        tail = k.mul(k.add(tail, coefficient), square)
    value = k.add(total, k.add(k.reciprocal(reflected), k.add(k.mul(square, 0.5), k.div(tail, reflected))))
    sine = k.div(math.pi, k.sin(k.mul(x, math.pi)))
    return k.where(low, k.sub(k.mul(sine, sine), value), value)


frac = elementwise(
    "frac",
    "input",
    lambda k, x: k.sub(x, k.trunc(x)),
    lambda g: g,
    reference=lambda x: x - np.trunc(x),
    summary="The part after the point.",
)
signbit = elementwise(
    "signbit", "input", _sign_bit, types=compared, reference=np.signbit, summary="Whether the sign is minus."
)
isposinf = elementwise(
    "isposinf", "input", _infinite(1), types=compared, reference=np.isposinf, summary="Whether an element is inf."
)
isneginf = elementwise(
    "isneginf", "input", _infinite(-1), types=compared, reference=np.isneginf, summary="Whether an element is -inf."
)
deg2rad = elementwise(
    "deg2rad",
    "input",
    lambda k, x: k.mul(x, math.pi / 180),
    lambda g: g * (math.pi / 180),
    types=floating,
    reference=np.deg2rad,
    summary="Degrees as radians.",
)
rad2deg = elementwise(
    "rad2deg",
    "input",
    lambda k, x: k.mul(x, 180 / math.pi),
    lambda g: g * (180 / math.pi),
    types=floating,
    reference=np.rad2deg,
    summary="Radians as degrees.",
)
sinc = elementwise(
    "sinc",
    "input",
    lambda k, x: k.where(k.eq(x, 0), 1.0, k.div(k.sin(k.mul(x, math.pi)), k.mul(x, math.pi))),
    lambda g, input: g * sinc_slope(input),
    types=floating,
    reference=np.sinc,
    domain=(0.2, 3.0),
    summary="sin(pi x) / (pi x), 1 at 0.",
)
trigamma = elementwise(
    "trigamma",
    "input",
    _trigamma,
    lambda g, input: g * later.function("polygamma")(2, input),
    types=floating,
    domain=(0.3, 5.0),
    summary="The second derivative of log(gamma).",
)
digamma = elementwise(
    "digamma",
    "input",
    lambda k, x: k.digamma(x),
    lambda g, input: g * apply1(trigamma, input),
    types=floating,
    domain=(0.3, 5.0),
    summary="The derivative of log(gamma).",
)
lgamma = elementwise(
    "lgamma",
    "input",
    lambda k, x: k.lgamma(x),
    lambda g, input: g * apply1(digamma, input),
    types=floating,
    reference=np.vectorize(math.lgamma, [float]),
    domain=(0.3, 5.0),
    summary="log(|gamma(x)|).",
)
_logit = elementwise(
    "logit",
    "input",
    lambda k, x: k.log(k.div(x, k.sub(1.0, x))),
    lambda g, input: (g / (input * (1 - input))).masked_fill((input < 0) | (input > 1), math.nan),
    types=floating,
    reference=lambda x: np.log(x / (1 - x)),
    domain=(0.1, 0.9),
    summary="log(x / (1 - x)).",
)

UNARY = (frac, signbit, isposinf, isneginf, deg2rad, rad2deg, sinc, digamma, lgamma)


def sinc_slope(x: Tensor) -> Tensor:
    """The derivative of sinc; 0 at 0."""
    angle = x * math.pi
    slope = (angle * angle.cos() - angle.sin()) / (angle * x)
    return slope.masked_fill(x == 0, 0)


# ------------------------------------------------------------------ two operands
def _hypot(k, x, y):
    """sqrt(x^2 + y^2) by way of the ratio, so that no square overflows."""
    x, y = k.abs(x), k.abs(y)
    large, small = k.maximum(x, y), k.minimum(x, y)
    ratio = k.div(small, large)
    length = k.mul(large, k.sqrt(k.add(k.mul(ratio, ratio), 1.0)))
    return k.where(
        k.or_(k.eq(large, 0), k.eq(small, large)),
        k.mul(large, math.sqrt(2)),
        k.where(k.eq(large, math.inf), large, length),
    )


def _log_add(exp: str, log: str, doubled: float):
    def body(k, x, y):
        if x.dtype.is_complex:
            return k.logaddexp(x, y)
        gap = getattr(k, exp)(k.neg(k.abs(k.sub(x, y))))
        tail = k.log1p(gap) if log == "log" else k.div(k.log1p(gap), math.log(2))
        return k.where(k.eq(x, y), k.add(x, doubled), k.add(k.maximum(x, y), tail))

    return body


def _numbers_first(choose: str):
    """The larger or smaller of two elements; a number wins over NaN."""

    def body(k, x, y):
        return k.where(k.ne(x, x), y, k.where(k.ne(y, y), x, getattr(k, choose)(x, y)))

    return body


def _same_types(x, y):
    if x.dtype is not y.dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")


hypot = elementwise(
    "hypot",
    "input other",
    _hypot,
    (lambda g, input, y: g * (input / y), lambda g, other, y: g * (other / y)),
    reference=np.hypot,
    summary="sqrt(input^2 + other^2).",
)
xlogy = elementwise(
    "xlogy",
    "input other",
    lambda k, x, y: k.where(k.ne(y, y), y, k.where(k.eq(x, 0), k.mul(x, 0.0), k.mul(x, k.log(y)))),
    (
        lambda g, input, other: g * other.log().masked_fill((input == 0) & (other <= 0), 0),
        lambda g, input, other: g * (input / other),
    ),
    types=floating,
    reference=lambda x, y: x * np.log(y),
    domain=(0.1, 3.0),
    summary="input * log(other); 0 where input is 0.",
)
logaddexp = elementwise(
    "logaddexp",
    "input other",
    _log_add("exp", "log", math.log(2)),
    (lambda g, input, other: g * (input - other).sigmoid(), lambda g, input, other: g * (other - input).sigmoid()),
    types=floating,
    reference=np.logaddexp,
    summary="log(exp(input) + exp(other)).",
)
logaddexp2 = elementwise(
    "logaddexp2",
    "input other",
    _log_add("exp2", "log2", 1.0),
    (
        lambda g, input, other: g * ((input - other) * math.log(2)).sigmoid(),
        lambda g, input, other: g * ((other - input) * math.log(2)).sigmoid(),
    ),
    types=floating,
    reference=np.logaddexp2,
    summary="log2(2^input + 2^other).",
)
copysign = elementwise(
    "copysign",
    "input other",
    lambda k, x, y: k.copysign(x, y),
    (lambda g, input, y: g * (y / input).masked_fill(input == 0, 0), lambda g: g * 0),
    types=floating,
    reference=np.copysign,
    summary="The magnitude of one with the sign of the other.",
)
heaviside = elementwise(
    "heaviside",
    "input values",
    lambda k, x, v: k.where(k.eq(x, 0), v, k.gt(x, 0).cast(v.dtype)),
    (no_derivative("heaviside"), no_derivative("heaviside")),
    check=_same_types,
    reference=np.heaviside,
    summary="0 below 0, 1 above, `values` at 0.",
)
fmax = elementwise(
    "fmax",
    "input other",
    _numbers_first("maximum"),
    (
        lambda g, input, other: g * chosen(input >= other, other),
        lambda g, input, other: g * (1 - chosen(input >= other, other)),
    ),
    reference=np.fmax,
    summary="The larger of two elements; numbers win over NaN.",
)
fmin = elementwise(
    "fmin",
    "input other",
    _numbers_first("minimum"),
    (
        lambda g, input, other: g * chosen(input <= other, other),
        lambda g, input, other: g * (1 - chosen(input <= other, other)),
    ),
    reference=np.fmin,
    summary="The smaller of two elements; numbers win over NaN.",
)

BINARY = (hypot, xlogy, logaddexp, logaddexp2, copysign, heaviside, fmax, fmin)


def chosen(first: Tensor, other: Tensor) -> Tensor:
    """1 where the first operand of fmax or fmin is the result."""
    return (first | other.isnan()).to(other.dtype)


# ------------------------------------------------------------------ functions of these
@public(in_place=True, out=True)
def logit(input: Tensor, eps: float | None = None) -> Tensor:
    """log(x / (1 - x)), with x bounded by eps and 1 - eps where eps is given."""
    if eps is None or eps < 0:
        return apply1(_logit, input)
    x = input if input.meta.dtype.is_inexact else input.to(dtypes.get_default_dtype())
    return apply1(_logit, x.masked_fill(x > 1 - eps, 1 - eps).masked_fill(x < eps, eps))


@public(in_place=True, out=True, exact="nan_to_num: dtype of out: {Got} should be same as input: {Want}")
def nan_to_num(
    input: Tensor, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """NaN and the infinities replaced by numbers (0 and the largest and smallest finite ones by default)."""
    if not input.meta.dtype.is_floating_point:
        return input.clone()
    from ..numeric_limits import finfo

    limits = finfo(input.meta.dtype)
    finite = apply(where, (input == math.inf, limits.max if posinf is None else posinf, input))
    finite = apply(where, (input == -math.inf, limits.min if neginf is None else neginf, finite))
    return apply(where, (input.isnan(), 0.0 if nan is None else nan, finite))


POWER = "the output given to float_power has dtype {Got} but the operation's result requires dtype {Want}"


@public(out=True, exact=POWER)
def float_power(input: Tensor | Scalar, exponent: Tensor | Scalar) -> Tensor:
    """input ** exponent in double precision."""
    check_either("float_power", input, exponent)
    operands = [x.meta if isinstance(x, Tensor) else type(x) for x in (input, exponent)]
    wide = dtypes.complex128 if promoted(operands).is_complex else dtypes.float64
    base, power = (x.to(wide) if isinstance(x, Tensor) else x for x in (input, exponent))
    return base**power


def float_power_(self: Tensor, exponent: Tensor | Scalar) -> Tensor:
    """In-place float_power, of a tensor in double precision."""
    result = float_power(self, exponent)
    if result.meta.dtype is not self.meta.dtype:
        own, wanted = (TYPE_TITLES[x.meta.dtype.name] for x in (self, result))
        raise RuntimeError(
            f"the base given to float_power_ has dtype {own} but the operation's result requires dtype {wanted}"
        )
    return assign(self, result)


Tensor.float_power_ = float_power_


@public(in_place=True, out=True)
def ldexp(input: Tensor, other: Tensor) -> Tensor:
    """input * 2 ** other."""
    return input * 2.0**other


@public(in_place=True, out=True)
def mvlgamma(input: Tensor, p: int) -> Tensor:
    """log of the multivariate gamma function with dimension p."""
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    terms = [apply1(lgamma, input - i / 2) for i in range(p)]
    return sum(terms[1:], terms[0]) + p * (p - 1) / 4 * math.log(math.pi)
