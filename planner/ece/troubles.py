"""What a failed connection means: whether anything was sent, and the cause in plain words."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected

import requests
from attrs import frozen
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, ProxyError, ReadTimeoutError

from planner.ece.connections import UnusableReply
from planner.ece.plain_text import one_line

_REACH = "Check the endpoint, its port (12443 for TLS, 12400 without), and the network or VPN."
_SLOW = "Set timeout (or EC_TIMEOUT) higher if the installation is slow."
_TRUST = "Set ca_file (or EC_CA_FILE) to the CA certificate of the installation, a PEM file."


@frozen
class Trouble:
    """sent: the request may have reached the server. lasting: another attempt would end the same way."""

    words: str
    advice: str
    sent: bool
    lasting: bool = False


def explain(error: BaseException) -> Trouble:
    """What went wrong between here and the server. error: of a requests adapter, or of reading a reply."""
    causes = list(_causes(error))
    sent = not any(isinstance(cause, _BEFORE) for cause in causes)
    for cause in causes:
        known = _known(cause, sent)
        if known is not None:
            words, advice, lasting = known
            return Trouble(words, advice, sent, lasting)
    return Trouble(one_line(str(error), 200) or type(error).__name__, _REACH, sent)


# Not ssl.SSLError: it may come after the request, as an alert of TLS 1.3 does. Not InvalidHeader: it is about
# the reply's, as two lengths that differ.
_BEFORE = (
    ConnectTimeoutError,
    ProxyError,
    ssl.SSLCertVerificationError,
    socket.gaierror,
    ConnectionRefusedError,
    requests.exceptions.ConnectTimeout,
    requests.exceptions.InvalidURL,
)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """error and what lies under it, innermost first; requests and urllib3 keep it in three places."""
    inner = [*error.args, getattr(error, "reason", None), error.__cause__]
    for item in inner:
        if isinstance(item, BaseException) and item is not error:
            yield from _causes(item)
    yield error


def _known(cause: BaseException, sent: bool) -> tuple[str, str, bool] | None:
    """(words, advice, lasting) of one exception, None when it says nothing by itself."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _certificate(cause)
    if isinstance(cause, ssl.SSLError):
        return _tls(cause)
    if isinstance(cause, _TIMEOUTS):
        return ("no answer in time", _SLOW, False) if sent else ("the connection timed out", _REACH, False)
    if isinstance(cause, UnusableReply):
        return f"the reply cannot be used: {cause}", _REACH, True
    for types, words in _WORDS:
        if isinstance(cause, types):
            return words, _REACH, False
    # The system's own words, as "No route to host", or http.client's, about a proxy.
    if type(cause) is OSError:
        return one_line(cause.strerror or str(cause), 200), _REACH, False
    return None


_TIMEOUTS = (TimeoutError, ReadTimeoutError, requests.exceptions.Timeout)
_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "the host name is not found"),
    (NameResolutionError, "the host name is not found"),
    (ConnectionRefusedError, "the connection was refused"),
    (RemoteDisconnected, "the connection was closed without a reply"),
    (ConnectionError, "the connection was broken"),
    (IncompleteRead, "the reply was cut short"),
    (BadStatusLine, "the reply is not HTTP"),
)


def _certificate(error: ssl.SSLCertVerificationError) -> tuple[str, str, bool]:
    reason = one_line(getattr(error, "verify_message", "") or str(error), 160)
    advice = _TRUST
    if "expired" in reason:
        advice = "Renew the certificate of the installation, and check the clock of this host."
    elif "mismatch" in reason or "not valid for" in reason:
        advice = "Use the host name that the certificate names as the endpoint."
    return f"the certificate is not trusted ({reason})", advice, True


def _tls(error: ssl.SSLError) -> tuple[str, str, bool]:
    reason = (error.reason or "").replace("_", " ").lower()
    if reason in {"wrong version number", "http request"}:
        return "the port does not speak TLS", "Use the TLS port (12443), or http:// for the plain one.", True
    detail = f" ({one_line(reason, 80)})" if reason else ""
    return f"TLS failed{detail}", _REACH, False
