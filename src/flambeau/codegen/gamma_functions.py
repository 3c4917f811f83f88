"""Hurwitz' zeta function and the incomplete gamma functions, for float64."""

from __future__ import annotations

import math

from .terms import Term, composite, polynomial, repeat, where

# Bernoulli's numbers B2, B4 ... over (2 k)!.
BERNOULLI = (
    1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000, 1 / 74724249600,
    -3617 / 10670622842880000, 43867 / 5109094217170944000,
)  # fmt: skip
SHIFTED = 10  # from here on the Euler-Maclaurin series is good

# Temme's uniform expansion for a large parameter: c_k(eta), a row for each power of 1 / a.
TEMME = (
    (-0.3333333333333333, 0.08333333333333333, -0.014814814814814815, 0.0011574074074074073,
     0.0003527336860670194, -0.0001787551440329218, 3.919263178522438e-05, -2.185448510679992e-06,
     -1.85406221071516e-06, 8.296711340953087e-07, -1.7665952736826078e-07, 6.707853543401498e-09,
     1.0261809784240309e-08, -4.382036018453353e-09, 9.14769958223679e-10, -2.5514193994946248e-11,
     -5.830772132550426e-11),
    (-0.001851851851851852, -0.003472222222222222, 0.0026455026455026454, -0.0009902263374485596,
     0.00020576131687242798, -4.018775720164609e-07, -1.8098550334489977e-05, 7.64916091608111e-06,
     -1.6120900894563446e-06, 4.647127802807434e-09, 1.378633446915721e-07, -5.752545603517705e-08,
     1.1951628599778148e-08, -1.7543241719747647e-11, -1.0091543710600413e-09),
    (0.004133597883597883, -0.0026813271604938273, 0.0007716049382716049, 2.0093878600823047e-06,
     -0.0001073665322636516, 5.2923448829120125e-05, -1.2760635188618728e-05, 3.423578734096138e-08,
     1.3721957309062934e-06, -6.298992138380055e-07, 1.4280614206064242e-07, -2.0477098421990866e-10,
     -1.409252991086752e-08),
    (0.0006494341563786008, 0.00022947209362139917, -0.0004691894943952557, 0.00026772063206283885,
     -7.561801671883977e-05, -2.396505113867297e-07, 1.1082654115347302e-05, -5.6749528269915965e-06,
     1.4230900732435883e-06, -2.7861080291528143e-11, -1.6958404091930278e-07),
    (-0.0008618882909167117, 0.0007840392217200666, -0.0002990724803031902, -1.4638452578843418e-06,
     6.641498215465122e-05, -3.968365047179435e-05, 1.1375726970678419e-05, 2.507497226237533e-10,
     -1.6954149536558305e-06),
    (-0.00033679855336635813, -6.972813758365857e-05, 0.0002772753244959392, -0.00019932570516188847,
     6.797780477937208e-05, 1.419062920643967e-07, -1.3594048189768693e-05),
    (0.0005313079364639922, -0.0005921664373536939, 0.0002708782096718045, 7.902353232660328e-07,
     -8.153969367561969e-05),
)  # fmt: skip
LARGE, NEAR, ENOUGH = 200, 0.3, 2.0**-53


# ---- zeta ----


def _hurwitz(s: Term, q: Term) -> Term:
    """The sum of (q + k)**-s for s > 1 and q > 0: terms up to SHIFTED + s, then the series unless they vanish."""

    def step(total, a, power):
        more = (a < s + SHIFTED) & (power > total * ENOUGH)
        total, a = where(more, total + power, total), where(more, a + 1, a)
        return [total, a, a ** (-s)], more

    total, a, power = repeat([q.like(0), q, q ** (-s)], step)
    rest = power * a / (s - 1) + power * 0.5
    factor, term = s, power / a
    for k, number in enumerate(BERNOULLI):
        rest = rest + factor * term * number
        factor, term = factor * (s + (2 * k + 1)) * (s + (2 * k + 2)), term / (a * a)
    total = where(power > total * ENOUGH, total + rest, total)
    return where(q.equals(math.inf), 0, total)


