"""When a program cannot be finished: what is kept, what is given up, and which line of the script is named."""

from __future__ import annotations

import linecache

from .. import errors
from .trie import Call, State, Trace


def lost() -> RuntimeError:
    """The error for a value whose computation failed."""
    return RuntimeError(errors.NEVER_COMPUTED)


def abandon(trace: Trace, live: tuple[int, ...]) -> None:
    """Gives up the pending program; memory that entered it keeps its old content."""
    for slot in live:
        storage = trace.storages[slot]
        if storage is not None and storage.buffer is not None:
            storage.slot = -1
    trace.reset()


def restore_and_raise(trace: Trace, live: tuple[int, ...], fault, plan_class) -> None:
    """Computes what the script had before the op that met the fault, then raises IndexError with its line.

    fault: (code, number of the record, value, size).
    """
    _, where, value, size = fault
    state, record = _before(trace.state, where)
    early = tuple(s for s in live if state is not None and s < state.slots)
    if early and state is not None:
        plan_class(state, early, trace.storages).run(trace)
    abandon(trace, live)
    say = record.op.fault if record else None
    error = (
        say(value, size, record)
        if say
        else IndexError(f"index {value} is out of bounds for dimension 0 with size {size}")
    )
    raise errors.add_note(error, located(record.line)) if record and record.line else error


def _before(state: State | None, where: int):
    """The state before the record with a number, and the record."""
    while state is not None and state.parent is not None:
        if state.depth == where and isinstance(state.record, Call):
            return state.parent, state.record
        state = state.parent
    return None, None


def located(line) -> str:
    """Where in the script an op was called."""
    code, offset = line
    number = next((n for start, end, n in code.co_lines() if start <= offset < end and n), code.co_firstlineno)
    text = linecache.getline(code.co_filename, number).strip()
    return f"recorded at {code.co_filename}, line {number}" + (f": {text}" if text else "")
