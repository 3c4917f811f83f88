"""backward() and grad(): from the script's call to a walk over the tape, or to the macro that an earlier walk left."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Sequence

from .. import errors
from ..tensor import Tensor
from ..trace.sync import sync
from ..trace.trie import TRACE
from . import macro
from .modes import MODE, no_autocast
from .tape import AccumulateGrad, GradientEdge, edge_of
from .walk import Walk


def _root_gradient(tensor: Tensor, gradient, number: int = 0) -> Tensor:
    """The gradient to start with; ones for a single number."""
    if gradient is None:
        if tensor.meta.numel != 1:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        if not tensor.meta.dtype.is_floating_point:
            raise RuntimeError(
                f"grad can be implicitly created only for real scalar outputs but got {tensor.meta.dtype}"
            )
        return Tensor.full_of(tensor.meta.shape, 1, tensor.meta.dtype)
    if not isinstance(gradient, Tensor):
        raise TypeError(f"gradients can be either Tensors or None, but got {type(gradient).__name__}")
    if gradient.meta.shape != tensor.meta.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{number}] has a shape of {gradient.shape} and output[{number}] has a "
            f"shape of {tensor.shape}."
        )
    if gradient.meta.dtype.is_complex != tensor.meta.dtype.is_complex:
        raise RuntimeError(
            "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype: "
            f"grad_output[{number}] has a dtype of {gradient.dtype} and output[{number}] has a dtype of {tensor.dtype}."
        )
    return gradient if gradient.meta.dtype is tensor.meta.dtype else gradient.to(tensor.meta.dtype)


def _check_root(tensor: Tensor, number: int) -> None:
    if not tensor.requires_grad:
        error = RuntimeError(errors.NO_GRAD_FN.format(number))
        raise errors.add_note(error, _why_no_gradient(tensor))


def _why_no_gradient(tensor: Tensor) -> str:
    if not MODE.enabled:
        return "note: gradients are switched off here (torch.no_grad)"
    if not tensor.meta.dtype.is_floating_point:
        return f"note: the tensor is of type {tensor.meta.dtype}, and only floating-point tensors have gradients"
    return (
        "note: nothing that this tensor was computed from requires a gradient (requires_grad=True), or the way was "
        "cut by detach(), .data, item(), numpy(), an integer operation or a no_grad block"
    )


def backward(tensor: Tensor, gradient=None, retain_graph=None, create_graph: bool = False, inputs=None) -> None:
    """`Tensor.backward`: see there."""
    special = inputs is not None or create_graph or MODE.anomaly
    if special or not (gradient is None or isinstance(gradient, Tensor)):
        backward_all(
            tensor, None if gradient is None else _as_list(gradient), retain_graph, create_graph, inputs=inputs
        )
        return
    if gradient is not None:
        gradient = _root_gradient(tensor, gradient)
    _check_root(tensor, 0)
    retain = bool(retain_graph)
    with TRACE.lock:
        macro.backward(tensor, gradient, retain, lambda: _walk([tensor], [gradient], retain, False))
        _bound_trace()


def _bound_trace() -> None:
    """Runs what is pending after every second pass: a loop that reads no number must not become one endless program."""
    TRACE.passes += 1
    if TRACE.passes > 1:
        sync()


def _walk(tensors, gradients, retain: bool, create_graph: bool, wanted=None, accumulate: bool = True) -> Walk:
    roots = [_root_gradient(t, g, i) for i, (t, g) in enumerate(zip(tensors, gradients))]
    with no_autocast():  # gradients are computed in the precisions of what they are the gradients of
        return Walk([edge_of(t) for t in tensors], roots, wanted, accumulate, create_graph, retain).run()


def backward_all(
    tensors, grad_tensors=None, retain_graph=None, create_graph: bool = False, grad_variables=None, inputs=None
) -> None:
    """torch.autograd.backward: the sum of the gradients of several tensors goes to the leaves' `.grad`.

    inputs: the tensors whose `.grad` is to be filled; all leaves where None.
    Raises RuntimeError where there is no graph, where it was freed, or where a kept value was overwritten.
    """
    tensors = _tensors(tensors)
    gradients = _as_list(grad_tensors, len(tensors))
    gradients = [g if g is None else _root_gradient(t, g, i) for i, (t, g) in enumerate(zip(tensors, gradients))]
    inputs = _checked_inputs(inputs)
    for i, t in enumerate(tensors):
        _check_root(t, i)
    if create_graph:
        _warn_about_cycle()
    for x in inputs or ():
        x.retain_grad()
    retain = create_graph if retain_graph is None else bool(retain_graph)
    TRACE.opaque = True
    with TRACE.lock:
        _walk(tensors, gradients, retain, create_graph, inputs)
        _bound_trace()


@functools.cache
def _warn_about_cycle() -> None:
    """Once in a process."""
    warnings.warn(errors.CREATE_GRAPH_CYCLE, UserWarning, stacklevel=4)


def _checked_inputs(inputs) -> list[Tensor] | None:
    if inputs is None:
        return None
    inputs = list(_tensors(inputs))
    if not inputs:
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    return inputs


def _as_list(gradients, count: int = 1) -> list:
    if gradients is None:
        return [None] * count
    return [gradients] if isinstance(gradients, Tensor) else list(gradients)


def grad(outputs, inputs, grad_outputs=None, retain_graph=None, create_graph: bool = False,
         only_inputs: bool = True, allow_unused: bool | None = None, is_grads_batched: bool = False,
         materialize_grads: bool = False) -> tuple:  # fmt: skip
    """The gradients of the outputs' sum with respect to the inputs (torch.autograd.grad).

    Raises RuntimeError where an input does not require a gradient, or is not part of the graph (unless allow_unused).
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    outputs, inputs = _tensors(outputs), _tensors(inputs)
    if is_grads_batched:
        return _batched(outputs, inputs, _as_list(grad_outputs, len(outputs)), retain_graph, create_graph, allow_unused)
    _check_ends(outputs, inputs)
    retain = create_graph if retain_graph is None else bool(retain_graph)
    TRACE.opaque = True
    with TRACE.lock:
        walk = _walk(outputs, _as_list(grad_outputs, len(outputs)), retain, create_graph, inputs, accumulate=False)
    found = [walk.captured.get(i) for i in range(len(inputs))]
    if materialize_grads:
        return tuple(Tensor.full_of(x.meta.shape, 0, x.meta.dtype) if g is None else g for x, g in zip(inputs, found))
    unused = [i for i, g in enumerate(found) if g is None]
    if unused and not allow_unused:
        raise RuntimeError(
            f"The differentiated Tensor at index {unused[0]} appears to not have been used in the graph. Set "
            "allow_unused=True if this is the desired behavior."
        )
    return tuple(found)


