"""Macro steps: a backward pass seen before is taken as one step of the trie.

The state of the trace tells all about the tape that was recorded in it. So where a pass starts from a known state, at a
known node, with the same leaves lacking a gradient, it must record the same steps: the trace goes to their end at once,
the leaves get their gradients, and the tape is released. The same holds for the tape of an earlier trace (a number was
read between forward and backward): the state in which that trace ended tells it; what it kept enters the new trace.

What a state does not tell (hooks, custom functions, in-place changes of views) makes a trace opaque, and the pass is
walked.
"""

from __future__ import annotations

from ..storage import Storage
from ..tensor import Tensor
from ..trace.trie import TRACE, State, enter


class Macro:
    """The effects of one pass.

    state: where the trace is afterwards.  slots: how many values it added.  scalars: the numbers it recorded.
    entries: what it read of an earlier tape: slot (counted from the start), order in memory, and where it is kept
    (node, key).
    effects: for each leaf the slot of its gradient, the gradient's number, meta and content; meta is None where the
    gradient was added to one that was there.  released: the numbers of the tape nodes that were used.
    """

    __slots__ = ("state", "slots", "scalars", "entries", "effects", "released")

    def __init__(self, state: State, slots: int, scalars, entries, effects, released):
        self.state, self.slots, self.scalars = state, slots, scalars
        self.entries, self.effects, self.released = entries, effects, released


class _Tape:
    """The tape that a node belongs to: this trace's, or one that an earlier trace left."""

    def __init__(self, epoch: int):
        self.epoch = epoch
        self.key: object = None
        if epoch == TRACE.epoch:
            self.nodes, self.earlier = TRACE.nodes, False
        else:
            self.key, self.nodes = TRACE.past[epoch]
            self.earlier = True

    def __getitem__(self, number: int):
        return self.nodes[number]() if self.earlier else self.nodes[number]


def _tape_of(tensor: Tensor) -> _Tape | None:
    """The tape of a tensor; None where its state does not tell it."""
    node = tensor.grad_fn
    if node is None or TRACE.opaque or TRACE.urgent:
        return None
    return _Tape(node.epoch) if node.epoch == TRACE.epoch or node.epoch in TRACE.past else None


def _number_of(x: Tensor) -> int:
    return x.id if x.epoch == TRACE.epoch else enter(x)


def backward(tensor: Tensor, gradient, retain: bool, walk) -> None:
    """Takes the pass as one step where it was walked before from here; else walks it, and keeps what it did.

    A pass walked once is known by its leaves; walked again from a state in which their gradients have entered, it is a
    macro.
    """
    tape = _tape_of(tensor)
    if tape is None or not (gradient is None or (isinstance(gradient, Tensor) and not gradient._requires_grad)):
        walk()
        return
    number = None if gradient is None else _number_of(gradient)
    key: tuple = ("backward", tape.key, tensor.grad_fn.index, tensor._output_nr, retain, number)
    start = TRACE.state
    places = start.macros.get(key)
    leaves = None if places is None else [tape[n].edges[e][0] for n, e in places]
    if leaves is None or not all(map(_is_plain, leaves)):
        epoch = TRACE.epoch
        walked = walk()
        if TRACE.epoch == epoch and not TRACE.opaque:
            start.macros[key] = _places(walked, tape)
        return
    # The gradients that are there enter first: which ones there are is part of what follows.
    key = (key, tuple([None if leaf._grad is None else _number_of(leaf._grad) for leaf in leaves]))
    macro = TRACE.state.macros.get(key)
    kept = None if macro is None or TRACE.urgent else _kept(macro, tape)
    if kept is None:
        _walk_and_keep(key, leaves, retain, walk, tape)
    else:
        _apply(macro, leaves, kept, tape)


def _is_plain(leaf: Tensor) -> bool:
    """Whether all that happens to a leaf is that its gradient is stored or added."""
    return not (
        leaf._backward_hooks or leaf._post_accumulate_hooks or (leaf._grad is not None and leaf._grad._requires_grad)
    )


