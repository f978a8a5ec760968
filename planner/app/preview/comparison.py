"""What a preview compares: which commits, the project as of one, and what an environment reads."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from attrs import evolve, field, frozen

from planner.app.config_digest import config_digest
from planner.app.opening import Request, configure_files, make_salt
from planner.app.pinned import Unkept, unkept_in
from planner.app.preview.publishing import is_written
from planner.app.promotion.moving import former_texts
from planner.app.stores import States
from planner.config.load import Configuration, Projects
from planner.engine.offline import ABSENT, Reading
from planner.engine.ports import Counted, uncounted
from planner.errors import PlannerError
from planner.forge.registry import job_in
from planner.model.codec import digest
from planner.model.project import Environment, Project, root_of
from planner.model.value import conceal
from planner.model.value_json import encode_value
from planner.scratch import Scratch
from planner.vcs import Repository

MAIN_BRANCHES: Final = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
_LINK: Final = "120000 "
"""How git writes the mode of a symbolic link."""


@frozen
class Order:
    """A preview that somebody asks for. names: of the environments to look at, () for all. base: a git
    reference, None: found. reproduce: the command line. out: the folder that takes files; what an earlier run
    wrote there is no change. counted: hears how many environments are planned.
    """

    request: Request
    names: tuple[str, ...] = ()
    base: str | None = None
    offline: bool = False
    out: Path | None = None
    reproduce: str = ""
    counted: Counted = uncounted


@frozen
class Read:
    """One environment in one folder. configuration: None when it could not be rendered."""

    reading: Reading
    configuration: Configuration | None = None


@frozen
class Target:
    """What the change goes into: what is named, or the pull request's target, or the main branch.

    name: as people write it. left: the commit where HEAD's branch left it. commits: those that HEAD lacks.
    All are empty where it is not known.
    """

    name: str = ""
    commit: str = ""
    left: str = ""
    commits: int = 0


@frozen
class Branch:
    """The project as it is checked out, and as it was where that left its target; former: None where it was
    not there, or was wrong. folder: with the former one. files: those that differ. unkept: those of which it
    is not known whether they do. links: see `followed`.
    """

    order: Order
    project: Project
    repository: Repository
    head: str
    target: Target = Target()
    former: Project | None = None
    folder: Path = Path()
    files: frozenset[str] = frozenset()
    unkept: tuple[Unkept, ...] = ()
    links: Mapping[str, str] = field(factory=dict)

    @property
    def before(self) -> Mapping[str, Environment]:
        return self.former.environments if self.former else {}

    @property
    def gone(self) -> list[str]:
        return [name for name in self.before if name not in self.project.environments]

    @property
    def states(self) -> States:
        return self.order.request.states

    def is_asked_for(self, name: str) -> bool:
        return not self.order.names or name in self.order.names


def target_of(repository: Repository, order: Order) -> Target:
    """What the change goes into. PlannerError where there is none, or nothing in common with it."""
    name, commit = _target(repository, order.base, order.request.inputs.environ)
    head = repository.commit("HEAD")
    left = repository.merge_base(commit, head)
    commits = repository.commits_between(head, commit)
    return Target(name.removeprefix("origin/"), commit, left, commits)


def folder_in(repository: Repository) -> str:
    """The project's folder there, "" for the root; what is no UTF-8 in its name is replaced."""
    return repository.prefix.rstrip("/").encode(errors="surrogateescape").decode(errors="replace")


def changed_since(repository: Repository, commit: str, order: Order) -> frozenset[str]:
    """The project's files that differ, without those that an earlier run wrote for --out."""
    names = repository.changed_since(commit)
    if order.out is None:
        return names
    folder, out = order.request.folder.resolve(), order.out.resolve()
    return frozenset(name for name in names if not is_written(folder / name, out))


