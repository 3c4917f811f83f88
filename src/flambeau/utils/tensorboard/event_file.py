"""Event files: protocol buffers of one run, in the format of TFRecord files, appended as they come.

A call that adds an event makes its bytes and leaves them; every `max_queue` events, and at latest a second after the
first, all that is left is written at once. So a training loop pays a few microseconds a call, and a board that is open
beside it sees the numbers as they come. What is left at the end of the process is written then.
"""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import socket
import struct
import threading
import time
import weakref

from tensorboard.compat.proto.event_pb2 import Event, SourceMetadata

from . import files
from .checksum import masked_crc32c

_numbers = itertools.count()
_open: weakref.WeakSet[EventFileWriter] = weakref.WeakSet()
_DELAY = 1.0  # seconds; a longer flush_secs would only make the board late


def record(data: bytes) -> bytes:
    """A text as a record of a TFRecord file: its length, the text, and a checksum of each."""
    return b"".join((_header(len(data)), data, struct.pack("<I", masked_crc32c(data))))


@functools.lru_cache(1024)
def _header(length: int) -> bytes:
    packed = struct.pack("<Q", length)
    return packed + struct.pack("<I", masked_crc32c(packed))


class EventFileWriter:
    """Appends events to a new file of a folder, whose name TensorBoard looks for; arguments as of `SummaryWriter`."""

    def __init__(self, logdir: str, max_queue_size: int = 10, flush_secs: float = 120, filename_suffix: str = ""):
        files.make_folders(logdir)
        self._logdir, self._max_queue, self._remote = logdir, max_queue_size, files.is_remote(logdir)
        self._delay = flush_secs if self._remote else min(flush_secs, _DELAY)
        name = f"events.out.tfevents.{int(time.time()):010d}.{socket.gethostname()}.{os.getpid()}.{next(_numbers)}"
        self._file_name = os.path.join(logdir, name) + filename_suffix
        self._file = files.append_to(self._file_name)
        self._lock, self._waiting, self._closed = threading.Lock(), threading.Event(), False
        self._failure: OSError | None = None
        self._pending: list[bytes] = []
        _open.add(self)
        threading.Thread(target=_write_late, args=(weakref.ref(self), self._waiting), daemon=True).start()
        source = SourceMetadata(writer="tensorboard.summary.writer.event_file_writer")
        self.add_event(Event(wall_time=time.time(), file_version="brain.Event:2", source_metadata=source))
        self.flush()

    def get_logdir(self) -> str:
        """The folder."""
        return self._logdir

    @property
    def closed(self) -> bool:
        """Whether the file has been closed."""
        return self._closed

    def add_event(self, event: Event) -> None:
        """Adds an event.  Raises TypeError for anything else, OSError where the file is closed or cannot be written."""
        if not isinstance(event, Event):
            raise TypeError(f"Expected an event_pb2.Event proto,  but got {type(event)}")
        data = event.SerializeToString()
        with self._lock:
            self._check_open()
            self._pending.append(data)
            if len(self._pending) >= self._max_queue:
                self._write()
            elif len(self._pending) == 1:
                self._waiting.set()

    def flush(self) -> None:
        """Writes what waits.  Raises OSError where the file is closed."""
        with self._lock:
            self._check_open()
            self._write()
            self._file.flush()

    def close(self) -> None:
        """Writes what waits and closes the file; a second call does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            try:
                self._write()
            finally:
                self._file.close()
                self._waiting.set()

    def __del__(self):
        if hasattr(self, "_pending"):
            self.close()

    def _check_open(self) -> None:
        if self._failure is not None:
            raise self._failure
        if self._closed:
            raise OSError("Writer is closed")

    def _write(self) -> None:
        pending, self._pending = self._pending, []
        self._waiting.clear()
        if pending:
            self._file.write(b"".join(map(record, pending)))
            if not self._remote:  # where a flush sends the whole file
                self._file.flush()

    def _write_waiting(self) -> None:
        """The thread's part; what goes wrong is raised by the script's next call."""
        with self._lock:
            if not self._closed:
                try:
                    self._write()
                    self._file.flush()
                except OSError as error:
                    self._failure = error


def _write_late(writer: weakref.ref[EventFileWriter], waiting: threading.Event) -> None:
    """Writes what a writer holds a moment after it came, until the writer is closed or forgotten."""
    while True:
        waiting.wait()
        held = writer()
        if held is None or held._closed:
            return
        delay = held._delay
        del held
        time.sleep(delay)
        held = writer()
        if held is not None:
            held._write_waiting()
        del held


@atexit.register
def _close_all() -> None:
    for writer in list(_open):
        writer.close()


def _forget_parents() -> None:
    """A forked process has copies of what its parent is going to write."""
    for writer in _open:
        writer._lock, writer._pending = threading.Lock(), []


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parents)
