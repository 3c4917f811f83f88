"""Function: an operation with a gradient written by the user, recorded on the tape like any other."""

from __future__ import annotations

import functools
import inspect
import warnings
import weakref
from collections.abc import Callable
from typing import Any

from .. import errors
from ..tensor import Tensor
from ..trace.trie import TRACE, script_line
from . import tape
from .modes import MODE, no_grad


class FunctionCtx:
    """What forward leaves for backward: attributes of any name, kept tensors, what was said of inputs and results."""

    def __init__(self, needs_input_grad: tuple[bool, ...] = ()):
        self.needs_input_grad = needs_input_grad
        self._saved: tuple = ()
        self._saved_for_forward: tuple = ()
        self._pushing = False  # whether jvp runs
        self._materialize = True
        self._non_differentiable: tuple = ()
        self._dirty: tuple = ()
        self._node: Callable[[], _FunctionNode | None] | None = None  # weak: the node holds this object

    def save_for_backward(self, *tensors):
        """Keeps tensors for backward, where `saved_tensors` gives them back."""
        self._saved = tensors

    def save_for_forward(self, *tensors):
        """Keeps tensors for jvp, where `saved_tensors` gives them back."""
        self._saved_for_forward = tensors

    def mark_dirty(self, *args):
        """Says which inputs forward changed in place."""
        self._dirty = args

    def mark_non_differentiable(self, *args):
        """Says through which outputs no gradient flows."""
        self._non_differentiable = args

    def set_materialize_grads(self, value: bool):
        """Whether gradients that are missing come as zeros (the default) or as None."""
        self._materialize = bool(value)

    @property
    def saved_tensors(self) -> tuple:
        """The tensors kept by save_for_backward.

        Raises RuntimeError where they were released, or changed in the meantime.
        """
        if self._pushing and self._saved_for_forward:
            return self._saved_for_forward
        if self._node is None:
            return self._saved
        node = self._node()
        if node is None or node.saved is None:
            raise RuntimeError(errors.BACKWARD_TWICE)
        return tuple([None if s is None else node.unpack(s, True) for s in node.saved.values()])


class _FunctionNode(tape.Node):
    """The tape node of a Function: its rule is the user's backward. What ctx has can be read off the node too."""

    __slots__ = ("ctx", "function")

    def name(self) -> str:
        return type(self).__name__

    def __getattr__(self, name):
        if name in ("_metadata", "ctx", "function", "saved", "rules"):
            raise AttributeError(name)
        return getattr(self.ctx, name)

    def release(self) -> None:
        self.saved = None

    def apply(self, grads) -> list:
        if self.saved is None:
            raise RuntimeError(errors.BACKWARD_TWICE)
        if self.ctx._materialize:
            outs = self.rules.outs
            grads = [tape.zeros_like_meta(m) if g is None and m is not None else g for g, m in zip(grads, outs)]
        found = _backward_of(self.function)(self.ctx, *grads)
        found = found if isinstance(found, tuple) else (found,)
        self._check_count(found)
        return [self._checked(found[i], i, meta) for i, meta in zip(self.rules.needs, self.rules.metas)]

    def _check_count(self, found: tuple) -> None:
        count = len(self.ctx.needs_input_grad)
        if len(found) < count or any(f is not None for f in found[count:]):
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected {count}, got {len(found)})"
            )
        for i, (f, is_tensor) in enumerate(zip(found, self.ctx._tensors)):
            if f is not None and not is_tensor:
                raise RuntimeError(
                    f"function {self.name()} returned a gradient different than None at position {i + 1}, but the "
                    "corresponding forward input was not a Variable"
                )

    def _checked(self, grad, position: int, meta):
        if grad is not None and not isinstance(grad, Tensor):
            raise RuntimeError(f"expected Variable or None (got {type(grad).__name__})")
        if grad is not None and grad.meta.shape != meta.shape and not _broadcasts(meta.shape, grad.meta.shape):
            raise RuntimeError(
                f"Function {self.name()} returned an invalid gradient at index {position} - got "
                f"{list(grad.meta.shape)} but expected shape compatible with {list(meta.shape)}"
            )
        return grad


def _broadcasts(shape, to) -> bool:
    """Whether a gradient of shape `to` can be summed to `shape`."""
    return len(to) >= len(shape) and all(a in (1, b) for a, b in zip(reversed(shape), reversed(to)))


class Function(FunctionCtx):
    """Base of operations with a hand-written gradient: define the static methods forward and backward.

    Where setup_context(ctx, inputs, output) is defined too, forward takes no ctx.
    """

    def __init__(self, *args, **kwargs):
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all static, so you should "
            "invoke them on the class itself. Instantiating an autograd function will raise an error in a future "
            "version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Computes the result; ctx keeps what backward needs."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        """Keeps what backward needs, where forward takes no ctx."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """The gradients of the inputs, one for each argument of forward (None for others than tensors)."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with "
            "backward mode AD."
        )

    vjp = backward

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """The tangents of the outputs, from those of the arguments of forward (None for others than tensors)."""
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with forward mode AD."
        )

    generate_vmap_rule = False  # whether vmap maps over forward and backward

    @staticmethod
    def vmap(info: Any, in_dims: Any, *args: Any) -> Any:
        """(the outputs for whole batches, the dimension of the batch in each)."""
        raise NotImplementedError(
            "To use autograd.Function with vmap, you must either override the vmap staticmethod or set "
            "generate_vmap_rule=True."
        )

    def __call__(self, *args, **kwargs):
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd "
            "function with static forward method. (Example: "
            "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
        )

    @classmethod
    def apply(cls, *args, **kwargs):
        """Runs forward and records the operation."""
        TRACE.opaque = True
        separate = cls.setup_context is not Function.setup_context
        if separate or kwargs:
            args = _bound(cls, separate, args, kwargs)
        if any(isinstance(a, Tensor) and a.level is not None for a in args):
            from ..transforms.functions import lifted_call

            return lifted_call(cls, args)
        return called(cls, args)[1]


