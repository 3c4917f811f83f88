"""Functions of the normal distribution and of entropy: ndtr and its inverse, erfcx, entr, xlog1py."""

from __future__ import annotations

import math

from .. import dtypes
from ..codegen import normal as _scalar  # noqa: F401  (adds the scalar functions)
from ..ops.elementwise import elementwise, floating
from .declaring import binary, function_of, unary

erfcx = unary(
    "special_erfcx", "erfcx", lambda g, input, y: g * (input * y * 2 - 2 / math.sqrt(math.pi)),
    "The scaled complementary error function exp(x**2) erfc(x).",
)  # fmt: skip
ndtri = unary(
    "special_ndtri", "ndtri", lambda g, y: g * ((y * y * 0.5).exp() * math.sqrt(2 * math.pi)),
    "The number below which the standard normal distribution has a probability.",
)  # fmt: skip


def _entropy(k, x):
    outside = k.where(k.eq(x, 0), k.mul(x, 0.0), k.add(x, -math.inf))
    return k.where(k.gt(x, 0), k.neg(k.mul(x, k.log(x))), outside)


entr = function_of(
    elementwise(
        "special_entr", "input", _entropy,
        lambda g, input: g * -(input.log() + 1),
        types=floating, summary="The term of entropy: -x log(x); 0 at 0, -inf below.",
    )
)  # fmt: skip


def _half_erfc(k, x):
    return k.mul(k.erfc(k.mul(x, -math.sqrt(0.5))), 0.5)


ndtr = function_of(
    elementwise(
        "special_ndtr", "input", _half_erfc,
        lambda g, input: g * ((input * input * -0.5).exp() * (1 / math.sqrt(2 * math.pi))),
        types=floating, summary="The probability of the standard normal distribution below a number.",
    )
)  # fmt: skip


def _log_ndtr(k, x):
    """By erfcx below -1, where the probability itself may underflow."""
    wide = x.cast(dtypes.float64)
    far = k.sub(k.log(k.mul(k.erfcx(k.mul(wide, -math.sqrt(0.5))), 0.5)), k.mul(k.mul(wide, wide), 0.5))
    near = k.log1p(k.mul(k.erfc(k.mul(wide, math.sqrt(0.5))), -0.5))
    return k.where(k.lt(wide, -1), far, near)


log_ndtr = function_of(
    elementwise(
        "special_log_ndtr", "input", _log_ndtr,
        lambda g, input: g / erfcx(input * -math.sqrt(0.5)) * math.sqrt(2 / math.pi),
        types=floating, summary="The logarithm of `ndtr`.",
    )
)  # fmt: skip

xlog1py = binary(
    elementwise(
        "special_xlog1py", "input other",
        lambda k, x, y: k.where(k.ne(y, y), y, k.where(k.eq(x, 0), k.mul(x, 0.0), k.mul(x, k.log1p(y)))),
        (
            lambda g, input, other: g * other.log1p().masked_fill((input == 0) & (other <= -1), 0),
            lambda g, input, other: g * (input / (other + 1)),
        ),
        types=floating, summary="input * log(1 + other); 0 where input is 0.",
    )
)  # fmt: skip
