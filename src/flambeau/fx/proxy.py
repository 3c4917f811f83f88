"""torch.fx.Proxy: a value that notes what is done with it as nodes of a graph."""

from __future__ import annotations

import dis
import inspect
import operator
from collections.abc import Callable, Iterator
from typing import Any

import flambeau as torch

from ..overrides import is_tensor_method_or_property
from .codegen import magic_methods, reflectable_magic_methods
from .graph import Graph
from .node import Node, Target, map_aggregate
from .targets import torch_name, written_in_python

__all__ = ["Attribute", "GraphAppendingTracer", "Proxy", "TraceError", "TracerBase"]

_CONSTANTS = (str, int, float, bool, complex, torch.dtype, torch.Tensor, torch.device, torch.memory_format,
              torch.layout, type(None), type(...))  # fmt: skip


class TraceError(ValueError):
    """What a function does cannot be told from proxies."""


class TracerBase:
    """Makes nodes and proxies in one graph."""

    graph: Graph
    record_stack_traces = check_mutable_operations = trace_asserts = proxy_buffer_attributes = False
    traced_func_name = "forward"

    def create_node(
        self, kind: str, target: Target, args: tuple, kwargs: dict, name: str | None = None, type_expr=None
    ) -> Node:
        """Adds a node to the graph; all nodes are made here."""
        return self.graph.create_node(kind, target, args, kwargs, name, type_expr)

    def proxy(self, node: Node) -> Proxy:
        """What stands for a node's value."""
        return Proxy(node, self)

    def create_proxy(
        self, kind: str, target: Target, args: tuple, kwargs: dict, name: str | None = None, type_expr=None,
        proxy_factory_fn: Callable[[Node], Proxy] | None = None,
    ) -> Proxy:  # fmt: skip
        """Adds a node whose arguments may be proxies; gives what stands for its value."""
        args_, kwargs_ = self.create_arg(args), self.create_arg(kwargs)
        node = self.create_node(kind, target, args_, kwargs_, name, type_expr)
        return (proxy_factory_fn or self.proxy)(node)

    def create_arg(self, a: Any) -> Any:
        """An argument as nodes hold it. Raises NotImplementedError for what a graph cannot hold."""
        if isinstance(a, Proxy):
            return a.node
        if hasattr(a, "__fx_create_arg__"):
            return a.__fx_create_arg__(self)
        if isinstance(a, tuple):
            parts = [self.create_arg(part) for part in a]
            return type(a)(*parts) if hasattr(a, "_fields") else tuple(parts)
        if isinstance(a, list):
            return [self.create_arg(part) for part in a]
        if isinstance(a, dict):
            return {self._key(key): self.create_arg(value) for key, value in a.items()}
        if isinstance(a, (slice, range)):
            return type(a)(*(self.create_arg(part) for part in (a.start, a.stop, a.step)))
        if isinstance(a, (Node, *_CONSTANTS)) or torch_name(a) is not None or isinstance(a, type):
            return a
        raise NotImplementedError(f"argument of type: {type(a)}")

    def _key(self, key: Any) -> Any:
        made = self.create_arg(key)
        if isinstance(made, Node):
            raise RuntimeError(f"Keys for dictionaries used as an argument cannot contain a Node. Got key: {made}")
        return made

    def to_bool(self, obj: Proxy) -> bool:
        """What a proxy is where Python asks for a truth value: nothing that is known."""
        raise TraceError("symbolically traced variables cannot be used as inputs to control flow")

    def iter(self, obj: Proxy) -> Iterator:
        """What a loop over a proxy sees: nothing that is known."""
        raise TraceError(
            "Proxy object cannot be iterated. This can be attempted when the Proxy is used in a loop or as a *args or "
            "**kwargs function argument. See the torch.fx docs on pytorch.org for a more detailed explanation of what "
            "types of control flow can be traced, and check out the Proxy docstring for help troubleshooting Proxy "
            "iteration errors"
        )

    def keys(self, obj: Proxy) -> Any:
        """What `**` of a proxy and its method `keys` give."""
        return Attribute(obj, "keys")()


