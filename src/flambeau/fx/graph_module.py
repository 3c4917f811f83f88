"""torch.fx.GraphModule: a module whose forward is the code of a graph."""

from __future__ import annotations

import copy
import itertools
import linecache
from typing import Any

import flambeau as torch

from ..nn import Module
from .graph import Graph, PythonCode
from .targets import TORCH

__all__ = ["GraphModule"]

_numbers = itertools.count(1)


class GraphModule(Module):
    """A module made of a graph; after a change of the graph call `recompile`.

    root: the module that the paths in the graph lead into, or a dictionary of what they lead to.
    """

    def __new__(cls, *args: Any, **kwargs: Any):
        # Every one has a class of its own, so that it has a forward and a name of its own.
        plain = next(c for c in cls.__mro__ if not c.__qualname__.endswith("GraphModuleImpl"))

        class GraphModuleImpl(plain):  # type: ignore[misc,valid-type]
            pass

        return super().__new__(GraphModuleImpl)

    def __init__(self, root: Module | dict[str, Any], graph: Graph, class_name: str = "GraphModule") -> None:
        super().__init__()
        type(self).__name__ = class_name
        if isinstance(root, Module):
            if hasattr(root, "training"):
                self.training = root.training
            for target in _paths(graph):
                _copy_path(root, self, target)
        elif isinstance(root, dict):
            self._take(root, _paths(graph))
        else:
            raise RuntimeError(f"Unsupported type {root} passed for root!")
        self.graph = graph
        self.meta: dict[str, Any] = {}

    def _take(self, root: dict[str, Any], targets: list[str]) -> None:
        for target in targets:
            if target not in root:
                raise RuntimeError(f"Node target {target} is referenced but not provided in ``root``!")
        for target in sorted(targets, key=lambda path: path.count(".")):
            _put_path(self, target, root[target])

    @property
    def graph(self) -> Graph:
        """The graph that forward is the code of."""
        return self._graph

    @graph.setter
    def graph(self, g: Graph) -> None:
        if not isinstance(g, Graph):
            raise AssertionError(f"Expected a Graph instance, but got {type(g)}")
        self._graph = copy.deepcopy(g) if g.owning_module is not None else g
        self._graph.owning_module = self
        self.recompile()

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "graph":
            type(self).graph.fset(self, value)  # type: ignore[attr-defined]
        elif name == "_graph":
            self.__dict__[name] = value
        else:
            super().__setattr__(name, value)

    @property
    def code(self) -> str:
        """The source of forward."""
        if "_code" not in self.__dict__:
            raise RuntimeError("Code has not been generated! Please report a bug to PyTorch")
        return self._code

    def recompile(self) -> PythonCode:
        """Makes forward from the graph anew; gives its source."""
        made = self._graph.python_code(root_module="self")
        self.__dict__["_code"] = made.src
        type(self).forward = _compiled(made)  # type: ignore[method-assign]
        return made

    # ------------------------------------------------------------------ parts
    def add_submodule(self, target: str, m: Module) -> bool:
        """Puts a module at a path, with empty modules on the way; tells whether that could be done."""
        *prefix, name = target.split(".")
        place: Module = self
        for atom in prefix:
            if not hasattr(place, atom):
                setattr(place, atom, Module())
            place = getattr(place, atom)
            if not isinstance(place, Module):
                return False
        place.add_module(name, m)
        return True

    def delete_submodule(self, target: str) -> bool:
        """Takes the module at a path away; tells whether there was one."""
        prefix, _, name = target.rpartition(".")
        try:
            place = self.get_submodule(prefix)
        except AttributeError:
            return False
        if not isinstance(getattr(place, name, None), Module):
            return False
        delattr(place, name)
        return True

    def delete_all_unused_submodules(self) -> None:
        """Takes away the modules that the graph neither calls nor reads from."""
        used: set[str] = set()
        for node in self.graph.nodes:
            if node.op in ("call_module", "get_attr"):
                parts = str(node.target).split(".")
                used.update(".".join(parts[:i]) for i in range(1, len(parts) + 1))
                if node.op == "call_module":
                    inner = self.get_submodule(str(node.target)).named_modules()
                    used.update(f"{node.target}.{path}" for path, _ in inner if path)
        for path in [path for path, _ in self.named_modules() if path and path not in used]:
            self.delete_submodule(path)

    # ------------------------------------------------------------------ text and copies
    def print_readable(self, print_output: bool = True, **ignored: Any) -> str:
        """The source of the module as a class, printed where asked."""
        lines = self._code.lstrip("\n").split("\n")
        first = next((i for i, line in enumerate(lines) if line.startswith("def ")), 0) + 1
        lines.insert(first, "    # No stacktrace found for following nodes")
        body = "\n".join(f"    {line}".rstrip() for line in lines).rstrip()
        text = f"class {self._get_name()}(torch.nn.Module):\n{body}\n"
        for part in self.children():
            if isinstance(part, GraphModule):
                text += "\n" + "\n".join(f"    {line}".rstrip() for line in part.print_readable(False).split("\n"))
        if print_output:
            print(text)
        return text

    def __str__(self) -> str:
        hint = "# To see more debug info, please use `graph_module.print_readable()`"
        return "\n".join([super().__repr__(), self._code, hint])

    def __copy__(self) -> GraphModule:
        copied = GraphModule(self, self.graph, self._get_name())
        copied.meta = self.meta
        return copied

    def __deepcopy__(self, memo: dict) -> GraphModule:
        plain = _members_of(self)
        plain.__setstate__(copy.deepcopy(plain.__getstate__(), memo))
        copied = GraphModule(plain, copy.deepcopy(self.graph), self._get_name())
        copied.__dict__.update({k: v for k, v in plain.__dict__.items() if k in ("meta", "training")})
        memo[id(self)] = copied
        return copied

    def __reduce__(self):
        made = self._graph.python_code(root_module="self")
        used = {name: obj for name, obj in made.globals.items() if name in made.src and name != "torch"}
        return _rebuilt, (_members_of(self), made.src, used)

    def to_folder(self, folder, module_name: str = "FxModule") -> None:
        """Refused: a module of its own source; print_readable gives the source."""
        raise NotImplementedError("GraphModule.to_folder: write gm.code to a file, and torch.save(gm) its parameters")


