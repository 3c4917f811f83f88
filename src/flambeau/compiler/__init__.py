"""torch.compiler and torch.compile: accepted; everything is compiled here without being asked.

`torch.compile` gives back the module or function that it was given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MODES = ("default", "lite", "reduce-overhead", "max-autotune-no-cudagraphs", "max-autotune")
BACKENDS = ("cudagraphs", "inductor", "onnxrt", "openxla", "tvm")
DEBUGGING_BACKENDS = ("eager", "aot_eager")


def compile(
    model: Callable | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: str | Callable = "inductor",
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    name: str | None = None,
    disable: bool = False,
    recompile_limit: int | None = None,
    isolate_recompiles: bool = False,
    shapes_spec: Any = None,
) -> Any:
    """The module or function itself, which is compiled as it runs; without one, a decorator.

    Raises RuntimeError for a mode or a backend that PyTorch does not know.
    """
    if mode is not None and options is not None:
        raise RuntimeError("Either mode or options can be specified, but both can't be specified at the same time.")
    if mode is not None and mode not in MODES:
        raise RuntimeError(f"Unrecognized mode={mode}, should be one of: {', '.join(MODES)}")
    if isinstance(backend, str) and backend not in BACKENDS + DEBUGGING_BACKENDS:
        raise RuntimeError(f"Invalid backend: {backend!r}, see `torch._dynamo.list_backends()` for available backends.")
    return _same if model is None else model


def _same(obj: Any) -> Any:
    return obj


def disable(fn: Any = None, recursive: bool = True, *, reason: str | None = None) -> Any:
    """Keeps a function out of torch.compile: the function, or a decorator."""
    return _same if fn is None else fn


def allow_in_graph(fn: Any) -> Any:
    """The function."""
    return fn


def assume_constant_result(fn: Any) -> Any:
    """The function."""
    return fn


def reset() -> None:
    """Forgets what torch.compile compiled: nothing."""


def list_backends(exclude_tags=("debug", "experimental")) -> list[str]:
    """The names that torch.compile takes as backends."""
    return list(BACKENDS)


def is_compiling() -> bool:
    """Whether torch.compile or torch.export runs this: never."""
    return False


is_dynamo_compiling = is_exporting = is_compiling


def cudagraph_mark_step_begin() -> None:
    """Accepted; there are no CUDA graphs."""


class set_stance:
    """A context or decorator that says how torch.compile goes about its work; accepted."""

    def __init__(self, stance: str = "default", *, skip_guard_eval_unsafe: bool = False, force_backend=None) -> None:
        self.stance = stance

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exc: Any) -> None:
        return None

    def __call__(self, fn: Any) -> Any:
        return fn


def wrap_numpy(fn: Callable) -> Callable:
    """A function of arrays as one of tensors: arguments and results are converted."""
    from functools import wraps

    from ..creation import from_numpy
    from ..tensor import Tensor

    @wraps(fn)
    def wrapper(*args: Any) -> Any:
        result = fn(*(a.numpy() if isinstance(a, Tensor) else a for a in args))
        return tuple(map(from_numpy, result)) if isinstance(result, tuple) else from_numpy(result)

    return wrapper


__all__ = [
    "allow_in_graph", "assume_constant_result", "compile", "cudagraph_mark_step_begin", "disable", "is_compiling",
    "is_dynamo_compiling", "is_exporting", "list_backends", "reset", "set_stance", "wrap_numpy",
]  # fmt: skip
