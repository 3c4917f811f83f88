"""Division with whole quotients, and its remainders. Whole numbers are not divided by zero.

A divisor that is a number, or of few numbers that lie in memory, is looked at when the call is made; others are by the
kernels, whose errors come at the next sync.
"""

from __future__ import annotations

import numpy as np

from .. import dtypes, errors, ir
from ..dtypes import bool_
from ..tensor import Tensor
from . import bounds
from .elementwise import elementwise
from .inplace import write
from .registry import Op, apply2, no_derivative, promoted

NO_PLACES = (1, 0)  # of numbers that wrap around: all but 0 are in this range


def _watched(operands, metas, result):
    """A divisor of whole numbers, refused where it is 0 as the index of a table that has one place."""
    x, y = operands
    if y.dtype.is_inexact or metas[1] is None or 0 in result.shape:
        return operands
    nothing = ir.take(ir.const(0, y.dtype).reshape((1,)), ir.map_("eq", y, 0).cast(dtypes.int64))
    return x, y + nothing


def _division(name: str, kernel: str, body, grads, **said) -> Op:
    """Declares an op that divides; kernel: what PyTorch calls the one that knows no truth values."""

    def check(*operands):
        if promoted(operands) is bool_:
            raise errors.no_kernel(kernel, bool_)

    op = elementwise(name, "input other", body, grads, check=check, watched=_watched, **said)
    op.fault = lambda value, size, record: _by_zero()
    return op


def _by_zero() -> RuntimeError:
    error = RuntimeError("ZeroDivisionError")
    errors.add_note(error, "a whole number was divided by 0")
    return error


FLOOR_DIVIDE = _division(
    "floor_divide", "div_floor_cpu", lambda k, x, y: k.floordiv(x, y),
    (no_derivative("floor_divide"), no_derivative("floor_divide")),
    reference=np.floor_divide, summary="Quotient rounded down.",
)  # fmt: skip
DIV_FLOOR = _division(
    "div_floor", "div_floor_cpu", lambda k, x, y: k.floordiv(x, y), (lambda g: g * 0, lambda g: g * 0),
    reference=np.floor_divide, summary="Quotient rounded down, of which a gradient may be asked: it is zero.",
)  # fmt: skip
TRUNC_DIVIDE = _division(
    "trunc_divide", "div_trunc_cpu",
    lambda k, x, y: k.trunc(k.div(x, y)) if x.dtype.is_floating_point else k.truncdiv(x, y),
    (lambda g: g * 0, lambda g: g * 0),
    reference=lambda x, y: np.trunc(np.divide(x, y)).astype(np.result_type(x, y)),
    summary="Quotient rounded towards zero.",
)  # fmt: skip
REMAINDER = _division(
    "remainder", "remainder_cpu", lambda k, x, y: k.rem(x, y),
    (lambda g: g, lambda g, input, other: -g * apply2(FLOOR_DIVIDE, input, other).detach()),
    reference=np.remainder, summary="Remainder of the division rounded down; it has the sign of the divisor.",
)  # fmt: skip
FMOD = _division(
    "fmod", "fmod_cpu", lambda k, x, y: k.fmod(x, y),
    (lambda g: g, lambda g, input, other: -g * apply2(TRUNC_DIVIDE, input, other).detach()),
    reference=np.fmod, summary="Remainder of the division rounded towards zero; it has the sign of the dividend.",
)  # fmt: skip
DIVISIONS = frozenset({FLOOR_DIVIDE, DIV_FLOOR, TRUNC_DIVIDE, REMAINDER, FMOD})


# ------------------------------------------------------------------ calls
def steps(op: Op):
    """How an op of two operands is called, and how its result is written into the first."""
    return (divide, write_quotient) if op in DIVISIONS else (apply2, write)


def divide(op: Op, a, b):
    """`apply2`, after a look at the divisor."""
    _refuse_zero(a, b)
    return apply2(op, a, b)


def write_quotient(op: Op, target: Tensor, operands: tuple) -> Tensor:
    """`write`, after a look at the divisor."""
    _refuse_zero(*operands)
    return write(op, target, operands)


def _refuse_zero(a, b) -> None:
    """RuntimeError where whole numbers are divided by what is known to hold a zero."""
    kind = _whole_type(a)
    if kind is None or (isinstance(a, Tensor) and not a.meta.numel):
        return
    if isinstance(b, Tensor):
        zero = _whole_type(b) is not None and bounds.outside(b, *NO_PLACES) is not None
    else:
        wide = 64 if kind is bool_ else 8 * kind.itemsize
        zero = b & ((1 << wide) - 1) == 0 if type(b) is int else b is False and kind is not bool_
    if zero:
        raise _by_zero()


def _whole_type(x):
    """The type of an operand of whole numbers, None for others."""
    d = x.meta.dtype if isinstance(x, Tensor) else dtypes.int64 if type(x) in (int, bool) else None
    return None if d is None or d.is_inexact else d
