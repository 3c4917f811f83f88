"""The marks that scripts put on functions for TorchScript's compiler; Python runs them here, so they change nothing."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any, Final, NamedTuple  # noqa: F401 - Final is one of the names of torch.jit

from ..futures import Future


class Attribute(NamedTuple):
    """A value with the type that TorchScript should give it."""

    value: Any
    type: Any


def annotate(the_type: Any, the_value: Any) -> Any:
    """The value."""
    return the_value


def export(fn: Callable) -> Callable:
    """Marks a method to be compiled."""
    return fn


def unused(fn: Callable) -> Callable:
    """Marks a method that is not to be compiled."""
    return fn


def interface(obj: type) -> type:
    """Marks a class as an interface."""
    return obj


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """Marks a method to be left to Python, with or without arguments."""
    return drop if callable(drop) else lambda fn: fn


def script_if_tracing(fn: Callable) -> Callable:
    """Marks a function to be scripted where it is traced."""
    return fn


def is_scripting() -> bool:
    """Whether TorchScript's compiler runs this: never."""
    return False


def is_tracing() -> bool:
    """Whether torch.jit.trace runs this: its one call is an ordinary one."""
    return False


def isinstance(obj: Any, target_type: Any) -> bool:
    """Whether an object is of a type; of a container type, the type of the container alone is asked."""
    origin = getattr(target_type, "__origin__", target_type)
    return builtins.isinstance(obj, origin)


def export_opnames(m: Any) -> list[str]:
    """The operators of a scripted module: there is no such list here."""
    return []


def fork(func: Callable, *args: Any, **kwargs: Any) -> Future:
    """Calls a function at once; `wait` gives its result."""
    future = Future()
    future.set_result(func(*args, **kwargs))
    return future


def wait(future: Future) -> Any:
    """The result of a forked call."""
    return future.wait()


class strict_fusion:
    """A context that asks for everything in it to be fused: it is, as far as that pays."""

    def __enter__(self):
        return None

    def __exit__(self, *exc):
        return None
