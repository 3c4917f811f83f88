"""Elementwise ops: a scalar body each, the rule for its dtype, its gradients."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .. import dtypes, errors, ir, shapes, strides
from ..dtypes import FLOAT, INTEGER, bool_
from ..errors import SCALAR_NAMES, TYPE_TITLES
from ..meta import Meta, meta
from ..trace.trie import Number
from .registry import Op, promoted, scalar_dtype


# ------------------------------------------------------------------ dtype rules: operands -> (compute type, result
# type)
def same(operands):
    d = promoted(operands)
    return d, d


def floating(operands):
    d = promoted(operands)
    d = d if d.category >= FLOAT else dtypes.get_default_dtype()
    return d, d


def whole(operands):
    """Truth values count as whole numbers."""
    d = promoted(operands)
    d = dtypes.int64 if d is bool_ else d
    return d, d


def size(operands):
    """The type of absolute values."""
    d = promoted(operands)
    return d, d.to_real()


def compared(operands):
    return promoted(operands), bool_


def logical(operands):
    return bool_, bool_


def first(operands):
    """The type of the first operand."""
    d = operands[0].dtype
    return d, d


class Handler:
    """The handler with which a scalar body becomes IR: k.exp(x) is a map node."""

    where = staticmethod(ir.where)

    def __getattr__(self, fn):
        name = fn.rstrip("_")  # Python's own words: k.and_
        method = self.__dict__[fn] = lambda *args: ir.map_(name, *args)
        return method


K = Handler()


def broadcast_meta(operands, result: dtypes.dtype) -> Meta:
    """The result of an elementwise op: broadcast shape, memory order of the operands."""
    tensors = [o for o in operands if isinstance(o, Meta)]
    one = tensors[0]
    if len(tensors) == 1 and one.contiguous:
        return one.cast(result) if one.offset == 0 else meta(one.shape, one.strides, 0, result)
    shape = shapes.broadcast_shapes(*(t.shape for t in tensors))
    walk = strides.elementwise_strides(shape, [(t.shape, t.strides) for t in tensors])
    return meta(shape, walk, 0, result)


def _check_relu(input):
    if input.dtype is bool_:
        raise RuntimeError("Boolean inputs not supported for relu")


def _check_lerp(input, end, weight):
    """Raises where the operands' types differ; a weight without dimensions may be of any."""
    for name, other in (("end", end), ("weight", weight)):
        if isinstance(other, Meta) and other.dtype is not input.dtype and (name == "end" or other.ndim):
            want, got = (SCALAR_NAMES[m.dtype.name] for m in (input, other))
            raise RuntimeError(f"expected dtype {want} for `{name}` but got dtype {got}")
    if not input.dtype.is_inexact:
        kind = "tensor" if isinstance(weight, Meta) and weight.ndim else "scalar"
        raise NotImplementedError(f"\"lerp_kernel_{kind}\" not implemented for '{TYPE_TITLES[input.dtype.name]}'")


def elementwise(
    name: str, params: str, body: Callable, grads=(), *, types: Callable = same, check: Callable | None = None,
    reference: Callable | None = None, domain=None, summary: str = "", grad_name: str | Callable | None = None,
    holomorphic: bool = True, watched: Callable | None = None,
) -> Op:  # fmt: skip
    """Declares an elementwise op.

    body(k, *operands) is written against a handler; types gives the compute and the result dtype; check(*operands)
    raises for operands that PyTorch refuses. Operands are Metas, or the types of Python numbers.
    watched(operands, metas, result) gives nodes for the operands that refuse values at run time.
    """

    def infer(*operands):
        if check:
            check(*operands)
        return broadcast_meta(operands, types(operands)[1])

    def lower(*nodes, out, metas):
        (result,) = out
        compute = types([_operand(n, result) for n in nodes])[0]
        compute = dtypes.float32 if compute.is_floating_point and compute.itemsize < 4 else compute
        operands = [n.cast(compute) for n in nodes]
        operands = operands if watched is None else watched(operands, metas, result)
        return ir.broadcast(body(K, *operands).cast(result.dtype), result.shape)

    op = Op(
        name, params, infer, lower, grads, reference=reference, domain=domain, summary=summary, grad_name=grad_name,
        holomorphic=holomorphic,
    )  # fmt: skip
    op.pointwise = True
    return op


