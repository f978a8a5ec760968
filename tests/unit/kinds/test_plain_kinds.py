"""Kinds that are one file: RestDriver takes them through everything without any Python of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from planner.errors import ApiError, Conflict, OutcomeUnknown, PlannerError, Refused
from planner.kinds.registry import load_kinds, read_kind_file
from planner.kinds.rest import RestDriver
from planner.model.address import Address
from planner.model.resource import Observed, Request
from planner.model.value import Fingerprint, Value

from .installation import client_of
from .plain import FILTER, REALM, REPOSITORY, Api, written

RULES = [{"source": "10.0.0.0/8"}]
CASES: dict[str, tuple[str, Api, dict[str, Any], dict[str, Any]]] = {
    "repository": (
        REPOSITORY,
        Api("repository", "/repositories", "/repositories"),
        {"repository_name": "backups", "type": "s3", "settings": {"bucket": "b"}},
        {"settings": {"bucket": "c"}},
    ),
    "filter": (
        FILTER,
        Api("filter", "/rulesets", "/rulesets"),
        {"name": "office", "region": "ece-region", "rules": RULES},
        {"rules": [*RULES, {"source": "192.168.0.0/16"}]},
    ),
    "realm": (
        REALM,
        Api("realm", "/realms/ldap", "/realms"),
        {"id": "corp", "name": "Corp", "bind_password": "hunter2"},
        {"order": 2},
    ),
}


def opened(folder: Path, shape: str) -> tuple[RestDriver, Api, dict[str, Any], dict[str, Any]]:
    text, made, attributes, change = CASES[shape]
    api = Api(made.shape, made.collection, made.listing)
    found = read_kind_file(written(folder, text))
    return found.driver(found.kind, found.binding, client_of(api)), api, attributes, change


def request(driver: RestDriver, operation: str, desired: Any, on: Observed | None = None) -> Request:
    address = Address(driver.kind.name, "it")
    if on is None:
        return Request(operation, address, desired)
    return Request(operation, address, desired, on.attributes, on.id, on.version)


@pytest.mark.parametrize("shape", CASES)
def test_round_trip(tmp_path: Path, shape: str) -> None:
    driver, api, attributes, change = opened(tmp_path, shape)
    shown = {key: value for key, value in attributes.items() if key != "bind_password"}
    assert driver.list() == {}

    made = driver.perform(request(driver, "create", attributes)).observed
    assert made is not None
    assert shown.items() <= made.attributes.items()
    assert made.attributes[driver.kind.identity.own] == made.id
    assert driver.read(made.id) == made

    (listed,) = driver.list().values()
    assert listed.id == made.id
    assert (listed.attributes == made.attributes) is (driver.kind.list_shows == "all")

    after = driver.perform(request(driver, "update", {**attributes, **change}, made)).observed
    assert after is not None
    assert after.attributes == {**made.attributes, **change}
    assert (made.version, after.version) == ((None, None) if shape == "filter" else ("1", "2"))

    assert driver.perform(request(driver, "delete", {}, after)).observed is None
    assert driver.read(made.id) is None
    assert api.stored == {}


@pytest.mark.parametrize(
    ("shape", "path", "body"),
    [
        ("repository", "/repositories/backups", {"type": "s3", "settings": {"bucket": "b"}}),
        ("filter", "/rulesets", CASES["filter"][2]),
        ("realm", "/realms/ldap", CASES["realm"][2]),
    ],
)
def test_what_a_create_sends(tmp_path: Path, shape: str, path: str, body: Any) -> None:
    driver, api, attributes, _ = opened(tmp_path, shape)
    driver.perform(request(driver, "create", attributes))
    sent = next(a for a in api.asked if a[3] is not None)
    assert (sent[1], sent[3]) == (path, body)


@pytest.mark.parametrize(
    ("shape", "update", "delete"),
    [
        ("repository", {"version": "1"}, {}),
        ("filter", {}, {"ignore_associations": "true"}),
        ("realm", {"version": "1"}, {"version": "2"}),
    ],
)
def test_the_version_is_sent_where_the_file_says_so(
    tmp_path: Path, shape: str, update: Any, delete: Any
) -> None:
    driver, api, attributes, change = opened(tmp_path, shape)
    made = driver.perform(request(driver, "create", attributes)).observed
    after = driver.perform(request(driver, "update", {**attributes, **change}, made)).observed
    driver.perform(request(driver, "delete", {}, after))
    queries = [query for method, _, query, _ in api.asked if method != "GET"]
    assert queries == [{}, update, delete]


@pytest.mark.parametrize("shape", ["repository", "realm"])
def test_a_chosen_id_that_is_taken_is_not_overwritten(tmp_path: Path, shape: str) -> None:
    driver, api, attributes, _ = opened(tmp_path, shape)
    driver.perform(request(driver, "create", attributes))
    with pytest.raises(Refused, match=r"there already is a .* with the id") as caught:
        driver.perform(request(driver, "create", attributes))
    assert "import it" in caught.value.advice
    assert sum(method != "GET" for method, *_ in api.asked) == 1


@pytest.mark.parametrize(
    ("shape", "code", "error"),
    [
        ("repository", "x.already_exists", Refused),
        ("realm", "x.id_conflict", Refused),
        ("filter", "x.conflict", Conflict),
        ("filter", "x.already_exists", ApiError),  # an id that the server chose
    ],
)
def test_an_id_that_is_taken_between_look_and_create(
    tmp_path: Path, shape: str, code: str, error: type[PlannerError]
) -> None:
    driver, api, attributes, _ = opened(tmp_path, shape)
    api.conflict = code
    with pytest.raises(error) as caught:
        driver.perform(request(driver, "create", attributes))
    assert type(caught.value) is error


@pytest.mark.parametrize("shape", CASES)
def test_somebody_elses_change_stops_a_write(tmp_path: Path, shape: str) -> None:
    driver, api, attributes, change = opened(tmp_path, shape)
    made = driver.perform(request(driver, "create", attributes)).observed
    assert made is not None
    theirs = {**api.stored[made.id], **change}
    driver.perform(request(driver, "update", {**attributes, **theirs}, made))
    with pytest.raises(Conflict, match="changed by somebody else"):
        driver.perform(request(driver, "delete", {}, made))
    assert made.id in api.stored


@pytest.mark.parametrize("theirs", [{"order": 7}, {"name": "Theirs"}])
def test_what_the_server_refuses_by_its_version_is_a_conflict(tmp_path: Path, theirs: dict[str, Any]) -> None:
    driver, api, attributes, change = opened(tmp_path, "realm")
    made = driver.perform(request(driver, "create", attributes)).observed
    assert made is not None
    api.stored[made.id] |= theirs
    api.versions[made.id] += 1
    with pytest.raises(Conflict, match="planned from version 1, now 2") as caught:
        driver.perform(request(driver, "update", {**attributes, **change}, made))
    assert caught.value.observed is not None
    assert caught.value.observed.version == "2"
    assert theirs.items() <= api.stored[made.id].items()


@pytest.mark.parametrize("operation", ["update", "delete"])
def test_what_the_server_refuses_is_sent_again_where_the_version_moved_alone(
    tmp_path: Path, operation: str
) -> None:
    driver, api, attributes, change = opened(tmp_path, "realm")
    made = driver.perform(request(driver, "create", attributes)).observed
    assert made is not None
    api.versions[made.id] += 1
    result = driver.perform(request(driver, operation, {**attributes, **change}, made))
    assert result.note == "version 1 had become 2 with the same attributes"
    sent = [query for method, _, query, _ in api.asked if method not in ("GET", "POST")]
    assert sent == [{"version": "1"}, {"version": "2"}]


def test_a_version_that_keeps_moving_is_a_conflict(tmp_path: Path) -> None:
    driver, api, attributes, change = opened(tmp_path, "realm")
    made = driver.perform(request(driver, "create", attributes)).observed
    assert made is not None
    real = driver.read

    class Late(RestDriver):
        def read(self, id: str) -> Observed | None:  # noqa: A002
            found = real(id)
            api.versions[id] += 1  # between the read and the write
            return found

    late = Late(driver.kind, driver.binding, driver.client)
    api.versions[made.id] += 1
    with pytest.raises(Conflict) as caught:
        late.perform(request(driver, "update", {**attributes, **change}, made))
    assert caught.value.observed is not None
    assert [method for method, *_ in api.asked[-3:]] == ["PUT", "GET", "PUT"]


def test_a_secret_that_the_server_hides_is_no_conflict(tmp_path: Path) -> None:
    driver, api, _, _ = opened(tmp_path, "repository")
    hidden: dict[str, Value] = {"bucket": "b", "secret_key": Fingerprint.of("hunter2", "00")}
    baseline: dict[str, Value] = {"repository_name": "backups", "type": "s3", "settings": hidden}
    api.stored["backups"], api.versions["backups"] = {"type": "s3", "settings": {"bucket": "b"}}, 5
    found = Observed("backups", baseline, "4")
    assert "version 4 had become 5" in driver.perform(request(driver, "delete", {}, found)).note


def test_a_create_whose_result_is_not_there_is_an_unknown_outcome(tmp_path: Path) -> None:
    driver, api, attributes, _ = opened(tmp_path, "filter")

    class Forgetful(dict[str, Any]):
        def __setitem__(self, key: str, value: Any) -> None:
            pass

    api.stored = Forgetful()
    with pytest.raises(OutcomeUnknown, match="the create was accepted"):
        driver.perform(request(driver, "create", attributes))


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (b"[]", "holds no list at /rulesets"),
        (b'{"rulesets": null}', "holds no list at /rulesets"),
        (b'{"rulesets": [{"name": "x"}]}', "a reply about filter holds no id"),
        (b'{"rulesets": ["x"]}', "a reply about filter holds no"),
    ],
)
def test_lists_that_are_none(tmp_path: Path, reply: bytes, message: str) -> None:
    found = load_kinds(extra=[written(tmp_path, FILTER)])["filter"]

    def app(_: Any, start: Any) -> list[bytes]:
        start("200 OK", [("Content-Type", "application/json")])
        return [reply]

    driver = found.driver(found.kind, found.binding, client_of(app))
    with pytest.raises(PlannerError, match=message):
        driver.list()
