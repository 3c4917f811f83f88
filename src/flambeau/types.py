"""torch.types: names for kinds of arguments, as annotations use them."""

from __future__ import annotations

import os
from typing import Any

from .devices import device
from .dtypes import dtype
from .meta import Size
from .storage_view import TypedStorage, UntypedStorage

_dtype, _device, _size = dtype, device, Size | list[int] | tuple[int, ...]
Number = int | float | bool
Device = device | str | int | None
FileLike = str | os.PathLike | Any
Storage = UntypedStorage | TypedStorage

__all__ = ["Device", "FileLike", "Number", "Storage"]
