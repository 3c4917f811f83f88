"""Scratch memory that the threads of a launch take in turns: a few parts, each with a lock.

In: the address of the locks, all 0 before the launch, and how many there are. Out: the number of a part that nobody
else has until it is given back. There are as many parts as processors, so nobody waits for long; what a part holds
when it is taken is unknown.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from .builder import Builder, Value

LOCK_BYTES = 8


def parts(items: int) -> int:
    """How many parts the work items of a launch need at most."""
    return min(items, os.cpu_count() or 1)


@contextmanager
def turn(b: Builder, locks: Value, count: Value) -> Iterator[Value]:
    """Takes the first free part, gives its number, and gives it back."""
    with b.repeat([b.const(0)], hint="turn") as search:
        number = search.carried[0]
        lock = b.gep(locks, number, "i64")
        pair = b.emit(f"cmpxchg {lock}, i64 0, i64 1 acquire monotonic", "{ i64, i1 }")
        taken = b.emit(f"extractvalue {pair}, 1", "i1")
        after = b.add(number, 1)
        other = b.select(b.icmp("eq", after, count), b.const(0), after)
        search.next([b.select(taken, number, other)], again=b.not_(taken))
    mine = search.results[0]
    yield mine
    b.line(f"store atomic i64 0, {b.gep(locks, mine, 'i64')} release, align 8")
