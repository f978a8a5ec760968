from __future__ import annotations

from collections.abc import Callable

import pytest

from planner.model.address import Address
from planner.model.ledger import APPLIED, FAILED, SKIPPED, Entry, Ledger, ThreeWay
from planner.model.plan import Action
from planner.model.value import UNKNOWN
from planner.render.escaping import cells
from planner.render.ledger import render_ledger
from planner.render.style import Style

from .plans import LONG, LONGER


def entry(name: str, action: Action, result: str, reason: str = "", **more: object) -> Entry:
    return Entry(Address("extension", name), action, result, reason, **more)  # type: ignore[arg-type]


DONE = (
    entry("synonyms", Action.CREATE, APPLIED),
    entry("stopwords", Action.CREATE, APPLIED),
    entry("icu", Action.UPDATE, APPLIED, "taken over after a lost reply"),
)
PARTLY = Ledger(
    (
        *DONE,
        entry("old", Action.IMPORT, APPLIED),
        entry(
            "phonetic",
            Action.UPDATE,
            FAILED,
            "the resource moved since it was planned: version 5 was planned, 6 is there",
            advice="Look at what others changed, then plan again.",
            conflict=(
                ThreeWay(("version",), "8.15.*", "8.*", "8.14.*"),
                ThreeWay(("description",), "mine", None, "theirs"),
                ThreeWay(("token",), "a", "b", "c", sensitive=True),
                ThreeWay(("url",), UNKNOWN, "repo://1", UNKNOWN),
            ),
        ),
        entry(
            "kuromoji",
            Action.UPDATE,
            FAILED,
            "the resource moved",
            conflict=(
                ThreeWay(("description",), LONG, None, LONGER),
                ThreeWay(("rules",), ["a"], [], [{"a": 1}]),
            ),
        ),
        entry(
            "broken", Action.CREATE, FAILED, "400 extensions.request_execution_failed\nno such host \x1b[31m"
        ),
        entry("shop", Action.CREATE, SKIPPED, "extension.phonetic failed"),
        entry("warehouse", Action.DELETE, SKIPPED, f"extension.phonetic failed, and {LONG}"),
    )
)
RESUME = "planner apply -e staging"


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize(
    ("name", "ledger"),
    [
        ("partly", PARTLY),
        (
            "interrupted",
            Ledger((*DONE, entry("shop", Action.REPLACE, SKIPPED, "interrupted")), interrupted=True),
        ),
    ],
)
def test_golden(name: str, ledger: Ledger, width: int, golden: Callable[[str, str], None]) -> None:
    text = render_ledger(ledger, environment="staging", width=width, style=Style(), resume=RESUME)
    golden(f"ledger/{name}.{width}", text)


def test_in_50_columns() -> None:
    text = render_ledger(PARTLY, environment="staging", width=50, style=Style(), resume=RESUME)
    assert [line for line in text.splitlines() if cells(line) > 50] == []


def test_complete() -> None:
    text = render_ledger(Ledger(DONE), environment="dev", width=80, style=Style(), resume=RESUME)
    assert text == (
        "Applied: 2 created, 1 updated, 0 replaced, 0 deleted.\n"
        "\n"
        "Noted (1):\n"
        "  extension.icu: updated, taken over after a lost reply\n"
    )


def test_colours() -> None:
    text = render_ledger(PARTLY, environment="dev", width=80, style=Style(colours=True), resume=RESUME)
    assert "\x1b[1;31mFailed\x1b[0m (3):" in text
