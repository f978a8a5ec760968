"""A preview from the command line: which environments a change affects, and the plan of each."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from attrs import evolve, frozen

from planner.cli.config_digest import config_digest
from planner.cli.console import Console
from planner.cli.wiring import Request, check_files, configure, make_salt, opened, opened_offline
from planner.config.load import Configuration, open_project
from planner.engine.affected import ABSENT, Reading, why_affected
from planner.engine.offline import imagined
from planner.engine.workflow import Proposal, compare, propose
from planner.errors import InvalidConfiguration, PlannerError
from planner.model.codec import digest
from planner.model.diagnostic import Diagnostic
from planner.model.preview import EnvironmentPreview, Preview
from planner.model.project import Environment
from planner.model.value import conceal
from planner.model.value_json import encode_value
from planner.state.redaction import Redact, keep
from planner.state.saved_plan import dump_plan, plan_digest
from planner.state.saved_preview import Previewed
from planner.vcs import Repository, repository_of

AT_ONCE: Final = 8
"""How many environments are planned at the same time."""

_TARGETS: Final = (
    "GITHUB_BASE_REF",  # also Gitea's and Forgejo's
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "BITBUCKET_PR_DESTINATION_BRANCH",
    "SYSTEM_PULLREQUEST_TARGETBRANCH",
)
_USUAL: Final = ("origin/HEAD", "origin/main", "origin/master", "main", "master")


@frozen
class Order:
    """names: the environments to look at. base: a git reference, None: found. reproduce: the command line."""

    request: Request
    names: tuple[str, ...]
    base: str | None = None
    offline: bool = False
    reproduce: str = ""


_Planned = tuple[EnvironmentPreview, bytes | None]
"""An environment, and its plan as a saved one."""


@frozen
class _Read:
    """One environment in one folder. configuration: None when it could not be rendered."""

    reading: Reading
    configuration: Configuration | None = None


def preview(console: Console, order: Order, environ: Mapping[str, str]) -> Previewed:
    """What the change between base and the work tree does to each environment. PlannerError without git."""
    folder = order.request.folder
    repository = repository_of(folder)
    if repository is None:
        raise PlannerError(
            f"{folder.resolve()} is in no git repository: there is nothing to compare with",
            advice="A preview shows what a change does; planner plan shows what apply would do.",
        )
    head = repository.commit("HEAD")
    try:
        base = repository.merge_base(_base(repository, order.base, environ), head)
    except PlannerError as error:
        if order.base or order.offline:
            raise
        return _everything(console, order, head, error.summary)
    uncommitted = not repository.is_clean()
    changed = repository.changed_since(base)
    with _as_of(repository, base) as former, tempfile.TemporaryDirectory(prefix="planner-") as workspace:
        place = Path(workspace)
        readings = [
            (name, _read(console, order, former, name, place), _read(console, order, folder, name, place))
            for name in order.names
        ]
        whys = {name: why_affected(was.reading, now.reading, changed) for name, was, now in readings}
        planned = _side_by_side(
            [
                partial(_planned, console, order, name, was, whys[name])
                for name, was, _ in readings
                if whys[name]
            ]
        )
    unaffected = tuple(name for name in order.names if not whys[name])
    return _previewed(order, planned, base=base, head=head, unaffected=unaffected, uncommitted=uncommitted)


def _everything(console: Console, order: Order, head: str, why: str) -> Previewed:
    """All environments, where it cannot be known which are affected."""
    nothing = _Read(ABSENT)
    tasks = [partial(_planned, console, order, name, nothing, ()) for name in order.names]
    return _previewed(order, _side_by_side(tasks), base="", head=head, fallback=why)


def _side_by_side(tasks: Sequence[Callable[[], _Planned]]) -> list[_Planned]:
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        return [future.result() for future in [pool.submit(task) for task in tasks]]


def _previewed(order: Order, planned: Sequence[_Planned], **facts: Any) -> Previewed:
    found = Preview(
        project=open_project(order.request.folder).name,
        environments=tuple(item for item, _ in planned),
        offline=order.offline,
        reproduce=order.reproduce,
        **facts,
    )
    return Previewed(found, {item.environment: data for item, data in planned if data is not None})


def _base(repository: Repository, named: str | None, environ: Mapping[str, str]) -> str:
    """The commit to compare with: as named, or the target of the pull request, or the main branch."""
    if named:
        return repository.commit(named)
    targets = [environ[name].removeprefix("refs/heads/") for name in _TARGETS if environ.get(name)]
    for reference in (*(f"origin/{name}" for name in targets), *targets) if targets else _USUAL:
        if (found := repository.find(reference)) is not None:
            return found
    if targets:
        raise PlannerError(
            f"the pull request's target, {targets[0]}, is not in this clone",
            advice="Fetch the whole history, as with fetch-depth: 0, or name a commit with --base REF.",
        )
    raise PlannerError("there is no branch to compare with", advice="Name one with --base REF.")


@contextmanager
def _as_of(repository: Repository, commit: str) -> Iterator[Path]:
    """A folder with the project as a commit has it."""
    with tempfile.TemporaryDirectory(prefix="planner-base-") as folder:
        repository.export(commit, Path(folder))
        yield Path(folder)


def _read(console: Console, order: Order, folder: Path, name: str, workspace: Path) -> _Read:
    request = evolve(order.request, folder=folder, environment=name)
    try:
        if name not in open_project(folder).environments:
            return _Read(ABSENT)
        if order.offline:
            request = without_secrets(request)
        configuration, kinds = configure(request, console)
        configuration = check_files(configuration, kinds, folder, workspace)
    except PlannerError as error:
        return _Read(Reading(problem=error.summary))
    errors = [item for item in configuration.diagnostics if item.is_error]
    reading = _reading(configuration, folder, problem="; ".join(item.summary for item in errors))
    return _Read(reading, None if errors else configuration)


def _reading(configuration: Configuration, folder: Path, problem: str) -> Reading:
    salt = make_salt(configuration, "")
    sources = (desired.content.source for desired in configuration.resources.values() if desired.content)
    files = {f"{source}/" if (folder / source).is_dir() else source for source in sources}
    variables = {name: conceal(assigned.value, salt) for name, assigned in configuration.variables.items()}
    return Reading(
        digest=digest([config_digest(configuration, salt), _reached(configuration.environment)]),
        reads=frozenset({"planner.yaml", *configuration.reads, *files}),
        variables=variables,
        problem=problem,
    )


def _reached(environment: Environment) -> object:
    options = encode_value(dict(environment.options))
    return [environment.name, environment.state, environment.protected, environment.encrypted, options]


def without_secrets(request: Request) -> Request:
    """request with a stand-in for each sensitive text that nothing gives a value: a fork has no secrets."""
    variables = open_project(request.folder).variables.values()
    missing = {
        f"PLANNER_VAR_{variable.name}": f"(not set: {variable.name})"
        for variable in variables
        if variable.sensitive and not variable.has_default
    }
    return evolve(request, inputs=evolve(request.inputs, environ={**missing, **request.inputs.environ}))


def _planned(console: Console, order: Order, name: str, was: _Read, why: tuple[str, ...]) -> _Planned:
    request = evolve(order.request, environment=name)
    protected = open_project(order.request.folder).environments[name].protected
    found = EnvironmentPreview(name, why, protected=protected)
    try:
        if order.offline:
            return _compared(console, request, was, found)
        with opened(request, console) as here:
            proposal = propose(here.session)
            return _shown(console, found, proposal, here.store.redact)
    except InvalidConfiguration as error:
        return evolve(found, error=_told(error.diagnostics), advice=f"planner validate -e {name}"), None
    except PlannerError as error:
        return evolve(found, error=console.redact(error.summary), advice=console.redact(error.advice)), None


def _compared(console: Console, request: Request, was: _Read, found: EnvironmentPreview) -> _Planned:
    """Base taken for applied, head planned from it."""
    wish, drivers = opened_offline(without_secrets(request), console)
    base, outputs = (
        (was.configuration.resources, was.configuration.outputs) if was.configuration else ({}, {})
    )
    kinds = {name: driver.kind for name, driver in drivers.items()}
    state = imagined(wish.project, wish.environment, base, outputs, kinds, wish.salt)
    shown, data = _shown(console, found, compare(wish, drivers, state), keep)
    return evolve(shown, digest=""), data


def _shown(console: Console, found: EnvironmentPreview, proposal: Proposal, redact: Redact) -> _Planned:
    """A plan that apply would refuse is shown as failed."""
    if proposal.forbidden:
        return evolve(found, error=console.redact(_told(proposal.diagnostics))), None
    plan = proposal.plan
    shown = evolve(found, plan=console.redact.inside(plan), digest=plan_digest(plan, redact))
    return shown, dump_plan(plan, redact)


def _told(diagnostics: tuple[Diagnostic, ...]) -> str:
    errors = [item for item in diagnostics if item.is_error]
    places = (f"{item.position}: {item.summary}" if item.position else item.summary for item in errors)
    return "; ".join(dict.fromkeys(places))
