"""The passes over a graph, in order; each changes the wanted nodes for others of the same values.

After the last, every wanted node is a computation with memory of its own, and the graph is in the form that
`expose.py` describes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence

from .. import config
from ..ir import Node, topological
from .bases import COMPUTED, own_bases, real_operands
from .expose import copy, dense_sums, push_views
from .halves import widen_halves
from .layout import channels_last
from .program import Order
from .simplify import simplify
from .views import inverse, is_identity, permutation

Pass = Callable[[Sequence[Node]], list[Node]]


def free_orders(wanted: Sequence[Node], free: Iterable[int]) -> tuple[list[Node], list[Order]]:
    """For outputs that may come in any order of dimensions: the array behind a permuted view, and the order it has."""
    result, orders = list(wanted), [None] * len(wanted)
    for i in free:
        node = result[i]
        order = permutation(node) if node.kind == "view" and node.args[0].kind in COMPUTED else None
        if order is not None and not is_identity(node):
            result[i], orders[i] = node.args[0], inverse(order)
    return result, orders


def own_memory(wanted: Sequence[Node]) -> list[Node]:
    """A copy for every wanted node that is a view, an input, a constant, or wanted before."""
    seen: set[Node] = set()
    result = []
    for node in wanted:
        while node.kind == "view" and is_identity(node):
            node = node.args[0]
        if node.kind not in COMPUTED or node in seen:
            node = copy(node)
        seen.add(node)
        result.append(node)
    return result


SHAPING: list[Pass] = [simplify, widen_halves, channels_last, simplify]
# What is written into comes last: no later pass may give it a second user. So does what two outputs may have become.
PLACING: list[Pass] = [own_memory, real_operands, push_views, dense_sums, simplify, own_memory, own_bases]


def run_passes(wanted: Sequence[Node], free: Iterable[int] = ()) -> tuple[list[Node], list[Order]]:
    """All passes: the new wanted nodes, and the order of each one's dimensions in memory.

    free: numbers of the wanted nodes whose dimensions may come in any order.
    """
    shaped, orders = free_orders(_run(SHAPING, wanted), free)
    return _run(PLACING, shaped), orders


def _run(passes: Sequence[Pass], wanted: Sequence[Node]) -> Sequence[Node]:
    """Some passes; what each does is told on stderr where `config.debug` is set."""
    simplest: Sequence[Node] | None = None
    for each in passes:
        if each is simplify and wanted == simplest:
            continue  # nothing has changed since
        start = time.perf_counter()
        wanted = each(wanted)
        simplest = wanted if each is simplify else simplest
        if config.debug:
            elapsed = 1e3 * (time.perf_counter() - start)
            print(f"{each.__name__}: {len(topological(wanted))} nodes, {elapsed:.2f} ms", file=sys.stderr)
    return wanted
