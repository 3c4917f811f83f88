"""Scripted and traced modules and functions: what was given, under PyTorch's names for it."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from ..autograd.modes import no_grad
from ..nn import Module

_DEPRECATED = "`torch.jit.{}` is deprecated. Please switch to `torch.compile` or `torch.export`."


class ScriptModule(Module):
    """The base class of scripted modules."""

    def save(self, f: Any, _extra_files: Mapping[str, Any] | None = None) -> None:
        """Writes the module to a file that `torch.jit.load` reads."""
        from .files import save

        save(self, f, _extra_files)


class RecursiveScriptModule(ScriptModule):
    """A module in the clothes of a scripted one: it shares all state with the original, whose forward it runs.

    Args:
        original: the module.
    """

    def __init__(self, original: Module) -> None:
        # Not Module.__init__: the registers of parameters, buffers, hooks and children are the original's own.
        self.__dict__ = dict(vars(original))
        self.__dict__["_original"] = original

    @property
    def original_name(self) -> str:
        """The name of the class that was scripted."""
        return type(self._original).__name__

    @property
    def code(self) -> str:
        """The source of forward."""
        return inspect.getsource(type(self._original).forward)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The original's forward."""
        return self._original.forward(*args, **kwargs)

    def train(self, mode: bool = True) -> RecursiveScriptModule:
        """Sets the mode of the original as well."""
        self._original.train(mode)
        return super().train(mode)

    def __getattr__(self, name: str) -> Any:
        original = vars(self).get("_original")
        if original is None:
            raise AttributeError(name)
        return getattr(original, name)

    def __getitem__(self, index: Any) -> Any:
        return self._original[index]

    def __len__(self) -> int:
        return len(self._original)

    def __iter__(self):
        return iter(self._original)

    def __bool__(self) -> bool:
        return True

    def __reduce__(self):
        return RecursiveScriptModule, (self._original,)

    def __repr__(self) -> str:
        return _clothed(self._original)


def _clothed(module: Module) -> str:
    """PyTorch's printed form of a scripted module and its children."""
    title = f"original_name={type(module).__name__}"
    children = [f"({name}): {_clothed(child)}".replace("\n", "\n  ") for name, child in module.named_children()]
    if not children:
        return f"RecursiveScriptModule({title})"
    return "RecursiveScriptModule(\n  " + "\n  ".join([title, *children]) + "\n)"


class ScriptFunction:
    """A scripted or traced function: the function.

    Args:
        function: what it calls.
    """

    def __init__(self, function: Callable) -> None:
        self._function = function
        self.name = getattr(function, "__name__", "forward")
        self.__doc__ = function.__doc__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)

    @property
    def code(self) -> str:
        """The source of the function."""
        return inspect.getsource(self._function)

    def save(self, f: Any, _extra_files: Mapping[str, Any] | None = None) -> None:
        """Writes the function to a file that `torch.jit.load` reads."""
        from .files import save

        save(self, f, _extra_files)


def script(obj: Any, optimize=None, _frames_up: int = 0, _rcb=None, example_inputs=None) -> Any:
    """A module or function, scripted: it computes what it computed before. Classes stay as they are.

    Raises TypeError for what can't be scripted.
    """
    warnings.warn(_DEPRECATED.format("script"), DeprecationWarning, stacklevel=2)
    return _dressed(obj)


def _dressed(obj: Any) -> Any:
    if isinstance(obj, (ScriptModule, ScriptFunction)) or inspect.isclass(obj):
        return obj
    if isinstance(obj, Module):
        return RecursiveScriptModule(obj)
    if callable(obj):
        return ScriptFunction(obj)
    raise TypeError(f"{type(obj)} is a built-in class")


def trace(func: Any, example_inputs: Any = None, *args: Any, example_kwarg_inputs=None, **kwargs: Any) -> Any:
    """A module or function, traced: it is called once with the example inputs, and stays what it is.

    Args:
        func: the module or function.
        example_inputs: one tensor, or the tuple of arguments.
        example_kwarg_inputs: keyword arguments instead.
    """
    warnings.warn(_DEPRECATED.format("trace"), DeprecationWarning, stacklevel=2)
    if example_inputs is None and example_kwarg_inputs is None:
        raise RuntimeError("example_kwarg_inputs should be a dict")
    positional = example_inputs if isinstance(example_inputs, (tuple, list)) else (example_inputs,)
    with no_grad():
        func(**example_kwarg_inputs) if example_kwarg_inputs is not None else func(*positional)
    return _dressed(func)


def trace_module(mod: Module, inputs: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
    """A module, traced: the named methods are called once with their inputs."""
    warnings.warn(_DEPRECATED.format("trace_method"), DeprecationWarning, stacklevel=2)
    with no_grad():
        for name, example in inputs.items():
            getattr(mod, name)(*(example if isinstance(example, (tuple, list)) else (example,)))
    return _dressed(mod)


def freeze(mod: Any, preserved_attrs=None, optimize_numerics: bool = True) -> Any:
    """A scripted module in evaluation mode, whose weights are constants: the module.

    Raises RuntimeError for what is not scripted, or is in training mode.
    """
    if not isinstance(mod, ScriptModule):
        raise RuntimeError(
            "Freezing expects a ScriptModule as input. Please use torch.jit.script or torch.jit.trace to script your "
            "'nn.Module'."
        )
    if mod.training:
        raise RuntimeError(
            "Freezing is currently only implemented for modules in eval mode. Please call .eval() on your module "
            "before freezing."
        )
    return mod


def optimize_for_inference(mod: Any, other_methods=None) -> Any:
    """A scripted module: it is compiled for what it is called with anyway."""
    return mod
