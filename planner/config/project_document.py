"""planner.yaml as its schema lets it through (schemas/project.schema.json)."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class GatesBlock(TypedDict, total=False):
    soak: str
    checks: list[str]
    approvals: int
    windows: list[str]


class EnvironmentBlock(TypedDict, total=False):
    """It also holds, by any name, how its installation is reached."""

    state: str
    protected: bool
    encrypted: bool
    promote_from: list[str]
    gates: GatesBlock


class PromoteBlock(TypedDict, total=False):
    variables: list[str]
    templates: bool


class ProjectDocument(TypedDict):
    """variables: by their names, the JSON Schema of the values with `sensitive` and `default`."""

    project: str
    environments: dict[str, EnvironmentBlock]
    variables: NotRequired[dict[str, dict[str, Any]]]
    locals: NotRequired[dict[str, Any]]
    promote: NotRequired[PromoteBlock]
