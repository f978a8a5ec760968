"""The values of one environment's variables, each with its origin.

Precedence, weakest first: default, environments/<env>.yaml, --var-file, PLANNER_VAR_<name>, --var.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen

from planner.config.plain_files import PlainFile, check_plain, read_plain
from planner.config.project import PROJECT_FILE
from planner.config.scope import seal
from planner.config.sources import Sources
from planner.config.validation import Checker, shaped
from planner.config.yaml_document import Literal, YamlProblem, parse, plain
from planner.model.diagnostic import Diagnostics, Position, did_you_mean
from planner.model.project import Assigned, Origin, Project, Variable
from planner.model.value import Value
from planner.resources import schema

PREFIX = "PLANNER_VAR_"


@frozen
class Inputs:
    """What the command line and the process environment give. assignments: (name, text) of --var, in order."""

    assignments: Sequence[tuple[str, str]] = ()
    files: Sequence[str] = ()
    environ: Mapping[str, str] = field(factory=dict)


@frozen
class _Candidate:
    name: str
    value: Value
    origin: Origin
    position: Position | None = None


def assign(
    project: Project, environment: str, sources: Sources, inputs: Inputs, diagnostics: Diagnostics
) -> dict[str, Assigned]:
    """name -> value for each variable that has a valid one; the others are reported."""
    chosen: dict[str, _Candidate] = {}
    for candidate in _candidates(project, environment, sources, inputs, diagnostics):
        if candidate.name in project.variables:
            chosen[candidate.name] = candidate
        else:
            diagnostics.error(
                f'variable "{candidate.name}" is not declared in {PROJECT_FILE}',
                detail=f"It is set by {candidate.origin.place}." if candidate.position is None else "",
                position=candidate.position,
                advice=did_you_mean(candidate.name, project.variables),
            )
    found = {}
    for variable in project.variables.values():
        if variable.name in chosen:
            _check(variable, chosen[variable.name], diagnostics)
            value = chosen[variable.name].value
            found[variable.name] = Assigned(
                seal(value) if variable.sensitive else value, chosen[variable.name].origin
            )
        else:
            _missing(variable, environment, diagnostics)
    return found


def _candidates(
    project: Project, environment: str, sources: Sources, inputs: Inputs, diagnostics: Diagnostics
) -> Iterator[_Candidate]:
    for variable in project.variables.values():
        if variable.has_default:
            yield _Candidate(variable.name, variable.default, Origin(f"default in {PROJECT_FILE}"))
    yield from _environment_file(project, environment, sources, diagnostics)
    for name in inputs.files:
        file = read_plain(Sources(Path(), confined=False), name, diagnostics)
        if file is not None:
            yield from _from_file(project, file, file.document, (), diagnostics)
    for key in sorted(inputs.environ):
        name = key.removeprefix(PREFIX)
        # the process environment is shared: a variable that another project declares is no mistake here
        if key.startswith(PREFIX) and name in project.variables:
            yield _from_text(project.variables[name], name, inputs.environ[key], key, diagnostics)
    for name, text in inputs.assignments:
        yield _from_text(project.variables.get(name), name, text, f"--var {name}", diagnostics)


def _environment_file(
    project: Project, environment: str, sources: Sources, diagnostics: Diagnostics
) -> Iterator[_Candidate]:
    names = [f"environments/{environment}{suffix}" for suffix in (".yaml", ".yml")]
    name = next((name for name in names if (sources.root / name).exists()), None)
    file = read_plain(sources, name, diagnostics) if name else None
    if file is None:
        return
    rules = schema("environment.schema.json")
    check_plain(file, plain(file.document), Checker(rules, "key"), diagnostics)
    values = file.document.get("variables")
    if isinstance(values, dict):
        yield from _from_file(project, file, values, ("variables",), diagnostics)


def _from_file(
    project: Project,
    file: PlainFile,
    values: dict[str, Value],
    place: tuple[str, ...],
    diagnostics: Diagnostics,
) -> Iterator[_Candidate]:
    for name, value in values.items():
        position = file.position((*place, name))
        rules: Mapping[str, Any] = project.variables[name].schema if name in project.variables else {}
        yield _Candidate(name, shaped(value, rules), Origin(str(position)), position)


def _from_text(
    variable: Variable | None, name: str, text: str, place: str, diagnostics: Diagnostics
) -> _Candidate:
    """A value given as text: taken as it is where a string is wanted, else read as YAML."""
    rules: Mapping[str, Any] = variable.schema if variable else {}
    value: Value = text
    if rules.get("type") not in (None, "string") or ("type" not in rules and _is_collection(text)):
        try:
            documents = parse(text)
            value = shaped(documents[0] if documents else Literal(text, None), rules)
        except YamlProblem as error:
            diagnostics.error(f'the value of variable "{name}" is {error.summary}', detail=f"Set by {place}.")
    return _Candidate(name, value, Origin(place))


def _is_collection(text: str) -> bool:
    return text.lstrip()[:1] in ("[", "{")


def _check(variable: Variable, candidate: _Candidate, diagnostics: Diagnostics) -> None:
    value = seal(candidate.value) if variable.sensitive else candidate.value
    for problem in Checker(variable.schema).problems(value):
        diagnostics.error(
            f'variable "{variable.name}": {problem.summary.replace("the value", "its value", 1)}',
            detail="" if candidate.position else f"Set by {candidate.origin.place}.",
            position=candidate.position,
            advice=problem.advice,
        )
    if variable.sensitive and not _made_of_texts(candidate.value):
        diagnostics.error(
            f'the sensitive variable "{variable.name}" must be a text, or a list or mapping of texts',
            position=candidate.position,
        )


def _made_of_texts(value: Value) -> bool:
    if isinstance(value, Mapping):
        return all(map(_made_of_texts, value.values()))
    if isinstance(value, list):
        return all(map(_made_of_texts, value))
    return isinstance(value, str)


def _missing(variable: Variable, environment: str, diagnostics: Diagnostics) -> None:
    diagnostics.error(
        f'variable "{variable.name}" has no value',
        detail=f"It is declared in {PROJECT_FILE} without a default.",
        advice=f"Set it in environments/{environment}.yaml, by {PREFIX}{variable.name}, or with --var.",
    )
