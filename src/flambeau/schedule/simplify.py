"""Rewriting node by node: exact algebra, views of views, folded constants, each distinct computation once.

Takes and gives the wanted nodes of a graph. What is dead falls away by itself: only what the wanted nodes reach is
rebuilt. Every rule is exact for every value, signed zeros and NaN included.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence

from ..dtypes import BOOL, FLOAT, INTEGER, dtype
from ..ir import Node, broadcast, const, contiguous_strides, matmul, topological, view
from ..runtime import interpret
from . import views
from .symbolic import Symbol

Rule = Callable[[Node], Node]

# What every backend rounds in the same way, so that folding shows in no bit.
FOLDABLE = frozenset({"add", "sub", "mul", "div", "neg", "cast", "lt", "le", "gt", "ge", "eq", "ne", "where", "not"})
LONGEST_SUM = 3072  # `codegen.cut.LONGEST_SUM`: a longer row's sum may be cut, by the number of rows
MANY_ROWS = 2  # times the rows of a table, that are taken from it, are too many to be multiplied one by one
MANTISSA = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}


def rewrite(wanted: Sequence[Node], rule: Rule) -> list[Node]:
    """Rebuilds a graph bottom-up, every node passed through a rule."""
    new: dict[Node, Node] = {}
    for node in topological(wanted):
        new[node] = rule(with_args(node, tuple(map(new.__getitem__, node.args))))
    return [new[node] for node in wanted]


def with_args(node: Node, args: tuple[Node, ...]) -> Node:
    """The same computation of other arguments."""
    return node if args == node.args else Node(node.kind, args, node.attrs, node.shape, node.dtype)


def simplify(wanted: Sequence[Node]) -> list[Node]:
    """Exact algebra, composed views, folded constants and common subexpressions."""
    share = Sharing()

    def rule(node: Node) -> Node:
        simpler = SIMPLER.get(node.kind)
        while simpler is not None and (found := simpler(node)) is not node:
            node = found
            simpler = SIMPLER.get(node.kind)
        return share(node)

    return rewrite(wanted, rule)


class Sharing:
    """Gives one node for all equal computations that it is shown."""

    def __init__(self):
        self._known: dict[tuple, Node] = {}

    def __call__(self, node: Node) -> Node:
        return self._known.setdefault(key(node), node)


def key(node: Node) -> tuple:
    """Equal for nodes that compute the same from the same argument objects."""
    # By its bits, for 0.0 == -0.0 and NaN != NaN.
    attrs = _bits(node.attrs["value"]) if node.kind == "const" else tuple(node.attrs.items())
    return (node.kind, node.args, attrs, node.shape, node.dtype)


def _bits(value) -> object:
    return struct.pack("d", value) if isinstance(value, float) else value


# ---------------------------------------------------------------- rules
def _view(node: Node) -> Node:
    source = node.args[0]
    if source.shape == node.shape and views.is_identity(node):
        return source
    if source.kind != "view":
        return node
    found = views.compose(
        node.shape,
        node.attrs["strides"],
        node.attrs["offset"],
        source.shape,
        source.attrs["strides"],
        source.attrs["offset"],
    )
    return node if found is None else view(source.args[0], node.shape, *found)


def _map(node: Node) -> Node:
    numbers = [constant(a) for a in node.args]
    if node.attrs["fn"] in FOLDABLE and "copy" not in node.attrs and all(map(_is_known, numbers)):
        return _fold(node, numbers)
    rule = ALGEBRA.get(node.attrs["fn"])
    return rule(node, *numbers) if rule else node


def constant(node: Node) -> Node | None:
    """The constant that every element of a node is, if it is one."""
    if node.kind == "view":
        node = node.args[0]
    return node if node.kind == "const" else None


def _is_known(number: Node | None) -> bool:
    """Whether there is a constant, and it is the same whenever the plan is used."""
    return number is not None and type(number.attrs["value"]) is not Symbol


def _fold(node: Node, numbers: Sequence[Node]) -> Node:
    scalar = Node("map", tuple(numbers), node.attrs, (), node.dtype)
    result = interpret.interpret([scalar], [])[0]
    value = interpret.widen(result, node.dtype).item()
    return (
        view(const(value, node.dtype), node.shape, (0,) * len(node.shape), 0)
        if node.shape
        else const(value, node.dtype)
    )


def _is(number: Node | None, value: float) -> bool:
    return number is not None and number.attrs["value"] == value


def _mul(node: Node, a, b) -> Node:
    return node.args[1] if _is(a, 1) else node.args[0] if _is(b, 1) else node


def _div(node: Node, a, b) -> Node:
    return node.args[0] if _is(b, 1) else node


def _add(node: Node, a, b) -> Node:
    # x + 0.0 turns -0.0 into 0.0, so only integers lose their zero.
    if node.dtype.category == INTEGER:
        return node.args[1] if _is(a, 0) else node.args[0] if _is(b, 0) else node
    return node


def _sub(node: Node, a, b) -> Node:
    # x - 0.0 is x for every x; x - -0.0 is not.
    plain = _is(b, 0) and str(b.attrs["value"])[0] != "-" if b is not None else False
    return node.args[0] if plain else node


def _neg(node: Node, a) -> Node:
    inner = node.args[0]
    return inner.args[0] if inner.kind == "map" and inner.attrs["fn"] == "neg" else node


def _cast(node: Node, a) -> Node:
    inner = node.args[0]
    if "copy" in node.attrs:  # memory of its own is what it is for
        return node
    if inner.dtype is node.dtype:
        return inner
    if inner.kind == "map" and inner.attrs["fn"] == "cast" and _lossless(inner.args[0].dtype, inner.dtype):
        return inner.args[0].cast(node.dtype)
    return node


def _lossless(a: dtype, b: dtype) -> bool:
    """Whether every number of type a is one of type b."""
    if a is b or a.category == BOOL:
        return True
    if a.is_rare or b.is_rare:
        return False
    if a.category == b.category == FLOAT:
        return a.itemsize < b.itemsize
    if a.category == b.category == INTEGER:
        return a.itemsize < b.itemsize and (b.is_signed or not a.is_signed)
    if a.category == INTEGER and b.category == FLOAT:
        return 8 * a.itemsize <= MANTISSA[b.name]
    return False


def _reduce(node: Node) -> Node:
    source = node.args[0]
    idle = all(source.shape[i] == 1 for i in node.attrs["axes"])
    return source if idle and node.dtype is source.dtype and not node.attrs["fn"].startswith("arg") else node


def _empty_sum(node: Node) -> Node:
    """A contraction over no element at all is zero."""
    nothing = node.size and any(a.size == 0 for a in node.args)
    return broadcast(const(0, node.dtype), node.shape) if nothing else node


def _matmul(node: Node) -> Node:
    """A batch of one dimension that an operand could not give without a copy gets the operand's own dimensions."""
    for arg in node.args:
        if len(node.shape) == 3 and arg.kind == "view" and arg.args[0].kind == "view":
            lead = arg.args[0].shape[:-2]
            if len(lead) > 1 and math.prod(lead) == node.shape[0] > 0:
                a, b = (_batched(x, lead) for x in node.args)
                return matmul(a, b, node.dtype).reshape(node.shape)
    return _rows_by_number(_empty_sum(node))


