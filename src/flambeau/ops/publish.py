"""From the op table to PyTorch's names: functions, methods, in-place methods, operators, `out=`.

Elementwise ops get all their forms here; the other families define public functions in their own modules, and this one
installs them as methods.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .. import creation, devices, dtypes

from ..tensor import Tensor
from ..trace.trie import Number
from . import contraction, indexing, inplace, movement, ordering, reduction, softmax as _softmax
from . import creation as _creation
from . import elementwise as table
from .inplace import into, write
from .registry import Op, apply, apply1, apply2

FUNCTIONS: dict[str, Callable] = {}  # the public functions by name


def _named(function, name: str, doc: str):
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


def _number(value):
    """An operand: NumPy scalars count as Python numbers."""
    if isinstance(value, np.generic):
        return value.item()
    return value


# ------------------------------------------------------------------ one operand
def _publish_unary(op: Op, name: str | None = None):
    name = name or op.name

    def function(input, *, out=None):
        if not isinstance(input, Tensor):
            raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
        return apply1(op, input) if out is None else into(out, apply1(op, input))

    FUNCTIONS[name] = _named(function, name, op.summary)
    setattr(Tensor, name, _named(lambda self: apply1(op, self), name, op.summary))
    in_place = _named(lambda self: write(op, self, (self,)), name + "_", f"In-place {name}.")
    setattr(Tensor, name + "_", in_place)
    FUNCTIONS[name + "_"] = in_place


UNARY = (
    "neg abs sgn sign reciprocal square exp exp2 expm1 log log2 log10 log1p sqrt rsqrt sin cos tan asin acos atan sinh cosh tanh asinh "
    "acosh atanh erf erfc erfinv sigmoid floor ceil trunc relu logical_not bitwise_not isnan isinf isfinite"
).split()
UNARY_ALIASES = {
    "negative": "neg", "absolute": "abs", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh", "arccosh": "acosh",
    "arctanh": "atanh", "fix": "trunc",
}  # fmt: skip


# ------------------------------------------------------------------ two operands
def _binary_call(op: Op, name: str):
    """The op on two operands, one of which may be a number."""

    def call(input, other):
        if not isinstance(other, Tensor):
            other = _operand(name, other)
            if not isinstance(input, Tensor):
                return apply2(op, creation.tensor(input), other)
        elif not isinstance(input, Tensor):
            input = _number(input)
        return apply2(op, input, other)

    return call


def _operand(name: str, other):
    other = _number(other)
    if type(other) not in (bool, int, float, Number):
        raise TypeError(f"{name}(): argument 'other' (position 1) must be Tensor or Number, not {type(other).__name__}")
    return other


def _publish_binary(op: Op, name: str | None = None):
    name = name or op.name
    call = _binary_call(op, name)

    def function(input, other, *, out=None):
        return call(input, other) if out is None else into(out, call(input, other))

    FUNCTIONS[name] = _named(function, name, op.summary)
    setattr(Tensor, name, _named(lambda self, other: call(self, other), name, op.summary))
    in_place = _named(lambda self, other: write(op, self, (self, _number(other))), name + "_", f"In-place {name}.")
    setattr(Tensor, name + "_", in_place)


BINARY = (
    "mul floor_divide remainder fmod maximum minimum atan2 lt le gt ge eq ne logical_and logical_or logical_xor bitwise_and bitwise_or "
    "bitwise_xor bitwise_left_shift bitwise_right_shift pow"
).split()
BINARY_ALIASES = {
    "multiply": "mul", "less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge", "not_equal": "ne", "arctan2": "atan2",
}  # fmt: skip


def _with_alpha(op: Op, name: str):
    """add and sub: the second operand is multiplied by alpha first."""
    call = _binary_call(op, name)

    def scaled(other, alpha):
        return other if alpha == 1 else other * alpha

    def function(input, other, *, alpha=1, out=None):
        result = call(input, scaled(other, alpha))
        return result if out is None else into(out, result)

    FUNCTIONS[name] = _named(function, name, op.summary)
    setattr(Tensor, name, _named(lambda self, other, *, alpha=1: call(self, scaled(other, alpha)), name, op.summary))
    in_place = _named(lambda self, other, *, alpha=1: write(op, self, (self, scaled(_number(other), alpha))), name + "_", f"In-place {name}.")
    setattr(Tensor, name + "_", in_place)


def div(input, other, *, rounding_mode: str | None = None, out=None):
    """Quotient, element by element; rounding_mode: None (true division), "floor" or "trunc"."""
    ops = {None: table.div, "floor": table.floor_divide, "trunc": table.trunc_divide}
    if rounding_mode not in ops:
        raise RuntimeError(f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'")
    result = _binary_call(ops[rounding_mode], "div")(input, other)
    return result if out is None else into(out, result)


def div_(self, other, *, rounding_mode: str | None = None):
    """In-place div."""
    op = {None: table.div, "floor": table.floor_divide, "trunc": table.trunc_divide}[rounding_mode]
    return write(op, self, (self, _number(other)))


def _operator(op: Op, reflected: bool = False, wanted=(bool, int, float, Number)):
    """A Python operator: the short way to apply2; NotImplemented for operands it does not know."""

    def forward(self, other):
        if isinstance(other, Tensor) or type(other) in wanted:
            return apply2(op, self, other)
        if isinstance(other, np.generic):
            return apply2(op, self, other.item())
        return NotImplemented

    def backward(self, other):
        if isinstance(other, Tensor) or type(other) in wanted:
            return apply2(op, other, self)
        if isinstance(other, np.generic):
            return apply2(op, other.item(), self)
        return NotImplemented

    return backward if reflected else forward


def _in_place_operator(op: Op):
    return lambda self, other: write(op, self, (self, _number(other)))


def _install_operators():
    names = {
        "add": table.add, "sub": table.sub, "mul": table.mul, "truediv": table.div, "floordiv": table.floor_divide,
        "mod": table.remainder, "and": table.bitwise_and, "or": table.bitwise_or, "xor": table.bitwise_xor,
        "lshift": table.bitwise_left_shift, "rshift": table.bitwise_right_shift,
    }  # fmt: skip
    for name, op in names.items():
        setattr(Tensor, f"__{name}__", _operator(op))
        setattr(Tensor, f"__r{name}__", _operator(op, reflected=True))
        setattr(Tensor, f"__i{name}__", _in_place_operator(op))
    for name in ("lt", "le", "gt", "ge"):
        setattr(Tensor, f"__{name}__", _operator(getattr(table, name)))
    Tensor.__eq__ = _equality(table.eq, False)
    Tensor.__ne__ = _equality(table.ne, True)
    Tensor.__neg__ = lambda self: apply1(table.neg, self)
    Tensor.__pos__ = lambda self: self
    Tensor.__abs__ = lambda self: apply1(table.abs, self)
    Tensor.__invert__ = lambda self: apply1(table.bitwise_not, self)
    Tensor.__pow__ = lambda self, other: power(self, other)
    Tensor.__rpow__ = lambda self, other: power(other, self)
    Tensor.__ipow__ = lambda self, other: self.pow_(other)
    Tensor.__matmul__ = lambda self, other: contraction.matmul(self, other) if isinstance(other, Tensor) else NotImplemented
    Tensor.__rmatmul__ = lambda self, other: NotImplemented
    Tensor.__getitem__ = indexing.getitem
    Tensor.__setitem__ = indexing.setitem


def _equality(op: Op, unknown: bool):
    """== and !=: what is neither a tensor nor a number is left to Python's own rule."""
    operator = _operator(op)

    def compare(self, other):
        return operator(self, other)

    return compare


