"""Copies that move elements: cat, stack, flip, roll, constant borders, repeat."""

from __future__ import annotations

from itertools import product

from .. import dtypes, ir, shapes
from ..devices import contiguous_format
from ..meta import contiguous, fresh_like, images
from ..strides import suggests_channels_last
from ..tensor import Tensor
from .public import finish
from .registry import Op, apply, promoted
from .signatures import Dims, Tensors
from .views import expand, narrow, ravel, reshape, select, sizes_of


def _cat_infer(*args):
    *metas, dim = args
    shape, _ = shapes.cat_shape([m.shape for m in metas], dim)
    whole = [m for m in metas if m.shape != (0,)]
    last = all(suggests_channels_last(m.shape, m.strides) for m in whole)
    return images(shape, promoted(metas), *(whole if last else ()))


def _cat_lower(*args, out):
    *nodes, dim = args
    (result,) = out
    value = ir.full(0, result.shape, result.dtype)
    steps = ir.contiguous_strides(result.shape)
    at = 0
    for node in nodes:
        if node.shape != (0,):
            value = ir.update(value, node.cast(result.dtype), steps, at * steps[dim])
            at += node.shape[dim]
    return value


def _cat_grad(g, needs, metas, dim, args):
    starts, at = {}, 0
    for i in range(len(args)):
        starts[i] = at
        at += args[i].meta.shape[dim] if args[i].meta.shape != (0,) else 0
    return [narrow(g, dim, starts[i], m.shape[dim]) if m.shape != (0,) else None for i, m in zip(needs, metas)]


CAT = Op("cat", "dim", _cat_infer, _cat_lower, _cat_grad, variadic=True, summary="Tensors joined along a dimension.")


def cat(tensors: Tensors, dim: int = 0, *, out=None) -> Tensor:
    """Tensors joined along an existing dimension.

    Raises RuntimeError where the other sizes differ, ValueError for an empty list.
    """
    tensors = _tensor_list("cat", tensors)
    first = next((t.meta for t in tensors if t.meta.shape != (0,)), None)
    if first is not None and type(dim) is int and 0 <= dim < first.ndim:
        d = dim  # the rest is checked where such a call is seen for the first time
    else:
        _, d = shapes.cat_shape([t.meta.shape for t in tensors], dim)
    result = apply(CAT, tuple(tensors), (d,))
    return finish(result, out, *tensors, apart=True)


def _tensor_list(name: str, tensors):
    if isinstance(tensors, Tensor):
        raise TypeError(f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor")
    tensors = list(tensors)
    for i, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            raise TypeError(
                f"expected Tensor as element {i} in argument 0, but got {type(x).__name__}"
                if name == "cat"
                else f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, but found element of type "
                f"{type(x).__name__} at pos {i}"
            )
    return tensors


def _stack_infer(*args):
    *metas, dim = args
    shape, _ = shapes.stack_shape([m.shape for m in metas], dim)
    return contiguous(shape, promoted(metas))


def _stack_lower(*args, out):
    *nodes, dim = args
    return _cat_lower(*[n.reshape((*n.shape[:dim], 1, *n.shape[dim:])) for n in nodes], dim, out=out)


# Not by views of the tensors: a view that is recorded lets all of its storage in, and its place would count.
STACK = Op(
    "stack",
    "dim",
    _stack_infer,
    _stack_lower,
    lambda g, needs, dim: [select(g, dim, i) for i in needs],
    variadic=True,
    summary="Tensors joined along a new dimension.",
)


def stack(tensors: Tensors, dim: int = 0, *, out=None) -> Tensor:
    """Equally shaped tensors joined along a new dimension."""
    tensors = _tensor_list("stack", tensors)
    known = bool(tensors) and type(dim) is int and 0 <= dim <= tensors[0].meta.ndim
    d = dim if known else shapes.stack_shape([t.meta.shape for t in tensors], dim)[1]
    return finish(apply(STACK, tuple(tensors), (d,)), out, *tensors, apart=True)


def _flip_lower(x, dims):
    own = ir.contiguous_strides(x.shape)
    steps = [-s if i in dims else s for i, s in enumerate(own)]
    return ir.view(x, x.shape, steps, sum((x.shape[i] - 1) * own[i] for i in dims) if x.size else 0)


FLIP = Op(
    "flip",
    "input dims",
    lambda input, dims: fresh_like(input),
    _flip_lower,
    lambda g, dims: apply(FLIP, (g,), (dims,)),
    summary="Elements in reverse order along dimensions.",
)


def flip(input: Tensor, *args, dims=None) -> Tensor:
    """A copy with the elements in reverse order along dimensions."""
    given = sizes_of(args) if dims is None else sizes_of((dims,))
    dims = shapes.wrap_dims(given, input.meta.ndim)
    return apply(FLIP, (input,), (dims if input.meta.ndim else (),))


Moves = tuple[tuple[int, int], ...]  # dimensions and by how much each is shifted, from 1 to its size less 1


def _roll_lower(x: ir.Node, moves: Moves) -> ir.Node:
    """Each part that stays together is written where it comes to lie, all of them in one launch."""
    own, by = ir.contiguous_strides(x.shape), dict(moves)
    # For each dimension the parts: from where, to where, how many.
    runs = [
        [(0, by[dim], size - by[dim]), (size - by[dim], 0, by[dim])] if dim in by else [(0, 0, size)]
        for dim, size in enumerate(x.shape)
    ]
    value = ir.full(0, x.shape, x.dtype)
    for region in product(*runs):
        start, end = (sum(run[side] * step for run, step in zip(region, own)) for side in (0, 1))
        value = ir.update(value, ir.view(x, [count for _, _, count in region], own, start), own, end)
    return value


ROLL = Op(
    "roll",
    "input moves",
    lambda input, moves: contiguous(input.shape, input.dtype),
    _roll_lower,
    lambda g, moves: apply(ROLL, (g,), (tuple((dim, g.meta.shape[dim] - by) for dim, by in moves),)),
    summary="Elements shifted along dimensions.",
)


def roll(input: Tensor, shifts: Dims, dims: Dims | None = None) -> Tensor:
    """A copy with the elements shifted along dimensions; what leaves at the end comes in at the beginning."""
    if (dims is None or dims == ()) and shifts not in ((), []):
        return reshape(roll(ravel(input), shifts, 0), input.meta.shape)
    dims = 0 if dims is None else dims
    shifts, dims = shapes.one_or_several(shifts), shapes.one_or_several(dims)
    if not shifts:
        raise RuntimeError("`shifts` required")
    if not input.meta.numel:
        return input.clone()
    if len(shifts) != len(dims):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(dims)}")
    total: dict[int, int] = {}
    for shift, dim in zip(shifts, dims):
        d = shapes.wrap_dim(dim, input.meta.ndim, wrap_scalar=False)
        total[d] = (total.get(d, 0) + shift) % input.meta.shape[d]
    moves = tuple((dim, by) for dim, by in sorted(total.items()) if by)
    return apply(ROLL, (input,), (moves,))


