"""Secrets that an installation sends back, in every form, are in no output of any command."""

from __future__ import annotations

import base64
import json
import os
import socketserver
import struct
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

import planner
from planner.app.redaction import Redactor
from planner.ece.redaction import BODY_LIMIT, body_for_log
from planner.errors import PlannerError
from tests.acceptance.runner import Project, small

from .installation import Answer, Asked, always, answering, refusal
from .test_paths import in_process

KEY = "Key-Zq7/8+9=="
PASSWORD = 'pass "Zq7"\\ wörd'
VARIABLE = 'var "Zq7"\n\tsecond-Zq8 line\u00e9'
DATABASE = "Zq7-of-the-database-1"
TOKEN = "Zq7/of+a+session=="
MARK = "Zq"
"""In each of them, and nowhere else."""

SENSITIVE = """
project: small
variables:
  token: {type: string, sensitive: true}
environments:
  dev: {endpoint: sandbox}
"""
TEMPLATE = """
resource:
  extension:
    alpha:
      name: alpha
      extension_type: bundle
      version: "*"
      description: Made with {{ var.token }}
output:
  token: "{{ var.token }}"
"""


def forms(secret: str) -> list[str]:
    """As servers, proxies and libraries write what they were sent."""
    data = secret.encode()
    return [
        secret,
        json.dumps(secret),
        json.dumps(json.dumps(secret)),
        json.dumps(secret, ensure_ascii=False),
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        repr(secret),
        *(base64.b64encode(b"x" * offset + data + b"tail").decode() for offset in range(3)),
        base64.urlsafe_b64encode(data).decode(),
    ]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("PLANNER_VAR_token", VARIABLE)
    return small(tmp_path / "small", template=TEMPLATE, project=SENSITIVE)


LOGINS = {
    "key": ("", {"EC_API_KEY": KEY}),
    "basic": (", auth: basic", {"EC_USER": "user", "EC_PASS": PASSWORD}),
    "login": (", auth: login", {"EC_USER": "user", "EC_PASS": PASSWORD}),
}
COMMANDS = [
    ["plan"],
    ["-vv", "plan"],
    ["plan", "--json"],
    ["plan", "--format", "json"],
    ["-vv", "apply", "--auto-approve"],
    ["apply", "--auto-approve", "--json"],
    ["drift"],
    ["export"],
    ["import", "extension.alpha", "123"],
    ["destroy", "--auto-approve"],
    ["validate"],
    ["render"],
    ["render", "--origins"],
    ["graph", "--format", "mermaid"],
    ["show", "--json"],
    ["state", "list"],
    ["output", "--json"],
    ["lock", "show"],
]


