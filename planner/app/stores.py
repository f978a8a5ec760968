"""Where an environment's state is, opened as planner.yaml says: backend, encryption, redaction.

Where there is none, it may be where planner.yaml had it before: whoever changes `state`, or a name, in there
has the state still in the former place. Planned from an empty one, everything would be made a second time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field, frozen

from planner.app.command_line import plain_command_line
from planner.app.redaction import Redactor, document_redaction
from planner.config.project import PROJECT_FILE, default_state, open_project, read_project
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
from planner.state.backend import Backend
from planner.state.encryption import EncryptedBackend
from planner.state.keys import has_keys, read_keys
from planner.state.locks import Timing
from planner.state.registry import Location, open_backend
from planner.state.store import Store
from planner.vcs import Repository, repository_of

if TYPE_CHECKING:
    from planner.model.retry import Retrying

_VERSIONS: Final = 20
"""How many versions of planner.yaml are looked at."""

_USER: Final = re.compile(r"(?<=//)[^/]*@")  # also one with an @ in the password, which should be encoded
_MORE: Final = re.compile(r"[?#].*", re.DOTALL)


@contextmanager
def locked(store: Store, operation: str, timeout: float, tell: Callable[[str], object]) -> Iterator[None]:
    """Holds the lock of a state. timeout: seconds to wait for it; tell: takes for whom."""
    holder = store.backend.lock_holder() if timeout else None
    if holder is not None:
        tell(f"Waiting up to {timeout:g} s for the lock, held by {holder}.")
    with store.lock(operation, timeout):
        yield


@frozen(eq=False, repr=False)
class States:
    """Where the states of a project are. environ: holds their keys, and what http calls them with.

    redact: knows the secrets that they are reached with, from the moment that one is opened. retrying: hears
    of what is sent again to the places they are in.
    """

    folder: Path
    project: str
    environ: Mapping[str, str]
    redact: Redactor
    retrying: Retrying = nullcontext

    def open(
        self,
        environment: Environment,
        tell: Callable[[str], object] = lambda _note: None,
        *,
        alone: bool = False,
    ) -> Store:
        """The environment's state. What is written to it holds no secret that is known by then.

        tell: takes what people should know of it, each note as often as the state is read. alone: where there
        is none, do not look for it where it was to be before.
        """
        backend = self._backend(environment.state, environment.name)
        if environment.encrypted:
            backend = EncryptedBackend(backend, read_keys(environment.name, self.environ))
        self.redact.watch(backend.secrets)
        redact = document_redaction(self.redact, f"{self.project}/{environment.name}")
        store = Store(backend, self.project, environment.name, redact=redact, tell=tell)
        if alone:
            return store
        return evolve(store, missed=_MissingState(self, environment, backend.describe(), tell).look)

    def either(self, environment: Environment, url: str, *, called: str = "") -> Store:
        """The environment's state at url, encrypted or not as it is found; written as planner.yaml says.

        What is written is as it was. called: the environment's name there, when that is another.
        """
        name = called or environment.name
        backend = self._backend(url, name)
        if environment.encrypted or has_keys(environment.name, self.environ):
            keys = read_keys(environment.name, self.environ)
            backend = EncryptedBackend(backend, keys, accepts_plain=True, seals=environment.encrypted)
        self.redact.watch(backend.secrets)
        return Store(backend, self.project, name)

    def _backend(self, url: str, name: str) -> Backend:
        timing = Timing(retrying=self.retrying)
        return open_backend(Location(url, name, self.folder, self.project, timing, self.environ))


def without_user(url: str) -> str:
    """url for people and command lines: without credentials."""
    return _USER.sub("", url)


def without_secrets(url: str) -> str:
    """url without query and fragment too, which may hold one."""
    return _MORE.sub("", without_user(url))


@frozen
class _Place:
    """A place that a state may be in. project, environment: the names that a state there bears. url: as
    `state` in planner.yaml takes it. why: how it is known.
    """

    project: str
    environment: str
    url: str
    why: str = field(default="", eq=False)

    @property
    def shown(self) -> str:
        """The place, without what may be secret in the URL of an earlier day."""
        return f"{without_secrets(self.url)} ({self.why})"


def usual_place(environment: Environment, called: str) -> str:
    """Where an environment has its state under another name, when nothing else of it changes."""
    is_default = environment.state == default_state(environment.name)
    return default_state(called) if is_default else environment.state


def _former_places(states: States, environment: Environment) -> Iterator[_Place]:
    """Where the state was to be before: in the default local place, and where planner.yaml had it, as far as
    git tells. Nothing else is ever asked. Each once, but for the present one. PlannerError, after those that
    are known, where git's history is cut off.
    """
    seen = {_Place(states.project, environment.name, environment.state)}
    for place in _all_places(states, environment):
        if place not in seen:
            seen.add(place)
            yield place


def _all_places(states: States, environment: Environment) -> Iterator[_Place]:
    folder, name = states.folder, environment.name
    yield _Place(states.project, name, default_state(name), "the default place")
    repository = repository_of(folder)
    if repository is None:
        return
    later = open_project(folder)
    for commit, former in _former_projects(folder, repository):
        for found in _same_or_renamed(environment, former, later):
            yield _Place(former.name, found.name, found.state, f"named by planner.yaml in {commit[:12]}")
        later = former


def _former_projects(folder: Path, repository: Repository) -> Iterator[tuple[str, Project]]:
    """The project as of the latest commits that changed planner.yaml, the newest first, but for what is no
    project to this planner. PlannerError.
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

    place: _Place
    state: State

    def __str__(self) -> str:
        count = len(self.state.entries)
        place, serial = self.place, self.state.serial
        held = f"{place.project}/{place.environment} is in {place.shown}"
        return f"{held}: serial {serial}, with {count} resource{'s' * (count != 1)}"


@define(eq=False, repr=False)
class _MissingState:
    """Looks for a state that is not where it should be. shown: the place that the environment's state is to
    be in now. tell: takes notes for people.
    """

    states: States
    environment: Environment
    shown: str
    tell: Callable[[str], object]
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
            for place in _former_places(self.states, self.environment):
                try:
                    held += self._held(place)
                except Refused as error:
                    unread.append(error)
        except PlannerError as error:
            self.tell(f"{self._none_here}; whether it is in another place is not known: {error.summary}")
        return held, unread

    def _held(self, place: _Place) -> list[_Held]:
        """Refused when something is there that cannot be read."""
        try:
            states = evolve(self.states, project=place.project)
            store = states.either(self.environment, place.url, called=place.environment)
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

    def _way(self, place: _Place) -> str:
        name = self.environment.name
        flags = [
            *(["--from-project", place.project] if place.project != self.states.project else []),
            *(["--from-environment", place.environment] if place.environment != name else []),
        ]
        verb, what = (
            ("rename", "If that is its former name, take it over") if flags else ("migrate", "Copy it")
        )
        if not flags or place.url != usual_place(self.environment, place.environment):
            flags += ["--from", place.url]
        return f"{what}: `{plain_command_line(self.states.folder, name, 'state', verb, *flags)}`."
