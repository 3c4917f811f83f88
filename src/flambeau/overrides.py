"""torch.overrides: classes and modes that say themselves what torch's functions mean for them."""

from __future__ import annotations

import contextlib
import functools
import inspect
import types
from collections.abc import Callable, Iterator
from typing import Any

from . import gates
from .gates import STATE, dispatch, name_of, overloaded
from .tensor import Tensor

__all__ = [
    "get_ignored_functions", "get_overridable_functions", "get_testing_overrides", "handle_torch_function",
    "has_torch_function", "resolve_name", "is_tensor_like", "is_tensor_method_or_property", "wrap_torch_function",
    "enable_reentrant_dispatch", "redispatch_function",
]  # fmt: skip

gates.install()


def has_torch_function(relevant_args) -> bool:
    """Whether some argument is of a class that is asked, or a mode is in force."""
    return bool(STATE.modes) or (not STATE.disabled and bool(overloaded(relevant_args)))


def has_torch_function_unary(arg) -> bool:
    """has_torch_function of one argument."""
    return has_torch_function((arg,))


def has_torch_function_variadic(*args) -> bool:
    """has_torch_function of several arguments."""
    return has_torch_function(args)


def handle_torch_function(public_api: Callable, relevant_args, *args, **kwargs):
    """The result that a mode or the classes of arguments have for a call; TypeError where none takes it."""
    return dispatch(public_api, public_api, args, kwargs, relevant_args)


def wrap_torch_function(dispatcher: Callable) -> Callable:
    """A decorator: the function asks the classes of the arguments that `dispatcher` picks."""

    def decorate(function: Callable) -> Callable:
        @functools.wraps(function)
        def wrapped(*args, **kwargs):
            relevant = dispatcher(*args, **kwargs)
            if has_torch_function(relevant):
                return handle_torch_function(wrapped, relevant, *args, **kwargs)
            return function(*args, **kwargs)

        return wrapped

    return decorate


def is_tensor_like(inp) -> bool:
    """Whether an object is a tensor, or of a class with `__torch_function__`."""
    return type(inp) is Tensor or hasattr(inp, "__torch_function__")


def is_tensor_method_or_property(func: Callable) -> bool:
    """Whether a function is a method or the getter of a property of Tensor."""
    name = getattr(func, "__name__", "")
    return name == "__get__" or getattr(Tensor, name, None) is func


def resolve_name(f: Callable) -> str:
    """The name by which a script knows a function."""
    return f if isinstance(f, str) else name_of(f)


@functools.cache
def get_overridable_functions() -> dict[Any, list]:
    """The functions that classes are asked about, by their namespace."""
    from . import nn

    root = gates.sys.modules[gates.PACKAGE]
    found = {module: [f for f in vars(module).values() if hasattr(f, "__gated__")] for module in (root, nn.functional)}
    return found | {Tensor: [getattr(Tensor, name) for name in gates._methods() if name not in gates._PROPERTIES]}


@functools.cache
def get_ignored_functions() -> set:
    """The functions of torch that ask no class."""
    root = gates.sys.modules[gates.PACKAGE]
    return {f for f in vars(root).values() if isinstance(f, types.FunctionType) and not hasattr(f, "__gated__")}


@functools.cache
def get_testing_overrides() -> dict[Callable, Callable]:
    """For each function that asks, one with its parameters that gives -1."""
    return {f: _with_signature(f) for functions in get_overridable_functions().values() for f in functions}


def _with_signature(function: Callable) -> Callable:
    def dummy(*args, **kwargs):
        return -1

    with contextlib.suppress(TypeError, ValueError):
        dummy.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return dummy


def redispatch_function(func: Callable, types, args=(), kwargs=None):
    """Calls a function again for the modes and classes that have not had it."""
    return func(*args, **(kwargs or {}))


@contextlib.contextmanager
def enable_reentrant_dispatch() -> Iterator[None]:
    """Calls inside of a gated call are gated, too."""
    before, STATE.inside = STATE.inside, False
    try:
        yield
    finally:
        STATE.inside = before


class TorchFunctionMode:
    """Context manager: inside, `__torch_function__` of this object is asked about every call."""

    def __init__(self) -> None:
        pass

    def __torch_function__(self, func, types, args=(), kwargs=None):
        raise NotImplementedError

    def __enter__(self):
        if not STATE.modes:
            gates.Gates.open()
        STATE.modes.append(self)
        return self

    def __exit__(self, *exception):
        STATE.modes.pop()
        if not STATE.modes:
            gates.Gates.close()


class BaseTorchFunctionMode(TorchFunctionMode):
    """A mode that calls what was called."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))
