"""Program: what `schedule.build` gives; run every step by the trace layer with nothing but addresses and numbers.

Two forms with one interface: Interpreted (NumPy, node by node) and Native (Code: a plan of compiled kernels), which
fills addresses and numbers into the plan's table and runs it.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..dtypes import dtype
from ..ir import Node, topological
from ..runtime import execute
from ..runtime.execute import HostCall, Plan, Segment
from ..runtime.interpret import Fault, interpret

SCALARS, SCRATCH, FIRST_INPUT = 1, 2, 3  # slots of a plan's table; 0 is the status block
Status = tuple[int, int, int, int]
Order = tuple[int, ...] | None  # of dimensions in memory, outermost first; None: row-major


@dataclass(frozen=True)
class KernelRecord:
    """One launch, for people: what it is, which ops it fuses, bytes it moves, operations it does, tasks in it."""

    label: str
    kind: str
    fused: tuple[str, ...]
    bytes: int
    flops: int
    launches: int


class Program:
    """A scheduled graph.

    orders:     for each output the order of its dimensions in memory, outermost first; None means row-major.
    donations:  output number -> input slot: the caller passes that input's memory as the output's memory.
    kernels:    what runs, in order.
    """

    def __init__(self, orders: Sequence[Order], donations: dict[int, int], kernels: list[KernelRecord]):
        self.orders, self.donations, self.kernels = list(orders), donations, kernels

    def run(self, inputs: Sequence[int], scalars: Sequence[float], outputs: Sequence[int]) -> Status | None:
        """Runs the program on addresses of dense memory; None, or the fault that a kernel met.

        inputs: one address per input slot; scalars: one number per scalar; outputs: one address per output.
        """
        raise NotImplementedError


def at_address(address: int, shape: tuple[int, ...], d: dtype) -> np.ndarray:
    """The memory at an address as an array; the caller keeps the memory alive."""
    size = int(np.prod(shape, dtype=np.int64))
    if size == 0:
        return np.empty(shape, d.numpy)
    return np.frombuffer((ctypes.c_char * (size * d.itemsize)).from_address(address), d.numpy).reshape(shape)


@dataclass
class Code:
    """A compiled program as data.

    steps: what runs.  slots: inputs and outputs together.  scalars: the struct format of the run-time numbers.
    numbers: formats and values that kernels read after these.  scratch: bytes of temporaries.
    The rest is as in Program.
    """

    steps: list[Segment | HostCall]
    slots: int
    scalars: str
    numbers: list[tuple[str, float]]
    scratch: int
    orders: list[Order]
    donations: dict[int, int]
    kernels: list[KernelRecord]


class Native(Program):
    """Code in memory."""

    def __init__(self, code: Code):
        super().__init__(code.orders, code.donations, code.kernels)
        self._plan = Plan(code.steps, FIRST_INPUT + code.slots, (SCRATCH, code.scratch) if code.scratch else None)
        table = self._plan.table
        for step in code.steps:
            if isinstance(step, HostCall):
                step.call.table = table
        words = bytes(8 * len(code.scalars)) + b"".join(struct.pack(*number) for number in code.numbers)
        self._numbers = ctypes.create_string_buffer(words, max(len(words), 8))
        table[SCALARS] = ctypes.addressof(self._numbers)
        self._fill = partial(struct.Struct(f"{code.slots}q").pack_into, table, 8 * FIRST_INPUT)
        self._set = partial(struct.Struct(code.scalars).pack_into, self._numbers, 0) if code.scalars else None

    def run(self, inputs, scalars, outputs):
        with execute.lock:
            self._fill(*inputs, *outputs)
            if self._set:
                self._set(*scalars)
            try:
                return self._plan.run_locked()
            except Fault as fault:  # of a node that NumPy computes
                return fault.status


class Interpreted(Program):
    """The graph itself, run in NumPy."""

    def __init__(self, wanted: Sequence[Node]):
        nodes = topological(wanted)
        super().__init__([None] * len(wanted), {}, [])
        self._wanted = wanted
        self._inputs = {n.attrs["slot"]: (n.shape, n.dtype) for n in nodes if n.kind == "input"}

    def run(self, inputs, scalars, outputs):
        arrays = [at_address(a, *self._inputs[i]) if i in self._inputs else None for i, a in enumerate(inputs)]
        try:
            values = interpret(self._wanted, arrays, scalars)
        except Fault as fault:
            return fault.status
        for node, value, address in zip(self._wanted, values, outputs):
            at_address(address, node.shape, node.dtype)[...] = value
        return None
