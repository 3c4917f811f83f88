"""Trigonometric functions and their inverses, float32 and float64.

In and out: Nums. Angles are reduced to [-pi/4, pi/4] as a pair (value, rest) by subtracting multiples of pi/2 in three
parts; beyond the reach of that, element by element with 192 bits of 2/pi (the method of Payne and Hanek), so every
finite angle gives a right result. The polynomials are minimax fits (Remez exchange in 60-digit arithmetic).
"""

from __future__ import annotations

from .builder import Builder, Value, lanes_of, vector
from .formula import (
    INFINITY,
    Num,
    bits_of,
    copysign,
    fma,
    function,
    magnitude,
    nearest_whole,
    number_of,
    polynomial,
    sqrt,
    through_double,
    where,
)

# (sin(r) / r - 1) / r**2 and (cos(r) - 1 + r**2 / 2) / r**4 over z = r**2 <= (pi/4)**2: 2**-27, 2**-57; 2**-30, 2**-59.
SIN32 = (-0.16666655, 0.008332176, -0.00019516978)
SIN64 = (
    -0.16666666666666632, 0.00833333333332237, -0.00019841269829771097, 2.7557313678647987e-06, -2.50507559593086e-08,
    1.5896666411296703e-10,
)  # fmt: skip
COS32 = (0.041666646, -0.0013887364, 2.4438092e-05)
COS64 = (
    0.0416666666666666, -0.0013888888888874064, 2.4801587289443543e-05, -2.7557314340677814e-07, 2.0875721626217735e-09,
    -1.1359559456330398e-11,
)  # fmt: skip
# (asin(s) / s - 1) / s**2 over z = s**2 <= 1/4: 2**-59.
ASIN64 = (
    0.16666666666666763, 0.07499999999970258, 0.04464285717512345, 0.030381942683512922, 0.02237221566275458,
    0.017351600055021694, 0.013980961818688582, 0.01139777350682629, 0.010786540404051451, 0.003683007549059966,
    0.021763564784529517, -0.021077362227207012, 0.032676920679235534,
)  # fmt: skip
# (atan(t) / t - 1) / t**2 over z = t**2 <= tan(pi/8)**2: 2**-58.
ATAN64 = (
    -0.333333333333332, 0.19999999999954043, -0.1428571428024431, 0.11111110785915827, -0.09090897829765746,
    0.07692061513548783, -0.06663118931493821, 0.05847998031354479, -0.05039795150113746, 0.03807701034235288,
    -0.017920812135671087,
)  # fmt: skip

HALF_PI32 = (1.5707963705062866, -4.371138828673793e-08, -1.7151245100058819e-15)
HALF_PI64 = (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33)
HALF_PI, HALF_PI_REST = HALF_PI64[:2]
PI, PI_REST = 2 * HALF_PI, 2 * HALF_PI_REST
TWO_OVER_PI = 0.6366197723675814
REACH = (1e5, 2.0**25)  # how far subtraction in three parts goes


# ---- reduction of angles ----


def reduced_angle(x: Num) -> tuple[Num, Num, Num]:
    """r, its rest and the quadrant (integer lanes, modulo 4): x = r + rest + quadrant * pi/2."""
    near = near_angle(x)
    far = magnitude(x) > x.pick(*REACH)
    found = x.b.if_else(
        x.b.any(far.value),
        lambda: [where(far, c, a).value for c, a in zip(far_angle(x), near)],
        lambda: [a.value for a in near],
    )
    r, rest, quadrant = (Num(x.b, v) for v in found)
    return r, rest, quadrant


def near_angle(x: Num) -> tuple[Num, Num, Num]:
    """For |x| up to REACH. The first difference is exact; the second one's rounding error goes to the rest."""
    first, second, third = x.pick(HALF_PI32, HALF_PI64)
    n, quadrant = nearest_whole(x, TWO_OVER_PI)
    a = fma(n, -first, x)
    p = n * second
    r = a - p
    lost = (a - r) - p
    return r, lost - fma(n, third, fma(n, second, -p)), quadrant


WINDOW = 192
TABLE_BITS = 1216


def far_angle(x: Num) -> tuple[Num, Num, Num]:
    """For any finite x, one lane after the other; NaN for infinities and NaN."""
    b, lanes = x.b, lanes_of(x.value.type)
    wide = b.convert("fpext", x.value, "double") if x.single else x.value
    angles, rests, quadrants = (b.alloca("double", lanes) for _ in range(3))
    b.store(wide, angles)
    name = _write_far_angle(b)
    with b.loop(0, lanes) as loop:
        places = [b.gep(p, loop.index, "double") for p in (angles, rests, quadrants)]
        b.call(name, "void", places, declared=False)
    r, rest = (Num(b, b.load(vector("double", lanes), p)) for p in (angles, rests))
    quadrant = b.load(vector("i64", lanes), quadrants)
    if not x.single:
        return r, rest, Num(b, quadrant)
    short = b.convert("fptrunc", r.value, "float")
    rest = (r - Num(b, b.convert("fpext", short, "double"))) + rest
    return Num(b, short), Num(b, b.convert("fptrunc", rest.value, "float")), Num(b, b.convert("trunc", quadrant, "i32"))


