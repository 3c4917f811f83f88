"""Starting several processes of one function, and waiting for all of them."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import time
import traceback
from collections.abc import Callable
from multiprocessing import connection
from typing import Any


class ProcessException(Exception):
    """A process failed."""

    def __init__(self, msg: str, error_index: int, pid: int) -> None:
        super().__init__(msg)
        self.msg, self.error_index, self.pid = msg, error_index, pid


class ProcessRaisedException(ProcessException):
    """A process ended with an exception; the text holds its traceback."""


class ProcessExitedException(ProcessException):
    """A process ended with an exit code, or by a signal."""

    def __init__(self, msg: str, error_index: int, error_pid: int, exit_code: int, signal_name: str | None = None):
        super().__init__(msg, error_index, error_pid)
        self.exit_code, self.signal_name = exit_code, signal_name


def _run(fn: Callable, index: int, args: tuple, errors: Any) -> None:
    try:
        fn(index, *args)
    except KeyboardInterrupt:
        pass
    except Exception:
        errors.put(traceback.format_exc())
        sys.exit(1)


class ProcessContext:
    """The started processes."""

    def __init__(self, processes: list, errors: list) -> None:
        self.processes, self.error_queues = processes, errors
        self._running = {process.sentinel: process for process in processes}

    def pids(self) -> list[int]:
        """The numbers of the processes."""
        return [process.pid for process in self.processes]

    def join(self, timeout: float | None = None, grace_period: float | None = None) -> bool:
        """Waits until all processes have ended, or one has failed, which ends the others.

        Returns whether all have ended well; False where the time ran out.
        Raises ProcessRaisedException or ProcessExitedException where one failed.
        """
        ended = connection.wait(list(self._running), timeout) if self._running else []  # none to wait for: no end
        for sentinel in ended:
            self._running.pop(sentinel).join()  # it has ended, but may not be known to have
        failed = next((i for i, p in enumerate(self.processes) if p.exitcode not in (None, 0)), None)
        if failed is None:
            return all(process.exitcode == 0 for process in self.processes)
        self._end_all(grace_period)
        self._report(failed)
        return False

    def _end_all(self, grace_period: float | None) -> None:
        for process in self.processes:
            if process.is_alive():
                process.terminate()
        end = time.monotonic() + (30 if grace_period is None else grace_period)
        for process in self.processes:
            process.join(max(0.0, end - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()

    def _report(self, index: int) -> None:
        process = self.processes[index]
        if not self.error_queues[index].empty():
            text = self.error_queues[index].get()
            raise ProcessRaisedException(
                f"\n\n-- Process {index} terminated with the following error:\n{text}", index, process.pid
            )
        if process.exitcode < 0:
            name = signal.Signals(-process.exitcode).name
            raise ProcessExitedException(
                f"process {index} terminated with signal {name}", index, process.pid, process.exitcode, name
            )
        raise ProcessExitedException(
            f"process {index} terminated with exit code {process.exitcode}", index, process.pid, process.exitcode
        )


def start_processes(
    fn: Callable,
    args: tuple = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:
    """Starts processes that call fn(number, *args).

    Args:
        fn: a function that the processes can import.
        nprocs: how many.
        join: wait for all of them.
        daemon: whether they end with this process.
        start_method: "spawn", "fork" or "forkserver".

    Returns the context to join, or None where that has been done. Raises what `ProcessContext.join` raises.
    """
    kind = multiprocessing.get_context(start_method)
    processes, errors = [], []
    for index in range(nprocs):
        queue = kind.SimpleQueue()
        process = kind.Process(target=_run, args=(fn, index, args, queue), daemon=daemon)  # type: ignore[attr-defined]
        process.start()
        processes.append(process)
        errors.append(queue)
    context = ProcessContext(processes, errors)
    if not join:
        return context
    while not context.join():
        pass
    return None


def spawn(
    fn: Callable, args: tuple = (), nprocs: int = 1, join: bool = True, daemon: bool = False, start_method="spawn"
):
    """start_processes by "spawn"."""
    return start_processes(fn, args, nprocs, join, daemon, start_method="spawn")
