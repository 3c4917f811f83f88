"""Python and NumPy values as host arrays: nested sequences, numbers, tensors inside them, and PyTorch's errors."""

from __future__ import annotations

import numpy as np

from .dtypes import dtype
from .tensor import Tensor


def real_parts(array: np.ndarray, kind: dtype, numpy: bool) -> np.ndarray:
    """Complex values for a tensor of real numbers: NumPy's lose their imaginary parts, Python's are refused."""
    if not numpy:
        what = "'complex' object cannot be interpreted as an integer"
        raise TypeError("must be real number, not complex" if kind.is_floating_point else what)
    return array.real


def is_numpy(data) -> bool:
    """Whether the values' type is NumPy's: an array, or a list of arrays or NumPy scalars."""
    first = data[0] if isinstance(data, (list, tuple)) and data else data
    return isinstance(first, (np.ndarray, np.generic)) and not isinstance(data, np.bool_)


def array_of(data) -> np.ndarray:
    if isinstance(data, (np.ndarray, np.generic)):
        return np.asarray(data)
    if not isinstance(data, (list, tuple, bool, int, float, complex)) and hasattr(data, "__array__"):
        return np.asarray(data)
    plain = _plain(data)
    if isinstance(plain, list) and not plain:
        return np.empty(_shape(plain), np.float64)
    _check_nesting(plain)
    array = np.array(plain)
    if array.size == 0:
        return np.empty(array.shape, np.float64)
    if array.dtype == object or array.dtype.kind not in "biufc":
        raise _not_a_number(plain)
    return array.astype(np.int64) if array.dtype.kind == "i" else array


def _shape(nested) -> tuple:
    return (len(nested), *(_shape(nested[0]) if nested else ())) if isinstance(nested, list) else ()


def _plain(data):
    """Nested lists of Python numbers; tensors and arrays inside become numbers or lists."""
    if isinstance(data, (list, tuple)):
        return list(data) if {bool, int, float}.issuperset(map(type, data)) else [_plain(d) for d in data]
    if isinstance(data, (Tensor, np.ndarray, np.generic)):
        return data.tolist()
    if isinstance(data, range):
        return list(data)
    if hasattr(data, "__len__") and hasattr(data, "__getitem__") and not isinstance(data, (str, bytes, dict)):
        return [_plain(data[i]) for i in range(len(data))]
    return data


def _check_nesting(nested, depth: int = 0):
    if not isinstance(nested, list) or not nested:
        return
    lists = [n for n in nested if isinstance(n, list)]
    if lists and len(lists) != len(nested):
        wrong = next(i for i, n in enumerate(nested) if isinstance(n, list) != isinstance(nested[0], list))
        if isinstance(nested[0], list):
            raise TypeError("not a sequence")
        raise TypeError(f"must be real number, not {type(nested[wrong]).__name__}")
    for inner in lists:
        if len(inner) != len(lists[0]):
            raise ValueError(f"expected sequence of length {len(lists[0])} at dim {depth + 1} (got {len(inner)})")
    for inner in lists:
        _check_nesting(inner, depth + 1)


def _not_a_number(nested) -> Exception:
    while isinstance(nested, list):
        nested = next(
            (n for n in nested if isinstance(n, list) or not isinstance(n, (bool, int, float, complex))), nested[0]
        )
    if isinstance(nested, str):
        return TypeError(f"new(): invalid data type '{type(nested).__name__}'")
    if isinstance(nested, int):
        return RuntimeError("Overflow when unpacking long long")
    return RuntimeError(f"Could not infer dtype of {type(nested).__name__}")
