"""From the op table to PyTorch's names: functions, methods, in-place methods, operators, `out=`.

Elementwise ops get all their forms here; other functions say themselves, with `@public`, what they are published as, or
are listed here by module.
"""

from __future__ import annotations

from .. import creation, devices, dtypes, sampling
from ..errors import kind_of
from ..tensor import Tensor
from ..trace.trie import Number
from . import (
    arithmetic,
    assembling,
    comparison,
    complex_numbers,
    contraction,
    copies,
    dropout,
    extremes,
    gathering,
    indexing,
    inplace,
    layouts,
    masks,
    memory,
    movement,
    norms,
    ordering,
    products,
    quotients,
    reduction,
    rrelu,
    scattering,
    selection,
    slices,
    softmax,
    special_functions,
    statistics,
    transposes,
    views,
)
from . import creation as _creation
from . import elementwise as table
from .arithmetic import CHECKS, binary_call, check_factor, number, raised
from .inplace import write
from .outputs import FOUND
from .public import FUNCTIONS, at_home, finish, in_place_form, with_numpy_names
from .registry import OPS, Op, apply, apply1

__all__ = ["FUNCTIONS", "assembling", "dropout", "products", "rrelu", "scattering", "selection", "statistics"]


def _named(function, name: str, doc: str):
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


# ------------------------------------------------------------------ one operand
def publish_unary(op: Op, name: str | None = None):
    """Publishes an op as function, method and in-place method."""
    name, exact = name or op.name, EXACT_OUT.get(op.name, "")

    def function(input, *, out=None):
        return finish(asked(input), out, input, exact=exact)

    def asked(input):
        if not isinstance(input, Tensor):
            raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {kind_of(input)}")
        return apply1(op, input)

    FUNCTIONS[name] = _named(function if op.name not in WITHOUT_OUT else asked, name, op.summary)
    setattr(Tensor, name, _named(lambda self: apply1(op, self), name, op.summary))
    if op.name in NOT_IN_PLACE:
        return
    in_place = _named(lambda input: write(op, input, (input,)), name + "_", f"In-place {name}.")
    setattr(Tensor, name + "_", in_place)
    if name not in METHODS_IN_PLACE:
        FUNCTIONS[name + "_"] = in_place


UNARY = [
    "neg", "abs", "sgn", "sign", "reciprocal", "square", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p",
    "sqrt", "rsqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
    "erf", "erfc", "erfinv", "sigmoid", "floor", "ceil", "trunc", "relu", "logical_not", "bitwise_not", "isnan",
    "isinf", "isfinite",
]  # fmt: skip
# What is said of an `out` that has not the result's type.
EXACT_OUT = {
    **dict.fromkeys(("neg", "abs", "sgn", "sign", "floor", "ceil", "trunc", "round", "frac"), FOUND),
    **{name: f"{name} does not support non-boolean outputs." for name in ("isposinf", "isneginf")},
}
WITHOUT_OUT = frozenset({"isnan", "isinf", "isfinite"})
NOT_IN_PLACE = WITHOUT_OUT | {
    "isposinf", "isneginf", "signbit", "fmax", "fmin", "logaddexp", "logaddexp2"
}  # fmt: skip
METHODS_IN_PLACE = frozenset({
    "absolute", "bitwise_not", "digamma", "erfinv", "lgamma", "logical_not", "sgn", "sign"
})  # fmt: skip
UNARY_ALIASES = {
    "negative": "neg",
    "absolute": "abs",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "fix": "trunc",
}


# ------------------------------------------------------------------ two operands
def publish_binary(op: Op, name: str | None = None):
    """Publishes an op as function, method and in-place method."""
    name = name or op.name
    call, check, (_, write) = binary_call(op, name), CHECKS[_which_numbers(op.name)], quotients.steps(op)

    def function(input, other, *, out=None):
        check(name, input, other)
        return finish(call(input, other), out, input, other)

    def method(self, other):
        check(name, self, other)
        return call(self, other)

    FUNCTIONS[name] = _named(function, name, op.summary)
    setattr(Tensor, name, _named(method, name, op.summary))
    if op.name in NOT_IN_PLACE:
        return
    in_place = _named(lambda self, other: write(op, self, (self, number(other))), name + "_", f"In-place {name}.")
    setattr(Tensor, name + "_", in_place)


