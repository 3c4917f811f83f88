"""Relatives of the gamma function: incomplete ones, Hurwitz' zeta, polygamma."""

from __future__ import annotations

import math
import operator

from ..codegen import gamma_functions as _scalar  # noqa: F401  (adds the scalar functions)
from ..ops.elementwise import elementwise, floating
from ..ops.inplace import assign
from ..ops.public import FUNCTIONS, finish, public
from ..ops.publish import publish_binary
from ..ops.registry import apply2
from ..tensor import Tensor
from .declaring import binary, in_double, not_implemented


def _density(a: Tensor, x: Tensor) -> Tensor:
    """The density of the gamma distribution, which is the slope of its distribution function."""
    return ((a - 1) * x.log() - x - a.lgamma()).exp()


IGAMMA = elementwise(
    "igamma", "input other", in_double("igamma"),
    (not_implemented("igamma: input"), lambda g, input, other: g * _density(input, other)),
    types=floating, summary="The regularised lower incomplete gamma function.",
)  # fmt: skip
IGAMMAC = elementwise(
    "igammac", "input other", in_double("igammac"),
    (not_implemented("igammac: input"), lambda g, input, other: -g * _density(input, other)),
    types=floating, summary="The regularised upper incomplete gamma function.",
)  # fmt: skip
for _op in (IGAMMA, IGAMMAC):
    publish_binary(_op)
gammainc, gammaincc = FUNCTIONS["igamma"], FUNCTIONS["igammac"]


def _zeta_slope(s, q: Tensor) -> Tensor:
    """d zeta(s, q) / dq; s may be a recorded number."""
    s = s if isinstance(s, Tensor) else Tensor.full_of((), s, q.dtype)
    return -s * zeta(s + 1, q)


ZETA = elementwise(
    "special_zeta", "input other", in_double("zeta"),
    (not_implemented("zeta"), lambda g, input, other: g * _zeta_slope(input, other)),
    types=floating, summary="Hurwitz' zeta function: the sum of (other + k) ** -input over k = 0, 1 ...",
)  # fmt: skip
zeta = binary(ZETA)


@public(method=False)
def polygamma(n: int, input: Tensor, *, out=None) -> Tensor:
    """The n-th derivative of digamma."""
    if operator.index(n) < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    if n == 0:
        return finish(input.digamma(), out)
    factor = math.factorial(n) if n < 171 else math.inf
    return finish(apply2(ZETA, float(n + 1), input) * (factor if n % 2 else -factor), out)


def _polygamma_(self: Tensor, n: int) -> Tensor:
    """In-place polygamma; its gradient asks for what was there before, so that is copied."""
    return assign(self, polygamma(n, self.clone()))


Tensor.polygamma = lambda self, n: polygamma(n, self)
Tensor.polygamma_ = _polygamma_
