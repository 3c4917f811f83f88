"""Attention nodes as tasks: the parts of one attention are one launch.

In: nodes that differ in their parts alone. Out: the task that writes all of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..codegen.attention import attention_task
from ..codegen.attention_blocks import Attention
from ..codegen.attention_gradient import PARTS, attention_gradient_task
from ..codegen.kernel import Operand
from ..codegen.loops import Access
from ..codegen.targets import host
from ..ir import ATTENTION, Node, contiguous_strides
from ..runtime.execute import Task
from .fuse import base_of
from .memory import Places
from .views import inverse


def attention_launch(nodes: Sequence[Node], where: Places) -> Task:
    """The task of attention nodes."""
    first = nodes[0]
    attention, names = described(first), ATTENTION[first.kind]
    operands = {name: _operand(arg, where) for name, arg in zip(names, first.args)}
    for node in nodes:
        operands |= _results(node, where)
    if "rows" in names:
        operands["rows"] = _rows(first.args[names.index("rows")], where)
    rest = list(first.args[len(names) :])
    mask = kept = None
    if first.attrs["masked"]:
        arg = rest.pop(0)
        operand = _operand(arg, where)
        inner = operand.strides[4] if operand.strides[4] in (0, 1) else None
        mask = operand, Access(arg.dtype, inner=inner)
    if rest:
        kept = where(base_of(rest[0]))
    make = attention_task if first.kind == "attention" else attention_gradient_task
    return make(host(), attention, operands, mask, kept)


def described(node: Node) -> Attention:
    """What an attention node computes."""
    start, attrs = ATTENTION[node.kind].index("q"), node.attrs
    q, k, v = node.args[start : start + 3]
    return Attention(
        q.dtype, q.shape[:3], q.shape[3], k.shape[3], q.shape[4], v.shape[4],
        attrs["scale"], attrs["causal"], attrs["keep"],
    )  # fmt: skip


def attention_flops(nodes: Sequence[Node]) -> int:
    """Multiplications and additions of attention nodes."""
    a = described(nodes[0])
    scores = a.count * a.queries * a.keys // (1 + a.causal)
    return scores * (2 * (a.depth + a.width) if nodes[0].kind == "attention" else 2 * (3 * a.depth + 2 * a.width))


def _operand(arg: Node, where: Places) -> Operand:
    offset = arg.attrs["offset"] if arg.kind == "view" else 0
    strides = arg.attrs["strides"] if arg.kind == "view" else contiguous_strides(arg.shape)
    return Operand(where(base_of(arg)), offset, tuple(strides))


def _rows(node: Node, where: Places) -> Operand:
    """The first of the two numbers of each row."""
    return Operand(where(base_of(node)), 0, (*contiguous_strides(node.shape)[1:], 0))


def _results(node: Node, where: Places) -> dict[str, Operand]:
    """The operands that a node is: its dimensions lie in memory in the order that it says."""
    part, strides = node.attrs["part"], contiguous_strides(node.shape)
    if part == "rows":
        return {part: _rows(node, where)}
    if part == "packed":
        steps = [strides[i] for i in inverse(node.attrs["order"])]
        return {name: Operand(where(node), i * steps[5], tuple(steps[:5])) for i, name in enumerate(PARTS)}
    return {part: Operand(where(node), 0, tuple(strides[i] for i in inverse(node.attrs["order"])))}
