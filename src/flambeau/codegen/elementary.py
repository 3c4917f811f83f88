"""Exponentials, logarithms, powers and hyperbolic functions, float32 and float64.

In and out: Nums (see formula.py). Each function reduces its argument exactly, or with a correction term that carries
the rounding error, and ends in a polynomial. The polynomials are minimax fits (Remez exchange in 60-digit arithmetic)
on the reduced interval, rounded to the working precision; the error of each stands beside it.
"""

from __future__ import annotations

from .builder import Builder, Value
from .formula import (
    INFINITY,
    LN2,
    LN2_REST,
    NAN,
    Num,
    at_least,
    at_most,
    bits_of,
    copysign,
    exact_product,
    exact_sum,
    fma,
    function,
    magnitude,
    nearest_whole,
    number_of,
    polynomial,
    power_of_two,
    scaled,
    split,
    sqrt,
    through_double,
    where,
)

# (exp(r) - 1 - r) / r**2 on |r| <= ln(2)/2: relative error of exp 2**-29.7 and 2**-57.
EXP32 = (0.5, 0.16666667, 0.041666266, 0.008333264, 0.0013946291, 0.00019918669)
EXP64 = (
    0.5000000000000013, 0.166666666666667, 0.0416666666665131, 0.008333333333306818, 0.0013888888947683137,
    0.0001984126991823033, 2.480148919860464e-05, 2.755721553477775e-06, 2.763156231529911e-07, 2.5118106669410106e-08,
)  # fmt: skip
# (2**t - 1) / t on |t| <= 1/2: 2**-27 and 2**-57 of the result.
EXP2_32 = (0.6931472, 0.2402265, 0.055503253, 0.009618097, 0.0013401237, 0.00015445387)
EXP2_64 = (
    0.6931471805599453, 0.24022650695910072, 0.0555041086648217, 0.009618129107628479, 0.0013333558146389776,
    0.00015403530393374255, 1.525273385688485e-05, 1.3215486804226876e-06, 1.0178050931154818e-07,
    7.054899596031327e-09, 4.4567170623780663e-10, 2.572526754720999e-11,
)  # fmt: skip
# (log(1 + f) - f + f**2 / 2) / f**3 on sqrt(1/2) <= 1 + f <= sqrt(2): 2**-28.
LOG32 = (
    0.33333313, -0.2500001, 0.20002119, -0.16667996, 0.14219552, -0.12405587, 0.11888168, -0.11675669, 0.06746648,
)  # fmt: skip
# (log((1 + s) / (1 - s)) / s - 2) / s**2 over z = s**2 <= 0.0295: 2**-59; less 2/3, for powers: 2**-66.
LOG64 = (
    0.6666666666666734, 0.3999999999941468, 0.285714287423886, 0.22222198572963703, 0.18183564342452468,
    0.15314050034519203, 0.14795955710805703,
)  # fmt: skip
POW64 = (
    0.3999999999999998, 0.285714285714451, 0.2222222221753919, 0.18181818869980187, 0.15384556893811585,
    0.1333631654168767, 0.11674836311766448, 0.11988864881744288,
)  # fmt: skip
# (tanh(x) / x - 1) / x**2 over z = x**2 <= 1: 2**-26.7 and 2**-54.
TANH32 = (-0.33333296, 0.13332345, -0.053879805, 0.021486659, -0.0079461085, 0.0023013658, -0.0003584523)
TANH64 = (
    -0.33333333333332943, 0.13333333333292866, -0.053968253953424784, 0.02186948825980153, -0.008863232451515185,
    0.0035921056053248236, -0.0014557213228930757, 0.0005896186739807952, -0.0002380438381319611, 9.476812997009512e-05,
    -3.6086578655833915e-05, 1.2341297933282673e-05, -3.4196650304746705e-06, 6.544915008510375e-07,
    -6.269269438191377e-08,
)  # fmt: skip
# (sinh(x) / x - 1) / x**2 over z = x**2 <= 1: 2**-56.
SINH64 = (
    0.16666666666666669, 0.008333333333333139, 0.0001984126984143768, 2.7557319155336905e-06, 2.5052123398551906e-08,
    1.6057240341493974e-10, 7.759312195864513e-13,
)  # fmt: skip

