"""torch.fx.Graph: the steps of a function in order, and what a script does to them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from ..utils._tables import simple_table
from .codegen import CodeGen, PythonCode
from .namespace import Namespace, snake_case
from .node import Node, Target, map_arg
from .targets import torch_name

__all__ = ["CodeGen", "Graph", "PythonCode"]


class _node_list:
    """The nodes of a graph in their order; steps may be added and erased while a loop runs over them."""

    def __init__(self, graph: Graph, direction: str = "_next") -> None:
        self.graph, self.direction = graph, direction

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[Node]:
        root = self.graph._root
        node = getattr(root, self.direction)
        while node is not root:
            if not node._erased:
                yield node
            node = getattr(node, self.direction)

    def __reversed__(self) -> _node_list:
        return _node_list(self.graph, "_prev" if self.direction == "_next" else "_next")


class Graph:
    """A function as a list of nodes: inputs (placeholders), calls in order, one output."""

    def __init__(self, owning_module=None, tracer_cls: type | None = None, tracer_extras: dict | None = None) -> None:
        self._root = Node(self, "", "root", "", (), {})
        self._insert_before = self._root
        self._namespace = Namespace()
        self._codegen = CodeGen()
        self.owning_module, self._tracer_cls = owning_module, tracer_cls

    @property
    def nodes(self) -> _node_list:
        """The nodes, in the order in which they run."""
        return _node_list(self)

    def output_node(self) -> Node:
        """The node that ends the graph."""
        return next(node for node in reversed(self.nodes) if node.op == "output")

    def find_nodes(self, *, op: str, target: Target | None = None, sort: bool = True) -> list[Node]:
        """The nodes of a kind, and where asked with a target."""
        wanted = (op in ("call_function", "call_method", "call_module") and target is not None) or target is not None
        return [node for node in self.nodes if node.op == op and (not wanted or node.target == target)]

    # ------------------------------------------------------------------ making nodes
    def create_node(
        self, op: str, target: Target, args: tuple | None = None, kwargs: dict | None = None, name: str | None = None,
        type_expr=None,
    ) -> Node:  # fmt: skip
        """Adds a step at the place of insertion (the end, unless inside of `inserting_before` or `inserting_after`)."""
        args, kwargs = () if args is None else args, {} if kwargs is None else kwargs
        if not isinstance(args, tuple):
            raise AssertionError("args must be a tuple")
        if not isinstance(kwargs, dict):
            raise AssertionError("kwargs must be a dict")
        name = self._namespace.create_name(name or self._target_to_str(target), None)
        node = Node(self, name, op, target, args, kwargs, type_expr)
        self._insert_before.prepend(node)
        return node

    def _target_to_str(self, target: Target) -> str:
        known = torch_name(target) or ""
        name = target if isinstance(target, str) else target.__name__
        name = known.rpartition(".")[2] if known.startswith("torch._C.") else name
        if name.startswith("__") and name.endswith("__"):
            name = name[2:-2]
        return snake_case(name)

    def placeholder(self, name: str, type_expr=None, default_value: Any = ...) -> Node:
        """Adds an input."""
        args = () if default_value is ... else (default_value,)
        return self.create_node("placeholder", name, args=args, type_expr=type_expr)

    def get_attr(self, qualified_name: str, type_expr=None) -> Node:
        """Adds the reading of an attribute, by its path from the module."""
        return self.create_node("get_attr", qualified_name, type_expr=type_expr)

    def call_module(self, module_name: str, args: tuple | None = None, kwargs: dict | None = None, type_expr=None):
        """Adds the call of a submodule, by its path."""
        return self.create_node("call_module", module_name, args, kwargs, type_expr=type_expr)

    def call_method(self, method_name: str, args: tuple | None = None, kwargs: dict | None = None, type_expr=None):
        """Adds the call of a method of the first argument."""
        return self.create_node("call_method", method_name, args, kwargs, type_expr=type_expr)

    def call_function(
        self, the_function: Callable, args: tuple | None = None, kwargs: dict | None = None, type_expr=None, name=None
    ) -> Node:
        """Adds the call of a function."""
        return self.create_node("call_function", the_function, args, kwargs, name=name, type_expr=type_expr)

    def output(self, result: Any, type_expr=None) -> Node:
        """Adds the output: a structure of nodes and constants."""
        return self.create_node("output", "output", (result,), type_expr=type_expr)

    def node_copy(self, node: Node, arg_transform: Callable[[Node], Any] = lambda x: x) -> Node:
        """Adds a copy of a step of another graph; arg_transform gives for its inputs what stands for them here."""
        args, kwargs = map_arg(node.args, arg_transform), map_arg(node.kwargs, arg_transform)
        copied = self.create_node(node.op, node.target, args, dict(kwargs), node.name, node.type)
        copied.meta = dict(node.meta)
        return copied

    def graph_copy(self, g: Graph, val_map: dict[Node, Any], return_output_node: bool = False):
        """Adds copies of all steps of a graph; gives what its output stands for here."""
        for node in g.nodes:
            if node in val_map:
                continue
            if node.op == "output":
                result = map_arg(node.args[0], lambda n: val_map[n])
                return (result, node) if return_output_node else result
            val_map[node] = self.node_copy(node, lambda n: val_map[n])
        return None

    def __deepcopy__(self, memo=None) -> Graph:
        copied = Graph(tracer_cls=self._tracer_cls)
        copied._codegen = self._codegen
        found = copied.graph_copy(self, {}, return_output_node=True)
        if isinstance(found, tuple):
            copied.output(found[0], type_expr=found[1].type).meta = dict(found[1].meta)
        return copied

    # ------------------------------------------------------------------ places, and taking away
    def inserting_before(self, n: Node | None = None):
        """Steps made from here on (or inside of a `with`) stand before a node; before all of them by default."""
        return self._at(self._root._next if n is None else self._own(n))

    def inserting_after(self, n: Node | None = None):
        """Steps made from here on (or inside of a `with`) stand behind a node; behind all of them by default."""
        return self._at(self._root if n is None else self._own(n)._next)

    def _own(self, n: Node) -> Node:
        if n.graph is not self:
            raise AssertionError("Node to insert before is not in graph.")
        return n

    def _at(self, place: Node) -> _Insertion:
        before, self._insert_before = self._insert_before, place
        return _Insertion(self, before)

    def erase_node(self, to_erase: Node) -> None:
        """Takes a step away. Raises RuntimeError where another one uses it."""
        if to_erase.users:
            raise RuntimeError(
                f"Tried to erase Node {to_erase} but it still had {len(to_erase.users)} users in the graph: "
                f"{to_erase.users}!"
            )
        if to_erase.graph is not self:
            raise RuntimeError(f"Attempting to remove {to_erase} from wrong graph!")
        if to_erase._erased:
            return
        if self._insert_before is to_erase:
            self._insert_before = to_erase._next
        to_erase._unlink()
        to_erase._erased = True
        to_erase._set_arguments((), {})
        self._namespace.release(to_erase.name)

    def eliminate_dead_code(self, is_impure_node: Callable[[Node], bool] | None = None) -> bool:
        """Takes away the steps that nobody uses and that do no more than give a value; tells whether there were any."""
        self.lint()
        impure, changed = is_impure_node or Node.is_impure, False
        for node in reversed(self.nodes):
            if not impure(node) and not node.users:
                self.erase_node(node)
                changed = True
        return changed

    def lint(self) -> None:
        """Checks the graph. Raises RuntimeError where a step uses what comes later or is of another graph, or where a
        name stands twice."""
        seen: set[Node] = set()
        names: set[str] = set()
        for node in self.nodes:
            for argument in node.all_input_nodes:
                self._check_argument(argument, node, seen)
            if node.name in names:
                raise RuntimeError(f"Node redefined name {node.name}!")
            seen.add(node)
            names.add(node.name)
            if self.owning_module is not None and node.op in ("get_attr", "call_module"):
                self._check_path(node)

    def _check_argument(self, argument: Node, user: Node, seen: set[Node]) -> None:
        if argument.graph is not self:
            raise RuntimeError(
                f"Argument '{argument}' of Node '{user}' does not belong to this Graph, but was used as an argument! "
                "If you are copying nodes from another graph, make sure to use ``arg_transform`` on node_copy() to "
                "remap values\n" + str(self)
            )
        if argument not in seen:
            raise RuntimeError(
                f"Argument '{argument}' of Node '{user}' was used before it has been defined! Please check that "
                "Nodes in the graph are topologically ordered\n" + str(self)
            )

    def _check_path(self, node: Node) -> None:
        place = self.owning_module
        for atom in str(node.target).split("."):
            if not hasattr(place, atom):
                raise RuntimeError(f"Node {node} target {node.target} references nonexistent attribute {atom} of ")
            place = getattr(place, atom)

    # ------------------------------------------------------------------ text
    def __str__(self) -> str:
        return "\n".join(["graph():", *(f"    {node.format_node()}" for node in self.nodes)])

    def print_tabular(self) -> None:
        """Prints the steps as a table."""
        rows = [[n.op, n.name, _shown(n.target), str(n.args), str(n.kwargs)] for n in self.nodes]
        print(simple_table(rows, ["opcode", "name", "target", "args", "kwargs"]))

    def python_code(self, root_module: str, *, verbose: bool = False, **ignored) -> PythonCode:
        """The graph as the source of a function `forward`, with what that refers to.

        root_module: the name of the parameter that attributes and modules are read from.
        """
        return self._codegen.python_code(self, root_module)

    def on_generate_code(self, make_transformer: Callable) -> contextlib.AbstractContextManager:
        """Registers a function that changes the lines of generated code; it is told the one before it, or None."""
        before = self._codegen.transform
        self._codegen.transform = make_transformer(before)

        @contextlib.contextmanager
        def scope() -> Iterator[None]:
            try:
                yield
            finally:
                self._codegen.transform = before

        return scope()

    def set_codegen(self, codegen: CodeGen) -> None:
        """Generates code in another way."""
        self._codegen = codegen

    def process_inputs(self, *args: Any) -> tuple:
        """The arguments of a call as the placeholders take them."""
        return self._codegen.process_inputs(*args)

    def process_outputs(self, out: Any) -> Any:
        """What a call gives for what the output is."""
        return self._codegen.process_outputs(out)


class _Insertion:
    """What `inserting_before` gives: behind a `with` the place of insertion is what it was."""

    def __init__(self, graph: Graph, before: Node) -> None:
        self.graph, self.before = graph, before

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error) -> None:
        self.graph._insert_before = self.before


def _shown(target: Target) -> str:
    return target if isinstance(target, str) else str(target)
