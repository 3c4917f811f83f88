"""The scheduler: takes an IR graph and the wanted nodes, gives a Program: launches of few kernels over planned memory."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Sequence

from ..ir import Node
from .program import Interpreted, KernelRecord, Program

__all__ = ["KernelRecord", "Program", "build"]


def build(
    wanted: Sequence[Node],
    inputs: int = 0,
    scalars: int = 0,
    dead: Iterable[int] = (),
    any_layout: Iterable[int] = (),
) -> Program:
    """Schedules a graph.

    wanted: the nodes whose values are asked for. inputs, scalars: how many input slots and scalars `run` will be given.
    dead: input slots whose memory nobody reads after the run, so that an output may be written over it (see
    `Program.donations`). any_layout: numbers of outputs that may come in another order of dimensions (`Program.orders`).
    """
    return Interpreted(wanted)
