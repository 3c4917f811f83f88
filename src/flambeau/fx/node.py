"""torch.fx.Node: one step of a graph: an input, an attribute, a call, or the output."""

from __future__ import annotations

import builtins
import operator
from collections.abc import Callable
from typing import Any

from .immutable_collections import immutable_dict, immutable_list
from .targets import qualified_name, type_repr

__all__ = ["Node", "has_side_effect", "map_aggregate", "map_arg"]

Target = Callable[..., Any] | str
LEGAL_OPS = ("placeholder", "call_method", "call_module", "call_function", "get_attr", "output", "root")
_side_effects: set[Callable] = set()


def has_side_effect(fn: Callable) -> Callable:
    """Marks a function whose calls dead code elimination keeps."""
    _side_effects.add(fn)
    return fn


def map_aggregate(a: Any, fn: Callable[[Any], Any]) -> Any:
    """A structure of tuples, lists, dictionaries and slices with fn of each of its leaves."""
    if isinstance(a, tuple):
        parts = [map_aggregate(part, fn) for part in a]
        return type(a)(*parts) if hasattr(a, "_fields") else tuple(parts)
    if isinstance(a, list):
        return immutable_list([map_aggregate(part, fn) for part in a])
    if isinstance(a, dict):
        return immutable_dict([(key, map_aggregate(part, fn)) for key, part in a.items()])
    if isinstance(a, slice):
        return slice(*(map_aggregate(part, fn) for part in (a.start, a.stop, a.step)))
    return fn(a)


def map_arg(a: Any, fn: Callable[[Node], Any]) -> Any:
    """A structure with fn of each of its nodes."""
    if not callable(fn):
        raise AssertionError("torch.fx.map_arg(a, fn): fn must be a callable")
    return map_aggregate(a, lambda leaf: fn(leaf) if isinstance(leaf, Node) else leaf)


