"""A channel between two processes: pickled messages both ways, with descriptors beside them."""

from __future__ import annotations

import multiprocessing
import os
import socket
from collections.abc import Iterable
from multiprocessing import reduction
from multiprocessing.connection import Connection
from weakref import WeakSet

_WITHOUT, _WITH = b"\0", b"\1"


class Channel:
    """One end; `fileno` makes it something to wait for. It can be given to a process when that is started."""

    def __init__(self, connection: Connection):
        self._connection = connection

    def fileno(self) -> int:
        """The descriptor that is ready to be read when a message has come, or the other end is gone."""
        return self._connection.fileno()

    def send(self, data: bytes, fd: int | None = None) -> None:
        """Sends a message. Raises OSError where the other end is gone."""
        self._connection.send_bytes((_WITHOUT if fd is None else _WITH) + data)
        if fd is not None:
            with self._socket() as beside:
                reduction.sendfds(beside, [fd])

    def receive(self) -> tuple[bytes, int | None]:
        """The next message. Raises EOFError or OSError where the other end is gone."""
        data = self._connection.recv_bytes()
        if data[:1] == _WITHOUT:
            return data[1:], None
        with self._socket() as beside:
            return data[1:], reduction.recvfds(beside, 1)[0]

    def close(self) -> None:
        """Closes this end: the other one is told."""
        self._connection.close()

    def _socket(self) -> socket.socket:
        return socket.socket(fileno=os.dup(self._connection.fileno()))


def channel() -> tuple[Channel, Channel]:
    """The two ends: the first stays in this process, and is closed in processes that are forked from it."""
    here, there = (Channel(end) for end in multiprocessing.Pipe(duplex=True))  # type: ignore[arg-type]
    _kept.add(here)
    return here, there


_kept: WeakSet[Channel] = WeakSet()


def _close_all(channels: Iterable[Channel]) -> None:
    """A child that held them would keep others from seeing that the parent is gone."""
    for end in list(channels):
        end.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: _close_all(_kept))
