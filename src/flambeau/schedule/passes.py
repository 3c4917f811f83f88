"""The passes over a graph, in order; each takes and gives the wanted nodes, and changes no number.

After the last, every wanted node is a computation with memory of its own, and the graph is in the form that
`expose.py` describes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

from .. import config
from ..ir import Node, topological
from .expose import copy, push_views
from .layout import channels_last
from .simplify import simplify
from .views import is_identity

Pass = Callable[[Sequence[Node]], list[Node]]
COMPUTED = frozenset({"map", "reduce", "update", "matmul", "conv", "conv_dx", "conv_dw", "pool", "pool_index", "pool_dx",
                      "take", "put", "scan", "sort", "host"})  # fmt: skip


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


PASSES: list[Pass] = [simplify, channels_last, simplify, own_memory, push_views, simplify]


def run_passes(wanted: Sequence[Node]) -> list[Node]:
    """All passes; what each does is told on stderr where `config.debug` is set."""
    for each in PASSES:
        start = time.perf_counter()
        wanted = each(wanted)
        if config.debug:
            elapsed = 1e3 * (time.perf_counter() - start)
            print(f"{each.__name__}: {len(topological(wanted))} nodes, {elapsed:.2f} ms", file=sys.stderr)
    return list(wanted)
