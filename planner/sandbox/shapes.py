"""What a body may be: definitions of the API's own description, without their prose.

What they do not name is ignored, and so are nulls; what is left has the types that a reply needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from attrs import frozen
from jsonschema_rs import Draft4Validator, ValidationError

LONGEST_MESSAGE = 300
MOST_PROBLEMS = 20
DEPLOYMENTS = Path(__file__).with_name("deployment_shapes.json")


@frozen(eq=False)
class Shapes:
    """Definitions by their names, which may refer to each other."""

    definitions: Mapping[str, Any]

    def known(self, value: Any, name: str) -> Any:
        """value without nulls and without what the definition does not name; of another type, as it is."""
        return self._known(value, {"$ref": f"#/definitions/{name}"})

    def problems(self, value: Any, name: str) -> Iterator[tuple[str, str]]:
        """What is wrong with value, as (field, message); the field of the whole is ""."""
        for error in _validator(self, name).iter_errors(value):
            field, message = _field(error), f"{error.message:.{LONGEST_MESSAGE}}"
            yield field, f"Field [{field}]: {message}." if field else message

    def _known(self, value: Any, shape: Mapping[str, Any]) -> Any:
        if reference := shape.get("$ref"):
            shape = self.definitions[reference.rpartition("/")[2]]
        if isinstance(value, list) and "items" in shape:
            return [self._known(element, shape["items"]) for element in value]
        if not isinstance(value, dict) or not shape.keys() & {"properties", "additionalProperties"}:
            return value
        named, others = shape.get("properties", {}), shape.get("additionalProperties")
        below = {key: named.get(key, others) for key, element in value.items() if element is not None}
        return {key: self._known(value[key], inner) for key, inner in below.items() if inner is not None}


@cache
def deployment_shapes() -> Shapes:
    """Those that the requests for a deployment reach."""
    return Shapes(orjson.loads(DEPLOYMENTS.read_bytes())["definitions"])


@cache
def _validator(shapes: Shapes, name: str) -> Draft4Validator:
    whole = {"$ref": f"#/definitions/{name}", "definitions": shapes.definitions}
    return Draft4Validator(whole, validate_formats=True)


def _field(error: ValidationError) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.instance_path)
    return "".join(steps).lstrip(".")
