"""Storage: the cell of memory that tensors are views of; its current content, version, and sharing with NumPy.

The content is an array, row-major over `content.shape` (the logical order). It is either pending, a slot of the current
trace, or lies in `buffer`. `order` is the physical order of its dimensions in the buffer where a plan chose another
than row-major; only plans read such buffers, everyone else asks for row-major memory first.
"""

from __future__ import annotations

import weakref

from .meta import Meta


class Storage:
    """Memory for one array and the count of its in-place changes; `writer`, where set, is the last to change it."""

    __slots__ = ("content", "slot", "epoch", "buffer", "order", "version", "export", "writer", "__weakref__")

    def __init__(self, content: Meta, slot: int, epoch: int, buffer=None):
        self.content, self.slot, self.epoch, self.buffer = content, slot, epoch, buffer
        self.order: tuple[int, ...] | None = None
        self.version = 0
        self.export: weakref.ref | None = None

    def __call__(self):
        """Scripts write `x.storage()`: what they get is the memory as PyTorch shows it."""
        from .storage_view import typed_storage_of

        return typed_storage_of(self)

    def __reduce__(self):
        from .copying import reduced_storage

        return reduced_storage(self)

    @property
    def shared(self) -> bool:
        """Whether NumPy arrays that are alive look at this memory."""
        return self.export is not None and self.export() is not None

    @property
    def nbytes(self) -> int:
        return self.content.numel * self.content.dtype.itemsize
