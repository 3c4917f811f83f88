"""Sparse matrices in the CSR and CSC layouts: where each row (or column) starts, in place of the row of each element.

Places and values are those of a SparseTensor whose elements stand row by row (or column by column), so that products
and gradients are the same; `_starts` says besides where each row begins.
"""

from __future__ import annotations

import inspect
import warnings

from .. import Tensor, arange, as_tensor, long, stack, zeros
from .. import tensor as make_tensor
from ..devices import layout, sparse_bsc, sparse_bsr, sparse_coo, sparse_csc, sparse_csr
from ..ops.public import with_numpy_names
from .construct import to_sparse
from .coo import SparseTensor

_warned = False
_TITLES = {sparse_csr: "SparseCsr", sparse_csc: "SparseCsc"}


def _warn_once(form: layout) -> None:
    """PyTorch's warning, once in a process."""
    global _warned
    if not _warned:
        _warned = True
        warnings.warn(
            f"Sparse {form.name[7:].upper()} tensor support is in beta state. If you miss a functionality in the "
            "sparse tensor support, please submit a feature request to https://github.com/pytorch/pytorch/issues.",
            UserWarning,
            stacklevel=4,
        )


class CompressedTensor(SparseTensor):
    """A sparse matrix whose elements stand row by row (sparse_csr) or column by column (sparse_csc)."""

    is_sparse = False
    _starts: Tensor
    _layout: layout

    @staticmethod
    def compressed(starts: Tensor, where: Tensor, held: Tensor, shape, form: layout) -> CompressedTensor:
        """The matrix with values at places, which are in order; starts: where each row, or column, begins."""
        _warn_once(form)
        made = object.__new__(CompressedTensor)
        made.__dict__.update(SparseTensor.of(where, held, shape, True).__dict__)
        made._starts, made._layout = starts, form
        return made

    def _with(self, held: Tensor) -> CompressedTensor:
        return CompressedTensor.compressed(self._starts, self._where, held, self.shape, self._layout)

    # ------------------------------------------------------------------ what it is
    @property
    def layout(self) -> layout:
        return self._layout

    @property
    def is_sparse_csr(self) -> bool:
        return self._layout is sparse_csr

    def _other(self, method: str, want: str):
        raise RuntimeError(f"{method} expected {want} tensor layout but got {_TITLES[self._layout]}")

    def indices(self) -> Tensor:
        return self._other("indices", "sparse coordinate")

    def coalesce(self) -> SparseTensor:
        return self._other("coalesce", "sparse coordinate")

    def crow_indices(self) -> Tensor:
        """Where the rows begin, and the last one ends."""
        return self._starts if self.is_sparse_csr else self._other("crow_indices", "sparse row compressed")

    def col_indices(self) -> Tensor:
        """The columns of the elements."""
        return self._where[1] if self.is_sparse_csr else self._other("col_indices", "sparse row compressed")

    def ccol_indices(self) -> Tensor:
        """Where the columns begin, and the last one ends."""
        return self._other("ccol_indices", "sparse column compressed") if self.is_sparse_csr else self._starts

    def row_indices(self) -> Tensor:
        """The rows of the elements."""
        return self._other("row_indices", "sparse column compressed") if self.is_sparse_csr else self._where[0]

    def stride(self, dim=None):
        raise RuntimeError(f"Sparse {self._layout.name[7:].upper()} tensors do not have strides")

    def is_contiguous(self, memory_format=None) -> bool:
        raise RuntimeError(f"Sparse {self._layout.name[7:].upper()} tensors do not have is_contiguous")

    def numpy(self, *, force: bool = False):
        raise TypeError(f"can't convert {_TITLES[self._layout]} layout tensor to numpy. Use Tensor.to_dense() first.")

    # ------------------------------------------------------------------ other forms
    def _plain(self) -> SparseTensor:
        """The same elements in the COO layout; of a column layout they are not in its order."""
        return SparseTensor.of(self._where, self._held, self.shape, self.is_sparse_csr)

    def to_sparse(self, sparse_dim=None, *, layout=None, blocksize=None, dense_dim=None):
        """The same elements in another layout, the COO layout by default."""
        if layout is self._layout:
            return self
        return self._plain().coalesce() if layout in (None, sparse_coo) else compress(self._plain(), layout)

    def clone(self, *, memory_format=None):
        return self._with(self._held.clone())

    def transpose(self, dim0: int, dim1: int):
        """The transposed matrix, in the other of the two layouts."""
        form = sparse_csc if self.is_sparse_csr else sparse_csr
        return CompressedTensor.compressed(self._starts, self._where.flip(0), self._held, self.shape[::-1], form)

    def t(self):
        return self.transpose(0, 1)

    T = property(t)

    # ------------------------------------------------------------------ arithmetic
    def add(self, other, *, alpha=1):
        """The sum with another sparse matrix, in this layout."""
        plain = other._plain() if isinstance(other, CompressedTensor) else other
        return compress(self._plain().add(plain, alpha=alpha), self._layout)

    def mul(self, other):
        """The product with a number, or element by element with a tensor of the same shape."""
        if not isinstance(other, Tensor) or not other.dim():
            return self._with(self._held * other)
        dense = other.to_dense() if isinstance(other, SparseTensor) else other.expand(self.shape)
        return self._with(self._held * dense[tuple(self._where.unbind(0))])

    def matmul(self, other):
        """The product with a dense matrix or vector, or with a sparse matrix, which is sparse."""
        if isinstance(other, SparseTensor):
            return compress(to_sparse(self.matmul(other.to_dense())), sparse_csr)
        return self._plain().matmul(other)

    mm = mv = matmul
    __add__, __mul__, __rmul__, __matmul__ = add, mul, mul, matmul

    def __rmatmul__(self, dense):
        return (self.t() @ dense.t()).t()

    def __copy__(self):
        return self._with(self._held)

    def __deepcopy__(self, memo):
        return memo.setdefault(id(self), self.detach().clone().requires_grad_(self.requires_grad))

    def __reduce_ex__(self, protocol):
        data = self._starts, self._where, self._held.detach(), tuple(self.shape), self._layout
        return CompressedTensor.compressed, data

    def __repr__(self, *, tensor_contents=None):
        from .text import compressed_repr

        return compressed_repr(self)


