"""Every JSON Schema keyword gives a message for people."""

from __future__ import annotations

from typing import Any

import pytest

from planner.config.tokens import INVALID
from planner.config.validation import Checker
from planner.config.values import Literal, Written, shaped
from planner.model.address import Address
from planner.model.facets import Attribute
from planner.model.standing import put_in
from planner.model.value import Deferred, Reference, Secret, Value

LATER = Deferred((Reference(Address("thing", "a"), ("id",)),))
OTHER = Deferred((Reference(Address("thing", "b"), ("id",)),))


def messages(schema: dict[str, Any], value: Value) -> list[str]:
    return [problem.summary for problem in Checker(schema).problems(value, "x")]


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"type": "string"}, 1, "x must be a text, not 1"),
        ({"type": "string"}, None, "x must be a text, not null"),
        ({"type": "string"}, True, "x must be a text, not true"),
        ({"type": ["null", "integer"]}, "a", 'x must be null or a whole number, not "a"'),
        ({"type": "integer"}, 1.5, "x must be a whole number, not 1.5"),
        ({"enum": ["a", 1, None]}, "b", 'x must be one of "a", 1, null, not "b"'),
        ({"enum": ["a"]}, "b", 'x must be "a", not "b"'),
        ({"const": "a"}, "b", 'x must be "a", not "b"'),
        ({"pattern": "^a$"}, "b\n", 'x does not match ^a$: "b\\n"'),
        ({"pattern": "^a$"}, "b" * 99, f'x does not match ^a$: "{"b" * 57}..."'),
        ({"minLength": 1}, "", "x must not be empty"),
        ({"minLength": 2}, "a", 'x must have at least 2 characters: "a"'),
        ({"maxLength": 1}, "ab", 'x must have at most 1 characters: "ab"'),
        ({"minimum": 2}, 1, "x must be at least 2, not 1"),
        ({"maximum": 2}, 3, "x must be at most 2, not 3"),
        ({"exclusiveMinimum": 2}, 2, "x must be more than 2, not 2"),
        ({"exclusiveMaximum": 2}, 2, "x must be less than 2, not 2"),
        ({"multipleOf": 2}, 3, "x must be a multiple of 2, not 3"),
        ({"minItems": 1}, [], "x must have 1 or more items"),
        ({"maxItems": 1}, [1, 2], "x must have 1 or fewer items"),
        ({"uniqueItems": True}, [1, 1], "x must not have the same item twice"),
        ({"contains": {"type": "string"}}, [1], "x does not fit its schema (contains): a list"),
        ({"minProperties": 1}, {}, "x must have 1 or more entries"),
        ({"maxProperties": 0}, {"a": 1}, "x must have 0 or fewer entries"),
        ({"required": ["a"]}, {}, 'missing required attribute "a" in x'),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, 'missing required attribute "b" in x'),
        ({"additionalProperties": False, "properties": {}}, {"a": 1}, 'unknown attribute "a" in x'),
        ({"unevaluatedProperties": False}, {"a": 1}, 'unknown attribute "a" in x'),
        ({"propertyNames": {"pattern": "^a"}}, {"b": 1}, 'x has a key that does not match ^a: "b"'),
        (
            {"propertyNames": {"maxLength": 1}},
            {"bb": 1},
            'x has a key that must have at most 1 characters: "bb"',
        ),
        ({"properties": {"a": False}}, {"a": 1}, "x.a cannot be set here"),
        ({"format": "date"}, "x", 'x must be of the format date: "x"'),
        (
            {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            [],
            "x is none of the forms it may have: a list",
        ),
        ({"anyOf": [{"enum": ["a"]}, {"type": "integer"}]}, "b", 'x must be "a", not "b"'),
        (
            {"oneOf": [{"type": "integer"}, {"minimum": 1}]},
            2,
            "x must be of exactly one of the forms it may have: 2",
        ),
        ({"not": {"type": "string"}}, "a", "x is of a form that it may not have"),
        ({"not": {"required": ["a"]}}, {"a": 1}, 'x cannot have "a"'),
        ({"not": {"required": ["a", "b"]}}, {"a": 1, "b": 1}, 'x cannot have "a" and "b" together'),
        ({"items": {"type": "string"}}, [1], "x[0] must be a text, not 1"),
        (
            {"properties": {"a": {"items": {"type": "string"}}}},
            {"a": ["b", {}]},
            "x.a[1] must be a text, not a mapping",
        ),
        ({"type": "integer"}, Secret("s3cret"), "x must be a whole number, not (sensitive)"),
    ],
)
def test_messages(schema: dict[str, Any], value: Value, message: str) -> None:
    assert messages(schema, value) == [message]


