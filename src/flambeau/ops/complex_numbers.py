"""Complex numbers: made of parts, taken apart, conjugated, and seen as pairs of real ones."""

from __future__ import annotations

import math

import numpy as np

from .. import dtypes, errors, ir
from ..meta import Meta, meta
from ..tensor import Tensor
from . import view_metas
from .elementwise import elementwise
from .public import finish, public
from .registry import Op, apply1, apply2, apply_view
from .views import select, view_op

REAL_KINDS = (dtypes.float16, dtypes.float32, dtypes.float64)


def _real_part_type(operands):
    d = operands[0].dtype
    return d, (d if d.category >= dtypes.FLOAT else dtypes.get_default_dtype()).to_real()


# ------------------------------------------------------------------ conjugates
def conjugated(k, x):
    return k.conj(x) if x.dtype.is_complex else x


CONJ = elementwise(
    "conj", "input", conjugated, lambda g: g.conj(), reference=np.conjugate, summary="Complex conjugates."
)  # fmt: skip
CONJ_PHYSICAL = elementwise(
    "conj_physical", "input", conjugated, lambda g: conj_physical(g), reference=np.conjugate,
    summary="Complex conjugates.",
)  # fmt: skip


@public()
def conj(input: Tensor) -> Tensor:
    """Complex conjugates; real tensors as they are."""
    if not input.meta.dtype.is_complex:
        return input
    result = apply1(CONJ, input)
    result._conjugated = not input._conjugated
    return result


@public(in_place=True, out=True)
def conj_physical(input: Tensor) -> Tensor:
    """Complex conjugates, in memory of their own."""
    return apply1(CONJ_PHYSICAL, input) if input.meta.dtype.is_complex else input


@public()
def resolve_conj(input: Tensor) -> Tensor:
    """The same numbers; a copy where they are a conjugate that PyTorch would not have computed yet."""
    return input.clone() if input._conjugated else input


@public()
def resolve_neg(input: Tensor) -> Tensor:
    """The same numbers: negatives are always computed."""
    return input


@public()
def is_conj(input: Tensor) -> bool:
    """Whether the tensor came from `conj`."""
    return input._conjugated


@public()
def is_neg(input: Tensor) -> bool:
    """Whether negation is still to be done: never."""
    return False


# ------------------------------------------------------------------ parts
ANGLE = elementwise(
    "angle", "input", lambda k, x: k.angle(x) if x.dtype.is_complex else _real_angle(k, x),
    lambda g, input: angle_grad(g, input),
    types=_real_part_type, reference=np.angle, summary="The angles of complex numbers.",
)  # fmt: skip


def _real_angle(k, x):
    """pi for negative numbers, else 0; NaN stays."""
    negative = k.lt(x, 0)
    d = x.dtype if x.dtype.is_floating_point else dtypes.get_default_dtype()
    turned = ir.where(negative, ir.const(math.pi, d), ir.const(0, d))
    return ir.where(k.ne(x, x), x.cast(d), turned) if x.dtype.is_floating_point else turned


def angle_grad(g: Tensor, input: Tensor) -> Tensor:
    """The gradient along i z / |z|^2, zero at z = 0 and for real numbers."""
    if not input.meta.dtype.is_complex:
        return g * 0
    squared = input.real.square() + input.imag.square()
    turned = complex_(-(input.imag / squared), input.real / squared)
    return g * turned.masked_fill(squared == 0, 0)


@public(out=True)
def angle(input: Tensor) -> Tensor:
    """The angles of complex numbers in radians; of real ones 0 or pi."""
    return apply1(ANGLE, input)


@public(method=False)
def real(input: Tensor) -> Tensor:
    """The real parts, a view; real tensors as they are."""
    return select(as_pairs(input), -1, 0) if input.meta.dtype.is_complex else input


@public(method=False)
def imag(input: Tensor) -> Tensor:
    """The imaginary parts, a view."""
    if not input.meta.dtype.is_complex:
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return select(as_pairs(input), -1, 1)


@public()
def isreal(input: Tensor) -> Tensor:
    """Whether each element has no imaginary part."""
    return imag(input) == 0 if input.meta.dtype.is_complex else Tensor.full_of(input.meta.shape, 1, dtypes.bool_)


# ------------------------------------------------------------------ from parts
def _complex_type(operands):
    return operands[0].dtype, operands[0].dtype.to_complex()


