"""Trees of containers: flattened to a list of leaves and a TreeSpec, which puts leaves together again.

Lists, tuples, dictionaries and their kin are nodes, as are classes that a script registers; all else is a leaf, None
too.
"""

from __future__ import annotations

import json
import types
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ._tree_nodes import (
    KINDS,
    is_namedtuple,
    is_namedtuple_class,
    is_namedtuple_instance,
    is_structseq,
    is_structseq_class,
    is_structseq_instance,
    key_get,
    keystr,
    kind_of,
    register_pytree_node,
    type_of,
)

__all__ = [
    "PyTree", "Context", "FlattenFn", "UnflattenFn", "DumpableContext", "ToDumpableContextFn", "FromDumpableContextFn",
    "PyTreeSpec", "TreeSpec", "LeafSpec", "keystr", "key_get", "register_pytree_node", "tree_is_leaf", "tree_flatten",
    "tree_flatten_with_path", "tree_unflatten", "tree_iter", "tree_leaves", "tree_leaves_with_path", "tree_structure",
    "tree_map", "tree_map_with_path", "tree_map_", "tree_map_only", "tree_map_only_", "tree_all", "tree_any",
    "tree_all_only", "tree_any_only", "treespec_dumps", "treespec_loads", "treespec_pprint", "is_namedtuple",
    "is_namedtuple_class", "is_namedtuple_instance", "is_structseq", "is_structseq_class", "is_structseq_instance",
]  # fmt: skip

PyTree = Any
Context = Any
DumpableContext = Any
FlattenFn = Callable[[PyTree], tuple[list, Context]]
UnflattenFn = Callable[[Iterable, Context], PyTree]
ToDumpableContextFn = Callable[[Context], DumpableContext]
FromDumpableContextFn = Callable[[DumpableContext], Context]


def tree_is_leaf(tree, is_leaf: Callable | None = None) -> bool:
    """Whether an object is a leaf."""
    return (is_leaf is not None and is_leaf(tree)) or kind_of(type_of(tree)) is None


# ------------------------------------------------------------------ structures
class TreeSpec:
    """The structure of a tree: the type of a node, what its type needs to know, and its children's structures."""

    def __init__(self, type: Any, context: Any, children_specs: list[TreeSpec]):
        self.type, self.context, self._children = type, context, children_specs
        self.num_children = len(children_specs)
        leaf = type is None
        self.num_nodes = 1 + sum(child.num_nodes for child in children_specs)
        self.num_leaves = 1 if leaf else sum(child.num_leaves for child in children_specs)

    @property
    def children_specs(self) -> list[TreeSpec]:
        return self._children

    def children(self) -> list[TreeSpec]:
        """The structures of the children."""
        return list(self._children)

    def child(self, index: int) -> TreeSpec:
        """The structure of one child."""
        return self._children[index]

    def is_leaf(self) -> bool:
        """Whether this is a leaf."""
        return self.type is None

    def __eq__(self, other):
        if not isinstance(other, TreeSpec):
            return NotImplemented
        mine, theirs = ((s.type, s.context, s._children) for s in (self, other))
        return mine == theirs

    def __hash__(self):
        context = tuple(self.context) if self.type in (dict, OrderedDict) else repr(self.context)
        return hash((self.type, context, tuple(self._children)))

    def __repr__(self, indent: int = 0):
        if self.type is None:
            return "*"
        inner = ""
        if self._children:
            inner = self._children[0].__repr__(indent + 2)
            inner += "," * (len(self._children) > 1)
            inner += ",".join("\n" + " " * (indent + 2) + child.__repr__(indent + 2) for child in self._children[1:])
        return f"TreeSpec({self.type.__name__}, {self.context}, [{inner}])"

    def unflatten(self, leaves: Iterable):
        """A tree of this structure.

        Raises ValueError where there are too many or too few leaves.
        """
        leaves = list(leaves)
        if len(leaves) != self.num_leaves:
            raise ValueError(
                f"treespec.unflatten(leaves): `leaves` has length {len(leaves)} but the spec refers to a pytree that "
                f"holds {self.num_leaves} items ({self})."
            )
        return self._built(iter(leaves))

    def _built(self, leaves: Iterator):
        if self.type is None:
            return next(leaves)
        kind: Any = kind_of(self.type)
        return kind.unflatten([child._built(leaves) for child in self._children], self.context)

    def flatten_up_to(self, tree) -> list:
        """The parts of a tree that stand where this structure has leaves.

        Raises ValueError where the tree does not have this structure.
        """
        if self.type is None:
            return [tree]
        self._check(tree)
        children = [tree[key] for key in self._keys()] if self._is_dict() else _children(tree)
        return [part for spec, child in zip(self._children, children) for part in spec.flatten_up_to(child)]

    def _is_dict(self) -> bool:
        return self.type in (dict, OrderedDict, defaultdict)

    def _keys(self) -> list:
        return self.context[1] if self.type is defaultdict else self.context

    def _check(self, tree) -> None:
        mine, found = self.type, type_of(tree)
        dicts = (dict, OrderedDict, defaultdict)
        if mine is not found and not (mine in dicts and found in dicts):
            raise ValueError(f"Node type mismatch; expected {mine!r}, but got {type(tree)!r}.")
        if len(_children(tree)) != self.num_children:
            raise ValueError(f"Node arity mismatch; expected {self.num_children}, but got {len(_children(tree))}.")
        if self._is_dict() and set(tree) != set(self._keys()):
            missing, extra = set(self._keys()) - set(tree), set(tree) - set(self._keys())
            raise ValueError(f"Node keys mismatch; missing key(s): {missing}; extra key(s): {extra}.")
        if not self._is_dict() and _context(tree) != self.context:
            raise ValueError(
                f"Node context mismatch for custom node type {mine!r}."
                if mine is not deque
                else f"Node context mismatch; expected {self.context!r}, but got {_context(tree)!r}."
            )


