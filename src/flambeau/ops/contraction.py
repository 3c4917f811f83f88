"""Products of matrices: mm, bmm, matmul, linear and what is written in terms of them."""

from __future__ import annotations

import math

import numpy as np

from .. import errors, ir, shapes
from ..autograd.modes import no_autocast
from ..dtypes import bool_, float32, int64
from ..meta import Meta, contiguous
from ..tensor import Tensor
from .outputs import EXACT, RESULT
from .public import finish
from .registry import Op, apply, cast_for, promoted
from .signatures import Scalar
from .vector_products import product
from .views import expand, reshape


def _same_dtype(name: str, *operands: Meta):
    first = operands[0].dtype
    for other in operands[1:]:
        if other.dtype is not first:
            raise RuntimeError(_different_types(name, first, other.dtype))


def _no_truth(kernel: str, a: Meta):
    if a.dtype is bool_ and a.numel:
        raise errors.no_kernel(kernel, a.dtype)


def _different_types(name: str, a, b) -> str:
    if name == "mm":
        return f"expected m1 and m2 to have the same dtype, but got: {_scalar(a)} != {_scalar(b)}"
    return f"expected scalar type {_title(a)} but found {_title(b)}"


def _scalar(d) -> str:
    return errors.SCALAR_NAMES[d.name]


def _title(d) -> str:
    return errors.TYPE_TITLES[d.name]


def _mm_infer(a, b):
    shape = shapes.mm_shape(a.shape, b.shape)
    _same_dtype("mm", a, b)
    _no_truth("addmm_impl_cpu_", a)
    return contiguous(shape, a.dtype)


MM = Op(
    "mm",
    "input mat2",
    _mm_infer,
    lambda a, b, metas: product(a, b, [m.strides for m in metas]),
    (lambda g, mat2: mm(g, mat2.t()), lambda g, input: mm(input.t(), g)),
    reference=np.matmul,
    summary="Product of two matrices.",
    autocast="lower",
)


def _bmm_infer(a, b):
    shape = shapes.bmm_shape(a.shape, b.shape)
    _same_dtype("bmm", a, b)
    _no_truth("bmm", a)
    return contiguous(shape, a.dtype)


BMM = Op(
    "bmm",
    "input mat2",
    _bmm_infer,
    lambda a, b: ir.matmul(a, b),
    (lambda g, mat2: bmm(g, mat2.transpose(1, 2)), lambda g, input: bmm(input.transpose(1, 2), g)),
    reference=np.matmul,
    summary="Product of a batch of matrices.",
    autocast="lower",
)


def _addmm_infer(input, a, b, beta, alpha):
    shape = shapes.mm_shape(a.shape, b.shape)
    _same_dtype("mm", a, b)
    shapes.check_bias(input.shape, shape)
    if input.dtype is not a.dtype:
        raise RuntimeError(
            f"self and mat2 must have the same dtype, but got {errors.TYPE_TITLES[input.dtype.name]} and "
            f"{errors.TYPE_TITLES[b.dtype.name]}"
        )
    _no_truth("addmm_impl_cpu_", a)
    return contiguous(shape, a.dtype)


def _addmm_lower(input, a, b, beta, alpha, out, metas):
    wide = ir.wide_type(a.dtype)  # so that halves are rounded once
    value = product(a, b, [m.strides for m in metas[1:3]], wide)
    value = value * alpha.cast(wide) if alpha is not None else value
    input = input.cast(wide) if beta is None else ir.broadcast(input.cast(wide) * beta.cast(wide), out[0].shape)
    return (value + input).cast(a.dtype)


# beta and alpha are None where they are 1, so that the common case has no multiplication.
ADDMM = Op(
    "addmm",
    "input mat1 mat2 beta alpha",
    _addmm_infer,
    _addmm_lower,
    (
        lambda g, beta: g if beta is None else g * beta,
        lambda g, mat2, alpha: mm(g if alpha is None else g * alpha, mat2.t()),
        lambda g, mat1, alpha: mm(mat1.t(), g if alpha is None else g * alpha),
    ),
    summary="beta * input + alpha * (mat1 @ mat2).",
    autocast="lower",
)


