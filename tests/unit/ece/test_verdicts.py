from __future__ import annotations

import json

import pytest
from requests.structures import CaseInsensitiveDict

from planner.ece.operations import Operation
from planner.ece.verdicts import Circumstances, Failure, is_expired_login, of_reply
from planner.errors import ApiError, Conflict, Forbidden, NotFound, Unauthenticated
from planner.net.wire import Received

AT = Circumstances(
    Operation("do-it", "POST", "/x"), "ece:12443", 1, 0.0, "Set EC_API_KEY.", ("s3cret-value",)
)


def _received(status: int, body: object = b"", **headers: str) -> Received:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Received(
        status, CaseInsensitiveDict({k.replace("_", "-"): v for k, v in headers.items()}), content
    )


def _error(received: Received) -> ApiError:
    outcome = of_reply(received, AT)
    assert isinstance(outcome, Failure)
    assert isinstance(outcome.error, ApiError)
    return outcome.error


def _api(code: str, message: str = "no", **more: object) -> dict[str, object]:
    return {"errors": [{"code": code, "message": message, **more}]}


@pytest.mark.parametrize(
    ("received", "error", "codes", "summary"),
    [
        (
            _received(400, _api("extensions.extension_in_use", "Cannot delete extension [1].")),
            ApiError,
            ("extensions.extension_in_use",),
            "do-it: Cannot delete extension [1]. (400 Bad Request extensions.extension_in_use)",
        ),
        (
            _received(400, _api("a.b", "wrong", fields=["name", "version"])),
            ApiError,
            ("a.b",),
            "do-it: wrong (fields: name, version) (400 Bad Request a.b)",
        ),
        (
            _received(400, {"errors": [{"code": "a", "message": "x"}, {"code": "b", "message": "y"}]}),
            ApiError,
            ("a", "b"),
            "do-it: x; y (400 Bad Request a b)",
        ),
        (_received(404, _api("extensions.not_found")), NotFound, ("extensions.not_found",), None),
        (_received(404), ApiError, (), "do-it: 404 Not Found"),
        (
            _received(404, {"ok": False, "message": "Unknown resource."}),
            ApiError,
            (),
            "do-it: Unknown resource. (404 Not Found)",
        ),
        (
            _received(409, _api("extensions.version_conflict")),
            Conflict,
            ("extensions.version_conflict",),
            None,
        ),
        (_received(409, _api("something.else")), Conflict, ("something.else",), None),
        (_received(409), Conflict, (), None),
        (
            _received(409, _api("extensions.id_already_exists")),
            ApiError,
            ("extensions.id_already_exists",),
            None,
        ),
        (_received(401, _api("root.unauthenticated")), Unauthenticated, ("root.unauthenticated",), None),
        (_received(401, _api("root.unauthorized")), Unauthenticated, ("root.unauthorized",), None),
        (_received(401, _api("root.unauthorized.rbac")), Unauthenticated, ("root.unauthorized.rbac",), None),
        (_received(401, _api("extensions.unauthorised")), ApiError, ("extensions.unauthorised",), None),
        (_received(401, b"<h1>Unauthorized</h1>"), ApiError, (), "do-it: Unauthorized (401 Unauthorized)"),
        (_received(403, _api("root.unauthorized")), Forbidden, ("root.unauthorized",), None),
        (_received(403, b"<h1>Blocked</h1>"), ApiError, (), "do-it: Blocked (403 Forbidden)"),
        (
            _received(404, {"error": {"type": "t", "reason": "no such index [x]"}, "status": 404}),
            ApiError,
            (),
            "do-it: no such index [x] (404 Not Found)",
        ),
        (_received(403, {"ok": False, "message": "no"}), ApiError, (), "do-it: no (403 Forbidden)"),
        (_received(449), Unauthenticated, (), "do-it: 449 Elevated permissions required"),
        (_received(499), ApiError, (), "do-it: 499"),
        (_received(400, {"errors": []}), ApiError, (), "do-it: 400 Bad Request"),
        (_received(400, {"errors": ["plain"]}), ApiError, (), "do-it: plain (400 Bad Request)"),
        (_received(400, {"errors": {"a": 1}}), ApiError, (), "do-it: 400 Bad Request"),
        (
            _received(400, {"errors": [{"code": None, "message": None}]}),
            ApiError,
            (),
            "do-it: 400 Bad Request",
        ),
        (_received(400, ["what"]), ApiError, (), "do-it: 400 Bad Request"),
        (_received(400, b'"text"'), ApiError, (), "do-it: text (400 Bad Request)"),
        (_received(400, b"plain\r\n text"), ApiError, (), "do-it: plain text (400 Bad Request)"),
        (_received(400, b"\xff\xfe"), ApiError, (), "do-it: �� (400 Bad Request)"),
        (
            _received(400, b"", X_Cloud_Error_Codes="a.b, c.d"),
            ApiError,
            ("a.b", "c.d"),
            "do-it: 400 Bad Request a.b c.d",
        ),
        (
            _received(413, b"<html><head><title>413 Too\nLarge</title><body>x</body>"),
            ApiError,
            (),
            "do-it: 413 Too Large (413 Request Entity Too Large)",
        ),
        (
            _received(400, b"<html><style>p {}</style><p>Some &lt;b&gt; words</p>"),
            ApiError,
            (),
            "do-it: Some <b> words (400 Bad Request)",
        ),
    ],
)
def test_the_error_table(
    received: Received, error: type[ApiError], codes: tuple[str, ...], summary: str | None
) -> None:
    raised = _error(received)
    assert type(raised) is error
    assert (raised.operation, raised.status, raised.codes) == ("do-it", received.status, codes)
    if summary is not None:
        assert raised.summary.replace("Content Too Large", "Request Entity Too Large") == summary


