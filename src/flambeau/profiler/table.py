"""Tables of events in PyTorch's form: right-aligned columns between lines of dashes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

WIDTH = 12  # of a column of numbers
GAP = "  "


def format_time(microseconds: float) -> str:
    """A time in the unit that suits it."""
    for size, unit in ((1e6, "s"), (1e3, "ms")):
        if microseconds >= size:
            return f"{microseconds / size:.3f}{unit}"
    return f"{microseconds:.3f}us"


def format_memory(count: int) -> str:
    """Bytes in the unit that suits them."""
    for size, unit in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")):
        if abs(count) >= size:
            return f"{count / size:.2f} {unit}"
    return f"{count} B"


def table(
    events: Sequence[Any], total: float, widths: tuple[int, int], with_memory: bool, with_shapes: bool,
    header: str | None,
) -> str:  # fmt: skip
    """A table of events.

    Args:
        events: one for each row.
        total: the time that shares are of, in microseconds.
        widths: where names and shapes are cut.
        with_memory, with_shapes: whether there are columns for these.
        header: a title, or None.
    """
    if not events:
        return ""
    titles = ["Name", "Self CPU %", "Self CPU", "CPU total %", "CPU total", "CPU time avg"]
    titles += ["CPU Mem", "Self CPU Mem"] if with_memory else []
    titles += ["# of Calls"] + (["Input Shapes"] if with_shapes else [])
    rows = [_row(event, total, widths, with_memory, with_shapes) for event in events]
    columns = [_name_width([row[0] for row in rows])] + [WIDTH] * (len(titles) - 1)
    if with_shapes:
        columns[-1] = _name_width([row[-1] for row in rows])
    rule = "".join("-" * width + GAP for width in columns)
    lines = [rule, _line(titles, columns), rule, *(_line(row, columns) for row in rows), rule]
    if header is not None:
        lines = ["=" * len(rule), header, *lines]
    return "\n".join([*lines, f"Self CPU time total: {format_time(total)}", ""])


def _name_width(names: Sequence[str]) -> int:
    return max(map(len, names)) + 4


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(cell.rjust(width) + GAP for cell, width in zip(cells, widths))


def _row(event: Any, total: float, widths: tuple[int, int], with_memory: bool, with_shapes: bool) -> list[str]:
    def share(time: float) -> str:
        return f"{100 * time / total:.2f}%" if total else "NaN"

    cells = [
        _cut(event.key, widths[0]),
        share(event.self_cpu_time_total),
        format_time(event.self_cpu_time_total),
        share(event.cpu_time_total),
        format_time(event.cpu_time_total),
        format_time(event.cpu_time),
    ]
    if with_memory:
        cells += [format_memory(event.cpu_memory_usage), format_memory(event.self_cpu_memory_usage)]
    cells.append(str(event.count))
    return [*cells, _cut(str(event.input_shapes), widths[1])] if with_shapes else cells


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."