def called(cls, args: tuple) -> tuple[FunctionCtx, Any]:
    """One call of a Function: what it left for later, and its outputs."""
    separate = cls.setup_context is not Function.setup_context
    ctx = FunctionCtx(tuple([isinstance(a, Tensor) and bool(MODE.enabled) and a.requires_grad for a in args]))
    ctx._tensors = tuple([isinstance(a, Tensor) for a in args])
    with no_grad():
        outputs = cls.forward(*args) if separate else cls.forward(ctx, *args)
        if separate:
            cls.setup_context(ctx, args, outputs)
    _check_kept(ctx)
    return ctx, recorded(cls, ctx, args, outputs, _node_class(cls)) if any(ctx.needs_input_grad) else outputs


def _bound(cls, separate: bool, args, kwargs) -> tuple:
    """All arguments of forward in their order: the keywords among them, and with setup_context the defaults."""
    call = inspect.signature(cls.forward).bind(*(args if separate else (None, *args)), **kwargs)
    if separate:
        call.apply_defaults()
    return call.args if separate else call.args[1:]


def _check_kept(ctx: FunctionCtx) -> None:
    for i, t in enumerate(ctx._saved):
        if t is not None and not isinstance(t, Tensor):
            raise TypeError(
                f"save_for_backward can only save variables, but argument {i} is of type {type(t).__name__}"
            )


def _backward_of(cls):
    """The user's gradient, by either of its names."""
    return cls.vjp if cls.backward is Function.backward else cls.backward


def _node_class(cls) -> type[_FunctionNode]:
    """The class of a Function's tape nodes, made once; scripts look at its name."""
    if "_backward_cls" not in vars(cls):
        cls._backward_cls = type(f"{cls.__name__}Backward", (_FunctionNode,), {"__slots__": ()})
    return cls._backward_cls


def recorded(cls, ctx: FunctionCtx, args, outputs, node_class):
    """The outputs of a call, with their place on the tape."""
    single = not isinstance(outputs, (tuple, list))
    given = [outputs] if single else list(outputs)
    if single and not isinstance(outputs, Tensor):
        return outputs
    outs = [_own(o, args, ctx) for o in given]
    needs = tuple(i for i, needed in enumerate(ctx.needs_input_grad) if needed)
    metas = [o.meta if isinstance(o, Tensor) else None for o in outs]
    rules = tape.Rules(cls, (), needs, (), (), (), [args[i].meta for i in needs], metas)
    rules.line = script_line()
    node = node_class(rules, args)
    node.function, node.ctx, ctx._node = cls, ctx, weakref.ref(node)
    for number, (out, original) in enumerate(zip(outs, given)):
        if isinstance(out, Tensor) and _is_among(original, ctx._dirty):
            _mark_changed(out)
        if (
            isinstance(out, Tensor)
            and not _is_among(original, ctx._non_differentiable)
            and out.meta.dtype.is_floating_point
        ):
            out._requires_grad, out.grad_fn, out._output_nr, out.epoch = True, node, number, -1
            tape.moved(out)
    numbers = {id(o): number for number, o in enumerate(given)}
    inputs = {id(a) for a in args} - {id(t) for t in ctx._dirty}
    # A kept result refers back to the node by number; holding the tensor itself would be a cycle.
    saved = [None if t is None else node.keep(t, None if id(t) in inputs else numbers.get(id(t))) for t in ctx._saved]
    node.saved = dict(enumerate(saved))
    if tape.PACKING:
        tape.PACKING[-1](node)
    ctx._saved = ctx._dirty = ctx._non_differentiable = ()
    return outs[0] if single else type(outputs)(outs)


def _is_among(tensor, tensors) -> bool:
    return any(tensor is t for t in tensors)


def _mark_changed(tensor: Tensor) -> None:
    if tensor._requires_grad and tensor.grad_fn is None:
        raise RuntimeError("a leaf Variable that requires grad has been used in an in-place operation.")
    tensor.storage.version += 1


def _own(output, args, ctx: FunctionCtx):
    """An output that is an input comes back as a tensor of its own, unless it was changed in place."""
    if isinstance(output, Tensor) and _is_among(output, args) and not _is_among(output, ctx._dirty):
        with no_grad():
            return output.view_as(output)
    return output


class _Error(tape.Node):
    """The end of the graph behind a gradient that must not be differentiated."""

    __slots__ = ()

    def apply(self, grads) -> list:
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")


def once_differentiable(fn):
    """Marks a backward through which no second derivative flows."""

    @functools.wraps(fn)
    def wrapper(ctx, *args):
        with no_grad():
            outputs = fn(ctx, *args)
        if not (MODE.enabled and any(isinstance(a, Tensor) and a.requires_grad for a in args)):
            return outputs
        results = outputs if isinstance(outputs, tuple) else (outputs,)
        node = _Error(tape.Rules(_Error, (), (), (), (), (), [], [None] * len(results)), ())
        refusing = tuple([_behind(node, r, number) for number, r in enumerate(results)])
        return refusing if isinstance(outputs, tuple) else refusing[0]

    return wrapper


def _behind(node: tape.Node, result, number: int):
    if not isinstance(result, Tensor):
        return result
    out = result.detach()
    out._requires_grad, out.grad_fn, out._output_nr = True, node, number
    return out