@pytest.fixture(params=LOGINS)
def echo(request: pytest.FixtureRequest, project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An installation that knows nobody, and says so with all that it was sent, in all forms."""
    more, environ = LOGINS[request.param]
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    secrets = [*environ.values(), VARIABLE]

    def answer(asked: Asked) -> Answer:
        if asked.path.endswith("_login"):
            return Answer(200, {"token": "bearer-Zq7-token"})
        said = "; ".join([asked.quoted, *(form for secret in secrets for form in forms(secret))])
        return refusal(400, said, **{"x-cloud-error-codes": "a.b", "X-Echo": quote(said)})

    with answering(answer) as url:
        project.edit("planner.yaml", "{endpoint: sandbox}", f"{{endpoint: '{url}'{more}}}")
        yield url


def test_no_command_shows_what_is_echoed(
    project: Project, echo: str, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = 0
    for words in COMMANDS:
        code, said = in_process(project, capsys, *words)
        failed += code != 0
        assert MARK not in said, (words, said)
    assert failed >= 9  # those that ask the installation
    for path in project.folder.rglob("*"):
        if path.is_file():
            assert MARK not in path.read_bytes().decode(errors="replace"), path


@pytest.mark.usefixtures("echo")
def test_no_value_of_the_library_holds_what_is_echoed(project: Project) -> None:
    here = planner.open_project(project.folder, environ=os.environ).environment()
    plan = here.plan(refresh=False)
    told: list[object] = []
    for ask in (here.plan, lambda: here.apply(plan, on_event=told.append)):
        with pytest.raises(PlannerError) as raised:
            ask()
        shown = "".join(traceback.format_exception(raised.value, chain=True))
        assert MARK not in f"{shown}{raised.value!r}{vars(raised.value)}"
        assert "(redacted)" in str(raised.value)
    assert MARK not in f"{told}{plan}{plan.text()}{plan.markdown()}"


def test_a_long_message_is_redacted_before_it_is_cut(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At whatever place the cut comes, it leaves no half of a secret."""
    monkeypatch.setenv("EC_API_KEY", KEY)
    token = "abcdefghij" * 6
    monkeypatch.setenv("PLANNER_VAR_token", token)
    shift = iter(range(0, 10_000, 7))
    bodies: list[Callable[[str], bytes]] = [
        lambda filler: refusal(400, f"{filler} {token} {token}").data,
        lambda filler: json.dumps({"message": f"{filler} {token}"}).encode(),
        lambda filler: f"{filler} {token} and more".encode(),
        lambda filler: f"<html><title>{filler} {token}</title>".encode(),
    ]
    for make in bodies:
        for start in (60, 100, 180, 380, 1980):
            reply = Answer(400, make("x " * (start // 2 - next(shift) % 25)))
            project.write("planner.yaml", SENSITIVE)
            with always(reply) as url:
                project.edit("planner.yaml", "endpoint: sandbox", f"endpoint: '{url}'")
                said = in_process(project, capsys, "-vv", "plan")[1]
            assert "abc" not in said, said


@pytest.mark.parametrize("as_json", [True, False])
def test_a_logged_body_is_redacted_before_it_is_cut(as_json: bool) -> None:
    secret = "abcdefghij" * 10
    for start in range(BODY_LIMIT - 130, BODY_LIMIT + 10, 3):
        text = "x" * start + secret + "y" * 200
        body = json.dumps({"a": text}) if as_json else text
        assert "abc" not in body_for_log(body.encode(), [secret]), start


def test_a_logged_body_that_nests_deep() -> None:
    assert body_for_log(b"[" * 900 + b"]" * 900)


def test_the_former_value_of_a_secret_is_not_logged(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is not known any more; but the state knows which attribute is sensitive."""
    monkeypatch.setenv("PLANNER_VAR_token", "the-former-value")
    assert in_process(project, capsys, "apply", "--auto-approve")[0] == 0
    monkeypatch.setenv("PLANNER_VAR_token", "the-latter-value")
    for words in (["-vv", "plan"], ["-vv", "drift"], ["-vv", "apply", "--auto-approve"]):
        _, said = in_process(project, capsys, *words)
        assert "< GET /deployments/extensions" in said
        assert "the-former-value" not in said
        assert "the-latter-value" not in said
    project.write("templates/main.yaml", TEMPLATE.replace("Made with {{ var.token }}", "open"))
    _, said = in_process(project, capsys, "-vv", "plan")
    assert "the-latter-value" not in said


@pytest.mark.parametrize("secret", [KEY, PASSWORD, VARIABLE])
def test_known_forms_in_a_text(secret: str) -> None:
    redactor = Redactor()
    redactor.watch(lambda: [secret])
    for form in forms(secret):
        assert MARK not in redactor(f"<{form}>"), form
    for offset in range(3):  # all but the ends, which depend on what stands around it
        encoded = base64.b64encode(b"x" * offset + secret.encode() + b"tail").decode()
        assert encoded[4:-8] not in redactor(f"<{encoded}>")


@pytest.mark.parametrize(
    "endpoint",
    ["https://user:Zq7-pass@127.0.0.1:1", "https://Zq7@127.0.0.1:1", "https://127.0.0.1:1/?key=Zq7"],
)
def test_credentials_in_an_endpoint(
    project: Project, endpoint: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EC_API_KEY", "some-key")
    for planner_yaml in (True, False):
        if planner_yaml:
            project.edit("planner.yaml", "{endpoint: sandbox}", f"{{endpoint: '{endpoint}'}}")
        else:
            project.edit("planner.yaml", f"endpoint: '{endpoint}'", "auth: api_key")
            monkeypatch.setenv("EC_ENDPOINT", endpoint)
        for words in (["plan"], ["-vv", "plan", "--json"]):
            code, said = in_process(project, capsys, *words)
            assert code == 1
            assert MARK not in said


def test_completion_knows_no_values(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert in_process(project, capsys, "apply", "--auto-approve")[0] == 0
    monkeypatch.chdir(project.folder)
    for line, position in (("planner state show ", 3), ("planner plan --target ", 3)):
        env = {"_PLANNER_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(position)}
        done = project.run(env={**env, "PLANNER_VAR_token": VARIABLE})
        assert "extension.alpha" in done.out
        assert MARK not in done.both


@pytest.mark.parametrize("words", [["render"], ["validate"], ["plan"], ["plan", "--json"]])
def test_a_credential_in_a_template_is_not_shown(
    project: Project, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also by what asks no installation, and when the templates are wrong."""
    monkeypatch.setenv("EC_API_KEY", KEY)
    project.edit("planner.yaml", "{endpoint: sandbox}", "{endpoint: 'https://ece.example:12443'}")
    project.write("templates/wrong.yaml", f"resource:\n  {KEY}: {{}}\noutput:\n  o: {KEY}\n")
    code, said = in_process(project, capsys, *words)
    assert code == 1
    assert KEY not in said
    assert "(sensitive)" in said


@contextmanager
def repeating_database() -> Iterator[int]:
    """The port of a PostgreSQL that asks for the password in the clear, and repeats it as it refuses it."""

    class Session(socketserver.StreamRequestHandler):
        def _message(self) -> bytes:
            (length,) = struct.unpack("!I", self.rfile.read(4))
            return self.rfile.read(length - 4)

        def handle(self) -> None:
            while self._message()[:4] != struct.pack("!HH", 3, 0):  # it asks for encryption first
                self.wfile.write(b"N")
            self.wfile.write(struct.pack("!cII", b"R", 8, 3))
            self.rfile.read(1)
            said = self._message().rstrip(b"\0")
            said = b"no entry with " + b", ".join((said, base64.b64encode(said), said.hex().encode()))
            fields = b"SFATAL\0VFATAL\0C28P01\0M" + said + b"\0\0"
            self.wfile.write(struct.pack("!cI", b"E", len(fields) + 4) + fields)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    "words", [["plan"], ["-vv", "plan", "--json"], ["state", "list"], ["init"], ["output"]]
)
@pytest.mark.parametrize("source", ["PGPASSFILE", "PGSERVICEFILE", "PGPASSWORD"])
def test_a_database_repeats_the_password_of_the_state(
    project: Project,
    source: str,
    words: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("psycopg")
    file = project.folder.parent / "found"
    file.write_text(f"*:*:*:*:{DATABASE}\n" if source == "PGPASSFILE" else f"[s]\npassword={DATABASE}\n")
    file.chmod(0o600)
    monkeypatch.setenv(source, DATABASE if source == "PGPASSWORD" else str(file))
    if source == "PGSERVICEFILE":
        monkeypatch.setenv("PGSERVICE", "s")
    with repeating_database() as port:
        url = f"postgresql://planner@127.0.0.1:{port}/states"
        project.edit("planner.yaml", "{endpoint: sandbox}", f"{{endpoint: sandbox, state: '{url}'}}")
        code, said = in_process(project, capsys, *words)
    assert code == 1
    assert "no entry with (sensitive), (sensitive), (sensitive)" in " ".join(said.split())
    assert MARK not in said


@pytest.mark.long
@pytest.mark.parametrize("words", [["-vv", "plan", "--json"], ["state", "list"], ["output"]])
def test_a_bucket_repeats_the_key_of_the_state(project: Project, words: list[str]) -> None:
    """In a process of its own, as botocore looks for credentials once in each."""
    pytest.importorskip("botocore")
    file = project.folder.parent / "credentials"
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": KEY, "aws_session_token": TOKEN}
    file.write_text("[default]\n" + "".join(f"{name} = {value}\n" for name, value in keys.items()))
    project.environ |= {"AWS_SHARED_CREDENTIALS_FILE": str(file), "PLANNER_VAR_token": VARIABLE}
    said = f"no such key: {KEY}, {base64.b64encode(TOKEN.encode()).decode()}"
    body = f"<Error><Code>AccessDenied</Code><Message>{said}</Message></Error>".encode()
    with always(Answer(403, body)) as url:
        place = f"s3://bucket?region=us-east-1&endpoint={url}"
        project.edit("planner.yaml", "{endpoint: sandbox}", f"{{endpoint: sandbox, state: '{place}'}}")
        done = project.run_apart(*words)
    assert done.code == 1
    assert "no such key: (sensitive), (sensitive)" in " ".join(done.both.split())
    assert MARK not in done.both
