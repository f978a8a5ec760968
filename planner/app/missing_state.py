"""What is done where there is no state: it may be where planner.yaml had it before.

Whoever changes `state`, or a name, in planner.yaml has the state still in the former place. Planned from an
empty one, everything would be made a second time.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from attrs import define, field, frozen

from planner.app.command_line import plain_command_line
from planner.app.former_places import Place, former_places, usual_place
from planner.errors import DamagedState, EncryptedState, NewerFormat, OthersState, PlannerError, Refused
from planner.model.project import Environment
from planner.model.state import State
from planner.state.store import Store


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
