"""Operators of scripts: a schema, kernels by the keys that they are registered for, and how calls find them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from .. import gates
from ..autograd.function import Function
from ..autograd.modes import MODE
from ..tensor import Tensor
from ..utils._pytree import tree_flatten, tree_unflatten
from .schema import Schema

BACKENDS = ("CPU", "CompositeExplicitAutograd", "CompositeImplicitAutograd")
"""The keys of kernels that run here, the first that is registered."""

_ALIASES = (
    "The output of this custom operator (1) must not also be an input to this custom operator and (2) may not alias "
    "any inputs to this custom operator or other returns. The most common way to trigger this error is if we have y = "
    "custom_op(x) and y and x are the same Tensor. Please instead return a clone of the offending output tensor(s) "
    "(e.g. return x.clone()) or refactor the custom operator to not return y."
)


class _Below(threading.local):
    """The operators whose kernels for autograd are running."""

    def __init__(self) -> None:
        self.operators: list[OpOverload] = []


_BELOW = _Below()


def _asking(op: Callable, function: Callable, args: tuple, kwargs: dict[str, Any]) -> Any:
    """A call of an operator: a mode's, or that of the classes of its arguments, or the function's."""
    flat = tree_flatten((args, kwargs))[0]
    if not gates.STATE.inside and (gates.STATE.modes or gates.overloaded(flat)):
        return gates.dispatch(op, function, args, kwargs, flat)
    return function(*args, **kwargs)


class OpOverload:
    """One operator: call it, or see its schema in `_schema`."""

    def __init__(self, schema: Schema) -> None:
        self._schema, self._overloadname = schema, schema.overload_name or "default"
        self.namespace, _, self._opname = schema.name.partition("::")
        self.__name__ = f"{self._opname}.{self._overloadname}"
        self.__qualname__, self.__module__ = self.__name__, f"torch.ops.{self.namespace}"
        self.kernels: dict[str, Callable] = {}
        self.disabled: set[str] = set()
        self.strict = False  # whether it is opaque to autograd, and its results must be new
        self.backward: Callable | None = None
        self.setup_context: Callable | None = None
        self.vmap: Callable | None = None
        self.fake: Callable | None = None
        self.casts: dict[str, Any] = {}
        self.tags: list = []

    def __repr__(self) -> str:
        return f"<OpOverload(op='{self.namespace}.{self._opname}', overload='{self._overloadname}')>"

    def __str__(self) -> str:
        return f"{self.namespace}.{self._opname}.{self._overloadname}"

    def __hash__(self) -> int:
        return id(self)

    def name(self) -> str:
        """The operator's name with its namespace."""
        return self._schema.name + (f".{self._schema.overload_name}" if self._schema.overload_name else "")

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return _asking(self, self._run, args, kwargs)

    def _run(self, *args: Any, **kwargs: Any) -> Any:
        positional, named = self._schema.bind(args, kwargs)
        if self.casts and MODE.autocast is not None:
            positional = [self._cast(a) for a in positional]
        tensors = [a for a in tree_flatten((positional, named))[0] if isinstance(a, Tensor)]
        if any(t.level is not None for t in tensors):
            return self._recorded(positional, named)
        if bool(MODE.enabled) and any(t.requires_grad for t in tensors):
            if (kernel := self._for_autograd()) is not None:
                return self._above(kernel, positional, named)
            if self.strict or self.backward is not None:
                return self._recorded(positional, named)
        return self.run_kernel(positional, named)

    def _for_autograd(self) -> Callable | None:
        if self in _BELOW.operators:
            return None
        return self.kernels.get("Autograd") or self.kernels.get("AutogradCPU")

    def _above(self, kernel: Callable, positional: list, named: dict[str, Any]) -> Any:
        _BELOW.operators.append(self)
        try:
            return kernel(*positional, **named)
        finally:
            _BELOW.operators.pop()

    def _cast(self, a: Any) -> Any:
        kind = self.casts.get("cpu")
        return a.to(kind) if isinstance(a, Tensor) and a.is_floating_point() and kind is not None else a

    # ------------------------------------------------------------------ kernels
    def run_kernel(self, positional: list, named: dict[str, Any]) -> Any:
        """What the kernel for this processor gives. Raises NotImplementedError where there is none."""
        key = next((k for k in BACKENDS if k in self.kernels and k not in self.disabled), "CompositeExplicitAutograd")
        if key not in self.kernels:
            raise NotImplementedError(
                f"Could not run '{self.name()}' with arguments from the 'CPU' backend. This could be because the "
                "operator doesn't exist for this backend, or was omitted during the selective/custom build process "
                f"(if using custom build). '{self.name()}' is only available for these backends: "
                f"[{', '.join(self.kernels)}]."
            )
        args, kwargs = self._schema.without_defaults(positional, named)
        result = self.kernels[key](*args, **kwargs)
        for a, value in zip(self._schema.arguments, positional):
            if a.mutated and isinstance(value, Tensor):
                value.storage.version += 1
        if self.strict:
            self._check_result(result, positional, named)
        return result

    def _check_result(self, result: Any, positional: list, named: dict[str, Any]) -> None:
        if self._schema.returns == "Tensor" and not isinstance(result, Tensor):
            raise RuntimeError(f"Unable to cast {result} to Tensor")
        seen = {id(t.storage) for t in tree_flatten((positional, named))[0] if isinstance(t, Tensor)}
        for t in tree_flatten(result)[0]:
            if isinstance(t, Tensor):
                if id(t.storage) in seen:
                    kernel = self.kernels.get("CompositeExplicitAutograd")
                    home = getattr(kernel, "__module__", "an unknown module")
                    raise RuntimeError(f"{self._opname} (with implementation in {home}): {_ALIASES}")
                seen.add(id(t.storage))

    # ------------------------------------------------------------------ autograd and vmap
    def _recorded(self, positional: list, named: dict[str, Any]) -> Any:
        """A call as one node on the tape, with the gradients that were registered."""
        flat, structure = tree_flatten(positional)
        return _function_of(self, structure, named).apply(*flat)


