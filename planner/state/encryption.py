"""Encryption at rest, around any backend: the place never sees what the state says.

A snapshot becomes {"serial": n, "sealed": "..."}, since every place may look at its serial, and a journal
line becomes a sealed text of its own. A state that is not encrypted is refused, unless it is being encrypted.

Each line of the journal names the one before it by its digest, so that none can be taken out, put elsewhere
or brought back from another time. Where a place keeps a document that says which snapshot is the present one
and how far the journal goes, that is authenticated as well: see `Marks`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final, Protocol, runtime_checkable

import orjson
from attrs import frozen

from planner.errors import DamagedState, StateError
from planner.state.backend import Backend, HistoryEntry
from planner.state.document import loads, refuse_newer, version_in
from planner.state.journal import decode_line
from planner.state.keys import Altered, Keys, encrypted, sealing
from planner.state.locks import Holder
from planner.state.snapshot import FORMAT, serial_of

_SEALED: Final = "sealed"
_START: Final = b"0" * 32
"""What the first line of a journal names."""


@frozen
class Marks:
    """Proofs that who wrote a text has the key."""

    keys: Keys
    accepts_plain: bool
    seals: bool

    def of(self, text: bytes) -> str:
        """ "" where nothing is sealed."""
        return self.keys.seal(_digest(text)).decode() if self.seals else ""

    def check(self, text: bytes, mark: str, shown: str) -> None:
        """StateError unless mark is of that text. DamagedState when it is of another one."""
        if not mark:
            if not self.accepts_plain:
                raise _unencrypted(b"{}", shown)
            return
        try:
            marked = self.keys.open(mark.encode(), shown)
        except Altered:
            marked = b""
        if marked != _digest(text):
            raise DamagedState(f"{shown} was altered: it is not as it was written with its key")


@runtime_checkable
class Marked(Protocol):
    """A place with a document of its own that decides what the state is."""

    def mark_with(self, marks: Marks) -> None: ...


class EncryptedBackend:
    """A backend that seals what another one keeps. backend: the place. accepts_plain: what is not encrypted
    is read too. seals: what is written is sealed.

    The last two are for changing from one to the other. Errors: see the port; and StateError for a wrong
    key, and for what is not encrypted.
    """

    def __init__(
        self, backend: Backend, keys: Keys, *, accepts_plain: bool = False, seals: bool = True
    ) -> None:
        self._backend, self._keys = backend, keys
        self._accepts_plain, self._seals = accepts_plain, seals
        self._holds = False
        self._end: bytes | None = None  # what the next line names, as long as nobody else can write one
        if isinstance(backend, Marked):
            backend.mark_with(Marks(keys, accepts_plain, seals))

    def describe(self) -> str:
        return self._backend.describe()

    def secrets(self) -> tuple[str, ...]:
        return self._backend.secrets()

    def check(self) -> tuple[str, ...]:
        self._keys.seal(b"")
        return (*self._backend.check(), f"encrypted with {self._keys.present}")

    def read_snapshot(self) -> bytes | None:
        data = self._backend.read_snapshot()
        return None if data is None else self._open(data, self.describe())

    def write_snapshot(self, data: bytes, *, serial: int, expected_serial: int | None) -> None:
        if self._seals:
            sealed = self._keys.seal(data).decode()
            data = orjson.dumps({"serial": serial, _SEALED: sealed}, option=orjson.OPT_APPEND_NEWLINE)
        self._backend.write_snapshot(data, serial=serial, expected_serial=expected_serial)

    def history(self) -> list[HistoryEntry]:
        return self._backend.history()

    def read_history(self, serial: int) -> bytes:
        shown = f"serial {serial} in the history of {self.describe()}"
        return self._open(self._backend.read_history(serial), shown)

    def append(self, lines: Sequence[bytes]) -> None:
        if not self._seals or not any(lines):
            self._backend.append(lines)
            return
        end = self._read_lines()[1] if self._end is None else self._end
        self._end = None  # what was written is not known when it fails
        sealed = []
        for line in lines:
            sealed.append(self._keys.seal(end + b" " + line) if line else line)
            end = _digest(sealed[-1]) if line else end
        self._backend.append(sealed)
        self._end = end if self._holds else None

    def read_journal(self) -> list[bytes]:
        return self._read_lines()[0]

    def clear_journal(self) -> None:
        self._end = None
        self._backend.clear_journal()
        self._end = _START if self._holds else None

    @contextmanager
    def lock(self, holder: Holder, timeout: float) -> Iterator[Holder]:
        with self._backend.lock(holder, timeout) as held:
            self._holds, self._end = True, None
            try:
                yield held
            finally:
                self._holds, self._end = False, None

    def still_held(self) -> None:
        self._backend.still_held()

    def lock_holder(self) -> Holder | None:
        return self._backend.lock_holder()

    def probe_lock(self) -> Holder | None:
        return self._backend.probe_lock()

    def break_lock(self, holder_id: str) -> None:
        self._backend.break_lock(holder_id)

    def _open(self, data: bytes, shown: str) -> bytes:
        """What a snapshot holds. The serial outside has to be the one inside: only that is authenticated."""
        _require_known(data, shown)
        sealed = sealed_text(data)
        if sealed is None:
            if not self._accepts_plain:
                raise _unencrypted(data, shown)
            return data
        try:
            opened = self._keys.open(sealed, shown)
        except Altered:
            raise DamagedState(f"{shown} was altered: it does not open with its key") from None
        if serial_of(opened) not in (None, serial_of(data)):
            raise DamagedState(f"{shown} was altered: its serial is not the one it was written with")
        return opened

    def _read_lines(self) -> tuple[list[bytes], bytes]:
        """The lines, and what the next one has to name.

        Two bad ones stand where one is missing, which no crash leaves: the journal tells what that means.
        """
        found: list[bytes] = []
        end = _START
        for line in self._backend.read_journal():
            text, link = self._opened_line(line)
            if link not in (None, end):
                found += [b"?", b"?"]
            end = end if link is None else _digest(line)
            found.append(text)
        return found, end

    def _opened_line(self, line: bytes) -> tuple[bytes, bytes | None]:
        """What a line says, and which one it names. A spoiled one comes back as such, and names none."""
        shown = f"the journal of {self.describe()}"
        if sealing(line):
            try:
                link, _, text = self._keys.open(line, shown).partition(b" ")
            except Altered:
                return b"?" + line, None
            return text, link
        if decode_line(line) is not None and not self._accepts_plain:
            raise _unencrypted(b"{}", shown)
        return line, None


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest()[:32].encode()


def sealed_text(data: bytes) -> bytes | None:
    """The sealed text of a snapshot; None when it is not an encrypted one."""
    try:
        sealed = loads(data)[_SEALED]
    except (ValueError, TypeError, KeyError):
        return None
    return sealed.encode() if isinstance(sealed, str) else None


def _require_known(data: bytes, shown: str) -> None:
    """NewerFormat when a newer planner wrote it, sealed or not: how it seals is not known here."""
    with suppress(ValueError):
        refuse_newer(shown, version_in(loads(data)), FORMAT.version)


def refuse_encrypted(lines: Sequence[bytes], data: bytes | None, shown: str) -> None:
    """EncryptedState when what a place holds is encrypted, for a reader that was told of no encryption."""
    if any(map(sealing, lines)) or (data is not None and sealed_text(data) is not None):
        raise encrypted(shown)


def _unencrypted(data: bytes, shown: str) -> StateError:
    if serial_of(data) is None and data != b"{}":
        return DamagedState(f"{shown} is empty" if not data.strip() else f"{shown} is not an encrypted state")
    return StateError(
        f"{shown} is not encrypted, though planner.yaml says `encrypted: true`",
        advice="If you have just said so, encrypt it with planner state rotate. Else somebody else wrote it.",
    )
