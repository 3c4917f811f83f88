"""Pure rules on shapes and strides: tuples of ints come in, tuples of ints go out.

Every rule either returns the shape that PyTorch gives or raises PyTorch's exception with PyTorch's text. Nothing here
knows tensors, so every function can be cached by its arguments. Convolution and pooling have their rules in
`window_shapes.py`, memory layouts theirs in `strides.py`.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence

from .ir import contiguous_strides

Shape = tuple[int, ...]


def text(shape: Iterable[int]) -> str:
    """A shape as PyTorch's messages write it: [2, 3]."""
    return str(list(shape))


def check_sizes(shape: Shape) -> None:
    """RuntimeError where a size of a tensor to be made is negative."""
    for size in shape:
        if size < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {size}: {text(shape)}")


# Whole numbers: of Python, of NumPy, or tensors of one


def all_whole(sizes: Iterable) -> Shape:
    """Several whole numbers as ints; TypeError where one is anything else."""
    return tuple([size if type(size) is int else operator.index(size) for size in sizes])


def one_or_several(value) -> Shape:
    """One whole number, or several, as ints; TypeError for anything else."""
    return all_whole(value) if isinstance(value, (tuple, list)) else (operator.index(value),)


# Dimension numbers


def wrap_dim(dim: int, ndim: int, wrap_scalar: bool = True) -> int:
    """A dimension number that counts from the front.

    dim: may be negative.  ndim: number of dimensions; 0 counts as 1 where `wrap_scalar`.
    Raises IndexError where there is no such dimension.
    """
    if ndim == 0:
        if not wrap_scalar:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        ndim = 1
    dim = operator.index(dim)
    if not -ndim <= dim < ndim:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], but got {dim})")
    return dim % ndim


def wrap_dims(dims: Iterable[int], ndim: int) -> Shape:
    """Several dimension numbers that count from the front; RuntimeError where one appears twice."""
    wrapped: list[int] = []
    for dim in dims:
        wrapped.append(wrap_dim(dim, ndim))
        if wrapped[-1] in wrapped[:-1]:
            raise RuntimeError(f"dim {wrapped[-1]} appears multiple times in the list of dims")
    return tuple(wrapped)


def permute_dims(dims: Sequence[int], ndim: int) -> Shape:
    """The checked order of `permute`."""
    if len(dims) != ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
            f"ordering of dimensions i.e. input.dim() = {ndim} is not equal to len(dims) = {len(dims)}"
        )
    order = tuple(wrap_dim(dim, ndim) for dim in dims)
    if len(set(order)) != ndim:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return order


# Broadcasting


def broadcast_shapes(*shapes: Shape) -> Shape:
    """The common shape of the operands of an elementwise op; RuntimeError where there is none."""
    result: Shape = ()
    for shape in shapes:
        if shape != result:
            result = _broadcast_pair(result, shape)
    return result


def _broadcast_pair(a: Shape, b: Shape) -> Shape:
    ndim = max(len(a), len(b))
    a, b = (1,) * (ndim - len(a)) + a, (1,) * (ndim - len(b)) + b
    for dim in reversed(range(ndim)):
        if a[dim] != b[dim] and a[dim] != 1 and b[dim] != 1:
            raise RuntimeError(
                f"The size of tensor a ({a[dim]}) must match the size of tensor b ({b[dim]}) "
                f"at non-singleton dimension {dim}"
            )
    return tuple(y if x == 1 else x for x, y in zip(a, b))


def check_in_place(shape: Shape, broadcast: Shape) -> None:
    """RuntimeError where the result of an in-place op would not fit into its first operand."""
    if shape != broadcast:
        raise RuntimeError(f"output with shape {text(shape)} doesn't match the broadcast shape {text(broadcast)}")


