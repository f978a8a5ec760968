"""What comes back: replies, and the error replies of the API and of the gateways before it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
from attrs import frozen

from planner.ece.plain_text import html_words, looks_like_html, one_line

_VERSION = "x-cloud-resource-version"
_CREATED = "x-cloud-resource-created"
_LAST_MODIFIED = "x-cloud-resource-last-modified"
_CODES = "x-cloud-error-codes"


@frozen
class Reply:
    """A successful reply. headers: names in any case. body: parsed JSON, None for an empty body."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def version(self) -> str | None:
        return self.headers.get(_VERSION)

    @property
    def created(self) -> str | None:
        """ISO 8601, as the server writes it."""
        return self.headers.get(_CREATED)

    @property
    def last_modified(self) -> str | None:
        """ISO 8601, as the server writes it."""
        return self.headers.get(_LAST_MODIFIED)

    @property
    def date(self) -> datetime | None:
        """What the server's own clock showed."""
        return http_date(self.headers.get("Date", ""))


def http_date(value: str) -> datetime | None:
    """A date of a header (RFC 9110, 5.6.7), aware; None for what is none."""
    try:
        found = parsedate_to_datetime(value)
    except ValueError:
        return None
    # "-0000" is UTC from a host that does not know its zone: the parser leaves it naive.
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@frozen
class Received:
    """A reply as it came: headers with names in any case, and the whole body."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")


class NotJSON(ValueError):
    """The body of a reply is something else than JSON."""


_NESTS = (dict, list)
_DEEPEST = 100
"""Levels; what nests deeper is no answer of any API, and whoever walks through it would fail half-way."""

_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)",
    re.DOTALL,
)


def parsed(content: bytes) -> Any:
    """The JSON of a body, None when it is empty. Raises NotJSON.

    Half of a surrogate pair, which a server may have cut a text to, becomes U+FFFD: it is no character, and
    cannot be stored.
    """
    if not content:
        return None
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        if not content.strip():
            return None
        try:
            return orjson.loads(_ESCAPE.sub(_whole, content))
        except orjson.JSONDecodeError:
            raise NotJSON(str(error)) from error


def nests_too_deep(value: Any) -> bool:
    """Whether lists and mappings of value lie more than 100 levels in each other."""
    layer = [value]
    for _ in range(_DEEPEST):
        nested = [item for item in layer if isinstance(item, _NESTS)]
        if not nested:
            return False
        layer = [child for item in nested for child in (item.values() if isinstance(item, dict) else item)]
    return True


def _whole(escape: re.Match[bytes]) -> bytes:
    is_half = len(escape[0]) == len(rb"\ud800")
    return rb"\ufffd" if is_half else escape[0]


@frozen
class Fault:
    """An error reply. message: one safe line, "" when the reply has none. codes: as "extensions.not_found".

    from_api: it has the API's own form, so the API decided; else a gateway may have answered.
    """

    message: str
    codes: tuple[str, ...]
    from_api: bool


def read_fault(received: Received) -> Fault:
    """The error in a reply: the API's JSON (BasicFailedReply), a gateway's JSON, HTML, text or nothing."""
    try:
        body = parsed(received.content)
    except NotJSON:
        return Fault(_words(received.text), _header_codes(received.headers), from_api=False)
    errors = body.get("errors") if isinstance(body, Mapping) and not nests_too_deep(body) else None
    if isinstance(errors, list):
        return _api_fault(errors, received.headers)
    return Fault(_gateway_message(body), _header_codes(received.headers), from_api=False)


def described(received: Received) -> str:
    """What a body that should have been JSON is, in a few words."""
    if looks_like_html(received.text[:1000]):
        return f'an HTML page, "{html_words(received.text)}"'
    return f'"{one_line(received.text, 80)}"'


def _api_fault(errors: list[Any], headers: Mapping[str, str]) -> Fault:
    entries = [entry for entry in errors if isinstance(entry, Mapping)]
    codes = dict.fromkeys(one_line(str(entry["code"]), 100) for entry in entries if entry.get("code"))
    texts = [_entry_text(entry) for entry in entries] + [e for e in errors if isinstance(e, str)]
    message = one_line("; ".join(text for text in texts if text))
    return Fault(message, tuple(codes) or _header_codes(headers), from_api=True)


def _entry_text(entry: Mapping[str, Any]) -> str:
    message = str(entry.get("message") or "")
    fields = entry.get("fields")
    if not isinstance(fields, list) or not fields:
        return message
    return f"{message} (fields: {', '.join(map(str, fields))})"


def _header_codes(headers: Mapping[str, str]) -> tuple[str, ...]:
    codes = (one_line(code, 100) for code in headers.get(_CODES, "").split(","))
    return tuple(code for code in codes if code)


def _gateway_message(body: Any) -> str:
    if isinstance(body, Mapping):
        body = body.get("message") or body.get("error") or ""
    return one_line(body) if isinstance(body, str) else ""


def _words(text: str) -> str:
    return html_words(text) if looks_like_html(text[:1000]) else one_line(text, 200)
