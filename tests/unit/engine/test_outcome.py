from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from planner.engine.outcome import Values, intent_of, prior_after, request_of
from planner.errors import PlannerError
from planner.model.plan import Action, Change, Step
from planner.model.resource import Observed
from planner.model.state import Intent
from planner.model.value import CONCEALED, Deferred, Fingerprint, Secret, Value

from .world import NOW, SALT, THING, Installation, address, content, desired, later, prior, ref

DRIVERS = {"thing": Installation()}
SECRET = Secret("hunter2")
PRINT = Fingerprint.of("hunter2", SALT)


def sent(planned: Value, declared: Value, *priors: Any, **others: Any) -> Value:
    """What is sent for an attribute that the plan has as planned and the template as declared."""
    wanted = {d.address: d for d in (desired("a", settings=declared), *others.values())}
    values = Values({p.address: p for p in priors}, wanted, DRIVERS)
    change = Change(address("a"), Action.UPDATE, "", after={"settings": planned, "url": "u"})
    return values.to_send(change, THING)["settings"]


@pytest.mark.parametrize(
    ("planned", "declared", "found"),
    [
        ("x", "x", "x"),
        (PRINT, SECRET, "hunter2"),
        ({"k": PRINT, "b": 1}, {"k": SECRET, "b": 1}, {"k": "hunter2", "b": 1}),
        # b is under ignore_changes: it stays as planned, while the secret comes from the template
        ({"k": PRINT, "b": 1}, {"k": SECRET, "b": 2}, {"k": "hunter2", "b": 1}),
        ([1, PRINT], [2, SECRET], [1, "hunter2"]),
        (later(ref("b", "url")), later(ref("b", "url")), "repo://id-b"),
        (Deferred((CONCEALED, ref("b", "id"))), Deferred((SECRET, ref("b", "id"))), "hunter2id-b"),
        (later(ref("b", "password")), later(ref("b", "password")), "hunter2"),
        (PRINT, later(ref("b", "password")), "hunter2"),
    ],
)
def test_what_is_sent(planned: Value, declared: Value, found: Value) -> None:
    target = desired("b", password=SECRET)
    assert sent(planned, declared, prior("b", password=PRINT), b=target) == found


@pytest.mark.parametrize(
    ("planned", "declared", "message"),
    [
        (PRINT, Secret("other"), "the secret in thing.a.settings is not the planned one"),
        (PRINT, None, "the secret in thing.a.settings is not the planned one"),
        ([PRINT], "x", "the secret in thing.a.settings is not the planned one"),
        (later(ref("gone", "url")), None, "resource.thing.gone.url has no value: thing.gone is not there"),
        (later("x", ref("b", "note")), None, "thing.a.settings cannot be put together: null"),
        (later(ref("b", "tier")), None, "resource.thing.b.tier is a secret of which only the fingerprint"),
    ],
)
def test_what_cannot_be_sent(planned: Value, declared: Value, message: str) -> None:
    with pytest.raises(PlannerError) as caught:
        sent(planned, declared, prior("b", tier=PRINT), b=desired("b"))
    assert caught.value.summary.startswith(message)


def test_nothing_that_the_server_sets_is_sent() -> None:
    change = Change(address("a"), Action.CREATE, "", after={"name": "a", "id": later(ref("a", "id"))})
    assert Values({}, {}, DRIVERS).to_send(change, THING) == {"name": "a"}


UPDATE = Change(address("a"), Action.UPDATE, "", id="id-a", after={"name": "a"}, version="1")


def test_an_update_builds_on_the_resource_as_it_is_now() -> None:
    moved = prior("a", version="2")  # after an earlier step of the same change
    request = request_of(
        Step(2, address("a"), "upload"),
        evolve(UPDATE, content=content()),
        THING,
        Values({moved.address: moved}, {address("a"): desired("a", file=content())}, DRIVERS),
        None,
    )
    assert (request.id, request.version, request.content) == ("id-a", "2", content())
    assert request.baseline == moved.attributes


@pytest.mark.parametrize(
    ("planned", "at_hand", "found"),
    [
        (content("one"), content("one"), ("oneoneon", "archives/one.zip")),
        (content("one"), content("two"), ("oneoneon", "archives/two.zip")),  # the driver compares the two
        (content("one"), None, None),
        (None, content("two"), None),
    ],
)
def test_what_is_uploaded_is_what_was_planned(planned: Any, at_hand: Any, found: Any) -> None:
    values = Values({address("a"): prior("a")}, {address("a"): desired("a", file=at_hand)}, DRIVERS)
    change = evolve(UPDATE, content=evolve(planned, archive="") if planned else None)
    sent = request_of(Step(1, address("a"), "upload"), change, THING, values, None).content
    assert (sent and (sent.sha256[:8], sent.archive)) == found


