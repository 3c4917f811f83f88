"""The basic scalar functions in LLVM IR, for vectors of any width (or scalars) and every dtype.

In: Values in register form (see registers.py), all of one dtype. Out: a Value of that dtype, i1 lanes for comparisons.
Nothing traps: integer division by zero gives 0, shifts too far give 0 or the sign.
"""

from __future__ import annotations

from .. import dtypes
from ..dtypes import dtype
from . import mathlib
from .builder import Builder, Value, constant, is_float, vector
from .composites import Composites
from .registers import SMALL_FLOATS, computed, from_memory, register_type, rounded, to_memory

FLOAT_COMPARISON = {"lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge", "eq": "oeq", "ne": "une"}


class Vectors(Composites):
    """Writes scalar functions of `lanes` elements of a dtype (16-bit floats come as float32)."""

    def __init__(self, b: Builder, of: dtype, lanes: int):
        self.b, self.dtype, self.lanes = b, of, lanes
        self.type = vector(register_type(of), lanes)
        self.floating = of.is_floating_point
        self.bits = 8 * of.itemsize

    def const(self, value: float) -> Value:
        return constant(value, self.type)

    def __getattr__(self, name: str):
        """Functions that mathlib writes for floating-point types."""
        function = mathlib.FUNCTIONS.get(name)
        if function is None:
            raise AttributeError(name)
        return lambda *args: function(self.b, *args)

    def _repeat(self, values: list[Value], step) -> list[Value]:
        with self.b.repeat(values) as loop:
            following, again = step(*loop.carried)
            loop.next(following, again=self.b.any(again))
        return loop.results

    # ---- arithmetic ----

    def add(self, a: Value, c: Value) -> Value:
        return self.b.or_(a, c) if self.dtype is dtypes.bool_ else self.b.add(a, c)

    def sub(self, a: Value, c: Value) -> Value:
        return self.b.sub(a, c)

    def mul(self, a: Value, c: Value) -> Value:
        return self.b.and_(a, c) if self.dtype is dtypes.bool_ else self.b.mul(a, c)

    def fma(self, a: Value, c: Value, d: Value) -> Value:
        return self.b.fma(a, c, d) if self.floating else self.b.add(self.b.mul(a, c), d)

    def div(self, a: Value, c: Value) -> Value:
        return self.b.fdiv(a, c)

    def truncdiv(self, a: Value, c: Value) -> Value:
        if self.floating:
            return self.trunc(self.b.fdiv(a, c))
        safe, zero = self._divisor(a, c)
        quotient = self.b.sdiv(a, safe) if self.dtype.is_signed else self.b.udiv(a, safe)
        return self.b.select(zero, self.const(0), quotient)

    def fmod(self, a: Value, c: Value) -> Value:
        if self.floating:
            return mathlib.fmod(self.b, a, c)
        safe, _ = self._divisor(a, c)
        return self.b.srem(a, safe) if self.dtype.is_signed else self.b.urem(a, safe)

    def _divisor(self, a: Value, c: Value) -> tuple[Value, Value]:
        """The divisor with 1 in place of what would trap (0, and -1 under the smallest number), and where it is 0."""
        zero = trap = self.b.icmp("eq", c, 0)
        if self.dtype.is_signed:
            smallest = self.b.icmp("eq", a, -(1 << (self.bits - 1)))
            trap = self.b.or_(trap, self.b.and_(smallest, self.b.icmp("eq", c, -1)))
        return self.b.select(trap, self.const(1), c), zero

    def neg(self, a: Value) -> Value:
        return self.b.fneg(a) if self.floating else self.b.sub(self.const(0), a)

    def abs(self, a: Value) -> Value:
        if self.floating:
            return self.b.intrinsic("fabs", a)
        if not self.dtype.is_signed:
            return a
        return self.b.select(self.b.icmp("slt", a, 0), self.b.sub(self.const(0), a), a)

    def maximum(self, a: Value, c: Value) -> Value:
        return self._extreme(a, c, "gt", "max")

    def minimum(self, a: Value, c: Value) -> Value:
        return self._extreme(a, c, "lt", "min")

    def _extreme(self, a: Value, c: Value, wins: str, name: str) -> Value:
        """The comparison picks c where either is NaN; a NaN in a is put back."""
        if self.floating:
            better = self.b.select(self.b.fcmp("o" + wins, a, c), a, c)
            return self.b.select(self.b.fcmp("uno", a, a), a, better)
        if self.dtype is dtypes.bool_:
            return self.b.or_(a, c) if name == "max" else self.b.and_(a, c)
        return self.b.intrinsic(("s" if self.dtype.is_signed else "u") + name, a, c)

    def sqrt(self, a: Value) -> Value:
        return self.b.intrinsic("sqrt", a)

    def copysign(self, a: Value, c: Value) -> Value:
        return self.b.intrinsic("copysign", a, c)

    def floor(self, a: Value) -> Value:
        return self._to_whole("floor", a)

    def ceil(self, a: Value) -> Value:
        return self._to_whole("ceil", a)

    def round(self, a: Value) -> Value:
        return self._to_whole("roundeven", a)

    def trunc(self, a: Value) -> Value:
        return self._to_whole("trunc", a)

    def _to_whole(self, name: str, a: Value) -> Value:
        return self.b.intrinsic(name, a) if self.floating else a

    def pow(self, a: Value, c: Value) -> Value:
        return mathlib.pow_(self.b, a, c) if self.floating else self._integer_power(a, c)

    def _integer_power(self, a: Value, c: Value) -> Value:
        """Repeated squaring; below exponent 0 the truncated fraction: 1 / 1, 1 / -1, else 0."""
        b, one = self.b, self.const(1)
        with b.repeat([a, c, one]) as loop:
            base, exponent, result = loop.carried
            odd = b.icmp("ne", b.and_(exponent, 1), 0)
            rest = b.lshr(exponent, 1)
            following = [b.mul(base, base), rest, b.select(odd, b.mul(result, base), result)]
            loop.next(following, again=b.any(b.icmp("ne", rest, 0)))
        power = loop.results[2]
        if not self.dtype.is_signed:
            return power
        alternating = b.select(b.icmp("eq", b.and_(c, 1), 0), one, a)
        unit = b.or_(b.icmp("eq", a, 1), b.icmp("eq", a, -1))
        return b.select(b.icmp("slt", c, 0), b.select(unit, alternating, self.const(0)), power)

    # ---- comparison and choice ----

    def _compare(self, name: str, a: Value, c: Value) -> Value:
        if self.floating:
            return self.b.fcmp(FLOAT_COMPARISON[name], a, c)
        sign = "" if name in ("eq", "ne") else "s" if self.dtype.is_signed else "u"
        return self.b.icmp(sign + name, a, c)

    def lt(self, a: Value, c: Value) -> Value:
        return self._compare("lt", a, c)

    def le(self, a: Value, c: Value) -> Value:
        return self._compare("le", a, c)

    def gt(self, a: Value, c: Value) -> Value:
        return self._compare("gt", a, c)

    def ge(self, a: Value, c: Value) -> Value:
        return self._compare("ge", a, c)

    def eq(self, a: Value, c: Value) -> Value:
        return self._compare("eq", a, c)

    def ne(self, a: Value, c: Value) -> Value:
        return self._compare("ne", a, c)

    def where(self, condition: Value, a: Value, c: Value) -> Value:
        return self.b.select(condition, a, c)

    # ---- bits ----

    def and_(self, a: Value, c: Value) -> Value:
        return self.b.and_(a, c)

    def or_(self, a: Value, c: Value) -> Value:
        return self.b.or_(a, c)

    def xor(self, a: Value, c: Value) -> Value:
        return self.b.xor(a, c)

    def not_(self, a: Value) -> Value:
        return self.b.not_(a)

    def shl(self, a: Value, c: Value) -> Value:
        safe, far = self._shift_count(c)
        return self.b.select(far, self.const(0), self.b.shl(a, safe))

    def shr(self, a: Value, c: Value) -> Value:
        safe, far = self._shift_count(c)
        if self.dtype.is_signed:
            return self.b.ashr(a, self.b.select(far, self.const(self.bits - 1), safe))
        return self.b.select(far, self.const(0), self.b.lshr(a, safe))

    def _shift_count(self, c: Value) -> tuple[Value, Value]:
        far = self.b.icmp("uge", c, self.bits)
        return self.b.select(far, self.const(0), c), far


