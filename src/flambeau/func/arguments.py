"""What the transforms of torch.func say of arguments and results: which are chosen, and errors for the rest."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..tensor import Tensor
from ..transforms import levels
from ..utils._pytree import TreeSpec, tree_flatten, tree_map

Argnums = int | tuple


def name_of(func: Callable) -> str:
    """How a function is called in an error."""
    if isinstance(func, functools.partial):
        return f"functools.partial({name_of(func.func)}, ...)"
    return getattr(func, "__name__", repr(func))


def _position(argnum: int, count: int) -> int:
    if not -count <= argnum < count:
        raise RuntimeError(f"Got argnum={argnum}, but only {count} positional inputs")
    return argnum % count


def _checked(argnums, count: int) -> Any:
    if not isinstance(argnums, (int, tuple)):
        raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
    if isinstance(argnums, int):
        return _position(argnums, count)
    found = tuple(_position(a, count) for a in argnums)
    if len(set(found)) != len(found):
        raise RuntimeError(f"argnums elements must be unique, got {argnums}")
    if not found:
        raise RuntimeError(f"argnums must be non-empty, got argnums={argnums}")
    return found


def chosen(argnums: Argnums, args: tuple):
    """The arguments that are differentiated for: one, or a tuple of them."""
    where = _checked(argnums, len(args))
    return args[where] if isinstance(where, int) else tuple(args[i] for i in where)


def replaced(argnums: Argnums, args: tuple, values) -> tuple:
    """The arguments with others in the place of the chosen ones."""
    where = _checked(argnums, len(args))
    given = {where: values} if isinstance(where, int) else dict(zip(where, values))
    return tuple(given.get(i, a) for i, a in enumerate(args))


def tensors_of(tree) -> tuple[list, TreeSpec]:
    """The leaves of what is differentiated for, which must be tensors."""
    leaves, spec = tree_flatten(tree)
    for x in leaves:
        if not isinstance(x, Tensor):
            raise ValueError(f"Thing passed to transform API must be Tensor, got {type(x)}")
    return leaves, spec


def check_results(what: str, results) -> tuple[list, TreeSpec]:
    """The leaves of a function's results.

    what: the call, for the error. Raises RuntimeError where there are none, or others than tensors.
    """
    leaves, spec = tree_flatten(results)
    if not leaves and not isinstance(results, Tensor):
        raise RuntimeError(f"{what} to return at least one tensor, got no output.")
    for x in leaves:
        if not isinstance(x, Tensor):
            raise RuntimeError(f"{what} to return only tensors, got unsupported type {type(x)}")
    return leaves, spec


def parted(what: str, results) -> tuple:
    """(output, aux) of a function that gives both."""
    if not (isinstance(results, tuple) and len(results) == 2):
        raise RuntimeError(f"{what}: output of function f should be a tuple: (output, aux) if has_aux is True")
    return results


def values(tree):
    """The tree as it is outside of the levels that are no longer in force."""
    return tree_map(levels.alive, tree)


def aux_values(aux):
    """The same of what a function gives besides its output, which must be tensors."""
    for x in tree_flatten(aux)[0]:
        if not isinstance(x, Tensor):
            raise RuntimeError(f"Expected tensors, got unsupported type {type(x)}")
    return values(aux)


def brief(spec: TreeSpec) -> str:
    """A structure as the containers that it is of, its leaves as stars."""
    return str(spec.unflatten([_Star()] * spec.num_leaves))


class _Star:
    def __repr__(self):
        return "*"


def basis(shapes, numels: list[int], likes: list[Tensor]) -> list[Tensor]:
    """For each tensor, its part of the unit vectors of all of them: (sum of numels, *shape)."""
    total, at, parts = sum(numels), 0, []
    for shape, count, like in zip(shapes, numels, likes):
        one: Any = like.new_zeros(total, count)
        one.narrow(0, at, count).diagonal().fill_(1)
        parts.append(one.view(total, *shape))
        at += count
    return parts