def _operand(node: ir.Node, result: Meta):
    """What `infer` saw of an operand: Python numbers arrive as scalar nodes of their kind."""
    if node.kind == "scalar":
        return {dtypes.COMPLEX: complex, dtypes.FLOAT: float, INTEGER: int}.get(node.dtype.category, bool)
    return meta(node.shape, ir.contiguous_strides(node.shape), 0, node.dtype)


# ------------------------------------------------------------------ checks
def no_bool_minus(a, b):
    if all((o.dtype if isinstance(o, Meta) else scalar_dtype(o)) is bool_ for o in (a, b)):
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
            "operator instead."
        )
    if any((o.dtype if isinstance(o, Meta) else scalar_dtype(o)) is bool_ for o in (a, b)):
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a "
            "mask, use the "
            "`~` or `logical_not()` operator instead."
        )


def no_bool_negation(x):
    if x.dtype is bool_:
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use "
            "the `~` or "
            "`logical_not()` operator instead."
        )


def integral(*operands):
    for o in operands:
        d = o.dtype if isinstance(o, Meta) else scalar_dtype(o)
        if d.category > INTEGER:
            raise NotImplementedError(f"\"bitwise_and_cpu\" not implemented for '{errors.TYPE_TITLES[d.name]}'")


# ------------------------------------------------------------------ arithmetic
add = elementwise(
    "add", "input other", lambda k, x, y: k.or_(x, y) if x.dtype is bool_ else k.add(x, y), (lambda g: g, lambda g: g),
    reference=np.add, summary="Sum of two tensors, element by element.",
)  # fmt: skip
sub = elementwise(
    "sub", "input other", lambda k, x, y: k.sub(x, y), (lambda g: g, lambda g: -g),
    check=no_bool_minus, grad_name=lambda args, _: "SubBackward0" if isinstance(args[0], Meta) else "RsubBackward1",
    reference=np.subtract, summary="Difference of two tensors, element by element.",
)  # fmt: skip
mul = elementwise(
    "mul", "input other", lambda k, x, y: k.and_(x, y) if x.dtype is bool_ else k.mul(x, y),
    (lambda g, other: g * other, lambda g, input: g * input),
    reference=np.multiply, summary="Product of two tensors, element by element.",
)  # fmt: skip
div = elementwise(
    "div", "input other", lambda k, x, y: k.div(x, y),
    (lambda g, other: g / other, lambda g, input, other: -g * ((input / other) / other)),
    types=floating, grad_name=lambda args, _: "DivBackward0" if isinstance(args[0], Meta) else "MulBackward0",
    reference=np.true_divide, summary="True quotient of two tensors, element by element.",
)  # fmt: skip


def _pow_name(args, _) -> str:
    """Tensor to number, tensor to tensor, number to tensor."""
    return "PowBackward0" if isinstance(args[1], type) else f"PowBackward{1 + isinstance(args[0], type)}"


