from __future__ import annotations

from planner.model.facets import Attribute
from planner.model.kind import Kind

KIND = Kind(
    "thing",
    "Thing",
    {
        a.name: a
        for a in (
            Attribute("name", {"type": "string", "description": "Its name."}),
            Attribute("id", {"type": "string"}, read_only=True),
            Attribute("users", {"type": "array"}, read_only=True, volatile=True),
        )
    },
    {"type": "object", "required": ["name"], "if": {}, "properties": {"name": {}, "id": {}}},
)


def test_what_the_server_sets() -> None:
    assert KIND.computed == ("id",)
    assert KIND.declarable == ("name",)
    assert KIND.attributes["name"].description == "Its name."


def test_a_declaration_has_no_place_for_it() -> None:
    schema = KIND.declaration_schema
    assert list(schema["properties"]) == ["name"]
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["name"]
    assert "if" in schema
