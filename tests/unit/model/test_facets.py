"""The tree of facets: the same keywords at every depth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from planner.model.agreement import agree, of_server
from planner.model.facets import KEYWORDS, Attribute, attributes_of, compiled
from planner.model.flaws import flaws
from planner.model.kept import Keeping
from planner.model.kind import Kind
from planner.model.value import UNKNOWN
from planner.resources import schema

RULES: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "$defs": {
        "rule": {
            "type": "object",
            "required": ["source"],
            "properties": {
                "source": {"type": "string"},
                "id": {"type": "string", "readOnly": True, "x-stable": True},
                "then": {"$ref": "#/$defs/rule"},
                "seen": {"x-volatile": True},
            },
        }
    },
    "properties": {
        "name": {"type": "string"},
        "rules": {
            "type": "array",
            "x-key": "source",
            "items": {"$ref": "#/$defs/rule", "description": "One."},
        },
        "login": {
            "type": "object",
            "properties": {
                "user": {"type": "string"},
                "password": {"writeOnly": True},
                "url": {"readOnly": True},
            },
        },
        "limits": {"type": "object", "additionalProperties": {"type": "array", "x-unordered": True}},
        "plan": {
            "type": "object",
            "x-partial": True,
            "properties": {"size": {"x-immutable": True}, "tags": {"x-leave": "clear", "type": "object"}},
        },
        "free": {"type": "object"},
        "when": {
            "type": "object",
            "x-advice": "x",
            "properties": {"at": {"x-reference": "a.b", "x-cleared": True}},
        },
    },
}
TREE = attributes_of(RULES)
KIND = Kind("thing", "Thing", TREE, RULES)


@pytest.mark.parametrize(
    ("path", "facets"),
    [
        (("name",), {"required": True}),
        (("rules",), {"key": ("source",), "ids": ()}),
        (("rules", "10.0.0.0/8"), {"key": (), "ids": ("id",), "description": "One."}),
        (("rules", 0, "source"), {"required": True}),
        (("rules", "a", "then", "then", "id"), {"read_only": True, "stable": True}),
        (("login", "password"), {"write_only": True, "unshown": True}),
        (("login", "password", "deep", 0), {"write_only": True}),
        (("login", "user"), {"write_only": False}),
        (("login", "url", "deep"), {"read_only": True}),
        (("limits", "any"), {"unordered": True}),
        (("limits", "any", 3), {"unordered": False}),
        (("plan", "size", "x"), {"partial": True, "immutable": True, "leave": "keep"}),
        (("plan", "tags", "deep", "er"), {"partial": True, "immutable": False, "leave": "clear"}),
        (("free", "deep", 0), {"is_plain": True}),
        (("when", "at"), {"reference": "a.b"}),
    ],
)
def test_what_is_said_of_a_place(path: Any, facets: dict[str, Any]) -> None:
    found = KIND.at(path)
    assert {name: getattr(found, name) for name in facets} == facets


def test_what_is_plain_needs_no_walk() -> None:
    assert [name for name, node in TREE.items() if node.is_plain] == ["name", "free", "when"]


@pytest.mark.parametrize(
    ("path", "beginning"),
    [
        (("name",), ""),
        (("nothing",), "nothing"),
        (("rules", 0, "id"), ""),
        (("rules", 0, "seen"), "rules[0].seen"),
        (("rules", 0, "then", "seen", "deep"), "rules[0].then.seen"),
    ],
)
def test_what_nothing_can_refer_to(path: Any, beginning: str) -> None:
    assert KIND.without_value(path) == beginning


def test_a_declaration_has_no_place_for_what_the_server_sets_at_any_depth() -> None:
    declared = KIND.declaration_schema
    assert declared["properties"]["login"]["properties"]["url"] is False
    assert declared["$defs"]["rule"]["properties"]["id"] is False
    assert declared["$defs"]["rule"]["properties"]["then"] == {"$ref": "#/$defs/rule"}


MEMBERS: list[Any] = [{"source": "a", "id": 1}, {"source": "b"}, {"source": "a", "id": 2}, {"id": 3}, "odd"]


def test_members_of_a_set_are_told_by_their_key_and_none_is_lost() -> None:
    found = TREE["rules"].members(MEMBERS)
    assert found is not None
    assert list(found) == ["a", "b", "a (2)", "", " (2)"]
    assert TREE["rules"].rebuilt(found) == MEMBERS


def test_a_key_of_several_properties() -> None:
    node = Attribute("rules", {}, key=("type", "port"))
    assert list(node.members([{"type": "tcp", "port": 80}, {"type": "udp"}]) or ()) == ["tcp, 80", "udp"]


LEADING = compiled("realms", {"type": "array", "items": {"type": "string"}, "x-leading": True}, {})


def test_of_a_leading_list_the_places_are_the_keys() -> None:
    assert LEADING.members(["a", "b"]) == {"0": "a", "1": "b"}
    assert LEADING.rebuilt({"0": "a", "1": "b"}) == ["a", "b"]
    assert LEADING.members("a") is None
    held: dict[str, Any] = {"realms": ["a", "b"]}
    kind = Kind("order", "Order", {"realms": LEADING}, {})
    assert [kind.find(held, ("realms", key)) for key in (1, "1", 2)] == ["b", "b", UNKNOWN]


@pytest.mark.parametrize(
    ("known", "there", "agrees"),
    [
        (["a", "b"], ["a", "b"], True),
        (["a", "b"], ["a", "b", "c"], True),
        ([], ["a"], True),
        (["a", "b"], ["b", "a"], False),
        (["a", "b"], ["a"], False),
        (["a", "b"], ["c", "a", "b"], False),
        (["a"], None, False),
    ],
)
def test_of_a_leading_list_the_first_are_compared(known: Any, there: Any, agrees: bool) -> None:
    assert agree(LEADING, known, there, of_server) is agrees


@pytest.mark.parametrize("value", [None, "x", {"source": "a"}])
def test_what_is_no_list_has_no_members(value: Any) -> None:
    assert TREE["rules"].members(value) is None


@pytest.mark.parametrize(
    ("path", "fixed"),
    [
        (("plan", "size", "x", "y"), ("plan", "size")),
        (("plan", "size"), ("plan", "size")),
        (("plan", "tags", "x"), ("plan", "tags", "x")),
        (("name",), ("name",)),
    ],
)
def test_what_may_not_change(path: Any, fixed: Any) -> None:
    assert KIND.fixed(path) == fixed


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (("rules", "a", "source"), ""),
        (("limits", "x", 0), ""),
        (("rules", 0), 'Members are told by their source, not by their place: rules["..."].'),
        (("rules", "a", "then", 0), ""),
    ],
)
def test_members_have_no_place(path: Any, told: str) -> None:
    assert KIND.by_index(path) == told


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("rules", "b"), {"source": "b", "id": 2}),
        (("rules", "b", "id"), 2),
        (("rules", "c", "id"), UNKNOWN),
        (("rules", 0), UNKNOWN),
        (("limits", "x", 1), "q"),
        (("nothing",), UNKNOWN),
    ],
)
def test_what_lies_at_a_path(path: Any, found: Any) -> None:
    has: dict[str, Any] = {"rules": [{"source": "a"}, {"source": "b", "id": 2}], "limits": {"x": ["p", "q"]}}
    assert KIND.find(has, path) == found


def test_the_keywords_are_those_of_the_schema_of_kind_files() -> None:
    known = schema("kind.schema.json")["$defs"]["attribute"]["properties"]
    facets = {word for word in known if word.startswith("x-") or word.endswith("Only")}
    assert facets == {*KEYWORDS.values(), "x-advice", "x-stands-for"}


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


LIST: dict[str, Any] = {"type": "array", "items": of(source={}, id={})}


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        (RULES, []),
        (of(a={"$ref": "#/$defs/b"}), ["properties.a: it refers to #/$defs/b, and $defs does not have that"]),
        (
            of(a={"$ref": "other.json"}),
            ["properties.a: it refers to other.json, and $defs does not have that"],
        ),
        (
            of(a={**LIST, "x-key": ["source", "port"]}),
            ["properties.a: x-key names port, and the items of a list here have no such property"],
        ),
        (of(a=of(b={"type": "string", "x-key": "c"})), ["properties.a.properties.b: x-key names c"]),
        (of(a={"type": "string", "x-unordered": True}), ["properties.a: x-unordered is for lists"]),
        (of(a={"type": "string", "x-partial": True}), ["properties.a: x-partial is for mappings"]),
        *(
            (of(a={**told, "x-leading": True}), ["properties.a: x-leading is for lists of plain values"])
            for told in (LIST, {"type": "string"}, {"type": "object"}, {})
        ),
        (of(a={"type": "array", "items": {"type": "string"}, "x-leading": True}), []),
        (of(a={"x-leave": "keep"}), ["properties.a: x-leave is for what x-partial is about"]),
        ({**of(a={"x-leave": "keep"}), "x-partial": True}, []),
        (of(a={**of(b=LIST), "x-partial": True}), ["properties.a.properties.b: a list of mappings"]),
        (of(a={**of(b={**LIST, "x-key": "id"}), "x-partial": True}), []),
        (of(a={**of(b={"type": "array", "items": {"type": "string"}}), "x-partial": True}), []),
        (
            of(a={"type": "array", "items": {"additionalProperties": {"x-leave": "keep"}}}),
            ["properties.a.items.additionalProperties: x-leave"],
        ),
        (of(a={"readOnly": True, **of(b={"x-once": "extra"})}), []),
        (of(a={"x-once": "extra"}), ["properties.a: x-once is for what the server sets"]),
        (of(a={"readOnly": True, "x-once": "extra", "x-volatile": True}), ["properties.a: x-once says all"]),
        (
            of(a={"readOnly": True, "items": of(b={"x-once": "extra"})}),
            ["properties.a.items.properties.b: x-once is for what has a name"],
        ),
        (
            of(a={"readOnly": True, "additionalProperties": {"x-once": "extra"}}),
            ["properties.a.additionalProperties: x-once is for what has a name"],
        ),
    ],
)
def test_flaws_say_where(rules: dict[str, Any], told: list[str]) -> None:
    found = [f"{'.'.join(map(str, path))}: {flaw}" for path, flaw in flaws(rules)]
    assert len(found) == len(told)
    assert all(flaw.startswith(begins) for flaw, begins in zip(found, told, strict=True))


@pytest.mark.parametrize(
    ("closed", "kept"),
    [
        pytest.param(False, {"a": 1}, id="only its properties"),
        pytest.param(True, {"a": 1, "more": "s"}, id="any"),
        pytest.param({"type": "string"}, {"a": 1, "more": "s"}, id="any text"),
    ],
)
def test_of_a_mapping_that_can_have_no_more_no_more_is_kept(closed: Any, kept: Mapping[str, Any]) -> None:
    mapping = {"type": "object", "properties": {"a": {}}, "additionalProperties": closed}
    items = {"type": "array", "items": mapping}
    for told, wrap in ((mapping, lambda one: one), (items, lambda one: [one])):
        attribute = compiled("x", told, {})
        shown = wrap({"a": 1, "more": "s"})
        assert Keeping("00").kept(attribute, shown, None, ()) == wrap(kept)
        assert agree(attribute, wrap(kept), shown, of_server)
