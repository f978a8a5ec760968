"""Which environments a change affects, and what it does to them, without any installation."""

from __future__ import annotations

import pytest
from attrs import evolve

from planner.engine.offline import ABSENT, Reading, followed, imagined, why_affected
from planner.engine.workflow import compare
from planner.model.plan import Action, Plan
from planner.model.resource import Desired
from planner.model.value import Secret, Value

from .world import SALT, THING, Scene, content, desired, goal_of, later, ref

READS = frozenset({"planner.yaml", "templates/a.yaml", "files/a/"})
BEFORE = Reading("one", READS, {"version": "8.*"})
BROKEN = Reading(reads=READS, problem="a mistake")


@pytest.mark.parametrize(
    ("before", "after", "changed", "why"),
    [
        pytest.param(BEFORE, BEFORE, ["templates/a.yaml"], (), id="a change that reaches nothing"),
        pytest.param(BEFORE, Reading("two", READS), ["templates/b.yaml"], ("var.version",), id="a variable"),
        pytest.param(
            BEFORE,
            Reading("two", READS, {"version": "8.*"}),
            ["templates/b.yaml", "templates/a.yaml", "files/a/x.txt", "files/ab"],
            ("files/a/x.txt", "templates/a.yaml"),
            id="files that it reads",
        ),
        pytest.param(
            BEFORE,
            Reading("two", frozenset({"templates/new.yaml"}), {"version": "9.*"}),
            ["templates/new.yaml", "templates/a.yaml"],
            ("var.version", "templates/a.yaml", "templates/new.yaml"),
            id="a file that it reads now, and one that it did, behind the variable",
        ),
        pytest.param(
            BEFORE,
            Reading("two", READS, {"version": "8.*"}),
            [],
            ("something outside of the files of the project",),
            id="something else",
        ),
        pytest.param(
            BEFORE,
            Reading("two", READS, {"version": "8.*"}, pin="3f9c1ab"),
            ["templates/a.yaml", "files/a/x.txt", "planner.yaml"],
            ("planner.yaml",),
            id="pinned, so that the folders that are pinned have nothing to do with it",
        ),
        pytest.param(
            BEFORE,
            Reading("one", READS, {"version": "8.*"}, pin="3f9c1ab"),
            ["planner.yaml"],
            ("planner.yaml",),
            id="only the pin is another one",
        ),
        pytest.param(ABSENT, BEFORE, [], ("it is new",), id="a new one"),
        pytest.param(BROKEN, BEFORE, [], ("it could not be rendered before",), id="broken before"),
        pytest.param(BEFORE, BROKEN, [], ("it cannot be rendered",), id="broken by something else"),
        pytest.param(
            BEFORE, BROKEN, ["planner.yaml"], ("planner.yaml",), id="broken by a file that it reads"
        ),
    ],
)
def test_why_an_environment_is_planned(
    before: Reading, after: Reading, changed: list[str], why: tuple[str, ...]
) -> None:
    assert why_affected(before, after, changed) == why


@pytest.mark.parametrize(
    ("links", "more"),
    [
        pytest.param({}, set(), id="no links"),
        pytest.param({"files/b": "shared/"}, set(), id="one that it does not read"),
        pytest.param({"files/a/x": "shared/x"}, {"shared/x"}, id="in a folder"),
        pytest.param({"files/a": "shared/a/"}, {"shared/a/"}, id="the folder"),
        pytest.param({"files": "shared/"}, {"shared/a/"}, id="a folder above, of which only a part is read"),
        pytest.param({"templates/a.yaml": "shared/t.yaml"}, {"shared/t.yaml"}, id="a template"),
        pytest.param(
            {"files/a/x": "shared/", "shared/y": "other/y"}, {"shared/", "other/y"}, id="a link behind a link"
        ),
        pytest.param({"files/a/x": "files/a/", "files/a/y": "files/"}, {"files/"}, id="in a circle"),
    ],
)
def test_what_links_lead_to_is_read(links: dict[str, str], more: set[str]) -> None:
    found = followed(BEFORE, links)
    assert found.reads == READS | more
    changed = [f"{name}z" if name.endswith("/") else name for name in more]
    assert set(why_affected(evolve(BEFORE, digest="other"), found, changed)) == set(changed) or not more


def compared(base: list[Desired], head: list[Desired]) -> Plan:
    scene = Scene.of()
    before = imagined("p", "dev", {d.address: d for d in base}, {}, {"thing": THING}, SALT)
    plan = compare(goal_of(*head), {"thing": scene.world}, before).plan
    assert (scene.world.lists, scene.world.calls) == (0, [])
    return plan


def test_nothing_changed() -> None:
    both = [
        desired("a", file=content()),
        desired("b", note=later("see ", ref("a", "url")), password=Secret("hunter2")),
        desired("c", note=later(ref("b", "note"))),
    ]
    assert compared(both, both).changes == ()


def test_what_changed() -> None:
    plan = compared(
        [desired("kept", note="x"), desired("gone"), desired("swap", tier="x")],
        [
            desired("kept", note="y"),
            desired("new", note=later(ref("kept", "url"))),
            desired("swap", tier="y"),
        ],
    )
    assert {c.address.name: c.action for c in plan.changes} == {
        "kept": Action.UPDATE,
        "gone": Action.DELETE,
        "new": Action.CREATE,
        "swap": Action.REPLACE,
    }


def test_a_file_that_changed() -> None:
    [change] = compared([desired("a", file=content("one"))], [desired("a", file=content("two"))]).changes
    assert change.action is Action.UPDATE
    assert change.content_before is not None


def test_a_secret_that_changed_shows_neither() -> None:
    [change] = compared(
        [desired("a", password=Secret("hunter2"))], [desired("a", password=Secret("hunter3"))]
    ).changes
    assert change.diffs[0].sensitive
    assert "hunter" not in repr(change)


def test_references_in_a_circle_end() -> None:
    circle = {
        d.address: d
        for d in (desired("a", note=later(ref("b", "note"))), desired("b", note=later(ref("a", "note"))))
    }
    assert len(imagined("p", "dev", circle, {}, {"thing": THING}, SALT).resources) == 2


def test_outputs_that_stay_are_no_change() -> None:
    resources = [desired("a")]
    outputs: dict[str, Value] = {"url": later(ref("a", "url")), "list": [1, 2]}
    base = {d.address: d for d in resources}
    before = imagined("p", "dev", base, outputs, {"thing": THING}, SALT)
    plan = compare(goal_of(*resources, outputs=outputs), {"thing": Scene.of().world}, before).plan
    assert plan.outputs == ()
