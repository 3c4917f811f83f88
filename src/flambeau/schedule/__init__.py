"""The scheduler: takes an IR graph and the wanted nodes, gives a Program: launches of few kernels over planned memory.

A request (`request`) is looked up by its structure in `templates`, or in the cache folder (`kept`). A new one is
planned (`plan`), in this order: passes (simplify, halves, layout, bases, expose), fuse (groups), order, batches,
memory; then nests, contractions and special write the launches. `costs` decides by sizes, `views` is the arithmetic of
strides, `symbolic` has sizes note what is done with them, `explain` prints what would run.
"""

from __future__ import annotations

import importlib
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from .. import config
from ..ir import Node
from . import templates
from .program import Interpreted, KernelRecord, Native, Program
from .request import Request

__all__ = ["KernelRecord", "Program", "build"]


def build(
    wanted: Sequence[Node],
    inputs: int,
    scalars: int = 0,
    dead: Mapping[int, int | None] | Iterable[int] = (),
    any_layout: Iterable[int] = (),
) -> Program:
    """Schedules a graph.

    wanted: the nodes whose values are asked for. inputs, scalars: how many input slots and scalars `run` will be given.
    dead: input slots whose memory nobody reads after the run, so that an output may be written over it (see
    `Program.donations`); as a mapping it names the output that each had best become. any_layout: numbers of outputs
    that may come in another order of dimensions (`Program.orders`).
    """
    if not has_compiler():
        return Interpreted(wanted)
    dead = dead if isinstance(dead, Mapping) else dict.fromkeys(dead)
    request = Request(wanted, inputs, scalars, dead, tuple(any_layout))
    return Native(templates.planned(request) if config.debug else templates.code(request))


@cache
def has_compiler() -> bool:
    """Whether kernels can be compiled; FLAMBEAU_INTERPRET=1 says no."""
    if os.environ.get("FLAMBEAU_INTERPRET", "") not in ("", "0"):
        return False
    try:
        importlib.import_module("llvmlite.binding")
    except (ImportError, OSError) as error:
        warnings.warn(f"llvmlite cannot be imported ({error}): everything runs in NumPy, slowly", RuntimeWarning, 4)
        return False
    return True
