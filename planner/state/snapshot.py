"""A snapshot: one State as a JSON document (schemas/state.schema.json), and what can be wrong with one.

Of those that a history keeps, `KeptSnapshots` says which is a way back.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Final

from attrs import define, evolve, field, frozen

from planner.errors import DamagedState, NewerFormat, OthersState, StateError
from planner.model.codec import decode_state, encode_state
from planner.model.state import State
from planner.state.backend import Backend, HistoryEntry
from planner.state.document import BadDocument, Format, Migration, NewerDocument, Redact, keep, loads

MIGRATIONS: Final[Mapping[int, Migration]] = {1: lambda document: document}
"""Format version -> a function to the next. A new version adds a line here, and no reader changes.

Version 1 tells nothing of the files in archives, nor of where they came from, nor of roll-outs.
"""

FORMAT: Final = Format("state", 2, MIGRATIONS)

Names = tuple[str, str]
"""Of a project and of an environment."""


def dump(state: State, redact: Redact = keep) -> bytes:
    """state as an indented JSON document, its resources sorted by address.

    In the oldest format that holds it: who looks after a state that a former planner wrote, and applies
    nothing, leaves it to that planner.
    """
    newer = state.contents or state.rollouts or state.failures
    return FORMAT.write(encode_state(redact(state)), version=FORMAT.version if newer else 1)


def parse(data: bytes, *, shown: str, project: str, environment: str, known: Format = FORMAT) -> State:
    """The state in data. NewerFormat; DamagedState: shown and what is wrong with it, without advice where
    there is none; OthersState.

    shown: how messages name the place. project, environment: whose state it has to be.
    """
    state = parse_any(data, shown=shown, known=known)
    check_owner(state, shown, project, environment)
    return state


def parse_any(data: bytes, *, shown: str, known: Format = FORMAT) -> State:
    """As `parse`, whosever state it is."""
    try:
        return _state_in(_Document(hashlib.sha256(data).digest(), data), known)
    except NewerDocument as error:
        raise NewerFormat(f"{shown} {error}") from error
    except BadDocument as error:
        raise DamagedState(f"{shown} {error}") from error
    except ValueError as error:
        raise DamagedState(f"{shown} does not follow the format: {error}") from error


@define(unsafe_hash=True)
class _Document:
    """A document by what it is known, which is kept; what it holds goes to who reads it."""

    sha256: bytes
    data: bytes = field(eq=False)

    def taken(self) -> bytes:
        found, self.data = self.data, b""
        return found


@lru_cache(maxsize=1)
def _state_in(document: _Document, known: Format) -> State:
    """A command reads its snapshot two or three times, and what it says does not change by that."""
    return decode_state(known.read(document.taken()))


def check_owner(state: State, shown: str, project: str, environment: str) -> None:
    """OthersState when the state does not bear these names."""
    found, expected = (state.project, state.environment), (project, environment)
    for what, is_named, is_called in zip(("project", "environment"), found, expected, strict=True):
        if is_named != is_called:
            raise others_state(
                f"{shown} is the state of the {what} {is_named}, not {is_called}",
                found,
                expected,
                state.lineage,
            )


def others_state(summary: str, found: Names, expected: Names, lineage: str) -> OthersState:
    """What a place holds under other names than planner.yaml has."""
    advice = advice_on_names(found, expected)
    return OthersState(summary, project=found[0], environment=found[1], lineage=lineage, advice=advice)


def advice_on_names(found: Names, expected: Names, place: str = "") -> str:
    """place: where it is, when that is not where the state is to be."""
    pairs = zip(("project", "environment"), found, expected, strict=True)
    differ = [(what, former, now) for what, former, now in pairs if former != now]
    flags = [word for what, former, _ in differ for word in (f"--from-{what}", former)]
    flags += ["--from", place] if place else []
    command = shlex.join(["planner", "state", "rename", "-e", expected[1], *flags])
    named = " and ".join(f"the {what} {former} is called {now} now" for what, former, now in differ)
    both = " and ".join(f"{what}s" for what, _, _ in differ)
    return (
        f"If {named}: `{command}`. If these are two {both}: give each a `state` of its own in planner.yaml."
    )


def serial_of(data: bytes) -> int | None:
    """The serial of a snapshot, without any further check; None when data is not one."""
    try:
        serial = loads(data)["serial"]
    except (ValueError, TypeError, KeyError):
        return None
    return serial if type(serial) is int else None


@frozen(eq=False, repr=False)
class KeptSnapshots:
    """The snapshots of one state, read with care. project, environment: the names that the state bears now.
    Errors: see `Store`.
    """

    backend: Backend
    project: str
    environment: str

    def read(self, serial: int) -> State:
        """One of them under the names of now: one from before the state got these bears the former ones.

        DamagedState; OthersState when no snapshot tells that it is of this state.
        """
        shown = self._named(serial)
        older = parse_any(self.backend.read_history(serial), shown=shown)
        if not any(self._is_ours(entry, older.lineage) for entry in self.backend.history()):
            check_owner(older, shown, self.project, self.environment)
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
        """The state in a snapshot; None for one that is damaged, or lost. NewerFormat for what a newer
        planner wrote.
        """
        try:
            return self._parse(entry)
        except NewerFormat:
            raise
        except StateError:
            return None

    def _parse(self, entry: HistoryEntry) -> State:
        data, shown = self.backend.read_history(entry.serial), self._named(entry.serial)
        found = parse(data, shown=shown, project=self.project, environment=self.environment)
        return _asked_for(entry.serial, found, shown)

    def _named(self, serial: int) -> str:
        return f"serial {serial} in the history of {self.backend.describe()}"


def _asked_for(serial: int, found: State, shown: str) -> State:
    """found; DamagedState when it is another snapshot than the one that was asked for."""
    if found.serial != serial:
        raise DamagedState(f"{shown} is serial {found.serial}")
    return found
