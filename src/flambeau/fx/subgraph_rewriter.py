"""torch.fx.replace_pattern: every place of a graph that looks like one function becomes another one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..nn import Module
from ._symbolic_trace import symbolic_trace
from .graph import Graph
from .graph_module import GraphModule, _copy_path
from .node import Node

__all__ = ["Match", "ReplacedPatterns", "replace_pattern", "replace_pattern_with_filters"]


class Match(NamedTuple):
    """A place: the pattern's last node, and all nodes of the place by those of the pattern."""

    anchor: Node
    nodes_map: dict[Node, Node]


@dataclass
class ReplacedPatterns:
    """A place that was replaced: as a Match has it, with the nodes that came instead."""

    anchor: Node
    nodes_map: dict[Node, Node]
    replacements: list[Node] = field(default_factory=list)


def replace_pattern(gm: GraphModule, pattern: Callable | GraphModule, replacement: Callable | GraphModule):
    """Replaces in a graph module all places that match a pattern; gives them, as a list of Match.

    pattern, replacement: functions or modules of the same parameters. What a place computes in between may be used
    nowhere else. Places do not overlap.
    """
    return [Match(r.anchor, r.nodes_map) for r in replace_pattern_with_filters(gm, pattern, replacement)]


def replace_pattern_with_filters(
    gm: GraphModule, pattern: Callable | GraphModule | Graph, replacement: Callable | GraphModule | Graph | None = None,
    match_filters: list[Callable] | None = None, ignore_literals: bool = False,
    replacement_callback: Callable | None = None,
) -> list[ReplacedPatterns]:  # fmt: skip
    """As replace_pattern, at the places that all filters take.

    match_filters: functions of (match, graph, the pattern's graph).  ignore_literals: whether numbers in the pattern
    match any.  replacement_callback: what gives for (match, graph, the pattern's graph) the graph to put there.
    """
    wanted = _graph_of(pattern)
    matches = [m for m in _matches(gm.graph, wanted, ignore_literals)
               if all(f(m, gm.graph, wanted) for f in match_filters or ())]  # fmt: skip
    changed: dict[Node, Node] = {}
    replaced = []
    for match in matches:
        other = (
            _graph_of(replacement) if replacement_callback is None else replacement_callback(match, gm.graph, wanted)
        )
        replaced.append(_replace(gm, wanted, other, match, changed))
    gm.recompile()
    for module in (pattern, replacement):
        _take_members(gm, module)
    return replaced


def _graph_of(function: Any) -> Graph:
    if isinstance(function, Graph):
        return function
    return function.graph if isinstance(function, GraphModule) else symbolic_trace(function).graph


# ------------------------------------------------------------------ looking
def _matches(graph: Graph, pattern: Graph, ignore_literals: bool) -> list[Match]:
    """The places that look like a pattern, from the graph's end, which do not overlap; given in the graph's order."""
    ends = _ends(pattern)
    found: list[Match] = []
    taken: set[Node] = set()
    for node in reversed(graph.nodes):
        mapping: dict[Node, Node] = {}
        if not _same(ends[0], node, mapping, ignore_literals) or len(mapping) < 1 or len(ends) > 1:
            continue
        inner = {g for p, g in mapping.items() if isinstance(g, Node) and p.op not in ("placeholder", "output")}
        if inner & taken or not _closed(inner, node):
            continue
        taken |= inner
        found.append(Match(ends[0], mapping))
    return found[::-1]


def _ends(pattern: Graph) -> list[Node]:
    """The nodes that a pattern gives."""
    return pattern.output_node().all_input_nodes


def _closed(inner: set[Node], end: Node) -> bool:
    """Whether nobody outside of a place uses what is computed in between."""
    return all(user in inner for node in inner if node is not end for user in node.users)


def _same(p: Any, g: Any, mapping: dict[Node, Any], ignore_literals: bool) -> bool:
    """Whether a part of a graph looks like one of the pattern; notes what stands for what."""
    if isinstance(p, Node):
        if p in mapping:
            return mapping[p] is g
        if p.op == "placeholder":
            mapping[p] = g
            return True
        if not isinstance(g, Node) or p.op != g.op or not _same_target(p, g):
            return False
        mapping[p] = g
        return _same(p.args, g.args, mapping, ignore_literals) and _same(p.kwargs, g.kwargs, mapping, ignore_literals)
    if isinstance(p, (tuple, list)) and isinstance(g, (tuple, list)):
        return len(p) == len(g) and all(_same(a, b, mapping, ignore_literals) for a, b in zip(p, g))
    if isinstance(p, dict) and isinstance(g, dict):
        return p.keys() == g.keys() and all(_same(p[k], g[k], mapping, ignore_literals) for k in p)
    if isinstance(g, Node):
        return False
    return (ignore_literals and isinstance(p, (int, float, str))) or (type(p) is type(g) and p == g)


def _same_target(p: Node, g: Node) -> bool:
    if p.op == "get_attr" or p.op == "call_module":
        return str(p.target).rpartition(".")[2] == str(g.target).rpartition(".")[2] or p.target == g.target
    return p.target == g.target


# ------------------------------------------------------------------ putting
def _replace(
    gm: GraphModule, pattern: Graph, other: Graph, match: Match, changed: dict[Node, Node]
) -> ReplacedPatterns:
    """Puts a graph at a place."""
    inputs = [match.nodes_map[p] for p in pattern.nodes if p.op == "placeholder"]
    inputs = [changed.get(value, value) if isinstance(value, Node) else value for value in inputs]
    names = [n for n in other.nodes if n.op == "placeholder"]
    if len(names) != len(inputs):
        raise AssertionError(f"replacement has {len(names)} placeholders but the pattern has {len(inputs)}")
    values: dict[Node, Any] = dict(zip(names, inputs))
    before = set(gm.graph.nodes)
    end = match.nodes_map[match.anchor]
    with gm.graph.inserting_before(min(end.users) if end.users else end.next):
        result = gm.graph.graph_copy(other, values)
    made = [n for n in gm.graph.nodes if n not in before]
    if isinstance(result, tuple) and len(result) == 1:
        (result,) = result
    end.replace_all_uses_with(result)
    changed[end] = result
    inner = {g for p, g in match.nodes_map.items() if p.op not in ("placeholder", "output")}
    for node in reversed(gm.graph.nodes):
        if node in inner and not node.users:
            gm.graph.erase_node(node)
    return ReplacedPatterns(match.anchor, match.nodes_map, made)


def _take_members(gm: GraphModule, source: Any) -> None:
    """Takes over what a pattern's or replacement's module has and the graph reads."""
    if not isinstance(source, Module):
        return
    for node in gm.graph.nodes:
        if node.op in ("call_module", "get_attr"):
            try:
                gm.get_submodule(str(node.target)) if node.op == "call_module" else _read(gm, str(node.target))
            except AttributeError:
                _copy_path(source, gm, str(node.target))


def _read(module: Any, path: str) -> Any:
    for atom in path.split("."):
        module = getattr(module, atom)
    return module
