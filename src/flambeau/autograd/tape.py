"""The tape: one Node for each recorded operation, and the walk that carries gradients back along them.

A Node knows its op's rules, the edges to the nodes that made its inputs, and what the rules asked to keep. The walk
unbroadcasts, casts and adds up, so a rule is a bare formula in differentiable ops. No op is named here, addition aside.
"""

from __future__ import annotations

import heapq
import itertools
import weakref
from typing import Any

from .. import errors
from ..trace.trie import TRACE, Number
from .modes import MODE

_sequence = itertools.count()


class Rules:
    """What the tape keeps of a step, once for all replays of it.

    needs: the argument numbers that a gradient flows to.  save_args: the argument numbers whose tensors the rules ask for.
    save_outs: the numbers of the results they ask for.  numbers: the argument numbers that are not tensors.  metas: the metas of the
    arguments in `needs`.  outs: the metas of the results.
    """

    __slots__ = ("op", "attrs", "needs", "save_args", "save_outs", "numbers", "metas", "outs", "node")

    def __init__(self, op, attrs, needs, save_args, save_outs, numbers, metas, outs):
        self.op, self.attrs, self.needs, self.save_args = op, attrs, needs, save_args
        self.save_outs, self.numbers, self.metas, self.outs = save_outs, numbers, metas, outs
        self.node = getattr(op, "node", Node)


class Saved:
    """A kept value: it must not have changed when it is used."""

    __slots__ = ("storage", "meta", "version", "edge", "output")

    def __init__(self, tensor, output: int | None = None):
        self.storage, self.meta, self.version = tensor.storage, tensor.meta, tensor.storage.version
        self.output = output
        self.edge = None if output is not None or not tensor._requires_grad else edge_of(tensor)


def edge_of(tensor):
    """Where a tensor's gradient goes: (node, output number), or (the leaf itself, 0)."""
    return (tensor.grad_fn or tensor, tensor._output_nr)


class Node:
    """A recorded operation. `grad_fn` of its results."""

    __slots__ = ("rules", "edges", "saved", "numbers", "sequence", "epoch", "index", "hooks", "pre_hooks", "retain", "metadata", "__weakref__")

    def __init__(self, rules: Rules, args):
        self.rules = rules
        self.edges = [edge_of(args[i]) for i in rules.needs]
        self.saved: Any = {i: Saved(args[i]) for i in rules.save_args}
        self.numbers = kept_numbers(rules.numbers, args) if rules.numbers else {}
        self.sequence = next(_sequence)
        self.epoch = TRACE.epoch
        self.hooks: dict | None = None
        self.pre_hooks: dict | None = None
        self.retain: Any = None
        self.index = len(TRACE.nodes)
        TRACE.nodes.append(self)

    def name(self) -> str:
        return self.rules.op.grad_name

    def __repr__(self):
        return f"<{self.name()} object at {hex(id(self))}>"

    @property
    def next_functions(self):
        """The nodes that this node's gradients go to, PyTorch's form: ((node, output number), ...)."""
        return tuple((e[0] if is_node(e[0]) else AccumulateGrad(e[0]), e[1]) for e in self.edges)

    def retain_grad_of(self, tensor):
        """Stores the gradient of one of this node's results in its `.grad`."""
        number, reference, before = tensor._output_nr, weakref.ref(tensor), self.retain

        def store(grads):
            if before is not None:
                before(grads)
            kept = reference()
            if kept is not None and grads[number] is not None:
                kept._grad = grads[number].detach() if kept._grad is None else kept._grad + grads[number].detach()

        self.retain = store

    def register_hook(self, hook):
        """Calls hook(grad_inputs, grad_outputs) when this node's gradients have been computed."""
        TRACE.opaque = True
        self.hooks = self.hooks if self.hooks is not None else {}
        return RemovableHandle(self.hooks, hook)

    def register_prehook(self, hook):
        """Calls hook(grad_outputs) before this node's gradients are computed."""
        TRACE.opaque = True
        self.pre_hooks = self.pre_hooks if self.pre_hooks is not None else {}
        return RemovableHandle(self.pre_hooks.setdefault(None, {}), hook)

    def release(self):
        """Gives up what was kept: the node was used, or never will be."""
        self.saved = None

    def apply(self, grads):
        """The gradients for `needs`, from those of the outputs."""
        rules = self.rules
        if self.saved is None:
            raise RuntimeError(errors.BACKWARD_TWICE)
        values = self._values()
        # A formula may count on the gradient of the first result; it looks itself whether there are others.
        if grads[0] is None:
            grads = [zeros_like_meta(rules.outs[0]), *grads[1:]]
        return rules.op.pull_back(rules, grads, values, self)

    def _values(self):
        """What the rules may ask for, by argument number; -1 is the first result, -2 the second ..."""
        here = self.epoch == TRACE.epoch
        values = {i: Number(index, type(a)) if here and index >= 0 else a for i, (a, index) in self.numbers.items()}
        for i, saved in self.saved.items():
            values[i] = self._unpack(saved)
        return values

    def _unpack(self, saved):
        if saved.storage.version != saved.version:
            raise RuntimeError(errors.modified_in_place(saved, self))
        if not MODE.enabled:
            return TENSOR.from_storage(saved.storage, saved.meta)
        edge = saved.edge if saved.output is None else (self, saved.output)
        return TENSOR.from_storage(saved.storage, saved.meta, edge)


