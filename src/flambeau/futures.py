"""torch.futures: results that may come later."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any


class Future:
    """A result that comes once.

    Args:
        devices: of the tensors in it; there is one device.
    """

    def __init__(self, devices: Sequence | None = None) -> None:
        self._ready, self._lock = threading.Event(), threading.Lock()
        self._result: Any = None
        self._error: BaseException | None = None
        self._callbacks: list[Callable] = []

    def done(self) -> bool:
        """Whether the result, or an exception in its place, is there."""
        return self._ready.is_set()

    def wait(self) -> Any:
        """The result, when it is there; raises the exception that came in its place."""
        self._ready.wait()
        return self.value()

    def value(self) -> Any:
        """The result, which must be there; raises the exception that came in its place."""
        if self._error is not None:
            raise self._error
        return self._result

    def set_result(self, result: Any) -> None:
        """Gives the result; RuntimeError where it is there already."""
        self._settle(result, None)

    def set_exception(self, result: BaseException) -> None:
        """Gives an exception in place of the result."""
        self._settle(None, result)

    def _settle(self, result: Any, error: BaseException | None) -> None:
        with self._lock:
            if self._ready.is_set():
                raise RuntimeError(
                    "Attempting to mark a completed Future as complete again. Note that a Future can only be marked "
                    "completed once."
                )
            self._result, self._error = result, error
            self._ready.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback(self)

    def add_done_callback(self, callback: Callable[[Future], Any]) -> None:
        """Calls a function with this future when the result is there."""
        with self._lock:
            if not self._ready.is_set():
                self._callbacks.append(callback)
                return
        callback(self)

    def then(self, callback: Callable[[Future], Any]) -> Future:
        """A future of what a function makes of this one when its result is there."""
        following = type(self)()

        def follow(future: Future) -> None:
            try:
                result = callback(future)
            except Exception as error:
                following.set_exception(error)
            else:
                following.set_result(result)

        self.add_done_callback(follow)
        return following


def collect_all(futures: Sequence[Future]) -> Future:
    """A future of a list of futures, when all of them are done."""
    result = Future()
    left = len(futures)
    if not left:
        result.set_result([])

    def count(_: Future) -> None:
        nonlocal left
        left -= 1
        if not left:
            result.set_result(list(futures))

    for future in futures:
        future.add_done_callback(count)
    return result


def wait_all(futures: Sequence[Future]) -> list:
    """The results of futures, when all are there; raises the first exception."""
    return [future.wait() for future in futures]


__all__ = ["Future", "collect_all", "wait_all"]
