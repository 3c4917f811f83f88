"""Elementwise functions whose arguments go beyond their operands: div's rounding, pow, clamp, lerp, where, round ..."""

from __future__ import annotations

import numpy as np

from .. import creation
from ..dtypes import bool_
from ..errors import kind_of
from ..tensor import Tensor
from ..trace.trie import Number
from . import comparison, masks, quotients
from . import elementwise as table
from .inplace import write
from .outputs import FOUND
from .public import finish, public
from .registry import Op, apply, apply1, apply2
from .signatures import Scalar


def number(value):
    """An operand: NumPy scalars count as Python numbers."""
    return value.item() if isinstance(value, np.generic) else value


def operand(name: str, value, label: str):
    """An operand that is not a tensor; TypeError where it is no number."""
    value = number(value)
    if type(value) not in (bool, int, float, complex, Number):
        place = ("input", "other").index(label) + 1
        raise TypeError(f"{name}(): argument '{label}' (position {place}) must be Tensor, not {kind_of(value)}")
    return value


def binary_call(op: Op, name: str):
    """The op on two operands, one of which may be a number."""
    step, _ = quotients.steps(op)

    def call(input, other):
        if not isinstance(other, Tensor):
            other = operand(name, other, "other")
            if not isinstance(input, Tensor):
                return step(op, creation.tensor(input), other)
        elif not isinstance(input, Tensor):
            input = operand(name, input, "input")
        return step(op, input, other)

    return call


def _check_tensors(name: str, *operands):
    """TypeError where an operand is not a tensor."""
    for position, (label, x) in enumerate(zip(("input", "other"), operands), 1):
        if not isinstance(x, Tensor):
            raise TypeError(f"{name}(): argument '{label}' (position {position}) must be Tensor, not {kind_of(x)}")


def check_first(name: str, input, *others):
    """TypeError where the first operand is not a tensor."""
    if not isinstance(input, Tensor):
        raise _wrong_combination(name, input, *others)


def check_either(name: str, *operands):
    """TypeError where no operand is a tensor."""
    if not any(isinstance(x, Tensor) for x in operands):
        raise _wrong_combination(name, *operands)


def check_factor(name: str, factor, operands):
    """Raises where a factor of an operand (alpha, beta) is no number, or does not belong to the operands' kind."""
    if isinstance(factor, (str, list, tuple, dict, type(None))):
        raise TypeError(f"argument '{name}' must be Number, not {type(factor).__name__}")
    kinds = [x.meta.dtype for x in operands if isinstance(x, Tensor)]
    if isinstance(factor, bool) and not all(d is bool_ for d in kinds):
        raise RuntimeError(f"Boolean {name} only supported for Boolean results.")
    if isinstance(factor, float) and not any(d.is_inexact for d in kinds) and not isinstance(operands[-1], float):
        raise RuntimeError(f"For integral input tensors, argument {name} must not be a floating point number.")


def _wrong_combination(name: str, *operands) -> TypeError:
    kinds = ", ".join(type(x).__name__ for x in operands)
    return TypeError(
        f"{name}() received an invalid combination of arguments - got ({kinds}), but expected one of:\n * (Tensor, ...)"
    )


def _anything(*_):
    pass


CHECKS = {"none": _check_tensors, "second": check_first, "either": check_either, "any": _anything}


# ------------------------------------------------------------------ quotients and powers
_DIVISIONS = {None: table.div, "floor": quotients.DIV_FLOOR, "trunc": quotients.TRUNC_DIVIDE}


def _division(rounding_mode) -> Op:
    if rounding_mode not in _DIVISIONS:
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
        )
    return _DIVISIONS[rounding_mode]


@public("divide")
def div(input: Tensor | Scalar, other: Tensor | Scalar, *, rounding_mode: str | None = None, out=None):
    """Quotient, element by element; rounding_mode: None (true division), "floor" or "trunc"."""
    return finish(binary_call(_division(rounding_mode), "div")(input, other), out, input, other)


def div_(self, other: Tensor | Scalar, *, rounding_mode: str | None = None):
    """In-place div."""
    op = _division(rounding_mode)
    return quotients.steps(op)[1](op, self, (self, number(other)))


@public()
def true_divide(input: Tensor | Scalar, other: Tensor | Scalar, *, out=None):
    """Quotient, element by element."""
    return div(input, other, out=out)


_POWERS: dict[float, Op] = {}


def _constant_power(exponent: float) -> Op:
    """x ** 2, x ** 3, x ** 0.5 ...: the exponent is part of the program, so that it becomes products or a root."""
    op = _POWERS.get(exponent)
    if op is None:
        op = _POWERS[exponent] = table.elementwise(
            f"pow_{exponent:g}",
            "input",
            lambda k, x: table.power(k, x, table.ir.const(exponent, x.dtype)),
            lambda g, input: g * (power(input, exponent - 1) * exponent),
            grad_name="Pow",
            summary=f"x ** {exponent:g}.",
        )
    return op


def power(input, exponent):
    """input ** exponent, numbers or tensors."""
    return raised(number(input), number(exponent))


def raised(input, exponent):
    """`power` of Python's numbers or tensors."""
    if isinstance(input, Tensor) and type(exponent) in (int, float):
        floating = input.meta.dtype.is_floating_point
        if floating and exponent in (2, 3, 0.5):
            return apply1(_constant_power(float(exponent)), input)
        if exponent == 1:
            return input.clone()
        if input.meta.dtype.is_integer and type(exponent) is int and exponent < 0:
            raise RuntimeError("Integers to negative integer powers are not allowed.")
    return apply2(table.pow, input, exponent)


@public()
def pow(input: Tensor | Scalar, exponent: Tensor | Scalar, *, out=None):
    """input ** exponent, element by element."""
    check_either("pow", input, exponent)
    return finish(power(input, exponent), out, input, exponent)


