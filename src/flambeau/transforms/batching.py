"""vmap's level: calls on tensors without their batch dimension, done for the whole batch at once.

A BatchedTensor shows a tensor without the dimension that is mapped over. No op needs a rule of its own: an op on
batches is an op again (`Batched`), whose meaning is the op's own graph with every node batched (`batch_rules.py`), and
whose gradients are the op's own formulas at a level of their own. A view is the same view with the dimension put back.
"""

from __future__ import annotations

import functools
from typing import Any

from .. import ir
from ..autograd import tape
from ..autograd.walk import fit
from ..meta import Meta, meta
from ..ops import inplace, registry
from ..ops.registry import Op
from ..tensor import Tensor
from . import levels
from .batch_rules import batch
from .levels import Level, Lifted

ITEM = (
    "vmap: It looks like you're calling .item() on a Tensor. We don't support vmap over calling .item() on a Tensor, "
    "please try to rewrite what you're doing with other operations. If error is occurring somewhere inside PyTorch "
    "internals, please file a bug report."
)
CONTROL_FLOW = (
    "vmap: It looks like you're attempting to use a Tensor in some data-dependent control flow. We don't support that "
    "yet, please file an issue at https://github.com/pytorch/pytorch/issues ."
)
UNBATCHED_TARGET = (
    "vmap: inplace arithmetic(self, *extra_args) is not possible because there exists a Tensor `other` in extra_args "
    "that has more elements than `self`. This happened due to `other` being vmapped over but `self` not being vmapped "
    "over in a vmap. Please try to use out-of-place operators instead of inplace arithmetic. If said operator is being "
    "called inside the PyTorch framework, please file a bug report instead."
)


def without_batch(m: Meta) -> Meta:
    """The meta of one element of a batch."""
    return m.with_(m.shape[1:], m.strides[1:])


def with_batch(m: Meta, size: int, stride: int | None = None) -> Meta:
    """The meta of a batch of tensors; each stands in a memory of its own unless a stride is given."""
    if stride is None:
        if m.contiguous:
            return meta((size, *m.shape), ir.contiguous_strides((size, *m.shape)), m.offset, m.dtype)
        stride = m.numel
    return m.with_((size, *m.shape), (stride, *m.strides))


class BatchedTensor(Lifted):
    """Shows a tensor without its first dimension, over which `vmap` maps."""

    title = "BatchedTensor"

    def __new__(cls, level: Level, value: Tensor):
        return super().__new__(cls, level, value, without_batch(value.meta))

    def numbers_of(self, what: str) -> Tensor:
        if what == "tolist":
            raise RuntimeError(levels.NO_STORAGE)
        raise RuntimeError(CONTROL_FLOW if what == "bool" else ITEM)

    def detach(self):
        return BatchedTensor(self.level, self.value.detach())

    def _details(self) -> str:
        return "bdim=0, "


class Batched(Op):
    """An op of whose arguments some are batches (with the batch as their first dimension); so are its results."""

    def __init__(self, op: Op, mask: tuple[bool, ...]):
        self.op, self.mask, self.first = op, mask, mask.index(True)
        self.name, self.params, self.grads, self.variadic = op.name, op.params, op.grads, op.variadic
        self.grad_name, self.summary, self.fault, self.lower = op.grad_name, op.summary, op.fault, op.lower
        self._asks, self.holomorphic, self.autocast = op._asks, op.holomorphic, None

    def infer(self, *given):
        metas, attrs = given[: len(self.mask)], given[len(self.mask) :]
        size = metas[self.first].shape[0]
        outs = self.op.infer(*self._elements(metas), *attrs)
        return with_batch(outs, size) if isinstance(outs, Meta) else tuple([with_batch(m, size) for m in outs])

    def _elements(self, metas):
        return [without_batch(m) if batched else m for m, batched in zip(metas, self.mask)]

    def lowered(self, nodes, attrs, outs, metas=()):
        size = nodes[self.first].shape[0]
        batches: dict[ir.Node, ir.Node] = {}
        args = []
        for node, batched in zip(nodes, self.mask):
            one = ir.input_(-1, node.shape[1:], node.dtype) if batched else node
            if batched:
                batches[one] = node
            args.append(one)
        elements = self._elements(metas) if metas else ()
        results = self.op.lowered(args, attrs, tuple(map(without_batch, outs)), elements)
        return tuple(batch(results, batches, size))

    def pull_back(self, rules: tape.Rules, grads, values, node):
        size = rules.outs[0].shape[0]
        metas = [without_batch(m) if self.mask[i] else m for i, m in zip(rules.needs, rules.metas)]
        outs = tuple(map(without_batch, rules.outs))
        own = tape.Rules(
            self.op, rules.attrs, rules.needs, rules.save_args, rules.save_outs, rules.numbers, metas, outs, rules.keeps
        )
        own.conjugates = rules.conjugates
        with BatchLevel(size, "same") as level:
            values = {i: level.lift(v) if i < 0 or self.mask[i] else v for i, v in values.items()}
            grads = [None if g is None else level.lift(g) for g in grads]
            found = self.op.pull_back(own, grads, values, node)
            return [self._joined(level, i, fit(g, m)) for i, g, m in zip(rules.needs, found, metas)]

    def _joined(self, level: BatchLevel, index: int, grad):
        """The gradient for an argument: a batch for a batch, else the sum over the batch."""
        if grad is None:
            return None
        if self.mask[index]:
            return level.whole(grad)
        return level.value_of(grad).sum(0) if level.has(grad) else grad * level.size


