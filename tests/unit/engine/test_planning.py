from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from planner.engine.goal import Origins
from planner.engine.refresh import Asking, View, survey
from planner.engine.selection import Selection
from planner.engine.workflow import compare, propose_from
from planner.model.address import Address
from planner.model.codec import encode
from planner.model.declarations import Declarations, Move, Removal
from planner.model.plan import DESTROY, IMPORT_ONLY, NORMAL, REFRESH_ONLY, Action, AttributeDiff, OutputChange
from planner.model.resource import Lifecycle, Observed
from planner.model.state import Applied
from planner.model.value import (
    SCRYPT,
    Deferred,
    Fingerprint,
    Path,
    Reference,
    Secret,
    conceal,
    dotted,
    stretched,
)

from .world import (
    NOW,
    REPLACED,
    SALT,
    THING,
    Installation,
    Planned,
    Scene,
    address,
    content,
    desired,
    goal_of,
    later,
    observed,
    planned,
    prior,
    ref,
    state_of,
)

PRINT = Fingerprint.of("hunter2", SALT)
KEPT = Lifecycle(prevent_destroy=True)


def plan_for(*wanted: Any, has: Any = (), **more: Any) -> Planned:
    """The plan from a state that is what the installation has."""
    return planned(goal_of(*wanted, **more), state_of(*has), Installation.holding(*has))


@pytest.mark.parametrize(
    ("wanted", "has", "actions"),
    [
        ([], [], {}),
        ([desired("a")], [], {"a": "create"}),
        ([desired("a")], [prior("a")], {}),
        ([desired("a", note="x")], [prior("a")], {"a": "update"}),
        ([desired("a", tier="y")], [prior("a", tier="x")], {"a": "replace"}),
        ([], [prior("a")], {"a": "delete"}),
        ([desired("a", file=content("new"))], [prior("a")], {"a": "update"}),
        ([desired("a"), desired("b")], [prior("b"), prior("c")], {"a": "create", "c": "delete"}),
    ],
)
def test_actions(wanted: Any, has: Any, actions: dict[str, str]) -> None:
    found = plan_for(*wanted, has=has)
    assert found.actions == actions
    assert found.plan.unchanged == len(wanted) - sum(a != "delete" for a in actions.values())


def test_a_create_knows_nothing_of_what_the_server_sets() -> None:
    change = plan_for(desired("a")).change("a")
    assert change.reason == "it is not in the state"
    assert change.after == {"name": "a", **{n: later(ref("a", n)) for n in ("id", "url", "stamp", "marker")}}


def test_an_update_keeps_what_is_stable_and_pins_the_version() -> None:
    change = plan_for(desired("a", note="x"), has=[prior("a", version="4")]).change("a")
    assert change.version == "4"
    assert change.after == {"name": "a", "note": "x", "id": "id-a", "url": "repo://id-a"}
    assert change.diffs == (AttributeDiff(("note",), None, "x"),)


def test_a_replacement_says_what_forces_it() -> None:
    change = plan_for(desired("a", tier={"x": 2, "y": 2}), has=[prior("a", tier={"x": 1})]).change("a")
    assert change.reason == "tier cannot be changed in place"
    assert change.id == "id-a"


IGNORING = Lifecycle(ignore_changes=(("note",), ("tier",), ("settings", "k"), ("file",)))
TOLD = [("note",), ("settings", "k"), ("tags",), ("tier",)]


@pytest.mark.parametrize(
    ("lifecycle", "selection", "forces"),
    [
        (IGNORING, Selection(replaces=("thing.a",)), []),
        (evolve(IGNORING, replace_triggered_by=(ref("b"),)), Selection(), []),
        (evolve(IGNORING, ignore_changes=IGNORING.ignore_changes[:1]), Selection(), [("tier",)]),
        (Lifecycle(), Selection(), [("tier",)]),
    ],
)
def test_a_replacement_tells_all_that_the_new_resource_gets(
    lifecycle: Lifecycle, selection: Selection, forces: list[Any]
) -> None:
    has = prior("a", note="x", tier="x", tags=["g"], settings={"k": 1, "l": 1}, content_sha256="s")
    wanted = desired("a", note="y", tier="y", settings={"k": 2, "l": 1}, file=content(), lifecycle=lifecycle)
    found = plan_for(wanted, desired("b", note="new"), has=[has], selection=selection)
    change = found.change("a")
    assert change.action is Action.REPLACE
    assert sorted(diff.path for diff in change.diffs) == TOLD
    assert [diff.path for diff in change.diffs if diff.forces_replacement] == forces
    assert change.content == evolve(content(), archive="")
    assert change.after["tier"] == "y"


