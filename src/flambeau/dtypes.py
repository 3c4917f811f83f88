"""Element types, as PyTorch names and prints them, and the rules by which they combine.

A `dtype` is a singleton; `dtype.numpy` is its host counterpart. bfloat16 and the floats of 8 bits have no NumPy
counterpart: their host form is the bit pattern (uint16, uint8; `small_floats.py`).
"""

from __future__ import annotations

import math

import numpy as np

from . import errors
from .small_floats import FORMATS


class dtype:
    """The type of a tensor's elements."""

    __module__ = __name__.partition(".")[0]  # pickled as a name of the package: it has all of them, bool as well
    __slots__ = (
        "name", "itemsize", "category", "rank", "numpy", "is_floating_point", "is_complex", "is_signed", "is_packed",
        "is_rare", "is_hosted",
    )  # fmt: skip

    def __init__(self, name: str, itemsize: int, category: int, rank: int, numpy, signed: bool):
        self.name, self.itemsize, self.category, self.rank = name, itemsize, category, rank
        self.numpy = np.dtype(numpy)
        self.is_floating_point, self.is_complex, self.is_signed = category == FLOAT, category == COMPLEX, signed
        self.is_packed = self.is_floating_point and self.numpy.kind == "u"  # whether the host form is the bit pattern
        # Kept and cast, hardly computed with; and what kernels do not know, so that NumPy computes it.
        self.is_rare = rank == 0 and category != BOOL
        self.is_hosted = self.is_rare or self.is_complex

    def __repr__(self):
        return f"torch.{self.name}"

    def __reduce__(self):
        return self.name

    @property
    def is_integer(self) -> bool:
        """Whether this is an integer type (bool is not)."""
        return self.category == INTEGER

    @property
    def is_inexact(self) -> bool:
        """Whether this is a floating-point or complex type."""
        return self.category >= FLOAT

    def to_real(self) -> dtype:
        """The type of the real part."""
        return {"complex32": float16, "complex64": float32, "complex128": float64}.get(self.name, self)

    def to_complex(self) -> dtype:
        """The type of complex numbers with parts of this type."""
        kinds = {"float16": complex32, "bfloat16": complex64, "float32": complex64, "float64": complex128}
        found = kinds.get(self.name, self)
        if not found.is_complex:
            raise RuntimeError(f"Unknown Complex ScalarType for {errors.TYPE_TITLES[self.name]}")
        return found


# Categories order the kinds of numbers: a higher one decides the result of mixed arithmetic.
BOOL, INTEGER, FLOAT, COMPLEX = range(4)

bool_ = dtype("bool", 1, BOOL, 0, np.bool_, False)
uint8 = dtype("uint8", 1, INTEGER, 1, np.uint8, False)
int8 = dtype("int8", 1, INTEGER, 1, np.int8, True)
int16 = dtype("int16", 2, INTEGER, 2, np.int16, True)
int32 = dtype("int32", 4, INTEGER, 3, np.int32, True)
int64 = dtype("int64", 8, INTEGER, 4, np.int64, True)
float16 = dtype("float16", 2, FLOAT, 1, np.float16, True)
bfloat16 = dtype("bfloat16", 2, FLOAT, 1, np.uint16, True)
float32 = dtype("float32", 4, FLOAT, 2, np.float32, True)
float64 = dtype("float64", 8, FLOAT, 3, np.float64, True)
complex64 = dtype("complex64", 8, COMPLEX, 2, np.complex64, True)
complex128 = dtype("complex128", 16, COMPLEX, 3, np.complex128, True)

complex32 = dtype("complex32", 4, COMPLEX, 1, "V4", True)

ALL = (bool_, uint8, int8, int16, int32, int64, float16, bfloat16, float32, float64, complex64, complex128)
UNSIGNED = tuple(dtype(f"uint{8 * size}", size, INTEGER, 0, f"u{size}", False) for size in (2, 4, 8))
uint16, uint32, uint64 = UNSIGNED
FLOAT8 = tuple(dtype(name, 1, FLOAT, 0, np.uint8, True) for name in FORMATS)
# What the integers of quantised tensors are called (`quantized/`), with the NumPy type that holds them.
QUANTIZED = {"qint8": "i1", "quint8": "u1", "qint32": "i4"}
# Names alone, as complex32 is: nothing computes with them.
_NAMES = (
    *(dtype(f"{kind}{bits}", 1, INTEGER, 0, "V1", kind == "int") for kind in ("int", "uint") for bits in range(1, 8)),
    *(dtype(name, 1, INTEGER, 0, "V1", False) for name in ("bits1x8", "bits2x4", "bits4x2", "bits8")),
    *(dtype(name, 1, INTEGER, 0, "V1", False) for name in ("quint4x2", "quint2x4")),
    *(dtype(name, np.dtype(held).itemsize, INTEGER, 0, held, True) for name, held in QUANTIZED.items()),
    dtype("bits16", 2, INTEGER, 0, "V2", False),
    dtype("float4_e2m1fn_x2", 1, FLOAT, 0, "V1", True),
)
BY_NAME = {d.name: d for d in (*ALL, complex32, *UNSIGNED, *FLOAT8, *_NAMES)}
BY_NAME["bit"] = BY_NAME["uint1"]
ALIASES = {
    "float": float32, "double": float64, "half": float16, "long": int64, "int": int32, "short": int16,
    "chalf": complex32, "cfloat": complex64, "cdouble": complex128,
}  # fmt: skip
_FROM_NUMPY = {d.numpy: d for d in (*ALL, *UNSIGNED) if d is not bfloat16}

