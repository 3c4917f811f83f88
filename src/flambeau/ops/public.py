"""Publishing: which of the functions of `ops` are torch's own names, methods of Tensor, in-place methods.

A function says so at its definition, with `@public`; it comes out under its name in FUNCTIONS and on Tensor.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Iterator

from ..autograd.modes import MODE
from ..tensor import Tensor
from .signatures import declares, entrance

FUNCTIONS: dict[str, Callable] = {}  # the public functions by name


def public(
    *names: str, method: bool = True, in_place: bool = False, out: bool = False, exact: str = "", apart: bool = False
):
    """Publishes a function under its own name and others.

    names: further names.  method: whether Tensor has it too (its first argument is the tensor).  in_place: whether
    name_ replaces the tensor's elements by the result.  out: whether the function gets an `out=` keyword here.
    exact, apart: which tensors `out=` refuses, see `inplace.into`.
    """

    def publish(function):
        function = _with_out(function, exact, apart) if out else function
        published = with_numpy_names(function)
        as_method = with_numpy_names(function, method=True) if method else None
        for name in (function.__name__, *names):
            FUNCTIONS[name] = published
            if method:
                setattr(Tensor, name, as_method)
            if in_place:
                setattr(Tensor, name + "_", in_place_form(published, name))
        return function

    return publish


NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim"}
_PARTS = dict.fromkeys(("sections", "indices", "tensor_indices_or_sections"), "indices_or_sections")
# Names of keywords that PyTorch takes beside those that it documents.
OTHER_NAMES: dict[str, dict[str, str]] = {
    **dict.fromkeys(("tensor_split", "hsplit", "vsplit", "dsplit"), _PARTS),
    "lu_solve": {"input": "b"}, "orgqr": {"input2": "tau"}, "ormqr": {"input2": "tau", "input3": "other"},
    "split_copy": {"input": "tensor", "split_size": "split_size_or_sections"}, "triangular_solve": {"input": "b"},
}  # fmt: skip
_LOOSE = ("max", "min")  # they look at their keywords themselves


def at_home(name: str, function):
    """A function of torch's, which pickle finds here by its own name, whatever stands before it in torch by then."""
    if inspect.isfunction(function) and function.__name__ == function.__qualname__ == name:
        function.__module__ = __name__
    return function


def put(module: types.ModuleType, name: str, function: Callable) -> None:
    """Has a function stand for a name of a module, where pickle then finds it."""
    setattr(module, name, function)
    function.__module__ = module.__name__


def __getattr__(name: str):
    if name not in FUNCTIONS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return FUNCTIONS[name]


def with_numpy_names(function: Callable, names: dict[str, str] | None = None, method: bool = False) -> Callable:
    """A function that, as PyTorch's do, takes other names of keywords for its own and refuses what it does not declare;
    itself where it has none of them and declares nothing.

    names: the other name, NumPy's as a rule, and the own one.  method: whether `out=` is refused, as methods do there.
    """
    names = NUMPY_NAMES | OTHER_NAMES.get(function.__name__, {}) if names is None else names
    inner = inspect.unwrap(function)
    own = inner.__code__.co_varnames[: inner.__code__.co_argcount + inner.__code__.co_kwonlyargcount]
    renamed = any(name in own for name in names.values()) or inner.__name__ in _LOOSE
    return entrance(function, names if renamed else {}, method) if renamed or declares(function) else function


def in_place_form(function: Callable, name: str) -> Callable:
    """x.f_(...): f's value takes the place of x's elements; what gradients ask for is kept as a copy."""

    def method(self, *args, **kwargs):
        from .inplace import assign

        tracked = MODE.enabled and any(isinstance(a, Tensor) and a._requires_grad for a in (self, *args))
        return assign(self, function(self.clone() if tracked else self, *args, **kwargs))

    method.__name__ = method.__qualname__ = name + "_"
    method.__doc__ = f"In-place {name}."
    return method


def _with_out(function: Callable, exact: str, apart: bool) -> Callable:
    @functools.wraps(function)
    def wrapped(*args, out=None, **kwargs):
        result = function(*args, **kwargs)
        return result if out is None else finish(result, out, *_listed(args), exact=exact, apart=apart)

    signature = inspect.signature(function)
    keyword = inspect.Parameter("out", inspect.Parameter.KEYWORD_ONLY, default=None)
    wrapped.__signature__ = signature.replace(parameters=[*signature.parameters.values(), keyword])  # type: ignore[attr-defined]
    return wrapped


def _listed(args) -> Iterator:
    """The arguments, those in lists one by one."""
    for a in args:
        yield from a if isinstance(a, (list, tuple)) else (a,)


def finish(result, out, *inputs, exact: str = "", apart: bool = False):
    """A function's result, written to `out` where the caller gave one (several results to several tensors).

    inputs, exact, apart: what is refused, see `inplace.into`.
    """
    if out is None:
        return result
    from .inplace import into

    if isinstance(result, tuple):
        if isinstance(out, Tensor):
            raise TypeError(f"{type(result).__name__}(): argument 'out' must be tuple of Tensors, not Tensor")
        return type(result)(*(into(o, r, inputs, exact, apart) for o, r in zip(out, result)))
    return into(out, result, inputs, exact, apart)