def expand_view(
    shape: Shape, strides: Shape, sizes: Shape, type_name: str = "torch.FloatTensor"
) -> tuple[Shape, Shape]:
    """`Tensor.expand`.

    sizes: the wanted shape, -1 keeps an existing size.  type_name: the legacy type name that one message shows.
    Returns the new shape and strides.
    """
    lead = len(sizes) - len(shape)
    if lead < 0:
        raise RuntimeError(
            f"expand({type_name}{{{text(shape)}}}, size={text(sizes)}): the number of sizes provided ({len(sizes)}) "
            f"must be greater or equal to the number of dimensions in the tensor ({len(shape)})"
        )
    result, steps = list(sizes), [0] * len(sizes)
    if not shape:
        _check_numel(min(sizes, default=0))
        return sizes, tuple(steps)
    for dim in reversed(range(len(sizes))):
        old = shape[dim - lead] if dim >= lead else 1
        result[dim] = _expanded_size(dim, lead, old, sizes, shape)
        if result[dim] == old:
            inner = result[dim + 1] * steps[dim + 1] if dim + 1 < len(sizes) else 1
            steps[dim] = strides[dim - lead] if dim >= lead else inner
    return tuple(result), tuple(steps)


def _expanded_size(dim: int, lead: int, old: int, sizes: Shape, shape: Shape) -> int:
    wanted = sizes[dim]
    if wanted == -1:
        if dim < lead:
            raise RuntimeError(
                f"The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension {dim}"
            )
        return old
    if wanted != old and old != 1:
        raise RuntimeError(
            f"The expanded size of the tensor ({wanted}) must match the existing size ({old}) at non-singleton "
            f"dimension {dim}.  Target sizes: {text(sizes)}.  Tensor sizes: {text(shape)}"
        )
    _check_numel(wanted)
    return wanted


def _check_numel(size: int) -> None:
    if size < 0:
        raise RuntimeError("numel: integer multiplication overflow")


# Reshaping


def infer_reshape(sizes: Shape, numel: int) -> Shape:
    """The shape that `view` and `reshape` are asked for, with its -1 filled in.

    numel: number of elements that the shape must hold.  Raises RuntimeError where it cannot.
    """
    unknown, known = None, 1
    for dim, size in enumerate(sizes):
        if size == -1:
            if unknown is not None:
                raise RuntimeError("only one dimension can be inferred")
            unknown = dim
        elif size < 0:
            raise RuntimeError(f"invalid shape dimension {size} at index {dim} of shape {text(sizes)}")
        else:
            known *= size
    if numel != known and not (unknown is not None and known > 0 and numel % known == 0):
        raise RuntimeError(f"shape '{text(sizes)}' is invalid for input of size {numel}")
    if unknown is None:
        return tuple(sizes)
    if known == 0:
        raise RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {text(sizes)} because the unspecified dimension size -1 "
            "can be any value and is ambiguous"
        )
    return (*sizes[:unknown], numel // known, *sizes[unknown + 1 :])


def flatten_shape(shape: Shape, start: int, end: int) -> Shape:
    """The shape of `flatten`: dimensions start..end become one."""
    start, end = wrap_dim(start, len(shape)), wrap_dim(end, len(shape))
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    return (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :])


def unflatten_shape(shape: Shape, dim: int, sizes: Shape) -> Shape:
    """The shape of `unflatten`: dimension `dim` becomes `sizes`, of which one may be -1."""
    if not shape:
        raise RuntimeError(
            f"unflatten got an unexpected error:\nDimension specified as {dim} but tensor has no dimensions"
        )
    dim = wrap_dim(dim, len(shape))
    known = math.prod(size for size in sizes if size != -1)
    unknown = sizes.count(-1)
    fits = shape[dim] == known if unknown == 0 else known > 0 and shape[dim] % known == 0
    if unknown <= 1 and not fits:
        raise RuntimeError(
            f"unflatten: Provided sizes {text(sizes)} don't multiply up to the size of dim {dim} ({shape[dim]}) "
            "in the input tensor"
        )
    return (*shape[:dim], *infer_reshape(sizes, shape[dim]), *shape[dim + 1 :])


