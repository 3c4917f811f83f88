"""The tape: one Node for each recorded operation, with what its gradient formulas ask for.

A Node knows its op's rules, the edges to the nodes that made its inputs, and what the rules asked to keep. The tape
only holds these together; `walk.py` carries gradients back along it. No op is named here.
"""

from __future__ import annotations

import itertools
import re
import weakref
from collections import OrderedDict
from typing import Any, NamedTuple

from .. import errors
from ..handles import RemovableHandle, register
from ..trace.faults import located
from ..trace.trie import TRACE, WIDTHS, Number
from .hooks import run_tensor_hooks
from .modes import MODE

_sequence = itertools.count()


class Rules:
    """What the tape keeps of a step, once for all replays of it.

    needs: the argument numbers that a gradient flows to.  save_args: the argument numbers whose tensors the rules ask
    for.  save_outs: the numbers of the results they ask for.  numbers: the argument numbers that are not tensors.
    metas: the metas of the arguments in `needs`.  outs: the metas of the results.  keeps: whether a second pass finds
    something missing.
    line: where the script said so.  conjugates: whether formulas are given, and give, conjugates (see `Op`).
    """

    __slots__ = ("op", "attrs", "needs", "save_args", "save_outs", "numbers", "metas", "outs", "node", "keeps", "line",
                 "conjugates")  # fmt: skip

    def __init__(self, op, attrs, needs, save_args, save_outs, numbers, metas, outs, keeps=None):
        self.op, self.attrs, self.needs, self.save_args = op, attrs, needs, save_args
        self.save_outs, self.numbers, self.metas, self.outs = save_outs, numbers, metas, outs
        self.node = getattr(op, "node", Node)
        self.keeps = bool(save_args or save_outs) if keeps is None else keeps
        self.line: tuple | None = None
        self.conjugates = False

    def put(self, args, outs) -> None:
        """Puts a step on the tape: its results get a place there."""
        node = self.node(self, args)
        for k in self.save_outs:
            node.saved[-1 - k] = Saved(outs[k], output=k)
        if PACKING:
            PACKING[-1](node)
        for number, out in enumerate(outs):
            if out.meta.dtype.is_floating_point or out.meta.dtype.is_complex:
                out._requires_grad, out.grad_fn = True, node
                if number:
                    out._output_nr = number

    def positions(self) -> list[int]:
        """The argument numbers that have an edge in PyTorch's graph, those without a gradient included."""
        grads = getattr(self.op, "grads", ())
        if len(grads) < 2 or getattr(self.op, "variadic", False):
            return list(self.needs)
        return sorted({*self.needs, *(i for i, g in enumerate(grads) if g is not None)})


class _Inference:
    """What stands for the tape in inference mode: results are marked, so that they never get on one."""

    line = None

    def put(self, args, outs) -> None:
        """Marks the results of a step; 3 is their kind where they enter a trace."""
        for out in outs:
            out._inference = 3


INFERENCE = _Inference()


def node_name(rules: Rules) -> str:
    """PyTorch's name of the operation: what it wrote by hand has a namespace there."""
    name = rules.op.grad_name if rules.node is Node else rules.node.__name__
    return f"torch::autograd::{name}" if name in ("CopySlices", "CopyBackwards") else name


class Saved:
    """A kept value: it must not have changed when it is used."""

    __slots__ = ("storage", "meta", "version", "edge", "output")

    def __init__(self, tensor, output: int | None = None):
        self.storage, self.meta, self.version = tensor.storage, tensor.meta, tensor.storage.version
        self.output = output
        self.edge = None if output is not None or not tensor._requires_grad else edge_of(tensor)


def edge_of(tensor):
    """Where a tensor's gradient goes: (node, output number), or (the leaf itself, 0).

    A view that was made before its memory was overwritten gets a new place on the tape first.
    """
    if tensor._viewed_version >= 0 and tensor._viewed_version != tensor.storage.version:
        refresh_view(tensor)
    return (tensor.grad_fn or tensor, tensor._output_nr)


def moved(tensor) -> None:
    """To be called when a write gave a tensor another place on the tape: a gradient to be retained is the new one's."""
    if tensor._retains_grad:
        tensor.grad_fn.retain_grad_of(tensor)


# What hands kept values to the script's hooks (saving.py), once for each pair of hooks that is in force.
PACKING: list = []


class GradientEdge(NamedTuple):
    """A node, and which of its results: where a gradient is computed."""

    node: Any
    output_nr: int
    ownership_token: Any = None


