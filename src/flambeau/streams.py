"""torch.Stream and torch.Event: queues of work on a device. The CPU has one, on which all work is done at once."""

from __future__ import annotations

from .devices import device


class AcceleratorError(RuntimeError):
    """An error on an accelerator."""


class OutOfMemoryError(RuntimeError):
    """A device has no memory left."""


class FatalError(Exception):
    """An error after which nothing can be relied upon."""


def _device(where) -> device:
    found = where if isinstance(where, device) else device("cpu" if where is None else where)
    if found.type != "cpu":
        raise RuntimeError(f"PyTorch is not linked with support for {found.type} devices")
    return found


class Stream:
    """A queue of work.

    Args:
        device: the CPU.
        priority: of the work; there is one queue.
    """

    stream_id, device_index, device_type = 0, -1, 1

    def __init__(self, device=None, *, priority: int = 0) -> None:
        self.device = _device(device)

    def __repr__(self) -> str:
        return "torch.Stream device_type=cpu, device_index=-1, stream_id=0"

    def __eq__(self, other) -> bool:
        return isinstance(other, Stream) and self.device == other.device

    def __hash__(self) -> int:
        return hash(self.device)

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *exc) -> None:
        return None

    def query(self) -> bool:
        """Whether all work is done: it is."""
        return True

    def synchronize(self) -> None:
        """Waits for the work, which is done."""

    def is_capturing(self) -> bool:
        """Whether the work is recorded as a graph: no."""
        return False

    def wait_event(self, event: Event) -> None:
        """Waits for an event, which the CPU has none of."""
        event.wait(self)

    def wait_stream(self, stream: Stream) -> None:
        """Waits for another queue, whose work is done."""

    def record_event(self, event: Event | None = None) -> Event:
        """Marks the end of the work so far; RuntimeError, since the CPU has no events."""
        found = Event(self.device) if event is None else event
        found.record(self)
        return found


class Event:
    """A mark in a queue of work, which the CPU has none of.

    Args:
        device: the CPU.
        enable_timing: whether it is to tell the time.
    """

    event_id = 0

    def __init__(
        self, device=None, *, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False
    ) -> None:
        self.device, self._timed = _device(device), enable_timing

    def __repr__(self) -> str:
        return "torch.Event device_type=cpu, device_index=-1, event_flag=0, event_id=0"

    def record(self, stream: Stream | None = None) -> None:
        """Marks the end of the work so far; RuntimeError."""
        raise RuntimeError("cpu backend doesn't support events.")

    wait = record

    def query(self) -> bool:
        """Whether the work before it is done: it is."""
        return True

    def synchronize(self) -> None:
        """Waits for the work before it, which is done."""

    def elapsed_time(self, end_event: Event) -> float:
        """The time from this mark to another; ValueError or RuntimeError."""
        if not (self._timed and end_event._timed):
            raise ValueError("Both events must be created with argument 'enable_timing=True'.")
        raise RuntimeError("cpu backend doesn't support events.")


__all__ = ["AcceleratorError", "Event", "FatalError", "OutOfMemoryError", "Stream"]
