"""planner.yaml -> Project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import jsonschema_rs
from attrs import evolve, frozen

from planner.config.promotion import EnvironmentBlock, ProjectDocument, read_gates, read_promotable
from planner.config.sources import PlainFile, Sources, check_plain, read_plain
from planner.config.validation import Checker, Place
from planner.config.values import plain, schema_of, shaped
from planner.errors import InvalidConfiguration
from planner.model.diagnostic import Diagnostics, did_you_mean
from planner.model.graph import Cycle, ordered
from planner.model.project import Environment, GateRules, Project, Variable
from planner.model.value import Path, plain_numbers
from planner.resources import schema

PROJECT_FILE = "planner.yaml"


@frozen
class ProjectFile:
    """planner.yaml: what it declares, and where."""

    project: Project
    file: PlainFile


def read_project(sources: Sources) -> ProjectFile:
    """The project that planner.yaml declares. InvalidConfiguration with every problem found."""
    diagnostics = Diagnostics()
    file = read_plain(sources, PROJECT_FILE, diagnostics)
    project = None if file is None else _project(file, diagnostics)
    if file is None or project is None or diagnostics.has_errors:
        raise InvalidConfiguration(diagnostics.items)
    return ProjectFile(project, file)


def _project(file: PlainFile, diagnostics: Diagnostics) -> Project | None:
    rules = schema("project.schema.json")
    shape = _shaped_document(file.document, rules)
    check_plain(file, shape, Checker(rules, "key"), diagnostics)
    if diagnostics.has_errors:
        return None
    place = Place(file.position, diagnostics)
    document = cast(ProjectDocument, shape)
    variables = {name: _variable(name, body) for name, body in document.get("variables", {}).items()}
    for variable in variables.values():
        _check_variable(variable, place)
    _check_names(document, place)
    gates, bodies = read_gates(document, place), document["environments"]
    environments = {name: _environment(name, body, gates[name]) for name, body in bodies.items()}
    promote = read_promotable(document, place, variables)
    return Project(document["project"], variables, document.get("locals", {}), environments, promote)


def _shaped_document(document: dict[str, Any], rules: dict[str, Any]) -> dict[str, Any]:
    """The document as its schema wants it. A section, variable or environment left empty is an empty mapping;
    numbers that templates see, in locals and variables, stay as they are written."""
    filled = {key: body if key == "project" else _filled(body) for key, body in document.items()}
    for section in ("variables", "environments"):
        if isinstance(filled.get(section), dict):
            filled[section] = {name: _filled(body) for name, body in filled[section].items()}
    variables = filled.pop("variables", None)
    others = {key: body for key, body in filled.items() if key != "locals"}
    shape: dict[str, Any] = {**filled, **plain_numbers(shaped(others, _with_refs(rules)))}
    if isinstance(variables, dict):
        shape["variables"] = {name: schema_of(body) for name, body in variables.items()}
    elif variables is not None:
        shape["variables"] = plain(variables)
    return shape


def _filled(body: Any) -> Any:
    return {} if plain(body) is None else body


def _with_refs(rules: dict[str, Any]) -> dict[str, Any]:
    """The schema with that of an environment in place of its reference."""
    section = {**rules["properties"]["environments"], "additionalProperties": rules["$defs"]["environment"]}
    return {**rules, "properties": {**rules["properties"], "environments": section}}


def _variable(name: str, body: dict[str, Any]) -> Variable:
    rules = {key: value for key, value in body.items() if key not in ("sensitive", "default")}
    return Variable(name, rules, bool(body.get("sensitive")), "default" in body, body.get("default"))


def _check_variable(variable: Variable, place: Place) -> None:
    path = ("variables", variable.name)
    try:
        checker = Checker(variable.schema)
    except (jsonschema_rs.ValidationError, ValueError) as error:
        place.error(
            (*path, *getattr(error, "instance_path", ())),
            f'variable "{variable.name}" has an invalid schema',
            detail=str(getattr(error, "message", error)).split("\n", 1)[0],
        )
        return
    if variable.has_default:
        name = f'the default of variable "{variable.name}"'
        place.report(checker.problems(variable.default, name), (*path, "default"))
    if variable.sensitive and variable.schema.get("type") in ("number", "integer", "boolean", "null"):
        summary = f'the sensitive variable "{variable.name}" must be a text, or a list or mapping of texts'
        place.error((*path, "type"), summary)
    if variable.sensitive and variable.has_default:
        place.diagnostics.error(
            f'the sensitive variable "{variable.name}" has a default',
            detail="A default in planner.yaml is kept in git, where no secret belongs.",
            position=evolve(place.locate((*path, "default")), text=None),
            advice=f"Set it with PLANNER_VAR_{variable.name} or --var-file.",
        )


_OUR_OWN = frozenset({"state", "protected", "encrypted", "promote_from", "gates"})
"""The keys of an environment that do not say how to reach its installation."""


def default_state(environment: str) -> str:
    """Where the state of an environment is that names no place."""
    return f"state/{environment}.json"


def _environment(name: str, body: EnvironmentBlock, gates: GateRules) -> Environment:
    return Environment(
        name,
        options={key: value for key, value in cast(dict[str, Any], body).items() if key not in _OUR_OWN},
        state=body.get("state") or default_state(name),
        protected=bool(body.get("protected")),
        encrypted=bool(body.get("encrypted")),
        promote_from=tuple(body.get("promote_from", ())),
        gates=gates,
    )


def _check_names(document: ProjectDocument, place: Place) -> None:
    """What names an environment or a variable names one that is declared; promotions do not go in circles."""
    environments = document["environments"]
    upstream = {name: body.get("promote_from", []) for name, body in environments.items()}
    for name, others in upstream.items():
        what = f'environment "{name}" is promoted from'
        _check_declared(others, environments, what, ("environments", name, "promote_from"), place)
    promoted, variables = document.get("promote", {}).get("variables", []), document.get("variables", {})
    _check_declared(promoted, variables, "promote names variable", ("promote", "variables"), place)
    try:
        ordered(upstream)
    except Cycle as cycle:
        path = ("environments", str(cycle.members[0]), "promote_from")
        place.error(path, "environments are promoted from each other in a circle", detail=str(cycle))


def _check_declared(names: list[str], known: Mapping[str, Any], what: str, path: Path, place: Place) -> None:
    for index, name in enumerate(names):
        if name not in known:
            summary = f'{what} "{name}", which is not declared'
            place.error((*path, index), summary, advice=did_you_mean(name, known))
