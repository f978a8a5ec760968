from __future__ import annotations

import pytest

from planner.model.facets import Attribute
from planner.model.kind import Kind, one

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


@pytest.mark.parametrize(
    "said", ["a user", "an extension", "an allocator_settings", "a comment", "an instance_configuration"]
)
def test_a_name_with_its_article(said: str) -> None:
    assert one(said.split()[1]) == said


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
