"""Two configurations compared without an installation: base imagined as applied, head planned from it."""

from __future__ import annotations

from planner.engine.offline import imagined
from planner.engine.workflow import compare
from planner.model.plan import Action, Plan
from planner.model.resource import Desired
from planner.model.value import Secret, Value

from .world import SALT, THING, Scene, content, desired, goal_of, later, ref


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
