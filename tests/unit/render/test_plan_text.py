from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from planner.model.address import Address
from planner.model.plan import (
    DESTROY,
    IMPORT_ONLY,
    REFRESH_ONLY,
    Action,
    AttributeDiff,
    Change,
    DriftReport,
    LeftOut,
    Waiting,
)
from planner.model.value import UNKNOWN, Deferred, Fingerprint, Secret, Value
from planner.render.escaping import cells, quote
from planner.render.markdown.comment import render_markdown_plan
from planner.render.style import Style
from planner.render.text.plan import render_drift, render_plan
from planner.render.values import wrapped
from planner.render.view import PlanView

from . import plans
from .plans import PLANS, SYNONYMS, plan

PLAIN = Style()
ANSI = re.compile("\x1b\\[[0-9;]*m")


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("name", PLANS)
def test_golden(name: str, width: int, golden: Callable[[str, str], None]) -> None:
    golden(f"plan/{name}.{width}", render_plan(PLANS[name], width=width, style=PLAIN))


def test_every_golden_file_is_used() -> None:
    found = {path.name for path in (Path(__file__).parent / "golden/plan").iterdir()}
    assert found == {f"{name}.{width}.txt" for name in PLANS for width in (80, 200)}


@pytest.mark.parametrize("width", [50, 70, 80, 200])
@pytest.mark.parametrize("name", PLANS)
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    copied = PlanView(PLANS[name]).renames.block
    for line in render_plan(PLANS[name], width=width, style=PLAIN).splitlines():
        assert cells(line) <= width or line in copied, line


@pytest.mark.parametrize("width", [50, 80])
@pytest.mark.parametrize("known", [0, 3])
@pytest.mark.parametrize("name", ["drift", "drift_only", "create"])
def test_no_line_of_drift_is_wider(name: str, known: int, width: int) -> None:
    report = DriftReport("p", "an environment", "2026-11-30T00:00:00Z", PLANS[name].drift, known=known)
    for line in render_drift(
        evolve(report, since="2026-11-29T00:00:00Z"), width=width, style=PLAIN
    ).splitlines():
        assert cells(line) <= width, line


@pytest.mark.parametrize("name", PLANS)
def test_colours_only_add_colours(name: str) -> None:
    coloured = render_plan(PLANS[name], width=80, style=Style(colours=True))
    assert "\x1b[" in coloured
    assert ANSI.sub("", coloured) == render_plan(PLANS[name], width=80, style=PLAIN)


def test_the_last_line_counts() -> None:
    text = render_plan(plan(plans.CREATE, plans.CREATE, plans.UPDATE), width=80, style=PLAIN)
    assert text.endswith("\nPlan: 2 to create, 1 to update, 0 to replace, 0 to delete.\n")


def test_nothing_to_do() -> None:
    assert (
        render_plan(plan(), width=80, style=PLAIN)
        == "No changes. The staging environment matches the configuration.\n"
    )


LEFT = (LeftOut(SYNONYMS, Action.DELETE, deposed=True),)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"partial": True}, "What was selected of the {} environment matches the configuration."),
        (
            {"asked": False},
            "The {} environment matches the configuration by its state; the installation was not asked.",
        ),
        (
            {"partial": True, "asked": False},
            "What was selected of the {} environment matches the configuration by its state; "
            "the installation was not asked.",
        ),
        (
            {"mode": REFRESH_ONLY},
            "The state is as the {} environment is; the configuration was not compared with it.",
        ),
        (
            {"waiting": (Waiting(SYNONYMS, "it is stopped"),)},
            "The {} environment matches the configuration, but for what cannot be looked at now: "
            "extension.synonyms.",
        ),
        ({"mode": DESTROY}, "The state of the {} environment holds nothing to delete now."),
        ({"mode": DESTROY, "partial": True}, "The state of the {} environment holds nothing to delete now."),
        ({"mode": IMPORT_ONLY}, "There is nothing to import into the state of the {} environment."),
        ({"partial": True, "left_out": LEFT}, "Nothing that was selected changes."),
        ({"mode": DESTROY, "partial": True, "left_out": LEFT}, "Nothing that was selected changes."),
    ],
)
def test_no_sentence_says_more_than_was_looked_at(facts: dict[str, Any], said: str) -> None:
    """In text and in Markdown; beside a change that is left out the text counts instead."""
    made = evolve(plan(), **facts)
    text = " ".join(render_plan(made, width=80, style=PLAIN).split())
    if made.left_out:
        assert text == (
            "Left out: extension.synonyms, left over from a replacement (delete) "
            "Plan: 0 to create, 0 to update, 0 to replace, 0 to delete."
        )
    else:
        assert text == f"No changes. {said.format('staging')}"
    markdown = render_markdown_plan(made, "")
    assert said.format("`staging`") in markdown
    assert ("no changes to what was selected" in markdown) is bool(made.left_out)


