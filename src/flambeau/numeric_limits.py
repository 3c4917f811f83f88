"""Limits of the element types, and how types combine: finfo, iinfo, result_type, can_cast."""

from __future__ import annotations

import functools
import math

import numpy as np

from . import dtypes
from .dtypes import dtype
from .ops.registry import promoted

# eps, max, tiny and resolution of the types that NumPy has not, as PyTorch gives them.
_LIMITS = {
    "bfloat16": (0.0078125, 3.3895313892515355e38, 1.1754943508222875e-38, 0.01),
    "float8_e4m3fn": (0.125, 448.0, 0.015625, 1.0),
    "float8_e4m3fnuz": (0.125, 240.0, 0.0078125, 1.0),
    "float8_e5m2": (0.25, 57344.0, 6.103515625e-05, 1.0),
    "float8_e5m2fnuz": (0.125, 57344.0, 3.0517578125e-05, 1.0),
    "float8_e8m0fnu": (1.0, 1.7014118346046923e38, 5.877471754111438e-39, 1.0),
}


class finfo:
    """The limits of a floating-point type: bits, eps, max, min, tiny, resolution."""

    def __init__(self, type: dtype | None = None):
        kind = (type or dtypes.get_default_dtype()).to_real()
        if not kind.is_floating_point:
            raise TypeError(
                f"torch.finfo() requires a floating point input type. Use torch.iinfo to handle '{kind.name}'"
            )
        self.dtype = kind.name
        for name, value in (_packed_limits(kind) if kind.name in _LIMITS else _numpy_limits(kind)).items():
            setattr(self, name, value)

    def __repr__(self):
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


def _packed_limits(kind: dtype) -> dict:
    eps, largest, tiny, resolution = _LIMITS[kind.name]
    least = tiny if kind.name == "float8_e8m0fnu" else -largest
    limits = {"eps": eps, "max": largest, "min": least, "tiny": tiny, "resolution": resolution}
    return {"bits": 8 * kind.itemsize, "smallest_normal": tiny, **limits}


def _numpy_limits(kind: dtype) -> dict:
    info = np.finfo(kind.numpy)
    names = ("eps", "max", "min", "tiny", "resolution", "smallest_normal")
    return {"bits": info.bits, **{name: float(getattr(info, name)) for name in names}}


@functools.cache
def limits(kind: dtype) -> tuple[float, float]:
    """The least and the largest number of a type."""
    if kind is dtypes.bool_:
        return 0, 1
    info = finfo(kind) if kind.is_inexact else iinfo(kind)
    return info.min, info.max  # type: ignore[attr-defined]


def check_range(value: float, kind: dtype) -> None:
    """RuntimeError where a number lies beyond those of a type; infinity and NaN do so among whole ones only."""
    low, high = limits(kind)
    if not (low <= value <= high if math.isfinite(value) else kind.is_inexact):
        raise dtypes.beyond(kind)


class iinfo:
    """The limits of an integer type: bits, max, min."""

    def __init__(self, type: dtype):
        if not type.is_integer:
            raise TypeError(f"torch.iinfo() requires an integer input type. Use torch.finfo to handle '{type.name}'")
        info = np.iinfo(type.numpy)
        self.dtype, self.bits, self.min, self.max = type.name, info.bits, int(info.min), int(info.max)

    def __repr__(self):
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"


def result_type(tensor1, tensor2) -> dtype:
    """The dtype that arithmetic of two tensors or numbers has."""
    return promoted([t.meta if hasattr(t, "meta") else type(t) for t in (tensor1, tensor2)])


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether PyTorch's rules of promotion allow a conversion."""
    unsigned = to.is_integer and not to.is_signed and not to.is_rare
    return not (from_.category > to.category or (from_.is_signed and unsigned))
