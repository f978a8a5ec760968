"""What a failed exchange means: whether anything was sent, and the cause in plain words."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from enum import Enum, auto
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected
from typing import Final

import requests
from attrs import frozen
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, ProxyError, ReadTimeoutError

from planner.net.connections import Endless, UnusableReply
from planner.net.plain_text import one_line
from planner.net.wire import Unsendable


class Look(Enum):
    """What to look at: each client names its own settings for it."""

    PLACE = auto()  # the address, the network, whether the server runs
    PROXY = auto()
    PATIENCE = auto()  # how long one waits
    AUTHORITY = auto()  # whose certificates are trusted
    EXPIRY = auto()  # of the certificate, and the clock
    HOST_NAME = auto()  # which the certificate does not name
    SCHEME = auto()  # TLS or not
    CREDENTIALS = auto()


@frozen
class Trouble:
    """sent: the request may have reached the server. lasting: another attempt would end the same way."""

    words: str
    look: Look
    sent: bool
    lasting: bool = False


def explain(error: BaseException) -> Trouble:
    """What went wrong between here and the server. error: of a requests adapter, or of reading a reply."""
    causes = list(causes_of(error))
    sent = not any(isinstance(cause, _BEFORE) for cause in causes)
    for cause in causes:
        known = _known(cause, sent)
        if known is not None:
            words, look, lasting = known
            return Trouble(words, look, sent, lasting)
    return Trouble(one_line(str(error), 200) or type(error).__name__, Look.PLACE, sent)


# Not ssl.SSLError: it may come after the request, as an alert of TLS 1.3 does. Not InvalidHeader: it is about
# the reply's, as two lengths that differ.
_BEFORE: Final = (
    ConnectTimeoutError,
    ProxyError,
    ssl.SSLCertVerificationError,
    socket.gaierror,
    ConnectionRefusedError,
    Unsendable,
    requests.exceptions.ConnectTimeout,
    requests.exceptions.InvalidURL,
)


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """error and what lies under it, innermost first; requests and urllib3 keep it in three places."""
    inner = [*error.args, getattr(error, "reason", None), error.__cause__]
    for item in inner:
        if isinstance(item, BaseException) and item is not error:
            yield from causes_of(item)
    yield error


Known = tuple[str, Look, bool]


def _known(cause: BaseException, sent: bool) -> Known | None:
    """(words, look, lasting) of one exception, None when it says nothing by itself."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _certificate(cause)
    if isinstance(cause, ssl.SSLError):
        return _tls(cause)
    if isinstance(cause, Endless):
        return "the reply does not end", Look.PATIENCE, True
    if isinstance(cause, _TIMEOUTS):
        words = "no answer in time" if sent else "the connection timed out"
        return words, Look.PATIENCE if sent else Look.PLACE, False
    if isinstance(cause, UnusableReply):
        return f"the reply cannot be used: {cause}", Look.PLACE, True
    if isinstance(cause, Unsendable):
        return str(cause), Look.CREDENTIALS, True
    for types, words, look in _WORDS:
        if isinstance(cause, types):
            return words, look, False
    # The system's own words, as "No route to host", or http.client's, about a proxy.
    if type(cause) is OSError:
        return one_line(cause.strerror or str(cause), 200), Look.PLACE, False
    return None


_TIMEOUTS: Final = (TimeoutError, ReadTimeoutError, requests.exceptions.Timeout)
_WORDS: Final[tuple[tuple[type[BaseException], str, Look], ...]] = (
    (socket.gaierror, "the host name is not found", Look.PLACE),
    (NameResolutionError, "the host name is not found", Look.PLACE),
    (ConnectionRefusedError, "the connection was refused", Look.PLACE),
    (RemoteDisconnected, "the connection was closed without a reply", Look.PLACE),
    (ConnectionError, "the connection was broken", Look.PLACE),
    (IncompleteRead, "the reply was cut short", Look.PLACE),
    (BadStatusLine, "the reply is not HTTP", Look.PLACE),
    (ProxyError, "the proxy does not let it through", Look.PROXY),
)


def _certificate(error: ssl.SSLCertVerificationError) -> Known:
    reason = one_line(getattr(error, "verify_message", "") or str(error), 160)
    look = Look.AUTHORITY
    if "expired" in reason:
        look = Look.EXPIRY
    elif "mismatch" in reason or "not valid for" in reason:
        look = Look.HOST_NAME
    return f"the certificate is not trusted ({reason})", look, True


def _tls(error: ssl.SSLError) -> Known:
    reason = (error.reason or "").replace("_", " ").lower()
    if reason in {"wrong version number", "http request"}:
        return "the port does not speak TLS", Look.SCHEME, True
    detail = f" ({one_line(reason, 80)})" if reason else ""
    return f"TLS failed{detail}", Look.PLACE, False
