from __future__ import annotations

import subprocess
import sys

import orjson
import pytest
from jsonschema_rs import Draft202012Validator, meta

from planner.resources import kind_files, schema, schema_text

NAMES = ["state.schema.json", "plan.schema.json", "journal.schema.json", "drift.schema.json"]


@pytest.mark.parametrize("name", NAMES)
def test_they_are_schemas_with_titles(name: str) -> None:
    document = schema(name)
    assert meta.is_valid(document)
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["title"]
    assert document["description"]
    Draft202012Validator(document)


def test_what_they_share_is_the_same() -> None:
    seen: dict[str, object] = {}
    for name in NAMES:
        for key, definition in schema(name)["$defs"].items():
            assert seen.setdefault(key, definition) == definition, f"{key} in {name}"
    entry, resource = schema(NAMES[0])["$defs"]["entry"], schema(NAMES[1])["$defs"]["resource"]
    more = {"deposed", "files", "source"}
    assert {k: v for k, v in entry["properties"].items() if k not in more} == resource["properties"]


def test_every_definition_is_used() -> None:
    for name in NAMES:
        text = schema_text(name)
        for key in schema(name)["$defs"]:
            assert f"#/$defs/{key}" in text, f"{key} in {name}"


def test_shipped_files_are_found() -> None:
    assert orjson.loads(schema_text("state.schema.json")) == schema("state.schema.json")
    assert all(path.suffix == ".yaml" for path in kind_files())
    with pytest.raises(FileNotFoundError):
        schema("nothing.schema.json")


def test_the_store_does_not_import_what_it_does_not_need() -> None:
    heavy = "{'requests', 'deepdiff', 'jinja2', 'click', 'flask', 'asyncio', 'tempfile'}"
    code = f"import sys, planner.state.store, planner.state.registry; print({heavy} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "set()\n"
