"""Bessel functions of order 0 and 1 of all kinds, and Airy's function."""

from __future__ import annotations

from ..codegen import bessel as _scalar  # noqa: F401  (adds the scalar functions)
from ..ops.elementwise import elementwise, floating
from ..ops.public import FUNCTIONS
from ..ops.publish import publish_unary
from .declaring import in_double, unary


def _i1_slope(x, y0, y1, scale):
    """d I1 / dx = I0 - I1 / x, 1/2 at 0; for the scaled function less sgn(x) times it."""
    slope = y0 - y1 / x - (y1 * x.sgn() if scale else 0)
    return slope.masked_fill(x == 0, 0.5)


I0 = elementwise(
    "i0", "input", in_double("i0"), lambda g, input: g * i1(input), types=floating,
    summary="The modified Bessel function of the first kind, order 0.",
)  # fmt: skip
publish_unary(I0)
i0 = FUNCTIONS["i0"]
i0e = unary(
    "special_i0e", "i0e", lambda g, input, y: g * (i1e(input) - input.sgn() * y),
    "The modified Bessel function of the first kind, order 0, times exp(-|x|).",
)  # fmt: skip
i1 = unary(
    "special_i1", "i1", lambda g, input, y: g * _i1_slope(input, i0(input), y, False),
    "The modified Bessel function of the first kind, order 1.",
)  # fmt: skip
i1e = unary(
    "special_i1e", "i1e", lambda g, input, y: g * _i1_slope(input, i0e(input), y, True),
    "The modified Bessel function of the first kind, order 1, times exp(-|x|).",
)  # fmt: skip

airy_ai = unary("special_airy_ai", "airy_ai", None, "Airy's function Ai.")
bessel_j0 = unary("special_bessel_j0", "bessel_j0", None, "The Bessel function of the first kind, order 0.")
bessel_j1 = unary("special_bessel_j1", "bessel_j1", None, "The Bessel function of the first kind, order 1.")
bessel_y0 = unary("special_bessel_y0", "bessel_y0", None, "The Bessel function of the second kind, order 0.")
bessel_y1 = unary("special_bessel_y1", "bessel_y1", None, "The Bessel function of the second kind, order 1.")
modified_bessel_i0 = unary(
    "special_modified_bessel_i0", "i0", None, "The modified Bessel function of the first kind, order 0."
)
modified_bessel_i1 = unary(
    "special_modified_bessel_i1", "i1", None, "The modified Bessel function of the first kind, order 1."
)
modified_bessel_k0 = unary(
    "special_modified_bessel_k0", "k0", None, "The modified Bessel function of the second kind, order 0."
)
modified_bessel_k1 = unary(
    "special_modified_bessel_k1", "k1", None, "The modified Bessel function of the second kind, order 1."
)
scaled_modified_bessel_k0 = unary(
    "special_scaled_modified_bessel_k0", "k0e", None,
    "The modified Bessel function of the second kind, order 0, times exp(x).",
)  # fmt: skip
scaled_modified_bessel_k1 = unary(
    "special_scaled_modified_bessel_k1", "k1e", None,
    "The modified Bessel function of the second kind, order 1, times exp(x).",
)  # fmt: skip
spherical_bessel_j0 = unary(
    "special_spherical_bessel_j0", "spherical_bessel_j0", None, "The spherical Bessel function of order 0: sin(x) / x."
)