class Node:
    """A recorded operation. `grad_fn` of its results."""

    __slots__ = (
        "rules", "edges", "saved", "numbers", "sequence", "epoch", "index", "hooks", "pre_hooks", "tensor_hooks",
        "retain",
        "_metadata", "__weakref__",
    )  # fmt: skip

    def __init__(self, rules: Rules, args):
        self.rules = rules
        self.edges = [edge_of(args[i]) for i in rules.needs]
        self.saved: Any = {i: Saved(args[i]) for i in rules.save_args}
        self.numbers = kept_numbers(rules.numbers, args) if rules.numbers else {}
        self.sequence = next(_sequence)
        self.epoch = TRACE.epoch
        self.hooks: Any = None
        self.pre_hooks: Any = None
        self.tensor_hooks: Any = None
        self.retain: Any = None
        self.index = len(TRACE.nodes)
        TRACE.nodes.append(self)

    keep: Any = Saved  # how a tensor is kept

    def name(self) -> str:
        """PyTorch's name of the operation."""
        return node_name(self.rules)

    def __getattr__(self, name):
        from .saving import attribute

        if not name.startswith(("_saved_", "_raw_saved_")):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'", name=name, obj=self)
        return attribute(self, name)

    def __dir__(self):
        from .saving import kept_names

        names = kept_names(self)
        return [*object.__dir__(self), *(f"{kind}{name}" for name in names for kind in ("_saved_", "_raw_saved_"))]

    def __repr__(self):
        return f"<{type(self).__name__} object at {hex(id(self))}>"

    @property
    def metadata(self) -> dict:
        """A dictionary for the script's own notes."""
        try:
            return self._metadata
        except AttributeError:
            self._metadata: dict = {}
            return self._metadata

    @property
    def next_functions(self) -> tuple:
        """The nodes that this node's gradients go to, PyTorch's form: ((node, output number), ...)."""
        return tuple([_target(edge) for edge in self.spread(self.edges)])

    def spread(self, values) -> list:
        """Values for `needs` in the places that they have in PyTorch's graph, None elsewhere."""
        known = dict(zip(self.rules.needs, values))
        return [known.get(i) for i in self.rules.positions()]

    def gather(self, values) -> list:
        """The values for `needs` out of PyTorch's places."""
        known = dict(zip(self.rules.positions(), values))
        return [known[i] for i in self.rules.needs]

    def make_opaque(self) -> None:
        """Says that the trace's state does not tell all about this node, so that passes over it are walked."""
        TRACE.opaque = True
        TRACE.past.pop(self.epoch, None)

    def retain_grad_of(self, tensor) -> None:
        """Stores the gradient of one of this node's results in its `.grad`."""
        self.make_opaque()
        self.retain = [*(self.retain or ()), (tensor._output_nr, weakref.ref(tensor))]

    def register_hook(self, hook) -> RemovableHandle:
        """Calls hook(grad_inputs, grad_outputs) when this node's gradients have been computed."""
        self.make_opaque()
        self.hooks = OrderedDict() if self.hooks is None else self.hooks
        return register(self.hooks, hook)

    def register_prehook(self, hook) -> RemovableHandle:
        """Calls hook(grad_outputs) before this node's gradients are computed."""
        self.make_opaque()
        self.pre_hooks = OrderedDict() if self.pre_hooks is None else self.pre_hooks
        return register(self.pre_hooks, hook)

    def register_tensor_hook(self, number: int, hook) -> RemovableHandle:
        """Calls hook(grad) with the gradient of a result, before all hooks of the node."""
        self.make_opaque()
        self.tensor_hooks = {} if self.tensor_hooks is None else self.tensor_hooks
        return register(self.tensor_hooks.setdefault(number, OrderedDict()), hook)

    def received(self, grads) -> list:
        """The gradients of the results as the tensors' hooks leave them; those that are to be retained are stored."""
        grads = list(grads)
        for number, hooks in (self.tensor_hooks or {}).items():
            if grads[number] is not None:
                grads[number] = run_tensor_hooks(hooks, grads[number])
        for number, reference in self.retain or ():
            tensor, grad = reference(), grads[number]
            if tensor is not None and grad is not None and tensor.grad_fn is self:
                tensor._grad = grad if tensor._grad is None else tensor._grad + grad
        return grads

    def release(self) -> None:
        """Gives up what was kept: the node was used, or never will be."""
        if self.rules.keeps:
            self.saved = None

    def apply(self, grads) -> list:
        """The gradients for `needs`, from those of the outputs."""
        rules = self.rules
        if self.saved is None:
            raise RuntimeError(errors.BACKWARD_TWICE)
        values = self._values()
        # A formula may count on the gradient of the first result; it looks itself whether there are others.
        if grads[0] is None:
            grads = [zeros_like_meta(rules.outs[0]), *grads[1:]]
        return rules.op.pull_back(rules, grads, values, self)

    def _values(self) -> dict:
        """What the rules may ask for, by argument number; -1 is the first result, -2 the second ..."""
        here = self.epoch == TRACE.epoch
        values = {i: Number(index, type(a)) if here and index >= 0 else a for i, (a, index) in self.numbers.items()}
        for i, saved in self.saved.items():
            values[i] = self.unpack(saved, bool(MODE.enabled))
        return values

    def unpack(self, saved: Saved, with_graph: bool):
        """A kept value as a tensor, in the graph where its own gradient is wanted.

        Raises RuntimeError where the value was overwritten.
        """
        if type(saved) is not Saved:
            return saved.opened(self, with_graph)
        if saved.storage.version != saved.version:
            raise overwritten(saved, self)
        if not with_graph:
            return TENSOR.from_storage(saved.storage, saved.meta)
        edge = saved.edge if saved.output is None else (self, saved.output)
        return TENSOR.from_storage(saved.storage, saved.meta, edge)


