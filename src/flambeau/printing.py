"""Tensors as text, character by character as PyTorch writes them.

In: the elements as a NumPy array (bfloat16 as float32) and what else the text shows. Out: the text. Nothing here
computes with tensors; only the elements that are shown are looked at.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from . import dtypes
from .dtypes import dtype


@dataclasses.dataclass
class PrintOptions:
    """How tensors are printed; `set_printoptions` tells what the fields mean."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES = {
    "default": PrintOptions(),
    "short": PrintOptions(precision=2, edgeitems=2),
    "full": PrintOptions(threshold=math.inf),
}
_options = PrintOptions()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Sets how tensors are printed; what is not given stays, but for `sci_mode`, which is decided by the numbers again.

    precision: digits after the point.  threshold: number of elements above which only the edges are shown.
    edgeitems: how many elements of each dimension the edges are.  linewidth: characters a line.
    profile: "default", "short" or "full", applied before the others.  sci_mode: scientific notation always or never.
    """
    global _options
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    _options = dataclasses.replace(_PROFILES.get(profile or "", _options), **changes, sci_mode=sci_mode)


def get_printoptions() -> dict[str, Any]:
    """The options in force, as `set_printoptions` takes them."""
    return dataclasses.asdict(_options)


@contextlib.contextmanager
def printoptions(**options) -> Iterator[None]:
    """Inside, tensors are printed with these options."""
    global _options
    before = _options
    set_printoptions(**options)
    try:
        yield
    finally:
        _options = before


# Numbers

Formatter = Callable[[Any], str]


def _number_formatter(shown: np.ndarray) -> tuple[Formatter, int]:
    """How real numbers that stand together are written, and the width of each."""
    if shown.dtype.kind != "f":
        width = max((len(str(value)) for value in shown.ravel().tolist()), default=1)
        return lambda value: str(value).rjust(width), width
    return _float_formatter(shown.astype(np.float64))


def _float_formatter(shown: np.ndarray) -> tuple[Formatter, int]:
    finite = shown[np.isfinite(shown) & (shown != 0)]
    whole = bool(np.all(finite == np.ceil(finite)))
    scientific = finite.size > 0 and _is_scientific(np.abs(finite))
    digits = f".{_options.precision}{'e' if scientific else 'f'}"
    if whole and not scientific:
        write: Formatter = _write_whole
    else:
        write = lambda value: format(value, digits)  # noqa: E731
    width = max((len(write(value)) for value in finite.tolist()), default=1)
    return lambda value: write(value).rjust(width), width


def _is_scientific(magnitudes: np.ndarray) -> bool:
    if _options.sci_mode is not None:
        return _options.sci_mode
    least, most = magnitudes.min(), magnitudes.max()
    with np.errstate(over="ignore"):
        return bool(most / least > 1000 or most > 1e8 or least < 1e-4)


def _write_whole(value) -> str:
    return f"{value:.0f}" + ("." if math.isfinite(value) else "")


def _formatter(shown: np.ndarray) -> tuple[Formatter, int]:
    """How numbers that stand together are written, and the width that decides how many fit into a line."""
    if shown.dtype.kind != "c":
        return _number_formatter(shown)
    (write_real, real_width), (write_imag, imag_width) = _number_formatter(shown.real), _number_formatter(shown.imag)

    def write(value) -> str:
        imag = write_imag(value.imag).lstrip() + "j"
        return write_real(value.real) + ("" if imag[0] in "+-" else "+") + imag

    return write, real_width + imag_width + 1


# Layout


def _edges(array: np.ndarray) -> np.ndarray:
    """The elements that a summary shows."""
    for axis, size in enumerate(array.shape):
        if size > 2 * _options.edgeitems:
            kept = [*range(_options.edgeitems), *range(size - _options.edgeitems, size)]
            array = array.take(kept, axis=axis)
    return array


def _nested(array: np.ndarray, indent: int, summarize: bool, write: Formatter, width: int) -> str:
    """The elements in nested brackets; `indent` is the column of the first bracket."""
    if array.ndim == 0:
        return write(array.item())
    if array.ndim == 1:
        return _row(array, indent, summarize, write, width)
    parts = _with_gap(
        array, summarize, "...", lambda part: [_nested(row, indent + 1, summarize, write, width) for row in part]
    )
    return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(parts) + "]"


def _row(array: np.ndarray, indent: int, summarize: bool, write: Formatter, width: int) -> str:
    if summarize and not _options.edgeitems:
        return "[...]"
    items = _with_gap(array, summarize, " ...", lambda part: [write(value) for value in part.tolist()])
    per_line = max(1, (_options.linewidth - indent) // (width + 2))
    lines = [", ".join(items[start : start + per_line]) for start in range(0, len(items), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def _with_gap(array: np.ndarray, summarize: bool, gap: str, texts: Callable[[np.ndarray], list[str]]) -> list[str]:
    edge = _options.edgeitems
    if not summarize or len(array) <= 2 * edge:
        return texts(array)
    return [*texts(array[:edge]), gap, *texts(array[len(array) - edge :])]


def _elements(array: np.ndarray, indent: int) -> str:
    if array.size == 0:
        return "[]"
    summarize = array.size > _options.threshold
    write, width = _formatter(_edges(array) if summarize else array)
    return _nested(array, indent, summarize, write, width)


def _with_suffixes(text: str, suffixes: Sequence[str], indent: int) -> str:
    column = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if column + len(suffix) + 2 > _options.linewidth:
            text += ",\n" + " " * indent + suffix
            column = indent + len(suffix)
        else:
            text += ", " + suffix
            column += len(suffix) + 2
    return text + ")"


# Tensors


def format_tensor(
    array: np.ndarray | None,
    dtype: dtype,
    *,
    shape: Sequence[int] | None = None,
    requires_grad: bool = False,
    grad_fn_name: str | None = None,
    device: str = "cpu",
    prefix: str = "tensor",
    tangent: str | None = None,
) -> str:
    """The text of a tensor.

    array: the elements; None for a tensor without elements in memory (meta), whose `shape` is given then.
    grad_fn_name: as in grad_fn=<MulBackward0>.  prefix: the class's name.  tangent: its text.
    """
    indent = len(prefix) + 1
    sizes = tuple(array.shape if array is not None else shape or ())
    suffixes = [] if device == "cpu" else [f"device='{device}'"]
    suffixes += _type_suffixes(array, dtype, sizes)
    if grad_fn_name is not None:
        suffixes.append(f"grad_fn=<{grad_fn_name}>")
    elif requires_grad:
        suffixes.append("requires_grad=True")
    if tangent is not None:
        suffixes.append(f"tangent={tangent}")
    elements = "..." if array is None else _elements(array, indent)
    return _with_suffixes(f"{prefix}({elements}", suffixes, indent)


def _type_suffixes(array: np.ndarray | None, dtype: dtype, sizes: tuple[int, ...]) -> list[str]:
    """The shape where the elements do not show it, the dtype where they do not tell it."""
    size, kind, default = f"size={sizes}", f"dtype={dtype}", dtypes.get_default_dtype()
    if array is None:
        return [size] + [kind] * (dtype is not default)
    if array.size == 0:
        return [size] * (array.ndim != 1) + [kind] * (dtype is not default)
    told = (default, dtypes.int64, dtypes.bool_, dtypes.complex128 if default is dtypes.float64 else dtypes.complex64)
    return [size] * (not _options.edgeitems) + [kind] * (dtype not in told)


def tensor_repr(tensor, tangent: str | None = None) -> str:
    """The text of a Tensor (Tensor.__repr__), with that of its tangent where it has one."""
    from .trace.host import host_array

    plain = type(tensor).__name__ in ("Tensor", "Parameter")
    device = str(tensor.device)
    return format_tensor(
        None if device == "meta" else host_array(tensor),
        tensor.dtype,
        shape=tensor.shape,
        requires_grad=tensor.requires_grad,
        grad_fn_name=None if tensor.grad_fn is None else tensor.grad_fn.name().rpartition("::")[2],
        device=device,
        prefix="tensor" if plain else type(tensor).__name__,
        tangent=tangent,
    )
