"""explain(tensor): what would run if its value were asked for now."""

from __future__ import annotations

from . import schedule
from .schedule.explain import explain as table
from .trace.program import slots_to_nodes
from .trace.sync import pending
from .trace.trie import TRACE


class Explanation:
    """The kernels of a plan; prints as a table."""

    def __init__(self, program: schedule.Program | None):
        self.kernels = program.kernels if program else []
        self._text = table(program) if program else "nothing to run: the value lies in memory"

    def __repr__(self):
        return self._text


def explain(tensor) -> Explanation:
    """The kernels that would compute a tensor: what each fuses, the bytes it moves, its FLOPs. Nothing is run."""
    if not pending(tensor.storage):
        return Explanation(None)
    node = slots_to_nodes(TRACE.state)[tensor.storage.slot]
    return Explanation(schedule.build([node], len(TRACE.inputs), len(TRACE.scalars), any_layout=[0]))
