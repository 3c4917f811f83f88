"""Views, which share their base's memory: transpose, slices, expand, unfold ...

A view op computes a new meta and is recorded only where a gradient flows. Its gradient is the opposite movement.
"""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Sequence

from .. import dtypes, ir, shapes, strides
from ..meta import Meta, contiguous
from ..tensor import Tensor
from . import view_metas
from .registry import Op, apply, apply_view, apply_views
from .signatures import Dims, Sizes, whole_sizes


def view_op(name: str, params: str, grad, grad_name: str | None = None) -> Op:
    """Declares a view: only its gradient is an op's business, the meta is worked out by the caller."""
    return Op(name, params, None, None, grad, grad_name=grad_name, summary="A view of the same memory.")


ALIAS = view_op("alias", "input", lambda g: g)
VIEW = view_op("view", "input", lambda g, meta: reshape(g, meta.shape))
UNSAFE_VIEW = view_op("unsafe_view", "input", lambda g, meta: reshape(g, meta.shape))
EXPAND = view_op("expand", "input", lambda g: g)  # the tape sums over what was broadcast
PERMUTE = view_op("permute", "input order", lambda g, order: permute(g, [order.index(i) for i in range(len(order))]))
TRANSPOSE = view_op("transpose", "input dim0 dim1", lambda g, dim0, dim1: transpose(g, dim0, dim1))
T = view_op("t", "input", lambda g: t(g))
SQUEEZE = view_op("squeeze", "input", lambda g, meta: reshape(g, meta.shape))
SQUEEZE_DIM = view_op("squeeze_dim", "input", lambda g, meta: reshape(g, meta.shape), "SqueezeBackward1")
SQUEEZE_DIMS = view_op("squeeze_dims", "input", lambda g, meta: reshape(g, meta.shape), "SqueezeBackward2")
UNSQUEEZE = view_op("unsqueeze", "input dim", lambda g, dim: squeeze(g, dim))
SLICE = view_op(
    "slice",
    "input dim start step",
    lambda g, meta, dim, start, step: spread(g, meta, *slice_walk(meta, dim, start, step)),
)
SELECT = view_op("select", "input dim index", lambda g, meta, dim, index: spread(g, meta, *row_walk(meta, dim, index)))
# Views that are made together are one step, whose gradient is put together of theirs.
SPLIT, SPLIT_WITH_SIZES, TENSOR_SPLIT = (
    view_op(name, "input dim sizes", lambda grads, meta, dim, sizes: joined(grads, meta, dim, sizes), grad_name)
    for name, grad_name in (("split", None), ("split_with_sizes", None), ("tensor_split", "Slice"))
)
UNBIND = view_op("unbind", "input dim", lambda grads, meta, dim: joined(grads, meta, dim, None))
DIAGONAL = view_op(
    "diagonal",
    "input offset dim1 dim2",
    lambda g, meta, offset, dim1, dim2: spread(g, meta, *diagonal_walk(meta, offset, dim1, dim2)),
)
UNFOLD = view_op("unfold", "input dim step", lambda g, meta, out, dim, step: add_windows(g, meta, out, dim, step))
AS_STRIDED = view_op("as_strided", "input", lambda g, meta, out: as_strided_grad(g, meta, out))


# ------------------------------------------------------------------ the gradients of strided views
# A walk is the strides and the offset that a view would have over a fresh row-major copy of its base.
def slice_walk(base: Meta, dim: int, start: int, step: int):
    fresh = ir.contiguous_strides(base.shape)
    return (*fresh[:dim], fresh[dim] * step, *fresh[dim + 1 :]), start * fresh[dim]


def row_walk(base: Meta, dim: int, index: int):
    fresh = ir.contiguous_strides(base.shape)
    return (*fresh[:dim], *fresh[dim + 1 :]), index * fresh[dim]


def diagonal_walk(base: Meta, offset: int, dim1: int, dim2: int):
    fresh = ir.contiguous_strides(base.shape)
    steps = [fresh[i] for i in range(base.ndim) if i not in (dim1, dim2)]
    return (*steps, fresh[dim1] + fresh[dim2]), max(offset, 0) * fresh[dim2] + max(-offset, 0) * fresh[dim1]


