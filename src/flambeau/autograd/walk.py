"""The walk: gradients are carried back along the tape, from the roots to the leaves.

In: the roots' edges and their gradients. Out: leaves' `.grad`, or the gradients of the tensors asked for. The walk
unbroadcasts, casts and adds up, so that a rule is a bare formula in differentiable ops. A node is visited once, after
all nodes recorded later than it.
"""

from __future__ import annotations

import heapq
import warnings
from typing import Any

from .. import errors
from ..tensor import Tensor
from ..trace.faults import located
from ..trace.sync import sync
from .hooks import run_node_hooks, run_tensor_hooks
from .modes import MODE
from .tape import Node, edge_of, is_node

_RUNNING: list[Walk] = []
TAPES = 2  # that one program pulls gradients back along


def current() -> Walk | None:
    """The pass that is on its way."""
    return _RUNNING[-1] if _RUNNING else None


def fit(grad, meta):
    """A gradient summed over broadcast dimensions and cast, so that it fits the argument it belongs to."""
    if grad is None:
        return None
    if grad.meta.shape != meta.shape:
        grad = grad.sum_to_size(meta.shape)
    if grad.meta.dtype.is_complex and not meta.dtype.is_complex:
        grad = grad.real
    return grad if grad.meta.dtype is meta.dtype else grad.to(meta.dtype)


class Walk:
    """One backward pass over the nodes reachable from the roots.

    roots: edges.  grads: their gradients.  wanted: the tensors whose gradients are asked for; None for all leaves.
    accumulate: whether gradients go to `.grad` (else to `captured`, by the number of the wanted tensor).
    """

    def __init__(self, roots, grads, wanted=None, accumulate=True, create_graph=False, retain_graph=False):
        self.create_graph, self.retain_graph, self.accumulate = create_graph, retain_graph, accumulate
        self.pending: dict[Any, list] = {}
        self.queue: list = []
        self.leaves: list = []  # in the order in which their gradients arrived
        self.leaf_grads: dict[int, Any] = {}
        self.captured: dict[int, Any] = {}
        self.visited: list[Node] = []
        self._roots = [r[0] for r in roots]
        self._reached: set[int] | None = None
        self.wanted = None if wanted is None else self._by_target(wanted)
        self.needed = None if wanted is None else self._needed([r[0] for r in roots])
        for edge, grad in zip(roots, grads):
            self._send(edge, grad)

    @staticmethod
    def _by_target(wanted) -> dict:
        """The numbers of the wanted tensors, by the end of the edge that leads to them."""
        found: dict[tuple, list[int]] = {}
        for i, tensor in enumerate(wanted):
            node, number = edge_of(tensor)
            found.setdefault((id(node), number), []).append(i)
        return found

    def _needed(self, roots) -> set[int]:
        """The nodes that lie on a way to a wanted tensor (others are not run)."""
        ends, needed, order, seen = {t[0] for t in self.wanted or ()}, set(), [], set()
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

    def run(self) -> Walk:
        """Walks in the reverse of the order of recording.

        A script that reads a number at every step of an episode leaves as many tapes. What they pull back runs tape by
        tape: as one program it would be a new one for every length of the episode.
        """
        mode, MODE.enabled = MODE.enabled, self.create_graph
        _RUNNING.append(self)
        tapes: set[int] = set()
        try:
            while self.queue:
                node = heapq.heappop(self.queue)[2]
                if node.epoch not in tapes:
                    tapes.add(node.epoch)
                    if len(tapes) > TAPES:
                        sync()
                self._visit(node, self.pending.pop(node))
            for leaf in self.leaves:
                self._finish_leaf(leaf, self.leaf_grads[id(leaf)])
        finally:
            MODE.enabled = mode
            _RUNNING.pop()
        return self

    def reaches(self, end) -> bool:
        """Whether a gradient for a node or a leaf is computed in this pass."""
        if self.needed is not None:
            return id(end) in self.needed
        if self._reached is None:
            self._reached = self._below(self._roots)
        return id(end) in self._reached

    @staticmethod
    def _below(roots) -> set[int]:
        found: set[int] = set()
        stack = list(roots)
        while stack:
            node = stack.pop()
            if id(node) not in found:
                found.add(id(node))
                stack += [e[0] for e in node.edges] if is_node(node) else []
        return found

    def _visit(self, node, grads):
        passing = self.needed is None or any(id(e[0]) in self.needed for e in node.edges)
        # A gradient that goes on is captured as it came; one that ends here, as the hooks leave it.
        if self.wanted is not None and passing:
            self._capture(node, grads)
        if node.tensor_hooks or node.retain:
            grads = node.received(grads)
        if not passing:
            self._capture(node, grads)
            return
        self.visited.append(node)
        for edge, grad in zip(node.edges, self._pulled_back(node, grads)):
            self._send(edge, grad)

    def _pulled_back(self, node, grads) -> list:
        if node.pre_hooks:
            grads = run_node_hooks(node.pre_hooks, grads)
        results = self._applied(node, grads) if MODE.anomaly else node.apply(grads)
        if not self.retain_graph:
            node.release()
        results = [fit(r, m) for r, m in zip(results, node.rules.metas)]
        if node.hooks:
            results = node.gather(run_node_hooks(node.hooks, node.spread(results), _told(grads)))
        return results

    def _applied(self, node, grads) -> list:
        """The node's gradients, and where they fail or are NaN the line of the forward call."""
        try:
            results = node.apply(grads)
            for number, result in enumerate(results):
                if MODE.check_nan and result is not None and bool(result.detach().isnan().any()):
                    raise RuntimeError(f"Function '{node.name()}' returned nan values in its {number}th output.")
        except Exception as error:
            if node.rules.line is not None:
                note = located(node.rules.line)
                errors.add_note(error, f"the forward call was {note}")
                warnings.warn(
                    f"Error detected in {node.name()}. The forward call that caused it was {note}", stacklevel=2
                )
            raise
        return results

    def _capture(self, node, grads):
        if self.accumulate or self.wanted is None:
            return
        for number, grad in enumerate(grads):
            if grad is not None:
                self.captured.update(dict.fromkeys(self.wanted.get((id(node), number), ()), grad))

    def _finish_leaf(self, leaf, grad):
        grad = run_tensor_hooks(leaf._backward_hooks, grad)
        if not self.accumulate:
            self._capture(leaf, [grad])
        elif grad.meta.shape != leaf.meta.shape:
            raise RuntimeError(
                "Function AccumulateGradBackward0 returned an invalid gradient at index 0 - got "
                f"{list(grad.meta.shape)} but expected shape compatible with {list(leaf.meta.shape)}"
            )
        else:
            # A hook may have taken the gradient: what it has must not change later.
            kept = grad.detach().clone() if leaf._backward_hooks and not self.create_graph else grad
            accumulate(leaf, kept, self.create_graph)


def accumulate(leaf: Tensor, grad: Tensor, create_graph: bool = False) -> None:
    """Adds a gradient to the leaf's `.grad`, in place where no graph is wanted."""
    if leaf._grad is None:
        # A gradient that is also some user's tensor must not be aliased by .grad.
        leaf._grad = grad if create_graph else grad.own_copy()
    elif create_graph:
        leaf._grad = leaf._grad + grad
    else:
        leaf._grad.add_(grad)
    for hook in list((leaf._post_accumulate_hooks or {}).values()):
        hook(leaf)


def _told(grads) -> tuple:
    """The gradients of the results that a node has in PyTorch: what a kernel keeps for its backward gets none."""
    count = len(grads)
    while count > 1 and grads[count - 1] is None:
        count -= 1
    return tuple(grads[:count])