def kept_numbers(positions, args) -> dict:
    """The arguments that are not tensors, with their places in the scalar table (-1 for None).

    Inside their own trace, gradients refer to the place, so that a replay sees the new number.
    """
    index = len(TRACE.scalars) - sum(type(args[i]) in (bool, int, float) for i in positions)
    kept = {}
    for i in positions:
        if type(args[i]) in (bool, int, float):
            kept[i] = (args[i], index)
            index += 1
        else:
            kept[i] = (args[i], -1)
    return kept


def is_node(target) -> bool:
    return not isinstance(target, TENSOR)


class AccumulateGrad:
    """PyTorch's name for the end of the graph at a leaf; `variable` is the leaf."""

    __slots__ = ("variable",)
    next_functions = ()

    def __init__(self, variable):
        self.variable = variable

    def name(self):
        return "AccumulateGrad"

    def __repr__(self):
        return f"<AccumulateGrad object at {hex(id(self.variable))}>"


class RemovableHandle:
    """Removes a hook again; also a context manager."""

    _ids = itertools.count()

    def __init__(self, hooks: dict, hook):
        self.id = next(self._ids)
        self.hooks = hooks
        hooks[self.id] = hook

    def remove(self):
        self.hooks.pop(self.id, None)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.remove()


TENSOR: Any = None  # the Tensor class, set when it is defined: the tape is below it


def zeros_like_meta(meta):
    return TENSOR.full_of(meta.shape, 0, meta.dtype)


def fit(grad, meta):
    """A gradient summed over broadcast dimensions and cast, so that it fits the argument it belongs to."""
    if grad is None:
        return None
    if grad.meta.shape != meta.shape:
        grad = grad.sum_to_size(meta.shape)
    return grad if grad.meta.dtype is meta.dtype else grad.to(meta.dtype)


