"""One attempt judged: a reply, or a failure that says whether another attempt is allowed.

    what happened                              repeatable          not repeatable
    nothing was sent (refused, DNS, TLS, ...)  again, Unreachable  again, Unreachable
    sent, no usable reply *                    again, Unreachable  OutcomeUnknown
    429                                        again, Unreachable  again, ApiError
    500, 502, 503, 504 *                       again, Unreachable  OutcomeUnknown
    2xx that is not JSON *                     ApiError            OutcomeUnknown
    3xx, other 4xx and 5xx                     ApiError or its subclass, never again

"again" names the error raised when no attempt is left. Trouble that lasts, as a certificate that is not
trusted or a reply without end, is not tried again.
* A write may have taken effect: once that happened, whatever the last attempt said, the client ends with
OutcomeUnknown, except for NotFound, which says what is there now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

from planner.ece.operations import Operation, Reply
from planner.ece.redaction import redact, redacted_body
from planner.errors import (
    ApiError,
    Conflict,
    Forbidden,
    NotFound,
    OutcomeUnknown,
    PlannerError,
    Unauthenticated,
    Unreachable,
)
from planner.net.bodies import (
    NotJSON,
    html_words,
    looks_like_html,
    nests_too_deep,
    one_line,
    parsed,
    status_words,
)
from planner.net.dates import retry_after
from planner.net.wire import Look, Received, explain

_PASSING = frozenset({500, 502, 503, 504})
_ELEVATED = "449 Elevated permissions required"
_UNKNOWN = "It may have taken effect: plan again, which reads what is there before anything is sent."
_OF_ANOTHER = "This is not the API's own reply: check endpoint and region too."
_REPEAT = "It may have taken effect; running the command again does no harm."


@frozen
class Failure:
    """The verdict on an attempt that failed. error: what to raise when this was the last attempt. again:
    another attempt is allowed. retry_after: seconds the server asked for. unsure: a write may have taken
    effect. throttled: refused by a rate limit. reason: otherwise, what came instead of a reply, as a
    phrase.
    """

    error: PlannerError
    again: bool = False
    retry_after: float | None = None
    unsure: bool = False
    throttled: bool = False
    reason: str = ""


@frozen(eq=False, repr=False)
class Circumstances:
    """What else is known of an attempt when it is judged. where: "host:port". attempt: from 1. now: seconds
    since the epoch. credentials: advice on them.
    """

    operation: Operation
    where: str
    attempt: int
    now: float
    credentials: str
    secrets: Sequence[str]

    def said(self, text: str) -> str:
        attempts = f" ({self.attempt} attempts)" if self.attempt > 1 else ""
        return f"{self.operation.name}: {text}{attempts}"


def of_trouble(error: BaseException, at: Circumstances) -> Failure:
    """The connection failed, or broke while the reply was read."""
    trouble = explain(error)
    text, advice = at.said(f"{at.where}: {trouble.words}"), _LOOK[trouble.look]
    if not trouble.sent:
        return Failure(Unreachable(text, advice=advice), again=not trouble.lasting, reason=trouble.words)
    if at.operation.repeatable:
        error = Unreachable(text, advice=_after_sending(at, advice))
        return Failure(error, again=not trouble.lasting, unsure=True, reason=trouble.words)
    return Failure(OutcomeUnknown(text, advice=_UNKNOWN))


_REACH = "Check the endpoint, its port (12443 for TLS, 12400 without), and the network or VPN."
_LOOK = {
    Look.PLACE: _REACH,
    Look.PROXY: f"{_REACH} Check HTTPS_PROXY and NO_PROXY too.",
    Look.PATIENCE: "Set timeout (or EC_TIMEOUT) higher if the installation is slow.",
    Look.AUTHORITY: "Set ca_file (or EC_CA_FILE) to the CA certificate of the installation, a PEM file.",
    Look.EXPIRY: "Renew the certificate of the installation, and check the clock of this host.",
    Look.HOST_NAME: "Use the host name that the certificate names as the endpoint.",
    Look.SCHEME: "Use the TLS port (12443), or http:// for the plain one.",
    Look.CREDENTIALS: "Correct the credentials.",
}


def of_reply(received: Received, at: Circumstances) -> Reply | Failure:
    if 200 <= received.status < 300:
        return _success(received, at)
    if received.status < 400:
        return Failure(_redirected(received, at))
    # Redacted before the message is cut to a line: half of a secret would not be known again.
    fault = evolve(_read_fault(received), message=_read_fault(_redacted(received, at)).message)
    if received.status == 429:
        return _throttled(received, fault, at)
    if received.status in _PASSING:
        return _passing(received, fault, at)
    return Failure(_api_error(received, fault, at))


def is_expired_login(received: Received) -> bool:
    """Whether a 401 is about who asks, and not about a resource that belongs to somebody else."""
    if received.status != 401:
        return False
    codes = _read_fault(received).codes
    return not codes or _about_credentials(codes)


def _success(received: Received, at: Circumstances) -> Reply | Failure:
    try:
        return Reply(received.status, received.headers, parsed(received.content))
    except NotJSON:
        found = _shown(_described(_redacted(received, at)), at)
        text = at.said(f"{at.where} answered {received.status} with {found}, not JSON")
    if not at.operation.repeatable:
        return Failure(OutcomeUnknown(text, advice=_UNKNOWN))
    advice = "Check the endpoint: something other than the API answers there, as a login page or a gateway."
    error = ApiError(text, operation=at.operation.name, status=received.status, advice=advice)
    return Failure(error, unsure=True)


def _redirected(received: Received, at: Circumstances) -> ApiError:
    target = _shown(received.headers.get("Location", "nowhere"), at, 200)
    text = at.said(f"{at.where} redirects to {target} ({received.status}); credentials are not sent there")
    advice = "Set the endpoint to the address of the API itself."
    return ApiError(text, operation=at.operation.name, status=received.status, advice=advice)


def _throttled(received: Received, fault: Fault, at: Circumstances) -> Failure:
    error: PlannerError = _api_error(received, fault, at)
    if at.operation.repeatable:
        error = Unreachable(error.summary, advice=error.advice)
    pause = retry_after(received.headers, at.now)
    return Failure(error, again=True, retry_after=pause, throttled=True)


def _passing(received: Received, fault: Fault, at: Circumstances) -> Failure:
    said = _api_error(received, fault, at)
    if at.operation.repeatable:
        error = Unreachable(said.summary, advice=_after_sending(at, said.advice))
        pause, named = retry_after(received.headers, at.now), status_words(received.status)
        return Failure(error, again=True, retry_after=pause, unsure=True, reason=named)
    # Not even the API's own 500 tells how far it came before it failed.
    return Failure(OutcomeUnknown(said.summary, advice=_UNKNOWN))


def _after_sending(at: Circumstances, advice: str) -> str:
    return f"{_REPEAT} {advice}" if at.operation.writes else advice


def _api_error(received: Received, fault: Fault, at: Circumstances) -> ApiError:
    """The reply as an ApiError or the subclass that says more."""
    named = _ELEVATED if received.status == 449 else status_words(received.status)
    status = " ".join([named, *fault.codes])
    message = _shown(fault.message, at)
    text = at.said(f"{message} ({status})" if message else status)
    return _class_of(received.status, fault.codes)(
        one_line(text, 700),
        operation=at.operation.name,
        status=received.status,
        codes=fault.codes,
        advice=_advice(received, fault, at),
    )


def _class_of(status: int, codes: tuple[str, ...]) -> type[ApiError]:
    if status == 404 and codes:  # a gateway's 404 says nothing about the resource
        return NotFound
    if status == 403 and codes:
        return Forbidden
    if status == 409 and not any(code.endswith("already_exists") for code in codes):
        return Conflict
    if status == 449 or (status == 401 and _about_credentials(codes)):
        return Unauthenticated
    return ApiError


def _about_credentials(codes: tuple[str, ...]) -> bool:
    return any(code == "root.unauthenticated" or code.startswith("root.unauthorized") for code in codes)


def _advice(received: Received, fault: Fault, at: Circumstances) -> str:
    if _class_of(received.status, fault.codes) is Unauthenticated:
        return _credentials_advice(received, at)
    if not fault.from_api and not fault.codes and received.status in {401, 403, 404}:
        return f"{_BY_STATUS[received.status]} {_OF_ANOTHER}"
    if received.status >= 500:
        return "The trouble is on the server's side: check the health of the installation, then try again."
    return _BY_STATUS.get(received.status, "")


def _credentials_advice(received: Received, at: Circumstances) -> str:
    if received.status == 449:
        return "This needs elevated permissions: use an API key or an administrator. " + at.credentials
    expires = one_line(received.headers.get("X-Elastic-Api-Key-Expiration", ""), 60)
    return f"{at.credentials} The expiration of the API key is {expires}." if expires else at.credentials


_BY_STATUS = {
    400: "Correct what the message names.",
    401: "These credentials may not do this.",
    403: "These credentials may not do this: ask an administrator for the role it needs.",
    404: "It was deleted, or never existed here.",
    405: "This version of the API does not offer the operation.",
    408: "The request took too long to arrive: try again.",
    409: "It changed in the meantime, or is in use: plan again.",
    413: "What was sent is too large.",
    415: "The server does not take what was sent in this form.",
    429: "Too many requests: try again later, with a lower --parallelism.",
}


def _shown(text: str, at: Circumstances, limit: int = 400) -> str:
    # A server repeats what it was sent: a download URL with its token, or a password.
    return one_line(redact(text, at.secrets), limit)


def _redacted(received: Received, at: Circumstances) -> Received:
    return evolve(received, content=redacted_body(received.content, at.secrets).encode())


@frozen
class Fault:
    """An error reply. message: one safe line, "" when the reply has none. codes: as "extensions.not_found".

    from_api: it has the API's own form, so the API decided; else a gateway may have answered.
    """

    message: str
    codes: tuple[str, ...]
    from_api: bool


def _read_fault(received: Received) -> Fault:
    """The error in a reply: the API's JSON (BasicFailedReply), a gateway's JSON, HTML, text or nothing."""
    try:
        body = parsed(received.content)
    except NotJSON:
        return Fault(_words(received.text), _header_codes(received.headers), from_api=False)
    errors = body.get("errors") if isinstance(body, Mapping) and not nests_too_deep(body) else None
    if isinstance(errors, list):
        return _api_fault(errors, received.headers)
    return Fault(_gateway_message(body), _header_codes(received.headers), from_api=False)


def _described(received: Received) -> str:
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
    codes = (one_line(code, 100) for code in headers.get("x-cloud-error-codes", "").split(","))
    return tuple(code for code in codes if code)


def _gateway_message(body: Any) -> str:
    """Also that of Elasticsearch behind the API's proxy, whose error has a reason."""
    if isinstance(body, Mapping):
        body = body.get("message") or body.get("error") or ""
    if isinstance(body, Mapping):
        body = body.get("reason") or ""
    return one_line(body) if isinstance(body, str) else ""


def _words(text: str) -> str:
    return html_words(text) if looks_like_html(text) else one_line(text, 200)