def test_a_lost_resource_is_created_again() -> None:
    found = planned(goal_of(desired("a")), state_of(prior("a")), Installation())
    assert found.change("a").action is Action.CREATE
    assert found.change("a").reason == "it is gone from the installation"
    assert found.plan.gone == (address("a"),)


def test_a_lost_resource_that_is_not_wanted_is_only_forgotten() -> None:
    found = planned(goal_of(), state_of(prior("a")), Installation())
    assert found.actions == {}
    assert found.plan.gone == (address("a"),)
    assert not found.plan.is_empty


def test_drift_is_told_apart_from_the_change_that_mends_it() -> None:
    world = Installation.holding(prior("a", note="x"))
    world.change("id-a", note="theirs")
    found = planned(goal_of(desired("a", note="x")), state_of(prior("a", note="x")), world)
    assert found.plan.drift[0].diffs == (AttributeDiff(("note",), "x", "theirs"),)
    assert found.change("a").diffs == (AttributeDiff(("note",), "theirs", "x"),)
    assert found.change("a").version == "2"


OLD = "an older token"
NEW = Secret("a token")
PARTS = Deferred((NEW, Reference(address("b"), ("id",))))


@pytest.mark.parametrize(
    ("declared", "there"),
    [
        pytest.param({"note": NEW}, {"note": OLD}, id="a text"),
        pytest.param({"note": PARTS}, {"note": OLD}, id="parts"),
        pytest.param({"settings": {"k": {"l": NEW}}}, {"settings": {"k": {"l": OLD}}}, id="in a mapping"),
        pytest.param({"tags": ["plain", NEW]}, {"tags": [OLD, "plain"]}, id="in a list"),
    ],
)
@pytest.mark.parametrize("wanted", [True, False], ids=["wanted", "to be destroyed"])
def test_drift_to_a_secret_of_before_is_hidden(
    declared: dict[str, Any], there: dict[str, Any], wanted: bool
) -> None:
    """Nobody knows the former value any more, and the state never had it: the attribute tells."""
    world = Installation.holding(prior("a"), prior("b"))
    world.change("id-a", **there)
    goal = goal_of(desired("a", **declared), desired("b"))
    if not wanted:
        goal = evolve(goal, resources={}, declared=goal.resources, mode=DESTROY)
    found = planned(goal, state_of(prior("a"), prior("b")), world)
    assert found.plan.drift[0].address == address("a")
    assert OLD not in repr(found.plan)


def test_drift_of_what_is_not_managed_is_taken_over() -> None:
    world = Installation.holding(prior("a", tier="x"))
    world.change("id-a", tier="y")
    found = planned(goal_of(desired("a")), state_of(prior("a", tier="x")), world)
    assert found.actions == {}
    assert [p.attributes["tier"] for p in found.plan.refreshed] == ["y"]
    assert not found.plan.has_changes
    assert not found.plan.is_empty


def test_a_version_that_moved_alone_is_taken_over_and_noted() -> None:
    world = Installation.holding(prior("a"))
    world.stored["id-a"].version = 5
    found = planned(goal_of(desired("a")), state_of(prior("a")), world)
    assert found.plan.notes == ("thing.a: version 1 had become 5 with the same attributes",)
    assert [p.version for p in found.plan.refreshed] == ["5"]
    assert found.plan.drift == ()


def test_a_replaced_file_is_uploaded_again() -> None:
    mine = content("one")
    has = prior("a", marker="m1", content_sha256=mine.sha256, file=mine.source)
    world = Installation.holding(has)
    world.change("id-a", marker="m2")
    change = planned(goal_of(desired("a", file=mine)), state_of(has), world).change("a")
    assert change.action is Action.UPDATE
    assert change.reason.startswith("somebody else replaced the file")
    assert change.content == evolve(mine, archive="")


@pytest.mark.parametrize(
    ("marker", "held", "reason"),
    [
        (None, None, "the installation does not hold files/a"),
        ("m", None, "the installation holds a file that is not known to be files/a"),
        ("m", "other", "files/a has new content"),
    ],
)
def test_why_a_file_is_uploaded(marker: str | None, held: str | None, reason: str) -> None:
    has = prior("a", marker=marker, content_sha256=held)
    assert plan_for(desired("a", file=content()), has=[has]).change("a").reason == reason


def test_an_ignored_file_is_not_uploaded() -> None:
    wanted = desired("a", file=content(), lifecycle=Lifecycle(ignore_changes=(("file",),)))
    assert plan_for(wanted, has=[prior("a")]).actions == {}


# references


def test_a_reference_is_known_from_the_prior_when_its_target_stays() -> None:
    found = plan_for(
        desired("a"),
        desired("b", settings=later(ref("a", "url")), note=later("to ", ref("a", "id"))),
        has=[prior("a")],
    )
    after = found.change("b").after
    assert (after["settings"], after["note"]) == ("repo://id-a", "to id-a")