# ------------------------------------------------------------------ powers
_POWERS: dict[float, Op] = {}


def _constant_power(exponent: float) -> Op:
    """x ** 2, x ** 3, x ** 0.5 ...: the exponent is part of the program, so that it becomes products or a root."""
    op = _POWERS.get(exponent)
    if op is None:
        op = _POWERS[exponent] = table.elementwise(
            f"pow_{exponent:g}", "input", lambda k, x: table.power(k, x, table.ir.const(exponent, x.dtype)),
            lambda g, input: g * (power(input, exponent - 1) * exponent), grad_name="Pow", summary=f"x ** {exponent:g}.",
        )  # fmt: skip
    return op


def power(input, exponent):
    """input ** exponent, numbers or tensors."""
    exponent, input = _number(exponent), _number(input)
    if isinstance(input, Tensor) and type(exponent) in (int, float):
        floating = input.meta.dtype.is_floating_point
        if floating and exponent in (2, 3, 0.5):
            return apply1(_constant_power(float(exponent)), input)
        if exponent == 1:
            return input.clone()
        if not floating and type(exponent) is int and exponent < 0:
            raise RuntimeError("Integers to negative integer powers are not allowed.")
    if not isinstance(input, Tensor) and not isinstance(exponent, Tensor):
        return NotImplemented
    return apply2(table.pow, input, exponent)


def pow(input, exponent, *, out=None):
    """input ** exponent, element by element."""
    result = power(input, exponent)
    return result if out is None else into(out, result)


