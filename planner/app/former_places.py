"""Where an environment's state was to be before: in the default local place, and where planner.yaml had it,
as far as git tells. Nothing else is ever asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from attrs import evolve, frozen

from planner.config.load import open_project
from planner.config.project import PROJECT_FILE, default_state, read_project
from planner.config.sources import Sources
from planner.errors import InvalidConfiguration
from planner.model.project import Environment, Project
from planner.vcs import Repository, repository_of

_VERSIONS: Final = 20
"""How many versions of planner.yaml are looked at."""

_SECRET: Final = re.compile(r"(?<=//)[^/@]*@|[?#].*")


@frozen
class Place:
    """project, environment: the names that a state there bears. url: as `state` in planner.yaml takes it.
    why: how it is known.
    """

    project: str
    environment: str
    url: str
    why: str = ""

    @property
    def shown(self) -> str:
        """Without what may be secret in the URL of an earlier day."""
        return f"{_SECRET.sub('', self.url)} ({self.why})"


def usual_place(environment: Environment, called: str) -> str:
    """Where an environment has its state under another name, when nothing else of it changes."""
    is_default = environment.state == default_state(environment.name)
    return default_state(called) if is_default else environment.state


def former_places(folder: Path, project: str, environment: Environment) -> Iterator[Place]:
    """Each once, but for the present one. PlannerError, after those that are known, where git's history is
    cut off.
    """
    seen = {Place(project, environment.name, environment.state)}
    for place in _all_places(folder, project, environment):
        if (bare := evolve(place, why="")) not in seen:
            seen.add(bare)
            yield place


def _all_places(folder: Path, project: str, environment: Environment) -> Iterator[Place]:
    name = environment.name
    yield Place(project, name, default_state(name), "the default place")
    repository = repository_of(folder)
    if repository is None:
        return
    later = open_project(folder)
    for commit, former in _former_projects(folder, repository):
        for found in _same_or_renamed(environment, former, later):
            yield Place(former.name, found.name, found.state, f"named by planner.yaml in {commit[:12]}")
        later = former


def _former_projects(folder: Path, repository: Repository) -> Iterator[tuple[str, Project]]:
    """As of the latest commits that changed planner.yaml, the newest first, but for what is no project to
    this planner. PlannerError.
    """
    for commit, data in repository.versions(PROJECT_FILE, _VERSIONS):
        with suppress(InvalidConfiguration):
            sources = Sources(folder, texts={PROJECT_FILE: data.decode(errors="replace")})
            yield commit, read_project(sources).project


def _same_or_renamed(environment: Environment, former: Project, later: Project) -> Iterator[Environment]:
    """The environment as it was. Where the change that brought it took away others of the same installation,
    those: it may have been one of them.
    """
    if environment.name in former.environments:
        yield former.environments[environment.name]
    elif environment.name in later.environments:
        gone = (item for name, item in former.environments.items() if name not in later.environments)
        yield from (item for item in gone if _installation(item) == _installation(environment))


def _installation(environment: Environment) -> tuple[object, ...]:
    return environment.endpoint, environment.options.get("region")