pow = elementwise(
    "pow", "input exponent", lambda k, x, y: power(k, x, y),
    (lambda g, input, exponent: g * pow_slope(input, exponent), lambda g, input, y: g * y_log(input, y)),
    grad_name=_pow_name, reference=np.power, domain=(0.1, 4.0), summary="Power of each element.",
)  # fmt: skip
# d(x^e)/dx, with PyTorch's value 0 where e is 0 (also at x = 0, where x^(e-1) is not finite).
pow_grad = elementwise(
    "pow_grad", "input exponent",
    lambda k, x, e: k.where(k.eq(e, 0), ir.const(0, x.dtype), k.mul(e, power(k, x, k.sub(e, 1)))),
    (
        lambda g, input, exponent: g * (exponent * pow_slope(input, sub_op(exponent, 1))),
        lambda g, input, exponent: g * (input.pow(sub_op(exponent, 1)) * (1 + (input.log() * exponent))),
    ),
    domain=(0.1, 4.0), summary="Derivative of the power with respect to its base.",
)  # fmt: skip
# d(x^e)/de: 0 where x is 0 and e is not negative, as in PyTorch.
pow_exponent_grad = elementwise(
    "pow_exponent_grad", "input y", lambda k, x, y: k.where(k.eq(x, 0), ir.const(0, x.dtype), k.mul(y, k.log(x))),
    (lambda g, input, y: g * y / input, lambda g, input: y_log(input, g)),
    domain=(0.1, 4.0), summary="Derivative of the power with respect to its exponent.",
)  # fmt: skip
neg = elementwise(
    "neg", "input", lambda k, x: k.neg(x), lambda g: -g,
    check=no_bool_negation, reference=np.negative, summary="Negative of each element.",
)  # fmt: skip
abs = elementwise(
    "abs", "input", lambda k, x: k.abs(x), lambda g, input: g * input.sgn(),
    types=size, reference=np.abs, summary="Absolute value of each element.",
)  # fmt: skip
sgn = elementwise(
    "sgn", "input", lambda k, x: direction(k, x) if x.dtype.is_complex else k.sign(x),
    lambda g, input, y: sgn_grad(g, input, y),
    holomorphic=False, reference=np.sign, summary="Sign of each element; of a complex one z / |z|.",
)  # fmt: skip
sign = elementwise(
    "sign", "input", lambda k, x: k.sign(x), lambda g: g * 0, reference=np.sign, summary="Sign of each element."
)  # fmt: skip
reciprocal = elementwise(
    "reciprocal", "input", lambda k, x: k.reciprocal(x), lambda g, y: -g * y * y,
    types=floating, reference=np.reciprocal, domain=(0.2, 3.0), summary="1 divided by each element.",
)  # fmt: skip
square = elementwise(
    "square", "input", lambda k, x: k.mul(x, x), lambda g, input: g * (input * 2),
    types=whole, reference=np.square, grad_name="Pow", summary="Square of each element.",
)  # fmt: skip
maximum = elementwise(
    "maximum", "input other", lambda k, x, y: k.maximum(x, y),
    (
        lambda g, input, other: g * share(input, other, input < other),
        lambda g, input, other: g * share(input, other, input > other),
    ),
    reference=np.maximum, summary="The larger of two elements; NaN wins.",
)  # fmt: skip
minimum = elementwise(
    "minimum", "input other", lambda k, x, y: k.minimum(x, y),
    (
        lambda g, input, other: g * share(input, other, input > other),
        lambda g, input, other: g * share(input, other, input < other),
    ),
    reference=np.minimum, summary="The smaller of two elements; NaN wins.",
)  # fmt: skip
lerp = elementwise(
    "lerp", "input end weight", lambda k, x, y, w: blend(k, x, y, w),
    (lambda g, weight: g - g * weight, lambda g, weight: g * weight, lambda g, input, end: g * (end - input)),
    check=_check_lerp, reference=lambda x, y, w: x + w * (y - x),
    summary="Linear interpolation input + weight * (end - input).",
)  # fmt: skip
# The products of addcmul and addcdiv are rounded in PyTorch's order: value times the first factor, then the second.
addcmul = elementwise(
    "addcmul", "input tensor1 tensor2 value", lambda k, x, a, b, v: product_plus(k, k.mul(v, a), b, x),
    (lambda g: g, lambda g, tensor2, value: g * (tensor2 * value), lambda g, tensor1, value: g * (tensor1 * value)),
    reference=lambda x, a, b, v: x + v * a * b, summary="input + value * tensor1 * tensor2.",
)  # fmt: skip
addcdiv = elementwise(
    "addcdiv", "input tensor1 tensor2 value", lambda k, x, a, b, v: k.add(x, k.div(k.mul(v, a), b)),
    (
        lambda g: g, lambda g, tensor2, value: g * (value / tensor2),
        lambda g, tensor1, tensor2, value: -g * (tensor1 * value) / (tensor2 * tensor2),
    ),
    types=floating, reference=lambda x, a, b, v: x + v * a / b, summary="input + value * tensor1 / tensor2.",
)  # fmt: skip


# add and sub with alpha.
add_scaled = elementwise(
    "add_scaled", "input other alpha", lambda k, x, y, a: product_plus(k, y, a, x),
    (lambda g: g, lambda g, alpha: g * alpha),
    reference=lambda x, y, a: x + y * a, grad_name="Add", summary="input + alpha * other.",
)  # fmt: skip
sub_scaled = elementwise(
    "sub_scaled", "input other alpha", lambda k, x, y, a: product_plus(k, y, k.neg(a), x),
    (lambda g: g, lambda g, alpha: -g * alpha),
    reference=lambda x, y, a: x - y * a, grad_name="Sub", summary="input - alpha * other.",
)  # fmt: skip


