"""From the results of a recurrence to its launches."""

from __future__ import annotations

from ..cells import CELLS
from ..codegen import recurrence
from ..codegen.product import Matrix, advance
from ..ir import Node
from ..runtime.execute import Launch, Pointer
from . import views
from .bases import WEIGHTS
from .fuse import Group, base_of
from .memory import Places


def recurrence_launches(group: Group, where: Places) -> tuple[list[Launch], int]:
    """The launches of a group of results of one recurrence, and the bytes of workspace that they want."""
    node = group.nodes[0]
    attrs, operands = node.attrs, dict(zip(node.attrs["roles"], node.args))
    weights = {name: _matrix(operands[name], where) for name in WEIGHTS if name in operands}
    arrays = {name: _start(arg, where) for name, arg in operands.items() if name not in WEIGHTS}
    arrays.update((result.attrs["result"], where(result)) for result in group.nodes)
    gates, outputs = operands["weight"].shape
    made = recurrence.Recurrence(
        attrs["cell"],
        attrs["forward"],
        attrs["reverse"],
        node.dtype,
        operands["offsets"].size - 1,
        operands["x" if attrs["forward"] else "gates"].shape[0],
        attrs["batch"],
        gates // CELLS[attrs["cell"]].gates,
        outputs,
        arrays,
        weights["weight"],
        weights.get("projection"),
    )
    return recurrence.recurrence_launches(made, where.workspace)


def _start(arg: Node, where: Places) -> Pointer:
    """Where dense rows begin."""
    return advance(where(base_of(arg)), arg.attrs["offset"] * arg.dtype.itemsize if arg.kind == "view" else 0)


def _matrix(arg: Node, where: Places) -> Matrix:
    offset, *strides = views.matrix_of(arg)
    return Matrix(where(base_of(arg)), offset, *strides)
