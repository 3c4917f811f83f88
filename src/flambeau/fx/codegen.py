"""Python's source for a graph: one line a node, and `x = None` behind the last use of each value."""

from __future__ import annotations

import builtins
import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

import flambeau as torch

from .namespace import CUSTOM_BUILTINS, Namespace
from .node import Node
from .targets import TORCH, qualified_name, torch_name, type_repr

magic_methods = {
    "eq": "{} == {}", "ne": "{} != {}", "lt": "{} < {}", "gt": "{} > {}", "le": "{} <= {}", "ge": "{} >= {}",
    "pos": "+{}", "neg": "-{}", "invert": "~{}", "getitem": "{}[{}]",
}  # fmt: skip
"""What operators are in source, by the names of their functions in the module `operator`."""

reflectable_magic_methods = {
    "add": "{} + {}", "sub": "{} - {}", "mul": "{} * {}", "floordiv": "{} // {}", "truediv": "{} / {}",
    "div": "{} / {}", "mod": "{} % {}", "pow": "{} ** {}", "lshift": "{} << {}", "rshift": "{} >> {}",
    "and_": "{} & {}", "or_": "{} | {}", "xor": "{} ^ {}", "matmul": "{} @ {}",
}  # fmt: skip
inplace_methods = {
    "iadd": "{} += {}", "iand": "{} &= {}", "ifloordiv": "{} //= {}", "ilshift": "{} <<= {}", "imod": "{} %= {}",
    "imul": "{} *= {}", "imatmul": "{} @= {}", "ior": "{} |= {}", "ipow": "{} **= {}", "irshift": "{} >>= {}",
    "isub": "{} -= {}", "itruediv": "{} /= {}", "ixor": "{} ^= {}", "setitem": "{}[{}] = {}",
}  # fmt: skip
_OPERATORS = {**magic_methods, **reflectable_magic_methods}


@dataclass
class PythonCode:
    """A function's source, and what the names in it stand for."""

    src: str
    globals: dict[str, Any] = field(default_factory=dict)


class CodeGen:
    """Writes the source of a graph; `transform` changes its lines where a script has registered one."""

    transform: Callable[[list[str]], list[str]] | None = None

    def gen_fn_def(self, free_vars: list[str], maybe_return_annotation: str) -> str:
        """The line that begins the function."""
        return f"def forward({', '.join(free_vars)}){maybe_return_annotation}:"

    def generate_output(self, output_args: Any) -> str:
        """The line that ends it."""
        return f"return {output_args!r}"

    def process_inputs(self, *args: Any) -> Any:
        """The arguments of a call as the placeholders take them."""
        return args

    def process_outputs(self, outputs: Any) -> Any:
        """What a call gives for what the output is."""
        return outputs

    def additional_globals(self) -> list[tuple[str, Any]]:
        """Names that the lines of this class refer to."""
        return []

    def python_code(self, graph, root_module: str) -> PythonCode:
        """The whole function."""
        return _Writer(self, graph, root_module).code()