# Reductions


def reduction_dims(dim: int | Sequence[int] | None, ndim: int) -> Shape:
    """The dimensions that a reduction runs over, ascending; None and the empty list mean all of them."""
    if dim is None or (not isinstance(dim, int) and not dim):
        return tuple(range(ndim))
    wrapped = wrap_dims((dim,) if isinstance(dim, int) else dim, ndim)
    return tuple(sorted(wrapped)) if ndim else ()


def reduced_shape(shape: Shape, dims: Shape, keepdim: bool) -> Shape:
    """The shape after a reduction over `dims` (as `reduction_dims` gives them)."""
    if keepdim:
        return tuple(1 if dim in dims else size for dim, size in enumerate(shape))
    return tuple(size for dim, size in enumerate(shape) if dim not in dims)


def check_reducible(name: str, shape: Shape, dim: int | Sequence[int] | None) -> None:
    """Raises where a reduction without a neutral element (max, argmin ...) meets an empty range.

    name: the op's name; dim: as the caller gave it. IndexError, or RuntimeError where the dimension is missing.
    """
    if dim is None or (not isinstance(dim, int) and not dim):
        if 0 in shape:
            index = name.startswith("arg")
            hint = "" if index else " Specify the reduction dim with the 'dim' argument."
            message = f"{name}(): Expected reduction dim to be specified for input.numel() == 0.{hint}"
            raise (IndexError if index else RuntimeError)(message)
        return
    for given in (dim,) if isinstance(dim, int) else dim:
        wrapped = wrap_dim(given, len(shape))
        if shape and shape[wrapped] == 0:
            # Of all reductions only these show the dimension as the caller wrote it.
            shown = given if name in ("amax", "amin") else wrapped
            raise IndexError(f"{name}(): Expected reduction dim {shown} to have non-zero size.")


# Contractions


def mm_shape(a: Shape, b: Shape) -> Shape:
    """The shape of `mm`: (m, k) @ (k, n)."""
    for name, shape in (("self", a), ("mat2", b)):
        if len(shape) != 2:
            raise RuntimeError(f"{name} must be a matrix")
    if a[1] != b[0]:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({a[0]}x{a[1]} and {b[0]}x{b[1]})")
    return a[0], b[1]


def bmm_shape(a: Shape, b: Shape) -> Shape:
    """The shape of `bmm`: (batch, m, k) @ (batch, k, n)."""
    for name, shape in (("batch1", a), ("batch2", b)):
        if len(shape) != 3:
            raise RuntimeError(f"{name} must be a 3D tensor")
    expected, got = [a[0], a[2]], [b[0], b[1]]
    if expected != got:
        raise RuntimeError(f"Expected size for first two dimensions of batch2 tensor to be: {expected} but got: {got}.")
    return a[0], a[1], b[2]


def mv_shape(matrix: Shape, vector: Shape, added: Shape | None = None) -> Shape:
    """The shape of `mv` and, with the shape of the added vector, of `addmv`: (n, k) @ (k,)."""
    if len(matrix) != 2 or len(vector) != 1:
        ndim = 1 if added is None else len(added)
        raise RuntimeError(f"vector + matrix @ vector expected, got {ndim}, {len(matrix)}, {len(vector)}")
    if matrix[1] != vector[0]:
        size = matrix[0] if added is None else math.prod(added)
        raise RuntimeError(f"size mismatch, got input ({size}), mat ({matrix[0]}x{matrix[1]}), vec ({vector[0]})")
    return matrix[:1]


def dot_shape(a: Shape, b: Shape) -> Shape:
    """The shape of `dot`, which is ()."""
    if len(a) != 1 or len(b) != 1:
        raise RuntimeError(f"1D tensors expected, but got {len(a)}D and {len(b)}D tensors")
    if a != b:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor {text(a)} and src {text(b)} to have the same number of "
            f"elements, but got {a[0]} and {b[0]} elements respectively"
        )
    return ()