PyTreeSpec = TreeSpec


class LeafSpec(TreeSpec):
    """The structure of a leaf."""

    def __init__(self):
        super().__init__(None, None, [])


_LEAF = LeafSpec()


def _children(tree) -> list:
    kind: Any = kind_of(type_of(tree))
    return list(kind.flatten(tree)[0])


def _context(tree):
    kind: Any = kind_of(type_of(tree))
    return kind.flatten(tree)[1]


def _walk(tree, is_leaf, leaves: list) -> TreeSpec:
    if tree_is_leaf(tree, is_leaf):
        leaves.append(tree)
        return _LEAF
    node_type = type_of(tree)
    kind: Any = kind_of(node_type)
    children, context = kind.flatten(tree)
    return TreeSpec(node_type, context, [_walk(child, is_leaf, leaves) for child in children])


def tree_flatten(tree, is_leaf: Callable | None = None) -> tuple[list, TreeSpec]:
    """The leaves of a tree and its structure."""
    leaves: list = []
    return leaves, _walk(tree, is_leaf, leaves)


def tree_unflatten(leaves: Iterable, treespec: TreeSpec):
    """The tree of leaves and a structure; the reverse of tree_flatten."""
    if not isinstance(treespec, TreeSpec):
        raise TypeError(f"Expected `treespec` to be an instance of PyTreeSpec but got item of type {type(treespec)}.")
    return treespec.unflatten(leaves)


def tree_iter(tree, is_leaf: Callable | None = None) -> Iterator:
    """The leaves, one by one."""
    return iter(tree_flatten(tree, is_leaf)[0])


def tree_leaves(tree, is_leaf: Callable | None = None) -> list:
    """The leaves."""
    return tree_flatten(tree, is_leaf)[0]


def tree_structure(tree, is_leaf: Callable | None = None) -> TreeSpec:
    """The structure."""
    return tree_flatten(tree, is_leaf)[1]


# ------------------------------------------------------------------ maps and questions
def tree_map(func: Callable, tree, *rests, is_leaf: Callable | None = None):
    """func of the leaves (and of what stands in their places in further trees), in the same structure."""
    leaves, spec = tree_flatten(tree, is_leaf)
    return spec.unflatten(map(func, leaves, *[spec.flatten_up_to(r) for r in rests]))


def tree_map_(func: Callable, tree, *rests, is_leaf: Callable | None = None):
    """Calls func with the leaves; gives back the tree itself."""
    leaves, spec = tree_flatten(tree, is_leaf)
    deque(map(func, leaves, *[spec.flatten_up_to(r) for r in rests]), maxlen=0)
    return tree


def _chosen(of) -> Callable[[Any], bool]:
    """A condition from a type, several types, or a condition."""
    if isinstance(of, (type, tuple, types.UnionType)):
        return lambda x: isinstance(x, of)
    if callable(of):
        return of
    raise TypeError("Argument must be a type, a tuple of types, or a callable.")


def map_only(type_or_types_or_pred, /) -> Callable:
    """A decorator: the function is applied to leaves of certain types, others stay as they are."""
    chosen = _chosen(type_or_types_or_pred)
    return lambda func: lambda x: func(x) if chosen(x) else x


def tree_map_only(type_or_types_or_pred, /, func: Callable, tree, is_leaf: Callable | None = None):
    """tree_map of the leaves of certain types; others stay as they are."""
    return tree_map(map_only(type_or_types_or_pred)(func), tree, is_leaf=is_leaf)


def tree_map_only_(type_or_types_or_pred, /, func: Callable, tree, is_leaf: Callable | None = None):
    """tree_map_ of the leaves of certain types."""
    return tree_map_(map_only(type_or_types_or_pred)(func), tree, is_leaf=is_leaf)


