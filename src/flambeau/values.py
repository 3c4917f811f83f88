"""Python and NumPy values as host arrays: nested sequences, numbers, tensors inside them, and PyTorch's errors."""

from __future__ import annotations

import functools
from collections.abc import Iterable

import numpy as np

from . import dtypes
from .dtypes import dtype
from .errors import kind_of
from .tensor import Tensor

PLAIN = frozenset({bool, int, float})
TEXTS = (str, bytes)
# The types of numbers that tensors of a category take, beside tensors of one element.
ACCEPTED = {
    dtypes.BOOL: (bool, int, float, complex, np.integer, np.bool_),
    dtypes.INTEGER: (bool, int, float, np.integer),
    dtypes.FLOAT: (bool, int, float, np.integer, np.floating, np.bool_),
    dtypes.COMPLEX: (bool, int, float, complex, np.number, np.bool_),
}


def array_of(data, kind: dtype | None = None) -> tuple[np.ndarray, dtype]:
    """The values in nested sequences, of a number or an array, and the dtype of a tensor that holds them.

    kind: the dtype that is asked for; it decides which values are refused. By default it follows from the values.

    Raises, with PyTorch's texts, ValueError for ragged nesting and for tensors of several elements, TypeError or
    RuntimeError for values that are not numbers.
    """
    if isinstance(data, (np.ndarray, np.generic)) or (not _is_sequence(data) and hasattr(data, "__array__")):
        array = np.asarray(data)
        found = dtypes.from_numpy(array.dtype)
        return array.real if found.is_complex and kind and not kind.is_complex else array, kind or found
    if isinstance(data, TEXTS):
        raise TypeError(f"new(): invalid data type '{kind_of(data)}'")
    shape = _shape(data)
    values, types = _flat(data, shape)
    kind = kind or _inferred(values, types)
    if not types <= PLAIN:
        values = [_number(value, kind) for value in values]
    return _array(values, kind).reshape(shape), kind


def _is_sequence(data) -> bool:
    if isinstance(data, (list, tuple)):
        return True
    return (
        hasattr(data, "__len__") and hasattr(data, "__getitem__") and not isinstance(data, (dict, Tensor, np.generic))
    )


def _shape(data) -> list[int]:
    """The sizes of nested sequences, as their first elements say."""
    shape: list[int] = []
    while _is_sequence(data):
        if isinstance(data, str):
            raise ValueError("too many dimensions 'str'")
        if isinstance(data, bytes):
            raise TypeError("new(): invalid data type 'bytes'")
        shape.append(len(data))
        if not shape[-1]:
            break
        data = data[0]
    return shape


def _flat(data, shape: list[int]) -> tuple[list, set[type]]:
    """The values of nested sequences in order, and their types."""
    if not shape:
        return [data], {type(data)}
    rows = [data]
    for depth, size in enumerate(shape):
        for row in rows:
            if not _is_sequence(row):
                raise TypeError("not a sequence")
            if len(row) != size and size:
                raise ValueError(f"expected sequence of length {size} at dim {depth} (got {len(row)})")
        if depth < len(shape) - 1:
            rows = [inner for row in rows for inner in row]
    if not shape[-1]:
        return [], set()
    types: set[type] = set()
    for row in rows:
        types.update((row.dtype.type,) if isinstance(row, np.ndarray) else map(type, row))
    return [value for row in rows for value in row], types


def _inferred(values: Iterable, types: set[type]) -> dtype:
    """The dtype that the types of values ask for together."""
    if types <= PLAIN:
        return (
            dtypes.get_default_dtype()
            if float in types or not types
            else dtypes.int64
            if int in types
            else dtypes.bool_
        )
    return functools.reduce(dtypes.promote_types, map(_kind, values))


def _kind(value) -> dtype:
    if isinstance(value, Tensor):
        return value.meta.dtype
    if isinstance(value, np.generic):
        return dtypes.from_numpy(value.dtype)
    if isinstance(value, TEXTS):
        raise TypeError(f"new(): invalid data type '{kind_of(value)}'")
    if _is_sequence(value):
        return _inferred(value, set(map(type, value)))
    for kind, found in ((bool, dtypes.bool_), (int, dtypes.int64), (float, dtypes.get_default_dtype())):
        if isinstance(value, kind):
            return found
    if isinstance(value, complex):
        return dtypes.get_default_dtype().to_complex()
    raise RuntimeError(f"Could not infer dtype of {kind_of(value)}")


def _number(value, kind: dtype):
    """A value among others as a Python number that a tensor of a dtype takes."""
    whole = not kind.is_inexact
    if isinstance(value, Tensor):
        if whole and (value.meta.numel != 1 or value.meta.dtype.is_inexact):
            raise TypeError("only integer tensors of a single element can be converted to an index")
        if value.meta.numel != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return value.item()
    if isinstance(value, ACCEPTED[kind.category]):
        return value.item() if isinstance(value, np.generic) else value
    if whole:
        raise TypeError(f"'{kind_of(value)}' object cannot be interpreted as an integer")
    raise TypeError(f"must be real number, not {kind_of(value)}")


def _array(values: list, kind: dtype) -> np.ndarray:
    if kind.is_inexact:
        return np.array(values, np.complex128 if kind.is_complex else np.float64)
    if kind is dtypes.bool_:
        return np.array([bool(value) for value in values], np.bool_)
    array = np.array(values) if values else np.empty(0, np.int64)
    return array if array.dtype in (kind.numpy, np.bool_) else _in_range(array, values, kind)


def _in_range(array: np.ndarray, values: list, kind: dtype) -> np.ndarray:
    """Python's numbers for a type of integers, some of which may be too large for it, or have a fraction."""
    limits, whole = np.iinfo(kind.numpy), array.dtype.kind == "i"
    least = -limits.max if whole and not kind.is_signed else limits.min  # negative integers wrap
    if array.dtype.kind in "if" and ((array >= least) & (array <= limits.max) & (array < limits.max + 1)).all():
        return array
    if any(isinstance(value, int) and not -(1 << 63) <= value < 1 << 63 for value in values):
        raise ValueError("Overflow when unpacking long long")
    raise RuntimeError(f"value cannot be converted to type {kind.name} without overflow")
