"""What dense tensors answer where sparse ones are meant; the sparse package is loaded when one is made."""

from __future__ import annotations

import importlib

from ..tensor import Tensor


def _sparse():
    return importlib.import_module("flambeau.sparse")


def to_sparse(self: Tensor, sparse_dim: int | None = None, *, layout=None, blocksize=None, dense_dim=None):
    """The elements that are not zero, with their places, as a sparse tensor."""
    return _sparse().to_sparse(self, sparse_dim, layout=layout, blocksize=blocksize, dense_dim=dense_dim)


def sparse_mask(self: Tensor, mask: Tensor):
    """The elements at the places of a sparse tensor."""
    return mask._with(self[tuple(mask._indices().unbind(0))])


def to_dense(self: Tensor, dtype=None, *, masked_grad=None) -> Tensor:
    """All elements: the tensor itself, or cast."""
    return self if dtype is None else self.to(dtype)


def _refusing(name: str, layout: str):
    def method(self: Tensor):
        raise RuntimeError(f"{name} expected sparse {layout}tensor layout but got Strided")

    method.__name__ = name
    method.__doc__ = f"Raises RuntimeError: dense tensors have no {name}."
    return method


def install() -> None:
    """Gives Tensor the methods."""
    Tensor.to_sparse, Tensor.sparse_mask, Tensor.to_dense = to_sparse, sparse_mask, to_dense
    Tensor.sparse_dim, Tensor.dense_dim = (lambda self: 0), (lambda self: self.meta.ndim)
    for name, layout in (("indices", "coordinate "), ("values", ""), ("coalesce", "coordinate ")):
        setattr(Tensor, name, _refusing(name, layout))
    Tensor.is_coalesced = _refusing("is_coalesced", "coordinate ")
