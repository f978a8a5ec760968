"""One request and its reply, and asking again when there was none."""

from __future__ import annotations

import hashlib
import re
import time
from base64 import b64encode
from collections.abc import Callable, Collection
from typing import Final, TypeVar

from attrs import evolve, frozen
from requests.adapters import BaseAdapter

from planner.model.known_secrets import known_secrets
from planner.net import wire as net
from planner.net.address import led_to
from planner.net.dates import retry_after
from planner.state.http.causes import Trouble, Unanswered, of_connection, of_status, said_in
from planner.state.http.target import Access, Endpoint
from planner.state.lease import Timing

T = TypeVar("T")

NOTHING: Final = "*"
"""In place of an ETag: there is no such document yet. Not every server looks at it."""

_TIMEOUTS: Final = (10.0, 60.0)
"""Seconds until a connection is there, and that a whole exchange may last."""

_PAUSES: Final = (0.2, 1.0, 3.0, 6.0)
_LASTING: Final = 60.0
"""Pauses before further attempts, none of which begins later than this; in seconds."""

_LONGEST_ASKED: Final = 30.0
_STRONG: Final = re.compile(r'"[\x21\x23-\x7e]*"')


@frozen
class Reply:
    """etag: a strong one, "" when there is none. said: what an error says, for people.

    is_whole: the body came to its end.
    """

    status: int
    body: bytes
    etag: str = ""
    said: str = ""
    is_whole: bool = True


class Wire:
    """Not for two threads at once. Neither cookies nor .netrc nor redirects: they are unwanted here."""

    def __init__(self, access: Access, timing: Timing, transport: BaseAdapter | None = None) -> None:
        """transport: see net.Wire."""
        self._access = access
        self._timing = timing
        self._reached = False
        verify = access.ca_file or True
        self._wire = net.Wire(verify=verify, patience=1.0, clock=timing.clock, transport=transport)
        self._headers = {"Accept": "application/json, */*"}
        if access.username:
            pair = f"{access.username}:{access.password}".encode()
            self._headers["Authorization"] = f"Basic {b64encode(pair).decode()}"

    def send(
        self, to: Endpoint, expected: Collection[int], body: bytes | None = None, over: str = ""
    ) -> Reply:
        """The reply, whose status is one that is expected. Trouble, of which Unanswered may pass.

        over: the ETag of what body replaces, NOTHING, or "" for whatever is there.
        """
        headers = {**self._headers, **_headers(body, over)}
        try:
            received = self._wire.send(net.Request(to.method, to.address, _TIMEOUTS, headers, body))
        except net.BROKEN as error:
            raise of_connection(error) from error
        self._reached = True
        reply = self._reply(received)
        if reply.status in expected:
            return reply
        raise self._unexpected(reply, received, to)

    def _reply(self, received: net.Received) -> Reply:
        etag = received.headers.get("ETag", "")
        said = said_in(received.content) if received.status >= 400 else ""
        said = known_secrets((self._access.password,)).redact(said, "(hidden)")
        strong = etag if _STRONG.fullmatch(etag) else ""
        return Reply(received.status, received.content, strong, said, received.is_whole)

    def _unexpected(self, reply: Reply, received: net.Received, to: Endpoint) -> Trouble:
        location = received.headers.get("Location")
        if 300 <= reply.status < 400 and location:
            onward = led_to(location, to.address)
            return Trouble(
                f"the server sends on to {evolve(onward, query='').url if onward else 'what is no address'}",
                "Write the address that it moved to as the state's URL.",
            )
        trouble = of_status(reply.status, reply.said, self._access.variables)
        if isinstance(trouble, Unanswered):
            trouble.after = min(retry_after(received.headers, time.time()) or 0.0, _LONGEST_ASKED)
        return trouble

    def persist(self, work: Callable[[], T]) -> T:
        """work(), again while it is Unanswered. It has to come to the same when done twice.

        A server that was never reached is asked once more only.
        """
        ends = self._timing.clock() + _LASTING
        for number, pause in enumerate(_PAUSES):
            try:
                return work()
            except Unanswered as trouble:
                wait = max(pause, trouble.after)
                if self._timing.clock() + wait >= ends or (number and not self._reached):
                    raise
            self._timing.sleep(wait)
        return work()


def _headers(body: bytes | None, over: str) -> dict[str, str]:
    headers = {"If-None-Match" if over == NOTHING else "If-Match": over} if over else {}
    if body is not None:
        md5 = hashlib.md5(body, usedforsecurity=False).digest()
        headers["Content-MD5"] = b64encode(md5).decode()
    return headers
