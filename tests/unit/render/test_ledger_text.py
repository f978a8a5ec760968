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

from . import rollouts
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
ROLLED = Ledger(DONE, rollouts=rollouts.ROLLED)
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
        ("rolled", ROLLED),
    ],
)
def test_golden(name: str, ledger: Ledger, width: int, golden: Callable[[str, str], None]) -> None:
    text = render_ledger(ledger, environment="staging", width=width, style=Style(), resume=RESUME)
    golden(f"ledger/{name}.{width}", text)


@pytest.mark.parametrize("ledger", [PARTLY, ROLLED], ids=["partly", "rolled"])
def test_in_50_columns(ledger: Ledger) -> None:
    text = render_ledger(ledger, environment="staging", width=50, style=Style(), resume=RESUME)
    text = text.replace(rollouts.RETRY, "")  # to be copied
    assert [line for line in text.splitlines() if cells(line) > 50] == []


def test_complete() -> None:
    text = render_ledger(Ledger(DONE), environment="dev", width=80, style=Style(), resume=RESUME)
    assert text == (
        "Applied: 2 created, 1 updated, 0 replaced, 0 deleted.\n"
        "\n"
        "Noted (1):\n"
        "  extension.icu: updated, taken over after a lost reply\n"
    )


def test_one_that_was_rolled_out_leaves_nothing_to_do() -> None:
    done = Ledger(rollouts=ROLLED.rollouts[:1])
    text = render_ledger(done, environment="dev", width=80, style=Style(), resume=RESUME)
    assert text.endswith("\nRoll-outs (1):\n  rollout.search: done, all 3 waves (r-4f2c9a71be)\n")
    assert done.complete


def test_why_a_roll_out_failed_is_told_where_it_failed_and_not_of_each_member() -> None:
    rolled = ROLLED.rollouts[1]
    halted = f"the roll-out plugins went no further: {rolled.deployment} failed: {rolled.reason}"
    entries = (
        entry("canary", Action.UPDATE, FAILED, f"{rolled.reason} (look done before)", advice="Apply again."),
        *(entry(name, Action.UPDATE, SKIPPED, halted) for name in ("shop", "warehouse")),
    )
    ledger = Ledger(entries, rollouts=(rolled,))
    text = render_ledger(ledger, environment="dev", width=100, style=Style(), resume="")
    assert text.count(rolled.reason) == 2
    assert "  extension.shop: update, the roll-out plugins went no further: shop-canary-2 failed\n" in text
    assert "Apply again." not in text


def test_a_long_reason_of_several_is_told_once() -> None:
    halted = [entry(name, Action.UPDATE, SKIPPED, f"it waits, and {LONG}") for name in ("shop", "warehouse")]
    text = render_ledger(Ledger((*halted,)), environment="dev", width=60, style=Style(), resume="")
    assert text.count("it waits") == 1
    assert "  extension.shop: update\n  extension.warehouse: update\n    it waits" in text


@pytest.mark.parametrize(("rolled", "goes_on"), [(1, False), (2, False), (3, True)])
def test_the_command_to_go_on_is_only_told_where_it_helps(rolled: int, goes_on: bool) -> None:
    ledger = Ledger(rollouts=ROLLED.rollouts[rolled : rolled + 1])
    text = render_ledger(ledger, environment="dev", width=80, style=Style(), resume=RESUME)
    assert not ledger.complete
    assert text.endswith(f"To go on:\n\n    {RESUME}\n") is goes_on


def test_colours() -> None:
    text = render_ledger(PARTLY, environment="dev", width=80, style=Style(colours=True), resume=RESUME)
    assert "\x1b[1;31mFailed\x1b[0m (3):" in text


def test_one_reason_is_told_once_where_it_is_too_long_for_one_of_them() -> None:
    """Else the one whose address is long seems to have none."""
    reason = "the roll-out search went no further: shop-0 failed"
    names = ("a" * 50, "b")
    ledger = Ledger(tuple(entry(name, Action.UPDATE, SKIPPED, reason) for name in names))
    told = render_ledger(ledger, environment="dev", width=100, style=Style(), resume="").splitlines()
    at = told.index("  extension.b: update")
    assert (told[at - 1], told[at + 1]) == (f"  extension.{'a' * 50}: update", f"    {reason}")
