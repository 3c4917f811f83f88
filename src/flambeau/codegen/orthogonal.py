"""Orthogonal polynomials of any degree, for float64, by their recurrences.

Degrees are whole numbers in floating-point form. Below degree 0 all are 0. Chebyshev's inside of (-1, 1) and from some
degree on are cosines and sines of multiples of an angle.
"""

from __future__ import annotations

from collections.abc import Callable

from .terms import Term, composite, repeat, where


def _recurrence(x: Term, n: Term, first: Term, step: Callable[[Term, Term, Term], Term]) -> Term:
    """p(n) from p(0) = 1, p(1) and p(k + 1) = step(k, p(k), p(k - 1)), up to where it is no number any more."""

    def round_(k, before, value):
        more = (k < n) & value.equals(value)
        following = where(more, step(k, value, before), value)
        return [where(more, k + 1, k), where(more, value, before), following], (k + 1 < n) & more

    one = x.like(1)
    value = repeat([one, one, first], round_)[2]
    return where(n < 0, 0, where(n.equals(0), 1, where(n.equals(1), first, value)))


def _odd(n: Term) -> Term:
    return (n * 0.5).floor().differs(n * 0.5)


def _chebyshev(x: Term, n: Term, first: Term, high: int, angle: Term, right: Term, left: Term) -> Term:
    """Chebyshev's recurrence; `angle` from degree `high` on inside of (-1, 1), `right` at 1 and `left` at -1."""
    waving = (n > high) & (abs(x) < 1)
    degree = where(waving | abs(x).equals(1), where(n > 1, 2, n), n)  # known otherwise
    value = where(waving, angle, _recurrence(x, degree, first, lambda k, p, q: (x + x) * p - q))
    ends = where(x.equals(1), right, where(x.equals(-1), left, value))
    return where(n < 0, 0, ends)


@composite
def chebyshev_t(x: Term, n: Term) -> Term:
    """First kind: cos(n acos(x))."""
    sign = where(_odd(n), x.like(-1), 1)
    return _chebyshev(x, n, x, 6, (n * x.acos()).cos(), x.like(1), sign)


@composite
def chebyshev_u(x: Term, n: Term) -> Term:
    """Second kind: sin((n + 1) acos(x)) / sin(acos(x))."""
    angle = x.acos()
    wave = ((n + 1) * angle).sin() / angle.sin()
    return _chebyshev(x, n, x + x, 8, wave, n + 1, where(_odd(n), -(n + 1), n + 1))


@composite
def chebyshev_v(x: Term, n: Term) -> Term:
    """Third kind: cos((n + 1/2) acos(x)) / cos(acos(x) / 2)."""
    angle, most = x.acos(), n + n + 1
    wave = ((n + 0.5) * angle).cos() / (angle * 0.5).cos()
    return _chebyshev(x, n, x + x - 1, 8, wave, x.like(1), where(_odd(n), -most, most))


@composite
def chebyshev_w(x: Term, n: Term) -> Term:
    """Fourth kind: sin((n + 1/2) acos(x)) / sin(acos(x) / 2)."""
    angle, most = x.acos(), n + n + 1
    wave = ((n + 0.5) * angle).sin() / (angle * 0.5).sin()
    return _chebyshev(x, n, x + x + 1, 8, wave, most, where(_odd(n), x.like(-1), 1))


@composite
def hermite_h(x: Term, n: Term) -> Term:
    """The physicists' Hermite polynomials."""
    return _recurrence(x, n, x + x, lambda k, p, q: (x * p - k * q) * 2)


@composite
def hermite_he(x: Term, n: Term) -> Term:
    """The probabilists' Hermite polynomials."""
    return _recurrence(x, n, x, lambda k, p, q: x * p - k * q)


@composite
def laguerre_l(x: Term, n: Term) -> Term:
    """Laguerre polynomials."""
    value = _recurrence(x, n, 1 - x, lambda k, p, q: ((k + k + 1 - x) * p - k * q) / (k + 1))
    return where((n >= 0) & x.equals(0), 1, value)


@composite
def legendre_p(x: Term, n: Term) -> Term:
    """Legendre polynomials."""
    degree = where(abs(x).equals(1), where(n > 1, 2, n), n)
    value = _recurrence(x, degree, x, lambda k, p, q: ((k + k + 1) * x * p - k * q) / (k + 1))
    ends = where(x.equals(-1) & _odd(n), x.like(-1), 1)
    return where((n >= 0) & abs(x).equals(1), ends, value)