def _target(repository: Repository, named: str | None, environ: Mapping[str, str]) -> tuple[str, str]:
    if named:
        return named, repository.commit(named)
    target = job_in(environ).base.removeprefix("refs/heads/")
    for reference in (f"origin/{target}", target) if target else MAIN_BRANCHES:
        if (found := repository.find(reference)) is not None:
            return reference, found
    if target:
        raise PlannerError(
            f"the pull request's target, {target}, is not in this clone",
            advice="Fetch the whole history, as with fetch-depth: 0, or name a commit with --base REF.",
        )
    raise PlannerError("there is no branch to compare with", advice="Name one with --base REF.")


def links_in(repository: Repository, folder: Path) -> Iterator[tuple[str, str]]:
    """The links that git knows in the project's folder: the name of each, and where it leads in there."""
    listed = repository.must("ls-files", "--stage", "-z", "--", repository.prefix or ".")
    root = folder.resolve()
    for line in listed.decode(errors="surrogateescape").split("\0"):
        facts, _, name = line.partition("\t")
        if facts.startswith(_LINK):
            name = name.removeprefix(repository.prefix)
            real = Path(os.path.realpath(root / name))
            if real.is_relative_to(root):
                yield name, real.relative_to(root).as_posix() + ("/" if real.is_dir() else "")


@contextmanager
def as_of(repository: Repository, commit: str) -> Iterator[tuple[Path, tuple[Unkept, ...]]]:
    """A folder with the project as a commit has it, and what in there is not as it is checked out."""
    with closing(Scratch.open()) as scratch:
        submodules = repository.export(commit, scratch.folder)
        yield scratch.folder, tuple(unkept_in(scratch.folder, submodules))


def project_in(projects: Projects, folder: Path) -> Project | None:
    """The project in a folder; None when there is none, or it is wrong."""
    try:
        return projects.at(folder).project
    except PlannerError:
        return None


def read_environment(branch: Branch, folder: Path, name: str) -> Read:
    """An environment of the project in a folder, rendered, with its files archived.

    Where that is the project as a commit has it, pins in environments/, as they were before, count as if they
    were in files of their own: to move them is no change.
    """
    request = evolve(branch.order.request, folder=folder, environment=name)
    project = project_in(request.projects, folder)
    if project is not None and name not in project.environments:
        return Read(ABSENT)
    if project is not None and folder != branch.order.request.folder:
        request = evolve(request, texts=former_texts(folder, project, project.environments[name]))
    try:
        if branch.order.offline:
            request = with_stand_ins(request)
        configuration, _ = configure_files(request)
    except PlannerError as error:
        return Read(Reading(problem=error.summary))
    errors = [item for item in configuration.diagnostics if item.is_error]
    reading = _reading(configuration, folder, problem="; ".join(item.summary for item in errors))
    return Read(reading, None if errors else configuration)


def _reading(configuration: Configuration, folder: Path, problem: str) -> Reading:
    salt = make_salt(configuration, "")
    sources = (desired.content.source for desired in configuration.resources.values() if desired.content)
    roots = {source: root_of(source, folder, configuration.pinned) for source in sources}
    files = {f"{source}/" if (root / source).is_dir() else source for source, root in roots.items()}
    variables = {name: conceal(assigned.value, salt) for name, assigned in configuration.variables.items()}
    pins = configuration.pins
    release = pins.release if pins else ""  # another one is another release, whatever it renders
    return Reading(
        digest=digest([config_digest(configuration, salt), _reached(configuration.environment), release]),
        reads=frozenset({"planner.yaml", *configuration.reads, *files}),
        variables=variables,
        problem=problem,
        pin=pins.templates if pins else "",
    )


def _reached(environment: Environment) -> object:
    options = encode_value(dict(environment.options))
    return [environment.name, environment.state, environment.protected, environment.encrypted, options]


def with_stand_ins(request: Request) -> Request:
    """request with a stand-in for each sensitive text that nothing gives a value: a fork has no secrets."""
    variables = request.project.variables.values()
    missing = {
        f"PLANNER_VAR_{variable.name}": f"(not set: {variable.name})"
        for variable in variables
        if variable.sensitive and not variable.has_default
    }
    return evolve(request, inputs=evolve(request.inputs, environ={**missing, **request.inputs.environ}))
