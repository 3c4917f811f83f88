"""Which memory a tensor looks at: set_, share_memory_."""

from __future__ import annotations

from .. import errors
from ..autograd.modes import MODE
from ..meta import Meta, contiguous, meta
from ..strides import contiguous_strides
from ..tensor import Tensor
from ..trace import sharing


def set_(self: Tensor, source=None, storage_offset: int = 0, size=None, stride=None) -> Tensor:
    """Makes this tensor look at the memory of another tensor or of a storage.

    Args:
        source: whose memory; None for none.
        storage_offset, size, stride: how it is seen; by default as the source is.

    Raises RuntimeError where the dtypes differ or the view reaches outside of the memory.
    """
    if self.grad_fn is None and self._requires_grad and MODE.enabled:
        raise RuntimeError(errors.LEAF_IN_PLACE)
    storage, seen = _seen_in(source, self.meta.dtype)
    if size is not None:
        size = tuple(size)
        strides = contiguous_strides(size) if stride is None else tuple(stride)
        seen = meta(size, strides, storage_offset, seen.dtype)
    if seen.offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {seen.offset}")
    check_inside(seen, storage)
    self.storage, self.meta, self.epoch = storage, seen, -1
    storage.version += 1
    return self


def _seen_in(source, kind):
    """The memory that set_ is given, and how the whole of it is seen."""
    if source is None:
        made = Tensor.full_of((0,), 0, kind)
        return made.storage, made.meta
    if isinstance(source, Tensor):
        if source.meta.dtype is not kind:
            names = errors.SCALAR_NAMES[source.meta.dtype.name], errors.SCALAR_NAMES[kind.name]
            raise RuntimeError(f"Could not set tensor of type {names[0]} to a tensor of type {names[1]}")
        return source.storage, source.meta
    typed = getattr(source, "dtype", None)
    if typed not in (None, kind):
        raise RuntimeError(
            f"Expected a Storage of type {errors.SCALAR_NAMES[kind.name]} or an UntypedStorage, but got type "
            f"{errors.TYPE_TITLES[typed.name]} for argument 1 'storage'"
        )
    storage = source.untyped()._storage
    return storage, contiguous((storage.nbytes // kind.itemsize,), kind)


def check_inside(seen: Meta, storage) -> None:
    """Raises RuntimeError where a view reaches outside of its memory."""
    reach = seen.offset + sum((n - 1) * s for n, s in zip(seen.shape, seen.strides)) + 1 if seen.numel else 0
    size = seen.dtype.itemsize
    if min(seen.strides, default=0) < 0 or min(seen.shape, default=0) < 0 or reach * size > storage.nbytes:
        raise RuntimeError(
            f"setStorage: sizes {list(seen.shape)}, strides {list(seen.strides)}, storage offset {seen.offset}, and "
            f"itemsize {size} requiring a storage size of {reach * size} are out of bounds for storage of size "
            f"{storage.nbytes}"
        )


def share_memory_(self: Tensor) -> Tensor:
    """Moves the memory that this tensor looks at to where other processes see it; it is then the same in all."""
    sharing.share(self.storage)
    return self


def is_shared(self: Tensor) -> bool:
    """Whether other processes may see the memory of this tensor."""
    return sharing.is_shared(self.storage)
