"""The nearest known word, also of many; the same mistake of many resources."""

from __future__ import annotations

import pytest

from planner.model.diagnostic import ERROR, WARNING, Diagnostic, Position, did_you_mean, folded, nearest

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


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("extension.synonims", "extension.synonyms"),
        ("extension.zzz", ""),
        ("extention.synonyms", "extension.synonyms"),
        ("synonyms", "extension.synonyms"),
    ],
)
def test_addresses_are_as_near_as_their_names(word: str, near: str) -> None:
    assert nearest(word, ["extension.synonyms", "extension.geo"]) == near


def test_more_words_than_are_looked_at() -> None:
    assert did_you_mean("a_word", (f"b_{number}" for number in range(10**7))) == ""


def test_nothing_near_is_no_word() -> None:
    assert nearest("xyzzy", FEW) == ""


LINE = Position("templates/a.yaml", 7, "  version: 1")


def said(summary: str, name: str | None = None, position: Position | None = LINE, **more: str) -> Diagnostic:
    return Diagnostic(ERROR, summary, position=position, address=name, **more)


MANY_VALUES = [said(f'size must be at most 5, not "{n}"', f"extension.e_{n}") for n in range(6, 206)]
SAFE = "Its lifecycle says so."


@pytest.mark.parametrize(
    ("items", "left"),
    [
        pytest.param([said("wrong", "e.a"), said("wrong", "e.a")], ["wrong"], id="the very same"),
        pytest.param(
            [said("wrong", f"e.x_{n}") for n in range(200)],
            ["wrong / 199 more from templates/a.yaml:7: e.x_1, e.x_2, e.x_3, …"],
            id="many resources",
        ),
        pytest.param(
            [said("wrong", "e.a", detail="Because."), said("wrong", "e.b")],
            ["wrong / Because. / 1 more from templates/a.yaml:7: e.b"],
            id="two resources",
        ),
        pytest.param(
            MANY_VALUES,
            [
                'size must be at most 5, not "6" / 199 more from templates/a.yaml:7: '
                "extension.e_7, extension.e_8, extension.e_9, …"
            ],
            id="many values",
        ),
        pytest.param(
            MANY_VALUES[:3], [item.summary for item in MANY_VALUES[:3]], id="as few values as can be read"
        ),
        pytest.param(
            [said(f'unknown key "{key}"', name) for name in ("e.a", "e.b") for key in "wxyz"],
            [f'unknown key "{key}" / 1 more from templates/a.yaml:7: e.b' for key in "wxyz"],
            id="several mistakes of each resource",
        ),
        pytest.param(
            [said(f'there is no key "{key}"') for key in "uvwxyz"],
            [
                'there is no key "u" / 5 more from templates/a.yaml:7: there is no key "v", there is no key '
                '"w", there is no key "x", …'
            ],
            id="many values of no resource",
        ),
        pytest.param(
            [said("wrong", "e.a"), said("wrong", "e.b", Position("templates/a.yaml", 8))],
            ["wrong", "wrong"],
            id="two lines",
        ),
        pytest.param(
            [said("wrong", "e.a", detail="One."), said("wrong", "e.a", detail="Two.")],
            ["wrong / One.", "wrong / Two."],
            id="two details of one resource",
        ),
        pytest.param(
            [said(f"e.x_{n} must stay", f"e.x_{n}", None, detail=SAFE) for n in range(9)],
            [f"e.x_0 must stay / {SAFE} / 8 more: e.x_1, e.x_2, e.x_3, …"],
            id="no line, and the same reason",
        ),
        pytest.param(
            [said("e.x must stay", f"e.x_{n}", None, detail=f"Used by {n}.") for n in range(2)],
            ["e.x must stay / Used by 0.", "e.x must stay / Used by 1."],
            id="no line, and a reason each",
        ),
    ],
)
def test_a_loop_makes_one_mistake(items: list[Diagnostic], left: list[str]) -> None:
    found = folded(reversed(items))
    assert [" / ".join(filter(None, (item.summary, *item.detail.split("\n")))) for item in found] == left


def test_errors_and_warnings_stay_apart() -> None:
    found = folded([Diagnostic(WARNING, "wrong", position=LINE), said("wrong", "e.a")])
    assert [item.severity for item in found] == [ERROR, WARNING]