def _pad_infer(input, pads, value):
    if any(size + min(before, 0) + min(after, 0) < 0 for size, (before, after) in zip(input.shape, pads)):
        raise RuntimeError("narrow(): length must be non-negative.")
    return contiguous(tuple(size + sum(pair) for size, pair in zip(input.shape, pads)), input.dtype)


def _pad_lower(x, value, pads, out):
    (result,) = out
    own, new = ir.contiguous_strides(x.shape), ir.contiguous_strides(result.shape)
    shape = [size + min(b, 0) + min(a, 0) for size, (b, a) in zip(x.shape, pads)]
    part = ir.view(x, shape, own, sum(max(-b, 0) * s for (b, _), s in zip(pads, own)))
    base = ir.broadcast(value.cast(x.dtype), result.shape)
    return ir.update(base, part, new, sum(max(b, 0) * s for (b, _), s in zip(pads, new)))


PAD = Op(
    "constant_pad_nd",
    "input value pads",
    lambda input, value, pads: _pad_infer(input, pads, value),
    _pad_lower,
    (lambda g, pads: apply(PAD, (g, 0.0), (tuple((-b, -a) for b, a in pads),)), None),
    summary="Constant borders.",
)


def constant_pad(input: Tensor, pad, value=0) -> Tensor:
    """Constant borders; `pad` counts from the last dimension: (before, after) pairs, negative ones cut."""
    pairs = list(zip(pad[::2], pad[1::2]))
    if len(pairs) > input.meta.ndim:
        raise RuntimeError(
            "Length of pad should be no more than twice the number of dimensions of the input. Pad length is "
            f"{len(pad)}while the input has {input.meta.ndim}dimensions."
        )
    pads = ((0, 0),) * (input.meta.ndim - len(pairs)) + tuple(pairs[::-1])
    return apply(PAD, (input, 0 if value is None else value), (pads,))


def positive(input: Tensor) -> Tensor:
    """The tensor itself; RuntimeError for truth values."""
    if input.meta.dtype is dtypes.bool_:
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


def contiguous_method(self: Tensor, memory_format=None) -> Tensor:
    """This tensor if its elements lie in row-major order (or the order that the format says), else such a copy."""
    return self if self.is_contiguous(memory_format) else self.clone(memory_format=memory_format or _row_major())


def _row_major():
    from ..devices import contiguous_format

    return contiguous_format


def repeat(self: Tensor, *times, repeats=None) -> Tensor:
    """Copies of the tensor, side by side along each dimension."""
    repeats = sizes_of(times if repeats is None else repeats, "repeats")
    if len(repeats) < self.meta.ndim:
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    shape = (1,) * (len(repeats) - self.meta.ndim) + self.meta.shape
    shapes.check_sizes(tuple(times * size for times, size in zip(repeats, shape)))
    x = reshape(self, [n for size in shape for n in (1, size)])
    x = expand(x, [n for times, size in zip(repeats, shape) for n in (times, size)])
    return reshape(x.clone(memory_format=contiguous_format), [times * size for times, size in zip(repeats, shape)])
