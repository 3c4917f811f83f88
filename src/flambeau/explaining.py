"""explain(tensor): what would run if its value were asked for now."""

from __future__ import annotations

from . import schedule
from .trace.program import slots_to_nodes
from .trace.sync import pending
from .trace.trie import TRACE


class Explanation:
    """The kernels of a plan; prints as a table."""

    def __init__(self, kernels):
        self.kernels = kernels

    def __repr__(self):
        if not self.kernels:
            return "nothing to run: the value lies in memory"
        head = f"{'kernel':32s} {'kind':12s} {'MB':>9s} {'MFLOP':>9s}  fuses"
        rows = [f"{k.label:32.32s} {k.kind:12s} {k.bytes / 1e6:9.3f} {k.flops / 1e6:9.3f}  {' '.join(k.fused)}" for k in self.kernels]
        total = f"{len(self.kernels)} kernels, {sum(k.bytes for k in self.kernels) / 1e6:.3f} MB, {sum(k.flops for k in self.kernels) / 1e6:.3f} MFLOP"
        return "\n".join([head, *rows, total])


def explain(tensor) -> Explanation:
    """The kernels that would compute a tensor: what each fuses, the bytes it moves, its FLOPs. Nothing is run."""
    if not pending(tensor.storage):
        return Explanation([])
    node = slots_to_nodes(TRACE.state)[tensor.storage.slot]
    return Explanation(schedule.build([node], len(TRACE.inputs), len(TRACE.scalars)).kernels)
