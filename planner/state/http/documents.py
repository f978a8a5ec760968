"""Reading and writing the documents of one state.

What a server answers with has to be the document that was asked for: a content tells its own number, and the
head only goes forward, so that another state's, or one from a cache, is not believed.
"""

from __future__ import annotations

import secrets
from typing import Final
from uuid import uuid4

from attrs import evolve, frozen

from planner.state.http.causes import Trouble, is_page, named
from planner.state.http.head import Head, decode_content, decode_head, encode_content, encode_head
from planner.state.http.target import Endpoint, Target
from planner.state.http.wire import Reply, Wire

_THERE: Final = (200, 204, 404)
_WRITTEN: Final = (200, 201, 202, 204)
_CONFLICT: Final = (409, 412, 422, 423)
_GONE: Final = (200, 202, 204, 404, 405, 410, 501)  # there, or never to be deleted
_MIXED_UP: Final = (
    "Run the command again. If it stays so, a proxy or a cache before the server may mix up its replies."
)
_KEYS: Final = 2**31 - 1  # what GitLab takes as the number of a version


@frozen
class Seen:
    """The head as it was read. etag: "" when the server gives none."""

    head: Head
    etag: str = ""


class Overtaken(Exception):
    """The head was not written: it is another one by now. words: of the server, "" when it was seen here."""

    def __init__(self, head: Head, words: str = "") -> None:
        super().__init__(words)
        self.head = head
        self.words = words


class Documents:
    """Every method raises Trouble when the server cannot be asked or does not do it."""

    def __init__(self, target: Target, wire: Wire) -> None:
        self._target = target
        self._wire = wire
        self._last = 0

    # The head

    def head(self, *, locked: bool = False) -> Seen:
        """An empty one when there is none. StateError when something else is there.

        locked: this process has the lock, so that the address is right.
        """
        return self._wire.persist(lambda: self._head(locked=locked))

    def unnamed_head(self) -> Seen:
        """The head, to be changed by who has the lock and is not named in it yet.

        Nothing in it says that it is this state's, so two replies have to agree: a wrong one, written back
        with a change, would take the place of the state.
        """
        first, second = self.head(locked=True), self.head(locked=True)
        if first.head.write_id != second.head.write_id:
            raise Trouble("the server answered with two documents to the same question", _MIXED_UP)
        return second

    def _head(self, *, locked: bool) -> Seen:
        reply = self._wire.send(Endpoint("GET", self._target.address), _THERE)
        if reply.status == 200:
            return Seen(self._following(decode_head(reply.body, self._target.shown)), reply.etag)
        if reply.status == 404:
            _check_address(reply, locked=locked)
        return Seen(self._following(Head()))

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
        found = self._head(locked=True).head
        if found.write_id == wanted.write_id:
            return True
        if found.write_id != former.write_id:
            raise Overtaken(found)
        return False

    def _send_head(self, wanted: Head, seen: Seen, lock_id: str) -> None:
        body = encode_head(wanted)
        reply = self._wire.send(self._target.update(lock_id), (*_WRITTEN, *_CONFLICT), body, seen.etag)
        if reply.status in _WRITTEN:
            return
        found = self._head(locked=True).head
        if found.write_id != wanted.write_id:
            raise Overtaken(found, named(reply.status, reply.said))

    # What is written once

    def new_key(self) -> str:
        return str(1 + secrets.randbelow(_KEYS))

    def put(self, key: str, data: bytes) -> None:
        url = self._target.beside("-contents") if self._target.is_gitlab else self._url(key)
        body = encode_content(data, int(key))
        to = Endpoint(self._target.update_method, url)
        reply = self._wire.persist(lambda: self._wire.send(to, (*_WRITTEN, *_CONFLICT), body))
        if reply.status in _CONFLICT and self.get(key) != data:  # else it came twice
            raise Trouble(f"the server answered {named(reply.status, reply.said)}", "Run the command again.")

    def get(self, key: str) -> bytes | None:
        """None when there is no such document."""
        to = Endpoint("GET", self._url(key))
        reply = self._wire.persist(lambda: self._wire.send(to, _THERE))
        if reply.status != 200:
            return None
        data = decode_content(reply.body, int(key))
        if data is None:
            raise Trouble(f"the server answered with another document than number {key}", _MIXED_UP)
        return data

    def delete(self, key: str) -> None:
        self._wire.send(Endpoint("DELETE", self._url(key)), _GONE)

    def _url(self, key: str) -> str:
        is_gitlab = self._target.is_gitlab
        return self._target.beside(f"-contents/versions/{key}" if is_gitlab else f"-content-{key}")


def _check_address(reply: Reply, *, locked: bool) -> None:
    """404 means that there is no state yet, or that there could not be one. Trouble."""
    if "project not found" in reply.said.lower():
        raise Trouble(
            f"the server answered {named(404, reply.said)}",
            "Check the project in the state's URL, and that the credentials may see it.",
        )
    if is_page(reply.body) and not locked:
        raise Trouble(
            f"the server answered {named(404, reply.said)}, with a page for people",
            "Check the state's URL. If it is right, `planner init` makes the state.",
        )
