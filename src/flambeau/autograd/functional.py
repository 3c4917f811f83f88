"""Jacobians, Hessians and products with them, of functions of tensors (torch.autograd.functional).

In: a function of one tensor or several, and where to differentiate it. Out: tensors, or tuples where the function
takes or gives several; they carry a graph only with create_graph.
"""

from __future__ import annotations

from collections.abc import Callable

from ..tensor import Tensor
from .engine import grad
from .modes import enable_grad

Tensors = Tensor | tuple


def _tuple(x) -> tuple:
    return x if isinstance(x, tuple) else (x,)


def _like(given, results: tuple):
    """One tensor where one was given."""
    return results if isinstance(given, tuple) else results[0]


def _called(func: Callable, inputs, create_graph: bool):
    """The inputs as leaves (or as copies in the graph), and what the function gives for them."""
    xs = tuple(
        [x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_() for x in _tuple(inputs)]
    )
    with enable_grad():
        return xs, func(*xs)


def _gradients(y, xs: tuple, v, create_graph: bool, retain: bool = True) -> tuple:
    """The gradients of outputs, zeros where an input plays no part."""
    pairs = [(one, g) for one, g in zip(_tuple(y), v) if one.requires_grad]
    if not pairs:
        return tuple([x.new_zeros(x.shape) for x in xs])
    ys, gs = zip(*pairs)
    return grad(ys, xs, gs, retain, create_graph, materialize_grads=True)


def _basis(y: Tensor, k: int) -> Tensor:
    one = y.new_zeros(y.numel())
    one[k] = 1
    return one.view_as(y)


def _stacked(rows: list[Tensor], x: Tensor, shape) -> Tensor:
    from .. import stack

    return stack(rows).reshape(shape) if rows else x.new_zeros(shape)


def jacobian(func: Callable, inputs: Tensors, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
             strategy: str = "reverse-mode"):  # fmt: skip
    """d outputs / d inputs: for each output and input a tensor of the output's shape followed by the input's."""
    xs, y = _called(func, inputs, create_graph)
    rows = tuple([_jacobian_row(one, xs, create_graph) for one in _tuple(y)])
    return _like(y, tuple([_like(inputs, row) for row in rows]))


def _jacobian_row(y: Tensor, xs: tuple, create_graph: bool) -> tuple:
    rows = [_gradients(y, xs, (_basis(y, k),), create_graph) for k in range(y.numel())]
    return tuple([_stacked([row[i] for row in rows], x, (*y.shape, *x.shape)) for i, x in enumerate(xs)])


def hessian(func: Callable, inputs: Tensors, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
            outer_jacobian_strategy: str = "reverse-mode"):  # fmt: skip
    """The second derivatives of a function with one number as its result: for each pair of inputs a tensor."""

    def gradient(*xs):
        y = func(*xs)
        if not isinstance(y, Tensor) or y.numel() != 1:
            raise RuntimeError("The Tensor returned by the function given to hessian should contain a single element")
        return _gradients(y.reshape(()), xs, (_basis(y.reshape(()), 0),), True)

    table = jacobian(gradient, inputs if isinstance(inputs, tuple) else (inputs,), create_graph)
    return _like(inputs, tuple([_like(inputs, row) for row in table]))


def _direction(v, y, what: str) -> tuple:
    """The given vector, or ones for a single number."""
    if v is not None:
        return _tuple(v)
    if not isinstance(y, Tensor) or y.numel() != 1:
        raise RuntimeError(f"The vector v can only be None if the {what} a single Tensor with a single element.")
    return (y.new_ones(y.shape),)


def _detached(x, create_graph: bool):
    if create_graph:
        return x
    return tuple([one.detach() for one in x]) if isinstance(x, tuple) else x.detach()


def vjp(func: Callable, inputs: Tensors, v=None, create_graph: bool = False, strict: bool = False) -> tuple:
    """(the function's outputs, the vector v times the Jacobian)."""
    xs, y = _called(func, inputs, create_graph)
    v = _direction(v, y, "user-provided function returns")
    return _detached(y, create_graph), _like(inputs, _gradients(y, xs, v, create_graph))


def jvp(func: Callable, inputs: Tensors, v=None, create_graph: bool = False, strict: bool = False) -> tuple:
    """(the function's outputs, the Jacobian times the vector v), by differentiating the other product twice."""
    xs, y = _called(func, inputs, create_graph)
    v = _direction(v, inputs, "input to the user-provided function is")
    ys = _tuple(y)
    dummies = tuple([one.new_zeros(one.shape).requires_grad_() for one in ys])
    with enable_grad():
        pulled = _gradients(ys, xs, dummies, True)
    return _detached(y, create_graph), _like(y, _gradients(pulled, dummies, v, create_graph))


def vhp(func: Callable, inputs: Tensors, v=None, create_graph: bool = False, strict: bool = False) -> tuple:
    """(the function's number, the vector v times the Hessian)."""
    xs, y = _called(func, inputs, create_graph)
    v = _direction(v, inputs, "input to the user-provided function is")
    with enable_grad():
        slopes = _gradients(y, xs, (y.new_ones(y.shape),), True)
    return _detached(y, create_graph), _like(inputs, _gradients(slopes, xs, v, create_graph))


hvp = vhp  # the Hessian is symmetric
