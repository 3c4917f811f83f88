"""Half precision where many numbers are added up: sums and contractions are done in float32 and rounded once.

Products of bfloat16 matrices, and convolutions, are left to the processor where it has instructions for them: these
take bfloat16 and give float32 sums. In the same way products of bytes are left to it, or else done in float32.
"""

from __future__ import annotations

from collections.abc import Sequence

from .. import dtypes
from ..codegen.pairing import can_pair, can_pair_filters
from ..codegen.registers import BYTES
from ..codegen.targets import host
from ..dtypes import dtype
from ..ir import Node
from .simplify import rewrite

HALVES = frozenset({dtypes.float16, dtypes.bfloat16})
ADDING = frozenset({"matmul", "conv", "conv_dx", "conv_dw", "pool_dx"})


def widen_halves(wanted: Sequence[Node]) -> list[Node]:
    """Sums, products and contractions of 16-bit floats in float32."""
    return rewrite(wanted, _rule)


def factors_of(node: Node) -> dtype:
    """The type of what a contraction multiplies."""
    of = node.args[0].dtype
    return BYTES if of is dtypes.uint8 is not node.dtype else of


def _rule(node: Node) -> Node:
    if node.kind in ("matmul", "conv") and factors_of(node) is BYTES:
        return node if _by_pairs(node) else _in_floats(node)
    if node.kind in ADDING and node.dtype is dtypes.float32 and node.args[0].dtype in HALVES:
        return node if _by_pairs(node) else _widened(node)
    if node.dtype not in HALVES or not (node.kind in ADDING or node.attrs.get("fn") in ("sum", "prod") or _adds(node)):
        return node
    if _by_pairs(node):
        return Node(node.kind, node.args, node.attrs, node.shape, dtypes.float32).cast(node.dtype)
    return _widened(node).cast(node.dtype)


def _widened(node: Node) -> Node:
    args = tuple(a.cast(dtypes.float32) if a.dtype in HALVES else a for a in node.args)
    return Node(node.kind, args, node.attrs, node.shape, dtypes.float32)


def _in_floats(node: Node) -> Node:
    """A product of bytes as one of floats, which hold sums of a thousand products exactly."""
    args = tuple(x.cast(dtypes.float32) for x in node.args)
    return Node(node.kind, args, node.attrs, node.shape, dtypes.float32).cast(node.dtype)


def _by_pairs(node: Node) -> bool:
    """Whether a contraction takes its operands as they are."""
    if node.kind == "matmul":
        return can_pair(host(), factors_of(node), node.args[0].shape[-1])
    kind = {"conv": "forward", "conv_dx": "dx"}.get(node.kind)
    return kind is not None and can_pair_filters(
        host(), kind, factors_of(node), node.args[1].shape, node.attrs["groups"]
    )


def _adds(node: Node) -> bool:
    return node.kind == "put" and node.attrs["fn"] in ("add", "mul")