def as_strided_walk(base: Meta, seen: Meta):
    if base.contiguous:
        return seen.strides, seen.offset - base.offset
    order = base.memory_order
    held = tuple(base.shape[i] for i in order)
    view = strides.View(seen.shape, seen.strides, seen.offset - base.offset)
    walk = strides.decode_view(view, held) if base.dense else None
    if walk is None:
        raise NotImplementedError("the gradient of as_strided on a tensor that is not dense in memory")
    fresh = [ir.contiguous_strides(base.shape)[i] for i in order]
    steps = tuple(sum(map(operator.mul, step, fresh)) for step in walk.steps)
    return steps, sum(map(operator.mul, walk.start, fresh))


_spread = Op(
    "slice_backward",
    "input base steps offset",
    lambda input, base, steps, offset: contiguous(base.shape, input.dtype),
    lambda input, base, steps, offset: ir.update(ir.full(0, base.shape, input.dtype), input, steps, offset),
    lambda g, base, steps, offset, meta: apply(_look, (g,), (meta.shape, steps, offset)),
    summary="Zeros of the base's shape with the gradient in the view's place.",
)
_look = Op(
    "slice_forward",
    "input shape steps offset",
    lambda input, shape, steps, offset: contiguous(shape, input.dtype),
    lambda input, shape, steps, offset: ir.view(input, shape, steps, offset),
    lambda g, meta, steps, offset: apply(_spread, (g,), (meta, steps, offset)),
    summary="A copy of the part of a tensor that a walk shows.",
)


def spread(g: Tensor, base: Meta, steps, offset: int) -> Tensor:
    """The gradient for the base of a strided view whose elements do not overlap in the base's own terms."""
    return apply(_spread, (g,), (base, tuple(steps), offset))


def joined(grads, base: Meta, dim: int, sizes) -> Tensor:
    """The gradient for a base of its parts along a dimension; None stands for zeros, no sizes for single elements."""
    from .movement import cat

    if sizes is None:
        sizes, grads = (1,) * len(grads), [None if g is None else unsqueeze(g, dim) for g in grads]
    parts: list[Tensor] = []
    for missing, run in itertools.groupby(zip(grads, sizes), lambda part: part[0] is None):
        if missing:
            shape = (*base.shape[:dim], sum(size for _, size in run), *base.shape[dim + 1 :])
            parts.append(Tensor.full_of(shape, 0, base.dtype))
        else:
            parts += [g for g, _ in run]
    return cat(parts, dim) if len(parts) > 1 else parts[0]


def _by_parts(rule, back: bool):
    """A gradient's way between a base and a view of it, by real numbers where one is complex and the other is not.

    back: whether the rule gives a gradient for the base, not for the view.
    """

    def either(g: Tensor, base: Meta, seen: Meta) -> Tensor:
        if base.dtype is seen.dtype:
            return rule(g, base, seen)
        from .complex_numbers import as_pairs, view_as_complex

        g = as_pairs(g) if g.meta.dtype.is_complex else g
        result = rule(g, view_metas.paired(base), view_metas.paired(seen))
        return view_as_complex(result) if (base if back else seen).dtype.is_complex else result

    return functools.wraps(rule)(either)


def shown(g: Tensor, base: Meta, seen: Meta) -> Tensor:
    """The part of a base's gradient that belongs to a view of it."""
    return apply(_look, (g,), (seen.shape, *as_strided_walk(base, seen)))


def as_strided_grad(g: Tensor, base: Meta, seen: Meta) -> Tensor:
    """The gradient of `as_strided`, added up where elements overlap; what lies outside of the base has none."""
    steps, offset = as_strided_walk(base, seen)
    last = offset + sum((n - 1) * s for n, s in zip(seen.shape, steps))
    if g.meta.numel and (offset < 0 or last >= base.numel):
        place = positions(seen.shape, steps, offset)
        inside = (place >= 0) & (place < base.numel)
        return add_at(g.masked_fill(~inside, 0), base, place.clamp(0, base.numel - 1))
    if strides.may_overlap(seen.shape, steps):
        return add_at(g, base, positions(seen.shape, steps, offset))
    return spread(g, base, steps, offset)


def cleared(g: Tensor, base: Meta, seen: Meta) -> Tensor:
    """A base's gradient with zeros where the view is."""
    return g - spread(shown(g, base, seen), base, *as_strided_walk(base, seen))


shown, cleared = _by_parts(shown, False), _by_parts(cleared, True)
as_strided_grad = _by_parts(as_strided_grad, True)


