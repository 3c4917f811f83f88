"""Convolutions run with channels last: their neighbours follow, and conversions stay only where they are needed.

Comes in: a graph whose images are (N, C, H, W). Goes out: the same with convolutions and pools on (N, H, W, C) arrays
(`nhwc` in their attrs; shape and image arguments are then in that order), permuted views around them, and the views
moved over maps and reductions towards the outputs, where neighbours cancel.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..ir import Node, contiguous_strides, reduce, update, view
from . import views
from .simplify import rewrite

Box = tuple[list[int], list[int]]
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
    if node.kind == "view":
        return _box_last(node)
    if node.kind == "update" and any(is_channels_last(a) for a in node.args):
        return _part_last(node)
    return node


def _part_last(node: Node) -> Node:
    """An update of a box of an image, in (N, H, W, C) order; the node itself where it writes no box."""
    base, value = node.args
    walk = _walk_last(base.shape, value.shape, node)
    return node if walk is None else first(update(last(base), last(value), *walk))


def _box_last(node: Node) -> Node:
    """A view of a box of an image, in (N, H, W, C) order; the node itself where it shows no box."""
    (source,), strides = node.args, node.attrs["strides"]
    if is_channels_last(source):
        walk = _walk_last(source.shape, node.shape, node)
        return node if walk is None else first(view(last(source), _ordered(node.shape), *walk))
    if len(node.shape) != 4 or len(source.shape) != 4 or is_channels_last(node):
        return node
    seen = _ordered(node.shape), _ordered(strides), node.attrs["offset"]
    plain = _box(source.shape, node.shape, strides, node.attrs["offset"])
    return first(view(source, *seen)) if plain is None and _box(source.shape, *seen) is not None else node


def _walk_last(image: Sequence[int], box: Sequence[int], node: Node) -> tuple[list[int], int] | None:
    """Strides and offset that walk a box of an image when both are in (N, H, W, C) order; None if it is no box."""
    found = _box(image, box, node.attrs["strides"], node.attrs["offset"])
    if found is None:
        return None
    own = contiguous_strides(_ordered(image))
    strides = [step * stride for step, stride in zip(_ordered(found[1]), own)]
    return strides, sum(start * stride for start, stride in zip(_ordered(found[0]), own))


def _box(image: Sequence[int], box: Sequence[int], strides: Sequence[int], offset: int) -> Box | None:
    """The first index and the step along each dimension of an image, where a walk stays within it; else None."""
    own = contiguous_strides(image)
    if len(box) != 4 or 0 in box or any(stride % step for stride, step in zip(strides, own)):
        return None
    start, steps = views.coordinates(offset, own), [stride // step for stride, step in zip(strides, own)]
    inside = all(s >= 0 and s + (n - 1) * t < m for s, t, n, m in zip(start, steps, box, image))
    return (start, steps) if inside and min(steps) >= 0 else None


def _ordered(values: Sequence[int]) -> list[int]:
    """What belongs to (N, C, H, W) in (N, H, W, C) order."""
    return [values[i] for i in CHANNELS_LAST]


def _images_last(node: Node) -> Node:
    images, result = IMAGES[node.kind]
    args = tuple(last(a) if i in images else a for i, a in enumerate(node.args))
    shape = tuple(_ordered(node.shape)) if result else node.shape
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
