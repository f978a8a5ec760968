"""HTTP to a forge: JSON there and back, asked again when that may help, never a token to another host."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

from attrs import frozen

from planner.forge.connection import Call, Reply, whole_number
from planner.forge.port import Forge, ForgeError, ReplyLost, Target
from planner.forge.registry import KINDS
from planner.model.known_secrets import known_secrets
from planner.net.address import Elsewhere, address_of, led_to, onward
from planner.net.bodies import NotJSON, html_words, looks_like_html, one_line, parsed, status_words
from planner.net.dates import retry_after, sensible, server_clock
from planner.net.wire import BROKEN, Look, Received, Request, Wire, explain

_TIMEOUTS: Final = (10.0, 60.0)
"""Seconds until a connection is there, and between two pieces of a reply."""

_PATIENCE: Final = 3.0
"""A whole exchange may last three minutes."""

_LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a reply."""

_PAGES: Final = 1000
_REDIRECTS: Final = 5
_REACH: Final = "Check the address (--api-url) and the network."
_TRUST: Final = "Name the file of its authority in REQUESTS_CA_BUNDLE or SSL_CERT_FILE."
_LOOK: Final[Mapping[Look, str]] = {
    Look.PROXY: f"{_REACH} Check HTTPS_PROXY and NO_PROXY too.",
    Look.AUTHORITY: _TRUST,
    Look.EXPIRY: f"{_TRUST} Check the clock of this machine.",
    Look.HOST_NAME: "Give the host name that the certificate names as --api-url.",
    Look.CREDENTIALS: "Correct the token.",
}
_AGAIN: Final = "Run it again later."
_LOCKED: Final = re.compile(r"\blocked\b", re.IGNORECASE)
_UNLOCK: Final = (
    "Its conversation is locked, whatever the token may do: unlock it, or use the token of an account that "
    "may write to the repository."
)
_LIMIT: Final = 300
"""Characters of what a forge says."""

_SAYING: Final = ("message", "error_description", "error", "errors", "detail", "code", "field")
_AS_IT_CAME: Final = "surrogateescape"
"""What is no UTF-8 in a variable or an argument goes into a URL byte by byte."""

_NO_API: Final = "Check that --api-url is the address of the API, and the token."
_ATTEMPTS: Final = 5
_FIRST_PAUSE, _LONGEST_PAUSE, _LONGEST_ASKED, _WAITED_IN_ALL = 1.0, 20.0, 120.0, 240.0
"""Seconds: two pauses of ours, the longest that a forge may ask for, and how long one call waits in all."""

_SECONDARY: Final = 60.0
"""Seconds that GitHub wants after a secondary limit that names no time."""

_EPOCH: Final = 1_000_000_000.0
"""RateLimit-Reset is seconds since 1970 at GitHub and GitLab, seconds from now in the draft of the IETF."""


