"""What the reply to a create shows once: handed over before anything can go wrong, believed nowhere else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import define, evolve, field

from planner.errors import OutcomeUnknown, PlannerError
from planner.kinds.registry import read_kind_file
from planner.kinds.rest import RestDriver
from planner.model.resource import Observed, Request
from planner.model.value import Secret, Value

from .installation import client_of
from .plain import FILTER, Api, written
from .test_plain_kinds import request

RULES = [{"source": "10.0.0.0/8"}]
WANTED = {"name": "office", "region": "ece-region", "rules": RULES}


@define
class Telling:
    """api, whose replies to some methods tell more. also: the methods. broken: those that get no JSON."""

    api: Api
    also: tuple[str, ...] = ("POST",)
    broken: tuple[str, ...] = ()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = b"".join(self.api(environ, start))
        if environ["REQUEST_METHOD"] in self.broken:
            return [b"no JSON"]
        found = json.loads(body)
        if environ["REQUEST_METHOD"] in self.also and isinstance(found, dict):
            found |= {"api_token": "s3cret", "login": {"user": "u", "password": "p4ss"}}
        return [json.dumps(found).encode()]


@define
class Scene:
    driver: RestDriver
    telling: Telling
    handed: list[tuple[str, Mapping[str, Value]]] = field(factory=list)

    def create(self) -> Observed:
        wanted = request(self.driver, "create", WANTED)
        return self.perform(evolve(wanted, hand_over=lambda id_, shown: self.handed.append((id_, shown))))

    def perform(self, wanted: Request) -> Observed:
        found = self.driver.perform(wanted).observed
        assert found is not None
        return found


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    data = yaml.safe_load(FILTER)
    login = {"user": {"type": "string"}, "password": {"type": "string", "x-once": "extra"}}
    data["attributes"]["properties"] |= {
        "token": {"type": "string", "readOnly": True, "x-once": "needed"},
        "login": {"type": "object", "readOnly": True, "x-stable": True, "properties": login},
    }
    data["api"]["names"] = {"token": "api_token"}
    found = read_kind_file(written(tmp_path, yaml.safe_dump(data)))
    telling = Telling(Api("filter", "/rulesets", "/rulesets"))
    return Scene(found.driver(found.kind, found.binding, client_of(telling)), telling)


def test_it_is_handed_over_with_its_id_and_is_in_nothing_else(scene: Scene) -> None:
    made = scene.create()
    assert scene.handed == [(made.id, {"token": "s3cret", "login": {"password": "p4ss"}})]
    assert isinstance(scene.handed[0][1]["token"], Secret)
    assert "token" not in made.attributes
    assert "p4ss" not in str(made.attributes)


def test_it_is_handed_over_though_the_result_cannot_be_read(scene: Scene) -> None:
    scene.telling.broken = ("GET",)
    with pytest.raises(OutcomeUnknown):
        scene.create()
    assert [shown["token"] for _, shown in scene.handed] == ["s3cret"]


def test_no_other_reply_is_believed(scene: Scene) -> None:
    """Nor one to an update, be it that the server says it again."""
    scene.telling.also = ("POST", "PUT", "GET")
    made = scene.create()
    changed = {**WANTED, "rules": []}
    again = scene.perform(
        evolve(
            request(scene.driver, "update", changed, made),
            hand_over=lambda id_, shown: scene.handed.append((id_, shown)),
        )
    )
    seen = [again, scene.driver.read(made.id), *scene.driver.list().values()]
    assert len(scene.handed) == 1
    assert [each for each in seen if each is None or "s3cret" in str(each.attributes)] == []
    assert [each for each in seen if each is None or "p4ss" in str(each.attributes)] == []


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"type": "string", "x-once": "needed"}, "x-once is for what the server sets"),
        ({"type": "string", "readOnly": True, "x-once": True}, "is not one of"),
        ({"type": "string", "readOnly": True, "x-once": "needed", "writeOnly": True}, "x-once says all"),
        (
            {"type": "array", "readOnly": True, "x-once": "extra", "items": {}},
            "x-once is for what has a name",
        ),
    ],
)
def test_a_kind_file_that_says_too_much_of_it(tmp_path: Path, rule: Any, told: str) -> None:
    data = yaml.safe_load(FILTER)
    data["attributes"]["properties"]["token"] = rule
    with pytest.raises(PlannerError, match=told):
        read_kind_file(written(tmp_path, yaml.safe_dump(data)))