def add_at(g: Tensor, base: Meta, index: Tensor) -> Tensor:
    """Zeros of a base's shape to whose flat positions the elements of g are added."""
    from .gathering import add_rows

    return reshape(add_rows(reshape(g, (-1,)), reshape(index, (-1,)), (base.numel,)), base.shape)


def add_windows(g: Tensor, base: Meta, seen: Meta, dim: int, step: int) -> Tensor:
    """The gradient of `unfold`: windows that overlap are added up."""
    fresh = ir.contiguous_strides(base.shape)
    steps = (*fresh[:dim], fresh[dim] * step, *fresh[dim + 1 :], fresh[dim]) if base.ndim else (1,)
    return add_at(g, base, positions(seen.shape, steps, 0))


def positions(shape, steps, offset: int) -> Tensor:
    """offset + sum(index * steps) for each index of a shape, as an int64 tensor."""
    return apply(_POSITIONS, (), (tuple(shape), tuple(steps), offset))


def _positions_lower(shape, steps, offset):
    total = ir.full(offset, shape, dtypes.int64)
    for axis, step in enumerate(steps):
        line = ir.iota((shape[axis],)).reshape([shape[axis] if i == axis else 1 for i in range(len(shape))])
        total = total + line * step
    return total


_POSITIONS = Op(
    "_positions",
    "shape steps offset",
    lambda shape, steps, offset: contiguous(shape, dtypes.int64),
    _positions_lower,
    summary="The flat position of each element of a strided walk.",
)


# ------------------------------------------------------------------ views
def as_strided(input: Tensor, size: Sizes, stride: Sizes, storage_offset: int | None = None) -> Tensor:
    """A view with any shape, strides and offset (in elements) over the storage."""
    offset = input.meta.offset if storage_offset is None else operator.index(storage_offset)
    size, stride = sizes_of((tuple(size),)), sizes_of((tuple(stride),))
    if len(size) != len(stride):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(s < 0 for s in stride):
        raise RuntimeError(f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}")
    if min(size, default=0) < 0:
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(size)} and strides={list(stride)}")
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    last = offset + sum((n - 1) * s for n, s in zip(size, stride)) if 0 not in size else 0
    if last >= input.storage.content.numel and 0 not in size:
        item, total = input.meta.dtype.itemsize, input.storage.nbytes
        raise RuntimeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset}, and itemsize {item} "
            f"requiring a storage size of {(last + 1) * item} are out of bounds for storage of size {total}"
        )
    return apply_view(AS_STRIDED, input, input.meta.with_(size, stride, offset))


def view(self: Tensor, *shape) -> Tensor:
    """The same elements in another shape, without a copy; a dtype of the same size reinterprets the bits.

    Raises RuntimeError where the strides do not allow it.
    """
    _, seen = view_metas.reshaped(self.meta, sizes_of(shape))
    if seen is None:
        raise RuntimeError(strides.INCOMPATIBLE_VIEW)
    return apply_view(VIEW, self, seen)


def sizes_of(args, argument: str = "size") -> tuple[int, ...]:
    """f(2, 3), f((2, 3)) and f([2, 3]) alike; argument: its name."""
    return whole_sizes(args, argument)


def reshape(input: Tensor, shape) -> Tensor:
    """The same elements in another shape: a view where that is possible, else a copy."""
    sizes, seen = view_metas.reshaped(input.meta, tuple(shape))
    if seen is None:
        input = input.contiguous()
        return apply_view(UNSAFE_VIEW, input, input.meta.with_(sizes, ir.contiguous_strides(sizes)))
    return apply_view(VIEW, input, seen)


def reshape_method(self: Tensor, *sizes, shape=None) -> Tensor:
    return reshape(self, sizes_of(sizes if shape is None else shape, "shape"))


def expand(self: Tensor, *sizes, size=None, implicit: bool = False) -> Tensor:
    """A view with dimensions of size 1 repeated; -1 keeps a size."""
    return apply_view(EXPAND, self, view_metas.expanded(self.meta, sizes_of(sizes if size is None else size)))


def expand_as(self: Tensor, other: Tensor) -> Tensor:
    """A view expanded to another tensor's shape."""
    return expand(self, other.meta.shape)


def broadcast_to(input: Tensor, size: Sizes) -> Tensor:
    """A view broadcast to a shape."""
    return expand(input, tuple(size))


def permute(input: Tensor, dims) -> Tensor:
    """A view with the dimensions in another order."""
    order, seen = view_metas.permuted(input.meta, tuple(dims))
    return apply_view(PERMUTE, input, seen, (order,))


