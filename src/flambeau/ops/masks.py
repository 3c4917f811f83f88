"""Masks: elements chosen, filled and counted by truth values."""

from __future__ import annotations

from .. import dtypes, errors, ir, shapes
from ..dtypes import bool_, int64
from ..meta import Meta, contiguous
from ..tensor import Tensor
from . import gathering, movement, views
from .inplace import write
from .public import finish, public
from .registry import Op, apply
from .signatures import Scalar


def _masked_fill_infer(input, mask, value):
    if mask.dtype is not bool_:
        raise RuntimeError(
            f"masked_fill_ only supports boolean masks, but got mask with dtype {errors.SCALAR_NAMES[mask.dtype.name]}"
        )
    if isinstance(value, Meta) and value.ndim:
        raise RuntimeError(
            f"masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s)."
        )
    return contiguous(shapes.broadcast_shapes(input.shape, mask.shape), input.dtype)


MASKED_FILL = Op(
    "masked_fill",
    "input mask value",
    _masked_fill_infer,
    lambda input, mask, value: ir.where(mask, value.cast(input.dtype), input),
    (lambda g, mask: g.masked_fill(mask, 0), None, lambda g, mask: g.where(mask, Tensor.full_of((), 0, g.dtype)).sum()),
    summary="A copy with the elements under a mask set to a number.",
)


def masked_fill(input: Tensor, mask: Tensor, value: Tensor | Scalar) -> Tensor:
    """A copy with the elements under a mask set to a number."""
    return apply(MASKED_FILL, (input, mask, dtypes.held(value, input.meta.dtype)))


def masked_fill_(self: Tensor, mask: Tensor, value: Tensor | Scalar) -> Tensor:
    """Sets the elements under a mask to a number."""
    return write(MASKED_FILL, self, (self, mask, dtypes.held(value, self.meta.dtype)))


SAME = "masked_select(): self and result must have the same scalar type"


def masked_select(input: Tensor, mask: Tensor, *, out=None) -> Tensor:
    """The elements under a mask, as a vector."""
    if mask.meta.dtype is not bool_:
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    shape = shapes.broadcast_shapes(input.meta.shape, mask.meta.shape)
    places = nonzero_columns(views.reshape(views.expand(mask, shape), (-1,)))[0]
    return finish(
        apply(gathering.INDEX, (views.reshape(views.expand(input, shape), (-1,)), places)),
        out,
        input,
        mask,
        exact=SAME,
        apart=True,
    )


# ------------------------------------------------------------------ positions of what is not zero
_NONZERO = Op(
    "flat_nonzero",
    "mask count",
    lambda mask, count: contiguous((count,), int64),
    lambda mask, count: ir.Node("nonzero", (mask.reshape((mask.size,)),), {}, (count,), int64),
    summary="The flat positions of true elements; their number is known.",
)


def _unravel_lower(flat, shape):
    """By division in float64, exact for all positions below 2**52: the quotient stays half a step from any other."""
    result = []
    for step in ir.contiguous_strides(shape)[:-1]:
        number = ((flat.cast(dtypes.float64) + 0.5) / step).cast(int64)
        flat = flat - number * step
        result.append(number)
    return (*result, flat)


_UNRAVEL = Op(
    "unravel",
    "flat shape",
    lambda flat, shape: (contiguous(flat.shape, int64),) * len(shape),
    _unravel_lower,
    summary="Flat positions as one index for each dimension.",
)


POSITIONS = "nonzero: Expected out tensor to have scalar type {Want} but got scalar type{Got}"


def nonzero(input: Tensor, *, out=None, as_tuple: bool = False):
    """The positions of the elements that are not zero: (count, dimensions), or one vector for each dimension."""
    if as_tuple:
        return tuple(nonzero_columns(input if input.meta.ndim else input.reshape(1)))
    if not input.meta.ndim:
        return finish(Tensor.full_of((int(bool(input)), 0), 0, int64), out, exact=POSITIONS)
    return finish(movement.stack(nonzero_columns(input), 0).t(), out, exact=POSITIONS)


@public(out=True)
def nonzero_static(input: Tensor, *, size: int, fill_value: int = -1) -> Tensor:
    """The first `size` positions of what is not zero, filled up with a number: (size, dimensions)."""
    if size < 0:
        raise RuntimeError("nonzero_static: 'size' must be an non-negative integer")
    found = nonzero(input)[:size]
    return movement.constant_pad(found, (0, 0, 0, size - found.meta.shape[0]), fill_value)


def nonzero_columns(input: Tensor) -> list[Tensor]:
    """One index vector for each dimension. Their number decides shapes, so the host must know: the program runs."""
    mask = input.detach() if input.meta.dtype is bool_ else input.detach() != 0
    count = int(mask.sum()) if mask.meta.numel else 0
    flat = apply(_NONZERO, (mask,), (count,)) if count else Tensor.full_of((0,), 0, int64)
    if mask.meta.ndim == 1:
        return [flat]
    return list(apply(_UNRAVEL, (flat,), (tuple(mask.meta.shape),)))
