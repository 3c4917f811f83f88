"""Floating-point formulas over IR, written with operators.

In: Values of float or double lanes. Out: instructions in the order of evaluation: `x * y + z` is two rounded steps,
`fma` one. A Num is a Value that knows its Builder; masks (i1 lanes) and bit patterns (integer lanes) are Nums as well.
"""

from __future__ import annotations

import functools
import math
import struct
from collections.abc import Callable, Sequence

from .builder import Builder, Value, constant, element_of, is_float, lanes_of


class Num:
    """A Value with operators; Python numbers become literals of its type."""

    __slots__ = ("b", "value")

    def __init__(self, b: Builder, value: Value):
        self.b, self.value = b, value

    @property
    def single(self) -> bool:
        """Whether the lanes are float32."""
        return element_of(self.value.type) == "float"

    def pick(self, single, double):
        """The first for float32, the second for float64."""
        return single if self.single else double

    def const(self, value: float) -> Num:
        """A number of this type."""
        return Num(self.b, constant(value, self.value.type))

    def _with(self, write: Callable[[Value, Value], Value], other: Num | float) -> Num:
        right = other.value if isinstance(other, Num) else constant(other, self.value.type)
        return Num(self.b, write(self.value, right))

    def __add__(self, other):
        return self._with(self.b.add, other)

    def __sub__(self, other):
        return self._with(self.b.sub, other)

    def __mul__(self, other):
        return self._with(self.b.mul, other)

    def __truediv__(self, other):
        return self._with(self.b.fdiv, other)

    def __radd__(self, other):
        return self.const(other) + self

    def __rsub__(self, other):
        return self.const(other) - self

    def __rmul__(self, other):
        return self.const(other) * self

    def __rtruediv__(self, other):
        return self.const(other) / self

    def __neg__(self):
        return Num(self.b, self.b.fneg(self.value))

    def _compare(self, float_predicate: str, integer_predicate: str, other) -> Num:
        if is_float(self.value.type):
            return self._with(lambda a, c: self.b.fcmp(float_predicate, a, c), other)
        return self._with(lambda a, c: self.b.icmp(integer_predicate, a, c), other)

    def __lt__(self, other):
        return self._compare("olt", "slt", other)

    def __le__(self, other):
        return self._compare("ole", "sle", other)

    def __gt__(self, other):
        return self._compare("ogt", "sgt", other)

    def __ge__(self, other):
        return self._compare("oge", "sge", other)

    def equals(self, other) -> Num:
        return self._compare("oeq", "eq", other)

    def differs(self, other) -> Num:
        return self._compare("une", "ne", other)

    def isnan(self) -> Num:
        return self.differs(self)

    def __and__(self, other):
        return self._with(self.b.and_, other)

    def __or__(self, other):
        return self._with(self.b.or_, other)

    def __xor__(self, other):
        return self._with(self.b.xor, other)

    def __invert__(self):
        return Num(self.b, self.b.not_(self.value))

    def __lshift__(self, other):
        return self._with(self.b.shl, other)

    def __rshift__(self, other):
        return self._with(self.b.ashr, other)


def function(body: Callable[..., Num]) -> Callable[..., Value]:
    """A formula over Nums as a function of a Builder and Values."""

    @functools.wraps(body)
    def write(b: Builder, *args: Value) -> Value:
        return body(*(Num(b, a) for a in args)).value

    return write


def through_double(body: Callable[..., Num]) -> Callable[..., Num]:
    """A formula for float64 lanes that serves float32 lanes too: computed in float64, rounded once more."""

    @functools.wraps(body)
    def formula(*args: Num) -> Num:
        if not args[0].single:
            return body(*args)
        return _converted(body(*(_converted(a, "fpext", "double") for a in args)), "fptrunc", "float")

    return formula


def _converted(x: Num, op: str, element: str) -> Num:
    return Num(x.b, x.b.convert(op, x.value, element))


def fma(a: Num | float, c: Num | float, d: Num | float) -> Num:
    """a * c + d, rounded once."""
    known = next(x for x in (a, c, d) if isinstance(x, Num))
    a, c, d = (x if isinstance(x, Num) else known.const(x) for x in (a, c, d))
    return Num(known.b, known.b.fma(a.value, c.value, d.value))


def where(mask: Num, a: Num | float, c: Num | float) -> Num:
    """a where the mask is set, else c."""
    known = a if isinstance(a, Num) else c
    assert isinstance(known, Num)
    a, c = (x if isinstance(x, Num) else known.const(x) for x in (a, c))
    return Num(known.b, known.b.select(mask.value, a.value, c.value))