@frozen
class Pauses:
    """The clocks, so that tests need not wait. now: seconds since the epoch. random: from 0 to 1."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    random: Callable[[], float] = random.random


class Client:
    """A client of one forge, not for two threads at once. Neither cookies nor .netrc."""

    def __init__(self, target: Target, pauses: Pauses, tell: Callable[[str], object]) -> None:
        """tell: takes a line for people whenever they have to wait."""
        self.pauses = pauses
        self._target, self._kind = target, KINDS[target.forge]
        self._tell = tell
        self._home = address_of(target.api)
        self._name = self._kind.facts.name
        self._who = f"{self._name} at {self._home.place}"
        verify = target.ca_file or True
        self._wire = Wire(verify=verify, size=_LARGEST, patience=_PATIENCE, clock=pauses.clock)

    def at(self, *segments: str, query: Mapping[str, str] | None = None) -> str:
        """A URL below the root. segments: of the path, as they are; query: as well."""
        path = "/".join(quote(segment, safe="", errors=_AS_IT_CAME) for segment in segments)
        return f"{self._target.api}/{path}" + (f"?{urlencode(query, errors=_AS_IT_CAME)}" if query else "")

    def get(self, url: str, failure: str) -> Any:
        return self.call(Call("GET", url, failure)).data

    def items(self, data: Any, failure: str) -> list[dict[str, Any]]:
        """The objects of a list. ForgeError for anything else, which must not pass for an empty one."""
        if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
            raise self.misread(Call("GET", "", failure))
        return data

    def pages(self, url: str, failure: str, next_of: Callable[[Reply], str]) -> Iterator[Reply]:
        """The page at url and those after it. next_of: the URL of the page after one, "" after the last."""
        seen: set[str] = set()
        while url and url not in seen:
            if len(seen) >= _PAGES:
                raise ForgeError(f"{failure}: {self._name} gives more than {_PAGES} pages")
            seen.add(url)
            reply = self.call(Call("GET", url, failure))
            yield reply
            following = next_of(reply)
            url = self._own(url, following, failure) if following else ""

    def call(self, call: Call) -> Reply:
        """The reply, a good one. ForgeError; ReplyLost when call makes something and may have done it."""
        attempt, waited = 0, 0.0
        while True:
            attempt += 1
            found = self._attempt(call)
            if isinstance(found, Reply):
                return found
            pause = pause_after(attempt, waited, found.asked, self.pauses.random())
            if found.lasting or pause is None:
                raise found.error
            self._tell(f"{found.error.summary}; trying again in {max(1, round(pause))} s")
            self.pauses.sleep(pause)
            waited += pause

    def _attempt(self, call: Call) -> Reply | _Failure:
        try:
            received = self._exchange(call)
        except BROKEN as error:
            return self._unreached(call, error)
        data = _json(received.content)
        if received.status >= 300:
            return self._refused(call, received, data)
        if data is None and received.status != 204:
            return self._not_understood(call, received)
        return Reply(received.status, received.headers, data)

    # One request and its reply

    def _exchange(self, call: Call) -> Received:
        url = call.url
        for _ in range(_REDIRECTS):
            received = self._once(call, url)
            onward = self._onward(call, url, received)
            if not onward:
                return received
            url = onward
        return received

    def _once(self, call: Call, url: str) -> Received:
        body = None if call.body is None else json.dumps(call.body).encode()
        headers = self._kind.headers(self._target.credentials)
        return self._wire.send(Request(call.method, address_of(url), _TIMEOUTS, headers, body))

    def _onward(self, call: Call, url: str, received: Received) -> str:
        """Where the request goes on to, "" for nowhere. GitHub redirects for repositories that were
        renamed.
        """
        follows = (301, 302, 303, 307, 308) if call.method == "GET" else (307, 308)
        location = received.headers.get("Location", "")
        if received.status not in follows or not location:
            return ""
        return self._own(url, location, call.failure)

    def _own(self, url: str, to: str, failure: str) -> str:
        """Where the reply from url sends on to. ForgeError for elsewhere: the token would go with it."""
        try:
            return onward(to, address_of(url), self._home).url
        except Elsewhere as error:
            raise ForgeError(
                f"{failure}: {self._who} sends on to {error.shown}",
                advice="The token is not sent to another host. If it moved there, give that as --api-url.",
            ) from None

    # What went wrong

    def _unreached(self, call: Call, error: Exception) -> _Failure:
        trouble = explain(error)
        kind = ReplyLost if call.makes and trouble.sent else ForgeError
        summary = f"{call.failure}: {self._who}: {self._discreet(trouble.words)}"
        advice = _LOOK.get(trouble.look, _REACH)
        return _Failure(kind(summary, advice=advice), lasting=trouble.lasting or kind is ReplyLost)

    def _refused(self, call: Call, received: Received, data: Any) -> _Failure:
        said = self._discreet(_said_in(received.text, data))
        status, headers = received.status, received.headers
        summary = f"{call.failure}: {self._who} answered {status_words(status, said)}"
        if is_limited(status, headers, said, self.pauses.now()):
            wait = asked_wait(status, headers, self.pauses.now())
            when = "later" if wait is None else f"after {clock_time(self.pauses.now() + wait)}"
            error = ForgeError(summary, status=status, said=said, advice=f"Run it again {when}.")
            return _Failure(error, asked=wait)
        if status >= 500 or status == 408:
            kind = ReplyLost if call.makes else ForgeError
            return _Failure(kind(summary, status=status, said=said, advice=_AGAIN), lasting=kind is ReplyLost)
        if 300 <= status < 400:
            to = led_to(headers.get("Location", ""), self._home)
            summary += f" and sends on to {f'{to.scheme}://{to.host}' if to else 'another place'}"
        locked = status == HTTPStatus.FORBIDDEN and _LOCKED.search(said)
        advice = _UNLOCK if locked else self._kind.advice.get(status, "")
        return _Failure(ForgeError(summary, status=status, said=said, advice=advice), lasting=True)

    def _not_understood(self, call: Call, received: Received) -> _Failure:
        # Azure DevOps answers a token that it does not know with 203 and its page to sign in.
        is_page = looks_like_html(received.content)
        what = "a web page" if is_page else "something else"
        summary = f"{call.failure}: {self._who} answered with {what} instead of JSON"
        kind = ReplyLost if call.makes and not is_page else ForgeError
        return _Failure(kind(summary, advice=_NO_API), lasting=True)

    def misread(self, call: Call) -> ForgeError:
        """The error for a good reply whose JSON is not what it should be."""
        kind = ReplyLost if call.makes else ForgeError
        return kind(f"{call.failure}: the reply of {self._who} is not understood")

    def about_another(self, call: Call) -> ReplyLost:
        """The error for a good reply that is about something else than what call made or changed."""
        return ReplyLost(f"{call.failure}: {self._who} answered with another than was asked for")

    def _discreet(self, text: str) -> str:
        return known_secrets(self._target.credentials.secrets).redact(text, "(hidden)")


@frozen
class _Failure:
    """A request to a forge that did not work. asked: seconds to wait before another attempt."""

    error: ForgeError
    lasting: bool = False
    asked: float | None = None


def _json(body: bytes) -> Any:
    try:
        return parsed(body)
    except NotJSON:
        return None


def _said_in(text: str, data: Any) -> str:
    """What an error says, for people: one line. data: text as JSON, None when it is none."""
    if data is not None:
        return one_line("; ".join(dict.fromkeys(_texts(data, 0))), _LIMIT)
    return html_words(text) if looks_like_html(text) else one_line(text, _LIMIT)


def _texts(data: Any, depth: int) -> Iterator[str]:
    """The forges nest what they say in lists and objects; GitLab goes by the names of the fields."""
    if isinstance(data, str) and data:
        yield data
    elif isinstance(data, list) and depth < 4:
        for item in data[:10]:
            yield from _texts(item, depth + 1)
    elif isinstance(data, dict) and depth < 4:
        known = [data[name] for name in _SAYING if name in data]
        for item in known or (list(data.values())[:10] if depth else []):
            yield from _texts(item, depth + 1)


def pause_after(attempt: int, waited: float, asked: float | None, random: float) -> float | None:
    """Seconds to wait after attempt (from 1), None to give up. asked: seconds the forge asked for.

    Else it is exponential backoff with jitter: half to all of what doubles with each attempt. random: 0 to 1.
    """
    if attempt >= _ATTEMPTS or (asked is not None and asked > _LONGEST_ASKED):
        return None
    backoff = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (attempt - 1)) * (0.5 + random / 2)
    pause = backoff if asked is None else asked
    return pause if waited + pause <= _WAITED_IN_ALL else None


def is_limited(status: int, headers: Mapping[str, str], said: str, now: float) -> bool:
    """Whether a refusal is for asking too often. GitHub says 403 to that too. now: since the epoch."""
    if status == 429:
        return True
    words = said.lower()
    return status == 403 and (
        retry_after(headers, now) is not None  # what makes no sense is none
        or headers.get("X-RateLimit-Remaining") == "0"
        or "rate limit" in words
        or "abuse detection" in words
    )


def asked_wait(status: int, headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that a refusal for asking too often wants, None when it does not say. now: since the epoch."""
    after = retry_after(headers, now)
    if after is not None:
        return after
    for name in ("X-RateLimit-Reset", "RateLimit-Reset"):
        reset = whole_number(headers.get(name, ""), 11)
        # A secondary limit carries the reset of the primary one, which has nothing to do with it.
        if reset is not None and headers.get("X-RateLimit-Remaining", "0") == "0":
            return sensible(reset - server_clock(headers, now) if reset > _EPOCH else reset)
    return _SECONDARY if status == 403 else None


def clock_time(seconds: float) -> str:
    """ "14:05 UTC". seconds: since the epoch."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M UTC")


def connect(
    target: Target, *, pauses: Pauses | None = None, tell: Callable[[str], object] = lambda _: None
) -> Forge:
    """Nothing is sent yet. target: as locating.py makes it. tell: takes a line for those who have to wait."""
    client = Client(target, pauses or Pauses(), tell)
    return KINDS[target.forge].connected(target, client)
