"""What a Python file uses of the packages that are answered for here: names and lines, found by reading alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from .names import is_answered

_GUARDS = frozenset({"ImportError", "ModuleNotFoundError", "AttributeError", "Exception", "BaseException"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_SCOPES = (*_FUNCTIONS, ast.ClassDef, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Use(NamedTuple):
    """A dotted name that a file asks for at a line."""

    line: int
    name: str
    is_module: bool = False


class Import(NamedTuple):
    """A module of others that a file imports: its dotted name, the names from it, the dots before it."""

    module: str
    names: tuple[str, ...] = ()
    level: int = 0


@dataclass
class Scope:
    """A function, a class or the module: what its names stand for; None for what is no such package's."""

    is_class: bool = False
    names: dict[str, str | None] = field(default_factory=dict)


class Reader(ast.NodeVisitor):
    """Reads a file's tree: `uses` and `imports` are what it found.

    What stands where an error is caught that a missing name raises, or is there for type checkers alone, is no use.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.uses: list[Use] = []
        self.imports: list[Import] = []
        self._scopes = [Scope()]
        self._guarded = 0
        # Functions may use what is imported below them.
        self._visit_all([node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))])
        self.uses.clear()
        self.imports.clear()
        self.visit(tree)

    # ------------------------------------------------------------------ names
    def _bind(self, name: str, path: str | None) -> None:
        self._scopes[-1].names[name] = path

    def _found(self, name: str) -> str | None:
        """What a name stands for here: a dotted name, None where it is another thing."""
        for scope in reversed(self._scopes):
            if name in scope.names and not (scope.is_class and scope is not self._scopes[-1]):
                return scope.names[name]
        return None

    def _path(self, node: ast.AST) -> str | None:
        """The dotted name that a chain of attributes stands for."""
        if isinstance(node, ast.Name):
            return self._found(node.id)
        if isinstance(node, ast.Attribute) and (base := self._path(node.value)):
            return f"{base}.{node.attr}"
        return None

    def _use(self, node: ast.AST, name: str | None, is_module: bool = False) -> None:
        if name and not self._guarded:
            self.uses.append(Use(node.lineno, name, is_module))  # type: ignore[attr-defined]

    # ------------------------------------------------------------------ statements
    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if is_answered(alias.name):
                self._use(node, alias.name, is_module=True)
                self._bind(alias.asname or alias.name.partition(".")[0],
                           alias.name if alias.asname else alias.name.partition(".")[0])  # fmt: skip
            else:
                self.imports.append(Import(alias.name))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if node.level or not is_answered(module):
            self.imports.append(Import(module, tuple(alias.name for alias in node.names), node.level))
            return
        self._use(node, module, is_module=True)
        for alias in node.names:
            if alias.name != "*":
                self._use(alias, f"{module}.{alias.name}")
                self._bind(alias.asname or alias.name, f"{module}.{alias.name}")

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self.visit(target)
            if isinstance(target, ast.Name):
                self._bind(target.id, self._path(node.value))

    def visit_If(self, node: ast.If) -> None:
        if "TYPE_CHECKING" in ast.unparse(node.test):
            self._visit_guarded(node.body)
            self._visit_all(node.orelse)
        else:
            self.generic_visit(node)

    def visit_Try(self, node: ast.Try) -> None:
        if any(_catches(handler) for handler in node.handlers):
            self._visit_guarded(node.body)
            self._visit_all([*node.handlers, *node.orelse, *node.finalbody])
        else:
            self.generic_visit(node)

    def _visit_guarded(self, nodes: list) -> None:
        self._guarded += 1
        self._visit_all(nodes)
        self._guarded -= 1

    def _visit_all(self, nodes: list) -> None:
        for node in nodes:
            self.visit(node)

    # ------------------------------------------------------------------ expressions and scopes
    def visit_Attribute(self, node: ast.Attribute) -> None:
        path = self._path(node if isinstance(node.ctx, ast.Load) else node.value)
        if path:
            self._use(node, path)
        else:
            self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        match node:
            case ast.Call(func=ast.Name("getattr"), args=[base, ast.Constant(str(name))]) if path := self._path(base):
                self._use(node, f"{path}.{name}")
        self.generic_visit(node)

    def generic_visit(self, node: ast.AST) -> None:
        """Goes on below; inside a scope of its own, names that are bound there are not the outer ones."""
        if not isinstance(node, _SCOPES):
            super().generic_visit(node)
            return
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            self._bind(node.name, None)
        self._scopes.append(Scope(isinstance(node, ast.ClassDef)))
        if not isinstance(node, ast.ClassDef):
            for name in _bound(node):
                self._bind(name, None)
        super().generic_visit(node)
        self._scopes.pop()


def _catches(handler: ast.ExceptHandler) -> bool:
    """Whether a handler catches what a missing name raises."""
    if handler.type is None:
        return True
    return any(isinstance(node, ast.Name) and node.id in _GUARDS for node in ast.walk(handler.type))


def _bound(scope: ast.AST) -> Iterator[str]:
    """The names that a function or a comprehension binds: parameters and targets, not those of scopes inside it."""
    waiting = list(ast.iter_child_nodes(scope))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        if not isinstance(node, _SCOPES):
            waiting += ast.iter_child_nodes(node)
