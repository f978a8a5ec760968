"""`planner drift`: what is new since a file was written, and who is told of it."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define
from jsonschema_rs import Draft202012Validator

from planner.app.drifting import message
from planner.app.webhook import Webhook
from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.plan import AttributeDiff, Drift, DriftReport
from planner.resources import schema
from planner.state.saved import read_drift, write_drift
from tests.contract.forge_http import Answer, Asked, Do, Fault, ForgeServer, Naps

from .runner import PROJECT, Project, small, words

SECRET = "s3cret/of-the-hook"
FILE = "known.json"


@define(eq=False)
class Hook(ForgeServer):
    """Takes whatever is posted."""

    def is_known(self, asked: Asked) -> bool:
        return asked.path == f"/{SECRET}"

    def respond(self, asked: Asked) -> Answer:
        return Answer(200, b"ok")

    @property
    def url(self) -> str:
        return f"{self.address}/{SECRET}"

    @property
    def posted(self) -> list[Any]:
        return [asked.json for asked in self.asked]


@pytest.fixture
def hook() -> Iterator[Hook]:
    server = Hook()
    yield server
    server.close()


def drift(project: Project, *words: str, **options: Any) -> tuple[int, str]:
    done = project.run("drift", "--since", FILE, *words, **options)
    return done.code, done.both


def known(project: Project) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((project.folder / FILE).read_text())
    return found


# since


def test_what_drifted_is_told_once(applied: Project) -> None:
    assert drift(applied) == (0, "No drift. The dev environment is as the state says.\n")
    with applied.sandbox() as ece:
        ece.update("alpha", version="7.*")
        code, told = drift(applied)
        assert (code, '~ version = "8.*" -> "7.*"' in told) == (2, True)
        assert stat.S_IMODE((applied.folder / FILE).stat().st_mode) == 0o600
        since = known(applied)["at"]
        quiet = f"No new drift in the dev environment since {since}. 1 resource had drifted before.\n"
        assert drift(applied) == (0, quiet)
        ece.delete("beta")
        code, told = drift(applied)
        assert (code, "extension.alpha" in told, "extension.beta is gone" in told) == (2, False, True)
        assert told.startswith("Changed outside of planner since ")
        assert told.endswith("Drift: 0 changed, 1 gone. 1 resource had drifted before.\n")
        assert [item["address"] for item in known(applied)["drift"]] == ["extension.alpha", "extension.beta"]


def test_what_was_mended_or_drifts_on_is_told_again(applied: Project) -> None:
    with applied.sandbox() as ece:
        for version, code in (("7.*", 2), ("6.*", 2), ("6.*", 0), ("8.*", 0), ("6.*", 2)):
            ece.update("alpha", version=version)
            assert drift(applied)[0] == code, version
    applied.apply()
    assert drift(applied)[0] == 0
    assert known(applied)["drift"] == []


def test_the_document_is_as_its_schema_says_and_is_such_a_file(applied: Project) -> None:
    validator = Draft202012Validator(schema("drift.schema.json"))
    with applied.sandbox() as ece:
        ece.update("alpha", version="7.*")
        found = applied.run("drift", "--json")
        ece.delete("beta")
    assert found.code == 2
    applied.write(FILE, found.out)
    news = json.loads(drift(applied, "--json")[1])
    assert ([item["address"] for item in news["drift"]], news["known"]) == (["extension.beta"], 1)
    assert news["since"] == json.loads(found.out)["at"]
    for document in (json.loads(found.out), news, known(applied)):
        validator.validate(document)


def test_a_secret_is_in_no_file_and_is_no_news_twice(tmp_path: Path) -> None:
    declared = PROJECT.replace("variables:", "variables:\n  token: {type: string, sensitive: true}")
    project = small(tmp_path / "small", project=declared)
    project.edit("templates/main.yaml", 'version: "*"', 'version: "*"\n      download_url: "{{ var.token }}"')
    project.environ["PLANNER_VAR_token"] = "https://files.example/a-token-of-ours.zip"
    project.apply()
    with project.sandbox() as ece:
        ece.update("beta", description="see https://files.example/a-token-of-ours.zip")
    (first, told), (again, _) = drift(project), drift(project)
    assert (first, again) == (2, 0)
    assert "a-token-of-ours" not in told + (project.folder / FILE).read_text()


FOREIGN = {
    "a: 1\n": "is not JSON",
    '{"a": 1}': "is not a planner drift: it has no format_version",
    '{"format_version": 3}': "has format_version 3, this planner reads up to 2",
    '{"format_version": 1, "drift": [': "is truncated",
    '{"format_version": 1, "digest": "sha256:00", "drift": []}': "was altered",
}


@pytest.mark.parametrize("text", FOREIGN)
def test_another_file_is_left_alone_and_nothing_is_asked(applied: Project, text: str) -> None:
    applied.write(FILE, text)
    with applied.sandbox() as ece:
        ece.forget_requests()
        code, told = drift(applied)
        assert (code, FOREIGN[text] in words(told)) == (1, True), told
        assert ece.requests() == []
    assert (applied.folder / FILE).read_text() == text


@pytest.mark.parametrize(("whose", "environment"), [("small", "prod"), ("other", "dev")])
def test_the_file_of_another_environment_is_refused(applied: Project, whose: str, environment: str) -> None:
    theirs = DriftReport(whose, environment, "2026-01-01T00:00:00Z")
    write_drift(applied.folder / FILE, theirs)
    code, told = drift(applied)
    assert code == 1
    assert f"{FILE} holds the drift of {environment} of {whose}, not of dev of small" in words(told)
    assert read_drift(applied.folder / FILE) == theirs


def test_a_file_that_cannot_be_written_is_an_error_after_the_report(applied: Project) -> None:
    with applied.sandbox() as ece:
        ece.update("alpha", version="7.*")
    applied.write("a-file", "")
    done = applied.run("drift", "--since", "a-file/known.json")
    assert (done.code, "a-file/known.json cannot be" in done.err) == (1, True), done


def test_what_could_not_be_asked_is_not_noted(applied: Project) -> None:
    drift(applied)
    before = known(applied)
    with applied.sandbox() as ece:
        ece.update("alpha", version="7.*")
        ece.fault("GET /deployments/extensions 400")
        assert drift(applied)[0] == 1
        assert known(applied) == before
        ece.no_faults()
        assert drift(applied)[0] == 2


# the webhook


def test_the_webhook_is_told_what_is_new_and_nothing_else(applied: Project, hook: Hook) -> None:
    applied.environ["PLANNER_WEBHOOK"] = hook.url
    assert drift(applied, "--webhook")[0] == 0
    assert hook.posted == []
    with applied.sandbox() as ece:
        ece.update("alpha", version="7.*")
        assert drift(applied, "--webhook")[0] == 2
        ece.delete("beta")
        assert drift(applied, "--webhook")[0] == 2
        assert drift(applied, "--webhook")[0] == 0
        assert applied.run("drift", "--webhook").code == 2
    alpha = {"address": "extension.alpha", "id": applied.resource("extension.alpha")["id"], "gone": False}
    first, second, whole = hook.posted
    assert first == {
        "text": "small, dev: 1 changed, 0 gone outside of planner: extension.alpha",
        "project": "small",
        "environment": "dev",
        "at": first["at"],
        "changed": 1,
        "gone": 0,
        "resources": [{**alpha, "attributes": ["version"]}],
        "left_off": 0,
    }
    assert [item["address"] for item in second["resources"]] == ["extension.beta"]
    assert (whole["changed"], whole["gone"]) == (1, 1)


def refusing(asked: Asked, _do: Do) -> Answer:
    return Answer(404, f"there is nothing at {asked.path}".encode())


def test_when_it_fails_the_report_was_given_and_the_next_run_tells_again(
    applied: Project, hook: Hook
) -> None:
    applied.environ["PLANNER_WEBHOOK"] = hook.url
    drift(applied)
    with applied.sandbox() as ece:
        ece.update("alpha", version="7.*")
    hook.faults.append(refusing)
    done = applied.run("-vv", "drift", "--since", FILE, "--webhook")
    assert (done.code, '~ version = "8.*" -> "7.*"' in done.out) == (1, True), done
    assert f"the webhook at {hook.address.removeprefix('http://')}: it answered 404 Not Found" in done.err
    assert SECRET not in done.both
    assert drift(applied, "--webhook")[0] == 2
    assert len(hook.posted) == 2
    assert SECRET not in (applied.folder / FILE).read_text()


URLS = {
    "": "PLANNER_WEBHOOK is not set",
    "http://hooks.example/s3cret": "PLANNER_WEBHOOK is plain http: others could read what is posted",
    "ftp://hooks.example/s3cret": "PLANNER_WEBHOOK is not an http or https URL",
    "https://s3cret@hooks.example/": "PLANNER_WEBHOOK holds credentials",
    "https://hooks.example/s3cret#more": "PLANNER_WEBHOOK holds more than an address",
}


@pytest.mark.parametrize("url", URLS)
def test_a_url_that_is_not_posted_to(applied: Project, url: str) -> None:
    with applied.sandbox() as ece:
        ece.forget_requests()
        done = applied.run("drift", "--webhook", env={"PLANNER_WEBHOOK": url})
        assert (done.code, URLS[url] in done.err, "s3cret" in done.both) == (1, True, False), done
        assert ece.requests() == []


def status(code: int, **headers: str) -> Fault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _asked, _do: Answer(code, b"{}", named)


def gone(_asked: Asked, _do: Do) -> None:
    """The connection is closed."""


@pytest.mark.parametrize(
    ("faults", "waits", "words"),
    [
        ([], [], ""),
        ([status(500)], [1.0], ""),
        ([gone, status(503)], [1.0, 4.0], ""),
        ([status(429, Retry_After="7")], [7.0], ""),
        ([status(502)] * 3, [1.0, 4.0], "it answered 502 Bad Gateway"),
        ([gone] * 3, [1.0, 4.0], "the connection was closed without a reply"),
        ([status(429, Retry_After="3600")], [], "it answered 429 Too Many Requests"),
        ([status(302, Location="https://other.example/")], [], "it answered 302 Found"),
        ([status(403)], [], "it answered 403 Forbidden"),
    ],
)
def test_it_is_tried_three_times(hook: Hook, faults: list[Fault], waits: list[float], words: str) -> None:
    hook.faults += faults
    naps, told = Naps(), list[str]()
    webhook = Webhook.named({"PLANNER_WEBHOOK": hook.url}, told.append)
    webhook = Webhook(webhook.address, None, told.append, naps.sleep)
    try:
        webhook.post({"text": "x"})
        said = ""
    except PlannerError as error:
        said = error.summary
    assert (naps.taken, said) == (waits, words and f"the webhook at {webhook.address.place}: {words}")
    assert len(hook.posted) == len(told) + 1 == len(waits) + 1
    assert SECRET not in "".join(told) + said


def test_a_message_is_small() -> None:
    diffs = (AttributeDiff(("settings", "level"), "x" * 1000, "y" * 1000),)
    many = tuple(Drift(Address("extension", f"a{n}"), str(n), diffs=diffs) for n in range(10_000))
    told = message(DriftReport("small", "dev", "now", many))
    assert (told["changed"], told["left_off"], len(told["resources"])) == (10_000, 9_900, 100)
    assert told["text"].endswith(", extension.a99 and 9,900 more")
    assert told["resources"][0]["attributes"] == ["settings.level"]
    assert len(json.dumps(told)) < 20_000
