"""What the view says of a change is in every format: nothing is left to a renderer to remember."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType

import pytest
from attrs import evolve

from planner.model.address import Address
from planner.model.plan import NO_RESTART, ROLLING, Action, AttributeDiff, Change, Drift, LeftOut, Plan
from planner.model.preview import EnvironmentPreview, Preview
from planner.model.resource import Prior
from planner.render import events
from planner.render.html import render_html
from planner.render.markdown import render_comment, render_markdown_plan
from planner.render.resource_view import ChangeView, DriftView
from planner.render.rows import Form, Row, Words
from planner.render.style import Style
from planner.render.text.plan import render_plan
from planner.render.view import PlanView

from . import plans
from .html_document import read
from .plans import ICU, OFFICE, PLANS, SYNONYMS, plan
from .previews import form_for

ORIGIN = AttributeDiff(
    ("version",), "8.*", "9.*", origins=("var.v, prod.yaml:3",), line="templates/extensions.yaml:7"
)
MOVED = evolve(plans.UPDATE, moved_from=ICU)
IMPORTED = evolve(plans.UPDATE, imported=True)
BOTH = evolve(plans.DELETE, moved_from=ICU, imported=True)
SAID: Mapping[str, tuple[Change, tuple[str, ...]]] = MappingProxyType(
    {
        "moved": (MOVED, ("(moved from extension.icu)",)),
        "imported": (IMPORTED, ("(imported first)",)),
        "both": (BOTH, ("(moved from extension.icu)", "(imported first)")),
        "why": (evolve(plans.UPDATE, reason="asked for with a flag"), (": asked for with a flag",)),
        "origin": (evolve(plans.UPDATE, diffs=(ORIGIN,)), ("var.v, prod.yaml:3",)),
        "line": (evolve(plans.UPDATE, diffs=(evolve(ORIGIN, origins=()),)), ("templates/extensions.yaml:7",)),
        "rolling": (
            evolve(plans.UPDATE, restart=ROLLING),
            ("(with a rolling restart of the deployment's nodes)",),
        ),
        "no restart": (
            evolve(plans.UPDATE, restart=NO_RESTART),
            ("(without a restart: a node loads it when it next starts)",),
        ),
        "left over": (evolve(plans.DELETE, deposed=True), ("(left over from a replacement)",)),
    }
)


def preview(made: Plan) -> Preview:
    return Preview("search", "a" * 40, "b" * 40, (EnvironmentPreview("prod", plan=made),))


FORMATS: Mapping[str, Callable[[Plan], str]] = MappingProxyType(
    {
        "text": lambda made: render_plan(made, width=200, style=Style()),
        "markdown": lambda made: render_markdown_plan(made, ""),
        "comment": lambda made: render_comment(preview(made), form_for("github", limit=60_000)),
        "html": lambda made: read(render_html(preview(made))).text,
    }
)


@pytest.mark.parametrize("name", SAID)
@pytest.mark.parametrize("form", FORMATS)
def test_what_is_said_of_a_change_is_in_every_format(form: str, name: str) -> None:
    change, said = SAID[name]
    shown = FORMATS[form](plan(change))
    assert [words for words in said if words not in shown] == []


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("form", FORMATS)
def test_what_happens_to_each_resource_is_in_every_format(form: str, name: str) -> None:
    shown = " ".join(FORMATS[form](PLANS[name]).split())
    view = PlanView(PLANS[name])
    for item in view.changes:
        assert item.what in shown
    for drift in view.drift:
        assert (drift.headlines if form != "html" else (drift.sentence,))[0] in shown


@pytest.mark.parametrize("form", FORMATS)
def test_a_likely_rename_is_in_every_format(form: str) -> None:
    """Before what cannot be taken back, where that is told apart."""
    shown, renames = FORMATS[form](PLANS["renamed"]), PlanView(PLANS["renamed"]).renames
    assert "\n".join(renames.block) in shown
    assert all(text in " ".join(shown.replace("`", "").split()) for text in (renames.likely, *renames.unsure))
    if "Caution" in shown:
        assert shown.index("moved:") < shown.index("Caution")


def test_a_likely_rename_is_an_event() -> None:
    made = PLANS["renamed"]
    lines = [*events.plan(made, "")]
    told = [line for line in lines if line["type"] == "rename"]
    assert [line["sources"] for line in told] == [[*map(str, rename.sources)] for rename in made.renames]
    assert [line["text"].splitlines() for line in lines if line["type"] == "moved"] == [
        PlanView(made).renames.block
    ]


@pytest.mark.parametrize("name", ["moved", "imported", "both", "rolling", "no restart"])
def test_the_facts_of_a_change_are_in_its_event(name: str) -> None:
    change = evolve(SAID[name][0], diffs=(), before={}, after={})
    line = next(line for line in events.plan(plan(change), "") if line["type"] == "change")
    facts = {fact.key: fact.value for fact in ChangeView(change).facts}
    assert facts
    assert facts.items() <= json.loads(json.dumps(line)).items()


@pytest.mark.parametrize(
    ("change", "headline"),
    [
        (Change(SYNONYMS, Action.MOVE, "", moved_from=ICU), "extension.icu has moved to extension.synonyms"),
        (Change(ICU, Action.IMPORT, "", imported=True), "extension.icu will be imported"),
    ],
)
def test_a_fact_that_the_headline_tells_is_not_told_again(change: Change, headline: str) -> None:
    view = ChangeView(change)
    assert view.headlines == (headline,)
    assert view.tags == ()
    assert len(view.facts) == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "rollout",
            (
                "extension.synonyms and extension.phonetic, to 12 deployments in 3 waves, each",
                "shop-canary-1 (8.15.3), shop-canary-2 (8.15.3)",
                "one at a time, green and plugins loaded within 30m, 10m between waves; "
                "when one fails its wave goes back",
                "legacy-shop keeps the old one: no binding of this project",
                "wave 2 of 3 of rollout.search: look, update, settle, check",
                "1 roll-out to 12 deployments",
            ),
        ),
        (
            "rollout_held",
            (
                "shop-canary-1 failed in wave 2, 2026-11-30 08:00 UTC: analysis-phonetic 8.14.1 does",
                "planner apply -e staging --retry-rollout search",
                "held back",
            ),
        ),
        (
            "rollouts",
            (
                "the installation was not asked: who else uses what it carries is not known",
                "shop-staging, orders, legacy-shop keep the old content until their nodes start anew",
            ),
        ),
    ],
)
@pytest.mark.parametrize("form", FORMATS)
def test_what_is_said_of_a_roll_out_is_in_every_format(form: str, name: str, said: tuple[str, ...]) -> None:
    shown = " ".join(FORMATS[form](PLANS[name]).replace("`", "").split())
    assert [words for words in said if words not in shown] == []


def test_one_that_is_held_back_is_no_environment_as_it_should_be() -> None:
    view = PlanView(PLANS["rollout_held"])
    assert view.nothing_to_do("staging") == "Nothing begins: rollout.search is held back."


def behind(*names: str, drift: tuple[Drift, ...] = ()) -> str:
    found = tuple(Prior(Address("extension", name), name, {}) for name in names)
    return PlanView(plan(drift=drift, refreshed=found)).behind


GONE = Drift(Address("extension", "c"), "3", gone=True)
CHANGED = Drift(Address("extension", "b"), "2", diffs=plans.UPDATE.diffs)


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (behind(), ""),
        (behind("a"), "extension.a (its version, dates or lifecycle)"),
        (behind("b", drift=(CHANGED,)), "extension.b (changed outside of planner)"),
        (
            behind("a", "b", drift=(CHANGED, GONE)),
            "extension.a (its version, dates or lifecycle), extension.b (changed outside of planner) and "
            "extension.c (gone)",
        ),
        (
            behind(*"bdefg", drift=(CHANGED, GONE)),
            "extension.b (changed outside of planner), extension.c (gone), extension.d (its version, dates "
            "or lifecycle) and 3 more",
        ),
    ],
)
def test_where_the_state_is_behind_is_said_with_the_reason(said: str, what: str) -> None:
    assert said == (f"The state is behind for {what}; apply brings it up to date." if what else "")


@pytest.mark.parametrize(("drift", "told"), [((), False), ((CHANGED,), True)])
def test_what_an_update_writes_anew_is_not_behind(drift: tuple[Drift, ...], told: bool) -> None:
    update, prior = evolve(plans.UPDATE, address=CHANGED.address), Prior(CHANGED.address, "2", {})
    assert bool(PlanView(plan(update, drift=drift, refreshed=(prior,))).behind) is told


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_what_is_left_out_is_said_with_its_change(form: str) -> None:
    """But in a comment: a preview is never narrowed to some resources."""
    made = evolve(plan(plans.UPDATE), left_out=(LeftOut(OFFICE, Action.DELETE, deposed=True),))
    assert "left over from a replacement (delete)" in FORMATS[form](made)


@pytest.mark.parametrize(
    ("before", "after", "form"),
    [
        ("a", "b", Form.TWO),
        (1, "b", Form.TWO),
        (Words("a file"), Words("another"), Form.TWO),
        ("a\nb", "a", Form.LINES),
        ("a", 1, Form.TWO),
        ([1], [1, 2], Form.TWO),
        ([1], [1, 2, 3, 4], Form.ITEMS),
        ([[1]], [2], Form.ITEMS),
        ([1], "a", Form.APART),
        ({}, {"a": 1}, Form.APART),
    ],
)
def test_how_two_sides_are_compared(before: object, after: object, form: Form) -> None:
    assert Row("x", "~", before, after).form is form
    assert Row("x", "+", None, after).form is Form.ONE


def test_drift_is_told_as_a_change_is() -> None:
    """Whatever lays out the one lays out the other."""
    drift, change = DriftView(PLANS["drift"].drift[0]), ChangeView(plans.UPDATE)
    for name in ("address", "id", "sign", "group", "order", "headlines", "sentence", "gist", "rows", "tags"):
        assert type(getattr(drift, name)) is type(getattr(change, name)), name
