"""One run of a model as a graph: which operations it called, in which modules, on which values, with which shapes.

While a recording lasts, gates stand around torch's functions and the methods of tensors (see `gates`), also where a
module or the script has imported a function by its name or keeps it as an attribute. Afterwards none of it is left.
"""

from __future__ import annotations

import contextlib
import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import flambeau as torch

from ... import gates
from ._operations import KINDS_OF_MODULES, kind_of


@dataclass
class Node:
    """An operation, a parameter, an input or an output.

    name: its scopes and its own, with slashes between.  kind: "aten::relu", "prim::GetAttr", "IO Node" ...
    inputs: the nodes that it reads, by name.  shape: its value's, None where that is no tensor.  text: its settings.
    """

    name: str
    kind: str
    inputs: list[str]
    shape: list[int] | None = None
    text: str = "{}"


class Recording:
    """What a model did, as nodes, in order; a mode that calls of functions and methods are handed to."""

    def __init__(self, model) -> None:
        self.nodes: list[Node] = []
        self._scopes, self._inside = [_title(model)], 0
        self._names: dict[int, str] = {}  # of the nodes of tensors, by their id
        self._alive: list[Any] = []  # so that an id stands for one tensor
        self._used: Counter[str] = Counter()
        self._owners = dict(_owners(model))

    # -------------------------------------------------------------- nodes
    def add(self, kind: str, inputs: list[str], value=None, text: str = "{}", scope: str | None = None) -> str:
        """Adds a node whose result is a value; gives its name."""
        place = "/".join(self._scopes) if scope is None else scope
        name = self._free(f"{place}/{kind.rpartition('::')[2].lstrip('_')}")
        self.nodes.append(Node(name, kind, inputs, _shape(value), text))
        if isinstance(value, torch.Tensor):
            self.name(value, name)
        return name

    def _free(self, name: str) -> str:
        count = self._used[name]
        self._used[name] += 1
        return f"{name}.{count}" if count else name

    def name(self, tensor, name: str) -> None:
        """From here on a tensor is what a node gives."""
        self._names[id(tensor)] = name
        self._alive.append(tensor)

    def name_of(self, value) -> str | None:
        """The node of a value: a tensor, or a tuple, list or dictionary of such; None for anything else."""
        if isinstance(value, torch.Tensor):
            return self._tensor(value)
        if isinstance(value, (list, tuple, dict)):
            parts = value.values() if isinstance(value, dict) else value
            inputs = [name for name in map(self.name_of, parts) if name is not None]
            kind = "Dict" if isinstance(value, dict) else "List" if isinstance(value, list) else "Tuple"
            return self.add(f"prim::{kind}Construct", inputs) if inputs else None
        return None

    def _tensor(self, tensor) -> str:
        """The node of a tensor. One that no call gave is a parameter or buffer, or a constant of the model."""
        if id(tensor) in self._names:
            return self._names[id(tensor)]
        owner = self._owners.get(id(tensor))
        if owner is None:
            return self.add("prim::Constant", [], tensor)
        scope, attribute = owner
        name = self._free(f"{scope}/{attribute}/{attribute}")
        self.nodes.append(Node(name, "prim::GetAttr", [], _shape(tensor), f"{{ name :  {attribute} }}"))
        self.name(tensor, name)
        return name

    # -------------------------------------------------------------- calls
    def __torch_function__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        written = args[0] if func.__name__ == "__setitem__" else result
        outputs = [written] if isinstance(written, torch.Tensor) else written
        if not self._inside and isinstance(outputs, (tuple, list)):
            with self._paused():
                self._call(func, args, kwargs or {}, outputs)
        return result

    def _call(self, func: Callable, args: tuple, kwargs: dict, outputs) -> None:
        if func.__name__ == "__getitem__" and len(args) == 2 and self._indexing(*args, outputs[0]):
            return
        given = _arguments(func, args, kwargs)
        named = {name: self.name_of(value) for name, value in given.items()}
        settings = {name: value for name, value in given.items() if named[name] is None}
        self._operation(kind_of(func, given), [name for name in named.values() if name], outputs, settings)

    def _operation(self, kind: str, inputs: list[str], outputs, settings: dict) -> None:
        text = str({name: value for name, value in settings.items() if value is not None}).replace("'", " ")
        for output in outputs:
            if isinstance(output, torch.Tensor):
                self.add(kind, inputs, output, text)

    def _indexing(self, x, index, result) -> bool:
        """x[1:, 0] is a slice, then a selection; False where it is something else."""
        entries = list(index) if isinstance(index, tuple) else [index]
        if not all(entry is None or entry is ... or type(entry) in (int, slice) for entry in entries):
            return False
        dim, names = 0, [self._tensor(x)]
        for entry in entries:
            if entry is ...:
                dim += x.dim() - sum(type(e) in (int, slice) for e in entries)
                continue
            kind = "unsqueeze" if entry is None else "select" if type(entry) is int else "slice"
            x = x[(slice(None),) * dim + (entry,)]
            names.append(self.add(f"aten::{kind}", names[-1:], x, f"{{ dim : {dim}, index : {_written(entry)}}}"))
            dim += type(entry) is not int
        self.name(result, names[-1])
        return True

    @contextlib.contextmanager
    def _paused(self) -> Iterator[None]:
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    # -------------------------------------------------------------- modules
    def enter(self, module, name: str) -> None:
        """The forward of a module begins; what it calls is in its scope. The whole model has no name."""
        if name:
            self._scopes.append(f"{_title(module)}[{name}]")
        self._inside += type(module) in KINDS_OF_MODULES

    def leave(self, module, name: str, args: tuple, kwargs: dict, result) -> None:
        """The forward of a module ends."""
        if type(module) in KINDS_OF_MODULES:
            with self._paused():
                inputs = [self.name_of(value) for value in (*args, *kwargs.values(), *module.parameters())]
                outputs = list(_tensors(result))
                kind = KINDS_OF_MODULES[type(module)](module)
                self._operation(kind, [name for name in inputs if name], outputs, {})
            self._inside -= 1
        if name:
            self._scopes.pop()


