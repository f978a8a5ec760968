"""The lock: a POST or LOCK with who wants it, and what a server says when it has it already.

GitLab names the holder's ID, user and time, and beside them repeats what the asker itself said.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

import orjson
from attrs import frozen

from planner import __version__
from planner.net.plain_text import one_line, status_words
from planner.state.http.target import Target
from planner.state.http.wire import Trouble, Wire
from planner.state.locks import Holder, decode_holder, encode_holder, this_process, utc_now

_TAKEN: Final = (200, 201, 202, 204)
_HELD: Final = (409, 423)
_UNKNOWN: Final = (404, 405, 501)
_ADVICE: Final = (
    "planner needs the lock. Where it is taken elsewhere, add lock_address, lock_method, unlock_address and "
    "unlock_method to the state's URL, or set TF_HTTP_LOCK_ADDRESS and so on."
)


@frozen
class Stranger(Holder):
    """Not planner, or not known as such: no more is known than is said."""

    def __str__(self) -> str:
        since = f"since {self.since}" if self.since else ""
        doing = " ".join(filter(None, (self.operation, since)))
        return ", ".join(filter(None, (self.who or "something else", doing)))


@frozen
class Refusal:
    """id: of the lock that is held; "" when the server does not say. holder: as far as the server says."""

    id: str
    holder: Holder | None

    @property
    def stranger(self) -> Stranger:
        """For where nobody says who it is."""
        return Stranger(self.id, "", "", 0, "", "")


def asker(operation: str) -> Holder:
    """This process, for as long as one call lasts."""
    return this_process(operation, holder_id=str(uuid4()), since=utc_now())


@frozen
class Lock:
    """Every method raises Trouble."""

    _target: Target
    _wire: Wire

    def take(self, holder: Holder) -> Refusal | None:
        """None: holder has it now."""
        info = self._info(holder)
        wanted = (*_TAKEN, *_HELD, *_UNKNOWN)
        reply = self._wire.persist(lambda: self._wire.send(self._target.lock, wanted, info))
        if reply.status in _TAKEN:
            given = _refusal(reply.body, holder)  # some repeat the lock that they made
            return given if given.id not in ("", holder.id) else None
        if reply.status in _UNKNOWN:
            said = status_words(reply.status, reply.said)
            raise Trouble(f"the server answered {said} to {self._target.lock.method}", _ADVICE)
        refusal = _refusal(reply.body, holder)
        return None if refusal.id == holder.id else refusal  # else the reply to an earlier attempt was lost

    def probe(self, asker: Holder) -> Refusal | None:
        """Why asker could not have it, None: nobody has it. It is taken for an instant to find that out."""
        refusal = self.take(asker)
        if refusal is None:
            self.free(asker.id)
        return refusal

    def free(self, lock_id: str) -> None:
        """It is not held under that ID afterwards."""
        info = self._info(Holder(lock_id, "", "", 0, "unlock", ""))
        wanted = (*_TAKEN, *_HELD, 400, 404)  # these too mean that it was not held so
        self._wire.persist(lambda: self._wire.send(self._target.unlock, wanted, info))

    def _info(self, holder: Holder) -> bytes:
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


def _refusal(body: bytes, asker: Holder) -> Refusal:
    try:
        info = orjson.loads(body)
    except ValueError:
        info = None
    if not isinstance(info, dict):
        return Refusal("", None)
    lock_id = one_line(_text(info, "ID"))
    named_holder = decode_holder(_text(info, "Info").encode())
    if named_holder is not None and named_holder.id == lock_id:
        return Refusal(lock_id, named_holder)
    repeats = named_holder is not None and named_holder.id == asker.id
    operation = "" if repeats else one_line(_text(info, "Operation"))
    since, who = one_line(_text(info, "Created")), one_line(_text(info, "Who"))
    return Refusal(lock_id, Stranger(lock_id, who, "", 0, operation, since) if lock_id else None)


def _text(info: dict[str, Any], name: str) -> str:
    value = info.get(name)
    return value if isinstance(value, str) else ""