BINARY = [
    "mul", "floor_divide", "remainder", "fmod", "atan2", "lt", "le", "gt", "ge", "eq", "ne", "logical_and",
    "logical_or", "logical_xor", "bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift",
    "bitwise_right_shift",
]  # fmt: skip
# Which operands may be Python numbers: none, the second one, or either (but not both).
TENSORS_ONLY = [
    "atan2",
    "logical_and",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "fmax",
    "fmin",
    "hypot",
    "logaddexp",
    "logaddexp2",
    "heaviside",
    "gcd",
    "lcm",
    "nextafter",
    "igamma",
    "igammac",
]  # fmt: skip
SECOND = ["lt", "le", "gt", "ge", "eq", "ne", "fmod", "copysign"]
ANY = ("mul", "floor_divide")


def _which_numbers(name: str) -> str:
    return "none" if name in TENSORS_ONLY else "second" if name in SECOND else "any" if name in ANY else "either"


BINARY_ALIASES = {
    "multiply": "mul",
    "less": "lt",
    "less_equal": "le",
    "greater": "gt",
    "greater_equal": "ge",
    "not_equal": "ne",
    "arctan2": "atan2",
}


def _with_alpha(op: Op, name: str, scaled: Op):
    """add and sub: the second operand is multiplied by alpha first; between real tensors both are rounded at once."""
    call = binary_call(op, name)

    def parts(self, other, alpha):
        if alpha == 1:
            return op, (self, other)
        check_factor("alpha", alpha, (self, other))
        return (scaled, (self, other, alpha)) if _rounded_once(self, other, alpha) else (op, (self, other * alpha))

    def method(self, other, *, alpha=1):
        if alpha == 1:
            return call(self, other)
        which, operands = parts(self, other, alpha)
        return apply(which, operands) if which is scaled else call(*operands)

    def function(input, other, *, alpha=1, out=None):
        return finish(method(input, other, alpha=alpha), out, input, other)

    def in_place(self, other, *, alpha=1):
        which, operands = parts(self, number(other), alpha)
        return write(which, self, operands)

    FUNCTIONS[name] = _named(function, name, op.summary)
    setattr(Tensor, name, _named(method, name, op.summary))
    setattr(Tensor, name + "_", _named(in_place, name + "_", f"In-place {name}."))


_WIDE = (dtypes.float32, dtypes.float64)


def _rounded_once(a, b, alpha) -> bool:
    """Whether a sum with alpha is a fused multiply-add: one of float32 or float64 numbers."""
    if not (isinstance(a, Tensor) and isinstance(b, Tensor) and isinstance(alpha, (int, float, Number))):
        return False
    return a.meta.dtype in _WIDE and b.meta.dtype in _WIDE


# ------------------------------------------------------------------ operators
NUMBERS = bool, int, float, complex, Number
OPERANDS = frozenset({Tensor, *NUMBERS})


def _operator(op: Op, reflected: bool = False):
    """A Python operator: the short way to apply2; NotImplemented for operands it does not know."""
    step, _ = quotients.steps(op)

    def forward(self, other):
        return step(op, self, other) if type(other) in OPERANDS else _mixed(op, self, other, False)

    def backward(self, other):
        return step(op, other, self) if type(other) in OPERANDS else _mixed(op, self, other, True)

    return backward if reflected else forward


def _mixed(op: Op, self, other, reflected: bool):
    """An operator on an operand of another type: NumPy's numbers and subclasses of Tensor are welcome."""
    other = number(other)
    if not (isinstance(other, Tensor) or type(other) in OPERANDS):
        return NotImplemented
    step, _ = quotients.steps(op)
    return step(op, other, self) if reflected else step(op, self, other)


def _in_place_operator(op: Op):
    _, write = quotients.steps(op)

    def in_place(self, other):
        other = number(other)
        known = isinstance(other, Tensor) or type(other) in OPERANDS
        return write(op, self, (self, other)) if known else NotImplemented

    return in_place


def _power(self, exponent):
    known = type(exponent) in OPERANDS or isinstance(exponent := number(exponent), (Tensor, *NUMBERS))
    return raised(self, exponent) if known else NotImplemented


def _reflected_power(self, base):
    base = number(base)
    return raised(base, self) if isinstance(base, (Tensor, *NUMBERS)) else NotImplemented


OPERATORS = {
    "add": table.add,
    "sub": table.sub,
    "mul": table.mul,
    "truediv": table.div,
    "floordiv": quotients.FLOOR_DIVIDE,
    "mod": quotients.REMAINDER,
    "and": comparison.bitwise_and,
    "or": comparison.bitwise_or,
    "xor": comparison.bitwise_xor,
    "lshift": comparison.bitwise_left_shift,
    "rshift": comparison.bitwise_right_shift,
}


def _invert(self):
    if self.meta.dtype.is_inexact:
        raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
    return apply1(comparison.bitwise_not, self)