def overwritten(saved: Saved, node: Node) -> RuntimeError:
    """The error for a kept value that was overwritten, with the lines that kept it and that overwrote it."""
    storage, writer = saved.storage, getattr(saved.storage, "writer", None)
    text = errors.modified_in_place(saved.meta, _maker(saved, node, writer), storage.version, saved.version)
    error = RuntimeError(text)
    for what, line in (("kept for its gradient", node.rules.line), ("overwritten", getattr(writer, "line", None))):
        if line:
            errors.add_note(error, f"the value was {what} by the operation {located(line)}")
    return error


def _maker(saved: Saved, node: Node, writer) -> str:
    """Which operation's result an overwritten value is by now, in PyTorch's words."""
    if saved.output is None and isinstance(writer, Rules):
        whole = saved.meta.numel == saved.storage.content.numel
        other = "torch::autograd::CopySlices" if whole else "AsStridedBackward0"
        number, name = 0, node_name(writer) if writer.outs[0] is saved.meta else other
    else:
        maker, number = (node, saved.output) if saved.output is not None else saved.edge or (None, 0)
        name = maker.name() if maker is not None and is_node(maker) else ""
    return f"output {number} of {re.sub(r'Backward(?=[0-9]*$)', '', name).removesuffix('0')}" if name else ""


def refresh_view(view):
    """Gives a view a new place on the tape; set by the storey that knows what a view is."""
    raise NotImplementedError


def kept_numbers(positions, args) -> dict:
    """The arguments that are not tensors, with their places in the scalar table (-1 for None).

    Inside their own trace, gradients refer to the place, so that a replay sees the new number.
    """
    index = len(TRACE.scalars) - sum(WIDTHS.get(type(args[i]), 0) for i in positions)
    kept = {}
    for i in positions:
        if type(args[i]) in WIDTHS:
            kept[i] = (args[i], index)
            index += WIDTHS[type(args[i])]
        elif type(args[i]) is Number:
            kept[i] = (TRACE.number(args[i].index, args[i].kind), args[i].index)
        else:
            kept[i] = (args[i], -1)
    return kept


def is_node(target) -> bool:
    """Whether the end of an edge is a recorded operation, not a leaf."""
    return not isinstance(target, TENSOR)


def _target(edge) -> tuple:
    if edge is None:
        return (None, 0)
    target, number = edge
    return (target if is_node(target) else AccumulateGrad(target), number)


class AccumulateGrad:
    """PyTorch's name for the end of the graph at a leaf; `variable` is the leaf."""

    __slots__ = ("variable",)
    next_functions = ()

    def __init__(self, variable):
        self.variable = variable

    def name(self) -> str:
        """PyTorch's name of the node."""
        return "torch::autograd::AccumulateGrad"

    def register_prehook(self, hook) -> RemovableHandle:
        """Calls hook((grad,)) before a gradient is added to the leaf's."""

        def on_tensor(grad):
            replaced = hook((grad,))
            return None if replaced is None else replaced[0]

        return self.variable.register_hook(on_tensor)

    def register_hook(self, hook) -> RemovableHandle:
        """Calls hook((), (grad,)) after a gradient was added to the leaf's."""
        return self.variable.register_post_accumulate_grad_hook(lambda leaf: hook((), (leaf.grad,)) and None)

    def __eq__(self, other):
        return isinstance(other, AccumulateGrad) and self.variable is other.variable

    def __hash__(self):
        return hash((AccumulateGrad, id(self.variable)))

    def __repr__(self):
        return f"<AccumulateGrad object at {hex(id(self.variable))}>"


def check_grad(tensor, value) -> None:
    """Raises, with PyTorch's text, where a value cannot be the gradient of a tensor."""
    if not isinstance(value, TENSOR):
        raise TypeError(f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}")
    if value is tensor:
        raise RuntimeError("can't assign Variable as its own grad")
    if value.meta.shape != tensor.meta.shape:
        raise RuntimeError(
            f"attempting to assign a gradient of size '{list(value.meta.shape)}' to a tensor of size "
            f"'{list(tensor.meta.shape)}'. Please ensure that the gradient and the tensor are the same size"
        )
    if value.meta.dtype is not tensor.meta.dtype:
        raise RuntimeError(
            f"attempting to assign a gradient with dtype '{errors.SCALAR_NAMES[value.meta.dtype.name]}' to a tensor "
            f"with grad_dtype '{errors.TYPE_TITLES[tensor.meta.dtype.name]}'. The gradient must match the tensor's "
            "grad_dtype (defaults to the tensor's dtype). You can set the tensor's grad_dtype attribute with a "
            "specific dtype, or None to allow any dtype. Set grad_dtype with caution. Diverging the dtypes of a "
            "tensor and its gradient may break downstream systems that assume they match."
        )


TENSOR: Any = None  # the Tensor class, set when it is defined: the tape is below it


def zeros_like_meta(meta):
    """A tensor of zeros."""
    return TENSOR.full_of(meta.shape, 0, meta.dtype)