class Node:
    """A step of a graph; it stands for the value that the step gives.

    op: "placeholder", "get_attr", "call_function", "call_module", "call_method" or "output".
    target: the input's name, the path of an attribute or module, the function, or the method's name.
    args, kwargs: what it is called with; nodes among them stand for their values.
    """

    def __init__(self, graph, name: str, op: str, target: Target, args: tuple, kwargs: dict, return_type=None) -> None:
        if op not in LEGAL_OPS:
            raise AssertionError(f"op {op!r} is not in _legal_ops")
        if op == "call_function" and not callable(target):
            raise ValueError(
                f"Node [graph = {graph}, name = '{name}'] target {target} has type {type_repr(type(target))} but a "
                "Callable is expected"
            )
        self.graph, self.name, self.op, self.target = graph, name, op, target
        self.type = return_type
        self.users: dict[Node, None] = {}
        self.meta: dict[str, Any] = {}
        self._inputs: dict[Node, None] = {}
        self._args: tuple = ()
        self._kwargs: dict = {}
        self._prev = self._next = self
        self._erased = False
        self._set_arguments(args, kwargs)

    def __repr__(self) -> str:
        return self.name

    def __lt__(self, other: Node) -> bool:
        return self._place() < other._place()

    def __gt__(self, other: Node) -> bool:
        return other < self

    def __le__(self, other: Node) -> bool:
        return self is other or self < other

    def __ge__(self, other: Node) -> bool:
        return self is other or other < self

    def _place(self) -> int:
        return next(place for place, node in enumerate(self.graph.nodes) if node is self)

    # ------------------------------------------------------------------ arguments
    def _set_arguments(self, args: tuple, kwargs: dict) -> None:
        for node in self._inputs:
            node.users.pop(self, None)
        self._args, self._kwargs, self._inputs = map_aggregate(tuple(args), _same), map_aggregate(kwargs, _same), {}
        map_arg((self._args, self._kwargs), self._use)

    def _use(self, node: Node) -> Node:
        self._inputs[node] = node.users[self] = None
        return node

    @property
    def args(self) -> tuple:
        """The positional arguments."""
        return self._args

    @args.setter
    def args(self, args: tuple) -> None:
        self._set_arguments(args, self._kwargs)

    @property
    def kwargs(self) -> dict:
        """The arguments by keyword."""
        return self._kwargs

    @kwargs.setter
    def kwargs(self, kwargs: dict) -> None:
        self._set_arguments(self._args, kwargs)

    @property
    def all_input_nodes(self) -> list[Node]:
        """The nodes among the arguments, each once."""
        return list(self._inputs)

    def update_arg(self, idx: int, arg: Any) -> None:
        """Puts another value for one positional argument."""
        args = list(self._args)
        args[idx] = arg
        self.args = tuple(args)

    def insert_arg(self, idx: int, arg: Any) -> None:
        """Puts a positional argument before another."""
        if not 0 <= idx <= len(self._args):
            raise AssertionError("insert_args index must be between 0 and len(self.args)")
        self.args = (*self._args[:idx], arg, *self._args[idx:])

    def update_kwarg(self, key: str, arg: Any) -> None:
        """Puts another value for one argument by keyword."""
        self.kwargs = {**self._kwargs, key: arg}

    def replace_input_with(self, old_input: Node, new_input: Node) -> None:
        """Uses one node wherever this step used another."""

        def other(node: Node) -> Node:
            return new_input if node is old_input else node

        self._set_arguments(map_arg(self._args, other), map_arg(self._kwargs, other))

    def replace_all_uses_with(
        self, replace_with: Node, delete_user_cb: Callable[[Node], bool] | None = None, *, propagate_meta: bool = False
    ) -> list[Node]:
        """Lets the users of this node use another one; gives those that do now.

        delete_user_cb: which users are to change.  propagate_meta: whether the other takes over this one's meta.
        """
        if propagate_meta:
            if replace_with.meta:
                raise AssertionError(
                    "Called node.replace_all_uses_with(replace_with, propagate_meta=True), but replace_with already "
                    "has .meta keys"
                )
            replace_with.meta.update(self.meta)
        changed = [user for user in self.users if delete_user_cb is None or delete_user_cb(user)]
        for user in changed:
            user.replace_input_with(self, replace_with)
        return changed

    # ------------------------------------------------------------------ its place
    @property
    def next(self) -> Node:
        """The step behind this one."""
        return self._next

    @property
    def prev(self) -> Node:
        """The step before this one."""
        return self._prev

    def _unlink(self) -> None:
        self._prev._next, self._next._prev = self._next, self._prev

    def prepend(self, x: Node) -> None:
        """Moves a step of the same graph before this one."""
        if self.graph is not x.graph:
            raise AssertionError("Attempting to move a Node into a different Graph")
        if x is self:
            return
        x._unlink()
        before = self._prev
        before._next, x._prev, x._next, self._prev = x, before, self, x

    def append(self, x: Node) -> None:
        """Moves a step of the same graph behind this one."""
        self._next.prepend(x) if self._next is not x else None

    # ------------------------------------------------------------------ what it is
    @property
    def stack_trace(self) -> str | None:
        """Where the script made the call, where the tracer kept that."""
        return self.meta.get("stack_trace")

    @stack_trace.setter
    def stack_trace(self, trace: str | None) -> None:
        self.meta["stack_trace"] = trace

    def is_impure(self, impure_random: bool = True) -> bool:
        """Whether the step does more than give a value, so that it stays where nobody uses that."""
        if self.op in ("placeholder", "output"):
            return True
        if self.op == "call_function":
            return self.target in _IMPURE or self.target in _side_effects or _asserts(self.target)
        if self.op == "call_method":
            return str(self.target).endswith("_") and not str(self.target).endswith("__")
        if self.op == "call_module":
            module = None if self.graph.owning_module is None else self.graph.owning_module.get_submodule(self.target)
            return bool(getattr(module, "_is_impure", False))
        return False

    def format_node(self, placeholder_names: list[str] | None = None, maybe_return_typename=None, **ignored) -> str:
        """The step in one line."""
        kind = f"{type_repr(self.type)} " if self.type else ""
        head = f"%{self.name} : {kind}[num_users={len(self.users)}] = {self.op}[target="
        if self.op == "placeholder":
            return f"{head}{self.target}]" + (f"(default={self.args[0]})" if self.args else "")
        if self.op == "get_attr":
            return f"{head}{self.target}]"
        if self.op == "output":
            return f"return {self.args[0]}"
        return f"{head}{self.pretty_target()}](args = {_written(self.args)}, kwargs = {_written(self.kwargs)})"

    def pretty_target(self) -> str:
        """The target by the name that a script has for it."""
        if isinstance(self.target, str):
            return self.target
        name = qualified_name(self.target)
        return f"builtins.{name}" if getattr(builtins, name, None) is self.target else name

    _pretty_print_target = property(lambda self: lambda target: self.pretty_target())


def _same(leaf: Any) -> Any:
    return leaf


def _asserts(target) -> bool:
    return getattr(target, "__name__", "") in ("_assert", "_assert_is_none")


_IMPURE = {operator.iadd, operator.isub, operator.imul, operator.setitem}


def _written(arg: Any) -> str:
    """An argument as graphs print it: nodes with a %, text without quotation marks."""
    if isinstance(arg, list):
        return f"[{', '.join(map(_written, arg))}]"
    if isinstance(arg, tuple):
        return f"({', '.join(map(_written, arg))}{',' if len(arg) == 1 else ''})"
    if isinstance(arg, dict):
        return f"{{{', '.join(f'{key}: {_written(value)}' for key, value in arg.items())}}}"
    return f"%{arg.name}" if isinstance(arg, Node) else str(arg)
