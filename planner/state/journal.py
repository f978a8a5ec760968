"""The journal: what happened since the last snapshot, one record per line.

A line is a checksum (crc32, eight hex digits), a blank, and JSON that follows schemas/journal.schema.json.
Each session (a run that writes) begins with an empty line and a header, which names the snapshot that the
records continue. The empty line ends a line that a crash tore, so that nothing runs into it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any, Final
from zlib import crc32

from attrs import asdict, frozen

from planner.errors import DamagedState, StateError
from planner.model.codec import canonical, decode, decode_record, encode_record
from planner.model.state import Record
from planner.state.backend import Journals
from planner.state.document import Redact, keep, loads, refuse_newer, version_in

FORMAT_VERSION: Final = 2
"""2 is of the planner that first wrote keyed fingerprints; what a record says is the same."""


@frozen
class Header:
    """The first line of a session. serial: of the snapshot that the records continue. at: when the session
    began, ISO 8601 in UTC.
    """

    format_version: int
    project: str
    environment: str
    lineage: str
    serial: int
    operation: str
    at: str


@frozen
class Session:
    """One run that wrote: what its records continue, and the records."""

    header: Header
    records: tuple[Record, ...] = ()


@frozen
class Contents:
    """What a journal holds. torn: how many lines a crash left incomplete; they were never acknowledged."""

    sessions: tuple[Session, ...] = ()
    torn: int = 0


def encode_line(data: object) -> bytes:
    """data -> b'89abcdef {...}'."""
    text = canonical(data)
    return b"%08x %b" % (crc32(text), text)


def decode_line(line: bytes) -> Any:
    """What `encode_line` was given; None when the checksum is wrong or missing."""
    text = line[9:]
    return loads(text) if text and line[:9] == b"%08x " % crc32(text) else None


def read(lines: Iterable[bytes], *, shown: str) -> Contents:
    """What the lines say. DamagedState: a bad line with others after it, a header missing or not understood.
    NewerFormat.

    A bad line at the end, of the journal or of a session, was torn by a crash; it is left out and counted.
    """
    decoded = [(number, decode_line(line)) for number, line in enumerate(lines, 1) if line]
    _require_known((data for _, data in decoded), shown)
    for (number, data), (_, following) in pairwise(decoded):
        if data is None and not _is_header(following):
            raise DamagedState(f"the journal of {shown} is damaged at line {number}")
    whole = [(number, data) for number, data in decoded if data is not None]
    found = _Sessions()
    for number, data in whole:
        try:
            found.take(data)
        except ValueError as error:
            raise DamagedState(
                f"the journal of {shown} is not understood at line {number}: {error}"
            ) from error
    return Contents(found.frozen(), torn=len(decoded) - len(whole))


def salvage(lines: Iterable[bytes], *, shown: str) -> tuple[Session, ...]:
    """What can still be read of a damaged journal: every line that is whole tells a fact. NewerFormat.

    Lines before the first whole header are left out: it is unknown what they continue.
    """
    found = _Sessions()
    whole = [data for data in map(decode_line, lines) if data]
    _require_known(whole, shown)
    for data in whole:
        with suppress(ValueError):
            found.take(data)
    return found.frozen()


def first_lineage(lines: Iterable[bytes]) -> str | None:
    """The lineage that a journal, perhaps a damaged one, began with; None when no header of it is whole."""
    for data in filter(_is_header, map(decode_line, lines)):
        with suppress(ValueError):
            return decode(data["header"], Header).lineage
    return None


def _require_known(found: Iterable[Any], shown: str) -> None:
    for data in filter(_is_header, found):
        refuse_newer(f"the journal of {shown}", version_in(data["header"]), FORMAT_VERSION)


def _is_header(data: object) -> bool:
    return isinstance(data, dict) and "header" in data


class _Sessions:
    """Sorts decoded lines into sessions."""

    def __init__(self) -> None:
        self._found: list[tuple[Header, list[Record]]] = []

    def take(self, data: Any) -> None:
        """ValueError when data is no header and no record, or a record without a header before it."""
        if _is_header(data):
            self._found.append((decode(data["header"], Header), []))
        elif not self._found:
            raise ValueError("it does not begin with a header")
        else:
            self._found[-1][1].append(decode_record(data))

    def frozen(self) -> tuple[Session, ...]:
        return tuple(Session(header, tuple(records)) for header, records in self._found)


class Journal:
    """Writes records durably; made by `Store.open_journal`.

    After a failure nothing is known of what was written, so that it refuses for good: the caller makes no
    further call to the API.
    """

    def __init__(self, backend: Journals, header: Header, shown: str, redact: Redact = keep) -> None:
        self._backend = backend
        self._redact = redact
        self._shown = shown
        self._prefix = [b"", encode_line({"header": asdict(header)})]
        self._failed = False

    def write(self, records: Sequence[Record]) -> None:
        """Durable when it returns; one group commit for all records. StateError.

        The first write puts the header in front, so that a run that changes nothing leaves no journal.
        """
        if self._failed:
            raise StateError(f"the journal of {self._shown} could not be written before; no more is written")
        if not records:
            return
        self._failed = True
        try:
            lines = [encode_line(encode_record(self._redact(record))) for record in records]
        except (TypeError, ValueError) as error:
            raise StateError(
                f"a record cannot be written to the journal of {self._shown}: {error}"
            ) from error
        self._backend.append([*self._prefix, *lines])
        self._prefix = []
        self._failed = False
