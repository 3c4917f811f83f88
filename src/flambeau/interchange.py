"""Objects of others as tensors, without a copy where that can be: arrays, buffers, storages, files."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from . import dtypes
from .creation import from_numpy, frombuffer, over_array, tensor
from .devices import require_cpu
from .dtypes import dtype
from .errors import TYPE_TITLES
from .tensor import Tensor


def asarray(
    obj: Any, *, dtype: dtype | None = None, device=None, copy: bool | None = None, requires_grad: bool | None = None
) -> Tensor:
    """An object as a tensor.

    Args:
        obj: a tensor, array, storage, object with the buffer interface, number or nested sequence.
        dtype: of the result; the elements of a buffer are read as it (by default as the default dtype).
        copy: True always copies; False never does; None does where it must.
        requires_grad: whether the result records gradients; None leaves it as it is, False cuts it off.

    Raises ValueError where a copy is needed and not allowed.
    """
    require_cpu(device)
    made = _shared(obj, dtype)
    if made is None:
        if copy is False:
            raise ValueError("can't alias arbitrary sequence into a tensor.")
        made = tensor(obj, dtype=dtype)
    else:
        made = _converted(made, dtype, copy)
    if made.requires_grad and requires_grad is False:
        made = made.detach()
    return made.requires_grad_() if requires_grad else made


def _shared(obj: Any, kind: dtype | None) -> Tensor | None:
    """A tensor over the object's own memory; None where it has none."""
    if isinstance(obj, Tensor):
        return obj
    if isinstance(obj, np.ndarray):
        return from_numpy(obj)
    if hasattr(obj, "untyped"):
        kind = kind or dtypes.get_default_dtype()
        return over_array(np.asarray(obj.untyped()).view(kind.numpy), kind)
    if isinstance(obj, (str, np.generic)):
        return None
    try:
        buffer = memoryview(obj)
    except TypeError:
        return None
    return frombuffer(buffer.cast("B"), dtype=kind or dtypes.get_default_dtype())


def _converted(x: Tensor, kind: dtype | None, copy: bool | None) -> Tensor:
    if kind is not None and kind is not x.dtype:
        if copy is False:
            names = TYPE_TITLES[x.dtype.name], TYPE_TITLES[kind.name]
            raise ValueError(f"can't alias tensor with dtype '{names[0]}' into dtype '{names[1]}'.")
        return x.to(kind)
    return x.clone() if copy else x


def from_file(
    filename: str,
    shared: bool | None = None,
    size: int = 0,
    *,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    pin_memory: bool = False,
) -> Tensor:
    """A tensor over the content of a file.

    Args:
        filename: the file.
        shared: whether writes go to the file, which then is made as large as needed; else they stay here.
        size: how many elements.
        dtype: their type; by default the default dtype.

    Raises RuntimeError where the file is missing or too short.
    """
    require_cpu(device)
    kind = dtype or dtypes.get_default_dtype()
    return over_array(mapped(filename, bool(shared), size * kind.itemsize).view(kind.numpy), kind)


def mapped(filename: str | os.PathLike, shared: bool, nbytes: int, offset: int = 0) -> np.ndarray:
    """A part of a file as an array of bytes, read as it is used. shared: writes go to the file, which grows to fit.

    Raises RuntimeError where the file is missing or too short.
    """
    try:
        if shared:
            with open(filename, "ab") as file:
                if file.tell() < nbytes:
                    file.truncate(nbytes)
        if nbytes == 0:
            return np.empty(0, np.uint8)
        return np.memmap(filename, np.uint8, "r+" if shared else "c", offset, (nbytes,)).view(np.ndarray)
    except (OSError, ValueError) as error:
        raise RuntimeError(f"unable to mmap {nbytes} bytes from file <{os.fspath(filename)}>: {error}") from None
