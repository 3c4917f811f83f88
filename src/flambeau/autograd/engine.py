"""backward() and grad(): from the script's call to a walk over the tape, or to the macro that an earlier walk left."""

from __future__ import annotations

from .. import errors
from ..tensor import Tensor
from ..trace.sync import sync
from ..trace.trie import TRACE
from . import macro
from .modes import MODE
from .tape import Walk, edge_of


def _root_gradient(tensor: Tensor, gradient, number: int = 0) -> Tensor:
    """The gradient to start with; ones for a single number."""
    if gradient is None:
        if tensor.meta.numel != 1:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        if not tensor.meta.dtype.is_floating_point:
            raise RuntimeError(f"grad can be implicitly created only for real scalar outputs but got {tensor.meta.dtype}")
        return Tensor.full_of(tensor.meta.shape, 1, tensor.meta.dtype)
    if not isinstance(gradient, Tensor):
        raise TypeError(f"gradients can be either Tensors or None, but got {type(gradient).__name__}")
    if gradient.meta.shape != tensor.meta.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{number}] has a shape of {gradient.meta.shape} and output[{number}] has a shape of "
            f"{tensor.meta.shape}."
        )
    return gradient


def _check_root(tensor: Tensor, number: int):
    if not tensor._requires_grad:
        error = RuntimeError(errors.NO_GRAD_FN.format(number))
        raise errors.add_note(error, _why_no_gradient(tensor))


def _why_no_gradient(tensor: Tensor) -> str:
    if not MODE.enabled:
        return "note: gradients are switched off here (torch.no_grad)"
    return (
        "note: nothing that this tensor was computed from requires a gradient, or the way was cut by detach(), .data, item(), "
        "numpy(), an integer operation or a no_grad block"
    )


def backward(tensor: Tensor, gradient=None, retain_graph=None, create_graph: bool = False, inputs=None) -> None:
    """`Tensor.backward`: see there."""
    _check_root(tensor, 0)
    retain = create_graph if retain_graph is None else bool(retain_graph)
    if inputs is None and not create_graph:
        with TRACE.lock:
            macro.backward(tensor, gradient, retain, lambda: _walk_all([tensor], [gradient], retain, False))
            _bound_trace()
        return
    if inputs is not None:
        _into_inputs([tensor], [gradient], retain, create_graph, inputs)
    else:
        _walk_all([tensor], [gradient], retain, True)


def _bound_trace() -> None:
    """Runs what is pending after every second pass: a loop that reads no number must not become one endless program."""
    TRACE.passes += 1
    if TRACE.passes > 1:
        sync()


def _walk_all(tensors, gradients, retain: bool, create_graph: bool) -> Walk:
    grads = [_root_gradient(t, g, i) for i, (t, g) in enumerate(zip(tensors, gradients))]
    walk = Walk([edge_of(t) for t in tensors], grads, None, create_graph, retain)
    walk.run()
    return walk


def _into_inputs(tensors, gradients, retain, create_graph, inputs):
    inputs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    if not inputs:
        raise RuntimeError("'inputs' argument to backward() cannot be empty.")
    found = grad(tensors, inputs, gradients, retain, create_graph, allow_unused=True)
    for x, g in zip(inputs, found):
        if g is not None:
            x._grad = g if x._grad is None else x._grad + g


def backward_all(tensors, grad_tensors=None, retain_graph=None, create_graph: bool = False, grad_variables=None, inputs=None) -> None:
    """torch.autograd.backward: the sum of the gradients of several tensors goes to the leaves' `.grad`."""
    tensors = (tensors,) if isinstance(tensors, Tensor) else tuple(tensors)
    gradients = _as_list(grad_tensors, len(tensors))
    if len(gradients) != len(tensors):
        raise RuntimeError(f"got {len(tensors)} tensors and {len(gradients)} gradients")
    if len(tensors) == 1:
        backward(tensors[0], gradients[0], retain_graph, create_graph, inputs)
        return
    for i, t in enumerate(tensors):
        _check_root(t, i)
    retain = create_graph if retain_graph is None else bool(retain_graph)
    if inputs is not None:
        _into_inputs(tensors, gradients, retain, create_graph, inputs)
    else:
        _walk_all(tensors, gradients, retain, create_graph)


def _as_list(gradients, count: int) -> list:
    if gradients is None:
        return [None] * count
    return [gradients] if isinstance(gradients, Tensor) else list(gradients)


def grad(outputs, inputs, grad_outputs=None, retain_graph=None, create_graph: bool = False, only_inputs: bool = True,
         allow_unused: bool | None = None, is_grads_batched: bool = False, materialize_grads: bool = False):  # fmt: skip
    """The gradients of the outputs' sum with respect to the inputs (torch.autograd.grad).

    Raises RuntimeError where an input does not require a gradient, or is not part of the graph (unless allow_unused).
    """
    outputs = (outputs,) if isinstance(outputs, Tensor) else tuple(outputs)
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    gradients = _as_list(grad_outputs, len(outputs))
    for i, t in enumerate(outputs):
        _check_root(t, i)
    for x in inputs:
        if not x._requires_grad:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
    retain = create_graph if retain_graph is None else bool(retain_graph)
    TRACE.opaque = True
    roots = [_root_gradient(t, g, i) for i, (t, g) in enumerate(zip(outputs, gradients))]
    walk = Walk([edge_of(t) for t in outputs], roots, inputs, create_graph, retain)
    walk.run()
    found = [walk.captured.get(i) for i in range(len(inputs))]
    if materialize_grads:
        return tuple(Tensor.full_of(x.meta.shape, 0, x.meta.dtype) if g is None else g for x, g in zip(inputs, found))
    if not allow_unused and any(g is None for g in found):
        raise RuntimeError(
            "One of the differentiated Tensors appears to not have been used in the graph. Set allow_unused=True if this is the "
            "desired behavior."
        )
    return tuple(found)