def product_plus(k, a, b, c):
    """a * b + c, rounded once where the numbers are real, as PyTorch's kernels do."""
    return k.fma(a, b, c) if c.dtype.is_floating_point else k.add(c, k.mul(a, b))


def direction(k, z):
    """z / |z|, 0 where z is 0."""
    length = k.abs(z)
    nothing = k.eq(length, 0)
    return k.where(
        nothing, ir.const(0, z.dtype), k.div(z, k.where(nothing, ir.const(1, length.dtype), length).cast(z.dtype))
    )


def sgn_grad(g, input, y):
    """What of the gradient stands across the direction of z, divided by |z|; zero for real numbers."""
    if not y.meta.dtype.is_complex:
        return g * 0
    length = input.abs()
    across = (g - (g * y.conj()).real * y) / length
    return across.masked_fill(length == 0, 0)


def power(k, x, e):
    """x ** e; small whole exponents known at compile time are products."""
    if e.kind == "view" and e.args[0].kind == "const":
        e = e.args[0]
    if e.kind == "const" and x.dtype.is_floating_point:
        if e.attrs["value"] == 2:
            return k.mul(x, x)
        if e.attrs["value"] == 3:
            return k.mul(k.mul(x, x), x)
        if e.attrs["value"] == 0.5:
            return k.sqrt(x)
    return k.pow(x, e)


def blend(k, x, y, w):
    """PyTorch's lerp: from the nearer end, so that weight 1 gives `end` exactly."""
    near = product_plus(k, w, k.sub(y, x), x)
    far = product_plus(k, k.sub(w, ir.const(1, x.dtype)), k.sub(y, x), y)
    return k.where(k.lt(k.abs(w), 0.5), near, far)


# Formulas that Python's operators cannot say, because an operand may be a plain or a recorded number.
def pow_slope(x, e):
    from .registry import apply2

    return apply2(pow_grad, x, e)


def y_log(x, y):
    from .registry import apply2

    return apply2(pow_exponent_grad, x, y)


def sub_op(x, y):
    from ..tensor import Tensor
    from .registry import apply2

    if isinstance(x, Number):
        x = Tensor.full_of((), x, dtypes.complex128 if x.kind is complex else dtypes.float64)
    return apply2(sub, x, y) if isinstance(x, Tensor) else x - y


def share(x, y, lost):
    """0 where an operand lost, 1/2 where both are equal, else 1: where one is NaN both count as it."""
    return lost.logical_not().to(x.dtype) - (x == y).to(x.dtype) * 0.5


# ------------------------------------------------------------------ functions of one element
def _unary(name, grad, reference, domain=None, summary="", types=floating, body=None):
    return elementwise(
        name, "input", body or (lambda k, x: getattr(k, name)(x)), grad,
        types=types, reference=reference, domain=domain, summary=summary or f"{name} of each element.",
    )  # fmt: skip


