"""planner.yaml -> Project."""

from __future__ import annotations

from typing import Any

import jsonschema_rs

from planner.config.plain_files import PlainFile, check_plain, read_plain
from planner.config.sources import Sources
from planner.config.validation import Checker, shaped
from planner.config.yaml_document import plain
from planner.errors import InvalidConfiguration
from planner.model.diagnostic import Diagnostics, did_you_mean
from planner.model.project import Environment, Project, Variable
from planner.model.value import Value
from planner.resources import schema

PROJECT_FILE = "planner.yaml"


def read_project(sources: Sources) -> Project:
    """The project that planner.yaml declares. InvalidConfiguration with every problem found."""
    diagnostics = Diagnostics()
    file = read_plain(sources, PROJECT_FILE, diagnostics)
    project = None if file is None else _project(file, diagnostics)
    if project is None or diagnostics.has_errors:
        raise InvalidConfiguration(diagnostics.items)
    return project


def _project(file: PlainFile, diagnostics: Diagnostics) -> Project | None:
    rules = schema("project.schema.json")
    document = _shaped_document(file.document, rules)
    check_plain(file, document, Checker(rules, "key"), diagnostics)
    if diagnostics.has_errors:
        return None
    variables = {name: _variable(name, body) for name, body in (document.get("variables") or {}).items()}
    for variable in variables.values():
        _check_variable(variable, file, diagnostics)
    environments = {name: _environment(name, body or {}) for name, body in document["environments"].items()}
    _check_chain(document["environments"], file, diagnostics)
    return Project(document["project"], variables, document.get("locals") or {}, environments)


def _shaped_document(document: dict[str, Any], rules: dict[str, Any]) -> dict[str, Any]:
    """The document as its schema wants it. A section or environment left empty is an empty mapping."""
    filled = {key: {} if plain(body) is None and key != "project" else body for key, body in document.items()}
    for section in ("variables", "environments"):
        body = filled.get(section)
        if isinstance(body, dict):
            filled[section] = {name: {} if plain(item) is None else item for name, item in body.items()}
    result: dict[str, Any] = shaped(_defaults_last(filled), _with_refs(rules))
    return result


def _defaults_last(document: dict[str, Any]) -> dict[str, Any]:
    """Each variable's default as the variable's own schema wants it, so that `default: 8.10` may be text."""
    variables = document.get("variables")
    if not isinstance(variables, dict):
        return document
    done = {
        name: {
            **body,
            "default": shaped(body["default"], plain({k: v for k, v in body.items() if k != "default"})),
        }
        if isinstance(body, dict) and "default" in body
        else body
        for name, body in variables.items()
    }
    return {**document, "variables": done}


def _with_refs(rules: dict[str, Any]) -> dict[str, Any]:
    """The schema with the entries of its sections in place of their references."""
    sections = {
        section: {**rules["properties"][section], "additionalProperties": rules["$defs"][entry]}
        for section, entry in (("variables", "variable"), ("environments", "environment"))
    }
    return {**rules, "properties": {**rules["properties"], **sections}}


def _variable(name: str, body: dict[str, Any]) -> Variable:
    rules = {key: value for key, value in body.items() if key not in ("sensitive", "default")}
    return Variable(name, rules, bool(body.get("sensitive")), "default" in body, body.get("default"))


def _check_variable(variable: Variable, file: PlainFile, diagnostics: Diagnostics) -> None:
    place = ("variables", variable.name)
    try:
        checker = Checker(variable.schema)
    except (jsonschema_rs.ValidationError, ValueError) as error:
        diagnostics.error(
            f'variable "{variable.name}" has an invalid schema',
            detail=str(error).split("\n", 1)[0],
            position=file.position(place),
        )
        return
    if variable.has_default:
        for problem in checker.problems(variable.default):
            diagnostics.error(
                f'the default of variable "{variable.name}" does not fit: {problem.summary}',
                position=file.position((*place, "default")),
                advice=problem.advice,
            )
    if variable.sensitive and variable.has_default:
        diagnostics.error(
            f'the sensitive variable "{variable.name}" has a default',
            detail="A default in planner.yaml is kept in git, where no secret belongs.",
            position=file.position((*place, "default")),
            advice=f"Set it with PLANNER_VAR_{variable.name} or --var-file.",
        )


def _environment(name: str, body: dict[str, Any]) -> Environment:
    options = {key: value for key, value in body.items() if key not in ("state", "protected")}
    return Environment(name, options, body.get("state") or f"state/{name}.json", bool(body.get("protected")))


def _check_chain(environments: dict[str, Value], file: PlainFile, diagnostics: Diagnostics) -> None:
    for name, body in environments.items():
        for index, upstream in enumerate((body or {}).get("promote_from", [])):
            if upstream not in environments:
                diagnostics.error(
                    f'environment "{name}" is promoted from "{upstream}", which is not declared',
                    position=file.position(("environments", name, "promote_from", index)),
                    advice=did_you_mean(upstream, environments),
                )