def permute_method(self: Tensor, *order, dims=None) -> Tensor:
    return permute(self, sizes_of(order if dims is None else dims, "dims"))


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """A view with two dimensions swapped."""
    dims, seen = view_metas.transposed(input.meta, dim0, dim1)
    return apply_view(TRANSPOSE, input, seen, dims)


def t(input: Tensor) -> Tensor:
    """A matrix transposed."""
    if input.meta.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.meta.ndim}D")
    if input.meta.ndim < 2:
        return apply_view(ALIAS, input, input.meta)
    return apply_view(T, input, view_metas.transposed(input.meta, 0, 1)[1])


def movedim(input: Tensor, source, destination) -> Tensor:
    """A view with dimensions moved to other places."""
    source = [source] if isinstance(source, int) else list(source)
    destination = [destination] if isinstance(destination, int) else list(destination)
    if len(source) != len(destination):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({source} dims) should contain the same number of "
            f"dims as destination ({destination} dims)"
        )
    ndim = input.meta.ndim
    source, destination = _distinct("source", source, ndim), _distinct("destination", destination, ndim)
    rest = iter([d for d in range(ndim) if d not in source])
    place = dict(zip(destination, source))
    return permute(input, [place[d] if d in place else next(rest) for d in range(ndim)])


def _distinct(name: str, dims, ndim: int) -> list[int]:
    wrapped = [shapes.wrap_dim(d, ndim) for d in dims]
    if len(set(wrapped)) < len(wrapped):
        raise RuntimeError(f"movedim: repeated dim in `{name}` ({dims})")
    return wrapped


def squeeze(input: Tensor, dim: Dims | None = None) -> Tensor:
    """A view without the dimensions of size 1, or without those named."""
    dims = None if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    op = SQUEEZE if dim is None else SQUEEZE_DIM if isinstance(dim, int) else SQUEEZE_DIMS
    return apply_view(op, input, view_metas.squeezed(input.meta, dims))


def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """A view with a new dimension of size 1."""
    d, seen = view_metas.unsqueezed(input.meta, dim)
    return apply_view(UNSQUEEZE, input, seen, (d,))


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Several dimensions as one."""
    ndim = input.meta.ndim
    start, end = shapes.wrap_dim(start_dim, ndim), shapes.wrap_dim(end_dim, ndim)
    if ndim and start == end:
        return input
    return reshape(input, shapes.flatten_shape(input.meta.shape, start, end))


def unflatten(input: Tensor, dim: int, sizes) -> Tensor:
    """One dimension as several."""
    d = shapes.wrap_dim(dim, input.meta.ndim)
    return view(input, shapes.unflatten_shape(input.meta.shape, d, tuple(sizes)))


def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension, as neighbours in memory."""
    return reshape(input.contiguous(), (-1,))


def narrow(input: Tensor, dim: int, start, length: int) -> Tensor:
    """A view of `length` elements from `start` on along a dimension."""
    if input.meta.ndim == 0:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if isinstance(start, Tensor) and (start.meta.ndim or not start.meta.dtype.is_integer):
        raise RuntimeError("start must be an 0-dim integral Tensor.")
    d, start = shapes.wrap_dim(dim, input.meta.ndim), operator.index(start)
    size = input.meta.shape[d]
    if operator.index(length) < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    if not -size <= start <= size:
        raise IndexError(f"start out of range (expected to be in range of [-{size}, {size}], but got {start})")
    start += size if start < 0 else 0
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return sliced(input, d, start, start + length, 1)


def sliced(input: Tensor, dim: int, start: int, stop: int, step: int) -> Tensor:
    """A view of every step-th element along a dimension; the bounds lie inside it."""
    return apply_view(SLICE, input, view_metas.sliced(input.meta, dim, start, stop, step), (dim, start, step))


def select(input: Tensor, dim: int, index: int) -> Tensor:
    """A view of one element along a dimension, which goes away."""
    m = input.meta
    if m.ndim == 0:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    d = shapes.wrap_dim(dim, m.ndim)
    size = m.shape[d]
    if not -size <= index < size:
        raise IndexError(f"select(): index {index} out of range for tensor of size {list(m.shape)} at dimension {d}")
    index %= size
    return apply_view(SELECT, input, view_metas.selected(m, d, index), (d, index))


