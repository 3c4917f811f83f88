"""Limits of the element types, and how types combine: finfo, iinfo, result_type, can_cast."""

from __future__ import annotations

import numpy as np

from . import dtypes
from .dtypes import dtype
from .ops.registry import promoted

# bfloat16 has the exponents of float32 and 8 bits of precision.
_BFLOAT16 = {
    "bits": 16, "eps": 0.0078125, "max": 3.3895313892515355e38, "min": -3.3895313892515355e38,
    "tiny": 1.1754943508222875e-38,
    "resolution": 0.01, "smallest_normal": 1.1754943508222875e-38,
}  # fmt: skip


class finfo:
    """The limits of a floating-point type: bits, eps, max, min, tiny, resolution."""

    def __init__(self, type: dtype | None = None):
        kind = (type or dtypes.get_default_dtype()).to_real()
        if not kind.is_floating_point:
            raise TypeError(
                f"torch.finfo() requires a floating point input type. Use torch.iinfo to handle '{kind.name}'"
            )
        self.dtype = kind.name
        for name, value in (_BFLOAT16 if kind.name == "bfloat16" else _numpy_limits(kind)).items():
            setattr(self, name, value)

    def __repr__(self):
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


def _numpy_limits(kind: dtype) -> dict:
    info = np.finfo(kind.numpy)
    names = ("eps", "max", "min", "tiny", "resolution", "smallest_normal")
    return {"bits": info.bits, **{name: float(getattr(info, name)) for name in names}}


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
    return not (from_.category > to.category or (from_.is_signed and to.is_integer and not to.is_signed))