@pytest.mark.parametrize(
    ("target", "path", "known"),
    [
        (desired("a", note="x"), "url", True),  # stable
        (desired("a", note="x"), "stamp", False),
        (desired("a", note="x"), "note", True),
        (desired("a", tier="y"), "url", False),
        (desired("c"), "url", False),
        (desired("a", note="x"), "marker.size", False),
        (desired("a", note="x"), "marker.parts.0", False),
        (desired("a", tier="y"), "marker.size", False),
        (desired("a", rules=later(ref("c", "stamp"))), "rules.size", False),
        (desired("a", rules={"size": later(ref("c", "stamp"))}), "rules.size", False),
        (desired("a", rules={"size": 1}), "rules.size", True),
        (desired("a", rules={"size": 1}), "rules.none", True),
    ],
)
def test_a_reference_to_what_changes(target: Any, path: str, known: bool) -> None:
    reference = ref(target.address.name, *path.split("."))
    wanted = desired("b", settings=later(reference))
    there = prior("a", tier="x", marker={"size": 1, "parts": [1]})
    found = plan_for(target, wanted, *[desired("c")] * (target.address.name == "a"), has=[there])
    assert (found.change("b").after["settings"] != later(reference)) is known


def test_a_reference_to_what_an_update_clears_is_null() -> None:
    found = plan_for(desired("a"), desired("b", settings=later(ref("a", "note"))), has=[prior("a", note="x")])
    assert found.change("a").diffs == (AttributeDiff(("note",), "x", None),)
    assert found.change("b").after["settings"] is None


def test_a_dependent_does_not_change_when_the_value_stays() -> None:
    has = [prior("a"), prior("b", settings="repo://id-a", depends_on=["a"])]
    found = plan_for(desired("a", note="x"), desired("b", settings=later(ref("a", "url"))), has=has)
    assert found.actions == {"a": "update"}


def test_a_bad_reference_is_a_diagnostic() -> None:
    found = plan_for(desired("a"), desired("b", settings=later("x", ref("a", "note"))), has=[prior("a")])
    (problem,) = found.diagnostics
    assert problem.summary == "thing.b.settings cannot be put together: null cannot be part of a text"
    assert "resource.thing.a.note" in problem.detail


def test_a_bad_reference_in_an_output_is_a_diagnostic() -> None:
    found = plan_for(desired("a"), has=[prior("a")], outputs={"o": later("x", ref("a", "note"))})
    assert found.errors == ["output.o cannot be put together: null cannot be part of a text"]


def test_a_secret_by_reference_is_never_in_the_plan() -> None:
    found = plan_for(
        desired("a", password=Secret("hunter2")),
        desired("b", note=later("x-", ref("a", "password")), settings=later(ref("a", "password"))),
        outputs={"o": later(ref("a", "password"))},
    )
    assert "hunter2" not in repr(found.plan)
    assert b"hunter2" not in repr(encode(found.plan)).encode()
    assert found.change("b").after["settings"] == PRINT
    assert found.plan.outputs == (OutputChange("o", None, PRINT, sensitive=True),)


# lifecycle


@pytest.mark.parametrize(
    ("trigger", "target", "action"),
    [
        (ref("a"), desired("a", note="x"), Action.REPLACE),
        (ref("a", "note"), desired("a", note="x"), Action.REPLACE),
        (ref("a", "settings", "k"), desired("a", settings={"k": 2}), Action.REPLACE),
        (ref("a", "settings", "j"), desired("a", settings={"k": 2}), None),
        (ref("a", "settings"), desired("a", note="x"), None),
        (ref("a", "settings"), desired("a", tier="y"), Action.REPLACE),
        (ref("a", "settings", "k"), desired("a", settings="none"), Action.REPLACE),
        (ref("a", "settings", "k"), desired("a", settings={"k": 1, "s": Secret("hunter2")}), None),
        (ref("a", "settings", "s"), desired("a", settings={"k": 1, "s": Secret("hunter2")}), Action.REPLACE),
        (ref("a", "settings", "k"), desired("a", settings=Secret("hunter2")), Action.REPLACE),
        (ref("a", "rules", 0), desired("a", rules=["r"]), Action.REPLACE),
        (ref("a", "rules", 1), desired("a", rules=["r"]), None),
        (ref("a", "file"), desired("a", file=content()), Action.REPLACE),
        (ref("a", "note"), desired("a", file=content()), None),
        (ref("a"), desired("a", file=content()), Action.REPLACE),
        (ref("a"), desired("a"), None),
    ],
)
def test_replace_triggered_by(trigger: Any, target: Any, action: Any) -> None:
    has = [prior("a", settings={"k": 1}, tier="x"), prior("b")]
    kept = {"settings": {"k": 1}, "tier": "x"}
    target = evolve(target, attributes={**kept, **target.attributes})
    found = plan_for(target, desired("b", lifecycle=Lifecycle(replace_triggered_by=(trigger,))), has=has)
    assert found.actions.get("b") == (action.value if action else None)
    if action:
        assert found.change("b").reason == f"{trigger} changes"


