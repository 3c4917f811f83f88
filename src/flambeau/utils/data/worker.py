"""A worker: what fetches batches beside the main process, and what the script's code can know of it there."""

from __future__ import annotations

import random
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import flambeau as torch

from .fetch import fetcher


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """What a worker knows of itself.

    Attributes:
        id: its number, from 0 on.
        num_workers: how many there are.
        seed: what random numbers are seeded by in it.
        dataset: its copy of the dataset.
        rng: None.
        worker_method: "multiprocessing", or "thread" where processes cannot be started.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any
    rng: Any = None
    worker_method: str | None = "multiprocessing"


_here = threading.local()


def get_worker_info() -> WorkerInfo | None:
    """What this worker knows of itself; None where this is no worker."""
    return getattr(_here, "info", None)


@dataclass(frozen=True)
class Job:
    """What all workers of an iterator are told: the arguments of `fetcher`, and how to start."""

    dataset: Any
    batched: bool
    collate_fn: Callable
    drop_last: bool
    init_fn: Callable | None
    base_seed: int
    num_workers: int


@dataclass(frozen=True)
class EndOfStream:
    """What a worker answers when its copy of a stream has ended."""


@dataclass(frozen=True)
class Resume:
    """The task of starting a new pass, and the answer to it."""


class ExceptionWrapper:
    """An exception and its traceback as text, to be raised elsewhere; made while the exception is handled.

    Args:
        exc_info: what sys.exc_info() gives, and does by default.
        where: where it happened, for the text.
    """

    def __init__(self, exc_info=None, where: str = "in background") -> None:
        kind, value, trace = exc_info or sys.exc_info()
        self.exc_type: Any = kind
        self.where = where
        self.exc_msg = "".join(traceback.format_exception(kind, value, trace))

    def reraise(self) -> None:
        """Raises an exception of the same type whose text tells the traceback; RuntimeError where none can be made."""
        text = f"Caught {self.exc_type.__name__} {self.where}.\nOriginal {self.exc_msg}"
        if self.exc_type is KeyError:
            raise KeyError(_Text(text))
        try:
            error = self.exc_type(message=text) if getattr(self.exc_type, "message", None) else self.exc_type(text)
        except Exception:
            raise RuntimeError(text) from None
        try:
            raise error
        finally:
            del error  # lest the error and this frame keep each other, and with them the workers


class _Text(str):
    """A text that KeyError shows as it is."""

    def __repr__(self):
        return str(self)


class Worker:
    """The worker of a number, in the process or thread that it is made in: it answers tasks.

    What its start raises is the answer to every task.
    """

    def __init__(self, job: Job, number: int, method: str = "multiprocessing") -> None:
        self._job, self._where = job, f"in DataLoader worker {'thread' if method == 'thread' else 'process'} {number}"
        self._failure: ExceptionWrapper | None = None
        _here.info = WorkerInfo(number, job.num_workers, job.base_seed + number, job.dataset, None, method)
        try:
            if job.init_fn is not None:
                job.init_fn(number)
        except Exception:
            self._failure = ExceptionWrapper(where=self._where)
        self._begin()

    def _begin(self) -> None:
        """Starts a pass over the dataset."""
        job = self._job
        self._ended = False
        if self._failure is None:
            try:
                self._fetch = fetcher(job.dataset, job.batched, job.collate_fn, job.drop_last)
            except Exception:
                self._failure = ExceptionWrapper(where=self._where)

    def answer(self, task: object) -> object:
        """What the dataset gives for an index or a list of them; EndOfStream, Resume or an ExceptionWrapper."""
        if isinstance(task, Resume):
            self._begin()
            return task
        if self._failure is not None:
            return self._failure
        if self._ended:
            return EndOfStream()
        try:
            return self._fetch(task)
        except StopIteration:
            if not isinstance(self._job.dataset, torch.utils.data.IterableDataset):
                return ExceptionWrapper(where=self._where)
            self._ended = True
            return EndOfStream()
        except Exception:
            return ExceptionWrapper(where=self._where)


def seed_all(base_seed: int, number: int) -> None:
    """Seeds the global random numbers of Python, NumPy and this package in a worker process."""
    random.seed(base_seed + number)
    torch.manual_seed(base_seed + number)
    # The same words as PyTorch's: its own generator of seeds follows NumPy's.
    sequence = np.random.SeedSequence([number, base_seed & 0xFFFFFFFF, base_seed >> 32])
    np.random.seed(sequence.generate_state(4))
