from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from planner.engine.recover import Settled, settle
from planner.engine.workflow import propose, recover
from planner.errors import PlannerError, Refused
from planner.model.resource import Prior
from planner.model.state import Intent, Outcome
from planner.model.value import Fingerprint

from .world import NOW, SALT, Installation, Scene, Stored, address, desired, goal_of, prior, state_of

AHEAD, BEHIND = "2025-01-31T13:10:00Z", "2025-01-31T10:50:00Z"
"""NOW by the clocks of clients that are wrong."""

PRINT = Fingerprint.of("hunter2", SALT)


def intent(name: str, operation: str = "create", step: int = 1, **more: Any) -> Intent:
    attributes = {"name": name, **more.pop("attributes", {})}
    noted = {"at": NOW, "server_time": NOW, **more}
    return Intent(step, address(name), operation, attributes=attributes, **noted)


def settled(world: Installation, *doubts: Intent, has: tuple[Prior, ...] = (), **more: Any) -> Settled:
    drivers: Any = {"thing": world}
    return settle(state_of(*has, in_doubt=doubts, **more), drivers, SALT)


def holding(**stored: Any) -> Installation:
    """ids -> attributes; "created" among them is when."""
    world = Installation()
    for id_, attributes in stored.items():
        rest = {"name": "a", **attributes}
        created = rest.pop("created", NOW)
        world.stored[id_] = Stored({**rest, "id": id_}, 1, created)
    return world


# creates


@pytest.mark.parametrize(
    ("stored", "adopted"),
    [
        pytest.param({}, [], id="none"),
        pytest.param({"n1": {}}, ["n1"], id="one"),
        pytest.param({"n1": {"name": "b"}}, [], id="another name"),
        pytest.param({"n1": {"created": "2025-01-31T11:56:00Z"}}, ["n1"], id="hosts apart"),
        pytest.param({"n1": {"created": "2025-01-31T11:54:00Z"}}, [], id="before"),
        pytest.param(
            {"old": {"created": "2025-01-31T09:00:00Z"}, "n1": {}}, ["n1"], id="one before, one since"
        ),
        pytest.param({"n1": {"created": None}}, ["n1"], id="nobody knows when"),
        pytest.param({"n1": {"created": "yesterday"}}, ["n1"], id="no date"),
        pytest.param({"known": {}, "n1": {}}, ["n1"], id="what was there when it was planned"),
        pytest.param({"held": {}, "n1": {}}, ["n1"], id="what the state holds"),
        pytest.param({"left": {}, "n1": {}}, ["n1"], id="what the state has left over"),
        pytest.param({"held": {}}, [], id="only what the state holds"),
    ],
)
@pytest.mark.parametrize("at", [NOW, AHEAD, BEHIND])
def test_a_create_in_doubt(stored: Any, adopted: list[str], at: str) -> None:
    found = settled(
        holding(**stored),
        intent("a", existing=("known",), at=at),
        has=(prior("other", "held"),),
        deposed=(prior("other", "left"),),
    )
    assert [o.prior.id for o in found.outcomes if o.prior] == adopted
    assert [o.result for o in found.outcomes] == ["done" if adopted else "failed"]
    assert ("was carried out; its id is n1" if adopted else "did not happen") in found.notes[0]


@pytest.mark.parametrize("stored", [{"n1": {"created": at}} for at in (NOW, AHEAD, BEHIND, None)])
def test_where_the_installation_said_no_time_the_ids_decide(stored: Any) -> None:
    found = settled(holding(known={}, **stored), intent("a", existing=("known",), server_time="", at=AHEAD))
    assert [o.prior.id for o in found.outcomes if o.prior] == ["n1"]


@pytest.mark.parametrize(
    ("created", "asks"),
    [(NOW, False), (AHEAD, False), (None, False), (BEHIND, True), ("2025-01-31T10:59:59Z", True)],
)
def test_the_clock_of_a_former_planner_decides_nothing(created: Any, asks: bool) -> None:
    """Its intents name no other: what was made long before by that clock may be ours, or somebody else's."""
    found = settled(holding(n1={"created": created}), intent("a", server_time=None))
    assert [len(found.ambiguous), len(found.outcomes)] == [asks, not asks]
    assert all(o.prior is not None for o in found.outcomes)


def test_more_candidates_than_creates_are_shown() -> None:
    found = settled(holding(n1={}, n2={}), intent("a"))
    assert found.outcomes == ()
    assert [c.id for c in found.ambiguous[0].candidates] == ["n1", "n2"]


def same_name(address_: str, step: int, tier: str) -> Intent:
    return Intent(step, address(address_), "create", NOW, attributes={"name": "a", "tier": tier})


