"""grad's level: calls are recorded on a tape of this level, while their values are computed at the levels below.

The tape is the ordinary one (`autograd/tape.py`), its leaves and results are GradTensors. The gradient formulas run on
the values, so that what pulls gradients back is recorded by the levels below wherever these want gradients themselves.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from ..autograd import tape
from ..autograd.modes import MODE, enable_grad
from ..autograd.walk import Walk
from ..ops import inplace, registry
from ..ops.registry import Op
from ..tensor import Tensor
from ..trace.trie import TRACE, Number, script_line
from . import levels
from .levels import Level, Lifted, below


class GradTensor(Lifted):
    """Stands for a value on the tape of a level."""

    title = "GradTrackingTensor"

    @staticmethod
    def node_class(op) -> type[tape.Node]:
        """The class of the tape nodes of this kind of tensor."""
        return level_node(op)

    def retain_grad(self):
        raise RuntimeError(levels.INSIDE.format("retain_grad()", "retain_grad()"))


class _Kept(tape.Saved):
    """A kept tensor of a level: while its function runs it is that tensor again, afterwards its value."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: Lifted, output: int | None = None):
        super().__init__(tensor, output)
        self.tensor = (tensor.level, tensor.value) if isinstance(tensor, GradTensor) else (None, tensor)

    def opened(self, node: tape.Node, with_graph: bool):
        """The tensor, or its value.

        Raises RuntimeError where the value was overwritten.
        """
        if self.storage.version != self.version:
            raise tape.overwritten(self, node)
        edge = self.edge if self.output is None else (node, self.output)
        level, value = self.tensor
        if not with_graph or edge is None or level is None or not level.live:
            return value
        return GradTensor(level, value).placed(edge) if tape.is_node(edge[0]) else edge[0]


def kept(tensor: Tensor, output: int | None = None) -> tape.Saved:
    """A tensor as the tape keeps it."""
    return _Kept(tensor, output) if isinstance(tensor, Lifted) else tape.Saved(tensor, output)


_NOTHING = tape.Rules(None, (), (), (), (), (), [], ())


class LevelNode(tape.Node):
    """A step on the tape of a level. The state of the trace does not tell it."""

    __slots__ = ()
    keep = staticmethod(kept)

    def __init__(self, rules: tape.Rules, args):
        super().__init__(_NOTHING, ())
        self.rules = rules
        self.edges = [tape.edge_of(args[i]) for i in rules.needs]
        self.saved = {i: kept(args[i]) for i in rules.save_args}
        self.numbers = {i: (_plain(args[i]), -1) for i in rules.numbers}
        TRACE.opaque = True


def _plain(number):
    """A number of the trace as Python's own: the tape of a level outlives the trace."""
    return TRACE.scalars[number.index] if type(number) is Number else number


@functools.lru_cache(1 << 14)
def level_node(op) -> type[tape.Node]:
    """The class of the nodes of an op on the tape of a level; scripts look at its name."""
    return type(op.grad_name, (LevelNode,), {"__slots__": ()})


class GradLevel(Level):
    """A function runs with a tape of its own. `mode` is the grad mode around it, in which its values are computed."""

    def __init__(self):
        super().__init__()
        self.mode = MODE.enabled
        self.recording = enable_grad()

    def __enter__(self):
        self.recording.__enter__()
        return super().__enter__()

    def __exit__(self, *exception):
        super().__exit__(*exception)
        self.recording.__exit__(*exception)

    def leaf(self, x: Tensor) -> GradTensor:
        """A tensor to be differentiated for."""
        if not (x.meta.dtype.is_floating_point or x.meta.dtype.is_complex):
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        out: Any = GradTensor(self, x)
        out._requires_grad = True
        return out

    def value_of(self, x):
        """The value behind a tensor of this level; others are their own value."""
        return x.value if isinstance(x, GradTensor) and x.level is self else x

    def values(self, args) -> tuple:
        """The values behind arguments."""
        return tuple([self.value_of(a) for a in args])

    def _needs(self, op: Op, args, out: Tensor) -> tuple[int, ...]:
        """The arguments that a gradient flows to."""
        kind = out.meta.dtype
        if not MODE.enabled or not op.grads or not (kind.is_floating_point or kind.is_complex):
            return ()
        return tuple(
            i for i, a in enumerate(args)
            if isinstance(a, GradTensor) and a.level is self and a._requires_grad and op.differentiable(i)
        )  # fmt: skip

    def _rules(self, op: Op, needs, args, attrs, outs) -> tape.Rules:
        metas = [a.meta if isinstance(a, Tensor) else a for a in args]
        rules = op.rules(needs, args, attrs, metas, tuple([o.meta for o in outs]))
        rules.node, rules.line = level_node(op), script_line()
        return rules

    def apply(self, op: Op, args: tuple, attrs: tuple):
        with below(self.mode):
            found = registry.apply(op, self.values(args), attrs)
        outs = found if isinstance(found, tuple) else (found,)
        needs = self._needs(op, args, outs[0])
        if not needs:
            return found
        wrapped: Any = tuple([GradTensor(self, o) for o in outs])
        rules = self._rules(op, needs, args, attrs, outs)
        node = rules.node(rules, args)
        for k in rules.save_outs:
            node.saved[-1 - k] = kept(wrapped[k], k)
        if tape.PACKING:
            tape.PACKING[-1](node)
        for number, out in enumerate(wrapped):
            if out.meta.dtype.is_floating_point or out.meta.dtype.is_complex:
                out._requires_grad, out.grad_fn, out._output_nr = True, node, number
        return wrapped if isinstance(found, tuple) else wrapped[0]

    def view(self, op: Op, x: Lifted, seen, attrs: tuple) -> Tensor:
        with below(self.mode):
            out: Any = GradTensor(self, registry.apply_view(op, x.value, seen, attrs))
        out._base = x if x._base is None else x._base
        needs = self._needs(op, (x,), out)
        if needs:
            rules = self._rules(op, needs, (x,), attrs, (out,))
            out._requires_grad, out.grad_fn = True, rules.node(rules, (x,))
            out._viewed_version = x.storage.version
        elif not MODE.enabled:
            out._untracked_view = True
        return out

    def write(self, op: Op, target: Tensor, args: tuple, attrs: tuple) -> Tensor:
        before, target = target, self.adopt(target, GradTensor)
        args = (target, *args[1:]) if args[0] is before else args
        tracked = MODE.enabled and any(isinstance(a, Tensor) and a._requires_grad for a in args)
        if tracked:
            inplace.check_tracked(target)
            args = inplace._keep_old_value(op, target, args)
        with below(self.mode):
            inplace.write(op, target.value, self.values(args), attrs)
        needs = self._needs(op, args, target)
        if needs:
            inplace._record(target, args, self._rules(op, needs, args, attrs, (target,)))
        return target

    def pull_back(self, outputs: Sequence, inputs: Sequence, grads: Sequence, retain: bool = True) -> list:
        """The gradients of outputs (values where nothing depends on the inputs) for the leaves; None for zero."""
        pairs = [(y, g) for y, g in zip(outputs, grads) if isinstance(y, GradTensor) and y.requires_grad]
        if not pairs or not inputs:
            return [None] * len(inputs)
        TRACE.opaque = True
        with TRACE.lock:
            roots = [tape.edge_of(y) for y, _ in pairs]
            walk = Walk(roots, [g for _, g in pairs], inputs, False, bool(MODE.enabled), retain).run()
        return [walk.captured.get(i) for i in range(len(inputs))]

    def call_function(self, function: Any, args: tuple):
        from .functions import recorded_call

        return recorded_call(self, function, args)
