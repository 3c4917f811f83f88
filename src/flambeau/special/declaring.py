"""How the functions of this package are declared: computed in double precision, rounded once; no methods."""

from __future__ import annotations

from collections.abc import Callable

from .. import dtypes
from ..errors import kind_of
from ..ops.arithmetic import binary_call, check_either
from ..ops.elementwise import elementwise, floating
from ..ops.public import finish, with_numpy_names
from ..ops.registry import Op, apply1
from ..tensor import Tensor


def in_double(fn: str) -> Callable:
    """The body of an op: a scalar function of float64."""
    return lambda k, *operands: getattr(k, fn)(*(x.cast(dtypes.float64) for x in operands))


def not_implemented(of: str) -> Callable:
    """The gradient formula of what has none; NotImplementedError when it is asked for."""

    def refuse(g):
        raise NotImplementedError(f"the derivative for '{of}' is not implemented.")

    return refuse


def unary(name: str, fn: str, gradient: Callable | None, summary: str) -> Callable:
    """A function of one tensor: an op that computes the scalar function `fn`."""
    op = elementwise(name, "input", in_double(fn), gradient or (), types=floating, summary=summary)
    return function_of(op)


def function_of(op: Op) -> Callable:
    """The function of one tensor that an op is."""

    def function(input: Tensor, *, out=None) -> Tensor:
        if not isinstance(input, Tensor):
            raise TypeError(f"{op.name}(): argument 'input' (position 1) must be Tensor, not {kind_of(input)}")
        return finish(apply1(op, input), out)

    function.__name__ = function.__qualname__ = op.name.removeprefix("special_")
    function.__doc__ = op.summary
    return with_numpy_names(function, {"x": "input"})


def binary(op: Op) -> Callable:
    """The function of two operands, one of which may be a number."""
    call, name = binary_call(op, op.name), op.name

    def function(input, other, *, out=None) -> Tensor:
        check_either(name, input, other)
        return finish(call(input, other), out)

    function.__name__ = function.__qualname__ = op.name.removeprefix("special_")
    function.__doc__ = op.summary
    return function