# ------------------------------------------------------------------ several operands
def where(condition, input=None, other=None, *, out=None):
    """Elements of `input` where the condition holds, else of `other`; with the condition alone, its nonzero positions."""
    if input is None and other is None:
        return indexing.nonzero(condition, as_tuple=True)
    result = apply(table.where, (condition, _number(input), _number(other)))
    return result if out is None else into(out, result)


def clamp(input, min=None, max=None, *, out=None):
    """Elements bounded from below and from above, by numbers or tensors."""
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    result = input
    if min is not None:
        result = apply2(LOWER_BOUND, result, _number(min))
    if max is not None:
        result = apply2(UPPER_BOUND, result, _number(max))
    return result if out is None else into(out, result)


# Unlike maximum and minimum, the gradient at a bound is the input's.
LOWER_BOUND = table.elementwise(
    "clamp_min", "input min", lambda k, x, low: k.maximum(x, low),
    (lambda g, input, min: g * (input >= min).to(g.dtype), lambda g, input, min: g * (input < min).to(g.dtype)),
    grad_name="Clamp", reference=np.maximum, summary="Elements bounded from below.",
)  # fmt: skip
UPPER_BOUND = table.elementwise(
    "clamp_max", "input max", lambda k, x, high: k.minimum(x, high),
    (lambda g, input, max: g * (input <= max).to(g.dtype), lambda g, input, max: g * (input > max).to(g.dtype)),
    grad_name="Clamp", reference=np.minimum, summary="Elements bounded from above.",
)  # fmt: skip


def clamp_(self, min=None, max=None):
    """In-place clamp."""
    if min is not None:
        write(LOWER_BOUND, self, (self, _number(min)))
    return self if max is None else write(UPPER_BOUND, self, (self, _number(max)))


def addcmul(input, tensor1, tensor2, *, value=1, out=None):
    """input + value * tensor1 * tensor2."""
    result = apply(table.addcmul, (input, tensor1, tensor2, _number(value)))
    return result if out is None else into(out, result)


def addcdiv(input, tensor1, tensor2, *, value=1, out=None):
    """input + value * tensor1 / tensor2."""
    result = apply(table.addcdiv, (input, tensor1, tensor2, _number(value)))
    return result if out is None else into(out, result)


def lerp(input, end, weight, *, out=None):
    """input + weight * (end - input)."""
    result = apply(table.lerp, (input, end, _number(weight)))
    return result if out is None else into(out, result)


def round(input, *, decimals: int = 0, out=None):
    """Elements rounded to whole numbers (half to even), or to `decimals` places."""
    result = apply1(table.round, input) if not decimals else apply1(table.round, input * 10.0**decimals) / 10.0**decimals
    return result if out is None else into(out, result)


def maximum(input, other, *, out=None):
    """The larger of two elements; NaN wins."""
    result = apply2(table.maximum, input, other)
    return result if out is None else into(out, result)


def minimum(input, other, *, out=None):
    """The smaller of two elements; NaN wins."""
    result = apply2(table.minimum, input, other)
    return result if out is None else into(out, result)


# ------------------------------------------------------------------ copies
def to(self, *args, **kwargs):
    """This tensor in another dtype (or on another device); itself where nothing changes."""
    kind, copy, memory_format = kwargs.get("dtype"), kwargs.get("copy", False), kwargs.get("memory_format")
    devices.require_cpu(kwargs.get("device"))
    for a in args:
        if isinstance(a, dtypes.dtype):
            kind = a
        elif isinstance(a, Tensor):
            kind = a.meta.dtype
        elif isinstance(a, bool):
            continue
        elif a is not None:
            devices.require_cpu(a)
    if kind is not None and kind is not self.meta.dtype:
        return apply(table.cast, (self,), (kind,))
    if memory_format is not None and memory_format is not devices.preserve_format:
        return self.clone(memory_format=memory_format) if copy or not self.is_contiguous(memory_format) else self
    return self.clone() if copy else self


def type_(self, dtype=None, non_blocking: bool = False):
    """The legacy type name, or this tensor in another dtype."""
    from ..errors import TYPE_NAMES

    if dtype is None:
        return f"torch.{TYPE_NAMES[self.meta.dtype.name]}"
    if isinstance(dtype, str):
        dtype = next(d for d in dtypes.ALL if f"torch.{TYPE_NAMES[d.name]}" == dtype)
    return to(self, dtype)