def _install_operators():
    for name, op in OPERATORS.items():
        setattr(Tensor, f"__{name}__", _operator(op))
        setattr(Tensor, f"__r{name}__", _operator(op, reflected=True))
        setattr(Tensor, f"__i{name}__", _in_place_operator(op))
    for name in ("lt", "le", "gt", "ge", "eq", "ne"):
        setattr(Tensor, f"__{name}__", _operator(OPS[name]))
    Tensor.__div__, Tensor.__rdiv__, Tensor.__idiv__ = Tensor.__truediv__, Tensor.__rtruediv__, Tensor.__itruediv__
    Tensor.__neg__ = lambda self: apply1(table.neg, self)
    Tensor.__pos__ = lambda self: self
    Tensor.__abs__ = lambda self: apply1(table.abs, self)
    Tensor.__invert__ = _invert
    Tensor.__pow__, Tensor.__rpow__ = _power, _reflected_power
    Tensor.__ipow__ = lambda self, other: self.pow_(other)
    Tensor.__matmul__ = lambda self, other: (
        contraction.matmul(self, other) if isinstance(other, Tensor) else NotImplemented
    )
    Tensor.__rmatmul__ = lambda self, other: (
        contraction.matmul(other, self) if isinstance(other, Tensor) else NotImplemented
    )
    Tensor.__getitem__ = indexing.getitem
    Tensor.__setitem__ = indexing.setitem


# ------------------------------------------------------------------ functions and methods of the other modules
_SWAPAXES = with_numpy_names(views.transpose, {"axis0": "dim0", "axis1": "dim1"})
METHODS = {
    views: "reshape permute transpose t movedim squeeze unsqueeze flatten unflatten ravel narrow select unbind split "
    "chunk diagonal as_strided expand_as broadcast_to",
    movement: "flip roll",
    reduction: "sum prod mean var std amax amin all any argmax argmin count_nonzero",
    extremes: "max min logsumexp",
    norms: "norm",
    contraction: "mm bmm addmm baddbmm mv dot outer matmul",
    gathering: "gather scatter scatter_add",
    slices: "index_select index_add",
    indexing: "index_put",
    masks: "masked_fill masked_select nonzero",
    softmax: "softmax log_softmax",
    _creation: "tril triu",
    ordering: "cumsum cumprod cummax cummin logcumsumexp sort argsort topk",
}
IN_PLACE = ["cumsum", "cumprod", "baddbmm", "tril", "triu", "addmm"]


def _install():
    for name in UNARY:
        publish_unary(OPS[name])
    for alias, name in UNARY_ALIASES.items():
        publish_unary(OPS[name], alias)
    for name in BINARY:
        publish_binary(OPS[name])
    for alias, name in BINARY_ALIASES.items():
        publish_binary(OPS[name], alias)
    for op in special_functions.UNARY:
        publish_unary(op)
    for op in special_functions.BINARY:
        publish_binary(op)
    for name in ("heaviside", "heaviside_"):
        setattr(Tensor, name, with_numpy_names(getattr(Tensor, name), {"values": "other"}))
    FUNCTIONS["heaviside"] = with_numpy_names(FUNCTIONS["heaviside"], {"values": "other"})
    for name, op, scaled in (
        ("add", table.add, table.add_scaled),
        ("sub", table.sub, table.sub_scaled),
        ("subtract", table.sub, table.sub_scaled),
    ):
        _with_alpha(op, name, scaled)
    _install_operators()
    _install_functions()
    _install_methods()
    _install_casts()
    _install_in_place()
    for name, function in FUNCTIONS.items():
        at_home(name, function)


def _install_functions():
    for module, names in METHODS.items():
        for name in names.split():
            FUNCTIONS[name] = with_numpy_names(getattr(module, name))
            # np.sum(x) is refused as it is there, which NumPy calls as x.sum(axis=, dtype=, out=).
            setattr(Tensor, name, with_numpy_names(getattr(module, name), method=True))
    for f in (movement.cat, movement.stack, reduction.var_mean, reduction.std_mean):
        FUNCTIONS[f.__name__] = with_numpy_names(f)
    FUNCTIONS.update(
        concat=FUNCTIONS["cat"],
        concatenate=FUNCTIONS["cat"],
        swapaxes=_SWAPAXES,
        swapdims=views.transpose,
        moveaxis=views.movedim,
    )
    FUNCTIONS.update(
        broadcast_shapes=copies.size_of_broadcast, ger=contraction.outer, constant_pad_nd=movement.constant_pad
    )
    FUNCTIONS["is_nonzero"] = bool
    FUNCTIONS["complex"] = complex_numbers.complex_
    FUNCTIONS["positive"] = Tensor.positive = movement.positive


