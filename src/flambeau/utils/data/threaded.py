"""Workers as threads, for scripts that cannot start processes: what is random in this package has a stream of its own
in each, the random numbers of Python and NumPy are those of the main thread."""

from __future__ import annotations

import queue
import threading

import flambeau as torch

from ...random import use_generator
from .worker import Job, Worker

PATIENCE = 5.0  # seconds that a thread has to end


class ThreadCrew:
    """Workers of a job, as `crew.Crew` has them."""

    def __init__(self, job: Job) -> None:
        self._answers: queue.SimpleQueue = queue.SimpleQueue()
        self._tasks: list[queue.SimpleQueue] = [queue.SimpleQueue() for _ in range(job.num_workers)]
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(job, number), name=f"loader-{number}", daemon=True)
            for number in range(job.num_workers)
        ]
        for thread in self._threads:
            thread.start()

    def send(self, worker: int, task: tuple) -> None:
        """Gives a worker a task, a pair that the worker answers by (task[0], result)."""
        self._tasks[worker].put(task)

    def send_no_more(self) -> None:
        """All tasks have been sent."""

    def receive(self, timeout: float | None) -> tuple | None:
        """The next answer of any worker; None where none comes in time."""
        try:
            return self._answers.get(timeout=timeout)
        except queue.Empty:
            return None

    def stop(self) -> None:
        """Ends the workers after what they are at."""
        self._stopped.set()
        for tasks in self._tasks:
            tasks.put(None)
        for thread in self._threads:
            thread.join(PATIENCE)

    def _work(self, job: Job, number: int) -> None:
        with use_generator(torch.Generator().manual_seed(job.base_seed + number)):
            worker = Worker(job, number, "thread")
            while (message := self._tasks[number].get()) is not None and not self._stopped.is_set():
                key, task = message
                self._answers.put((key, worker.answer(task)))
