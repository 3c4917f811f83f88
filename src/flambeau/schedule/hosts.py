"""Nodes that Python computes between launches, for want of a kernel."""

from __future__ import annotations

import ctypes

from .. import dtypes
from ..ir import Node
from ..runtime.interpret import evaluate
from .memory import Places
from .program import SCALARS, at_address

# How numbers of each kind stand in the scalar table; the others are int64.
HELD = {dtypes.FLOAT: dtypes.float64, dtypes.COMPLEX: dtypes.complex128}


class HostNode:
    """Computes a node in NumPy; `table` is the plan's, where its arguments' addresses are."""

    def __init__(self, node: Node, places: Places):
        self.node, self.places = node, places
        self.table: ctypes.Array | None = None

    def __call__(self) -> None:
        values = [self._array(a) for a in self.node.args]
        self._memory(self.node)[...] = evaluate(self.node, values).reshape(self.node.shape)

    def _array(self, arg: Node):
        if arg.kind == "view":
            return evaluate(arg, [self._array(arg.args[0])]).reshape(arg.shape)
        if arg.kind == "scalar":
            held = HELD.get(arg.dtype.category, dtypes.int64)
            return at_address(self.table[SCALARS] + 8 * arg.attrs["index"], (), held).astype(arg.dtype.numpy)
        return evaluate(arg, []).reshape(arg.shape) if arg.kind in ("const", "iota") else self._memory(arg)

    def _memory(self, node: Node):
        place = self.places(node)
        return at_address(self.table[place.slot] + place.offset, node.shape, node.dtype)
