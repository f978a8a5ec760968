"""Reading and writing the documents of one state, and the lock beside them.

What a server answers with has to be the document that was asked for: a content tells its own number, and the
head only goes forward, so that another state's, or one from a cache, is not believed.

The lock is a POST or LOCK with who wants it; a server that has it already says who does. GitLab names the
holder's ID, user and time, and beside them repeats what the asker itself said.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

import orjson
from attrs import define, evolve, frozen

from planner import __version__
from planner.net.address import Address
from planner.net.bodies import NotJSON, one_line, parsed, status_words
from planner.state.encryption import Marks
from planner.state.http.head import Head, decode_content, decode_head, encode_content, encode_head
from planner.state.http.target import Endpoint, HttpTarget
from planner.state.http.wire import NOTHING, Reply, Trouble, Wire
from planner.state.locks import Holder, decode_holder, encode_holder, this_process, utc_now

_THERE: Final = (200, 204, 404)
_DONE: Final = (200, 201, 202, 204)
_CONFLICT: Final = (409, 412, 422, 423)
_HELD: Final = (409, 423)
_UNKNOWN: Final = (404, 405, 501)
_GONE: Final = (200, 202, 204, 404, 405, 410, 501)  # there, or never to be deleted
_MIXED_UP: Final = (
    "Run the command again. If it stays so, a proxy or a cache before the server may mix up its replies."
)
_LOCK_NEEDED: Final = (
    "planner needs the lock. Where it is taken elsewhere, add lock_address, lock_method, unlock_address and "
    "unlock_method to the state's URL, or set TF_HTTP_LOCK_ADDRESS and so on."
)
_TRIAL: Final = b"planner"
_KEYS: Final = 2**31 - 1  # what GitLab takes as the number of a version


@frozen
class Stranger(Holder):
    """A holder that is not planner, or not known as such: no more is known than is said."""

    def __str__(self) -> str:
        since = f"since {self.since}" if self.since else ""
        doing = " ".join(filter(None, (self.operation, since)))
        return ", ".join(filter(None, (self.who or "something else", doing)))


def asker(operation: str) -> Holder:
    """This process, for as long as one call lasts."""
    return this_process(operation, holder_id=str(uuid4()), since=utc_now())


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

    _target: HttpTarget
    _wire: Wire
    marks: Marks | None = None
    _last: int = 0

    # The head

    def head(self, *, unwritten: bool = False, making: bool = False) -> Head:
        """The head, an empty one when there is none. StateError when something else is there.

        unwritten: a state that was locked and never written is taken for none. making: the user says that one
        is to be made there.
        """
        return self._wire.persist(lambda: self._head(unwritten=unwritten, making=making))

    def unnamed_head(self, *, making: bool = False) -> Head:
        """The head, to be changed by who has the lock and is not named in it yet.

        Nothing in it says that it is this state's, so two replies have to agree: a wrong one, written back
        with a change, would take the place of the state.
        """
        first, second = self.head(unwritten=True, making=making), self.head(unwritten=True, making=making)
        if first.write_id != second.write_id:
            raise Trouble("the server answered with two documents to the same question", _MIXED_UP)
        return second

    def is_blank(self) -> bool:
        """Whether asking for the lock would make a state: as GitLab does, where there is not even a lock."""
        if not self._target.is_gitlab:
            return False
        return self._wire.persist(lambda: self._asked(self._target.address)).status == 404

    def _head(self, *, unwritten: bool, making: bool = False) -> Head:
        reply = self._asked(self._target.address)
        if reply.status == 200:
            found = decode_head(reply.body, self._target.shown, self.marks)
            return self._following(evolve(found, etag=reply.etag))
        _require_absence(reply, making=making, may_be_empty=unwritten and self._target.is_gitlab)
        return self._following(Head(etag=NOTHING))

    def _asked(self, address: Address) -> Reply:
        return self._wire.send(Endpoint("GET", address), _THERE)

    def _following(self, head: Head) -> Head:
        """head, as the one that comes after those seen before. Trouble when it does not."""
        if head.serial < self._last:
            raise Trouble("the server answered with another document than before, or an older one", _MIXED_UP)
        self._last = head.serial
        return head

    def write_head(self, changed: Head, lock_id: str) -> Head:
        """Make changed the head, as the holder of that lock. Overtaken when it is another by now than the one
        that was changed.
        """
        new = evolve(changed, serial=changed.serial + 1, write_id=uuid4().hex)
        sent = False

        def attempt() -> None:
            nonlocal sent
            if sent and self._is_head(new, changed):
                return
            sent = True
            self._send_head(new, lock_id)

        self._wire.persist(attempt)
        return self._following(evolve(new, etag=""))

    def _is_head(self, new: Head, former: Head) -> bool:
        """Whether it was written though no reply came. False: the former is still there."""
        found = self._head(unwritten=True)
        if found.write_id == new.write_id:
            return True
        if found.write_id != former.write_id:
            raise Overtaken(found)
        return False

    def _send_head(self, new: Head, lock_id: str) -> None:
        body = encode_head(new, self.marks)
        reply = self._wire.send(self._target.update(lock_id), (*_DONE, *_CONFLICT), body, new.etag)
        if reply.status in _DONE:
            return
        found = self._head(unwritten=True)
        if found.write_id != new.write_id:
            raise Overtaken(found, status_words(reply.status, reply.said))

    # What is written once

    def new_key(self) -> str:
        return str(1 + secrets.randbelow(_KEYS))

    def put(self, key: str, data: bytes) -> None:
        url = self._target.beside("-contents") if self._target.is_gitlab else self._url(key)
        body = encode_content(data, int(key))
        to = Endpoint(self._target.update_method, url)
        reply = self._wire.persist(lambda: self._wire.send(to, (*_DONE, *_CONFLICT), body))
        if reply.status in _CONFLICT and self.get(key) != data:  # else it came twice
            raise Trouble(
                f"the server answered {status_words(reply.status, reply.said)}", "Run the command again."
            )

    def get(self, key: str) -> bytes | None:
        """A document; None when there is none such."""
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

    # The lock

    def take_lock(self, holder: Holder) -> Holder | None:
        """Take the lock. None: holder has it now. Else who does, as far as the server says; without an id if
        it does not.
        """
        info = self._lock_info(holder)
        expected = (*_DONE, *_HELD, *_UNKNOWN)
        reply = self._wire.persist(lambda: self._wire.send(self._target.lock, expected, info))
        if reply.status in _DONE:
            given = _named(reply.body, holder)  # some repeat the lock that they made
            return given if given.id not in ("", holder.id) else None
        if reply.status in _UNKNOWN:
            said = status_words(reply.status, reply.said)
            raise Trouble(f"the server answered {said} to {self._target.lock.method}", _LOCK_NEEDED)
        named = _named(reply.body, holder)
        return None if named.id == holder.id else named  # else the reply to an earlier attempt was lost

    def free_lock(self, lock_id: str) -> None:
        """Free the lock: it is not held under that ID afterwards."""
        info = self._lock_info(Holder(lock_id, "", "", 0, "unlock", ""))
        expected = (*_DONE, *_HELD, 400, 404)  # these too mean that it was not held so
        self._wire.persist(lambda: self._wire.send(self._target.unlock, expected, info))

    def _lock_info(self, holder: Holder) -> bytes:
        """All fields are needed, and none may be empty, at GitLab."""
        info = {
            "ID": holder.id,
            "Operation": holder.operation,
            "Info": encode_holder(holder).decode().strip(),
            "Who": f"{holder.who}@{holder.host}",
            "Version": f"planner {__version__}",
            "Created": holder.since or "-",
            "Path": self._target.shown,
        }
        return orjson.dumps(info)


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


def _named(body: bytes, asker: Holder) -> Holder:
    """Whom a reply names, without an id when it names nobody."""
    try:
        info = orjson.loads(body)
    except ValueError:
        info = None
    told = info if isinstance(info, dict) else {}
    lock_id, who, operation, since = (_line(told, name) for name in ("ID", "Who", "Operation", "Created"))
    if not lock_id:
        return Stranger("", "", "", 0, "", "")
    holder = decode_holder(str(told.get("Info")).encode())
    if holder is not None and holder.id == lock_id:
        return holder
    repeats = holder is not None and holder.id == asker.id
    return Stranger(lock_id, who, "", 0, "" if repeats else operation, since)


def _line(told: Mapping[str, Any], name: str) -> str:
    text = told.get(name)
    return one_line(text) if isinstance(text, str) else ""
