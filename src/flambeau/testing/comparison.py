"""assert_close: agreement of tensors, numbers, and sequences and mappings of them, with PyTorch's reports."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import dtypes
from ..creation import as_tensor
from ..tensor import Tensor

# (rtol, atol) by dtype; other dtypes are compared exactly.
TOLERANCES = {
    "float16": (1e-3, 1e-5), "bfloat16": (1.6e-2, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7),
    "complex64": (1.3e-6, 1e-5), "complex128": (1e-7, 1e-7),
}  # fmt: skip
NUMBERS = (int, float, complex, np.number)


class _Options(NamedTuple):
    rtol: float | None
    atol: float | None
    equal_nan: bool
    check_dtype: bool
    check_stride: bool
    allow_subclasses: bool


class _Mismatch(AssertionError):
    """What differs, and in which item of the containers: `path`."""

    def __init__(self, text: str, path: tuple = ()):
        super().__init__(text)
        self.text, self.path = text, path


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Asserts that |actual - expected| <= atol + rtol |expected| everywhere.

    Args:
        actual, expected: tensors, arrays, numbers, or sequences and mappings of them, of equal structure.
        allow_subclasses: whether the two may be of related types rather than of one.
        rtol, atol: both or neither; by default what the dtype's precision suggests, exact for integers.
        equal_nan: whether NaN equals NaN.
        check_device, check_layout: accepted; there is one of each.
        check_dtype, check_stride: whether these must agree as well.
        msg: the text of the error, or what makes it from the default one.

    Raises:
        AssertionError: they differ. TypeError: they cannot be compared. ValueError: one tolerance alone is given.
    """
    if (rtol is None) != (atol is None):
        missing = "rtol" if rtol is None else "atol"
        raise ValueError(f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {missing}.")
    options = _Options(rtol, atol, equal_nan, check_dtype, check_stride, allow_subclasses)
    try:
        _compare(actual, expected, options)
    except _Mismatch as mismatch:
        text = mismatch.text
        if mismatch.path:
            text += f"\n\nThe failure occurred for item {''.join(f'[{key!r}]' for key in mismatch.path)}"
        raise AssertionError(msg(text) if callable(msg) else text if msg is None else msg) from None


def assert_allclose(actual, expected, rtol=None, atol=None, equal_nan=True, msg: str = "") -> None:
    """The older assert_close, of less strictness about types."""
    warnings.warn(
        "`torch.testing.assert_allclose()` is deprecated since 1.12 and will be removed in a future release. Please "
        "use `torch.testing.assert_close()` instead.",
        FutureWarning,
        stacklevel=2,
    )
    if not isinstance(actual, Tensor):
        actual = as_tensor(actual)
    if not isinstance(expected, Tensor):
        expected = as_tensor(expected, dtype=actual.dtype)
    options = {"rtol": rtol, "atol": atol, "equal_nan": equal_nan, "check_dtype": False, "check_stride": False}
    assert_close(actual, expected, **options, msg=msg or None)


# ------------------------------------------------------------------ by kind
def _compare(actual: Any, expected: Any, options: _Options) -> None:
    if isinstance(actual, Mapping) and isinstance(expected, Mapping):
        _compare_mappings(actual, expected, options)
    elif _is_sequence(actual) and _is_sequence(expected):
        _compare_sequences(actual, expected, options)
    elif actual is None and expected is None:
        return
    elif _are(actual, expected, (bool, np.bool_)):
        if bool(actual) is not bool(expected):
            raise _Mismatch(f"Booleans mismatch: {actual} is not {expected}")
    elif _are(actual, expected, NUMBERS):
        _compare_numbers(actual, expected, options)
    elif _are(actual, expected, (Tensor, np.ndarray)) and _related(actual, expected, options):
        _compare_tensors(as_tensor(actual), as_tensor(expected), options)
    else:
        raise TypeError(f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}.")


def _are(actual, expected, kinds) -> bool:
    return isinstance(actual, kinds) and isinstance(expected, kinds)


def _related(actual, expected, options: _Options) -> bool:
    if type(actual) is type(expected):
        return True
    return options.allow_subclasses and (isinstance(actual, type(expected)) or isinstance(expected, type(actual)))


def _is_sequence(value) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _within(key, actual, expected, options: _Options) -> None:
    """Compares two items; a difference is told with the item's place."""
    try:
        _compare(actual, expected, options)
    except _Mismatch as mismatch:
        raise _Mismatch(mismatch.text, (key, *mismatch.path)) from None


def _compare_mappings(actual, expected, options: _Options) -> None:
    missing, added = expected.keys() - actual.keys(), actual.keys() - expected.keys()
    if missing or added:
        raise _Mismatch(
            "The keys of the mappings do not match:\n"
            f"Missing keys in the actual mapping: {sorted(missing)}\n"
            f"Additional keys in the actual mapping: {sorted(added)}"
        )
    for key in expected:
        _within(key, actual[key], expected[key], options)


def _compare_sequences(actual, expected, options: _Options) -> None:
    if len(actual) != len(expected):
        raise _Mismatch(f"The length of the sequences mismatch: {len(actual)} != {len(expected)}")
    for index, (a, e) in enumerate(zip(actual, expected)):
        _within(index, a, e, options)


def _tolerances(options: _Options, *kinds: str) -> tuple[float, float]:
    if options.rtol is not None:
        return options.rtol, options.atol  # type: ignore[return-value]
    pairs = [TOLERANCES.get(kind, (0.0, 0.0)) for kind in kinds]
    return max(pair[0] for pair in pairs), max(pair[1] for pair in pairs)


def _allowance(tolerance: float) -> str:
    return f" (up to {tolerance} allowed)"


def _compare_numbers(actual, expected, options: _Options) -> None:
    kinds = ["int64" if isinstance(x, (int, np.integer)) else "float64" for x in (actual, expected)]
    if options.check_dtype and type(actual) is not type(expected):
        raise _Mismatch(f"The (d)types do not match: {type(actual)} != {type(expected)}.")
    rtol, atol = _tolerances(options, *kinds)
    _report_scalars(actual, expected, rtol, atol, options.equal_nan)


def _report_scalars(actual, expected, rtol: float, atol: float, equal_nan: bool) -> None:
    if _close(np.asarray(actual), np.asarray(expected), rtol, atol, equal_nan).all():
        return
    difference = abs(actual - expected)
    relative = difference / abs(expected) if expected else float("inf")
    exact = rtol == 0 == atol
    raise _Mismatch(
        f"Scalars are not {'equal' if exact else 'close'}!\n\nExpected {expected} but got {actual}.\n"
        f"Absolute difference: {difference}{'' if exact else _allowance(atol)}\n"
        f"Relative difference: {relative}{'' if exact else _allowance(rtol)}"
    )


def _compare_tensors(actual: Tensor, expected: Tensor, options: _Options) -> None:
    _check_attribute("shape", actual.shape, expected.shape)
    if options.check_dtype:
        _check_attribute("dtype", actual.dtype, expected.dtype)
    if options.check_stride:
        _check_attribute("stride()", actual.stride(), expected.stride())
    rtol, atol = _tolerances(options, actual.dtype.name, expected.dtype.name)
    common = dtypes.promote_types(actual.dtype, expected.dtype)
    a, e = (_numbers(x, common) for x in (actual, expected))
    good = _close(a, e, rtol, atol, options.equal_nan)
    if good.all():
        return
    if a.ndim == 0:
        _report_scalars(a.item(), e.item(), rtol, atol, options.equal_nan)
    raise _Mismatch(_report(a, e, good, rtol, atol))


def _check_attribute(name: str, actual, expected) -> None:
    if actual != expected:
        raise _Mismatch(f"The values for attribute '{name}' do not match: {actual} != {expected}.")


def _numbers(x: Tensor, common: dtypes.dtype) -> np.ndarray:
    """The elements in the precision in which PyTorch compares them: at least float32, or as integers."""
    x = x.detach().to(common)
    if common is dtypes.bool_ or (common.is_integer):
        return x.to(dtypes.int64).numpy()
    return x.float().numpy() if common.itemsize < 4 else x.numpy()


def _close(a: np.ndarray, e: np.ndarray, rtol: float, atol: float, equal_nan: bool) -> np.ndarray:
    with np.errstate(all="ignore"):
        near = np.isfinite(e) & (np.abs(a - e) <= atol + np.abs(rtol * e))
        return near | (a == e) | (equal_nan & (np.isnan(a) & np.isnan(e)))


def _report(a: np.ndarray, e: np.ndarray, good: np.ndarray, rtol: float, atol: float) -> str:
    exact, bad = rtol == 0 == atol, int((~good).sum())
    with np.errstate(all="ignore"):
        absolute = np.abs(a - e)
        # PyTorch divides integers in float32.
        relative = absolute / np.abs(e) if a.dtype.kind != "i" else (absolute.astype("f4") / np.abs(e).astype("f4"))
    lines = [
        f"Tensor-likes are not {'equal' if exact else 'close'}!",
        "",
        f"Mismatched elements: {bad} / {good.size} ({bad / good.size:.1%})",
    ]
    for title, values, tolerance in (("absolute", absolute, atol), ("relative", relative, rtol)):
        values = np.where(good, 0, values)
        place = np.unravel_index(np.argmax(values), values.shape)
        where = tuple(int(i) for i in place)
        allowed = "" if exact else _allowance(tolerance)
        lines.append(f"Greatest {title} difference: {values[place].item()} at index {where}{allowed}")
    return "\n".join(lines)
