"""What a fault does to a request.

A connection that breaks is a ConnectionResetError out of the app call, or out of the iteration of a truncated
body. Under waitress either closes the socket, since it takes an OSError for a broken connection. A transport
that calls the app in-process must turn both into its own connection error. There a `cut-upload` has read half
of the body; over a socket waitress has read all of it before the app is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson
from werkzeug.wrappers import Request, Response

from planner.sandbox.archives import CHUNK
from planner.sandbox.faults import FaultRule
from planner.sandbox.replies import Problem, failed, reply

Answer = Callable[[], Response]
Look = Callable[[str], Response]
"""What a GET of a path answers to the same caller."""
Effect = Callable[[FaultRule, Request, Answer], Response]

EXTENSIONS = "/deployments/extensions"
GATEWAY_PAGE = (
    b"<html>\r\n<head><title>%d</title></head>\r\n<body><center><h1>%d</h1></center></body>\r\n</html>\r\n"
)


def apply(rule: FaultRule, request: Request, answer: Answer, look: Look) -> Response:
    """The reply in place of `answer()`, which is called if and only if the request is to take effect.

    Raises ConnectionResetError.
    """
    if rule.effect == "another":
        return _another(rule, request, answer, look)
    return EFFECTS[rule.effect](rule, request, answer)


def _another(rule: FaultRule, request: Request, answer: Answer, look: Look) -> Response:
    is_read, (_, found, below) = request.method == "GET", request.path.rstrip("/").partition(EXTENSIONS)
    done = answer() if is_read or rule.when == "after" or not found else None
    if done is not None and (done.status_code >= 300 or not found):
        return done
    listed = look(EXTENSIONS).get_json(silent=True) or {}
    if is_read and not below:
        return _with_one_id_twice(listed)
    own = below.strip("/") or ((done.get_json() or {}).get("id") if done else None)
    other = next((item["id"] for item in listed.get("extensions", ()) if item["id"] != own), None)
    if other is None:
        return done or answer()
    theirs = look(f"{EXTENSIONS}/{other}")
    theirs.status_code = 201 if request.method == "POST" and not below else 200
    return theirs


def _with_one_id_twice(listed: Any) -> Response:
    found = listed.get("extensions", [])
    if len(found) > 1:
        found[-1]["id"] = found[0]["id"]
    return reply(listed)


def _reset_before(rule: FaultRule, _request: Request, _answer: Answer) -> Response:
    raise ConnectionResetError(f"fault: {rule.spec}")


def _drop_after(rule: FaultRule, _request: Request, answer: Answer) -> Response:
    answer().close()
    raise ConnectionResetError(f"fault: {rule.spec}")


def _cut_upload(rule: FaultRule, request: Request, _answer: Answer) -> Response:
    left = CHUNK if request.content_length is None else request.content_length // 2
    while left > 0 and (chunk := request.stream.read(min(left, CHUNK))):
        left -= len(chunk)
    raise ConnectionResetError(f"fault: {rule.spec}")


def _truncate(rule: FaultRule, _request: Request, answer: Answer) -> Response:
    whole = answer()
    body = whole.get_data()
    whole.headers["Content-Length"] = str(len(body))
    whole.response = _half(body, rule.spec)
    return whole


def _wrong_size(_rule: FaultRule, _request: Request, answer: Answer) -> Response:
    whole = answer()
    body = whole.get_json(silent=True)
    if isinstance(body, dict) and "file_metadata" in body:
        body["file_metadata"]["size"] -= 1
        whole.set_data(orjson.dumps(body))
    return whole


def _half(body: bytes, spec: str) -> Iterator[bytes]:
    yield body[: len(body) // 2]
    raise ConnectionResetError(f"fault: {spec}")


def _canned(make: Callable[[FaultRule], Response]) -> Effect:
    def effect(rule: FaultRule, _request: Request, answer: Answer) -> Response:
        if rule.when == "after":
            answer().close()
        response = make(rule)
        if rule.retry_after is not None:
            response.headers["Retry-After"] = rule.retry_after
        return response

    return effect


def _problem(status: int, code: str, message: str) -> Effect:
    def make(rule: FaultRule) -> Response:
        return failed(status, [Problem(rule.code or code, rule.message or message)])

    return _canned(make)


def _status(rule: FaultRule) -> Response:
    message = rule.message or "The sandbox was asked to fail this request."
    return failed(_number(rule), [Problem(rule.code or "root.fault", message)])


def _rate_limit(rule: FaultRule) -> Response:
    message = rule.message or "Too many requests."
    response = failed(429, [Problem(rule.code or "root.too_many_requests", message)])
    response.headers["Retry-After"] = str(_number(rule))
    return response


def _html(rule: FaultRule) -> Response:
    status = _number(rule)
    return Response(GATEWAY_PAGE % (status, status), status, content_type="text/html")


def _ok_false(rule: FaultRule) -> Response:
    body = orjson.dumps({"ok": False, "message": rule.message or "Service unavailable."})
    return Response(body, _number(rule), content_type="application/json")


def _empty(rule: FaultRule) -> Response:
    response = Response(b"", _number(rule))
    del response.headers["Content-Type"]
    return response


def _number(rule: FaultRule) -> int:
    return int(rule.argument or 0)


EFFECTS: Mapping[str, Effect] = {
    "status": _canned(_status),
    "rate-limit": _canned(_rate_limit),
    "version-conflict": _problem(
        409, "extensions.version_conflict", "The version you sent does not match the persisted version."
    ),
    "id-exists": _problem(
        409,
        "extensions.id_already_exists",
        "An extension already exists with the generated id. Please try again.",
    ),
    "expired": _problem(401, "root.unauthenticated", "The supplied authentication is invalid."),
    "html": _canned(_html),
    "ok-false": _canned(_ok_false),
    "empty": _canned(_empty),
    "reset-before": _reset_before,
    "drop-after": _drop_after,
    "truncate": _truncate,
    "cut-upload": _cut_upload,
    "wrong-size": _wrong_size,
}