@pytest.mark.parametrize(
    ("stored", "adopted"),
    [
        ({"n1": {"tier": "x"}, "n2": {"tier": "y"}}, {"one": "n1", "two": "n2"}),
        ({"n1": {"tier": "y"}, "n2": {"tier": "x"}}, {"one": "n2", "two": "n1"}),
        ({"n1": {"tier": "y"}}, {"two": "n1"}),
        ({"n1": {"tier": "?"}, "n2": {"tier": "x"}}, {"one": "n2", "two": "n1"}),
        ({}, {}),
    ],
)
def test_creates_with_one_natural_key_adopt_each_its_own(stored: Any, adopted: dict[str, str]) -> None:
    found = settled(holding(**stored), same_name("one", 1, "x"), same_name("two", 2, "y"))
    assert {o.address.name: o.prior.id for o in found.outcomes if o.prior} == adopted
    assert len(found.outcomes) == 2
    assert found.ambiguous == ()


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param({"n1": {}, "n2": {}, "n3": {}}, id="too many"),
        pytest.param({"n1": {"tier": "x"}, "n2": {"tier": "y"}, "n3": {}}, id="too many, two of them right"),
        pytest.param({"n1": {"tier": "?"}}, id="one that could be either"),
        pytest.param({"n1": {"tier": "?"}, "n2": {"tier": "?"}}, id="two that could be either"),
    ],
)
def test_creates_with_one_natural_key_are_never_guessed(stored: Any) -> None:
    found = settled(holding(**stored), same_name("one", 1, "x"), same_name("two", 2, "y"))
    assert len(found.ambiguous[0].intents) == 2
    assert len(found.ambiguous[0].candidates) == len(stored)
    assert found.outcomes == ()


def test_the_most_demanding_create_chooses_first() -> None:
    lax = Intent(1, address("lax"), "create", NOW, attributes={"name": "a"})
    found = settled(holding(n1={"tier": "x"}, n2={}), lax, same_name("strict", 2, "x"))
    assert {o.address.name: o.prior.id for o in found.outcomes if o.prior} == {"lax": "n2", "strict": "n1"}


def test_an_adopted_create_has_no_file_yet_and_keeps_what_was_declared() -> None:
    found = settled(
        holding(n1={"marker": "m"}),
        intent("a", attributes={"password": PRINT, "file": "files/a"}, prevent_destroy=True),
    )
    entry = found.outcomes[0].prior
    assert entry is not None
    assert (entry.content_sha256, entry.prevent_destroy) == (None, True)
    assert (entry.attributes["password"], entry.attributes["file"]) == (PRINT, "files/a")


def test_one_list_call_serves_all() -> None:
    world = holding(n1={}, n2={"name": "b"})
    settled(world, intent("a"), intent("b", step=2))
    assert world.lists == 1


@pytest.mark.parametrize(
    ("left_over", "results"), [("id-a", ["deposed", "done"]), ("gone", ["done"]), (None, ["done"])]
)
def test_a_create_before_destroy_leaves_over_what_it_replaces(left_over: Any, results: list[str]) -> None:
    doubt = intent("a", create_before_destroy=True, id=left_over)
    found = settled(holding(n1={}), doubt, has=(prior("a"),))
    assert [o.result for o in found.outcomes] == results


# updates, uploads, deletes


@pytest.mark.parametrize("operation", ["update", "upload"])
@pytest.mark.parametrize(
    ("version", "result", "words"),
    [(None, "done", "is void"), (1, "failed", "did not happen"), (2, "done", "was looked up")],
)
def test_a_write_in_doubt(operation: str, version: Any, result: str, words: str) -> None:
    has = prior("a", note="x", marker="m", content_sha256="s")
    world = Installation.holding(*([has] if version else []))
    if version == 2:
        world.change("id-a", note="y")
    doubt = intent("a", operation, id="id-a", attributes={"note": "y"}, content_sha256="t")
    found = settled(world, doubt, has=(has,))
    assert [o.result for o in found.outcomes] == [result]
    assert words in found.notes[0]
    if version is None:
        assert found.outcomes[0].prior is None
    if version == 2:
        entry = found.outcomes[0].prior
        assert entry is not None
        assert (entry.attributes["note"], entry.version) == ("y", "2")
        assert entry.content_sha256 == (None if operation == "upload" else "s")


def test_what_nobody_can_see_counts_as_unknown_after_a_write_in_doubt() -> None:
    has = prior("a", password=Fingerprint.of("former", SALT), source="https://former", file="f", note="x")
    world = Installation.holding(has)
    world.stored["id-a"].attributes["source"] = None
    world.change("id-a", note="y")
    changed = {"password": PRINT, "source": "https://new", "file": "f", "note": "y"}
    found = settled(world, intent("a", "update", id="id-a", attributes=changed), has=(has,))
    entry = found.outcomes[0].prior
    assert entry is not None
    assert "password" not in entry.attributes  # so that it is sent again
    assert "source" not in entry.attributes
    assert (entry.attributes["file"], entry.attributes["note"]) == ("f", "y")