def _linear_infer(input, weight, bias):
    shape = shapes.linear_shape(input.shape, weight.shape, None if bias is None else bias.shape)
    for other in (weight, bias):
        if other is not None and other.dtype is not input.dtype:
            raise RuntimeError(
                f"mat1 and mat2 must have the same dtype, but got {errors.TYPE_TITLES[input.dtype.name]} and "
                f"{errors.TYPE_TITLES[other.dtype.name]}"
            )
    _no_truth("addmm_impl_cpu_", input)
    return contiguous(shape, promoted([input]))


def _linear_lower(input, weight, bias, out, metas):
    (result,) = out
    flat = input.reshape((_rows(input.shape), input.shape[-1]))
    matrix = weight if len(weight.shape) == 2 else weight.reshape((1, weight.shape[0]))
    rows = ir.contiguous_strides(flat.shape) if metas[0].contiguous else (0, 0)
    wide = input.dtype if bias is None else ir.wide_type(input.dtype)  # so that halves are rounded once
    value = product(flat, matrix.permute((1, 0)), (rows, metas[1].strides[::-1]), wide)
    value = value if bias is None else (value + bias.cast(wide)).cast(input.dtype)
    return value.reshape(result.shape)


def _rows(shape) -> int:
    return math.prod(shape[:-1])


def _as_rows(x: Tensor) -> Tensor:
    return reshape(x, (_rows(x.meta.shape), x.meta.shape[-1])) if x.meta.ndim != 2 else x


def linear_input_grad(g, weight, meta):
    if weight.meta.ndim == 1:
        return g.unsqueeze(-1) * weight
    return reshape(mm(_as_rows(g), weight), meta.shape)


def linear_weight_grad(g, input, meta):
    if meta.ndim == 1:
        return (g.unsqueeze(-1) * input).sum_to_size(meta.shape)
    return mm(_as_rows(g).t(), _as_rows(input))


def _linear_name(args, _) -> str:
    """That of the last of the functions of which PyTorch composes it."""
    input, _, bias = args
    if input.ndim == 2:
        return "MmBackward0" if bias is None else "AddmmBackward0"
    return "ViewBackward0" if bias is not None else "UnsafeViewBackward0" if input.ndim > 1 else "SqueezeBackward4"


LINEAR = Op(
    "linear",
    "input weight bias",
    _linear_infer,
    _linear_lower,
    (
        lambda g, weight, meta: linear_input_grad(g, weight, meta),
        lambda g, input, meta: linear_weight_grad(g, input, meta),
        lambda g: g,
    ),
    grad_name=_linear_name,
    summary="input @ weight.T + bias.",
    autocast="lower",
)


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None, *, out=None) -> Tensor:
    """input @ weight.T + bias; input (..., in), weight (out, in), bias (out,)."""
    result = apply(LINEAR, (input, weight, bias))
    return result if out is None else finish(result, out, exact=EXACT)


def mm(input: Tensor, mat2: Tensor, *, out=None) -> Tensor:
    """The product of two matrices, (m, k) @ (k, n)."""
    return finish(apply(MM, (input, mat2)), out, exact=EXACT)


def bmm(input: Tensor, mat2: Tensor, *, out=None) -> Tensor:
    """The products of a batch of matrices, (b, m, k) @ (b, k, n)."""
    return finish(apply(BMM, (input, mat2)), out, exact=EXACT)


def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Scalar = 1, alpha: Scalar = 1, out=None) -> Tensor:
    """beta * input + alpha * (mat1 @ mat2)."""
    result = apply(ADDMM, (input, mat1, mat2, None if beta == 1 else beta, None if alpha == 1 else alpha))
    return finish(result, out, input, exact=EXACT)


def combined(input: Tensor, product: Tensor, beta, alpha) -> Tensor:
    """beta * input + alpha * product; input counts nothing where beta is 0."""
    if not product.meta.dtype.is_inexact:
        beta, alpha = int(beta), int(alpha)
    product = product if alpha == 1 else product * alpha
    shapes.check_bias(input.meta.shape, product.meta.shape)
    return product if beta == 0 else ((input if beta == 1 else input * beta) + product).contiguous()