def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """All the slices along a dimension."""
    if input.meta.ndim == 0:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    d = shapes.wrap_dim(dim, input.meta.ndim)
    if input.level is not None:
        return tuple([select(input, d, i) for i in range(input.meta.shape[d])])
    return apply_views(UNBIND, input, view_metas.unbound(input.meta, d), (d,))


def split(tensor: Tensor, split_size_or_sections, dim: int = 0) -> tuple[Tensor, ...]:
    """Consecutive parts along a dimension, of one size (the last may be smaller) or of given sizes."""
    if not tensor.meta.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    d = shapes.wrap_dim(dim, tensor.meta.ndim)
    size = tensor.meta.shape[d]
    if not isinstance(split_size_or_sections, (tuple, list)):
        step = operator.index(split_size_or_sections)
        if step < 0:
            raise RuntimeError(f"split expects split_size be non-negative, but got split_size={step}")
        if step == 0 and size:
            raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {size}")
        return parts(tensor, [min(step, size - at) for at in range(0, size, step or 1)] or [0], d, SPLIT)
    sections = shapes.all_whole(split_size_or_sections)
    if sum(sections) != size:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {size} (input tensor's size at dimension {d}), "
            f"but got split_sizes={shapes.text(sections)}"
        )
    return parts(tensor, sections, d, SPLIT_WITH_SIZES)


def split_method(self: Tensor, split_size, dim: int = 0) -> tuple[Tensor, ...]:
    """Consecutive parts along a dimension, as `split` gives them."""
    return split(self, split_size, dim)


def parts(tensor: Tensor, sections: Sequence[int], dim: int, op: Op) -> tuple[Tensor, ...]:
    sizes = tuple(sections)
    if tensor.level is not None:
        ends = itertools.accumulate(sizes)
        return tuple([sliced(tensor, dim, end - size, end, 1) for size, end in zip(sizes, ends)])
    return apply_views(op, tensor, view_metas.cut(tensor.meta, dim, sizes), (dim, sizes))


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most `chunks` consecutive parts of equal size (the last may be smaller)."""
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    if not input.meta.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    size = input.meta.shape[shapes.wrap_dim(dim, input.meta.ndim)]
    return split(input, -(-size // chunks) if size else [0] * chunks, dim)


def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A view of a diagonal, as the last dimension."""
    m = input.meta
    a, b = shapes.wrap_dim(dim1, m.ndim), shapes.wrap_dim(dim2, m.ndim)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    rows, columns = m.shape[a], m.shape[b]
    size = max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns))
    start = m.offset + (offset * m.strides[b] if offset >= 0 else -offset * m.strides[a]) * (size > 0)
    rest = [i for i in range(m.ndim) if i not in (a, b)]
    shape = (*[m.shape[i] for i in rest], size)
    steps = (*[m.strides[i] for i in rest], m.strides[a] + m.strides[b])
    return apply_view(DIAGONAL, input, m.with_(shape, steps, start), (offset, a, b))


def unfold(self: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """A view of all windows of `size` elements, every `step`, along a dimension; the window is the last dimension."""
    m = self.meta
    d = shapes.wrap_dim(dimension, m.ndim)
    length = m.shape[d] if m.ndim else 1
    if operator.index(size) < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > length:
        raise RuntimeError(f"maximum size for tensor at dimension {d} is {length} but size is {size}")
    if operator.index(step) <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    if not m.ndim:
        return apply_view(UNFOLD, self, m.with_((size,), (1,)), (0, step))
    count = (length - size) // step + 1
    shape = (*m.shape[:d], count, *m.shape[d + 1 :], size)
    inner = m.strides[d]
    return apply_view(
        UNFOLD, self, m.with_(shape, (*m.strides[:d], inner * step, *m.strides[d + 1 :], inner)), (d, step)
    )


def view_method(self: Tensor, *shape, dtype: dtypes.dtype | None = None, size=None) -> Tensor:
    """x.view(2, 3), x.view((2, 3)), x.view(dtype)."""
    if len(shape) == 1 and isinstance(shape[0], dtypes.dtype):
        (dtype,) = shape
    if dtype is not None:
        return _view_dtype(self, dtype)
    return view(self, *shape) if size is None else view(self, size)


def _view_dtype(self: Tensor, d: dtypes.dtype) -> Tensor:
    """The same memory as elements of another type; no gradient flows."""
    result = apply_view(ALIAS, self.detach(), view_metas.retyped(self.meta, d))
    result._base = self if self._base is None else self._base
    return result
