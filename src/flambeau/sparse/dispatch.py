"""What torch's functions and dense tensors' methods do with sparse arguments.

They learn of it when this package is first used, so that programs without sparse tensors pay nothing.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable

from .. import Tensor
from ..gates import teach
from .coo import SparseTensor
from .products import addmm

_NAMES = [
    "add",
    "sub",
    "mul",
    "div",
    "true_divide",
    "addmm",
    "mm",
    "mv",
    "matmul",
    "sum",
    "neg",
    "abs",
    "sqrt",
    "sin",
    "tanh",
    "relu",
    "norm",
    "clone",
    "transpose",
    "t",
    "zeros_like",
    "empty_like",
]


def _plus(dense: Tensor, sparse: SparseTensor, *, alpha=1) -> Tensor:
    return sparse.added_to(dense, alpha)


def _plus_in_place(dense: Tensor, sparse: SparseTensor, *, alpha=1) -> Tensor:
    return dense.index_put_(tuple(sparse._indices().unbind(0)), sparse._values() * alpha, accumulate=True)


def _times_dense(dense: Tensor, sparse: SparseTensor) -> Tensor:
    return sparse.__rmatmul__(dense)


def _product(dense: Tensor, sparse: SparseTensor) -> Tensor:
    return sparse.mul(dense)


def _plus_product(dense: Tensor, sparse: SparseTensor, mat2: Tensor, *, beta=1, alpha=1) -> Tensor:
    return addmm(dense, sparse, mat2, beta=beta, alpha=alpha)


_DENSE_FIRST = {
    "addmm": _plus_product,
    "add": _plus,
    "add_": _plus_in_place,
    "__iadd__": _plus_in_place,
    "mm": _times_dense,
    "matmul": _times_dense,
    "mul": _product,
}


def _taught(dense: Callable, name: str) -> Callable:
    """A function that knows what to do where the first or the second argument is sparse."""
    with_dense_first = _DENSE_FIRST.get(name)

    @functools.wraps(dense)
    def function(input, *args, **kwargs):
        if isinstance(input, SparseTensor):
            return getattr(input, name)(*args, **kwargs)
        if args and isinstance(args[0], SparseTensor) and with_dense_first is not None:
            return with_dense_first(input, *args, **kwargs)
        return dense(input, *args, **kwargs)

    return function


def install() -> None:
    """Teaches the functions."""
    torch = importlib.import_module(__package__.rpartition(".")[0])
    for name in _NAMES:
        teach(torch, name, functools.partial(_taught, name=name))
    for name in _DENSE_FIRST:
        setattr(Tensor, name, _taught(getattr(Tensor, name), name))