def _kept(macro: Macro, tape: _Tape):
    """The storages that enter; None where one has changed, is in the trace already, or lies otherwise in memory."""
    found = []
    for _, order, n, name in macro.entries:
        saved = tape[n].saved and tape[n].saved[name]
        if not saved or saved.version != saved.storage.version or saved.storage.epoch == TRACE.epoch:
            return None
        if saved.storage.order != order or saved.storage.export is not None:
            return None
        found.append(saved.storage)
    return found


def _apply(macro: Macro, leaves, kept, tape: _Tape):
    trace = TRACE
    storages, epoch = trace.storages, trace.epoch
    base = len(storages)
    storages.extend([None] * macro.slots)
    for storage, (slot, *_) in zip(kept, macro.entries):
        storage.slot, storage.epoch = base + slot, epoch
        trace.inputs.append(storage)
    for leaf, (slot, number, meta, content) in zip(leaves, macro.effects):
        slot += base
        if meta is None:
            grad = leaf._grad
            storage = grad.storage
            storages[storage.slot] = None
            storage.slot = slot
            storage.version += 1
        else:
            storage = Storage(content, slot, epoch)
            grad = leaf._grad = object.__new__(Tensor)
            grad.storage, grad.meta, grad.epoch = storage, meta, epoch
        storages[slot] = storage
        grad.id = number
    trace.scalars.extend(macro.scalars)
    trace.state = macro.state
    for n in macro.released:
        tape[n].saved = None


def _places(walked, tape: _Tape):
    """Where on the tape the leaves hang, in the order of arrival; None where other tapes took part."""
    if any(node.epoch != tape.epoch for node in walked.visited):
        return None
    found = {id(e[0]): (node.index, i) for node in walked.visited for i, e in enumerate(node.edges)}
    return None if any(id(leaf) not in found for leaf in walked.leaves) else [found[id(leaf)] for leaf in walked.leaves]


def _walk_and_keep(key, leaves, retain: bool, walk, tape: _Tape) -> None:
    trace = TRACE
    start, epoch, mark, entered = trace.state, trace.epoch, len(trace.scalars), len(trace.inputs)
    had, sources = [leaf._grad for leaf in leaves], _sources(tape)
    walked = walk()
    if trace.opaque or trace.epoch != epoch or [id(x) for x in walked.leaves] != [id(x) for x in leaves]:
        return
    entries = [_entry(storage, sources, start.slots) for storage in trace.inputs[entered:]]
    effects = [_effect(leaf, before, start.slots) for leaf, before in zip(leaves, had)]
    slots = {effect[0] for effect in effects if effect}
    if None in effects or None in entries or len(slots) < len(effects) or not _told_by_state(walked.visited, tape):
        return
    released = [] if retain else [n.index for n in walked.visited if n.rules.keeps]
    start.macros[key] = Macro(
        trace.state, trace.state.slots - start.slots, tuple(trace.scalars[mark:]), entries, effects, released
    )


def _told_by_state(visited, tape: _Tape) -> bool:
    """Whether all nodes are the tape's, and none of an earlier tape keeps a number (which the state does not tell)."""
    if any(node.epoch != tape.epoch for node in visited):
        return False
    return not tape.earlier or not any(index >= 0 for node in visited for _, index in node.numbers.values())


def _sources(tape: _Tape) -> dict[int, tuple]:
    """Where each storage that the tape keeps is kept."""
    if not tape.earlier:
        return {}
    nodes = [
        node for node in (reference() for reference in tape.nodes) if node is not None and isinstance(node.saved, dict)
    ]
    return {id(saved.storage): (node.index, name) for node in nodes for name, saved in node.saved.items()}


def _entry(storage: Storage, sources, first_slot: int):
    """How a storage that entered during the walk is found again; None where only the walk knows."""
    source = sources.get(id(storage))
    return None if source is None else (storage.slot - first_slot, storage.order, *source)


def _effect(leaf: Tensor, before, first_slot: int):
    """What a replay must do to a leaf; None where its gradient is not a fresh value of this pass."""
    grad = leaf._grad
    storage = grad.storage
    if storage.epoch != TRACE.epoch or storage.slot < first_slot or grad.epoch != TRACE.epoch:
        return None
    if before is not None:
        return (storage.slot - first_slot, grad.id, None, None) if grad is before else None
    return (storage.slot - first_slot, grad.id, grad.meta, storage.content)
