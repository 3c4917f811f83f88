"""The error function and its relatives, the logarithm of the gamma function and its derivative, float32 and float64.

In and out: Nums. The polynomials are minimax fits (Remez exchange in 60-digit arithmetic). The error of digamma, and of
lgamma below 0, is relative to the larger of 1 and the result: near their zeros it is absolute.
"""

from __future__ import annotations

import math

from .elementary import bounded, exp, log, log1p, plus_one, reduced_exp
from .formula import (
    INFINITY,
    NAN,
    Num,
    at_most,
    copysign,
    fma,
    function,
    intrinsic,
    magnitude,
    polynomial,
    scaled,
    sqrt,
    through_double,
    where,
)
from .trigonometry import PI, PI_REST, sine_and_cosine

# erf(x) / x - 1 over z = x**2 <= 1: 2**-28.6 and 2**-56.
ERF32 = (0.12837917, -0.37612626, 0.112835854, -0.026853813, 0.0051883277, -0.00080101937, 7.853861e-05)
ERF64 = (
    0.1283791670955126, -0.3761263890318375, 0.11283791670954857, -0.026866170645072896, 0.005223977624780875,
    -0.0008548326978742633, 0.00012055331036913794, -1.4925593507190661e-05, 1.6460972821184672e-06,
    -1.6350025260055095e-07, 1.465788005199366e-08, -1.1365666624567702e-09, 5.945262640753955e-11,
)  # fmt: skip
# log(erfc(x)) on [0.99, 4]: 2**-35 of erf.
ERF_TAIL32 = (
    0.00018803388783952273, -1.1295783959263523, -0.6332199463529357, -0.1084185227959545, 0.02520822391189453,
    -0.004204550266770141, 0.000441334145633333, -2.168667007248407e-05,
)  # fmt: skip
# exp(x**2) erfc(x) (1 + 2 x) over t = (x - 4) / (x + 4), x in [1/2, 28]: 2**-53.7.
ERFC64 = (
    1.2329951186255526, -0.1396211168405617, 0.015379652102613491, 0.06809705425458708, -0.10103906603591445,
    0.09373283500230967, -0.06633036582163195, 0.03716751546925943, -0.016197733942328266, 0.0050319706255442225,
    -0.0007577741048428327, -0.00019926040083854848, 0.00015062521788178612, -2.438585764776143e-05,
    -1.1231703911148768e-05, 5.67910748720427e-06, 3.1031721477087203e-07, -7.817703749358416e-07,
    5.7852629740867975e-08, 7.41197197886142e-08, -8.907835085765456e-09,
)  # fmt: skip
# erfinv(y) / y over w = -log(1 - y**2) <= 5, and erfinv(y) over sqrt(w) <= 6.2: 2**-28.7 and 2**-25.6.
ERFINV_CENTRAL = (
    0.8862269274516963, 0.23201355602283008, 0.011550335411094135, -0.0023385402729065746, -0.00012200306049697561,
    4.048710895452532e-05, 5.835490262547794e-06, -2.497845672868007e-06, 3.097914730262809e-07,
    -1.7160870597327994e-08, 3.3552218619351136e-10,
)  # fmt: skip
ERFINV_TAIL = (
    -0.17135447014445043, 1.4190379961800277, -0.7113875676544947, 0.5425830808216258, -0.24476310831205672,
    0.07203297649689797, -0.014300938868947318, 0.0019092400110858989, -0.00016483285576169757, 8.332457597888439e-06,
    -1.875903458053325e-07,
)  # fmt: skip
# lgamma(x) / ((x - 1) (x - 2)) over x - 3/2 in [-1/2, 1/2]: 2**-54.
LGAMMA = (
    0.4831289505409809, -0.14595989591430594, 0.06291140107456435, -0.03130848750105423, 0.01679709863127972,
    -0.00942562244476184, 0.005446457838840016, -0.003212074222784896, 0.0019229163202581997, -0.0011644113393636682,
    0.0007115189556148719, -0.0004380355477226415, 0.00027131475884008277, -0.00016856941164808514,
    0.00010534937044841837, -6.794606063433278e-05, 4.304728835406048e-05, -2.147021393732911e-05,
    1.3149042868776604e-05, -1.854255198588598e-05, 1.2169637981538304e-05,
)  # fmt: skip
# x (lgamma(x) - Stirling's formula) and x**2 (log(x) - 1 / (2 x) - digamma(x)) over w = 1 / x**2, x >= 8: 2**-63.
STIRLING = (
    0.08333333333333333, -0.0027777777777740994, 0.0007936507898351709, -0.0005952366070454914, 0.0008414728616832762,
    -0.0018905406908595879, 0.005069265221221924,
)  # fmt: skip
DIGAMMA = (
    0.08333333333333333, -0.008333333333280431, 0.003968253913289074, -0.004166645186638568, 0.00757173439831206,
    -0.02070053026879749, 0.0636756765060888,
)  # fmt: skip

HALF_LOG_2PI_LESS_HALF = 0.4189385332046727
SHIFTED = 8  # from here on the asymptotic series are good


# ---- error function ----


