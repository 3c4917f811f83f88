"""Compare: measurements side by side, a table for each label, a column for each description."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable

from .common import Measurement, ordered_unique, select_unit, trim_sigfig, unit_to_english

__all__ = ["Colorize", "Compare"]

_BEST, _GOOD, _BAD, _VERY_BAD = "\033[92m", "\033[34m", "\033[2m\033[91m", "\033[31m"
_BOLD, _END = "\033[1m", "\033[0m"


class Colorize(enum.Enum):
    """Whether fast and slow are told apart by colours, and among which."""

    NONE = "none"
    COLUMNWISE = "columnwise"
    ROWWISE = "rowwise"


class Compare:
    """A printed table of measurements."""

    def __init__(self, results: list[Measurement]) -> None:
        self._results: list[Measurement] = []
        self._trim = self._warn = False
        self._colorize = Colorize.NONE
        self.extend_results(results)

    def extend_results(self, results: Iterable[Measurement]) -> None:
        """Adds measurements. Raises ValueError for anything else."""
        for r in results:
            if not isinstance(r, Measurement):
                raise ValueError(f"Expected an instance of `Measurement`, got {type(r)} instead.")
            self._results.append(r)

    def trim_significant_figures(self) -> None:
        """Shows only the figures that mean something."""
        self._trim = True

    def colorize(self, rowwise: bool = False) -> None:
        """Colours the fastest of each column, or of each row."""
        self._colorize = Colorize.ROWWISE if rowwise else Colorize.COLUMNWISE

    def highlight_warnings(self) -> None:
        """Marks measurements whose times differ much."""
        self._warn = True

    def print(self) -> None:
        """Prints the tables."""
        print(str(self))

    def __str__(self) -> str:
        merged = Measurement.merge(self._results)
        labels = ordered_unique(m.label for m in merged)
        tables = (_Table([m for m in merged if m.label == label], self) for label in labels)
        return "\n".join(table.text() for table in tables)


class _Table:
    """The measurements of one label, by (threads, env, row) and column."""

    def __init__(self, results: list[Measurement], settings: Compare) -> None:
        self.results, self.settings = results, settings
        self.unit, self.scale = select_unit(min(m.median for m in results))
        self.columns = ordered_unique(m.description for m in results)
        keys = ordered_unique((m.num_threads, m.env, m.as_row_name) for m in results)
        self.rows = sorted(keys, key=lambda key: key[:2])
        self.cells = {(m.num_threads, m.env, m.as_row_name, m.description): m for m in results}

    def text(self) -> str:
        """The whole table."""
        lines = [["", *self.columns], *([self._title(i), *self._values(i)] for i in range(len(self.rows)))]
        widths = [max(map(len, column)) for column in zip(*lines)]
        head = "  |  ".join(cell.center(width) for cell, width in zip(lines[0], widths))
        body = []
        for i, line in enumerate(lines[1:]):
            if i == 0 or self.rows[i][0] != self.rows[i - 1][0]:
                body.append(f"{self.rows[i][0]} threads: ".ljust(len(head), "-"))
            values = [self._coloured(i, j, cell.center(w)) for j, (cell, w) in enumerate(zip(line[1:], widths[1:]))]
            body.append("  |  ".join([line[0].ljust(widths[0]), *values]))
        title = f" {self.results[0].label or ''} ".center(len(head) - 2, "-")
        units = f"Times are in {unit_to_english(self.unit)}s ({self.unit})."
        text = "\n".join([f"[{title}]", head, *body, "", units, ""])
        if self.settings._warn and any(m.has_warnings for m in self.results):
            text += "(! XX%) Measurement has high variance, where XX is the IQR / median * 100.\n"
        return text

    def _title(self, i: int) -> str:
        threads, env, name = self.rows[i]
        envs = {m.env for m in self.results}
        if len(envs) == 1:
            return " " * 6 + name
        repeated = i > 0 and self.rows[i - 1][:2] == (threads, env)
        return "  " + ("" if repeated else f"({env})").ljust(max(len(str(e)) for e in envs) + 4) + name

    def _cell(self, i: int, j: int) -> Measurement | None:
        return self.cells.get((*self.rows[i], self.columns[j]))

    def _column(self, j: int) -> list[Measurement]:
        return [m for i in range(len(self.rows)) if (m := self._cell(i, j)) is not None]

    def _values(self, i: int) -> list[str]:
        return [self._value(self._cell(i, j), self._column(j)) for j in range(len(self.columns))]

    def _value(self, m: Measurement | None, column: list[Measurement]) -> str:
        """A time as its column writes it: with one width, and as many decimals."""
        leading = [math.ceil(math.log10(c.median / self.scale)) for c in column]
        decimals = 1
        if self.settings._trim:
            decimals = min(max(c.significant_figures - digits, 0) for c, digits in zip(column, leading))
        width = max(leading) + decimals + (1 if decimals else 0)
        marked = self.settings._warn and any(c.has_warnings for c in column)
        if m is None:
            return " " * (len(f"{1:>{width}.{decimals}f}") + (7 if marked else 0))
        value = m.median / self.scale
        value = trim_sigfig(value, m.significant_figures) if self.settings._trim else value
        mark = f" (! {m.iqr / m.median * 100:.0f}%)" if marked and m.has_warnings else ""
        return f"{value:>{width}.{decimals}f}{mark:>{7 if marked else 0}}"

    def _coloured(self, i: int, j: int, text: str) -> str:
        m = self._cell(i, j)
        if m is None or self.settings._colorize is Colorize.NONE:
            return text
        if self.settings._colorize is Colorize.ROWWISE:
            others = [c.median for k in range(len(self.columns)) if (c := self._cell(i, k)) is not None]
        else:
            group = [k for k, row in enumerate(self.rows) if row[0] == self.rows[i][0]]
            others = [c.median for k in group if (c := self._cell(k, j)) is not None]
        best = min(others)
        if m.median <= max(best * 1.01, best + 100e-9):
            return _BEST + _BOLD + text + _END * 2
        if m.median <= best * 1.1:
            return _GOOD + _BOLD + text + _END * 2
        if m.median >= best * 5:
            return _VERY_BAD + _BOLD + text + _END * 2
        return _BAD + text + _END * 2 if m.median >= best * 2 else text
