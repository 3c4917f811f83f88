"""Jacobians, Hessians and products with them, of functions of tensors (torch.autograd.functional).

In: a function of one tensor or several, and where to differentiate it. Out: tensors, or tuples where the function
takes or gives several; they carry a graph only with create_graph. strict: what depends on nothing is an error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..tensor import Tensor
from .engine import grad
from .modes import enable_grad

Tensors = Tensor | tuple

INDEPENDENT = "The output of the user-provided function is independent of input {}. This is not allowed in strict mode."
_STRICT = {
    "outputs": "Output {} of the user-provided function does not require gradients. The outputs must be computed in a "
    "differentiable manner from the input when running in strict mode.",
    "grad_inputs": "The gradient with respect to input {} is independent of the inputs of the user-provided function. "
    "This is not allowed in strict mode.",
    "jacobian": "While computing the hessian, found that the jacobian of the user-provided function with respect to "
    "input {} is independent of the input. This is not allowed in strict mode. You should ensure that your function is "
    "twice differentiable and that the jacobian depends on the inputs (this would be violated by a linear function for "
    "example).",
}
_STRATEGIES = 'Expected strategy to be either "forward-mode" or "reverse-mode".'
_HINT = (
    ' Hint: If your function has more outputs than inputs, "forward-mode" tends to be more performant. Otherwise, '
    'prefer to use "reverse-mode".'
)
_VECTORIZED_ONLY = (
    "Computing Jacobian using forward-AD or forward-over-reverse Hessian isonly implemented for `vectorize=True`."
)
_NOT_TOGETHER = "torch.autograd.functional.jacobian: {} are not supported together{}. Please either set {}."


# ------------------------------------------------------------------ arguments and results
def _tuple(x) -> tuple:
    return x if isinstance(x, tuple) else (x,)


def _like(given, results: tuple):
    """One tensor where one was given."""
    return results if isinstance(given, tuple) else results[0]


def _checked(given, what: str, name: str) -> tuple:
    """Tensors as a tuple; TypeError for anything else."""
    for i, x in enumerate(_tuple(given)):
        if not isinstance(x, Tensor):
            place = f"value at index {i}" if isinstance(given, tuple) else f"given {what}"
            raise TypeError(
                f"The {what} given to {name} must be either a Tensor or a tuple of Tensors but the {place} has type "
                f"{type(x)}."
            )
    return _tuple(given)


def _called(name: str, func: Callable, inputs, create_graph: bool, strict: bool = False):
    """The inputs as leaves (or as copies in the graph), and what the function gives for them."""
    given = _checked(inputs, "inputs", name)
    xs = tuple([x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_() for x in given])
    with enable_grad():
        y = func(*xs)
    ys = _checked(y, "outputs of the user-provided function", name)
    _require_graph(ys, "outputs", strict)
    return xs, y


def _require_graph(tensors, what: str, strict: bool) -> None:
    """RuntimeError, in strict mode, where a tensor depends on nothing."""
    for i, x in enumerate(tensors if strict else ()):
        if x is None or not x.requires_grad:
            raise RuntimeError((INDEPENDENT if x is None else _STRICT[what]).format(i))


def _single(name: str, y) -> Tensor:
    if not isinstance(y, Tensor):
        raise RuntimeError(f"The function given to {name} should return a single Tensor")
    if y.numel() != 1:
        raise RuntimeError(f"The Tensor returned by the function given to {name} should contain a single element")
    return y


def _direction(v, y, what: str) -> tuple:
    """The given vector, or ones for a single number."""
    if v is None:
        if not isinstance(y, Tensor) or y.numel() != 1:
            raise RuntimeError(f"The vector v can only be None if the {what} a single Tensor with a single element.")
        return (y.new_ones(y.shape),)
    vs, ys = _tuple(v), _tuple(y)
    if len(vs) != len(ys):
        if isinstance(y, tuple):
            raise RuntimeError(f"v is a tuple of invalid length: should be {len(ys)} but got {len(vs)}.")
        raise RuntimeError("The given v should contain a single Tensor.")
    for i, (a, b) in enumerate(zip(vs, ys)):
        if a.shape != b.shape:
            place = f"Entry {i} in v" if isinstance(y, tuple) else "v"
            raise RuntimeError(f"{place} has invalid size: should be {b.size()} but got {a.size()}.")
    return vs


def _detached(x, create_graph: bool):
    if create_graph:
        return x
    return tuple([one.detach() for one in x]) if isinstance(x, tuple) else x.detach()


# ------------------------------------------------------------------ gradients
def _found(y, xs: tuple, v, create_graph: bool, batched: bool = False) -> list:
    """The gradients of outputs, None where an input plays no part."""
    pairs = [(one, g) for one, g in zip(_tuple(y), v) if one is not None and one.requires_grad]
    if not pairs:
        return [None] * len(xs)
    ys, gs = zip(*pairs)
    return list(grad(ys, xs, gs, True, create_graph, allow_unused=True, is_grads_batched=batched))


def _filled(found: list, xs: tuple, strict: bool = False, text: str = INDEPENDENT) -> tuple:
    """Zeros for None; in strict mode an error."""
    if strict and None in found:
        raise RuntimeError(text.format(found.index(None)))
    return tuple([x.new_zeros(x.shape) if g is None else g for g, x in zip(found, xs)])


def _basis(y: Tensor, k: int) -> Tensor:
    one = y.new_zeros(y.numel())
    one[k] = 1
    return one.view_as(y)


# ------------------------------------------------------------------ Jacobians and Hessians
def jacobian(func: Callable, inputs: Tensors, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
             strategy: str = "reverse-mode"):  # fmt: skip
    """d outputs / d inputs: for each output and input a tensor of the output's shape followed by the input's.

    vectorize: whether all rows (strategy "reverse-mode") or columns ("forward-mode") are computed at once.
    """
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(_STRATEGIES + _HINT)
    if strategy == "forward-mode":
        return _forward_jacobian(func, inputs, create_graph, vectorize)
    if strict and vectorize:
        either = "`strict=False` or `vectorize=False`"
        raise RuntimeError(_NOT_TOGETHER.format("`strict=True` and `vectorized=True`", "", either))
    xs, y = _called("jacobian", func, inputs, create_graph, strict)
    rows = _rows_at_once if vectorize else _row_by_row
    table = [rows(one, xs, create_graph, strict, i) for i, one in enumerate(_tuple(y))]
    return _like(y, tuple([_like(inputs, row) for row in table]))


def _forward_jacobian(func: Callable, inputs, create_graph: bool, vectorize: bool):
    from ..func import jacfwd

    if create_graph:
        either = '`create_graph=False` or `strategy="reverse-mode"`'
        raise NotImplementedError(
            _NOT_TOGETHER.format('`create_graph=True` and `strategy="forward-mode"`', " (yet)", either)
        )
    if not vectorize:
        raise NotImplementedError(_VECTORIZED_ONLY)
    given = _checked(inputs, "inputs", "jacobian")
    found = jacfwd(func, argnums=tuple(range(len(given))))(*given)
    several = isinstance(found[0], tuple)
    table = found if several else (found,)
    return _like(found if several else None, tuple([_like(inputs, row) for row in table]))


def _row_by_row(y: Tensor, xs: tuple, create_graph: bool, strict: bool, number: int) -> tuple:
    from .. import stack

    rows = [_row(y, xs, k, create_graph, strict, number) for k in range(y.numel())]
    return tuple(
        [stack([row[i] for row in rows]).reshape(*y.shape, *x.shape) if rows else x.new_zeros(*y.shape, *x.shape)
         for i, x in enumerate(xs)]
    )  # fmt: skip


def _row(y: Tensor, xs: tuple, k: int, create_graph: bool, strict: bool, number: int) -> tuple:
    found = _found(y, xs, (_basis(y, k),), create_graph)
    for j, g in enumerate(found if strict else ()):
        if g is None:
            raise RuntimeError(
                f"Output {number} of the user-provided function is independent of input {j}. This is not allowed in "
                "strict mode."
            )
        if create_graph and not g.requires_grad:
            raise RuntimeError(
                f"The jacobian of the user-provided function is independent of input {j}. This is not allowed in "
                "strict mode when create_graph=True."
            )
    return _filled(found, xs)


def _rows_at_once(y: Tensor, xs: tuple, create_graph: bool, strict: bool, number: int) -> tuple:
    from .. import eye

    units: Any = eye(y.numel(), dtype=y.dtype).reshape(y.numel(), *y.shape)
    found = _found(y, xs, (units,), create_graph, True)
    return tuple(
        [x.new_zeros(*y.shape, *x.shape) if g is None else g.reshape(*y.shape, *x.shape) for g, x in zip(found, xs)]
    )


def hessian(func: Callable, inputs: Tensors, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
            outer_jacobian_strategy: str = "reverse-mode"):  # fmt: skip
    """The second derivatives of a function with one number as its result: for each pair of inputs a tensor."""
    if outer_jacobian_strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(_STRATEGIES)
    given = _checked(inputs, "inputs", "hessian")
    if outer_jacobian_strategy == "forward-mode":
        return _forward_hessian(func, inputs, given, vectorize)

    def gradient(*xs):
        y = func(*xs)
        _checked(y, "outputs of the user-provided function", "hessian")
        y = _single("hessian", y)
        _require_graph((y,), "outputs", strict)
        found = _filled(_found(y.reshape(()), xs, (_basis(y.reshape(()), 0),), True), xs)
        _require_graph(found, "jacobian", strict)
        return found

    table = jacobian(gradient, given, create_graph, strict and not vectorize, vectorize)
    return _like(inputs, tuple([_like(inputs, row) for row in table]))


def _forward_hessian(func: Callable, inputs, given: tuple, vectorize: bool):
    from ..func import jacfwd, jacrev

    if not vectorize:
        raise NotImplementedError(_VECTORIZED_ONLY)
    places = tuple(range(len(given)))
    table = jacfwd(jacrev(lambda *xs: _single("hessian", func(*xs)).reshape(()), places), places)(*given)
    return _like(inputs, tuple([_like(inputs, row) for row in table]))


# ------------------------------------------------------------------ products
def vjp(func: Callable, inputs: Tensors, v=None, create_graph: bool = False, strict: bool = False) -> tuple:
    """(the function's outputs, the vector v times the Jacobian)."""
    xs, y = _called("vjp", func, inputs, create_graph, strict)
    v = _direction(v, y, "user-provided function returns")
    found = _filled(_found(y, xs, v, create_graph), xs, strict)
    return _detached(y, create_graph), _like(inputs, found)


def jvp(func: Callable, inputs: Tensors, v=None, create_graph: bool = False, strict: bool = False) -> tuple:
    """(the function's outputs, the Jacobian times the vector v), by differentiating the other product twice."""
    v = _direction(v, inputs, "input to the user-provided function is")
    xs, y = _called("jvp", func, inputs, create_graph, strict)
    ys = _tuple(y)
    dummies = tuple([one.new_ones(one.shape).requires_grad_() for one in ys])
    with enable_grad():
        pulled = _found(ys, xs, dummies, True)
    _require_graph(pulled, "grad_inputs", strict)
    found = _filled(_found(tuple(pulled), dummies, v, create_graph), dummies)
    return _detached(y, create_graph), _like(y, found)


def _hessian_product(name: str, func: Callable, inputs: Tensors, v, create_graph: bool, strict: bool) -> tuple:
    v = _direction(v, inputs, "input to the user-provided function is")
    xs, y = _called(name, func, inputs, create_graph, strict)
    _single(name, y)
    with enable_grad():
        slopes = _found(y, xs, (y.new_ones(y.shape),), True)
    _require_graph(slopes, "jacobian", strict)
    found = _filled(_found(tuple(slopes), xs, v, create_graph), xs, strict, _INDEPENDENT_JACOBIAN)
    return _detached(y, create_graph), _like(inputs, found)


_INDEPENDENT_JACOBIAN = (
    "The jacobian of the user-provided function is independent of input {}. This is not allowed in strict mode."
)


def vhp(func: Callable, inputs: Tensors, v=None, create_graph: bool = False, strict: bool = False) -> tuple:
    """(the function's number, the vector v times the Hessian)."""
    return _hessian_product("vhp", func, inputs, v, create_graph, strict)


def hvp(func: Callable, inputs: Tensors, v=None, create_graph: bool = False, strict: bool = False) -> tuple:
    """(the function's number, the Hessian times the vector v): the Hessian is symmetric."""
    return _hessian_product("hvp", func, inputs, v, create_graph, strict)
