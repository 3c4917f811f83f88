"""Gradients and products with Jacobians from the left, by a tape of a level of their own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..autograd.modes import MODE, set_grad_enabled
from ..tensor import Tensor
from ..transforms import levels
from ..transforms.taping import GradLevel
from ..utils._pytree import tree_flatten, tree_unflatten
from .arguments import Argnums, aux_values, basis, brief, check_results, chosen, parted, replaced, tensors_of, values
from .mapping import vmap


def _filled(grads: list, leaves: list) -> list:
    """Zeros where nothing depends on an input."""
    return [x.new_zeros(x.meta.shape) if g is None else g for g, x in zip(grads, leaves)]


def grad_and_value(func: Callable, argnums: Argnums = 0, has_aux: bool = False) -> Callable:
    """A function that gives (the gradients of func, its value).

    func: gives one number, as a tensor; with has_aux (number, other tensors).
    argnums: the position of the argument to differentiate for, or several. Arguments may be trees of tensors.
    """

    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        what = "grad_and_value(f)(*args)"
        inputs, spec = tensors_of(chosen(argnums, args))
        level = GradLevel()
        with level:
            leaves = [level.leaf(x) for x in inputs]
            out = func(*replaced(argnums, args, tree_unflatten(leaves, spec)), **kwargs)
            out, aux = parted(what, out) if has_aux else (out, None)
            if not isinstance(out, Tensor):
                raise RuntimeError(f"{what}: Expected f(*args) to return a Tensor, got {type(out)}")
            if out.dim() != 0:
                raise RuntimeError(
                    f"{what}: Expected f(*args) to return a scalar Tensor, got tensor with {out.dim()} dims. Maybe you "
                    "wanted to use the vjp or jacrev APIs instead?"
                )
        value = levels.alive(out)
        grads = tree_unflatten(_filled(level.pull_back([out], leaves, [value.new_ones(())], False), inputs), spec)
        return (grads, (value, aux_values(aux))) if has_aux else (grads, value)

    return wrapper


def grad(func: Callable, argnums: Argnums = 0, has_aux: bool = False) -> Callable:
    """A function that gives the gradients of func; see grad_and_value. With has_aux it gives (gradients, aux)."""
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        grads, value = both(*args, **kwargs)
        return (grads, value[1]) if has_aux else grads

    return wrapper


def vjp(func: Callable, *primals, has_aux: bool = False):
    """(the value of func, a function that multiplies a vector by its Jacobian), and aux with has_aux.

    The vector is shaped as the value is; the product is a tuple, shaped as the primals are.
    """
    what = "vjp(f, *primals): expected f(*primals)"
    inputs, spec = tensors_of(primals)
    level = GradLevel()
    with level:
        leaves = [level.leaf(x) for x in inputs]
        out = func(*tree_unflatten(leaves, spec))
        out, aux = parted("vjp(f, *primals)", out) if has_aux else (out, None)
        outs, out_spec = check_results(what, out)

    def product(cotangents, retain_graph: bool = True, create_graph: bool | None = None):
        vectors, given = tree_flatten(cotangents)
        if given != out_spec:
            raise RuntimeError(
                f"Expected pytree structure of cotangents to be the same as pytree structure of outputs to the "
                f"function. cotangents: {brief(given)}, primal output: {brief(out_spec)}"
            )
        for i, (v, y) in enumerate(zip(vectors, outs)):
            if v.shape != y.shape:
                raise RuntimeError(
                    f"Mismatch in shape: grad_output[{i}] has a shape of {v.shape} and output[{i}] has a shape of "
                    f"{y.shape}."
                )
        with set_grad_enabled(bool(MODE.enabled) if create_graph is None else create_graph):
            found = level.pull_back(outs, leaves, vectors, retain_graph)
        return tree_unflatten(_filled(found, inputs), spec)

    return (values(out), product, aux_values(aux)) if has_aux else (values(out), product)


def jacrev(func: Callable, argnums: Argnums = 0, *, has_aux: bool = False, chunk_size: int | None = None,
           _preallocate_and_copy: bool = False) -> Callable:  # fmt: skip
    """A function that gives the Jacobian of func, row by row: all rows at once, or chunk_size of them."""
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")

    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        def of_chosen(*own):
            return func(*replaced(argnums, args, own if isinstance(argnums, tuple) else own[0]), **kwargs)

        own = chosen(argnums, args)
        own = own if isinstance(argnums, tuple) else (own,)
        found = vjp(of_chosen, *own, has_aux=has_aux)
        outs, out_spec = tree_flatten(found[0])
        inputs, in_spec = tree_flatten(own if isinstance(argnums, tuple) else own[0])
        numels = [y.numel() for y in outs]
        units = tree_unflatten(basis([y.shape for y in outs], numels, outs), out_spec)
        rows = tree_flatten(vmap(found[1], chunk_size=chunk_size)(units))[0]
        pieces = [r.split(numels, 0) for r in rows]
        table = [
            tree_unflatten([p[k].reshape(*y.shape, *x.shape) for p, x in zip(pieces, inputs)], in_spec)
            for k, y in enumerate(outs)
        ]
        jacobian: Any = tree_unflatten(table, out_spec)
        return (jacobian, found[2]) if has_aux else jacobian

    return wrapper


def hessian(func: Callable, argnums: Argnums = 0) -> Callable:
    """A function that gives the second derivatives of func: tangents through its gradient."""
    from .tangents import jacfwd

    return jacfwd(jacrev(func, argnums), argnums)
