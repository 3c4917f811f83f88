"""Plans as data: launches of kernels over a table of addresses, walked by one generated native function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .compile import Kernel

Word = "int | float | Pointer"


class Pointer(NamedTuple):
    """An address known when the plan runs: the table's entry at `slot`, plus bytes."""

    slot: int
    offset: int = 0


@dataclass(slots=True)
class Task:
    """A kernel, its words (addresses, sizes, strides) and its number of work items."""

    kernel: Kernel
    words: Sequence[int | float | Pointer]
    items: int


@dataclass(slots=True)
class Launch:
    """Tasks that are independent of each other and run as one region; bytes and flops are what they move and compute."""

    tasks: Sequence[Task]
    label: str = ""
    bytes: int = 0
    flops: int = 0
    parallel: bool = True


@dataclass(slots=True)
class HostCall:
    """A Python function that runs between launches."""

    call: Callable[[], object]
    label: str = ""


class Fault(NamedTuple):
    """What a kernel found wrong: its code, the place given to the kernel, the offending value, the size it exceeds."""

    code: int
    where: int
    value: int
    size: int