def _write_far_angle(b: Builder) -> str:
    """A helper function (ptr angle, ptr rest, ptr quadrant), written once a module; the angle is replaced."""
    name = "far_angle"
    if b.first_use(name):
        parameters = [(p, "ptr") for p in ("angle", "rest", "quadrant")]
        with b.function(name, parameters, internal=True, attributes="noinline") as places:
            for value, place in zip(_far_angle(b, b.load("double", places[0])), places):
                b.store(value, place)
    return name


def _far_angle(b: Builder, x: Value) -> tuple[Value, Value, Value]:
    """|x| = m * 2**e; m times the bits of 2/pi from weight 2**(1 - e) down is x * 2/pi, modulo 4, in fixed point."""
    bits = b.convert("bitcast", x, "i64")
    negative = b.icmp("slt", bits, 0)
    biased = b.and_(b.lshr(bits, 52), 0x7FF)
    m = b.or_(b.and_(bits, (1 << 52) - 1), 1 << 52)
    window = _bits_of_two_over_pi(b, b.sub(TABLE_BITS + 2 - WINDOW + 1075, biased))
    product = b.mul(b.convert("zext", m, f"i{WINDOW}"), window)
    quadrant = b.convert("trunc", b.lshr(b.add(product, 1 << (WINDOW - 3)), WINDOW - 2), "i64")
    r, rest = _times_half_pi(b, b.shl(product, 2))
    r, rest = (b.select(negative, b.fneg(v), v) for v in (r, rest))
    infinite = b.icmp("eq", biased, 0x7FF)
    return b.select(infinite, float("nan"), r), rest, b.select(negative, b.sub(0, quadrant), quadrant)


def _bits_of_two_over_pi(b: Builder, shift: Value) -> Value:
    """WINDOW bits of the table from a bit on; it is kept in range for angles that are not far."""
    shift = b.max(b.min(shift, TABLE_BITS - 128), 0)
    table = b.table("two_over_pi", two_over_pi())
    bytes_ = b.load(f"i{WINDOW + 64}", b.gep(table, b.lshr(shift, 3)), align=1)
    rest = b.convert("zext", b.and_(shift, 7), f"i{WINDOW + 64}")
    return b.convert("trunc", b.lshr(bytes_, rest), f"i{WINDOW}")


