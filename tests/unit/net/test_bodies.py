from __future__ import annotations

import pytest

from planner.net.bodies import MOST_ELEMENTS, NotJSON, holds_too_many, parsed


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"", None),
        (b" \n", None),
        (b"{}", {}),
        (b'"a\\ud800b"', "a\ufffdb"),
        (b'"\\\\ud800"', "\\ud800"),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
    ],
)
def test_json(content: bytes, value: object) -> None:
    assert parsed(content) == value


@pytest.mark.parametrize(
    "content", [b"{", b"<html>", b"\xff", b"[" * 100_000, b"NaN", b'"\\ud800', b"\\" * 1000]
)
def test_what_is_none(content: bytes) -> None:
    with pytest.raises(NotJSON):
        parsed(content)


@pytest.mark.parametrize(
    ("content", "many"),
    [
        (b"[" + b"[]," * MOST_ELEMENTS + b"[]]", True),
        (b"[" + b"0," * MOST_ELEMENTS + b"0]", True),
        (b"{" + b'"":{},' * MOST_ELEMENTS + b'"":0}', True),
        (b'["' + b"[,{" * MOST_ELEMENTS + b'"]', False),
        (b'["' + b'\\",' * MOST_ELEMENTS + b'"]', False),
        (b'["\\\\",' + b"[]," * MOST_ELEMENTS + b"[]]", True),
        (b" " * (MOST_ELEMENTS + 2), False),
    ],
    ids=["lists", "numbers", "mappings", "a text", "a text with quotes", "behind a text", "blanks"],
)
def test_how_many_elements(content: bytes, many: bool) -> None:
    assert holds_too_many(content) is many
