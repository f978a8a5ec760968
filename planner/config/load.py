"""Loading: a project folder and an environment's name become a Configuration, by all the stages."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from attrs import define, field, frozen

from planner.config.blocks import Blocks
from planner.config.checks import Conditions
from planner.config.environment_file import Pins, report_strays
from planner.config.expressions import Expressions
from planner.config.jobs import Runner
from planner.config.project import PROJECT_FILE, ProjectFile, open_project_file
from planner.config.references import check_references
from planner.config.scope import ProjectName, ResourceScope, Scope, looked_through
from planner.config.sources import Sources
from planner.config.template_jobs import Workpiece
from planner.config.templates import Templates
from planner.config.tokens import INVALID
from planner.config.values import survey
from planner.config.variables import Inputs, assign
from planner.errors import InvalidConfiguration, PlannerError
from planner.model.address import Address
from planner.model.declarations import Declarations
from planner.model.diagnostic import Diagnostic, Diagnostics, Position
from planner.model.kind import Kind
from planner.model.project import Assigned, Environment, Project, Variable
from planner.model.resource import Desired
from planner.model.value import Path as ValuePath
from planner.model.value import Value, leaves

_NAME = re.compile(r"\b(?:var|local)\.[A-Za-z_]\w*")


def _no_value(_text: str) -> Value:
    raise PlannerError("the templates cannot be read", advice="`planner validate` says why.")


@frozen
class Configuration:
    """Everything the templates want of one environment.

    diagnostics: every problem found; with an error among them the rest is incomplete. locate: address and
    path of an attribute -> its place in a template. secrets: the texts that no output may hold. reads: the
    project's files that were read. pins: what the environment is pinned to, None where that cannot be read.
    pinned: where templates/ and files/ are, when they are pinned. value: of an expression, as templates see
    it.
    """

    project: Project
    environment: Environment
    variables: Mapping[str, Assigned] = field(factory=dict)
    resources: Mapping[Address, Desired] = field(factory=dict)
    outputs: Mapping[str, Value] = field(factory=dict)
    declarations: Declarations = field(factory=Declarations)
    diagnostics: tuple[Diagnostic, ...] = ()
    locate: Callable[[Address, ValuePath], Position] = field(default=lambda _a, _p: Position(""), eq=False)
    secrets: tuple[str, ...] = ()
    reads: frozenset[str] = frozenset()
    pins: Pins | None = None
    pinned: Path | None = None
    value: Callable[[str], Value] = field(default=_no_value, eq=False)
    names: Callable[[Address, ValuePath], tuple[str, ...]] = field(default=lambda _a, _p: (), eq=False)

    @property
    def has_errors(self) -> bool:
        return any(item.is_error for item in self.diagnostics)

    def refuse_errors(self) -> None:
        """InvalidConfiguration with all that is wrong, when something is."""
        if self.has_errors:
            raise InvalidConfiguration(self.diagnostics)

    def origins(self, address: Address, path: ValuePath) -> tuple[str, ...]:
        """Where a declared value comes from, as "var.bundle_version, environments/prod.yaml:3"."""
        return _described(self.names(address, path), self.variables, self.project.locals)


@define(eq=False, repr=False)
class Projects:
    """The planner.yaml of each folder, read once for a command, however many environments it declares.

    For any number of threads.
    """

    _read: dict[Path, ProjectFile | PlannerError] = field(factory=dict, init=False)
    _one_at_a_time: threading.Lock = field(factory=threading.Lock, init=False)

    def known(self, root: Path) -> Project | None:
        """The project, if it was read already, and could be."""
        found = self._read.get(root)
        return found.project if isinstance(found, ProjectFile) else None

    def at(self, root: Path) -> ProjectFile:
        """The project in a folder; raises as `open_project` does."""
        with self._one_at_a_time:
            if root not in self._read:
                try:
                    self._read[root] = open_project_file(root)
                except PlannerError as error:
                    self._read[root] = error
            found = self._read[root]
        if isinstance(found, PlannerError):
            raise found.with_traceback(None)
        return found


def load(
    sources: Sources,
    declared: ProjectFile,
    environment: Environment,
    kinds: Mapping[str, Kind],
    inputs: Inputs,
    run: Runner,
) -> Configuration:
    """Renders, parses and checks everything. Problems are in the result's diagnostics, none is raised.

    run: how what jinja does is done, now and when the result is asked for places or evaluates checks.
    """
    diagnostics, project = Diagnostics(), declared.project
    variables = assign(declared, environment.name, sources, inputs, diagnostics)
    report_strays(sources, project.environments, environment.name, diagnostics)
    piece = Workpiece(sources, _scope(project, environment, variables, kinds), declared.file, project.locals)
    blocks = Blocks(kinds, diagnostics)
    for document in Templates(piece, diagnostics, run).documents():
        blocks.add(document)
    _settle_rollouts(blocks)
    check_references(blocks)
    checks, conditions, places = tuple(blocks.checks.values()), Conditions(piece, run), blocks.places
    conditions.report(checks, diagnostics)
    return Configuration(
        project=project,
        environment=environment,
        variables=variables,
        resources=blocks.resources,
        declarations=Declarations(
            moves=tuple(blocks.moves),
            imports=tuple(blocks.imports),
            removals=tuple(blocks.removals),
            checks=checks,
            rollouts=tuple(stated.block for stated in blocks.rollouts.values()),
            verdicts=conditions.verdicts,
        ),
        outputs={name: output.value for name, output in blocks.outputs.items()},
        diagnostics=first_causes(diagnostics),
        locate=lambda address, path: places[address].locate(path),
        names=lambda address, path: places[address].names(path),
        secrets=_secrets(variables, blocks),
        reads=frozenset({PROJECT_FILE, *sources.read_files}),
        pinned=sources.pinned,
        value=Expressions(piece, blocks, run).value,
    )


def _settle_rollouts(blocks: Blocks) -> None:
    if blocks.rollouts:
        from planner.config.rollout_checks import settle_rollouts  # noqa: PLC0415 - few projects have any

        settle_rollouts(blocks)


def first_causes(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """diagnostics without those that only follow: they are about what stands in for a value that another
    one says is missing.
    """
    found = tuple(diagnostics)
    causes = tuple(item for item in found if INVALID not in item.summary)
    return causes if any(item.is_error for item in causes) else found


def _secrets(variables: Mapping[str, Assigned], blocks: Blocks) -> tuple[str, ...]:
    """The secrets that were given, and those that templates made of them in which none of them occurs."""
    given = {secret for assigned in variables.values() for secret in survey(assigned.value).secrets if secret}
    made = {secret for secret in blocks.secrets if not any(known in secret for known in given)}
    return tuple(sorted(given | made))


def _scope(
    project: Project, environment: Environment, variables: Mapping[str, Assigned], kinds: Iterable[str]
) -> dict[str, object]:
    values = {
        name: looked_through(variables[name].value) if name in variables else _stand_in(variable)
        for name, variable in project.variables.items()
    }
    facts = {"name": environment.name, "endpoint": environment.endpoint, "protected": environment.protected}
    return {
        "var": Scope("variable", values, project.variables.keys() - variables.keys()),
        "env": Scope("env entry", facts),
        "project": ProjectName(project.name),
        "resource": ResourceScope(kinds),
    }


def _stand_in(variable: Variable) -> Value:
    """What a variable without a value is while the other problems are looked for."""
    empty: dict[str, Value] = {"array": [], "object": {}, "boolean": False, "number": 0, "integer": 0}
    return empty.get(str(variable.schema.get("type")), INVALID)


def _described(
    names: Iterable[str], variables: Mapping[str, Assigned], local_texts: Mapping[str, Value]
) -> tuple[str, ...]:
    """Names as people want them: each variable with the place of its value; locals by what is in them."""
    places = {f"var.{name}": assigned.origin for name, assigned in variables.items()}
    found = dict.fromkeys(_unfolded(names, local_texts, set()))
    shown = (name for name in found if name in places or name.startswith("local."))
    return tuple(f"{name}, {places.get(name, PROJECT_FILE)}" for name in shown)


def _unfolded(names: Iterable[str], local_texts: Mapping[str, Value], done: set[str]) -> Iterator[str]:
    """names with each local replaced by the variables in it; a local without any stays."""
    for name in names:
        key = name.removeprefix("local.")
        if key == name:
            yield name
        elif key not in done:
            done.add(key)
            texts = [leaf for _, leaf in leaves(local_texts.get(key)) if isinstance(leaf, str)]
            inside = [found for text in texts for found in _NAME.findall(text)]
            inside.sort(key=lambda found: found.startswith("local."))
            yield from _unfolded(inside, local_texts, done) if inside else (name,)
