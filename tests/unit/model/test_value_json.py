"""JSON documents in which everything can be seen, and which mean what they meant."""

from __future__ import annotations

import json

import pytest

from planner.model.value_json import indented, one_line, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Wörter, 日本語, \N{SLIGHTLY SMILING FACE}", "Wörter, 日本語, \N{SLIGHTLY SMILING FACE}"),
        ("\x1b[2J\x00", r"\u001b[2J\u0000"),
        ("\x7f", r"\u007f"),
        ("a\x85b\xa0c", r"a\u0085b\u00a0c"),
        ("ö\u202eö\u2066\u200f\u200b\ufeff", r"ö\u202eö\u2066\u200f\u200b\ufeff"),
        ("\u2028", r"\u2028"),
        ("\U000e0041", r"\udb40\udc41"),
        (r"\u202e", r"\\u202e"),
    ],
)
def test_what_cannot_be_seen_is_escaped(text: str, shown: str) -> None:
    for document in (indented({text: [text]}), one_line({text: [text]})):
        assert json.loads(document) == {text: [text]}
        assert document.decode().count(f'"{shown}"') == 2
        assert visible(document.decode()) == document.decode()