@composite
def zeta(s: Term, q: Term) -> Term:
    """Hurwitz' zeta function; for q below 0 (whole s only) the terms below 0 are a difference of two of them."""
    whole = s.equals(s.floor())
    first = q - q.floor()
    odd = (s * 0.5).floor().differs(s * 0.5)
    safe = where(q > 0, -1.5, q)
    below = _hurwitz(s, 1 - first) - _hurwitz(s, 1 - safe)
    left = _hurwitz(s, first) + where(odd, -below, below)
    left = where(first.equals(0), math.inf, where(whole, left, math.nan))
    value = where(q > 0, _hurwitz(s, where(q > 0, q, 1)), where(q <= 0, left, math.nan))
    return where(s.equals(1), math.inf, where(s > 1, value, math.nan))


# ---- incomplete gamma functions ----


def _series(a: Term, x: Term) -> Term:
    """x**a exp(-x) / gamma(a + 1) times 1 + x / (a + 1) + x**2 / ((a + 1) (a + 2)) + ..."""

    def step(total, term, n):
        term, n = term * x / n, n + 1
        return [total + term, term, n], term > total * ENOUGH

    total, _, _ = repeat([a.like(1), a.like(1), a + 1], step)
    return total * (a * x.log() - x - (a + 1).lgamma()).exp()


def _fraction(a: Term, x: Term) -> Term:
    """x**a exp(-x) / gamma(a) times Legendre's continued fraction, by Lentz' method."""

    def step(value, c, d, b, i):
        above = i * (a - i)
        b = b + 2
        d = 1 / (above * d + b)
        c = b + above / c
        change = c * d
        settled = abs(change - 1) <= ENOUGH * 4
        return [where(settled, value, value * change), c, d, b, i + 1], ~settled & (i < 2000)

    b = x + 1 - a
    value, *_ = repeat([1 / b, b.like(1e300), 1 / b, b, b.like(1)], step)
    return value * (a * x.log() - x - a.lgamma()).exp()


def _uniform(a: Term, x: Term) -> tuple[Term, Term]:
    """Temme's expansion: both functions, for a large and x near it."""
    ratio = (x - a) / a
    half = ratio - ratio.log1p()
    eta = (half + half).maximum(0).sqrt().copysign(ratio)
    inverse = 1 / a
    rest = polynomial(inverse, [polynomial(eta, row) for row in TEMME])
    rest = rest * (-a * half).exp() / (a * (2 * math.pi)).sqrt()
    y = eta * (a * 0.5).sqrt()
    return (-y).erfc() * 0.5 - rest, y.erfc() * 0.5 + rest


def _both(a: Term, x: Term) -> tuple[Term, Term]:
    """The regularised functions P and Q; each element by the way that suits it, with harmless numbers in the others."""
    large = (a > LARGE) & (abs(x - a) < a * NEAR)
    lower, upper = _uniform(where(large, a, 300), where(large, x, 300))
    small = (x <= 1) | (x <= a)
    proper = (x > 0) & (x < math.inf) & (a > 0) & (a < math.inf)
    by_series, by_fraction = proper & small & ~large, proper & ~(small | large)
    p = _series(where(by_series, a, 1), where(by_series, x, 0.5))
    q = _fraction(where(by_fraction, a, 1), where(by_fraction, x, 3))
    lower = where(large, lower, where(small, p, 1 - q))
    upper = where(large, upper, where(small, 1 - p, q))
    return lower, upper


def _edges(a: Term, x: Term, value: Term, at_zero: float, at_infinity: float) -> Term:
    """x = 0, x infinite, a = 0, a infinite; NaN where either is negative or both are 0 or infinite."""
    value = where(a.equals(math.inf), at_zero, where(x.equals(math.inf), at_infinity, value))
    value = where(x.equals(0), at_zero, where(a.equals(0), at_infinity, value))
    both = (x.equals(0) & a.equals(0)) | (x.equals(math.inf) & a.equals(math.inf))
    bad = both | (x < 0) | (a < 0) | x.differs(x) | a.differs(a)
    return where(bad, math.nan, value)


@composite
def igamma(a: Term, x: Term) -> Term:
    """The regularised lower incomplete gamma function."""
    return _edges(a, x, _both(a, x)[0], 0.0, 1.0)


@composite
def igammac(a: Term, x: Term) -> Term:
    """The regularised upper incomplete gamma function."""
    return _edges(a, x, _both(a, x)[1], 1.0, 0.0)
