"""Addresses: the one parser of them.

Two parsers may read one text differently, and a token then goes where the other one says. So a text is taken
apart here, once, by a grammar that is narrower than RFC 3986; every decision is about the parts, and what is
sent is written anew from the same parts.
"""

from __future__ import annotations

import re
from enum import Enum
from ipaddress import IPv6Address, ip_address
from typing import Final, NoReturn
from urllib.parse import quote

from attrs import evolve, frozen

Origin = tuple[str, str, int]
_PORTS: Final = {"http": 80, "https": 443}

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PLACE: Final = re.compile(
    r"(?:(?P<user>[^/?#]*)@)?(?P<host>\[[^\]/?#@]*\]|[^:/?#@\[\]]*)(?::(?P<port>[^/?#@]*))?(?P<rest>[/?#].*|)"
)
_USER: Final = re.compile(r"^((?:[A-Za-z][A-Za-z0-9+.-]*:)?//)[^/?#\\]*@")
_NAME: Final = re.compile(r"[a-z0-9_.-]{1,255}")
_ODD: Final = re.compile(r"[\s\\\x00-\x20\x7f-\x9f\ud800-\udfff]")
_KEPT: Final = "!$%&'()*+,/:;=?@[]~"
"""Besides letters, digits and -._: what a path and a query hold as it is. A % is what somebody quoted."""


class Flaw(Enum):
    CREDENTIALS = "holds credentials"
    NOT_HTTP = "is not an http or https URL"
    MORE = "holds more than an address"
    UNCLEAR = "is not understood"


class NoAddress(ValueError):
    """A text is no address, or none that may be asked. flaw: for after the name of what the text is. No
    message quotes the text: it may hold secrets.
    """

    def __init__(self, flaw: Flaw, why: str = "") -> None:
        super().__init__(f"{flaw.value}: {why}" if why else flaw.value)
        self.flaw = flaw


class Elsewhere(Exception):
    """A reply sends on to another place. shown: that, without path and query, which may hold secrets."""

    def __init__(self, shown: str) -> None:
        super().__init__(shown)
        self.shown = shown


@frozen
class Address:
    """An http or https URL, taken apart. host: in lower case, IPv6 without brackets. path, query: as they are
    sent; the query without "?".
    """

    scheme: str
    host: str
    port: int | None
    path: str
    query: str = ""

    @property
    def origin(self) -> Origin:
        return self.scheme, self.host, self.port_or_usual

    @property
    def port_or_usual(self) -> int:
        return _PORTS[self.scheme] if self.port is None else self.port

    @property
    def place(self) -> str:
        """host and port, for messages and for the URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    @property
    def target(self) -> str:
        """What the first line of a request names."""
        return f"{self.path or '/'}?{self.query}" if self.query else self.path or "/"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.place}{self.path}" + (f"?{self.query}" if self.query else "")

    @property
    def is_here(self) -> bool:
        """Whether it is this machine, so that what is sent to it stays here, and goes through no proxy."""
        return is_loopback(self.host)

    @property
    def in_the_clear(self) -> bool:
        """Whether others could read what is sent to it."""
        return self.scheme == "http" and not self.is_here


def address_of(text: str) -> Address:
    """NoAddress for anything but http(s)://host[:port][/path][?query]. A # is more than an address."""
    if _ODD.search(text):
        raise NoAddress(Flaw.NOT_HTTP if "\\" in text else Flaw.MORE)
    scheme = _SCHEME.match(text)
    if scheme is None or scheme[1].lower() not in _PORTS or text[scheme.end() :][:2] != "//":
        raise NoAddress(Flaw.NOT_HTTP)
    return _placed(scheme[1].lower(), text[scheme.end() + 2 :])


def base_of(text: str) -> Address:
    """As `address_of`, for what more is added to: NoAddress also for a query."""
    found = address_of(text)
    if found.query:
        raise NoAddress(Flaw.MORE)
    return found


def _placed(scheme: str, text: str) -> Address:
    found = _PLACE.fullmatch(text)
    if found is None:
        raise NoAddress(Flaw.UNCLEAR, "its host is none")
    if found["user"] is not None:
        raise NoAddress(Flaw.CREDENTIALS)
    if not found["host"]:
        raise NoAddress(Flaw.NOT_HTTP)
    rest, hash_, _ = found["rest"].partition("#")
    if hash_:
        raise NoAddress(Flaw.MORE)
    path, _, query = rest.partition("?")
    return Address(scheme, _host(found["host"]), _port(found["port"]), _quoted(path), _quoted(query))


def _host(text: str) -> str:
    if text.startswith("["):
        return _ipv6(text[1:-1])
    host = text.lower() if text.isascii() else _ascii(text)
    return host if _NAME.fullmatch(host) else _no_host()


def _ipv6(text: str) -> str:
    try:
        found = IPv6Address(text)
    except ValueError:
        return _no_host()
    return _no_host() if found.scope_id else found.compressed


def _ascii(host: str) -> str:
    import idna  # noqa: PLC0415 - hardly any host needs it

    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return _no_host()


def _no_host() -> NoReturn:
    raise NoAddress(Flaw.UNCLEAR, "its host is none")


def _port(text: str | None) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) < 65536):
        raise NoAddress(Flaw.UNCLEAR, "its port is none")
    return int(text)


def _quoted(text: str) -> str:
    return quote(text, safe=_KEPT)


def onward(text: str, at: Address, home: Address) -> Address:
    """Where a reply from at sends on to with text: a Location, a Link, the address of a next page or a file.

    The credentials go along, so it has to be at home: Elsewhere for any other scheme, host or port, and for
    what is no address at all.
    """
    try:
        found = _seen_from(at, text.partition("#")[0])
    except NoAddress:
        raise Elsewhere("another place") from None
    if found.origin != home.origin:
        raise Elsewhere(f"{found.scheme}://{found.host}")
    return found


def led_to(text: str, at: Address) -> Address | None:
    """The address that a reply from `at` names, to be shown, never asked: without the credentials in text.

    None for what is no address.
    """
    try:
        return _seen_from(at, _USER.sub(r"\1", text.partition("#")[0]))
    except NoAddress:
        return None


def _seen_from(at: Address, text: str) -> Address:
    """A reference of RFC 3986, 4.1. NoAddress."""
    if _ODD.search(text):
        raise NoAddress(Flaw.MORE)
    if _SCHEME.match(text):
        return address_of(text)
    if text.startswith("//"):
        return _placed(at.scheme, text[2:])
    path, mark, query = text.partition("?")
    if not path:
        return evolve(at, query=_quoted(query) if mark else at.query)
    base = "" if path.startswith("/") else at.path.rpartition("/")[0] + "/"
    return evolve(at, path=_quoted(base + path), query=_quoted(query))


def is_loopback(host: str) -> bool:
    """host: of an Address. 127.0.0.0/8, ::1, and the names that RFC 6761 keeps for this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
