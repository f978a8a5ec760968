"""First kind files from a Swagger: each loads, and says what the Swagger does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from planner.errors import PlannerError
from planner.kinds.registry import KindFile, read_kind_file
from planner.kinds.scaffold import DEEPEST, scaffold


def call(name: str, body: str = "", reply: str = "", *query: str) -> dict[str, Any]:
    sent = [{"in": "body", "schema": {"$ref": f"#/definitions/{body}"}}] if body else []
    asked = [{"in": "query", "name": each} for each in query]
    schema = {"schema": {"$ref": f"#/definitions/{reply}"}} if reply else {}
    return {"operationId": name, "parameters": [*sent, *asked], "responses": {"200": schema}}


def mapping(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}


TEXT = {"type": "string", "description": "A text. And more of it."}
LIST = {"type": "array"}
SWAGGER: dict[str, Any] = {
    "swagger": "2.0",
    "paths": {
        "/rooms/{room}/shelves": {
            "get": call("list-shelves", "", "Shelves"),
            "post": call("create-shelf", "ShelfRequest", "Id"),
        },
        "/rooms/{room}/shelves/{shelf_id}": {
            "get": call("get-shelf", "", "Shelf"),
            "put": call("set-shelf", "ShelfRequest", "", "version"),
            "delete": call("delete-shelf"),
        },
        "/stores": {"get": call("list-stores", "", "Stores")},
        "/stores/{store_name}": {
            "get": call("get-store", "", "Store"),
            "put": call("set-store", "Store", "", "version"),
            "delete": call("delete-store", "", "", "version"),
        },
        "/hosts/{host}/settings": {
            "get": call("get-settings", "", "Store"),
            "put": call("set-settings", "Store"),
        },
        "/licence": {
            "get": call("get-licence", "", "Store"),
            "put": call("set-licence", "Store"),
            "delete": call("delete-licence"),
        },
        "/nothing": {"post": call("do-nothing")},
    },
    "definitions": {
        "Id": mapping(id=TEXT),
        "ShelfRequest": mapping("label", label=TEXT, lamp={"$ref": "#/definitions/Lamp"}),
        "Shelf": mapping(id=TEXT, label=TEXT, made_by=TEXT),
        "Shelves": mapping(values=LIST | {"items": mapping(shelf={"$ref": "#/definitions/Shelf"})}),
        "Lamp": mapping(
            lamp={"$ref": "#/definitions/Lamp"}, colours={"type": "array", "items": {"enum": ["a"]}}
        ),
        "Store": mapping("size", size={"type": "integer"}),
        "Stores": {"type": "array", "items": {"$ref": "#/definitions/Store"}},
        "Itself": {"$ref": "#/definitions/Itself"},
    },
}


def made(folder: Path, operation: str, swagger: Any = SWAGGER) -> tuple[KindFile, dict[str, Any]]:
    data = yaml.safe_load(text := scaffold(swagger, operation))
    path = folder / f"{data['kind']}.yaml"
    path.write_text(text)
    return read_kind_file(path), data


@pytest.mark.parametrize(
    ("operation", "identity", "calls", "singleton"),
    [
        ("create-shelf", ("shelve", "{room}/{id}", ("room", "label")), "list create read update delete", ""),
        ("set-store", ("store", "{store_name}", ("store_name",)), "list create read update delete", ""),
        ("set-settings", ("setting", "{host}", ("host",)), "read update", "always"),
        ("set-licence", ("licence", "licence", ()), "read update delete", "absent-when-404"),
    ],
)
def test_it_loads(tmp_path: Path, operation: str, identity: Any, calls: str, singleton: str) -> None:
    found, _ = made(tmp_path, operation)
    kind, binding = found.kind, found.binding
    assert (kind.name, kind.identity.pattern, kind.natural_key) == identity
    assert (" ".join(binding.calls), kind.singleton) == (calls, singleton)


def test_it_says_what_the_swagger_does(tmp_path: Path) -> None:
    _, data = made(tmp_path, "create-shelf")
    properties, api = data["attributes"]["properties"], data["api"]
    assert data["attributes"]["required"] == ["room", "label"]
    assert properties["label"] == {"type": "string", "description": "A text."}
    assert properties["made_by"] == {"type": "string", "description": "A text.", "readOnly": True}
    assert (api["list"]["items"], api["list"]["item"]) == ("/values", "/shelf")
    assert api["update"]["send_version"] is True
    assert api["read"]["path"] == "/rooms/{room}/shelves/{id}"
    assert properties["lamp"]["properties"]["colours"]["items"] == {"enum": ["a"]}


@pytest.mark.parametrize(
    ("id_", "required", "told"),
    [
        ({"readOnly": True}, ["name"], {"readOnly": True, "x-stable": True}),
        ({}, ["id", "name"], {"x-immutable": True}),
        (None, ["name"], {"readOnly": True, "x-stable": True}),
    ],
)
def test_whose_the_id_is(tmp_path: Path, id_: Any, required: list[str], told: Any) -> None:
    """Where the same schema is sent and answered: the user's, unless the Swagger says it is the server's."""
    lamp = mapping("id", "name", name=TEXT, id=TEXT | (id_ or {}), made={"type": "string", "readOnly": True})
    sent = lamp if id_ is not None else mapping("name", name=TEXT)
    swagger = {
        "swagger": "2.0",
        "paths": {
            "/lamps": {"get": call("list-lamps", "", "Lamps"), "post": call("create-lamp", "Sent", "Lamp")},
            "/lamps/{id}": {
                "get": call("get-lamp", "", "Lamp"),
                "put": call("set-lamp", "Sent", "Lamp"),
                "delete": call("delete-lamp"),
            },
        },
        "definitions": {"Lamp": lamp, "Sent": sent, "Lamps": mapping(lamps=LIST | {"items": lamp})},
    }
    _, data = made(tmp_path, "create-lamp", swagger)
    properties = data["attributes"]["properties"]
    assert data["attributes"]["required"] == required
    assert {key: properties["id"][key] for key in properties["id"] if key not in TEXT} == told
    assert properties["made"]["readOnly"]


def test_what_holds_itself_ends(tmp_path: Path) -> None:
    _, data = made(tmp_path, "create-shelf")
    lamp, depth = data["attributes"]["properties"]["lamp"], 1
    while "properties" in lamp:
        lamp, depth = lamp["properties"]["lamp"], depth + 1
    assert depth == DEEPEST
    paths = {"/x": {"post": call("create-x", "Itself")}}
    with pytest.raises(PlannerError, match="sends no mapping"):
        scaffold({**SWAGGER, "paths": paths}, "create-x")


@pytest.mark.parametrize(
    ("swagger", "operation", "told", "advice"),
    [
        (SWAGGER, "create-shel", 'no operation "create-shel"', "create-shelf"),
        (SWAGGER, "do-nothing", "do-nothing sends no mapping", "creates or sets"),
        ({"openapi": "3.0"}, "x", "no Swagger 2.0", "as JSON"),
        ({"swagger": "2.0", "paths": []}, "x", "no Swagger 2.0", "as JSON"),
    ],
)
def test_what_cannot_be_made_is_told(swagger: Any, operation: str, told: str, advice: str) -> None:
    with pytest.raises(PlannerError, match=told) as caught:
        scaffold(swagger, operation)
    assert advice in caught.value.advice
