"""torch.autograd.Function inside of transformed functions: recorded, batched, and given tangents by its own rules."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..autograd import function as functions
from ..autograd.function import Function, FunctionCtx, _FunctionNode
from ..autograd.modes import MODE
from ..autograd.walk import fit
from ..tensor import Tensor
from . import levels
from .batching import BatchLevel
from .duals import DualLevel, differentiable
from .levels import Lifted, below
from .taping import GradLevel, GradTensor, LevelNode

NO_SETUP = (
    "In order to use an autograd.Function with functorch transforms (vmap, grad, jvp, jacrev, ...), it must override "
    "the setup_context staticmethod. For more details, please see "
    "https://pytorch.org/docs/main/notes/extending.func.html"
)
NO_VMAP = (
    "You tried to vmap over {}, but it does not have vmap support. Please override and implement the vmap staticmethod "
    "or set generate_vmap_rule=True. For more details, please see "
    "https://pytorch.org/docs/main/notes/extending.func.html"
)
TWO_VMAPS = (
    "You tried to vmap over {}, but it has both generate_vmap_rule=True and an overridden vmap staticmethod. Please "
    "set generate_vmap_rule=False or delete the overridden vmap staticmethod to avoid ambiguity. For more details, "
    "please see https://pytorch.org/docs/main/notes/extending.func.html"
)


class VmapInfo(NamedTuple):
    """What the vmap method of a Function is told of the map."""

    batch_size: int
    randomness: str


def lifted_call(function, args: tuple):
    """The result of a Function on tensors of which some stand for others, at their innermost level."""
    args = tuple([levels.alive(a) for a in args])
    level = levels.highest(args)
    return function.apply(*args) if level is None else level.call_function(function, args)


def _outputs(found) -> tuple:
    return tuple(found) if isinstance(found, (tuple, list)) else (found,)


def _like(found, outputs: tuple):
    return type(found)(outputs) if isinstance(found, (tuple, list)) else outputs[0]


def _check_setup(function) -> None:
    if function.setup_context is Function.setup_context:
        raise RuntimeError(NO_SETUP)


# ------------------------------------------------------------------ recorded
class _Node(LevelNode, _FunctionNode):
    __slots__ = ()


def recorded_call(level: GradLevel, function: Any, args: tuple):
    """The call at a level with a tape: its node's rule is the user's backward."""
    _check_setup(function)
    with below(level.mode):
        found = function.apply(*level.values(args))
    needs = tuple(
        isinstance(a, GradTensor) and a.level is level and bool(MODE.enabled) and a._requires_grad for a in args
    )
    if not any(needs):
        return found
    outputs = tuple([_wrapped(level, o, args) for o in _outputs(found)])
    ctx = FunctionCtx(needs)
    ctx._tensors = tuple([isinstance(a, Tensor) for a in args])
    function.setup_context(ctx, args, _like(found, outputs))
    node_class = type(f"{function.__name__}Backward", (_Node,), {"__slots__": ()})
    return functions.recorded(function, ctx, args, _like(found, outputs), node_class)


def _wrapped(level: GradLevel, output, args):
    """An output at the level; an input that was changed in place is itself."""
    if not isinstance(output, Tensor):
        return output
    same = [a for a in args if level.value_of(a) is output]
    return same[0] if same else GradTensor(level, output)


# ------------------------------------------------------------------ batched
def batched_call(level: BatchLevel, function: Any, args: tuple):
    """The call for a batch: by the Function's own rule, or by one made from its forward and backward."""
    own = function.vmap is not Function.vmap
    if own and function.generate_vmap_rule:
        raise RuntimeError(TWO_VMAPS.format(function.__name__))
    _check_setup(function)
    if not own and not function.generate_vmap_rule:
        raise RuntimeError(NO_VMAP.format(function.__name__))
    values = tuple([level.value_of(a) for a in args])
    dims = tuple([0 if level.has(a) else None for a in args])
    if not own:
        found = _for_batches(function, level, dims).apply(*values)
        return _like(found, tuple([level.lift(o) for o in _outputs(found)]))
    found, out_dims = function.vmap(VmapInfo(level.size, level.randomness), dims, *values)
    outputs = _outputs(found)
    places = out_dims if isinstance(out_dims, (tuple, list)) else (out_dims,) * len(outputs)
    return _like(found, tuple([o if d is None else level.lift(o.movedim(d, 0)) for o, d in zip(outputs, places)]))