@functools.lru_cache(1 << 14)
def batched(op: Op, mask: tuple[bool, ...]) -> Op:
    """The op on batches; one object for each op and mask, because programs are known by their ops."""
    return Batched(op, mask)


class BatchLevel(Level):
    """A function runs on the elements of a batch, all at once.

    randomness: "error", "different" or "same": what random calls do.
    """

    def __init__(self, size: int, randomness: str = "error"):
        super().__init__()
        self.size, self.randomness = size, randomness

    def has(self, x) -> bool:
        """Whether a tensor is a batch at this level."""
        return isinstance(x, BatchedTensor) and x.level is self

    def lift(self, x: Tensor) -> BatchedTensor:
        """Shows a tensor without its first dimension."""
        return BatchedTensor(self, x)

    def value_of(self, x):
        """The whole batch behind a tensor of this level; others are their own value."""
        return x.value if self.has(x) else x

    def whole(self, x: Tensor) -> Tensor:
        """The tensor with the batch dimension in front, repeated where it is no batch."""
        x = levels.alive(x)
        return x.value if self.has(x) else x.unsqueeze(0).expand(self.size, *x.meta.shape)

    def _split(self, args: tuple) -> tuple[tuple, tuple[bool, ...]]:
        return tuple([self.value_of(a) for a in args]), tuple([self.has(a) for a in args])

    def apply(self, op: Op, args: tuple, attrs: tuple):
        values, mask = self._split(args)
        out = registry.apply(batched(op, mask), values, attrs)
        return tuple([self.lift(o) for o in out]) if isinstance(out, tuple) else self.lift(out)

    def view(self, op: Op, x: Lifted, seen, attrs: tuple) -> Tensor:
        # A view as another type counts in elements of that.
        step = x.value.meta.strides[0] * x.meta.dtype.itemsize // seen.dtype.itemsize
        whole = with_batch(seen, self.size, step)
        if whole.numel and (whole.offset + whole.span) * whole.dtype.itemsize > x.storage.nbytes:
            raise RuntimeError(
                f"as_strided: sizes {list(seen.shape)}, strides {list(seen.strides)}, storage offset {seen.offset} are "
                "out of bounds for the elements of a batch"
            )
        out = self.lift(registry.apply_view(batched(op, (True,)), x.value, whole, attrs))
        out._base = x if x._base is None else x._base
        return out

    def write(self, op: Op, target: Tensor, args: tuple, attrs: tuple) -> Tensor:
        if not self.has(target):
            raise RuntimeError(UNBATCHED_TARGET)
        values, mask = self._split(args)
        if True not in mask:
            values, mask = (target.value, *values[1:]), (True, *mask[1:])
        inplace.write(batched(op, mask), target.value, values, attrs)
        return target

    def clone(self, input: Tensor, others: tuple) -> Tensor:
        if self.has(input):
            return input.clone()
        below = tuple([self.value_of(o) for o in others])
        return self.lift(levels.Transforms.clone(self.whole(input), below))

    def made(self, like: Lifted, x: Tensor) -> Tensor:
        return self.lift(super().made(like, x.unsqueeze(0).expand(self.size, *x.meta.shape).clone()))

    def call_function(self, function: Any, args: tuple):
        from .functions import batched_call

        return batched_call(self, function, args)
