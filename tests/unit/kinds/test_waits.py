"""What `wait` in a kind file says: how to see that what was accepted is done, and what has to end first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from planner.errors import NotYet, PlannerError
from planner.kinds.binding import Wait
from planner.kinds.registry import read_kind_file
from planner.kinds.replies import settling_in, tells
from planner.model.plan import SETTLE
from planner.model.resource import FAILED, PENDING, SETTLED, Observed, Settling

from .plain import written
from .test_bindings import Told, answered, driver_of, request

# Each certificate tells of itself.
CHAIN = """
kind: chain
title: Chain
attributes:
  type: object
  required: [service]
  properties:
    service: {type: string, x-immutable: true}
    pem: {type: string}
    status: {type: string, readOnly: true}
natural_key: [service]
api:
  id: "{service}"
  singleton: always
  read: {operation: get-chain, method: GET, path: "/chains/{service}"}
  update: {operation: set-chain, method: PUT, path: "/chains/{service}"}
  wait:
    until: {/status: [valid, self-signed], /pending: false}
    failed: {/status: invalid}
    reason: /why
    every: 2
    timeout: 90
"""

# One cluster tells of all of them, and takes one at a time.
REALM = """
kind: realm
title: Realm
attributes:
  type: object
  required: [id]
  properties:
    id: {type: string, x-immutable: true}
    url: {type: string}
natural_key: [id]
api:
  id: id
  list: {operation: get-realms, method: GET, path: /realms, items: /realms}
  create: {operation: create-realm, method: POST, path: /realms}
  read: {operation: get-realm, method: GET, path: "/realms/{id}"}
  update: {operation: set-realm, method: PUT, path: "/realms/{id}"}
  delete: {operation: delete-realm, method: DELETE, path: "/realms/{id}"}
  wait:
    call: {operation: get-cluster, method: GET, path: /cluster}
    until: {/has_pending_plan: false, /is_healthy: true}
    before: true
  one_at_a_time: cluster
  errors:
    realms.busy: {advice: Wait., pending: true}
