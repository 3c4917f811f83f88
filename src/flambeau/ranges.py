"""Numbers at equal distances: arange, range, linspace, logspace."""

from __future__ import annotations

import math
import warnings

import numpy as np

from . import dtypes
from .creation import _made, asked_dtype
from .dtypes import dtype, int64
from .errors import SCALAR_NAMES, TYPE_TITLES
from .ops.complex_support import refuse
from .ops.creation import LINSPACE, RANGE
from .ops.registry import apply, scalar_dtype
from .ops.signatures import Scalar, entrances
from .tensor import Tensor


def arange(
    start: Scalar,
    end: Scalar | None = None,
    step: Scalar = 1,
    *,
    out=None,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
    pin_memory=False,
) -> Tensor:
    """start, start + step ... up to, without, end."""
    start, end = (0, start) if end is None else (start, end)
    start, end, step = (_number(x) for x in (start, end, step))
    kind = asked_dtype(dtype, out) or _kind_of(start, end, step)
    refuse("arange_cpu", kind)
    _check_range(start, end, step)
    if kind is int64 and not int(step):
        raise ValueError("step must be nonzero")
    if kind is int64:
        start, end, step = int(start), int(end), int(step)
    count = max(0, math.ceil((end - start) / step))
    return _made(_counted(start, step, count, True, kind), requires_grad, out, device)


def range(
    start=0,
    end=None,
    step=1,
    *,
    out=None,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step ... up to end, which is in it."""
    if end is None:
        raise TypeError('range() missing 1 required positional arguments: "end"')
    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with "
        "Python's range builtin. Instead, use torch.arange, which produces values in [start, end).",
        UserWarning,
        stacklevel=2,
    )
    start, end, step = (_number(x) for x in (start, end, step))
    kind = asked_dtype(dtype, out) or dtypes.get_default_dtype()
    _check_range(start, end, step)
    if kind.is_integer:
        start, end, step = int(start), int(end), int(step)
        _check_range(start, end, step)
    count = math.floor((end - start) / step) + 1
    return _made(_counted(start, step, count, False, kind), requires_grad, out, device)


def _counted(start, step, count: int, vectors: bool, kind: dtype) -> Tensor:
    if kind.is_integer:
        start, step = int(start), int(step)
    return apply(RANGE, (start, step), (count, vectors, kind))


def _number(x):
    return x.item() if isinstance(x, (Tensor, np.generic)) else x


def _kind_of(*numbers) -> dtype:
    return int64 if all(isinstance(x, int) for x in numbers) else dtypes.get_default_dtype()


def _check_range(start, end, step):
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if any(isinstance(x, float) and not math.isfinite(x) for x in (start, end)):
        raise RuntimeError(f"unsupported range: {start:g} -> {end:g}")
    if (step > 0) != (end >= start) and start != end:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")


def linspace(
    start,
    end,
    steps: int,
    *,
    out=None,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` equally spaced numbers from start to end."""
    return _made(_spaced(start, end, steps, asked_dtype(dtype, out), None), requires_grad, out, device)


def logspace(
    start,
    end,
    steps: int,
    base: float = 10.0,
    *,
    out=None,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
) -> Tensor:
    """base to the powers linspace(start, end, steps)."""
    return _made(_spaced(start, end, steps, asked_dtype(dtype, out), float(base)), requires_grad, out, device)


def _spaced(start, end, steps: int, kind: dtype | None, base: float | None) -> Tensor:
    """The common part of linspace and logspace (base not None). Whole numbers: the ends are truncated first."""
    name = "linspace" if base is None else "logspace"
    if not isinstance(steps, int):
        given = ", ".join(type(x).__name__ for x in (start, end, steps))
        raise TypeError(
            f"{name}() received an invalid combination of arguments - got ({given}), but expected one of:\n * "
            "(Number start, Number end, int steps)"
        )
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    if any(isinstance(x, Tensor) and x.meta.ndim for x in (start, end)):
        described = " and ".join(
            f"{n} with {x.meta.ndim if isinstance(x, Tensor) else 0} dimension(s)"
            for n, x in (("start", start), ("end", end))
        )
        raise RuntimeError(f"{name} only supports 0-dimensional start and end tensors, but got {described}.")
    start, end = _number(start), _number(end)
    exact = complex if isinstance(start, complex) or isinstance(end, complex) else float
    kind = kind or scalar_dtype(exact)
    if exact is complex and not kind.is_complex:
        raise RuntimeError(
            f"torch.{name}(): inferred dtype {SCALAR_NAMES[scalar_dtype(complex).name]} can't be safely cast to passed "
            f"dtype {TYPE_TITLES[kind.name]}"
        )
    if kind.is_integer:
        start, end = int(start), int(end)
    return apply(LINSPACE, (exact(start), exact(end)), (steps, base, kind))


entrances(globals())
