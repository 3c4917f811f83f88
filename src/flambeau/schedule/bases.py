"""Memory of their own for arrays that are written into, and for operands that must lie in memory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import combinations, count

from ..ir import ATTENTION, Node, contiguous_strides, topological
from . import views
from .expose import FREE, copy, uses_of
from .simplify import rewrite, with_args

WRITING = frozenset({"update", "put"})
COMPUTED = frozenset({"map", "reduce", "matmul", "conv", "conv_dx", "conv_dw", "pool", "pool_index", "pool_dx", "take",
                      "attention", "attention_grad", "scan", "sort", "nonzero", "host", "reinterpret", "recur",
                      *WRITING})  # fmt: skip
POINTWISE = frozenset({"map", "reduce"})
# Arguments that are read element by element inside a loop nest, and those that may have any strides.
STREAMED = frozenset({("update", 1), ("take", 1)})
STRIDED = frozenset({("take", 0), ("conv", 1), ("conv_dx", 1)}) | {
    (kind, i) for kind in ("pool", "pool_index", "pool_dx") for i in range(2)
}
WEIGHTS = ("weight", "projection")  # of `recur`: they are packed
BATCHES = 64  # batches of one stride each, at most, in which a matmul with two is done
_numbers = count()


def own_bases(wanted: Sequence[Node]) -> list[Node]:
    """What `update` and `put` write into is memory that nobody else looks at; `empty` where all of it is written."""
    uses, covered = uses_of(wanted), _covered(wanted)
    new: dict[Node, Node] = {}
    for node in topological(wanted):
        args = [new[a] for a in node.args]
        if node in covered:
            args[0] = Node("empty", (), {"number": next(_numbers)}, node.shape, node.dtype)
        elif node.kind in WRITING and not (node.args[0].kind in COMPUTED and uses[node.args[0]] == 1):
            args[0] = copy(args[0])
        new[node] = with_args(node, tuple(args))
    return [new[node] for node in wanted]


def real_operands(wanted: Sequence[Node]) -> list[Node]:
    """Copies where an operand must be an array in memory, of a layout that its kernel reads."""
    copies = cache(copy)

    def rule(node: Node) -> Node:
        if node.kind in POINTWISE or node.kind == "view":
            return node
        return with_args(node, tuple(a if _readable(node, i, a) else copies(a) for i, a in enumerate(node.args)))

    return rewrite(wanted, rule)


def _readable(node: Node, number: int, arg: Node) -> bool:
    """Whether the kernel of a node can read an argument where and as it is."""
    if node.kind in ATTENTION:
        return _readable_by_attention(node, number, arg)
    streamed = (node.kind, number) in STREAMED
    if (arg.args[0] if arg.kind == "view" else arg).kind in FREE:
        return streamed
    if arg.kind != "view" or streamed or (node.kind, number) in STRIDED:
        return True
    if node.kind == "recur":
        if node.attrs["roles"][number] in WEIGHTS:
            return views.matrix_of(arg) is not None
        return arg.attrs["strides"] == contiguous_strides(arg.shape)
    if node.kind == "matmul":
        together = views.batches(*node.args)
        return views.matrix_of(arg) is not None or (together is not None and min(together[0]) <= BATCHES)
    return views.is_identity(arg)


def _readable_by_attention(node: Node, number: int, arg: Node) -> bool:
    """Whether an argument has rows of neighbours, or is a mask; that of dropout is dense."""
    names = ATTENTION[node.kind]
    if (arg.args[0] if arg.kind == "view" else arg).kind in FREE:
        return False
    if arg.kind != "view":
        return True
    name = [*names, *["mask"] * node.attrs["masked"], "kept"][number]
    if name in ("rows", "kept"):
        return views.is_identity(arg)
    return name == "mask" or arg.shape[-1] == 1 or arg.attrs["strides"][-1] == 1


def _covered(wanted: Sequence[Node]) -> set[Node]:
    """The first update of every chain of updates that writes all elements of its base."""
    order, uses = topological(wanted), uses_of(wanted)
    inner = {n.args[0] for n in order if n.kind == "update" and uses[n.args[0]] == 1}
    result = set()
    for node in order:
        if node.kind == "update" and node not in inner:
            chain = [node]
            while chain[-1].args[0].kind == "update" and chain[-1].args[0] in inner:
                chain.append(chain[-1].args[0])
            if covers(chain):
                result.add(chain[-1])
    return result


def covers(chain: Sequence[Node]) -> bool:
    """Whether updates of one array write each of its elements exactly once."""
    whole = sum(u.args[1].size for u in chain) == chain[0].size and all(map(_injective, chain))
    return whole and (len(chain) == 1 or all(disjoint(a, b) for a, b in combinations(map(region, chain), 2)))


def disjoint(a: Sequence[tuple[int, int]], b: Sequence[tuple[int, int]]) -> bool:
    """Whether two regions of one array have no element in common."""
    return any(low > top or high < bottom for (low, high), (bottom, top) in zip(a, b))


def region(update: Node) -> list[tuple[int, int]]:
    """The first and the last index along each dimension of the base that an update writes."""
    own = contiguous_strides(update.shape)
    low = views.coordinates(update.attrs["offset"], own)
    high = list(low)
    for size, stride in zip(update.args[1].shape, update.attrs["strides"]):
        for j, step in enumerate(views.coordinates(stride, own) if size > 1 else ()):
            low[j] += min(step * (size - 1), 0)
            high[j] += max(step * (size - 1), 0)
    inside = all(lo >= 0 and hi < size for lo, hi, size in zip(low, high, update.shape))
    # A walk that carries over from row to row is no box: it may touch everything.
    return list(zip(low, high)) if inside else [(0, size - 1) for size in update.shape]


def _injective(update: Node) -> bool:
    reach = 0
    pairs = zip(update.args[1].shape, update.attrs["strides"])
    for stride, size in sorted((abs(stride), size) for size, stride in pairs if size > 1):
        if stride <= reach:
            return False
        reach += stride * (size - 1)
    return True
