"""The nearest known word, also of many."""

from __future__ import annotations

import pytest

from planner.model.diagnostic import did_you_mean

FEW = ["version", "name", "file", "description"]
MANY = [*FEW, *(f"words_{number}" for number in range(4000))]


@pytest.mark.parametrize("known", [FEW, MANY])
@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("versoin", "version"),
        ("vesion", "version"),
        ("nmae", "name"),
        ("xyzzy", ""),
        ("descripton", "description"),
    ],
)
def test_the_nearest_word(known: list[str], word: str, near: str) -> None:
    assert did_you_mean(word, known) == (f'Did you mean "{near}"?' if near else "")


def test_more_words_than_are_looked_at() -> None:
    assert did_you_mean("a_word", (f"b_{number}" for number in range(10**7))) == ""