def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Scalar = 1, alpha: Scalar = 1, out=None) -> Tensor:
    """beta * input + alpha * (batch1 @ batch2)."""
    input, batch1, batch2 = (cast_for(BMM, x) for x in (input, batch1, batch2))
    if not input.meta.dtype is batch1.meta.dtype is batch2.meta.dtype:
        names = [errors.SCALAR_NAMES[x.meta.dtype.name] for x in (input, batch1, batch2)]
        raise RuntimeError("Input dtypes must be the same, got: input {}, batch1: {}, batch2: {}".format(*names))
    kind = batch1.meta.dtype
    wide = [x.to(ir.wide_type(kind)) for x in (input, batch1, batch2)]  # so that halves are rounded once
    with no_autocast():
        found = combined(wide[0], bmm(*wide[1:]), beta, alpha).to(kind)
    return finish(found, out, input, exact=EXACT)


def mv(input: Tensor, vec: Tensor, *, out=None) -> Tensor:
    """A matrix times a vector."""
    shapes.mv_shape(input.meta.shape, vec.meta.shape)
    text = "addmv input tensors must have the same dtype, but got {Got}, {Want}, and {Want}"
    return finish(mm(input, vec.unsqueeze(1)).squeeze(1), out, exact=text)


def _dot_infer(input, tensor):
    if input.dtype is not tensor.dtype:
        a, b = (errors.TYPE_TITLES[x.dtype.name] for x in (input, tensor))
        raise RuntimeError(f"dot : expected both vectors to have same dtype, but found {a} and {b}")
    shape = shapes.dot_shape(input.shape, tensor.shape)
    _no_truth("dot", input)
    return contiguous(shape, input.dtype)


def _dot_lower(input, tensor):
    of = input.dtype
    wide = input.cast(int64) * tensor.cast(int64) if not (of.is_floating_point or of.is_complex) else input * tensor
    return ir.reduce("dot" if of is float32 else "sum", wide, (0,)).reshape(()).cast(of)


DOT = Op(
    "dot",
    "input tensor",
    _dot_infer,
    _dot_lower,
    (lambda g, tensor: g * tensor, lambda g, input: g * input),
    reference=np.dot,
    summary="The inner product of two vectors.",
)


def dot(input: Tensor, tensor: Tensor, *, out=None) -> Tensor:
    """The inner product of two vectors."""
    return finish(apply(DOT, (input, tensor)), out, exact=RESULT)


def outer(input: Tensor, vec2: Tensor, *, out=None) -> Tensor:
    """All products of the elements of two vectors."""
    for name, x in (("self", input), ("vec2", vec2)):
        if x.meta.ndim != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {x.meta.ndim}-D")
    return finish(input.unsqueeze(1) * vec2, out, input, vec2, apart=True)


def matmul(input: Tensor, other: Tensor, *, out=None) -> Tensor:
    """The product of vectors, matrices or batches of matrices (broadcast).

    Raises RuntimeError where the inner sizes differ.
    """
    return finish(_matmul(input, other), out, exact=EXACT if input.meta.ndim + other.meta.ndim > 2 else RESULT)


def _matmul(a: Tensor, b: Tensor) -> Tensor:
    if a.meta.ndim == 2 and b.meta.ndim == 2:
        return apply(MM, (a, b))
    shape = shapes.matmul_shape(a.meta.shape, b.meta.shape)
    if a.meta.ndim == 1 and b.meta.ndim == 1:
        return dot(a, b)
    if b.meta.ndim == 1:
        return reshape(mm(_as_rows(a), b.unsqueeze(1)), shape)
    if b.meta.ndim == 2:
        return reshape(mm(_as_rows(a), b), shape)
    return _batched(a.unsqueeze(0) if a.meta.ndim == 1 else a, b, shape)


def _batched(a: Tensor, b: Tensor, shape) -> Tensor:
    batch = shapes.broadcast_shapes(a.meta.shape[:-2], b.meta.shape[:-2])
    a3, b3 = (reshape(expand(x, (*batch, *x.meta.shape[-2:])), (math.prod(batch), *x.meta.shape[-2:])) for x in (a, b))
    return reshape(bmm(a3, b3), shape)
