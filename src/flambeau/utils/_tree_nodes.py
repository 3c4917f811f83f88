"""The nodes of trees of containers: which classes they are of, how they are taken apart, paths to their children."""

from __future__ import annotations

import functools
from collections import OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable
from typing import Any, NamedTuple


# ------------------------------------------------------------------ paths
class SequenceKey(NamedTuple):
    """The place of an element in a sequence."""

    idx: int

    def __str__(self):
        return f"[{self.idx!r}]"

    def get(self, obj):
        """What stands at this place."""
        return obj[self.idx]


class MappingKey(NamedTuple):
    """The place of an element in a dictionary."""

    key: Any

    def __str__(self):
        return f"[{self.key!r}]"

    def get(self, obj):
        """What stands at this place."""
        return obj[self.key]


class GetAttrKey(NamedTuple):
    """The place of an element in a named tuple."""

    name: str

    def __str__(self):
        return f".{self.name}"

    def get(self, obj):
        """What stands at this place."""
        return getattr(obj, self.name)


def keystr(kp) -> str:
    """A path as Python code."""
    return "".join(map(str, kp))


def key_get(obj, kp):
    """What stands at a path."""
    for key in kp:
        obj = key.get(obj)
    return obj


# ------------------------------------------------------------------ kinds of nodes
def is_namedtuple_class(cls: type) -> bool:
    """Whether a class is a named tuple."""
    return isinstance(cls, type) and issubclass(cls, tuple) and isinstance(getattr(cls, "_fields", None), tuple)


def is_namedtuple_instance(obj) -> bool:
    """Whether an object is a named tuple."""
    return is_namedtuple_class(type(obj))


def is_namedtuple(obj) -> bool:
    """Whether an object, or a class, is a named tuple."""
    return is_namedtuple_class(obj if isinstance(obj, type) else type(obj))


def is_structseq_class(cls: type) -> bool:
    """Whether a class is a sequence of results of an op."""
    return is_namedtuple_class(cls) and cls.__module__ == "torch.return_types"


def is_structseq_instance(obj) -> bool:
    """Whether an object is a sequence of results of an op."""
    return is_structseq_class(type(obj))


def is_structseq(obj) -> bool:
    """Whether an object, or a class, is a sequence of results of an op."""
    return is_structseq_class(obj if isinstance(obj, type) else type(obj))


class Kind(NamedTuple):
    """How nodes of a class are taken apart and put together."""

    flatten: Callable
    unflatten: Callable
    keys: Callable | None = None
    dump: Callable | None = None
    load: Callable | None = None
    title: str | None = None


def _list_keys(x) -> list:
    return [SequenceKey(i) for i in range(len(x))]


def _dict_keys(x) -> list:
    return [MappingKey(k) for k in x]


KINDS: dict[Any, Kind] = {
    tuple: Kind(lambda x: (list(x), None), lambda xs, _: tuple(xs), _list_keys),
    list: Kind(lambda x: (x, None), lambda xs, _: list(xs), _list_keys),
    dict: Kind(lambda x: (list(x.values()), list(x)), lambda xs, keys: dict(zip(keys, xs)), _dict_keys),
    OrderedDict: Kind(lambda x: (list(x.values()), list(x)), lambda xs, keys: OrderedDict(zip(keys, xs)), _dict_keys),
    defaultdict: Kind(
        lambda x: (list(x.values()), [x.default_factory, list(x)]), lambda xs, c: defaultdict(c[0], zip(c[1], xs)),
        _dict_keys,
    ),
    deque: Kind(lambda x: (list(x), x.maxlen), lambda xs, size: deque(xs, maxlen=size), _list_keys),
    namedtuple: Kind(
        lambda x: (list(x), type(x)), lambda xs, cls: cls(*xs), lambda x: [GetAttrKey(f) for f in x._fields]
    ),
}  # fmt: skip


@functools.cache
def _results_kind(cls: type) -> Kind:
    """The kind of the results of an op (and of a shape): their class takes the values."""
    make = (lambda xs, _: cls(*xs)) if is_namedtuple_class(cls) else (lambda xs, _: cls(xs))
    return Kind(lambda x: (list(x), None), make, _list_keys)


def type_of(x) -> Any:
    """The node type of an object; its own class where that is a leaf's."""
    cls = type(x)
    if cls in KINDS or not issubclass(cls, tuple):
        return cls
    return namedtuple if is_namedtuple_class(cls) and not is_structseq_class(cls) else cls


def kind_of(node_type) -> Kind | None:
    found = KINDS.get(node_type)
    if found is not None or not (isinstance(node_type, type) and issubclass(node_type, tuple)):
        return found
    return _results_kind(node_type) if is_structseq_class(node_type) or node_type.__name__ == "Size" else None


def register_pytree_node(cls, flatten_fn, unflatten_fn, *, serialized_type_name=None, to_dumpable_context=None,
                         from_dumpable_context=None, flatten_with_keys_fn=None) -> None:  # fmt: skip
    """Makes the objects of a class nodes.

    flatten_fn(object) -> (children, context); unflatten_fn(children, context) -> object.
    Raises ValueError where the class is registered already.
    """
    if cls in KINDS:
        raise ValueError(f"{cls} is already registered as pytree node.")
    keys = None if flatten_with_keys_fn is None else lambda x: [key for key, _ in flatten_with_keys_fn(x)[0]]
    KINDS[cls] = Kind(flatten_fn, unflatten_fn, keys, to_dumpable_context, from_dumpable_context, serialized_type_name)


_register_pytree_node = register_pytree_node


def register_constant(cls) -> None:
    """Makes the objects of a class nodes without children: they are part of the structure."""
    register_pytree_node(cls, lambda x: ([], x), lambda _, x: x)


def register_dataclass(cls, *, field_names=None, drop_field_names=None, serialized_type_name=None) -> None:
    """Makes the objects of a data class nodes, with their fields as children."""
    import dataclasses

    names = field_names or [
        f.name for f in dataclasses.fields(cls) if f.init and f.name not in (drop_field_names or ())
    ]
    register_pytree_node(
        cls,
        lambda x: ([getattr(x, n) for n in names], list(names)),
        lambda xs, _: cls(**dict(zip(names, xs))),
        serialized_type_name=serialized_type_name,
        flatten_with_keys_fn=lambda x: ([(GetAttrKey(n), getattr(x, n)) for n in names], names),
    )
