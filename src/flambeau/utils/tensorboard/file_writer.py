"""FileWriter: messages with their step and time into the event file of one folder."""

from __future__ import annotations

import time

from tensorboard.compat.proto.event_pb2 import Event, TaggedRunMetadata

from .event_file import EventFileWriter


class FileWriter:
    """Writes messages to a new event file of the folder `log_dir`; arguments as of `SummaryWriter`."""

    def __init__(self, log_dir, max_queue: int = 10, flush_secs: float = 120, filename_suffix: str = "") -> None:
        self._settings = (str(log_dir), max_queue, flush_secs, filename_suffix)
        self.event_writer = EventFileWriter(*self._settings)

    def get_logdir(self) -> str:
        """The folder of the event file."""
        return self.event_writer.get_logdir()

    def add_event(self, event: Event, step=None, walltime: float | None = None) -> None:
        """Adds an event, with its step and its time (now unless it is given)."""
        event.wall_time = time.time() if walltime is None else walltime
        if step is not None:
            event.step = int(step)
        self.event_writer.add_event(event)

    def add_summary(self, summary, global_step=None, walltime: float | None = None) -> None:
        """Adds a summary, with its step and its time (now unless it is given)."""
        self.add_event(Event(summary=summary), global_step, walltime)

    def add_graph(self, graph_profile, walltime: float | None = None) -> None:
        """Adds a graph and what is known of its run, as `graph` of _pytorch_graph gives them."""
        graph, run = graph_profile
        self.add_event(Event(graph_def=graph.SerializeToString()), None, walltime)
        metadata = TaggedRunMetadata(tag="step1", run_metadata=run.SerializeToString())
        self.add_event(Event(tagged_run_metadata=metadata), None, walltime)

    def add_onnx_graph(self, graph, walltime: float | None = None) -> None:
        """Adds a graph."""
        self.add_event(Event(graph_def=graph.SerializeToString()), None, walltime)

    def flush(self) -> None:
        """Writes all messages that wait."""
        self.event_writer.flush()

    def close(self) -> None:
        """Writes all messages that wait and closes the file."""
        self.event_writer.close()

    def reopen(self) -> None:
        """After `close`, opens a new file in the same folder; else nothing."""
        if self.event_writer.closed:
            self.event_writer = EventFileWriter(*self._settings)
