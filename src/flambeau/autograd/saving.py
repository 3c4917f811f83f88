"""Saved tensors in the hands of the script: pairs of hooks that pack what the tape keeps, and unpack it for a gradient.

While hooks are in force, what a step keeps is handed to the pack hook, and only what that gives is kept.
"""

from __future__ import annotations

import threading
from typing import Any

from .. import errors
from ..trace.trie import TRACE
from . import tape
from .modes import no_grad

PACK_WRITES = (
    "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook cannot be "
    "modified by in-place operations as this can lead to unexpected side-effects. Please open an issue if you need to "
    "perform in-place operations on the input to a pack hook."
)
HOOKS_SET = (
    "Calling register_hooks on a saved tensor whose hooks have already been set. Hint: only one pair of hooks is "
    "allowed at a time."
)


class _Hooks(threading.local):
    """The pairs of hooks in force in this thread, the innermost last; why there may be none, where that is so."""

    def __init__(self):
        self.pairs: list[tuple] = []
        self.refusal: str | None = None


HOOKS = _Hooks()


class Packed(tape.Saved):
    """A kept value that a hook has packed."""

    __slots__ = ("packed", "unpack_hook")

    def __init__(self, saved: tape.Saved, packed, unpack_hook):
        self.edge, self.output, self.meta = saved.edge, saved.output, saved.meta
        self.packed, self.unpack_hook = packed, unpack_hook

    def opened(self, node: tape.Node, with_graph: bool):
        """The value, as the unpack hook gives it."""
        value = self.unpack_hook(self.packed)
        if not isinstance(value, tape.TENSOR):
            raise TypeError(
                "Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                f"{type(value).__name__}"
            )
        edge = self.edge if self.output is None else (node, self.output)
        return value.placed(edge) if with_graph and edge is not None else value


def pack(node: tape.Node) -> None:
    """Hands what a step has just kept to the innermost hooks."""
    if not HOOKS.pairs:
        return
    TRACE.opaque = True
    for key, saved in node.saved.items():
        if saved is not None:
            node.saved[key] = packed(node, saved, *HOOKS.pairs[-1])


def packed(node: tape.Node, saved: tape.Saved, pack_hook, unpack_hook) -> Packed:
    """One kept value, packed."""
    tensor = node.unpack(saved, True)
    pairs, HOOKS.pairs = HOOKS.pairs, []
    try:
        with no_grad():
            version = tensor.storage.version
            found = pack_hook(tensor)
    finally:
        HOOKS.pairs = pairs
    if tensor.storage.version != version:
        raise RuntimeError(PACK_WRITES)
    return Packed(saved, found, unpack_hook)


def push(pack_hook, unpack_hook) -> None:
    """Puts hooks in force.

    Raises RuntimeError where hooks are switched off.
    """
    if HOOKS.refusal is not None:
        raise RuntimeError(HOOKS.refusal)
    HOOKS.pairs.append((pack_hook, unpack_hook))
    tape.PACKING.append(pack)


def pop() -> None:
    """Takes the innermost hooks back."""
    HOOKS.pairs.pop()
    tape.PACKING.pop()


class SavedTensor:
    """One value that a tape node keeps."""

    def __init__(self, node: tape.Node, key):
        self._node, self._key = node, key

    def register_hooks(self, pack_hook, unpack_hook) -> None:
        """Packs this value, and has it unpacked when it is used.

        Raises RuntimeError where it was packed before, or is no longer kept.
        """
        saved: Any = self._node.saved
        if saved is None:
            raise RuntimeError(errors.BACKWARD_TWICE)
        if isinstance(saved[self._key], Packed):
            raise RuntimeError(HOOKS_SET)
        self._node.make_opaque()
        saved[self._key] = packed(self._node, saved[self._key], pack_hook, unpack_hook)

    @property
    def data(self):
        return kept_value(self._node, self._key)


def kept_names(node: tape.Node) -> dict:
    """The names, in PyTorch's words, of what a step keeps: tensors and numbers by place, attributes by name."""
    op = node.rules.op
    names: dict[str, Any] = {}
    if not isinstance(op, type) and not op.variadic:
        for i in sorted({*node.rules.save_args, *node.numbers}):
            names["self" if op.params[i] == "input" else op.params[i]] = i
        names |= {"result" if k == 0 else f"result{k}": -1 - k for k in node.rules.save_outs}
        names |= dict.fromkeys(op.params[len(op.params) - len(node.rules.attrs) :], "attribute")
    return names


def kept_value(node: tape.Node, key):
    """A kept tensor or number.

    Raises RuntimeError where it was given up.
    """
    if key in node.numbers:
        return node.numbers[key][0]
    if node.saved is None:
        raise RuntimeError(errors.BACKWARD_TWICE)
    return node.unpack(node.saved[key], True)


def attribute(node: tape.Node, name: str):
    """`_saved_self`, `_raw_saved_result`, `_saved_dim` ... of a node.

    Raises AttributeError for other names.
    """
    raw = name.startswith("_raw_saved_")
    names = kept_names(node) if raw or name.startswith("_saved_") else {}
    own = name.removeprefix("_raw_saved_" if raw else "_saved_")
    if own not in names:
        raise AttributeError(f"'{type(node).__name__}' object has no attribute '{name}'", name=name, obj=node)
    key = names[own]
    if key == "attribute":
        params = node.rules.op.params
        return dict(zip(params[len(params) - len(node.rules.attrs) :], node.rules.attrs))[own]
    return SavedTensor(node, key) if raw else kept_value(node, key)
