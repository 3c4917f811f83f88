"""Function: an operation with gradient written by the user, recorded on the tape like any other."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from ..trace.trie import TRACE
from . import tape
from .modes import MODE, no_grad


class FunctionCtx:
    """What forward leaves for backward."""

    def __init__(self):
        self._saved: tuple = ()
        self._materialize = True
        self._non_differentiable: set[int] = set()
        self._dirty: set[int] = set()
        self.needs_input_grad: tuple[bool, ...] = ()

    def save_for_backward(self, *tensors):
        """Keeps tensors for backward, where `saved_tensors` gives them back."""
        self._saved = tensors

    save_for_forward = save_for_backward

    def mark_dirty(self, *tensors):
        """Says which inputs forward changed in place."""
        self._dirty = {id(t) for t in tensors}

    def mark_non_differentiable(self, *tensors):
        """Says through which outputs no gradient flows."""
        self._non_differentiable = {id(t) for t in tensors}

    def set_materialize_grads(self, value: bool):
        """Whether gradients that are missing come as zeros (the default) or as None."""
        self._materialize = bool(value)

    @property
    def saved_tensors(self) -> tuple:
        """The tensors kept by save_for_backward.

        Raises RuntimeError where they were released, or changed in the meantime.
        """
        if self._node is None or self._node.saved is None:
            from ..errors import BACKWARD_TWICE

            raise RuntimeError(BACKWARD_TWICE)
        return tuple(None if s is None else self._node._unpack(s) for s in self._node.saved)


class _FunctionNode(tape.Node):
    """The tape node of a Function: its rule is the user's backward."""

    __slots__ = ("function", "ctx")

    def name(self) -> str:
        return f"{self.function.__name__}Backward"

    def apply(self, grads):
        if self.saved is None:
            from ..errors import BACKWARD_TWICE

            raise RuntimeError(BACKWARD_TWICE)
        if self.ctx._materialize:
            grads = [tape.zeros_like_meta(m) if g is None else g for g, m in zip(grads, self.rules.outs)]
        found = self.function.backward(self.ctx, *grads)
        found = found if isinstance(found, tuple) else (found,)
        count = len(self.ctx.needs_input_grad)
        if len(found) < count or any(f is not None for f in found[count:]):
            raise RuntimeError(f"function {self.name()} returned an incorrect number of gradients (expected {count}, got {len(found)})")
        return [self._checked(found[i], i, meta) for i, meta in zip(self.rules.needs, self.rules.metas)]

    def _checked(self, grad, position: int, meta):
        if grad is not None and not isinstance(grad, Tensor):
            raise TypeError(f"expected Variable or None (got {type(grad).__name__})")
        if grad is not None and grad.meta.numel != meta.numel and not _broadcasts(meta.shape, grad.meta.shape):
            raise RuntimeError(
                f"Function {self.name()} returned an invalid gradient at index {position} - got {list(grad.meta.shape)} but expected "
                f"shape compatible with {list(meta.shape)}"
            )
        return grad


def _broadcasts(shape, to) -> bool:
    """Whether a gradient of shape `to` can be summed to `shape`."""
    return len(to) >= len(shape) and all(a in (1, b) for a, b in zip(reversed(shape), reversed(to)))


class Function:
    """Base of operations with a hand-written gradient: define the static methods forward(ctx, ...) and backward(ctx, ...)."""

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Computes the result; ctx keeps what backward needs."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """The gradients of the inputs, one for each argument of forward (None for others than tensors)."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with backward mode AD."
        )

    def __call__(self, *args, **kwargs):
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd function with "
            "static forward method. (Example: https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
        )

    @classmethod
    def apply(cls, *args, **kwargs):
        """Runs forward and records the operation."""
        TRACE.opaque = True
        ctx = FunctionCtx()
        needs = tuple(i for i, a in enumerate(args) if isinstance(a, Tensor) and a._requires_grad)
        ctx.needs_input_grad = tuple(isinstance(a, Tensor) and a._requires_grad and MODE.enabled for a in args)
        with no_grad():
            if "setup_context" in vars(cls):
                outputs = cls.forward(*args, **kwargs)
                cls.setup_context(ctx, args, outputs)
            else:
                outputs = cls.forward(ctx, *args, **kwargs)
        tracked = MODE.enabled and needs
        return _recorded(cls, ctx, args, needs, outputs) if tracked else outputs


def _recorded(cls, ctx, args, needs, outputs):
    several = isinstance(outputs, tuple)
    outs = list(outputs) if several else [outputs]
    outs = [_fresh(o, args, ctx) if isinstance(o, Tensor) else o for o in outs]
    metas = [o.meta if isinstance(o, Tensor) else None for o in outs]
    rules = tape.Rules(cls, (), needs, (), (), (), [args[i].meta for i in needs], metas)
    node = _FunctionNode(rules, args)
    node.function, node.ctx, ctx._node = cls, ctx, node
    for number, (o, original) in enumerate(zip(outs, outputs if several else (outputs,))):
        if isinstance(o, Tensor) and id(original) not in ctx._non_differentiable and o.meta.dtype.is_floating_point:
            o._requires_grad, o.grad_fn, o._output_nr, o.epoch = True, node, number, -1
    results = {id(original): number for number, original in enumerate(outputs if several else (outputs,))}
    node.saved = [None if t is None else tape.Saved(t, results.get(id(t))) for t in ctx._saved]
    return tuple(outs) if several else outs[0]


def _fresh(output: Tensor, args, ctx) -> Tensor:
    """An output that is an input comes back as a tensor of its own, unless it was changed in place."""
    if any(output is a for a in args) and id(output) not in ctx._dirty:
        return output.detach()
    return output


def once_differentiable(function):
    """Marks a backward through which no second derivative flows."""
    import functools

    @functools.wraps(function)
    def wrapper(ctx, *grads):
        with no_grad():
            return function(ctx, *grads)

    return wrapper
