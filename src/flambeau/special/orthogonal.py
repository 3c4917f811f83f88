"""Orthogonal polynomials: Chebyshev's of all kinds, Hermite's, Laguerre's, Legendre's; degrees may be tensors."""

from __future__ import annotations

import math
from collections.abc import Callable

from .. import dtypes
from ..codegen import orthogonal as _scalar  # noqa: F401  (adds the scalar functions)
from ..ops.elementwise import elementwise, floating
from ..ops.public import with_numpy_names
from ..tensor import Tensor
from .declaring import binary


def _polynomial(name: str, fn: str, summary: str, shifted: bool = False, limited: bool = False) -> Callable:
    """The function of x and a degree; shifted: on [0, 1] instead of [-1, 1]; limited: NaN for very high degrees."""

    def body(k, x, n):
        limit = 512 if x.dtype is dtypes.float64 else 128
        x, n = x.cast(dtypes.float64), n.cast(dtypes.float64)
        n = k.where(k.lt(k.abs(n), 2.0**63), k.trunc(n), -1.0)  # what is no int64 becomes a negative one
        value = getattr(k, fn)(k.sub(k.add(x, x), 1) if shifted else x, n)
        return k.where(k.gt(n, limit), math.nan, value) if limited else value

    call = binary(elementwise("special_" + name, "input n", body, types=floating, summary=summary))

    def function(input, n, *, out=None) -> Tensor:
        return call(input, n, out=out)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = summary
    return with_numpy_names(function, {"x": "input"})


def _chebyshev(kind: str, ordinal: str) -> tuple[Callable, Callable]:
    """Chebyshev polynomials of a kind, plain and shifted."""
    summary = f"Chebyshev polynomials of the {ordinal} kind"
    plain = _polynomial(f"chebyshev_polynomial_{kind}", f"chebyshev_{kind}", f"{summary}.")
    shifted = _polynomial(
        f"shifted_chebyshev_polynomial_{kind}", f"chebyshev_{kind}", f"{summary}, shifted to [0, 1].", shifted=True
    )
    return plain, shifted


chebyshev_polynomial_t, shifted_chebyshev_polynomial_t = _chebyshev("t", "first")
chebyshev_polynomial_u, shifted_chebyshev_polynomial_u = _chebyshev("u", "second")
chebyshev_polynomial_v, shifted_chebyshev_polynomial_v = _chebyshev("v", "third")
chebyshev_polynomial_w, shifted_chebyshev_polynomial_w = _chebyshev("w", "fourth")
hermite_polynomial_h = _polynomial(
    "hermite_polynomial_h", "hermite_h", "The physicists' Hermite polynomials.", limited=True
)
hermite_polynomial_he = _polynomial(
    "hermite_polynomial_he", "hermite_he", "The probabilists' Hermite polynomials.", limited=True
)
laguerre_polynomial_l = _polynomial("laguerre_polynomial_l", "laguerre_l", "Laguerre polynomials.")
legendre_polynomial_p = _polynomial("legendre_polynomial_p", "legendre_p", "Legendre polynomials.")