@pytest.mark.parametrize("value", [LATER, INVALID])
@pytest.mark.parametrize("schema", [{"type": "integer"}, {"enum": ["a"]}, {"pattern": "^a$"}, {"const": 1}])
def test_what_is_not_known_fits(schema: dict[str, Any], value: Value) -> None:
    assert messages(schema, value) == []
    assert messages({"items": schema, "properties": {"a": schema}}, [value]) == []
    assert messages({"properties": {"a": schema}}, {"a": value}) == []


@pytest.mark.parametrize(
    ("items", "told"),
    [
        ([LATER, OTHER], []),
        ([LATER, OTHER, "a"], []),
        ([LATER, LATER], ["x must not have the same item twice"]),
        ([{"a": LATER}, {"a": OTHER}], []),
        ([LATER, "a", "a"], ["x must not have the same item twice"]),
    ],
)
def test_items_that_are_not_known_are_the_same_where_they_come_from_one_place(
    items: Value, told: list[str]
) -> None:
    assert messages({"uniqueItems": True}, items) == told


def test_advice_of_the_schema() -> None:
    schema = {"properties": {"a": {"type": "string", "x-advice": "Do."}, "b": {"items": {"type": "string"}}}}
    assert [p.advice for p in Checker(schema).problems({"a": 1, "b": [1]})] == ["Do.", ""]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "8.10"),
        ({"type": "number"}, 8.1),
        ({}, 8.1),
        (True, 8.1),
        ({"type": ["string", "null"]}, "8.10"),
        ({"type": ["string", "number"]}, 8.1),
        ({"type": ["string", "integer"]}, "8.10"),
        ({"enum": ["8.10"]}, "8.10"),
        ({"enum": ["8.10", 8.1]}, 8.1),
        ({"const": "8.10"}, "8.10"),
        ({"minLength": 1}, "8.10"),
        ({"format": "date"}, "8.10"),
        ({"properties": []}, 8.1),
    ],
)
def test_a_number_as_it_is_wanted(schema: dict[str, Any] | bool, value: Value) -> None:
    assert shaped(Literal("8.10", 8.1), schema) == value


def test_shapes_of_what_is_inside() -> None:
    schema = {
        "properties": {"a": {"type": "string"}, "b": {"type": "array", "items": {"type": "string"}}},
        "additionalProperties": {"type": "string"},
    }
    number = Literal("1", 1)
    value: Any = {"a": number, "b": [number, [number]], "c": number, "d": Literal("", None)}
    found = shaped(value, schema)
    assert found == {"a": "1", "b": ["1", [1]], "c": "1", "d": None}


def test_problems_follow_each_other_as_in_the_value() -> None:
    """Whatever order the library finds them in: that of the schema, or its own."""
    numbers = {name: {"type": "integer"} for name in "abcd"}
    schema = {"properties": {**numbers, "l": {"items": {"properties": numbers}}}}
    value: dict[str, Written] = {
        "d": "x",
        "l": [{"c": "x", "a": "x"}, {"b": "x"}],
        "b": 1,
        "a": "x",
        "c": "x",
    }
    found = [problem.path for problem in Checker(schema).problems(value)]
    assert found == [("d",), ("l", 0, "c"), ("l", 0, "a"), ("l", 1, "b"), ("a",), ("c",)]


ITEM = {
    "type": "object",
    "additionalProperties": False,
    "required": ["url"],
    "properties": {"type": {"enum": ["a"]}, "url": {"type": "string"}},
    "x-stands-for": {"thing": {"type": "kind", "url": "url"}},
}


@pytest.mark.parametrize(
    ("more", "others", "told"),
    [
        ({}, [], []),
        ({}, [{"type": "a", "url": "u"}, {"url": LATER}], []),
        ({}, [{"type": "b", "url": "u"}], ['x[1].type must be "a", not "b"']),
        ({}, [{"type": "a"}], ['missing required attribute "url" in x[1]']),
        ({}, ["thing"], ['x[1] must be a mapping, not "thing"']),
        ({"required": ["url", "name"]}, [], ['missing required attribute "name" in x[0]']),
        ({"properties": {"url": {}}}, [], ['unknown attribute "type" in x[0]']),
        ({"maxProperties": 1}, [], ["x[0] must have 1 or fewer entries"]),
    ],
)
def test_what_an_address_stands_for_fits_where_its_schema_lets_it(
    more: dict[str, Any], others: list[Value], told: list[str]
) -> None:
    rules = {"type": "array", "items": {**ITEM, **more}}
    items = put_in(Attribute("x", rules), ["thing.a", *others])
    problems = Checker({"properties": {"x": rules}}).problems({"x": items})
    assert [problem.summary for problem in problems] == told
