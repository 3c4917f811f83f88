"""SparseTensor: places and values as two dense tensors.

Invariant: `_where` is int64 (sparse dimensions, nnz), `_held` is (nnz, *dense dimensions); a place may occur several
times until the tensor is coalesced, and its values count together. All state that autograd has is that of `_held`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .. import Tensor, cat, no_grad, tensor, zeros
from ..devices import sparse_coo
from ..meta import contiguous

_OTHER_LAYOUT = "add(sparse, dense) is not supported. Use add(dense, sparse) instead."


class SparseTensor(Tensor):
    """A tensor whose elements are zero but at some places; made by `torch.sparse_coo_tensor` and `to_sparse`."""

    is_sparse = True
    _where: Tensor
    _held: Tensor
    _coalesced: bool

    @staticmethod
    def of(where: Tensor, held: Tensor, shape, coalesced: bool = False) -> SparseTensor:
        """The tensor with these values at these places."""
        made = object.__new__(SparseTensor)
        made.meta = contiguous(tuple(shape), held.dtype)
        made._where, made._held, made._coalesced = where, held, coalesced
        return made

    def _with(self, held: Tensor) -> SparseTensor:
        """Other values at the same places."""
        return SparseTensor.of(self._where, held, self.shape, self._coalesced)

    def _take(self, other: SparseTensor) -> SparseTensor:
        """Becomes another tensor of the same shape, in place."""
        self._where, self._held, self._coalesced = other._where, other._held, other._coalesced
        return self

    # ------------------------------------------------------------------ what it is
    @property
    def layout(self):
        return sparse_coo

    @property
    def storage(self):
        raise NotImplementedError(
            "Could not run this operation with arguments from the 'SparseCPU' backend: use to_dense() first"
        )

    def indices(self) -> Tensor:
        """The places (sparse dimensions, nnz), each once; RuntimeError where the tensor is not coalesced."""
        self._check_coalesced("indices")
        return self._where

    def values(self) -> Tensor:
        """The values (nnz, *dense dimensions); RuntimeError where the tensor is not coalesced."""
        self._check_coalesced("values")
        return self._held

    def _check_coalesced(self, what: str):
        if not self._coalesced:
            raise RuntimeError(f"Cannot get {what} on an uncoalesced tensor, please call .coalesce() first")

    def _indices(self) -> Tensor:
        return self._where

    def _values(self) -> Tensor:
        return self._held

    def _nnz(self) -> int:
        return self._where.size(1)

    def is_coalesced(self) -> bool:
        """Whether each place occurs once, in order."""
        return self._coalesced

    def sparse_dim(self) -> int:
        """The number of dimensions that places have."""
        return self._where.size(0)

    def dense_dim(self) -> int:
        """The number of dimensions of a value."""
        return self._held.dim() - 1

    def is_contiguous(self, memory_format=None) -> bool:
        return False

    def is_same_size(self, other) -> bool:
        return self.shape == other.shape

    def type(self, dtype=None, **kwargs):
        if dtype is not None:
            return self._with(self._held.type(dtype))
        return "torch.sparse." + self._held.type().rpartition(".")[2]

    # ------------------------------------------------------------------ its place on the tape
    @property
    def requires_grad(self) -> bool:
        return self._held.requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool):
        self._held.requires_grad = value

    def requires_grad_(self, requires_grad: bool = True):
        self._held.requires_grad_(requires_grad)
        return self

    @property
    def grad_fn(self):
        return self._held.grad_fn

    @property
    def is_leaf(self) -> bool:
        return self._held.is_leaf

    @property
    def grad(self):
        values = self._held.grad
        return None if values is None else self._with(values)

    @grad.setter
    def grad(self, value):
        self._held.grad = None if value is None else value._values()

    def detach(self):
        return self._with(self._held.detach())

    def detach_(self):
        return self._take(self.detach())

    @property
    def data(self):
        return self.detach()

    @data.setter
    def data(self, other):
        self._take(other)

    def own_copy(self):
        return self.clone().detach()

    def backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
        self._held.backward(gradient if gradient is None else gradient._values(), retain_graph, create_graph, inputs)

    # ------------------------------------------------------------------ other forms
    def to_dense(self, dtype=None, *, masked_grad=None) -> Tensor:
        """All elements."""
        held = self._held if dtype is None else self._held.to(dtype)
        if not self.sparse_dim():
            return held.sum(0)
        return zeros(self.shape, dtype=held.dtype).index_put(tuple(self._where.unbind(0)), held, accumulate=True)

    def to_sparse(self, sparse_dim=None, *, layout=None, blocksize=None, dense_dim=None):
        """The tensor itself, or its elements in another layout."""
        if layout in (None, sparse_coo):
            return self
        from .compressed import compress

        return compress(self, layout)

    def coalesce(self) -> SparseTensor:
        """The same with each place once, in order; values of one place are added."""
        if self._coalesced:
            return self
        if self._nnz() < 2:
            return SparseTensor.of(self._where, self._held, self.shape, True)
        sizes, line = list(self.shape[: self.sparse_dim()]), zeros(self._nnz(), dtype=self._where.dtype)
        for size, row in zip(sizes, self._where.unbind(0)):
            line = line * size + row
        places, number = line.unique(return_inverse=True)
        held = zeros(places.numel(), *self._held.shape[1:], dtype=self.dtype).index_add(0, number, self._held)
        steps = tensor([math.prod(sizes[i + 1 :]) for i in range(len(sizes))]).unsqueeze(1)
        where = places.unsqueeze(0).div(steps, rounding_mode="floor") % tensor(sizes).unsqueeze(1)
        return SparseTensor.of(where, held, self.shape, True)

    def zeros_like(self, *, dtype=None, **options) -> SparseTensor:
        """A sparse tensor of the same shape that has no element (torch.zeros_like)."""
        return self.detach().to(dtype or self.dtype).clone().zero_()

    empty_like = zeros_like

    def sparse_mask(self, mask: SparseTensor) -> SparseTensor:
        """The values of this tensor at the places of another."""
        return mask._with(self.to_dense()[tuple(mask._where.unbind(0))])

    def to(self, *args, **kwargs):
        kwargs.pop("memory_format", None)
        held = self._held.to(*args, **kwargs)
        return self if held is self._held else self._with(held)

    def type_as(self, other):
        return self.to(other.dtype)

    def cpu(self, memory_format=None):
        return self

    def clone(self, *, memory_format=None):
        return SparseTensor.of(self._where.clone(), self._held.clone(), self.shape, self._coalesced)

    def numpy(self, *, force: bool = False):
        raise TypeError("can't convert Sparse layout tensor to numpy. Use Tensor.to_dense() first.")

    def item(self):
        return self.to_dense().item() if self.numel() == 1 else super().item()

    def tolist(self):
        raise RuntimeError("Cannot access data pointer of Tensor that doesn't have storage")

    def t(self):
        """The transposed matrix."""
        return self.transpose(0, 1)

    def transpose(self, dim0: int, dim1: int):
        """Two of the sparse dimensions exchanged."""
        order, shape = list(range(self.sparse_dim())), list(self.shape)
        order[dim0], order[dim1] = order[dim1], order[dim0]
        shape[dim0], shape[dim1] = shape[dim1], shape[dim0]
        return SparseTensor.of(self._where[order], self._held, shape)

    T = property(t)

    def unsqueeze(self, dim: int):
        """A new sparse dimension of size 1."""
        dim = dim % (self.dim() + 1)
        rows = list(self._where.unbind(0))
        rows.insert(dim, zeros(self._nnz(), dtype=self._where.dtype))
        shape = [*self.shape[:dim], 1, *self.shape[dim:]]
        return SparseTensor.of(cat([r.unsqueeze(0) for r in rows]), self._held, shape, self._coalesced)

    def __getitem__(self, key):
        part = self.to_dense()[key]
        return part.to_sparse() if part.dim() else part

    # ------------------------------------------------------------------ arithmetic
    def add(self, other, *, alpha=1):
        """The sum with another sparse tensor; RuntimeError for a dense one."""
        if not isinstance(other, SparseTensor):
            raise RuntimeError(_OTHER_LAYOUT)
        if other.shape != self.shape:
            raise RuntimeError(f"add: expected sizes of 'self' and 'other' to match, but {self.shape} != {other.shape}")
        held = [self._held, other._held if alpha == 1 else other._held * alpha]
        return SparseTensor.of(cat([self._where, other._where], 1), cat(held), self.shape)

    def added_to(self, dense, alpha=1) -> Tensor:
        """The sum with a dense tensor, which is dense."""
        if not isinstance(dense, Tensor):
            raise RuntimeError(_OTHER_LAYOUT)
        held = self._held if alpha == 1 else self._held * alpha
        return dense.index_put(tuple(self._where.unbind(0)), held.to(dense.dtype), accumulate=True)

    def sub(self, other, *, alpha=1):
        return self.add(other, alpha=-alpha)

    def mul(self, other):
        """The product with a number, or element by element with a tensor of the same shape."""
        if not isinstance(other, Tensor) or not other.dim():
            return self._with(self._held * other)
        dense = other.to_dense() if isinstance(other, SparseTensor) else other.expand(self.shape)
        mine = self.coalesce() if isinstance(other, SparseTensor) else self
        return mine._with(mine._held * dense[tuple(mine._where.unbind(0))])

    def div(self, other, *, rounding_mode=None):
        """The quotient by a number."""
        mine = self if rounding_mode is None else self.coalesce()
        return mine._with(mine._held.div(other, rounding_mode=rounding_mode))

    true_divide = divide = div

    def neg(self):
        return self._with(-self._held)

    def pow(self, exponent):
        whole = self.coalesce()
        return whole._with(whole._held**exponent)

    def matmul(self, other):
        """The product with a dense matrix or vector; see `products.mm`."""
        from .products import matmul

        return matmul(self, other)

    mm = mv = matmul

    def sum(self, dim=None, dtype=None, keepdim: bool = False):
        """The sum of all elements, or a sparse tensor of sums over dimensions."""
        from .products import sum as reduced

        return reduced(self, dim, dtype)

    def norm(self, p="fro", dim=None, keepdim: bool = False, dtype=None):
        """The norm of all elements."""
        return self.coalesce()._held.norm(p)

    def any(self):
        return self._held.any()

    __add__ = add
    __sub__ = sub
    __mul__ = __rmul__ = mul
    __truediv__ = div
    __neg__ = neg
    __pow__ = pow
    __matmul__ = matmul

    def __radd__(self, dense):
        return self.added_to(dense)

    def __rsub__(self, dense):
        return self.added_to(dense, alpha=-1)

    def __rmatmul__(self, dense):
        return (self.t() @ dense.t()).t()

    def __floordiv__(self, other):
        return self.div(other, rounding_mode="floor")

    # ------------------------------------------------------------------ in place
    def add_(self, other, *, alpha=1):
        return self._take(self.add(other, alpha=alpha))

    def sub_(self, other, *, alpha=1):
        return self._take(self.add(other, alpha=-alpha))

    def mul_(self, other):
        return self._take(self.mul(other))

    def div_(self, other, *, rounding_mode=None):
        return self._take(self.div(other, rounding_mode=rounding_mode))

    def neg_(self):
        return self._take(self.neg())

    def copy_(self, src, non_blocking: bool = False):
        return self._take(src.to(self.dtype))

    @no_grad()
    def zero_(self):
        return self._take(SparseTensor.of(self._where[:, :0], self._held[:0], self.shape, True))

    __iadd__, __isub__, __imul__, __itruediv__ = add_, sub_, mul_, div_

    # ------------------------------------------------------------------ printing and copying
    def __repr__(self, *, tensor_contents=None):
        from .text import sparse_repr

        return sparse_repr(self)

    def __copy__(self):
        return self._with(self._held)

    def __deepcopy__(self, memo):
        import copy

        if id(self) not in memo:
            memo[id(self)] = SparseTensor.of(
                self._where.clone(), copy.deepcopy(self._held, memo), self.shape, self._coalesced
            )
        return memo[id(self)]

    def __reduce_ex__(self, protocol):
        return SparseTensor.of, (self._where, self._held.detach(), tuple(self.shape), self._coalesced)


def _install_maps():
    """Functions that are zero at zero: they keep the places."""
    names = "abs sign sgn sqrt sin tan sinh tanh asin atan asinh atanh erf erfinv expm1 log1p relu floor ceil round "
    for name in (names + "trunc deg2rad rad2deg isnan isinf square").split():
        setattr(SparseTensor, name, _map(name))
    for name in ["float", "double", "half", "bfloat16", "int", "long", "short", "char", "byte", "bool"]:
        setattr(SparseTensor, name, _cast(name))


def _map(name: str) -> Callable:
    def method(self) -> Any:
        whole = self.coalesce()
        return whole._with(getattr(whole._held, name)())

    method.__name__, method.__doc__ = name, f"Elementwise {name}."
    return method


def _cast(name: str) -> Callable:
    def method(self, memory_format=None) -> Any:
        held = getattr(self._held, name)()
        return self if held is self._held else self._with(held)

    method.__name__, method.__doc__ = name, f"The tensor with values of type {name}."
    return method


_install_maps()
