"""The names of functions and types in printed graphs and in generated code."""

from __future__ import annotations

import builtins
import functools
import inspect
import sys
import types
from typing import Any

from .. import fft, gates, linalg, special
from ..compat import names as compat_names
from ..nn import functional as F

# What PyTorch writes in Python outside of torch.nn.functional, and what it keeps in a module of its own.
_FUNCTIONAL = frozenset(
    [
        "atleast_1d",
        "atleast_2d",
        "atleast_3d",
        "broadcast_shapes",
        "broadcast_tensors",
        "cartesian_prod",
        "block_diag",
        "cdist",
        "chain_matmul",
        "einsum",
        "istft",
        "lu",
        "norm",
        "meshgrid",
        "split",
        "stft",
        "tensordot",
        "unique",
        "unique_consecutive",
        "unravel_index",
    ]
)
_NATIVE = frozenset(
    [
        "avg_pool2d",
        "avg_pool3d",
        "elu_",
        "gelu",
        "hardtanh_",
        "leaky_relu_",
        "linear",
        "logsigmoid",
        "one_hot",
        "scaled_dot_product_attention",
        "softplus",
        "softshrink",
    ]
)
_ROOT = sys.modules[gates.PACKAGE]


@functools.cache
def _names() -> dict[Any, str]:
    """The public functions of the namespaces of torch, by what stands for them while gates are in place."""
    found: dict[Any, str] = {}
    for module, title in ((_ROOT, "torch"), (F, "torch.nn.functional"), (linalg, "torch._C._linalg"),
                          (special, "torch._C._special"), (fft, "torch._C._fft")):  # fmt: skip
        for name, function in vars(module).items():
            if isinstance(function, types.FunctionType) and not name.startswith("__"):
                found.setdefault(function, f"{_home(title, name)}.{_renamed(title, name)}")
    return found


def _home(title: str, name: str) -> str:
    if title == "torch" and name in _FUNCTIONAL:
        return "torch.functional"
    if title == "torch.nn.functional":
        return "torch" if name in gates.SHARED else "torch._C._nn" if name in _NATIVE else title
    return title


def _renamed(title: str, name: str) -> str:
    """PyTorch's linear algebra and transforms carry their namespace in the name."""
    kind = title.rpartition("._")[2]
    if "_C" in title:
        return f"{kind}_{name}"
    return {"logsigmoid": "log_sigmoid"}.get(name, name) if title == "torch.nn.functional" else name


def torch_name(function) -> str | None:
    """The name by which a script knows a function of torch; None for any other object."""
    try:
        known = _names().get(function)
    except TypeError:
        return None
    if known is not None or not isinstance(function, types.FunctionType):
        return known
    if function.__module__.partition(".")[0] not in (gates.PACKAGE, "torch"):
        return None
    name = function.__name__
    held = inspect.unwrap(getattr(_ROOT, name, _names)) is inspect.unwrap(function)
    return f"torch.{name}" if held else f"{function.__module__.replace(gates.PACKAGE, 'torch', 1)}.{name}"


def written_in_python(function) -> bool:
    """Whether PyTorch hands a function's optional arguments on by keyword, as it does where Python code is asked."""
    return (torch_name(function) or "").startswith(("torch.nn.functional.", "torch.functional."))


def qualified_name(target) -> str:
    """The name of a function with its module, as scripts write it."""
    known = torch_name(target)
    if known is not None:
        return known
    name = getattr(target, "__name__", type(target).__name__)
    if getattr(builtins, name, None) is target:
        return name
    if isinstance(target, type):
        return ".".join(filter(None, compat_names.torch_name(target, target.__qualname__)))
    module = (getattr(target, "__module__", None) or "").replace("_operator", "operator")
    return f"{module}.{getattr(target, '__qualname__', name)}".lstrip(".").replace(".<locals>.", ".")


def type_repr(kind) -> str:
    """A type as annotations write it."""
    if isinstance(kind, type) and not isinstance(kind, types.GenericAlias):
        if kind.__module__ == "builtins":
            return kind.__qualname__
        return qualified_name(kind)
    if kind is ...:
        return "..."
    return kind.__name__ if isinstance(kind, types.FunctionType) else repr(kind)


class _Torch:
    """What generated code calls torch: the package, with the functions that have their home elsewhere in PyTorch."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __getattr__(self, name: str) -> Any:
        path = f"{self._path}.{name}"
        if path in ("torch.functional", "torch._C") or self._path == "torch._C":
            return _Torch(path)
        return getattr(_ROOT, name) if self._path == "torch" else _by_name()[path]


@functools.cache
def _by_name() -> dict[str, Any]:
    return {name: function for function, name in _names().items()}


TORCH = _Torch("torch")
