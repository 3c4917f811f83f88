"""torch.cuda.profiler: starts and stops NVIDIA's profiler, which needs a GPU."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from . import cudart


def start() -> None:
    """Starts the profiler; raises AssertionError."""
    cudart()


def stop() -> None:
    """Stops the profiler; raises AssertionError."""
    cudart()


@contextlib.contextmanager
def profile() -> Iterator[None]:
    """A context that is profiled; raises AssertionError."""
    start()
    yield
    stop()