def _function_of(op: OpOverload, structure: Any, named: dict[str, Any]) -> type[Function]:
    """The autograd.Function that a call is; lists of tensors are laid out flat for it."""

    def arguments(flat: tuple) -> list:
        return tree_unflatten(list(flat), structure)

    class Call(Function):
        @staticmethod
        def forward(*flat):
            return op.run_kernel(arguments(flat), named)

        @staticmethod
        def setup_context(ctx, inputs, output):
            given = arguments(inputs)
            if op.setup_context is not None and named:
                op.setup_context(ctx=ctx, inputs=tuple(given), keyword_only_inputs=named, output=output)
            elif op.setup_context is not None:
                op.setup_context(ctx=ctx, inputs=tuple(given), output=output)

        @staticmethod
        def backward(ctx, *grads):
            if op.backward is None:
                raise RuntimeError(
                    f"Trying to backward through {op} but no autograd formula was registered. Please use "
                    "register_autograd to add one."
                )
            flat, ctx.needs_input_grad = ctx.needs_input_grad, tuple(arguments(ctx.needs_input_grad))
            try:
                given = op.backward(ctx, *grads)
            finally:
                ctx.needs_input_grad = flat
            return _flat_gradients(given if isinstance(given, tuple) else (given,), structure)

        @staticmethod
        def vmap(info, in_dims, *flat):
            dims = tuple(tree_unflatten(list(in_dims), structure))
            return (op.vmap or _looped(op))(info, dims, *arguments(flat), **named)

    Call.__name__ = Call.__qualname__ = f"GeneratedBackwardFor_{op.namespace}_{op._opname}_{op._overloadname}"
    return Call


def _flat_gradients(grads: tuple, structure: Any) -> tuple:
    """Gradients for each argument as one for each leaf; None for a list is None for all of it."""
    flat: list = []
    for grad, part in zip(grads, structure.children()):
        flat += [grad] if part.is_leaf() else [None] * part.num_leaves if grad is None else list(grad)
    return tuple(flat)