@public(in_place=True)
def round(input: Tensor, *, decimals: int = 0, out=None):
    """Elements rounded to whole numbers (half to even), or to `decimals` places."""
    if not decimals:
        return finish(apply1(table.round, input), out, input, exact=FOUND)
    scale = 10.0 ** abs(decimals)
    up, down = (scale, 1.0) if decimals > 0 else (1.0, scale)
    return finish(apply1(table.round, input * up / down) / up * down, out, input, exact=FOUND)


# ------------------------------------------------------------------ bounds
def _clamped(args, _) -> str:
    return f"ClampBackward{int(isinstance(args[1], type))}"


# Unlike maximum and minimum, the gradient at a bound is the input's.
LOWER_BOUND = table.elementwise(
    "clamp_min",
    "input min",
    lambda k, x, low: k.maximum(x, low),
    (lambda g, input, min: g * (input >= min).to(g.dtype), lambda g, input, min: g * (input < min).to(g.dtype)),
    grad_name=_clamped,
    reference=np.maximum,
    summary="Elements bounded from below.",
)
UPPER_BOUND = table.elementwise(
    "clamp_max",
    "input max",
    lambda k, x, high: k.minimum(x, high),
    (lambda g, input, max: g * (input <= max).to(g.dtype), lambda g, input, max: g * (input > max).to(g.dtype)),
    grad_name=_clamped,
    reference=np.minimum,
    summary="Elements bounded from above.",
)


@public("clip")
def clamp(input: Tensor, min=None, max=None, *, out=None):
    """Elements bounded from below and from above, by numbers or tensors."""
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if type(min) is not type(max):
        _check_bounds(input, min, max)
    result = input if min is None else apply2(LOWER_BOUND, input, number(min))
    return finish(result if max is None else apply2(UPPER_BOUND, result, number(max)), out, input, min, max)


def _check_bounds(input, *bounds):
    """TypeError where one bound is a tensor and the other a number."""
    given = [isinstance(bound, Tensor) for bound in bounds if bound is not None]
    if any(given) and not all(given):
        raise _wrong_combination("clamp", input, *bounds)


@public(in_place=True)
def clamp_min(input: Tensor, min: Tensor | Scalar, *, out=None):
    """Elements bounded from below."""
    check_first("clamp_min", input, min)
    return finish(apply2(LOWER_BOUND, input, number(min)), out, input, min)


@public(in_place=True)
def clamp_max(input: Tensor, max: Tensor | Scalar, *, out=None):
    """Elements bounded from above."""
    check_first("clamp_max", input, max)
    return finish(apply2(UPPER_BOUND, input, number(max)), out, input, max)


def clamp_(self, min=None, max=None):
    """In-place clamp."""
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    _check_bounds(self, min, max)
    if min is not None:
        write(LOWER_BOUND, self, (self, number(min)))
    return self if max is None else write(UPPER_BOUND, self, (self, number(max)))


# ------------------------------------------------------------------ three operands
@public(method=False)
def where(condition: Tensor, input: Tensor | Scalar = None, other: Tensor | Scalar = None, *, out=None):
    """Elements of `input` where the condition holds, else of `other`; alone, its nonzero positions."""
    if input is None and other is None:
        return masks.nonzero(condition, as_tuple=True)
    return finish(apply(comparison.where, (condition, number(input), number(other))), out, condition, input, other)


@public()
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Scalar = 1, out=None):
    """input + value * tensor1 * tensor2."""
    return finish(apply(table.addcmul, (input, tensor1, tensor2, number(value))), out, input, tensor1, tensor2)


@public()
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Scalar = 1, out=None):
    """input + value * tensor1 / tensor2."""
    if all(t.meta.dtype.is_integer for t in (tensor1, tensor2)):
        raise RuntimeError(INTEGER_ADDCDIV)
    return finish(apply(table.addcdiv, (input, tensor1, tensor2, number(value))), out, input, tensor1, tensor2)


def addcmul_(self, tensor1: Tensor, tensor2: Tensor, *, value: Scalar = 1):
    """In-place addcmul."""
    return write(table.addcmul, self, (self, tensor1, tensor2, number(value)))


def addcdiv_(self, tensor1: Tensor, tensor2: Tensor, *, value: Scalar = 1):
    """In-place addcdiv."""
    return write(table.addcdiv, self, (self, tensor1, tensor2, number(value)))


INTEGER_ADDCDIV = (
    "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a true "
    "division of "
    "tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + value * torch.trunc(tensor1 / "
    "tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / tensor2) for float inputs. The "
    "future "
    "addcdiv behavior is just the latter implementation: (input + value * tensor1 / tensor2), for all dtypes."
)


@public()
def lerp(input: Tensor, end: Tensor, weight: Tensor | Scalar, *, out=None):
    """input + weight * (end - input)."""
    return finish(apply(table.lerp, (input, end, number(weight))), out, input, end, weight)


@public()
def maximum(input: Tensor, other: Tensor, *, out=None):
    """The larger of two elements; NaN wins."""
    _check_tensors("maximum", input, other)
    return finish(apply2(table.maximum, input, other), out, input, other)


@public()
def minimum(input: Tensor, other: Tensor, *, out=None):
    """The smaller of two elements; NaN wins."""
    _check_tensors("minimum", input, other)
    return finish(apply2(table.minimum, input, other), out, input, other)


@public()
def rsub(input: Tensor | Scalar, other: Tensor | Scalar, *, alpha: Scalar = 1):
    """other - alpha * input."""
    check_first("rsub", input, other)
    scaled = input if alpha == 1 else input * alpha
    return apply2(table.sub, number(other), scaled)