@pytest.mark.parametrize(("there", "result"), [(True, "failed"), (False, "done")])
@pytest.mark.parametrize("left_over", [True, False])
def test_a_delete_in_doubt(there: bool, result: str, left_over: bool) -> None:
    has = prior("a")
    doubt = intent("a", "delete", id="id-a", deposed=left_over)
    held: Any = {"deposed": (has,)} if left_over else {"has": (has,)}
    found = settled(Installation.holding(*([has] if there else [])), doubt, **held)
    assert [(o.result, o.id if result == "done" else None) for o in found.outcomes] == [
        (result, "id-a" if result == "done" else None)
    ]
    assert [o.deposed for o in found.outcomes] == [left_over and not there]


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("operation", ["update", "upload", "delete"])
def test_what_the_state_was_made_to_forget_does_not_come_back(operation: str, there: bool) -> None:
    world = Installation.holding(*([prior("a")] if there else []))
    found = settled(world, intent("a", operation, id="id-a"), has=(prior("a", "another"),))
    assert [item.result for item in found.outcomes] == ["failed"]
    assert world.reads == []


@pytest.mark.parametrize("operation", ["update", "upload", "delete"])
def test_on_elastic_cloud_a_write_in_doubt_to_what_is_gone(operation: str) -> None:
    world = Installation.holding(prior("b"))
    world.cloud, world.forbidden = "Elastic Cloud", {"id-a"}
    doubt = intent("a", operation, id="id-a")
    found = settled(world, doubt, has=(prior("a"), prior("b")))
    assert [(item.result, item.prior, item.id) for item in found.outcomes] == [("done", None, "id-a")]
    with pytest.raises(Refused, match="see none of the 1 resource of this state"):
        settled(world, doubt, has=(prior("a"),))


@pytest.mark.parametrize("has", [(), (prior("b"),)])
def test_on_elastic_cloud_only_who_sees_the_state_finds_that_a_create_did_not_happen(has: Any) -> None:
    world = Installation.holding(prior("b"))
    world.cloud = "Elastic Cloud"
    (found,) = settled(world, intent("a"), has=has).settlements
    assert found.found == "did not happen"
    world.unlisted = {"id-b"}
    if has:
        with pytest.raises(Refused, match="see none of the 1 resource of this state"):
            settled(world, intent("a"), has=has)


# the verbs


def in_doubt(*stored: str) -> Scene:
    """A scene whose journal ends in a create of a; the installation holds the ids of stored."""
    scene = Scene(holding(**{id_: {} for id_ in stored}), Scene.of().store)
    scene.store.write([intent("a")])
    return scene


def test_a_plan_settles_in_mind_only() -> None:
    scene = in_doubt("n1")
    proposal = propose(scene.session(goal_of(desired("a"))), scene.store.load())
    assert proposal.plan.changes == ()
    assert "its id is n1" in proposal.plan.notes[0]
    assert scene.store.commits == 0
    assert len(scene.store.records) == 1


def test_a_plan_beside_a_running_apply_leaves_its_steps_alone() -> None:
    scene = in_doubt("n1")
    session = scene.session(goal_of(desired("a")))
    proposal = propose(evolve(session, busy=lambda: "eve"), scene.store.load())
    assert proposal.plan.notes[0] == "an apply is under way, by eve; this is the state so far"


def test_recovery_commits_what_it_found() -> None:
    scene = in_doubt("n1")
    state, notes = recover(scene.session(goal_of(desired("a"))))
    assert state.resources[address("a")].id == "n1"
    assert len(notes) == 1
    assert scene.store.records == []
    assert recover(scene.session(goal_of())) == (scene.state, ())


@pytest.mark.parametrize("verb", [lambda session: propose(session, session.store.load()), recover])
def test_an_ambiguous_create_is_shown_to_the_user(verb: Any) -> None:
    scene = in_doubt("n1", "n2")
    with pytest.raises(PlannerError, match=r"thing.a was being created .* 2 resources could be it") as caught:
        verb(scene.session(goal_of(desired("a"))))
    assert f"  n1: created {NOW}" in caught.value.advice
    assert "planner state adopt thing.a ID -e dev" in caught.value.advice
    assert "planner state discard thing.a -e dev" in caught.value.advice


def test_a_kind_that_is_not_here_any_more_is_named() -> None:
    scene = Scene.of(prior("a"))
    session = scene.session(goal_of())
    with pytest.raises(PlannerError, match=r"the state holds thing\.a, and there is no kind thing here"):
        propose(evolve(session, drivers={}), scene.store.load())


def test_a_torn_pair_of_records_loses_nothing() -> None:
    """The crash came between "deposed" and "done": the create stays in doubt."""
    doubt = intent("a", create_before_destroy=True, id="id-a")
    state = state_of(prior("a")).fold([doubt, Outcome(1, address("a"), "deposed")])
    assert [p.id for p in state.deposed] == ["id-a"]
    assert state.in_doubt == (doubt,)
    drivers: Any = {"thing": holding(n1={}, **{"id-a": {}})}
    after = state.fold(settle(state, drivers, SALT).outcomes)
    assert after.resources[address("a")].id == "n1"
    assert [p.id for p in after.deposed] == ["id-a"]
