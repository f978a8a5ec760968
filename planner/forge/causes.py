"""Why there was no good reply, in words of ours."""

from __future__ import annotations

import html
import re
import socket
import ssl
from collections.abc import Iterator
from http import HTTPStatus
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected
from typing import Any, Final

import requests
from attrs import frozen
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, ProxyError, ReadTimeoutError

_LIMIT: Final = 300
_TITLE: Final = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_SAYING: Final = ("message", "error_description", "error", "errors", "detail", "code", "field")


@frozen
class Trouble:
    """sent: the request may have arrived. lasting: another attempt would end the same way."""

    words: str
    sent: bool
    lasting: bool = False


def of_connection(error: Exception) -> Trouble:
    """error: what requests raised."""
    causes = list(_causes(error))
    sent = not any(isinstance(cause, _BEFORE) for cause in causes)
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Trouble(
                f"its certificate is not trusted ({cause.verify_message})", sent=False, lasting=True
            )
        if isinstance(cause, ssl.SSLError) and "WRONG_VERSION" in (cause.reason or ""):
            return Trouble("the port does not speak TLS", sent=False, lasting=True)
    for cause in causes:
        for types, words in _WORDS:
            if isinstance(cause, types):
                return Trouble(words, sent)
    return Trouble(one_line(str(causes[0])) or type(error).__name__, sent)


_BEFORE: Final = (
    ConnectTimeoutError,
    ProxyError,
    ssl.SSLCertVerificationError,
    socket.gaierror,
    ConnectionRefusedError,
    requests.exceptions.ConnectTimeout,
    requests.exceptions.InvalidURL,
)
_WORDS: Final[tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...]] = (
    (ProxyError, "the proxy does not let it through"),
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


def status_words(status: int, said: str) -> str:
    """ "403 Forbidden: what the forge said"."""
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
    return " ".join(filter(None, (str(status), phrase))) + (f": {said}" if said and said != phrase else "")


def said_in(body: bytes, data: Any) -> str:
    """What an error says, for people: one line. data: body as JSON, None when it is none."""
    if data is not None:
        return one_line("; ".join(dict.fromkeys(_texts(data, 0))))
    text = body[:50_000].decode(errors="replace")
    if is_page(body):
        title = _TITLE.search(text)
        return one_line(html.unescape(title[1])) if title else ""
    return one_line(text)


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


def is_page(body: bytes) -> bool:
    return body.lstrip()[:1] == b"<"


def one_line(text: str) -> str:
    """text without anything that a terminal would obey, cut off."""
    shown = "".join(char if char.isprintable() else " " for char in text[: _LIMIT * 5])
    shown = " ".join(shown.split())
    return shown if len(shown) <= _LIMIT else f"{shown[: _LIMIT - 1].rstrip()}…"