class _InnerCtx(FunctionCtx):
    """What the Function's own methods see for one element of the batch."""

    saved_tensors: Any = ()


def _for_batches(function: Any, level: BatchLevel, dims: tuple) -> type:
    """A Function of whole batches, whose methods are the given one's at a map of their own."""
    size, randomness = level.size, level.randomness

    def lifted(at: BatchLevel, values):
        return tuple([at.lift(v) if d == 0 else v for v, d in zip(values, dims)])

    class Generated(Function):
        @staticmethod
        def forward(*values):
            with BatchLevel(size, randomness) as at:
                found = function.forward(*lifted(at, values))
                return _like(found, tuple([at.whole(o) for o in _outputs(found)]))

        @staticmethod
        def setup_context(ctx, inputs, output):
            inner = ctx.inner = _InnerCtx(ctx.needs_input_grad)
            with BatchLevel(size, randomness) as at:
                outputs = _like(output, tuple([at.lift(o) for o in _outputs(output)]))
                function.setup_context(inner, lifted(at, inputs), outputs)
                ctx.batches = [isinstance(t, Lifted) and at.has(t) for t in inner._saved]
                ctx.save_for_backward(*[at.value_of(t) for t in inner._saved])
                ctx.forward_batches = [isinstance(t, Lifted) and at.has(t) for t in inner._saved_for_forward]
                ctx.save_for_forward(*[at.value_of(t) for t in inner._saved_for_forward])
            ctx.set_materialize_grads(inner._materialize)
            ctx.metas = [x.meta if isinstance(x, Tensor) else None for x in lifted(at, inputs)]

        @staticmethod
        def backward(ctx, *grads):
            with BatchLevel(size, randomness) as at:
                ctx.inner.saved_tensors = _lifted_again(at, ctx.saved_tensors, ctx.batches)
                found = functions._backward_of(function)(ctx.inner, *[None if g is None else at.lift(g) for g in grads])
                pairs = zip(_outputs(found), ctx.metas, dims)
                return tuple([g if g is None or m is None else _joined(at, fit(g, m), d) for g, m, d in pairs])

        @staticmethod
        def jvp(ctx, *tangents):
            with BatchLevel(size, randomness) as at:
                ctx.inner.saved_tensors = _lifted_again(at, ctx.saved_tensors, ctx.forward_batches)
                found = function.jvp(ctx.inner, *lifted(at, tangents))
                return _like(found, tuple([at.whole(o) for o in _outputs(found)]))

    Generated.__name__ = Generated.__qualname__ = function.__name__
    return Generated


def _lifted_again(at: BatchLevel, tensors, batches) -> tuple:
    return tuple([at.lift(t) if batch else t for t, batch in zip(tensors, batches)])


def _joined(at: BatchLevel, grad, dim):
    if dim == 0:
        return at.whole(grad)
    return at.value_of(grad).sum(0) if at.has(grad) else grad * at.size


# ------------------------------------------------------------------ with tangents
def pushed_call(level: DualLevel, function: Any, args: tuple):
    """The call with tangents: they go through the Function's jvp."""
    if level.inside_function:
        _check_setup(function)
    values = level.values(args)
    ctx, found = functions.called(function, values)
    outputs = _outputs(found)
    tangents = [_tangent_for(level, a, ctx) for a in args]
    ctx._pushing = True
    try:
        pushed = _outputs(function.jvp(ctx, *tangents))
    finally:
        ctx._pushing = False
    duals = [
        level.dual(o, t) if isinstance(o, Tensor) and t is not None and differentiable(o.meta) else o
        for o, t in zip(outputs, pushed)
    ]
    return _like(found, tuple(duals))


def _tangent_for(level: DualLevel, a, ctx: FunctionCtx):
    """The tangent of an argument; zeros where it has none and the Function wants zeros."""
    if not isinstance(a, Tensor):
        return None
    tangent = level.tangent_of(a)
    if tangent is not None or not ctx._materialize or not differentiable(a.meta):
        return tangent
    return level.value_of(a) * 0