LOG2E = 1.4426950408889634
LOG2E_REST = 2.0355273740931033e-17
LOG10E = 0.4342944819032518
LOG10E_REST = 1.098319650216765e-17
SQRT_HALF_BITS = (0x3F3504F3, 0x3FE6A09E667F3BCD)


# ---- exponentials ----


def reduced_exp(x: Num, rest: Num | None = None) -> tuple[Num, Num | None, Num, Num]:
    """exp(x + rest) as (1 + head + tail) * 2**n: head, the smaller tail, n, and n in integer lanes.

    float32 has no tail: it would take the error from 0.97 to 0.75 units in the last place, for a quarter more time. The
    caller has bounded x.
    """
    n, exponent = nearest_whole(x, LOG2E)
    high, low = split(LN2, x.single)
    head = fma(n, -high, x)
    if x.single:
        r = fma(n, -low, head)
        return fma(r * r, polynomial(r, EXP32), r), None, n, exponent
    small = n * -LN2_REST
    small = small if rest is None else small + rest
    r = head + small
    return head, fma(r * r, polynomial(r, EXP64), small), n, exponent


def plus_one(head: Num, tail: Num | None) -> Num:
    """1 + head + tail, rounded about once."""
    if tail is None:
        return head + 1
    total, lost = exact_sum(head.const(1), head)
    return total + (lost + tail)


def bounded(x: Num) -> Num:
    """x kept where exp(x) is neither 0 nor infinite, and a little beyond."""
    return at_least(at_most(x, x.pick(89.0, 710.0)), x.pick(-104.0, -746.0))


def exp(x: Num, rest: Num | None = None) -> Num:
    head, tail, n, exponent = reduced_exp(bounded(x), rest)
    return scaled(plus_one(head, tail), n, exponent)


def exp2(x: Num) -> Num:
    x = at_least(at_most(x, x.pick(129.0, 1025.0)), x.pick(-151.0, -1076.0))
    n, exponent = nearest_whole(x, 1.0)
    t = x - n
    return scaled(fma(t, polynomial(t, x.pick(EXP2_32, EXP2_64)), 1), n, exponent)


def expm1(x: Num) -> Num:
    """Twice 2**(n-1) - 1/2 + 2**(n-1) (head + tail); the first difference is exact where it matters."""
    head, tail, _, exponent = reduced_exp(at_least(at_most(x, x.pick(89.0, 710.0)), -40.0))
    half = power_of_two(exponent - 1)
    if tail is None:
        result = fma(half, head, half - 0.5)
    else:
        total, lost = exact_sum(half - 0.5, half * head)
        result = total + fma(half, tail, lost)
    return copysign(result + result, x)


# ---- logarithms ----


def mantissa(x: Num) -> tuple[Num, Num]:
    """f and e with x = (1 + f) * 2**e and 1 + f in [sqrt(1/2), sqrt(2)), for x > 0, denormals included."""
    shift, tiny, lift = x.pick((23, 2.0**-126, 24), (52, 2.0**-1022, 54))
    small = x < tiny
    bits = bits_of(where(small, x * 2.0**lift, x))
    exponent = (bits - x.pick(*SQRT_HALF_BITS)) >> shift
    m = number_of(bits - (exponent << shift))
    magic = x.const(x.pick(1.5 * 2.0**23, 1.5 * 2.0**52))
    e = number_of(bits_of(magic) + exponent) - magic
    return m - 1, where(small, e - float(lift), e)


def log_tail(f: Num) -> Num:
    """log(1 + f) - f."""
    if f.single:
        return f * f * fma(f, polynomial(f, LOG32), -0.5)
    half_square, s = f * f * 0.5, f / (f + 2)
    z = s * s
    return s * fma(z, polynomial(z, LOG64), half_square) - half_square


