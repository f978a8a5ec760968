"""One request and its reply, asked again when none came; or why there is no reply that can be used."""

from __future__ import annotations

import hashlib
import re
import time
from base64 import b64encode
from collections.abc import Callable, Collection
from contextlib import ExitStack
from typing import Final, TypeVar

from attrs import evolve, frozen
from requests.adapters import BaseAdapter

from planner.errors import explaining
from planner.model.known_secrets import known_secrets
from planner.model.retry import Retry
from planner.net import wire as net
from planner.net.address import led_to
from planner.net.bodies import NotJSON, html_words, looks_like_html, one_line, parsed, status_words
from planner.net.dates import retry_after
from planner.net.wire import Look, explain
from planner.state.http.target import Access, Endpoint
from planner.state.locks import Timing

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


class Trouble(Exception):
    """What the server did instead, as a phrase for after a colon, and what to do about it."""

    def __init__(self, words: str, advice: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.advice = advice


class Unanswered(Trouble):
    """Trouble that may pass; what was asked may have been done. after: seconds that the server asked to
    wait.
    """

    after: float = 0.0


explained: Final = explaining(Trouble, lambda trouble: trouble.words, lambda trouble: trouble.advice)


@frozen
class Reply:
    """What the server replied. etag: a strong one, "" when there is none. said: what an error says, for
    people.

    is_whole: the body came to its end.
    """

    status: int
    body: bytes
    etag: str = ""
    said: str = ""
    is_whole: bool = True


class Wire:
    """Asks one server, not for two threads at once. Neither cookies nor .netrc nor redirects: they are
    unwanted here.
    """

    def __init__(
        self, access: Access, where: str, timing: Timing, transport: BaseAdapter | None = None
    ) -> None:
        """where: as messages name it. transport: see net.Wire."""
        self._access, self._where = access, where
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
        headers = dict(self._headers)
        if over:
            headers["If-None-Match" if over == NOTHING else "If-Match"] = over
        if body is not None:
            md5 = hashlib.md5(body, usedforsecurity=False).digest()
            headers["Content-MD5"] = b64encode(md5).decode()
        try:
            received = self._wire.send(net.Request(to.method, to.address, _TIMEOUTS, headers, body))
        except net.BROKEN as error:
            raise _of_connection(error) from error
        self._reached = True
        reply = self._reply(received)
        if reply.status in expected:
            return reply
        raise self._unexpected(reply, received, to)

    def _reply(self, received: net.Received) -> Reply:
        etag = received.headers.get("ETag", "")
        said = _said_in(received.content) if received.status >= 400 else ""
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
        trouble = _of_status(reply.status, reply.said, self._access.variables)
        if isinstance(trouble, Unanswered):
            trouble.after = min(retry_after(received.headers, time.time()) or 0.0, _LONGEST_ASKED)
        return trouble

    def persist(self, work: Callable[[], T]) -> T:
        """work(), again while it is Unanswered. It has to come to the same when done twice.

        A server that was never reached is asked once more only.
        """
        ends = self._timing.clock() + _LASTING
        with ExitStack() as telling:
            for number, pause in enumerate(_PAUSES, 1):
                try:
                    return work()
                except Unanswered as trouble:
                    wait = max(pause, trouble.after)
                    if self._timing.clock() + wait >= ends or (number > 1 and not self._reached):
                        raise
                    attempts = 1 + (len(_PAUSES) if self._reached else 1)
                    told = Retry(self._where, trouble.words, wait, number + 1, attempts)
                telling.close()
                telling.enter_context(self._timing.retrying(told))
                self._timing.sleep(wait)
            return work()


_REACH: Final = "Check the state's URL and the network, and that the server is running."
_TRUST: Final = "Name the file of its authority in REQUESTS_CA_BUNDLE."
_LOOK: Final = {
    Look.PROXY: f"{_REACH} Check HTTPS_PROXY and NO_PROXY too.",
    Look.AUTHORITY: _TRUST,
    Look.EXPIRY: f"{_TRUST} Check the clock of this machine.",
    Look.HOST_NAME: "Write the host name that the certificate names in the state's URL.",
    Look.SCHEME: "Check the port in the state's URL.",
    Look.CREDENTIALS: "Correct TF_HTTP_USERNAME and TF_HTTP_PASSWORD.",
}
_SERVER: Final = (
    "Try again later. GitLab answers 500 also when the lock was taken away: see `planner lock show`."
)
_STATUSES: Final = {
    404: _REACH,
    405: "Check the state's URL and its update_method.",
    413: "Let the server take larger documents: max_terraform_state_size_bytes of GitLab, "
    "client_max_body_size of nginx.",
    429: "Try again later.",
    501: "Check the state's URL and its update_method.",
    507: "Free some space on the server and run the command again.",
}
_LIMIT: Final = 200


def _of_connection(error: Exception) -> Trouble:
    """error: what a wire raised."""
    trouble = explain(error)
    advice = _LOOK.get(trouble.look, _REACH)
    if trouble.lasting and trouble.look is not Look.PATIENCE:
        return Trouble(trouble.words, advice)
    return Unanswered(trouble.words, advice)


def _of_status(status: int, said: str, variables: str) -> Trouble:
    """status: one that the caller has no use for. said: by the server. variables: of the credentials."""
    words = f"the server answered {status_words(status, said)}"
    if status == 429 or status >= 500:
        return Unanswered(words, _STATUSES.get(status, _SERVER))
    if status == 401:
        return Trouble(words, f"Set {variables}, or correct them.")
    if status == 403:
        return Trouble(words, f"{variables} may not do this. At GitLab writing takes a Maintainer.")
    return Trouble(words, _STATUSES.get(status, ""))


def _said_in(body: bytes) -> str:
    """What a reply says, for people: one short line, "" when it says nothing."""
    text = body[:50_000].decode(errors="replace")
    if looks_like_html(text):
        return html_words(text)
    try:
        data = parsed(body)
    except NotJSON:
        return one_line(text, _LIMIT)
    found = (data.get("message") or data.get("error")) if isinstance(data, dict) else data
    return one_line(str(found)[:50_000], _LIMIT) if found else ""
