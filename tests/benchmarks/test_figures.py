"""Costs become rows, and rows a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from .figures import Figures, Row, rows_of
from .measure import Cost, Failed, Spread, cost_of
from .table import plain, table


def cost(wall: float, requests: int = 1) -> Cost:
    return Cost(wall, cpu=wall / 2, peak=50.0, code=0, requests=requests)


def test_rows_hold_ratios_within_the_run() -> None:
    figures = [
        Figures("plan", 100, (cost(0.4),)),
        Figures("other", 1000, (cost(0.7),)),
        Figures("--version", 0, (cost(0.2),)),
        Figures("plan", 1000, (cost(1.0), cost(3.0), cost(2.2)), limit=0.1),
    ]
    first, other, none, last = rows_of(figures, start_up=0.2)
    assert (first["growth"], other["growth"]) == (None, None)
    assert (none["growth"], none["ms each"]) == (None, None)
    assert (first["limit s"], first["x limit"]) == (None, None)
    assert last["wall s"] == Spread(2.2, 1.0, 3.0)
    assert last["CPU s"] == Spread(1.1, 0.5, 1.5)
    assert last["x limit"] == pytest.approx(22)
    assert last["x start-up"] == pytest.approx(11)
    assert last["growth"] == pytest.approx(5.5)
    assert last["ms each"] == pytest.approx(2.0)


def test_a_table() -> None:
    rows: list[Row] = [{"a": "x", "b": 1.005}, {"a": "yy", "b": 1234}, {"a": "", "b": None}]
    assert list(table(rows)) == [
        "| a  | b     |",
        "|----|-------|",
        "| x  | 1.00  |",
        "| yy | 1,234 |",
        "|    |       |",
    ]
    assert list(table([])) == []


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0123, "0.0123"), (0.5, "0.50"), (1234.5, "1,234"), (Spread(2.0, 1.0, 9.0), "2.00"), (7, "7")],
)
def test_a_cell(value: object, shown: str) -> None:
    assert list(table([{"a": value}]))[-1].strip("| ") == shown


def test_a_row_for_programs() -> None:
    assert plain({"a": Spread(2.0, 1.0, 9.0), "b": 1}) == {
        "a": {"median": 2.0, "least": 1.0, "most": 9.0},
        "b": 1,
    }


def test_a_command_that_fails_is_not_measured(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"(?s)planner plan ended with 1.*there is no planner\.yaml"):
        cost_of("plan", folder=tmp_path)
    assert cost_of("plan", folder=tmp_path, codes=(1,)).code == 1


def test_the_peak_is_the_commands_own(tmp_path: Path) -> None:
    """Not that of the process that measures it, which a child's figure begins with."""
    ballast = b"x" * 150_000_000
    assert 10 < cost_of("--version", folder=tmp_path).peak < 100
    assert len(ballast) == 150_000_000
