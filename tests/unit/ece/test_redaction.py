from __future__ import annotations

import logging

import pytest

from planner.ece.auth import BasicAuth
from planner.ece.redaction import body_for_log, redact, redact_value
from planner.ece.wirelog import TRACE
from planner.errors import PlannerError
from planner.model.value import Secret
from tests.unit.ece.apps import CREATE, KEY, READ, Answer, Script, answer, client_for


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: ApiKey abc", "Authorization: (redacted)"),
        ("authorization: Basic YTpi, Accept: x", "authorization: (redacted), Accept: x"),
        ("{'Authorization': 'Bearer abc'}", "{'Authorization': '(redacted)'}"),
        ("sent ApiKey abcdefghijklmnop==", "sent ApiKey (redacted)"),
        ("Basic authentication is off", "Basic authentication is off"),
        ('{"password": "a\\"b", "n": 1}', '{"password": "(redacted)", "n": 1}'),
        ('{"bind_password":"x","token":"y', '{"bind_password":"(redacted)","token":"(redacted)"'),
        ("client_secret=abc&x=1", "client_secret=(redacted)&x=1"),
        ("see https://h/p?token=a&b=c now", "see https://h/p?(redacted) now"),
        ("see https://h/p#token=a", "see https://h/p#(redacted)"),
        ('{"u":"https:\\/\\/h\\/p?sig=a"}', '{"u":"https:\\/\\/h\\/p?(redacted)"}'),
        ("https://user:pw@h:1/p", "https://(redacted)@h:1/p"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_redact(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_known_secrets_in_any_form() -> None:
    secret = 'p"ä/ss word'
    text = f'{secret} p\\"\\u00e4/ss word p\\"ä/ss word p%22%C3%A4/ss%20word'
    assert redact(text, [secret, "", "abc"]) == "(redacted) (redacted) (redacted) (redacted)"
    assert redact("the abc", ["abc"]) == "the abc"
    assert redact("longer-secret", ["longer", "longer-secret"]) == "(redacted)"


def test_values() -> None:
    value = {
        "name": "x",
        "password": None,
        "settings": {"secrets": {"a": "b"}, "key": "k", "has_token": True},
        "list": [Secret("s"), "https://h/?a", 3],
    }
    assert redact_value(value) == {
        "name": "x",
        "password": None,
        "settings": {"secrets": "(redacted)", "key": "(redacted)", "has_token": True},
        "list": ["(redacted)", "https://h/?(redacted)", 3],
    }


def test_bodies_are_bounded_and_safe() -> None:
    assert body_for_log(None) == "(empty)"
    assert body_for_log(b'{"token": "x\\u001b"}') == '{"token":"(redacted)"}'
    assert body_for_log(b"\x1b[2Jplain password=x") == "plain password=(redacted)"
    assert len(body_for_log(b'"' + b"x" * 100_000 + b'"')) == 2000


SECRETS = (KEY, "url-token", "hush-hush", "reply-token", "signature")


@pytest.mark.parametrize("level", [logging.DEBUG, TRACE])
def test_the_log_shows_the_exchange_and_no_secret(level: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(level, "planner.ece")
    app = Script(
        [
            Answer(503, f"key {KEY} is fine, hush-hush too".encode()),
            answer({"token": "reply-token", "file_metadata": {"url": "https://s3/x?signature"}, "id": "42"}),
        ]
    )
    body = {"download_url": "https://h/x.zip?url-token", "webhook": Secret("hush-hush"), "name": "x"}
    client_for(app).call(READ, {"id": "a-very-secret-key?1"}, query={"token": "url-token"}, json=body)
    text = "\n".join(record.getMessage() for record in caplog.records)
    assert "> GET /deployments/extensions/(redacted)%3F1, attempt 1" in text
    assert ", attempt 1: 503 in " in text
    assert "get-extension: again in 0.50 s" in text
    assert ", attempt 2: 200 in " in text
    assert ('"id":"42"' in text) == (level == TRACE)
    for secret in SECRETS:
        assert secret not in text


def test_the_log_names_trouble(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "planner.ece")
    client = client_for(Script([Answer(error=ConnectionResetError())]), auth=BasicAuth("u", "pass-word"))
    with pytest.raises(PlannerError):
        client.call(CREATE, json={})
    assert "the connection was broken" in caplog.records[-1].getMessage()


def test_nothing_is_logged_above_debug(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "planner.ece")
    client_for(Script([answer({})])).call(CREATE, json={})
    assert not caplog.records