def clone(input, *, memory_format=None):
    """A copy, through which gradients flow. memory_format: the order of the copy in memory (kept by default)."""
    if memory_format is devices.channels_last or memory_format is devices.channels_last_3d:
        return _channels_last(input)
    return apply(table.clone, (input,), (memory_format is devices.contiguous_format,))


def _channels_last(input):
    """The copy lies in memory with the channels innermost."""
    if input.meta.ndim not in (4, 5):
        raise RuntimeError(f"required rank {4} tensor to use channels_last format")
    order = (0, *range(2, input.meta.ndim), 1)
    held = apply(table.clone, (movement.permute(input, order),), (True,))
    return movement.permute(held, [order.index(i) for i in range(input.meta.ndim)])


def equal(input, other) -> bool:
    """Whether two tensors have the same shape and elements."""
    return input.meta.shape == other.meta.shape and bool((input == other).all())


def isclose(input, other, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False):
    """Whether |input - other| <= atol + rtol * |other|, element by element."""
    close = input == other
    if equal_nan and input.meta.dtype.is_floating_point:
        close = close | (input.isnan() & other.isnan())
    x, y = (t if t.meta.dtype.is_floating_point else t.to(dtypes.float64) for t in (input, other))
    return close | (((x - y).abs() <= atol + rtol * y.abs()) & y.isfinite())


