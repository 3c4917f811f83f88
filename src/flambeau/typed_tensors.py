"""The legacy constructors torch.FloatTensor and its relatives."""

from __future__ import annotations

from . import dtypes
from .creation import legacy_constructor
from .errors import TYPE_NAMES
from .tensor import Tensor


class _TensorType(type):
    """isinstance(x, torch.FloatTensor) asks for the dtype."""

    kind: dtypes.dtype

    def __instancecheck__(cls, instance):
        return isinstance(instance, Tensor) and instance.dtype is cls.kind

    def __call__(cls, *args):
        return legacy_constructor(Tensor, *args, dtype=cls.kind)


TYPES = {
    name: _TensorType(name, (), {"kind": dtypes.BY_NAME[dtype], "dtype": dtypes.BY_NAME[dtype], "__module__": "torch"})
    for dtype, name in TYPE_NAMES.items()
    if not name.startswith("Complex")
}
globals().update(TYPES)