@contextlib.contextmanager
def recorded(model) -> Iterator[Recording]:
    """A recording of what a model does inside."""
    recording, handles = Recording(model), []
    names = {module: path.rpartition(".")[2] for path, module in model.named_modules(remove_duplicate=False)}
    with gates.standing_everywhere(model):
        gates.STATE.modes.append(recording)
        try:
            for module, name in names.items():
                handles += _hooks(module, name, recording)
            yield recording
        finally:
            for handle in handles:
                handle.remove()
            gates.STATE.modes.remove(recording)


def _hooks(module, name: str, recording: Recording) -> list:
    def before(module, args):
        recording.enter(module, name)

    def after(module, args, kwargs, result):
        recording.leave(module, name, args, kwargs, result)

    return [
        module.register_forward_pre_hook(before, prepend=True),
        module.register_forward_hook(after, with_kwargs=True),
    ]


def _owners(model) -> Iterator[tuple[int, tuple[str, str]]]:
    """For each parameter and buffer its module's scopes and its name there; of a shared one the first."""
    seen: dict[int, Any] = {}
    for path, module in model.named_modules():
        scopes, parent = [_title(model)], model
        for part in filter(None, path.split(".")):
            parent = getattr(parent, part)
            scopes.append(f"{_title(parent)}[{part}]")
        for name, tensor in [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]:
            seen.setdefault(id(tensor), ("/".join(scopes), name))
    yield from seen.items()


def _arguments(func: Callable, args: tuple, kwargs: dict) -> dict[str, Any]:
    """The arguments of a call by the names of their parameters."""
    try:
        bound = inspect.signature(func).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return {**{str(i): value for i, value in enumerate(args)}, **kwargs}
    return dict(bound.arguments)


def _tensors(value) -> Iterator:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _tensors(part)


def _title(module) -> str:
    """A module's class; of one that torch.jit has wrapped, the class that it had."""
    return getattr(module, "original_name", type(module).__name__)


def _written(entry) -> str:
    """An index as scripts write it."""
    if not isinstance(entry, slice):
        return str(entry)
    parts = ["" if part is None else str(part) for part in (entry.start, entry.stop, entry.step)]
    return ":".join(parts if parts[2] else parts[:2])


def _shape(value) -> list[int] | None:
    return list(value.shape) if isinstance(value, torch.Tensor) else None
