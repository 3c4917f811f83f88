"""Machine code of kernels."""

from __future__ import annotations

from collections.abc import Callable


class Kernel:
    """A kernel not yet compiled: key (its repr says everything that the IR depends on) and build() -> IR text."""

    __slots__ = ("build", "key")

    def __init__(self, key: object, build: Callable[[], str]):
        self.key, self.build = key, build
