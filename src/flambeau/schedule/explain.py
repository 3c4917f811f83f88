"""What would run, as a table for people."""

from __future__ import annotations

from .program import Program

HEAD = ("kernel", "fuses", "tasks", "bytes", "flops")


def explain(program: Program) -> str:
    """One line for each launch of a program: its kind, the functions that it fuses, its tasks, bytes and operations."""
    known = program.kernels
    rows = [(k.kind, " | ".join(k.fused), str(k.launches), _short(k.bytes), _short(k.flops)) for k in known]
    total = ("total", "", "", _short(sum(k.bytes for k in known)), _short(sum(k.flops for k in known)))
    table = [HEAD, *rows, total]
    widths = [max(len(row[i]) for row in table) for i in range(len(HEAD))]
    return "\n".join(_line(row, widths) for row in table)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = [cell.ljust(width) if i < 2 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths))]
    return "  ".join(cells).rstrip()


def _short(number: float) -> str:
    """A count with a unit of thousands: 1.5 M."""
    for unit in ("", "k", "M", "G"):
        if number < 1000:
            return f"{number:.3g} {unit}".strip()
        number /= 1000
    return f"{number:.3g} T"
