"""torch.fx.Tracer: runs a function on proxies, with gates around torch's functions; what it did is a graph."""

from __future__ import annotations

import builtins
import contextlib
import functools
import inspect
import math
import sys
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

import flambeau as torch

from .. import gates
from ..nn import Module, Parameter, Sequential
from .graph import Graph
from .graph_module import GraphModule
from .node import map_aggregate
from .proxy import Proxy, TracerBase

__all__ = ["PH", "Tracer", "symbolic_trace", "wrap"]

PH = object()
"""In `concrete_args`: an argument that stays an input."""

_wrapped: dict[tuple[int, str], dict[str, Any]] = {}
"""The names whose calls are recorded as one node, with the globals of the modules that they stand in."""

_LIBRARIES = tuple(f"{package}.{name}" for package in (gates.PACKAGE, "torch") for name in ("nn", "ao.nn"))


def wrap(fn_or_name: str | Callable):
    """Records calls of a function as one node rather than what happens inside of it; called at the top of a module.

    fn_or_name: a function of the module, or the name of one that it sees. Gives it back, so it serves as a decorator.
    """
    if not callable(fn_or_name) and not isinstance(fn_or_name, str):
        raise RuntimeError("Unsupported type for global function! Must be either a callable or string name")
    name = fn_or_name if isinstance(fn_or_name, str) else fn_or_name.__name__
    frame: Any = sys._getframe(1)
    if frame.f_code.co_name != "<module>":
        raise NotImplementedError("wrap must be called at the top level of a module")
    _wrapped[id(frame.f_globals), name] = frame.f_globals
    return fn_or_name


def symbolic_trace(root: Module | Callable[..., Any], concrete_args: dict[str, Any] | None = None) -> GraphModule:
    """A module that computes what another module or a function does, as a graph that can be read and changed.

    concrete_args: values of arguments that are no inputs but decide what the function does.
    Raises TraceError where the function asks for the value of an input.
    """
    tracer = Tracer()
    graph = tracer.trace(root, concrete_args)
    name = type(root).__name__ if isinstance(root, Module) else getattr(root, "__name__", type(root).__name__)
    if isinstance(root, GraphModule):
        name = root._get_name()
    return GraphModule(tracer.root, graph, name)


