"""Replies about another resource than the one that was asked for, and ids that could not be sent back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve

from planner.errors import ApiError, OutcomeUnknown, PlannerError
from planner.kinds.registry import load_kinds
from planner.kinds.rest import RestDriver
from planner.model.resource import Observed, Request

from .installation import ADDRESS, BODY, client_of
from .plain import Api
from .test_plain_kinds import CASES, opened, request

THEIRS = "theirs"


@define
class Mixed:
    """api, but for the replies to one method on one path: another's, after the request took effect."""

    api: Api
    method: str = ""
    path: str = ""

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"].removeprefix("/api/v1")
        reply = self.api(environ, start)
        if (environ["REQUEST_METHOD"], path) != (self.method, self.path):
            return reply
        return [json.dumps(self.api._shown(THEIRS)).encode()]


@define
class Scene:
    driver: RestDriver
    api: Api
    mixed: Mixed
    attributes: dict[str, Any]
    change: dict[str, Any]

    @classmethod
    def of(cls, folder: Path, shape: str) -> Scene:
        driver, api, attributes, change = opened(folder, shape)
        mixed = Mixed(api)
        api.stored[THEIRS], api.versions[THEIRS] = {**attributes, "name": THEIRS}, 7
        return cls(RestDriver(driver.kind, driver.binding, client_of(mixed)), api, mixed, attributes, change)

    def made(self) -> Observed:
        found = self.driver.perform(request(self.driver, "create", self.attributes)).observed
        assert found is not None
        return found

    def mix(self, method: str, path: str) -> None:
        self.mixed.method, self.mixed.path = method, path

    def untouched(self) -> bool:
        return self.api.versions[THEIRS] == 7 and self.api.stored[THEIRS]["name"] == THEIRS


@pytest.fixture(params=CASES)
def scene(tmp_path: Path, request: pytest.FixtureRequest) -> Scene:
    return Scene.of(tmp_path, request.param)


def test_a_read(scene: Scene) -> None:
    made = scene.made()
    scene.mix("GET", f"{scene.api.collection}/{made.id}")
    with pytest.raises(ApiError, match=f"a reply about .* {made.id} is about theirs instead"):
        scene.driver.read(made.id)


@pytest.mark.parametrize("operation", ["update", "delete"])
def test_the_read_before_a_write(scene: Scene, operation: str) -> None:
    made = evolve(scene.made(), version=None)  # which nobody can compare but by a read
    scene.mix("GET", f"{scene.api.collection}/{made.id}")
    with pytest.raises(ApiError, match="is about theirs instead"):
        scene.driver.perform(request(scene.driver, operation, {**scene.attributes, **scene.change}, made))
    assert made.id in scene.api.stored
    assert scene.untouched()


@pytest.mark.parametrize(("operation", "method"), [("update", "PUT"), ("delete", "DELETE")])
def test_a_write_that_took_effect(scene: Scene, operation: str, method: str) -> None:
    made = scene.made()
    scene.mix(method, f"{scene.api.collection}/{made.id}")
    with pytest.raises(OutcomeUnknown, match=f"the {operation} was accepted, .* is about theirs instead"):
        scene.driver.perform(request(scene.driver, operation, {**scene.attributes, **scene.change}, made))
    assert (made.id in scene.api.stored) == (operation == "update")
    assert scene.untouched()


def test_a_create(scene: Scene) -> None:
    chosen = f"/{scene.attributes['repository_name']}" if scene.api.shape == "repository" else ""
    scene.mix("PUT" if chosen else "POST", f"{scene.api.collection}{chosen}")
    with pytest.raises(OutcomeUnknown, match=r"the create was accepted, .* about theirs"):
        scene.made()
    assert scene.untouched()


def test_an_id_that_was_chosen_need_not_come_back(tmp_path: Path) -> None:
    class Terse(Api):
        def _shown(self, id_: str) -> Any:
            return {"config": super()._shown(id_)["config"]}

    scene = Scene.of(tmp_path, "repository")
    scene.mixed.api = Terse("repository", "/repositories", "/repositories")
    assert scene.made().id == "backups"


def test_a_chosen_id_that_could_not_be_sent_back_is_not_sent(tmp_path: Path) -> None:
    scene = Scene.of(tmp_path, "realm")
    with pytest.raises(PlannerError, match="names no resource"):
        scene.driver.perform(request(scene.driver, "create", {**scene.attributes, "id": "a/b"}))
    assert scene.api.asked == []


# ids of every kind, from an installation that answers every request with one body

BAD = [
    "..",
    ".",
    "",
    " ",
    "a/b",
    "a\\b",
    "a\n",
    "\x00",
    "\x9f",
    "1" * 3_000_000,
    True,
    1.5,
    [],
    ["1"],
    {"a": 1},
]
MISSING = object()


def answering(id_: Any, status: int = 200) -> RestDriver:
    found = load_kinds()["extension"]
    item = {**BODY, "url": "repo://1"} | ({} if id_ is MISSING else {"id": id_})

    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        is_list = environ["REQUEST_METHOD"] == "GET" and environ["PATH_INFO"].endswith("/extensions")
        start(f"{status} X", [("Content-Type", "application/json")])
        return [json.dumps({"extensions": [{**item, "id": "1"}, item]} if is_list else item).encode()]

    return found.driver(found.kind, found.binding, client_of(app))


def shown_id(id_: Any) -> str:
    return "nothing" if id_ is MISSING else repr(id_)[:20]


@pytest.mark.parametrize("id_", [*BAD, MISSING], ids=shown_id)
def test_an_id_that_is_none_is_refused(id_: Any) -> None:
    driver = answering(id_)
    for ask in (driver.list, lambda: driver.read("1")):
        with pytest.raises(ApiError, match="a reply about extension") as caught:
            ask()
        assert len(caught.value.summary) < 200
    with pytest.raises(OutcomeUnknown, match="the create was accepted") as unknown:
        driver.perform(Request("create", ADDRESS, BODY))
    assert len(unknown.value.summary) < 300


@pytest.mark.parametrize("id_", ["1", 1])
def test_two_entries_of_one_id(id_: Any) -> None:
    with pytest.raises(ApiError, match="a list of extension holds two entries with the id 1"):
        answering(id_).list()


@pytest.mark.parametrize(
    "id_", ["2", 2, "abc-_.:@~", "a b", "ü", "...", "..a", "%2e%2e", "1" * 1024], ids=shown_id
)
def test_what_is_an_id(id_: Any) -> None:
    driver = answering(id_)
    assert list(driver.list()) == ["1", str(id_)]
    found = driver.read(str(id_))
    assert found is not None
    assert found.id == found.attributes["id"] == str(id_)
