"""What is wrong with a kind file, told with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from planner.errors import PlannerError
from planner.kinds.registry import read_kind_file

from .plain import FILTER, REPOSITORY, written
from .test_bindings import LINK, NOTE, PAGE, SETTINGS

NAME = "attributes.properties.repository_name"


def changed(data: dict[str, Any], path: str, value: Any) -> None:
    *above, last = path.split(".")
    for key in above:
        data = data[key]
    if value is None:
        del data[last]
    else:
        data[last] = value


@pytest.mark.parametrize(
    ("text", "path", "value", "message"),
    [
        (LINK, "api.id", "{filter_id}/{nobody}", "api.id: there is no attribute nobody"),
        (LINK, "api.names", {"nobody": "id"}, "api.names: there is no attribute nobody"),
        (LINK, "natural_key", ["nobody"], "natural_key: there is no attribute nobody"),
        (SETTINGS, "api.reset", {"nobody": 1}, "api.reset: there is no attribute nobody"),
        (FILTER, "api.used_by", "nobody", "api.used_by: there is no attribute nobody"),
        (FILTER, "api.used_by", "rules", "attributes.properties.rules: who uses it"),
        (NOTE, "api.id", "{place", "api.id"),
        (PAGE, "api.update.body.attribute", "nobody", "api.update.body: there is no attribute nobody"),
        (PAGE, "api.update.body.type", "text", "api.update.body.type"),
        (PAGE, "attributes.properties.text.x-shown-as", "name", "attributes.properties.text: x-shown-as is"),
        (PAGE, "attributes.properties.text.x-accept", "name", "attributes: x-accept names name, which is"),
        (
            PAGE,
            "attributes.properties.text.x-accept",
            "nobody",
            "attributes: x-accept names nobody, which is",
        ),
        (PAGE, "api.update.wrap", "/page", "api.update.wrap"),
        (NOTE, "api.reset", {}, "api"),
        (SETTINGS, "api.singleton", "sometimes", "api.singleton"),
        (SETTINGS, "api.read", None, "api"),
        (FILTER, "api.id", None, "api"),
        (FILTER, "natural_key", ["id"], "natural_key: id has to be declared by people"),
        (FILTER, "attributes.properties.id.x-local", True, "attributes.properties.id: the server sets it"),
        (FILTER, "attributes.properties.name.x-stable", True, "attributes.properties.name: only what the"),
        (
            REPOSITORY,
            "attributes.properties.repository_name",
            {},
            "attributes.properties.repository_name: a part of the id has",
        ),
        (NOTE, "api.id", "{id}/{place}", "api.id: the server sets id, which only the last part"),
        (FILTER, "api.read.path", "/rulesets/{name}", "api.read.path: {name} is no part of the id, {id}"),
        (NOTE, "api.delete.path", "/notes/{id}", "api.delete.path: it has to take all parts of the id"),
        (LINK, "api.list.path", "/l/{filter_id}/{entity_type}/{entity_id}", "api.list.path: a list cannot"),
    ],
)
def test_what_does_not_fit_together_is_told_with_its_place(
    tmp_path: Path, text: str, path: str, value: Any, message: str
) -> None:
    data = yaml.safe_load(text)
    changed(data, path, value)
    with pytest.raises(PlannerError) as caught:
        read_kind_file(written(tmp_path, yaml.safe_dump(data)))
    assert f"is wrong at {message}" in caught.value.summary


@pytest.mark.parametrize("text", [FILTER, REPOSITORY, LINK, NOTE, PAGE, SETTINGS])
def test_what_fits_is_taken(tmp_path: Path, text: str) -> None:
    assert read_kind_file(written(tmp_path, text)).kind.name == yaml.safe_load(text)["kind"]