def _with_values_mapped(name: str):
    def method(self):
        return self._with(getattr(self._held, name)())

    method.__name__ = name
    return method


_MAPS = """
abs sign sgn sqrt sin tan sinh tanh asin atan asinh atanh erf erfinv expm1 log1p relu floor ceil round trunc deg2rad
rad2deg isnan isinf square
"""
for _name in _MAPS.split():
    setattr(CompressedTensor, _name, _with_values_mapped(_name))


# ------------------------------------------------------------------ making them
def compress(x: Tensor, form: layout) -> CompressedTensor:
    """A sparse (COO) or dense matrix in the CSR or CSC layout.

    Raises NotImplementedError for blocks and batches.
    """
    if form in (sparse_bsr, sparse_bsc) or x.dim() != 2:
        raise NotImplementedError("sparse tensors of blocks, and batches of sparse matrices, are not supported")
    plain = x if isinstance(x, SparseTensor) else to_sparse(x)
    by_columns = form is sparse_csc
    turned = plain.transpose(0, 1).coalesce() if by_columns else plain.coalesce()
    where, count = turned._where, turned.shape[0]
    starts = zeros(count + 1, dtype=long)
    starts[1:] = where[0].bincount(minlength=count).cumsum(0)
    return CompressedTensor.compressed(starts, where.flip(0) if by_columns else where, turned._held, x.shape, form)


def to_sparse_csr(self: Tensor, dense_dim: int | None = None) -> Tensor:
    """The elements that differ from zero, row by row."""
    return self.to_sparse(layout=sparse_csr)


def to_sparse_csc(self: Tensor, dense_dim: int | None = None) -> Tensor:
    """The elements that differ from zero, column by column."""
    return self.to_sparse(layout=sparse_csc)