class Tracer(TracerBase):
    """Records a module or a function; subclasses say which modules are one node, and how nodes are made.

    autowrap_modules: modules whose functions are one node.  autowrap_functions: functions that are.
    param_shapes_constant: whether `size` and `shape` of parameters are read when the graph is made.
    """

    def __init__(
        self, autowrap_modules: tuple[ModuleType, ...] = (math,), autowrap_functions: tuple[Callable, ...] = (),
        param_shapes_constant: bool = False,
    ) -> None:  # fmt: skip
        self._autowrap_search = list(autowrap_modules)
        found = {f for module in autowrap_modules for name, f in vars(module).items() if not name.startswith("_")}
        self._autowrap = {f for f in found if callable(f)} | set(autowrap_functions)
        self.param_shapes_constant = param_shapes_constant
        self.root: Module = Module()
        self.module_stack: OrderedDict[str, tuple[str, Any]] = OrderedDict()
        self.tensor_attrs: dict[int, str] = {}

    # ------------------------------------------------------------------ what subclasses say
    def is_leaf_module(self, m: Module, module_qualified_name: str) -> bool:
        """Whether a module is one node: those of torch.nn are, but for Sequential."""
        home = type(m).__module__
        return any(home == name or home.startswith(name + ".") for name in _LIBRARIES) and not isinstance(m, Sequential)

    def call_module(self, m: Module, forward: Callable[..., Any], args: tuple, kwargs: dict) -> Any:
        """What a call of a module gives: a node's proxy, or for other modules what `forward` gives."""
        path = self.path_of_module(m)
        self.module_stack[path] = (path, type(m))
        try:
            if not self.is_leaf_module(m, path):
                return forward(*args, **kwargs)
            proxy = self.create_proxy("call_module", path, args, kwargs)
            return proxy
        finally:
            self.module_stack.popitem()

    def create_node(self, kind, target, args, kwargs, name=None, type_expr=None):
        """Adds a node, with the modules whose forward is running."""
        node = super().create_node(kind, target, args, kwargs, name, type_expr)
        if self.module_stack:
            node.meta["nn_module_stack"] = self.module_stack.copy()
        return node

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        """What reading an attribute of a module gives: a node's proxy for a parameter."""
        if isinstance(attr_val, Parameter):
            members: Any = self.root.named_parameters()
        elif self.proxy_buffer_attributes and isinstance(attr_val, torch.Tensor):
            members = self.root.named_buffers()
        else:
            return attr_val
        for name, value in members:
            if value is attr_val:
                if name not in parameter_proxy_cache:
                    parameter_proxy_cache[name] = self.create_proxy("get_attr", name, (), {})
                return parameter_proxy_cache[name]
        return attr_val

    def path_of_module(self, mod: Module) -> str:
        """The path of a module from the root. Raises NameError where it has none."""
        for path, module in self.root.named_modules():
            if module is mod:
                return path
        raise NameError("module is not installed as a submodule")

    def get_fresh_qualname(self, prefix: str) -> str:
        """An attribute of the root that is free: the prefix and a number."""
        number = 0
        while hasattr(self.root, f"{prefix}{number}"):
            number += 1
        return f"{prefix}{number}"

    def create_arg(self, a: Any) -> Any:
        """An argument as nodes hold it; tensors become attributes of the root."""
        if isinstance(a, Parameter):
            for name, value in self.root.named_parameters():
                if value is a:
                    return self.create_node("get_attr", name, (), {})
            raise NameError("parameter is not a member of this module")
        if isinstance(a, torch.Tensor):
            return self.create_node("get_attr", self._attribute(a), (), {})
        if isinstance(a, Module):
            return self.create_node("get_attr", self.path_of_module(a), (), {})
        if isinstance(a, tuple) and hasattr(a, "_fields"):
            return self.create_node("call_function", type(a), tuple(self.create_arg(part) for part in a), {})
        return super().create_arg(a)

    def _attribute(self, tensor: torch.Tensor) -> str:
        """The path of a tensor from the root, which is given one that it has not."""
        for name, value in self.root.named_buffers():
            if value is tensor:
                return name
        if id(tensor) not in self.tensor_attrs:
            self.tensor_attrs[id(tensor)] = name = self.get_fresh_qualname("_tensor_constant")
            setattr(self.root, name, tensor)
        return self.tensor_attrs[id(tensor)]

    # ------------------------------------------------------------------ the trace
    def trace(self, root: Module | Callable[..., Any], concrete_args: dict[str, Any] | None = None) -> Graph:
        """The graph of a module or a function.

        concrete_args: values of arguments that are no inputs.  Raises TraceError where a value is asked for.
        """
        is_module = isinstance(root, Module)
        if is_module and not hasattr(type(root), self.traced_func_name):
            raise AssertionError(f"traced_func_name={self.traced_func_name} doesn't exist in {type(root).__name__}")
        self.root = root if isinstance(root, Module) else Module()
        function: Any = getattr(type(root), self.traced_func_name) if is_module else root
        self.graph = Graph(tracer_cls=type(self))
        self.module_stack.clear()
        self.tensor_attrs = dict(_tensor_attributes(self.root))
        function, args = self.create_args_for_root(function, is_module, concrete_args)
        with self._patched(function):
            result = self.create_arg(function(*args))
        self.create_node("output", "output", (result,), {}, type_expr=_annotations(function).get("return"))
        return self.graph

    def create_args_for_root(self, root_fn: Callable, is_module: bool, concrete_args=None) -> tuple[Callable, list]:
        """Placeholders for the parameters of a function; gives the function to call, and its arguments."""
        plain: Any = inspect.unwrap(root_fn)
        code: CodeType = plain.__code__
        count = code.co_argcount + code.co_kwonlyargcount
        names = iter(code.co_varnames[:count])
        args: list[Any] = [self.root] if is_module else []
        if is_module:
            next(names)
        inputs = _Inputs(self, plain, concrete_args or {})
        args += [inputs.of(name) for name in names]
        stars = [star for star, flag in (("*", 0x04), ("**", 0x08)) if code.co_flags & flag]
        if not stars and not code.co_kwonlyargcount:
            return root_fn, args
        args += [inputs.of(star + code.co_varnames[count + i], star) for i, star in enumerate(stars)]
        return _with_plain_parameters(plain, len(args)), args

    @contextlib.contextmanager
    def _patched(self, function: Callable) -> Iterator[None]:
        """Calls of modules, reads of their attributes, and calls of wrapped functions come to this tracer."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(gates.standing_everywhere(self.root))
            stack.enter_context(_modules_asking(self))
            for names, name, original in self._functions_to_wrap(function):
                stack.enter_context(_replaced(names, name, _recorder(original)))
            yield

    def _functions_to_wrap(self, function: Callable) -> Iterator[tuple[dict, str, Callable]]:
        for (_, name), names in list(_wrapped.items()):
            original = names.get(name, getattr(builtins, name, None))
            if original is not None:
                yield names, name, original
        for names in [vars(module) for module in self._autowrap_search] + [getattr(function, "__globals__", {})]:
            for name, value in list(names.items()):
                if not name.startswith("_") and callable(value) and _is_among(value, self._autowrap):
                    yield names, name, value


class _Inputs:
    """The placeholders of a function's parameters, or the values that are given for them."""

    def __init__(self, tracer: Tracer, function: Callable, concrete: dict[str, Any]) -> None:
        self.tracer, self.signature, self.concrete, self.count = tracer, inspect.signature(function), concrete, 0
        self.annotations = _annotations(function)

    def of(self, name: str, star: str = "") -> Any:
        """What a parameter is in the trace."""
        parameter = self.signature.parameters[name.removeprefix(star)]
        default = () if star or parameter.default is parameter.empty else (parameter.default,)
        if name in self.concrete and self.concrete[name] is not PH:
            return self._specialized(name, self.concrete[name], default)
        kind = None if star else self.annotations.get(name)
        return self.tracer.create_proxy("placeholder", name, default, {}, type_expr=kind)

    def _specialized(self, name: str, value: Any, default: tuple) -> Any:
        self.count += 1
        given = self.tracer.create_proxy("placeholder", f"{name}_{self.count}", default, {})
        told = f"{name} has been specialized to have value {value} but got another value"
        if value is None:
            self.tracer.create_proxy("call_function", _assert_is_none, (given, told), {})
        elif isinstance(value, (bool, int, float)):
            torch._assert(given == value, told)
        else:
            warnings.warn(
                f"Was not able to add assertion to guarantee correct input {name} to specialized function. It is up "
                "to the user to make sure that your inputs match the inputs you specialized the function with.",
                stacklevel=2,
            )
        return value