class Walk:
    """One backward pass over the nodes reachable from the roots."""

    def __init__(self, roots, grads, wanted=None, create_graph=False, retain_graph=False):
        self.create_graph, self.retain_graph = create_graph, retain_graph
        self.pending: dict[Any, list] = {}
        self.queue: list = []
        self.leaves: list = []  # (leaf, gradient) in the order of arrival
        self.leaf_grads: dict[int, Any] = {}
        self.wanted = None if wanted is None else {self._target(t): i for i, t in enumerate(wanted)}
        self.captured: dict[Any, Any] = {}
        self.visited: list[Node] = []
        self.needed = self._needed([r[0] for r in roots]) if wanted is not None else None
        for edge, grad in zip(roots, grads):
            self._send(edge, grad)

    @staticmethod
    def _target(tensor):
        node, number = edge_of(tensor)
        return (id(node), number)

    def _needed(self, roots):
        """The nodes that lie on a way to a wanted tensor (others are not run)."""
        ends, needed, order, seen = {t[0] for t in self.wanted}, set(), [], set()
        stack = list(roots)
        while stack:
            node = stack.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            order.append(node)
            if is_node(node):
                stack.extend(e[0] for e in node.edges)
        # An edge always leads to an earlier node, so one pass in order of recording settles all.
        for node in sorted(order, key=lambda n: n.sequence if is_node(n) else -1):
            if id(node) in ends or (is_node(node) and any(id(e[0]) in needed for e in node.edges)):
                needed.add(id(node))
        return needed

    def _send(self, edge, grad):
        target, number = edge
        if grad is None or (self.needed is not None and id(target) not in self.needed):
            return
        if not is_node(target):
            self._send_leaf(target, grad)
            return
        slots = self.pending.get(target)
        if slots is None:
            slots = self.pending[target] = [None] * len(target.rules.outs)
            heapq.heappush(self.queue, (-target.sequence, id(target), target))
        slots[number] = grad if slots[number] is None else slots[number] + grad

    def _send_leaf(self, leaf, grad):
        before = self.leaf_grads.get(id(leaf))
        if before is None:
            self.leaves.append(leaf)
        self.leaf_grads[id(leaf)] = grad if before is None else before + grad

    def run(self):
        """Walks in the reverse of the order of recording."""
        mode, MODE.enabled = MODE.enabled, self.create_graph
        try:
            while self.queue:
                node = heapq.heappop(self.queue)[2]
                self._visit(node, self.pending.pop(node))
            self._finish_leaves()
        finally:
            MODE.enabled = mode

    def _visit(self, node, grads):
        if node.pre_hooks:
            grads = run_pre_hooks(node, grads)
        if node.retain:
            node.retain(grads)
        if self.wanted is not None:
            self._capture(node, grads)
            if not any(id(e[0]) in self.needed for e in node.edges):
                return
        self.visited.append(node)
        results = node.apply(grads)
        if not self.retain_graph:
            node.release()
        results = [fit(r, m) for r, m in zip(results, node.rules.metas)]
        for hook in list((node.hooks or {}).values()):
            replaced = hook(tuple(results), tuple(grads))
            results = list(replaced) if replaced is not None else results
        for edge, grad in zip(node.edges, results):
            self._send(edge, grad)

    def _capture(self, node, grads):
        for number, grad in enumerate(grads):
            index = self.wanted.get((id(node), number))
            if index is not None and grad is not None:
                self.captured[index] = grad

    def _finish_leaves(self):
        for leaf in self.leaves:
            grad = run_leaf_hooks(leaf, self.leaf_grads[id(leaf)])
            if self.wanted is None:
                accumulate(leaf, grad, self.create_graph)
            else:
                index = self.wanted.get((id(leaf), 0))
                if index is not None:
                    self.captured[index] = grad


def run_pre_hooks(node, grads):
    """Hooks of the node's results (by output number), then of the node as a whole (None)."""
    grads = list(grads)
    for number, hooks in node.pre_hooks.items():
        for hook in list(hooks.values()):
            if number is None:
                replaced = hook(tuple(grads))
                grads = list(replaced) if replaced is not None else grads
            elif grads[number] is not None:
                replaced = hook(grads[number])
                grads[number] = replaced if replaced is not None else grads[number]
    return grads


def run_leaf_hooks(leaf, grad):
    for hook in list((leaf._backward_hooks or {}).values()):
        replaced = hook(grad)
        grad = replaced if replaced is not None else grad
    return grad


def accumulate(leaf, grad, create_graph=False):
    """Adds a gradient to the leaf's `.grad`."""
    if leaf._grad is None:
        # A gradient that is also some user's tensor must not be aliased by .grad.
        leaf._grad = grad.own_copy() if not create_graph else grad
    elif create_graph:
        leaf._grad = leaf.grad + grad
    else:
        leaf.grad.add_(grad)
    for hook in list((leaf._post_accumulate_hooks or {}).values()):
        hook(leaf)
