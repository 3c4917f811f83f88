"""Tensors from numbers alone: constants, ranges, identity, triangles."""

from __future__ import annotations

import math

from .. import dtypes, ir
from ..dtypes import dtype
from ..meta import contiguous
from ..tensor import Tensor
from .public import finish
from .registry import Op, apply

CONSTANT = Op(
    "constant",
    "shape value dtype",
    lambda shape, value, dtype: contiguous(shape, dtype),
    lambda shape, value, dtype: ir.full(value, shape, dtype),
    summary="All elements the same, known when the plan is made.",
)
FULL = Op(
    "full",
    "value shape dtype",
    lambda value, shape, dtype: contiguous(shape, dtype),
    lambda value, shape, dtype: ir.broadcast(value.cast(dtype), shape),
    summary="All elements the same.",
)


def full(shape: tuple[int, ...], value, d: dtype) -> Tensor:
    """A tensor of one number. Zero and one are part of the program, other numbers are run-time scalars."""
    if isinstance(value, (bool, int, float)) and value in (0, 1) and not math.copysign(1, value) < 0:
        return apply(CONSTANT, (), (shape, int(value), d))
    return apply(FULL, (value,), (shape, d))


def _range_lower(start, step, count, dtype):
    # As PyTorch: start + i * step in double (integers in int64), then rounded.
    wide = dtypes.float64 if dtype.is_floating_point else dtypes.int64
    return (start.cast(wide) + ir.iota((count,)).cast(wide) * step.cast(wide)).cast(dtype)


RANGE = Op(
    "arange",
    "start step count dtype",
    lambda start, step, count, dtype: contiguous((count,), dtype),
    _range_lower,
    summary="Equally spaced numbers.",
)


def _linspace_lower(start, end, count, base, dtype):
    # As PyTorch: whole numbers are spaced in float32 steps, powers of them in double.
    work = dtype if dtype.is_floating_point else dtypes.float32 if base is None else dtypes.float64
    start, end = start.cast(work), end.cast(work)
    step = (end - start) / float(max(count - 1, 1))
    i = ir.iota((count,))
    # From both ends, so that the last number is `end` exactly.
    low = start + i.cast(work) * step
    high = end - (count - 1 - i).cast(work) * step
    value = ir.where(i < max(count // 2, int(count == 1)), low, high)
    return (value if base is None else ir.map_("pow", ir.full(base, (count,), work), value)).cast(dtype)


LINSPACE = Op(
    "linspace",
    "start end count base dtype",
    lambda start, end, count, base, dtype: contiguous((count,), dtype),
    _linspace_lower,
    summary="Equally spaced numbers from start to end.",
)


def _row_column(n: int, m: int):
    return ir.iota((n,)).reshape((n, 1)), ir.iota((m,)).reshape((1, m))


def _eye_lower(n, m, dtype):
    row, column = _row_column(n, m)
    return ir.map_("eq", row, column).cast(dtype)


EYE = Op("eye", "n m dtype", lambda n, m, dtype: contiguous((n, m), dtype), _eye_lower, summary="Ones on the diagonal.")


def _triangle(name, keep):
    def lower(input, diagonal):
        *_, n, m = input.shape
        row, column = _row_column(n, m)
        return ir.where(ir.map_(keep, column - row, diagonal), input, ir.const(0, input.dtype))

    def infer(input, diagonal):
        if input.ndim < 2:
            raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")
        return contiguous(input.shape, input.dtype)

    op = Op(
        name,
        "input diagonal",
        infer,
        lower,
        lambda g, diagonal: apply(op, (g,), (diagonal,)),
        summary="A triangle of a matrix; zeros elsewhere.",
    )
    return op


TRIL, TRIU = _triangle("tril", "le"), _triangle("triu", "ge")


def tril(input: Tensor, diagonal: int = 0, *, out=None) -> Tensor:
    """The lower triangle of matrices, up to a diagonal."""
    return finish(apply(TRIL, (input,), (diagonal,)), out)


def triu(input: Tensor, diagonal: int = 0, *, out=None) -> Tensor:
    """The upper triangle of matrices, from a diagonal on."""
    return finish(apply(TRIU, (input,), (diagonal,)), out)
