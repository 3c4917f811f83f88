"""Products with Jacobians from the right: tangents pushed through a function."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..autograd.modes import enable_grad
from ..tensor import Tensor
from ..transforms.duals import DualLevel, check_tangent
from ..transforms.taping import GradLevel
from ..utils._pytree import tree_flatten, tree_unflatten
from .arguments import Argnums, aux_values, basis, check_results, chosen, parted, replaced, tensors_of, values
from .mapping import vmap

_JVP = "jvp(f, primals, tangents)"


def _check_tangents(primals, tangents) -> tuple[list, list, Any]:
    for what, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, tuple):
            call = "(*primals)" if what == "primals" else "(*tangents)"
            raise RuntimeError(f"{_JVP}: Expected {what} to be a tuple. E.g. it should be valid to call f{call}.")
    flat, spec = tree_flatten(primals)
    vectors, given_spec = tree_flatten(tangents)
    if given_spec != spec:
        raise RuntimeError(
            f"{_JVP}: Expected primals and tangents to have the same python structure. For example, if primals is a "
            f"tuple of 3 tensors, tangents also must be. Got primals with structure {spec} and tangents with structure "
            f"{given_spec}"
        )
    for what, leaves in (("primals", flat), ("tangents", vectors)):
        if not leaves:
            raise RuntimeError(f"{_JVP}: Expected {what} to contain at least one Tensor.")
        for x in leaves:
            if not isinstance(x, Tensor):
                raise RuntimeError(f"{_JVP}: Expected {what} to be a Tensor, got unsupported type {type(x)}")
    return flat, vectors, spec


def jvp(func: Callable, primals, tangents, *, strict: bool = False, has_aux: bool = False):
    """(the value of func at the primals, its Jacobian times the tangents), and aux with has_aux."""
    flat, vectors, spec = _check_tangents(primals, tangents)
    level = DualLevel()
    with level:
        for x, t in zip(flat, vectors):
            check_tangent(x, t)
        out = func(*tree_unflatten([level.dual(x, t) for x, t in zip(flat, vectors)], spec))
        out, aux = parted(_JVP, out) if has_aux else (out, None)
        outs, out_spec = check_results(f"{_JVP}: expected f(*primals)", out)
        found = [level.tangent_of(y) for y in outs]
        if strict and None in found:
            raise RuntimeError(
                "jvp(f, primals, tangents, strict=True): The output of f is independent of the inputs. This is not "
                "allowed with strict=True."
            )
    plain = values(outs)
    pushed = tree_unflatten([y.new_zeros(y.shape) if t is None else t for y, t in zip(plain, found)], out_spec)
    result = tree_unflatten(plain, out_spec)
    return (result, pushed, aux_values(aux)) if has_aux else (result, pushed)


def jacfwd(func: Callable, argnums: Argnums = 0, has_aux: bool = False, *, randomness: str = "error") -> Callable:
    """A function that gives the Jacobian of func, column by column, all at once."""

    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        own = chosen(argnums, args)
        inputs, in_spec = tensors_of(own)
        numels = [x.numel() for x in inputs]
        units = basis([x.shape for x in inputs], numels, inputs)
        kept = []

        def pushed(*tangents):
            def of_chosen(*flat):
                return func(*replaced(argnums, args, tree_unflatten(list(flat), in_spec)), **kwargs)

            found = jvp(of_chosen, tuple(inputs), tangents, has_aux=has_aux)
            kept[:] = found
            return found[1]

        columns, out_spec = tree_flatten(vmap(pushed, randomness=randomness)(*units))
        table = [tree_unflatten(_columns(c, numels, inputs), in_spec) for c in columns]
        jacobian: Any = tree_unflatten(table, out_spec)
        return (jacobian, values(kept[2])) if has_aux else jacobian

    return wrapper


def _columns(found: Tensor, numels: list[int], inputs: list[Tensor]) -> list[Tensor]:
    """(columns, *output) as a tensor (*output, *input) for each input."""
    shape = found.shape[1:]
    return [c.movedim(0, -1).reshape(*shape, *x.shape) for c, x in zip(found.split(numels, 0), inputs)]


def linearize(func: Callable, *primals):
    """(the value of func, a function that multiplies its Jacobian there by tangents).

    The function is run once; each product walks twice along its tape.
    """
    if not primals:
        raise RuntimeError("linearize: Expected at least one argument to func other than func itself.")
    inputs, spec = tensors_of(primals)
    inner, outer = GradLevel(), GradLevel()
    with inner:
        leaves = [inner.leaf(x) for x in inputs]
        outs, out_spec = check_results(
            "linearize(f, *primals): expected f(*primals)", func(*tree_unflatten(leaves, spec))
        )
    plain = values(outs)
    with outer:
        dummies = [outer.leaf(y.new_ones(y.shape)) for y in plain]
        pulled = inner.pull_back(outs, leaves, dummies)

    def product(*tangents):
        vectors, given = tree_flatten(tangents)
        if given != spec:
            raise RuntimeError(f"Expected the tangents {given} to have the same argspec as the primals {spec}")
        pairs = [(p, t) for p, t in zip(pulled, vectors) if p is not None]
        with enable_grad():
            found = outer.pull_back([p for p, _ in pairs], dummies, [t for _, t in pairs])
        return tree_unflatten([y.new_zeros(y.shape) if t is None else t for y, t in zip(plain, found)], out_spec)

    return tree_unflatten(plain, out_spec), product
