"""Timer: runs a statement often enough to tell how long it takes.

What a statement computes is computed before its run ends: its last expression is kept, and pending work is done.
"""

from __future__ import annotations

import ast
import enum
import statistics
import textwrap
import timeit
from collections.abc import Callable
from typing import Any

import flambeau as torch

from .common import Measurement, TaskSpec, set_torch_threads

__all__ = ["Language", "Timer", "timer"]

timer = timeit.default_timer


class Language(enum.Enum):
    """What a statement is written in."""

    PYTHON = 0
    CPP = 1


class Timer:
    """Times a statement.

    stmt, setup: Python code.  timer: a clock.  globals: names that the code sees besides its own and torch.
    label, sub_label, description, env: what tables call it.  num_threads: how many threads operations use.
    Raises NotImplementedError for C++.
    """

    def __init__(
        self, stmt: str = "pass", setup: str = "pass", global_setup: str = "", timer: Callable[[], float] = timer,
        globals: dict[str, Any] | None = None, label: str | None = None, sub_label: str | None = None,
        description: str | None = None, env: str | None = None, num_threads: int = 1,
        language: Language | str = Language.PYTHON,
    ) -> None:  # fmt: skip
        if language not in (Language.PYTHON, "py", "python"):
            raise NotImplementedError("Timer: statements in C++ would have to be compiled; write them in Python")
        if not isinstance(stmt, str):
            raise ValueError("Currently only a `str` stmt is supported.")
        if global_setup:
            told = "Most likely this code can simply be moved to `setup`."
            raise ValueError(f"global_setup is C++ only, got `{global_setup}`. {told}")
        stmt, setup = textwrap.dedent(stmt).strip(), textwrap.dedent(setup).strip()
        self._task_spec = TaskSpec(stmt, setup, global_setup, label, sub_label, description, env, num_threads)
        names = {"torch": torch, **(globals or {}), "_finish": torch.cpu.synchronize}
        self._timer = timeit.Timer(_finishing(stmt), setup, timer, globals=names)

    def _timeit(self, number: int) -> float:
        return max(self._timer.timeit(number), 1e-9)

    def timeit(self, number: int = 1000000) -> Measurement:
        """Times a number of runs, all together."""
        with set_torch_threads(self._task_spec.num_threads):
            self._timeit(max(number // 100, 2))
            return Measurement(number, [self._timeit(number)], self._task_spec)

    def repeat(self, repeat: int = -1, number: int = -1) -> None:
        """Refused, as by PyTorch."""
        raise NotImplementedError("See `Timer.blocked_autorange.`")

    autorange = repeat

    def blocked_autorange(
        self, callback: Callable[[int, float], Any] | None = None, min_run_time: float = 0.2
    ) -> Measurement:
        """Times blocks of runs, of a size that makes the clock's cost small, for a time in all.

        callback: told of each block's size and time.  min_run_time: in seconds.
        """
        number = self._block_size(min_run_time)
        return self._measured(number, lambda times: sum(times) >= min_run_time, callback)

    def adaptive_autorange(
        self, threshold: float = 0.1, *, min_run_time: float = 0.01, max_run_time: float = 10.0,
        callback: Callable[[int, float], Any] | None = None,
    ) -> Measurement:  # fmt: skip
        """Times blocks of runs until their quartiles are within a part of the median, or for a longest time."""
        number = self._block_size(0.05)

        def enough(times: list[float]) -> bool:
            spent = sum(times)
            sure = len(times) > 3 and Measurement(number, times, self._task_spec).meets_confidence(threshold)
            return spent > max_run_time or (spent >= min_run_time and sure)

        return self._measured(number, enough, callback)

    def _measured(self, number: int, enough: Callable[[list[float]], bool], callback: Callable | None) -> Measurement:
        times: list[float] = []
        with set_torch_threads(self._task_spec.num_threads):
            while not times or not enough(times):
                times.append(self._timeit(number))
                if callback is not None:
                    callback(number, times[-1])
        return Measurement(number, times, self._task_spec)

    def _block_size(self, min_run_time: float) -> int:
        """How many runs make the cost of starting and reading the clock negligible."""
        number = 1
        with set_torch_threads(self._task_spec.num_threads):
            overhead = statistics.median(self._timeit(0) for _ in range(5))
            while True:
                taken = self._timeit(number)
                if (overhead <= 1e-4 * taken and taken >= min_run_time / 1000) or taken > min_run_time:
                    return number
                number *= 10

    def collect_callgrind(self, number: int = 100, **ignored: Any) -> None:
        """Refused: instructions are counted by Valgrind in PyTorch's own build."""
        raise NotImplementedError("Timer.collect_callgrind: count time with blocked_autorange, or use torch.profiler")


def _finishing(stmt: str) -> str:
    """A statement that ends when what it gives is computed."""
    try:
        tree = ast.parse(stmt)
    except SyntaxError:
        return stmt  # timeit tells
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        tree.body[-1] = ast.Assign([ast.Name("_kept", ast.Store())], tree.body[-1].value)
    tree.body.append(ast.Expr(ast.Call(ast.Name("_finish", ast.Load()), [], [])))
    return ast.unparse(ast.fix_missing_locations(tree))
