"""Recording: every operation runs at once, and what it took is kept as an event.

The trace calls `_observe` in place of running a plan; named ranges (`record_function`) are the parents of what runs in
them.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from .. import config
from ..autograd.modes import _Decorator
from ..trace import sync as syncs
from ..trace.program import path
from ..trace.trie import TRACE, Call
from .events import FunctionEvent

Recording = list[FunctionEvent]
_recording: Recording | None = None
_open: list[FunctionEvent] = []
_began = 0.0
_eager_before = False


def start() -> Recording:
    """Begins a recording, which the events are added to; pending work is run first."""
    global _recording, _began, _eager_before
    if _recording is not None:
        raise RuntimeError("Profiler is already enabled on this thread")
    syncs.sync()
    _eager_before, config.eager = config.eager, True
    TRACE.urgent = True
    _recording, _began = [], time.perf_counter()
    _open.clear()
    syncs.observer = _observe
    return _recording


def stop() -> None:
    """Ends the recording."""
    global _recording
    syncs.sync()
    syncs.observer = None
    config.eager = TRACE.urgent = _eager_before
    _recording = None


def _now() -> float:
    return (time.perf_counter() - _began) * 1e6


def _begin(name: str, shapes: list[Any], memory: int = 0) -> FunctionEvent:
    parent = _open[-1] if _open else None
    event = FunctionEvent(name, _now(), thread=threading.get_native_id(), input_shapes=shapes, cpu_parent=parent)
    event.cpu_memory_usage = memory
    if parent is not None:
        parent.cpu_children.append(event)
    _recording.append(event)  # type: ignore[union-attr]
    return event


def _observe(plan, trace):
    """Runs a plan of the trace, and keeps what it took."""
    calls = [record for _, record in path(trace.state) if isinstance(record, Call)]
    if not calls:
        return plan.run(trace)
    event = _begin("+".join(f"aten::{call.op.name}" for call in calls), _shapes(calls[0]), sum(plan.sizes))
    fault = plan.run(trace)
    event.end = _now()
    for around in _open:
        around.cpu_memory_usage += event.cpu_memory_usage
    return fault


def _shapes(call: Call) -> list[Any]:
    """The shapes of a call's arguments; of numbers, nothing."""
    return [list(a[1].shape) if isinstance(a, tuple) and hasattr(a[1], "shape") else [] for a in call.args]


class record_function(_Decorator):
    """A context manager and decorator that gives what runs in it a name in profiles.

    Args:
        name: the name.
        args: a note, which is not shown.
    """

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name, self.args = name, args
        self._event: FunctionEvent | None = None

    def clone(self) -> record_function:
        """A manager of its own for one call."""
        return record_function(self.name, self.args)

    def __enter__(self) -> record_function:
        if _recording is not None:
            syncs.sync()
            self._event = _begin(self.name, [])
            _open.append(self._event)
        return self

    def __exit__(self, *exc: Any) -> None:
        event, self._event = self._event, None
        if event is not None and event in _open:
            syncs.sync()
            event.end = _now()
            del _open[_open.index(event) :]
