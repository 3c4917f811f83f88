"""The rules of vmap: what a node of the intermediate representation becomes when some of its arguments are batches.

A rule takes the node, its new arguments, which of them have a leading batch dimension, and the batch's size; it gives a
node of shape (size, *node.shape). A kind without a rule is computed once for each element of the batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from .. import dtypes, ir
from ..ir import Node

Rule = Callable[[Node, Sequence[Node], Sequence[bool], int], Node]


def batch(results: Sequence[Node], batches: dict[Node, Node], size: int) -> list[Node]:
    """The results of a graph for a batch.

    batches: for each input that is a batch, the node (size, *input.shape). Gives nodes of shape (size, *result.shape).
    """
    done: dict[Node, Node] = dict(batches)
    for node in ir.topological(results):
        flags = [a in done for a in node.args]
        if node not in done and any(flags):
            args = [done.get(a, a) for a in node.args]
            done[node] = RULES.get(node.kind, unrolled)(node, args, flags, size)
    return [done[r] if r in done else ir.broadcast(r, (size, *r.shape)) for r in results]


def _all(args: Sequence[Node], flags: Sequence[bool], size: int) -> list[Node]:
    """The arguments, all as batches."""
    return [a if flag else ir.broadcast(a, (size, *a.shape)) for a, flag in zip(args, flags)]


def _node(node: Node, args: Sequence[Node], shape, **attrs) -> Node:
    return Node(node.kind, tuple(args), {**node.attrs, **attrs}, tuple(shape), node.dtype)


def unrolled(node: Node, args, flags, size: int) -> Node:
    """The node once for each element of the batch, put together."""
    total = ir.full(0, (size, *node.shape), node.dtype)
    steps = ir.contiguous_strides(node.shape)
    for i in range(size):
        own = [_element(a, i) if flag else a for a, flag in zip(args, flags)]
        total = ir.update(total, _node(node, own, node.shape), steps, i * node.size)
    return total


def _element(x: Node, i: int) -> Node:
    shape = x.shape[1:]
    return ir.view(x, shape, ir.contiguous_strides(shape), i * math.prod(shape))


# ------------------------------------------------------------------ elements and views
def _map(node, args, flags, size):
    return _node(node, _all(args, flags, size), (size, *node.shape))


def _view(node, args, flags, size):
    strides = (math.prod(args[0].shape[1:]), *node.attrs["strides"])
    return ir.view(args[0], (size, *node.shape), strides, node.attrs["offset"])


def _update(node, args, flags, size):
    base, value = _all(args, flags, size)
    return ir.update(base, value, (node.size, *node.attrs["strides"]), node.attrs["offset"])


# ------------------------------------------------------------------ reductions, scans, orders
def _reduce(node, args, flags, size):
    (x,) = args
    axes = [a + 1 for a in node.attrs["axes"] if a + 1 < len(x.shape)]
    if not axes:  # of a single number
        x, axes = x.reshape((*x.shape, 1)), [len(x.shape)]
    return ir.reduce(node.attrs["fn"], x, axes).reshape((size, *node.shape))


def _along(node, args, flags, size):
    return _node(node, args, (size, *node.shape), axis=node.attrs["axis"] + 1)


def _refused(node, args, flags, size):
    raise RuntimeError("vmap: We do not support batching operators that can output dynamic shape.")


# ------------------------------------------------------------------ products
def _matmul(node, args, flags, size):
    a, b = args
    if flags == [True, False] and len(b.shape) == 2:
        return ir.matmul(a.reshape((size * a.shape[1], a.shape[2])), b, node.dtype).reshape((size, *node.shape))
    a, b = (x.reshape((math.prod(x.shape[:-2]), *x.shape[-2:])) for x in _all(args, flags, size))
    return ir.matmul(a, b, node.dtype).reshape((size, *node.shape))


# ------------------------------------------------------------------ windows over images
def _merged(x: Node, dim: int) -> Node:
    """(size, ...) with the batch dimension taken into another, counted without it."""
    order = [*range(1, dim + 1), 0, *range(dim + 1, len(x.shape))]
    shape = x.shape[1:]
    return x.permute(order).reshape((*shape[:dim], x.shape[0] * shape[dim], *shape[dim + 1 :]))


def _parted(x: Node, dim: int, size: int) -> Node:
    """The reverse: the batch dimension comes out of another in front."""
    shape = (*x.shape[:dim], size, x.shape[dim] // size, *x.shape[dim + 1 :])
    return x.reshape(shape).permute([dim, *range(dim), *range(dim + 1, len(shape))])


def _images(node, args, flags, size):
    """Elements of the batch are further images."""
    args = [_merged(a, 0) for a in _all(args, flags, size)]
    return _parted(_node(node, args, (size * node.shape[0], *node.shape[1:])), 0, size)


def _groups(node, args, flags, size, dims: Sequence[int], out: int):
    """Elements of the batch are further groups. dims, out: which dimension of the arguments and of the node is cut."""
    args = [_merged(a, dim) for a, dim in zip(_all(args, flags, size), dims)]
    shape = (*node.shape[:out], size * node.shape[out], *node.shape[out + 1 :])
    return _parted(_node(node, args, shape, groups=size * node.attrs["groups"]), out, size)


def _conv(node, args, flags, size):
    x, w = args
    if flags == [True, False]:
        return _parted(_node(node, (_merged(x, 0), w), (size * node.shape[0], *node.shape[1:])), 0, size)
    if flags == [True, True] or node.attrs["groups"] != 1:
        return _groups(node, args, flags, size, (1, 0), 1)
    return _parted(_node(node, (x, _merged(w, 0)), (node.shape[0], size * node.shape[1], *node.shape[2:])), 1, size)


def _conv_dx(node, args, flags, size):
    if flags == [True, False]:
        g = _merged(args[0], 0)
        return _parted(_node(node, (g, args[1]), (size * node.shape[0], *node.shape[1:])), 0, size)
    return _groups(node, args, flags, size, (1, 0), 1)


def _conv_dw(node, args, flags, size):
    return _groups(node, args, flags, size, (1, 1), 0)


# ------------------------------------------------------------------ indices
def _checked(index: Node, rows: int) -> Node:
    """Indices that a kernel has looked at, so that one beyond its own rows does not meet those of a neighbour."""
    return ir.take(ir.iota((rows,)), index.cast(dtypes.int64))


def _own_rows(index: Node, rows: int) -> Node:
    """Indices (size, ...) into rows (rows, ...) as indices into (size * rows, ...)."""
    size = index.shape[0]
    first = (ir.iota((size,)) * rows).reshape((size, *[1] * (len(index.shape) - 1)))
    return _checked(index, rows) + ir.broadcast(first, index.shape)


def _flat_rows(x: Node) -> Node:
    return x.reshape((x.shape[0] * x.shape[1], *x.shape[2:]))


def _take(node, args, flags, size):
    source, index = args
    if not flags[0]:
        return _node(node, args, (size, *node.shape))
    if flags[1]:
        return _node(node, (_flat_rows(source), _own_rows(index, source.shape[1])), (size, *node.shape))
    order = [1, 0, *range(2, len(source.shape))]
    found = _node(node, (source.permute(order), index), (*index.shape, size, *source.shape[2:]))
    front = len(index.shape)
    return found.permute([front, *range(front), *range(front + 1, len(found.shape))])


def _put(node, args, flags, size):
    if "elements" in node.attrs:
        base, index, value = (_flat_rows(a) for a in _all(args, flags, size))
        return _node(node, (base, index, value), base.shape).reshape((size, *node.shape))
    base, index, value = _all(args, flags, size)
    rows = _own_rows(index, base.shape[1])
    flat = _flat_rows(base)
    return _node(node, (flat, rows, value), flat.shape).reshape((size, *node.shape))


# ------------------------------------------------------------------ attention
def _attention(node, args, flags, size):
    """Elements of the batch are further elements of the attention's own batch."""
    keyed = node.attrs["keep"] is not None
    if keyed and flags[-1]:
        return unrolled(node, args, flags, size)
    key = args[-1:] if keyed else ()
    tensors = _all(args, flags, size)[: len(args) - len(key)]
    names = ir.ATTENTION[node.kind]
    tensors = [_merged(a, int(i < len(names) and names[i] == "rows")) for i, a in enumerate(tensors)]
    place = node.attrs["order"].index(int(node.attrs["part"] == "rows"))
    shape = (*node.shape[:place], size * node.shape[place], *node.shape[place + 1 :])
    return _parted(_node(node, (*tensors, *key), shape), place, size)


RULES: dict[str, Rule] = {
    "map": _map, "view": _view, "update": _update, "reduce": _reduce, "scan": _along, "sort": _along,
    "matmul": _matmul, "conv": _conv, "conv_dx": _conv_dx, "conv_dw": _conv_dw, "pool": _images, "pool_index": _images,
    "pool_dx": _images, "take": _take, "put": _put, "nonzero": _refused,
    "attention": _attention, "attention_grad": _attention,
}  # fmt: skip