"""

DONE = {"service": "ui", "status": "valid", "pending": False}
REALMS = {"GET /realms/r": {"id": "r", "url": "ldap://a"}}
READY = {"GET /cluster": {"has_pending_plan": False, "is_healthy": True}}
HELD = Observed("r", {"id": "r", "url": "ldap://a"})


@pytest.mark.parametrize(
    ("changed", "settling"),
    [
        ({}, SETTLED),
        ({"status": "self-signed"}, SETTLED),
        ({"status": "pending"}, Settling(PENDING, "status is pending")),
        ({"pending": True}, Settling(PENDING, "pending is true")),
        ({"pending": True, "why": "step 3"}, Settling(PENDING, "step 3")),
        ({"pending": None}, Settling(PENDING, "pending is not told")),
        ({"status": "invalid"}, Settling(FAILED, "status is invalid")),
        ({"status": "invalid", "pending": True, "why": "it has ended"}, Settling(FAILED, "it has ended")),
    ],
)
def test_how_far_it_is(tmp_path: Path, changed: dict[str, Any], settling: Settling) -> None:
    shown = {key: value for key, value in {**DONE, **changed}.items() if value is not None}
    driver = driver_of(tmp_path, CHAIN, Told({"GET /chains/ui": shown}))
    found = driver.settled(request(SETTLE, {}, Observed("ui", {"service": "ui"})))
    assert found.settling == settling
    assert (found.observed is None) == bool(settling.status)


@pytest.mark.parametrize(
    ("shown", "settling"),
    [
        (DONE, SETTLED),
        ({**DONE, "pending": True}, Settling(PENDING, "pending is true")),
        ({"service": "ui", "status": "invalid", "pending": False}, Settling(FAILED, "status is invalid")),
        ({"service": "ui", "status": "valid"}, None),
    ],
)
def test_a_read_shows_how_far_it_is(tmp_path: Path, shown: Any, settling: Settling | None) -> None:
    found = driver_of(tmp_path, CHAIN, Told({"GET /chains/ui": shown})).read("ui")
    assert found is not None
    assert found.settling == settling
    other = driver_of(tmp_path, REALM, Told(REALMS)).read("r")
    assert other is not None
    assert other.settling is None  # another call tells


ALL_UP = Wait(until={"/nodes/*/up": [True, None]}, failed={"/nodes/*/fit": False})


@pytest.mark.parametrize(
    ("nodes", "settling"),
    [
        ([], SETTLED),
        ([{"up": True}, {"up": True, "fit": True}], SETTLED),
        ([{}, {"up": None}], SETTLED),
        ([{"up": True}, {"up": False}], Settling(PENDING, "up is false")),
        ([{"up": False}, {"up": True, "fit": False}], Settling(FAILED, "fit is false")),
        (None, Settling(PENDING, "up is not told")),
        ({"up": True}, Settling(PENDING, "up is not told")),
    ],
)
def test_a_star_stands_for_each_of_a_list(nodes: Any, settling: Settling) -> None:
    assert settling_in({"nodes": nodes}, ALL_UP) == settling


@pytest.mark.parametrize(
    ("nodes", "told"),
    [([], True), ([{"up": True}, {"up": False}], True), ([{"up": True}, {}], False), (None, False)],
)
def test_a_star_tells_what_each_of_a_list_tells(nodes: Any, told: bool) -> None:
    assert tells({"nodes": nodes}, ALL_UP) is told


@pytest.mark.parametrize("body", [None, [], "", {}])
def test_nothing_at_all_is_no_end(body: Any) -> None:
    assert settling_in(body, Wait(until={"/done": True}, failed={"/done": False})).status == PENDING


def test_where_another_call_tells_the_resource_is_read_once_it_is_done(tmp_path: Path) -> None:
    busy = Told({**REALMS, "GET /cluster": {"has_pending_plan": True, "is_healthy": True}})
    asked = request(SETTLE, {}, HELD)
    assert driver_of(tmp_path, REALM, busy).settled(asked).settling.reason == "has_pending_plan is true"
    assert busy.asked == ["GET /cluster"]
    ready = Told({**REALMS, **READY})
    assert driver_of(tmp_path, REALM, ready).settled(asked).observed == HELD
    assert ready.asked == ["GET /cluster", "GET /realms/r"]


def test_a_delete_is_waited_for_where_something_else_tells(tmp_path: Path) -> None:
    driver = driver_of(tmp_path, REALM, Told(READY))
    assert tuple(driver.deletion()) == ("delete", SETTLE)
    assert driver.settled(request(SETTLE, {}, HELD)).observed is None
    assert driver_of(tmp_path, CHAIN, Told({})).deletion() == ("delete",)
    assert driver.kind.one_at_a_time == "cluster"


@pytest.mark.parametrize("operation", ["create", "update", "delete"])
@pytest.mark.parametrize("unhealthy", [{"has_pending_plan": True}, {"is_healthy": False}])
def test_nothing_is_written_while_something_else_goes_on(
    tmp_path: Path, operation: str, unhealthy: dict[str, bool]
) -> None:
    cluster = {"has_pending_plan": False, "is_healthy": True, **unhealthy}
    api = Told({**REALMS, "GET /cluster": cluster})
    held = None if operation == "create" else HELD
    with pytest.raises(NotYet, match=next(iter(unhealthy))):
        driver_of(tmp_path, REALM, api).perform(request(operation, {"id": "r"}, held))
    assert api.writes == []


@pytest.mark.parametrize("operation", ["create", "update", "delete"])
def test_what_is_not_there_is_not_busy(tmp_path: Path, operation: str) -> None:
    writes = {"POST /realms": {"id": "r", "url": "x"}, "PUT /realms/r": {}, "DELETE /realms/r": {}}
    api = Told({**({} if operation == "create" else REALMS), **writes})
    held = None if operation == "create" else HELD
    driver_of(tmp_path, REALM, api).perform(request(operation, {"id": "r"}, held))
    assert len(api.writes) == 1


def test_an_answer_that_says_so_is_waited_for(tmp_path: Path) -> None:
    api = Told({**REALMS, **READY, "PUT /realms/r": answered("realms.busy", 412)})
    with pytest.raises(NotYet) as caught:
        driver_of(tmp_path, REALM, api).perform(request("update", {"id": "r", "url": "x"}, HELD))
    assert caught.value.advice == "Wait."


@pytest.mark.parametrize(
    ("text", "changed", "to", "wrong"),
    [
        (CHAIN, "/status: [valid, self-signed], /pending: false", "", "wait.until"),
        (CHAIN, "every: 2", "every: 0", "wait.every"),
        (CHAIN, "/why", "why", "wait.reason"),
        (REALM, "path: /cluster", 'path: "/clusters/{zone}"', "wait.call.path: {zone} is no part of the id"),
        (REALM, "get-cluster, method: GET", "get-cluster, method: POST", "wait.call.method"),
        (
            REALM,
            '  read: {operation: get-realm, method: GET, path: "/realms/{id}"}\n',
            "",
            None,
        ),
    ],
)
def test_a_file_that_is_wrong(tmp_path: Path, text: str, changed: str, to: str, wrong: str | None) -> None:
    assert changed in text
    if wrong is None:
        assert read_kind_file(written(tmp_path, text.replace(changed, to))).kind.settles
        return
    with pytest.raises(PlannerError, match=wrong.replace("{", r"\{")):
        read_kind_file(written(tmp_path, text.replace(changed, to)))


def test_a_list_alone_does_not_tell(tmp_path: Path) -> None:
    text = REALM.replace('  read: {operation: get-realm, method: GET, path: "/realms/{id}"}\n', "")
    text = text.replace("    call: {operation: get-cluster, method: GET, path: /cluster}\n", "")
    with pytest.raises(PlannerError, match=r"api\.wait\.call: there is no read, which would tell"):
        read_kind_file(written(tmp_path, text))
