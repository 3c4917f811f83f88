"""What was timed (TaskSpec) and how long it took (Measurement), with units and significant figures."""

from __future__ import annotations

import contextlib
import math
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import flambeau as torch

__all__ = ["Measurement", "TaskSpec"]

_MOST_FIGURES = 4
_SHORTEST_INTERVAL = 25e-9  # seconds: below it clocks tell nothing
_SPREADS = (
    (0.25, "This suggests significant environmental influence."),
    (0.1, "This could indicate system fluctuation."),
)
_UNITS = {"ns": ("nanosecond", 1e-9), "us": ("microsecond", 1e-6), "ms": ("millisecond", 1e-3), "s": ("second", 1)}


@dataclass(frozen=True, repr=False)
class TaskSpec:
    """What is timed: a statement, what prepares it, and how tables call it."""

    stmt: str
    setup: str
    global_setup: str = ""
    label: str | None = None
    sub_label: str | None = None
    description: str | None = None
    env: str | None = None
    num_threads: int = 1

    @property
    def title(self) -> str:
        """The label, or else the statement."""
        name = self.label or self.stmt
        if self.sub_label:
            name = f"{name}: {self.sub_label}"
        return name if self.label or "\n" not in self.stmt else f"stmt:\n{textwrap.indent(name, '  ')}"

    def setup_str(self) -> str:
        """How the statement was prepared, for printing."""
        if self.setup == "pass" or not self.setup:
            return ""
        return f"setup:\n{textwrap.indent(self.setup, '  ')}" if "\n" in self.setup else f"setup: {self.setup}"

    def summarize(self) -> str:
        """What was timed, in a few lines."""
        lines = [self.title, self.description or "", "" if self.label else self.setup_str()]
        sep = "\n\n" if any("\n" in line for line in lines) else "\n"
        return sep.join(line for line in lines if line) + ("\n" if "\n\n" in sep else "")


@dataclass(repr=False)
class Measurement:
    """Times of a task. raw_times: in seconds, each for number_per_run runs of the statement."""

    number_per_run: int
    raw_times: list[float]
    task_spec: TaskSpec
    metadata: dict[Any, Any] | None = field(default=None)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "task_spec":
            raise AttributeError(name)
        return getattr(self.task_spec, name)

    @property
    def times(self) -> list[float]:
        """Seconds for one run of the statement."""
        return [t / self.number_per_run for t in self.raw_times]

    def _quantile(self, q: float) -> float:
        return float(np.quantile(self.times, q))

    @property
    def mean(self) -> float:
        """The mean of times."""
        return float(np.mean(self.times))

    @property
    def median(self) -> float:
        """The median of times."""
        return self._quantile(0.5)

    @property
    def iqr(self) -> float:
        """The distance of the quartiles."""
        return self._quantile(0.75) - self._quantile(0.25)

    @property
    def significant_figures(self) -> int:
        """How many figures of the median mean something, judged by the times between the quartiles."""
        times, count = sorted(self.times), len(self.raw_times)
        middle = times[count // 4 : math.ceil(3 * count / 4)]
        interval = max(1.645 * float(np.std(middle)) / math.sqrt(len(middle)), _SHORTEST_INTERVAL)
        return min(max(math.floor(math.log10(self.median / interval)), 1), _MOST_FIGURES)

    def meets_confidence(self, threshold: float = 0.1) -> bool:
        """Whether the quartiles are near to each other, in parts of the median."""
        return self.iqr / self.median < threshold

    def _warning(self) -> str:
        told = next((text for spread, text in _SPREADS if not self.meets_confidence(spread)), None)
        if told is None:
            return ""
        spread = self.iqr / self.median * 100
        return f"\n  WARNING: Interquartile range is {spread:.1f}% of the median measurement.\n           {told}"

    @property
    def has_warnings(self) -> bool:
        """Whether the times differ much from each other."""
        return bool(self._warning())

    @property
    def title(self) -> str:
        """The task's title."""
        return self.task_spec.title

    @property
    def as_row_name(self) -> str:
        """What tables call it."""
        return self.task_spec.sub_label or self.task_spec.stmt or "[Unknown]"

    def __repr__(self) -> str:
        count, threads = len(self.raw_times), self.task_spec.num_threads
        unit, scale = select_unit(self.median)
        lines = [object.__repr__(self), self.task_spec.summarize()]
        lines.append(f"  {'Median: ' if count > 1 else ''}{self.median / scale:.2f} {unit}")
        if count >= 4:
            low, high = self._quantile(0.25) / scale, self._quantile(0.75) / scale
            lines.append(f"  IQR:    {self.iqr / scale:.2f} {unit} ({low:.2f} to {high:.2f})")
        several = f"{count} measurement{'s' if count > 1 else ''}, {self.number_per_run} runs "
        several += f"{'per measurement,' if count > 1 else ','} {threads} thread{'s' if threads > 1 else ''}"
        return "\n".join([*lines, f"  {several}"]) + self._warning()

    @staticmethod
    def merge(measurements: Iterable[Measurement]) -> list[Measurement]:
        """One measurement for each task, with the times of all that are of it."""
        times: dict[TaskSpec, list[float]] = {}
        for m in measurements:
            times.setdefault(m.task_spec, []).extend(m.times)
        return [Measurement(1, found, task) for task, found in times.items()]


def select_unit(t: float) -> tuple[str, float]:
    """The unit for a time in seconds, and how many seconds it is."""
    power = int(np.log10(np.float32(t)) // 3)
    unit = {-3: "ns", -2: "us", -1: "ms"}.get(power, "s")
    return unit, _UNITS[unit][1]


def unit_to_english(u: str) -> str:
    """A unit's name."""
    return _UNITS[u][0]


def trim_sigfig(x: float, n: int) -> float:
    """A number to n significant figures."""
    scale = 10 ** (math.ceil(math.log10(abs(x))) - n)
    return float(np.float32(np.round(np.float32(x / scale)) * np.float32(scale)))


def ordered_unique(elements: Iterable[Any]) -> list[Any]:
    """The elements, each once, in order."""
    return list(dict.fromkeys(elements))


@contextlib.contextmanager
def set_torch_threads(n: int) -> Iterator[None]:
    """Inside, operations use n threads."""
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(n)
        yield
    finally:
        torch.set_num_threads(before)
