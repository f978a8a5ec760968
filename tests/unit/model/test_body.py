"""Bodies: what is declared, completed from what is there."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from planner.model.body import body_of
from planner.model.facets import attributes_of
from planner.model.kind import Kind

RULES = """
type: object
properties:
  name: {type: string}
  note: {type: string}
  id: {type: string, readOnly: true, x-stable: true}
  file: {type: string, x-local: true}
  login:
    type: object
    properties:
      user: {type: string}
      password: {writeOnly: true}
      realm: {readOnly: true}
      from: {x-local: true}
  rules:
    type: array
    x-key: source
    items: &rule
      type: object
      properties:
        id: {type: string, readOnly: true, x-stable: true}
        hits: {type: integer, readOnly: true}
        source: {type: string}
        text: {type: string}
  steps: {type: array, items: *rule}
  plan:
    type: object
    x-partial: true
    properties:
      size: {type: integer}
      deep: {type: object, properties: {a: {}, b: {}, token: {writeOnly: true}, seen: {x-volatile: true}}}
      state: {readOnly: true}
      rules: {type: array, x-key: [source], items: *rule}
"""
SCHEMA = yaml.safe_load(RULES)
KIND = Kind("thing", "Thing", attributes_of(SCHEMA), SCHEMA)
WHOLE = {
    **SCHEMA,
    "x-partial": True,
    "properties": {k: v for k, v in SCHEMA["properties"].items() if k != "steps"},
}
PARTIAL = Kind("thing", "Thing", attributes_of(WHOLE), WHOLE)

A, B = {"id": "1", "hits": 7, "source": "a", "text": "x"}, {"id": "2", "hits": 0, "source": "b"}
FOUND: dict[str, Any] = {
    "name": "n",
    "note": "theirs",
    "id": "i",
    "login": {"user": "u", "password": "****", "realm": "r"},
    "rules": [A, B],
    "plan": {
        "size": 4,
        "deep": {"a": 1, "b": 2, "token": "****", "seen": 9},
        "state": "up",
        "rules": [A, B],
        "theirs": {"x": 1},
    },
}


def plan(**parts: Any) -> dict[str, Any]:
    """The plan as it goes back, but for these parts; None takes one away."""
    rest = {
        "size": 4,
        "deep": {"a": 1, "b": 2},
        "rules": [{"id": "1", "source": "a", "text": "x"}, {"id": "2", "source": "b"}],
        "theirs": {"x": 1},
    }
    return {"plan": {name: part for name, part in {**rest, **parts}.items() if part is not None}}


@pytest.mark.parametrize(
    ("declared", "body"),
    [
        pytest.param({"name": "n"}, {"name": "n", **plan()}, id="the rest of a partial goes back"),
        pytest.param({"name": "n", "file": "f", "id": "i"}, {"name": "n", **plan()}, id="local, read-only"),
        pytest.param(
            {"login": {"user": "v", "password": "p", "realm": "x", "from": "y"}},
            {"login": {"user": "v", "password": "p"}, **plan()},
            id="at depth",
        ),
        pytest.param({"login": {"user": None}}, {"login": {"user": None}, **plan()}, id="null is sent"),
        pytest.param(
            {"rules": [{"source": "c"}, {"source": "b", "text": "y"}]},
            {"rules": [{"source": "c"}, {"id": "2", "source": "b", "text": "y"}], **plan()},
            id="ids are put back by key",
        ),
        pytest.param(
            {"steps": [{"source": "a", "id": "1", "hits": 1}]},
            {"steps": [{"source": "a"}], **plan()},
            id="items of a list",
        ),
        pytest.param({"plan": {"size": 8}}, plan(size=8), id="declared in a partial"),
        pytest.param({"plan": {"size": None}}, plan(size=None), id="null in a partial takes it away"),
        pytest.param({"plan": {"deep": {"b": 3}}}, plan(deep={"a": 1, "b": 3}), id="deep in a partial"),
        pytest.param(
            {"plan": {"deep": {"token": "t"}}}, plan(deep={"a": 1, "b": 2, "token": "t"}), id="secret"
        ),
        pytest.param({"plan": {"state": "down"}}, plan(), id="what the server sets"),
        pytest.param(
            {"plan": {"rules": [{"source": "b", "text": "y"}, {"source": "c"}]}},
            plan(
                rules=[
                    {"id": "1", "source": "a", "text": "x"},
                    {"id": "2", "source": "b", "text": "y"},
                    {"source": "c"},
                ]
            ),
            id="members of others stay",
        ),
        pytest.param({"plan": "text"}, {"plan": "text"}, id="another type"),
    ],
)
def test_an_update(declared: dict[str, Any], body: dict[str, Any]) -> None:
    assert body_of(KIND, declared, FOUND) == body


@pytest.mark.parametrize(
    ("cleared", "body"),
    [
        ([("plan", "size")], plan(size=None)),
        ([("plan", "deep", "a")], plan(deep={"b": 2})),
        ([("plan", "rules", "a")], plan(rules=[{"id": "2", "source": "b"}])),
        (
            [("plan", "rules", "a", "text")],
            plan(rules=[{"id": "1", "source": "a"}, {"id": "2", "source": "b"}]),
        ),
        ([("plan", "nothing"), ("note",)], plan()),
    ],
)
@pytest.mark.parametrize("declared", [{}, {"plan": {}}, {"plan": {"deep": {}, "rules": []}}])
def test_what_is_cleared_goes(cleared: Any, body: dict[str, Any], declared: dict[str, Any]) -> None:
    assert body_of(KIND, declared, FOUND, cleared) == body


def test_a_partial_attribute_may_go_as_a_whole() -> None:
    assert body_of(KIND, {"name": "n"}, FOUND, [("plan",)]) == {"name": "n"}


def test_a_create_sends_what_is_declared_and_nothing_else() -> None:
    declared: dict[str, Any] = {
        "name": "n",
        "plan": {"size": 1, "rules": [{"source": "a"}]},
        "login": {"realm": "r"},
    }
    assert body_of(KIND, declared, {}) == {**declared, "login": {}}


def test_a_kind_may_be_partial_as_a_whole() -> None:
    ours: dict[str, Any] = {"name": "m", "login": {"user": "v"}}
    rules = [{"id": "1", "source": "a", "text": "x"}, {"id": "2", "source": "b"}]
    assert body_of(PARTIAL, ours, FOUND) == {**ours, "note": "theirs", "rules": rules, **plan()}
    assert "note" not in body_of(PARTIAL, ours, FOUND, [("note",)])
