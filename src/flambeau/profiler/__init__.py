"""torch.profiler: what a script's operations cost, as a table, a trace for Chrome or TensorBoard.

While a profiler records, every operation runs at once and by itself, so that it has a time of its own. The same script
is faster without: then operations are fused, which no list of operations can show.
"""

from .events import EventList, FunctionEvent, FunctionEventAvg
from .recording import record_function
from .session import (
    ProfilerAction,
    ProfilerActivity,
    profile,
    schedule,
    supported_activities,
    tensorboard_trace_handler,
)

__all__ = [
    "EventList", "FunctionEvent", "FunctionEventAvg", "ProfilerAction", "ProfilerActivity", "profile",
    "record_function", "schedule", "supported_activities", "tensorboard_trace_handler",
]  # fmt: skip
