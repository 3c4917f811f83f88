"""Program: what `schedule.build` gives; run every step by the trace layer with nothing but addresses and numbers.

Two forms with one interface: Interpreted (NumPy, node by node) and Native (a plan of compiled kernels).
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..dtypes import dtype
from ..ir import Node, topological
from ..runtime.interpret import Fault, interpret

Status = tuple[int, int, int, int]


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

    def __init__(
        self, orders: Sequence[tuple[int, ...] | None], donations: dict[int, int], kernels: list[KernelRecord]
    ):
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
