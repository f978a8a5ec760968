"""What comes back: replies, and the error replies of the API and of the gateways before it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import frozen

from planner.net.bodies import NotJSON, nests_too_deep, parsed
from planner.net.dates import http_date
from planner.net.plain_text import html_words, looks_like_html, one_line

if TYPE_CHECKING:
    from planner.net.wire import Received

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
    if looks_like_html(received.content):
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
    return html_words(text) if looks_like_html(text) else one_line(text, 200)