class _Writer:
    """One generation: the names in use, the lines so far."""

    def __init__(self, codegen: CodeGen, graph, root_module: str) -> None:
        self.codegen, self.graph, self.root = codegen, graph, root_module
        self.names = Namespace()
        self.globals: dict[str, Any] = {"torch": TORCH, **CUSTOM_BUILTINS, **dict(codegen.additional_globals())}
        self.wrapped: dict[str, None] = {}
        self.parameters: list[str] = []
        self.annotation = ""
        self.lines: list[str] = []
        self.last_uses: dict[Node, list[Node]] = {}

    def code(self) -> PythonCode:
        for node in self.graph.nodes:
            self.names.create_name(node.name, node)
        self._find_last_uses()
        for node in self.graph.nodes:
            self._write(node)
        lines = self.lines or ["pass\n"]
        lines = self.codegen.transform(lines) if self.codegen.transform else lines
        head = self.codegen.gen_fn_def([self.root, *self.parameters], self.annotation)
        body = "\n".join("    " + line for line in "".join(lines).split("\n"))
        wraps = "\n".join(f'torch.fx._symbolic_trace.wrap("{name}")' for name in self.wrapped)
        return PythonCode(f"\n{wraps}\n\n{head}\n{body}", self.globals)

    def _find_last_uses(self) -> None:
        seen: set[Node] = set()
        for user in reversed(self.graph.nodes):
            fresh = [node for node in user.all_input_nodes if node not in seen]
            seen.update(fresh)
            self.last_uses[user] = fresh

    # ------------------------------------------------------------------ lines
    def _write(self, node: Node) -> None:
        if node.op == "placeholder":
            self._parameter(node)
            return
        if node.op == "output":
            self.annotation = f" -> {self._type(node.type)}" if node.type is not None else ""
            self.lines.append(self.codegen.generate_output(_Source(self.value(node.args[0]))))
        else:
            self.lines.append(self._call(node))
        unused = [] if node.op == "output" else self.last_uses.get(node, []) + ([] if node.users else [node])
        self.lines.append(f";  {' = '.join([repr(n) for n in unused] + ['None'])}\n" if unused else "\n")

    def _parameter(self, node: Node) -> None:
        default = f" = {self.value(node.args[0])}" if node.args else ""
        self.parameters.append(f"{node.target}{self._annotation(node)}{default}")
        name = str(node.target).replace("*", "")
        if name != repr(node):
            self.lines.append(f"{node!r} = {name}\n")

    def _annotation(self, node: Node) -> str:
        return "" if node.type is None else f" : {self._type(node.type)}"

    def _type(self, kind) -> str:
        name = type_repr(kind)
        if name.startswith("torch.") or getattr(builtins, name, None) is kind:
            return name
        return self.name_for(name, kind)

    def _call(self, node: Node) -> str:
        left = f"{node!r}{self._annotation(node)} = "
        if node.op == "get_attr":
            return left + _path(self.root, str(node.target))
        if node.op == "call_module":
            return f"{left}{_path(self.root, str(node.target))}({self.arguments(node.args, node.kwargs)})"
        if node.op == "call_method":
            owner, *rest = node.args
            return f"{left}{_path(self.value(owner), str(node.target))}({self.arguments(tuple(rest), node.kwargs)})"
        return self._function(node, left)

    def _function(self, node: Node, left: str) -> str:
        target: Any = node.target
        if getattr(target, "__module__", "") == "_operator":
            values = [self.value(a) for a in node.args]
            if target.__name__ in _OPERATORS:
                return left + _OPERATORS[target.__name__].format(*values)
            if target.__name__ in inplace_methods:
                written = inplace_methods[target.__name__].format(*values)
                return f"{written};  {left}{values[0]}"
        is_identifier = len(node.args) == 2 and isinstance(node.args[1], str) and node.args[1].isidentifier()
        if target is getattr and is_identifier:
            return f"{left}{_path(self.value(node.args[0]), node.args[1])}"
        known = qualified_name(target)
        name = self.name_for(f"_{known}" if known.startswith("operator.") else known, target)
        if node.meta.get("is_wrapped"):
            self.wrapped[name] = None
        return f"{left}{name}({self.arguments(node.args, node.kwargs)})"

    # ------------------------------------------------------------------ expressions
    def name_for(self, name: str, obj: Any) -> str:
        """The name by which the source refers to an object."""
        if torch_name(obj) is not None or (name.startswith("torch.") and _found(name) is obj):
            return name
        name = self.names.create_name(name.replace(".", "_"), obj)
        self.globals[name] = obj
        return name

    def arguments(self, args: tuple, kwargs: dict) -> str:
        """The arguments of a call."""
        return ", ".join([*map(self.value, args), *(f"{name} = {self.value(a)}" for name, a in kwargs.items())])

    def value(self, arg: Any) -> str:
        """An argument."""
        if isinstance(arg, tuple):
            return self._tuple(arg)
        if isinstance(arg, list):
            return f"[{', '.join(map(self.value, arg))}]"
        if isinstance(arg, dict):
            return f"{{{', '.join(f'{key!r}: {self.value(value)}' for key, value in arg.items())}}}"
        if isinstance(arg, slice):
            return f"slice({self.value(arg.start)}, {self.value(arg.stop)}, {self.value(arg.step)})"
        if isinstance(arg, enum.Enum):
            return f"{self.name_for(qualified_name(type(arg)), type(arg))}.{arg.name}"
        if isinstance(arg, (type, FunctionType)) or type(arg).__name__ == "builtin_function_or_method":
            return self.name_for(qualified_name(arg), arg)
        return repr(arg)

    def _tuple(self, arg: tuple) -> str:
        values = ", ".join(map(self.value, arg))
        if hasattr(arg, "_fields"):
            return f"{self.name_for(qualified_name(type(arg)), type(arg))}({values})"
        return f"({values}{',' if len(arg) == 1 else ''})"


class _Source(str):
    """Text that is its own representation."""

    def __repr__(self) -> str:
        return str(self)


def _path(base: str, target: str) -> str:
    """`base.a.b`, with getattr for what is no identifier."""
    for atom in target.split("."):
        base = f"{base}.{atom}" if atom.isidentifier() else f'getattr({base}, "{atom}")'
    return base


def _found(name: str) -> Any:
    value: Any = torch
    for part in name.split(".")[1:]:
        value = getattr(value, part, None)
    return value
