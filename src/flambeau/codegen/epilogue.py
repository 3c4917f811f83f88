"""Epilogues: what is done to the results of a contraction before they are stored.

In: an Epilogue, some neighbouring results of one row, the addresses of its operands there. Out: the values to store.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..dtypes import dtype
from . import registers, scalar
from .builder import Builder, Value, constant, lanes_of, vector
from .loops import Access, Epilogue

NOTHING = Epilogue()  # results are stored as they are


def result_dtype(epilogue: Epilogue, of: dtype) -> dtype:
    """The dtype that is stored, for products of a given dtype."""
    whole = registers.SUMS.get(of, of)
    return epilogue.instructions[epilogue.result].dtype if epilogue.instructions else whole


def apply(
    b: Builder,
    epilogue: Epilogue,
    results: Value,
    at: Sequence[Value],
    steps: Sequence[Value | None],
    mask: Value | None,
) -> Value:
    """Writes an epilogue.

    results: neighbouring results of one row.  at: for each operand the address of its element for the first of them.
    steps: for each operand with unknown `inner` its column stride.  mask: which results exist (None: all).
    """
    values: list[Value] = []
    lanes = lanes_of(results.type)
    for one in epilogue.instructions:
        if one.fn == "load":
            k = one.attrs
            value = load(b, epilogue.operands[k - 1], at[k - 1], steps[k - 1], lanes, mask) if k else results
        elif one.fn == "const":
            value = scalar.literal(one.dtype, one.attrs, lanes)
        else:
            source = epilogue.instructions[one.args[-1]].dtype
            value = scalar.emit(b, one.fn, one.dtype, [values[a] for a in one.args], lanes, source)
        values.append(value)
    return values[epilogue.result] if values else results


def load(b: Builder, access: Access, at: Value, step: Value | None, lanes: int, mask: Value | None) -> Value:
    """Elements of an operand for neighbouring columns."""
    if access.inner == 0:
        return b.splat(registers.load(b, access.dtype, at), lanes)
    if access.inner == 1 or lanes == 1:
        return registers.load(b, access.dtype, at, lanes, mask)
    offsets = b.mul(b.steps(lanes), b.splat(step, lanes))
    addresses = b.gep(at, offsets, registers.memory_type(access.dtype))
    return registers.gather(b, access.dtype, addresses, mask or constant(1, vector("i1", lanes)))