@pytest.mark.parametrize(("count", "lines"), [(2, 2), (5, 5), (12, 1)])
def test_many_that_are_left_out_for_one_reason_are_one_line(count: int, lines: int) -> None:
    addresses = [Address("extension_binding", f"shop_{number}") for number in range(count)]
    left = tuple(LeftOut(address, Action.UPDATE, why="rollout.search is held back") for address in addresses)
    text = render_plan(evolve(plan(), left_out=left), width=200, style=PLAIN)
    assert text.count("Left out: extension_binding.shop_0") == 1
    assert text.count("(update): rollout.search is held back") == lines
    assert ("extension_binding.shop_2 and 9 more (update)" in text) is (count == 12)


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("reason", ["", "it is not in the state", "It is new."])
def test_a_reason_that_says_nothing_is_left_out(action: Action, reason: str) -> None:
    text = render_plan(plan(Change(SYNONYMS, action, reason)), width=80, style=PLAIN)
    assert not reason or reason not in text


def test_no_op_changes_are_not_shown() -> None:
    assert "synonyms" not in render_plan(plan(Change(SYNONYMS, Action.NO_OP, "x")), width=80, style=PLAIN)


def test_attributes_marked_sensitive_are_hidden_in_creates_and_deletes() -> None:
    diffs = (AttributeDiff(("settings", "token"), None, "hunter2", sensitive=True),)
    values: dict[str, Value] = {"settings": {"token": "hunter2"}, "name": "a"}
    for change in (
        Change(SYNONYMS, Action.CREATE, "", after=values, diffs=diffs),
        Change(SYNONYMS, Action.DELETE, "", before=values, diffs=diffs),
    ):
        text = render_plan(plan(change), width=80, style=PLAIN)
        assert "hunter2" not in text
        assert "settings = (sensitive)" in text


SECRETS = st.sampled_from(
    [
        Secret("hunter2"),
        Secret("a\nhunter2\nb"),
        Fingerprint("00", "11"),
        Deferred((Secret("hunter2"),)),
        UNKNOWN,
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | SECRETS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(before=VALUES, after=VALUES, name=st.text(), width=st.integers(0, 250), action=st.sampled_from(Action))
def test_any_values(before: Value, after: Value, name: str, width: int, action: Action) -> None:
    diff = AttributeDiff((name, 0, name), before, after, forces_replacement=True)
    change = Change(SYNONYMS, action, name, name, {name: before}, {name: after}, (diff,), used_by=(name,))
    text = render_plan(plan(change, notes=(name,)), width=width, style=PLAIN)
    assert "hunter2" not in text
    assert text.replace("\n", "").isprintable()


@given(st.text(), st.integers(20, 200))
def test_a_changed_string_is_wrapped_and_never_shortened(text: str, room: int) -> None:
    assert "".join(line[index > 0 :] for index, line in enumerate(wrapped(text, room))) == quote(text)


def test_many_creates_are_printed_one_by_one() -> None:
    changes = (
        Change(
            Address("extension", f"e{number}"), Action.CREATE, "", after={"name": str(number), "id": UNKNOWN}
        )
        for number in range(1_000)
    )
    text = render_plan(plan(*changes), width=80, style=PLAIN)
    assert text.count("will be created") == 1_000