def _checked_parts(a: Meta, b: Meta) -> None:
    if a.dtype not in REAL_KINDS or b.dtype not in REAL_KINDS:
        kinds = " and ".join(errors.TYPE_TITLES[m.dtype.name] for m in (a, b))
        raise RuntimeError(f"Expected both inputs to be Half, Float or Double tensors but got {kinds}")
    if a.dtype is not b.dtype:
        first, second = (errors.TYPE_TITLES[m.dtype.name] for m in (a, b))
        raise RuntimeError(f"Expected object of scalar type {first} but got scalar type {second} for second argument")


COMPLEX = elementwise(
    "complex", "real imag", lambda k, x, y: k.complex(x, y), (lambda g: g.real, lambda g: g.imag),
    types=_complex_type, check=_checked_parts, summary="Complex numbers from their parts.",
)  # fmt: skip
POLAR = elementwise(
    "polar", "abs angle", lambda k, r, phi: k.complex(k.mul(r, k.cos(phi)), k.mul(r, k.sin(phi))),
    (lambda g, angle: (g.conj() * unit(angle)).real, lambda g, y: -(g.conj() * y).imag),
    types=_complex_type, check=_checked_parts, holomorphic=False, summary="Complex numbers from sizes and angles.",
)  # fmt: skip


def unit(angle: Tensor) -> Tensor:
    """The complex number of size 1 at an angle."""
    return complex_(angle.cos(), angle.sin())


def _made(op: Op, a, b, out) -> Tensor:
    for position, (name, x) in enumerate(zip(op.params, (a, b)), 1):
        if not isinstance(x, Tensor):
            raise TypeError(
                f"{op.name}(): argument '{name}' (position {position}) must be Tensor, not {errors.kind_of(x)}"
            )
    result = apply2(op, a, b)
    if out is not None and out.meta.dtype is not result.meta.dtype:
        want, got = (errors.TYPE_TITLES[x.meta.dtype.name] for x in (result, out))
        raise RuntimeError(f"Expected object of scalar type {want} but got scalar type {got} for argument 'out'")
    return finish(result, out)


def complex_(real: Tensor, imag: Tensor, *, out=None) -> Tensor:
    """Complex numbers from real and imaginary parts."""
    return _made(COMPLEX, real, imag, out)


@public(method=False)
def polar(abs: Tensor, angle: Tensor, *, out=None) -> Tensor:
    """Complex numbers from absolute values and angles."""
    return _made(POLAR, abs, angle, out)


# ------------------------------------------------------------------ as pairs of real numbers
VIEW_AS_REAL = view_op("view_as_real", "input", lambda g: view_as_complex(g.contiguous()))
VIEW_AS_COMPLEX = view_op("view_as_complex", "input", lambda g: as_pairs(g))


@public(method=False)
def view_as_real(input: Tensor) -> Tensor:
    """A view of complex numbers as real ones, with a last dimension for real and imaginary part."""
    if not input.meta.dtype.is_complex:
        raise RuntimeError("view_as_real is only supported for complex tensors")
    if input._conjugated:
        raise RuntimeError(
            "view_as_real doesn't work on unresolved conjugated tensors.  To resolve the conjugate tensor so you can "
            "view it as real, use self.resolve_conj(); however, be warned that the resulting tensor will NOT alias the "
            "original."
        )
    return as_pairs(input)


def as_pairs(input: Tensor) -> Tensor:
    """`view_as_real`, of conjugates as well; real tensors as they are."""
    if not input.meta.dtype.is_complex:
        return input
    return apply_view(VIEW_AS_REAL, input, view_metas.paired(input.meta))


@public(method=False)
def view_as_complex(input: Tensor) -> Tensor:
    """A view of pairs of real numbers, the last dimension, as complex ones."""
    m = input.meta
    if m.dtype not in REAL_KINDS:
        raise RuntimeError(
            "view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: "
            f"{errors.TYPE_TITLES[m.dtype.name]}"
        )
    if not m.ndim:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if m.shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    if m.strides[-1] != 1:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    if any(s % 2 for s in m.strides[:-1]):
        raise RuntimeError("Tensor must have a stride divisible by 2 for all but last dimension")
    if m.offset % 2:
        raise RuntimeError("Tensor must have a storage_offset divisible by 2")
    seen = meta(m.shape[:-1], tuple(s // 2 for s in m.strides[:-1]), m.offset // 2, m.dtype.to_complex())
    return apply_view(VIEW_AS_COMPLEX, input, seen)
