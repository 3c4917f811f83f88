"""A crew: the workers of an iterator as processes, each at the end of a channel of its own.

Nothing is shared between workers, so one that is killed takes no lock with it: its channel closes, and the main process
knows. A worker whose main process is gone finds its channel closed as well, and ends.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
from collections import deque
from contextlib import suppress
from multiprocessing import connection
from typing import Any

import flambeau as torch

from ...multiprocessing.channel import Channel, channel
from ...multiprocessing.parcels import Receiver, Sender
from ...trace.sync import sync
from .worker import ExceptionWrapper, Job, Worker, seed_all

AHEAD = 64 << 10  # bytes of tasks that may lie in a channel unread: sending must never wait for a worker
OVERHEAD = 1 << 10  # what the system adds to a message
PATIENCE = 5.0  # seconds that a worker has to end by itself
READY = None  # the first answer
MALLOC = {-1: 256 << 20, -3: 32 << 20}  # glibc's M_TRIM_THRESHOLD and M_MMAP_THRESHOLD, in bytes


class CannotStart(Exception):
    """Worker processes cannot be started in this script."""


class Crew:
    """Worker processes.

    Args:
        job: what they do.
        context: how processes are started.

    Raises CannotStart where the job cannot be pickled for a process that is not forked.
    """

    def __init__(self, job: Job, context) -> None:
        self._hands: list[_Hand] = []
        self._forks, self._pid = context.get_start_method() == "fork", os.getpid()
        sync()  # once, here, rather than in every worker
        try:
            for number in range(job.num_workers):
                self._hands.append(_Hand(job, number, context))
        except (TypeError, AttributeError, pickle.PicklingError) as error:
            self.stop()
            if self._forks:
                raise
            raise CannotStart(str(error)) from error
        except BaseException:
            self.stop()
            raise

    def send(self, worker: int, task: tuple) -> None:
        """Gives a worker a task, a pair that the worker answers by (task[0], result)."""
        self._hands[worker].give(task)

    def send_no_more(self) -> None:
        """All tasks have been sent: memory that comes back is given up while the last ones are waited for."""
        for hand in self._hands:
            hand.receiver.expect_no_more()

    def receive(self, timeout: float | None) -> tuple | None:
        """The next answer of any worker; None where none comes in time.

        Raises RuntimeError where a worker has died, CannotStart where it has not even started.
        """
        while True:
            ends: list[Any] = [end for hand in self._hands for end in (hand.channel, hand.process.sentinel)]
            ready = connection.wait(ends, timeout)
            if not ready:
                return None
            answer = self._answer(ready)
            if answer is not READY:
                return answer

    def _answer(self, ready: list) -> tuple | None:
        """What a worker has said; the last words of one that died come before the news of its death."""
        for hand in self._hands:
            if hand.channel in ready:
                with suppress(EOFError, OSError):
                    return hand.take()
                hand.bury()
            elif hand.process.sentinel in ready:
                hand.bury()
        raise self._loss()

    def _loss(self) -> Exception:
        """Why there are fewer workers than there were."""
        dead = [hand for hand in self._hands if hand.process.exitcode is not None]
        if not self._forks and not any(hand.ready for hand in dead) and dead[0].process.exitcode > 0:
            return CannotStart("a process that had been started for it ended before it could work")
        error = RuntimeError(
            f"DataLoader worker (pid(s) {', '.join(str(hand.process.pid) for hand in dead)}) exited unexpectedly"
        )
        error.__cause__ = RuntimeError(_obituary(dead[0].process))
        return error

    def stop(self) -> None:
        """Ends the workers: they see their channels closed; those that are busy for too long are killed."""
        if self._pid != os.getpid():  # a fork's copy
            return
        hands, self._hands = self._hands, []
        for hand in hands:
            hand.channel.close()
        for hand in hands:
            hand.bury()


class _Hand:
    """One worker, seen from the main process."""

    def __init__(self, job: Job, number: int, context) -> None:
        self.channel, there = channel()
        self.receiver, self._sizes, self._waiting = Receiver(), deque[int](), deque[bytes]()
        self.ready = False
        self.process = context.Process(target=work, args=(job, number, there), daemon=True)
        try:
            self.process.start()
        except BaseException:
            self.channel.close()
            raise
        finally:
            there.close()

    def give(self, task: tuple) -> None:
        """Sends a task, or has it wait for others to be answered."""
        self._waiting.append(pickle.dumps((task, self.receiver.returned())))
        self._flush()

    def _flush(self) -> None:
        while self._waiting:
            size = len(self._waiting[0]) + OVERHEAD
            if self._sizes and sum(self._sizes) + size > AHEAD:
                return
            self._sizes.append(size)
            try:
                self.channel.send(self._waiting.popleft())
            except OSError:  # it has died: receiving tells
                return

    def bury(self) -> None:
        """Waits for the end of the process, and brings it about if need be."""
        for end in (self.process.terminate, self.process.kill, self.process.join):
            self.process.join(PATIENCE)
            if self.process.exitcode is not None:
                return
            end()

    def take(self) -> tuple | None:
        """The next answer. Raises EOFError or OSError where the worker has died."""
        answer = self.receiver.unpack(*self.channel.receive())
        if answer is READY:
            self.ready = True
        else:
            self._sizes.popleft()
            self._flush()
        return answer  # type: ignore[return-value]


def _obituary(process) -> str:
    code = process.exitcode
    if code < 0:
        return f"DataLoader worker (pid {process.pid}) is killed by signal: {signal.strsignal(-code)}. "
    return (
        f"DataLoader worker (pid {process.pid}) exited unexpectedly with exit code {code}. Details are lost due to "
        "multiprocessing. Rerunning with num_workers=0 may give better error trace."
    )


def work(job: Job, number: int, main: Channel) -> None:
    """The life of a worker process."""
    try:
        torch.set_num_threads(1)
        _keep_freed_memory()
        seed_all(job.base_seed, number)
        sender = Sender()
        _reply(main, sender, READY, number)
        worker = Worker(job, number)
        while True:
            (key, task), returned = pickle.loads(main.receive()[0])
            sender.take_back(returned)
            _reply(main, sender, (key, worker.answer(task)), number)
    except (EOFError, OSError, KeyboardInterrupt):
        pass  # the main process has stopped, or is about to


def _keep_freed_memory() -> None:
    """Has the C library keep what is freed: a worker asks for the same sizes over and over; fresh pages are slow."""
    with suppress(AttributeError, OSError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        for option, nbytes in MALLOC.items():
            mallopt(option, nbytes)


def _reply(main: Channel, sender: Sender, answer: object, number: int) -> None:
    try:
        parcel = sender.pack(answer)
    except Exception:
        wrapped = ExceptionWrapper(where=f"in DataLoader worker process {number}")
        parcel = sender.pack((answer[0], wrapped))  # type: ignore[index]
    main.send(*parcel)