def erf_near(x: Num) -> Num:
    """|x| up to 1."""
    z = x * x
    return fma(x, polynomial(z, x.pick(ERF32, ERF64)), x)


def erf(x: Num) -> Num:
    size = magnitude(x)
    if x.single:
        rest = exp(polynomial(at_most(size, 4.0), ERF_TAIL32))
    else:
        rest = erfc_far(at_most(size, 6.0))
    return copysign(where(size < 1, erf_near(x), 1 - rest), x)


def erfc_far(x: Num) -> Num:
    """x from 1/2 on: exp(-x**2) times a polynomial; the square's rounding error is not lost."""
    x = at_most(x, 28.0)
    square = x * x
    head, tail, n, exponent = reduced_exp(bounded(-square), -fma(x, x, -square))
    factor = polynomial((x - 4) / (x + 4), ERFC64) / (x + x + 1)
    return scaled(plus_one(head, tail) * factor, n, exponent)


@through_double
def erfc(x: Num) -> Num:
    far = erfc_far(magnitude(x))
    far = where(x < 0, 2 - far, far)
    return where(magnitude(x) < 0.5, 1 - erf_near(x), far)


def erfinv(y: Num) -> Num:
    """float32 directly; float64 by one step of Halley's method from there."""
    if y.single:
        return through_double(erfinv_start)(y)
    x, size = magnitude(erfinv_start(y)), magnitude(y)
    error = where(size < 0.5, erf(x) - size, (1 - size) - erfc(x))
    step = error * (math.sqrt(math.pi) / 2) * exp(x * x)
    better = x - step / fma(x, step, 1)
    return copysign(where((size < 1) & (size > 0), better, x), y)


def erfinv_start(y: Num) -> Num:
    size = magnitude(y)
    w = -log1p(-(size * size))
    w = where(size < 0.5, w, -log((1 - size) * (1 + size)))
    near = size * polynomial(w, ERFINV_CENTRAL)
    x = where(w < 5, near, polynomial(sqrt(w), ERFINV_TAIL))
    return copysign(where(size.equals(1), x.const(INFINITY), x), y)


# ---- gamma function ----


def sine_and_cosine_of_pi(d: Num) -> tuple[Num, Num]:
    """sin(pi d) and cos(pi d) for |d| <= 1/2."""
    size = magnitude(d)
    folded = where(size > 0.25, 0.5 - size, size)
    r = folded * PI
    sine, cosine = sine_and_cosine(r, fma(folded, PI, -r) + folded * PI_REST)
    return copysign(where(size > 0.25, cosine, sine), d), where(size > 0.25, sine, cosine)


def fraction(x: Num) -> Num:
    """x less the nearest whole number."""
    return x - intrinsic("roundeven", x)


def lgamma_positive(x: Num) -> Num:
    """x > 0: moved to [1, 2] by a product below 8, Stirling's formula beyond."""
    up = x < 1
    past, product = where(up, x, x - 1), where(up, x, 1)
    for _ in range(SHIFTED - 2):
        down = past >= 1
        product = where(down, product * past, product)
        past = where(down, past - 1, past)
    far = x >= SHIFTED
    logarithm = log(where(far, x, product))
    short = past - 1  # exact, as is `past`: the zeros at 1 and 2 stay sharp
    near = fma(past * short, polynomial(past - 0.5, LGAMMA), where(up, -logarithm, logarithm))
    inverse = 1 / x
    series = inverse * polynomial(inverse * inverse, STIRLING)
    stirling = fma(x - 0.5, logarithm - 1, series + HALF_LOG_2PI_LESS_HALF)
    return where(far, where(x.equals(INFINITY), x, stirling), near)


@through_double
def lgamma(x: Num) -> Num:
    size = magnitude(x)
    right = lgamma_positive(size)
    sine, _ = sine_and_cosine_of_pi(fraction(size))
    left = log(PI / (size * magnitude(sine))) - right
    result = where(x < 0, left, right)
    return where(size.equals(INFINITY) | x.equals(0), x.const(INFINITY), result)


@through_double
def digamma(x: Num) -> Num:
    """Moved to x >= 8 by a sum of reciprocals, kept as one quotient; mirrored below 0."""
    mirrored = x < 0
    z = where(mirrored, 1 - x, x)
    above, below = z.const(0), z.const(1)
    for _ in range(SHIFTED):
        move = z < SHIFTED
        above = where(move, fma(above, z, below), above)
        below = where(move, below * z, below)
        z = where(move, z + 1, z)
    inverse = 1 / z
    square = inverse * inverse
    right = log(z) - fma(square, polynomial(square, DIGAMMA), inverse * 0.5) - above / below
    sine, cosine = sine_and_cosine_of_pi(fraction(x))
    left = right - PI * cosine / sine
    at_zero = copysign(x.const(INFINITY), -x)
    result = where(mirrored, where(sine.equals(0), NAN, left), right)
    return where(x.equals(0), at_zero, where(x.equals(INFINITY), x, result))


FUNCTIONS = {f.__name__: function(f) for f in (erf, erfc, erfinv, lgamma, digamma)}
