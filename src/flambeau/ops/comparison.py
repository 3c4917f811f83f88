"""Comparisons, logic on truth values and bits, and the choice between two tensors."""

from __future__ import annotations

import math

import numpy as np

from .. import dtypes, ir
from ..dtypes import bool_
from ..errors import SCALAR_NAMES
from .elementwise import broadcast_meta, compared, elementwise, integral, logical, same
from .registry import Op, apply


def _comparison(name, fn, reference, summary):
    return elementwise(
        name, "input other", lambda k, x, y: getattr(k, fn)(x, y), types=compared, reference=reference, summary=summary
    )


lt = _comparison("lt", "lt", np.less, "Whether each element is less.")
le = _comparison("le", "le", np.less_equal, "Whether each element is less or equal.")
gt = _comparison("gt", "gt", np.greater, "Whether each element is greater.")
ge = _comparison("ge", "ge", np.greater_equal, "Whether each element is greater or equal.")
eq = _comparison("eq", "eq", np.equal, "Whether elements are equal.")
ne = _comparison("ne", "ne", np.not_equal, "Whether elements differ.")

logical_and = elementwise(
    "logical_and",
    "input other",
    lambda k, x, y: k.and_(x, y),
    types=logical,
    reference=np.logical_and,
    summary="Logical and.",
)
logical_or = elementwise(
    "logical_or",
    "input other",
    lambda k, x, y: k.or_(x, y),
    types=logical,
    reference=np.logical_or,
    summary="Logical or.",
)
logical_xor = elementwise(
    "logical_xor",
    "input other",
    lambda k, x, y: k.xor(x, y),
    types=logical,
    reference=np.logical_xor,
    summary="Logical exclusive or.",
)
logical_not = elementwise(
    "logical_not", "input", lambda k, x: k.not_(x), types=logical, reference=np.logical_not, summary="Logical not."
)
bitwise_and = elementwise(
    "bitwise_and",
    "input other",
    lambda k, x, y: k.and_(x, y),
    check=integral,
    reference=np.bitwise_and,
    summary="Bitwise and.",
)
bitwise_or = elementwise(
    "bitwise_or",
    "input other",
    lambda k, x, y: k.or_(x, y),
    check=integral,
    reference=np.bitwise_or,
    summary="Bitwise or.",
)
bitwise_xor = elementwise(
    "bitwise_xor",
    "input other",
    lambda k, x, y: k.xor(x, y),
    check=integral,
    reference=np.bitwise_xor,
    summary="Bitwise exclusive or.",
)
bitwise_not = elementwise(
    "bitwise_not", "input", lambda k, x: k.not_(x), check=integral, reference=np.invert, summary="Bitwise not."
)
bitwise_left_shift = elementwise(
    "bitwise_left_shift",
    "input other",
    lambda k, x, y: k.shl(x, y),
    check=integral,
    reference=np.left_shift,
    domain=(0, 7),
    summary="Shift to the left.",
)
bitwise_right_shift = elementwise(
    "bitwise_right_shift",
    "input other",
    lambda k, x, y: k.shr(x, y),
    check=integral,
    reference=np.right_shift,
    domain=(0, 7),
    summary="Shift to the right.",
)


def infinite(k, x):
    return k.eq(k.abs(x), math.inf) if x.dtype.is_floating_point else k.ne(x, x)


def finite(k, x):
    return k.lt(k.abs(x), math.inf) if x.dtype.is_floating_point else k.eq(x, x)


def either_part(k, x, join, test):
    """A test of real numbers, joined over the parts of complex ones."""
    return join(test(k, k.real(x)), test(k, k.imag(x))) if x.dtype.is_complex else test(k, x)


isnan = elementwise(
    "isnan",
    "input",
    lambda k, x: k.ne(x, x),
    types=compared,
    reference=np.isnan,
    summary="Whether each element is NaN.",
)
isinf = elementwise(
    "isinf",
    "input",
    lambda k, x: either_part(k, x, k.or_, infinite),
    types=compared,
    reference=np.isinf,
    summary="Whether each element is infinite.",
)
isfinite = elementwise(
    "isfinite",
    "input",
    lambda k, x: either_part(k, x, k.and_, finite),
    types=compared,
    reference=np.isfinite,
    summary="Whether each element is finite.",
)


def _where_infer(condition, *operands):
    if condition.dtype is not bool_ and condition.dtype is not dtypes.uint8:
        raise RuntimeError(
            "where expected condition to be a boolean tensor, but got a tensor with dtype "
            f"{_scalar_name(condition.dtype)}"
        )
    return broadcast_meta((condition, *operands), same(operands)[1])


def _scalar_name(d):
    return SCALAR_NAMES[d.name].capitalize()


def _where_lower(condition, x, y, out):
    (result,) = out
    return ir.broadcast(ir.where(condition.cast(bool_), x.cast(result.dtype), y.cast(result.dtype)), result.shape)


where = Op(
    "where", "condition input other", _where_infer, _where_lower,
    (None, lambda g, condition: where_zero(condition, g, 0), lambda g, condition: where_zero(condition, 0, g)),
    reference=np.where, summary="Elements of `input` where the condition holds, else of `other`.",
)  # fmt: skip


def where_zero(condition, x, y):
    return apply(where, (condition, x, y))