def _looped(op: OpOverload) -> Callable:
    """What vmap does with an operator that says nothing of batches: one call for each element."""
    from .. import stack

    def rule(info, in_dims, *args, **named):
        flat, structure = tree_flatten(list(args))
        dims = tree_flatten(list(in_dims))[0]
        if len(dims) != len(flat):
            dims = [d for a, d in zip(args, in_dims) for _ in tree_flatten(a)[0]]
        calls = []
        for i in range(info.batch_size):
            one = [a if d is None else a.select(d, i) for a, d in zip(flat, dims)]
            calls.append(op(*tree_unflatten(one, structure), **named))
        if isinstance(calls[0], Tensor):
            return stack(calls), 0
        return tuple(stack(list(parts)) for parts in zip(*calls)), (0,) * len(calls[0])

    return rule


class OpOverloadPacket:
    """All operators of one name; a call goes to the first that takes it."""

    def __init__(self, namespace: str, name: str) -> None:
        self._qualified_op_name, self.__name__ = f"{namespace}::{name}", name
        self.__qualname__, self.__module__ = name, f"torch.ops.{namespace}"
        self.operators: dict[str, OpOverload] = {}

    def __repr__(self) -> str:
        return f"<OpOverloadPacket(op='{self!s}')>"

    def __str__(self) -> str:
        return self._qualified_op_name.replace("::", ".")

    def __getattr__(self, overload: str) -> OpOverload:
        found = self.__dict__.get("operators", {}).get(overload)
        if found is None:
            raise AttributeError(f"The underlying op of '{self}' has no overload name '{overload}'")
        return found

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return _asking(self, self._first, args, kwargs)

    def _first(self, *args: Any, **kwargs: Any) -> Any:
        *others, last = self.operators.values()
        for op in others:
            try:
                op._schema.bind(args, kwargs)
            except RuntimeError:
                continue
            return op(*args, **kwargs)
        return last(*args, **kwargs)

    def overloads(self) -> list[str]:
        """The names of the operators."""
        return list(self.operators)


class _OpNamespace:
    """The operators of one namespace, as attributes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.packets: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"<module 'torch.ops.{self.name}' from 'torch.ops'>"

    def __getattr__(self, op_name: str) -> OpOverloadPacket:
        packets = self.__dict__.get("packets", {})
        if op_name not in packets and self.__dict__.get("name") == "aten" and not op_name.startswith("__"):
            from .native import native_packet

            packets[op_name] = native_packet(op_name)
        if packets.get(op_name) is None:
            raise AttributeError(f"'_OpNamespace' '{self.__dict__.get('name')}' object has no attribute '{op_name}'")
        return packets[op_name]

    def __dir__(self) -> list[str]:
        return list(self.packets)


NAMESPACES: dict[str, _OpNamespace] = {}


def namespace(name: str) -> _OpNamespace:
    """The namespace of a name, made where there is none."""
    if name not in NAMESPACES:
        NAMESPACES[name] = _OpNamespace(name)
    return NAMESPACES[name]


def add(schema: Schema) -> OpOverload:
    """A new operator. Raises RuntimeError where there is one of its name already."""
    space, _, name = schema.name.partition("::")
    packet = namespace(space).packets.setdefault(name, OpOverloadPacket(space, name))
    op = OpOverload(schema)
    if op._overloadname in packet.operators:
        raise RuntimeError(
            f"Tried to register an operator ({schema}) with the same name and overload name multiple times. Each "
            "overload's schema should only be registered with a single call to def()."
        )
    packet.operators[op._overloadname] = op
    return op


def find(op: Any) -> OpOverload:
    """The operator that a name, an operator or a definition stands for. Raises RuntimeError where there is none."""
    if isinstance(op, OpOverload):
        return op
    if isinstance(op, OpOverloadPacket):
        return op.default
    if hasattr(op, "_opoverload"):
        return op._opoverload
    space, _, name = str(op).partition("::")
    name, _, overload = name.partition(".")
    packet = namespace(space).packets.get(name)
    if packet is None or (overload or "default") not in packet.operators:
        raise RuntimeError(f"Could not find the operator {op}")
    return packet.operators[overload or "default"]
