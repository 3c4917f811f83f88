"""The frame that all kernels share: named words, the loop over work items, digits of an item's number, faults.

In: the names of a kernel's words and a body that writes one work item. Out: IR text of `kernel(words, begin, end)`, and
the list of words for given values, in the same order. Every kernel reads its words once, at its head.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..runtime.execute import Pointer
from .builder import Builder, Value, lanes_of
from .targets import Target

LANES = 16  # elements handled together whatever their type and the processor: the order of a sum depends on it
STATUS = Pointer(0, 0)  # the status block: code, where, value, size
OUT_OF_RANGE = 1

Fields = Mapping[str, str]
Words = Mapping[str, Value]


def write(fields: Fields, item: Callable[[Builder, Words, Value], None], target: Target | None = None) -> str:
    """IR text of a kernel.

    fields: name and type ("ptr" or "i64") of every word, in order.
    item: writes the work of one item, given the builder, the words' values and the item's number.
    target: the processor; the host unless given.
    """
    b = Builder(target)
    with b.function("kernel", [("words", "ptr"), ("begin", "i64"), ("end", "i64")]) as (words, begin, end):
        values = {name: b.load(type, b.gep(words, i, "i64")) for i, (name, type) in enumerate(fields.items())}
        with b.loop(begin, end, hint="item") as loop:
            item(b, values, loop.index)
    return b.text()


def fill(fields: Fields, values: Mapping[str, Any]) -> list:
    """The words of a task: the values in the order of the fields."""
    return [values[name] for name in fields]


def digits(b: Builder, number: Value, sizes: Sequence[Value]) -> list[Value]:
    """The row-major multi-index of a flat number over an index space (the first size does not matter)."""
    result = []
    for size in reversed(sizes[1:]):
        quotient = b.udiv(number, size)
        result.append(b.sub(number, b.mul(quotient, size)))
        number = quotient
    return [number, *reversed(result)] if sizes else []


def block_bounds(b: Builder, block: Value, length: Value, size: Value) -> tuple[Value, Value]:
    """First and past-the-last index of a block of `length` out of `size`; blocks behind the end are empty."""
    start = b.min(b.mul(block, length), size)
    return start, b.min(b.add(start, length), size)


def report(b: Builder, status: Value, where: Value, index: Value, bad: Value, size: Value) -> None:
    """Writes the status block where `bad` is set in any lane; the first fault of a launch stays.

    index: the offending index, i64 in every lane.
    """
    lanes = lanes_of(bad.type)
    wrong = bad if lanes == 1 else b.call(f"llvm.vector.reduce.or.v{lanes}i1", "i1", [bad])
    with b.if_(wrong):
        exchange = f"cmpxchg ptr {status.text}, i64 0, i64 {OUT_OF_RANGE} seq_cst seq_cst"
        pair = b.emit(exchange, "{ i64, i1 }")
        with b.if_(b.emit(f"extractvalue {pair}, 1", "i1")):
            value = index if lanes == 1 else _first_bad(b, index, bad, lanes)
            for place, word in enumerate((where, value, size), 1):
                b.store(word, b.gep(status, place, "i64"))


def _first_bad(b: Builder, index: Value, bad: Value, lanes: int) -> Value:
    bits = b.emit(f"bitcast {bad} to i{lanes}", f"i{lanes}")
    lane = b.call(f"llvm.cttz.i{lanes}", f"i{lanes}", [bits, b.const(0, "i1")])
    return b.emit(f"extractelement {index}, {lane}", "i64")


def ceil_div(a: int, b: int) -> int:
    """a / b rounded up."""
    return -(-a // b)


def least(a: int, b: int) -> int:
    """The smaller of two sizes. Where one is a symbol, this compares nothing: a template serves both cases."""
    return a.least(b) if hasattr(a, "least") else b.least(a) if hasattr(b, "least") else min(a, b)


def most(a: int, b: int) -> int:
    """The larger of two sizes, in the same way."""
    return a.most(b) if hasattr(a, "most") else b.most(a) if hasattr(b, "most") else max(a, b)
