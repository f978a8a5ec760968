"""Reading and writing the documents of one state.

What a server answers with has to be the document that was asked for: a content tells its own number, and the
head only goes forward, so that another state's, or one from a cache, is not believed.
"""

from __future__ import annotations

import secrets
from typing import Final
from uuid import uuid4

from attrs import define, evolve, frozen

from planner.net.address import Address
from planner.net.bodies import NotJSON, parsed
from planner.net.plain_text import status_words
from planner.state.encryption import Marks
from planner.state.http.head import Head, decode_content, decode_head, encode_content, encode_head
from planner.state.http.target import Endpoint, Target
from planner.state.http.wire import NOTHING, Reply, Trouble, Wire

_THERE: Final = (200, 204, 404)
_WRITTEN: Final = (200, 201, 202, 204)
_CONFLICT: Final = (409, 412, 422, 423)
_GONE: Final = (200, 202, 204, 404, 405, 410, 501)  # there, or never to be deleted
_MIXED_UP: Final = (
    "Run the command again. If it stays so, a proxy or a cache before the server may mix up its replies."
)
_TRIAL: Final = b"planner"
_KEYS: Final = 2**31 - 1  # what GitLab takes as the number of a version


@frozen
class Seen:
    """The head as it was read. etag: "" when the server gives none, NOTHING when there is no head."""

    head: Head
    etag: str = ""


class Overtaken(Exception):
    """The head was not written: it is another one by now. words: of the server, "" when it was seen here."""

    def __init__(self, head: Head, words: str = "") -> None:
        super().__init__(words)
        self.head = head
        self.words = words


