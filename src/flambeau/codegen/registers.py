"""How elements of each dtype stand in memory and in registers, and the way between.

In: addresses and Values. Out: Values in register form: what scalar functions take and give. A bool is i1 in a register
and one byte, 0 or 1, in memory; 16-bit floats are float32 numbers in registers that their own type can hold exactly.
"""

from __future__ import annotations

from .. import dtypes
from ..dtypes import dtype
from .builder import Builder, Value, constant, element_of, lanes_of, vector

# Neighbours, for products alone (see pairing.py): two bfloat16, or four bytes. BYTES stands for uint8 and int8.
PAIR = dtype("bfloat16x2", 4, dtypes.INTEGER, 0, "V4", True)
QUAD = dtype("uint8x4", 4, dtypes.INTEGER, 0, "V4", True)  # bytes of A are unsigned, those of B signed
TURNED_QUAD = dtype("int8x4", 4, dtypes.INTEGER, 0, "V4", True)  # the other way round
BYTES = dtype("bytes", 1, dtypes.INTEGER, 0, "V1", True)
SUMS = {PAIR: dtypes.float32, QUAD: dtypes.int32, TURNED_QUAD: dtypes.int32}
TRANSPOSED = {QUAD: TURNED_QUAD}
REGISTER = {"bool": "i1", "float16": "float", "bfloat16": "float", "float32": "float", "float64": "double"}
MEMORY = {"bool": "i8", "float16": "half", "bfloat16": "i16", "float32": "float", "float64": "double"}
SMALL_FLOATS = frozenset({dtypes.float16, dtypes.bfloat16})


def register_type(of: dtype) -> str:
    """The LLVM type of one element in a register."""
    return REGISTER.get(of.name) or f"i{8 * of.itemsize}"


def memory_type(of: dtype) -> str:
    """The LLVM type of one element in memory."""
    return MEMORY.get(of.name) or f"i{8 * of.itemsize}"


def computed(of: dtype) -> dtype:
    """The dtype in which arithmetic is done: float32 for smaller floats, that of sums for neighbours in one."""
    return dtypes.float32 if of.is_floating_point and of.itemsize < 4 else SUMS.get(of, of)


def sum_type(of: dtype) -> str:
    """The LLVM type of a sum of products in a register."""
    return register_type(computed(of))


def load(b: Builder, of: dtype, pointer: Value, lanes: int = 1, mask: Value | None = None) -> Value:
    """Neighbouring elements; where a mask is given and not set, 0, and memory is not touched."""
    type = vector(memory_type(of), lanes)
    raw = b.load(type, pointer) if mask is None else b.masked_load(type, pointer, mask)
    return from_memory(b, of, raw)


def gather(b: Builder, of: dtype, pointers: Value, mask: Value) -> Value:
    """Elements at a vector of addresses; 0 where the mask is not set."""
    return from_memory(b, of, b.gather(vector(memory_type(of), lanes_of(pointers.type)), pointers, mask))


def store(b: Builder, of: dtype, value: Value, pointer: Value, mask: Value | None = None) -> None:
    """Stores neighbouring elements, with a mask only where it is set."""
    raw = to_memory(b, of, value)
    b.store(raw, pointer) if mask is None else b.masked_store(raw, pointer, mask)


def scatter(b: Builder, of: dtype, value: Value, pointers: Value, mask: Value) -> None:
    """Stores elements at a vector of addresses where the mask is set."""
    b.scatter(to_memory(b, of, value), pointers, mask)


def from_memory(b: Builder, of: dtype, raw: Value) -> Value:
    """The register form of a value in memory form."""
    if of is dtypes.bool_:
        return b.icmp("ne", raw, 0)
    if of is dtypes.float16:
        return b.convert("fpext", raw, "float")
    if of is dtypes.bfloat16:
        return b.convert("bitcast", b.shl(b.convert("zext", raw, "i32"), 16), "float")
    return raw


def to_memory(b: Builder, of: dtype, value: Value) -> Value:
    """The memory form of a value in register form."""
    if of is dtypes.bool_:
        return b.convert("zext", value, "i8")
    if of is dtypes.float16:
        return _half(b, value)
    if of is dtypes.bfloat16:
        return b.convert("trunc", b.lshr(b.convert("bitcast", value, "i32"), 16), "i16")
    return value


def rounded(b: Builder, of: dtype, value: Value) -> Value:
    """A float32 number rounded (to nearest, ties to even) to what a 16-bit float can hold; other dtypes as they are."""
    if of is dtypes.float16:
        return b.convert("fpext", _half(b, value), "float")
    if of is dtypes.bfloat16:
        return _rounded_to_bfloat16(b, value)
    return value


def _half(b: Builder, value: Value) -> Value:
    """float32 to float16. The fence keeps LLVM from making one rounding of two, where the number was a float64 before:
    that is another number, by a function that is not there."""
    return b.convert("fptrunc", b.intrinsic("arithmetic.fence", value), "half")


def _rounded_to_bfloat16(b: Builder, value: Value) -> Value:
    """By integer arithmetic: the processors' own instruction for it flushes denormals."""
    bits = b.convert("bitcast", value, "i32")
    odd = b.and_(b.lshr(bits, 16), 1)
    nearest = b.and_(b.add(bits, b.add(odd, constant(0x7FFF, odd.type))), 0xFFFF0000 - (1 << 32))
    number = b.select(b.fcmp("uno", value, value), constant(0x7FC00000, odd.type), nearest)
    return b.convert("bitcast", number, element_of(value.type))
