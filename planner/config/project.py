"""planner.yaml -> Project."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, NotRequired, TypedDict, TypeVar, cast

import jsonschema_rs
from attrs import evolve, frozen

from planner.config.sources import PlainFile, Sources, read_plain
from planner.config.validation import Checker, Place
from planner.config.values import plain, schema_of, shaped
from planner.errors import InvalidConfiguration, PlannerError, WrongUsage
from planner.model.diagnostic import Diagnostics, did_you_mean, near_or_there
from planner.model.graph import Cycle, ordered
from planner.model.project import TEMPLATES, Environment, GateRules, Project, Promotable, Variable
from planner.model.times import Window, parse_duration, parse_window
from planner.model.value import Path as ValuePath
from planner.model.value import dotted, leaves, plain_numbers
from planner.resources import schema

PROJECT_FILE = "planner.yaml"
T = TypeVar("T")


class GatesBlock(TypedDict, total=False):
    soak: str
    checks: list[str]
    approvals: int
    windows: list[str]


class EnvironmentBlock(TypedDict, total=False):
    """An environment in planner.yaml, which also holds, by any name, how its installation is reached."""

    state: str
    protected: bool
    encrypted: bool
    content: str
    promote_from: list[str]
    gates: GatesBlock


class PromoteBlock(TypedDict, total=False):
    variables: list[str]
    templates: bool


class ProjectDocument(TypedDict):
    """planner.yaml as its schema lets it through (schemas/project.schema.json).

    variables: by their names, the JSON Schema of the values with `sensitive` and `default`.
    """

    project: str
    environments: dict[str, EnvironmentBlock]
    variables: NotRequired[dict[str, dict[str, Any]]]
    locals: NotRequired[dict[str, Any]]
    default_environment: NotRequired[str]
    promote: NotRequired[PromoteBlock]


@frozen
class ProjectFile:
    """planner.yaml: what it declares, and where."""

    project: Project
    file: PlainFile


def read_project(sources: Sources) -> ProjectFile:
    """The project that planner.yaml declares. InvalidConfiguration with every problem found."""
    diagnostics = Diagnostics()
    file = read_plain(sources, PROJECT_FILE, diagnostics, begin="project:", evaluated="locals")
    project = None if file is None else _project(file, diagnostics)
    if file is None or project is None or diagnostics.has_errors:
        raise InvalidConfiguration(diagnostics.items)
    return ProjectFile(project, file)


def open_project(root: Path) -> Project:
    """The project in a folder. PlannerError when there is none, InvalidConfiguration when it is wrong."""
    return open_project_file(root).project


def open_project_file(root: Path) -> ProjectFile:
    if not os.path.exists(root / PROJECT_FILE):  # noqa: PTH110 - also of a name that no file can have
        raise PlannerError(
            f"there is no {PROJECT_FILE} in {root.absolute()}",
            advice="Go to the project's folder, or name it with -C DIR.",
        )
    return read_project(Sources(root))


def choose_environment(project: Project, name: str | None, said_by: str = "") -> Environment:
    """The named environment, or the only one. said_by: what names it, where that is not who asks."""
    names = ", ".join(project.environments)
    if name is None and len(project.environments) == 1:
        return next(iter(project.environments.values()))
    if name is None:
        raise WrongUsage("which environment?", advice=f"Name one with -e: {names}.")
    if name not in project.environments:
        named = f", which {said_by} names" if said_by else ""
        told = f'there is no environment "{name}"{named}'
        raise WrongUsage(told, advice=near_or_there(name, project.environments))
    return project.environments[name]


def _project(file: PlainFile, diagnostics: Diagnostics) -> Project | None:
    rules = schema("project.schema.json")
    shape = _shaped_document(file.document, rules)
    place = Place(file.position, diagnostics)
    place.report(Checker(rules, "key").problems(shape))
    if diagnostics.has_errors:
        return None
    document = cast(ProjectDocument, shape)
    _check_expressions(shape, place)
    variables = {name: _variable(name, body) for name, body in document.get("variables", {}).items()}
    for variable in variables.values():
        _check_variable(variable, place)
    _check_names(document, place)
    environments = {}
    for name, body in document["environments"].items():
        environments[name] = _environment(name, body, _gates(name, body, place))
        _check_gates(name, body, place, promotes="promote" in document)
    promote = _promotable(document, place, variables)
    return Project(
        document["project"],
        variables,
        document.get("locals", {}),
        environments,
        promote,
        document.get("default_environment", ""),
    )


def _shaped_document(document: dict[str, Any], rules: dict[str, Any]) -> dict[str, Any]:
    """The document as its schema wants it. A section, variable or environment left empty is an empty mapping;
    numbers that templates see, in locals and variables, stay as they are written."""
    texts = ("project", "default_environment")
    filled = {key: body if key in texts else _filled(body) for key, body in document.items()}
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


def _check_expressions(document: Mapping[str, Any], place: Place) -> None:
    """Only values under locals hold some. Of a variable it is the value that is used that is looked at."""
    evaluated = ("locals", "variables")
    for path, leaf in leaves({key: body for key, body in document.items() if key not in evaluated}):
        if isinstance(leaf, str) and "{{" in leaf:
            summary = f"{dotted(path)} holds an expression, and none is evaluated here"
            place.error(path, summary, advice="Write the value itself: only locals hold expressions.")


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


_OUR_OWN = frozenset({"state", "protected", "encrypted", "content", "promote_from", "gates"})
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
        names_only=body.get("content") == "names",
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
    _check_default(document, place)
    promoted, variables = document.get("promote", {}).get("variables", []), document.get("variables", {})
    _check_declared(promoted, variables, "promote names variable", ("promote", "variables"), place)
    try:
        ordered(upstream)
    except Cycle as cycle:
        path = ("environments", str(cycle.members[0]), "promote_from")
        place.error(path, "environments are promoted from each other in a circle", detail=str(cycle))


def _check_default(document: ProjectDocument, place: Place) -> None:
    name, environments = document.get("default_environment"), document["environments"]
    if name is None:
        return
    path = ("default_environment",)
    if name not in environments:
        summary = f'default_environment names "{name}", which is not declared'
        place.error(path, summary, advice=did_you_mean(name, environments))
    elif environments[name].get("protected"):
        place.error(
            path,
            f'default_environment names "{name}", which is protected',
            advice="A protected environment is always named, with -e.",
        )


def _check_declared(
    names: list[str], known: Mapping[str, Any], what: str, path: ValuePath, place: Place
) -> None:
    for index, name in enumerate(names):
        if name not in known:
            summary = f'{what} "{name}", which is not declared'
            place.error((*path, index), summary, advice=did_you_mean(name, known))


_UPSTREAM: Final = ("soak", "checks")
"""Gates that ask what happened upstream."""


def _promotable(
    document: ProjectDocument, place: Place, variables: Mapping[str, Variable]
) -> Promotable | None:
    """What a release is made of; None where nothing is promoted."""
    if "promote" not in document:
        return None
    names = tuple(document["promote"].get("variables", ()))
    for index, name in enumerate(names):
        path = ("promote", "variables", index)
        if name == TEMPLATES:
            place.error(
                path,
                'a variable named "templates" cannot be promoted',
                detail="In a promotion this word means the commit of the templates.",
            )
        elif name in variables and variables[name].sensitive:
            place.error(
                path,
                f'the sensitive variable "{name}" cannot be promoted',
                detail="A promotion writes values into pins/, in git.",
            )
    return Promotable(names, bool(document["promote"].get("templates")))


def _gates(name: str, body: EnvironmentBlock, place: Place) -> GateRules:
    path, rules = ("environments", name, "gates"), body.get("gates") or GatesBlock()
    return GateRules(
        soak=_read(parse_duration, rules.get("soak", "0s"), (*path, "soak"), place) or timedelta(),
        checks=tuple(rules.get("checks", ())),
        approvals=rules.get("approvals", 0),
        windows=tuple(_windows((*path, "windows"), rules.get("windows", []), place)),
    )


def _windows(path: ValuePath, texts: list[str], place: Place) -> Iterator[Window]:
    for index, text in enumerate(texts):
        window = _read(parse_window, text, (*path, index), place)
        if window is not None:
            yield window


def _read(parse: Callable[[str], T], text: str, path: ValuePath, place: Place) -> T | None:
    try:
        return parse(text)
    except ValueError as error:
        place.error(path, f"{path[-2] if isinstance(path[-1], int) else path[-1]}: {error}")
        return None


def _check_gates(name: str, body: EnvironmentBlock, place: Place, *, promotes: bool) -> None:
    """Gates that could never be met, or never be asked."""
    path, rules = ("environments", name, "gates"), body.get("gates") or GatesBlock()
    upstream = [gate for gate in _UPSTREAM if rules.get(gate)]
    if upstream and not body.get("promote_from"):
        place.error(
            (*path, upstream[0]),
            f'the gate "{upstream[0]}" of {name} asks what ran upstream, and {name} has no promote_from',
        )
    if rules and not promotes:
        place.error(
            path,
            f"{name} has gates, and nothing is promoted in this project",
            advice="Say what a release is made of, as promote: {templates: true}.",
        )