def _members_of(module: GraphModule) -> Module:
    """A plain module with the members of a graph module."""
    plain = Module()
    state = {k: v for k, v in module.__getstate__().items() if k not in ("_graph", "_code")}
    plain.__setstate__(state)
    return plain


def _rebuilt(plain: Module, source: str, names: dict[str, Any]) -> GraphModule:
    """What a pickle stands for: the code is read again as a graph, in which every module is one node."""
    from ._symbolic_trace import Tracer

    class Keeping(Tracer):
        def is_leaf_module(self, m: Module, module_qualified_name: str) -> bool:
            return True

    type_ = type("Plain", (Module,), {"forward": _compiled(PythonCode(source, {"torch": TORCH, **names}))})
    plain.__class__ = type_
    return GraphModule(plain, Keeping().trace(plain))


def _compiled(made: PythonCode) -> Any:
    """The function `forward` of a source, whose lines tracebacks can show."""
    key = f"<eval_with_key>.{next(_numbers)}"
    linecache.cache[key] = (len(made.src), None, made.src.splitlines(True), key)
    names = dict(made.globals)
    exec(compile(made.src, key, "exec", dont_inherit=True), names)
    return names["forward"]


def _paths(graph: Graph) -> list[str]:
    """The paths of attributes and modules that a graph reads, each once."""
    return list(dict.fromkeys(str(n.target) for n in graph.nodes if n.op in ("get_attr", "call_module")))


def _copy_path(source: Module, place: Module, target: str) -> None:
    """Puts what is at a path of one module at that path of another."""
    *prefix, name = target.split(".")
    value: Any = source
    for atom in prefix:
        value = getattr(value, atom)
        inside = getattr(place, atom, None)
        if inside is value:  # a whole module has been taken over already
            return
        if inside is None:
            setattr(place, atom, inside := Module())
        place = inside
    _set(place, name, getattr(value, name))


def _put_path(place: Module, target: str, value: Any) -> None:
    *prefix, name = target.split(".")
    for atom in prefix:
        if getattr(place, atom, None) is None:
            setattr(place, atom, Module())
        place = getattr(place, atom)
    _set(place, name, value)


def _set(place: Module, name: str, value: Any) -> None:
    if isinstance(value, torch.Tensor) and not isinstance(value, torch.nn.Parameter):
        place.register_buffer(name, value)
    else:
        setattr(place, name, value)