def log_special(x: Num, result: Num) -> Num:
    """The logarithm where x is positive and finite, and what it is elsewhere."""
    result = where(x.equals(INFINITY), x, result)
    return where(x > 0, result, where(x.equals(0), x.const(-INFINITY), NAN))


def log(x: Num) -> Num:
    f, e = mantissa(x)
    return log_special(x, joined_log(f, e, log_tail(f)))


def joined_log(f: Num, e: Num, tail: Num) -> Num:
    """e ln(2) + f + tail; ln(2) is cut short so that its product with e is exact."""
    high = f.pick(0.693359375, 0.6931471803691238)
    low = f.pick(-0.00021219444, 1.9082149292705877e-10)
    total = fma(e, high, f)
    lost = f - fma(e, -high, total)
    return total + (lost + fma(e, low, tail))


def log1p(x: Num) -> Num:
    u = x + 1
    big = x > 1
    lost = where(big, 1 - (u - x), x - (u - 1))
    f, e = mantissa(u)
    result = joined_log(f, e, log_tail(f) + where(u > 0, lost, 0) / u)
    return where(magnitude(x) < x.pick(2.0**-25, 2.0**-54), x, log_special(u, result))


def log_in_base(x: Num, factor: float, factor_rest: float, two: float, two_rest: float) -> Num:
    """log(x) * factor, where e * two + e * two_rest is the logarithm of 2**e; e * two is exact."""
    f, e = mantissa(x)
    high, low = exact_sum(f, log_tail(f))
    head, rest = split(factor, x.single)
    product, lost = exact_product(high, head)
    lost = lost + fma(low, head, high * (rest + factor_rest))
    total, lost2 = exact_sum(e * two, product)
    return log_special(x, total + (lost2 + fma(e, two_rest, lost)))


def log2(x: Num) -> Num:
    return log_in_base(x, LOG2E, LOG2E_REST, 1.0, 0.0)


def log10(x: Num) -> Num:
    return log_in_base(
        x, LOG10E, LOG10E_REST, *x.pick((0.30078125, 0.0002487454), (0.30102999566361177, 3.694239077158931e-13))
    )


# ---- powers ----


def log_pair(x: Num) -> tuple[Num, Num]:
    """log(x) as a sum of two float64 numbers, to about 2**-66 of itself; x > 0."""
    f, e = mantissa(x)
    d = f + 2
    d_rest = f - (d - 2)
    s = f / d
    s_rest = (fma(s, -d, f) - s * d_rest) / d
    z, z_rest = exact_product(s, s)
    z_rest = fma(s + s, s_rest, z_rest)
    # The series is 2 s + s z c, with c = 2/3 + z (...) as a pair.
    c, c_rest = exact_sum(x.const(2 / 3), z * polynomial(z, POW64))
    c_rest = c_rest + 3.700743415417188e-17
    t, t_rest = exact_product(z, c)
    t_rest = t_rest + fma(z, c_rest, z_rest * c)
    v, v_rest = exact_product(s, t)
    v_rest = v_rest + fma(s, t_rest, s_rest * t)
    base, base_rest = exact_sum(e * 0.6931471803691238, s + s)
    high, lost = exact_sum(base, v)
    low = lost + (base_rest + (s_rest + s_rest + (v_rest + e * 1.9082149292705877e-10)))
    return exact_sum(high, low)


def power_of_magnitude(x: Num, y: Num) -> Num:
    """|x|**y for float64 lanes, special cases aside: exp of a product that is carried as a pair."""
    x = magnitude(x)
    high, low = log_pair(x)
    high = where(x.equals(0), x.const(-INFINITY), where(x < INFINITY, high, x))
    product, lost = exact_product(y, high)
    lost = where(magnitude(product) < 2000.0, fma(y, low, lost), 0)
    return exp(product, lost)


def pow_(b: Builder, x: Value, y: Value) -> Value:
    """x**y as IEEE 754 has it."""
    return _pow(Num(b, x), Num(b, y)).value


