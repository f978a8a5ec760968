"""Why the server did not do it, in words of ours, with what to do about it."""

from __future__ import annotations

import html
import json
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected
from typing import Final

import requests
from urllib3.exceptions import NameResolutionError, ReadTimeoutError

from planner.errors import StateError

_REACH: Final = "Check the state's URL and the network, and that the server is running."
_TRUST: Final = "Name the file of its authority in REQUESTS_CA_BUNDLE."
_TITLE: Final = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_LIMIT: Final = 200


class Trouble(Exception):
    """What the server did instead, as a phrase for after a colon, and what to do about it."""

    def __init__(self, words: str, advice: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.advice = advice


class Unanswered(Trouble):
    """It may pass, and what was asked may have been done. after: seconds that the server asked to wait."""

    def __init__(self, words: str, advice: str = "", after: float = 0.0) -> None:
        super().__init__(words, advice)
        self.after = after


@contextmanager
def explained(shown: str, doing: str) -> Iterator[None]:
    """Turn Trouble into a StateError: "<shown> cannot be <doing>: <words>", with advice."""
    try:
        yield
    except Trouble as trouble:
        raise StateError(f"{shown} cannot be {doing}: {trouble.words}", advice=trouble.advice) from trouble


def of_connection(error: Exception) -> Trouble:
    """error: what requests raised."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Trouble(f"the certificate is not trusted ({cause.verify_message})", _TRUST)
        if isinstance(cause, ssl.SSLError) and "WRONG_VERSION" in (cause.reason or ""):
            return Trouble("the port does not speak TLS", "Check the port in the state's URL.")
    for cause in causes:
        for types, words in _WORDS:
            if isinstance(cause, types):
                return Unanswered(words, _REACH)
    return Unanswered(one_line(str(causes[0])) or type(error).__name__, _REACH)


_WORDS: Final[tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...]] = (
    ((socket.gaierror, NameResolutionError), "the host name is not found"),
    (ConnectionRefusedError, "the connection was refused"),
    ((TimeoutError, ReadTimeoutError, requests.exceptions.Timeout), "no answer in time"),
    (RemoteDisconnected, "the connection was closed without a reply"),
    (IncompleteRead, "the reply was cut short"),
    (BadStatusLine, "the reply is not HTTP"),
    (ConnectionError, "the connection was broken"),
)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """error and what lies under it, innermost first; requests and urllib3 keep it in three places."""
    for item in (*error.args, getattr(error, "reason", None), error.__cause__):
        if isinstance(item, BaseException) and item is not error:
            yield from _causes(item)
    yield error


def of_status(status: int, said: str, variables: str) -> Trouble:
    """status: one that the caller has no use for. said: by the server. variables: of the credentials."""
    words = f"the server answered {named(status, said)}"
    if status == 429 or status >= 500:
        return Unanswered(words, _STATUSES.get(status, _SERVER))
    if status == 401:
        return Trouble(words, f"Set {variables}, or correct them.")
    if status == 403:
        return Trouble(words, f"{variables} may not do this. At GitLab writing takes a Maintainer.")
    return Trouble(words, _STATUSES.get(status, ""))


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


def named(status: int, said: str) -> str:
    """ "409 Conflict: what the server said"."""
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
    words = f"{status} {phrase}".strip()
    return words if said in ("", phrase, words) else f"{words}: {said}"


def said_in(body: bytes) -> str:
    """What a reply says, for people: one short line, "" when it says nothing."""
    text = body[:50_000].decode(errors="replace")
    if is_page(body):
        title = _TITLE.search(text)
        return one_line(html.unescape(title[1])) if title else ""
    try:
        data = json.loads(text)
    except ValueError:
        return one_line(text)
    found = (data.get("message") or data.get("error")) if isinstance(data, dict) else data
    return one_line(str(found)) if found else ""


def is_page(body: bytes) -> bool:
    return body.lstrip()[:1] == b"<"


def one_line(text: str) -> str:
    """text without anything that a terminal would obey, cut off."""
    shown = "".join(char if char.isprintable() else " " for char in text[: _LIMIT * 5])
    shown = " ".join(shown.split())
    return shown if len(shown) <= _LIMIT else f"{shown[: _LIMIT - 1].rstrip()}…"