@define(eq=False)
class Documents:
    """Every method raises Trouble when the server cannot be asked or does not do it.

    marks: what the head is authenticated with.
    """

    _target: Target
    _wire: Wire
    marks: Marks | None = None
    _last: int = 0

    # The head

    def head(self, *, unwritten: bool = False, making: bool = False) -> Seen:
        """An empty one when there is none. StateError when something else is there.

        unwritten: a state that was locked and never written is taken for none. making: the user says that one
        is to be made there.
        """
        return self._wire.persist(lambda: self._head(unwritten=unwritten, making=making))

    def unnamed_head(self, *, making: bool = False) -> Seen:
        """The head, to be changed by who has the lock and is not named in it yet.

        Nothing in it says that it is this state's, so two replies have to agree: a wrong one, written back
        with a change, would take the place of the state.
        """
        first, second = self.head(unwritten=True, making=making), self.head(unwritten=True, making=making)
        if first.head.write_id != second.head.write_id:
            raise Trouble("the server answered with two documents to the same question", _MIXED_UP)
        return second

    def is_blank(self) -> bool:
        """Whether asking for the lock would make a state: as GitLab does, where there is not even a lock."""
        if not self._target.is_gitlab:
            return False
        return self._wire.persist(lambda: self._asked(self._target.address)).status == 404

    def _head(self, *, unwritten: bool, making: bool = False) -> Seen:
        reply = self._asked(self._target.address)
        if reply.status == 200:
            return Seen(self._following(decode_head(reply.body, self._target.shown, self.marks)), reply.etag)
        _require_absence(reply, making=making, may_be_empty=unwritten and self._target.is_gitlab)
        return Seen(self._following(Head()), NOTHING)

    def _asked(self, address: Address) -> Reply:
        return self._wire.send(Endpoint("GET", address), _THERE)

    def _following(self, head: Head) -> Head:
        """head, as the one that comes after those seen before. Trouble when it does not."""
        if head.serial < self._last:
            raise Trouble("the server answered with another document than before, or an older one", _MIXED_UP)
        self._last = head.serial
        return head

    def write_head(self, seen: Seen, changed: Head, lock_id: str) -> Seen:
        """Make changed the head, as the holder of that lock. Overtaken when it is another by now."""
        wanted = evolve(changed, serial=seen.head.serial + 1, write_id=uuid4().hex)
        sent = False

        def attempt() -> None:
            nonlocal sent
            if sent and self._is_head(wanted, seen.head):
                return
            sent = True
            self._send_head(wanted, seen, lock_id)

        self._wire.persist(attempt)
        return Seen(self._following(wanted))

    def _is_head(self, wanted: Head, former: Head) -> bool:
        """Whether it was written though no reply came. False: the former is still there."""
        found = self._head(unwritten=True).head
        if found.write_id == wanted.write_id:
            return True
        if found.write_id != former.write_id:
            raise Overtaken(found)
        return False

    def _send_head(self, wanted: Head, seen: Seen, lock_id: str) -> None:
        body = encode_head(wanted, self.marks)
        reply = self._wire.send(self._target.update(lock_id), (*_WRITTEN, *_CONFLICT), body, seen.etag)
        if reply.status in _WRITTEN:
            return
        found = self._head(unwritten=True).head
        if found.write_id != wanted.write_id:
            raise Overtaken(found, status_words(reply.status, reply.said))

    # What is written once

    def new_key(self) -> str:
        return str(1 + secrets.randbelow(_KEYS))

    def put(self, key: str, data: bytes) -> None:
        url = self._target.beside("-contents") if self._target.is_gitlab else self._url(key)
        body = encode_content(data, int(key))
        to = Endpoint(self._target.update_method, url)
        reply = self._wire.persist(lambda: self._wire.send(to, (*_WRITTEN, *_CONFLICT), body))
        if reply.status in _CONFLICT and self.get(key) != data:  # else it came twice
            raise Trouble(
                f"the server answered {status_words(reply.status, reply.said)}", "Run the command again."
            )

    def get(self, key: str) -> bytes | None:
        """None when there is no such document."""
        reply = self._wire.persist(lambda: self._asked(self._url(key)))
        if reply.status == 404 and not _is_own(reply):
            raise Trouble(_page_for_people(reply), _MIXED_UP)
        if reply.status != 200:
            return None
        data = decode_content(reply.body, int(key))
        if data is None:
            raise Trouble(f"the server answered with another document than number {key}", _MIXED_UP)
        return data

    def try_out(self, key: str) -> None:
        """Keep a document of that key, which is a new one, beside the head that was written last. Trouble.

        That it is not there yet is asked first: where one document answers at every address, it is the head.
        """
        self.head()
        found = self._wire.persist(lambda: self._asked(self._url(key)))
        beside = f"planner writes to addresses that begin with {self._target.shown}-content, too"
        if found.status == 200:
            raise Trouble(
                "the server answers with a document at an address where none was written",
                f"{beside}. A server that tells states apart by the query of the URL only, or not at all, "
                "cannot keep them: name one that looks at the path, or keep the state elsewhere.",
            )
        self.put(key, _TRIAL)
        if self.get(key) != _TRIAL:
            raise Trouble("the server does not keep a document beside it", f"{beside}.")

    def delete(self, key: str) -> None:
        self._wire.send(Endpoint("DELETE", self._url(key)), _GONE)

    def _url(self, key: str) -> Address:
        is_gitlab = self._target.is_gitlab
        return self._target.beside(f"-contents/versions/{key}" if is_gitlab else f"-content-{key}")


def _require_absence(reply: Reply, *, making: bool, may_be_empty: bool) -> None:
    """That reply is the server's word that there is no state yet. Trouble.

    Whoever stands before the server answers with 404 as well while the server is away, or with an empty 204.
    Taken for an empty state either would have everything made once more. may_be_empty: GitLab says 204 of a
    state that was locked and never written, and takes no serial a second time.
    """
    if "project not found" in reply.said.lower():
        raise Trouble(
            f"the server answered {status_words(404, reply.said)}",
            "Check the project in the state's URL, and that the credentials may see it.",
        )
    if making or (may_be_empty if reply.status == 204 else _is_own(reply)):
        return
    words = "the server answered 204 No Content" if reply.status == 204 else _page_for_people(reply)
    raise Trouble(
        f"{words}, which does not say that there is no state",
        "Check the state's URL, and that the server is running. "
        "If there is no state yet, `planner init` makes it.",
    )


def _is_own(reply: Reply) -> bool:
    """Whether a 404 is the server's: it has no body, or JSON. Others are of what stands before it."""
    try:
        parsed(reply.body)
    except NotJSON:
        return False
    return reply.is_whole


def _page_for_people(reply: Reply) -> str:
    return f"the server answered {status_words(404, reply.said)}, with a page for people"