@pytest.mark.parametrize(
    ("wanted", "has", "mode", "refused"),
    [
        ([], [prior("a", prevent_destroy=True)], "normal", True),  # its block is gone, the state remembers
        ([], [prior("a", prevent_destroy=True)], DESTROY, True),
        ([], [prior("a")], "normal", False),
        ([desired("a", tier="y", lifecycle=KEPT)], [prior("a", tier="x")], "normal", True),
        ([desired("a", tier="y")], [prior("a", tier="x", prevent_destroy=True)], "normal", False),
        ([desired("a", note="y", lifecycle=KEPT)], [prior("a")], "normal", False),
    ],
)
def test_prevent_destroy(wanted: Any, has: Any, mode: str, refused: bool) -> None:
    found = plan_for(*wanted, has=has, mode=mode)
    assert found.errors == (["thing.a must not be destroyed"] if refused else [])


def test_a_resource_in_use_is_not_deleted() -> None:
    world = Installation.holding(prior("a"), prior("b", tier="x"))
    world.stored["id-a"].used_by = ["prod"]
    world.stored["id-b"].used_by = ["prod"]
    found = planned(goal_of(desired("b", tier="y")), state_of(prior("a"), prior("b", tier="x")), world)
    assert found.errors == ["thing.a cannot be deleted", "thing.b cannot be deleted"]
    assert found.change("a").used_by == ("prod",)
    assert "create_before_destroy" in next(d.advice for d in found.diagnostics if d.address == "thing.b")


def test_a_predecessor_in_use_stays_when_the_new_one_comes_first() -> None:
    has = prior("a", tier="x")
    world = Installation.holding(has)
    world.stored["id-a"].used_by = ["prod"]
    found = planned(goal_of(desired("a", tier="y", lifecycle=REPLACED)), state_of(has), world)
    assert found.errors == []
    assert [s.operation for s in found.plan.steps] == ["create"]
    assert "the replaced id-a stays for now" in found.plan.notes[0]


def test_a_left_over_is_deleted_with_its_version_unless_it_is_in_use() -> None:
    old = prior("a", "id-old", version="3")
    world = Installation.holding(prior("a"), old)
    state = state_of(prior("a"), deposed=(old,))
    (change,) = planned(goal_of(desired("a")), state, world).plan.changes
    assert (change.deposed, change.id, change.version) == (True, "id-old", "3")
    world.stored["id-old"].used_by = ["prod"]
    found = planned(goal_of(desired("a")), state, world)
    assert found.plan.changes == ()
    assert "the replaced id-old stays for now" in found.plan.notes[0]


def test_left_overs_of_one_address_and_the_resource_itself_are_deleted_apart() -> None:
    one, two = prior("a", "id-1"), prior("a", "id-2")
    state = state_of(prior("a"), deposed=(two, one))
    found = planned(goal_of(), state, Installation.holding(prior("a"), one, two))
    assert [c.id for c in found.plan.changes] == ["id-a", "id-1", "id-2"]
    assert {(s.operation, s.id) for s in found.plan.steps} == {
        ("delete", None),
        ("delete", "id-1"),
        ("delete", "id-2"),
    }


FIRST, LATER = desired("a", tier="y", lifecycle=REPLACED), desired("b", note=later("of ", ref("a", "id")))
USING = prior("b", depends_on=["a"], note="of id-a")


@pytest.mark.parametrize(
    ("selection", "operations", "left"),
    [
        (Selection(), ["a create", "b update", "a delete"], []),
        (Selection(("thing.[ab]",)), ["a create", "b update", "a delete"], []),
        (Selection(("thing.b",)), ["a create", "b update", "a delete"], []),
        (Selection(("thing.a",)), ["a create"], ["b"]),
        (Selection((), ("thing.b",)), ["a create"], ["b"]),
    ],
)
def test_a_predecessor_stays_while_what_uses_it_is_left_out(
    selection: Selection, operations: list[str], left: list[str]
) -> None:
    """And the plan says why; the rest, planned afterwards, deletes it."""
    scene = Scene.of(prior("a", tier="x"), USING)
    found = planned(goal_of(FIRST, LATER, selection=selection), scene.state, scene.world)
    assert sorted(f"{s.address.name} {s.operation}" for s in found.plan.steps) == sorted(operations)
    assert [item.address.name for item in found.plan.left_out] == left
    told = "the replaced id-a stays for now, because thing.b, which is left out, still uses it"
    assert any(told in note for note in found.plan.notes) is bool(left)
    scene.apply(FIRST, LATER, selection=selection)
    assert ("id-a" in scene.world.stored) is bool(left)
    again = planned(goal_of(FIRST, LATER, selection=selection), scene.state, scene.world)
    assert again.plan.steps == ()
    assert [(item.address.name, item.deposed) for item in again.plan.left_out] == [
        pair for name in left for pair in (("a", True), (name, False))
    ]
    scene.apply(FIRST, LATER)
    assert "id-a" not in scene.world.stored
    assert scene.agrees()


