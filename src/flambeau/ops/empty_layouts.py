"""Uninitialised tensors that lie in memory as one says: empty_permuted, new_empty_strided."""

from __future__ import annotations

from ..creation import empty, empty_strided
from ..tensor import Tensor
from .public import public


@public(method=False)
def empty_permuted(size, physical_layout, **kwargs) -> Tensor:
    """An uninitialised tensor whose dimensions lie in memory in the given order, the outermost first."""
    if len(physical_layout) != len(size):
        raise RuntimeError(
            "Number of dimensions in size does not match the length of the physical_layout; i.e. len(size) = "
            f"{len(size)} "
            f"is not equal to len(physical_layout) = {len(physical_layout)}"
        )
    seen: set[int] = set()
    for d in physical_layout:
        if not 0 <= d < len(size):
            raise RuntimeError(
                f"Dimension out of range (expected to be between 0 and {len(size) - 1}, but got {d} at index "
                f"{len(seen)}).  NB: negative dims not currently supported; file an issue if you "
                "want it."
            )
        if d in seen:
            raise RuntimeError("Duplicate dim not allowed")
        seen.add(d)
    order = list(physical_layout)
    return empty(*[size[d] for d in order], **kwargs).permute([order.index(i) for i in range(len(order))])


def new_empty_strided(self: Tensor, size, stride, *, dtype=None, **kwargs) -> Tensor:
    """An uninitialised tensor of this tensor's dtype with given strides."""
    return empty_strided(size, stride, dtype=dtype or self.dtype, **kwargs)


Tensor.new_empty_strided = new_empty_strided