exp = _unary("exp", lambda g, y: g * y, np.exp)
exp2 = _unary("exp2", lambda g, y: g * (y * math.log(2)), np.exp2)
expm1 = _unary("expm1", lambda g, y: g * (y + 1), np.expm1)
log = _unary("log", lambda g, input: g / input, np.log, (0.1, 5.0))
log2 = _unary("log2", lambda g, input: g / (input * math.log(2)), np.log2, (0.1, 5.0))
log10 = _unary("log10", lambda g, input: g / (input * math.log(10)), np.log10, (0.1, 5.0))
log1p = _unary("log1p", lambda g, input: g / (input + 1), np.log1p, (-0.5, 5.0))
sqrt = _unary("sqrt", lambda g, y: g / (y * 2), np.sqrt, (0.1, 5.0))
rsqrt = _unary("rsqrt", lambda g, y: g * (y * y * y) * -0.5, lambda x: 1 / np.sqrt(x), (0.1, 5.0))
sin = _unary("sin", lambda g, input: g * input.cos(), np.sin)
cos = _unary("cos", lambda g, input: g * -input.sin(), np.cos)
tan = _unary("tan", lambda g, y: g * (y * y + 1), np.tan, (-1.2, 1.2))
asin = _unary("asin", lambda g, input: g * (1 - input * input).rsqrt(), np.arcsin, (-0.9, 0.9))
acos = _unary("acos", lambda g, input: g * -(1 - input * input).rsqrt(), np.arccos, (-0.9, 0.9))
atan = _unary("atan", lambda g, input: g / (input * input + 1), np.arctan)
sinh = _unary("sinh", lambda g, input: g * input.cosh(), np.sinh)
cosh = _unary("cosh", lambda g, input: g * input.sinh(), np.cosh)
tanh = _unary("tanh", lambda g, y: g * (1 - y * y), np.tanh)
asinh = _unary("asinh", lambda g, input: g * (input * input + 1).rsqrt(), np.arcsinh)
acosh = _unary("acosh", lambda g, input: g * (input * input - 1).rsqrt(), np.arccosh, (1.2, 5.0))
atanh = _unary("atanh", lambda g, input: g / (1 - input * input), np.arctanh, (-0.9, 0.9))
erf = _unary(
    "erf", lambda g, input: g * ((-(input * input)).exp() * (2 / math.sqrt(math.pi))), np.vectorize(math.erf, [float])
)
erfc = _unary(
    "erfc",
    lambda g, input: g * ((-(input * input)).exp() * (-2 / math.sqrt(math.pi))),
    np.vectorize(math.erfc, [float]),
)
erfinv = _unary("erfinv", lambda g, y: g * ((y * y).exp() * (math.sqrt(math.pi) / 2)), None, (-0.9, 0.9))
sigmoid = _unary("sigmoid", lambda g, y: g * ((1 - y) * y), lambda x: 1 / (1 + np.exp(-x)))
# Rounding keeps integers as they are.
floor = _unary(
    "floor", lambda g: g * 0, np.floor, types=same, body=lambda k, x: k.floor(x) if x.dtype.is_floating_point else x
)
ceil = _unary(
    "ceil", lambda g: g * 0, np.ceil, types=same, body=lambda k, x: k.ceil(x) if x.dtype.is_floating_point else x
)
round = _unary(
    "round", lambda g: g * 0, np.round, types=same, body=lambda k, x: k.round(x) if x.dtype.is_floating_point else x
)
trunc = _unary(
    "trunc", lambda g: g * 0, np.trunc, types=same, body=lambda k, x: k.trunc(x) if x.dtype.is_floating_point else x
)
atan2 = elementwise(
    "atan2", "input other", lambda k, x, y: k.atan2(x, y),
    (
        lambda g, input, other: g * (other / (input * input + other * other)),
        lambda g, input, other: g * -(input / (input * input + other * other)),
    ),
    types=floating, reference=np.arctan2, summary="Angle of the point (other, input).",
)  # fmt: skip

# ------------------------------------------------------------------ activations
relu = elementwise(
    "relu", "input", lambda k, x: k.maximum(x, 0), lambda g, y: threshold_backward(g, y), check=_check_relu,
    reference=lambda x: np.maximum(x, 0), summary="max(x, 0).",
)  # fmt: skip
relu_backward = elementwise(
    "threshold_backward", "grad result", lambda k, g, y: k.where(k.gt(y, 0), g, ir.const(0, g.dtype)),
    (lambda g, result: threshold_backward(g, result),),
    summary="Gradient of relu: passes where the result is positive.",
)  # fmt: skip


def threshold_backward(g, y):
    from .registry import apply2

    return apply2(relu_backward, g, y)


cast = Op(
    "_to_copy", "input dtype",
    lambda input, dtype: broadcast_meta((input,), dtype),
    lambda input, dtype: input.cast(dtype),
    lambda g: g, grad_name="ToCopy", summary="The same numbers in another dtype.",
)  # fmt: skip
clone = Op(
    "clone", "input contiguous",
    lambda input, contiguous: broadcast_meta((input,), input.dtype) if not contiguous else contiguous_of(input),
    lambda input, contiguous: input,
    lambda g: g, summary="A copy in memory of its own.",
)  # fmt: skip


def contiguous_of(m: Meta) -> Meta:
    return meta(m.shape, ir.contiguous_strides(m.shape), 0, m.dtype)


# The value of `copy_`: what is written is the source; the target only gives the shape.
copy = Op(
    "copy", "input src",
    lambda input, src: contiguous_of(input) if not isinstance(src, Meta) else broadcast_meta((input, src), input.dtype),
    lambda input, src, out: ir.broadcast(src.cast(out[0].dtype), out[0].shape),
    (lambda g: g * 0, lambda g: g), grad_name="CopyBackwards", summary="The source, broadcast and cast to the target.",
)  # fmt: skip
