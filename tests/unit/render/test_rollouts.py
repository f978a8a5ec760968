"""Roll-outs as a plan has them, as records, and as programs read them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import jsonschema_rs
import pytest
from attrs import evolve

from planner.model.ledger import Ledger
from planner.model.plan import SETTLE, Plan
from planner.model.resource import Health
from planner.model.rollout import (
    BACK,
    CHECK,
    DONE,
    LOOK,
    LOOKED,
    RESTART,
    RESTARTED,
    ROLL_BACK,
    STOPPED,
    UNDONE,
    WRONG,
    Begun,
    Former,
    Progress,
    Rollout,
    Rules,
)
from planner.render import events
from planner.render.escaping import cells
from planner.render.reports import rollouts_document
from planner.render.rollout_view import RolloutView, checks_text, told_in_short
from planner.render.rollouts import next_text, render_rollouts, ways_on
from planner.render.style import Style
from planner.resources import schema

from .plans import MOVED_BINDING, PLANS, plan
from .rollouts import FAILURE, HOSTILE, RESTARTS, ROLLED, SEARCH, STAYS, member, steps_of

FIRST, SECOND, THIRD = (member.id for member in [*SEARCH.members][:3])
GOING_ON = Begun(
    "r-4f2c9a71be",
    "v2:sha256:00",
    "2026-11-30T08:00:00Z",
    SEARCH,
    progress={FIRST: Progress(DONE), SECOND: Progress(DONE), THIRD: Progress(LOOKED)},
)
FAILED = evolve(
    GOING_ON,
    status=STOPPED,
    reason="shop-canary-2: analysis-phonetic 8.14.1 does not load on 8.15.3",
    progress={**GOING_ON.progress, THIRD: Progress(WRONG, reason="a node does not start")},
)
GOES_BACK = evolve(FAILED, status=BACK, progress={**FAILED.progress, SECOND: Progress(UNDONE)})
RESTARTING = evolve(
    GOING_ON, rollout=evolve(SEARCH, rules=RESTARTS.rules), contents={"extension.icu": "12" * 32}
)
ALL_DONE = evolve(GOING_ON, progress={each.id: Progress(DONE) for each in SEARCH.members})
FOREIGN = Begun("r-\x1b", "", "2026-11-30T08:00:00Z", HOSTILE, status=STOPPED, reason="no\nway \x9b")
RECORDS: Mapping[str, Begun] = {
    "going_on": GOING_ON,
    "stopped": FAILED,
    "going_back": GOES_BACK,
    "done": ALL_DONE,
    "hostile": FOREIGN,
}


def shown(*begun: Begun, width: int = 80, colours: bool = False) -> str:
    failures = () if begun else (FAILURE,)
    return render_rollouts(begun, failures, environment="prod", width=width, style=Style(colours))


@pytest.mark.parametrize("width", [80, 120])
def test_golden(width: int, golden: Callable[[str, str], None]) -> None:
    blocks = [shown(begun, width=width) for begun in RECORDS.values()]
    golden(f"rollouts.{width}", "\n\n".join([*blocks, shown(width=width)]) + "\n")


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("width", [50, 60, 80])
def test_no_line_of_a_record_is_wider(name: str, width: int) -> None:
    assert [line for line in shown(RECORDS[name], width=width).splitlines() if cells(line) > width] == []


def test_nothing_has_begun() -> None:
    text = render_rollouts((), (), environment="prod", width=80, style=Style())
    assert text == "No roll-out has begun in the prod environment, and none is held back."


def test_what_failed_before_holds_back_nothing_that_has_begun_since() -> None:
    held = evolve(FAILURE, rollout=SEARCH.name)
    text = render_rollouts([GOING_ON], [held], environment="prod", width=100, style=Style())
    assert f"rollout.{SEARCH.name}: failed before this one\n" in text
    assert "--retry-rollout" not in text


def test_what_somebody_took_back_names_no_deployment() -> None:
    by_hand = evolve(FAILURE, deployment="", reason="somebody took it back", at="2026-11-30T08:00:00Z")
    text = render_rollouts([], [by_hand], environment="prod", width=100, style=Style())
    assert text.splitlines()[1] == "  somebody took it back, 2026-11-30 08:00 UTC"


def test_foreign_text_steers_nothing() -> None:
    text = shown(FOREIGN)
    assert "\x1b" not in text
    assert "\x9b" not in text


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_as_a_document(name: str) -> None:
    found = json.loads(json.dumps(rollouts_document("prod", [RECORDS[name]], [FAILURE])))
    rules = schema("reports.schema.json")
    jsonschema_rs.Draft202012Validator({**rules["$defs"]["rollouts"], "$defs": rules["$defs"]}).validate(
        found
    )
    (held,) = found["failures"]
    assert held["advice"].endswith("planner apply -e prod --retry-rollout search")


def test_until_when_it_pauses() -> None:
    pausing = evolve(SEARCH, rules=evolve(SEARCH.rules, pause=600))
    done = {each.id: Progress(DONE) for each in SEARCH.waves[0]}
    item = evolve(GOING_ON, rollout=pausing, paused_at="2026-11-30T08:55:30Z", progress=done)
    assert (
        next_text(item, "")
        == "the next apply goes on with wave 2, when its pause has ended, 2026-11-30 09:05 UTC"
    )
    begun = evolve(item, progress={**done, SECOND: Progress(LOOKED)})
    assert next_text(begun, "") == "the next apply goes on with wave 2"


def test_while_a_run_is_at_it() -> None:
    busy = "ann on build-3 (process 12), apply since 2026-11-30T08:00:00Z"
    (found,) = rollouts_document("prod", [GOING_ON], [], busy)["rollouts"]
    assert found["next"] == f"a run is at it, by {busy}"
    text = render_rollouts([GOING_ON], [], environment="prod", width=120, style=Style(), busy=busy)
    assert f"  next: {found['next']}\n" in text


def test_what_a_document_says_of_one() -> None:
    (found,) = rollouts_document("prod", [FAILED], [])["rollouts"]
    assert (found["status"], found["wave"], found["way_back"]) == (STOPPED, 2, [SECOND, THIRD, FIRST])
    stages = [[each["stage"] for each in wave] for wave in found["waves"]]
    assert stages == [["done"], ["done", "failed"], ["not begun"] * 9]
    assert [way["command"].split()[2] for way in found["ways_on"]] == ["continue", "back", "abandon"]


@pytest.mark.parametrize(
    ("begun", "ways"),
    [
        (GOING_ON, "goes on with wave 2; brings 3 deployments back to what was declared before"),
        (
            FAILED,
            "tries again what failed, and goes on; brings 3 deployments back to what was declared before",
        ),
        (GOES_BACK, "goes on with the way back"),
        (ALL_DONE, "ends it; brings 12 deployments back to what was declared before"),
        (RESTARTING, "goes on with wave 2"),
        (
            evolve(RESTARTING, former={"extension.icu": Former("34" * 32)}),
            "goes on with wave 2; puts the old content back, and starts 3 deployments anew once more",
        ),
        (evolve(GOING_ON, progress={}), "goes on with wave 1"),
    ],
)
def test_ways_on(begun: Begun, ways: str) -> None:
    *found, (_, last) = ways_on(begun, "prod")
    assert "; ".join(does for _, does in found) == ways
    assert last == "leaves every deployment as it is, and forgets the record"


def view(rollout: Rollout, made: Plan | None = None) -> RolloutView:
    return RolloutView(rollout, made or plan(rollouts=(rollout,)))


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        (steps_of(RESTARTS, LOOK, RESTARTED, SETTLE, CHECK), "to 2 deployments, each restarted once"),
        (steps_of(RESTARTS, LOOK, "update", "update", SETTLE, CHECK), "to 2 deployments, 4 restarts in all"),
        ((), "to 2 deployments, each restarted once"),
    ],
    ids=["restart", "two writes", "held back"],
)
def test_each_write_of_a_member_is_a_restart(steps: tuple[object, ...], told: str) -> None:
    made = plan(rollouts=(RESTARTS,), steps=steps)
    assert view(RESTARTS, made).summary == f"extension.icu, {told}"


ALONE = evolve(SEARCH, waves=((member("shop"),),))


@pytest.mark.parametrize(
    ("rollout", "summary", "manner"),
    [
        (STAYS, "extension.icu, with no restart", ""),
        (evolve(RESTARTS, waves=()), "extension.icu, which nothing uses yet", ""),
        (
            evolve(ALONE, of=RESTARTS.of, rules=Rules()),
            "extension.icu, to 1 deployment, restarted once",
            None,
        ),
        (evolve(ALONE, rules=Rules()), None, "green within 30m; when one fails it stops"),
        (
            evolve(SEARCH, rules=Rules(at_once=3, pause=90)),
            None,
            "3 at a time, green within 30m, 1m30s between waves; when one fails it stops",
        ),
        (
            evolve(ALONE, rules=Rules(RESTART, on_failure=ROLL_BACK), no_way_back="it is nowhere"),
            None,
            "green within 30m; when one fails it stops",
        ),
    ],
    ids=["none", "unused", "one", "one, and how", "several", "no way back"],
)
def test_what_is_said_of_one(rollout: Rollout, summary: str | None, manner: str | None) -> None:
    found = view(rollout)
    assert summary in (None, found.summary)
    assert manner in (None, found.manner)


@pytest.mark.parametrize(
    ("health", "said"),
    [
        (Health(), "green within 30m"),
        (Health("yellow", within=90), "green or yellow within 1m30s"),
        (RESTARTS.rules.health, "green or yellow and 1 text analyzed as expected within 1h30m"),
    ],
)
def test_checks(health: Health, said: str) -> None:
    assert checks_text(health) == said


@pytest.mark.parametrize(
    ("rollout", "said"),
    [
        (SEARCH, "legacy-shop keeps the old one: no binding of this project"),
        (evolve(SEARCH, keeping=()), ""),
        (
            evolve(SEARCH, keeping=("a", "b", "c", "d", "e")),
            "a, b, c and 2 more keep the old one: no binding of this project",
        ),
        (STAYS, "shop-staging, orders, legacy-shop keep the old content until their nodes start anew"),
    ],
)
def test_who_keeps_the_old_content(rollout: Rollout, said: str) -> None:
    assert view(rollout).staying() == said


def test_that_there_is_no_way_back() -> None:
    """A line of its own, and a field of the event."""
    rollout = evolve(RESTARTS, way_back=False, no_way_back="the old archive is not at hand")
    assert "no way back: the old archive is not at hand" in view(rollout).remarks
    for each, said in ((RESTARTS, (True, None)), (rollout, (None, "the old archive is not at hand"))):
        lines = [*events.plan(plan(rollouts=(each,)), "v2:sha256:00")]
        (line,) = [line for line in lines if line["type"] == "rollout"]
        VALID.validate(json.loads(json.dumps(line)))
        assert (line.get("way_back"), line.get("no_way_back")) == said


def test_in_short() -> None:
    held = evolve(SEARCH, held=FAILURE)
    assert told_in_short([SEARCH, RESTARTS, STAYS, held]) == [
        "2 roll-outs to 14 deployments",
        "1 roll-out held back",
    ]
    assert told_in_short([]) == []


VALID = jsonschema_rs.Draft202012Validator(schema("events.schema.json"))


@pytest.mark.parametrize("name", ["rollout", "rollouts", "rollout_held", "rollout_hostile"])
def test_a_plan_as_events(name: str) -> None:
    lines = json.loads(json.dumps([*events.plan(PLANS[name], "v2:sha256:00")]))
    for line in lines:
        VALID.validate(line)
    found = [line for line in lines if line["type"] == "rollout"]
    assert [line["name"] for line in found] == [rollout.name for rollout in PLANS[name].rollouts]


def test_a_change_says_its_wave() -> None:
    changes = [line for line in events.plan(PLANS["rollout"], "") if line["type"] == "change"]
    assert [line.get("rollout") for line in changes] == [None, {"name": "search", "wave": 2, "waves": 3}]
    left_over = evolve(MOVED_BINDING, deposed=True)
    (line, *_) = events.plan(plan(left_over, rollouts=(SEARCH,)), "")
    assert "rollout" not in line


def test_a_ledger_as_events() -> None:
    lines = json.loads(json.dumps([*events.ledger(Ledger(rollouts=ROLLED))]))
    for line in lines:
        VALID.validate(line)
    assert [line.get("result") for line in lines] == ["done", "went back", "stopped", "going on", None]
    assert lines[-1]["complete"] is False
