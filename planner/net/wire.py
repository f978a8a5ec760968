"""One request and its reply, through a requests adapter.

And what a failed exchange means: whether anything was sent, and the cause in plain words.
"""

from __future__ import annotations

import io
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, auto
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected
from typing import TYPE_CHECKING, Final

import requests
import urllib3
from attrs import field, frozen
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_environ_proxies
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, ProxyError, ReadTimeoutError

from planner import __version__
from planner.net.address import Address, Origin
from planner.net.bodies import MOST_ELEMENTS, holds_too_many, one_line
from planner.net.connections import Bounds, Endless, PooledAdapter, PreparedRequest, UnusableReply, too_large

if TYPE_CHECKING:
    from typing import Protocol

    class Stream(Protocol):
        """A body that is sent as it is read. send_timeout: seconds that one piece of it may take."""

        content_type: str
        len: int
        send_timeout: float

    Body = bytes | Stream | None

BROKEN: Final = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)
"""What send() raises when the exchange fails; requests lets some classes of urllib3 through."""

MAX_REPLY: Final = 128 * 1024 * 1024
"""Bytes of a reply, unpacked."""
_PIECE: Final = 16 * 1024
_UNPACKED: Final = ("", "identity", "gzip", "x-gzip", "deflate")

_HEADERS: Final = {
    "User-Agent": f"planner/{__version__}",
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
}


class Unsendable(requests.RequestException):
    """The request holds what HTTP has no place for. No text quotes it: it may be a credential."""


@frozen
class Request:
    """One request. timeouts: in seconds, until a connection is there, and between two pieces of a reply.
    json: its reply is read as JSON, so that the elements in it are counted.
    """

    method: str
    address: Address
    timeouts: tuple[float, float]
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    body: Body = field(default=None, repr=False)
    json: bool = True


@frozen
class Received:
    """A reply as it came: headers with names in any case, and the whole body.

    is_whole: False for a refusal whose body did not come to its end; content is empty then.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    is_whole: bool = True

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")


class Wire:
    """Sends requests; safe for many threads when the adapter is.

    The adapter is used without requests.Session: its cookies, redirects and .netrc are all unwanted here.
    size, patience, clock: see Bounds. transport: an adapter to send through instead of the own pool.
    """

    def __init__(
        self,
        *,
        verify: bool | str = True,
        pool_size: int = 1,
        size: int = MAX_REPLY,
        patience: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
        transport: BaseAdapter | None = None,
    ) -> None:
        self._verify, self._size = verify, size
        self._adapter = transport or PooledAdapter(pool_size, Bounds(size, patience, clock))
        self._asks_for_proxies = transport is None
        self._proxies: dict[Origin, dict[str, str]] = {}

    def send(self, request: Request) -> Received:
        """The reply, read to its end; the connection is free again. Raises what BROKEN names."""
        try:
            response = self._adapter.send(
                _prepared(request),
                stream=True,
                timeout=request.timeouts,
                verify=self._verify,
                proxies=self._proxies_to(request.address),
            )
        except ValueError as error:
            if isinstance(error, BROKEN):
                raise
            raise Unsendable("the request holds a character that HTTP has no place for") from None
        return self._received(response, counted=request.json)

    def close(self) -> None:
        self._adapter.close()

    def _proxies_to(self, address: Address) -> dict[str, str]:
        """The proxies that the environment names, none to this machine: even plain http would leave it then.

        Asked once: the environment does not change under a run, and asking costs more than the rest.
        """
        if address.origin not in self._proxies:
            asks = self._asks_for_proxies and not address.is_here
            self._proxies[address.origin] = dict(get_environ_proxies(address.url)) if asks else {}
        return self._proxies[address.origin]

    def _received(self, response: requests.Response, *, counted: bool) -> Received:
        try:
            content = _content(response, self._size)
            if counted and holds_too_many(content):
                raise UnusableReply(f"it holds more than {MOST_ELEMENTS} elements")
        except BROKEN:
            response.close()
            if response.status_code < 400:
                raise
            # The refusal arrived, only its explanation is lost.
            return Received(response.status_code, response.headers, b"", is_whole=False)
        return Received(response.status_code, response.headers, content)


def _prepared(request: Request) -> PreparedRequest:
    # Filled in by hand: every part is known to be in order, and PreparedRequest.prepare() costs more than
    # all the rest of a call.
    prepared = PreparedRequest()
    prepared.method, prepared.address, prepared.url = request.method, request.address, request.address.url
    prepared.body = request.body  # type: ignore[assignment]  # requests sends any stream
    prepared.headers = CaseInsensitiveDict({**_HEADERS, **_describing(request), **request.headers})
    return prepared


def _describing(request: Request) -> Mapping[str, str]:
    body = request.body
    if isinstance(body, bytes):
        return {"Content-Type": "application/json", "Content-Length": str(len(body))}
    if body is not None:
        return {"Content-Type": body.content_type, "Content-Length": str(body.len)}
    return {} if request.method in {"GET", "HEAD"} else {"Content-Length": "0"}


def _content(response: requests.Response, most: int) -> bytes:
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    if "," in coding:
        raise UnusableReply("it is compressed more than once")
    if coding not in _UNPACKED:  # others unpack to a million times their size at once
        raise UnusableReply("it is compressed in a way that was not asked for")
    found = io.BytesIO()
    for piece in response.iter_content(_PIECE):
        found.write(piece)
        if found.tell() > most:
            raise too_large(most)
    return found.getvalue()


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
    """Why there is no reply. sent: the request may have reached the server. lasting: another attempt would
    end the same way.
    """

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
