"""From a state of the trie to an IR graph: what the steps on the way there mean.

In: a state and the slots that are wanted. Out: IR nodes. Every op is lowered by its own declaration; writes through
views become `update` nodes, so that nothing below knows of aliasing.
"""

from __future__ import annotations

from .. import dtypes, ir
from ..meta import Meta
from ..meta import meta as meta_of
from .trie import Call, Enter, Number, State

NUMBER_TYPES = {float: dtypes.float64, int: dtypes.int64, bool: dtypes.bool_, complex: dtypes.complex128}


def path(state: State) -> list[tuple[int, Enter | Call]]:
    """The records that lead to a state, in order, each with its depth."""
    records = []
    while state.parent is not None:
        if state.record is not None:
            records.append((state.depth, state.record))
        state = state.parent
    records.reverse()
    return records


def slots_to_nodes(state: State) -> dict[int, ir.Node]:
    """The content of every slot of a program, as IR nodes."""
    content: dict[int, ir.Node] = {}
    entered = 0
    for depth, record in path(state):
        if isinstance(record, Enter):
            content[record.slot] = _entered(record, entered)
            entered += 1
        else:
            with ir.origin(depth):
                _call(record, content)
    return content


def _entered(record: Enter, index: int) -> ir.Node:
    shape, order = record.content.shape, record.order
    if order is None:
        return ir.input_(index, shape, record.content.dtype)
    stored = ir.input_(index, [shape[i] for i in order], record.content.dtype)
    return stored.permute([order.index(i) for i in range(len(order))])


def _call(record: Call, content: dict[int, ir.Node]) -> None:
    nodes = [_argument(a, content) for a in record.args]
    metas = [a[1] if isinstance(a, tuple) else None for a in record.args]
    values = record.op.lowered(nodes, record.attrs, tuple(m for _, m in record.outs), metas)
    for i, (value, (slot, meta)) in enumerate(zip(values, record.outs)):
        if record.targets:
            content[slot] = written(content[record.targets[i]], value, meta)
        else:
            content[slot] = stored(value, meta)


def _argument(argument, content):
    if isinstance(argument, Number):
        return ir.scalar(argument.index, NUMBER_TYPES[argument.kind])
    return argument if argument is None else seen(content[argument[0]], argument[1])


def seen(node: ir.Node, meta) -> ir.Node:
    """The content as a view shows it."""
    if node.dtype is not meta.dtype:
        if not _divides(node, meta):
            chosen = seen(ir.reinterpret(node, dtypes.uint8), _by_bytes(meta))
            return ir.reinterpret(chosen, meta.dtype).reshape(meta.shape)
        node = ir.reinterpret(node, meta.dtype)
    if node.shape == meta.shape and meta.contiguous and meta.offset == 0:
        return node
    return ir.view(node, meta.shape, meta.strides, meta.offset)


def _divides(node: ir.Node, meta: Meta) -> bool:
    """Whether a content is a whole number of elements of a view's type."""
    return node.size * node.dtype.itemsize % meta.dtype.itemsize == 0


def _by_bytes(m: Meta) -> Meta:
    """The bytes that a view shows, in a last dimension."""
    size = m.dtype.itemsize
    return meta_of((*m.shape, size), (*(s * size for s in m.strides), 1), m.offset * size, dtypes.uint8)


def stored(value: ir.Node, meta) -> ir.Node:
    """A fresh result as its storage keeps it: dimensions in memory order."""
    return value if meta.contiguous else value.permute(meta.memory_order)


def written(before: ir.Node, value: ir.Node, meta) -> ir.Node:
    """The content after a value was written through a view."""
    if before.dtype is not meta.dtype:
        kind = meta.dtype
        if not _divides(before, meta):
            value, meta = ir.broadcast(value.cast(kind), meta.shape), _by_bytes(meta)
            kind, value = meta.dtype, ir.reinterpret(value, meta.dtype).reshape(meta.shape)
        after = written(ir.reinterpret(before, kind), value, meta)
        return ir.reinterpret(after, before.dtype).reshape(before.shape)
    value = ir.broadcast(value.cast(meta.dtype), meta.shape)
    if meta.numel == before.size and meta.offset == 0:
        if meta.contiguous:
            return value.reshape(before.shape)
        if meta.dense:
            return value.permute(meta.memory_order).reshape(before.shape)
    return ir.update(before, value, meta.strides, meta.offset)