def test_a_left_over_is_deleted_as_the_plan_saw_it() -> None:
    change = Change(
        address("a"), Action.DELETE, "", id="old", before={"name": "a"}, version="3", deposed=True
    )
    step = Step(1, address("a"), "delete", deposed=True, id="old")
    request = request_of(step, change, THING, Values({address("a"): prior("a")}, {}, DRIVERS), None)
    assert (request.id, request.version, request.baseline) == ("old", "3", {"name": "a"})


def test_what_is_not_there_any_more_is_not_written_to() -> None:
    with pytest.raises(PlannerError, match="not there any more"):
        request_of(Step(1, address("a"), "update"), UPDATE, THING, Values({}, {}, DRIVERS), None)


@pytest.mark.parametrize(("before_destroy", "id_"), [(True, "id-a"), (False, None)])
def test_the_intent_of_a_create_names_what_it_leaves_over(before_destroy: bool, id_: str | None) -> None:
    change = evolve(UPDATE, action=Action.REPLACE, create_before_destroy=before_destroy)
    step = Step(1, address("a"), "create")
    values = Values({}, {address("a"): desired("a", password=SECRET)}, DRIVERS)
    request = request_of(step, change, THING, values, None)
    assert intent_of(step, change, request, NOW, SALT).id == id_


def test_an_intent_holds_no_secret() -> None:
    change = evolve(UPDATE, after={"name": "a", "settings": {"k": PRINT}})
    values = Values({address("a"): prior("a")}, {address("a"): desired("a", settings={"k": SECRET})}, DRIVERS)
    step = Step(1, address("a"), "update")
    request = request_of(step, change, THING, values, None)
    assert request.desired["settings"] == {"k": "hunter2"}
    intent = intent_of(step, change, request, NOW, SALT)
    assert intent.attributes == {"name": "a", "settings": {"k": PRINT}}


def after(operation: str, attributes: dict[str, Value], shown: dict[str, Value], before: Any = None) -> Any:
    intent = Intent(1, address("a"), operation, NOW, "id-a", attributes, content_sha256="new")
    return prior_after(intent, Observed("id-a", shown, "2"), before, THING, SALT)


def test_the_state_has_what_was_declared_where_the_server_does_not_show_it() -> None:
    declared: dict[str, Value] = {
        "name": "a",
        "password": PRINT,
        "file": "f",
        "source": "https://x",
        "tier": "t",
    }
    entry = after("create", declared, {"name": "a", "note": "n"})
    assert entry.attributes == {
        "name": "a", "password": PRINT, "file": "f", "source": "https://x", "note": "n"
    }  # fmt: skip


def test_a_secret_of_the_former_state_stays_hidden_when_the_template_drops_it() -> None:
    entry = after("update", {"name": "a"}, {"name": "a", "tier": "hunter2"}, prior("a", tier=PRINT))
    assert entry.attributes["tier"] == PRINT


def test_a_secret_that_was_taken_out_is_not_remembered() -> None:
    former = prior("a", settings={"k": PRINT, "b": 1})
    entry = after("update", {"settings": {"b": 1}}, {"settings": {"b": 1}}, former)
    assert entry.attributes["settings"] == {"b": 1}


HELD = prior("a", marker="m", content_sha256="old")


@pytest.mark.parametrize(
    ("operation", "attributes", "marker", "before", "sha256"),
    [
        ("create", {}, "m", None, None),
        ("upload", {}, "n", HELD, "new"),
        ("update", {}, "m", HELD, "old"),
        ("update", {}, None, HELD, "old"),  # a reply without it says nothing
        ("update", {}, "n", HELD, None),
        ("update", {"source": "https://x"}, "m", HELD, None),  # the server fetches another one
        ("update", {}, "m", None, None),
    ],
)
def test_which_file_the_server_holds(
    operation: str, attributes: Any, marker: Any, before: Any, sha256: Any
) -> None:
    shown = {"marker": marker} if marker else {}
    assert after(operation, attributes, shown, before).content_sha256 == sha256
