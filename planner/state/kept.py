"""The snapshots that a state's history keeps: which of them is a way back, and which none."""

from __future__ import annotations

from contextlib import suppress

from attrs import evolve, frozen

from planner.errors import DamagedState, NewerFormat, OthersState, StateError
from planner.model.state import State
from planner.state import snapshot
from planner.state.backend import Backend, HistoryEntry


@frozen
class KeptSnapshots:
    """project, environment: the names that the state bears now. Errors: see `Store`."""

    backend: Backend
    project: str
    environment: str

    def read(self, serial: int) -> State:
        """One of them under the names of now: one from before the state got these bears the former ones.

        DamagedState; OthersState when no snapshot tells that it is of this state.
        """
        shown = self._named(serial)
        older = snapshot.parse_any(self.backend.read_history(serial), shown=shown)
        if not any(self._is_ours(entry, older.lineage) for entry in self.backend.history()):
            snapshot.check_owner(older, shown, self.project, self.environment)
        return evolve(_asked_for(serial, older, shown), project=self.project, environment=self.environment)

    def _is_ours(self, entry: HistoryEntry, lineage: str) -> bool:
        with suppress(StateError):
            return self._parse(entry).lineage == lineage
        return False

    def way_back(self, error: DamagedState) -> str:
        """The advice that goes with damage."""
        try:
            found = self._newest_good()
        except NewerFormat as newer:
            return f"{error.advice} {newer.summary}. {newer.advice}".strip()
        if found is None:
            return error.advice or (
                "There is no older snapshot to go back to. What is kept lies beside "
                f"{self.backend.describe()}; when it is the journal, take the damaged line out: the next "
                "apply looks up what it was about."
            )
        entry, kept = found
        if isinstance(error, OthersState) and error.lineage == kept.lineage:
            return error.advice  # it got another name, and what was recorded since is not to be forgotten
        restore = (
            f"The newest good snapshot is serial {entry.serial} of {entry.time}: "
            f"`planner state restore {entry.serial} -e {self.environment}`."
        )
        return f"{error.advice} {restore}".strip()

    def _newest_good(self) -> tuple[HistoryEntry, State] | None:
        """NewerFormat when a newer planner wrote one after it."""
        kept: list[HistoryEntry] = []
        with suppress(StateError):  # what is told is the damage, not that there is no way around it
            kept = self.backend.history()
        for entry in kept:
            if (found := self._readable(entry)) is not None:
                return entry, found
        return None

    def require_none_newer(self, serial: int) -> None:
        """NewerFormat when a newer planner wrote one after that serial: a damaged present one cannot tell."""
        for entry in self.backend.history():
            if entry.serial > serial:
                self._readable(entry)

    def _readable(self, entry: HistoryEntry) -> State | None:
        """None for one that is damaged, or lost. NewerFormat for what a newer planner wrote."""
        try:
            return self._parse(entry)
        except NewerFormat:
            raise
        except StateError:
            return None

    def _parse(self, entry: HistoryEntry) -> State:
        data, shown = self.backend.read_history(entry.serial), self._named(entry.serial)
        found = snapshot.parse(data, shown=shown, project=self.project, environment=self.environment)
        return _asked_for(entry.serial, found, shown)

    def _named(self, serial: int) -> str:
        return f"serial {serial} in the history of {self.backend.describe()}"


def _asked_for(serial: int, found: State, shown: str) -> State:
    """found; DamagedState when it is another snapshot than the one that was asked for."""
    if found.serial != serial:
        raise DamagedState(f"{shown} is serial {found.serial}")
    return found
