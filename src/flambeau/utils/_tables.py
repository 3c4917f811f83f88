"""Tables of text as printed graphs and counters show them: a line of dashes under the heads, two spaces between."""

from __future__ import annotations


def simple_table(rows: list[list[str]], headers: list[str], right: tuple[int, ...] = ()) -> str:
    """Rows of cells under their heads, at the left of their columns, or at the right in the columns named."""
    widths = [max(map(len, column)) for column in zip(headers, *rows)]
    widths = [max(w, len(head) + 2) for w, head in zip(widths, headers)]

    def row(cells: list[str]) -> str:
        placed = [c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(cells, widths))]
        return "  ".join(placed).rstrip()

    return "\n".join([row(headers), "  ".join("-" * w for w in widths), *map(row, rows)])