def _assert_is_none(value: Any, msg: str) -> None:
    if value is not None:
        raise AssertionError(msg)


def _tensor_attributes(root: Module) -> Iterator[tuple[int, str]]:
    """The tensors that modules hold beside their parameters and buffers, by identity, with their paths."""
    for path, module in root.named_modules():
        for name, value in vars(module).items():
            if isinstance(value, torch.Tensor) and not isinstance(value, Parameter):
                yield id(value), f"{path}.{name}".lstrip(".")


def _annotations(function: Callable) -> dict[str, Any]:
    """The types of parameters and of the result; this package writes its own as text."""
    kinds = dict(getattr(function, "__annotations__", {}))
    if (getattr(function, "__module__", None) or "").partition(".")[0] != gates.PACKAGE:
        return kinds
    return {k: eval(v, getattr(function, "__globals__", {})) if isinstance(v, str) else v for k, v in kinds.items()}


def _with_plain_parameters(function: FunctionType, count: int) -> FunctionType:
    """A function whose parameters are all positional, so that `*args` may be one proxy."""
    code = function.__code__.replace(
        co_argcount=count, co_posonlyargcount=0, co_kwonlyargcount=0, co_flags=function.__code__.co_flags & ~0x0C
    )
    plain = FunctionType(code, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
    plain.__annotations__ = function.__annotations__
    return plain


def _is_among(value: Any, functions: set) -> bool:
    try:
        return value in functions
    except TypeError:
        return False


@contextlib.contextmanager
def _modules_asking(tracer: Tracer) -> Iterator[None]:
    """While this lasts, modules ask a tracer what their calls and their attributes are."""
    call, read = Module.__call__, Module.__getattribute__
    cache: dict[str, Any] = {}

    def __call__(self: Module, *args: Any, **kwargs: Any) -> Any:
        return tracer.call_module(self, functools.partial(call, self), args, kwargs)

    def __getattribute__(self: Module, name: str) -> Any:
        value = read(self, name)
        return tracer.getattr(name, value, cache) if isinstance(value, torch.Tensor) else value

    Module.__call__ = __call__  # type: ignore[method-assign]
    Module.__getattribute__ = __getattribute__  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        Module.__call__ = call  # type: ignore[method-assign]
        del Module.__getattribute__


def _recorder(original: Callable) -> Callable:
    """A function whose calls with proxies are one node."""

    @functools.wraps(original)
    def recording(*args: Any, **kwargs: Any) -> Any:
        found: list[Proxy] = []
        map_aggregate((args, kwargs), lambda a: found.append(a) if isinstance(a, Proxy) else None)
        if not found:
            return original(*args, **kwargs)
        proxy = found[0].tracer.create_proxy("call_function", original, args, kwargs)
        proxy.node.meta["is_wrapped"] = True
        return proxy

    return recording


@contextlib.contextmanager
def _replaced(names: dict, name: str, value: Any) -> Iterator[None]:
    before = names.get(name, _replaced)
    names[name] = value
    try:
        yield
    finally:
        if before is _replaced:
            del names[name]
        else:
            names[name] = before
