"""The iterator of a loader with workers: keeps them busy, and gives their answers in order."""

from __future__ import annotations

import itertools
import multiprocessing
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any
from weakref import finalize

from .crew import CannotStart, Crew
from .iterators import _BaseDataLoaderIter
from .main_guard import without_guard
from .threaded import ThreadCrew
from .worker import EndOfStream, ExceptionWrapper, Job, Resume

if TYPE_CHECKING:
    from .dataloader import DataLoader

_FALLBACK = (
    "DataLoader cannot start its worker processes ({}): its {} workers are threads of this process instead. Python's "
    "and NumPy's own random numbers are then shared between them."
)


class _MultiProcessingDataLoaderIter(_BaseDataLoaderIter):
    """Workers fetch ahead; task i goes to the next worker in turn, and what it gives is the i-th batch.

    Workers live as long as the pass, or with persistent workers as long as the iterator.
    """

    def __init__(self, loader: DataLoader) -> None:
        if loader.prefetch_factor <= 0:
            raise AssertionError("prefetch_factor must be greater than 0 for MultiProcessingDataLoaderIter")
        super().__init__(loader)
        self._timeout, self._in_order, self._persistent = loader.timeout, loader.in_order, loader.persistent_workers
        self._most = loader.prefetch_factor * loader.num_workers
        self._job = Job(
            loader.dataset, loader._auto_collation, loader.collate_fn, loader.drop_last, loader.worker_init_fn,
            self._base_seed, loader.num_workers,
        )  # fmt: skip
        self._tasks: dict[int, tuple[int, Any]] = {}
        self._crew: Crew | ThreadCrew = self._recruit(loader)
        self._begin()

    def _begin(self) -> None:
        """Starts a pass with workers that have nothing to do."""
        self._sent = self._expected = 0  # tasks given out so far; the number of the next batch
        self._tasks = {}  # of the tasks without an answer: the worker, the index
        self._arrived: dict[int, Any] = {}  # answers that are waited for no more but come too early
        self._busy = [0] * self._job.num_workers  # tasks of each worker whose answers have not been given
        self._ended: set[int] = set()  # workers whose stream has ended
        self._turns = itertools.cycle(range(self._job.num_workers))
        for _ in range(self._most):
            self._send_next()

    def _reset(self, loader: DataLoader) -> None:
        """Starts the next pass of persistent workers; what is left of this one is thrown away."""
        self._restart(loader)
        self._tasks = {worker: (worker, Resume()) for worker in range(self._job.num_workers)}
        for worker in range(self._job.num_workers):
            self._crew.send(worker, (worker, Resume()))
        resumed = 0
        while resumed < self._job.num_workers:
            resumed += isinstance(self._receive()[1], Resume)
        self._begin()

    # ------------------------------------------------------------------ tasks and answers
    def _send_next(self) -> None:
        """Gives the next index to the next worker that takes one."""
        try:
            index = next(self._sampler_iter)
        except StopIteration:
            if not self._persistent:
                self._crew.send_no_more()
            return
        worker = self._next_worker()
        if worker is not None:
            self._tasks[self._sent] = worker, index
            self._busy[worker] += 1
            self._crew.send(worker, (self._sent, index))
            self._sent += 1

    def _next_worker(self) -> int | None:
        for worker in itertools.islice(self._turns, self._job.num_workers):
            room = self._most // max(self._job.num_workers - len(self._ended), 1)
            if worker not in self._ended and (self._in_order or self._busy[worker] < room):
                return worker
        return None

    def _next_data(self) -> Any:
        while self._find_expected():
            if self._expected in self._arrived:
                worker, data = self._arrived.pop(self._expected)
                return self._given(worker, data)
            number, data = self._receive()
            worker, _ = self._tasks.pop(number)
            if isinstance(data, EndOfStream):
                self._busy[worker] -= 1
                self._ended.add(worker)
                self._send_next()
            elif number == self._expected or not self._in_order:
                return self._given(worker, data)
            else:
                self._arrived[number] = worker, data
        if not self._persistent:
            self._stop()
        raise StopIteration

    def _find_expected(self) -> bool:
        """Moves on to the next batch that is still to come; False where there is none."""
        while self._expected < self._sent:
            task = self._tasks.get(self._expected)
            if self._expected in self._arrived or (task is not None and task[0] not in self._ended):
                return True
            self._expected += 1
        return False

    def _given(self, worker: int, data: Any) -> Any:
        self._busy[worker] -= 1
        self._send_next()
        if isinstance(data, ExceptionWrapper):
            data.reraise()
        return data

    def _receive(self) -> tuple[int, Any]:
        """The next answer: the number of its task, and what the worker says."""
        try:
            answer = self._crew.receive(self._timeout if self._timeout > 0 else None)
        except CannotStart as reason:
            self._stop()
            self._crew = self._threads(reason)
            for number, (worker, index) in self._tasks.items():
                self._crew.send(worker, (number, index))
            return self._receive()
        except RuntimeError:
            self._stop()
            raise
        if answer is None:
            raise RuntimeError(f"DataLoader timed out after {self._timeout} seconds")
        return answer  # type: ignore[return-value]

    # ------------------------------------------------------------------ workers
    def _recruit(self, loader: DataLoader) -> Crew | ThreadCrew:
        context = loader.multiprocessing_context or multiprocessing.get_context()
        try:
            if context.get_start_method() != "fork" and without_guard():
                raise CannotStart("the script has no `if __name__ == '__main__':` around the call")
            crew = Crew(self._job, context)
        except CannotStart as reason:
            return self._threads(reason)
        self._stop = finalize(self, crew.stop)
        return crew

    def _threads(self, reason: CannotStart) -> ThreadCrew:
        _warn_once(_FALLBACK.format(reason, self._job.num_workers))
        crew = ThreadCrew(self._job)
        self._stop = finalize(self, crew.stop)
        return crew


@cache
def _warn_once(text: str) -> None:
    warnings.warn(text, stacklevel=8)