def matmul_shape(a: Shape, b: Shape, name: str = "matmul") -> Shape:
    """The shape of `matmul` (`a @ b`) for vectors, matrices and broadcast batches of matrices."""
    if not a or not b:
        raise RuntimeError(f"both arguments to {name} need to be at least 1D, but they are {len(a)}D and {len(b)}D")
    if len(a) == 1 and len(b) == 1:
        return dot_shape(a, b)
    if len(b) == 1:
        mv_shape(_fold(a), b)
        return a[:-1]
    if len(b) == 2:
        return (*a[:-1], mm_shape(_fold(a), b)[1])
    matrix = (1, *a) if len(a) == 1 else a
    batch = broadcast_shapes(matrix[:-2], b[:-2])
    count = math.prod(batch)
    bmm_shape((count, *matrix[-2:]), (count, *b[-2:]))
    return (*batch, *matrix[-2 : -2 + (len(a) > 1)], b[-1])


def _fold(shape: Shape) -> Shape:
    """All but the last dimension as one."""
    return math.prod(shape[:-1]), shape[-1]


def linear_shape(x: Shape, weight: Shape, bias: Shape | None = None) -> Shape:
    """The shape of `F.linear`: x (..., in), weight (out, in) or (in,), bias broadcast to the result."""
    if len(weight) > 2 and x:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {len(weight)}D")
    if bias is not None and len(weight) == 1:
        raise RuntimeError("mat2 must be a matrix, got 1-D tensor")
    result = matmul_shape(x, weight[::-1], "linear")
    if bias is not None:
        check_bias(bias, _fold(result))
    return result


def check_bias(bias: Shape, result: Shape, type_name: str = "torch.FloatTensor") -> None:
    """RuntimeError where what is added to a product (addmm, baddbmm, linear) cannot be expanded to its shape."""
    expand_view(bias, contiguous_strides(bias), result, type_name)


# Joining


def cat_shape(shapes: Sequence[Shape], dim: int) -> tuple[Shape, int]:
    """The shape of `cat` and its dimension, counted from the front; shapes (0,) are left out, as in PyTorch."""
    if not shapes:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    for position, shape in enumerate(shapes):
        if not shape:
            raise RuntimeError(f"zero-dimensional tensor (at position {position}) cannot be concatenated")
    first = next((shape for shape in shapes if shape != (0,)), None)
    if first is None:
        return (0,), 0
    dim = wrap_dim(dim, len(first))
    parts = [(position, shape) for position, shape in enumerate(shapes) if shape != (0,)]
    for position, shape in parts:
        _check_cat(first, shape, dim, position)
    return (*first[:dim], sum(shape[dim] for _, shape in parts), *first[dim + 1 :]), dim


def _check_cat(first: Shape, shape: Shape, dim: int, position: int) -> None:
    if len(shape) != len(first):
        raise RuntimeError(f"Tensors must have same number of dimensions: got {len(first)} and {len(shape)}")
    for d, (expected, got) in enumerate(zip(first, shape)):
        if d != dim and expected != got:
            raise RuntimeError(
                f"Sizes of tensors must match except in dimension {dim}. Expected size {expected} but got size {got} "
                f"for tensor number {position} in the list."
            )


def stack_shape(shapes: Sequence[Shape], dim: int) -> tuple[Shape, int]:
    """The shape of `stack` and its new dimension, counted from the front."""
    if not shapes:
        raise RuntimeError("stack expects a non-empty TensorList")
    dim = wrap_dim(dim, len(shapes[0]) + 1)
    for position, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {text(shapes[0])} at entry 0 and {text(shape)} "
                f"at entry {position}"
            )
    return (*shapes[0][:dim], len(shapes), *shapes[0][dim:]), dim
