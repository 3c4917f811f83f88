"""Putting tensors together and taking them apart, by cat, views and copies: hstack, tile, rot90, diag ..."""

from __future__ import annotations

import itertools
import operator

from .. import dtypes, shapes
from ..devices import contiguous_format
from ..tensor import Tensor
from . import movement, views
from .copies import meshgrid
from .creation import tril, triu
from .inplace import own_clone
from .movement import cat, stack
from .outputs import EXACT
from .public import public
from .registry import full_precision
from .selection import searchsorted
from .signatures import Sizes, Tensors
from .views import reshape, select, split


def _tensors(given) -> list[Tensor]:
    """f(a, b) and f((a, b)) alike."""
    return list(given[0]) if len(given) == 1 and isinstance(given[0], (list, tuple)) else list(given)


# ------------------------------------------------------------------ at least so many dimensions
def _at_least(function):
    """atleast_*d takes one tensor, or several and gives a tuple."""

    def apply_to_all(*tensors):
        given = _tensors(tensors)
        return (
            function(given[0])
            if len(tensors) == 1 and isinstance(tensors[0], Tensor)
            else tuple(function(t) for t in given)
        )

    apply_to_all.__name__ = apply_to_all.__qualname__ = function.__name__
    apply_to_all.__doc__ = function.__doc__
    return apply_to_all


@public(method=False)
@_at_least
def atleast_1d(x: Tensor) -> Tensor:
    """A 0-dimensional tensor as a vector; others as they are."""
    return x if x.meta.ndim else x.unsqueeze(0)


@public(method=False)
@_at_least
def atleast_2d(x: Tensor) -> Tensor:
    """Fewer dimensions than two: a row."""
    return x if x.meta.ndim > 1 else reshape(x, (1, -1)) if x.meta.ndim == 0 else x.unsqueeze(0)


@public(method=False)
@_at_least
def atleast_3d(x: Tensor) -> Tensor:
    """Fewer dimensions than three: size 1 around, as in NumPy."""
    if x.meta.ndim > 2:
        return x
    return x.unsqueeze(-1) if x.meta.ndim == 2 else atleast_2d(x).unsqueeze(-1)


# ------------------------------------------------------------------ joining
def _check_any(name: str, tensors):
    if len(tensors) == 0:
        raise RuntimeError(f"{name} expects a non-empty TensorList")


@public("row_stack", method=False, out=True)
def vstack(tensors: Tensors) -> Tensor:
    """Tensors joined along the first dimension; vectors are rows."""
    _check_any("vstack", tensors)
    return cat([atleast_2d(t) for t in tensors], 0)


@public(method=False, out=True)
def hstack(tensors: Tensors) -> Tensor:
    """Tensors joined along the second dimension; vectors along their only one."""
    _check_any("hstack", tensors)
    parts = [atleast_1d(t) for t in tensors]
    return cat(parts, 0 if parts and parts[0].meta.ndim == 1 else 1)


@public(method=False, out=True)
def dstack(tensors: Tensors) -> Tensor:
    """Tensors joined along the third dimension."""
    _check_any("dstack", tensors)
    return cat([atleast_3d(t) for t in tensors], 2)


@public(method=False, out=True)
def column_stack(tensors: Tensors) -> Tensor:
    """Vectors as columns, matrices as they are, joined along the second dimension."""
    return hstack([t if t.meta.ndim > 1 else reshape(t, (-1, 1)) for t in tensors])


@public(method=False)
def block_diag(*tensors) -> Tensor:
    """A matrix with the given matrices along its diagonal, zeros elsewhere."""
    for position, x in enumerate(tensors):
        if x.meta.ndim > 2:
            raise RuntimeError(
                f"torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {position} has "
                f"{x.meta.ndim} dimensions"
            )
    blocks = [atleast_2d(t) for t in tensors]
    width, before, rows = sum(b.meta.shape[1] for b in blocks), 0, []
    for block in blocks:
        after = width - before - block.meta.shape[1]
        rows.append(movement.constant_pad(block, (before, after)))
        before += block.meta.shape[1]
    return cat(rows, 0)


@public(method=False)
def cartesian_prod(*tensors) -> Tensor:
    """All combinations of the elements of vectors, one a row."""
    for x in tensors:
        if x.meta.ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {list(x.meta.shape)}")
    if len(tensors) == 1:
        return tensors[0]
    return stack([reshape(g, (-1,)) for g in meshgrid(*tensors, indexing="ij")], 1)


