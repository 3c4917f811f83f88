"""Nodes with kernels of their own: windows, rows by index, running sums, orders, attention."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from ..codegen.compaction import nonzero_tasks
from ..codegen.elements import element_tasks
from ..codegen.kernel import Operand
from ..codegen.ordering import sort_scratch, sort_task
from ..codegen.scan import scan_tasks
from ..codegen.scatter import put_task
from ..codegen.selection import select_tasks, worth_selecting
from ..codegen.window import Pooling, pool_dx_task, pool_task
from ..ir import ATTENTION, Node, contiguous_strides
from ..runtime.execute import Task
from .attention import attention_launch
from .fuse import base_of
from .memory import Places

NHWC = (0, 3, 1, 2)  # where n, c, h and w are


Tasks = tuple[list[Task], int]  # one after the other, and the bytes of workspace that they want


def special_tasks(nodes: Sequence[Node], where: Places) -> Tasks | None:
    """The tasks of a group's nodes; None for what only Python can do."""
    node = nodes[0]
    if node.kind in ATTENTION:
        return [attention_launch(nodes, where)], 0
    made = None if any(n.dtype.is_hosted for n in (node, *node.args)) else TASKS.get(node.kind)
    return None if made is None else made(node, where)


def _operand(arg: Node, where: Places, strides=None) -> Operand:
    offset = arg.attrs["offset"] if arg.kind == "view" else 0
    own = arg.attrs["strides"] if arg.kind == "view" else contiguous_strides(arg.shape)
    return Operand(where(base_of(arg)), offset, tuple(strides or own))


def _image(arg: Node, where: Places, node: Node) -> Operand:
    operand = _operand(arg, where)
    if "nhwc" not in node.attrs:
        return operand
    return Operand(operand.pointer, operand.offset, tuple(operand.strides[i] for i in NHWC))


def _pooling(node: Node, image: Node, result: Node) -> Pooling:
    order = NHWC if "nhwc" in node.attrs else (0, 1, 2, 3)
    n, c, h, w = (image.shape[i] for i in order)
    attrs = node.attrs
    pairs = (
        attrs[name] or (1, 1) if name != "padding" else attrs[name] or (0, 0)
        for name in ("stride", "padding", "dilation")
    )
    return Pooling(n, c, (h, w), tuple(result.shape[i] for i in order[2:]), attrs["window"], *pairs)


def _pool(node: Node, where: Places) -> Tasks:
    x = node.args[0]
    fn = "index" if node.kind == "pool_index" else node.attrs["fn"]
    return [pool_task(fn, x.dtype, _pooling(node, x, node), _image(x, where, node), _image(node, where, node))], 0


def _pool_dx(node: Node, where: Places) -> Tasks:
    g, *rest = (_image(a, where, node) for a in node.args)
    x = rest[0] if rest else None
    pooling = _pooling(node, node, node.args[0])
    return [pool_dx_task(node.attrs["fn"], node.dtype, pooling, g, x, _image(node, where, node))], 0


def _put(node: Node, where: Places) -> Tasks:
    _, index, value = node.args
    fn, of, rows, rest = node.attrs["fn"], node.dtype, node.shape[0], math.prod(node.shape[1:])
    same = (0,) if value.size == 1 else None
    operands = [_operand(node, where), _operand(index, where), _operand(value, where, same)]
    fault = node.attrs.get("where", 0)
    if "elements" in node.attrs:
        outer, rows, inner = node.shape
        return element_tasks(fn, of, outer, rows, index.shape[1], inner, *operands, where.workspace, fault)
    if rest == 1:
        return element_tasks(fn, of, 1, rows, index.size, 1, *operands, where.workspace, fault)
    walks = (rest, 1), (1,), (rest, 1)
    operands = [replace(operand, strides=walk) for operand, walk in zip(operands, walks)]
    return [put_task(fn, of, rows, rest, index.size, *operands, fault)], 0


def _around(node: Node) -> tuple[int, int, int]:
    """A shape as (outer, length, inner) around the axis of a node."""
    axis, shape = node.attrs["axis"], node.args[0].shape
    return math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])


def _scan(node: Node, where: Places) -> Tasks:
    sizes = _around(node)
    strides = (sizes[1] * sizes[2], sizes[2], 1)
    operands = _operand(node.args[0], where, strides), _operand(node, where, strides)
    reverse = node.attrs.get("reverse", False)
    return scan_tasks(node.attrs["fn"], node.dtype, *sizes, *operands, where.workspace, reverse)


def _sort(node: Node, where: Places) -> Tasks:
    sizes, of, descending = _around(node), node.args[0].dtype, node.attrs["descending"]
    outer, length, inner = sizes
    count = node.shape[node.attrs["axis"]]
    x = _operand(node.args[0], where, (length * inner, inner, 1))
    order = _operand(node, where, (count * inner, inner, 1))
    if inner == 1 and worth_selecting(length, count):
        return select_tasks(of, outer, length, count, descending, x, order, where.workspace)
    task = sort_task(of, *sizes, descending, x, order, where.workspace, count=count)
    return [task], sort_scratch(of, *sizes)


def _nonzero(node: Node, where: Places) -> Tasks:
    mask = node.args[0]
    return nonzero_tasks(mask.size, _operand(mask, where), _operand(node, where), where.workspace)


TASKS = {
    "pool": _pool, "pool_index": _pool, "pool_dx": _pool_dx, "put": _put, "scan": _scan, "sort": _sort,
    "nonzero": _nonzero,
}  # fmt: skip