def test_a_predecessor_stays_while_a_left_over_that_uses_it_is_left_out() -> None:
    old = prior("b", "id-old", depends_on=["a"])
    state = state_of(prior("a", tier="x"), prior("b"), deposed=(old,))
    world = Installation.holding(prior("a", tier="x"), prior("b"), old)
    found = planned(goal_of(FIRST, desired("b"), selection=Selection(("thing.a",))), state, world)
    assert [s.operation for s in found.plan.steps] == ["create"]
    assert "because thing.b (id-old, left over from a replacement), which is left out" in found.plan.notes[0]


@pytest.mark.parametrize(
    ("removal", "mode", "action"),
    [
        (Removal(address("a")), NORMAL, "forget"),
        (Removal(address("a"), destroy=True), NORMAL, "delete"),
        (Removal(address("b")), NORMAL, "delete"),
        (Removal(address("a")), DESTROY, "delete"),
    ],
)
def test_a_removed_block_is_about_what_is_left_over_too(removal: Removal, mode: str, action: str) -> None:
    old = prior("a", "id-old")
    declarations = Declarations(removals=(removal,))
    live = "delete" if mode == DESTROY or removal.destroy or removal.source != address("a") else "forget"
    state = state_of(prior("a"), deposed=(old,))
    world = Installation.holding(prior("a"), old)
    found = planned(goal_of(mode=mode, declarations=declarations), state, world)
    assert found.actions == {"a": live, "a*": action}


@pytest.mark.parametrize("mode", [NORMAL, REFRESH_ONLY, IMPORT_ONLY])
def test_what_moves_is_told_in_every_mode(mode: str) -> None:
    declarations = Declarations(moves=(Move(address("a"), address("b")),))
    goal = goal_of(desired("b", note="x"), declarations=declarations, mode=mode)
    found = planned(goal, state_of(prior("a")), view=View())
    assert found.actions == {"b": "update" if mode == NORMAL else "move"}
    assert found.change("b").moved_from == address("a")
    assert [s.operation for s in found.plan.steps] == (["update"] if mode == NORMAL else [])


def test_what_only_the_configuration_says_is_brought_up_to_date_without_calls() -> None:
    wanted = desired("a", lifecycle=KEPT, depends_on=["b"], file=content(source="files/moved"))
    has = [prior("a", file="files/a", content_sha256=content().sha256), prior("b")]
    found = plan_for(wanted, desired("b"), has=has)
    assert (found.plan.changes, found.plan.steps) == ((), ())
    (entry,) = found.plan.refreshed
    assert entry.prevent_destroy
    assert entry.dependencies == (address("b"),)
    assert entry.attributes["file"] == "files/moved"


def test_an_ignored_secret_that_is_not_known_cannot_be_sent_back() -> None:
    wanted = desired(
        "a", note="x", password=Secret("new"), lifecycle=Lifecycle(ignore_changes=(("password",),))
    )
    found = plan_for(wanted, has=[prior("a", password=PRINT)])
    assert found.errors == ["thing.a cannot be updated without its secret password"]
    known = evolve(wanted, attributes={**wanted.attributes, "password": Secret("hunter2")})
    assert plan_for(known, has=[prior("a", password=PRINT)]).errors == []


# outputs, notes, refresh


@pytest.mark.parametrize(
    ("before", "wanted", "found"),
    [
        ({}, {"o": "x"}, [OutputChange("o", None, "x")]),
        ({"o": "x"}, {"o": "x"}, []),
        ({"o": "x"}, {}, [OutputChange("o", "x", None)]),
        ({}, {"o": None}, []),
        ({"o": PRINT}, {"o": Secret("hunter2")}, []),
        ({"o": "x"}, {"o": Secret("hunter2")}, [OutputChange("o", "x", PRINT, sensitive=True)]),
        ({"o": "repo://id-a"}, {"o": later(ref("a", "url"))}, []),
    ],
)
def test_outputs(before: Any, wanted: Any, found: Any) -> None:
    state = state_of(prior("a"), outputs=before)
    goal = goal_of(desired("a"), outputs=wanted)
    assert list(planned(goal, state, Installation.holding(prior("a"))).plan.outputs) == found