_default = float32


def get_default_dtype() -> dtype:
    """The floating-point type of new tensors made from Python floats."""
    return _default


def set_default_dtype(d: dtype) -> None:
    """Sets the floating-point type of new tensors made from Python floats.

    Raises TypeError where `d` is not a floating-point type.
    """
    global _default
    if not isinstance(d, dtype) or not d.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    _default = d


def from_numpy(numpy_dtype) -> dtype:
    """The dtype of a NumPy dtype; TypeError, with PyTorch's text, where there is none."""
    found = _FROM_NUMPY.get(np.dtype(numpy_dtype))
    if found is None:
        kind = np.dtype(numpy_dtype).type
        raise TypeError(
            f"can't convert np.ndarray of type {kind.__module__}.{kind.__name__}. "
            "The only supported types are: float64, float32, float16, complex64, complex128, int64, int32, int16, "
            "int8, uint64, uint32, uint16, uint8, and bool."
        )
    return found


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest type that both types can be converted to (torch.promote_types)."""
    a, b = type1, type2
    if a is b:
        return a
    _check_promotion(a, b)
    if a.category != b.category:
        low, high = (a, b) if a.category < b.category else (b, a)
        if high is complex64 and low is float64:
            return complex128
        return high
    if {a, b} == {uint8, int8}:
        return int16
    if {a, b} == {float16, bfloat16}:
        return float32
    return a if a.rank >= b.rank else b


def _check_promotion(a: dtype, b: dtype) -> None:
    """RuntimeError for types that PyTorch does not combine with others."""
    if not (a.is_rare or b.is_rare):
        return
    titles = f"attempted to promote {errors.TYPE_TITLES[a.name]} and {errors.TYPE_TITLES[b.name]}"
    if a in FLOAT8 or b in FLOAT8:
        raise RuntimeError(f"Promotion for Float8 Types is not supported, {titles}")
    if max(a.category, b.category) <= INTEGER:
        raise RuntimeError(f"Promotion for uint16, uint32, uint64 types is not supported, {titles}")


def result_type(dimensioned: dtype | None, zero_dim: dtype | None, scalar: dtype | None) -> dtype:
    """Combines the promoted types of dimensioned tensors, of zero-dimensional tensors and of Python numbers.

    A lower class counts only where its category is higher (torch.result_type). Each argument is the promoted type of
    its class, None where the class is empty; Python numbers come as bool, int64 or the default floating-point type.
    """
    result = dimensioned
    for other in (zero_dim, scalar):
        if result is None:
            result = other
        elif other is not None and other.category > result.category:
            result = promote_types(result, other) if other.is_complex else other
    assert result is not None
    return result


def fitted(value, kind: dtype):
    """A Python number as a tensor of a type can hold it: a complex one without imaginary part counts as real.

    Raises RuntimeError where there is an imaginary part that the type has no place for.
    """
    if value is None:
        raise TypeError("argument 'value' must be Number, not NoneType")
    if not isinstance(value, complex) or kind.is_complex:
        return value
    if kind is bool_:
        return bool(value)
    if value.imag:
        raise beyond(kind)
    return int(value.real) if kind.is_integer else value.real


LARGEST = {"float16": 65504.0, "bfloat16": 3.3895313892515355e38, "float32": 3.4028234663852886e38}


def held(value, kind: dtype):
    """`fitted`, with PyTorch's RuntimeError where a number lies beyond those of the type; unsigned ones may wrap."""
    value = fitted(value, kind)
    if type(value) not in (int, float) or kind is bool_ or kind.is_rare or kind.is_complex:
        return value
    if kind.is_integer:
        top = (1 << (8 * kind.itemsize - kind.is_signed)) - 1
        fits = -top - kind.is_signed <= value <= top
    else:
        fits = not math.isfinite(value) or abs(value) <= LARGEST.get(kind.name, math.inf)
    if not fits:
        raise beyond(kind)
    return value


def beyond(kind: dtype) -> RuntimeError:
    """The error for a number that a type does not hold."""
    fixed = kind.is_integer and not kind.is_rare and kind.name != "int32"
    name = f"{kind.name}_t" if fixed else errors.SCALAR_NAMES[kind.name]
    return RuntimeError(f"value cannot be converted to type {name} without overflow")