@public(method=False)
def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All choices of r elements of a vector, one a row."""
    from ..creation import tensor

    if input.meta.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input.meta.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    chosen = list(choose(range(input.meta.numel), r))
    index = tensor(chosen, dtype=dtypes.int64).reshape(len(chosen), r)
    return input[index] if r else input.new_empty(0)


# ------------------------------------------------------------------ taking apart
@public()
def split_with_sizes(input: Tensor, split_sizes, dim: int = 0):
    """Consecutive parts of given sizes."""
    return split(input, list(split_sizes), dim)


@public()
def tensor_split(input: Tensor, indices_or_sections, dim: int = 0):
    """Parts along a dimension: that many of nearly equal size, or cut before each index."""
    if input.meta.ndim == 0:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    d = shapes.wrap_dim(dim, input.meta.ndim)
    size = input.meta.shape[d]
    given = indices_or_sections.tolist() if isinstance(indices_or_sections, Tensor) else indices_or_sections
    if not isinstance(given, int):
        given = [operator.index(i) for i in given]
    if isinstance(given, int):
        if given <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {given}")
        short, more = divmod(size, given)
        given = [i * short + min(i, more) for i in range(1, given)]
    bounds = [0, *(slice(None, i).indices(size)[1] for i in given), size]
    lengths = [b - a for a, b in itertools.pairwise(bounds)]
    if min(lengths) >= 0:
        return views.parts(input, lengths, d, views.TENSOR_SPLIT)
    return tuple(views.sliced(input, d, a, max(a, b), 1) for a, b in itertools.pairwise(bounds))


def split_arguments(name: str, given) -> TypeError:
    """The error for parts that are neither a number nor places."""
    kind = type(given).__name__
    wrong = f"didn't match because some of the arguments have invalid types: (Tensor, !{kind}!)"
    return TypeError(
        f"{name}() received an invalid combination of arguments - got (Tensor, {kind}), but expected one of:\n"
        f" * (Tensor input, int sections)\n      {wrong}\n * (Tensor input, tuple of ints indices)\n      {wrong}\n"
    )


def _split_along(name: str, dim: int, least: int):
    def function(input: Tensor, indices_or_sections):
        ndim = input.meta.ndim
        if isinstance(indices_or_sections, (str, float)):
            raise split_arguments(name, indices_or_sections)
        if ndim < least:
            raise RuntimeError(
                f"torch.{name} requires a tensor with at least {least} dimension{'s' if least > 2 else ''}, but got "
                f"a tensor with {ndim} dimensions!"
            )
        d = dim if ndim > 1 else 0
        size, n = input.meta.shape[d], indices_or_sections
        if isinstance(n, int) and (n <= 0 or size % n):
            raise RuntimeError(
                f"torch.{name} attempted to split along dimension {d}, but the size of the dimension {size} is not "
                f"divisible by the split_size {n}!"
            )
        return tensor_split(input, n, d)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Parts along dimension {dim}: that many of equal size, or cut before each index."
    return public()(function)


hsplit, vsplit, dsplit = _split_along("hsplit", 1, 1), _split_along("vsplit", 0, 2), _split_along("dsplit", 2, 3)


# ------------------------------------------------------------------ turning and repeating
@public()
def fliplr(input: Tensor) -> Tensor:
    """Columns in reverse order."""
    if input.meta.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return input.flip(1)


@public()
def flipud(input: Tensor) -> Tensor:
    """Rows in reverse order."""
    if input.meta.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return input.flip(0)


@public()
def rot90(input: Tensor, k: int = 1, dims: Sizes = (0, 1)) -> Tensor:
    """Turned by k times 90 degrees in the plane of two dimensions."""
    ndim = input.meta.ndim
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {ndim}")
    if dims[0] == dims[1] or abs(dims[0] - dims[1]) == ndim:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}")
    a, b = (shapes.wrap_dim(d, ndim) for d in dims)
    turned = {
        0: lambda: input.clone(memory_format=contiguous_format),
        1: lambda: input.flip(b).transpose(a, b),
        2: lambda: input.flip(a, b),
    }
    return turned.get(k % 4, lambda: input.flip(a).transpose(a, b))()


@public()
def tile(input: Tensor, *repeats, dims=None) -> Tensor:
    """Copies side by side along each dimension."""
    times = views.sizes_of(repeats if dims is None else dims)
    return input.repeat((1,) * (input.meta.ndim - len(times)) + times)


@public()
def repeat_interleave(input: Tensor, repeats=None, dim: int | None = None, *, output_size: int | None = None) -> Tensor:
    """Each element (or slice along a dimension) so many times in a row; of counts alone, the numbers so repeated."""
    from ..creation import tensor
    from ..ranges import arange

    if repeats is None:
        return arange(input.meta.numel)[_run_places(input)]
    if dim is None:
        input, dim = reshape(input, (-1,)), 0
    size = input.meta.shape[shapes.wrap_dim(dim, input.meta.ndim)] if input.meta.ndim else 1
    if isinstance(repeats, int) and repeats >= 0 and input.meta.ndim:
        return _each_repeated(input, repeats, shapes.wrap_dim(dim, input.meta.ndim))
    counts = repeats if isinstance(repeats, Tensor) else tensor([repeats])
    if counts.meta.dtype not in (dtypes.int64, dtypes.int32):
        raise RuntimeError("repeats has to be Long or Int tensor")
    if counts.meta.numel == 1:
        counts = counts.reshape(1).expand(size)
    if counts.meta.ndim != 1 or counts.meta.numel != size:
        raise RuntimeError("repeats must have the same size as input along dim")
    return input.index_select(dim, _run_places(counts))


def _each_repeated(input: Tensor, repeats: int, dim: int) -> Tensor:
    """Each slice along a dimension the same number of times in a row."""
    shape = list(input.meta.shape)
    wide = input.unsqueeze(dim + 1).expand(*shape[: dim + 1], repeats, *shape[dim + 1 :])
    return wide.clone(memory_format=contiguous_format).reshape(*shape[:dim], shape[dim] * repeats, *shape[dim + 1 :])


def _run_places(counts: Tensor) -> Tensor:
    """Which element each place of the result comes from: the number of runs that end at or before it."""
    from ..ranges import arange

    if counts.meta.numel and int(counts.min()) < 0:
        raise RuntimeError("repeats can not be negative")
    ends = counts.cumsum(0)
    total = int(ends[-1]) if counts.meta.numel else 0
    return searchsorted(ends, arange(total), right=True)


# ------------------------------------------------------------------ diagonals and triangles
@public()
def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Matrices whose diagonals are the last dimension of the input."""
    size, ndim = input.meta.shape[-1] + abs(offset), input.meta.ndim + 1
    a, b = shapes.wrap_dim(dim1, ndim), shapes.wrap_dim(dim2, ndim)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    shape = list(input.meta.shape[:-1])
    for dim in sorted((a, b)):
        shape.insert(dim, size)
    return Tensor.full_of(tuple(shape), 0, input.meta.dtype).diagonal_scatter(input, offset, a, b)