HAD = {"one": "id-a", "two": "id-b", "both": "id-a and id-b", "free": "x", "old": "y"}
NOW_ARE = {
    "one": later(ref("a", "id")),
    "two": later(ref("b", "id")),
    "both": later(ref("a", "id"), " and ", ref("b", "id")),
    "free": "x",
    "new": later(ref("b", "name")),
}
ONLY_B = Selection(("thing.b",))


@pytest.mark.parametrize(
    ("facts", "gone", "after"),
    [
        ({}, [], {"one": "id-a", "two": "id-b", "both": "id-a and id-b", "free": "x", "new": "b"}),
        ({"mode": REFRESH_ONLY}, [], HAD),
        ({"mode": REFRESH_ONLY}, ["a"], {"two": "id-b", "free": "x", "old": "y"}),
        ({"mode": REFRESH_ONLY}, ["a", "b"], {"free": "x", "old": "y"}),
        ({"mode": REFRESH_ONLY, "selection": ONLY_B}, ["a"], {"two": "id-b", "free": "x", "old": "y"}),
        ({"selection": ONLY_B}, ["a"], {"two": "id-b", "free": "x", "new": "b"}),
        ({"mode": DESTROY}, [], {}),
        ({"mode": DESTROY}, ["a"], {}),
        ({"mode": DESTROY, "selection": ONLY_B}, [], {"one": "id-a", "free": "x", "old": "y"}),
        ({"mode": DESTROY, "selection": ONLY_B}, ["b"], {"one": "id-a", "free": "x", "old": "y"}),
    ],
)
def test_outputs_are_never_of_what_the_state_does_not_hold(
    facts: dict[str, Any], gone: list[str], after: dict[str, str]
) -> None:
    """Whatever the mode and the selection; and the plan says what its apply makes of them."""
    scene = Scene.of(prior("a"), prior("b"), outputs=HAD)
    for name in gone:
        del scene.world.stored[f"id-{name}"]
    wanted = () if facts.get("mode") == DESTROY else (desired("a"), desired("b"))
    found = planned(goal_of(*wanted, outputs=NOW_ARE, **facts), scene.state, scene.world)
    scene.apply(*wanted, outputs=NOW_ARE, **facts)
    assert scene.state.outputs == after
    said = {output.name: output.after for output in found.plan.outputs}
    assert said == {name: after.get(name) for name in HAD | after if HAD.get(name) != after.get(name)}


def test_outputs_follow_the_values_that_a_refresh_finds() -> None:
    scene = Scene.of(prior("a", note="x"), outputs={"o": "x", "p": "kept"})
    scene.world.change("id-a", note="elsewhere")
    outputs = {"o": later(ref("a", "note")), "p": later(ref("a", "password"), "!")}
    scene.apply(desired("a", note="x"), mode=REFRESH_ONLY, outputs=outputs)
    assert scene.state.outputs == {"o": "elsewhere", "p": "kept"}


@pytest.mark.parametrize("mode", [NORMAL, REFRESH_ONLY, IMPORT_ONLY])
@pytest.mark.parametrize(
    "kept",
    [Fingerprint.of("hunter2", "cd" * 16), Fingerprint(SALT, stretched("hunter2", SALT).hex(), SCRYPT)],
    ids=["of another salt", "of an older planner"],
)
def test_an_output_that_is_the_same_secret_does_not_change(kept: Fingerprint, mode: str) -> None:
    state = state_of(prior("a"), outputs={"o": kept, "p": {"k": kept}})
    outputs = {"o": Secret("hunter2"), "p": {"k": Secret("hunter2")}}
    goal = goal_of(desired("a"), outputs=outputs, mode=mode)
    assert planned(goal, state, Installation.holding(prior("a"))).plan.outputs == ()


def test_a_namesake_is_noted_and_told_from_what_a_create_makes() -> None:
    world = Installation.holding(prior("a", "theirs"), prior("x", "other"))
    found = planned(goal_of(desired("a")), state_of(), world)
    assert found.change("a").existing == ("theirs",)
    assert found.plan.notes == (
        "thing.a: there already is one with the same name (theirs), not in this state",
    )


def test_without_refresh_the_state_is_believed() -> None:
    has = [prior("a", note="x"), prior("b")]
    found = planned(goal_of(desired("a", note="y")), state_of(*has))
    assert found.actions == {"a": "update", "b": "delete"}
    assert (found.plan.drift, found.plan.refreshed) == ((), ())
    assert found.change("a").version == "1"