def _install_methods():
    T = Tensor
    methods = {
        "view": views.view_method,
        "reshape": views.reshape_method,
        "permute": views.permute_method,
        "expand": views.expand,
        "split": views.split_method,
        "repeat": movement.repeat,
        "unfold": views.unfold,
        "contiguous": movement.contiguous_method,
        "flip": movement.flip,
        "sum_to_size": reduction.sum_to_size,
        "to": copies.to,
        "type": copies.type_,
        "as_subclass": copies.as_subclass,
        "swapaxes": _SWAPAXES,
        "swapdims": views.transpose,
        "moveaxis": views.movedim,
        "ger": contraction.outer,
        "multinomial": sampling.multinomial,
        "bernoulli": sampling.bernoulli,
        "is_nonzero": T.__bool__,
    }
    for name, method in methods.items():
        setattr(T, name, method)
    # x.where(condition, other): the tensor is the second argument.
    T.where = lambda self, condition, other: arithmetic.where(condition, self, other)
    for sampler in sampling.SAMPLERS:
        setattr(T, sampler.__name__, sampler)
    for make in (creation.new_zeros, creation.new_ones, creation.new_empty, creation.new_full, creation.new_tensor):
        setattr(T, make.__name__, make)
    T.__dlpack__, T.__dlpack_device__ = copies.dlpack, lambda self: copies.DLPACK_CPU
    T.cpu = lambda self, memory_format=None: self
    T.cuda = lambda self, *args, **kwargs: devices.require_cpu("cuda")
    T.pin_memory, T.is_pinned = lambda self, *args: self, lambda self: False
    T.share_memory_, T.is_shared = memory.share_memory_, memory.is_shared
    T.T, T.mT, T.H = property(transposes.numpy_T), property(transposes.mT), property(transposes.hermitian)
    T.mH, T.adjoint = property(transposes.adjoint), transposes.adjoint
    T.name = property(lambda self: self._name)
    T.grad_dtype = property(lambda self: self.meta.dtype)
    T.real = property(complex_numbers.real, lambda self, value: complex_numbers.real(self).copy_(value))
    T.imag = property(complex_numbers.imag, lambda self, value: complex_numbers.imag(self).copy_(value))


def _install_casts():
    kinds = {
        **dtypes.ALIASES,
        "bool": dtypes.bool_,
        "byte": dtypes.uint8,
        "char": dtypes.int8,
        "bfloat16": dtypes.bfloat16,
    }
    for name, kind in kinds.items():
        setattr(Tensor, name, _cast_method(kind))


def _cast_method(kind):
    return lambda self, memory_format=None: copies.to(self, kind, memory_format=memory_format)


def _install_in_place():
    T = Tensor
    T.div_ = T.divide_ = arithmetic.div_
    T.true_divide_ = lambda self, other: arithmetic.div_(self, other)
    T.clamp_ = T.clip_ = arithmetic.clamp_
    T.pow_ = lambda self, exponent: write(table.pow, self, (self, number(exponent)))
    T.lerp_ = lambda self, end, weight: write(table.lerp, self, (self, end, number(weight)))
    T.addcmul_, T.addcdiv_ = (with_numpy_names(f, method=True) for f in (arithmetic.addcmul_, arithmetic.addcdiv_))
    T.resize_ = lambda self, *size, memory_format=None: inplace.resize_(self, creation.sizes_of(size))
    T.resize_as_ = lambda self, other, *, memory_format=None: inplace.resize_(self, other.meta.shape)
    T.set_ = memory.set_
    writes = {
        gathering: "scatter_ scatter_add_",
        indexing: "index_put_ index_copy_ index_fill_",
        slices: "index_add_",
        masks: "masked_fill_",
        inplace: "copy_ fill_ zero_ resize_as_",
    }
    for module, names in writes.items():
        for name in names.split():
            setattr(T, name, getattr(module, name))
    FUNCTIONS.update(fill=inplace.fill, fill_=inplace.fill_, zero_=inplace.zero_, resize_as_=inplace.resize_as_)
    for name in IN_PLACE:
        setattr(T, name + "_", in_place_form(FUNCTIONS[name], name))
    for name in ("squeeze", "unsqueeze", "transpose", "t", "swapaxes", "swapdims", "as_strided"):
        setattr(T, name + "_", _view_in_place(FUNCTIONS[name]))


def _view_in_place(function):
    """x.t_() and the like: the tensor itself takes the view's shape."""

    def method(self, *args, **kwargs):
        seen = function(self, *args, **kwargs)
        self.become(seen)
        return self

    return method


_install()
layouts.install()
