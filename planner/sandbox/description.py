"""What a kind is to the API: a JSON file of `planner.sandbox.api`, read.

It says with which operations the kind is served, which shapes their bodies have (the API's own definitions),
what comes back, and with which codes it refuses. Its keys are the fields of `Description`, and beside them

    why           where it is from what the API's reference does not say
    definitions   the shapes that its bodies have
    shapes        "deployments": the shapes of those are known too
    operations    "METHOD /path": the other fields of an `Operation`
    errors        name: [status, code, message], for absent, taken, conflict, invalid, and those of odd steps
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from attrs import field, frozen

from planner.sandbox.shapes import Shapes, deployment_shapes


@frozen
class Operation:
    """A method of a path. `does`: list, create, read, put (makes or replaces), replace, merge (a merge
    patch), delete, or a way of an odd kind. `takes`: the shape of the body, or that a merge has to lead to.
    `text`: the field that the body goes into, where it is a text. `gives`: what comes back: object, id or
    nothing. `made`, `done`: the status where the object is new, and else. `into`: the field of a list.
    `headers`: whether the reply has those of a resource. `compares`: whether `?version=` is compared.
    `flags`: create_only and validate_only, where they are taken."""

    method: str
    path: str
    does: str
    takes: str = ""
    text: str = ""
    gives: str = "object"
    made: int = 200
    done: int = 200
    into: str = ""
    headers: bool = False
    compares: bool = False
    flags: tuple[str, ...] = field(default=(), converter=tuple)

    @property
    def reads(self) -> bool:
        """Whether it takes a body."""
        return bool(self.takes or self.text) or self.does == "upload"

    @classmethod
    def read(cls, line: str, told: Mapping[str, Any]) -> Operation:
        method, path = line.split()
        return cls(method, path, **told)


@frozen
class Description:
    """A kind. `parent`: the parameters of its paths that say below what an object is; the others are its id.
    `below`: the kind that the parent is of, where it has to be there. `minted`: "hex", where a create makes
    ids of 32 digits, or the field of the body that is the id. `id_as`, `body_as`: the fields that show the id
    and all else. `always`: the body of a singleton that nobody wrote yet. `secrets`: paths that come back
    masked, where the installation masks them. `ece_only`: Elastic Cloud does not have it.
    `section`: where a seed has these. `shape`: what one is there, with the `defaults` of what it leaves out.
    """

    kind: str
    operations: tuple[Operation, ...]
    shapes: Shapes
    errors: Mapping[str, tuple[int, str, str]]
    parent: tuple[str, ...] = ()
    below: str = ""
    minted: str = ""
    id_as: str = ""
    body_as: str = ""
    always: dict[str, Any] | None = None
    secrets: tuple[str, ...] = ()
    ece_only: bool = False
    section: str = ""
    shape: str = ""
    defaults: Mapping[str, Any] = field(factory=dict)

    @classmethod
    def read(cls, file: Path) -> Description:
        told = orjson.loads(file.read_bytes())
        told.pop("why", None)
        shared = deployment_shapes().definitions if told.pop("shapes", "") == "deployments" else {}
        shapes = Shapes({**shared, **told.pop("definitions", {})})
        operations = tuple(Operation.read(*item) for item in told.pop("operations").items())
        return cls(shapes=shapes, operations=operations, errors=told.pop("errors", {}), **told)