def to_sparse_bsr(self: Tensor, blocksize, dense_dim: int | None = None) -> Tensor:
    """The blocks that differ from zero, row by row; raises NotImplementedError."""
    return compress(self, sparse_bsr)


def to_sparse_bsc(self: Tensor, blocksize, dense_dim: int | None = None) -> Tensor:
    """The blocks that differ from zero, column by column; raises NotImplementedError."""
    return compress(self, sparse_bsc)


def sparse_compressed_tensor(
    compressed_indices, plain_indices, values, size=None, *, dtype=None, layout=None, device=None,
    pin_memory: bool = False, requires_grad: bool = False, check_invariants: bool | None = None,
) -> CompressedTensor:  # fmt: skip
    """The sparse matrix of a layout: where rows (or columns) begin, the columns (or rows) of elements, the elements.

    Gradients flow to `values`. Raises RuntimeError where there is no layout, NotImplementedError for blocks.
    """
    if layout is None:
        raise RuntimeError("sparse_compressed_tensor: expected sparse compressed tensor layout but got Strided")
    starts, plain = as_tensor(compressed_indices, dtype=long), as_tensor(plain_indices, dtype=long)
    held = values if isinstance(values, Tensor) else make_tensor(values)
    held = held if dtype is None else held.to(dtype)
    held = held.detach().requires_grad_() if requires_grad else held
    if layout in (sparse_bsr, sparse_bsc) or held.dim() != 1:
        raise NotImplementedError("sparse tensors of blocks, and batches of sparse matrices, are not supported")
    lines = arange(len(starts) - 1).repeat_interleave(starts.diff())
    if not len(lines) == len(plain) == len(held):
        raise RuntimeError(
            f"the last of the compressed indices ({len(lines)}), the number of plain indices ({len(plain)}) and that "
            f"of values ({len(held)}) must be equal"
        )
    if size is None:
        width = int(plain.max()) + 1 if len(plain) else 0
        size = (len(starts) - 1, width) if layout is sparse_csr else (width, len(starts) - 1)
    where = stack([lines, plain] if layout is sparse_csr else [plain, lines])
    return CompressedTensor.compressed(starts, where, held, tuple(size), layout)


def _of_layout(form: layout, lines: str, plain: str):
    """The function that makes matrices of a layout; lines, plain: what it calls its two kinds of indices."""

    def function(
        compressed_indices, plain_indices, values, size=None, *, dtype=None, device=None, pin_memory=False,
        requires_grad=False, check_invariants=None,
    ) -> CompressedTensor:  # fmt: skip
        return sparse_compressed_tensor(
            compressed_indices, plain_indices, values, size, dtype=dtype, layout=form, requires_grad=requires_grad
        )

    function.__name__ = function.__qualname__ = f"{form.name}_tensor"
    function.__doc__ = f"The sparse matrix of the layout {form}: {lines}, {plain}, values."
    named = with_numpy_names(function, {lines: "compressed_indices", plain: "plain_indices"})
    first, second, *rest = inspect.signature(function).parameters.values()
    parameters = [first.replace(name=lines), second.replace(name=plain), *rest]
    named.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return named


sparse_csr_tensor, sparse_bsr_tensor = (_of_layout(f, "crow_indices", "col_indices") for f in (sparse_csr, sparse_bsr))
sparse_csc_tensor, sparse_bsc_tensor = (_of_layout(f, "ccol_indices", "row_indices") for f in (sparse_csc, sparse_bsc))


def sampled_addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta=1.0, alpha=1.0, out=None) -> Tensor:
    """beta * input + alpha * (mat1 @ mat2) at the places of a CSR matrix alone."""
    if not (isinstance(input, CompressedTensor) and input.is_sparse_csr):
        raise RuntimeError(f"Expected self to have sparse csr layout, but got {input.layout}")
    rows, columns = input._where.unbind(0)
    products = (mat1.index_select(0, rows) * mat2.t().index_select(0, columns)).sum(1)
    result = input._with(beta * input._held + alpha * products)
    return result if out is None else out._take(result)
