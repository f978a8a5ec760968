"""Rows as a Markdown table, or as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from attrs import asdict

from .figures import Row
from .measure import Spread


def table(rows: Iterable[Row]) -> Iterator[str]:
    """The lines of a Markdown table; a Spread shows its median."""
    rows = list(rows)
    if not rows:
        return
    cells = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in cells]
    yield lines[0]
    yield "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    yield from lines[1:]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Spread):
        return _cell(value.median)
    if isinstance(value, float):
        return (
            f"{value:.4f}" if abs(value) < 0.095 else f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"
        )
    return f"{value:,}" if isinstance(value, int) else str(value)


def plain(row: Row) -> Row:
    """As JSON has it: a Spread with its median, least and most."""
    return {key: asdict(value) if isinstance(value, Spread) else value for key, value in row.items()}
