"""The worker pool: Python threads that wait for launches inside one native loop, without Python's lock.

A worker stays while a plan with parallel launches is at work, and for a short while after it, so that the next one
finds it ready; then it sleeps on a lock until such a plan wakes the pool. No plan ever waits for a worker to come:
threads that cannot be started, or that a fork or the end of the interpreter has taken away, cost speed, nothing else.
"""

from __future__ import annotations

import atexit
import ctypes
import threading
import time
from contextlib import suppress
from functools import cache

from .. import config
from . import native
from .buffers import allocate
from .compile import address

SPIN_SECONDS = 100e-6
STOP_SECONDS = 5.0  # how long the end of a worker's last chunk is waited for
MOST_WORKERS = 511  # what the gate can count


class Pool:
    """The workers of the process. All methods but `stop` are called under `execute.lock`.

    resting: whether a worker may be asleep or missing;  threads: how many threads, the caller's included, take part.
    """

    def __init__(self):
        self._buffer = allocate(8 * native.REGION_WORDS)
        self.region = self._buffer.address
        self._words = (ctypes.c_int64 * native.REGION_WORDS).from_address(self.region)
        ctypes.memset(self.region, 0, 8 * native.REGION_WORDS)
        self._words[native.GATE] = 512  # closed
        self._words[native.YIELD] = _yield_address()
        self._threads: list[threading.Thread] = []
        self._bells: dict[int, threading.Lock] = {}  # of the workers that sleep
        self._closed = False
        self.resting, self.threads = True, 1

    @property
    def status(self) -> int:
        """The address of the status block."""
        return self.region + 8 * native.STATUS

    def fault(self) -> tuple[int, ...]:
        """The words of the status block: code, where, value, size."""
        return tuple(self._words[native.STATUS : native.STATUS + native.STATUS_WORDS])

    def call(self) -> None:
        """Has config.threads - 1 workers come, as far as there can be, and stay to the end of the next native run."""
        # First of all, and under Python's lock: a worker that is about to sleep either sees this or is seen to rest.
        self._words[native.ACTIVE] = 1
        if self.resting or self.threads != config.threads:
            self._wake()

    def _wake(self) -> None:
        self.resting = False
        self.threads = config.threads
        wanted = 0 if self._closed else min(self.threads - 1, MOST_WORKERS)
        self._words[native.WORKERS] = wanted
        with suppress(RuntimeError):  # the system gives no more threads: those that there are will do
            while len(self._threads) < wanted:
                self._start()
        for number in range(1, wanted + 1):
            self._ring(number)

    def stop(self) -> None:
        """Ends all workers; the next `call` starts new ones."""
        self._words[native.GENERATION] += 1
        threads, self._threads = self._threads, []
        deadline = time.monotonic() + STOP_SECONDS
        for number, thread in enumerate(threads, 1):
            while thread.is_alive() and time.monotonic() < deadline:
                self._ring(number)
                thread.join(0.01)
        self._bells.clear()
        self.resting = True

    def close(self) -> None:
        """Ends all workers for good: at the end of the interpreter, while machine code is still in place."""
        self._closed = True
        self.stop()

    def _start(self) -> None:
        arguments = len(self._threads) + 1, self._words[native.GENERATION], _spin_rounds()
        thread = threading.Thread(target=self._work, args=arguments, name="flambeau-worker", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _ring(self, number: int) -> None:
        bell = self._bells.pop(number, None)
        if bell is not None:
            bell.release()

    def _work(self, number: int, generation: int, rounds: int) -> None:
        bell = threading.Lock()
        bell.acquire()
        work = _native_work()
        while reason := work(self.region, number, generation, rounds):
            self._bells[number] = bell
            self.resting = True  # after the bell hangs: who sees this must find it
            wanted = number <= self._words[native.WORKERS]
            missed = wanted and reason == native.IDLE and self._words[native.ACTIVE]
            if not (missed and self._bells.pop(number, None)):
                bell.acquire()


@cache
def _native_work():
    signature = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)
    return signature(address(native.work_kernel))


@cache
def _spin_rounds() -> int:
    """Rounds of a worker's loop that take SPIN_SECONDS, measured on a region without launches."""
    trial, region = 1000, allocate(8 * native.REGION_WORDS)
    words = region.array("i8", native.REGION_WORDS)
    words[:] = 0
    words[native.GATE] = 512
    best = 1.0
    for _ in range(3):
        start = time.perf_counter()
        _native_work()(region.address, 1, 0, trial)
        best = min(best, time.perf_counter() - start)
    return max(int(trial * SPIN_SECONDS / best), trial)


def _yield_address() -> int:
    """The address of the system's sched_yield; 0 where there is none."""
    try:
        return ctypes.cast(ctypes.CDLL(None).sched_yield, ctypes.c_void_p).value or 0
    except (AttributeError, OSError, TypeError):
        return 0


pool = Pool()
atexit.register(pool.close)
