"""The values of one environment's variables, each with its origin.

Precedence, weakest first: default, environments/<env>.yaml, pins/<env>.yaml, --var-file, PLANNER_VAR_<name>,
--var.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path as File
from typing import Final

from attrs import define, evolve, field, frozen

from planner.config.environment_file import EnvironmentFile, Pins, pins_name, read_environment_file, read_pins
from planner.config.project import PROJECT_FILE, ProjectFile
from planner.config.scope import NAMESPACES, seal
from planner.config.sources import ONLY_LOCALS, PlainFile, Sources, read_plain
from planner.config.tokens import RESERVED
from planner.config.validation import Checker, Problem
from planner.config.values import Written, core_schema, shaped, survey
from planner.config.yaml_document import parse
from planner.config.yaml_problem import YamlProblem
from planner.model.compare import identical
from planner.model.diagnostic import ERROR, WARNING, Diagnostics, Position, did_you_mean
from planner.model.project import PREFIX, Assigned, Project, Variable
from planner.model.value import Path, Value, dotted, leaves


@frozen
class Inputs:
    """What the command line and the process environment give.

    assignments: (name, text) of --var, in order. files: of --var-file, relative to the working directory.
    """

    assignments: Sequence[tuple[str, str]] = ()
    files: Sequence[str] = ()
    environ: Mapping[str, str] = field(factory=dict)


@frozen
class _Candidate:
    """A value for a variable. position: its place in a file, None when it comes from elsewhere."""

    name: str
    value: Value
    origin: str
    position: Position | None = None

    def report(self, diagnostics: Diagnostics, summary: str, advice: str = "", severity: str = ERROR) -> None:
        """summary: what is wrong with it."""
        source = "" if self.position else f"It is set by {self.origin}."
        diagnostics.add(severity, summary, detail=source, position=self.position, advice=advice)


def assign(
    declared: ProjectFile, environment: str, sources: Sources, inputs: Inputs, diagnostics: Diagnostics
) -> dict[str, Assigned]:
    """name -> value for each variable that has a valid one; the others are reported."""
    project = declared.project
    reader = _Reader(project, declared.file, environment, sources, diagnostics)
    chosen = {candidate.name: candidate for candidate in reader.candidates(inputs)}
    found = {}
    for variable in project.variables.values():
        candidate = chosen.get(variable.name)
        if candidate is not None and reader.fits(variable, candidate):
            pin = reader.overridden(candidate)
            found[variable.name] = Assigned(_sealed(variable, candidate.value), candidate.origin, pin)
        elif candidate is None and not reader.incomplete:
            reader.report_missing(variable)
    return found


def _sealed(variable: Variable, value: Value) -> Value:
    return seal(value) if variable.sensitive else value


@define(eq=False, repr=False)
class _Reader:
    project: Project
    project_file: PlainFile
    environment: str
    sources: Sources
    diagnostics: Diagnostics
    incomplete: bool = False
    """Whether a source of values could not be read, so that nobody knows what is missing."""
    pinned: dict[str, _Candidate] = field(factory=dict)

    def candidates(self, inputs: Inputs) -> Iterator[_Candidate]:
        """Every value given for a declared variable, the weakest first."""
        for variable in self.project.variables.values():
            if variable.has_default:
                yield _Candidate(variable.name, variable.default, f"default in {PROJECT_FILE}")
        yield from self._environment_file()
        for name in inputs.files:
            sources = Sources(File(), confined=False)
            file = read_plain(sources, name, self.diagnostics, missing=_NAMED_HERE)
            self.incomplete |= file is None
            if file is not None:
                yield from self._from_file(file, file.document, ())
        for key in sorted(inputs.environ):
            # the process environment is shared: a variable that another project declares is no mistake here
            if key.removeprefix(PREFIX) in self.project.variables and key.startswith(PREFIX):
                yield from self._from_text(key.removeprefix(PREFIX), inputs.environ[key], key)
        for name, text in inputs.assignments:
            yield from self._from_text(name, text, f"--var {name}")

    def _environment_file(self) -> Iterator[_Candidate]:
        """Its own values, and those that are pinned."""
        found = read_environment_file(self.sources, self.environment, self.diagnostics)
        self.incomplete |= found is None or found.is_former
        own: dict[str, _Candidate] = {}
        if found is not None:
            self._check_promoted(found)
            own = {item.name: item for item in self._from_file(found.file, found.variables)}
            yield from own.values()
        pins = read_pins(self.sources, self.environment, self.diagnostics)
        self.incomplete |= pins is None
        if pins is not None:
            self._check_pins(pins)
            self.pinned = {item.name: item for item in self._from_file(pins.file, pins.variables)}
            yield from self.pinned.values()
            self._tell_overruled(own)

    @property
    def _upstream(self) -> str:
        """The first environment that releases come from, "" for none."""
        return next(iter(self.project.environments[self.environment].promote_from), "")

    def _check_promoted(self, found: EnvironmentFile) -> None:
        """Check that, where releases come from elsewhere, a promoted variable is pinned, and set in no other
        file.
        """
        for name in self.project.promoted_variables if self._upstream else ():
            if name in found.variables:
                self.diagnostics.error(
                    f'"{name}" is promoted: it is pinned in {pins_name(self.environment)}, and not set here',
                    position=found.file.position(("variables", name)),
                    advice=f"Take it out, and promote: planner promote {self._upstream} {self.environment}\n"
                    "To pin it as it is: planner promote --move-pins",
                )

    def _check_pins(self, pins: Pins) -> None:
        for name in pins.variables:
            if name in self.project.variables and name not in self.project.promoted_variables:
                self.diagnostics.error(
                    f'"{name}" is pinned, and no promotable variable',
                    position=pins.position("variables", name),
                    advice=f"Name it in {PROJECT_FILE} under promote.variables, or promote again: that pins "
                    "what is named there.",
                )

    def _tell_overruled(self, own: Mapping[str, _Candidate]) -> None:
        """As after the rollback of an environment that releases come from: its own values do not count."""
        for name in () if self._upstream else self.pinned:
            if name in own and not identical(own[name].value, self.pinned[name].value):
                self.diagnostics.warning(
                    f'"{name}" is pinned in {self.pinned[name].origin}: its value here does not count',
                    position=own[name].position,
                    advice=f"To go on with this one, delete {pins_name(self.environment)}.",
                )

    def _from_file(
        self, file: PlainFile, values: Mapping[str, Written], place: tuple[str, ...] = ("variables",)
    ) -> Iterator[_Candidate]:
        for name, value in values.items():
            position = file.position((*place, name))
            candidate = _Candidate(name, None, str(position), position)
            if variable := self._declared(candidate):
                if variable.sensitive:  # the line would show it
                    position = evolve(position, text=None)
                yield evolve(candidate, value=shaped(value, variable.schema), position=position)

    def _from_text(self, name: str, text: str, place: str) -> Iterator[_Candidate]:
        candidate = _Candidate(name, None, place)
        variable = self._declared(candidate)
        if variable is None:
            return
        try:
            yield evolve(candidate, value=_typed(text, variable))
        except YamlProblem as problem:
            summary = f'the value of variable "{name}" cannot be read: {problem.summary}'
            candidate.report(self.diagnostics, summary, problem.advice)
            self.incomplete = True

    def fits(self, variable: Variable, candidate: _Candidate) -> bool:
        """Whether the value can be used; reports why not."""
        problems = list(_problems(variable, candidate.value))
        for problem in problems:
            advice = (not problem.path and _as_yaml(variable, candidate)) or problem.advice
            candidate.report(self.diagnostics, problem.summary, advice)
        if not problems and any(map(_is_expression, map(itemgetter(1), leaves(candidate.value)))):
            summary = f'the value of variable "{variable.name}" holds an expression, which is taken as a text'
            candidate.report(self.diagnostics, summary, ONLY_LOCALS, WARNING)
        return not problems

    def _declared(self, candidate: _Candidate) -> Variable | None:
        """The variable that it is a value for; reports that there is none."""
        known = self.project.variables
        if candidate.name not in known:
            summary = f'variable "{candidate.name}" is not declared in {PROJECT_FILE}'
            near = did_you_mean(candidate.name, known)
            if candidate.position and not near and candidate.name == "variables":
                near = "A file of --var-file holds the values themselves, without variables: above them."
            candidate.report(self.diagnostics, summary, near)
        return known.get(candidate.name)

    def overridden(self, candidate: _Candidate) -> str:
        """Where the pin is that another value stands in place of, which is told; "" for none."""
        pin = self.pinned.get(candidate.name)
        if pin is None or identical(pin.value, candidate.value):
            return ""
        self.diagnostics.warning(
            f'variable "{candidate.name}" is not as it is pinned: {candidate.origin} overrides the pin',
            position=pin.position,
        )
        return pin.origin

    def report_missing(self, variable: Variable) -> None:
        name, here = variable.name, self.environment
        file, other = (
            ("", "--var-file") if variable.sensitive else (f"in environments/{here}.yaml, ", "--var")
        )
        why, advice = "", f"Set it {file}by {PREFIX}{name} or by {other}."
        if self._upstream and name in self.project.promoted_variables:
            why, advice = ": none is pinned", f"Promote a release: planner promote {self._upstream} {here}\n"
            advice += "Or give the variable a default."
        self.diagnostics.error(
            f'variable "{name}" has no value in environment {here}{why}',
            position=self.project_file.position(("variables", name)),
            advice=advice,
        )


_NAMED_HERE: Final = "--var-file names it, as it is seen from the folder that the command runs in."
_SAY_WHAT: Final = frozenset({"type", "enum", "const", "allOf", "anyOf", "oneOf"})


_WORDS: Final = re.compile(r"\w[\w .,-]*")
_EXPRESSION: Final = re.compile(r"\{\{-?\s*(?:" + "|".join(NAMESPACES) + r")\.[^{}]*\}\}")


def _is_expression(leaf: Value) -> bool:
    return isinstance(leaf, str) and _EXPRESSION.search(leaf) is not None


def _as_yaml(variable: Variable, candidate: _Candidate) -> str:
    """How a list or mapping is written where a text was given; "" for all else."""
    text, wanted = candidate.value, variable.schema.get("type")
    if not isinstance(text, str) or wanted not in ("array", "object"):
        return ""
    shown = text if _WORDS.fullmatch(text) and not variable.sensitive else "first, second"
    form = f"[{shown}]" if wanted == "array" else "{name: value}"
    if candidate.position:
        return f"Write {variable.name}: {form}"
    if candidate.origin.startswith(PREFIX):
        return f"Write it as YAML: {candidate.origin}={shlex.quote(form)}"
    return f"Write it as YAML: --var {shlex.quote(f'{variable.name}={form}')}"


def _typed(text: str, variable: Variable) -> Value:
    """A value given as text: taken as it is where a text is wanted, else read as YAML."""
    rules = variable.schema
    types = rules.get("type")
    if types == "string":
        return text
    if (types is None or "string" in types) and text.lstrip()[:1] not in ("[", "{"):
        says_what = not _SAY_WHAT.isdisjoint(rules)
        return shaped(core_schema(text), rules) if says_what else text
    documents = parse(text)
    if len(documents) > 1:
        raise YamlProblem(1, "it holds more than one document")
    return shaped(documents[0], rules) if documents else None


def _problems(variable: Variable, value: Value) -> Iterator[Problem]:
    name = f'variable "{variable.name}"'
    flaws = [*survey(value).flaws, *_reserved(value)]
    if flaws:
        yield from (Problem(path, f"{dotted((name, *path))} {flaw}") for path, flaw in flaws)
        return
    yield from Checker(variable.schema).problems(_sealed(variable, value), name)
    if variable.sensitive and not all(isinstance(leaf, str) for _, leaf in leaves(value)):
        yield Problem((), f"{name} is sensitive, and must be a text, or a list or mapping of texts")


def _reserved(value: Value) -> Iterator[tuple[Path, str]]:
    for path, leaf in leaves(value):
        found = RESERVED.search(leaf) if isinstance(leaf, str) else None
        if found:
            yield path, f"holds the reserved private-use character U+{ord(found.group()):04X}"
