"""One request and its reply, and asking again when there was none."""

from __future__ import annotations

import hashlib
import time
from base64 import b64encode
from collections.abc import Callable, Collection
from http.cookiejar import DefaultCookiePolicy
from typing import Final, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3
from attrs import frozen
from requests.utils import get_environ_proxies

from planner import __version__
from planner.state.http.causes import Trouble, Unanswered, of_connection, of_status, said_in
from planner.state.http.target import Access, Endpoint

T = TypeVar("T")

_TIMEOUTS: Final = (10.0, 60.0)
"""Seconds until a connection is there, and between two pieces of a reply."""

_PAUSES: Final = (0.2, 1.0, 3.0, 6.0)
_LASTING: Final = 60.0
"""Pauses before further attempts, none of which begins later than this; in seconds."""

_LONGEST_ASKED: Final = 30.0
_BROKEN: Final = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)


@frozen
class Reply:
    """etag: a strong one, "" when there is none. said: what an error says, for people."""

    status: int
    body: bytes
    etag: str = ""
    said: str = ""


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - not needed
        """None: requests reads the address even where it is not to be followed, and fails on an odd one."""
        return None


class Wire:
    """Not for two threads at once. Neither cookies nor .netrc nor redirects: they are unwanted here."""

    def __init__(
        self,
        access: Access,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._access = access
        self._sleep = sleep
        self._clock = clock
        self._reached = False
        self._session = _Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update(
            {"User-Agent": f"planner/{__version__}", "Accept": "application/json, */*"}
        )
        if access.username:
            pair = f"{access.username}:{access.password}".encode()
            self._session.headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
        self._session.verify = access.ca_file or True

    def send(
        self, to: Endpoint, expected: Collection[int], body: bytes | None = None, etag: str = ""
    ) -> Reply:
        """The reply, whose status is one that is expected. Trouble, of which Unanswered may pass."""
        try:
            response = self._session.request(
                to.method,
                to.url,
                data=body,
                headers=_headers(body, etag),
                timeout=_TIMEOUTS,
                proxies=dict(get_environ_proxies(to.url)),
                allow_redirects=False,
            )
        except _BROKEN as error:
            raise of_connection(error) from error
        self._reached = True
        reply = self._reply(response)
        if reply.status in expected:
            return reply
        raise self._unexpected(reply, response)

    def _reply(self, response: requests.Response) -> Reply:
        etag = response.headers.get("ETag", "")
        said = said_in(response.content) if response.status_code >= 400 else ""
        if self._access.password:
            said = said.replace(self._access.password, "(hidden)")
        return Reply(response.status_code, response.content, "" if etag.startswith("W/") else etag, said)

    def _unexpected(self, reply: Reply, response: requests.Response) -> Trouble:
        location = response.headers.get("Location")
        if 300 <= reply.status < 400 and location:
            return Trouble(
                f"the server sends on to {_without_secrets(location)}",
                "Write the address that it moved to as the state's URL.",
            )
        trouble = of_status(reply.status, reply.said, self._access.variables)
        asked = response.headers.get("Retry-After", "")
        if isinstance(trouble, Unanswered) and asked.isdecimal():
            trouble.after = min(float(asked), _LONGEST_ASKED)
        return trouble

    def persist(self, work: Callable[[], T]) -> T:
        """work(), again while it is Unanswered. It has to come to the same when done twice.

        A server that was never reached is asked once more only.
        """
        ends = self._clock() + _LASTING
        for number, pause in enumerate(_PAUSES):
            try:
                return work()
            except Unanswered as trouble:
                wait = max(pause, trouble.after)
                if self._clock() + wait >= ends or (number and not self._reached):
                    raise
            self._sleep(wait)
        return work()


def _without_secrets(url: str) -> str:
    """A URL without user and query, or as much of it as is understood."""
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.hostname}{parts.path}" if parts.hostname else parts.path
    except ValueError:
        return "an address that is none"


def _headers(body: bytes | None, etag: str) -> dict[str, str]:
    headers = {"If-Match": etag} if etag else {}
    if body is not None:
        md5 = hashlib.md5(body, usedforsecurity=False).digest()
        headers |= {"Content-Type": "application/json", "Content-MD5": b64encode(md5).decode()}
    return headers
