"""Encryption at rest, around any backend: the place never sees what the state says.

A snapshot becomes {"serial": n, "sealed": "..."}, since every place may look at its serial, and a journal
line becomes a sealed text of its own. A state that is not encrypted is refused, unless it is being encrypted.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from typing import Final

import orjson

from planner.errors import DamagedState, EncryptedState, StateError
from planner.state.backend import Backend, HistoryEntry
from planner.state.document import loads, newer, version_in
from planner.state.journal import decode_line
from planner.state.keys import Altered, Keys, sealing
from planner.state.locks import Holder
from planner.state.snapshot import FORMAT, serial_of

_SEALED: Final = "sealed"


class EncryptedBackend:
    """backend: the place. accepts_plain: what is not encrypted is read too. seals: what is written is sealed.

    The last two are for changing from one to the other. Errors: see the port; and StateError for a wrong
    key, and for what is not encrypted.
    """

    def __init__(
        self, backend: Backend, keys: Keys, *, accepts_plain: bool = False, seals: bool = True
    ) -> None:
        self._backend, self._keys = backend, keys
        self._accepts_plain, self._seals = accepts_plain, seals

    def describe(self) -> str:
        return self._backend.describe()

    def check(self) -> tuple[str, ...]:
        self._keys.seal(b"")
        return (*self._backend.check(), f"encrypted with {self._keys.present}")

    def read_snapshot(self) -> bytes | None:
        data = self._backend.read_snapshot()
        return None if data is None else self._open(data, self.describe())

    def write_snapshot(self, data: bytes, *, serial: int, expected_serial: int | None) -> None:
        sealed = self._sealed(data, serial) if self._seals else data
        self._backend.write_snapshot(sealed, serial=serial, expected_serial=expected_serial)

    def history(self) -> list[HistoryEntry]:
        return self._backend.history()

    def read_history(self, serial: int) -> bytes:
        shown = f"serial {serial} in the history of {self.describe()}"
        return self._open(self._backend.read_history(serial), shown)

    def append(self, lines: Sequence[bytes]) -> None:
        self._backend.append([self._sealed_line(line) for line in lines] if self._seals else lines)

    def read_journal(self) -> list[bytes]:
        return [self._opened_line(line) for line in self._backend.read_journal()]

    def clear_journal(self) -> None:
        self._backend.clear_journal()

    def lock(self, holder: Holder, timeout: float) -> AbstractContextManager[Holder]:
        return self._backend.lock(holder, timeout)

    def still_held(self) -> None:
        self._backend.still_held()

    def lock_holder(self) -> Holder | None:
        return self._backend.lock_holder()

    def break_lock(self, holder_id: str) -> None:
        self._backend.break_lock(holder_id)

    def _sealed(self, data: bytes, serial: int) -> bytes:
        sealed = self._keys.seal(data).decode()
        return orjson.dumps({"serial": serial, _SEALED: sealed}, option=orjson.OPT_APPEND_NEWLINE)

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

    def _sealed_line(self, line: bytes) -> bytes:
        return self._keys.seal(line) if line else line

    def _opened_line(self, line: bytes) -> bytes:
        """A line that was spoiled comes back as one: the journal tells what that means where it stands."""
        shown = f"the journal of {self.describe()}"
        if sealing(line):
            try:
                return self._keys.open(line, shown)
            except Altered:
                return b"?" + line
        if decode_line(line) is not None and not self._accepts_plain:
            raise _unencrypted(b"{}", shown)
        return line


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
        if (version := version_in(loads(data))) > FORMAT.version:
            raise newer(shown, version, FORMAT.version)


def refuse_encrypted(lines: Sequence[bytes], data: bytes | None, shown: str) -> None:
    """EncryptedState when what a place holds is encrypted, for a reader that was told of no encryption."""
    if any(map(sealing, lines)) or (data is not None and sealed_text(data) is not None):
        raise EncryptedState(
            f"{shown} is encrypted",
            advice="Set `encrypted: true` for the environment in planner.yaml; to decrypt it for good, see "
            "planner state rotate --help.",
        )


def _unencrypted(data: bytes, shown: str) -> StateError:
    if serial_of(data) is None and data != b"{}":
        return DamagedState(f"{shown} is empty" if not data.strip() else f"{shown} is not an encrypted state")
    return StateError(
        f"{shown} is not encrypted, though planner.yaml says `encrypted: true`",
        advice="If you have just said so, encrypt it with planner state rotate. Else somebody else wrote it.",
    )