@pytest.mark.parametrize(
    "text",
    [
        "a\x1b[31mred\x1b[0m\nb",
        "a\x1b]0;title\x07red\r\nb",
        "a\x1b]8;;http://evil\x1b\\red b",
        "a\x9b31mred\tb",
        "a\x00red\x07 b",
        "a\u202ered\u2028b",
        "a\x1bPq#0\x1b\\red b",
    ],
)
def test_nothing_reaches_the_terminal_but_words(text: str) -> None:
    for body in (_api("c\x1b[2J", text), {"ok": False, "message": text}):
        raised = _error(_received(400, body))
        assert "ared b" in raised.summary
        assert raised.summary.isprintable()
        assert all(code.isprintable() for code in raised.codes)


def test_escapes_hidden_in_html_entities() -> None:
    assert _error(_received(400, b"<title>&#27;[2Jx&#x9b;31m&#x202e;y</title>")).summary.isprintable()


@pytest.mark.parametrize("body", [_api("a", "x" * 100_000), b"y" * 1_000_000, b"<p>" + b"z " * 500_000])
def test_messages_are_bounded(body: object) -> None:
    assert len(_error(_received(400, body)).summary) < 500


def test_many_codes_are_bounded() -> None:
    body = {"errors": [{"code": f"code.{n}", "message": f"m{n}"} for n in range(10_000)]}
    assert len(_error(_received(400, body)).summary) <= 700


def test_secrets_and_queries_are_taken_out() -> None:
    message = "cannot fetch https://host/x.zip?X-Amz-Signature=abc with s3cret-value"
    assert _error(_received(400, _api("a", message))).summary == (
        "do-it: cannot fetch https://host/x.zip?(redacted) with (redacted) (400 Bad Request a)"
    )


@pytest.mark.parametrize(
    ("received", "words"),
    [
        (_received(401, _api("root.unauthenticated")), "Set EC_API_KEY."),
        (
            _received(401, _api("root.unauthenticated"), X_Elastic_Api_Key_Expiration="2024-01-01T00:00:00Z"),
            "expiration of the API key is 2024-01-01T00:00:00Z",
        ),
        (_received(449), "elevated permissions"),
        (_received(403, _api("x")), "role"),
        (_received(404), "check endpoint"),
        (_received(409, _api("x.version_conflict")), "plan again"),
        (_received(413), "What was sent is too large."),
        (_received(415), "does not take what was sent in this form"),
        (_received(501), "health"),
    ],
)
def test_advice(received: Received, words: str) -> None:
    assert words in _error(received).advice


@pytest.mark.parametrize(
    ("received", "expired"),
    [
        (_received(401, _api("root.unauthenticated")), True),
        (_received(401), True),
        (_received(401, _api("extensions.unauthorised")), False),
        (_received(403, _api("root.unauthenticated")), False),
    ],
)
def test_which_401_a_new_login_may_help(received: Received, expired: bool) -> None:
    assert is_expired_login(received) is expired