class GraphAppendingTracer(TracerBase):
    """A tracer that adds to a graph that is already there."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph


class Proxy:
    """Stands for the value of a node; operators, methods and functions of torch on it are new nodes."""

    def __init__(self, node: Node, tracer: TracerBase | None = None) -> None:
        self.tracer = GraphAppendingTracer(node.graph) if tracer is None else tracer
        self.node = node

    def __repr__(self) -> str:
        return f"Proxy({self.node.name})"

    def __getattr__(self, k: str) -> Attribute:
        return Attribute(self, k)

    def __getstate__(self) -> dict:
        return self.__dict__

    def __setstate__(self, state: dict) -> None:
        self.__dict__ = state

    def __deepcopy__(self, memo) -> Proxy:
        return type(self)(self.node, self.tracer) if type(self) is Proxy else self

    def __call__(self, *args: Any, **kwargs: Any) -> Proxy:
        return self.tracer.create_proxy("call_method", "__call__", (self, *args), kwargs)

    def __iter__(self) -> Iterator:
        frame = inspect.currentframe()
        caller = frame.f_back if frame is not None else None
        if caller is not None and caller.f_lasti >= 0:
            at = next((i for i in dis.get_instructions(caller.f_code) if i.offset == caller.f_lasti), None)
            if at is not None and at.opname == "UNPACK_SEQUENCE":
                return (self[i] for i in range(at.argval))  # type: ignore[index]
        return self.tracer.iter(self)

    def __abs__(self) -> Proxy:
        return self.tracer.create_proxy("call_function", operator.abs, (self,), {})

    def __bool__(self) -> bool:
        return self.tracer.to_bool(self)

    def __len__(self) -> int:
        raise RuntimeError(
            "'len' is not supported in symbolic tracing by default. If you want this call to be recorded, please call "
            "torch.fx.wrap('len') at module scope"
        )

    def keys(self) -> Any:
        """What `**` of this value unpacks."""
        return self.tracer.keys(self)

    @classmethod
    def __torch_function__(cls, orig_method, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        found: list[TracerBase] = []
        map_aggregate((args, kwargs), lambda a: found.append(a.tracer) if isinstance(a, Proxy) else None)
        if len({id(tracer) for tracer in found}) > 1:
            raise RuntimeError(
                f"Found multiple different tracers {found} while trying to trace operations {orig_method}"
            )
        if is_tensor_method_or_property(orig_method):
            return found[0].create_proxy("call_method", orig_method.__name__, args, kwargs)
        if orig_method in _METHODS_THERE:
            return getattr(args[0] if args else kwargs["input"], orig_method.__name__)()
        if written_in_python(orig_method):
            args, kwargs = _with_keywords(orig_method, args, kwargs)
        return found[0].create_proxy("call_function", orig_method, args, kwargs)


class Attribute(Proxy):
    """An attribute of a proxy; it becomes a node only where it is no method that is called."""

    def __init__(self, root: Proxy, attr: str) -> None:
        self.root, self.attr, self.tracer = root, attr, root.tracer
        self._node: Node | None = None

    @property
    def node(self) -> Node:  # type: ignore[override]
        """The reading of the attribute."""
        if self._node is None:
            self._node = self.tracer.create_proxy("call_function", getattr, (self.root, self.attr), {}).node
        return self._node

    def __call__(self, *args: Any, **kwargs: Any) -> Proxy:
        return self.tracer.create_proxy("call_method", self.attr, (self.root, *args), kwargs)


# PyTorch's functions of these names call the methods.
_METHODS_THERE = frozenset({torch.nn.functional.sigmoid, torch.nn.functional.tanh})


def _with_keywords(function: Callable, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    """The arguments of a call as PyTorch's Python functions hand them on: what has a default goes by keyword."""
    bound = inspect.signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    positional: list = []
    named: dict[str, Any] = {}
    for name, parameter in bound.signature.parameters.items():
        value = bound.arguments[name]
        if parameter.kind is parameter.VAR_POSITIONAL:
            positional += value
        elif parameter.kind is parameter.VAR_KEYWORD:
            named.update(value)
        elif parameter.default is parameter.empty:
            positional.append(value)
        else:
            named[name] = value
    return tuple(positional), named


def _operator_method(name: str) -> Callable:
    target = getattr(operator, name)

    def method(*args: Any, **kwargs: Any) -> Proxy:
        return args[0].tracer.create_proxy("call_function", target, args, kwargs)

    method.__name__ = f"__{name.strip('_')}__"
    return method


def _reflected_method(name: str) -> Callable:
    target = getattr(operator, name)

    def method(self: Proxy, other: Any) -> Proxy:
        return self.tracer.create_proxy("call_function", target, (other, self), {})

    method.__name__ = f"__r{name.strip('_')}__"
    return method


for _name in (*magic_methods, *reflectable_magic_methods):
    if hasattr(operator, _name):
        _method = _operator_method(_name)
        setattr(Proxy, _method.__name__, _method)
    if _name in reflectable_magic_methods and hasattr(operator, _name):
        _method = _reflected_method(_name)
        setattr(Proxy, _method.__name__, _method)
Proxy.__hash__ = object.__hash__  # type: ignore[method-assign]
