"""Straight-line LLVM IR: typed values, literals and one method an instruction.

In: Values (numbers become literals of the other operand's type). Out: the Value of the result; the text goes to
`_lines`. Integer arithmetic wraps, floating-point arithmetic carries no fast-math flags: results must not depend on
what LLVM finds to fuse. Vector loads and stores promise the alignment of one element only.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

ALIGNMENT = {"i8": 1, "i16": 2, "i32": 4, "i64": 8, "half": 2, "float": 4, "double": 8, "ptr": 8}
MANGLED = {"half": "f16", "float": "f32", "double": "f64", "ptr": "p0"}
FLOATS = frozenset({"half", "float", "double"})


class Value(NamedTuple):
    """A typed operand: a local name or a literal, and its LLVM type."""

    text: str
    type: str

    def __str__(self):
        return f"{self.type} {self.text}"


Operand = Value | int | float
Values = list[Value]


@cache
def vector(element: str, lanes: int) -> str:
    """The type of `lanes` elements; one lane is the plain scalar."""
    return element if lanes == 1 else f"<{lanes} x {element}>"


@cache
def element_of(type: str) -> str:
    """The element type of a vector type; a scalar is its own element."""
    return type.split(" x ")[1][:-1] if type[0] == "<" else type


@cache
def lanes_of(type: str) -> int:
    """The number of elements of a type."""
    return int(type[1:].split(" x ")[0]) if type[0] == "<" else 1


@cache
def is_float(type: str) -> bool:
    """Whether the elements are floating-point numbers."""
    return element_of(type) in FLOATS


@cache
def mangled(type: str) -> str:
    """The type as it appears in the names of intrinsics (v16f32)."""
    element, lanes = element_of(type), lanes_of(type)
    return ("" if lanes == 1 else f"v{lanes}") + MANGLED.get(element, element)


def constant(value: float, type: str) -> Value:
    """A literal of a scalar type, or every lane of a vector type alike.

    Floating-point literals are rounded to the element type; integers wrap.
    """
    element = element_of(type)
    if element == "float":
        literal = f"0x{struct.unpack('<Q', struct.pack('<d', _to_float32(float(value))))[0]:016X}"
    elif element == "double":
        literal = f"0x{struct.unpack('<Q', struct.pack('<d', float(value)))[0]:016X}"
    elif element == "half":
        literal = f"0xH{struct.unpack('<H', struct.pack('<e', float(value)))[0]:04X}"
    elif element == "i1":
        literal = "true" if value else "false"
    else:
        literal = str(_wrap(int(value), int(element[1:])))
    return Value(literal if type == element else f"splat ({element} {literal})", type)


def _to_float32(value: float) -> float:
    """Rounds to float32; struct raises where the result is infinite."""
    try:
        return struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _wrap(value: int, bits: int) -> int:
    half = 1 << (bits - 1)
    return (value + half) % (2 * half) - half


def literal(value: Value) -> int | None:
    """The number of a scalar integer literal, None for anything else."""
    text = value.text
    return int(text) if text[0] in "-0123456789" and text[:2] != "0x" else None


class Instructions:
    """Writes instructions to `_lines`; the base of Builder."""

    def __init__(self):
        self._declarations: dict[str, str] = {}
        self._lines: list[str] = []
        self._names = 0

    # ---- lines ----

    def line(self, text: str) -> None:
        """Writes a line that defines nothing."""
        self._lines.append("  " + text)

    def emit(self, text: str, type: str) -> Value:
        """Writes an instruction and names its result."""
        self._names += 1
        name = f"%v{self._names}"
        self._lines.append(f"  {name} = {text}")
        return Value(name, type)

    def _fresh(self, type: str) -> Value:
        self._names += 1
        return Value(f"%v{self._names}", type)

    def declare(self, name: str, result: str, parameters: Sequence[str]) -> None:
        """Declares an outside function once."""
        self._declarations.setdefault(name, f"declare {result} @{name}({', '.join(parameters)})")

    def call(self, name: str, result: str, arguments: Sequence[Value], declared: bool = True) -> Value:
        """Calls a function; `declared` is False for one that this module defines. The result may be "void"."""
        if declared:
            self.declare(name, result, [a.type for a in arguments])
        text = f"call {result} @{name}({', '.join(map(str, arguments))})"
        if result != "void":
            return self.emit(text, result)
        self.line(text)
        return Value("", "void")

    def intrinsic(self, name: str, *arguments: Value, result: str | None = None) -> Value:
        """Calls llvm.<name>, overloaded on the first argument's type, which is also the result's unless given."""
        first = arguments[0].type
        return self.call(f"llvm.{name}.{mangled(first)}", result or first, arguments)

    # ---- values ----

    def const(self, value: float, type: str = "i64") -> Value:
        """A literal of a scalar or vector type."""
        return constant(value, type)

    def _like(self, value: Operand, other: Operand) -> Value:
        if isinstance(value, Value):
            return value
        return constant(value, other.type if isinstance(other, Value) else "i64")

    def _pair(self, a: Operand, b: Operand) -> tuple[Value, Value]:
        return self._like(a, b), self._like(b, a)

    def _binary(self, op: str, a: Operand, b: Operand) -> Value:
        a, b = self._pair(a, b)
        return self.emit(f"{op} {a.type} {a.text}, {b.text}", a.type)

    def _arithmetic(self, op: str, fold: Callable[[int, int], int], unit: int, a: Operand, b: Operand) -> Value:
        """Integer or floating-point arithmetic; trivial scalar integer arithmetic is done here."""
        a, b = self._pair(a, b)
        if is_float(a.type):
            return self._binary("f" + op, a, b)
        x, y = literal(a), literal(b)
        if x is not None and y is not None:
            return constant(fold(x, y), a.type)
        if y == unit:
            return a
        if x == unit and op != "sub":
            return b
        return constant(0, a.type) if op == "mul" and 0 in (x, y) else self._binary(op, a, b)

    def add(self, a: Operand, b: Operand) -> Value:
        return self._arithmetic("add", int.__add__, 0, a, b)

    def sub(self, a: Operand, b: Operand) -> Value:
        return self._arithmetic("sub", int.__sub__, 0, a, b)

    def mul(self, a: Operand, b: Operand) -> Value:
        return self._arithmetic("mul", int.__mul__, 1, a, b)

    def fdiv(self, a: Operand, b: Operand) -> Value:
        return self._binary("fdiv", a, b)

    def fneg(self, a: Value) -> Value:
        return self.emit(f"fneg {a}", a.type)

    def fma(self, a: Operand, b: Operand, c: Value) -> Value:
        """a * b + c, rounded once."""
        a, b = self._like(a, c), self._like(b, c)
        return self.intrinsic("fma", a, b, c)

    def seen_as(self, value: Value, type: str) -> Value:
        """The same bits as another type."""
        return self.emit(f"bitcast {value} to {type}", type)

    def multiply_pairs(self, a: Value, b: Value, c: Value) -> Value:
        """c + the products of both bfloat16 numbers in each 32 bits of a and b (AVX512-BF16)."""
        lanes = lanes_of(c.type)
        if lanes == 1:
            for bits in (lambda x: self.shl(x, 16), lambda x: self.and_(x, -(1 << 16))):
                c = self.fma(*(self.convert("bitcast", bits(x), "float") for x in (a, b)), c)
            return c
        pairs = vector("bfloat", 2 * lanes)
        arguments = [c, self.seen_as(a, pairs), self.seen_as(b, pairs)]
        return self.call(f"llvm.x86.avx512bf16.dpbf16ps.{32 * lanes}", c.type, arguments)

    def multiply_quads(self, a: Value, b: Value, c: Value) -> Value:
        """c + the products of the four unsigned bytes in each 32 bits of a with the signed ones of b (AVX512-VNNI)."""
        lanes = lanes_of(c.type)
        if lanes == 1:
            for place in range(0, 32, 8):
                signed = self.ashr(self.shl(b, 24 - place), 24)
                c = self.add(c, self.mul(self.and_(self.lshr(a, place), 255), signed))
            return c
        bytes = vector("i8", 4 * lanes)
        arguments = [c, self.seen_as(a, bytes), self.seen_as(b, bytes)]
        return self.call(f"llvm.x86.avx512.vpdpbusd.{32 * lanes}", c.type, arguments)

    def sdiv(self, a: Operand, b: Operand) -> Value:
        """Signed division, truncating; the caller keeps 0 and overflow out."""
        a, b = self._pair(a, b)
        return a if literal(b) == 1 else self._binary("sdiv", a, b)

    def srem(self, a: Operand, b: Operand) -> Value:
        return self._binary("srem", a, b)

    def udiv(self, a: Operand, b: Operand) -> Value:
        return self._binary("udiv", a, b)

    def urem(self, a: Operand, b: Operand) -> Value:
        return self._binary("urem", a, b)

    def and_(self, a: Operand, b: Operand) -> Value:
        return self._binary("and", a, b)

    def or_(self, a: Operand, b: Operand) -> Value:
        return self._binary("or", a, b)

    def xor(self, a: Operand, b: Operand) -> Value:
        return self._binary("xor", a, b)

    def not_(self, a: Value) -> Value:
        return self._binary("xor", a, constant(-1, a.type))

    def shl(self, a: Operand, b: Operand) -> Value:
        return self._binary("shl", a, b)

    def ashr(self, a: Operand, b: Operand) -> Value:
        return self._binary("ashr", a, b)

    def lshr(self, a: Operand, b: Operand) -> Value:
        return self._binary("lshr", a, b)

    def icmp(self, predicate: str, a: Operand, b: Operand) -> Value:
        """Integer comparison (eq ne slt sle sgt sge ult ule ugt uge): i1 in every lane."""
        a, b = self._pair(a, b)
        return self.emit(f"icmp {predicate} {a}, {b.text}", vector("i1", lanes_of(a.type)))

    def fcmp(self, predicate: str, a: Operand, b: Operand) -> Value:
        """Floating-point comparison (oeq olt ole ogt oge une uno ord ...): i1 in every lane."""
        a, b = self._pair(a, b)
        return self.emit(f"fcmp {predicate} {a}, {b.text}", vector("i1", lanes_of(a.type)))

    def select(self, condition: Value, a: Operand, b: Operand) -> Value:
        """a where the condition holds (one i1, or one for each lane), else b."""
        a, b = self._pair(a, b)
        return self.emit(f"select {condition}, {a}, {b}", a.type)

    def min(self, a: Operand, b: Operand) -> Value:
        """The smaller of two signed integers."""
        return self._extreme("smin", min, a, b)

    def max(self, a: Operand, b: Operand) -> Value:
        """The larger of two signed integers."""
        return self._extreme("smax", max, a, b)

    def _extreme(self, name: str, fold: Callable[[int, int], int], a: Operand, b: Operand) -> Value:
        a, b = self._pair(a, b)
        x, y = literal(a), literal(b)
        return self.intrinsic(name, a, b) if x is None or y is None else constant(fold(x, y), a.type)

    def convert(self, op: str, value: Value, element: str) -> Value:
        """A conversion instruction (sext zext trunc fpext fptrunc sitofp uitofp bitcast ...) to an element type."""
        to = vector(element, lanes_of(value.type))
        return value if to == value.type else self.emit(f"{op} {value} to {to}", to)

    def splat(self, value: Value, lanes: int) -> Value:
        """A scalar in every lane."""
        if lanes == 1 or lanes_of(value.type) == lanes:
            return value
        to = vector(value.type, lanes)
        if value.text[0] != "%":
            return Value(f"splat ({value})", to)
        first = self.emit(f"insertelement {to} poison, {value}, i64 0", to)
        return self.emit(f"shufflevector {to} {first.text}, {to} poison, <{lanes} x i32> zeroinitializer", to)

    def steps(self, lanes: int, element: str = "i64") -> Value:
        """The constant 0, 1, 2 ... over the lanes."""
        if lanes == 1:
            return constant(0, element)
        return Value("<" + ", ".join(f"{element} {i}" for i in range(lanes)) + ">", vector(element, lanes))

    def extract(self, value: Value, lane: int) -> Value:
        """One lane of a vector; a scalar is its own only lane."""
        if lanes_of(value.type) == 1:
            return value
        return self.emit(f"extractelement {value}, i64 {lane}", element_of(value.type))

    def insert(self, into: Value, value: Value, lane: int) -> Value:
        """The vector with one lane replaced."""
        return self.emit(f"insertelement {into}, {value}, i64 {lane}", into.type)

    def shuffle(self, a: Value, b: Value | None, lanes: Sequence[int]) -> Value:
        """Lanes picked from a and, numbered on, from b."""
        picks = ", ".join(f"i32 {i}" for i in lanes)
        other = b.text if b else "poison"
        text = f"shufflevector {a}, {a.type} {other}, <{len(lanes)} x i32> <{picks}>"
        return self.emit(text, vector(element_of(a.type), len(lanes)))

    def first_lanes(self, count: Value, lanes: int) -> Value:
        """The mask whose first `count` (i64) lanes are set."""
        return self.icmp("slt", self.steps(lanes), self.splat(count, lanes))

    def any(self, mask: Value) -> Value:
        """Whether a lane is set, as one i1."""
        lanes = lanes_of(mask.type)
        return mask if lanes == 1 else self.call(f"llvm.vector.reduce.or.v{lanes}i1", "i1", [mask])

    # ---- memory ----

    def gep(self, pointer: Value, index: Operand, element: str = "i8") -> Value:
        """The address `index` elements on; a vector of indices gives a vector of addresses."""
        index = self._like(index, constant(0, "i64"))
        if literal(index) == 0:
            return pointer
        type = vector("ptr", lanes_of(index.type))
        return self.emit(f"getelementptr {element}, {pointer}, {index}", type)

    def load(self, type: str, pointer: Value, align: int | None = None) -> Value:
        """A scalar or a vector of neighbouring elements; `align` in bytes, one element's unless given."""
        return self.emit(f"load {type}, {pointer}, align {align or ALIGNMENT[element_of(type)]}", type)

    def store(self, value: Value, pointer: Value, align: int | None = None, streaming: bool = False) -> None:
        """Stores a scalar or neighbouring elements; `streaming` goes past the caches (needs full alignment)."""
        hint = ", !nontemporal !{i32 1}" if streaming else ""
        self.line(f"store {value}, {pointer}, align {align or ALIGNMENT[element_of(value.type)]}{hint}")

    def masked_load(self, type: str, pointer: Value, mask: Value, other: Value | None = None) -> Value:
        """Neighbouring elements where the mask is set, elsewhere `other` (0): memory there is not touched."""
        name = f"llvm.masked.load.{mangled(type)}.p0"
        return self._masked(name, type, pointer, mask, other or constant(0, type))

    def gather(self, type: str, pointers: Value, mask: Value, other: Value | None = None) -> Value:
        """Elements at a vector of addresses where the mask is set, elsewhere `other` (0)."""
        name = f"llvm.masked.gather.{mangled(type)}.{mangled(pointers.type)}"
        return self._masked(name, type, pointers, mask, other or constant(0, type))

    def _masked(self, name: str, type: str, pointer: Value, mask: Value, other: Value) -> Value:
        self.declare(name, type, [pointer.type, mask.type, type])
        align = ALIGNMENT[element_of(type)]
        return self.emit(f"call {type} @{name}({pointer.type} align {align} {pointer.text}, {mask}, {other})", type)

    def masked_store(self, value: Value, pointer: Value, mask: Value) -> None:
        """Stores neighbouring elements where the mask is set."""
        self._masked_store(f"llvm.masked.store.{mangled(value.type)}.p0", value, pointer, mask)

    def scatter(self, value: Value, pointers: Value, mask: Value) -> None:
        """Stores elements at a vector of addresses where the mask is set, in lane order."""
        name = f"llvm.masked.scatter.{mangled(value.type)}.{mangled(pointers.type)}"
        self._masked_store(name, value, pointers, mask)

    def _masked_store(self, name: str, value: Value, pointer: Value, mask: Value) -> None:
        self.declare(name, "void", [value.type, pointer.type, mask.type])
        align = ALIGNMENT[element_of(value.type)]
        self.line(f"call void @{name}({value}, {pointer.type} align {align} {pointer.text}, {mask})")

    def prefetch(self, pointer: Value, write: bool = False, locality: int = 3) -> None:
        """Asks for a cache line; locality 3 keeps it near, 0 does not keep it."""
        self.declare("llvm.prefetch.p0", "void", ["ptr", "i32", "i32", "i32"])
        self.line(f"call void @llvm.prefetch.p0({pointer}, i32 {int(write)}, i32 {locality}, i32 1)")

    def alloca(self, type: str, count: int = 1, align: int = 64) -> Value:
        """Memory of the function's frame; it is put at the function's head, so it may be asked for inside loops."""
        self._names += 1
        name = f"%v{self._names}"
        self._lines.insert(0, f"  {name} = alloca {type}, i64 {count}, align {align}")
        return Value(name, "ptr")