def two_over_pi() -> list[int]:
    """floor(2/pi * 2**TABLE_BITS) in 64-bit words, lowest first, and room to read past the end.

    By Machin's formula: pi/4 = 4 atan(1/5) - atan(1/239), in integers.
    """
    one = 1 << (TABLE_BITS + 64)

    def atan_inverse(k: int) -> int:
        term, total, n = one // k, 0, 1
        while term:
            total += term // n if n % 4 == 1 else -(term // n)
            term, n = term // (k * k), n + 2
        return total

    pi = 4 * (4 * atan_inverse(5) - atan_inverse(239))
    ratio = (2 * one << TABLE_BITS) // pi
    return [(ratio >> (64 * i)) & ((1 << 64) - 1) for i in range(TABLE_BITS // 64 + 5)]


def _times_half_pi(b: Builder, fraction: Value) -> tuple[Value, Value]:
    """A signed fixed-point fraction (of 1) times pi/2, as a pair of doubles."""
    negative = b.icmp("slt", fraction, 0)
    size = b.select(negative, b.sub(0, fraction), fraction)
    zeros = b.call(f"llvm.ctlz.i{WINDOW}", size.type, [size, b.const(0, "i1")])
    digits = b.shl(size, b.select(b.icmp("ult", zeros, WINDOW), zeros, 0))
    pieces = [b.and_(b.convert("trunc", b.lshr(digits, WINDOW - 53 * k), "i64"), (1 << 53) - 1) for k in (1, 2)]
    unit = Num(b, b.convert("bitcast", b.shl(b.sub(1023 - 53, b.convert("trunc", zeros, "i64")), 52), "double"))
    high = Num(b, b.convert("sitofp", pieces[0], "double")) * unit
    low = Num(b, b.convert("sitofp", pieces[1], "double")) * unit * 2.0**-53
    r = high * HALF_PI
    rest = fma(high, HALF_PI, -r) + fma(high, HALF_PI_REST, low * HALF_PI)
    r, rest = where(Num(b, negative), -r, r), where(Num(b, negative), -rest, rest)
    return r.value, rest.value


# ---- sine and cosine ----


def sine_and_cosine(r: Num, rest: Num) -> tuple[Num, Num]:
    """Of an angle in [-pi/4, pi/4] given as a pair."""
    z = r * r
    half = z * 0.5
    near_one = 1 - half
    sine = r + fma(r * z, polynomial(z, r.pick(SIN32, SIN64)), rest * near_one)
    lost = (1 - near_one) - half
    cosine = near_one + (lost + fma(z * z, polynomial(z, r.pick(COS32, COS64)), -(r * rest)))
    return sine, cosine


def turned(even: Num, odd: Num, quadrant: Num, ahead: int = 0) -> Num:
    """One of two values by the quadrant's parity, negated in two quadrants: 2 and 3, or `ahead` quadrants earlier."""
    value = where((quadrant & 1).equals(0), even, odd)
    top = value.pick(31, 63)
    return number_of(bits_of(value) ^ (((quadrant + ahead) << (top - 1)) & -(1 << top)))


def sincos(x: Num) -> tuple[Num, Num]:
    r, rest, quadrant = reduced_angle(x)
    sine, cosine = sine_and_cosine(r, rest)
    return where(x.equals(0), x, turned(sine, cosine, quadrant)), turned(cosine, sine, quadrant, ahead=1)


def sin(x: Num) -> Num:
    return sincos(x)[0]


def cos(x: Num) -> Num:
    return sincos(x)[1]


@through_double
def tan(x: Num) -> Num:
    sine, cosine = sincos(x)
    return sine / cosine


# ---- inverses ----


def asin_near(s: Num, z: Num) -> Num:
    """asin(s) - s for z = s**2 up to 1/4."""
    return s * z * polynomial(z, ASIN64)


@through_double
def asin(x: Num) -> Num:
    """x + ... up to 1/2, pi/2 - 2 asin(sqrt((1 - x) / 2)) beyond."""
    size = magnitude(x)
    z = where(size < 0.5, size * size, (1 - size) * 0.5)
    s = where(size < 0.5, size, sqrt(z))
    extra = asin_near(s, z)
    s_rest = fma(-s, s, z) / (s + s)
    far = HALF_PI - 2 * s
    lost = (HALF_PI - far) - 2 * s
    beyond = far + (lost + (HALF_PI_REST - 2 * (extra + where(s > 0, s_rest, 0))))
    return copysign(where(size < 0.5, s + extra, beyond), x)


@through_double
def acos(x: Num) -> Num:
    size = magnitude(x)
    near = size < 0.5
    z = where(near, size * size, (1 - size) * 0.5)
    s = where(near, x, sqrt(z))
    angle = s + asin_near(s, z)
    middle = HALF_PI - (s + (asin_near(s, z) - HALF_PI_REST))
    return where(near, middle, where(x < 0, PI - (angle + angle - PI_REST), angle + angle))


def atan_of_ratio(above: Num, below: Num) -> Num:
    """atan(above / below) for numbers that are not negative: one division, by thirds of the quadrant."""
    high, middle = above > below * 2.414213562373095, above > below * 0.4142135623730951
    numerator = where(high, -below, where(middle, above - below, above))
    denominator = where(high, above, where(middle, above + below, below))
    t = numerator / denominator
    z = t * t
    angle = where(high, t.const(HALF_PI), where(middle, t.const(HALF_PI / 2), 0))
    rest = where(high, t.const(HALF_PI_REST), where(middle, t.const(HALF_PI_REST / 2), 0))
    return angle + (t + fma(t * z, polynomial(z, ATAN64), rest))


@through_double
def atan(x: Num) -> Num:
    return copysign(atan_of_ratio(magnitude(x), x.const(1)), x)


@through_double
def atan2(y: Num, x: Num) -> Num:
    """The angle of the point (x, y); infinities count as equally long, zeros too."""
    above, below = magnitude(y), magnitude(x)
    huge = (above > 2.0**1000) | (below > 2.0**1000)
    both_infinite = above.equals(INFINITY) & below.equals(INFINITY)
    both_zero = above.equals(0) & below.equals(0)
    above = where(both_infinite, 1, where(huge, above * 2.0**-60, above))
    below = where(both_infinite | both_zero, 1, where(huge, below * 2.0**-60, below))
    angle = atan_of_ratio(above, below)
    backward = bits_of(x) < 0
    return copysign(where(backward, PI - (angle - PI_REST), angle), y)


FUNCTIONS = {f.__name__: function(f) for f in (sin, cos, tan, asin, acos, atan, atan2)}
