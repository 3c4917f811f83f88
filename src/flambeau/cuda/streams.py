"""Streams and events of CUDA devices, which there are none of."""

from __future__ import annotations

import contextlib
from typing import Any


class Stream:
    """A queue of a device's work; raises RuntimeError: there is no device."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("torch.cuda.Stream requires CUDA support")


class ExternalStream(Stream):
    """A stream that another library made."""


class Event:
    """A mark in a stream; raises RuntimeError: there is no device."""

    def __init__(self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False) -> None:
        raise RuntimeError("Tried to instantiate dummy base class Event")


class StreamContext(contextlib.nullcontext):
    """A context in which a stream is the current one; without devices it does nothing."""


def stream(stream: Any) -> StreamContext:
    """A context in which a stream is the current one; without devices it does nothing."""
    return StreamContext(stream)
