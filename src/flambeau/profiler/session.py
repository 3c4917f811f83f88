"""torch.profiler.profile: when to record, and what to do with a recording."""

from __future__ import annotations

import os
import socket
import time
import warnings
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

from . import recording
from .events import EventList


class ProfilerActivity(Enum):
    """What can be recorded; here there is the CPU alone."""

    CPU = 0
    CUDA = 1
    XPU = 2
    MTIA = 3


class ProfilerAction(Enum):
    """What a profiler does in one step."""

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3


def supported_activities() -> set[ProfilerActivity]:
    """What can be recorded here."""
    return {ProfilerActivity.CPU}


def schedule(
    *, wait: int, warmup: int, active: int, repeat: int = 0, skip_first: int = 0, skip_first_wait: int = 0
) -> Callable[[int], ProfilerAction]:
    """A function from the number of a step to what is done in it.

    Args:
        wait, warmup, active: how many steps of a cycle are idle, unrecorded preparation, and recorded.
        repeat: how many cycles; 0: without end.
        skip_first: how many idle steps come first.
        skip_first_wait: whether the first cycle has no idle steps.

    Raises AssertionError where one of them is negative, or no step would be recorded.
    """
    if min(wait, warmup, active, repeat, skip_first) < 0 or active == 0:
        raise AssertionError(
            f"Invalid profiler schedule arguments. Got wait={wait} (need >= 0), warmup={warmup} (need >= 0), "
            f"active={active} (need > 0), repeat={repeat} (need >= 0), skip_first={skip_first} (need >= 0)."
        )
    if warmup == 0:
        warnings.warn("Profiler won't be using warmup, this can skew profiler results", stacklevel=2)

    def action(step: int) -> ProfilerAction:
        step -= skip_first
        if step < 0:
            return ProfilerAction.NONE
        if skip_first_wait:
            step += wait
        cycle, place = divmod(step, wait + warmup + active)
        if (repeat and cycle >= repeat) or place < wait:
            return ProfilerAction.NONE
        if place < wait + warmup:
            return ProfilerAction.WARMUP
        return ProfilerAction.RECORD_AND_SAVE if place == wait + warmup + active - 1 else ProfilerAction.RECORD

    return action


def tensorboard_trace_handler(
    dir_name: str, worker_name: str | None = None, use_gzip: bool = False
) -> Callable[[profile], None]:
    """A handler for `on_trace_ready` that writes each trace into a folder that TensorBoard reads."""

    def handler(session: profile) -> None:
        os.makedirs(dir_name, exist_ok=True)
        worker = worker_name or f"{socket.gethostname()}_{os.getpid()}"
        session.export_chrome_trace(os.path.join(dir_name, f"{worker}.{time.time_ns()}.pt.trace.json"))

    return handler


class profile:
    """A context manager that records what operations cost.

    Args:
        activities: accepted; the CPU is recorded.
        schedule: what to do in which step; the script calls `step()` after each. None records all.
        on_trace_ready: called with the profiler when a recording is complete.
        record_shapes: whether averages may tell shapes apart.
        profile_memory: whether tables show the memory of results.
        with_stack, with_flops, with_modules, experimental_config, acc_events and the rest: accepted.
    """

    def __init__(
        self, *, activities: Iterable[ProfilerActivity] | None = None,
        schedule: Callable[[int], ProfilerAction] | None = None, on_trace_ready: Callable[..., Any] | None = None,
        record_shapes: bool = False, profile_memory: bool = False, with_stack: bool = False, with_flops: bool = False,
        with_modules: bool = False, experimental_config: Any = None, execution_trace_observer: Any = None,
        acc_events: bool = False, use_cuda: bool | None = None,
        custom_trace_id_callback: Callable[[], str] | None = None,
    ) -> None:  # fmt: skip
        self.activities = set(activities) if activities is not None else supported_activities()
        self.schedule = schedule or (lambda step: ProfilerAction.RECORD)
        self._scheduled = schedule is not None
        self.on_trace_ready, self.record_shapes, self.profile_memory = on_trace_ready, record_shapes, profile_memory
        self.step_num = 0
        self.current_action = self.schedule(0)
        self._events = EventList()
        self._recording: recording.Recording | None = None

    def __enter__(self) -> profile:
        self.start()
        return self

    def __exit__(self, *exc: Any) -> None:
        self.stop()

    def start(self) -> None:
        """Begins with the first step."""
        self._enter_step()

    def step(self) -> None:
        """Ends one step and begins the next."""
        self._leave_step()
        self.step_num += 1
        self.current_action = self.schedule(self.step_num)
        self._enter_step()

    def stop(self) -> None:
        """Ends the recording."""
        if self._recording is not None:
            self._finish()
            if self.on_trace_ready is not None:
                self.on_trace_ready(self)

    def _enter_step(self) -> None:
        recorded = self.current_action in (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)
        if recorded and self._recording is None:
            self._recording = recording.start()

    def _leave_step(self) -> None:
        if self.current_action is ProfilerAction.RECORD_AND_SAVE:
            self._finish()
            self.step_num += 1  # the handler sees the number of steps that are complete
            if self.on_trace_ready is not None:
                self.on_trace_ready(self)
            self.step_num -= 1

    def _finish(self) -> None:
        recording.stop()
        self._events = EventList(self._recording or (), self.profile_memory)
        self._recording = None

    def events(self) -> EventList:
        """The events of the last recording."""
        return self._events

    def key_averages(self, group_by_input_shape: bool = False, group_by_stack_n: int = 0, **kwargs: Any) -> EventList:
        """The averages by name, or by name and shapes."""
        return self._events.key_averages(group_by_input_shape and self.record_shapes, group_by_stack_n)

    def export_chrome_trace(self, path: str) -> None:
        """Writes the events in the format of Chrome's tracing."""
        self._events.export_chrome_trace(path)

    def table(self, *args: Any, **kwargs: Any) -> str:
        """The single events as a table."""
        return self._events.table(*args, **kwargs)

    @property
    def self_cpu_time_total(self) -> float:
        """The time of all events, in microseconds."""
        return self._events.self_cpu_time_total

    def __str__(self) -> str:
        return str(self._events)

    def __repr__(self) -> str:
        return str(self)