def test_what_a_list_leaves_out_is_believed_gone_only_when_its_read_says_so() -> None:
    world = Installation.holding(prior("a"))
    drivers: Any = {"thing": world}
    view = survey(state_of(prior("a"), prior("b")), [], drivers, Asking(2))
    assert {a.name: o is None for a, o in view.resources.items()} == {"a": False, "b": True}
    assert (world.lists, world.reads) == (1, ["id-b"])


def test_the_same_input_gives_the_same_plan_in_any_order() -> None:
    names = "hgfedcba"
    wanted = [desired(n, depends_on=[m for m in names if m < n][:2], note="new") for n in names]
    has = [prior(n, note="old") for n in names[:5]] + [prior("z"), prior("y")]
    one = plan_for(*wanted, has=has)
    two = plan_for(*reversed(wanted), has=has[::-1])
    assert encode(one.plan) == encode(two.plan)


def in_the_template(address: Address, path: Path) -> str:
    return f"{address}.{dotted(path)}"


@pytest.mark.parametrize("mode", [NORMAL, DESTROY, REFRESH_ONLY, IMPORT_ONLY])
def test_a_plan_is_made_without_asking_where_values_come_from(mode: str) -> None:
    def refuse(_address: Address, _path: Path) -> Any:
        raise AssertionError

    has = [prior("a", settings={"k": 1}), prior("b", tier="x"), prior("c")]
    wanted = [desired("a", settings={"k": 2}), desired("b", tier="y"), desired("d")]
    refusing = {"origins": Origins(refuse, refuse)}
    asking, silent = (plan_for(*wanted, has=has, mode=mode, **more) for more in (refusing, {}))
    assert asking.plan == silent.plan


@pytest.mark.parametrize(
    ("wanted", "lines"),
    [
        ({"note": "new"}, ["thing.a.note"]),
        ({"settings": {"k": 2, "l": 1}}, ["thing.a.settings.k"]),
        ({"tier": "y"}, ["thing.a.tier"]),
        ({"note": "new", "tags": ["x"]}, ["thing.a.note", "thing.a.tags[0]", "thing.a.tags[0]"]),
        pytest.param({"note": None}, [""], id="what is not declared has no line"),
        ({}, []),
    ],
)
def test_a_proposal_tells_where_values_are_declared(wanted: dict[str, Any], lines: Any) -> None:
    has: dict[str, Any] = {"note": "x", "settings": {"k": 1, "l": 1}, "tier": "x", "tags": ["g"]}
    scene = Scene.of(prior("a", **has))
    declared = {name: value for name, value in {**has, **wanted}.items() if value is not None}
    goal = goal_of(desired("a", **declared), origins=Origins(line=in_the_template))
    session = scene.session(goal)
    for plan in (propose_from(session, scene.state).plan, compare(goal, session.drivers, scene.state).plan):
        assert sorted(diff.line for change in plan.changes for diff in change.diffs) == lines


VERSION = "var.version, environments/prod.yaml:3"
OWNER = "var.owner, environments/prod.yaml:2"
TOKEN = "var.token, PLANNER_VAR_token"
PREFIX = "local.prefix, planner.yaml"
VALUES: dict[str, Any] = {
    "version": "9.*",
    "owner": "us",
    "token": Secret("s"),
    "sizes": [1, {"a": Secret("t")}],
}
BEFORE = {name: conceal(value, "ab" * 16) for name, value in VALUES.items()}


@pytest.mark.parametrize(
    ("before", "changed", "origins"),
    [
        pytest.param(BEFORE, None, (), id="nothing"),
        pytest.param({**BEFORE, "version": "8.*"}, None, (VERSION,), id="a variable"),
        pytest.param({**BEFORE, "token": conceal(Secret("r"), "ab" * 16)}, None, (TOKEN,), id="a secret"),
        pytest.param({**BEFORE, "sizes": [2]}, None, (), id="a variable of others"),
        pytest.param({"owner": "us"}, None, (VERSION, TOKEN), id="variables that were not there"),
        pytest.param(None, None, (), id="not known: there was no apply"),
        pytest.param({}, ("var.version", "environments/prod.yaml"), (VERSION,), id="what a change changed"),
        pytest.param({}, ("environments/prod.yaml",), (), id="a file of variables, elsewhere in it"),
        pytest.param({}, ("var.ver", "templates/a.yaml"), (), id="a variable that begins like it"),
        pytest.param({}, ("planner.yaml",), (PREFIX,), id="the file of a local"),
        pytest.param({}, (), (), id="a change of nothing"),
    ],
)
def test_an_origin_is_named_where_it_is_what_changed(
    before: Any, changed: Any, origins: tuple[str, ...]
) -> None:
    """Else the template's line."""
    told = Origins(lambda *_: (VERSION, OWNER, TOKEN, PREFIX), in_the_template, VALUES, changed)
    applied = None if before is None else Applied(NOW, "digest", "digest", before)
    scene = Scene.of(prior("a", note="x"), applied=applied)
    session = scene.session(goal_of(desired("a", note="y"), origins=told))
    [diff] = propose_from(session, scene.state).plan.changes[0].diffs
    assert (diff.origins, diff.line) == (origins, "" if origins else "thing.a.note")