def allclose(input, other, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether all elements are close."""
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


def broadcast_tensors(*tensors):
    """Views of several tensors in their common shape."""
    from ..shapes import broadcast_shapes

    shape = broadcast_shapes(*(t.meta.shape for t in tensors))
    return tuple(movement.expand(t, shape) for t in tensors)


def size_of_broadcast(*shapes):
    """The common shape of several shapes (torch.broadcast_shapes)."""
    from ..meta import Size
    from ..shapes import broadcast_shapes

    return Size(broadcast_shapes(*((s,) if isinstance(s, int) else tuple(s) for s in shapes)))


def meshgrid(*tensors, indexing: str | None = None):
    """Coordinates over a grid, one tensor for each axis."""
    tensors = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
    sizes = [t.meta.numel for t in tensors]
    views = [t.reshape([n if i == j else 1 for j in range(len(sizes))]).expand(sizes) for i, (t, n) in enumerate(zip(tensors, sizes))]
    return tuple(v.transpose(0, 1) if indexing == "xy" and len(sizes) > 1 else v for v in views)


def _function_methods():
    """Functions that are methods as well, by module."""
    return {
        movement: "reshape permute transpose t movedim squeeze unsqueeze flatten unflatten ravel narrow select unbind split chunk diagonal "
        "as_strided flip roll expand_as broadcast_to",
        reduction: "sum prod mean var std amax amin all any argmax argmin max min logsumexp norm count_nonzero",
        contraction: "mm bmm addmm baddbmm mv dot outer matmul",
        indexing: "gather scatter scatter_add index_select index_put index_add masked_fill masked_select nonzero",
        _softmax: "softmax log_softmax",
        _creation: "tril triu",
        ordering: "cumsum cumprod sort argsort topk",
    }


def _install():
    for name in UNARY:
        _publish_unary(getattr(table, name))
    for alias, name in UNARY_ALIASES.items():
        _publish_unary(getattr(table, name), alias)
    for name in BINARY:
        _publish_binary(getattr(table, name))
    for alias, name in BINARY_ALIASES.items():
        _publish_binary(getattr(table, name), alias)
    for name, op in (("add", table.add), ("sub", table.sub), ("subtract", table.sub)):
        _with_alpha(op, name)
    _install_operators()
    _install_functions()
    _install_methods()


def _install_functions():
    for module, names in _function_methods().items():
        for name in names.split():
            FUNCTIONS[name] = getattr(module, name)
            setattr(Tensor, name, getattr(module, name))
    own = (pow, where, clamp, addcmul, addcdiv, lerp, round, clone, equal, isclose, allclose, broadcast_tensors, meshgrid, div)
    FUNCTIONS.update((f.__name__, f) for f in own)
    for f in (movement.cat, movement.stack, reduction.var_mean, reduction.std_mean):
        FUNCTIONS[f.__name__] = f
    FUNCTIONS.update(concat=movement.cat, concatenate=movement.cat, swapaxes=movement.transpose, swapdims=movement.transpose, moveaxis=movement.movedim)
    FUNCTIONS.update(broadcast_shapes=size_of_broadcast, divide=div, true_divide=div, clip=clamp, arctan2=FUNCTIONS["atan2"])
    FUNCTIONS["numel"] = lambda input: input.meta.numel
    FUNCTIONS["is_tensor"] = lambda obj: isinstance(obj, Tensor)
    FUNCTIONS["is_floating_point"] = lambda input: input.meta.dtype.is_floating_point
    FUNCTIONS["is_complex"] = lambda input: input.meta.dtype.is_complex


def _install_methods():
    T = Tensor
    methods = {
        "view": movement.view_method, "reshape": movement.reshape_method, "permute": movement.permute_method, "expand": movement.expand,
        "repeat": movement.repeat, "unfold": movement.unfold, "contiguous": movement.contiguous_method, "flip": movement.flip,
        "sum_to_size": reduction.sum_to_size, "to": to, "type": type_, "clone": clone, "pow": pow, "clamp": clamp, "clip": clamp,
        "clamp_": clamp_, "clip_": clamp_, "div": div, "divide": div, "true_divide": div, "div_": div_, "divide_": div_, "round": round,
        "equal": equal, "isclose": isclose, "allclose": allclose, "lerp": lerp, "addcmul": addcmul, "addcdiv": addcdiv,
        "swapaxes": movement.transpose, "swapdims": movement.transpose, "moveaxis": movement.movedim,
        "scatter_": indexing.scatter_, "scatter_add_": indexing.scatter_add_, "index_put_": indexing.index_put_,
        "index_add_": indexing.index_add_, "index_copy_": indexing.index_copy_, "index_fill_": indexing.index_fill_,
        "masked_fill_": indexing.masked_fill_, "copy_": inplace.copy_, "fill_": inplace.fill_, "zero_": inplace.zero_,
        "resize_": lambda self, *size: inplace.resize_(self, creation.sizes_of(size)),
        "multinomial": creation.multinomial, "bernoulli": creation.bernoulli, "positive": lambda self: self,
    }  # fmt: skip
    for name, method in methods.items():
        setattr(T, name, method)
    # x.where(condition, other), and its form in which the tensor is the condition.
    T.where = lambda self, condition, other: where(condition, self, other)
    T.where_ = lambda self, input, other: where(self, input, other)
    T.softmax, T.log_softmax = _softmax.softmax, _softmax.log_softmax
    for sampler in creation.SAMPLERS:
        setattr(T, sampler.__name__, sampler)
    for make in (creation.new_zeros, creation.new_ones, creation.new_empty, creation.new_full, creation.new_tensor):
        setattr(T, make.__name__, make)
    for name, kind in {**dtypes.ALIASES, "bool": dtypes.bool_, "byte": dtypes.uint8, "char": dtypes.int8, "bfloat16": dtypes.bfloat16}.items():
        setattr(T, name, _cast_method(kind))
    T.cpu = lambda self, memory_format=None: self
    T.cuda = lambda self, *args, **kwargs: devices.require_cpu("cuda")
    T.pin_memory = T.share_memory_ = lambda self, *args: self
    T.is_pinned = T.is_shared = lambda self: False
    T.view_as = lambda self, other: movement.view(self, other.meta.shape)
    T.reshape_as = lambda self, other: movement.reshape(self, other.meta.shape)
    T.type_as = lambda self, other: to(self, other.meta.dtype)
    T.T, T.mT, T.H = property(movement.numpy_T), property(movement.mT), property(movement.mT)
    T.real = property(lambda self: self)
    _install_in_place()


def _cast_method(kind):
    return lambda self, memory_format=None: to(self, kind)


def _install_in_place():
    T = Tensor
    T.pow_ = lambda self, exponent: write(table.pow, self, (self, _number(exponent)))
    T.lerp_ = lambda self, end, weight: write(table.lerp, self, (self, end, _number(weight)))
    T.addcmul_ = lambda self, a, b, *, value=1: write(table.addcmul, self, (self, a, b, _number(value)))
    T.addcdiv_ = lambda self, a, b, *, value=1: write(table.addcdiv, self, (self, a, b, _number(value)))
    T.round_ = lambda self, *, decimals=0: inplace.copy_(self, round(self, decimals=decimals))
    T.addmm_ = lambda self, a, b, *, beta=1, alpha=1: inplace.copy_(self, contraction.addmm(self, a, b, beta=beta, alpha=alpha))
    for name in ("squeeze", "unsqueeze", "transpose", "t"):
        setattr(T, name + "_", _view_in_place(getattr(movement, name)))


def _view_in_place(function):
    """x.t_() and the like: the tensor itself takes the view's shape."""

    def method(self, *args):
        seen = function(self, *args)
        self.meta, self.epoch = seen.meta, -1
        self.grad_fn, self._requires_grad = seen.grad_fn, seen._requires_grad
        return self

    return method


_install()