def tree_all(pred: Callable, tree, is_leaf: Callable | None = None) -> bool:
    """Whether a condition holds for all leaves."""
    return all(map(pred, tree_iter(tree, is_leaf)))


def tree_any(pred: Callable, tree, is_leaf: Callable | None = None) -> bool:
    """Whether a condition holds for some leaf."""
    return any(map(pred, tree_iter(tree, is_leaf)))


def tree_all_only(type_or_types, /, pred: Callable, tree, is_leaf: Callable | None = None) -> bool:
    """Whether a condition holds for all leaves of certain types."""
    return all(pred(x) for x in tree_iter(tree, is_leaf) if isinstance(x, type_or_types))


def tree_any_only(type_or_types, /, pred: Callable, tree, is_leaf: Callable | None = None) -> bool:
    """Whether a condition holds for some leaf of certain types."""
    return any(pred(x) for x in tree_iter(tree, is_leaf) if isinstance(x, type_or_types))


# ------------------------------------------------------------------ leaves with their paths
def _paths(tree, is_leaf, path: tuple) -> Iterator:
    if tree_is_leaf(tree, is_leaf):
        yield path, tree
        return
    node_type = type_of(tree)
    kind: Any = kind_of(node_type)
    if kind.keys is None:
        raise ValueError(
            f"Did not find a flatten_with_keys_fn for type: {node_type}. Please pass a flatten_with_keys_fn argument "
            "to register_pytree_node."
        )
    for key, child in zip(kind.keys(tree), kind.flatten(tree)[0]):
        yield from _paths(child, is_leaf, (*path, key))


def tree_leaves_with_path(tree, is_leaf: Callable | None = None) -> list:
    """The leaves with their paths: [(path, leaf), ...]."""
    return list(_paths(tree, is_leaf, ()))


def tree_flatten_with_path(tree, is_leaf: Callable | None = None) -> tuple[list, TreeSpec]:
    """The leaves with their paths, and the structure."""
    return tree_leaves_with_path(tree, is_leaf), tree_structure(tree, is_leaf)


def tree_map_with_path(func: Callable, tree, *rests, is_leaf: Callable | None = None):
    """func(path, leaf, ...) of the leaves, in the same structure."""
    found, spec = tree_flatten_with_path(tree, is_leaf)
    paths, leaves = [p for p, _ in found], [leaf for _, leaf in found]
    return spec.unflatten(map(func, paths, leaves, *[spec.flatten_up_to(r) for r in rests]))


def _broadcast_to_and_flatten(tree, treespec: TreeSpec, is_leaf: Callable | None = None) -> list | None:
    """The leaves of a tree, each repeated for all leaves of the structure below it; None where they do not match."""
    if tree_is_leaf(tree, is_leaf):
        return [tree] * treespec.num_leaves
    if treespec.is_leaf() or type_of(tree) is not treespec.type:
        return None
    if _context(tree) != treespec.context or len(_children(tree)) != treespec.num_children:
        return None
    found: list = []
    for child, spec in zip(_children(tree), treespec.children()):
        below = _broadcast_to_and_flatten(child, spec, is_leaf)
        if below is None:
            return None
        found += below
    return found


# ------------------------------------------------------------------ structures as text
_PROTOCOL = 1


def _title(node_type) -> str:
    kind: Any = kind_of(node_type)
    return kind.title or f"{node_type.__module__}.{node_type.__qualname__}"


def _dumped(spec: TreeSpec) -> dict:
    if spec.type is None:
        return {"type": None, "context": None, "children_spec": []}
    kind: Any = kind_of(spec.type)
    context = kind.dump(spec.context) if kind.dump else json.dumps(spec.context)
    return {"type": _title(spec.type), "context": context, "children_spec": [_dumped(c) for c in spec.children()]}


def treespec_dumps(treespec: TreeSpec, protocol: int | None = None) -> str:
    """A structure as JSON."""
    return json.dumps([_PROTOCOL if protocol is None else protocol, _dumped(treespec)])


def _loaded(data: dict) -> TreeSpec:
    if data["type"] is None:
        return _LEAF
    node_type = next((t for t in KINDS if _title(t) == data["type"]), None)
    if node_type is None:
        raise NotImplementedError(f"Deserializing {data['type']} in pytree is not supported.")
    kind = KINDS[node_type]
    context = kind.load(data["context"]) if kind.load else json.loads(data["context"])
    return TreeSpec(node_type, context, [_loaded(c) for c in data["children_spec"]])


def treespec_loads(serialized: str) -> TreeSpec:
    """The structure that treespec_dumps wrote."""
    return _loaded(json.loads(serialized)[1])


def treespec_pprint(treespec: TreeSpec) -> str:
    """A structure, to be read."""
    return repr(treespec)
