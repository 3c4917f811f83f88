"""What was recorded: single events, averages over events of one name, and lists of them that print as tables."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .table import format_time, table


@dataclass(eq=False)
class FunctionEvent:
    """One operation or named range. Times are microseconds since the recording began; memory is bytes of results."""

    name: str
    start: float
    end: float = 0.0
    thread: int = 1
    input_shapes: list[Any] = field(default_factory=list)
    cpu_memory_usage: int = 0
    cpu_parent: FunctionEvent | None = None
    cpu_children: list[FunctionEvent] = field(default_factory=list)
    count: int = 1

    @property
    def key(self) -> str:
        """The name that averages go by."""
        return self.name

    @property
    def cpu_time_total(self) -> float:
        """From start to end, children included."""
        return self.end - self.start

    cpu_time = cpu_time_total

    @property
    def self_cpu_time_total(self) -> float:
        """The time that no child has."""
        return max(self.cpu_time_total - sum(child.cpu_time_total for child in self.cpu_children), 0.0)

    @property
    def self_cpu_memory_usage(self) -> int:
        """The memory that no child has."""
        return self.cpu_memory_usage - sum(child.cpu_memory_usage for child in self.cpu_children)

    def __repr__(self) -> str:
        return (
            f"<FunctionEvent name={self.name} cpu_time={format_time(self.cpu_time)} start_us={self.start:.3f} "
            f"end_us={self.end:.3f} input_shapes={self.input_shapes}>"
        )


@dataclass(eq=False)
class FunctionEventAvg:
    """The sums over events of one name (and of one set of shapes, where these are told apart)."""

    key: str
    input_shapes: list[Any] = field(default_factory=list)
    count: int = 0
    cpu_time_total: float = 0.0
    self_cpu_time_total: float = 0.0
    cpu_memory_usage: int = 0
    self_cpu_memory_usage: int = 0
    device_time_total = self_device_time_total = cuda_time_total = self_cuda_time_total = 0.0
    device_memory_usage = self_device_memory_usage = 0

    @property
    def cpu_time(self) -> float:
        """The mean time of one event."""
        return self.cpu_time_total / self.count if self.count else 0.0

    def add(self, event: FunctionEvent) -> FunctionEventAvg:
        """Counts one event in."""
        self.count += event.count
        self.cpu_time_total += event.cpu_time_total
        self.self_cpu_time_total += event.self_cpu_time_total
        self.cpu_memory_usage += event.cpu_memory_usage
        self.self_cpu_memory_usage += event.self_cpu_memory_usage
        return self

    def __repr__(self) -> str:
        return (
            f"<FunctionEventAvg key={self.key} self_cpu_time={format_time(self.self_cpu_time_total)} "
            f"cpu_time={format_time(self.cpu_time)} input_shapes={self.input_shapes}>"
        )


class EventList(list):
    """Events, or averages of events.

    Args:
        events: the events.
        with_memory, with_shapes: whether tables show these.
    """

    def __init__(self, events: Iterable = (), with_memory: bool = False, with_shapes: bool = False) -> None:
        super().__init__(events)
        self._with_memory, self._with_shapes = with_memory, with_shapes

    @property
    def self_cpu_time_total(self) -> float:
        """The time of all events, each counted once."""
        return sum(event.self_cpu_time_total for event in self)

    def key_averages(self, group_by_input_shape: bool = False, group_by_stack_n: int = 0, **_: Any) -> EventList:
        """The averages by name, or by name and shapes, in the order in which the names first came."""
        groups: dict[Any, FunctionEventAvg] = {}
        for event in self:
            shapes = event.input_shapes if group_by_input_shape else []
            group = groups.setdefault((event.key, str(shapes)), FunctionEventAvg(event.key, shapes))
            group.add(event)
        return EventList(groups.values(), self._with_memory, group_by_input_shape)

    def total_average(self) -> FunctionEventAvg:
        """The sums over all events."""
        total = FunctionEventAvg("Total")
        for event in self:
            total.add(event)
        return total

    def table(
        self, sort_by: str | None = None, row_limit: int = 100, max_src_column_width: int = 75,
        max_name_column_width: int = 55, max_shapes_column_width: int = 80, header: str | None = None,
        top_level_events_only: bool = False,
    ) -> str:  # fmt: skip
        """The events as a table.

        Args:
            sort_by: the attribute to sort by, largest first; None keeps the order.
            row_limit: how many rows; -1 all.
            max_name_column_width, max_shapes_column_width: where names and shapes are cut.
            header: a title.
            top_level_events_only: only events outside of all others.
        """
        events = list(self)
        if top_level_events_only:
            events = [event for event in events if getattr(event, "cpu_parent", None) is None]
        if sort_by is not None:
            events.sort(key=lambda event: getattr(event, sort_by), reverse=True)
        widths = (max_name_column_width, max_shapes_column_width)
        shown = events if row_limit < 0 else events[:row_limit]
        return table(shown, self.self_cpu_time_total, widths, self._with_memory, self._with_shapes, header)

    def export_chrome_trace(self, path: str) -> None:
        """Writes the events in the format of Chrome's tracing."""
        entries = [
            {
                "ph": "X",
                "cat": "cpu_op",
                "name": event.name,
                "pid": 0,
                "tid": event.thread,
                "ts": event.start,
                "dur": event.cpu_time_total,
                "args": {"Input Dims": event.input_shapes},
            }
            for event in self
        ]
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"traceEvents": entries, "displayTimeUnit": "ms"}, file)

    def __str__(self) -> str:
        return self.table()