def _pow(x: Num, y: Num) -> Num:
    power = through_double(power_of_magnitude)(x, y)
    size, half = magnitude(x), y * 0.5
    whole = _truncated(y).equals(y)
    odd = whole & _truncated(half).differs(half)
    negative = bits_of(x) < 0
    result = where(negative & odd, -power, power)
    result = where((x < 0) & size.differs(INFINITY) & ~whole, NAN, result)
    result = where(x.equals(-1) & magnitude(y).equals(INFINITY), x.const(1), result)
    return where(x.equals(1) | y.equals(0), x.const(1), result)


def _truncated(x: Num) -> Num:
    return Num(x.b, x.b.intrinsic("trunc", x.value))


# ---- hyperbolic functions ----


def tanh(x: Num) -> Num:
    """A polynomial up to 1, 1 - 2 / (exp(2 x) + 1) beyond."""
    size, z = magnitude(x), x * x
    small = fma(x * z, polynomial(z, x.pick(TANH32, TANH64)), x)
    head, tail, n, exponent = reduced_exp(at_most(size + size, 60.0))
    large = 1 - 2 / (scaled(plus_one(head, tail), n, exponent) + 1)
    return copysign(where(size < 1, small, large), x)


def half_exp(size: Num) -> Num:
    """exp(size) / 2 without early overflow."""
    head, tail, n, exponent = reduced_exp(at_most(size, 711.0))
    return scaled(plus_one(head, tail), n - 1, exponent - 1)


@through_double
def sinh(x: Num) -> Num:
    size, z = magnitude(x), x * x
    small = fma(x * z, polynomial(z, SINH64), x)
    half = half_exp(size)
    return copysign(where(size < 1, small, half - 0.25 / half), x)


@through_double
def cosh(x: Num) -> Num:
    half = half_exp(magnitude(x))
    return half + 0.25 / half


@through_double
def asinh(x: Num) -> Num:
    size = at_most(magnitude(x), 2.0**500)
    square = size * size
    near = log1p(size + square / (1 + sqrt(square + 1)))
    far = log(magnitude(x)) + LN2
    return copysign(where(magnitude(x) < 2.0**28, near, far), x)


@through_double
def acosh(x: Num) -> Num:
    t = x - 1
    near = log1p(t + sqrt(t * (t + 2)))
    return where(x < 1, NAN, where(x > 2.0**28, log(x) + LN2, near))


@through_double
def atanh(x: Num) -> Num:
    size = magnitude(x)
    return copysign(0.5 * log1p((size + size) / (1 - size)), x)


# ---- remainder ----


def fmod(b: Builder, x: Value, y: Value) -> Value:
    """The remainder of truncated division, exact; its sign is x's.

    Each round takes off a rounded multiple of y; the rest is a machine number, so that no round errs. Where the
    quotient is no machine number, a multiple of y takes y's place.
    """
    return _fmod(Num(b, x), Num(b, y)).value


def _fmod(x: Num, y: Num) -> Num:
    size, divisor = magnitude(x), magnitude(y)
    far, step = x.pick((2.0**100, 2.0**90), (2.0**900, 2.0**800))
    sound = (size < INFINITY) & (divisor > 0) & (divisor < INFINITY)
    rest = where(sound, size, 0)
    with x.b.repeat([rest.value]) as loop:
        rest = Num(x.b, loop.carried[0])
        unit = divisor
        for _ in range(2):
            unit = where(magnitude(rest / unit) > far, unit * step, unit)
        quotient = _truncated(rest / unit)
        rest = where(sound, fma(quotient, -unit, rest), rest)
        again = sound & (magnitude(rest) >= divisor)
        loop.next([rest.value], again=x.b.any(again.value))
    rest = Num(x.b, loop.results[0])
    rest = copysign(where(rest < 0, rest + divisor, rest), x)
    unchanged = (divisor.equals(INFINITY)) & (size < INFINITY)
    return where(sound, rest, where(unchanged, x, NAN))


FUNCTIONS = {
    f.__name__: function(f) for f in (exp, exp2, expm1, log, log2, log10, log1p, tanh, sinh, cosh, asinh, acosh, atanh)
}
