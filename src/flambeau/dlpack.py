"""DLPack: memory shared with other libraries of arrays, by NumPy's implementation of the protocol."""

from __future__ import annotations

import numpy as np

from .creation import from_numpy
from .ops.copies import DLPACK_CPU
from .tensor import Tensor

__all__ = ["from_dlpack", "to_dlpack"]


class _Exporter:
    """An object with the protocol's methods around a capsule that was made before."""

    def __init__(self, capsule):
        self.capsule = capsule

    def __dlpack__(self, **options):
        return self.capsule

    def __dlpack_device__(self):
        return DLPACK_CPU


def from_dlpack(ext_tensor, *, device=None, copy: bool | None = None) -> Tensor:
    """A tensor over the memory of an array of another library, or of a capsule from `to_dlpack`.

    copy: True copies the memory.  Raises RuntimeError for what is neither.
    """
    if isinstance(ext_tensor, Tensor):
        return ext_tensor.detach().clone() if copy else ext_tensor.detach()
    if isinstance(ext_tensor, np.ndarray):
        array = ext_tensor
    elif hasattr(ext_tensor, "__dlpack__"):
        array = np.from_dlpack(ext_tensor)
    elif type(ext_tensor).__name__ == "PyCapsule":
        array = np.from_dlpack(_Exporter(ext_tensor))
    else:
        raise RuntimeError(
            "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so you "
            "might have already constructed a tensor from it once."
        )
    shared = from_numpy(array)
    return shared.clone() if copy else shared


def to_dlpack(tensor: Tensor):
    """A capsule over the tensor's memory, which one other library may consume."""
    return tensor.__dlpack__()
