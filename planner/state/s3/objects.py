"""The objects of one state: the present snapshot, the history and the journal.

The history is a copy of each snapshot, which is written after it. The present one counts as part of it, even
if a crash kept its copy from being written; whoever replaces it then writes that copy first.

A group of lines of the journal is an object at the next position, which is given once and to one writer. A
writer that finds its position taken has lost its lock, or somebody writes without one; it asks who holds the
lock before it looks for another. So one object at the next position keeps a former holder out for good: it
writes at no other.

What an object of the journal says ends with its last newline. Two kinds hold no line:

- an empty one: everything before it is forgotten. Forgetting is that one write; deleting what was forgotten
  follows, and may be left to the next who forgets.
- a fence (`_FENCE`), which only takes a position. It is kept for an hour after it was forgotten, as its
  position would be free again without it. By then the former holder has long stopped by its own clock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from planner.state.backend import KEPT, Compare, HistoryEntry
from planner.state.s3.bucket import NOTHING, Bucket, Changed, Found, until_it_stands
from planner.state.s3.client import FAILURES
from planner.state.snapshot import serial_of

_SERIAL: Final = "serial"
"""The note with the serial that a snapshot was written as."""

_TOLD: Final = "told"
_LENGTH: Final = "length"
_NONE: Final = "none"


Confirm = Callable[[], None]
"""Ask the place who holds the lock; raises StateError when that is another."""

_FENCE: Final = b"fence"
_FENCES_LAST: Final = 3600.0


class SnapshotObjects:
    """The present snapshot and the history. key: of the present snapshot. history: what the keys of the
    others begin with. shown: in messages.
    """

    def __init__(self, bucket: Bucket, key: str, history: str, shown: str) -> None:
        self._bucket = bucket
        self._key = key
        self._history = history
        self._shown = shown

    def read(self) -> bytes | None:
        return _content(self._bucket.get(self._key))

    def write(self, data: bytes, serial: int, compare: Compare, allow: Confirm) -> None:
        """allow: is called after the present one was looked at, and before that is replaced."""
        kept = until_it_stands(lambda: self._replace(data, serial, compare, allow), self._shown, "written")
        with suppress(*FAILURES):  # it is written; the next who writes makes up for the copy
            self._bucket.put(self._kept(serial), data, over=None)
        spent = sorted({*kept, serial}, reverse=True)[KEPT:]
        self._bucket.discard([self._kept(number) for number in spent if number != serial])

    def _replace(self, data: bytes, serial: int, compare: Compare, allow: Confirm) -> set[int]:
        """The serials in the history until now."""
        present = self._bucket.look(self._key)
        compare(self._told(present))
        kept = set(self._copies())
        former = _serial(present)
        if former is not None and former not in kept:
            self._keep(former)
            kept.add(former)
        allow()
        notes = {_SERIAL: str(serial), _TOLD: "yes" if serial_of(data) == serial else "no"}
        self._bucket.put(self._key, data, over=present.etag if present else NOTHING, notes=notes)
        return kept

    def _told(self, present: Found | None) -> int | None:
        """The serial in the content, None when it is not readable; 0 when there is no snapshot."""
        if present is None or _length(present) is None:
            return 0
        if present.notes.get(_TOLD) == "yes":
            return _serial(present)
        found = self._bucket.get(self._key)
        if found is None or found.etag != present.etag:
            raise Changed
        return serial_of(_content(found) or b"")

    def _keep(self, serial: int) -> None:
        found = self._bucket.get(self._key)
        content = _content(found)
        if content is None or _serial(found) != serial:
            raise Changed
        self._bucket.put(self._kept(serial), content, over=None)

    def history(self) -> list[HistoryEntry]:
        copies = self._copies().items()
        entries = {serial: HistoryEntry(serial, _time(copy.modified), copy.size) for serial, copy in copies}
        present = self._bucket.look(self._key)
        serial, length = _serial(present), _length(present)
        if present is not None and serial is not None and length is not None and serial not in entries:
            entries[serial] = HistoryEntry(serial, _time(present.modified), length)
        return [entries[serial] for serial in sorted(entries, reverse=True)]

    def read_history(self, serial: int) -> bytes | None:
        kept = self._bucket.get(self._kept(serial))
        if kept is not None:
            return kept.body
        present = self._bucket.get(self._key)
        return _content(present) if _serial(present) == serial else None

    def fence(self) -> None:
        """Keep out whoever looked at the present snapshot before, also when there is none."""
        until_it_stands(self._alter, self._shown, "written")

    def _alter(self) -> None:
        found = self._bucket.get(self._key)
        length = _length(found)
        notes = {**(found.notes if found else {}), _LENGTH: _NONE if length is None else str(length)}
        body = (found.body if found else b"") + b" "
        self._bucket.put(self._key, body, over=found.etag if found else NOTHING, notes=notes)

    def _copies(self) -> dict[int, Found]:
        """The copies by their serials."""
        named = [(item.name.removesuffix(".json"), item) for item in self._bucket.listing(self._history)]
        return {int(name): item for name, item in named if name.isdecimal() and name != item.name}

    def _kept(self, serial: int) -> str:
        return f"{self._history}{serial:08d}.json"


def _content(found: Found | None) -> bytes | None:
    length = _length(found)
    return None if found is None or length is None else found.body[:length]


def _length(found: Found | None) -> int | None:
    """The length of the content in bytes, without what fences added; None: there is no snapshot."""
    if found is None or found.notes.get(_LENGTH) == _NONE:
        return None
    told = found.notes.get(_LENGTH, "")
    return int(told) if told.isdecimal() else found.size


def _serial(found: Found | None) -> int | None:
    """What it was written as; None when there is no snapshot, or not one of ours."""
    if found is None or not found.notes.get(_SERIAL, "").isdecimal():
        return None
    return int(found.notes[_SERIAL])


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Log:
    """The journal, as objects one after the other. prefix: of the keys of its objects. shown: the place, in
    messages.

    confirm: None for a writer without a lock, which is for tools.
    """

    def __init__(self, bucket: Bucket, prefix: str, shown: str) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self._shown = f"the journal of {shown}"
        self._next: int | None = None
        self._known: dict[int, tuple[str, bytes]] = {}

    def append(self, lines: Sequence[bytes], confirm: Confirm | None) -> None:
        self._add(b"".join(line + b"\n" for line in lines), confirm)

    def read(self) -> list[bytes]:
        return until_it_stands(self._read, self._shown, "read")

    def _read(self) -> list[bytes]:
        """Changed when an object was deleted meanwhile, or is not the one that was listed."""
        listed = _present(self._listing())
        new = [item for item in listed if self._known.get(int(item.name), ("",))[0] != item.etag]
        for item, found in zip(new, self._bucket.get_all([self._prefix + i.name for i in new]), strict=True):
            if found is None or found.etag != item.etag:
                raise Changed
            self._known[int(item.name)] = (found.etag, found.body)
        bodies = [self._known[int(item.name)][1] for item in listed]
        return [line for body in bodies for line in body.split(b"\n")[:-1]]

    def clear(self, confirm: Confirm | None) -> None:
        listed = self._listing()
        if _present(listed):
            self._add(b"", confirm)
            self._known.clear()
        elif confirm is not None:
            confirm()
        spent = listed if _present(listed) else listed[:-1]
        self._bucket.discard([self._prefix + item.name for item in spent if not _is_fresh_fence(item)])

    def fence(self, confirm: Confirm | None) -> None:
        """Keep out whoever wrote before."""
        self.forget_position()
        self._add(_FENCE, confirm)

    def forget_position(self) -> None:
        """Look for the next position again, as another may have written since."""
        self._next = None

    def _add(self, body: bytes, confirm: Confirm | None) -> None:
        until_it_stands(lambda: self._put(body, confirm), self._shown, "written")

    def _put(self, body: bytes, confirm: Confirm | None) -> None:
        position = self._position(confirm)
        self._next = None  # whatever fails: another may have it by then
        etag = self._bucket.put(f"{self._prefix}{position:010d}", body, over=NOTHING)
        self._next = None if confirm is None else position + 1
        self._known[position] = (etag, body)

    def _position(self, confirm: Confirm | None) -> int:
        """Listed first, then confirmed: so no other holder's fence was there when it was listed."""
        if self._next is not None and confirm is not None:
            return self._next
        listed = self._listing()
        if confirm is not None:
            confirm()
        return int(listed[-1].name) + 1 if listed else 1

    def _listing(self) -> list[Found]:
        return [item for item in self._bucket.listing(self._prefix) if item.name.isdecimal()]


def _present(listed: Sequence[Found]) -> Sequence[Found]:
    """What follows the last that says to forget."""
    cuts = [number for number, item in enumerate(listed, 1) if item.size == 0]
    return listed[cuts[-1] if cuts else 0 :]


def _is_fresh_fence(item: Found) -> bool:
    """Whether it is a fresh fence, by its size, as a listing does not tell more; a group of that size is kept
    as well, and forgotten.
    """
    return item.size == len(_FENCE) and (item.age is None or item.age < _FENCES_LAST)
