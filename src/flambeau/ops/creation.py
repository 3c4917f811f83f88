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
    value = dtypes.fitted(value, d)
    if isinstance(value, (bool, int, float)) and value in (0, 1) and not math.copysign(1, value) < 0:
        return apply(CONSTANT, (), (shape, int(value), d))
    return apply(FULL, (value,), (shape, d))


def _range_lower(start, step, count, vectors, dtype):
    i = ir.iota((count,))
    if not dtype.is_floating_point:
        return (start.cast(dtypes.int64) + i * step.cast(dtypes.int64)).cast(dtype)
    start, step = start.cast(dtypes.float64), step.cast(dtypes.float64)
    if not vectors:
        return (start + i.cast(dtypes.float64) * step).cast(dtype)
    # As PyTorch: each vector of 32 bytes counts on from its first number, which is rounded; vectors come in pairs, and
    # what is left is numbered one by one.
    lanes = 32 // dtype.itemsize
    lane = ir.where(i < count // (2 * lanes) * (2 * lanes), ir.map_("fmod", i, lanes), 0)
    first = ir.map_("fma", (i - lane).cast(dtypes.float64), step, start).cast(dtype).cast(dtypes.float64)
    lane = lane.cast(dtypes.float64)
    return (first + lane * step if dtype.itemsize < 4 else ir.map_("fma", lane, step, first)).cast(dtype)


RANGE = Op(
    "arange",
    "start step count vectors dtype",
    lambda start, step, count, vectors, dtype: contiguous((count,), dtype),
    _range_lower,
    summary="Equally spaced numbers, in double.",
)


def _linspace_lower(start, end, count, base, dtype):
    # As PyTorch: whole numbers are spaced in double, and each number is rounded once.
    work = dtype if dtype.is_inexact else dtypes.float64
    start, end = start.cast(work), end.cast(work)
    step = (end - start) / float(max(count - 1, 1))
    i = ir.iota((count,))
    # From both ends, so that the last number is `end` exactly.
    low = ir.map_("fma", i.cast(work), step, start)
    high = ir.map_("fma", (i - (count - 1)).cast(work), step, end)
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