@public(out=True, exact=EXACT)
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """A vector as the diagonal of a matrix; the diagonal of a matrix as a vector."""
    if input.meta.ndim == 1:
        return diag_embed(input, diagonal)
    if input.meta.ndim != 2:
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.meta.ndim}D")
    return input.diagonal(diagonal).clone()


@public()
def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """All elements as the diagonal of a matrix."""
    return diag_embed(reshape(input, (-1,)), offset)


@public(method=False, out=True)
def diagonal_copy(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A copy of a diagonal."""
    return input.diagonal(offset, dim1, dim2).clone(memory_format=contiguous_format)


@public(out=True)
def trace(input: Tensor) -> Tensor:
    """The sum of the diagonal of a matrix."""
    if input.meta.ndim != 2:
        raise RuntimeError("trace: expected a matrix")
    (input,) = full_precision(input)
    return input.diagonal().sum()


@public()
def diagonal_scatter(input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A copy with a diagonal replaced."""
    return _replaced(input, src, lambda x: x.diagonal(offset, dim1, dim2))


@public()
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """A copy with one slice along a dimension replaced."""
    return _replaced(input, src, lambda x: select(x, dim, index))


@public()
def slice_scatter(
    input: Tensor, src: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """A copy with every step-th slice from start to end replaced."""
    d = shapes.wrap_dim(dim, input.meta.ndim)
    return _replaced(input, src, lambda x: x[(slice(None),) * d + (slice(start, end, step),)])


@public()
def as_strided_scatter(
    input: Tensor, src: Tensor, size: Sizes, stride: Sizes, storage_offset: int | None = None
) -> Tensor:
    """A copy, laid out as the tensor is, in which what a strided view shows is replaced."""
    memory = input.as_strided((input.storage.content.numel,), (1,), 0)
    copy = memory.clone().as_strided(input.meta.shape, input.meta.strides, input.meta.offset)
    return _overwritten(copy, src, copy.as_strided(size, stride, storage_offset))


def _replaced(input: Tensor, src: Tensor, part) -> Tensor:
    copy = own_clone(input, src)
    return _overwritten(copy, src, part(copy))


def _overwritten(copy: Tensor, src: Tensor, target: Tensor) -> Tensor:
    if target.meta.shape != src.meta.shape:
        raise RuntimeError(
            f"expected src to have a size equal to the slice of self. src size = {list(src.meta.shape)}, slice size "
            f"= {list(target.meta.shape)}"
        )
    target.copy_(src)
    return copy


def _triangle_indices(name: str, keep):
    def indices(row: int, col: int, offset: int = 0, *, dtype=dtypes.int64, device=None, layout=None) -> Tensor:
        for title, number in (("row", row), ("col", col)):
            if operator.index(number) < 0:
                raise RuntimeError(f"{title} must be non-negative, got{number}")
        inside = keep(Tensor.full_of((row, col), 1, dtypes.bool_), offset)
        return stack(inside.nonzero(as_tuple=True), 0).to(dtype)

    indices.__name__ = indices.__qualname__ = name
    indices.__doc__ = "The positions of a triangle of a matrix: rows, then columns."
    return public(method=False)(indices)


tril_indices, triu_indices = _triangle_indices("tril_indices", tril), _triangle_indices("triu_indices", triu)


@public(method=False)
def unravel_index(indices: Tensor, shape) -> tuple[Tensor, ...]:
    """Flat positions as one index tensor for each dimension."""
    places, sizes = [], shapes.one_or_several(shape)
    if min(sizes, default=0) < 0:
        raise ValueError(f"'shape' cannot have negative values, but got {sizes}")
    if 0 in sizes and indices.meta.numel:
        raise RuntimeError("ZeroDivisionError")
    indices = indices.to(dtypes.int64)
    for size in reversed(sizes):
        places.append(indices % size)
        indices = indices // size
    return tuple(reversed(places))
