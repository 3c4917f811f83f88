"""Macro steps: a backward pass seen before is taken as one step of the trie.

The state of the trace tells all about the tape that was recorded in it. So where a pass starts from a known state, at a
known tensor, with the same leaves lacking a gradient, it must record the same steps: the trace goes to their end at once,
the leaves get their gradients, and the tape is released. What the state does not tell (hooks, custom functions, a tape from
an earlier trace, in-place changes of views) makes a trace opaque, and the pass is walked.
"""

from __future__ import annotations

from ..storage import Storage
from ..tensor import Tensor
from ..trace.sync import sync
from ..trace.trie import TRACE, State, enter


class Macro:
    """The effects of one pass.

    state: where the trace is afterwards.  slots: how many values it added.  scalars: the numbers it recorded.
    leaves: (tape node number, edge number, gradient slot, id, meta, content) for each leaf; released: the tape nodes that were used.
    """

    __slots__ = ("state", "slots", "scalars", "leaves", "released")

    def __init__(self, state: State, slots: int, scalars, leaves, released):
        self.state, self.slots, self.scalars, self.leaves, self.released = state, slots, scalars, leaves, released


def _key(tensor: Tensor, gradient, retain: bool):
    """What stands for the call; None where the tape is not this trace's."""
    if TRACE.opaque or TRACE.urgent or tensor.grad_fn is None or tensor.epoch != TRACE.epoch:
        return None
    if gradient is None:
        return ("backward", tensor.id, retain)
    if not isinstance(gradient, Tensor) or gradient._requires_grad:
        return None
    number = gradient.id if gradient.epoch == TRACE.epoch else enter(gradient)
    return ("backward", tensor.id, retain, number)


def replay(tensor: Tensor, gradient, retain: bool) -> bool:
    """Takes the pass as one step, where it was walked before from here."""
    key = _key(tensor, gradient, retain)
    macro = TRACE.state.macros.get(key) if key else None
    if macro is None:
        return False
    nodes = TRACE.nodes
    leaves = [nodes[n].edges[e][0] for n, e, *_ in macro.leaves]
    for leaf in leaves:
        if leaf._grad is not None or leaf._backward_hooks or leaf._post_accumulate_hooks:
            return False
    _apply(macro, leaves)
    return True


def _apply(macro: Macro, leaves):
    trace = TRACE
    nodes, storages, epoch = trace.nodes, trace.storages, trace.epoch
    base = len(storages)
    storages.extend([None] * macro.slots)
    for leaf, (_, _, slot, number, meta, content) in zip(leaves, macro.leaves):
        storage = storages[base + slot] = Storage(content, base + slot, epoch)
        grad = Tensor.__new__(Tensor)
        grad.storage, grad.meta, grad.id, grad.epoch = storage, meta, number, epoch
        leaf._grad = grad
    trace.scalars.extend(macro.scalars)
    trace.state = macro.state
    for n in macro.released:
        nodes[n].saved = None


def walk_and_keep(tensor: Tensor, gradient, retain: bool, walk) -> None:
    """Walks the tape, and keeps what it did as a macro where the state tells everything."""
    key = _key(tensor, gradient, retain)
    trace = TRACE
    start, epoch, mark = trace.state, trace.epoch, len(trace.scalars)
    walked = walk()
    if key is None or trace.opaque or trace.epoch != epoch:
        return
    numbers = {id(node): i for i, node in enumerate(trace.nodes)}
    leaves = _effects(walked, numbers, start.slots)
    if leaves is not None:
        released = [] if retain else [numbers[id(n)] for n in walked.visited]
        start.macros[key] = Macro(trace.state, trace.state.slots - start.slots, tuple(trace.scalars[mark:]), leaves, released)


def _effects(walked, numbers, first_slot: int):
    """The leaves' gradients as a replay must make them; None where they are not fresh values of this pass."""
    if any(id(node) not in numbers for node in walked.visited):
        return None
    places = {id(e[0]): (numbers[id(node)], i) for node in walked.visited for i, e in enumerate(node.edges)}
    effects, seen = [], set()
    for leaf in walked.leaves:
        grad = leaf._grad
        storage = grad.storage
        fresh = storage.epoch == TRACE.epoch and storage.slot >= first_slot and id(storage) not in seen
        if id(leaf) in walked.had_grad or not fresh or grad.epoch != TRACE.epoch or leaf._backward_hooks or leaf._post_accumulate_hooks:
            return None
        seen.add(id(storage))
        effects.append((*places[id(leaf)], storage.slot - first_slot, grad.id, grad.meta, storage.content))
    return effects