def cast(b: Builder, value: Value, source: dtype, to: dtype) -> Value:
    """Converts as PyTorch does on x86: floats are truncated; what an integer cannot hold is its smallest number."""
    if source is to:
        return value
    if to is dtypes.bool_:
        zero = constant(0, value.type)
        return b.fcmp("une", value, zero) if is_float(value.type) else b.icmp("ne", value, zero)
    if to in SMALL_FLOATS:
        return rounded(b, to, cast(b, value, computed(source), dtypes.float32))
    if to.is_floating_point:
        return _to_float(b, value, computed(source), to)
    if source.is_floating_point:
        return _float_to_integer(b, value, to)
    return _resized(b, value, source, to)


def _to_float(b: Builder, value: Value, source: dtype, to: dtype) -> Value:
    if source is to:
        return value
    if source.is_floating_point:
        return b.convert("fptrunc" if to is dtypes.float32 else "fpext", value, register_type(to))
    return b.convert("sitofp" if source.is_signed else "uitofp", value, register_type(to))


def _resized(b: Builder, value: Value, source: dtype, to: dtype) -> Value:
    if source.itemsize > to.itemsize:
        return b.convert("trunc", value, register_type(to))
    return b.convert("sext" if source.is_signed else "zext", value, register_type(to))


def _float_to_integer(b: Builder, value: Value, to: dtype) -> Value:
    """By way of int32, int64 or (uint8) int64, whose smallest number stands for what they cannot hold."""
    bits = 64 if to in (dtypes.int64, dtypes.uint8) else 32
    fits = b.fcmp("olt", b.intrinsic("fabs", value), 2.0 ** (bits - 1))
    number = b.convert("fptosi", value, f"i{bits}")
    number = b.select(fits, number, constant(-(1 << (bits - 1)), number.type))
    return b.convert("trunc", number, register_type(to))


def bitcast(b: Builder, value: Value, source: dtype, to: dtype) -> Value:
    """The same bytes as another dtype of the same size."""
    raw = to_memory(b, source, value)
    element = {"float16": "half", "bfloat16": "i16", "bool": "i8"}.get(to.name) or register_type(to)
    return from_memory(b, to, b.convert("bitcast", raw, element))