def test_destroy_deletes_everything_in_order() -> None:
    has = [prior("a"), prior("b", depends_on=["a"])]
    found = plan_for(has=has, mode=DESTROY)
    assert [s.address.name for s in found.plan.steps] == ["b", "a"]
    assert found.change("a").reason == "everything is destroyed"


def test_a_view_without_versions_keeps_the_version_of_the_state() -> None:
    has = prior("a", version="9")
    view = View({has.address: Observed("id-a", observed(has).attributes)})
    found = planned(goal_of(desired("a", note="x")), state_of(has), view=view)
    assert found.change("a").version == "9"


def test_the_kind_of_these_tests_has_every_facet() -> None:
    facets = ("immutable", "unordered", "cleared", "write_only", "local", "stable", "volatile", "read_only")
    assert all(any(getattr(a, facet) for a in THING.attributes.values()) for facet in facets)


@pytest.mark.parametrize(
    ("wanted", "versions", "told"),
    [
        ({"a": "new"}, {"a": None}, ["thing.a: a thing has no version to compare"]),
        ({"a": "new", "b": "new"}, {"a": None, "b": None}, ["thing.a and 1 more: a thing has no version"]),
        ({"a": "new", "b": "new"}, {"a": None}, ["thing.a: a thing has no version to compare"]),
        ({"a": "new"}, {}, []),
        ({"a": "old"}, {"a": None}, []),
    ],
)
def test_an_update_without_a_version_says_its_window(
    wanted: dict[str, str], versions: dict[str, None], told: list[str]
) -> None:
    entries = [prior(name, note="old") for name in "ab"]
    held = [evolve(e, version=versions.get(e.address.name, e.version)) for e in entries]
    view = View({p.address: Observed(p.id, p.attributes, p.version) for p in held}, asked=True)
    found = planned(
        goal_of(*(desired(name, note=wanted.get(name, "old")) for name in "ab")), state_of(*held), view=view
    )
    notes = [note for note in found.plan.notes if "no version" in note]
    assert len(notes) == len(told)
    assert all(note.startswith(start) for note, start in zip(notes, told, strict=True))


@pytest.mark.parametrize(
    ("changed", "action", "reason"),
    [
        (
            {"file": content("two")},
            "replace",
            "files/a has new content, and lifecycle.replace_on puts a new one beside it",
        ),
        (
            {"source": "https://b"},
            "replace",
            "another file is fetched, and lifecycle.replace_on puts a new one beside it",
        ),
        ({"note": "y"}, "update", ""),
        ({"tier": "y", "file": content("two")}, "replace", "tier cannot be changed in place"),
        ({}, None, ""),
    ],
)
def test_another_file_makes_another_resource(
    changed: dict[str, Any], action: str | None, reason: str
) -> None:
    switch = Lifecycle(create_before_destroy=True, replace_on=("content",))
    there = {"note": "x", "tier": "x", "source": "https://a"}
    given = (
        {**there, **changed}
        if "source" in changed
        else {"note": "x", "tier": "x", "file": content(), **changed}
    )
    held = (
        prior("a", **there)
        if "source" in changed
        else prior("a", note="x", tier="x", file="files/a", marker="m", content_sha256=content().sha256)
    )
    found = planned(goal_of(desired("a", lifecycle=switch, **given)), state_of(held))
    assert found.actions == ({"a": action} if action else {})
    assert [change.reason for change in found.plan.changes] == ([reason] if action else [])
    if action == "replace":
        last = found.plan.steps[-1]
        assert found.plan.steps[0].operation == "create"
        assert (last.operation, last.deposed) == ("delete", True)


def test_one_that_has_no_file_yet_gets_it() -> None:
    """Its create was cut off before the upload: nobody can load it, and a second one would be too many."""
    switch = Lifecycle(create_before_destroy=True, replace_on=("content",))
    wanted = desired("a", lifecycle=switch, note="x", tier="x", file=content())
    found = planned(goal_of(wanted), state_of(prior("a", note="x", tier="x", file="files/a")))
    assert found.actions == {"a": "update"}
    assert [step.operation for step in found.plan.steps] == ["upload"]
