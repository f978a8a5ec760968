"""What is done where there is no state: it may be where planner.yaml had it before.

Whoever changes `state`, or a name, in planner.yaml has the state still in the former place. Planned from an
empty one, everything would be made a second time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from attrs import define, evolve, field, frozen

from planner.app.command_line import plain_command_line
from planner.config.load import open_project
from planner.config.project import PROJECT_FILE, default_state, read_project
from planner.config.sources import Sources
from planner.errors import (
    DamagedState,
    EncryptedState,
    InvalidConfiguration,
    NewerFormat,
    OthersState,
    PlannerError,
    Refused,
)
from planner.model.project import Environment, Project
from planner.model.state import State
from planner.state.store import Store
from planner.vcs import Repository, repository_of

_VERSIONS: Final = 20
"""How many versions of planner.yaml are looked at."""

_USER: Final = re.compile(r"(?<=//)[^/]*@")  # also one with an @ in the password, which should be encoded
_MORE: Final = re.compile(r"[?#].*", re.DOTALL)


def without_user(url: str) -> str:
    """For people and command lines: without credentials."""
    return _USER.sub("", url)


def without_secrets(url: str) -> str:
    """Without query and fragment too, which may hold one."""
    return _MORE.sub("", without_user(url))


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
        return f"{without_secrets(self.url)} ({self.why})"


def usual_place(environment: Environment, called: str) -> str:
    """Where an environment has its state under another name, when nothing else of it changes."""
    is_default = environment.state == default_state(environment.name)
    return default_state(called) if is_default else environment.state


def former_places(folder: Path, project: str, environment: Environment) -> Iterator[Place]:
    """Where the state was to be before: in the default local place, and where planner.yaml had it, as far as
    git tells. Nothing else is ever asked. Each once, but for the present one. PlannerError, after those that
    are known, where git's history is cut off.
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


@frozen
class _Held:
    """A state that is in a former place, and is not empty."""

    place: Place
    state: State

    def __str__(self) -> str:
        count = len(self.state.entries)
        place, serial = self.place, self.state.serial
        held = f"{place.project}/{place.environment} is in {place.shown}"
        return f"{held}: serial {serial}, with {count} resource{'s' * (count != 1)}"


@define
class MissingState:
    """shown: the place that the environment's state is to be in now. tell: takes notes for people.

    opens: project, environment, url and what the environment is called there -> the store.
    """

    folder: Path
    project: str
    environment: Environment
    shown: str
    tell: Callable[[str], object]
    opens: Callable[[str, Environment, str, str], Store]
    _looked: bool = field(default=False, init=False)

    def look(self) -> None:
        """Refused when it is in one of the former places. What could not be asked is told. Once only."""
        if self._looked:
            return
        held, unread = self._look()
        if held:
            raise self._refusal(held)
        if unread:
            raise unread[0]
        self._looked = True

    def _look(self) -> tuple[list[_Held], list[Refused]]:
        held: list[_Held] = []
        unread: list[Refused] = []
        try:
            for place in former_places(self.folder, self.project, self.environment):
                try:
                    held += self._held(place)
                except Refused as error:
                    unread.append(error)
        except PlannerError as error:
            self.tell(f"{self._none_here}; whether it is in another place is not known: {error.summary}")
        return held, unread

    def _held(self, place: Place) -> list[_Held]:
        """Refused when something is there that cannot be read."""
        try:
            store = self.opens(place.project, self.environment, place.url, place.environment)
            if store.backend.describe() == self.shown:
                return []
            state = store.load()
        except OthersState:
            return []
        except (DamagedState, EncryptedState, NewerFormat) as error:
            there = f"and what is in {place.shown} cannot be read: {error.summary}"
            raise Refused(f"{self._none_here}, {there}", advice=error.advice) from error
        except PlannerError as error:
            self.tell(f"{self._none_here}; whether it is in {place.shown} is not known: {error.summary}")
            return []
        return [] if state.is_empty else [_Held(place, state)]

    @property
    def _none_here(self) -> str:
        return f"{self.shown} holds no state of {self.environment.name}"

    def _refusal(self, held: list[_Held]) -> Refused:
        """The latest of a lineage is named: what was copied on stays in the former places too."""
        latest = {item.state.lineage: item for item in sorted(held, key=lambda item: item.state.serial)}
        told = "; that of ".join(map(str, latest.values()))
        ways = " ".join(self._way(item.place) for item in latest.values())
        return Refused(
            f"{self._none_here}, but that of {told}",
            advice=f"{ways} Else everything is created again; to begin anew, move what is there away first.",
        )

    def _way(self, place: Place) -> str:
        name = self.environment.name
        flags = [
            *(["--from-project", place.project] if place.project != self.project else []),
            *(["--from-environment", place.environment] if place.environment != name else []),
        ]
        verb, what = (
            ("rename", "If that is its former name, take it over") if flags else ("migrate", "Copy it")
        )
        if not flags or place.url != usual_place(self.environment, place.environment):
            flags += ["--from", place.url]
        return f"{what}: `{plain_command_line(self.folder, name, 'state', verb, *flags)}`."
