"""Convolutions run with channels last: their neighbours follow, and conversions stay only where they are needed.

Comes in: a graph whose images are (N, C, H, W). Goes out: the same with convolutions and pools on (N, H, W, C) arrays
(`nhwc` in their attrs; shape and image arguments are then in that order), permuted views around them, and the views
moved over maps and reductions towards the outputs, where neighbours cancel.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..ir import Node, contiguous_strides, reduce, update
from . import views
from .simplify import rewrite

CHANNELS_LAST = (0, 2, 3, 1)  # NCHW -> NHWC
CHANNELS_FIRST = (0, 3, 1, 2)

# Which arguments of a node are images, and whether its result is one.
IMAGES = {
    "conv": ((0,), True), "conv_dx": ((0,), True), "conv_dw": ((0, 1), False),
    "pool": ((0,), True), "pool_index": ((0,), True), "pool_dx": ((0, 1), True),
}  # fmt: skip


def channels_last(wanted: Sequence[Node]) -> list[Node]:
    """Convolutions and pools on (N, H, W, C) arrays, with the maps and reductions around them."""
    return rewrite(wanted, _rule)


def _rule(node: Node) -> Node:
    if node.kind in IMAGES and "nhwc" not in node.attrs:
        # A pool is no reason to convert: it takes either order, and follows its image.
        wanted = node.kind.startswith("conv") or any(is_channels_last(a) for a in node.args)
        return _images_last(node) if wanted else node
    if node.kind == "map" and any(is_channels_last(a) for a in node.args):
        args = tuple(last(a) for a in node.args)
        return first(Node("map", args, node.attrs, args[0].shape, node.dtype))
    if node.kind == "reduce" and is_channels_last(node.args[0]):
        axes = [CHANNELS_LAST.index(a) for a in node.attrs["axes"]]
        return first(reduce(node.attrs["fn"], node.args[0].args[0], axes))
    if node.kind == "update" and any(is_channels_last(a) for a in node.args):
        return _part_last(node)
    return node


def _part_last(node: Node) -> Node:
    """An update of a box of an image, in (N, H, W, C) order; the node itself where it writes no box."""
    base, value = node.args
    own, source = contiguous_strides(base.shape), node.attrs["strides"]
    if len(value.shape) != 4 or any(stride % step for stride, step in zip(source, own)):
        return node
    whole = last(base)
    steps = [stride // step for stride, step in zip(source, own)]
    start = views.coordinates(node.attrs["offset"], own)
    inside = all(s >= 0 and s + (n - 1) * t < m for s, t, n, m in zip(start, steps, value.shape, base.shape))
    if not inside or min(steps) < 0:
        return node
    new = contiguous_strides(whole.shape)
    strides = [steps[i] * stride for i, stride in zip(CHANNELS_LAST, new)]
    offset = sum(start[i] * stride for i, stride in zip(CHANNELS_LAST, new))
    return first(update(whole, last(value), strides, offset))


def _images_last(node: Node) -> Node:
    images, result = IMAGES[node.kind]
    args = tuple(last(a) if i in images else a for i, a in enumerate(node.args))
    shape = tuple(node.shape[i] for i in CHANNELS_LAST) if result else node.shape
    made = Node(node.kind, args, {**node.attrs, "nhwc": True}, shape, node.dtype)
    return first(made) if result else made


def last(node: Node) -> Node:
    """An image in (N, H, W, C) order."""
    return node.args[0] if is_channels_last(node) else node.permute(CHANNELS_LAST)


def first(node: Node) -> Node:
    """An (N, H, W, C) array seen as (N, C, H, W)."""
    return node.permute(CHANNELS_FIRST)


def is_channels_last(node: Node) -> bool:
    """Whether a node is an (N, H, W, C) array seen as (N, C, H, W)."""
    if node.kind != "view" or len(node.shape) != 4 or len(node.args[0].shape) != 4:
        return False
    expected = first(node.args[0])
    return node.shape == expected.shape and node.attrs == expected.attrs
