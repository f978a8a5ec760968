"""What the schemas for editors let through: of templates before they are rendered, of environments."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from planner.app.schemas import editor_schemas, environment_schema, modeline, template_schema
from planner.config.blocks import BLOCKS, meta_of
from planner.model.facets import attributes_of
from planner.model.kind import Kind
from planner.model.project import Project, Variable

ATTRIBUTES: dict[str, Any] = {
    "type": "object",
    "$defs": {
        "node": {
            "type": "object",
            "required": ["label"],
            "properties": {
                "label": {"type": "string", "maxLength": 3},
                "id": {"type": "string", "readOnly": True},
                "below": {"type": "array", "items": {"$ref": "#/$defs/node"}},
            },
        }
    },
    "required": ["name", "mode"],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z]+$", "x-advice": "Use small letters."},
        "mode": {"enum": ["fast", "safe"]},
        "id": {"type": "string", "readOnly": True},
        "size": {"type": "integer", "minimum": 1},
        "on": {"type": "boolean"},
        "code": {"type": "string", "maxLength": 3},
        "when": {"type": ["string", "null"], "format": "date"},
        "limit": {"const": 5},
        "release": {"type": "string", "enum": ["8.14", "8.15", "next"]},
        "level": {"const": "2"},
        "any": {},
        "hosts": {"type": "array", "minItems": 2, "uniqueItems": True, "items": {"type": "string"}},
        "rules": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["port"],
                "additionalProperties": False,
                "properties": {"port": {"type": "integer"}, "hint": {"type": "string", "x-local": True}},
            },
        },
        "uses": {
            "type": "array",
            "items": {
                "type": "object",
                "x-stands-for": {"extension": {"port": "version"}},
                "properties": {"port": {"type": "integer"}},
            },
        },
        "tree": {"$ref": "#/$defs/node"},
        "shape": {"oneOf": [{"type": "string", "minLength": 2}, {"type": "integer"}]},
        "tags": {"type": "object", "additionalProperties": {"type": "boolean"}, "maxProperties": 1},
    },
    "not": {"required": ["on", "code"]},
    "dependentRequired": {"code": ["size"]},
    "if": {"properties": {"mode": {"const": "safe"}}, "required": ["mode"]},
    "then": {"properties": {"size": {"minimum": 10}}},
    "else": {"properties": {"size": {"maximum": 9}}},
}
THING = Kind("thing", "Thing", attributes_of(ATTRIBUTES), ATTRIBUTES)
TEMPLATE = template_schema([THING])
BRACES = "{{ var.x }}"
LEAST = {"name": "a", "mode": "fast"}


def thing(**attributes: Any) -> Any:
    return {"resource": {"thing": {"a": {**LEAST, **attributes}}}}


def rollout(**said: Any) -> Any:
    return {"rollout": {"r": {"of": ["extension.*"], **said}}}


ANALYSIS = {"index": "i", "analyzer": "a", "text": 8.1, "tokens": ["8.1"]}
FITS: list[Any] = [
    None,
    thing(),
    {"resource": None},
    {"resource": {"thing": None}},
    {"resource": {"thing": {"a_{{ x }}-b": LEAST}}},
    {"resource": {"thing": BRACES}},
    {"resource": {"thing": {"a": BRACES}}},
    thing(name=8.1),
    thing(**{"key_{{ x }}": 1}),
    *(thing(**{"size": 1, name: BRACES}) for name in ATTRIBUTES["properties"] if name != "id"),
    *(thing(**{"size": 1, name: f"a{BRACES}b"}) for name in ("name", "code", "when", "shape")),
    thing(on=False, size=3, code="abc", limit=5, any=[{}], shape=7, tags={"a": True, "b": BRACES}),
    thing(release=8.15, level=2),
    thing(release="8.15", level="2"),
    thing(uses=["extension.words", "resource.extension.a-b", {"port": 1}, BRACES]),
    thing(tree={"label": "a", "below": [{"label": BRACES, "below": BRACES}, BRACES]}),
    thing(hosts=["a"], rules=[{"port": 1, "hint": "h"}, BRACES, {"port": BRACES, "{{ x }}": 1}]),
    thing(hosts=[BRACES, BRACES]),
    thing(mode="safe", size=10),
    thing(mode=BRACES, size=20),
    thing(mode=BRACES, size=2),
    thing(size=20),
    thing(depends_on=["thing.b"], lifecycle={"prevent_destroy": BRACES, "ignore_changes": ["size"]}),
    thing(depends_on=BRACES, lifecycle=BRACES),
    {"output": {"a": 1, "b": [BRACES]}},
    {"moved": {"from": "thing.a", "to": "thing.b"}, "removed": [{"from": "thing.c", "destroy": BRACES}]},
    {"moved": [BRACES, {"from": "thing.{{ x }}", "to": "thing.b"}], "import": {"to": "thing.a", "id": 17}},
    {"moved": None, "import": None, "removed": None, "check": None, "output": None},
    {"check": {"c": {"condition": True, "message": "m", "severity": "warning"}}},
    {"rollout": None},
    {"rollout": {"r": {"of": ["extension.*"]}, "s": {"of": BRACES, "waves": BRACES, "health": BRACES}}},
    {
        "rollout": {
            "r": {"of": [BRACES], "mode": BRACES, "at_once": BRACES, "pause": "10m", "on_failure": "stop"}
        }
    },
    rollout(waves=["extension_binding.a", "resource.extension_binding.b", f"{BRACES}%", "100%", "rest"]),
    rollout(
        waves=[["extension_binding.a", {"tag": "tier=canary"}, {"name": "shop-*"}], [BRACES], {BRACES: 1}]
    ),
    rollout(health={"status": "yellow", "plugins": True, "within": "30m", "analyze": [ANALYSIS, BRACES]}),
]
MISTAKES: dict[str, Any] = {
    "a text": "resource",
    "an unknown block": {"resources": {}},
    "an unknown kind": {"resource": {"thign": {}}},
    "a list of resources": {"resource": {"thing": [LEAST]}},
    "a name that is none": {"resource": {"thing": {"b c": LEAST}}},
    "a resource that is a text": {"resource": {"thing": {"a": "b"}}},
    "without what is required": {"resource": {"thing": {"a": {"name": "a"}}}},
    "an unknown attribute": thing(nmae="a"),
    "one that the server sets": thing(id="1"),
    "a pattern": thing(name="A"),
    "an enum": thing(mode="slow"),
    "a constant": thing(limit=6),
    "another constant": thing(level=3),
    "a number of no enum": thing(release=8.16),
    "a list for a text": thing(name=["a"]),
    "a text for a number": thing(size="big"),
    "a number that is too small": thing(size=0),
    "a text for a boolean": thing(on="maybe"),
    "a text that is too long": thing(code="abcd", size=1),
    "without what another needs": thing(code="abc"),
    "what the other says": thing(mode="safe", size=5),
    "none of the forms": thing(shape=[]),
    "a text for a list": thing(hosts="a"),
    "a mapping in a list of texts": thing(hosts=[{}]),
    "an unknown key below": thing(rules=[{"port": 1, "prot": 1}]),
    "without what is required below": thing(rules=[{"hint": "h"}]),
    "another type below": thing(rules=[{"port": "x"}]),
    "another type in a mapping": thing(tags={"a": "b"}),
    "an address of another kind": thing(uses=["user.words"]),
    "an address that is none": thing(uses=["words"]),
    "a mapping that does not fit beside addresses": thing(uses=[{"port": "x"}]),
    "a definition that does not fit": thing(tree={"label": "long"}),
    "one that does not fit in itself": thing(tree={"label": "a", "below": [{"below": []}]}),
    "one that the server sets, below": thing(tree={"label": "a", "below": [{"label": "a", "id": "1"}]}),
    "a text for depends_on": thing(depends_on="thing.b"),
    "an unknown argument": thing(lifecycle={"prevent": True}),
    "another type of argument": thing(lifecycle={"prevent_destroy": "maybe"}),
    "a move from nowhere": {"moved": [{"to": "thing.a"}]},
    "a move alone to nowhere": {"moved": {"from": "thing.a"}},
    "an import of nothing": {"import": {"id": "1"}},
    "a removal with more": {"removed": {"from": "thing.a", "to": "thing.b"}},
    "an unknown severity": {"check": {"c": {"condition": "x", "message": "m", "severity": "fatal"}}},
    "a check without message": {"check": {"c": {"condition": "x"}}},
    "a roll-out of nothing": {"rollout": {"r": {"mode": "switch"}}},
    "a roll-out of a text": {"rollout": {"r": {"of": "extension.*"}}},
    "an unknown mode": rollout(mode="swich"),
    "an unknown argument of a roll-out": rollout(wave=[]),
    "none at once": rollout(at_once=0),
    "a wave that is none": rollout(waves=["rset"]),
    "a share of more than all": rollout(waves=["101%"]),
    "a wave by something else": rollout(waves=[[{"nmae": "x"}]]),
    "a tag without a value": rollout(waves=[{"tag": "canary"}]),
    "red as health": rollout(health={"status": "red"}),
    "an analysis without tokens": rollout(health={"analyze": [{"index": "i", "analyzer": "a", "text": "t"}]}),
}


@pytest.mark.parametrize("template", FITS, ids=repr)
def test_what_may_become_right_is_let_through(template: Any) -> None:
    jsonschema_rs.validate(TEMPLATE, template)


@pytest.mark.parametrize("template", MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_not(template: Any) -> None:
    assert not jsonschema_rs.is_valid(TEMPLATE, template)


def test_all_blocks_are_described_and_all_attributes() -> None:
    blocks = TEMPLATE["properties"]
    assert set(blocks) == set(BLOCKS)
    assert all(block["description"] for block in blocks.values())
    resource = blocks["resource"]["properties"]["thing"]["additionalProperties"]
    assert list(resource["properties"]) == [*THING.declarable, *meta_of(THING)]


def test_what_only_planner_reads_is_left_out() -> None:
    assert '"x-' not in json.dumps(TEMPLATE)
    jsonschema_rs.meta.validate(TEMPLATE)


PROJECT = Project(
    "p",
    {
        "version": Variable("version", {"type": "string", "pattern": "^[0-9.*]+$", "description": "About."}),
        "languages": Variable("languages", {"type": "array", "items": {"type": "string"}, "minItems": 2}),
        "anything": Variable("anything", {}),
        "release": Variable("release", {"type": "string", "enum": ["8.14", "8.15"]}),
        "port": Variable("port", {"oneOf": [{"type": "string"}, {"type": "integer"}]}),
    },
    {},
    {},
)


@pytest.mark.parametrize(
    ("variables", "fits"),
    [
        ({}, True),
        ({"version": "8.*", "languages": ["a", "b"], "anything": {"a": 1}}, True),
        ({"version": 8.10}, True),
        ({"release": 8.15, "port": 443}, True),
        ({"release": 8.16}, False),
        ({"port": None}, False),
        ({"languages": ["a"]}, False),
        ({"languages": "{{ x }}"}, False),
        ({"version": "{{ x }}"}, False),
        ({"version": []}, False),
        ({"verison": "8.*"}, False),
    ],
)
def test_an_environment_has_the_variables_of_the_project(variables: Any, fits: bool) -> None:
    schema = environment_schema(PROJECT)
    assert jsonschema_rs.is_valid(schema, {"variables": variables}) is fits
    assert schema["properties"]["variables"]["properties"]["version"]["description"] == "About."


def test_the_same_project_gives_the_same_texts() -> None:
    other = Kind("another", "Another", {}, {"type": "object", "properties": {}})
    assert editor_schemas([THING, other], PROJECT) == editor_schemas([other, THING], PROJECT)


@pytest.mark.parametrize(
    ("name", "up"), [("templates/a.yaml", "../"), ("templates/b/c.yaml", "../../"), ("a.yaml", "")]
)
def test_a_template_names_its_schema_where_there_is_one(tmp_path: Path, name: str, up: str) -> None:
    assert modeline(tmp_path, tmp_path / name) == ""
    (tmp_path / ".schemas").mkdir()
    (tmp_path / ".schemas/template.schema.json").touch()
    expected = f"# yaml-language-server: $schema={up}.schemas/template.schema.json\n"
    assert modeline(tmp_path, tmp_path / name) == expected
    assert modeline(tmp_path, tmp_path / "../elsewhere.yaml") == ""
