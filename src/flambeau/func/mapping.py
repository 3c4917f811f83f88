"""vmap: a function of one element as a function of a batch."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..ops.movement import cat
from ..tensor import Tensor
from ..transforms import levels
from ..transforms.batching import BatchLevel
from ..transforms.randomness import CHOICES
from ..utils._pytree import _broadcast_to_and_flatten, tree_flatten, tree_unflatten
from .arguments import name_of


def vmap(func: Callable, in_dims: Any = 0, out_dims: Any = 0, randomness: str = "error", *,
         chunk_size: int | None = None) -> Callable:  # fmt: skip
    """A function that runs func for each element of a batch, all at once.

    in_dims: the dimension of each argument that is mapped over (None: not at all); a number, or a tree like the
    arguments.  out_dims: where that dimension stands in the results.
    randomness: "error", "same" or "different" random numbers for the elements.  chunk_size: elements at once.
    """
    if randomness not in CHOICES:
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")
    if not (chunk_size is None or chunk_size > 0):
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")

    @functools.wraps(func)
    def wrapped(*args, **kwargs):
        call = _Call(func, in_dims, out_dims, randomness, args, kwargs)
        return call.run(call.args) if chunk_size is None else call.in_chunks(chunk_size)

    return wrapped


class _Call:
    """One call of a mapped function."""

    def __init__(self, func, in_dims, out_dims, randomness, args, kwargs):
        self.func, self.in_dims, self.out_dims = func, in_dims, out_dims
        self.randomness, self.kwargs = randomness, kwargs
        self.args, self.spec = tree_flatten(args)
        self.dims = self._flat_dims(args)
        self.size = self._common_size()

    def _title(self) -> str:
        return f"vmap({name_of(self.func)}, in_dims={self.in_dims}, ...)(<inputs>)"

    def _flat_dims(self, args) -> list:
        if not isinstance(self.in_dims, (int, tuple)):
            raise ValueError(
                f"{self._title()}: expected `in_dims` to be int or a (potentially nested) tuple matching the structure "
                f"of inputs, got: {type(self.in_dims)}."
            )
        if not args:
            raise ValueError(
                f"vmap({name_of(self.func)})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are "
                "trying to vmap over a function with no inputs. The latter is unsupported."
            )
        dims = _broadcast_to_and_flatten(self.in_dims, self.spec)
        if dims is None:
            raise ValueError(
                f"{self._title()}: in_dims is not compatible with the structure of `inputs`. in_dims has structure "
                f"{tree_flatten(self.in_dims)[1]} but inputs has structure {self.spec}."
            )
        return [self._checked_dim(x, dim) for x, dim in zip(self.args, dims)]

    def _checked_dim(self, x, dim):
        if not (dim is None or isinstance(dim, int)):
            raise ValueError(
                f"{self._title()}: Got in_dim={dim} for an input but in_dim must be either an integer dimension or "
                "None."
            )
        if dim is None:
            return None
        if not isinstance(x, Tensor):
            raise ValueError(
                f"{self._title()}: Got in_dim={dim} for an input but the input is of type {type(x)}. We cannot vmap "
                "over non-Tensor arguments, please use None as the respective in_dim"
            )
        if not -x.dim() <= dim < x.dim():
            raise ValueError(
                f"{self._title()}: Got in_dim={dim} for some input, but that input is a Tensor of dimensionality "
                f"{x.dim()} so expected in_dim to satisfy -{x.dim()} <= in_dim < {x.dim()}."
            )
        return dim % x.dim()

    def _common_size(self) -> int:
        sizes = [x.shape[dim] for x, dim in zip(self.args, self.dims) if dim is not None]
        if not sizes:
            raise ValueError("vmap: Expected at least one Tensor to vmap over")
        if len(set(sizes)) > 1:
            raise ValueError(
                "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
                f"{sizes} for the mapped dimension"
            )
        return sizes[0]

    def run(self, args: list):
        """The results for all elements."""
        size = next(x.shape[dim] for x, dim in zip(args, self.dims) if dim is not None)
        with BatchLevel(size, self.randomness) as level:
            lifted = [x if dim is None else level.lift(x.movedim(dim, 0)) for x, dim in zip(args, self.dims)]
            out = self.func(*tree_unflatten(lifted, self.spec), **self.kwargs)
            leaves, spec = tree_flatten(out)
            dims = self._flat_out_dims(out, spec)
            return tree_unflatten([self._placed(level, y, dim) for y, dim in zip(leaves, dims)], spec)

    def _flat_out_dims(self, out, spec) -> list:
        if isinstance(out, Tensor) and isinstance(self.out_dims, tuple) and len(self.out_dims) == 1:
            return [self.out_dims[0]]
        dims = _broadcast_to_and_flatten(self.out_dims, spec)
        if dims is None:
            raise ValueError(
                f"vmap({name_of(self.func)}, ..., out_dims={self.out_dims})(<inputs>): out_dims is not compatible with "
                f"the structure of `outputs`. out_dims has structure {tree_flatten(self.out_dims)[1]} but outputs has "
                f"structure {spec}."
            )
        return dims

    def _placed(self, level: BatchLevel, y, dim):
        name = name_of(self.func)
        if dim is None:
            if isinstance(y, Tensor) and level.has(levels.alive(y)):
                raise ValueError(f"vmap({name}, ...): `{name}` can not return a BatchedTensor when out_dim is None")
            return y
        if not isinstance(y, Tensor):
            raise ValueError(
                f"vmap({name}, ...): `{name}` must only return Tensors, got type {type(y)}. Did you mean to set "
                "out_dims= to None for output?"
            )
        return level.whole(y).movedim(0, dim)

    def in_chunks(self, chunk_size: int):
        """The results of several elements at a time, joined."""
        results, spec = [], None
        for at in range(0, self.size, chunk_size):
            count = min(chunk_size, self.size - at)
            part = [x if d is None else x.narrow(d, at, count) for x, d in zip(self.args, self.dims)]
            leaves, spec = tree_flatten(self.run(part))
            results.append(leaves)
        assert spec is not None
        dims = _broadcast_to_and_flatten(self.out_dims, spec) or [self.out_dims] * spec.num_leaves
        dims = [d[0] if isinstance(d, tuple) else d for d in dims]
        joined = [column[0] if d is None else cat(column, d) for column, d in zip(zip(*results), dims)]
        return tree_unflatten(joined, spec)