def _rows_by_number(node: Node) -> Node:
    """The product of rows that are taken from a much smaller table: the rows of the table's product are taken.

    An embedding before a layer is one; each row's sum is the same, so long as it is not cut (see `codegen/cut.py`).
    """
    if node.kind != "matmul" or len(node.shape) != 2 or node.args[0].shape[1] > LONGEST_SUM:
        return node
    found = _taken(node.args[0])
    if found is None or len(found[0].args[0].shape) != 2 or found[1].size < MANY_ROWS * found[0].args[0].shape[0]:
        return node
    rows, index = found
    table = matmul(rows.args[0], node.args[1], node.dtype)
    return Node("take", (table, index), rows.attrs, node.shape, node.dtype)


def _taken(arg: Node) -> tuple[Node, Node] | None:
    """The `take` of which an argument shows whole rows, and the numbers of the rows that it shows."""
    if arg.kind == "take":
        return arg, arg.args[1]
    if arg.kind != "view" or (below := _taken(arg.args[0])) is None:
        return None
    width, (*steps, last), offset = arg.args[0].shape[-1], arg.attrs["strides"], arg.attrs["offset"]
    if arg.shape[-1] != width or last != 1 or any(place % width for place in (*steps, offset)):
        return None
    return below[0], view(below[1], arg.shape[:-1], [step // width for step in steps], offset // width)


def _batched(arg: Node, lead: tuple[int, ...]) -> Node:
    """A batch of matrices with its first dimension as several."""
    strides = arg.attrs["strides"] if arg.kind == "view" else contiguous_strides(arg.shape)
    steps = [strides[0] * step for step in contiguous_strides(lead)]
    offset = arg.attrs["offset"] if arg.kind == "view" else 0
    source = arg.args[0] if arg.kind == "view" else arg
    return _view(view(source, (*lead, *arg.shape[1:]), (*steps, *strides[1:]), offset))


ALGEBRA = {"mul": _mul, "div": _div, "add": _add, "sub": _sub, "neg": _neg, "cast": _cast}
SIMPLER: dict[str, Rule] = {"view": _view, "map": _map, "reduce": _reduce, "matmul": _matmul} | dict.fromkeys(
    ("conv", "conv_dx", "conv_dw"), _empty_sum
)
