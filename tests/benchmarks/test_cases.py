"""Each case works, at a small size; what it measures is for people."""

from __future__ import annotations

from pathlib import Path

import pytest

from .__main__ import CASES, table


@pytest.mark.parametrize("name", CASES)
def test_a_case_gives_rows_with_the_same_columns(name: str, tmp_path: Path) -> None:
    rows = list(CASES[name].rows(tmp_path, 20))
    assert rows
    assert len({tuple(row) for row in rows}) == 1
    assert len(list(table(rows))) == len(rows) + 2


def test_a_table() -> None:
    assert list(table([{"a": "x", "b": 1.005}, {"a": "yy", "b": 1234}])) == [
        "| a  | b     |",
        "|----|-------|",
        "| x  | 1.00  |",
        "| yy | 1,234 |",
    ]
    assert list(table([])) == []