def at_most(x: Num, limit: float) -> Num:
    """The smaller of x and a limit; NaN stays."""
    return where(x > limit, limit, x)


def at_least(x: Num, limit: float) -> Num:
    """The larger of x and a limit; NaN stays."""
    return where(x < limit, limit, x)


def intrinsic(name: str, *args: Num) -> Num:
    """One of LLVM's functions that is an instruction or a few on every target."""
    return Num(args[0].b, args[0].b.intrinsic(name, *(a.value for a in args)))


def magnitude(x: Num) -> Num:
    return intrinsic("fabs", x)


def copysign(x: Num, sign: Num) -> Num:
    return intrinsic("copysign", x, sign)


def sqrt(x: Num) -> Num:
    return intrinsic("sqrt", x)


def bits_of(x: Num) -> Num:
    """The bit pattern, as integers of the same size."""
    return _converted(x, "bitcast", x.pick("i32", "i64"))


def number_of(bits: Num) -> Num:
    """The numbers of a bit pattern."""
    return _converted(bits, "bitcast", "float" if element_of(bits.value.type) == "i32" else "double")


def polynomial(x: Num, coefficients: Sequence[float]) -> Num:
    """c[0] + c[1] x + c[2] x**2 ..., from the highest power down."""
    result = x.const(coefficients[-1])
    for c in reversed(coefficients[:-1]):
        result = fma(result, x, c)
    return result


def exact_sum(a: Num, c: Num) -> tuple[Num, Num]:
    """a + c and its rounding error, for |a| >= |c| or a = 0."""
    total = a + c
    return total, c - (total - a)


def exact_product(a: Num, c: Num | float) -> tuple[Num, Num]:
    """a * c and its rounding error."""
    product = a * c
    return product, fma(a, c, -product)


def split(value: float, single: bool) -> tuple[float, float]:
    """A number as the sum of a machine number and the rest."""
    high = struct.unpack("<f", struct.pack("<f", value))[0] if single else value
    return high, value - high


def nearest_whole(x: Num, factor: float) -> tuple[Num, Num]:
    """x * factor rounded to a whole number: as a float, and as integer bits of which the low ones are right.

    Adding 1.5 * 2**(significand bits) pushes the fraction out; good below 2**21 (float32), 2**50 (float64).
    """
    magic = x.pick(1.5 * 2.0**23, 1.5 * 2.0**52)
    shifted = fma(x, factor, magic)
    return shifted - magic, bits_of(shifted) - bits_of(x.const(magic))


def power_of_two(exponent: Num) -> Num:
    """2**exponent for integer lanes; the result must be a normal number."""
    bias, shift = (127, 23) if element_of(exponent.value.type) == "i32" else (1023, 52)
    return number_of((exponent + bias) << shift)


def scaled(x: Num, whole: Num, exponent: Num) -> Num:
    """x * 2**whole, rounded once, into denormals and infinities; `exponent` is the same number in integer lanes."""
    if x.b.target.scalef:
        return Num(x.b, _scalef(x.b, x.value, whole.value))
    half = exponent >> 1
    return x * power_of_two(half) * power_of_two(exponent - half)


def _scalef(b: Builder, x: Value, n: Value) -> Value:
    """AVX-512's own instruction, on registers of 16 to 64 bytes; other widths are cut or filled up."""
    lanes, single = lanes_of(x.type), element_of(x.type) == "float"
    widest = 16 if single else 8
    if lanes > widest:
        half = lanes // 2
        halves = [[b.shuffle(v, None, range(k, k + half)) for v in (x, n)] for k in (0, half)]
        return b.shuffle(_scalef(b, *halves[0]), _scalef(b, *halves[1]), range(lanes))
    least = widest // 4
    if lanes < least:
        wide = [_filled(b, v, least) for v in (x, n)]
        result = _scalef(b, *wide)
        return b.extract(result, 0) if lanes == 1 else b.shuffle(result, None, range(lanes))
    size = lanes * (4 if single else 8) * 8
    name = f"llvm.x86.avx512.mask.scalef.{'ps' if single else 'pd'}.{size}"
    mask = constant(-1, f"i{max(lanes, 8)}")
    rounding = [constant(4, "i32")] if size == 512 else []
    return b.call(name, x.type, [x, n, x, mask, *rounding])


def _filled(b: Builder, value: Value, lanes: int) -> Value:
    if lanes_of(value.type) == 1:
        return b.splat(value, lanes)
    return b.shuffle(value, None, [i % lanes_of(value.type) for i in range(lanes)])


LN2 = 0.6931471805599453
LN2_REST = 2.3190468138462996e-17  # ln 2 beyond float64
NAN, INFINITY = math.nan, math.inf