class _End:
    """A result of a tape node that is named by its edge."""

    requires_grad = True
    _viewed_version = -1

    def __init__(self, edge: GradientEdge):
        self.grad_fn, self._output_nr = edge.node, edge.output_nr
        self.meta = edge.node.rules.outs[edge.output_nr]
        self.shape = self.meta.size

    def retain_grad(self) -> None:
        raise RuntimeError(
            "backward() accumulates gradients in tensors, not in edges: name the tensor among its inputs"
        )


def _tensors(given) -> tuple:
    """The ends that a pass is called with, as a tuple; what is named by its edge stands there as that."""
    given = (given,) if isinstance(given, (Tensor, GradientEdge)) else tuple(given)
    return tuple([_of_edge(x) if isinstance(x, GradientEdge) else x for x in given])


def _of_edge(edge: GradientEdge):
    return edge.node.variable if isinstance(edge.node, AccumulateGrad) else _End(edge)


def _check_ends(outputs: Sequence, inputs: Sequence) -> None:
    if not inputs:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    if any(not isinstance(y, (Tensor, _End)) for y in outputs):
        raise AssertionError("Expected output to be a torch.Tensor")
    for i, y in enumerate(outputs):
        _check_root(y, i)
    for x in inputs:
        if not isinstance(x, (Tensor, _End)):
            raise RuntimeError(f"all inputs have to be Tensors or GradientEdges, but got {type(x).__name__}")
        if not x.requires_grad:
            raise RuntimeError("One of the differentiated Tensors does not require grad")


def _batched(outputs, inputs, gradients, retain_graph, create_graph: bool, allow_unused) -> tuple:
    """The gradients for each of a batch of gradients of the outputs, all at once."""
    from ..transforms.batching import BatchLevel

    for g, y in zip(gradients, outputs):
        if g is not None and g.meta.shape[1:] != y.meta.shape:
            raise RuntimeError(
                f"If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch "
                f"dimension. The sizes of the remaining dimensions are expected to match the shape of corresponding "
                f"output, but a mismatch was detected: grad_output[{gradients.index(g)}] has a shape of {g.shape} and "
                f"output[{gradients.index(g)}] has a shape of {y.shape}. If you only want some tensors in "
                "`grad_output` to be considered batched, consider using vmap."
            )
    size = next(g.meta.shape[0] for g in gradients if g is not None)
    with BatchLevel(size, "same") as level:
        lifted = [None if g is None else level.lift(g) for g in gradients]
        found = grad(outputs, inputs, lifted, retain_graph, create_graph, allow_unused=allow_unused)
        return tuple([None if g is None else level.whole(g) for g in found])
