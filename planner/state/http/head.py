"""The documents as JSON.

The head is {"serial": n, "planner_state": {...}}, any other document {"serial": n, "planner_content": {...}}:
what planner says is one level down, where no server looks for anything. Bytes are {"text": "..."} where they
are text, and else {"base64": "..."}: a server may parse a document and write it out again without harm.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, Final

import orjson
from attrs import asdict, evolve, frozen

from planner.errors import DamagedState, StateError
from planner.model.codec import canonical, decode
from planner.net.bodies import looks_like_html, nests_too_deep
from planner.state.backend import KEPT
from planner.state.document import loads, refuse_newer, version_in
from planner.state.keys import encrypted
from planner.state.locks import Holder

if TYPE_CHECKING:
    from planner.state.encryption import Marks

FORMAT_VERSION: Final = 1

_STATE: Final = "planner_state"
_CONTENT: Final = "planner_content"
_MARK: Final = "mark"
_REMEMBERED: Final = 40
_OWN: Final = "Give planner an address of its own."
_EARLIER: Final = "Put back an earlier version of that document, where the server keeps them."


@frozen
class Kept:
    """One snapshot. told: the serial that it tells itself, None if none. key: of the document it is in."""

    serial: int
    told: int | None
    time: str
    size: int
    key: str


@frozen
class Head:
    """What the document at the address says. serial: counts the writes of the head. write_id: of the last.
    present: the key of the present snapshot.

    kept: the latest serial first. parts: keys of documents with the lines before `lines`, each of which ends
    in a newline. dropped: keys of documents that nobody needs, or that were about to be written.
    etag: of the document that it was read from, or is a change of; "" when the server gives none.
    """

    serial: int = 0
    write_id: str = ""
    holder: Holder | None = None
    present: str | None = None
    kept: tuple[Kept, ...] = ()
    parts: tuple[str, ...] = ()
    lines: bytes = b""
    dropped: tuple[str, ...] = ()
    etag: str = ""

    def snapshot(self) -> Kept | None:
        return next((kept for kept in self.kept if kept.key == self.present), None)

    def key_of(self, serial: int) -> str | None:
        return next((kept.key for kept in self.kept if kept.serial == serial), None)

    @property
    def has_journal(self) -> bool:
        return bool(self.parts or self.lines)

    def names(self, holder: Holder) -> bool:
        return self.holder is not None and self.holder.id == holder.id

    def with_snapshot(self, new: Kept) -> Head:
        """new is the present one, and what is too old is no longer kept."""
        others = [kept for kept in self.kept if kept.serial != new.serial]
        latest = sorted([new, *others], key=lambda kept: -kept.serial)[:KEPT]
        kept = tuple(latest if new in latest else [*latest[:-1], new])
        gone = [former.key for former in self.kept if former not in kept]
        return evolve(self.without(new.key), kept=kept, present=new.key).dropping(*gone)

    def with_part(self, key: str) -> Head:
        """The lines so far are in the document key."""
        return evolve(self.without(key), parts=(*self.parts, key), lines=b"")

    def without_journal(self) -> Head:
        return evolve(self, parts=(), lines=b"").dropping(*self.parts)

    def dropping(self, *keys: str) -> Head:
        """Where documents cannot be deleted, they are forgotten after a while."""
        return evolve(self, dropped=(*self.dropped, *keys)[-_REMEMBERED:])

    def without(self, *keys: str) -> Head:
        return evolve(self, dropped=tuple(key for key in self.dropped if key not in keys))


def encode_head(head: Head, marks: Marks | None = None) -> bytes:
    told = asdict(evolve(head, lines=b""))
    told |= {"format_version": FORMAT_VERSION, "lines": _packed(head.lines)}
    serial, _ = told.pop("serial"), told.pop("etag")
    mark = marks.of(_marked(serial, told)) if marks else ""
    return _dumped({"serial": serial, _STATE: {**told, _MARK: mark} if mark else told})


def _marked(serial: object, told: object) -> bytes:
    """What a mark is of: what the head says, however a server writes it out again."""
    return canonical([serial, told])


def decode_head(data: bytes, shown: str, marks: Marks | None = None) -> Head:
    """The head in data. StateError for what planner did not write, DamagedState for what it did not write
    like this.

    marks: the head has to bear one of them; None: it must bear none.
    """
    document = _parsed(data, shown)
    told = document.get(_STATE)
    if not isinstance(told, dict):
        what = "a state of Terraform" if "terraform_version" in document else "something else"
        raise StateError(f"{shown} holds {what}, not a state of planner", advice=_OWN)
    refuse_newer(shown, version_in(told), FORMAT_VERSION)
    if nests_too_deep(told):
        raise DamagedState(f"{shown} is altered: it nests lists and mappings too deep", advice=_EARLIER)
    mark = told.pop(_MARK, "")
    if marks is not None:
        marks.check(_marked(document.get("serial"), told), mark if isinstance(mark, str) else "?", shown)
    elif mark:
        raise encrypted(shown)
    told.pop("format_version", None)
    try:
        lines = _unpacked(told.pop("lines", None))
        return evolve(decode({**told, "serial": document.get("serial")}, Head), lines=lines)
    except ValueError as error:
        raise DamagedState(f"{shown} is altered: {error}", advice=_EARLIER) from error


def _parsed(data: bytes, shown: str) -> dict[str, Any]:
    if not data:
        raise DamagedState(f"the document at {shown} is empty", advice=_EARLIER)
    if looks_like_html(data):
        raise StateError(
            f"{shown} is a page for people, not a state", advice="Check the state's URL and the credentials."
        )
    try:
        document = loads(data)
    except ValueError as error:
        raise DamagedState(f"the document at {shown} is not JSON: {error}", advice=_EARLIER) from error
    if not isinstance(document, dict):
        raise StateError(f"{shown} holds something else, not a state of planner", advice=_OWN)
    return document


def encode_content(data: bytes, serial: int) -> bytes:
    return _dumped({"serial": serial, _CONTENT: _packed(data)})


def decode_content(document: bytes, serial: int) -> bytes | None:
    """What `encode_content` was given; None when it was given with another serial.

    Any other document as it is: whoever reads that will tell.
    """
    try:
        found = loads(document)
        data = _unpacked(found[_CONTENT])
    except (ValueError, TypeError, KeyError):
        return document
    return data if found.get("serial") == serial else None


def _dumped(document: dict[str, Any]) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _packed(data: bytes) -> dict[str, str]:
    if b"\0" not in data:  # which some databases take in no text
        try:
            return {"text": data.decode()}
        except UnicodeDecodeError:
            pass
    return {"base64": b64encode(data).decode()}


def _unpacked(packed: object) -> bytes:
    """ValueError when it is not what `_packed` makes."""
    match packed:
        case {"text": str(text), **rest} if not rest:
            return text.encode()
        case {"base64": str(text), **rest} if not rest:
            return b64decode(text, validate=True)
    raise ValueError("its bytes are not there")
